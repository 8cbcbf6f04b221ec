// Templates in memory, as load.cc makes them and library.cc uses them. Internal to this folder; immutable once loaded.
#ifndef RESULTGATE_COMMENT_TEMPLATE_H_
#define RESULTGATE_COMMENT_TEMPLATE_H_

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "resultgate/v1/comment.pb.h"
#include "resultgate/v1/decision.pb.h"
#include "resultgate/v1/model.pb.h"
#include "server/base/file.h"
#include "server/base/file_issue.h"
#include "server/comment/code_index.h"
#include "server/comment/next_step.h"
#include "server/comment/variant.h"
#include "server/text/message.h"
#include "server/valueset/valueset.h"

namespace resultgate::comment {

// The parts of a wording, in the order of the text.
enum class Section { kTested, kResult, kMeaning, kToDo, kUrgent, kContact };
inline constexpr size_t kSectionCount = 6;
inline constexpr std::array<const char*, kSectionCount> kSectionNames = {"tested", "result", "meaning",
                                                                         "to_do",  "urgent", "contact"};

// A compiled pattern; one without arguments is its text.
class Pattern {
 public:
  Pattern() = default;
  // `message` may be shared: a section that holds for all variants is compiled once.
  Pattern(std::shared_ptr<const text::Message> message, absl::string_view source, base::Place place);
  bool empty() const { return message_ == nullptr; }
  const text::Message* message() const { return message_.get(); }
  // As the author wrote it, and where.
  const std::string& source() const { return source_; }
  const base::Place& place() const { return place_; }
  absl::StatusOr<std::string> Render(const std::vector<text::Message::NamedValue>& values) const;

 private:
  std::shared_ptr<const text::Message> message_;
  std::string fixed_;
  std::string source_;
  base::Place place_;
};

// One wording in one language. Where `written` is false the template has none of its own.
struct Wording {
  bool written = false;
  base::Place place;
  // An empty `to_do` is said by the language's words for the variant's next step. `urgent` may be empty: when not to wait, said
  // at the end of what to do.
  std::array<Pattern, kSectionCount> sections;
};

// Who stands for a translation.
struct SignOff {
  std::string role;
  absl::CivilDay date;
  absl::CivilDay next_review;
  // Of what was read: see Translation::digest.
  std::string digest;
  base::Place place;
};

// A template in one language.
struct Translation {
  bool exists = false;
  base::Place place;
  std::string title;  // empty: the language's words for any result
  std::optional<SignOff> sign_off;
  // Digest of everything that a reader of the template in this language may see, and of which results lead to it; not of the
  // site's telephone numbers, nor of comments and layout in the files.
  std::string digest;
  // It is signed, and its text is still the one that was signed.
  bool signed_off = false;
  std::array<Wording, kVariantCount> wordings;
};

struct Template {
  std::string id;
  std::string digest;
  base::Place place;  // template.yaml
  std::string title;  // for authors
  std::vector<v1::Audience> audiences;
  bool gives_verdict = true;  // false: `verdict: none`; see own_goals too
  bool hides_names = false;   // `names: hidden`
  std::array<bool, kVariantCount> has_variant{};
  std::array<v1::NextStep, kVariantCount> next_steps;
  std::vector<std::string> exempt_terms;
  std::vector<Translation> translations;  // by position of the language in Templates::languages
};

// The numbers to call, as contacts.yaml has them for one language.
struct Contacts {
  std::string clinic_phone;
  std::string after_hours_phone;
  std::string emergency_number;
  int answer_days = 0;  // business days in which the clinic answers a message, unless the request says so
};

// What `comment check` goes by in one language: its `checks`.
struct WordLists {
  struct Jargon {
    std::string word;
    std::string instead;
  };
  std::vector<Jargon> jargon;
  std::vector<std::string> known_abbreviations;
  std::vector<std::string> reassurance;
  std::vector<std::string> diagnosis;
};

// What all comments in a language share: <language>.yaml beside the templates' folders, and the numbers to call.
struct SharedWords {
  std::string tag;
  std::string file;
  bool right_to_left = false;
  // A template may lack this language: the generic ones say it.
  bool partial = false;
  std::string title;
  std::string this_test;
  std::string unnamed;
  std::string for_others;
  Pattern line;
  Pattern line_with_range;
  Pattern more;
  Pattern date;
  Pattern contact;
  // By Variant, of those that speak of a result: for templates that do not say it themselves.
  std::array<Pattern, kVariantCount> results;
  Pattern no_verdict;                                // what `no-verdict` means, where a template does not say it
  std::array<Pattern, kStepKeys.size()> next_steps;  // by StepKey
  // By CommentSection::Kind.
  std::array<std::string, v1::CommentSection::Kind_ARRAYSIZE> headings;
  std::string letter_opening, letter_closing, phone_opening, phone_closing;
  // Above the list of all results in a letter, and its lines for those that are not marked.
  std::string letter_everything;
  Pattern letter_line, letter_line_with_range;
  WordLists checks;
  Contacts contacts;
};

// All of it.
struct Templates {
  std::vector<SharedWords> languages;  // in order of tag
  std::vector<Template> templates;     // in order of id
  std::map<std::string, int, std::less<>> by_id;
  std::array<int, kVariantCount> generic{};  // by variant: the template that says it for every test
  CodeIndex codes;
  // By condition: the templates whose results it gives a goal of their own, so that the usual range judges them no more.
  CodeIndex own_goals;
  std::string digest;
};

// Reads the folder. Mistakes are appended to `issues`; on an error the result is null. `placeholders_allowed`: telephone numbers
// at which nobody answers are warnings, not errors.
std::unique_ptr<Templates> LoadTemplates(const std::string& folder, const valueset::Registry& value_sets,
                                         bool placeholders_allowed, base::FileIssues* issues, const base::Files& files = {});

}  // namespace resultgate::comment

#endif  // RESULTGATE_COMMENT_TEMPLATE_H_

// Templates in memory, as load.cc makes them and library.cc uses them. Internal to this folder; immutable once loaded.
#ifndef RESULTGATE_COMMENT_TEMPLATE_H_
#define RESULTGATE_COMMENT_TEMPLATE_H_

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "resultgate/v1/decision.pb.h"
#include "resultgate/v1/model.pb.h"
#include "server/base/file_issue.h"
#include "server/comment/code_index.h"
#include "server/comment/variant.h"
#include "server/text/message.h"
#include "server/valueset/valueset.h"

namespace resultgate::comment {

// The parts of a wording, in the order of the text.
enum class Section { kTested, kResult, kMeaning, kToDo, kContact };
inline constexpr size_t kSectionCount = 5;
inline constexpr std::array<const char*, kSectionCount> kSectionNames = {"tested", "result", "meaning", "to_do", "contact"};

// What the reader is to do. The same in every language, so it stands in template.yaml.
struct Action {
  enum class Kind { kNone, kMessage, kCall, kEmergency };
  Kind kind = Kind::kNone;
  int within_days = 0;  // kCall
};

// A compiled pattern; one without arguments is its text.
class Pattern {
 public:
  Pattern() = default;
  // `message` may be shared: a section that holds for all variants is compiled once.
  explicit Pattern(std::shared_ptr<const text::Message> message);
  bool empty() const { return message_ == nullptr; }
  const text::Message* message() const { return message_.get(); }
  absl::StatusOr<std::string> Render(const std::vector<text::Message::NamedValue>& values) const;

 private:
  std::shared_ptr<const text::Message> message_;
  std::string fixed_;
};

// One wording in one language. Where `written` is false the template has none of its own.
struct Wording {
  bool written = false;
  std::array<Pattern, kSectionCount> sections;
};

// A template in one language.
struct Translation {
  bool signed_off = false;
  std::array<Wording, kVariantCount> wordings;
};

struct Template {
  std::string id;
  std::string digest;
  std::vector<v1::Audience> audiences;
  bool gives_verdict = true;  // false: `verdict: none`
  bool hides_names = false;   // `names: hidden`
  std::array<Action, kVariantCount> actions;
  std::vector<Translation> translations;  // by position of the language in Templates::languages
};

// What all comments in a language share: <language>.yaml beside the templates' folders.
struct SharedWords {
  std::string tag;
  std::string this_test;
  std::string unnamed;
  std::string for_others;
  Pattern line;
  Pattern line_with_range;
  Pattern more;
  Pattern date;
  Pattern contact;
};

// All of it.
struct Templates {
  std::vector<SharedWords> languages;  // in order of tag
  std::vector<Template> templates;     // in order of id
  std::map<std::string, int, std::less<>> by_id;
  std::array<int, kVariantCount> generic{};  // by variant: the template that says it for every test
  CodeIndex codes;
  std::string digest;
};

// Reads the folder. Mistakes are appended to `issues`; on an error the result is null.
std::unique_ptr<Templates> LoadTemplates(const std::string& folder, const valueset::Registry& value_sets,
                                         base::FileIssues* issues);

}  // namespace resultgate::comment

#endif  // RESULTGATE_COMMENT_TEMPLATE_H_

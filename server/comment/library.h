// Patient comments: templates loaded, checked and compiled; the choice of one; its rendering.
//
// Format: templates/README.md. A library is loaded whole or not at all and is immutable; threads share it (a compiled ICU message
// is lent to one of them at a time, because it is not thread-safe: server/text/message.h). No clock is asked.
#ifndef RESULTGATE_COMMENT_LIBRARY_H_
#define RESULTGATE_COMMENT_LIBRARY_H_

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "resultgate/v1/comment.pb.h"
#include "resultgate/v1/decision.pb.h"
#include "resultgate/v1/model.pb.h"
#include "server/base/file.h"
#include "server/base/file_issue.h"
#include "server/valueset/valueset.h"

namespace resultgate::comment {

struct Templates;

// What happened to the units, where it is more than "here is a result".
enum class Occasion {
  kResult,          // content is shown: the variant follows from interpretations
  kCorrected,       // content is shown that replaces what was wrong
  kBeingCorrected,  // earlier content is withdrawn, the new one is still held
  kCancelled,       // the test was not performed
  kInProcess,       // it waits, and nothing may be said of it
};

struct Request {
  // The report with the released units only: what is not in it cannot be described. For kBeingCorrected and kCancelled, the units
  // concerned; for kInProcess, none. Required, and outlives the call.
  const v1::DiagnosticReport* report = nullptr;
  Occasion occasion = Occasion::kResult;
  // For kInProcess: the day by which it is expected. Absent: nobody can say.
  std::optional<absl::CivilDay> expected_by;
  // True if it goes without the review that a rule had asked for: the comment says that nobody may have looked yet.
  bool not_yet_reviewed = false;
  // Who reads it: a template must be for all of them. Where the patient is not among them, it says that it is of another person.
  std::vector<v1::Audience> audiences = {v1::AUDIENCE_PATIENT};
  // What a clinician wrote for this patient, or nullptr: shown before the template's words or in their place, and also where no
  // template may be shown. Outlives the call.
  const v1::ClinicianComment* clinician = nullptr;
  // What rules ask the reader to do, by id of the unit (policy: Outcome.next_step). It stands in place of the template's step
  // where rules speak for every unit that the comment is about (those that are marked, if any is); else the more urgent of the
  // two counts. A rule cannot make a critical result less than an emergency, nor have nothing done about one that is not
  // reassuring.
  std::map<std::string, v1::NextStep> next_steps;
  // The business days within which the clinic answers a message, as the pack says; 0: as contacts.yaml says.
  int answer_days = 0;
  // The pack's language, tried after the patient's own and before English.
  std::string fallback_language = "en";
  absl::TimeZone zone;
};

class Library {
 public:
  struct Options {
    // Development mode: templates that nobody signed may be shown, and telephone numbers at which nobody answers.
    bool development = false;
    // For examples, so that their texts hold at every site: `[clinic]` in place of its number, and so on.
    bool stand_in_contacts = false;
  };

  // Reads every folder below `folder` that holds a `template.yaml`. Mistakes are appended to `issues`; on an error the result is
  // null.
  static std::shared_ptr<const Library> Load(const std::string& folder, const valueset::Registry& value_sets,
                                             const Options& options, base::FileIssues* issues, const base::Files& files = {});

  ~Library();
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;

  // Chooses and renders. Deterministic; never fails: what cannot be rendered falls back along the chain to the generic comment,
  // and `chosen_because` says so, without values or codes. Where no template may be shown (nothing signed), the comment's text
  // and template id are empty and it says why. `variant` names every sentence put before the wording too, as `corrected+high`.
  v1::Comment Render(const Request& request) const;

  // The same of this template where it has the wording, whatever the report's codes: for looking at one.
  v1::Comment RenderAs(const Request& request, const std::string& template_id) const;

  // Template ids, in order.
  std::vector<std::string> Ids() const;
  // Every wording that a reader can meet, in order of template, variant and language.
  struct Wording {
    std::string template_id;
    std::string variant;
    std::string language;
  };
  std::vector<Wording> Wordings() const;
  // The comment in another form: see format.h. One whose language the library does not have is its plain text in each.
  enum class Form { kText, kMarkdown, kLetter, kPhone };
  // `content`, or nullptr: what was released with it. A letter lists all of its results, because its reader sees them nowhere
  // else; of a template with `names: hidden` none.
  std::string Format(const v1::Comment& comment, Form form, const v1::DiagnosticReport* content) const;
  // For this folder and the command line's checks.
  const Templates& templates() const;
  // Digest of all files.
  const std::string& digest() const;

 private:
  struct Rep;
  explicit Library(std::unique_ptr<Rep> rep);
  std::unique_ptr<Rep> rep_;
};

}  // namespace resultgate::comment

#endif  // RESULTGATE_COMMENT_LIBRARY_H_

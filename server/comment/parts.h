// What single templates say of their tests in a report of several: beside the generic words, or beside those of a panel. Internal
// to this folder. Pure functions, thread-safe.
#ifndef RESULTGATE_COMMENT_PARTS_H_
#define RESULTGATE_COMMENT_PARTS_H_

#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "resultgate/v1/comment.pb.h"
#include "resultgate/v1/model.pb.h"
#include "server/comment/choose.h"
#include "server/comment/template.h"
#include "server/comment/variant.h"
#include "server/comment/verdict.h"
#include "server/text/message.h"

namespace resultgate::comment {

// More than these are not said. What is marked goes first, the most urgent next step before the others.
inline constexpr size_t kMostParts = 12;

struct Part {
  int template_index = 0;
  std::vector<int> observations;  // those that it speaks of, in the report's order
  std::vector<int> findings;      // of them, those that are marked
  // The wording that says what they mean; absent where only what was tested is said. Never a reassuring one: that is said of all
  // observations together or not at all.
  std::optional<Variant> meaning;
};

// The comment that has parts: one that speaks of results.
struct Whole {
  const Templates& templates;
  const v1::DiagnosticReport& report;
  const Choice& choice;
  const Verdict& verdict;
  const Template& made;  // whose words stand before those of the parts
  Variant variant;       // as it is written there
  size_t language;
  // By observation: the template that may speak of it by itself (Choice::own, where these readers may be shown it); -1 if none.
  std::vector<int> own;
};

// The templates that know single observations better than the comment's own, in the report's order. Beside a generic template
// every one says what was tested; beside a panel's only those that have something to explain. In a critical report only those of
// what is critical: nothing else may stand in the way. Where the verdict marks nothing, no part explains a finding.
std::vector<Part> PartsOf(const Whole& whole);

// The step that the templates ask for: the comment's own, but never a less urgent one than a result alone would get by the
// template that knows it best, in whatever language that is written and signed. A generic template's own does not count where the
// parts explain every finding and nothing is critical.
v1::NextStep StepOf(const Whole& whole, const std::vector<Part>& parts);

// Adds what each part was, and of what it explains what that means and when not to wait, as items of the sections of that kind.
// `arguments`: those of the comment's wording, of which `test`, `count` and `total` become the part's. In hospital nobody needs
// to be told when not to wait for the clinic.
absl::Status AddParts(const Whole& whole, const std::vector<Part>& parts, bool in_hospital,
                      std::vector<text::Message::NamedValue>* arguments,
                      google::protobuf::RepeatedPtrField<v1::CommentSection>* sections);

// Which template speaks of which observations.
void RecordParts(const Whole& whole, const std::vector<Part>& parts, v1::Comment* comment);

// The wording of the template in this language that says `variant`, or what may stand for it there; nullopt if none does.
std::optional<Variant> WrittenFor(const Translation& translation, Variant variant);

}  // namespace resultgate::comment

#endif  // RESULTGATE_COMMENT_PARTS_H_

// What single templates say of a report that none of them knows as a whole: a panel of several tests. Internal to this folder.
// Pure functions, thread-safe.
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

// More than these are not said; those with something to explain go first.
inline constexpr size_t kMostParts = 12;

struct Part {
  int template_index = 0;
  std::vector<int> observations;  // those that it knows best, in the report's order
  std::vector<int> findings;      // of them, those that are marked
  // The wording that says what they mean; absent where only what was tested is said. Never a reassuring one: that is said of all
  // observations together or not at all.
  std::optional<Variant> meaning;
};

// The templates that know some of the observations best, in the report's order. None where one knows all of them, and none of a
// template with `names: hidden`. `whole`: the verdict on the report; where it finds nothing, no part explains a finding.
std::vector<Part> PartsOf(const Templates& templates, const v1::DiagnosticReport& report, const Choice& choice,
                          const Verdict& whole);

// The step that the templates ask for: the most urgent of those of the parts that explain something. That of `made`, the generic
// template, counts too unless they explain every finding of a report that has nothing critical.
v1::NextStep StepOf(const Templates& templates, const Template& made, Variant variant, const std::vector<Part>& parts,
                    const Verdict& whole);

// Adds what each part was, and of what it explains what that means and when not to wait, as items of the sections of that kind.
// `arguments`: those of the report's wording, of which `test`, `count` and `total` become the part's. In hospital nobody needs to
// be told when not to wait for the clinic.
absl::Status AddParts(const Templates& templates, const std::vector<Part>& parts, size_t language, bool in_hospital,
                      std::vector<text::Message::NamedValue> arguments,
                      google::protobuf::RepeatedPtrField<v1::CommentSection>* sections);

// Which template speaks of which observations.
void RecordParts(const Templates& templates, const v1::DiagnosticReport& report, const std::vector<Part>& parts,
                 v1::Comment* comment);

// The wording of the template in this language that says `variant`, or what may stand for it there; nullopt if none does.
std::optional<Variant> WrittenFor(const Translation& translation, Variant variant);

}  // namespace resultgate::comment

#endif  // RESULTGATE_COMMENT_PARTS_H_

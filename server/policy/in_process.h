// "In process, expected by": what patients read while results of a whole class wait, where a pack says so (`in_process:`).
//
// A sign that something is held tells that there is something to hide, so the gate shows none. This notice may be shown because
// it tells nothing of the result that it is about:
//
//  - The class is told by what is known before the result is: the section, and the codes of the report and its order. Not by the
//    code of an observation: that a test was added tells what the first one found.
//  - Every result of the class has it while the patient waits, whatever for: a review, a delay, a study's blinding, a person's
//    determination that it is dangerous. If one of these had none, its absence would tell.
//  - Its words are the same for all. They name no test, and the release names no unit. Nobody is alerted to it.
//  - Its day is that of the class: the longest that the pack's rules may hold a result of it, not how long this one is held.
//
// It is for the patient alone. Who sees for the patient reads nothing: to them, that there is a result may be the secret, and
// that it is confidential is often said only after the result has come. Nor does the patient read of
//
//  - what is held for privacy: the patient asked for that, and knows. It is kept from those who look on;
//  - what is in doubt: it may be another person's;
//  - what is not final: no rule has said yet whether anything of it may be told, and no day can be;
//  - anything after death: the account is read by others.
//
// After the day the notice says that nobody can say when, in words that are the same for all again.
//
// Pure functions, thread-safe.
#ifndef RESULTGATE_POLICY_IN_PROCESS_H_
#define RESULTGATE_POLICY_IN_PROCESS_H_

#include <optional>
#include <vector>

#include "absl/time/time.h"
#include "resultgate/v1/decision.pb.h"
#include "resultgate/v1/model.pb.h"
#include "server/base/file_issue.h"
#include "server/calendar/calendar.h"
#include "server/valueset/valueset.h"
#include "server/yaml/yaml.h"

namespace resultgate::policy {

class Pack;
struct Rule;

// One entry of `in_process:`. Every key given must hold, any entry of a key suffices.
struct InProcessClass {
  base::Place place;
  std::vector<const valueset::ValueSet*> codes;  // the report's or its order's
  std::vector<v1::Section> sections;

  // One way in which a result of the class may be held: spans, one after the other. A review's begin and end while somebody is
  // there.
  struct Hold {
    bool staffed = false;
    std::vector<calendar::Span> spans;
  };
  std::vector<Hold> holds;
};

// Reads `in_process` of a pack's file, its holds aside; every mistake is appended to `issues`.
std::vector<InProcessClass> LoadInProcess(const yaml::Document& document, yaml::MapReader* pack,
                                          const valueset::Registry& value_sets, base::FileIssues* issues);

// How the pack's rules and its default may hold a result of the class from the patient. Deadlines do not shorten it. Rules of
// other codes or sections do not count, nor do withholdings that name neither: these are about persons.
std::vector<InProcessClass::Hold> HoldsOfClass(const Pack& pack, const InProcessClass& of);

// The rules that make it depend on what was found whether a result of the class waits at all, so that who reads the notice would
// know. None where another rule holds every result of the class.
std::vector<const Rule*> RulesThatTell(const Pack& pack, const InProcessClass& of);

// The end of the day by which a result of the class is there, where `calendar` is, if it came at `start`.
absl::Time ExpectedBy(const InProcessClass& of, const calendar::Calendar& calendar, absl::Time start);

struct InProcess {
  // The end of the day by which it is expected. Absent: that day is over.
  std::optional<absl::Time> expected_by;
};

// What is said of the report's result while the patient waits for it: the latest of its classes. nullopt where the pack tells
// nothing of such. `clock_start`: the decision's. `first_received`: when the gate received the first version.
std::optional<InProcess> InProcessOf(const Pack& pack, const v1::DiagnosticReport& report, std::optional<absl::Time> clock_start,
                                     absl::Time first_received, absl::Time now);

// True if the patient may read that something waits of which this is the patient's outcome.
bool MayBeTold(const v1::Outcome& outcome);

}  // namespace resultgate::policy

#endif  // RESULTGATE_POLICY_IN_PROCESS_H_

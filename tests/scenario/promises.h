// The promises I1 to I13 as checks of what was seen, against a reference that knows nothing of the gate: the messages that were
// sent, who approved what, and arithmetic on times. Each check says in words how a promise was broken.
//
// The rules it speaks of are those of ReferencePack().
#ifndef RESULTGATE_TESTS_SCENARIO_PROMISES_H_
#define RESULTGATE_TESTS_SCENARIO_PROMISES_H_

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "resultgate/v1/activation.pb.h"
#include "resultgate/v1/audit_service.pb.h"
#include "resultgate/v1/release_service.pb.h"
#include "resultgate/v1/result.pb.h"
#include "resultgate/v1/result_gate_service.pb.h"
#include "tests/scenario/people.h"

namespace resultgate::scenario {

// The units that the reference knows, by what the pack says of them.
inline constexpr char kRoutineUnit[] = "718-7";    // goes at once
inline constexpr char kSecondUnit[] = "4544-3";    // goes at once
inline constexpr char kImagingUnit[] = "36643-5";  // goes 72 hours after it was first final
inline constexpr char kTissueUnit[] = "60567-5";   // reviewed, 40 hours at most
inline constexpr char kPrivateUnit[] = "56888-1";  // goes at once, but not to a minor's parents

// The codes of reports, by what the pack says of their documents. Each waits, besides, for what is held of its report.
inline constexpr char kPanel[] = "58410-2";    // goes at once
inline constexpr char kLetter[] = "11488-4";   // goes 24 hours after it was first final
inline constexpr char kOddment[] = "34133-9";  // no rule speaks of it: reviewed, as the pack has it for such

// `more`: further rules. Decides as the comments above say.
v1::PackFiles ReferencePack(const std::string& more = "");

// Of two people who restore a result of whose it was in doubt, one is this one, who is there to look into it.
inline constexpr char kRestorer[] = "reviewer-0";

// What a document says: its narrative, its conclusion, and what is in its files.
using Words = std::array<std::string, 3>;
Words WordsOf(const v1::DiagnosticReport& report);

// A message as the gate took it.
struct Sent {
  v1::DiagnosticReport report;
  absl::Time received;
};

struct Approval {
  std::string reviewer;
  absl::Time at;
  size_t messages = 0;  // that had been sent of the order by then
};

// What a person determined of a whole result: held from everybody from then to then.
struct Determined {
  absl::Time from, until;
  absl::Time rest_until = absl::InfinitePast();  // what was not final when the patient ended it at `until` it still holds so long
};

// All that concerns one order, which may have got the results of several patients. By result: who approved it, when its provider
// or its patient asked to have it released, and what was determined of it.
struct Order {
  std::vector<Sent> sent;
  std::map<int64_t, std::vector<Approval>> approvals;
  std::map<int64_t, std::vector<absl::Time>> released_by_provider, asked_by_patient;
  std::map<int64_t, std::vector<Determined>> determined;
};

// What the portal shows of one unit to one audience.
struct Placed {
  std::string mrn;
  std::string unit;
  v1::Audience audience = v1::AUDIENCE_UNSPECIFIED;
  v1::ReleaseKind kind = v1::RELEASE_KIND_UNSPECIFIED;
  v1::Observation content;  // of a result; empty for a document
  v1::Comment comment;
  absl::Time released_at;
  absl::Time first_shown = absl::InfiniteFuture();  // when content was shown there for the first time; never after `released_at`
  std::string first_shown_as = {};                  // under which other number of the patient that was; empty: under this one
  bool moved = false;                               // it was taken away under another number of the patient in the same moment
  Words words = {};                                 // of a document
};

// One result, as it stands after a step.
struct View {
  absl::Time now;
  Order order;
  v1::Result result;
  std::vector<Placed> portal;
  People people;  // what was told of patients
};

// Each returns what is wrong, or an empty text.
std::string NothingBeforeItsFloor(const View& view);           // I1
std::string NothingSilentlyPastItsCeiling(const View& view);   // I2
std::string EveryHoldHasBasisOwnerAndEnd(const View& view);    // I3
std::string NothingThatAPersonHolds(const View& view);         // I3: until its end, and no longer
std::string NothingThatIsNotFinal(const View& view);           // I4
std::string NoDocumentBeforeItsReport(const View& view);       // design.md, 4: its text may tell what is held
std::string NobodyElsesResult(const View& view);               // I5
std::string ShownUnderItsNumberAlone(const View& view);        // I5: what came under a patient's other number leaves the first
std::string NobodysAfterASeparation(const View& view);         // I5: messages of both of two who were one
std::string TheLatestWordOfTheSender(const View& view);        // I7, and what a patient relies on: shown is what was said last
std::string OthersSeeNoMoreThanThePatient(const View& view);   // I8
std::string WishesToWaitAreKept(const View& view);             // I8: the more private of two holds
std::string NothingIsPublishedOfTheDead(const View& view);     // design.md, scenario 16
std::string CommentsFitWhatTheyStandBeside(const View& view);  // I12

std::string SameInputsSameDecision(const v1::Decision& first, const v1::Decision& second);                             // I6
std::string TheLogOnlyGrows(const std::vector<std::string>& before, const std::vector<v1::Entry>& now);                // I9
std::string AddingARestrictionShortensNothing(const v1::Decision& without, const v1::Decision& with, absl::Time now);  // I10
std::string AnsweredAtOnce(const v1::SubmitResultResponse& answer, absl::Time sent, absl::Time answered);              // I11
std::string AnActivationPublishesNothing(size_t releases_before, size_t releases_after);                               // I13
std::string AMergePublishesNothing(const std::vector<v1::Release>& releases);

// What came of an order after the contents of its result were erased: nobody knows whose that was, so two people say so first
// (I5).
std::string NothingAfterAnErasureWithoutTwoPeople(const View& view);

// All that speak of one result.
std::vector<std::string> BrokenPromises(const View& view);

}  // namespace resultgate::scenario

#endif  // RESULTGATE_TESTS_SCENARIO_PROMISES_H_

// Writes what happened to a result: the result, its log entry and its rows of the release stream, with their comments.
#ifndef RESULTGATE_GATE_RESULT_COMMIT_H_
#define RESULTGATE_GATE_RESULT_COMMIT_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "resultgate/v1/audit_service.pb.h"
#include "resultgate/v1/release_service.pb.h"
#include "resultgate/v1/result.pb.h"
#include "server/comment/library.h"
#include "server/gate/transition.h"
#include "server/policy/pack.h"
#include "server/store/store.h"

namespace resultgate::gate {

// A result that would be due again at once is looked at again after this, so that no mistake of ours can keep the writer busy for
// ever.
inline constexpr absl::Duration kLeastWait = absl::Minutes(1);

// The report with these units only: what a release shows. Data problems, transport and the sender's order numbers stay; nothing
// of a unit that is not named does. A kind without content gives no observations values.
// While another observation of the report is held (`whole` is false), the panel's and order's names and the order's reason are
// left out too: they may name what is held.
v1::DiagnosticReport ContentOf(const v1::DiagnosticReport& report, const std::vector<std::string>& unit_ids, bool whole);

// True if others than the patient see something of the result, or may yet.
bool SeesForPatient(const policy::Outcomes& outcomes);

// True if no observation of the result is held from one of these audiences.
bool IsWhole(const policy::Outcomes& outcomes, const std::vector<v1::Audience>& audiences);

// Renders the comment of a planned release, with what a clinician wrote for it, if anybody did. `outcomes`: the result's, as they
// stand after it.
v1::Comment RenderComment(const comment::Library& comments, const policy::Pack& pack, const v1::DiagnosticReport& report,
                          const policy::Outcomes& outcomes, const PlannedRelease& planned, const v1::ClinicianComment* clinician);

struct Committed {
  std::vector<v1::ReleaseNote> notes;  // for the log entry
  std::vector<v1::Comment> comments;   // in the same order
};

// Puts the transition's outcomes and due time into `result`, whose other fields are final and whose report is the standing one,
// and writes it with the transition's releases and the notice that the rest is in process. `previous_patient` is whose the result
// was before, for withdrawals.
absl::StatusOr<Committed> CommitTransition(store::Batch& batch, const comment::Library& comments, const policy::Pack& pack,
                                           Transition transition, const v1::Patient& previous_patient, absl::Time now,
                                           v1::Result* result);

// Appends an entry: gives it its sequence and time, and from where the call came that makes it (`Batch::peer`).
absl::Status AppendEntry(store::Batch& batch, absl::Time now, const std::string& actor, v1::Entry entry);

// The outcomes of `after` that do not stand in `before`.
std::vector<v1::Outcome> ChangedOutcomes(const policy::Outcomes& before, const policy::Outcomes& after);

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_RESULT_COMMIT_H_

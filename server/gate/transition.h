// What happens to the units of a result when something happens to it: a version comes, time passes, somebody approves. Pure
// functions, thread-safe: they say what is to be released or withdrawn; the writer gives sequence numbers and commits.
#ifndef RESULTGATE_GATE_TRANSITION_H_
#define RESULTGATE_GATE_TRANSITION_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "resultgate/v1/decision.pb.h"
#include "resultgate/v1/release_service.pb.h"
#include "resultgate/v1/result.pb.h"
#include "server/calendar/calendar.h"
#include "server/policy/outcomes.h"

namespace resultgate::gate {

// How something goes, or is taken away.
struct ReleaseWay {
  v1::ReleaseKind kind = v1::RELEASE_KIND_UNSPECIFIED;
  bool corrected = false;              // it replaces something that was wrong
  bool unreviewed = false;             // it goes without the review that a rule had asked for
  bool from_previous_patient = false;  // a withdrawal from the patient whose it no longer is, or whose other number it came under
  bool of_notice = false;              // only that it is in process was shown, or is
};

// The part of one cell in a release.
struct CellRelease : ReleaseWay {
  std::string unit_id;
  v1::Audience audience = v1::AUDIENCE_UNSPECIFIED;
  std::string next_step;  // what a rule tells this audience to do; empty where none does
  int64_t replaces = 0;   // the release that spoke of the cell last; 0 for none
};

// One row of the release stream to be made: cells that go together.
struct PlannedRelease : ReleaseWay {
  std::vector<std::string> unit_ids;
  std::vector<v1::Audience> audiences;
  std::optional<absl::Time> expected_by;  // IN_PROCESS
};

// Units that go in the same way to the same audience are one release; audiences with the same units share it. Withdrawals stand
// first: what is wrong goes before what is right comes. Notices that something is in process stand last.
std::vector<PlannedRelease> Group(const std::vector<CellRelease>& parts);

struct Transition {
  // Every unit and audience of the result, as it is afterwards; `release_sequence` is still that of before.
  std::vector<policy::Cell> cells;
  std::vector<CellRelease> parts;
  std::vector<PlannedRelease> releases;  // of the parts
  // What happened to units, in words without patient data, one for each thing that did.
  std::vector<std::string> reasons;
  // The same patient's, under other identifiers: what was shown under those before is withdrawn there, and shown under these.
  bool renumbered = false;
};

// A version was decided. `before` is the result as it stood, or nullptr for a new one; `report` is the version that now stands.
// `merged`: both are one patient's by a merge, whatever identifiers they have. Where those do not meet, all that was shown is
// withdrawn under the first ones and shown under the others: a portal may not know that they are one patient's, or no longer.
Transition TakeVersion(const v1::Result* before, const v1::DiagnosticReport& report, const v1::Decision& decision, absl::Time now,
                       bool merged = false);

// Time has passed: floors end, turns pass on, reviews expire. A unit that is not final, of unknown status, quarantined or
// withheld is never released by it, but escalates and comes back each business day (I2). Without reasons nothing changed.
Transition Advance(const v1::Result& result, const calendar::Calendar& calendar, absl::Time now);

// A review is over: the unit goes, or waits for its floor.
void EndReview(v1::Outcome* outcome, absl::Time now);

// Held units were decided anew: `cells` are all of the result's, those that are out as they were. What of the rest is decided to
// go goes. `withdrawn` are the cells among them that were out and are taken away.
Transition TakeRedecided(const v1::Result& result, std::vector<policy::Cell> cells, absl::Time now,
                         const std::vector<policy::Cell>& withdrawn = {});

// The portal acknowledged the release of this sequence: what it let go is published. True if that changed something.
bool Acknowledge(int64_t sequence, policy::Outcomes* outcomes);

// True if every rule that holds the unit now held it when it was approved. A wish of the patient to wait asks nothing of what has
// been seen or reviewed.
bool AsksNothingNew(const v1::Outcome& now, const v1::Outcome& approved);

// The earliest `due_at` of what is held, or InfiniteFuture().
absl::Time EarliestDue(const policy::Outcomes& outcomes);

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_TRANSITION_H_

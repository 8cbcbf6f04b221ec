// From what the rules ask for to what is decided, for one unit and audience.
#ifndef RESULTGATE_TESTS_POLICY_REFERENCE_COMBINE_H_
#define RESULTGATE_TESTS_POLICY_REFERENCE_COMBINE_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "resultgate/v1/decision.pb.h"
#include "resultgate/v1/model.pb.h"
#include "server/policy/pack.h"
#include "server/policy/verdict.h"

namespace resultgate::policy::reference {

// A rule's part for one unit and audience.
struct Part {
  const Rule* rule = nullptr;
  bool restricts = false;                   // its delay, review and withholding count
  bool permits = false;                     // its permit counts
  bool limits = false;                      // its deadline counts
  bool advises = false;                     // its next step counts
  std::vector<std::string> unknown_facts;   // not empty: it counts because they are absent
  bool is_new = false;                      // it did not hold this unit in the version before
  absl::Time start = absl::InfinitePast();  // of its clock
  absl::Time limit_start = absl::InfinitePast();
  // It holds another report of the order: this one only along with it, and since when its review runs there.
  bool along = false;
  absl::Time order_review = absl::InfinitePast();
  bool moot = false;     // its delay and review hold nothing: there is no value
  bool covered = false;  // by its review's protocol, and so is all that the unit waits for by this rule
};

// The times that clocks start from.
struct Clocks {
  absl::Time now;
  absl::Time received_at;
  absl::Time first_final;                    // legal clocks
  absl::Time version_issued;                 // clocks of restrictions that are new with this version
  absl::Time preference;                     // of the patient's days of waiting
  std::optional<absl::Time> review_started;  // of a review that goes on from the version before
};

// What people ask for, for one unit and audience.
struct Personal {
  std::vector<v1::Determination> determinations;              // those that hold it
  std::vector<std::pair<v1::ReleasePreference, bool>> waits;  // with whether nobody knows the category
  bool at_once = false;
  bool deceased = false;
};

// Combines the parts (in order of rule id) of a unit that is final, cancelled, or let go although it is not final.
// `acted` are those who asked for release now: what they may lift ends. Permit or default is decided here: where neither a permit
// nor a review is among the parts, or `add_default`, the pack's default review is added.
v1::Outcome Combine(const Pack& pack, const v1::DiagnosticReport& report, const Clocks& clocks,
                    const std::vector<v1::Lifter>& acted, const std::vector<Part>& parts, bool add_default,
                    const Personal& personal);

// True if a permit or a review is among the parts. A review that counts only because a fact is missing speaks for nothing: it
// holds, but what it holds may still be unclassified, and the default may wait longer.
bool SpokenFor(const std::vector<Part>& parts);

// A hold that no rule asked for, by the engine's own floors `not-final` and `quarantine`: ends by a person or a new version only.
v1::Outcome HoldByFloor(const Pack& pack, const v1::DiagnosticReport& report, const Clocks& clocks, v1::Disposition disposition,
                        const std::string& reason);

}  // namespace resultgate::policy::reference

#endif  // RESULTGATE_TESTS_POLICY_REFERENCE_COMBINE_H_

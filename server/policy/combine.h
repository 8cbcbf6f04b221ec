// From what the rules ask for to what is decided, for one unit and audience.
#ifndef RESULTGATE_POLICY_COMBINE_H_
#define RESULTGATE_POLICY_COMBINE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "resultgate/v1/decision.pb.h"
#include "resultgate/v1/model.pb.h"
#include "server/policy/missing.h"
#include "server/policy/pack.h"
#include "server/policy/verdict.h"

namespace resultgate::policy {

// A rule's part for one unit and audience.
struct Part {
  const Rule* rule = nullptr;
  bool restricts = false;  // its delay, review and withholding count
  bool permits = false;    // its permit counts
  bool limits = false;     // its deadline counts
  bool advises = false;    // its next step counts
  // It did not hold this unit in the version before: its clocks start with this version, not with the first final one.
  bool is_new = false;
  bool limit_is_new = false;  // nor limit what held it from the patient
  MissingFacts missing;       // not empty: it counts because they are absent
  // It holds here because it holds another report of the order; not set where it speaks for this report itself.
  bool along = false;
  // Where its clock and its review start there; InfinitePast() where it holds no other report. The later start counts.
  absl::Time order_start = absl::InfinitePast();
  absl::Time order_review = absl::InfinitePast();

  bool operator==(const Part& other) const {
    return rule == other.rule && restricts == other.restricts && permits == other.permits && limits == other.limits &&
           advises == other.advises && is_new == other.is_new && limit_is_new == other.limit_is_new && missing == other.missing &&
           along == other.along && order_start == other.order_start && order_review == other.order_review;
  }
};

// The times that clocks start from.
struct Clocks {
  absl::Time now;
  absl::Time received_at;
  absl::Time first_final;                    // legal clocks
  absl::Time version_issued;                 // clocks of restrictions that are new with this version
  std::optional<absl::Time> review_started;  // of a review that goes on from the version before
  // What the version before said: to this audience, and of the latest to the patient, whom nobody is to see it before. A rule
  // that held or limited the unit then goes on to do so, on the clock that it had.
  std::optional<absl::Time> not_before;
  std::optional<absl::Time> not_after;
};

// Combines the parts of one unit and audience into a verdict. Keeps its working memory from one call to the next; one thread at a
// time.
class Combiner {
 public:
  // Combines the parts (in order of rule id) of a unit that is final, cancelled, or let go although it is not final.
  // `acted` are those who asked for release now: what they may lift ends. Permit or default is decided here: where neither a
  // permit nor a review is among the parts, or `add_default`, the pack's default review is added. `verdict` is cleared first.
  void Combine(const Pack& pack, const v1::DiagnosticReport& report, const Clocks& clocks, const std::vector<v1::Lifter>& acted,
               const std::vector<Part>& parts, bool add_default, Verdict* verdict);

 private:
  friend class Combination;

  // Smaller binds more (Pack::RankOf).
  using Rank = int;
  struct RankedFloor {
    absl::Time until;
    Rank rank;
    const Rule* rule;  // nullptr: the patient's preference
  };
  struct RankedCeiling {
    absl::Time at;
    Rank rank;
  };

  std::vector<RankedFloor> floors_;
  std::vector<AskedReview> reviews_;
  std::vector<Rank> review_ranks_;  // of `reviews_`
  std::vector<RankedCeiling> ceilings_;
  ReviewPlan single_plan_;
};

// True if a permit or a review is among the parts. A review that counts only because a fact is missing speaks for nothing: it
// holds, but what it holds may still be unclassified, and the default may wait longer.
bool SpokenFor(const std::vector<Part>& parts);

// A hold that no rule asked for, by the engine's own floors `not-final` and `quarantine`: ends by a person or a new version only.
// `verdict` is cleared first.
void HoldByFloor(const Pack& pack, const v1::DiagnosticReport& report, const Clocks& clocks, v1::Disposition disposition,
                 Verdict* verdict);

}  // namespace resultgate::policy

#endif  // RESULTGATE_POLICY_COMBINE_H_

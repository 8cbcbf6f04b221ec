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
#include "server/policy/personal.h"
#include "server/policy/verdict.h"

namespace resultgate::policy {

// A rule's part for one unit and audience.
struct Part {
  const Rule* rule = nullptr;
  bool restricts = false;  // its delay, review and withholding count
  bool permits = false;    // its permit counts
  bool limits = false;     // its deadline counts
  bool advises = false;    // its next step counts
  bool is_new = false;     // it did not hold this unit in the version before
  // Where the clock of what holds starts, the latest of all that it holds; and that of its deadline.
  absl::Time start = absl::InfinitePast();
  absl::Time limit_start = absl::InfinitePast();
  MissingFacts missing;  // not empty: it counts because they are absent
  // It holds here because it holds another report of the order; not set where it speaks for this report itself.
  bool along = false;
  // Where its review of another report started; InfinitePast() where it holds no other one.
  absl::Time order_review = absl::InfinitePast();
  // Its review's protocol certainly covers the unit, and all that the unit waits for by this rule.
  bool covered = false;
  // The unit is cancelled, and the rule would hold it from the patient for what its value says: there is none, so its delay and
  // review hold nothing. Its withholding does: that somebody was tested may be blinded or confidential, too.
  bool moot = false;

  bool operator==(const Part& other) const {
    return rule == other.rule && restricts == other.restricts && permits == other.permits && limits == other.limits &&
           advises == other.advises && is_new == other.is_new && start == other.start && limit_start == other.limit_start &&
           missing == other.missing && along == other.along && order_review == other.order_review && covered == other.covered &&
           moot == other.moot;
  }
};

// The times that clocks start from.
struct Clocks {
  absl::Time now;
  absl::Time received_at;                    // or, where people had ended a doubt, when they had
  absl::Time preference;                     // of the days for which the patient wishes to wait
  std::optional<absl::Time> review_started;  // of a review that goes on from the version before
};

// Combines the parts of one unit and audience into a verdict. Keeps its working memory from one call to the next; one thread at a
// time.
class Combiner {
 public:
  // Combines the parts (in order of rule id) of a unit that is final, cancelled (see Part::moot), or let go although it is not
  // final.
  // `acted` are those who asked for release now: what they may lift ends. Permit or default is decided here: where neither a
  // permit nor a review is among the parts, or `add_default`, the pack's default review is added. `verdict` is cleared first.
  void Combine(const Pack& pack, const v1::DiagnosticReport& report, const Clocks& clocks, const std::vector<v1::Lifter>& acted,
               const std::vector<Part>& parts, bool add_default, const PersonalAsks& personal, Verdict* verdict);

 private:
  friend class Combination;

  // Smaller binds more (Pack::RankOf).
  using Rank = int;
  struct RankedFloor {
    absl::Time until;
    Rank rank;
    Source source;
  };
  struct RankedCeiling {
    absl::Time at;
    Rank rank;
  };

  std::vector<RankedFloor> floors_;
  std::vector<AskedReview> reviews_;
  std::vector<Rank> review_ranks_;  // of `reviews_`
  std::vector<RankedCeiling> ceilings_;
  std::vector<AskedReview> uncut_;  // of `reviews_`: no ceiling cuts them
  ReviewPlan uncut_plan_;           // of these together
};

// True if the rule speaks for this audience.
bool Binds(const Rule& rule, v1::Audience audience);

// True if a permit or a review is among the parts. A review that counts only because a fact is missing speaks for nothing: it
// holds, but what it holds may still be unclassified, and the default may wait longer.
bool SpokenFor(const std::vector<Part>& parts);

// A hold that no rule asked for, by the engine's own floors `not-final` and `quarantine`: ends by a person or a new version only.
// `verdict` is cleared first.
void HoldByFloor(const Pack& pack, const v1::DiagnosticReport& report, const Clocks& clocks, v1::Disposition disposition,
                 Verdict* verdict);

}  // namespace resultgate::policy

#endif  // RESULTGATE_POLICY_COMBINE_H_

// What is decided for a unit and audience, in plain form: v1::Outcome before it is written down.
//
// Its texts belong to the pack or to the workspace that made it. Memory is used again from one decision to the next.
#ifndef RESULTGATE_POLICY_VERDICT_H_
#define RESULTGATE_POLICY_VERDICT_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "resultgate/v1/decision.pb.h"
#include "resultgate/v1/model.pb.h"
#include "server/policy/missing.h"
#include "server/policy/pack.h"
#include "server/policy/review_plan.h"

namespace resultgate::policy {

// How decisions name what asks for a hold without being a rule.
inline constexpr char kDefaultRule[] = "default";
inline constexpr char kPreferenceRule[] = "patient-preference";
inline constexpr char kNotFinalRule[] = "not-final";
inline constexpr char kQuarantineRule[] = "quarantine";
inline constexpr char kDeceasedRule[] = "deceased";
// True for an id that names one of these, `confidential`, or a determination as `determination-3`: no rule of a pack may have it.
bool IsReservedRuleId(absl::string_view id);

// What asks for something.
struct Source {
  enum class By { kRule, kPreference, kDetermination, kDeceased, kDefault, kNotFinal, kQuarantine };

  By by = By::kRule;
  const Rule* rule = nullptr;                         // kRule
  const v1::ReleasePreference* preference = nullptr;  // kPreference
  const v1::Determination* determination = nullptr;   // kDetermination

  // As v1::AppliedRule.rule_id.
  std::string Id() const;
  bool operator==(const Source& other) const {
    return by == other.by && rule == other.rule && preference == other.preference && determination == other.determination;
  }
};

// A rule's part in a verdict: v1::AppliedRule.
struct Applied {
  using By = Source::By;

  Source source;
  v1::RuleEffect effect = v1::RULE_EFFECT_UNSPECIFIED;
  bool lifted = false;
  bool along = false;  // it holds another report of the order, and this one with it
  MissingFacts missing;
  std::optional<absl::Time> clock;  // where that of a delay, a withholding or a deadline started

  bool operator==(const Applied& other) const;
};

// A hold that stands against a deadline: a floor or the review of a basis that is no weaker, or a withholding, whatever its
// basis, because only a person ends it.
struct Conflict {
  std::optional<Source> of;  // whose floor or withholding; absent: the review
  bool withholding = false;

  bool operator==(const Conflict& other) const { return of == other.of && withholding == other.withholding; }
};

struct Verdict {
  v1::Disposition disposition = v1::DISPOSITION_UNSPECIFIED;
  v1::OutcomeState state = v1::OUTCOME_STATE_HELD;
  std::optional<absl::Time> not_before;
  std::optional<absl::Time> not_after;
  std::optional<absl::Time> withheld_until;
  bool has_review = false;
  ReviewPlan review;
  std::optional<absl::Time> due_at;
  const v1::NextStep* next_step = nullptr;  // of a rule; nullptr: the template says it
  std::vector<Applied> applied;             // in the order of v1::Outcome.rules
  std::vector<Conflict> conflicts;

  void Clear();
  bool operator==(const Verdict& other) const;
};

// True if the rule holds another report of the order, and this one only along with it.
bool HoldsAlong(const v1::AppliedRule& rule);

// Writes it down, its units and audiences aside. `quarantine`: why, for a verdict of that disposition.
void ToProto(const Verdict& verdict, const Pack& pack, const v1::ServiceRequest& order, const std::string& quarantine,
             v1::Outcome* outcome);

}  // namespace resultgate::policy

#endif  // RESULTGATE_POLICY_VERDICT_H_

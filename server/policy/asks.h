// What the rules ask for, for each unit and audience of a report.
#ifndef RESULTGATE_POLICY_ASKS_H_
#define RESULTGATE_POLICY_ASKS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "resultgate/v1/decision.pb.h"
#include "resultgate/v1/model.pb.h"
#include "server/calendar/calendar.h"
#include "server/expr/expr.h"
#include "server/policy/combine.h"
#include "server/policy/missing.h"
#include "server/policy/outcomes.h"
#include "server/policy/pack.h"
#include "server/policy/pool.h"
#include "server/policy/rule_index.h"
#include "server/policy/units.h"

namespace resultgate::policy {

// True if the rule speaks for what became final on `first_final`, a date where the facility is, by its dates of effect: a law
// holds for what became final while it was in force.
bool IsInForce(const Rule& rule, absl::CivilDay first_final);

// For one unit and audience.
struct Asked {
  std::vector<Part> parts;  // in order of rule id
  bool needs_default = false;
};

// A hold on another report of the same order, by a rule with `together: order`.
struct OrderHold {
  std::string rule_id;
  v1::Audience audience = v1::AUDIENCE_UNSPECIFIED;
  absl::Time start;                        // where the rule's clock starts there
  absl::Time review_started;               // when a review of that report began
  std::vector<std::string> unknown_facts;  // not empty: it counts because they are absent there
  bool covered = false;                    // its review's protocol covers all that it holds there
};

// Asks the rules of a pack about the units of a report. Memory is used again; one thread at a time.
class Asker {
 public:
  // `previous`: the decision on the version before, or nullptr. `order_holds`: on the other reports of the order. `first_final`:
  // of each unit. `version_issued`: where clocks of what is new with this version start. All arguments outlive what is read from
  // the asker.
  void Ask(const Pack& pack, const v1::DiagnosticReport& report, const Units& units, const v1::Decision* previous,
           const std::vector<OrderHold>& order_holds, const std::vector<absl::Time>& first_final, absl::Time version_issued,
           absl::Time now);

  const Asked& of(size_t unit, size_t audience) const { return asked_[unit][audience]; }

 private:
  // An answer, and the question's number, so that an older one is known as such.
  struct ConditionTruth {
    uint64_t asked_at = 0;
    expr::Truth truth = expr::Truth::kFalse;
  };
  struct WhenTruth : ConditionTruth {
    MissingFacts missing;
  };

  void AskUnit(size_t u);
  void AskRule(size_t number, size_t u, bool may_restrict, bool may_allow);
  // What a rule's condition comes to, its codes aside. `missing`: nullptr where an unknown would count for nothing.
  expr::Truth Holds(size_t number, size_t u, size_t audience, MissingFacts* missing);
  // The same for a rule that may hang on what is not known: asked in full, for the names of what is missing.
  expr::Truth HoldsInFull(size_t number, size_t u, size_t audience, MissingFacts* missing);
  expr::Truth Condition(uint32_t condition, size_t audience);
  const WhenTruth& When(size_t number, size_t audience);
  const expr::Activation& ActivationFor(size_t audience);
  // True if the protocol of the rule's review certainly covers the unit.
  bool Covers(const Rule& rule, size_t u, size_t audience);
  // Adds the restrictions among `from`, in order of rule, to what is asked of the unit.
  void AddRestrictions(const std::vector<Part>& from, size_t u, size_t audience);
  bool IsCancelled(size_t u) const { return (*units_)[u].status == v1::RESULT_STATUS_CANCELLED; }
  bool InForce(const Rule& rule, size_t u);
  bool SpokeBefore(const Rule& rule, size_t u) const;
  absl::Time StartOf(const Part& part, size_t u, size_t audience) const;
  absl::Time LimitStartOf(const Rule& rule, size_t u) const;
  bool IsNew(const Rule& rule, absl::string_view unit_id, v1::Audience audience) const;
  void WidenTogether(size_t audience, const std::vector<OrderHold>& order_holds);
  void AddOrderHold(const OrderHold& hold);
  std::vector<Part>::iterator FindTogether(const Rule& rule);
  MissingFacts Keep(absl::Span<const std::string* const> facts);

  const Pack* pack_ = nullptr;
  const calendar::Calendar* calendar_ = nullptr;  // the facility's
  const v1::DiagnosticReport* report_ = nullptr;
  const Units* units_ = nullptr;
  const v1::Decision* previous_ = nullptr;
  const std::vector<absl::Time>* first_final_ = nullptr;
  absl::Time version_issued_;
  absl::Time now_;
  std::optional<absl::CivilDay> first_final_day_;  // of the unit

  RuleSearch search_;
  Pool<std::array<Asked, kAudienceCount>> asked_;
  std::vector<Part> together_, merged_;
  // Everything is asked once: for a report, or, where it reads the observation, once for a unit. By audience, the first for what
  // does not read it.
  std::vector<std::array<ConditionTruth, kAudienceCount>> conditions_;  // by their position in the index
  std::vector<std::array<WhenTruth, kAudienceCount>> when_;             // by rule
  uint64_t question_ = 0;                                               // of the unit
  uint64_t first_question_ = 0;                                         // of the report
  expr::Activation activation_;                                         // of the unit
  expr::Scratch scratch_;
  std::vector<const std::string*> missing_;  // gathered for one rule
  Pool<std::vector<const std::string*>> kept_missing_;
  Pool<std::string> error_texts_;
};

// The outcome of a unit and audience in a decision on the version before (nullptr: there is none), or nullptr.
const v1::Outcome* OutcomeOf(const v1::Decision* previous, absl::string_view unit_id, v1::Audience audience);

// True if what `rule_id` asks for did not hold the unit in the version before. `before`: its outcome then.
bool IsNewAfter(const v1::Outcome* before, absl::string_view rule_id);

// Where the clock of what `rule_id` held or limited in the outcome `before` of the decision `previous` started; nullopt where it
// did not, where it held another report only, or where that was the report's first final version, which may turn out to have
// been earlier.
std::optional<absl::Time> KeptClock(const v1::Decision* previous, const v1::Outcome* before, absl::string_view rule_id,
                                    bool deadline);

}  // namespace resultgate::policy

#endif  // RESULTGATE_POLICY_ASKS_H_

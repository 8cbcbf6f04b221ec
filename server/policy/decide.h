// The decision: a pure function of pack, report, context and time.
#ifndef RESULTGATE_POLICY_DECIDE_H_
#define RESULTGATE_POLICY_DECIDE_H_

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "resultgate/v1/decision.pb.h"
#include "resultgate/v1/model.pb.h"
#include "server/policy/asks.h"
#include "server/policy/combine.h"
#include "server/policy/pack.h"
#include "server/policy/personal.h"
#include "server/policy/ruling.h"
#include "server/policy/units.h"
#include "server/policy/verdict.h"

namespace resultgate::policy {

// What a decision must know beyond the report itself.
struct Context {
  // When the gate received this version.
  absl::Time received_at;
  // When people had ended a doubt of whose it is or which version stands, and had it decided: what begins with the receipt of a
  // version, as reviews do, begins then. Absent where there was none.
  std::optional<absl::Time> settled_at;
  // Where legal clocks started with an earlier final version: kept by a correction. Absent for a first final version.
  std::optional<absl::Time> clock_start;
  // The decision that stands for the version before, for what a correction keeps and what starts anew. May be null.
  const v1::Decision* previous = nullptr;
  // Who acted to have the result released now (ReleaseNow: the provider; RequestRelease: the patient): every restriction that
  // names one of them ends. What nobody of them may lift stands, and the outcome says until when.
  std::vector<v1::Lifter> acted;
  // What rules with `together: order` hold of the order's other reports (OrderHoldsOf of each): they hold this one too.
  std::vector<OrderHold> order_holds;
  // What people determined for this one result (v1::Result.determinations). May be null.
  const Determinations* determinations = nullptr;
  // Why the report cannot be told apart from another or put in order; empty if it can. Everything of it is then quarantined.
  std::string quarantine;
};

// Where legal clocks start for this version: `context.clock_start` if set, else the earlier of issued and received (received,
// where issued is absent or implausible: more than 31 days before, or more than an hour after it), if any unit is final; absent
// while none is.
std::optional<absl::Time> ClockStart(const v1::DiagnosticReport& report, const Context& context);

// Why legal clocks start with this version when it was received, although another time of issue may be the true one, in words for
// a person: `no time of issue was sent`. Empty where they start when it was issued, keep their start, or do not run yet.
absl::string_view WhyNotFromIssue(const v1::DiagnosticReport& report, const Context& context);

// What the pack's rules with `together: order` ask of the report itself, whatever they hold of others of its order. What of that
// has ended since (approved, passed) is for the caller to know. Thread-safe.
std::vector<OrderHold> OrderHoldsOf(const Pack& pack, const v1::DiagnosticReport& report, const Context& context, absl::Time now);

// Decides one report after another without allocating memory: it keeps what it has needed once. One thread at a time.
class Decider {
 public:
  // Decides every unit for every audience. The ruling belongs to the decider, points into the arguments, and stands until the
  // next call.
  const Ruling& Decide(const Pack& pack, const v1::DiagnosticReport& report, const Context& context, absl::Time now);
  // What rules with `together: order` ask of the report that was decided last.
  std::vector<OrderHold> OrderHolds() const;

 private:
  // What a verdict answers: two units of which the same is asked have the same one.
  struct Question {
    v1::Disposition floor = v1::DISPOSITION_UNSPECIFIED;  // of a hold by the engine's own floors
    std::optional<absl::Time> review_started;
    absl::Time preference;
    const Asked* asked = nullptr;
    const PersonalAsks* personal = nullptr;

    bool operator==(const Question& other) const;
  };

  absl::Time FirstFinal(const Unit& unit) const;
  size_t DecideCell(size_t unit, size_t audience);
  template <typename Make>
  size_t Remember(const Question& question, const Make& make);

  // The call's arguments.
  const Pack* pack_ = nullptr;
  const v1::DiagnosticReport* report_ = nullptr;
  const Context* context_ = nullptr;
  Clocks clocks_;                        // of the report
  absl::Time version_issued_;            // where clocks of what is new with this version start
  std::vector<absl::Time> first_final_;  // of the units

  v1::DiagnosticReport with_facts_;
  Asker asker_;
  Personal personal_;
  Combiner combiner_;
  // In this call, with the verdicts' positions.
  std::vector<std::pair<Question, size_t>> answered_;
  Ruling ruling_;
};

// The same, written down. Every (unit, audience) is in exactly one outcome; outcomes are in order of their first unit in the
// report, the document last. The same arguments give the same bytes. Thread-safe.
v1::Decision Decide(const Pack& pack, const v1::DiagnosticReport& report, const Context& context, absl::Time now);

}  // namespace resultgate::policy

#endif  // RESULTGATE_POLICY_DECIDE_H_

// Whether a rule speaks for a unit: three-valued, because what is not known is neither yes nor no.
#ifndef RESULTGATE_TESTS_POLICY_REFERENCE_MATCH_H_
#define RESULTGATE_TESTS_POLICY_REFERENCE_MATCH_H_

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "resultgate/v1/decision.pb.h"
#include "resultgate/v1/model.pb.h"
#include "server/expr/expr.h"
#include "server/policy/pack.h"
#include "server/policy/units.h"

namespace resultgate::policy::reference {

// One unit of a report, as rules see it.
struct Unit {
  std::string id;
  const v1::Observation* observation = nullptr;  // nullptr: the document
  v1::ResultStatus status = v1::RESULT_STATUS_UNSPECIFIED;
  valueset::Membership own_sets;  // value sets that hold one of the unit's own codings: these let it go
  valueset::Membership any_sets;  // or one of its report's, order's or, for a document, files': these can hold it
};

// The units of a report in their order, the document last.
std::vector<Unit> UnitsOf(const valueset::Registry& value_sets, const v1::DiagnosticReport& report);

// A key of `match` but `codes`, for one unit.
enum class MatchKey { kUnit, kSection, kStatus, kInterpretation, kEncounterClass, kJurisdiction };
inline constexpr MatchKey kMatchKeys[] = {MatchKey::kUnit,           MatchKey::kSection,        MatchKey::kStatus,
                                          MatchKey::kInterpretation, MatchKey::kEncounterClass, MatchKey::kJurisdiction};

// Its name in a rule file, as `encounter_class`.
const char* NameOf(MatchKey key);
// True if the rule file gives it.
bool IsGiven(MatchKey key, const Match& match);
// Whether a given key holds. For kUnknown, `*missing` is the fact.
expr::Truth KeyHolds(MatchKey key, const Match& match, const v1::DiagnosticReport& report, const Unit& unit,
                     const char** missing);
// Whether `codes` hold; true where none are given. `permits`: only the unit's own codings count.
bool CodesHold(const Match& match, const Unit& unit, bool permits);

// What a rule comes to for one unit and audience.
struct RuleTruth {
  expr::Truth as_restriction = expr::Truth::kFalse;  // codes may match anywhere in the report's header or the unit
  expr::Truth as_permit = expr::Truth::kFalse;       // codes must match the unit's own
  expr::Truth as_deadline = expr::Truth::kFalse;     // as a permit: a duty to release lets something go
  expr::Truth as_next_step = expr::Truth::kFalse;    // as a permit
  std::vector<std::string> unknown_facts;            // in order, for kUnknown
};

// What conditions came to that do not read the unit: evaluated once for a report, not once for each of its units.
using ReportConditions = std::map<std::pair<const Rule*, v1::Audience>, expr::Evaluation>;

// Evaluates `rule` for a unit. Does not look at the rule's audiences. `conditions` belongs to the same report and time.
RuleTruth Evaluate(const Rule& rule, const v1::DiagnosticReport& report, const Unit& unit, v1::Audience audience, absl::Time now,
                   const absl::TimeZone& zone, ReportConditions* conditions);

}  // namespace resultgate::policy::reference

#endif  // RESULTGATE_TESTS_POLICY_REFERENCE_MATCH_H_

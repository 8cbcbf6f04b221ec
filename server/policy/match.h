// Whether the parts of `match` hold for a unit: three-valued, because what is not known is neither yes nor no. Pure functions.
#ifndef RESULTGATE_POLICY_MATCH_H_
#define RESULTGATE_POLICY_MATCH_H_

#include <string>

#include "resultgate/v1/model.pb.h"
#include "server/expr/expr.h"
#include "server/policy/pack.h"
#include "server/policy/units.h"

namespace resultgate::policy {

// A key of `match` but `codes`, for one unit.
enum class MatchKey { kUnit, kSection, kStatus, kInterpretation, kEncounterClass, kJurisdiction };
inline constexpr MatchKey kMatchKeys[] = {MatchKey::kUnit,           MatchKey::kSection,        MatchKey::kStatus,
                                          MatchKey::kInterpretation, MatchKey::kEncounterClass, MatchKey::kJurisdiction};

// Its name in a rule file, as `encounter_class`.
const char* NameOf(MatchKey key);
// The fact that it reads and that may be absent, as `order.encounter_class`; empty for a key that is always known.
const std::string& FactOf(MatchKey key);
// True if the rule file gives it.
bool IsGiven(MatchKey key, const Match& match);
// Whether a given key holds. Unknown where FactOf(key) is absent.
expr::Truth KeyHolds(MatchKey key, const Match& match, const v1::DiagnosticReport& report, const Unit& unit);
// Whether `codes` hold; true where none are given. `permits`: only the unit's own codings count.
bool CodesHold(const Match& match, const Unit& unit, bool permits);

}  // namespace resultgate::policy

#endif  // RESULTGATE_POLICY_MATCH_H_

#include "server/policy/conditions.h"

#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace resultgate::policy {
namespace {

using expr::Condition;
using expr::Domain;
using Strings = std::set<std::string>;

// A key of `match` that lists values of an enumeration; an empty one says nothing.
template <typename Enum>
void RequireOneOf(const std::vector<Enum>& listed, const google::protobuf::EnumDescriptor* type, const std::string& subject,
                  Condition* condition) {
  if (listed.empty()) return;
  Strings values;
  Strings all;
  for (const Enum value : listed) values.insert(absl::StrCat(static_cast<int>(value)));
  for (int i = 0; i < type->value_count(); ++i) all.insert(absl::StrCat(type->value(i)->number()));
  condition->Require(subject, Domain::OneOf(values, all));
}

}  // namespace

Condition ConditionOf(const Rule& rule) {
  Condition condition;
  const Match& match = rule.match;
  // The paths are those of `when`, so that the two are held against each other. A unit's status is its own name, because a
  // report's withdrawal takes its observations with it.
  RequireOneOf(match.sections, v1::Section_descriptor(), "report.section", &condition);
  RequireOneOf(match.statuses, v1::ResultStatus_descriptor(), "the unit's status", &condition);
  RequireOneOf(match.interpretations, v1::Interpretation_descriptor(), "observation.interpretation", &condition);
  RequireOneOf(match.encounter_classes, v1::EncounterClass_descriptor(), "order.encounter_class", &condition);
  if (!match.codes.empty()) {
    Strings names;
    for (const valueset::ValueSet* set : match.codes) names.insert(set->name());
    condition.Require("codes", Domain::AnyOf(names));
  }
  if (!match.jurisdictions.empty()) {
    condition.Require("order.jurisdictions", Domain::AnyOf({match.jurisdictions.begin(), match.jurisdictions.end()}));
  }
  const Strings units = {"document", "observation"};
  if (match.unit == Match::Unit::kDocument) condition.Require("unit", Domain::OneOf({"document"}, units));
  if (match.unit == Match::Unit::kObservation || rule.observations_only || !match.interpretations.empty()) {
    condition.Require("unit", Domain::OneOf({"observation"}, units));
  }
  if (rule.when != nullptr) condition.Require(Condition::Of(*rule.when));
  return condition;
}

}  // namespace resultgate::policy

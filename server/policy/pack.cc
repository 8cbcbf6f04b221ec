#include "server/policy/pack.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "server/policy/model_environment.h"
#include "server/policy/rule_index.h"

namespace resultgate::policy {

std::vector<const expr::Program*> ConditionsOf(const Rule& rule) {
  std::vector<const expr::Program*> conditions;
  if (rule.when != nullptr) conditions.push_back(rule.when.get());
  if (rule.protocol() != nullptr) conditions.push_back(rule.protocol()->covers.get());
  return conditions;
}

Pack::Pack() = default;
Pack::~Pack() = default;

const calendar::Calendar& Pack::CalendarFor(const v1::ServiceRequest& order) const {
  const Facility* facility = facilities_.empty() ? nullptr : FacilityOf(order);
  return facility == nullptr ? *calendar_ : *facility->calendar;
}

const calendar::Calendar* Pack::NotificationCalendarFor(const v1::ServiceRequest& order) const {
  const Facility* facility = facilities_.empty() ? nullptr : FacilityOf(order);
  return (facility == nullptr ? notification_calendar_ : facility->notification_calendar).get();
}

const Rule* Pack::FindRule(absl::string_view id) const {
  const auto at = std::lower_bound(rules_.begin(), rules_.end(), id,
                                   [](const Rule& rule, absl::string_view other) { return absl::string_view(rule.id) < other; });
  return at == rules_.end() || at->id != id ? nullptr : &*at;
}

v1::PackSummary Summarize(const Pack& pack) {
  v1::PackSummary summary;
  summary.set_name(pack.name());
  summary.set_digest(pack.digest());
  summary.set_time_zone(pack.time_zone_name());
  for (const Rule& rule : pack.rules()) {
    v1::RuleSummary* row = summary.add_rules();
    row->set_id(rule.id);
    row->set_title(rule.title);
    row->set_place(absl::StrCat(rule.place.file, ":", rule.place.line));
    if (rule.then.permit) row->add_effects(v1::RULE_EFFECT_PERMIT);
    if (rule.then.delay) row->add_effects(v1::RULE_EFFECT_DELAY);
    if (rule.then.review) row->add_effects(v1::RULE_EFFECT_REVIEW);
    if (rule.then.withhold_until) row->add_effects(v1::RULE_EFFECT_WITHHOLD);
    if (rule.then.deadline) row->add_effects(rule.then.deadline->notice ? v1::RULE_EFFECT_NOTICE : v1::RULE_EFFECT_DEADLINE);
    if (rule.then.next_step) row->add_effects(v1::RULE_EFFECT_NEXT_STEP);
    *row->mutable_basis() = rule.basis;
  }
  for (const std::string& name : pack.used_value_sets()) summary.add_value_sets(name);
  return summary;
}

}  // namespace resultgate::policy

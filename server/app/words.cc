#include "server/app/words.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "server/base/proto_time.h"
#include "server/policy/decide.h"
#include "server/policy/review_plan.h"

namespace resultgate::app {
namespace {

constexpr int kMostNames = 3;

// `RELEASE_KIND_BEING_CORRECTED` without its prefix, as a person writes it: `being corrected`.
std::string EnumWord(absl::string_view name, absl::string_view prefix) {
  name.remove_prefix(std::min(prefix.size(), name.size()));
  return absl::StrReplaceAll(absl::AsciiStrToLower(name), {{"_", " "}});
}

bool Holds(v1::RuleEffect effect) {
  return effect != v1::RULE_EFFECT_PERMIT && effect != v1::RULE_EFFECT_NEXT_STEP;
}

}  // namespace

std::string ShortTime(const google::protobuf::Timestamp& time, absl::TimeZone zone) {
  return absl::FormatTime("%a %m-%d %H:%M", base::FromProto(time), zone);
}

std::string ConceptText(const v1::CodeableConcept& codeable_concept) {
  if (!codeable_concept.text().empty()) return codeable_concept.text();
  for (const v1::Coding& coding : codeable_concept.codings()) {
    if (!coding.display().empty()) return coding.display();
  }
  return codeable_concept.codings().empty() ? "" : codeable_concept.codings(0).code();
}

std::string PatientText(const v1::Patient& patient) {
  return patient.identifiers().empty() ? "" : patient.identifiers(0).value();
}

std::string UnitsText(const v1::DiagnosticReport& report, const google::protobuf::RepeatedPtrField<std::string>& unit_ids) {
  const int all = report.observations_size() + (policy::HasDocument(report) ? 1 : 0);
  if (unit_ids.size() > kMostNames) {
    return unit_ids.size() == all ? absl::StrCat("all ", all) : absl::StrCat(unit_ids.size(), " of ", all);
  }
  std::vector<std::string> names;
  for (const std::string& id : unit_ids) {
    const auto found = std::find_if(report.observations().begin(), report.observations().end(),
                                    [&id](const v1::Observation& observation) { return observation.id() == id; });
    const std::string name = found == report.observations().end() ? "" : ConceptText(found->code());
    names.push_back(name.empty() ? id : name);
  }
  return absl::StrJoin(names, ", ");
}

std::string ValueText(const v1::Observation& observation) {
  switch (observation.value_case()) {
    case v1::Observation::kQuantity: {
      const v1::Quantity& quantity = observation.quantity();
      return absl::StrCat(quantity.comparator(), quantity.value(), quantity.unit().empty() ? "" : " ", quantity.unit());
    }
    case v1::Observation::kCodeableConcept:
      return ConceptText(observation.codeable_concept());
    case v1::Observation::kText:
      return observation.text();
    case v1::Observation::VALUE_NOT_SET:
      break;
  }
  return observation.data_absent_reason();
}

std::string FlagText(const v1::Observation& observation) {
  if (!observation.has_interpretation()) return "";
  return EnumWord(v1::Interpretation_Name(observation.interpretation()), "INTERPRETATION_");
}

std::string ChannelsText(const google::protobuf::RepeatedField<int>& channels) {
  return absl::StrJoin(channels, ", ", [](std::string* out, int channel) {
    absl::StrAppend(out, EnumWord(v1::NotificationChannel_Name(channel), "NOTIFICATION_CHANNEL_"));
  });
}

std::string StatusText(v1::ResultStatus status) {
  return EnumWord(v1::ResultStatus_Name(status), "RESULT_STATUS_");
}

std::string ExpiryText(const v1::Outcome& outcome, absl::TimeZone zone) {
  const v1::Review& review = outcome.review();
  const std::string expires = absl::StrCat("expires ", LocalTime(review.expires_at(), zone), ", then ");
  const bool by_time = outcome.disposition() == v1::DISPOSITION_REVIEW;
  if (review.on_expiry() == v1::ON_EXPIRY_ESCALATE && !review.escalated()) {
    return absl::StrCat(expires, "goes to ", OwnerText(review.escalate_to()));
  }
  return absl::StrCat(expires, by_time ? "released not yet reviewed" : "comes back to its owner");
}

std::string NotBeforeText(const v1::Outcome& outcome, absl::TimeZone zone) {
  if (outcome.state() != v1::OUTCOME_STATE_HELD && outcome.state() != v1::OUTCOME_STATE_UNSPECIFIED) return "";
  switch (outcome.disposition()) {
    case v1::DISPOSITION_WITHHOLD:
      return outcome.has_withheld_until() ? ShortTime(outcome.withheld_until(), zone) : "";
    case v1::DISPOSITION_REVIEW:
    case v1::DISPOSITION_QUARANTINE:
      if (outcome.has_review() && !outcome.review().has_approved_at()) {
        return absl::StrCat("by ", ShortTime(outcome.review().expires_at(), zone));
      }
      break;
    default:
      break;
  }
  return outcome.has_not_before() ? ShortTime(outcome.not_before(), zone) : "";
}

v1::Owner OwnerAt(const v1::Outcome& outcome, absl::Time now) {
  const v1::Review& review = outcome.review();
  const bool held = outcome.state() == v1::OUTCOME_STATE_HELD || outcome.state() == v1::OUTCOME_STATE_UNSPECIFIED;
  if (!held || review.has_approved_at() || review.turns().empty()) return {};
  return policy::CurrentTurn(review, now).owner();
}

std::string RulesText(const v1::Outcome& outcome) {
  std::vector<std::string> ids;
  const auto add = [&ids](const v1::AppliedRule& rule) {
    std::string id = rule.lifted() ? absl::StrCat("(", rule.rule_id(), ")") : rule.rule_id();
    if (std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(std::move(id));
  };
  for (const v1::AppliedRule& rule : outcome.rules()) {
    if (Holds(rule.effect())) add(rule);
  }
  for (const v1::AppliedRule& rule : outcome.rules()) {
    if (!Holds(rule.effect())) add(rule);
  }
  return absl::StrJoin(ids, ", ");
}

std::string HeldChangeText(v1::HeldChange change) {
  return EnumWord(v1::HeldChange_Name(change), "HELD_CHANGE_");
}

std::string CauseText(v1::ActivationCause cause) {
  return EnumWord(v1::ActivationCause_Name(cause), "ACTIVATION_CAUSE_");
}

std::string SectionText(v1::Section section) {
  return EnumWord(v1::Section_Name(section), "SECTION_");
}

std::string FirstLine(absl::string_view text) {
  return std::string(text.substr(0, text.find('\n')));
}

}  // namespace resultgate::app

#include "server/policy/rule_parts.h"

#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "server/policy/model_environment.h"
#include "server/policy/names.h"

namespace resultgate::policy {
namespace {

v1::Truth ToProto(expr::Truth truth) {
  return truth == expr::Truth::kTrue ? v1::TRUTH_TRUE : truth == expr::Truth::kFalse ? v1::TRUTH_FALSE : v1::TRUTH_UNKNOWN;
}

v1::Truth ToProto(bool value) {
  return value ? v1::TRUTH_TRUE : v1::TRUTH_FALSE;
}

// What stands under a key of `match`.
std::string Listed(MatchKey key, const Match& match) {
  std::vector<std::string> words;
  const auto add = [&words](const auto& values, const google::protobuf::EnumDescriptor* type) {
    for (const auto value : values) words.push_back(EnumWord(type, value));
  };
  switch (key) {
    case MatchKey::kUnit:
      return match.unit == Match::Unit::kDocument ? "document" : "observation";
    case MatchKey::kSection:
      add(match.sections, v1::Section_descriptor());
      break;
    case MatchKey::kStatus:
      add(match.statuses, v1::ResultStatus_descriptor());
      break;
    case MatchKey::kInterpretation:
      add(match.interpretations, v1::Interpretation_descriptor());
      break;
    case MatchKey::kEncounterClass:
      add(match.encounter_classes, v1::EncounterClass_descriptor());
      break;
    case MatchKey::kJurisdiction:
      words = match.jurisdictions;
      break;
  }
  return absl::StrCat("[", absl::StrJoin(words, ", "), "]");
}

void AddParts(const expr::Program& condition, const expr::Activation& activation, std::vector<v1::ExplainedPart>* parts) {
  for (const expr::PartTruth& evaluated : condition.EvaluateParts(activation)) {
    parts->emplace_back();
    v1::ExplainedPart& part = parts->back();
    std::string text = absl::StrReplaceAll(evaluated.text, {{"\n", " "}});  // it may go over several lines
    absl::RemoveExtraAsciiWhitespace(&text);
    part.set_text(std::move(text));
    part.set_truth(ToProto(evaluated.evaluation.truth));
    part.set_depth(evaluated.depth);
    for (const std::string& fact : evaluated.evaluation.unknown_facts) part.add_missing(fact);
    if (!evaluated.evaluation.error.empty()) part.add_missing(absl::StrCat("error: ", evaluated.evaluation.error));
  }
}

}  // namespace

std::vector<v1::ExplainedPart> PartsOf(const Rule& rule, const v1::DiagnosticReport& report, const Unit& unit,
                                       v1::Audience audience, absl::Time now, const absl::TimeZone& zone) {
  std::vector<v1::ExplainedPart> parts;
  const auto add = [&parts](std::string text, v1::Truth truth) {
    parts.emplace_back();
    parts.back().set_text(std::move(text));
    parts.back().set_truth(truth);
  };
  if (!rule.match.codes.empty()) {
    std::vector<std::string> names;
    for (const valueset::ValueSet* set : rule.match.codes) names.push_back(set->name());
    add(absl::StrCat("codes: [", absl::StrJoin(names, ", "), "]"), ToProto(CodesHold(rule.match, unit, !rule.then.restricts())));
  }
  for (const MatchKey key : kMatchKeys) {
    if (!IsGiven(key, rule.match)) continue;
    const v1::Truth truth = ToProto(KeyHolds(key, rule.match, report, unit));
    add(absl::StrCat(NameOf(key), ": ", Listed(key, rule.match)), truth);
    if (truth == v1::TRUTH_UNKNOWN) parts.back().add_missing(FactOf(key));
  }
  if (rule.observations_only && unit.observation == nullptr) {
    add("it reads an observation, and this is the document", v1::TRUTH_FALSE);
  } else if (rule.when != nullptr) {
    AddParts(*rule.when, ModelEnvironment::Activate(report, unit.observation, audience, now, zone), &parts);
  }
  return parts;
}

std::vector<v1::ExplainedPart> ProtocolPartsOf(const Rule& rule, const v1::DiagnosticReport& report, const Unit& unit,
                                               v1::Audience audience, absl::Time now, const absl::TimeZone& zone) {
  std::vector<v1::ExplainedPart> parts;
  if (rule.protocol() == nullptr) return parts;
  AddParts(*rule.protocol()->covers, ModelEnvironment::Activate(report, unit.observation, audience, now, zone), &parts);
  for (v1::ExplainedPart& part : parts) {
    if (part.depth() == 0) part.set_text(absl::StrCat("covers: ", part.text()));
  }
  return parts;
}

v1::Truth Together(const std::vector<v1::ExplainedPart>& parts) {
  v1::Truth truth = v1::TRUTH_TRUE;
  for (const v1::ExplainedPart& part : parts) {
    if (part.depth() > 0) continue;
    if (part.truth() == v1::TRUTH_FALSE) return v1::TRUTH_FALSE;
    if (part.truth() == v1::TRUTH_UNKNOWN) truth = v1::TRUTH_UNKNOWN;
  }
  return truth;
}

}  // namespace resultgate::policy

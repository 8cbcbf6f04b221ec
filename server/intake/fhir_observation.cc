#include "server/intake/fhir_observation.h"

#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/base/proto_time.h"
#include "server/intake/fhir_types.h"
#include "server/intake/issues.h"
#include "server/intake/tables.h"
#include "server/intake/values.h"

namespace resultgate::intake {
namespace {

using json::Value;

// The members of an Observation or component that are its value[x].
std::vector<Value> ValuesOf(Value element) {
  std::vector<Value> values;
  for (const Value& member : element.children()) {
    const absl::string_view key = member.key();
    if (key.size() > 5 && absl::StartsWith(key, "value") && absl::ascii_isupper(key[5])) values.push_back(member);
  }
  return values;
}

void ReadOneValue(Value value, v1::Observation* observation, v1::DiagnosticReport* report) {
  const absl::string_view type = value.key().substr(5);
  v1::Quantity quantity;
  if (type == "Quantity") {
    if (ReadQuantity(value, &quantity)) *observation->mutable_quantity() = std::move(quantity);
  } else if (type == "Integer" || type == "Decimal") {
    quantity.set_value(std::string(value.text()));
    *observation->mutable_quantity() = std::move(quantity);
  } else if (type == "CodeableConcept") {
    *observation->mutable_codeable_concept() = ReadCodeableConcept(value, CodeUse::kValue, report);
  } else if (type == "Boolean") {
    observation->set_text(value.IsTrue() ? "true" : "false");
  } else if (type == "Range" || type == "Ratio") {
    observation->set_text(QuantityText(value));
  } else if (type == "Period") {
    observation->set_text(absl::StrCat(value["start"].string(), " - ", value["end"].string()));
  } else if (type == "SampledData") {
    observation->set_text(std::string(value["data"].string()));
  } else if (type == "String" || type == "DateTime" || type == "Time" || type == "Instant") {
    observation->set_text(std::string(value.string()));
  } else {
    Warn(value.Path(),
         "the value is of a type that FHIR R4 does not have here and was left out; the observation does not count as final",
         report);
    observation->set_status(v1::RESULT_STATUS_UNKNOWN);
  }
}

void ReadInterpretation(Value element, v1::Observation* observation, v1::DiagnosticReport* report) {
  const auto add = [&](v1::Interpretation interpretation) {
    observation->set_interpretation(observation->has_interpretation() ? MoreSevere(observation->interpretation(), interpretation)
                                                                      : interpretation);
  };
  for (const Value& concept_value : element["interpretation"].AsList()) {
    bool any = false;
    for (const Value& coding : concept_value["coding"].AsList()) {
      const absl::string_view system = coding["system"].string();
      const absl::string_view code = coding["code"].string();
      if (code.empty()) continue;
      any = true;
      const bool known = system.empty() || absl::EndsWith(system, "ObservationInterpretation") || absl::EndsWith(system, "0078");
      add(known ? InterpretationFromCode(code) : v1::INTERPRETATION_OTHER);
    }
    if (!any && concept_value.IsObject()) add(v1::INTERPRETATION_OTHER);
  }
  if (observation->interpretation() == v1::INTERPRETATION_OTHER) {
    Warn(element.PathOf("interpretation"),
         "the interpretation grades nothing in table 0078 and was read as `other`, not as normal", report);
  }
}

// The normal range, which is the one without a type or of type `normal`; several that depend on age or sex are only printed.
void ReadReferenceRanges(Value element, v1::Observation* observation, v1::DiagnosticReport* report) {
  std::vector<v1::ReferenceRange> ranges;
  bool conditional = false;
  for (const Value& value : element["referenceRange"].AsList()) {
    v1::ReferenceRange range = ParseReferenceRange(value["text"].string());
    v1::Quantity bound;
    // The bounds as numbers say it better than words.
    if (value["low"].IsPresent() || value["high"].IsPresent()) {
      range.set_low(ReadQuantity(value["low"], &bound) ? bound.value() : "");
      range.set_high(ReadQuantity(value["high"], &bound) ? bound.value() : "");
    }
    if (range.text().empty()) range.set_text(QuantityText(value));
    if (range.text().empty()) continue;
    conditional = conditional || value["appliesTo"].IsPresent() || value["age"].IsPresent();
    ranges.push_back(std::move(range));
  }
  if (ranges.empty()) return;
  if (ranges.size() == 1) {
    *observation->mutable_reference_range() = ranges.front();
    return;
  }
  std::string text;
  for (const v1::ReferenceRange& range : ranges) absl::StrAppend(&text, text.empty() ? "" : "; ", range.text());
  observation->mutable_reference_range()->set_text(text);
  Warn(element.PathOf("referenceRange"),
       conditional ? "the ranges depend on the patient and were kept as text" : "several ranges were kept as text; expected one",
       report);
}

// What an Observation and a component share.
void ReadResult(Value element, v1::Observation* observation, v1::DiagnosticReport* report) {
  *observation->mutable_code() = ReadCodeableConcept(element["code"], CodeUse::kObserved, report);
  const std::vector<Value> values = ValuesOf(element);
  if (values.size() > 1) {
    Warn(values[1].Path(), "a second value stands here; expected one; the observation does not count as final", report);
    observation->set_status(v1::RESULT_STATUS_UNKNOWN);
  }
  if (!values.empty()) ReadOneValue(values.front(), observation, report);
  ReadInterpretation(element, observation, report);
  ReadReferenceRanges(element, observation, report);
  for (const Value& coding : element["dataAbsentReason"]["coding"].AsList()) {
    observation->set_data_absent_reason(std::string(coding["code"].string()));
    break;
  }
  if (observation->data_absent_reason().empty() && element["dataAbsentReason"].IsPresent())
    observation->set_data_absent_reason("unknown");
}

std::string CodeName(const v1::CodeableConcept& code) {
  const std::string name = code.codings_size() > 0 ? code.codings(0).code() : code.text();
  return name.empty() ? "uncoded" : name;
}

bool OnlyGroups(Value resource) {
  return !resource["hasMember"].AsList().empty() && ValuesOf(resource).empty() && resource["component"].AsList().empty();
}

std::string Identity(Value resource, const v1::Observation& observation) {
  if (OnlyGroups(resource)) return CodeName(observation.code());
  const absl::string_view id = resource["id"].string();
  if (!id.empty()) return IsContained(resource) ? absl::StrCat("#", id) : std::string(id);
  for (const Value& element : resource["identifier"].AsList()) {
    v1::Identifier identifier;
    if (ReadIdentifier(element, &identifier)) return identifier.value();
  }
  return CodeName(observation.code());
}

}  // namespace

void AddFhirObservation(Value resource, absl::TimeZone zone, ObservationIds* ids, v1::DiagnosticReport* report) {
  v1::Observation observation;
  observation.set_status(ReadFhirStatus(resource, report));
  ReadResult(resource, &observation, report);
  if (WarnOfLabels(resource, report)) observation.set_status(v1::RESULT_STATUS_UNKNOWN);
  for (const Value& note : resource["note"].AsList()) {
    if (!note["text"].string().empty()) observation.add_notes(std::string(note["text"].string()));
  }
  if (const auto time = ReadDateTime(resource["issued"], zone, /*hour_needed=*/true, report))
    *observation.mutable_issued() = base::ToProto(*time);
  if (IsTestData(resource)) report->set_test_message(true);
  bool repeated = false;
  observation.set_id(ids->Unique(Identity(resource, observation), &repeated));
  if (repeated)
    Warn(resource.PathOf("id"), "two observations of the report have one identity; each was kept as an observation of its own",
         report);
  const std::string id = observation.id();
  const v1::ResultStatus status = observation.status();
  std::optional<google::protobuf::Timestamp> issued;
  if (observation.has_issued()) issued = observation.issued();
  *report->add_observations() = std::move(observation);
  for (const Value& component : resource["component"].AsList()) {
    if (report->observations_size() > kMostObservations) return;
    v1::Observation part;
    part.set_status(status);
    ReadResult(component, &part, report);
    if (issued.has_value()) *part.mutable_issued() = *issued;
    part.set_id(ids->Unique(absl::StrCat(id, "/", CodeName(part.code())), &repeated));
    if (repeated)
      Warn(component.PathOf("code"), "two components have one code; each was kept as an observation of its own", report);
    *report->add_observations() = std::move(part);
  }
}

}  // namespace resultgate::intake

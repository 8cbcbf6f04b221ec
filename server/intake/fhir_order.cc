#include "server/intake/fhir_order.h"

#include <google/protobuf/util/message_differencer.h>

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/intake/fhir_types.h"
#include "server/intake/issues.h"
#include "server/intake/tables.h"

namespace resultgate::intake {
namespace {

using json::Value;

constexpr int kMostSpecimenConditions = 20;

// Sets a number that is still empty, from an identifier whose type says which. True if it was one of the three.
bool SetTypedNumber(Value identifier, v1::ServiceRequest* order) {
  v1::Identifier read;
  if (!ReadIdentifier(identifier, &read)) return false;
  const std::string type = IdentifierType(identifier);
  std::string* number = type == "PLAC"   ? order->mutable_placer_order_number()
                        : type == "FILL" ? order->mutable_filler_order_number()
                        : type == "ACSN" ? order->mutable_accession_number()
                                         : nullptr;
  if (number != nullptr && number->empty()) *number = read.value();
  return number != nullptr;
}

void ReadRequester(const FhirBundle& bundle, Value reference, v1::ServiceRequest* order) {
  Value resource = bundle.Resolve(reference);
  if (resource["resourceType"].string() == "PractitionerRole") {
    reference = resource["practitioner"];
    resource = bundle.Resolve(reference);
  }
  v1::Identifier identifier;
  for (const Value& element : resource["identifier"].AsList()) {
    v1::Identifier read;
    if (!ReadIdentifier(element, &read)) continue;
    if (identifier.value().empty() || read.system() == kNpi) identifier = read;
  }
  if (identifier.value().empty()) ReadIdentifier(reference["identifier"], &identifier);
  if (const TypeAndId literal = ParseReference(reference["reference"].string());
      identifier.value().empty() && !literal.id.empty()) {
    identifier.set_system(absl::StrCat("fhir:", literal.type));
    identifier.set_value(literal.id);
  }
  if (!identifier.value().empty()) *order->mutable_ordering_provider() = std::move(identifier);
}

void ReadServiceRequest(const FhirBundle& bundle, Value request, v1::DiagnosticReport* report) {
  v1::ServiceRequest* order = report->mutable_order();
  bool typed = false;
  v1::Identifier untyped;
  for (const Value& identifier : request["identifier"].AsList()) {
    if (SetTypedNumber(identifier, order)) {
      typed = true;
    } else if (untyped.value().empty()) {
      ReadIdentifier(identifier, &untyped);
    }
  }
  if (!typed) {
    order->set_placer_order_number(untyped.value());
    if (untyped.value().empty() && !IsContained(request)) order->set_filler_order_number(std::string(request["id"].string()));
  }
  if (request["code"].IsObject()) *order->mutable_code() = ReadCodeableConcept(request["code"], CodeUse::kObserved, report);
  for (const Value& reason : request["reasonCode"].AsList()) {
    *order->add_reason_codes() = ReadCodeableConcept(reason, CodeUse::kValue, report);
  }
  if (request["requester"].IsPresent()) ReadRequester(bundle, request["requester"], order);
}

void ReadEncounter(const FhirBundle& bundle, Value reference, v1::ServiceRequest* order) {
  const Value encounter = bundle.Resolve(reference);
  // R4 has one Coding here, R5 a list of concepts.
  for (const Value& element : encounter["class"].AsList()) {
    Value coding = element;
    if (const std::vector<Value> codings = element["coding"].AsList(); !codings.empty()) coding = codings.front();
    if (const auto encounter_class = EncounterClassFromFhir(coding["code"].string()))
      order->set_encounter_class(*encounter_class);
  }
  for (const Value& identifier : encounter["identifier"].AsList()) {
    if (order->encounter().value().empty()) ReadIdentifier(identifier, order->mutable_encounter());
  }
  if (order->encounter().value().empty() && !ReadIdentifier(reference["identifier"], order->mutable_encounter())) {
    order->clear_encounter();
  }
  const Value provider = encounter["serviceProvider"];
  const absl::string_view name = bundle.Resolve(provider)["name"].string();
  const absl::string_view facility = name.empty() ? provider["display"].string() : name;
  if (!facility.empty()) order->set_facility(std::string(facility));
}

}  // namespace

void ReadFhirOrder(const FhirBundle& bundle, Value resource, v1::DiagnosticReport* report) {
  v1::ServiceRequest* order = report->mutable_order();
  const std::vector<Value> requests = resource["basedOn"].AsList();
  if (requests.size() > 1) Warn(resource.PathOf("basedOn"), "several orders are named; the first one was taken", report);
  Value encounter = resource["encounter"];
  if (!requests.empty()) {
    const Value request = bundle.Resolve(requests.front());
    if (request.IsPresent()) {
      ReadServiceRequest(bundle, request, report);
      if (!encounter.IsPresent()) encounter = request["encounter"];
    } else if (!SetTypedNumber(requests.front()["identifier"], order)) {
      v1::Identifier identifier;
      if (ReadIdentifier(requests.front()["identifier"], &identifier)) {
        order->set_placer_order_number(identifier.value());
      } else {
        order->set_filler_order_number(ParseReference(requests.front()["reference"].string()).id);
      }
    }
  }
  for (const Value& identifier : resource["identifier"].AsList()) SetTypedNumber(identifier, order);
  if (!order->has_code() && report->has_code()) *order->mutable_code() = report->code();
  if (encounter.IsPresent()) ReadEncounter(bundle, encounter, order);
}

std::string ReadSpecimenId(const FhirBundle& bundle, Value resource) {
  for (const Value& reference : resource["specimen"].AsList()) {
    const Value specimen = bundle.Resolve(reference);
    v1::Identifier identifier;
    if (ReadIdentifier(specimen["accessionIdentifier"], &identifier)) return identifier.value();
    for (const Value& element : specimen["identifier"].AsList()) {
      if (ReadIdentifier(element, &identifier)) return identifier.value();
    }
    if (ReadIdentifier(reference["identifier"], &identifier)) return identifier.value();
    if (const TypeAndId literal = ParseReference(reference["reference"].string()); !literal.id.empty()) return literal.id;
  }
  return "";
}

void ReadSpecimenConditions(const FhirBundle& bundle, Value resource, v1::DiagnosticReport* report) {
  for (const Value& reference : resource["specimen"].AsList()) {
    for (const Value& condition : bundle.Resolve(reference)["condition"].AsList()) {
      if (report->specimen_conditions_size() >= kMostSpecimenConditions) return;
      const v1::CodeableConcept read = ReadCodeableConcept(condition, CodeUse::kValue, report);
      const auto& known = report->specimen_conditions();
      // Each observation of a report names the same specimen again.
      const bool again = std::any_of(known.begin(), known.end(), [&read](const v1::CodeableConcept& one) {
        return google::protobuf::util::MessageDifferencer::Equals(one, read);
      });
      if (!again) *report->add_specimen_conditions() = read;
    }
  }
}

}  // namespace resultgate::intake

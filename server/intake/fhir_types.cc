#include "server/intake/fhir_types.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/intake/issues.h"
#include "server/intake/tables.h"
#include "server/intake/times.h"

namespace resultgate::intake {

using json::Value;

v1::CodeableConcept ReadCodeableConcept(Value value, CodeUse use, v1::DiagnosticReport* report) {
  v1::CodeableConcept result;
  std::string text(value["text"].string());
  for (const Value& element : value["coding"].AsList()) {
    const absl::string_view code = absl::StripAsciiWhitespace(element["code"].string());
    const absl::string_view display = element["display"].string();
    if (text.empty()) text = std::string(display);
    if (code.empty()) continue;
    if (code.size() > kLongestCode) {
      Warn(element.PathOf("code"), "a code is longer than 256 bytes and was left out; expected a code", report);
      continue;
    }
    v1::Coding* coding = result.add_codings();
    coding->set_system(std::string(element["system"].string()));
    coding->set_code(std::string(code));
    coding->set_display(std::string(display));
    if (CheckLoinc(use, coding)) {
      Warn(element.PathOf("code"),
           "a code that is said to be LOINC is none (shape or check digit); it was filed as an unknown code", report);
    }
  }
  result.set_text(std::move(text));
  return result;
}

bool IsContained(Value resource) {
  return absl::StrContains(resource.Path(), "contained[");
}

bool ReadIdentifier(Value value, v1::Identifier* identifier) {
  const absl::string_view number = absl::StripAsciiWhitespace(value["value"].string());
  if (number.empty() || number.size() > kLongestCode) return false;
  identifier->set_value(std::string(number));
  identifier->set_system(std::string(value["system"].string()));
  return true;
}

std::string IdentifierType(Value identifier) {
  for (const Value& coding : identifier["type"]["coding"].AsList()) {
    if (!coding["code"].string().empty()) return std::string(coding["code"].string());
  }
  return "";
}

bool ReadQuantity(Value value, v1::Quantity* quantity) {
  const Value number = value["value"];
  if (number.text().empty()) return false;
  quantity->set_value(std::string(number.text()));
  quantity->set_comparator(std::string(value["comparator"].string()));
  const absl::string_view code = value["code"].string();
  if (value["system"].string() == "http://unitsofmeasure.org") quantity->set_unit_code(std::string(code));
  const absl::string_view unit = value["unit"].string();
  quantity->set_unit(std::string(unit.empty() ? code : unit));
  return true;
}

std::string QuantityText(Value value) {
  if (value["numerator"].IsPresent() || value["denominator"].IsPresent()) {
    return absl::StrCat(QuantityText(value["numerator"]), value["denominator"].IsPresent() ? ":" : "",
                        QuantityText(value["denominator"]));
  }
  if (value["low"].IsPresent() || value["high"].IsPresent()) {
    v1::Quantity low, high;
    const bool has_low = ReadQuantity(value["low"], &low);
    const bool has_high = ReadQuantity(value["high"], &high);
    const std::string unit = has_high && !high.unit().empty() ? absl::StrCat(" ", high.unit())
                             : low.unit().empty()             ? ""
                                                              : absl::StrCat(" ", low.unit());
    if (has_low && has_high) return absl::StrCat(low.value(), " - ", high.value(), unit);
    if (has_low) return absl::StrCat(">= ", low.value(), unit);
    if (has_high) return absl::StrCat("<= ", high.value(), unit);
    return "";
  }
  v1::Quantity quantity;
  if (!ReadQuantity(value, &quantity)) return "";
  return absl::StrCat(quantity.comparator(), quantity.value(), quantity.unit().empty() ? "" : " ", quantity.unit());
}

std::optional<absl::Time> ReadDateTime(Value value, absl::TimeZone zone, bool hour_needed, v1::DiagnosticReport* report) {
  if (!value.IsPresent()) return std::nullopt;
  const std::optional<ReadTime> time = ParseTime(value.string(), zone);
  if (!time.has_value()) {
    Warn(value.Path(), "the time cannot be read and counts as not sent; expected YYYY-MM-DDThh:mm:ss+zz:zz", report);
    return std::nullopt;
  }
  if (hour_needed && !time->HasHour()) {
    Warn(value.Path(), "the time is a date only and counts as not sent; expected at least the hour", report);
    return std::nullopt;
  }
  return time->time;
}

v1::ResultStatus ReadFhirStatus(Value resource, v1::DiagnosticReport* report) {
  const absl::string_view code = resource["status"].string();
  if (code.empty()) {
    Warn(resource.PathOf("status"), "the status is missing and does not count as final; expected a code of FHIR R4", report);
    return v1::RESULT_STATUS_UNSPECIFIED;
  }
  const v1::ResultStatus status = StatusFromFhir(code);
  if (status == v1::RESULT_STATUS_UNKNOWN && code != "unknown") {
    Warn(resource.PathOf("status"), "the status is not one of FHIR R4 and does not count as final", report);
  }
  return status;
}

v1::Section ReadCategories(Value resource) {
  v1::Section section = v1::SECTION_UNCLASSIFIED;
  for (const Value& category : resource["category"].AsList()) {
    for (const Value& coding : category["coding"].AsList()) {
      section = MoreSpecific(section, SectionFromCategory(coding["system"].string(), coding["code"].string()));
    }
  }
  return section;
}

bool IsTestData(Value resource) {
  for (const Value& label : resource["meta"]["security"].AsList()) {
    if (label["code"].string() == "HTEST") return true;
  }
  for (const Value& tag : resource["meta"]["tag"].AsList()) {
    const absl::string_view code = tag["code"].string();
    if (tag["system"].string() == "http://terminology.hl7.org/CodeSystem/v2-0103" && (code == "T" || code == "D")) return true;
    if (code == "HTEST") return true;
  }
  return false;
}

bool IsSubset(Value resource) {
  for (const Value& tag : resource["meta"]["tag"].AsList()) {
    if (tag["code"].string() == "SUBSETTED") return true;
  }
  return false;
}

bool WarnOfLabels(Value resource, v1::DiagnosticReport* report) {
  for (const Value& label : resource["meta"]["security"].AsList()) {
    const absl::string_view code = label["code"].string();
    if (code != "HTEST" && code != "N" && code != "U") {
      Warn(label.Path(),
           "a security label restricts this resource beyond what is read here; expected the policy to know it by sender or code",
           report);
    }
  }
  if (resource["modifierExtension"].AsList().empty()) return false;
  Warn(resource.PathOf("modifierExtension"),
       "an extension changes the meaning of this resource in a way that is not known; it does not count as final", report);
  return true;
}

}  // namespace resultgate::intake

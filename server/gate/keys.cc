#include "server/gate/keys.h"

#include <algorithm>
#include <initializer_list>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "server/base/digest.h"
#include "server/base/proto_bytes.h"

namespace resultgate::gate {
namespace {

// Parts are preceded by their length, so that no two lists of parts run together.
store::Key KeyOf(std::initializer_list<absl::string_view> parts) {
  std::string all;
  for (const absl::string_view part : parts) absl::StrAppend(&all, part.size(), ":", part);
  return base::Sha256(all);
}

// How a service or observation is named: every coding on its own, the text only where there is none.
std::vector<std::string> NamesOf(const v1::CodeableConcept& code) {
  std::vector<std::string> names;
  for (const v1::Coding& coding : code.codings()) {
    if (!coding.code().empty()) names.push_back(absl::StrCat(coding.system(), "|", coding.code()));
  }
  if (names.empty() && !code.text().empty()) names.push_back(absl::StrCat("text|", code.text()));
  return names;
}

// An id made from the observation's code, as v2 gives, says which test it is, but not which result; neither does that of a
// contained FHIR resource.
bool SaysNothingElsewhere(const v1::Observation& observation) {
  if (absl::StartsWith(observation.id(), "#")) return true;
  return std::any_of(observation.code().codings().begin(), observation.code().codings().end(),
                     [&observation](const v1::Coding& coding) {
                       if (coding.code().empty() || !absl::StartsWith(observation.id(), coding.code())) return false;
                       const absl::string_view rest = absl::string_view(observation.id()).substr(coding.code().size());
                       return rest.empty() || rest[0] == '/' || rest[0] == '#';
                     });
}

}  // namespace

std::string ReportDigest(const v1::DiagnosticReport& report) {
  v1::DiagnosticReport content = report;
  content.clear_message_id();
  content.clear_message_time();
  content.clear_report_id();
  content.clear_issues();
  for (v1::Observation& observation : *content.mutable_observations()) observation.clear_status_time();
  return base::Sha256(base::DeterministicBytes(content));
}

store::Key DuplicateKey(const v1::DiagnosticReport& report, const std::string& digest) {
  return KeyOf({"duplicate", report.sender(), digest});
}

store::Key DuplicateKeyBefore(const v1::DiagnosticReport& report) {
  if (!report.snapshot()) return "";
  v1::DiagnosticReport as_before = report;
  as_before.clear_snapshot();
  return DuplicateKey(as_before, ReportDigest(as_before));
}

IdentityKeys IdentityOf(const v1::DiagnosticReport& report) {
  IdentityKeys keys;
  const std::string occurrence = absl::StrCat(report.occurrence());
  const v1::ServiceRequest& order = report.order();
  for (const std::string& name : NamesOf(report.code())) {
    if (!order.filler_order_number().empty()) {
      keys.tiers[0].push_back(KeyOf({"filler", report.sender(), order.filler_order_number(), name, occurrence}));
    }
    if (!order.accession_number().empty()) {
      keys.tiers[1].push_back(KeyOf({"accession", report.sender(), order.accession_number(), name, occurrence}));
    }
  }
  for (const v1::Observation& observation : report.observations()) {
    if (!report.specimen_id().empty()) {
      keys.tiers[2].push_back(KeyOf({"specimen", report.sender(), report.specimen_id(), observation.id(), occurrence}));
    }
    if (!SaysNothingElsewhere(observation) && !observation.code().codings().empty()) {
      keys.tiers[3].push_back(KeyOf({"observation", report.sender(), observation.id()}));
    }
  }
  return keys;
}

std::vector<store::Key> OrderKeys(const v1::DiagnosticReport& report) {
  std::vector<store::Key> keys;
  const v1::ServiceRequest& order = report.order();
  if (!order.placer_order_number().empty()) keys.push_back(KeyOf({"order", order.placer_order_number()}));
  if (!order.filler_order_number().empty()) {
    keys.push_back(KeyOf({"order by filler", report.sender(), order.filler_order_number()}));
  }
  if (!order.accession_number().empty()) {
    keys.push_back(KeyOf({"order by accession", report.sender(), order.accession_number()}));
  }
  return keys;
}

store::Key PatientKey(const v1::Identifier& identifier) {
  return KeyOf({"patient", identifier.system(), identifier.value()});
}

}  // namespace resultgate::gate

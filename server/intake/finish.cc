#include "server/intake/finish.h"

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "server/base/digest.h"
#include "server/intake/codes.h"
#include "server/intake/issues.h"
#include "server/intake/tables.h"

namespace resultgate::intake {
namespace {

bool IsEmpty(const v1::CodeableConcept& code) {
  return code.codings_size() == 0 && code.text().empty();
}

// A report is no further than its parts: its document would tell of results that may still change.
void LowerStatus(const std::string& place, v1::DiagnosticReport* report) {
  if (report->status() != v1::RESULT_STATUS_FINAL) return;
  v1::ResultStatus least = report->status();
  for (const v1::Observation& observation : report->observations()) {
    if (observation.status() == v1::RESULT_STATUS_PRELIMINARY || observation.status() == v1::RESULT_STATUS_REGISTERED) {
      least = LeastFinal(least, observation.status());
    }
  }
  if (least == report->status()) return;
  report->set_status(least);
  Warn(place, "the report is said to be final while an observation of it is not; it was read as the least final of them", report);
}

// What makes two reports of one message the same one to a reader of keys.
std::string OrderAndService(const v1::DiagnosticReport& report) {
  const v1::ServiceRequest& order = report.order();
  std::string key = absl::StrCat(order.filler_order_number(), "\n", order.placer_order_number(), "\n");
  if (report.code().codings_size() > 0) {
    absl::StrAppend(&key, report.code().codings(0).system(), "\n", report.code().codings(0).code());
  } else {
    absl::StrAppend(&key, report.code().text());
  }
  return key;
}

// The first limit of the model that the report breaks, or nothing.
std::string BrokenLimit(const v1::DiagnosticReport& report) {
  if (report.observations_size() > kMostObservations)
    return absl::StrCat("the report holds too many observations; expected at most ", kMostObservations);
  if (report.sender().size() > kLongestCode) return "the sender's name is too long; expected at most 256 bytes";
  return "";
}

}  // namespace

std::string ObservationIds::Unique(const std::string& wanted, bool* repeated) {
  const std::string base = wanted.size() > kLongestCode ? base::DigestText(wanted) : wanted;
  std::string id = base;
  for (int number = 2; !used_.insert(id).second; ++number) id = absl::StrCat(base, "#", number);
  *repeated = id != base;
  return id;
}

bool Budget::Take(const v1::DiagnosticReport& report) {
  const size_t bytes = report.ByteSizeLong();
  if (reports_left_ == 0 || bytes > bytes_left_) return false;
  --reports_left_;
  bytes_left_ -= bytes;
  return true;
}

void FinishReports(const std::vector<std::string>& places, std::vector<v1::DiagnosticReport>* reports,
                   std::vector<v1::Issue>* refused) {
  std::vector<v1::DiagnosticReport> kept;
  absl::flat_hash_map<std::string, int> occurrences;
  for (size_t i = 0; i < reports->size(); ++i) {
    v1::DiagnosticReport& report = (*reports)[i];
    LowerStatus(places[i], &report);
    if (IsEmpty(report.code())) report.clear_code();
    if (IsEmpty(report.order().code())) report.mutable_order()->clear_code();
    if (report.section() == v1::SECTION_UNSPECIFIED) report.set_section(v1::SECTION_UNCLASSIFIED);
    report.set_occurrence(occurrences[OrderAndService(report)]++);
    const std::string problem = BrokenLimit(report);
    if (problem.empty()) {
      kept.push_back(std::move(report));
    } else {
      refused->push_back(Refusal(places[i], problem));
    }
  }
  *reports = std::move(kept);
}

}  // namespace resultgate::intake

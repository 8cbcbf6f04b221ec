// A report, a time and a few rules: what tests of decisions stand on.
#ifndef RESULTGATE_TESTS_POLICY_DECIDE_FIXTURE_H_
#define RESULTGATE_TESTS_POLICY_DECIDE_FIXTURE_H_

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "server/base/proto_time.h"
#include "server/policy/decide.h"
#include "server/policy/names.h"
#include "server/policy/outcomes.h"
#include "tests/policy/small_pack.h"

namespace resultgate::policy {

inline absl::Time At(const std::string& rfc3339) {
  absl::Time time;
  EXPECT_TRUE(base::ParseRfc3339(rfc3339, &time)) << rfc3339;
  return time;
}

// A Friday afternoon.
inline constexpr char kNow[] = "2026-03-06T15:00:00-05:00";

inline v1::Observation* AddObservation(v1::DiagnosticReport* report, const std::string& loinc,
                                       v1::ResultStatus status = v1::RESULT_STATUS_FINAL) {
  v1::Observation* observation = report->add_observations();
  observation->set_id(loinc);
  observation->set_status(status);
  v1::Coding* coding = observation->mutable_code()->add_codings();
  coding->set_system("http://loinc.org");
  coding->set_code(loinc);
  return observation;
}

inline v1::DiagnosticReport Report(const std::string& loinc, v1::ResultStatus status = v1::RESULT_STATUS_FINAL) {
  v1::DiagnosticReport report;
  report.set_sender("LAB|NORTH");
  report.set_status(status);
  report.set_section(v1::SECTION_LABORATORY);
  v1::Coding* coding = report.mutable_code()->add_codings();
  coding->set_system("http://loinc.org");
  coding->set_code(loinc);
  *report.mutable_issued() = base::ToProto(At("2026-03-06T14:00:00-05:00"));
  report.mutable_patient()->add_identifiers()->set_value("p1");
  report.mutable_order()->mutable_ordering_provider()->set_value("1234567893");
  return report;
}

inline v1::DiagnosticReport Cbc() {
  v1::DiagnosticReport report = Report("58410-2");
  AddObservation(&report, "718-7");
  return report;
}

inline constexpr char kRoutine[] = "  - {id: routine, title: t, match: {codes: [routine]}, then: {release: now}}\n";
inline constexpr char kTissue[] =
    "  - {id: tissue, title: t, match: {codes: [tissue]}, then: {review: {owners: [ordering-provider, pathology-pool], each: 1 "
    "business day, "
    "expires: 3 business days, on_expiry: release}}, lifted_by: [provider, patient], basis: {type: organization-policy, "
    "citation: c}}\n";
inline constexpr char kSensitive[] =
    "  - {id: sensitive, title: t, match: {codes: [sensitive]}, then: {release: now, delay: next business morning}, basis: "
    "{type: "
    "organization-policy, citation: c}}\n";

class DecideTest : public ::testing::Test {
 protected:
  std::shared_ptr<const Pack> Load(const std::string& rules) {
    base::FileIssues issues;
    std::shared_ptr<const Pack> pack = world_.Load(rules, &issues, pack_file_);
    EXPECT_NE(pack, nullptr) << base::Format(issues);
    return pack;
  }

  // Decides at `now_`, and keeps the cells.
  void Decide(const std::string& rules, const v1::DiagnosticReport& report, Context context = {}) {
    pack_ = Load(rules);
    if (context.received_at == absl::Time()) context.received_at = At(kNow);
    decision_ = policy::Decide(*pack_, report, context, now_);
    cells_.clear();
    for (Cell& cell : ToCells(decision_.outcomes())) cells_[{cell.unit_id, cell.audience}] = std::move(cell.outcome);
  }

  const v1::Outcome& Cell_(const std::string& unit, v1::Audience audience = v1::AUDIENCE_PATIENT) {
    return cells_.at({unit, audience});
  }

  std::string Word(const std::string& unit, v1::Audience audience = v1::AUDIENCE_PATIENT) {
    return EnumWord(v1::Disposition_descriptor(), Cell_(unit, audience).disposition());
  }

  static std::string Local(const google::protobuf::Timestamp& time) {
    absl::TimeZone zone;
    EXPECT_TRUE(absl::LoadTimeZone("America/New_York", &zone));
    return absl::FormatTime(absl::RFC3339_sec, base::FromProto(time), zone);
  }

  // The ids of the rules that had a part, in their order.
  std::vector<std::string> RulesOf(const std::string& unit, v1::Audience audience = v1::AUDIENCE_PATIENT) {
    std::vector<std::string> ids;
    for (const v1::AppliedRule& rule : Cell_(unit, audience).rules()) ids.push_back(rule.rule_id());
    return ids;
  }

  SmallWorld world_;
  absl::Time now_ = At(kNow);
  std::string pack_file_ = kPackFile;
  std::shared_ptr<const Pack> pack_;
  v1::Decision decision_;
  std::map<std::pair<std::string, v1::Audience>, v1::Outcome> cells_;
};

}  // namespace resultgate::policy

#endif  // RESULTGATE_TESTS_POLICY_DECIDE_FIXTURE_H_

// Every status that HL7 v2 and FHIR have, read from a message and followed into the state machine: what a code comes to, and that
// what no table maps is named, and never final.
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "server/gate/state_machine.h"
#include "server/gate/transition.h"
#include "server/intake/intake.h"
#include "server/policy/decide.h"
#include "tests/gate/reports.h"
#include "tests/testing/packs.h"

namespace resultgate::scenario {
namespace {

using gate::Phase;

struct Row {
  std::string code;
  Phase phase;
  bool named = false;      // an issue says that no table maps it, or that it cannot be read alone
  bool cancelled = false;  // the portal says that it was not performed
};

// OBX-11, HL7 table 0085, with a value.
const Row kTable0085[] = {{"A", Phase::kReleased},
                          {"B", Phase::kReleased},
                          {"C", Phase::kReleased},
                          {"D", Phase::kClosed},
                          {"F", Phase::kReleased},
                          {"I", Phase::kNotFinal},
                          {"N", Phase::kNotFinal},
                          {"O", Phase::kNotFinal},
                          {"P", Phase::kNotFinal},
                          {"R", Phase::kNotFinal},
                          {"S", Phase::kNotFinal},
                          {"U", Phase::kReleased},
                          {"V", Phase::kReleased},
                          {"W", Phase::kClosed},
                          {"X", Phase::kReleased, false, true},
                          {"", Phase::kNotFinal, true},
                          {"f", Phase::kNotFinal, true},
                          {"Q", Phase::kNotFinal, true},
                          {"FINAL", Phase::kNotFinal, true}};

// The same without one.
const Row kTable0085WithoutValue[] = {{"U", Phase::kNotFinal, true}, {"V", Phase::kNotFinal, true}};

// OBR-25, HL7 table 0123: what it means for the report's document.
const Row kTable0123[] = {{"A", Phase::kNotFinal},
                          {"C", Phase::kReleased},
                          {"F", Phase::kReleased},
                          {"I", Phase::kNotFinal},
                          {"M", Phase::kNotFinal},
                          {"N", Phase::kNotFinal},
                          {"O", Phase::kNotFinal},
                          {"P", Phase::kNotFinal},
                          {"R", Phase::kNotFinal},
                          {"S", Phase::kNotFinal},
                          {"X", Phase::kReleased, false, true},
                          {"Y", Phase::kNotFinal, true},
                          {"Z", Phase::kNotFinal, true},
                          {"", Phase::kNotFinal, true},
                          {"W", Phase::kNotFinal, true},
                          {"Q", Phase::kNotFinal, true}};

// Observation.status.
const Row kObservationStatus[] = {{"registered", Phase::kNotFinal},
                                  {"preliminary", Phase::kNotFinal},
                                  {"final", Phase::kReleased},
                                  {"amended", Phase::kReleased},
                                  {"corrected", Phase::kReleased},
                                  {"cancelled", Phase::kReleased, false, true},
                                  {"entered-in-error", Phase::kClosed},
                                  {"unknown", Phase::kNotFinal},
                                  {"", Phase::kNotFinal, true},
                                  {"Final", Phase::kNotFinal, true},
                                  {"specimen-in-process", Phase::kNotFinal, true},
                                  {"done", Phase::kNotFinal, true}};

// DiagnosticReport.status, for its document.
const Row kReportStatus[] = {{"registered", Phase::kNotFinal},     {"partial", Phase::kNotFinal},
                             {"preliminary", Phase::kNotFinal},    {"final", Phase::kReleased},
                             {"amended", Phase::kReleased},        {"corrected", Phase::kReleased},
                             {"appended", Phase::kReleased},       {"cancelled", Phase::kReleased, false, true},
                             {"entered-in-error", Phase::kClosed}, {"unknown", Phase::kNotFinal},
                             {"", Phase::kNotFinal, true},         {"modified", Phase::kNotFinal, true},
                             {"done", Phase::kNotFinal, true}};

constexpr char kHl7[] =
    "MSH|^~\\&|LAB|NORTH|GATE|NORTH|20260306140000-0500||ORU^R01|M1|P|2.5.1\rPID|1||p1^^^MRN^MR||||19700504|F\r"
    "OBR|1||F1^LAB|58410-2^^LN|||20260306080000-0500|||||||||1234567893||||||20260306140000-0500||HM|$OBR\r"
    "NTE|1|L|A remark.\rOBX|1|NM|718-7^^LN||$VALUE||||||$OBX\r";

constexpr char kFhir[] = R"({"resourceType": "Bundle", "type": "collection", "timestamp": "2026-03-06T14:00:00-05:00", "entry": [
  {"fullUrl": "urn:uuid:1", "resource": {"resourceType": "DiagnosticReport", "id": "r", $REPORT
    "identifier": [{"system": "urn:lab", "value": "F1"}], "issued": "2026-03-06T14:00:00-05:00",
    "category": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0074", "code": "HM"}]}],
    "code": {"coding": [{"system": "http://loinc.org", "code": "58410-2"}]}, "subject": {"reference": "urn:uuid:3"},
    "conclusion": "A remark.", "result": [{"reference": "urn:uuid:2"}]}},
  {"fullUrl": "urn:uuid:2", "resource": {"resourceType": "Observation", "id": "718-7", $OBSERVATION
    "code": {"coding": [{"system": "http://loinc.org", "code": "718-7"}]}, "subject": {"reference": "urn:uuid:3"},
    "valueQuantity": {"value": 13.9}}},
  {"fullUrl": "urn:uuid:3", "resource": {"resourceType": "Patient", "id": "p", "birthDate": "1970-05-04",
    "identifier": [{"system": "MRN", "value": "p1"}]}}]})";

class StatusTable : public ::testing::Test {
 protected:
  // Reads the message, decides it, and looks at one unit of the patient's; `of_code` says which part of a message its issue
  // names.
  void Check(const Row& row, const std::string& message, const std::string& unit, const std::string& place) {
    const std::vector<intake::Message> messages = intake::ReadMessages(message, intake::Options());
    ASSERT_EQ(messages.size(), 1u);
    ASSERT_EQ(messages[0].reports.size(), 1u);
    const v1::DiagnosticReport& report = messages[0].reports[0];
    bool named = false;
    for (const v1::Issue& issue : report.issues()) named = named || issue.place().find(place) != std::string::npos;
    EXPECT_EQ(named, row.named) << "an issue at " << place << "; there are:\n"
                                << [&report] {
                                     std::string all;
                                     for (const v1::Issue& issue : report.issues())
                                       absl::StrAppend(&all, issue.ShortDebugString(), "\n");
                                     return all;
                                   }();
    policy::Context context;
    context.received_at = testing::At(testing::kFriday);
    const v1::Decision decision = policy::Decide(*pack_, report, context, context.received_at);
    const gate::Transition transition = gate::TakeVersion(nullptr, report, decision, context.received_at);
    bool found = false;
    for (const policy::Cell& cell : transition.cells) {
      if (cell.unit_id != unit || cell.audience != v1::AUDIENCE_PATIENT) continue;
      found = true;
      EXPECT_EQ(gate::Name(gate::StateOf(cell.outcome).phase), gate::Name(row.phase));
    }
    EXPECT_TRUE(found) << unit;
    bool cancelled = false;
    for (const gate::PlannedRelease& release : transition.releases) {
      const bool mine = std::find(release.unit_ids.begin(), release.unit_ids.end(), unit) != release.unit_ids.end();
      cancelled = cancelled || (mine && release.kind == v1::RELEASE_KIND_CANCELLED);
    }
    EXPECT_EQ(cancelled, row.cancelled);
  }

  static std::string Hl7(const std::string& obr, const std::string& obx, const std::string& value) {
    return absl::StrReplaceAll(kHl7, {{"$OBR", obr}, {"$OBX", obx}, {"$VALUE", value}});
  }

  static std::string Fhir(const std::string& report, const std::string& observation) {
    const auto status = [](const std::string& code) { return code.empty() ? "" : absl::StrCat("\"status\": \"", code, "\","); };
    return absl::StrReplaceAll(kFhir, {{"$REPORT", status(report)}, {"$OBSERVATION", status(observation)}});
  }

  std::shared_ptr<const policy::Pack> pack_ = testing::LoadPack("policies/default");
};

TEST_F(StatusTable, EveryCodeOfEveryTableComesToAState) {
  for (const Row& row : kTable0085) {
    SCOPED_TRACE(absl::StrCat("OBX-11 `", row.code, "`"));
    Check(row, Hl7("F", row.code, "13.9"), "718-7", "OBX[1]-11");
  }
  for (const Row& row : kTable0085WithoutValue) {
    SCOPED_TRACE(absl::StrCat("OBX-11 `", row.code, "` without a value"));
    Check(row, Hl7("F", row.code, ""), "718-7", "OBX[1]-11");
  }
  for (const Row& row : kTable0123) {
    SCOPED_TRACE(absl::StrCat("OBR-25 `", row.code, "`"));
    Check(row, Hl7(row.code, "F", "13.9"), "document", "OBR[1]-25");
  }
  for (const Row& row : kObservationStatus) {
    SCOPED_TRACE(absl::StrCat("Observation.status `", row.code, "`"));
    Check(row, Fhir("final", row.code), "718-7", "entry[1].resource.status");
  }
  for (const Row& row : kReportStatus) {
    SCOPED_TRACE(absl::StrCat("DiagnosticReport.status `", row.code, "`"));
    Check(row, Fhir(row.code, "final"), "document", "entry[0].resource.status");
  }
}

}  // namespace
}  // namespace resultgate::scenario

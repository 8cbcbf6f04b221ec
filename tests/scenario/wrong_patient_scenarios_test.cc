// Scenario 5: a result was sent for the wrong patient.
#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <iostream>

#include "server/base/file.h"
#include "server/base/proto_time.h"
#include "tests/scenario/world.h"

namespace resultgate::scenario {
namespace {

class ScenarioWrongPatient : public ScenarioTest {
 protected:
  // The last incident that was opened about the result.
  v1::Entry::Incident Incident(int64_t result_id) {
    const std::vector<v1::Entry> entries = Entries(v1::ENTRY_KIND_INCIDENT, result_id);
    EXPECT_FALSE(entries.empty());
    return entries.empty() ? v1::Entry::Incident() : entries.back().incident();
  }
};

TEST_F(ScenarioWrongPatient, Scenario05WhatWasTakenBackIsGoneAtOnceAndAnIncidentIsOpen) {
  for (const std::string status : {"W", "D"}) {
    const Response first = Submit(Oru{.filler = "F" + status, .observations = {{.loinc = "718-7", .value = "13.9"}}});
    EXPECT_EQ(See("718-7"), "13.9");
    MoveTo(Now() + absl::Minutes(30));
    const Response gone = Submit(Oru{.filler = "F" + status,
                                     .status = "C",
                                     .issued = "20260306143000-0500",
                                     .observations = {{.loinc = "718-7", .value = "", .status = status}}});
    EXPECT_EQ(gone.result_id(), first.result_id());
    EXPECT_EQ(See("718-7"), "") << status;
    EXPECT_EQ(OutcomeOf(first.result_id(), "718-7").state(), v1::OUTCOME_STATE_CLOSED) << "the log keeps that it was";
    const v1::Entry::Incident incident = Incident(first.result_id());
    EXPECT_EQ(incident.minutes_exposed(), 30);
    EXPECT_EQ(incident.unit_ids_size(), 1);
    EXPECT_EQ(incident.owner().role(), "health-information-management");
    EXPECT_THAT(incident.DebugString(), ::testing::Not(::testing::HasSubstr("13.9")));
  }
}

TEST_F(ScenarioWrongPatient, Scenario05WhatNobodyHadSeenIsClosedWithoutAnIncident) {
  const Response first = Submit(testing::Biopsy("F1"));
  v1::DiagnosticReport gone = testing::Later(testing::Biopsy("F1"), absl::Minutes(30));
  gone.set_status(v1::RESULT_STATUS_ENTERED_IN_ERROR);
  Submit(gone);
  EXPECT_TRUE(Entries(v1::ENTRY_KIND_INCIDENT, first.result_id()).empty());
  MoveTo("2026-04-06T15:00:00-04:00");
  EXPECT_EQ(See("document"), "");
}

TEST_F(ScenarioWrongPatient, Scenario05WhatWasTakenBackComesAgainOnlyOnTwoPeoplesWord) {
  const Response first = Submit(Oru{.observations = {{.loinc = "718-7", .value = "13.9"}}});
  Submit(Oru{.status = "C", .issued = "20260306143000-0500", .observations = {{.loinc = "718-7", .value = "", .status = "W"}}});
  const Response again =
      Submit(Oru{.issued = "20260306144500-0500", .observations = {{.loinc = "718-7", .value = "13.9"}}, .message_id = "M3"});
  EXPECT_EQ(OutcomeOf(again.result_id(), "718-7").disposition(), v1::DISPOSITION_QUARANTINE);
  EXPECT_EQ(See("718-7"), "");
  ASSERT_TRUE(Approve(first.result_id(), again.version(), "reviewer-1").ok());
  EXPECT_FALSE(Approve(first.result_id(), again.version(), "reviewer-1").ok()) << "the same person twice";
  EXPECT_EQ(See("718-7"), "");
  ASSERT_TRUE(Approve(first.result_id(), again.version(), "reviewer-2").ok());
  EXPECT_EQ(See("718-7"), "13.9");
}

// A retraction may look like a correction: not the letter counts, but whose it is.
TEST_F(ScenarioWrongPatient, Scenario05ACorrectionThatMovesToAnotherPatientIsWithdrawnFromTheFirst) {
  const Response first = Submit(Oru{.observations = {{.loinc = "718-7", .value = "13.9"}}});
  EXPECT_EQ(See("718-7", "p1"), "13.9");
  MoveTo(Now() + absl::Minutes(90));
  const Response moved = Submit(Oru{.mrn = "p2",
                                    .status = "C",
                                    .issued = "20260306143000-0500",
                                    .observations = {{.loinc = "718-7", .value = "13.9", .status = "C"}}});
  EXPECT_EQ(See("718-7", "p1"), "");
  EXPECT_EQ(See("718-7", "p2"), "") << "whose it is, people say first";
  EXPECT_GT(moved.decision().clock_start().seconds(), first.decision().clock_start().seconds())
      << "of the second patient nothing was final before";
  const v1::Entry::Incident incident = Incident(first.result_id());
  EXPECT_EQ(incident.minutes_exposed(), 90);
  EXPECT_EQ(incident.right_result_id(), moved.result_id());
  MoveTo("2026-04-06T15:00:00-04:00");
  EXPECT_EQ(See("718-7", "p2"), "") << "no timer says it";
  ASSERT_TRUE(Approve(moved.result_id(), moved.version(), "reviewer-1").ok());
  EXPECT_EQ(See("718-7", "p2"), "");
  ASSERT_TRUE(Approve(moved.result_id(), moved.version(), "reviewer-2").ok());
  EXPECT_EQ(See("718-7", "p2"), "13.9");
  EXPECT_EQ(See("718-7", "p1"), "");
}

// Another patient, the same order, nothing said: a silent move, or an order number that was used again.
TEST_F(ScenarioWrongPatient, Scenario05AMoveThatDoesNotSaySoWithdrawsTheFirstAndLosesNeither) {
  const Response first = Submit(Oru{.observations = {{.loinc = "718-7", .value = "3.9"}}});
  EXPECT_EQ(See("718-7", "p1"), "3.9");
  const Response second =
      Submit(Oru{.mrn = "p2", .issued = "20260306143000-0500", .observations = {{.loinc = "718-7", .value = "13.9"}}});
  EXPECT_NE(second.result_id(), first.result_id());
  EXPECT_EQ(See("718-7", "p1"), "being corrected");
  EXPECT_EQ(See("718-7", "p2"), "");
  EXPECT_EQ(Incident(first.result_id()).unit_ids_size(), 1);
}

TEST_F(ScenarioWrongPatient, Scenario05AnotherPatientsReportUnderTheSameOrderStartsNoClock) {
  const Response early = Submit(Oru{.status = "P", .observations = {{.loinc = "718-7", .value = "3.9", .status = "P"}}});
  Submit(Oru{.mrn = "p2", .issued = "20260306143000-0500", .observations = {{.loinc = "718-7", .value = "13.9"}}});
  EXPECT_FALSE(Get(early.result_id()).decision().has_clock_start()) << "nothing of the first patient's was final yet";
}

TEST_F(ScenarioWrongPatient, Scenario05TheSamePatientUnderAnotherNameIsTheSamePatient) {
  const Response first = Submit(Oru{.observations = {{.loinc = "718-7", .value = "3.9"}}});
  v1::DiagnosticReport married = Read(
      Oru{.status = "C", .issued = "20260306143000-0500", .observations = {{.loinc = "718-7", .value = "13.9", .status = "C"}}}
          .ToString());
  v1::Identifier* second_number = married.mutable_patient()->add_identifiers();
  second_number->set_system("OTHER");
  second_number->set_value("77");
  EXPECT_EQ(Submit(married).result_id(), first.result_id());
  EXPECT_EQ(See("718-7"), "13.9");
}

// A real laboratory's bundles: preliminary, final, corrected, then corrected into another patient's name.
TEST_F(ScenarioWrongPatient, Scenario05ARealReportThatMovesToAnotherPatient) {
  const std::filesystem::path folder = "../shared/data/fhir/hl7-be__lab";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no " << folder << " here";
  const auto submit = [&](const std::string& name) {
    const absl::StatusOr<std::string> bytes = base::ReadFile((folder / name).string());
    EXPECT_TRUE(bytes.ok()) << bytes.status();
    return Submit(Read(*bytes));
  };
  MoveTo("2026-03-06T15:01:00-05:00");
  const Response early = submit("6A1_bundle_2204051556.json");
  const Response right = submit("6A2_bundle_2204051559.json");
  const Response corrected = submit("6B_bundle_2204051602.json");
  EXPECT_EQ(right.result_id(), early.result_id());
  EXPECT_EQ(corrected.result_id(), early.result_id());
  EXPECT_EQ(corrected.version(), 3);
  const std::string first_patient = Get(early.result_id()).report().patient().identifiers(0).value();
  EXPECT_EQ(first_patient, "1988184");
  EXPECT_EQ(See("389061071", "1988184"), "5.0");
  MoveTo(Now() + absl::Minutes(10));
  const Response moved = submit("6C_bundle_2204051607.json");
  EXPECT_EQ(moved.result_id(), early.result_id());
  for (const char* unit : {"389061070", "389061071", "389061072"}) {
    EXPECT_EQ(See(unit, "1988184"), "") << unit;
    EXPECT_EQ(See(unit, "1987919"), "") << unit;
  }
  EXPECT_GE(Incident(early.result_id()).minutes_exposed(), 10);
  EXPECT_EQ(submit("6D_bundle_2204051609.json").result_id(), early.result_id());
  const Response last = submit("6E_bundle_2204051632.json");
  EXPECT_EQ(See("389061071", "1987919"), "");
  ASSERT_TRUE(Approve(last.result_id(), last.version(), "reviewer-1").ok());
  ASSERT_TRUE(Approve(last.result_id(), last.version(), "reviewer-2").ok());
  EXPECT_EQ(See("389061071", "1987919"), "5.0");
  EXPECT_EQ(See("389061071", "1988184"), "");
}

}  // namespace
}  // namespace resultgate::scenario

// Scenario 5: a result was sent for the wrong patient.
#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <iostream>

#include "absl/strings/str_cat.h"
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

// A PDF as OBX of type ED.
std::string Pdf(const std::string& data, const std::string& status, const std::string& name = "PDF^Report^L") {
  return absl::StrCat("OBX|9|ED|", name, "||", data.empty() ? "" : "^AP^PDF^A^", data, "||||||", status);
}

TEST_F(ScenarioWrongPatient, Scenario05AWrongPdfIsWithdrawnAndNotShownAgainAsCorrected) {
  for (const std::string status : {"W", "D"}) {
    SCOPED_TRACE(status);
    const std::string mrn = "p" + status;
    Oru message{.filler = "F" + status, .mrn = mrn, .observations = {{.loinc = "718-7", .value = "13.9"}}};
    message.segments = {Pdf("another's", "F")};
    const Response first = Submit(message);
    EXPECT_EQ(See("document", mrn), "another's");
    MoveTo(Now() + absl::Minutes(30));
    message = Oru{.filler = "F" + status, .mrn = mrn, .status = "C", .issued = "20260306143000-0500"};
    message.segments = {Pdf(status == "W" ? "another's" : "", status)};
    EXPECT_EQ(Submit(message).result_id(), first.result_id());
    EXPECT_EQ(See("document", mrn), "");
    EXPECT_EQ(portal().ShownTo(mrn, "document").kind, v1::RELEASE_KIND_UNSPECIFIED) << "nor a notice of it";
    EXPECT_EQ(See("718-7", mrn), "13.9") << "that was not taken back";
    EXPECT_EQ(OutcomeOf(first.result_id(), "document").state(), v1::OUTCOME_STATE_CLOSED);
    const v1::Entry::Incident incident = Incident(first.result_id());
    EXPECT_EQ(incident.minutes_exposed(), 30);
    EXPECT_THAT(incident.unit_ids(), ::testing::ElementsAre("document"));
    EXPECT_EQ(incident.owner().role(), "health-information-management");

    message.status = "F";
    message.issued = "20260306144500-0500";
    message.segments = {Pdf("another's", "F")};
    const Response again = Submit(message);
    EXPECT_EQ(OutcomeOf(again.result_id(), "document").disposition(), v1::DISPOSITION_QUARANTINE);
    ASSERT_TRUE(Approve(first.result_id(), again.version(), "reviewer-1").ok());
    EXPECT_FALSE(Approve(first.result_id(), again.version(), "reviewer-1").ok()) << "the same person twice";
    EXPECT_EQ(See("document", mrn), "");
    ASSERT_TRUE(Approve(first.result_id(), again.version(), "reviewer-2").ok());
    EXPECT_EQ(See("document", mrn), "another's");
    message.status = "C";
    message.issued = "20260306145900-0500";
    message.segments = {Pdf("", status)};
    Submit(message);
    EXPECT_EQ(See("document", mrn), "") << "wrong after all";
    EXPECT_EQ(OutcomeOf(first.result_id(), "document").state(), v1::OUTCOME_STATE_CLOSED);
  }
}

TEST_F(ScenarioWrongPatient, Scenario05APdfThatIsTakenBackBeforeItComesIsNeverShown) {
  const Response gone = Submit(Oru{.status = "C", .issued = "20260306143000-0500", .segments = {Pdf("", "W")}});
  EXPECT_EQ(OutcomeOf(gone.result_id(), "document").state(), v1::OUTCOME_STATE_CLOSED);
  const Response late = Submit(Oru{.observations = {{.loinc = "718-7", .value = "13.9"}}, .segments = {Pdf("another's", "F")}});
  EXPECT_EQ(late.result_id(), gone.result_id());
  EXPECT_EQ(OutcomeOf(gone.result_id(), "document").state(), v1::OUTCOME_STATE_CLOSED);
  EXPECT_EQ(See("document"), "");
  EXPECT_EQ(See("718-7"), "13.9");
  EXPECT_TRUE(Entries(v1::ENTRY_KIND_INCIDENT, gone.result_id()).empty()) << "nobody has seen it";
}

TEST_F(ScenarioWrongPatient, Scenario05OfSeveralFilesTheWrongOneGoesAndTheRestIsShownAsCorrected) {
  const Response first = Submit(Oru{.segments = {Pdf("right,", "F", "IMG^Picture^L"), Pdf("another's", "F")}});
  EXPECT_EQ(See("document"), "right,another's");
  Submit(Oru{.status = "C", .issued = "20260306143000-0500", .segments = {Pdf("", "W")}});
  EXPECT_EQ(See("document"), "right,");
  EXPECT_THAT(CommentOf("document").variant(), ::testing::HasSubstr("corrected"));
  EXPECT_THAT(Incident(first.result_id()).unit_ids(), ::testing::ElementsAre("document"));
}

TEST_F(ScenarioWrongPatient, Scenario05AWrongPdfAndTheRightOneInOneMessage) {
  const Response first = Submit(Oru{.segments = {Pdf("another's", "F")}});
  Submit(Oru{.status = "C", .issued = "20260306143000-0500", .segments = {Pdf("another's", "W"), Pdf("right", "F")}});
  EXPECT_EQ(See("document"), "right") << "the sender says himself which is which";
  EXPECT_THAT(Incident(first.result_id()).unit_ids(), ::testing::ElementsAre("document"));
  const Response again =
      Submit(Oru{.status = "C", .issued = "20260306144500-0500", .message_id = "M3", .segments = {Pdf("another's", "C")}});
  EXPECT_EQ(OutcomeOf(again.result_id(), "document").disposition(), v1::DISPOSITION_QUARANTINE) << "the very one";
  EXPECT_THAT(See("document"), ::testing::Not(::testing::HasSubstr("another's")));
}

TEST_F(ScenarioWrongPatient, Scenario05WrongWordsAreWithdrawnWithWhatTheyConcluded) {
  for (const std::string status : {"W", "D"}) {
    SCOPED_TRACE(status);
    const std::string mrn = "p" + status;
    Oru message{.filler = "F" + status, .mrn = mrn, .service = "60567-5", .section = "SP"};
    message.segments = {"OBX|1|TX|22634-0^^LN||another's words||||||F", "OBX|2|TX|22634-0^^LN||in two lines||||||F",
                        "OBX|3|CE|22637-3^^LN||C50.912^^I10C||||||F"};
    const Response first = Submit(message);
    ASSERT_TRUE(Approve(first.result_id(), 1).ok());
    EXPECT_EQ(See("22634-0", mrn), "another's words\nin two lines");
    EXPECT_EQ(portal().ShownTo(mrn, "document").kind, v1::RELEASE_KIND_RESULT) << "the conclusion's code";
    message.status = "C";
    message.issued = "20260306143000-0500";
    message.segments = {absl::StrCat("OBX|1|TX|22634-0^^LN||another's words||||||", status),
                        absl::StrCat("OBX|2|CE|22637-3^^LN||||||||", status)};
    Submit(message);
    for (const char* unit : {"22634-0", "22637-3", "document"}) {
      EXPECT_EQ(See(unit, mrn), "") << unit;
      EXPECT_EQ(portal().ShownTo(mrn, unit).kind, v1::RELEASE_KIND_UNSPECIFIED) << unit;
    }
    EXPECT_THAT(Incident(first.result_id()).unit_ids(), ::testing::UnorderedElementsAre("22634-0", "22637-3"));
  }
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

TEST_F(ScenarioWrongPatient, Scenario05TheIncidentTellsWhoSawWhatWasWrongAndForHowLong) {
  const auto view = [this](int64_t id, v1::Audience audience, const std::string& viewer) {
    grpc::ClientContext context;
    v1::RecordViewRequest request;
    v1::RecordViewResponse response;
    request.set_result_id(id);
    request.set_audience(audience);
    request.set_viewer(viewer);
    const grpc::Status status = outreach().RecordView(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
  };
  const auto send = [this](const std::string& status, const std::string& value) {
    return Submit(Oru{.status = status == "F" ? "F" : "C",
                      .issued = absl::FormatTime("%Y%m%d%H%M%S%z", Now(), absl::FixedTimeZone(-5 * 3600)),
                      .observations = {{.loinc = "718-7", .value = value, .status = status}},
                      .message_id = absl::FormatTime("%H%M", Now(), absl::UTCTimeZone())});
  };
  const int64_t id = send("F", "13.9").result_id();
  view(id, v1::AUDIENCE_PATIENT, "account-9");
  MoveTo(Now() + absl::Minutes(30));
  send("W", "");
  ASSERT_EQ(Incident(id).views_size(), 1);
  EXPECT_EQ(Incident(id).views(0).actor(), "account-9");
  EXPECT_EQ(Incident(id).views(0).audience(), v1::AUDIENCE_PATIENT);
  // Restored, and wrong again: from then on only.
  MoveTo(Now() + absl::Hours(5));
  const Response again = send("F", "14.0");
  ASSERT_TRUE(Approve(id, again.version(), "reviewer-1").ok());
  ASSERT_TRUE(Approve(id, again.version(), "reviewer-2").ok());
  EXPECT_EQ(See("718-7"), "14.0");
  MoveTo(Now() + absl::Minutes(5));
  view(id, v1::AUDIENCE_PATIENT, "account-1");
  MoveTo(Now() + absl::Minutes(5));
  view(id, v1::AUDIENCE_REPRESENTATIVE, "");
  grpc::ClientContext context;
  v1::RecordClinicianViewRequest opened;
  v1::RecordClinicianViewResponse response;
  opened.set_result_id(id);
  opened.set_clinician("D103");
  ASSERT_TRUE(outreach().RecordClinicianView(&context, opened, &response).ok());
  MoveTo(Now() + absl::Minutes(10));
  send("W", "");
  const std::vector<v1::Entry> incidents = Entries(v1::ENTRY_KIND_INCIDENT, id);
  ASSERT_EQ(incidents.size(), 3u) << "wrong, sent again, and wrong again";
  EXPECT_EQ(incidents[1].incident().views_size(), 0) << "nothing of it was shown";
  EXPECT_EQ(incidents[2].incident().minutes_exposed(), 20);
  std::vector<std::string> seen;
  for (const v1::Entry::View& one : incidents[2].incident().views()) {
    const bool reviewed = one.actor().find("reviewer") == 0 || one.actor() == "unknown";
    if (!reviewed) seen.push_back(absl::StrCat(one.audience(), " ", one.actor()));
  }
  EXPECT_THAT(seen, ::testing::ElementsAre("1 account-1", "2 ", "0 D103"));
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

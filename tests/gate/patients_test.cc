// What the gate is told of patients, and what follows for their results, on a real database with simulated time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "server/gate/gate.h"
#include "server/policy/outcomes.h"
#include "server/policy/pack_files.h"
#include "server/store/sqlite/sqlite_store.h"
#include "tests/gate/reports.h"
#include "tests/gate/small_packs.h"
#include "tests/testing/packs.h"
#include "tests/testing/simulated_clock.h"
#include "tests/testing/temp_folder.h"

namespace resultgate::gate {
namespace {

using ::resultgate::testing::At;
using ::resultgate::testing::Biopsy;
using ::resultgate::testing::Cbc;
using ::resultgate::testing::kFriday;
using ::resultgate::testing::Later;
using Preference = v1::ReleasePreference;

// Blood counts go, tissue is reviewed, imaging waits three days; what the patient does not know of yet is told by a person; from
// twelve on parents ask the child.
std::string Rules() {
  return absl::StrCat(
      kRoutine, TissueReview("3 business days"),
      "  - {id: tissue-permit, title: t, match: {codes: [tissue]}, then: {release: now}}\n", ImagingDelay("72 h"),
      "  - id: from-twelve\n    title: t\n    audiences: [representative]\n    when: age(patient) >= 12 && age(patient) < 18\n"
      "    match: {codes: [routine]}\n    then: {withhold: {until: 365 days }}\n    lifted_by: []\n"
      "    basis: {type: privacy, citation: c}\n"
      "  - id: news\n    title: t\n    when: report.conclusion_codes.exists(c, !(c in patient.known_conditions))\n"
      "    then:\n      review: {owners: [results-pool], each: 1 business day, expires: 5 business days, on_expiry: release}\n"
      "    lifted_by: [provider]\n    basis: {type: organization-policy, citation: c}\n    outcome_dependent: news\n");
}

constexpr char kPackMore[] = "author: author-1\nfacilities:\n  - {names: [El Paso], time_zone: America/Denver}\n";

v1::DiagnosticReport Imaging(const std::string& order) {
  v1::DiagnosticReport report = resultgate::testing::Report(order, "36643-5");
  report.set_section(v1::SECTION_IMAGING);
  report.set_narrative("clear lungs");
  return report;
}

v1::Identifier Mrn(const std::string& value) {
  v1::Identifier identifier;
  identifier.set_system("MRN");
  identifier.set_value(value);
  return identifier;
}

v1::DiagnosticReport Of(v1::DiagnosticReport report, const std::string& mrn) {
  *report.mutable_patient()->mutable_identifiers(0) = Mrn(mrn);
  return report;
}

class PatientsTest : public ::testing::Test {
 protected:
  PatientsTest() { Open(); }

  void Open() {
    gate_.reset();
    store_.reset();
    auto store = store::OpenSqlite(folder_.path() + "/gate.db");
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
    base::FileIssues issues;
    const policy::LoadedPack pack = policy::LoadPackFiles(MakePack(Rules(), kPackMore, ""), &issues);
    ASSERT_NE(pack.pack, nullptr) << base::Format(issues);
    auto gate = Gate::Start(
        store_.get(), &clock_, pack, [](const auto&, auto*) { return Words(); }, Options());
    ASSERT_TRUE(gate.ok()) << gate.status();
    gate_ = *std::move(gate);
  }

  static std::shared_ptr<const comment::Library> Words() {
    static const auto* library = [] {
      base::FileIssues issues;
      comment::Library::Options options;
      options.development = true;
      auto loaded = comment::Library::Load("templates", *resultgate::testing::ShippedValueSets(), options, &issues);
      EXPECT_NE(loaded, nullptr) << base::Format(issues);
      return new std::shared_ptr<const comment::Library>(std::move(loaded));
    }();
    return *library;
  }

  // Calls a method of the gate and waits for its answer.
  template <typename Request, typename Response>
  absl::StatusOr<Response> Call(void (Gate::*method)(Request, Callback<Response>, const Caller&), const Request& request) {
    std::promise<absl::StatusOr<Response>> promise;
    (gate_.get()->*method)(request, [&promise](absl::StatusOr<Response> response) { promise.set_value(std::move(response)); },
                           {});
    return promise.get_future().get();
  }

  v1::SubmitResultResponse Submit(const v1::DiagnosticReport& report) {
    v1::SubmitResultRequest request;
    *request.mutable_report() = report;
    auto response = Call(&Gate::Submit, request);
    EXPECT_TRUE(response.ok()) << response.status();
    return response.ok() ? *response : v1::SubmitResultResponse();
  }

  static v1::UpdatePatientRequest Facts(const std::string& mrn) {
    v1::UpdatePatientRequest request;
    request.set_actor("adt");
    *request.mutable_facts()->add_identifiers() = Mrn(mrn);
    return request;
  }

  v1::UpdatePatientResponse Update(const v1::UpdatePatientRequest& request) {
    auto response = Call(&Gate::UpdatePatient, request);
    EXPECT_TRUE(response.ok()) << response.status();
    return response.ok() ? *response : v1::UpdatePatientResponse();
  }

  absl::StatusOr<v1::SetPreferenceResponse> Prefer(const std::string& mrn, Preference::Timing timing, int days = 0,
                                                   const std::string& category = "") {
    v1::SetPreferenceRequest request;
    *request.mutable_patient() = Mrn(mrn);
    request.mutable_preference()->set_timing(timing);
    request.mutable_preference()->set_after_days(days);
    request.mutable_preference()->set_category(category);
    request.mutable_preference()->set_recorded_by("nurse-1");
    return Call(&Gate::SetPreference, request);
  }

  absl::StatusOr<v1::MergePatientsResponse> Merge(const std::string& survivor, const std::string& merged) {
    v1::MergePatientsRequest request;
    request.set_actor("him-1");
    *request.mutable_survivor() = Mrn(survivor);
    *request.mutable_merged() = Mrn(merged);
    return Call(&Gate::MergePatients, request);
  }

  absl::StatusOr<v1::UnmergePatientsResponse> Unmerge(const std::string& survivor, const std::string& merged) {
    v1::UnmergePatientsRequest request;
    request.set_actor("him-1");
    *request.mutable_survivor() = Mrn(survivor);
    *request.mutable_merged() = Mrn(merged);
    return Call(&Gate::UnmergePatients, request);
  }

  absl::StatusOr<v1::PutRelatedPersonResponse> Relate(const std::string& mrn, v1::Audience audience,
                                                      const std::string& category = "") {
    v1::PutRelatedPersonRequest request;
    request.set_actor("registrar-1");
    *request.mutable_patient() = Mrn(mrn);
    *request.mutable_person()->mutable_person() = Mrn("parent-1");
    request.mutable_person()->set_audience(audience);
    if (!category.empty()) {
      v1::ConfidentialCategory* confidential = request.mutable_person()->add_confidential();
      confidential->set_category(category);
      confidential->set_reason("the patient's own care");
      *confidential->mutable_until() = base::ToProto(At("2030-01-01T00:00:00Z"));
    }
    return Call(&Gate::PutRelatedPerson, request);
  }

  void AcknowledgeAll() {
    v1::AcknowledgeReleasesRequest request;
    for (const v1::Release& release : Releases()) request.add_sequences(release.sequence());
    EXPECT_TRUE(Call(&Gate::Acknowledge, request).ok());
  }

  std::vector<v1::Release> Releases(int64_t after = 0) {
    int64_t scanned = 0;
    auto releases = gate_->ReadReleases(after, false, 1000, &scanned);
    EXPECT_TRUE(releases.ok()) << releases.status();
    return releases.ok() ? *releases : std::vector<v1::Release>();
  }

  v1::Result Get(int64_t id) {
    v1::GetResultRequest request;
    request.set_result_id(id);
    auto response = gate_->GetResult(request);
    EXPECT_TRUE(response.ok()) << response.status();
    return response.ok() ? response->result() : v1::Result();
  }

  // The disposition and state of a unit: `review held`.
  std::string Stand(int64_t id, const std::string& unit, v1::Audience audience = v1::AUDIENCE_PATIENT) {
    const v1::Result result = Get(id);
    for (const policy::Cell& cell : policy::ToCells(result.decision().outcomes())) {
      if (cell.unit_id != unit || cell.audience != audience) continue;
      return absl::AsciiStrToLower(absl::StrCat(v1::Disposition_Name(cell.outcome.disposition()).substr(12), " ",
                                                v1::OutcomeState_Name(cell.outcome.state()).substr(14)));
    }
    return "none";
  }

  v1::Outcome Cell(int64_t id, const std::string& unit, v1::Audience audience = v1::AUDIENCE_PATIENT) {
    const v1::Result result = Get(id);
    for (const policy::Cell& cell : policy::ToCells(result.decision().outcomes())) {
      if (cell.unit_id == unit && cell.audience == audience) return cell.outcome;
    }
    return {};
  }

  std::vector<v1::Entry> Entries() {
    v1::ListEntriesRequest request;
    request.set_page_size(1000);
    auto response = gate_->ListEntries(request);
    EXPECT_TRUE(response.ok()) << response.status();
    return {response->entries().begin(), response->entries().end()};
  }

  size_t EntryCount(v1::Entry::EventCase kind) {
    size_t count = 0;
    for (const v1::Entry& entry : Entries()) count += entry.event_case() == kind ? 1 : 0;
    return count;
  }

  void AdvanceTo(const std::string& rfc3339) {
    clock_.Set(At(rfc3339));
    for (;;) {
      auto due = store_->EarliestDue();
      ASSERT_TRUE(due.ok());
      if (*due > clock_.Now()) return;
      (void)Call(&Gate::Acknowledge, v1::AcknowledgeReleasesRequest());
    }
  }

  resultgate::testing::TempFolder folder_;
  resultgate::testing::SimulatedClock clock_{At(kFriday)};
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<Gate> gate_;
};

TEST_F(PatientsTest, StoredFactsFillWhatTheReportLacksAndADecisionKeepsThem) {
  v1::UpdatePatientRequest facts = Facts("p1");
  facts.mutable_facts()->set_birth_date("2012-01-05");
  facts.mutable_facts()->set_language("es");
  EXPECT_THAT(Update(facts).changed(), ::testing::ElementsAre("birth_date", "identifiers", "language"));
  v1::DiagnosticReport report = Cbc("o1");
  report.mutable_patient()->clear_birth_date();
  // A report's own word on what it cannot know counts for nothing.
  report.mutable_patient()->mutable_preference()->set_timing(Preference::TIMING_AFTER_DAYS);
  report.mutable_patient()->mutable_preference()->set_after_days(9);
  report.mutable_patient()->mutable_known_conditions();
  const auto response = Submit(report);
  EXPECT_EQ(Stand(1, "718-7"), "release released");
  EXPECT_EQ(Stand(1, "718-7", v1::AUDIENCE_REPRESENTATIVE), "withhold held") << "fourteen by the stored birth date";
  const v1::Result result = Get(1);
  EXPECT_EQ(result.known_patient().birth_date(), "2012-01-05");
  EXPECT_EQ(result.known_patient().language(), "es");
  EXPECT_FALSE(result.report().patient().has_birth_date()) << "the report is what its sender said";
  EXPECT_EQ(result.report().issues_size(), 2);
  ASSERT_EQ(response.comments_size(), 1);
  EXPECT_EQ(response.comments(0).language(), "es");
  Open();
  EXPECT_EQ(Get(1).known_patient().language(), "es");
}

TEST_F(PatientsTest, ThatTheReportSaysCountsBeforeThatIsStored) {
  v1::UpdatePatientRequest facts = Facts("p1");
  facts.mutable_facts()->set_birth_date("2012-01-05");
  Update(facts);
  Submit(Cbc("o1"));  // born 1970
  EXPECT_EQ(Stand(1, "718-7", v1::AUDIENCE_REPRESENTATIVE), "release released");
}

TEST_F(PatientsTest, ATellingTwiceChangesNothingAndAnOlderOneComesTooLate) {
  v1::UpdatePatientRequest facts = Facts("p1");
  facts.mutable_facts()->set_language("es");
  *facts.mutable_recorded_at() = base::ToProto(At("2026-03-06T10:00:00Z"));
  Update(facts);
  const size_t entries = Entries().size();
  EXPECT_EQ(Update(facts).changed_size(), 0);
  facts.mutable_facts()->set_language("fr");
  *facts.mutable_recorded_at() = base::ToProto(At("2026-03-06T09:00:00Z"));
  EXPECT_EQ(Update(facts).changed_size(), 0);
  EXPECT_EQ(Entries().size(), entries);
  *facts.mutable_recorded_at() = base::ToProto(At("2026-03-06T11:00:00Z"));
  EXPECT_THAT(Update(facts).changed(), ::testing::ElementsAre("language"));
  facts.mutable_facts()->clear_language();
  facts.add_forget("language");
  facts.clear_recorded_at();
  EXPECT_FALSE(Update(facts).record().facts().has_language());
  // No name and no value of the patient stands in the log.
  for (const v1::Entry& entry : Entries()) {
    EXPECT_EQ(entry.SerializeAsString().find("p1"), std::string::npos) << entry.DebugString();
  }
}

TEST_F(PatientsTest, APreferenceEndsWhatThePatientMayEndAndAddsAWaitToWhatIsHeld) {
  Submit(Imaging("o1"));
  Submit(Biopsy("o2"));
  Submit(Cbc("o3"));
  EXPECT_EQ(Stand(1, "document"), "delay held");
  auto response = Prefer("p1", Preference::TIMING_IMMEDIATE);
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->results(), 2);
  EXPECT_EQ(Stand(1, "document"), "release released");
  EXPECT_EQ(Stand(2, "document"), "release released") << "an organisation's own review ends at the patient's wish";
  EXPECT_EQ(Releases().size(), 3u);

  Submit(Biopsy("o4"));
  EXPECT_EQ(Stand(4, "document"), "release released") << "and is not asked for again";
  Prefer("p1", Preference::TIMING_AFTER_DAYS, 20).IgnoreError();
  Submit(Imaging("o5"));
  EXPECT_EQ(Stand(5, "document"), "delay held");
  EXPECT_EQ(base::FromProto(Cell(5, "document").not_before()), At("2026-03-26T00:00:00-04:00"));
  EXPECT_EQ(Stand(3, "718-7"), "release released") << "what is out stays out";
  Prefer("p1", Preference::TIMING_AFTER_DAYS, 25).IgnoreError();
  EXPECT_EQ(base::FromProto(Cell(5, "document").not_before()), At("2026-03-31T00:00:00-04:00"));
  Prefer("p1", Preference::TIMING_UNSPECIFIED).IgnoreError();
  EXPECT_EQ(base::FromProto(Cell(5, "document").not_before()), At("2026-03-09T15:00:00-04:00"))
      << "only the patient's own part ends; the house's 72 hours stand";
}

TEST_F(PatientsTest, AfterReviewAddsAReviewToWhatIsHeldAndOnlyOfItsCategory) {
  Submit(Imaging("o1"));
  ASSERT_TRUE(Prefer("p1", Preference::TIMING_AFTER_REVIEW, 0, "tissue").ok());
  EXPECT_EQ(Stand(1, "document"), "delay held");
  const auto unknown = Prefer("p1", Preference::TIMING_AFTER_REVIEW, 0, "no-such-set");
  EXPECT_EQ(unknown.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(unknown.status().message()), ::testing::HasSubstr("imaging, routine, tissue"));
  ASSERT_TRUE(Prefer("p1", Preference::TIMING_AFTER_REVIEW, 0, "imaging").ok());
  EXPECT_EQ(Stand(1, "document"), "review held");
  EXPECT_EQ(Cell(1, "document").review().turns(0).owner().role(), "ordering-provider");
  EXPECT_TRUE(Cell(1, "document").has_not_before()) << "the floor stands beside it";
  EXPECT_EQ(EntryCount(v1::Entry::kReconsidered), 1u);
  const size_t entries = Entries().size();
  ASSERT_TRUE(Prefer("p1", Preference::TIMING_AFTER_REVIEW, 0, "imaging").ok());
  EXPECT_EQ(Entries().size(), entries) << "asking again changes nothing";
}

TEST_F(PatientsTest, ADeathStopsPublishingAndGoesToAPersonAndAMistakenOneIsUndone) {
  Submit(Cbc("o1"));
  AcknowledgeAll();
  Submit(Cbc("o2"));
  Submit(Imaging("o3"));
  v1::UpdatePatientRequest facts = Facts("p1");
  facts.mutable_facts()->set_deceased(true);
  EXPECT_EQ(Update(facts).results(), 2);
  EXPECT_EQ(Stand(1, "718-7"), "release published") << "what the family has read stays";
  EXPECT_EQ(Stand(2, "718-7"), "withhold held") << "the portal had not shown it";
  EXPECT_EQ(Releases().back().kind(), v1::RELEASE_KIND_RETRACTION);
  EXPECT_EQ(Stand(3, "document"), "withhold held");
  EXPECT_FALSE(Cell(3, "document").review().turns().empty());
  Submit(Cbc("o4"));
  EXPECT_EQ(Stand(4, "718-7"), "withhold held");
  const size_t releases = Releases().size();
  AdvanceTo("2026-05-01T12:00:00-04:00");
  EXPECT_EQ(Releases().size(), releases) << "no time ends it";

  facts.mutable_facts()->set_deceased(false);
  Update(facts);
  EXPECT_EQ(Stand(4, "718-7"), "release released");
  EXPECT_EQ(Stand(3, "document"), "release released") << "its floor has passed meanwhile";
}

TEST_F(PatientsTest, WhatIsToldToBeKnownIsNewsNoMoreAndWhatIsNotIs) {
  const auto with = [](v1::DiagnosticReport report, const std::string& condition) {
    v1::Coding* coding = report.add_conclusion_codes()->add_codings();
    coding->set_system("http://hl7.org/fhir/sid/icd-10-cm");
    coding->set_code(condition);
    return report;
  };
  Submit(with(Cbc("o1"), "C50.1"));
  Submit(with(Cbc("o2"), "C61"));
  Submit(with(Imaging("o3"), "C50.1"));
  for (int id = 1; id <= 2; ++id) EXPECT_EQ(Stand(id, "718-7"), "review held") << "nobody knows what the patient knows";
  EXPECT_EQ(Stand(3, "document"), "review held");
  v1::UpdatePatientRequest facts = Facts("p1");
  v1::Coding* known = facts.mutable_facts()->mutable_known_conditions()->add_values()->add_codings();
  known->set_system("http://hl7.org/fhir/sid/icd-10-cm");
  known->set_code("C50.1");
  Update(facts);
  EXPECT_EQ(Stand(1, "718-7"), "release released");
  EXPECT_EQ(Stand(2, "718-7"), "review held") << "another one";
  EXPECT_EQ(Stand(3, "document"), "delay held") << "as its other rules say";
  EXPECT_EQ(EntryCount(v1::Entry::kReconsidered), 3u) << "of the second one the text is spoken for now";

  facts.mutable_facts()->mutable_known_conditions()->clear_values();
  Update(facts);
  EXPECT_EQ(Stand(1, "718-7"), "release released") << "what is out stays out";
  EXPECT_EQ(Stand(3, "document"), "review held") << "it was told of somebody else, and is news after all";
}

TEST_F(PatientsTest, AtTheBirthdayWhatParentsMaySeeNoMoreIsTakenAway) {
  v1::DiagnosticReport report = Cbc("o1");
  report.mutable_patient()->set_birth_date("2014-06-10");
  Submit(report);
  AcknowledgeAll();
  EXPECT_EQ(Stand(1, "718-7", v1::AUDIENCE_REPRESENTATIVE), "release published");
  AdvanceTo("2026-06-09T23:59:00-04:00");
  EXPECT_EQ(Stand(1, "718-7", v1::AUDIENCE_REPRESENTATIVE), "release published");
  Open();  // it survives a restart
  AdvanceTo("2026-06-10T00:00:00-04:00");
  EXPECT_EQ(Stand(1, "718-7", v1::AUDIENCE_REPRESENTATIVE), "withhold held");
  EXPECT_EQ(Stand(1, "718-7"), "release published") << "the child's own view stays";
  const v1::Release last = Releases().back();
  EXPECT_EQ(last.kind(), v1::RELEASE_KIND_RETRACTION);
  EXPECT_THAT(last.audiences(), ::testing::ElementsAre(v1::AUDIENCE_REPRESENTATIVE));
  EXPECT_EQ(EntryCount(v1::Entry::kReconsidered), 1u);
  EXPECT_EQ(Entries().back().actor(), "gate");
}

TEST_F(PatientsTest, TheBirthdayBeginsWhereTheFacilityIs) {
  v1::DiagnosticReport report = Cbc("o1");
  report.mutable_patient()->set_birth_date("2014-06-10");
  report.mutable_order()->set_facility("El Paso");
  Submit(report);
  AcknowledgeAll();
  AdvanceTo("2026-06-10T00:00:00-04:00");  // the pack's midnight
  EXPECT_EQ(Stand(1, "718-7", v1::AUDIENCE_REPRESENTATIVE), "release published");
  AdvanceTo("2026-06-10T00:00:00-06:00");
  EXPECT_EQ(Stand(1, "718-7", v1::AUDIENCE_REPRESENTATIVE), "withhold held") << "and not a year later";
}

TEST_F(PatientsTest, ACorrectedBirthDateDoesTheSame) {
  v1::DiagnosticReport report = Cbc("o1");
  report.mutable_patient()->clear_birth_date();
  v1::UpdatePatientRequest facts = Facts("p1");
  facts.mutable_facts()->set_birth_date("2020-01-01");
  Update(facts);
  Submit(report);
  EXPECT_EQ(Stand(1, "718-7", v1::AUDIENCE_REPRESENTATIVE), "release released");
  facts.mutable_facts()->set_birth_date("2010-01-01");
  EXPECT_EQ(Update(facts).results(), 1);
  EXPECT_EQ(Stand(1, "718-7", v1::AUDIENCE_REPRESENTATIVE), "withhold held");
  EXPECT_EQ(Stand(1, "718-7"), "release released");
}

TEST_F(PatientsTest, WhatIsConfidentialFromARelativeIsShownToNobodyOfTheirKind) {
  Submit(Cbc("o1"));
  AcknowledgeAll();
  ASSERT_TRUE(Relate("p1", v1::AUDIENCE_DELEGATE, "routine").ok());
  EXPECT_EQ(Stand(1, "718-7", v1::AUDIENCE_DELEGATE), "withhold held");
  EXPECT_EQ(Stand(1, "718-7", v1::AUDIENCE_REPRESENTATIVE), "release published");
  EXPECT_EQ(Stand(1, "718-7"), "release published");
  EXPECT_THAT(Cell(1, "718-7", v1::AUDIENCE_DELEGATE).rules(0).rule_id(), "confidential");
  Submit(Cbc("o2"));
  EXPECT_EQ(Stand(2, "718-7", v1::AUDIENCE_DELEGATE), "withhold held");
  EXPECT_EQ(Stand(2, "718-7"), "release released");

  v1::RemoveRelatedPersonRequest request;
  request.set_actor("registrar-1");
  *request.mutable_patient() = Mrn("p1");
  *request.mutable_person() = Mrn("parent-1");
  EXPECT_TRUE(Call(&Gate::RemoveRelatedPerson, request).ok());
  EXPECT_EQ(Stand(2, "718-7", v1::AUDIENCE_DELEGATE), "release released");
  EXPECT_EQ(Call(&Gate::RemoveRelatedPerson, request).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(PatientsTest, AMergeHoldsByTheMorePrivatePreferenceReleasesNothingAndIsUndone) {
  ASSERT_TRUE(Prefer("p1", Preference::TIMING_IMMEDIATE).ok());
  ASSERT_TRUE(Prefer("p2", Preference::TIMING_AFTER_DAYS, 30).ok());
  Submit(Of(Imaging("o2"), "p2"));
  Submit(Of(Imaging("o3"), "p3"));
  ASSERT_EQ(Stand(2, "document"), "delay held");
  const size_t releases = Releases().size();
  // The survivor wants everything at once; the other one's results wait as before.
  ASSERT_TRUE(Merge("p1", "p2").ok());
  ASSERT_TRUE(Merge("p1", "p3").ok());
  EXPECT_EQ(Releases().size(), releases);
  EXPECT_EQ(base::FromProto(Cell(1, "document").not_before()), At("2026-04-05T00:00:00-04:00"));
  EXPECT_EQ(base::FromProto(Cell(2, "document").not_before()), At("2026-04-05T00:00:00-04:00"))
      << "the third one's results wait too: they are one patient's";
  Submit(Of(Imaging("o4"), "p1"));
  EXPECT_EQ(Stand(3, "document"), "delay held");

  const size_t entries = Entries().size();
  EXPECT_TRUE(Merge("p1", "p2").ok());
  EXPECT_EQ(Entries().size(), entries) << "merging again changes nothing";
  EXPECT_EQ(Merge("p9", "p2").status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Merge("p2", "p1").status().code(), absl::StatusCode::kFailedPrecondition);

  ASSERT_TRUE(Unmerge("p1", "p2").ok());
  EXPECT_EQ(base::FromProto(Cell(3, "document").not_before()), At("2026-03-09T15:00:00-04:00"))
      << "the third one asked for nothing";
  ASSERT_TRUE(Unmerge("p1", "p3").ok());
  EXPECT_EQ(Stand(3, "document"), "release released") << "the survivor's own wish";
  EXPECT_EQ(Stand(2, "document"), "delay held");
  EXPECT_EQ(Stand(1, "document"), "delay held") << "the other one's own";
  EXPECT_EQ(base::FromProto(Cell(1, "document").not_before()), At("2026-04-05T00:00:00-04:00"));
  EXPECT_EQ(Unmerge("p1", "p2").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(EntryCount(v1::Entry::kPatientsMerged), 4u);
}

TEST_F(PatientsTest, APreferenceRecordedAfterTheMergeSettlesIt) {
  ASSERT_TRUE(Prefer("p1", Preference::TIMING_IMMEDIATE).ok());
  ASSERT_TRUE(Prefer("p2", Preference::TIMING_AFTER_DAYS, 30).ok());
  Submit(Of(Imaging("o1"), "p2"));
  ASSERT_TRUE(Merge("p1", "p2").ok());
  EXPECT_EQ(Stand(1, "document"), "delay held");
  clock_.Set(At("2026-03-06T16:00:00-05:00"));
  ASSERT_TRUE(Prefer("p1", Preference::TIMING_IMMEDIATE).ok());
  EXPECT_EQ(Stand(1, "document"), "release released");
}

TEST_F(PatientsTest, AfterAMergeACorrectionUnderTheOtherIdentifierIsTheSamePatients) {
  Submit(Of(Cbc("o1"), "p1"));
  AcknowledgeAll();
  v1::DiagnosticReport correction = Later(Of(Cbc("o1", "12.0"), "p2"), absl::Minutes(30));
  correction.set_status(v1::RESULT_STATUS_CORRECTED);
  correction.mutable_observations(0)->set_status(v1::RESULT_STATUS_CORRECTED);
  ASSERT_TRUE(Merge("p1", "p2").ok());
  Submit(correction);
  EXPECT_EQ(Stand(1, "718-7"), "release released") << "no quarantine";
  // Without the merge it would have moved to another patient.
  ASSERT_TRUE(Unmerge("p1", "p2").ok());
  v1::DiagnosticReport again = Later(Of(Cbc("o1", "11.0"), "p1"), absl::Minutes(40));
  again.set_status(v1::RESULT_STATUS_CORRECTED);
  again.mutable_observations(0)->set_status(v1::RESULT_STATUS_CORRECTED);
  Submit(again);
  EXPECT_EQ(Stand(1, "718-7"), "quarantine held");
}

TEST_F(PatientsTest, IdentifiersOfSeveralPatientsAreNotMadeOneByAFact) {
  Update(Facts("p1"));
  Update(Facts("p2"));
  v1::UpdatePatientRequest both = Facts("p1");
  *both.mutable_facts()->add_identifiers() = Mrn("p2");
  EXPECT_EQ(Call(&Gate::UpdatePatient, both).status().code(), absl::StatusCode::kFailedPrecondition);
  // A new identifier is the patient's from now on, and brings what was received under it.
  Submit(Of(Imaging("o1"), "p3"));
  ASSERT_TRUE(Prefer("p1", Preference::TIMING_AFTER_DAYS, 30).ok());
  v1::UpdatePatientRequest third = Facts("p1");
  *third.mutable_facts()->add_identifiers() = Mrn("p3");
  EXPECT_EQ(Update(third).results(), 1);
  EXPECT_EQ(base::FromProto(Cell(1, "document").not_before()), At("2026-04-05T00:00:00-04:00"));
  v1::GetPatientRequest request;
  *request.mutable_patient() = Mrn("p3");
  const auto patient = gate_->GetPatient(request);
  ASSERT_TRUE(patient.ok());
  EXPECT_EQ(patient->in_force().preference().after_days(), 30);
  *request.mutable_patient() = Mrn("nobody");
  EXPECT_EQ(gate_->GetPatient(request).status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace resultgate::gate

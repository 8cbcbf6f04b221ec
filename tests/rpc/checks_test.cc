#include "server/rpc/checks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "server/base/digest.h"
#include "tests/testing/sample_reports.h"

namespace resultgate::rpc {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

template <typename Request>
std::vector<std::string> Fields(const Request& request) {
  std::vector<std::string> fields;
  for (const gate::Violation& violation : Check(request)) {
    EXPECT_FALSE(violation.description.empty()) << violation.field;
    fields.push_back(violation.field);
  }
  return fields;
}

TEST(ChecksTest, Submit) {
  v1::SubmitResultRequest request;
  EXPECT_THAT(Fields(request), ElementsAre("report"));
  *request.mutable_report() = testing::BloodCount(1);
  EXPECT_THAT(Fields(request), IsEmpty());
  request.mutable_report()->clear_sender();
  request.mutable_report()->mutable_observations(2)->clear_id();
  EXPECT_THAT(Fields(request), ElementsAre("report.sender", "report.observations[2].id"));
}

TEST(ChecksTest, Decide) {
  v1::DecideRequest request;
  *request.mutable_report() = testing::BloodCount(1);
  request.mutable_now()->set_seconds(1772834400);
  EXPECT_THAT(Fields(request), IsEmpty());
  request.mutable_now()->set_nanos(-1);
  EXPECT_THAT(Fields(request), ElementsAre("now"));
  request.clear_report();
  EXPECT_THAT(Fields(request), ElementsAre("report", "now"));
}

TEST(ChecksTest, Refuse) {
  v1::RefuseResultRequest request;
  EXPECT_THAT(Fields(request), ElementsAre("sender", "message_digest", "issues"));
  request.set_sender("LAB|NORTH");
  request.set_message_digest(base::DigestText("message"));
  request.add_issues()->set_message("no segment begins with MSH");
  EXPECT_THAT(Fields(request), IsEmpty());
  request.set_sender(std::string(257, 'x'));
  request.set_message_id(std::string(257, 'x'));
  EXPECT_THAT(Fields(request), ElementsAre("sender", "message_id"));

  const std::string good = base::DigestText("message");
  for (const std::string& digest : {good.substr(7), good.substr(0, 70), good + "0", "SHA256:" + good.substr(7),
                                    "sha256:" + std::string(64, 'G'), "sha256:" + std::string(64, 'A')}) {
    request.set_message_digest(digest);
    EXPECT_THAT(Fields(request), ElementsAre("sender", "message_id", "message_digest")) << digest;
  }
}

TEST(ChecksTest, Retention) {
  v1::PlaceLegalHoldRequest place;
  EXPECT_THAT(Fields(place), ElementsAre("result_id", "placed_by", "reason"));
  place.set_result_id(7);
  place.set_placed_by("records-1");
  place.set_reason("a claim");
  EXPECT_THAT(Fields(place), IsEmpty());
  place.mutable_patient()->set_value("p1");
  EXPECT_THAT(Fields(place), ElementsAre("result_id")) << "not both";
  place.clear_result_id();
  EXPECT_THAT(Fields(place), IsEmpty());
  place.mutable_patient()->clear_value();
  EXPECT_THAT(Fields(place), ElementsAre("patient.value"));
  place.clear_patient();
  place.set_result_id(-1);
  place.set_reason(std::string(1001, 'x'));
  EXPECT_THAT(Fields(place), ElementsAre("result_id", "reason"));

  v1::EndLegalHoldRequest end;
  EXPECT_THAT(Fields(end), ElementsAre("legal_hold_id", "ended_by", "reason"));
  v1::EraseResultRequest erase;
  EXPECT_THAT(Fields(erase), ElementsAre("result_id", "requested_by", "approved_by", "reason"));
}

TEST(ChecksTest, PageSizes) {
  struct Case {
    int page_size;
    bool good;
  };
  for (const Case& c : {Case{-1, false}, Case{0, true}, Case{1, true}, Case{1000, true}, Case{1001, false}}) {
    v1::ListResultsRequest results;
    v1::ListReviewsRequest reviews;
    v1::ListEntriesRequest entries;
    results.set_page_size(c.page_size);
    reviews.set_page_size(c.page_size);
    entries.set_page_size(c.page_size);
    EXPECT_EQ(Check(results).empty(), c.good) << c.page_size;
    EXPECT_EQ(Check(reviews).empty(), c.good) << c.page_size;
    EXPECT_EQ(Check(entries).empty(), c.good) << c.page_size;
  }
}

TEST(ChecksTest, Lists) {
  v1::ListResultsRequest results;
  results.set_state(static_cast<v1::OutcomeState>(99));
  results.mutable_received_since()->set_seconds(253402300800);
  EXPECT_THAT(Fields(results), ElementsAre("state", "received_since"));

  v1::ListEntriesRequest entries;
  entries.set_result_id(-1);
  entries.set_kind(static_cast<v1::EntryKind>(99));
  entries.set_filter("rul = x AND time > noon");
  EXPECT_THAT(Fields(entries), ElementsAre("result_id", "kind", "filter", "filter"));
  EXPECT_EQ(Check(entries)[2].description, "column 1: there is no field `rul`; did you mean `rule`?");

  entries.Clear();
  entries.set_actor(std::string(257, 'x'));
  EXPECT_THAT(Fields(entries), ElementsAre("actor"));
  v1::SummarizeRequest summary;
  summary.add_group_by(v1::SUMMARY_DIMENSION_RULE);
  summary.add_group_by(v1::SUMMARY_DIMENSION_DAY);
  summary.set_filter("category = pathology");
  EXPECT_THAT(Fields(summary), ElementsAre());
  summary.add_group_by(v1::SUMMARY_DIMENSION_RULE);
  summary.add_group_by(static_cast<v1::SummaryDimension>(99));
  summary.set_filter("patient = E1");
  summary.set_audience(static_cast<v1::Audience>(99));
  summary.set_actor(std::string(257, 'x'));
  EXPECT_THAT(Fields(summary), ElementsAre("group_by[2]", "group_by[3]", "filter", "audience", "actor"));
  v1::GetReportRequest report;
  report.set_filter("time > noon");
  report.set_audience(static_cast<v1::Audience>(99));
  report.set_most_lines(10'001);
  EXPECT_THAT(Fields(report), ElementsAre("report", "filter", "audience", "most_lines"));
  EXPECT_THAT(Fields(v1::GetHistoryRequest()), ElementsAre("result_id"));
  v1::RecordExportRequest exported;
  exported.set_entries(-1);
  exported.set_filter("rul = x");
  EXPECT_THAT(Fields(exported), ElementsAre("format", "filter", "entries"));
  exported.set_filter(std::string(4097, ' '));
  EXPECT_THAT(Fields(exported), ElementsAre("format", "filter", "entries"));

  v1::GetInclusionProofRequest inclusion;
  inclusion.set_tree_size(-1);
  EXPECT_THAT(Fields(inclusion), ElementsAre("sequence", "tree_size"));
  v1::GetConsistencyProofRequest consistency;
  consistency.set_from_tree_size(-1);
  consistency.set_tree_size(-1);
  EXPECT_THAT(Fields(consistency), ElementsAre("from_tree_size", "tree_size"));
  consistency.set_from_tree_size(7);
  consistency.set_tree_size(6);
  EXPECT_THAT(Fields(consistency), ElementsAre("tree_size"));

  v1::ListActivationsRequest activations;
  activations.set_page_size(1001);
  EXPECT_THAT(Fields(activations), ElementsAre("page_size"));

  v1::ListReviewsRequest reviews;
  reviews.set_owner(std::string(257, 'x'));
  EXPECT_THAT(Fields(reviews), ElementsAre("owner"));
}

TEST(ChecksTest, Get) {
  v1::GetResultRequest request;
  EXPECT_THAT(Fields(request), ElementsAre("result_id"));
  request.set_result_id(1);
  EXPECT_THAT(Fields(request), IsEmpty());
}

TEST(ChecksTest, Approve) {
  v1::ApproveReviewRequest request;
  EXPECT_THAT(Fields(request), ElementsAre("result_id", "etag", "reviewer", "version"));
  request.set_result_id(7);
  request.set_version(1);
  request.set_etag("1-0123456789abcdef");
  request.set_reviewer("1234567893");
  request.add_unit_ids("document");
  EXPECT_THAT(Fields(request), IsEmpty());
  request.add_unit_ids("");
  EXPECT_THAT(Fields(request), ElementsAre("unit_ids[1]"));
}

TEST(ChecksTest, ReviewActs) {
  v1::ClaimReviewRequest claim;
  EXPECT_THAT(Fields(claim), ElementsAre("result_id", "etag", "reviewer"));
  claim.set_result_id(7);
  claim.set_etag("1-0123456789abcdef");
  claim.set_reviewer("1234567893");
  EXPECT_THAT(Fields(claim), IsEmpty());
  v1::HandOverReviewRequest hand_over;
  hand_over.set_result_id(7);
  hand_over.set_etag("1-0123456789abcdef");
  hand_over.set_reviewer("1234567893");
  hand_over.set_reason(std::string(1001, 'x'));
  EXPECT_THAT(Fields(hand_over), ElementsAre("to", "reason"));
  v1::HoldResultRequest hold;
  hold.set_result_id(7);
  hold.set_etag("1-0123456789abcdef");
  hold.set_reviewer("1234567893");
  hold.set_type(v1::BASIS_TYPE_ORGANIZATION_POLICY);
  hold.add_audiences(v1::AUDIENCE_UNSPECIFIED);
  EXPECT_THAT(Fields(hold), ElementsAre("type", "reason", "until", "audiences[0]")) << "the house's policy holds nothing longer";
  EXPECT_THAT(Fields(v1::EndHoldRequest()), ElementsAre("result_id", "etag", "reviewer", "determination_id", "reason"));
  EXPECT_THAT(Fields(v1::UpholdHoldRequest()), ElementsAre("result_id", "etag", "reviewer", "determination_id", "reason"));
  v1::ApproveReviewRequest approve;
  approve.set_result_id(7);
  approve.set_version(1);
  approve.set_etag("1-0123456789abcdef");
  approve.set_reviewer("1234567893");
  approve.mutable_discussed_at()->set_seconds(1772834400);
  EXPECT_THAT(Fields(approve), ElementsAre("discussed_how"));
}

TEST(ChecksTest, Outreach) {
  v1::RecordViewRequest view;
  EXPECT_THAT(Fields(view), ElementsAre("result_id", "audience"));
  view.set_audience(v1::AUDIENCE_DELEGATE);
  view.set_viewer(std::string(257, 'a'));
  EXPECT_THAT(Fields(view), ElementsAre("result_id", "viewer"));
  EXPECT_THAT(Fields(v1::RecordClinicianViewRequest()), ElementsAre("result_id", "clinician"));
  EXPECT_THAT(Fields(v1::RecordContactRequest()), ElementsAre("result_id", "contacted_by", "how"));
  EXPECT_THAT(Fields(v1::RecordMessageRequest()), ElementsAre("result_id", "message_id", "category"));
  EXPECT_THAT(Fields(v1::SettleRefusalRequest()), ElementsAre("entry_sequence", "settled_by", "how"));
  v1::ListOutreachRequest list;
  EXPECT_THAT(Fields(list), IsEmpty());
  list.set_not_viewed_after_hours(-1);
  list.set_page_size(1001);
  EXPECT_THAT(Fields(list), ElementsAre("not_viewed_after_hours", "page_size"));
}

TEST(ChecksTest, Releases) {
  v1::StreamReleasesRequest stream;
  EXPECT_THAT(Fields(stream), IsEmpty());
  stream.set_after_sequence(-1);
  EXPECT_THAT(Fields(stream), ElementsAre("after_sequence"));

  v1::AcknowledgeReleasesRequest acknowledge;
  EXPECT_THAT(Fields(acknowledge), ElementsAre("sequences"));
  acknowledge.add_sequences(3);
  EXPECT_THAT(Fields(acknowledge), IsEmpty());
  acknowledge.add_sequences(0);
  EXPECT_THAT(Fields(acknowledge), ElementsAre("sequences[1]"));
  acknowledge.clear_sequences();
  for (int i = 1; i <= 1001; ++i) acknowledge.add_sequences(i);
  EXPECT_THAT(Fields(acknowledge), ElementsAre("sequences"));
}

TEST(ChecksTest, TheLogIsNotToldThePatientsIdentifierAsWhoAsks) {
  v1::RequestReleaseRequest request;
  EXPECT_THAT(Fields(request), ElementsAre("result_id", "patient.value", "audience", "requested_by"));
  request.set_result_id(1);
  request.mutable_patient()->set_value("P1");
  request.set_audience(v1::AUDIENCE_PATIENT);
  request.set_requested_by("P1");
  EXPECT_THAT(Fields(request), ElementsAre("requested_by"));
  request.set_requested_by("account-1");
  EXPECT_THAT(Fields(request), IsEmpty());
}

TEST(ChecksTest, NamesAreCutBetweenCharacters) {
  EXPECT_EQ(CutName("LAB|NORTH"), "LAB|NORTH");
  EXPECT_EQ(CutName(std::string(256, 'x')), std::string(256, 'x'));
  EXPECT_EQ(CutName(std::string(257, 'x')), std::string(256, 'x'));
  EXPECT_EQ(CutName(std::string(255, 'x') + "é"), std::string(255, 'x'));
  EXPECT_EQ(CutName(std::string(254, 'x') + "éé"), std::string(254, 'x') + "é");
}

TEST(ChecksTest, NamesHoldNoControlCharacter) {
  // What a name of this would forge: a line of `audit story`, or what a terminal shows.
  const std::pair<std::string, std::string> cases[] = {
      {"account-1", ""},
      {"Ana María, “at night”", ""},
      {"a\nFri 2026-03-06", "byte 2 is 0x0a"},
      {"\ta", "byte 1 is 0x09"},
      {std::string("ab\0", 3), "byte 3 is 0x00"},
      {"\x1B[2J", "byte 1 is 0x1b"},
      {"a\x7F", "byte 2 is 0x7f"},
      {"\xC3\xA9\xC2\x9B", "byte 3 is 0xc2"},
      {"\xC2\xA0", ""},
  };
  for (const auto& [viewer, wrong] : cases) {
    v1::RecordViewRequest view;
    view.set_result_id(1);
    view.set_audience(v1::AUDIENCE_PATIENT);
    view.set_viewer(viewer);
    const Violations violations = Check(view);
    ASSERT_EQ(violations.size(), wrong.empty() ? 0U : 1U) << viewer;
    if (wrong.empty()) continue;
    EXPECT_EQ(violations[0].field, "viewer");
    EXPECT_EQ(violations[0].description, "must hold no control character: " + wrong);
  }
  // A message that cannot be read has them, and is refused all the same.
  EXPECT_EQ(CutName("LAB\r\n|NORTH\xC2\x85"), "LAB  |NORTH ");
}

TEST(ChecksTest, Packs) {
  v1::ActivatePackRequest activate;
  activate.set_author(std::string(257, 'x'));
  EXPECT_THAT(Fields(activate), ElementsAre("files", "approver", "author"));
  v1::RollbackPackRequest rollback;
  rollback.set_pack_digest("sha256:1");
  EXPECT_THAT(Fields(rollback), ElementsAre("approver", "pack_digest"));
  v1::RedecideHeldRequest redecide;
  EXPECT_THAT(Fields(redecide), ElementsAre("actor", "release_held"));
  redecide.set_actor("a");
  redecide.set_release_held(-1);
  EXPECT_THAT(Fields(redecide), ElementsAre("release_held"));
  redecide.clear_release_held();
  redecide.set_tighten(true);
  EXPECT_TRUE(Check(redecide).empty());
}

TEST(ChecksTest, Patients) {
  v1::UpdatePatientRequest update;
  EXPECT_THAT(Fields(update), ElementsAre("actor", "facts.identifiers"));
  update.set_actor("adt");
  update.mutable_facts()->add_identifiers()->set_value("p1");
  update.mutable_facts()->set_birth_date("2012-02-29");
  update.add_forget("language");
  EXPECT_THAT(Fields(update), IsEmpty());
  for (const char* date : {"", "12-02-29", "2011-02-29", "2012-13", "2012-1", "2012-01-01-01", "2012/01/01"}) {
    update.mutable_facts()->set_birth_date(date);
    EXPECT_THAT(Fields(update), ElementsAre("facts.birth_date")) << date;
  }
  for (const char* date : {"2012", "2012-12"}) {
    update.mutable_facts()->set_birth_date(date);
    EXPECT_THAT(Fields(update), IsEmpty()) << date;
  }
  update.mutable_facts()->add_identifiers()->set_system("MRN");
  update.mutable_facts()->mutable_preference();
  update.add_forget("preference");
  EXPECT_THAT(Fields(update), ElementsAre("facts.identifiers[1].value", "facts.preference", "forget[1]"));

  v1::SetPreferenceRequest preference;
  EXPECT_THAT(Fields(preference), ElementsAre("patient.value", "preference.recorded_by"));
  preference.mutable_patient()->set_value("p1");
  preference.mutable_preference()->set_recorded_by("nurse-1");
  EXPECT_THAT(Fields(preference), IsEmpty()) << "nothing any more";
  preference.mutable_preference()->set_timing(v1::ReleasePreference::TIMING_AFTER_DAYS);
  EXPECT_THAT(Fields(preference), ElementsAre("preference.after_days"));
  preference.mutable_preference()->set_after_days(90);
  EXPECT_THAT(Fields(preference), IsEmpty());
  preference.mutable_preference()->set_timing(v1::ReleasePreference::TIMING_AFTER_REVIEW);
  EXPECT_THAT(Fields(preference), ElementsAre("preference.after_days"));

  v1::PutRelatedPersonRequest person;
  EXPECT_THAT(Fields(person), ElementsAre("actor", "patient.value", "person.person.value", "person.audience"));
  person.set_actor("registration");
  person.mutable_patient()->set_value("p1");
  person.mutable_person()->mutable_person()->set_value("p9");
  person.mutable_person()->set_audience(v1::AUDIENCE_DELEGATE);
  person.mutable_person()->add_confidential()->set_determined_by("me");
  EXPECT_THAT(Fields(person), ElementsAre("person.confidential[0].category", "person.confidential[0].reason",
                                          "person.confidential[0].until", "person.confidential[0].determined_by"));
  EXPECT_THAT(Fields(v1::RemoveRelatedPersonRequest()), ElementsAre("actor", "patient.value", "person.value"));
  EXPECT_THAT(Fields(v1::MergePatientsRequest()), ElementsAre("actor", "survivor.value", "merged.value"));
  EXPECT_THAT(Fields(v1::UnmergePatientsRequest()), ElementsAre("actor", "survivor.value", "merged.value"));
  EXPECT_THAT(Fields(v1::GetPatientRequest()), ElementsAre("patient.value"));
}

TEST(ChecksTest, Directory) {
  v1::PutOwnerRequest put;
  EXPECT_THAT(Fields(put), ElementsAre("actor", "owner.id", "owner.kind"));
  put.set_actor("staff-office");
  v1::DirectoryOwner* owner = put.mutable_owner();
  owner->set_id("pool");
  owner->set_kind(v1::OWNER_KIND_POOL);
  owner->add_members("dr-1");
  v1::StaffedHours* hours = owner->add_staffed_hours();
  hours->set_weekday(v1::WEEKDAY_MONDAY);
  hours->set_from("08:00");
  hours->set_until("24:00");
  EXPECT_THAT(Fields(put), IsEmpty());
  for (const char* wrong : {"8:00", "08:60", "24:01", "08-00", "0a:00", ""}) {
    hours->set_until(wrong);
    EXPECT_THAT(Fields(put), ElementsAre("owner.staffed_hours[0].until")) << wrong;
  }
  hours->set_until("07:00");
  EXPECT_THAT(Fields(put), ElementsAre("owner.staffed_hours[0].until"));
  hours->set_until("17:00");
  owner->set_licensed(true);
  EXPECT_THAT(Fields(put), ElementsAre("owner.licensed")) << "no pool has a licence";
  owner->set_kind(v1::OWNER_KIND_CLINICIAN);
  owner->set_covered_by("pool");
  EXPECT_THAT(Fields(put), ElementsAre("owner.members", "owner.covered_by"));

  v1::PutAbsenceRequest absence;
  EXPECT_THAT(Fields(absence), ElementsAre("actor", "id", "absence.from", "absence.until"));
  absence.set_actor("staff-office");
  absence.set_id("dr-1");
  absence.mutable_absence()->mutable_from()->set_seconds(100);
  absence.mutable_absence()->mutable_until()->set_seconds(100);
  absence.mutable_absence()->set_delegate("dr-1");
  EXPECT_THAT(Fields(absence), ElementsAre("absence.until", "absence.delegate"));
  EXPECT_THAT(Fields(v1::RemoveAbsenceRequest()), ElementsAre("actor", "id", "from"));
  EXPECT_THAT(Fields(v1::RemoveOwnerRequest()), ElementsAre("actor", "id"));
}

}  // namespace
}  // namespace resultgate::rpc

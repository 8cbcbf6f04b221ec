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
  EXPECT_THAT(Fields(request), ElementsAre("result_id", "version", "reviewer"));
  request.set_result_id(7);
  request.set_version(1);
  request.set_reviewer("1234567893");
  request.add_unit_ids("document");
  EXPECT_THAT(Fields(request), IsEmpty());
  request.add_unit_ids("");
  EXPECT_THAT(Fields(request), ElementsAre("unit_ids[1]"));
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

TEST(ChecksTest, NamesAreCutBetweenCharacters) {
  EXPECT_EQ(CutName("LAB|NORTH"), "LAB|NORTH");
  EXPECT_EQ(CutName(std::string(256, 'x')), std::string(256, 'x'));
  EXPECT_EQ(CutName(std::string(257, 'x')), std::string(256, 'x'));
  EXPECT_EQ(CutName(std::string(255, 'x') + "é"), std::string(255, 'x'));
  EXPECT_EQ(CutName(std::string(254, 'x') + "éé"), std::string(254, 'x') + "é");
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

}  // namespace
}  // namespace resultgate::rpc

// A reviewer's own words for the patient: whose, about what, until when.
#include "server/gate/clinician_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/base/proto_time.h"

namespace resultgate::gate {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

v1::Result TwoUnits() {
  v1::Result result;
  result.set_version(2);
  v1::Outcome* outcome = result.mutable_decision()->add_outcomes();
  outcome->add_unit_ids("718-7");
  outcome->add_unit_ids("document");
  outcome->add_audiences(v1::AUDIENCE_PATIENT);
  outcome->set_state(v1::OUTCOME_STATE_RELEASED);
  return result;
}

const v1::ClinicianComment* Words(const v1::Result& result, const std::vector<std::string>& unit_ids) {
  return WordsFor(result, result.decision().outcomes(), unit_ids, {v1::AUDIENCE_PATIENT});
}

v1::ApproveReviewRequest Request(const std::string& text) {
  v1::ApproveReviewRequest request;
  request.set_reviewer("1234567893");
  if (!text.empty()) request.mutable_comment()->set_text(text);
  return request;
}

TEST(ClinicianWordsTest, AreKeptWithTheirAuthorTimeUnitsAndVersion) {
  v1::Result result = TwoUnits();
  const absl::Time now = absl::FromUnixSeconds(1000);
  KeepWords(Request(""), now, &result);
  EXPECT_EQ(result.clinician_comments_size(), 0);
  KeepWords(Request("We expected this."), now, &result);
  ASSERT_EQ(result.clinician_comments_size(), 1);
  const v1::ClinicianComment& words = result.clinician_comments(0);
  EXPECT_EQ(words.author(), "1234567893");
  EXPECT_EQ(base::FromProto(words.written_at()), now);
  EXPECT_EQ(words.version(), 2);
  EXPECT_THAT(words.unit_ids(), ElementsAre("718-7", "document"));
  EXPECT_EQ(Words(result, {"document"}), &words);
  EXPECT_EQ(Words(result, {"2823-3"}), nullptr);
  // What was said of a version is not said of a newer one.
  result.set_version(3);
  EXPECT_EQ(Words(result, {"document"}), nullptr);
}

TEST(ClinicianWordsTest, TheLatestAboutAUnitCount) {
  v1::Result result = TwoUnits();
  KeepWords(Request("First."), absl::FromUnixSeconds(1), &result);
  v1::ApproveReviewRequest second = Request("Second.");
  second.add_unit_ids("document");
  second.mutable_comment()->set_replaces_template(true);
  KeepWords(second, absl::FromUnixSeconds(2), &result);
  EXPECT_EQ(Words(result, {"document"})->text(), "Second.");
  EXPECT_TRUE(Words(result, {"document"})->replaces_template());
  EXPECT_EQ(Words(result, {"718-7"})->text(), "First.");
}

// The patient sees both units, a parent one of them.
TEST(ClinicianWordsTest, AreForThoseWhoSeeAllThatTheyAreAbout) {
  v1::Result result = TwoUnits();
  v1::Outcome* parents = result.mutable_decision()->add_outcomes();
  parents->add_unit_ids("718-7");
  parents->add_audiences(v1::AUDIENCE_REPRESENTATIVE);
  parents->set_state(v1::OUTCOME_STATE_RELEASED);
  KeepWords(Request("Both are well."), absl::FromUnixSeconds(1), &result);
  const policy::Outcomes& outcomes = result.decision().outcomes();
  EXPECT_NE(WordsFor(result, outcomes, {"718-7"}, {v1::AUDIENCE_PATIENT}), nullptr);
  EXPECT_EQ(WordsFor(result, outcomes, {"718-7"}, {v1::AUDIENCE_REPRESENTATIVE}), nullptr);
  EXPECT_EQ(WordsFor(result, outcomes, {"718-7"}, {v1::AUDIENCE_PATIENT, v1::AUDIENCE_REPRESENTATIVE}), nullptr);
  PlannedRelease both;
  both.kind = v1::RELEASE_KIND_RESULT;
  both.unit_ids = {"718-7"};
  both.audiences = {v1::AUDIENCE_REPRESENTATIVE, v1::AUDIENCE_PATIENT};
  const std::vector<PlannedRelease> cut = CutByWords(result, outcomes, {both});
  ASSERT_EQ(cut.size(), 2u);
  EXPECT_THAT(cut[0].audiences, ElementsAre(v1::AUDIENCE_PATIENT));
  EXPECT_THAT(cut[1].audiences, ElementsAre(v1::AUDIENCE_REPRESENTATIVE));
  EXPECT_THAT(cut[1].unit_ids, ElementsAre("718-7"));
  // Of nothing that was said, nothing is kept from anybody; a withdrawal has no words.
  EXPECT_EQ(CutByWords(TwoUnits(), outcomes, {both}).size(), 1u);
  both.kind = v1::RELEASE_KIND_RETRACTION;
  EXPECT_EQ(CutByWords(result, outcomes, {both}).size(), 1u);
}

TEST(ClinicianWordsTest, TheLogHasADigestAndNoText) {
  v1::Entry::Approved approved;
  NoteWords(Request(""), "salt", &approved);
  EXPECT_EQ(approved.comment_digest(), "");
  NoteWords(Request("Secret."), "salt", &approved);
  EXPECT_THAT(approved.comment_digest(), ::testing::StartsWith("hmac-sha256:"));
  EXPECT_THAT(approved.SerializeAsString(), ::testing::Not(HasSubstr("Secret")));
}

TEST(ClinicianWordsTest, HardWordsGetAHint) {
  EXPECT_THAT(ReadingHints(Request("This is what we thought. Call me if you want to talk."), "en"), IsEmpty());
  EXPECT_THAT(ReadingHints(Request(""), "en"), IsEmpty());
  const std::vector<std::string> hints =
      ReadingHints(Request("The histopathological examination demonstrates unremarkable gastrointestinal epithelium."), "en");
  ASSERT_EQ(hints.size(), 2u);
  EXPECT_THAT(hints[0], HasSubstr("your comment reads at grade"));
  EXPECT_THAT(hints[1], HasSubstr("histopathological"));
}

}  // namespace
}  // namespace resultgate::gate

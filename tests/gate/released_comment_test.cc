// What a release's comment says and how it is written down: a rule's next step, the pack's time to answer, letters.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <map>
#include <memory>

#include "server/gate/gate.h"
#include "server/nextstep/next_step.h"
#include "server/store/sqlite/sqlite_store.h"
#include "tests/gate/reports.h"
#include "tests/gate/small_packs.h"
#include "tests/testing/packs.h"
#include "tests/testing/simulated_clock.h"
#include "tests/testing/temp_folder.h"

namespace resultgate::gate {
namespace {

using ::resultgate::testing::At;
using ::resultgate::testing::Cbc;
using ::resultgate::testing::kFriday;
using ::resultgate::testing::Later;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::shared_ptr<const comment::Library> Templates() {
  base::FileIssues issues;
  comment::Library::Options options;
  options.development = true;
  auto loaded = comment::Library::Load("templates", *resultgate::testing::ShippedValueSets(), options, &issues);
  EXPECT_NE(loaded, nullptr) << base::Format(issues);
  return loaded;
}

class ReleasedCommentTest : public ::testing::Test {
 protected:
  void Start(const std::string& rules, const std::string& more = "") {
    base::FileIssues issues;
    const policy::LoadedPack pack = policy::LoadPackFiles(MakePack(rules, more, ""), &issues);
    ASSERT_NE(pack.pack, nullptr) << base::Format(issues);
    auto store = store::OpenSqlite(folder_.path() + "/gate.db");
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
    auto gate = Gate::Start(
        store_.get(), &clock_, pack, [](const auto&, auto*) { return Templates(); }, Options());
    ASSERT_TRUE(gate.ok()) << gate.status();
    gate_ = *std::move(gate);
  }

  v1::SubmitResultResponse Submit(const v1::DiagnosticReport& report) {
    v1::SubmitResultRequest request;
    *request.mutable_report() = report;
    std::promise<absl::StatusOr<v1::SubmitResultResponse>> promise;
    gate_->Submit(std::move(request),
                  [&promise](absl::StatusOr<v1::SubmitResultResponse> response) { promise.set_value(std::move(response)); });
    auto response = promise.get_future().get();
    EXPECT_TRUE(response.ok()) << response.status();
    return response.ok() ? *response : v1::SubmitResultResponse();
  }

  // By audience: what its reader is told to do.
  std::map<v1::Audience, std::string> StepsOfReleases() {
    int64_t scanned = 0;
    std::map<v1::Audience, std::string> steps;
    const auto releases = gate_->ReadReleases(0, false, 100, &scanned);
    EXPECT_TRUE(releases.ok()) << releases.status();
    for (const v1::Release& release : *releases) {
      for (const int audience : release.audiences())
        steps[static_cast<v1::Audience>(audience)] = nextstep::ToString(release.comment().next_step());
    }
    return steps;
  }

  absl::StatusOr<v1::GetReleaseResponse> Show(int64_t sequence, v1::CommentForm form) {
    v1::GetReleaseRequest request;
    request.set_sequence(sequence);
    request.set_form(form);
    return gate_->GetRelease(request);
  }

  const testing::TempFolder folder_;
  testing::SimulatedClock clock_{At(kFriday)};
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<Gate> gate_;
};

TEST_F(ReleasedCommentTest, ARuleSaysTheNextStepToItsAudience) {
  Start(absl::StrCat(kRoutine,
                     "  - {id: step, title: t, audiences: [delegate], match: {codes: [routine]}, then: {next_step: call within 5 "
                     "days}}\n"));
  const v1::SubmitResultResponse response = Submit(Cbc("F1"));
  const std::map<v1::Audience, std::string> expected = {
      {v1::AUDIENCE_PATIENT, "none"}, {v1::AUDIENCE_REPRESENTATIVE, "none"}, {v1::AUDIENCE_DELEGATE, "call within 5 days"}};
  EXPECT_EQ(StepsOfReleases(), expected);
  // The decision and the log say why.
  bool said = false;
  for (const v1::Outcome& outcome : response.decision().outcomes()) {
    for (const v1::AppliedRule& rule : outcome.rules()) said = said || rule.effect() == v1::RULE_EFFECT_NEXT_STEP;
  }
  EXPECT_TRUE(said);
  v1::ListEntriesRequest request;
  request.set_page_size(100);
  EXPECT_THAT(gate_->ListEntries(request)->ShortDebugString(), HasSubstr("next step `call within 5 days`: a rule asks for it"));
}

TEST_F(ReleasedCommentTest, ThePackSaysHowSoonMessagesAreAnswered) {
  Start(kRoutine, "we_answer_within: 4 business days\n");
  const v1::SubmitResultResponse response = Submit(Cbc("F1"));
  ASSERT_EQ(response.comments_size(), 1);
  EXPECT_THAT(response.comments(0).text(), HasSubstr("It answers within 4 working days."));
}

TEST_F(ReleasedCommentTest, IsWrittenDownForPatientsWithoutAPortal) {
  Start(kRoutine);
  v1::DiagnosticReport report = Cbc("F1");
  report.mutable_patient()->set_language("es");
  Submit(report);
  const auto letter = Show(1, v1::COMMENT_FORM_LETTER);
  ASSERT_TRUE(letter.ok()) << letter.status();
  EXPECT_THAT(letter->document(), StartsWith("<!DOCTYPE html>\n<html lang=\"es\" dir=\"ltr\">"));
  EXPECT_THAT(letter->document(), HasSubstr("Esta carta trata de una prueba"));
  EXPECT_EQ(letter->release().sequence(), 1);
  EXPECT_THAT(Show(1, v1::COMMENT_FORM_PHONE_SCRIPT)->document(), StartsWith("[Antes de leer:"));
  EXPECT_THAT(Show(1, v1::COMMENT_FORM_MARKDOWN)->document(), StartsWith("# "));
  EXPECT_EQ(Show(1, v1::COMMENT_FORM_TEXT)->document(), letter->release().comment().text() + "\n");
  EXPECT_EQ(Show(1, v1::COMMENT_FORM_UNSPECIFIED)->document(), "");
  EXPECT_EQ(Show(2, v1::COMMENT_FORM_TEXT).status().code(), absl::StatusCode::kNotFound);
}

// A letter about what was corrected since would be the harm that the correction was to end.
TEST_F(ReleasedCommentTest, NothingIsWrittenDownOfWhatWasOvertaken) {
  Start(kRoutine);
  Submit(Cbc("F1"));
  v1::DiagnosticReport corrected = Later(Cbc("F1"), absl::Minutes(30));
  corrected.set_status(v1::RESULT_STATUS_CORRECTED);
  corrected.mutable_observations(0)->set_status(v1::RESULT_STATUS_CORRECTED);
  corrected.mutable_observations(0)->mutable_quantity()->set_value("9.1");
  Submit(corrected);
  const auto overtaken = Show(1, v1::COMMENT_FORM_LETTER);
  EXPECT_EQ(overtaken.status().code(), absl::StatusCode::kFailedPrecondition) << overtaken.status();
  EXPECT_THAT(std::string(overtaken.status().message()), HasSubstr("send nothing of it"));
  int64_t scanned = 0;
  const auto standing = gate_->ReadReleases(1, false, 100, &scanned);
  ASSERT_FALSE(standing->empty());
  const auto newest = Show(standing->back().sequence(), v1::COMMENT_FORM_TEXT);
  ASSERT_TRUE(newest.ok()) << newest.status();
  EXPECT_THAT(newest->document(), HasSubstr("This result was corrected."));
}

}  // namespace
}  // namespace resultgate::gate

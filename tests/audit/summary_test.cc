// Figures and reports over results.
#include "server/audit/summary.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "server/base/proto_time.h"

namespace resultgate::audit {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;

const absl::Time kStart = absl::FromUnixSeconds(1'772'827'200);  // 2026-03-06T20:00:00Z

// Text format in which `@3.5` is the time 3.5 hours after the start.
v1::Turnaround Parse(std::string text) {
  for (size_t at = text.find('@'); at != std::string::npos; at = text.find('@', at)) {
    const size_t end = text.find_first_not_of("0123456789.", at + 1);
    const double hours = std::stod(text.substr(at + 1, end - at - 1));
    text.replace(at, end - at, absl::StrCat("{seconds: ", absl::ToUnixSeconds(kStart + absl::Hours(hours)), "}"));
  }
  v1::Turnaround turnaround;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &turnaround)) << text;
  return turnaround;
}

double Hours(const google::protobuf::Duration& duration) {
  return absl::ToDoubleHours(base::FromProto(duration));
}

std::string Describe(const v1::Percentiles& spread) {
  if (spread.count() == 0) return "-";
  return absl::StrCat(spread.count(), "x", Hours(spread.p50()), "/", Hours(spread.p90()), "/", Hours(spread.max()));
}

// `keys: results released waiting held overruns unreviewed other_language | release | hold | review`.
std::string Describe(const v1::SummaryGroup& group) {
  return absl::StrCat(absl::StrJoin(group.keys(), ","), ": ", group.results(), " ", group.released(), " ", group.waiting(), " ",
                      group.held(), " ", group.overruns(), " ", group.released_unreviewed(), " ", group.other_language(), " | ",
                      Describe(group.time_to_release()), " | ", Describe(group.hold_time()), " | ",
                      Describe(group.review_time()));
}

// A blood count that went at once; a biopsy that was reviewed in time, one whose review expired, in English for who reads
// Spanish; one that waits too long; one of two rules, of which the statute's ended first; one that a delegate alone may not see.
std::vector<v1::Turnaround> Day() {
  return {
      Parse("result_id: 1 received_at @1 final_at @1 section: SECTION_LABORATORY language: 'en-US' facility: 'NORTH' "
            "parts {audiences: [1, 2, 3] units: 9 state: OUTCOME_STATE_RELEASED released_at @1 comment_language: 'en'}"),
      Parse("result_id: 2 received_at @2 final_at @1 section: SECTION_PATHOLOGY language: 'en' facility: 'NORTH' "
            "parts {audiences: [1, 2, 3] units: 1 state: OUTCOME_STATE_PUBLISHED released_at @5 comment_language: 'en' "
            "holds {rule_id: 'look' effect: RULE_EFFECT_REVIEW basis {type: BASIS_TYPE_ORGANIZATION_POLICY} since @2 until @5 "
            "allowed_until @9 review_started_at @3 reviewed_at @5}}"),
      Parse("result_id: 3 received_at @2 final_at @1 section: SECTION_PATHOLOGY language: 'es' facility: 'SOUTH' "
            "parts {audiences: [1, 2, 3] units: 1 state: OUTCOME_STATE_RELEASED released_at @9 released_unreviewed: true "
            "comment_language: 'en' holds {rule_id: 'look' effect: RULE_EFFECT_REVIEW basis {type: "
            "BASIS_TYPE_ORGANIZATION_POLICY} since @2 until @9 allowed_until @9 review_started_at @3}}"),
      Parse("result_id: 4 received_at @30 section: SECTION_PATHOLOGY language: 'es' "
            "parts {audiences: [1, 2, 3] units: 1 state: OUTCOME_STATE_HELD "
            "holds {rule_id: 'look' effect: RULE_EFFECT_REVIEW basis {type: BASIS_TYPE_ORGANIZATION_POLICY} since @30 "
            "allowed_until @37 owner {role: 'pool'}}}"),
      Parse(
          "result_id: 5 received_at @2 final_at @1 section: SECTION_GENETICS language: 'en' facility: 'NORTH' "
          "parts {audiences: [1, 2, 3] units: 2 state: OUTCOME_STATE_RELEASED released_at @8 comment_language: 'en' "
          "holds {rule_id: 'law' effect: RULE_EFFECT_DELAY basis {type: BASIS_TYPE_STATUTE} since @2 until @6 allowed_until @4} "
          "holds {rule_id: 'look' effect: RULE_EFFECT_REVIEW basis {type: BASIS_TYPE_ORGANIZATION_POLICY} since @2 until @8 "
          "allowed_until @9 review_started_at @9 reviewed_at @8}} "
          "parts {audiences: [1, 2, 3] units: 1 state: OUTCOME_STATE_RELEASED released_at @2 comment_language: 'en'}"),
      Parse("result_id: 6 received_at @2 final_at @2 section: SECTION_LABORATORY "
            "parts {audiences: [1, 2] units: 1 state: OUTCOME_STATE_RELEASED released_at @3} "
            "parts {audiences: 3 units: 1 state: OUTCOME_STATE_HELD "
            "holds {rule_id: 'mine' effect: RULE_EFFECT_WITHHOLD basis {type: BASIS_TYPE_PRIVACY} since @2 allowed_until @90}}"),
  };
}

struct Answer {
  std::string total;
  std::vector<std::string> groups;
  std::vector<std::string> lines;
  int64_t all_lines = 0;
};

Answer Ask(Question question, const std::vector<v1::Turnaround>& turnarounds = Day()) {
  question.now = kStart + absl::Hours(40);
  Summary summary(std::move(question));
  for (const v1::Turnaround& turnaround : turnarounds) summary.Add(turnaround);
  Answer answer;
  google::protobuf::RepeatedPtrField<v1::ReportLine> lines;
  summary.TakeLines(&lines, &answer.all_lines);
  for (const v1::ReportLine& line : lines) {
    answer.lines.push_back(absl::StrCat(line.result_id(), " ", line.hold().rule_id(), " ", Hours(line.over())));
  }
  v1::SummaryGroup total;
  google::protobuf::RepeatedPtrField<v1::SummaryGroup> groups;
  EXPECT_EQ(summary.Finish(&total, &groups), absl::OkStatus());
  answer.total = Describe(total);
  for (const v1::SummaryGroup& group : groups) answer.groups.push_back(Describe(group));
  return answer;
}

Question By(std::vector<v1::SummaryDimension> group_by) {
  Question question;
  question.group_by = std::move(group_by);
  return question;
}

Question About(v1::ReportKind report, size_t most_lines = 10) {
  Question question;
  question.report = report;
  question.group_by = GroupsOf(report);
  question.most_lines = most_lines;
  return question;
}

constexpr char kAll[] = ": 6 5 1 4 2 1 1 | 5x4/8/8 | 3x6/7/7 | 2x0/2/2";

TEST(SummaryTest, AllTogether) {
  const Answer answer = Ask(By({}));
  EXPECT_EQ(answer.total, kAll);
  EXPECT_THAT(answer.groups, IsEmpty());
}

TEST(SummaryTest, ByWhatAResultIs) {
  EXPECT_THAT(Ask(By({v1::SUMMARY_DIMENSION_CATEGORY})).groups,
              ElementsAre("genetics: 1 1 0 1 1 0 0 | 1x7/7/7 | 1x6/6/6 | 1x0/0/0", "laboratory: 2 2 0 0 0 0 0 | 2x0/1/1 | - | -",
                          "pathology: 3 2 1 3 1 1 1 | 2x4/8/8 | 2x3/7/7 | 1x2/2/2"));
  EXPECT_THAT(Ask(By({v1::SUMMARY_DIMENSION_LANGUAGE})).groups,
              ElementsAre(": 1 1 0 0 0 0 0 | 1x1/1/1 | - | -", "en: 2 2 0 2 1 0 0 | 2x4/7/7 | 2x3/6/6 | 2x0/2/2",
                          "en-US: 1 1 0 0 0 0 0 | 1x0/0/0 | - | -", "es: 2 1 1 2 1 1 1 | 1x8/8/8 | 1x7/7/7 | -"));
  const Answer days = Ask(By({v1::SUMMARY_DIMENSION_DAY, v1::SUMMARY_DIMENSION_FACILITY}));
  EXPECT_EQ(days.total, kAll);
  EXPECT_THAT(
      days.groups,
      ElementsAre("2026-03-06,: 1 1 0 0 0 0 0 | 1x1/1/1 | - | -", "2026-03-06,NORTH: 3 3 0 2 1 0 0 | 3x4/7/7 | 2x3/6/6 | 2x0/2/2",
                  "2026-03-06,SOUTH: 1 1 0 1 0 1 1 | 1x8/8/8 | 1x7/7/7 | -", "2026-03-08,: 1 0 1 1 1 0 0 | - | - | -"));
}

TEST(SummaryTest, DaysAreThoseOfTheZone) {
  Question question = By({v1::SUMMARY_DIMENSION_DAY});
  question.zone = absl::FixedTimeZone(4 * 3600);
  EXPECT_THAT(Ask(std::move(question)).groups[0], StartsWith("2026-03-07: 5"));
}

TEST(SummaryTest, ByRuleOrBasisEachCountsWhatItHeld) {
  EXPECT_THAT(Ask(By({v1::SUMMARY_DIMENSION_RULE})).groups,
              ElementsAre(": 2 2 0 0 0 0 0 | 2x0/1/1 | - | -", "law: 1 1 0 1 1 0 0 | 1x7/7/7 | 1x4/4/4 | -",
                          "look: 4 3 1 4 1 1 1 | 3x7/8/8 | 3x6/7/7 | 2x0/2/2"));
  EXPECT_THAT(Ask(By({v1::SUMMARY_DIMENSION_BASIS, v1::SUMMARY_DIMENSION_LANGUAGE})).groups,
              ElementsAre(",: 1 1 0 0 0 0 0 | 1x1/1/1 | - | -", ",en-US: 1 1 0 0 0 0 0 | 1x0/0/0 | - | -",
                          "organization-policy,en: 2 2 0 2 0 0 0 | 2x4/7/7 | 2x3/6/6 | 2x0/2/2",
                          "organization-policy,es: 2 1 1 2 1 1 1 | 1x8/8/8 | 1x7/7/7 | -",
                          "statute,en: 1 1 0 1 1 0 0 | 1x7/7/7 | 1x4/4/4 | -"));
}

TEST(SummaryTest, AsWhomItReaches) {
  Question question = By({v1::SUMMARY_DIMENSION_RULE});
  question.audience = v1::AUDIENCE_DELEGATE;
  EXPECT_THAT(Ask(std::move(question)).groups[3], "mine: 1 0 1 1 0 0 0 | - | - | -");
}

TEST(SummaryTest, HoldsByBasis) {
  const Answer answer = Ask(About(v1::REPORT_KIND_HOLDS_BY_BASIS));
  EXPECT_THAT(answer.groups, ElementsAre("organization-policy,look: 4 3 1 4 1 1 1 | 3x7/8/8 | 3x6/7/7 | 2x0/2/2",
                                         "statute,law: 1 1 0 1 1 0 0 | 1x7/7/7 | 1x4/4/4 | -"));
  EXPECT_THAT(answer.lines, ElementsAre("4 look 3", "5 law 2"));
  const Answer first = Ask(About(v1::REPORT_KIND_HOLDS_BY_BASIS, 1));
  EXPECT_THAT(first.lines, ElementsAre("4 look 3"));
  EXPECT_EQ(first.all_lines, 2);
}

TEST(SummaryTest, ReleasedBeforeReview) {
  const Answer answer = Ask(About(v1::REPORT_KIND_RELEASED_BEFORE_REVIEW));
  EXPECT_THAT(answer.groups, ElementsAre("organization-policy,look: 1 1 0 1 0 1 1 | 1x8/8/8 | 1x7/7/7 | -"));
  EXPECT_THAT(answer.lines, ElementsAre("3 look 0"));
}

TEST(SummaryTest, OverdueReviews) {
  const Answer answer = Ask(About(v1::REPORT_KIND_OVERDUE_REVIEWS));
  EXPECT_THAT(answer.groups, ElementsAre("organization-policy,look: 1 0 1 1 1 0 0 | - | - | -"));
  EXPECT_THAT(answer.lines, ElementsAre("4 look 3"));
}

TEST(SummaryTest, DisparitiesCountEverybody) {
  const Answer answer = Ask(About(v1::REPORT_KIND_DISPARITIES_BY_LANGUAGE));
  EXPECT_EQ(answer.total, kAll);
  EXPECT_EQ(answer.groups.size(), 4);
  EXPECT_THAT(answer.lines, IsEmpty());
}

// Seen before a clinician opened it: abnormal for a short time, normal for ever. Opened first. Never seen, and told by letter.
// Seen, and not since it was corrected. Abnormal, and held.
std::vector<v1::Turnaround> Views() {
  const auto out = [](const std::string& rest) {
    return Parse(absl::StrCat(rest,
                              " received_at @0 final_at @0 section: SECTION_LABORATORY "
                              "parts {audiences: [1, 2] units: 1 state: OUTCOME_STATE_RELEASED released_at @1}"));
  };
  return {out("result_id: 1 first_viewed_at @2 opened_at @5 abnormal: true portal_account: true"),
          out("result_id: 2 first_viewed_at @3 portal_account: true"),
          out("result_id: 3 first_viewed_at @7 opened_at @7 abnormal: true portal_account: true contacted_at @2"),
          out("result_id: 4 unseen_since @1 abnormal: true portal_account: false contacted_at @4"),
          out("result_id: 5 first_viewed_at @2 opened_at @0 unseen_since @6 abnormal: true"),
          out("result_id: 6 unseen_since @1"),
          Parse("result_id: 7 received_at @0 section: SECTION_LABORATORY unseen_since @1 abnormal: true "
                "parts {audiences: [1, 2] units: 1 state: OUTCOME_STATE_HELD}")};
}

TEST(SummaryTest, SeenFirst) {
  const Answer answer = Ask(About(v1::REPORT_KIND_SEEN_FIRST), Views());
  EXPECT_THAT(answer.lines, ElementsAre("1  3", "2  37"));
  EXPECT_THAT(answer.groups, ElementsAre(StartsWith("laboratory,active: 2 ")));
  EXPECT_THAT(Ask(About(v1::REPORT_KIND_SEEN_FIRST, 1), Views()).lines, ElementsAre("1  3"));
}

TEST(SummaryTest, UnviewedAbnormal) {
  const Answer answer = Ask(About(v1::REPORT_KIND_UNVIEWED_ABNORMAL), Views());
  EXPECT_THAT(answer.lines, ElementsAre("4  39", "5  34"));
  EXPECT_THAT(answer.groups, ElementsAre(StartsWith("laboratory,: 1 "), StartsWith("laboratory,none: 1 ")));
  Question delegates = About(v1::REPORT_KIND_UNVIEWED_ABNORMAL);
  delegates.audience = v1::AUDIENCE_DELEGATE;
  EXPECT_THAT(Ask(std::move(delegates), Views()).lines, IsEmpty());
}

TEST(SummaryTest, DisparitiesByAccount) {
  Question question = About(v1::REPORT_KIND_DISPARITIES_BY_ACCOUNT);
  question.now = kStart;
  Summary summary(std::move(question));
  for (const v1::Turnaround& turnaround : Views()) summary.Add(turnaround);
  v1::SummaryGroup total;
  google::protobuf::RepeatedPtrField<v1::SummaryGroup> groups;
  ASSERT_EQ(summary.Finish(&total, &groups), absl::OkStatus());
  std::vector<std::string> found;
  for (const v1::SummaryGroup& group : groups) {
    found.push_back(absl::StrCat(group.keys(0), ": ", group.results(), " ", group.released(), " ", group.viewed(), " ",
                                 group.contacted(), " | ", Describe(group.time_to_view())));
  }
  EXPECT_THAT(found, ElementsAre(": 3 2 1 0 | 1x1/1/1", "active: 3 3 3 1 | 3x2/6/6", "none: 1 1 0 1 | -"));
  EXPECT_EQ(total.viewed(), 4);
  EXPECT_EQ(total.contacted(), 2);
}

TEST(SummaryTest, KeepsTheLongestOfManyLines) {
  std::vector<v1::Turnaround> many;
  for (int i = 1; i <= 1000; ++i) {
    many.push_back(Parse(absl::StrCat("result_id: ", i, " received_at @1 parts {audiences: 1 state: OUTCOME_STATE_RELEASED ",
                                      "holds {rule_id: 'r' effect: RULE_EFFECT_DELAY since @1 until @",
                                      2 + 0.01 * ((i * 7) % 1001), " allowed_until @1}}")));
  }
  const Answer answer = Ask(About(v1::REPORT_KIND_HOLDS_BY_BASIS, 3), many);
  // The largest of 7 i modulo 1001 is 994; the newest of those first.
  EXPECT_THAT(answer.lines, ElementsAre(StartsWith("1000 r "), StartsWith("857 r "), StartsWith("714 r ")));
  EXPECT_EQ(answer.all_lines, 1000);
}

TEST(SummaryTest, PercentilesAreNearestRanks) {
  std::vector<v1::Turnaround> many;
  for (int i = 200; i >= 1; --i) {
    many.push_back(Parse(absl::StrCat("result_id: ", i, " received_at @0 final_at @0 parts {audiences: 1 units: 1 state: ",
                                      "OUTCOME_STATE_RELEASED released_at @", i, "}")));
  }
  Question question;
  question.now = kStart;
  Summary summary(question);
  for (const v1::Turnaround& turnaround : many) summary.Add(turnaround);
  v1::SummaryGroup total;
  google::protobuf::RepeatedPtrField<v1::SummaryGroup> groups;
  ASSERT_EQ(summary.Finish(&total, &groups), absl::OkStatus());
  EXPECT_EQ(Hours(total.time_to_release().p50()), 100);
  EXPECT_EQ(Hours(total.time_to_release().p90()), 180);
  EXPECT_EQ(Hours(total.time_to_release().p99()), 198);
  EXPECT_EQ(Hours(total.time_to_release().max()), 200);
}

TEST(SummaryTest, RefusesTooManyGroups) {
  Question question = By({v1::SUMMARY_DIMENSION_FACILITY});
  question.now = kStart;
  Summary summary(question);
  v1::Turnaround turnaround = Parse("received_at @0 parts {audiences: 1 units: 1 state: OUTCOME_STATE_HELD}");
  for (size_t i = 0; i <= kMostGroups; ++i) {
    turnaround.set_facility(absl::StrCat("F", i));
    summary.Add(turnaround);
  }
  v1::SummaryGroup total;
  google::protobuf::RepeatedPtrField<v1::SummaryGroup> groups;
  EXPECT_TRUE(absl::IsResourceExhausted(summary.Finish(&total, &groups)));
}

}  // namespace
}  // namespace resultgate::audit

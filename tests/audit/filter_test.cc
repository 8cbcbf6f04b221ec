#include "server/audit/filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/audit/entry_facts.h"
#include "server/base/proto_time.h"

namespace resultgate::audit {
namespace {

using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

absl::Time Time(const std::string& text) {
  absl::Time time;
  EXPECT_TRUE(base::ParseRfc3339(text, &time)) << text;
  return time;
}

// A biopsy that was held for a review, of result 7.
v1::Entry Biopsy() {
  v1::Entry entry;
  entry.set_sequence(12);
  *entry.mutable_time() = base::ToProto(Time("2026-03-06T21:05:00-05:00"));
  entry.set_actor("lis:north");
  entry.set_result_id(7);
  entry.set_version(2);
  v1::Decision& decision = *entry.mutable_decided()->mutable_decision();
  v1::Outcome& held = *decision.add_outcomes();
  held.add_audiences(v1::AUDIENCE_PATIENT);
  held.set_disposition(v1::DISPOSITION_REVIEW);
  held.set_state(v1::OUTCOME_STATE_HELD);
  v1::AppliedRule& rule = *held.add_rules();
  rule.set_rule_id("biopsy-review");
  rule.mutable_basis()->set_type(v1::BASIS_TYPE_ORGANIZATION_POLICY);
  v1::Outcome& withheld = *decision.add_outcomes();
  withheld.add_audiences(v1::AUDIENCE_DELEGATE);
  withheld.set_disposition(v1::DISPOSITION_WITHHOLD);
  withheld.set_state(v1::OUTCOME_STATE_HELD);
  withheld.add_rules()->set_rule_id("minor privacy");
  return entry;
}

bool Matches(const std::string& text, const v1::Entry& entry = Biopsy()) {
  base::FileIssues issues;
  const std::optional<Filter> filter = Filter::Parse(text, &issues);
  EXPECT_TRUE(filter.has_value()) << text << "\n" << base::Format(issues);
  const auto patient_of = [](int64_t result_id) { return std::vector<std::string>{absl::StrCat("E", result_id), "123-45"}; };
  return filter && filter->Matches(entry, patient_of);
}

TEST(FilterTest, AsksEveryField) {
  for (const char* yes : {
           "",
           "  ",
           "sequence = 12",
           "sequence >= 12",
           "sequence < 13",
           "sequence != 11",
           "result = 7",
           "result:7",
           "version > 1",
           "time = 2026-03-07T02:05:00Z",
           "time >= 2026-03-06T21:05:00-05:00",
           "time < 2026-03-08",
           "time > \"2026-03-07\"",
           "kind = decided",
           "kind=DECIDED",
           "kind != approved",
           "actor = lis:north",
           "actor = lis:*",
           "actor = *north",
           "actor = *is:nor*",
           "actor = *",
           "rule = biopsy-review",
           "rule = \"minor privacy\"",
           "rule = biopsy*",
           "rule != other",
           "basis = organization-policy",
           "basis = ORGANIZATION_POLICY",
           "basis != statute",
           "audience = patient",
           "audience = delegate",
           "audience != representative",
           "state = held",
           "disposition = withhold",
           "patient = E7",
           "patient = 123-45",
           "patient != E8",
           "NOT kind = approved",
           "-kind = approved",
           "NOT NOT kind = decided",
           "kind = decided AND result = 7 AND state = held",
           "kind = approved OR result = 7",
           "(kind = approved OR kind = decided) AND result = 7",
           "result = 7 AND NOT (kind = approved OR kind = refused)",
           "((result = 7))",
       }) {
    EXPECT_TRUE(Matches(yes)) << yes;
  }
  for (const char* no : {
           "sequence = 11",
           "sequence > 12",
           "result != 7",
           "version <= 1",
           "time < 2026-03-07T02:05:00Z",
           "time >= 2026-03-08",
           "kind = approved",
           "kind != decided",
           "actor = lis",
           "actor = \"lis:*\"",
           "actor = north*",
           "rule = biopsy",
           "rule != biopsy-review",
           "basis = statute",
           "basis != organization-policy",
           "audience = representative",
           "audience != patient",
           "state = released",
           "disposition = delay",
           "patient = E8",
           "patient != 123-45",
           "NOT kind = decided",
           "kind = decided AND result = 8",
           "kind = approved OR result = 8",
           "(kind = approved OR kind = decided) AND result = 8",
       }) {
    EXPECT_FALSE(Matches(no)) << no;
  }
}

TEST(FilterTest, AsksWhatReleasesTell) {
  v1::Entry entry;
  entry.mutable_advanced()->add_releases()->add_audiences(v1::AUDIENCE_REPRESENTATIVE);
  EXPECT_TRUE(Matches("audience = representative", entry));
  EXPECT_FALSE(Matches("audience = patient", entry));
  EXPECT_FALSE(Matches("patient = E0", entry)) << "it is about no result";
}

TEST(FilterTest, ADateIsADayInUtc) {
  v1::Entry entry;
  for (const char* of_the_day : {"2026-03-06T00:00:00Z", "2026-03-06T16:05:00Z", "2026-03-06T18:59:59.999999-05:00"}) {
    *entry.mutable_time() = base::ToProto(Time(of_the_day));
    EXPECT_TRUE(Matches("time = 2026-03-06", entry)) << of_the_day;
    EXPECT_TRUE(Matches("time >= 2026-03-06 AND time < 2026-03-07", entry)) << of_the_day;
    EXPECT_FALSE(Matches("time != 2026-03-06", entry)) << of_the_day;
    EXPECT_FALSE(Matches("time = 2026-03-07 OR time = 2026-03-05", entry)) << of_the_day;
  }
  for (const char* of_another : {"2026-03-05T23:59:59.999999Z", "2026-03-07T00:00:00Z", "2026-03-06T19:00:00-05:00"}) {
    *entry.mutable_time() = base::ToProto(Time(of_another));
    EXPECT_FALSE(Matches("time = 2026-03-06", entry)) << of_another;
    EXPECT_TRUE(Matches("time != 2026-03-06", entry)) << of_another;
  }
  *entry.mutable_time() = base::ToProto(Time("2026-03-06T00:00:00Z"));
  EXPECT_TRUE(Matches("time <= 2026-03-06", entry)) << "where there is an order, it is its midnight";
  EXPECT_FALSE(Matches("time > 2026-03-06", entry));
  EXPECT_TRUE(Matches("time = 2026-03-06T00:00:00Z", entry)) << "an instant is an instant";
  *entry.mutable_time() = base::ToProto(Time("2026-03-06T00:00:01Z"));
  EXPECT_FALSE(Matches("time = 2026-03-06T00:00:00Z", entry));
}

// Words of a closed list that is not known would match nothing, and say so with an empty answer.
TEST(FilterTest, NoWordThatNothingMatchesIsTaken) {
  for (const char* of_entries :
       {"kind = decide", "kind != nothing", "kind = dec*", "kind = \"\"", "state = helt", "state = release",
        "audience = patients", "basis = policy", "disposition = held", "NOT kind = decide"}) {
    base::FileIssues issues;
    EXPECT_FALSE(Filter::Parse(of_entries, &issues)) << of_entries;
    ASSERT_EQ(issues.size(), 1) << of_entries;
    EXPECT_EQ(issues[0].source_line.substr(static_cast<size_t>(issues[0].place.column) - 2, 1), " ") << "at the value";
    EXPECT_THAT(issues[0].suggestion, AnyOf(HasSubstr("did you mean `"), HasSubstr("one of "))) << of_entries;
  }
  for (const char* of_results : {"category = lab", "state = waiting", "basis = law", "account = yes", "abnormal = true"}) {
    base::FileIssues issues;
    EXPECT_FALSE(Filter::Parse(of_results, &issues, Filter::Of::kTurnarounds)) << of_results;
    ASSERT_EQ(issues.size(), 1) << of_results;
    EXPECT_FALSE(issues[0].suggestion.empty()) << of_results;
  }
}

TEST(FilterTest, AsksTheTimesOfAResult) {
  v1::Turnaround turnaround;
  turnaround.set_result_id(7);
  *turnaround.mutable_received_at() = base::ToProto(Time("2026-03-06T21:05:00-05:00"));
  turnaround.set_section(v1::SECTION_PATHOLOGY);
  turnaround.set_language("es-MX");
  turnaround.set_facility("NORTH CLINIC");
  turnaround.set_abnormal(true);
  turnaround.set_portal_account(false);
  v1::Turnaround::Part* part = turnaround.add_parts();
  part->set_state(v1::OUTCOME_STATE_HELD);
  v1::Turnaround::Hold* hold = part->add_holds();
  hold->set_rule_id("biopsy-review");
  hold->mutable_basis()->set_type(v1::BASIS_TYPE_ORGANIZATION_POLICY);
  const auto matches = [&turnaround](const std::string& text) {
    base::FileIssues issues;
    const auto filter = Filter::Parse(text, &issues, Filter::Of::kTurnarounds);
    EXPECT_TRUE(filter) << text << "\n" << base::Format(issues);
    return filter && filter->Matches(turnaround);
  };
  for (const char* yes :
       {"", "result = 7", "time >= 2026-03-07 AND time < 2026-03-08", "category = pathology", "language = es*",
        "facility = \"NORTH CLINIC\"", "facility = NORTH*", "rule = biopsy*", "basis = organization-policy", "state = held",
        "NOT state = released", "rule != other", "account = none", "account != active", "abnormal = yes", "abnormal != no"}) {
    EXPECT_TRUE(matches(yes)) << yes;
  }
  for (const char* no : {"result = 8", "time >= 2026-03-08", "category = laboratory", "language = es", "facility = SOUTH",
                         "rule != biopsy-review", "basis = statute", "state = released", "account = active", "abnormal = no"}) {
    EXPECT_FALSE(matches(no)) << no;
  }
  turnaround.clear_portal_account();
  EXPECT_FALSE(matches("account = none OR account = active")) << "nobody knows";
}

TEST(FilterTest, EachThingHasItsFields) {
  const std::pair<const char*, Filter::Of> cases[] = {{"patient = E1", Filter::Of::kTurnarounds},
                                                      {"kind = decided", Filter::Of::kTurnarounds},
                                                      {"category = pathology", Filter::Of::kEntries}};
  for (const auto& [text, of] : cases) {
    base::FileIssues issues;
    EXPECT_FALSE(Filter::Parse(text, &issues, of)) << text;
    ASSERT_EQ(issues.size(), 1);
    EXPECT_THAT(issues[0].message, HasSubstr("there is no field"));
  }
}

TEST(FilterTest, TheLogKeepsNoIdentifierOfAPatient) {
  const std::pair<const char*, const char*> cases[] = {
      {"patient = E1234567", "patient = ***"},
      {"rule = a AND patient != \"E 1\"", "rule = a AND patient != ***"},
      {"(patient:E1 OR patient = E2*) AND kind = decided", "(patient:*** OR patient = ***) AND kind = decided"},
      {"actor = E1", "actor = E1"},
      {"", ""}};
  for (const auto& [text, logged] : cases) {
    base::FileIssues issues;
    const auto filter = Filter::Parse(text, &issues);
    ASSERT_TRUE(filter) << text;
    EXPECT_EQ(filter->text_for_log(), logged);
  }
}

TEST(FilterTest, SaysOfWhichTimeAllIsThatMatches) {
  const auto times = [](const std::string& text) {
    base::FileIssues issues;
    const Filter::TimeRange range = Filter::Parse(text, &issues, Filter::Of::kTurnarounds)->Times();
    return absl::StrCat(absl::FormatTime("%m-%d %H:%M:%E9S", range.from, absl::UTCTimeZone()), " ",
                        absl::FormatTime("%m-%d %H:%M:%E9S", range.until, absl::UTCTimeZone()));
  };
  EXPECT_EQ(times("time >= 2026-03-06 AND time < 2026-04-01"), "03-06 00:00:00.000000000 04-01 00:00:00.000000000");
  EXPECT_EQ(times("time = 2026-03-06"), "03-06 00:00:00.000000000 03-07 00:00:00.000000000");
  EXPECT_EQ(times("time = 2026-03-06T00:00:00Z"), "03-06 00:00:00.000000000 03-06 00:00:00.000001000");
  EXPECT_EQ(times("time != 2026-03-06"), "infinite-past infinite-future");
  EXPECT_EQ(times("time > 2026-03-06 AND time <= 2026-03-07 AND state = held"),
            "03-06 00:00:00.000000000 03-07 00:00:00.000001000");
  EXPECT_EQ(times("time <= 2026-03-06T00:00:00.0000015Z"), "infinite-past 03-06 00:00:00.000002000");
  EXPECT_EQ(times("time >= 2026-03-06 OR state = held"), "infinite-past infinite-future");
}

std::vector<std::string> Mistakes(const std::string& text) {
  base::FileIssues issues;
  EXPECT_FALSE(Filter::Parse(text, &issues).has_value()) << text;
  std::vector<std::string> mistakes;
  for (const base::FileIssue& issue : issues) {
    mistakes.push_back(
        absl::StrCat(issue.place.column, ": ", issue.message, issue.suggestion.empty() ? "" : "; ", issue.suggestion));
  }
  return mistakes;
}

TEST(FilterTest, SaysWhereAndWhatWouldBeRight) {
  EXPECT_THAT(Mistakes("rul = biopsy-review"), ElementsAre("1: there is no field `rul`; did you mean `rule`?"));
  EXPECT_THAT(Mistakes("kind = decidet"), ElementsAre("8: `decidet` is none that is known; did you mean `decided`?"));
  EXPECT_THAT(Mistakes("audience = everybody"),
              ElementsAre("12: `everybody` is none that is known; one of patient, representative, delegate"));
  EXPECT_THAT(Mistakes("time >= yesterday"),
              ElementsAre(HasSubstr("9: `yesterday` is no time; write it as 2026-03-06T21:05:00-05:00")));
  EXPECT_THAT(Mistakes("time >= 2026-03-06T21:05:00"), ElementsAre(HasSubstr("is no time")));
  EXPECT_THAT(Mistakes("result = seven"), ElementsAre("10: `seven` is no number"));
  EXPECT_THAT(Mistakes("rule < a"), ElementsAre("6: `rule` has no order; use `=` or `!=`"));
  EXPECT_THAT(Mistakes("result == 7"), ElementsAre(HasSubstr("8: there is no operator `==`")));
  EXPECT_THAT(Mistakes("biopsy"), ElementsAre(HasSubstr("7: an operator is missing after `biopsy`")));
  EXPECT_THAT(Mistakes("result ="), ElementsAre("9: a value is missing after `=`"));
  EXPECT_THAT(Mistakes("result = 7 kind = decided"), ElementsAre("12: `AND` or `OR` is missing here"));
  EXPECT_THAT(Mistakes("result = 7 and kind = decided"), ElementsAre(HasSubstr("12: `and` and `or` are written in capitals")));
  EXPECT_THAT(Mistakes("result = 7 AND"), ElementsAre(HasSubstr("15: a restriction belongs here")));
  EXPECT_THAT(Mistakes("(result = 7"), ElementsAre("12: a `)` is missing"));
  EXPECT_THAT(Mistakes("result = 7)"), ElementsAre("11: there is no `(` for this `)`"));
  EXPECT_THAT(Mistakes("actor = \"lis"), ElementsAre(HasSubstr("9: the quote is not closed")));
  EXPECT_THAT(Mistakes("actor = a*b"), ElementsAre(HasSubstr("9: a `*` stands at the ends of a value only")));
  EXPECT_THAT(Mistakes("result = 7 AND kind = decided OR kind = approved"),
              ElementsAre(HasSubstr("31: AND and OR stand side by side, and it is not clear which counts first")));
  EXPECT_THAT(Mistakes(std::string(5000, 'x')), ElementsAre(HasSubstr("at most 4096 bytes")));
  EXPECT_THAT(Mistakes(absl::StrCat(std::string(100, '('), "result = 7")), ElementsAre(HasSubstr("more than 32 deep")));
}

TEST(FilterTest, SaysAllMistakesAtOnce) {
  EXPECT_THAT(Mistakes("rul = x AND kind = decidet AND (time > noon OR result = seven)"), SizeIs(4));
}

TEST(FilterTest, KnowsWhatCanBeFoundByAnIndex) {
  const auto parse = [](const std::string& text) {
    base::FileIssues issues;
    return *Filter::Parse(text, &issues);
  };
  EXPECT_EQ(parse("result = 7").OnlyResult(), 7);
  EXPECT_EQ(parse("kind = decided AND result = 7").OnlyResult(), 7);
  EXPECT_EQ(parse("kind = decided OR result = 7").OnlyResult(), std::nullopt);
  EXPECT_EQ(parse("NOT result = 7").OnlyResult(), std::nullopt);
  EXPECT_EQ(parse("result > 7").OnlyResult(), std::nullopt);
  EXPECT_EQ(parse("").OnlyResult(), std::nullopt);
  EXPECT_EQ(parse("kind = decided AND patient = NORTH|P1").OnlyPatient(), "NORTH|P1");
  EXPECT_EQ(parse("patient = \"*\"").OnlyPatient(), "*") << "in quotes it is a star";
  for (const char* several :
       {"patient = P*", "patient != P1", "NOT patient = P1", "patient = P1 OR result = 7", "actor = P1", ""}) {
    EXPECT_EQ(parse(several).OnlyPatient(), std::nullopt) << several;
  }
  EXPECT_EQ(parse("sequence > 5 AND sequence <= 9").Sequences().first, 5);
  EXPECT_EQ(parse("sequence > 5 AND sequence <= 9").Sequences().last, 9);
  EXPECT_EQ(parse("sequence > 5 OR sequence <= 9").Sequences().first, 0);
}

// Whatever is typed: an answer, never a crash; and each mistake at a place within the text or at its end.
TEST(FilterTest, TakesAnyText) {
  std::mt19937 random(1);
  const std::vector<std::string> pieces = {"result", "kind",       "=", "!=", "(",    ")",  "AND", "OR",
                                           "NOT",    "-",          "7", "\"", "*",    "\\", " ",   "decided",
                                           "time",   "2026-03-06", "<", ":",  "\xff", "a"};
  int parsed = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string text;
    for (int k = static_cast<int>(random() % 12); k > 0; --k)
      absl::StrAppend(&text, pieces[random() % pieces.size()], random() % 2 ? " " : "");
    base::FileIssues issues;
    const std::optional<Filter> filter = Filter::Parse(text, &issues);
    EXPECT_EQ(filter.has_value(), issues.empty()) << text;
    for (const base::FileIssue& issue : issues) {
      EXPECT_GE(issue.place.column, 1) << text;
      EXPECT_LE(issue.place.column, static_cast<int>(text.size()) + 1) << text;
    }
    if (filter) {
      ++parsed;
      filter->Matches(Biopsy(), nullptr);
    }
  }
  EXPECT_GT(parsed, 100);
}

TEST(EntryFactsTest, EveryKindHasItsWord) {
  const google::protobuf::OneofDescriptor* event = v1::Entry::descriptor()->FindOneofByName("event");
  for (int i = 0; i < event->field_count(); ++i) {
    v1::Entry entry;
    entry.GetReflection()->MutableMessage(&entry, event->field(i));
    EXPECT_NE(KindOf(entry), v1::ENTRY_KIND_UNSPECIFIED) << event->field(i)->name();
    EXPECT_EQ(ParseKind(KindWord(entry)), KindOf(entry)) << event->field(i)->name();
  }
  EXPECT_EQ(KindWords().size(), event->field_count());
}

}  // namespace
}  // namespace resultgate::audit

// The times of a result, from its entries.
#include "server/audit/turnaround.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/time.h"
#include "server/base/proto_time.h"

namespace resultgate::audit {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1'772'827'200);

// Text format in which `@3.5` is the time 3.5 hours after the start.
template <typename Message>
Message Parse(std::string text) {
  for (size_t at = text.find('@'); at != std::string::npos; at = text.find('@', at)) {
    const size_t end = text.find_first_not_of("0123456789.", at + 1);
    const double hours = std::stod(text.substr(at + 1, end - at - 1));
    text.replace(at, end - at, absl::StrCat("{seconds: ", absl::ToUnixSeconds(kStart + absl::Hours(hours)), "}"));
  }
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message)) << text;
  return message;
}

double HoursOf(const google::protobuf::Timestamp& time) {
  return absl::ToDoubleHours(base::FromProto(time) - kStart);
}

// `patient,delegate 2 RELEASED@5 unreviewed in es: biopsy-review 1-5 of 4`.
std::string Describe(const v1::Turnaround::Part& part) {
  std::string text;
  for (const int audience : part.audiences()) absl::StrAppend(&text, text.empty() ? "" : ",", audience);
  absl::StrAppend(&text, " ", part.units(), " ",
                  absl::StrReplaceAll(v1::OutcomeState_Name(part.state()), {{"OUTCOME_STATE_", ""}}));
  if (part.has_released_at()) absl::StrAppend(&text, " @", HoursOf(part.released_at()));
  if (part.released_unreviewed()) absl::StrAppend(&text, " unreviewed");
  if (!part.comment_language().empty()) absl::StrAppend(&text, " in ", part.comment_language());
  for (const v1::Turnaround::Hold& hold : part.holds()) {
    absl::StrAppend(&text, "; ", hold.rule_id(), " ", HoursOf(hold.since()), "-",
                    hold.has_until() ? absl::StrCat(HoursOf(hold.until())) : "", " of ",
                    hold.has_allowed_until() ? absl::StrCat(HoursOf(hold.allowed_until())) : "");
    if (hold.has_reviewed_at()) {
      absl::StrAppend(&text, " reviewed ", HoursOf(hold.review_started_at()), "-", HoursOf(hold.reviewed_at()));
    }
    if (hold.has_owner()) absl::StrAppend(&text, " for ", hold.owner().role());
  }
  return text;
}

constexpr char kReview[] =
    "rules {rule_id: 'look' effect: RULE_EFFECT_REVIEW basis {type: BASIS_TYPE_ORGANIZATION_POLICY}} "
    "rules {rule_id: 'known' effect: RULE_EFFECT_PERMIT} ";
const std::string kKeep = "rules {rule_id: 'keep' effect: RULE_EFFECT_WITHHOLD basis {type: BASIS_TYPE_PRIVACY}} ";
constexpr char kDelay[] = "rules {rule_id: 'wait' effect: RULE_EFFECT_DELAY basis {type: BASIS_TYPE_STATUTE}} ";

// Of these units, a letter each, for the patient and delegates.
std::string Outcome(const std::string& units, const std::string& rest) {
  std::string text = "outcomes {audiences: AUDIENCE_PATIENT audiences: AUDIENCE_DELEGATE ";
  for (const char unit : units) absl::StrAppend(&text, "unit_ids: '", std::string(1, unit), "' ");
  return absl::StrCat(text, rest, "} ");
}
std::string Held(const std::string& units, const std::string& disposition, const std::string& rest) {
  return Outcome(units, absl::StrCat("state: OUTCOME_STATE_HELD disposition: DISPOSITION_", disposition, " ", rest));
}
std::string Out(const std::string& units, const std::string& rest = "") {
  return Outcome(units, absl::StrCat("state: OUTCOME_STATE_RELEASED disposition: DISPOSITION_RELEASE ", rest));
}
std::string Decided(double at, const std::string& outcomes) {
  return absl::StrCat("result_id: 7 time: @", at, " decided {decision {clock_start: @1 ", outcomes, "}}");
}
std::string Advanced(double at, const std::string& outcomes) {
  return absl::StrCat("result_id: 7 time: @", at, " advanced {", outcomes, "}");
}
std::string Approved(double at, const std::string& outcomes) {
  return absl::StrCat("result_id: 7 time: @", at, " approved {", outcomes, "}");
}
std::string Review(const std::string& expires, const std::string& rest = "") {
  return absl::StrCat(kReview, "review {started_at: @2 expires_at: @", expires, " turns {owner {role: 'pool'} until: @", expires,
                      "} ", rest, "} ");
}

struct Case {
  const char* what;
  std::vector<std::string> entries;
  std::vector<std::string> parts;
};

TEST(TurnaroundTest, TellsWhenUnitsWentAndWhatHeldThem) {
  const std::vector<Case> cases = {
      {"released at once",
       {absl::StrCat(
           "result_id: 7 time: @1.5 decided {decision {clock_start: @1 ", Out("ab"),
           "} releases {kind: RELEASE_KIND_RESULT unit_ids: 'a' unit_ids: 'b' audiences: AUDIENCE_PATIENT language: 'es'} "
           "releases {kind: RELEASE_KIND_RESULT unit_ids: 'a' unit_ids: 'b' audiences: AUDIENCE_DELEGATE language: 'es'}}")},
       {"1,3 2 RELEASED @1.5 in es"}},
      {"waits for a review", {Decided(2, Held("a", "REVIEW", Review("9")))}, {"1,3 1 HELD; look 2- of 9 for pool"}},
      {"approved",
       {Decided(2, Held("a", "REVIEW", Review("9"))), Approved(5, Out("a", Review("9", "approved_at: @5 approved_by: 'x'")))},
       {"1,3 1 RELEASED @5; look 2-5 of 9 reviewed 2-5"}},
      {"the review expires: nobody looked",
       {Decided(2, Held("a", "REVIEW", Review("9"))), Advanced(9, Out("a", "released_unreviewed: true " + Review("9")))},
       {"1,3 1 RELEASED @9 unreviewed; look 2-9 of 9"}},
      {"it escalates, which the rule allows",
       {Decided(2, Held("a", "REVIEW", Review("9"))), Advanced(9, Held("a", "REVIEW", Review("12", "escalated: true"))),
        Advanced(12, Out("a", "released_unreviewed: true " + Review("12", "escalated: true")))},
       {"1,3 1 RELEASED @12 unreviewed; look 2-12 of 12"}},
      {"it may not go by time, and comes back: an overrun",
       {Decided(2, Held("a", "WITHHOLD", Review("9") + "withheld_until: @2")),
        Advanced(9, Held("a", "WITHHOLD", Review("33", "overruns: 1") + "withheld_until: @2"))},
       {"1,3 1 HELD; look 2- of 9 for pool"}},
      {"a review behind a withholding is nobody's until that ends",
       {Decided(2, Held("a", "REVIEW", Review("9"))),
        Advanced(3, Held("a", "WITHHOLD", kKeep + Review("20") + "withheld_until: @8")),
        Advanced(8, Held("a", "WITHHOLD", kKeep + Review("20") + "withheld_until: @8"))},
       {"1,3 1 HELD; look 2-3 of 9; keep 3- of 8; look 8- of 20 for pool"}},
      {"what is put off after downtime was not allowed for longer",
       {Decided(2, Held("a", "REVIEW", Review("9"))),
        Advanced(9.001, Held("a", "REVIEW", Review("14", "extended_after_downtime: true")))},
       {"1,3 1 HELD; look 2- of 9 for pool"}},
      {"a ceiling is the end of what is allowed",
       {Decided(2, Held("a", "REVIEW", Review("9") + "not_after: @4"))},
       {"1,3 1 HELD; look 2- of 4 for pool"}},
      {"a floor passes late",
       {Decided(2, Held("a", "DELAY", absl::StrCat(kDelay, "not_before: @6"))), Advanced(7, Out("a", kDelay))},
       {"1,3 1 RELEASED @7; wait 2-7 of 6"}},
      {"a floor behind a review ends by itself",
       {Decided(2, Held("a", "REVIEW", absl::StrCat(kDelay, "not_before: @6 ", Review("9")))),
        Approved(8, Out("a", kDelay + Review("9", "approved_at: @8")))},
       {"1,3 1 RELEASED @8; wait 2-6 of 6; look 2-8 of 9 reviewed 2-8"}},
      {"approved before the floor: the floor holds on",
       {Decided(2, Held("a", "REVIEW", absl::StrCat(kDelay, "not_before: @6 ", Review("9")))),
        Approved(3, Held("a", "DELAY", absl::StrCat(kDelay, "not_before: @6 ", Review("9", "approved_at: @3"))))},
       {"1,3 1 HELD; wait 2- of 6; look 2-3 of 9 reviewed 2-3"}},
      {"a lifted rule holds nothing",
       {Decided(2, Held("a", "DELAY", "rules {rule_id: 'wait' effect: RULE_EFFECT_DELAY lifted: true} not_before: @6"))},
       {"1,3 1 HELD"}},
      {"a correction keeps the hold, and the first release is the release",
       {Decided(2, Held("a", "REVIEW", Review("9"))), Decided(4, Held("a", "REVIEW", Review("9"))), Approved(5, Out("a")),
        Decided(6, Held("a", "REVIEW", Review("12"))), Approved(8, Out("a"))},
       {"1,3 1 RELEASED @5; look 2-5 of 9; look 6-8 of 12"}},
      {"an end that was passed is not moved by a new version",
       {Decided(2, Held("a", "REVIEW", Review("9"))), Decided(10, Held("a", "REVIEW", Review("15")))},
       {"1,3 1 HELD; look 2- of 9 for pool"}},
      {"units part",
       {Decided(2, Held("abc", "REVIEW", Review("9"))), Approved(5, Out("b", Review("9", "approved_at: @5")))},
       {"1,3 2 HELD; look 2- of 9 for pool", "1,3 1 RELEASED @5; look 2-5 of 9 reviewed 2-5"}},
      {"and a unit that a version no longer has is closed",
       {Decided(2, Held("ab", "REVIEW", Review("9"))), Decided(3, Out("a"))},
       {"1,3 1 RELEASED @3; look 2-3 of 9", "1,3 1 CLOSED; look 2-3 of 9"}},
      {"a version that tells nothing changes nothing",
       {Decided(2, Held("a", "REVIEW", Review("9"))),
        "result_id: 7 time: @3 decided {disposal: DISPOSAL_OLDER_VERSION decision {}}"},
       {"1,3 1 HELD; look 2- of 9 for pool"}},
      {"nor does who reads of it",
       {Decided(2, Out("a")), "result_id: 7 time: @3 queried {query: QUERY_HISTORY}",
        "result_id: 7 time: @4 acknowledged {release_sequences: 1}"},
       {"1,3 1 RELEASED @2"}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.what);
    std::vector<v1::Entry> entries;
    for (const std::string& text : c.entries) entries.push_back(Parse<v1::Entry>(text));
    const auto turnaround = TurnaroundOf(entries, nullptr);
    ASSERT_TRUE(turnaround);
    EXPECT_EQ(turnaround->result_id(), 7);
    EXPECT_EQ(HoursOf(turnaround->final_at()), 1);
    EXPECT_EQ(HoursOf(turnaround->received_at()), HoursOf(entries[0].time()));
    std::vector<std::string> parts;
    for (const v1::Turnaround::Part& part : turnaround->parts()) parts.push_back(Describe(part));
    EXPECT_THAT(parts, ::testing::UnorderedElementsAreArray(c.parts));
  }
}

// A version at 4 h withdraws `a`, which was released at 2 h in Spanish; `outcomes` is what it decides.
std::string Withdrawn(const std::string& outcomes) {
  return absl::StrCat("result_id: 7 time: @4 decided {decision {clock_start: @1 ", outcomes,
                      "} releases {kind: RELEASE_KIND_RETRACTION unit_ids: 'a' audiences: AUDIENCE_PATIENT "
                      "audiences: AUDIENCE_DELEGATE}}");
}

TEST(TurnaroundTest, WhatAnotherPatientWasShownIsNotReleasedToTheOneWhoseItIs) {
  const std::string shown = absl::StrCat("result_id: 7 time: @2 decided {decision {clock_start: @1 ", Out("a"),
                                         "} releases {kind: RELEASE_KIND_RESULT unit_ids: 'a' audiences: AUDIENCE_PATIENT "
                                         "audiences: AUDIENCE_DELEGATE language: 'es'}}");
  const Case cases[] = {
      {"quarantined: it waits", {shown, Withdrawn(Held("a", "QUARANTINE", ""))}, {"1,3 1 HELD"}},
      {"and goes to whose it is", {shown, Withdrawn(Held("a", "QUARANTINE", "")), Approved(9, Out("a"))}, {"1,3 1 RELEASED @9"}},
      {"it goes at once to another patient", {shown, Withdrawn(Out("a"))}, {"1,3 1 RELEASED @4"}},
      {"withdrawn as an error: the patient was shown it",
       {shown, Withdrawn(Outcome("a", "state: OUTCOME_STATE_CLOSED disposition: DISPOSITION_NEVER"))},
       {"1,3 1 CLOSED @2 in es"}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.what);
    std::vector<v1::Entry> entries;
    for (const std::string& text : c.entries) entries.push_back(Parse<v1::Entry>(text));
    std::vector<std::string> parts;
    const auto turnaround = TurnaroundOf(entries, nullptr);
    ASSERT_TRUE(turnaround);
    for (const v1::Turnaround::Part& part : turnaround->parts()) parts.push_back(Describe(part));
    EXPECT_THAT(parts, ::testing::UnorderedElementsAreArray(c.parts));
  }
}

TEST(TurnaroundTest, AnOlderVersionThatWasFinalBeforeMovesWhenItWasFinal) {
  const auto turnaround =
      TurnaroundOf({Parse<v1::Entry>(Decided(2, Out("a"))),
                    Parse<v1::Entry>("result_id: 7 time: @3 decided {disposal: DISPOSAL_OLDER_VERSION clock_start: @0.5}")},
                   nullptr);
  ASSERT_TRUE(turnaround);
  EXPECT_EQ(HoursOf(turnaround->final_at()), 0.5);
  EXPECT_EQ(HoursOf(turnaround->received_at()), 2);
}

TEST(TurnaroundTest, AudiencesThatFareOtherwiseAreAPartOfTheirOwn) {
  const auto turnaround = TurnaroundOf(
      {Parse<v1::Entry>(
          "result_id: 7 time: @2 decided {decision {"
          "outcomes {unit_ids: 'a' unit_ids: 'b' audiences: AUDIENCE_PATIENT audiences: AUDIENCE_DELEGATE "
          "state: OUTCOME_STATE_RELEASED} "
          "outcomes {unit_ids: 'a' audiences: AUDIENCE_REPRESENTATIVE state: OUTCOME_STATE_HELD "
          "disposition: DISPOSITION_WITHHOLD withheld_until: @9 rules {rule_id: 'minor' effect: RULE_EFFECT_WITHHOLD}} "
          "outcomes {unit_ids: 'b' audiences: AUDIENCE_REPRESENTATIVE state: OUTCOME_STATE_RELEASED}}}")},
      nullptr);
  std::vector<std::string> parts;
  for (const v1::Turnaround::Part& part : turnaround->parts()) parts.push_back(Describe(part));
  EXPECT_THAT(parts, ::testing::UnorderedElementsAre("1,3 2 RELEASED @2", "2 1 RELEASED @2", "2 1 HELD; minor 2- of 9"));
}

TEST(TurnaroundTest, TakesFromTheReportWhoseItIs) {
  const auto report = Parse<v1::DiagnosticReport>(
      "section: SECTION_PATHOLOGY patient {language: 'es'} order {facility: 'NORTH'} conclusion: 'nothing of this'");
  const std::vector<v1::Entry> entries = {Parse<v1::Entry>(Decided(2, Out("a")))};
  const auto turnaround = TurnaroundOf(entries, &report);
  ASSERT_TRUE(turnaround);
  EXPECT_EQ(turnaround->section(), v1::SECTION_PATHOLOGY);
  EXPECT_EQ(turnaround->language(), "es");
  EXPECT_EQ(turnaround->facility(), "NORTH");
  EXPECT_FALSE(TurnaroundOf({}, &report));
  EXPECT_FALSE(TurnaroundOf({Parse<v1::Entry>("result_id: 7 advanced {reasons: 'cannot be read'}")}, nullptr));
}

// Who saw what, at `@hours`: `viewed 3 opened - contacted - unseen -`.
TEST(TurnaroundTest, TellsWhoSawIt) {
  const auto shown = [](double at, const std::string& kind, const std::string& units) {
    std::string text = absl::StrCat("result_id: 7 time: @", at, " advanced {", Out("a"), " ");
    for (const char unit : units) {
      absl::StrAppend(&text, "releases {kind: RELEASE_KIND_", kind, " audiences: [1, 3] unit_ids: '", std::string(1, unit),
                      "'} ");
    }
    return text + "}";
  };
  const auto told = [](double at, const std::string& kind, double happened_at) {
    return absl::StrCat("result_id: 7 time: @", at, " followed_up {kind: FOLLOW_UP_KIND_", kind, " happened_at: @", happened_at,
                        "}");
  };
  const std::string first = Decided(1, Held("a", "REVIEW", Review("9")));
  const std::string second = Decided(10, Held("a", "REVIEW", Review("19")));
  const std::string older = "result_id: 7 time: @10 decided {disposal: DISPOSAL_OLDER_VERSION}";
  struct {
    const char* what;
    std::vector<std::string> entries;
    const char* expected;
  } const cases[] = {
      {"held", {first}, "viewed - opened - contacted - unseen -"},
      {"out", {first, shown(2, "RESULT", "a")}, "viewed - opened - contacted - unseen 2"},
      {"seen, as is told later",
       {first, shown(2, "RESULT", "a"), told(6, "VIEWED", 3)},
       "viewed 3 opened - contacted - unseen -"},
      {"seen by a delegate",
       {first, shown(2, "RESULT", "a"),
        "result_id: 7 time: @3 followed_up {kind: FOLLOW_UP_KIND_VIEWED audience: AUDIENCE_DELEGATE happened_at: @3}"},
       "viewed - opened - contacted - unseen 2"},
      {"opened, not seen",
       {first, shown(2, "RESULT", "a"), told(3, "CLINICIAN_VIEWED", 3)},
       "viewed - opened 3 contacted - unseen 2"},
      {"what is told first may have happened later",
       {first, told(6, "CLINICIAN_VIEWED", 6), told(7, "CLINICIAN_VIEWED", 4)},
       "viewed - opened 4 contacted - unseen -"},
      {"who approves has opened it", {first, Approved(3, Out("a"))}, "viewed - opened 3 contacted - unseen -"},
      {"so has who releases it",
       {first, "result_id: 7 time: @4 reviewed {action: REVIEW_ACTION_RELEASED_NOW}"},
       "viewed - opened 4 contacted - unseen -"},
      {"who hands it over has not",
       {first, "result_id: 7 time: @4 reviewed {action: REVIEW_ACTION_HANDED_OVER}"},
       "viewed - opened - contacted - unseen -"},
      {"reached again", {first, told(3, "CONTACTED", 3), told(8, "CONTACTED", 7)}, "viewed - opened - contacted 7 unseen -"},
      {"discussed", {first, "result_id: 7 time: @4 approved {discussed_at: @3}"}, "viewed - opened 4 contacted 3 unseen -"},
      {"a correction of what was seen",
       {first, shown(2, "RESULT", "a"), told(3, "VIEWED", 3), second, shown(11, "BEING_CORRECTED", "a"),
        shown(12, "RESULT", "a")},
       "viewed 3 opened - contacted - unseen 12"},
      {"more of the same was seen with the rest",
       {first, shown(2, "RESULT", "a"), told(3, "VIEWED", 3), second, shown(12, "RESULT", "b")},
       "viewed 3 opened - contacted - unseen -"},
      {"seen after the correction came",
       {first, shown(2, "RESULT", "a"), second, told(11, "VIEWED", 11), shown(12, "RESULT", "a")},
       "viewed 11 opened - contacted - unseen -"},
      {"a correction of what nobody had seen",
       {first, shown(2, "RESULT", "a"), second, shown(12, "RESULT", "a")},
       "viewed - opened - contacted - unseen 2"},
      {"an older version corrects nothing",
       {first, shown(2, "RESULT", "a"), told(3, "VIEWED", 3), older, shown(12, "RESULT", "a")},
       "viewed 3 opened - contacted - unseen -"},
      {"taken away", {first, shown(2, "RESULT", "ab"), shown(3, "RETRACTION", "ab")}, "viewed - opened - contacted - unseen -"},
      {"and shown again",
       {first, shown(2, "RESULT", "ab"), told(3, "VIEWED", 3), shown(4, "RETRACTION", "ab"), shown(5, "RESULT", "a")},
       "viewed 3 opened - contacted - unseen 5"},
      {"one part is taken away",
       {first, shown(2, "RESULT", "ab"), told(3, "VIEWED", 3), shown(4, "RETRACTION", "b"), shown(5, "RESULT", "b")},
       "viewed 3 opened - contacted - unseen -"},
  };
  for (const auto& c : cases) {
    std::vector<v1::Entry> entries;
    for (const std::string& text : c.entries) entries.push_back(Parse<v1::Entry>(text));
    const auto turnaround = TurnaroundOf(entries, nullptr);
    ASSERT_TRUE(turnaround) << c.what;
    const auto time = [](bool has, const google::protobuf::Timestamp& at) { return has ? absl::StrCat(HoursOf(at)) : "-"; };
    EXPECT_EQ(absl::StrCat("viewed ", time(turnaround->has_first_viewed_at(), turnaround->first_viewed_at()), " opened ",
                           time(turnaround->has_opened_at(), turnaround->opened_at()), " contacted ",
                           time(turnaround->has_contacted_at(), turnaround->contacted_at()), " unseen ",
                           time(turnaround->has_unseen_since(), turnaround->unseen_since())),
              c.expected)
        << c.what;
  }
}

TEST(TurnaroundTest, Overruns) {
  struct {
    const char* hold;
    double now;
    double over;  // 0: none
  } const cases[] = {
      {"since: @1 until: @5 allowed_until: @4", 9, 1},
      {"since: @1 until: @4 allowed_until: @4", 9, 0},
      {"since: @1 until: @4.01 allowed_until: @4", 9, 0},  // the timer's lateness
      {"since: @1 allowed_until: @4", 9, 5},
      {"since: @1 allowed_until: @4", 3, 0},
      {"since: @1 until: @6 allowed_until: @4", 5, 1},  // will end by itself
      {"since: @1", 9, 0},
  };
  for (const auto& c : cases) {
    const auto over = OverrunOf(Parse<v1::Turnaround::Hold>(c.hold), kStart + absl::Hours(c.now));
    EXPECT_EQ(over.has_value(), c.over > 0) << c.hold;
    if (over) {
      EXPECT_EQ(*over, absl::Hours(c.over)) << c.hold;
    }
  }
}

}  // namespace
}  // namespace resultgate::audit

#include "server/app/words.h"

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <string>

#include "server/audit/entry_facts.h"
#include "server/base/proto_time.h"
#include "tests/testing/sample_reports.h"

namespace resultgate::app {
namespace {

template <typename Message>
Message Parse(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message)) << text;
  return message;
}

v1::Outcome Outcome(const std::string& text) {
  return Parse<v1::Outcome>(text);
}

absl::TimeZone NewYork() {
  absl::TimeZone zone;
  EXPECT_TRUE(absl::LoadTimeZone("America/New_York", &zone));
  return zone;
}

// 2026-03-06T21:05:00-05:00, a Friday.
constexpr char kFriday[] = "{ seconds: 1772849100 }";

TEST(WordsTest, Times) {
  EXPECT_EQ(LocalTime(Parse<google::protobuf::Timestamp>("seconds: 1772849100"), NewYork()), "Fri 2026-03-06 21:05");
  EXPECT_EQ(LocalTime(Parse<google::protobuf::Timestamp>("seconds: 1772849100"), absl::UTCTimeZone()), "Sat 2026-03-07 02:05");
  EXPECT_EQ(ShortTime(Parse<google::protobuf::Timestamp>("seconds: 1772849100"), NewYork()), "Fri 03-06 21:05");
}

TEST(WordsTest, Concepts) {
  EXPECT_EQ(ConceptText({}), "");
  EXPECT_EQ(ConceptText(Parse<v1::CodeableConcept>("codings { code: '718-7' }")), "718-7");
  EXPECT_EQ(ConceptText(Parse<v1::CodeableConcept>("codings { code: 'HGB' } codings { code: '718-7' display: 'Hemoglobin' }")),
            "Hemoglobin");
  EXPECT_EQ(ConceptText(Parse<v1::CodeableConcept>("codings { code: '718-7' display: 'Hemoglobin' } text: 'Hb'")), "Hb");
}

TEST(WordsTest, Units) {
  v1::DiagnosticReport report = testing::BloodCount(1);
  EXPECT_EQ(UnitsText(report, Outcome("unit_ids: '718-7' unit_ids: '777-3'").unit_ids()), "Hemoglobin, Platelets");
  EXPECT_EQ(UnitsText(report, Outcome("unit_ids: 'gone'").unit_ids()), "gone");
  v1::Outcome all;
  for (const v1::Observation& observation : report.observations()) all.add_unit_ids(observation.id());
  EXPECT_EQ(UnitsText(report, all.unit_ids()), "all 6");
  report.set_narrative("seen under the microscope");
  EXPECT_EQ(UnitsText(report, all.unit_ids()), "6 of 7");
  EXPECT_EQ(UnitsText(report, Outcome("unit_ids: 'document'").unit_ids()), "document");
}

TEST(WordsTest, Audiences) {
  EXPECT_EQ(AudiencesText(Outcome("audiences: [AUDIENCE_DELEGATE, AUDIENCE_PATIENT]").audiences()), "patient, delegate");
  EXPECT_EQ(AudiencesText(Outcome("audiences: [AUDIENCE_PATIENT, AUDIENCE_REPRESENTATIVE, AUDIENCE_DELEGATE]").audiences()), "");
}

TEST(WordsTest, Outcomes) {
  struct Case {
    const char* outcome;
    const char* word;
  };
  const Case cases[] = {
      {"disposition: DISPOSITION_RELEASE state: OUTCOME_STATE_RELEASED", "released"},
      {"disposition: DISPOSITION_RELEASE state: OUTCOME_STATE_PUBLISHED", "published"},
      {"disposition: DISPOSITION_REVIEW state: OUTCOME_STATE_RELEASED released_unreviewed: true", "released unreviewed"},
      {"disposition: DISPOSITION_RELEASE", "release"},
      {"disposition: DISPOSITION_DELAY state: OUTCOME_STATE_HELD", "delayed"},
      {"disposition: DISPOSITION_REVIEW state: OUTCOME_STATE_HELD", "review"},
      {"disposition: DISPOSITION_REVIEW state: OUTCOME_STATE_HELD review { approved_at { seconds: 1 } }", "approved"},
      {"disposition: DISPOSITION_WITHHOLD state: OUTCOME_STATE_HELD", "withheld"},
      {"disposition: DISPOSITION_NOT_FINAL state: OUTCOME_STATE_HELD", "not final"},
      {"disposition: DISPOSITION_QUARANTINE state: OUTCOME_STATE_HELD", "quarantine"},
      {"disposition: DISPOSITION_NEVER state: OUTCOME_STATE_CLOSED", "never"},
      {"disposition: DISPOSITION_RELEASE state: OUTCOME_STATE_CLOSED", "closed"},
  };
  for (const Case& c : cases) EXPECT_EQ(OutcomeText(Outcome(c.outcome)), c.word) << c.outcome;
}

TEST(WordsTest, NotBefore) {
  struct Case {
    std::string outcome;
    const char* text;
  };
  const std::string friday = kFriday;
  const Case cases[] = {
      {"disposition: DISPOSITION_RELEASE state: OUTCOME_STATE_RELEASED not_before " + friday, ""},
      {"disposition: DISPOSITION_DELAY state: OUTCOME_STATE_HELD not_before " + friday, "Fri 03-06 21:05"},
      {"disposition: DISPOSITION_REVIEW state: OUTCOME_STATE_HELD review { expires_at " + friday + " }", "by Fri 03-06 21:05"},
      {"disposition: DISPOSITION_REVIEW state: OUTCOME_STATE_HELD not_before " + friday +
           " review { approved_at { seconds: 1 } }",
       "Fri 03-06 21:05"},
      {"disposition: DISPOSITION_WITHHOLD state: OUTCOME_STATE_HELD withheld_until " + friday, "Fri 03-06 21:05"},
      {"disposition: DISPOSITION_NOT_FINAL state: OUTCOME_STATE_HELD", ""},
  };
  for (const Case& c : cases) EXPECT_EQ(NotBeforeText(Outcome(c.outcome), NewYork()), c.text) << c.outcome;
}

TEST(WordsTest, Owners) {
  const std::string review =
      "review { turns { owner { role: 'ordering-provider' person { value: 'D1' } } until { seconds: 100 } }"
      "         turns { owner { role: 'pathology-pool' } until { seconds: 200 } } ";
  const v1::Outcome held = Outcome("state: OUTCOME_STATE_HELD " + review + "}");
  EXPECT_EQ(OwnerText(OwnerAt(held, absl::FromUnixSeconds(99))), "ordering-provider (D1)");
  EXPECT_EQ(OwnerText(OwnerAt(held, absl::FromUnixSeconds(100))), "pathology-pool");
  EXPECT_EQ(OwnerText(OwnerAt(held, absl::FromUnixSeconds(1000))), "pathology-pool");
  EXPECT_EQ(OwnerText(OwnerAt(Outcome("state: OUTCOME_STATE_RELEASED " + review + "}"), absl::FromUnixSeconds(99))), "");
  EXPECT_EQ(OwnerText(OwnerAt(Outcome("state: OUTCOME_STATE_HELD " + review + "approved_at { seconds: 1 } }"),
                              absl::FromUnixSeconds(99))),
            "");
  EXPECT_EQ(OwnerText(OwnerAt(Outcome("state: OUTCOME_STATE_HELD"), absl::FromUnixSeconds(99))), "");
}

TEST(WordsTest, RulesThatHoldComeFirst) {
  EXPECT_EQ(
      RulesText(Outcome(
          "rules { rule_id: 'a-permit' effect: RULE_EFFECT_PERMIT } rules { rule_id: 'b-review' effect: RULE_EFFECT_REVIEW } "
          "rules { rule_id: 'b-review' effect: RULE_EFFECT_DELAY } "
          "rules { rule_id: 'c-delay' effect: RULE_EFFECT_DELAY lifted: true }")),
      "b-review, (c-delay), a-permit");
}

TEST(WordsTest, Disposals) {
  EXPECT_EQ(DisposalText(v1::SubmitResultResponse::DISPOSAL_NEW, 1), "new");
  EXPECT_EQ(DisposalText(v1::SubmitResultResponse::DISPOSAL_NEW_VERSION, 3), "version 3");
  EXPECT_EQ(DisposalText(v1::SubmitResultResponse::DISPOSAL_DUPLICATE, 1), "duplicate");
  EXPECT_EQ(DisposalText(v1::SubmitResultResponse::DISPOSAL_OLDER_VERSION, 2), "older version");
}

TEST(WordsTest, Entries) {
  struct Case {
    const char* entry;
    const char* kind;
    const char* text;
  };
  const Case cases[] = {
      {"decided { disposal: DISPOSAL_NEW decision { outcomes { unit_ids: ['a', 'b'] state: OUTCOME_STATE_RELEASED } outcomes { "
       "unit_ids: "
       "'document' disposition: DISPOSITION_REVIEW } outcomes { unit_ids: 'c' state: OUTCOME_STATE_RELEASED } } }",
       "decided", "new: 3 units released, 1 unit review"},
      {"decided { disposal: DISPOSAL_OLDER_VERSION }", "decided", "older version"},
      {"advanced { outcomes { unit_ids: 'a' state: OUTCOME_STATE_RELEASED } reasons: 'the delay is over' }", "advanced",
       "1 unit released; the delay is over"},
      {"approved { outcomes { unit_ids: 'a' state: OUTCOME_STATE_RELEASED } }", "approved", "1 unit released"},
      {"acknowledged { release_sequences: [3, 4] }", "acknowledged", "releases 3, 4"},
      {"refused { sender: 'LAB' issues { place: 'OBX[3]-5' message: 'is empty' } issues { message: 'no order' } }", "refused",
       "LAB: OBX[3]-5: is empty; no order"},
      {"started { software_version: '1' pack: 'default' development: true }", "started",
       "version 1, pack default, development mode"},
      {"activated { pack: 'default' pack_digest: 'sha256:0123456789abcdef' cause: ACTIVATION_CAUSE_FIRST_START }", "activated",
       "default sha256:0123456789ab, the first"},
      {"activated { pack: 'us' pack_digest: 'sha256:0' cause: ACTIVATION_CAUSE_ROLLBACK author: 'a' approver: 'b' held { "
       "earlier: 3 "
       "later: 2 new_hold: 1 same: 14 } }",
       "activated",
       "us sha256:0, again, by a, approved by b; of what is held: 3 would go earlier, 2 later, 1 would wait for something new, "
       "14 the "
       "same"},
      {"activated { pack: 'us' cause: ACTIVATION_CAUSE_DEVELOPMENT held {} }", "activated",
       "us , from its folder in development mode; of what is held: nothing"},
      {"activation_refused { reason: 'the pack cannot be used' issues { place: 'us/a.yaml:3:1' message: 'is wrong' } }",
       "activation-refused", "pack refused: the pack cannot be used: us/a.yaml:3:1: is wrong"},
      {"redecision { pack: 'us' release_held: 12 }", "redecision", "what is held is decided anew by us, 12 units to release"},
      {"redecision { pack: 'us' tighten: true }", "redecision", "what is held is decided anew by us, tightened"},
      {"redecision { completed: true results: 5 released: 3 left: 1 }", "redecision",
       "done: 5 results changed, 3 units released, 1 result left"},
      {"redecided { outcomes { unit_ids: 'a' state: OUTCOME_STATE_RELEASED } }", "redecided", "1 unit released"},
      {"", "", ""},
  };
  for (const Case& c : cases) {
    const auto entry = Parse<v1::Entry>(c.entry);
    EXPECT_EQ(audit::KindWord(entry), c.kind);
    EXPECT_EQ(EntryText(entry), c.text);
    EXPECT_EQ(audit::ParseKind(c.kind) == v1::ENTRY_KIND_UNSPECIFIED, std::string(c.kind).empty()) << c.kind;
  }
}

TEST(WordsTest, FirstLines) {
  EXPECT_EQ(FirstLine(""), "");
  EXPECT_EQ(FirstLine("one"), "one");
  EXPECT_EQ(FirstLine("one\ntwo"), "one");
}

}  // namespace
}  // namespace resultgate::app

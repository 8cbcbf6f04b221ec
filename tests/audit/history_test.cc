// The entries of a result as a story.
#include "server/audit/history.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace resultgate::audit {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

absl::TimeZone NewYork() {
  absl::TimeZone zone;
  EXPECT_TRUE(absl::LoadTimeZone("America/New_York", &zone));
  return zone;
}

// Friday, 6 March 2026, 21:05 in New York.
constexpr int64_t kNow = 1'772'849'100;

v1::Entry Entry(const std::string& text, int64_t sequence = 1, int64_t after = 0) {
  v1::Entry entry;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &entry)) << text;
  entry.set_sequence(sequence);
  entry.set_result_id(7);
  entry.mutable_time()->set_seconds(kNow + after);
  if (entry.actor().empty()) entry.set_actor("gate");
  return entry;
}

std::string Asked(const std::string& pack_digest, const std::string& rule_id, v1::RuleEffect effect) {
  EXPECT_EQ(pack_digest, "sha256:1");
  if (rule_id == "imaging" && effect == v1::RULE_EFFECT_DELAY) return "72 h";
  if (rule_id == "tissue" && effect == v1::RULE_EFFECT_REVIEW) return "1 business day each and 3 business days in all";
  return "";
}

std::vector<std::string> Story(const std::vector<v1::Entry>& entries, const AskedBy& asked_by = Asked) {
  const v1::GetHistoryResponse history = HistoryOf(entries, NewYork(), asked_by);
  EXPECT_EQ(history.events_size(), static_cast<int>(entries.size()));
  return absl::StrSplit(history.text(), '\n', absl::SkipEmpty());
}

TEST(HistoryTest, NothingHappened) {
  EXPECT_EQ(HistoryOf({}, NewYork(), nullptr).text(), "");
}

// What one entry is told as: the first line is the event, the others its details.
TEST(HistoryTest, SaysWhatEachEntryTells) {
  struct Case {
    const char* entry;
    std::vector<std::string> story;
  };
  const Case cases[] = {
      {"actor: 'LAB|NORTH' version: 1 peer: 'ipv4:127.0.0.1' decided { disposal: DISPOSAL_NEW decision { pack: 'default' "
       "pack_digest: 'sha256:1' clock_start { seconds: 1772845500 } outcomes { unit_ids: 'document' audiences: AUDIENCE_PATIENT "
       "state: OUTCOME_STATE_HELD disposition: DISPOSITION_DELAY not_before { seconds: 1773104700 } rules { rule_id: 'imaging' "
       "effect: RULE_EFFECT_DELAY clock_start { seconds: 1772845500 } basis { type: BASIS_TYPE_STATUTE citation: 'KRS 1.2' } } "
       "rules { rule_id: 'permit' effect: RULE_EFFECT_PERMIT } } } }",
       {"Fri 2026-03-06 21:05  LAB|NORTH: decided, new: 1 unit delayed  [entry 1, version 1, from 127.0.0.1]",
        "  unit document for patient: delayed, not before Mon 2026-03-09 21:05",
        "    because of rule imaging (delay), basis statute: KRS 1.2; asks for 72 h from Fri 2026-03-06 20:05 on",
        "  legal times run from Fri 2026-03-06 20:05, when it was issued", "  decided by pack default sha256:1"}},
      {"version: 1 decided { disposal: DISPOSAL_NEW issues { place: 'issued' message: 'issued lies in the future, so legal times "
       "run from the receipt' } decision { pack: 'default' pack_digest: 'sha256:1' clock_start { seconds: 1772849100 } "
       "outcomes { unit_ids: ['718-7', '789-8'] audiences: [AUDIENCE_PATIENT, AUDIENCE_REPRESENTATIVE, AUDIENCE_DELEGATE] "
       "state: OUTCOME_STATE_HELD disposition: DISPOSITION_REVIEW rules { rule_id: 'tissue' effect: RULE_EFFECT_REVIEW "
       "unknown_facts: 'patient.birth_date' } review { started_at { seconds: 1772849100 } expires_at { seconds: 1773190800 } "
       "overruns: 1 turns { owner { role: 'pathology-pool' } until { seconds: 1773190800 } } } } } }",
       {"Fri 2026-03-06 21:05  gate: decided, new: 2 units review  [entry 1, version 1]",
        "  units 718-7, 789-8 for everybody: review",
        absl::StrCat("    because of rule tissue (review); asks for 1 business day each and 3 business days in all ",
                     "from Fri 2026-03-06 21:05 on; not known: patient.birth_date"),
        "    waits for pathology-pool until Tue 2026-03-10 21:00", "    the review ends by itself Tue 2026-03-10 21:00",
        "    its time was over once",
        absl::StrCat("  legal times run from Fri 2026-03-06 21:05, when it came; ",
                     "issued lies in the future, so legal times run from the receipt"),
        "  decided by pack default sha256:1"}},
      {"version: 1 decided { disposal: DISPOSAL_NEW decision { pack: 'default' pack_digest: 'sha256:1' outcomes { unit_ids: "
       "'718-7' audiences: AUDIENCE_PATIENT state: OUTCOME_STATE_HELD disposition: DISPOSITION_NOT_FINAL } } }",
       {"Fri 2026-03-06 21:05  gate: decided, new: 1 unit not final  [entry 1, version 1]", "  unit 718-7 for patient: not final",
        "  legal times do not run yet: nothing final has come", "  decided by pack default sha256:1"}},
      {"actor: '1987654321' on_behalf_of: '1234567893' version: 1 approved { outcomes { unit_ids: 'document' audiences: "
       "AUDIENCE_PATIENT state: OUTCOME_STATE_RELEASED disposition: DISPOSITION_RELEASE review { approved_by: '1987654321' "
       "approved_at { seconds: 1772849100 } } } releases { sequence: 4 kind: RELEASE_KIND_RESULT audiences: AUDIENCE_PATIENT "
       "unit_ids: 'document' template_id: 'pathology' language: 'en' clinician: '1987654321' } }",
       {"Fri 2026-03-06 21:05  1987654321 for 1234567893: approved, 1 unit released  [entry 1, version 1]",
        "  unit document for patient: released, approved by 1987654321 Fri 2026-03-06 21:05",
        "  release 4 (result): unit document to patient, comment pathology in en, with words of 1987654321"}},
      {"actor: 'account-1' version: 1 followed_up { kind: FOLLOW_UP_KIND_VIEWED audience: AUDIENCE_DELEGATE happened_at { "
       "seconds: 1772848800 } }",
       {"Fri 2026-03-06 21:05  account-1: followed-up, viewed as delegate  [entry 1, version 1]",
        "  it happened Fri 2026-03-06 21:00"}},
      {"actor: 'account-1' version: 1 followed_up { kind: FOLLOW_UP_KIND_VIEWED audience: AUDIENCE_PATIENT happened_at { "
       "seconds: 1772849110 } }",
       {"Fri 2026-03-06 21:05  account-1: followed-up, viewed as patient  [entry 1, version 1]"}},
      {"actor: 'portal' version: 1 acknowledged { release_sequences: 3 }",
       {"Fri 2026-03-06 21:05  portal: acknowledged, release 3  [entry 1, version 1]",
        "  since then the portal shows release 3"}},
      {"actor: 'portal-1' version: 1 delivered { consumer: 'portal-1' release_sequences: [3, 4] broken: true }",
       {"Fri 2026-03-06 21:05  portal-1: delivered, releases 3, 4 not written: the stream broke, to portal-1  [entry 1, version "
        "1]",
        "  not written: release 3", "  not written: release 4"}},
      {"actor: 'account-1' version: 1 release_requested { audience: AUDIENCE_PATIENT answered_until { seconds: 1773104700 } }",
       {"Fri 2026-03-06 21:05  account-1: release-requested, by the patient; nothing went  [entry 1, version 1]",
        "  told that it waits until Mon 2026-03-09 21:05"}},
      {"actor: 'D103' version: 1 reviewed { action: REVIEW_ACTION_HELD reason: 'line one\\nline two' determination { id: 2 type: "
       "BASIS_TYPE_PATIENT_REQUEST determined_by: 'D103' until { seconds: 1773104700 } } }",
       {"Fri 2026-03-06 21:05  D103: reviewed, held; line one line two  [entry 1, version 1]",
        "  determination 2 (patient-request) of D103, until Mon 2026-03-09 21:05"}},
      {"version: 2 incident { reason: 'the patient is another one' unit_ids: '718-7' minutes_exposed: 12 owner { role: "
       "'data-quality' } views { audience: AUDIENCE_PATIENT actor: 'account-1' time { seconds: 1772848800 } } views { actor: "
       "'D1' "
       "time { seconds: 1772848800 } } }",
       {"Fri 2026-03-06 21:05  gate: incident, the patient is another one; 1 unit shown for 12 minutes, seen by clinician D1, "
        "patient account-1; for data-quality  [entry "
        "1, version 2]",
        "  seen by account-1 as patient Fri 2026-03-06 21:00", "  seen by D1 as clinician Fri 2026-03-06 21:00"}},
      {"actor: 'records-1' version: 1 erased { cause: ERASURE_CAUSE_REQUEST approved_by: 'records-2' reason: 'order 9' reports: "
       "1 "
       "keys: 2 facts { section: SECTION_LABORATORY status: RESULT_STATUS_FINAL issued { seconds: 1772845500 } codes { system: "
       "'http://loinc.org' code: '58410-2' } units { unit_id: '718-7' status: RESULT_STATUS_CORRECTED codes { code: '718-7' } } "
       "} }",
       {"Fri 2026-03-06 21:05  records-1: erased, contents erased, approved by records-2: order 9; 1 report, 2 keys; of "
        "laboratory, final, 58410-2, 1 observation  [entry 1, version 1]",
        "  what was erased was of laboratory, final, issued Fri 2026-03-06 20:05, 58410-2 (http://loinc.org)",
        "    unit 718-7: corrected, 718-7"}},
  };
  for (const Case& test : cases) EXPECT_EQ(Story({Entry(test.entry)}), test.story) << test.entry;
}

TEST(HistoryTest, LaterEntriesAreToldByEarlierOnes) {
  const char kDecided[] =
      "version: 1 decided { disposal: DISPOSAL_NEW decision { pack: 'default' pack_digest: 'sha256:1' clock_start { seconds: "
      "1772849100 } } releases { sequence: 3 kind: RELEASE_KIND_RESULT unit_ids: '718-7' audiences: AUDIENCE_PATIENT } }";
  const char kAgain[] =
      "version: 2 decided { disposal: DISPOSAL_NEW_VERSION decision { pack: 'default' pack_digest: 'sha256:1' clock_start { "
      "seconds: 1772849100 } } }";
  const std::vector<std::string> story =
      Story({Entry(kDecided), Entry("version: 1 delivered { consumer: 'p' release_sequences: 3 }", 2, 60),
             Entry("version: 1 acknowledged { release_sequences: 3 }", 3, 120), Entry(kAgain, 4, 180),
             Entry("version: 2 advanced { outcomes { unit_ids: '718-7' audiences: AUDIENCE_PATIENT state: OUTCOME_STATE_HELD "
                   "disposition: DISPOSITION_DELAY rules { rule_id: 'imaging' effect: RULE_EFFECT_DELAY } } }",
                   5, 240)});
  EXPECT_THAT(story, ::testing::IsSupersetOf({"  sent: release 3: unit 718-7 (result), patient",
                                              "  since then the portal shows release 3: unit 718-7 (result), patient",
                                              "  legal times run from Fri 2026-03-06 21:05, when it came",
                                              "  legal times run from Fri 2026-03-06 21:05, as for the version before",
                                              "    because of rule imaging (delay); asks for 72 h"}));
  // Who knows no packs tells the rest.
  EXPECT_THAT(HistoryOf({Entry(kDecided)}, NewYork(), nullptr).text(), Not(HasSubstr("asks for")));
}

// A version that comes late starts legal times where it was received or issued; the reason says which.
TEST(HistoryTest, SaysWhyLegalTimesRunFromWhereTheyDo) {
  const char kWithoutClock[] =
      "version: 1 decided { disposal: DISPOSAL_NEW decision { pack: 'default' pack_digest: 'sha256:1' } }";
  const auto at = [](int64_t seconds) {
    return absl::StrCat(
        "version: 2 decided { disposal: DISPOSAL_NEW_VERSION decision { pack: 'default' pack_digest: 'sha256:1' clock_start { "
        "seconds: ",
        seconds, " } } }");
  };
  EXPECT_THAT(Story({Entry(kWithoutClock), Entry(at(kNow), 2, 60)}),
              Contains("  legal times run from Fri 2026-03-06 21:05, when an earlier version came"));
  EXPECT_THAT(Story({Entry(kWithoutClock), Entry(at(kNow + 60), 2, 60)}),
              Contains("  legal times run from Fri 2026-03-06 21:06, when it came"));
  EXPECT_THAT(Story({Entry(kWithoutClock), Entry(at(kNow - 60), 2, 60)}),
              Contains("  legal times run from Fri 2026-03-06 21:04, when it, or an earlier version, was issued"));
}

TEST(HistoryTest, OneEventForEachEntry) {
  const v1::GetHistoryResponse history =
      HistoryOf({Entry("actor: 'portal' version: 3 acknowledged { release_sequences: [8, 9] }", 12)}, NewYork(), nullptr);
  ASSERT_EQ(history.events_size(), 1);
  EXPECT_EQ(history.events(0).sequence(), 12);
  EXPECT_EQ(history.events(0).version(), 3);
  EXPECT_EQ(history.events(0).kind(), "acknowledged");
  EXPECT_EQ(history.events(0).actor(), "portal");
  EXPECT_EQ(history.events(0).time().seconds(), kNow);
  EXPECT_THAT(history.events(0).details(),
              ElementsAre("since then the portal shows release 8", "since then the portal shows release 9"));
}

}  // namespace
}  // namespace resultgate::audit

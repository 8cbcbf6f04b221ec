// What log entries say in a few words: every kind of them.
#include "server/audit/entry_words.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "server/audit/entry_facts.h"

namespace resultgate::audit {
namespace {

struct Words {
  const char* entry;  // in protobuf's text format
  const char* text;
};

constexpr Words kWords[] = {
    {R"(version: 2 decided { disposal: DISPOSAL_NEW_VERSION decision { outcomes { unit_ids: "1" state: OUTCOME_STATE_RELEASED } } })",
     "version 2: 1 unit released"},
    {R"(advanced { outcomes { unit_ids: "1" unit_ids: "2" disposition: DISPOSITION_REVIEW } reasons: "the turn passed" })",
     "2 units review; the turn passed"},
    {R"(approved { outcomes { unit_ids: "1" state: OUTCOME_STATE_RELEASED } })", "1 unit released"},
    {R"(acknowledged { release_sequences: [3, 4] })", "releases 3, 4"},
    {R"(refused { sender: "LAB" issues { place: "PID-3" message: "is empty" } })", "LAB: PID-3: is empty"},
    {R"(started { software_version: "1.0" pack: "default" })", "version 1.0, pack default"},
    {R"(activated { pack: "default" pack_digest: "sha256:0123" cause: ACTIVATION_CAUSE_REQUEST approver: "7" })",
     "default sha256:0123, approved by 7"},
    {R"(activation_refused { pack: "default" reason: "one person" })", "default refused: one person"},
    {R"(redecision { pack: "default" release_held: 2 })", "what is held is decided anew by default, 2 units to release"},
    {R"(redecided { outcomes { unit_ids: "1" disposition: DISPOSITION_DELAY } })", "1 unit delayed"},
    {R"(patient_changed { patient_id: 3 facts: "language" })", "patient 3: language"},
    {R"(patients_merged { survivor_id: 3 merged_id: 4 })", "patient 4 is one with patient 3"},
    {R"(reconsidered { outcomes { unit_ids: "1" disposition: DISPOSITION_WITHHOLD } reasons: "the patient died" })",
     "1 unit withheld; the patient died"},
    {R"(directory_changed { owner { id: "lab-pool" } removed: true })", "lab-pool, taken away"},
    {R"(incident { reason: "moved" owner { role: "privacy" } })", "moved; nothing had been shown; for privacy"},
    {R"(overdue { results: 2 })", "2 results came due while the gate was not running"},
    {R"(reviewed { action: REVIEW_ACTION_CLAIMED reason: "mine" })", "claimed; mine"},
    {R"(release_requested { audience: AUDIENCE_PATIENT })", "by the patient; nothing went"},
    {R"(followed_up { kind: FOLLOW_UP_KIND_CLINICIAN_VIEWED })", "clinician viewed"},
    {R"(queried { query: QUERY_RESULTS filter: "result >= 1 AND result <= 9" answered: 5 })",
     "results where result >= 1 AND result <= 9, 5 given"},
    {R"(call_refused { call: "ApproveReview" code: "ABORTED" fields: "etag" })", "ApproveReview: ABORTED; etag"},
    {R"(configuration_changed { changes { name: "listen" before: "a" now: "b" } })", "listen: a, now b"},
    {R"(log_key_changed { before: "gate+1+x" now: "gate+2+y" })", "signed by gate+2, before by gate+1"},
    {R"(erased { cause: ERASURE_CAUSE_RETENTION retention: "10y" reports: 1 keys: 2 })",
     "contents erased, after 10y; 1 report, 2 keys"},
    {R"(legal_hold_changed { legal_hold_id: 5 reason: "claim" })", "legal hold 5 placed: claim"},
    {R"(delivered { consumer: "portal" release_sequences: 7 broken: true })",
     "release 7 not written: the stream broke, to portal"},
};

TEST(EntryWordsTest, EveryKindHasWords) {
  const google::protobuf::OneofDescriptor* const event = v1::Entry::descriptor()->FindOneofByName("event");
  std::set<std::string> without;
  for (int i = 0; i < event->field_count(); ++i) without.insert(EnumWord(event->field(i)->name(), ""));
  ASSERT_GE(without.size(), 26u);
  for (const Words& words : kWords) {
    v1::Entry entry;
    ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(words.entry, &entry)) << words.entry;
    EXPECT_EQ(EntryText(entry), words.text) << words.entry;
    EXPECT_EQ(KindOf(entry), ParseKind(KindWord(entry)));
    EXPECT_NE(KindOf(entry), v1::ENTRY_KIND_UNSPECIFIED) << "a filter can ask for it: " << words.entry;
    without.erase(KindWord(entry));
  }
  EXPECT_EQ(without, std::set<std::string>()) << "of these kinds no entry is here";
}

TEST(EntryWordsTest, EveryQueryHasWords) {
  for (int i = 0; i < v1::Query_descriptor()->value_count(); ++i) {
    v1::Entry entry;
    entry.mutable_queried()->set_query(static_cast<v1::Query>(v1::Query_descriptor()->value(i)->number()));
    EXPECT_EQ(EntryText(entry).find("QUERY"), std::string::npos);
    EXPECT_GE(EntryText(entry).size(), std::string("proof, 0 given").size());
  }
}

}  // namespace
}  // namespace resultgate::audit

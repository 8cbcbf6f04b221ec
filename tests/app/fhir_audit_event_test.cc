// Log entries as FHIR R4 AuditEvents and as lines for a spreadsheet.
#include "server/app/fhir_audit_event.h"

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "resultgate/v1/audit_service.pb.h"
#include "server/app/entry_csv.h"
#include "server/audit/entry_facts.h"
#include "server/merkle/hash.h"

namespace resultgate::app {
namespace {

using nlohmann::json;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

v1::Entry Base() {
  v1::Entry entry;
  entry.set_sequence(7);
  entry.mutable_time()->set_seconds(1'772'849'100);
  entry.mutable_time()->set_nanos(120'000'000);
  entry.set_actor("1234567893");
  return entry;
}

std::string Text(const v1::Entry& entry) {
  const std::string bytes = entry.SerializeAsString();
  const merkle::Hash leaf = merkle::HashLeaf(bytes);
  const absl::StatusOr<std::string> text = ToFhirAuditEvent({entry.sequence(), entry.result_id(), merkle::Bytes(leaf), bytes});
  EXPECT_TRUE(text.ok()) << text.status();
  return text.value_or("");
}

json Event(const v1::Entry& entry) {
  return json::parse(Text(entry));
}

bool IsText(const json& object, const char* name) {
  return object.contains(name) && object[name].is_string() && !object[name].get<std::string>().empty();
}

void ExpectCoding(const json& coding) {
  EXPECT_TRUE(coding.is_object() && IsText(coding, "system") && IsText(coding, "code")) << coding;
}

void ExpectReference(const json& reference) {
  ASSERT_TRUE(reference.is_object()) << reference;
  const bool has_identifier =
      reference.contains("identifier") && IsText(reference["identifier"], "system") && IsText(reference["identifier"], "value");
  EXPECT_TRUE(has_identifier || IsText(reference, "display") || IsText(reference, "reference")) << reference;
}

// What hl7.org/fhir/R4/auditevent.html asks for, element by element.
void ExpectR4(const json& event) {
  SCOPED_TRACE(event.dump());
  const std::set<std::string> known = {"resourceType", "id",    "type",   "subtype", "action",     "recorded",
                                       "outcome",      "agent", "source", "entity",  "outcomeDesc"};
  for (const auto& [name, value] : event.items()) EXPECT_EQ(known.count(name), 1u) << name;
  EXPECT_EQ(event["resourceType"], "AuditEvent");
  ASSERT_TRUE(event.contains("type"));
  ExpectCoding(event["type"]);
  for (const json& subtype : event["subtype"]) ExpectCoding(subtype);
  EXPECT_THAT(event["action"].get<std::string>(), AnyOf("C", "R", "U", "D", "E"));
  EXPECT_THAT(event["recorded"].get<std::string>(),
              ::testing::MatchesRegex("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]+)?Z"));
  EXPECT_THAT(event["outcome"].get<std::string>(), AnyOf("0", "4", "8", "12"));
  ASSERT_TRUE(event["agent"].is_array());
  ASSERT_GE(event["agent"].size(), 1u);
  for (const json& agent : event["agent"]) {
    ASSERT_TRUE(agent.contains("requestor"));
    EXPECT_TRUE(agent["requestor"].is_boolean());
    ExpectReference(agent["who"]);
    if (!agent.contains("network")) continue;
    EXPECT_TRUE(IsText(agent["network"], "address"));
    EXPECT_EQ(agent["network"]["type"], "2") << "an internet address";
  }
  ASSERT_TRUE(event.contains("source"));
  ASSERT_TRUE(event["source"].contains("observer"));
  ExpectReference(event["source"]["observer"]);
  ASSERT_TRUE(event["entity"].is_array());
  for (const json& entity : event["entity"]) {
    ExpectReference(entity["what"]);
    EXPECT_FALSE(entity.contains("name") && entity.contains("query")) << "sev-1";
    for (const json& detail : entity["detail"]) {
      EXPECT_TRUE(IsText(detail, "type"));
      EXPECT_NE(detail.contains("valueString"), detail.contains("valueBase64Binary")) << "one value";
    }
  }
}

// Every kind of entry that there is, those that come to be later too.
TEST(FhirAuditEventTest, EveryKindOfEntryIsWhatR4AsksFor) {
  const google::protobuf::OneofDescriptor* kinds = v1::Entry::descriptor()->FindOneofByName("event");
  ASSERT_GT(kinds->field_count(), 25);
  for (int i = 0; i < kinds->field_count(); ++i) {
    v1::Entry entry = Base();
    entry.set_result_id(i % 2 == 0 ? 3 : 0);
    entry.set_version(entry.result_id() == 0 ? 0 : 1);
    v1::Entry::GetReflection()->MutableMessage(&entry, kinds->field(i));
    const json event = Event(entry);
    ExpectR4(event);
    EXPECT_EQ(event["subtype"][0]["code"], audit::KindWord(entry));
    EXPECT_EQ(event["id"], "entry-7");
    EXPECT_EQ(event["recorded"], "2026-03-07T02:05:00.120000Z");
    const json& line = event["entity"].back();
    EXPECT_EQ(line["what"]["identifier"]["value"], "7");
    EXPECT_EQ(event["entity"].size(), entry.result_id() == 0 ? 1u : 2u);
  }
}

TEST(FhirAuditEventTest, ReadingIsReadingAndFailureIsFailure) {
  struct Case {
    const char* what;
    void (*fill)(v1::Entry*);
    const char* action;
    const char* outcome;
  };
  const Case cases[] = {
      {"decided", [](v1::Entry* entry) { entry->mutable_decided(); }, "C", "0"},
      {"approved", [](v1::Entry* entry) { entry->mutable_approved(); }, "U", "0"},
      {"a patient's view", [](v1::Entry* entry) { entry->mutable_followed_up()->set_kind(v1::FOLLOW_UP_KIND_VIEWED); }, "R", "0"},
      {"a clinician's view",
       [](v1::Entry* entry) { entry->mutable_followed_up()->set_kind(v1::FOLLOW_UP_KIND_CLINICIAN_VIEWED); }, "R", "0"},
      {"a contact", [](v1::Entry* entry) { entry->mutable_followed_up()->set_kind(v1::FOLLOW_UP_KIND_CONTACTED); }, "U", "0"},
      {"a question", [](v1::Entry* entry) { entry->mutable_queried(); }, "R", "0"},
      {"a delivery", [](v1::Entry* entry) { entry->mutable_delivered(); }, "R", "0"},
      {"one that broke", [](v1::Entry* entry) { entry->mutable_delivered()->set_broken(true); }, "R", "4"},
      {"an erasure", [](v1::Entry* entry) { entry->mutable_erased(); }, "D", "0"},
      {"a refused call", [](v1::Entry* entry) { entry->mutable_call_refused(); }, "E", "4"},
      {"a refused message", [](v1::Entry* entry) { entry->mutable_refused(); }, "U", "4"},
  };
  for (const Case& test : cases) {
    v1::Entry entry = Base();
    test.fill(&entry);
    const json event = Event(entry);
    EXPECT_EQ(event["action"], test.action) << test.what;
    EXPECT_EQ(event["outcome"], test.outcome) << test.what;
  }
}

TEST(FhirAuditEventTest, WhoForWhomAndFromWhere) {
  struct Case {
    const char* peer;
    const char* address;  // null: no network
  };
  const Case cases[] = {
      {"ipv4:127.0.0.1", "127.0.0.1"}, {"ipv6:[::1]", "::1"},
      {"ipv6:%5B::1%5D", "::1"},       {"ipv6:%5Bfe80::1%25eth0%5D", "fe80::1%eth0"},
      {"unix:/run/gate", nullptr},     {"", nullptr},
  };
  for (const Case& test : cases) {
    for (const bool refused : {false, true}) {
      v1::Entry entry = Base();
      if (refused) {
        entry.mutable_call_refused()->set_peer(test.peer);
      } else {
        entry.mutable_approved();
        entry.set_peer(test.peer);
      }
      const json agent = Event(entry)["agent"][0];
      ASSERT_EQ(agent.contains("network"), test.address != nullptr) << test.peer;
      if (test.address != nullptr) {
        EXPECT_EQ(agent["network"]["address"], test.address);
      }
    }
  }
  v1::Entry entry = Base();
  entry.mutable_approved();
  entry.set_on_behalf_of("1987654321");
  const json event = Event(entry);
  ExpectR4(event);
  ASSERT_EQ(event["agent"].size(), 2u);
  EXPECT_EQ(event["agent"][0]["requestor"], true);
  EXPECT_EQ(event["agent"][0]["who"]["identifier"]["value"], "1234567893");
  EXPECT_EQ(event["agent"][1]["requestor"], false);
  EXPECT_EQ(event["agent"][1]["who"]["identifier"]["value"], "1987654321");
  entry.set_actor("gate");
  EXPECT_EQ(Event(entry)["agent"][0]["requestor"], false) << "nobody asked for it";
}

TEST(FhirAuditEventTest, WhatIsNoEntryIsNoEvent) {
  EXPECT_EQ(ToFhirAuditEvent({9, 0, "", "\xff\xff"}).status(), absl::DataLossError("entry 9 is damaged: its bytes are no entry"));
}

TEST(EntryCsvTest, SaysWhoForWhomFromWhereAndWhat) {
  v1::Entry entry = Base();
  entry.set_result_id(3);
  entry.set_version(1);
  entry.set_peer("ipv6:%5B::1%5D");
  entry.set_on_behalf_of("1987654321");
  v1::Outcome* outcome = entry.mutable_approved()->add_outcomes();
  outcome->add_unit_ids("document");
  outcome->add_audiences(v1::AUDIENCE_PATIENT);
  outcome->set_state(v1::OUTCOME_STATE_RELEASED);
  v1::AppliedRule* rule = outcome->add_rules();
  rule->set_rule_id("biopsy-review");
  rule->mutable_basis()->set_type(v1::BASIS_TYPE_ORGANIZATION_POLICY);
  EXPECT_EQ(EntryAsCsv(entry),
            "7,2026-03-07T02:05:00.120000Z,approved,1234567893,1987654321,::1,3,1,1 unit released,released,biopsy-review,"
            "organization-policy,patient\r\n");
  EXPECT_THAT(EntryAsCsv(entry, "hash"), HasSubstr(",patient,aGFzaA==\r\n"));
  EXPECT_THAT(EntryCsvHeading(true), StartsWith(absl::StrCat(EntryCsvHeading(false).substr(0, 30))));
  EXPECT_TRUE(absl::EndsWith(EntryCsvHeading(true), ",leaf_hash\r\n"));
}

}  // namespace
}  // namespace resultgate::app

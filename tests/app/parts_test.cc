// Addresses, JSON lines, the table of decisions, and what notices changed files.
#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <set>
#include <string>

#include "resultgate/v1/result_gate_service.pb.h"
#include "server/app/address.h"
#include "server/app/decision_table.h"
#include "server/app/json_lines.h"
#include "server/app/pack_watch.h"
#include "server/base/proto_time.h"
#include "tests/testing/sample_reports.h"
#include "tests/testing/temp_folder.h"

namespace resultgate::app {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(AddressTest, OnlyThisMachine) {
  struct Case {
    const char* address;
    const char* host;
    bool loopback;
  };
  const Case cases[] = {
      {"127.0.0.1:50051", "127.0.0.1", true},
      {"127.1.2.3:0", "127.1.2.3", true},
      {"localhost:65535", "localhost", true},
      {"[::1]:50051", "::1", true},
      {"0.0.0.0:50051", "0.0.0.0", false},
      {"[::]:50051", "::", false},
      {"10.0.0.1:50051", "10.0.0.1", false},
      {"128.0.0.1:50051", "128.0.0.1", false},
      {"localhost.example.org:50051", "localhost.example.org", false},
      {"127.0.0.1", "", false},
      {"127.0.0.1:", "", false},
      {"127.0.0.1:65536", "", false},
      {"127.0.0.1:-1", "", false},
      {"::1:50051", "", false},
      {":50051", "", false},
      {"", "", false},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(HostOf(c.address), c.host) << c.address;
    EXPECT_EQ(IsLoopback(HostOf(c.address)), c.loopback) << c.address;
  }
  EXPECT_EQ(Join("127.0.0.1", 7), "127.0.0.1:7");
  EXPECT_EQ(Join("::1", 7), "[::1]:7");
}

TEST(JsonLinesTest, OneObjectPerLine) {
  v1::Coding coding;
  coding.set_code("718-7");
  coding.set_display("two\nlines \"quoted\"");
  EXPECT_EQ(ToJson(coding), R"({"code":"718-7","display":"two\nlines \"quoted\""})");
  EXPECT_EQ(JsonLine().Text("source", "a\"b\n.hl7").Number("message", 3).Message("coding", v1::Coding()).ToString(),
            "{\"source\":\"a\\\"b\\n.hl7\",\"message\":3,\"coding\":{}}\n");
  v1::SubmitResultResponse response;
  response.set_result_id(7);
  EXPECT_EQ(ToJson(response), R"({"result_id":"7"})");
}

v1::SubmitResultResponse Response(const std::string& text) {
  v1::SubmitResultResponse response;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &response)) << text;
  return response;
}

std::string TableOf(const std::string& text, const std::string& note = "") {
  Table table = DecisionTable();
  const v1::SubmitResultResponse response = Response(text);
  absl::TimeZone zone;
  EXPECT_TRUE(absl::LoadTimeZone("America/New_York", &zone));
  AddDecision(testing::BloodCount(1), response.decision(), response.comments(), note, zone,
              base::FromProto(response.decision().decided_at()), &table);
  return table.ToString();
}

TEST(DecisionTableTest, ARowPerOutcome) {
  const std::string text = TableOf(R"(
      decision {
        decided_at { seconds: 1772849100 }
        outcomes {
          unit_ids: ["718-7", "4544-3", "6690-2", "777-3", "789-8"]
          audiences: [AUDIENCE_PATIENT, AUDIENCE_REPRESENTATIVE, AUDIENCE_DELEGATE]
          disposition: DISPOSITION_RELEASE
          state: OUTCOME_STATE_RELEASED
          rules { rule_id: "routine-labs" effect: RULE_EFFECT_PERMIT }
        }
        outcomes {
          unit_ids: "787-2"
          audiences: AUDIENCE_PATIENT
          disposition: DISPOSITION_REVIEW
          state: OUTCOME_STATE_HELD
          review {
            turns { owner { role: "ordering-provider" person { value: "D1" } } until { seconds: 1773090000 } }
            expires_at { seconds: 1773108300 }
          }
          rules { rule_id: "default" effect: RULE_EFFECT_REVIEW }
        }
      }
      comments { text: "Your blood count\nmore" })");
  EXPECT_EQ(
      text,
      "TIME             PATIENT  REPORT     UNITS   AUDIENCES  DECISION  NOT BEFORE          OWNER NOW               RULES       "
      "  COMMENT\n"
      "---------------  -------  ---------  ------  ---------  --------  ------------------  ----------------------  "
      "------------  ----------------\n"
      "Fri 03-06 21:05  P00001   CBC panel  5 of 6             released                                              "
      "routine-labs  Your blood count\n"
      "Fri 03-06 21:05  P00001   CBC panel  MCV     patient    review    by Mon 03-09 22:05  ordering-provider (D1)  default\n");
}

TEST(DecisionTableTest, CommentsGoWithTheirAudiences) {
  const std::string outcomes = R"(
      decision {
        outcomes { unit_ids: "718-7" audiences: AUDIENCE_PATIENT state: OUTCOME_STATE_RELEASED }
        outcomes { unit_ids: "718-7" audiences: AUDIENCE_DELEGATE state: OUTCOME_STATE_RELEASED }
      })";
  const std::string text = TableOf(outcomes + "comments { text: 'for you' } comments { text: 'for a delegate' }");
  EXPECT_LT(text.find("for you"), text.find("for a delegate"));
  EXPECT_THAT(TableOf(outcomes), Not(HasSubstr("COMMENT")));
  // Held, with a notice that a correction is on its way.
  EXPECT_THAT(
      TableOf("decision { outcomes { unit_ids: '718-7' state: OUTCOME_STATE_HELD } } comments { text: 'is being corrected' }"),
      HasSubstr("is being corrected"));
}

TEST(DecisionTableTest, NotesStandBesideTheDecision) {
  EXPECT_THAT(TableOf("decision { outcomes { unit_ids: '718-7' state: OUTCOME_STATE_RELEASED } }", "duplicate"),
              HasSubstr("released, duplicate"));
  EXPECT_THAT(TableOf("decision { }", "older version"), HasSubstr("older version"));
}

TEST(PackWatchTest, ReloadsWhatHasChangedAndSettled) {
  std::string there = "a";
  int reloads = 0;
  PackWatch watch([&there] { return there; }, [&reloads] { ++reloads; });
  watch.Look();
  EXPECT_EQ(reloads, 0) << "what was there at the start is loaded";
  there = "b";
  watch.Look();
  EXPECT_EQ(reloads, 0) << "it may still be written";
  there = "c";
  watch.Look();
  EXPECT_EQ(reloads, 0);
  watch.Look();
  EXPECT_EQ(reloads, 1);
  watch.Look();
  EXPECT_EQ(reloads, 1) << "once";
  there = "d";
  watch.Look();
  there = "c";
  watch.Look();
  watch.Look();
  EXPECT_EQ(reloads, 1) << "back to what is loaded";
  there = "e";
  watch.Reload();
  EXPECT_EQ(reloads, 2) << "asked for";
  watch.Look();
  watch.Look();
  EXPECT_EQ(reloads, 2);
}

TEST(PackWatchTest, SeesEveryChangeOfAFile) {
  const resultgate::testing::TempFolder folder;
  std::set<std::string> states = {StateOf({folder.path(), folder.path() + "/nowhere"})};
  const std::string file = folder.Write("pack.yaml", "a");
  EXPECT_TRUE(states.insert(StateOf({folder.path()})).second) << "a file came";
  folder.Write("pack.yaml", "ab");
  EXPECT_TRUE(states.insert(StateOf({folder.path()})).second) << "it grew";
  std::filesystem::last_write_time(file, std::filesystem::last_write_time(file) + std::chrono::seconds(2));
  EXPECT_TRUE(states.insert(StateOf({folder.path()})).second) << "it was written again";
  folder.Write("below/rules.yaml", "a");
  EXPECT_TRUE(states.insert(StateOf({folder.path()})).second) << "below it too";
  folder.Write(".hidden", "a");
  EXPECT_FALSE(states.insert(StateOf({folder.path()})).second);
  std::filesystem::remove(file);
  EXPECT_TRUE(states.insert(StateOf({folder.path()})).second) << "it went";
}

}  // namespace
}  // namespace resultgate::app

// Addresses, JSON lines and the table of decisions.
#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <string>

#include "resultgate/v1/result_gate_service.pb.h"
#include "server/app/address.h"
#include "server/app/decision_table.h"
#include "server/app/json_lines.h"
#include "tests/testing/sample_reports.h"

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
  AddDecision(testing::BloodCount(1), response.decision(), response.comments(), note, zone, &table);
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

}  // namespace
}  // namespace resultgate::app

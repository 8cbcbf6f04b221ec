// The subcommands against a gate that runs as a process of its own, as ./dev run starts it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/app/run_binary.h"
#include "tests/testing/server_process.h"

namespace resultgate::app {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

// A final haemoglobin, with its order.
std::string Hemoglobin(const std::string& number, const std::string& processing = "P") {
  return absl::StrCat("MSH|^~\\&|LAB|NORTH|RG|HOSP|20260306160000-0500||ORU^R01^ORU_R01|M", number, "|", processing,
                      "|2.5.1\r"
                      "PID|1||P",
                      number,
                      "^^^NORTH^MR||X||19700101|F\r"
                      "ORC|RE|O",
                      number, "|F", number,
                      "\r"
                      "OBR|1|O",
                      number, "|F", number,
                      "|58410-2^CBC panel^LN|||20260306150000-0500|||||||||1234567893|||||||20260306155500-0500||LAB|F\r"
                      "OBX|1|NM|718-7^Hemoglobin^LN||13.5|g/dL|12.0-16.0|N|||F|||20260306150000-0500\r");
}

std::string Pathology(const std::string& number) {
  return absl::StrCat(
      "MSH|^~\\&|PATH|NORTH|RG|HOSP|20260306160000-0500||ORU^R01^ORU_R01|M", number,
      "|P|2.5.1\r"
      "PID|1||P",
      number,
      "^^^NORTH^MR||X||19700101|F\r"
      "OBR|1|O",
      number, "|F", number,
      "|11529-5^Surgical pathology study^LN|||20260306150000-0500|||||||||1234567893|||||||20260306155500-0500||SP|F\r"
      "OBX|1|TX|22637-3^Final diagnosis^LN||Seborrheic keratosis.||||||F\r");
}

std::vector<std::string> Lines(const std::string& text) {
  return absl::StrSplit(text, '\n', absl::SkipEmpty());
}

class GateCommandsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    absl::StatusOr<std::unique_ptr<testing::ServerProcess>> gate =
        testing::StartGate(RESULTGATE_BINARY, folder_.path() + "/gate.db");
    ASSERT_TRUE(gate.ok()) << gate.status();
    gate_ = *std::move(gate);
  }

  Ran Run(std::vector<std::string> arguments, const std::string& input = "") {
    arguments.insert(arguments.end(), {"--server", gate_->address()});
    return RunBinary(arguments, input);
  }

  std::string File(const std::string& name, const std::string& text) {
    const std::string path = absl::StrCat(folder_.path(), "/", name);
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }

  testing::TemporaryFolder folder_;
  std::unique_ptr<testing::ServerProcess> gate_;
};

TEST_F(GateCommandsTest, TheWayOfTwoResults) {
  const Ran submitted = Run({"submit", File("a.hl7", Hemoglobin("1")), "-"}, Pathology("2"));
  EXPECT_EQ(submitted.exit_code, 0) << submitted.out << submitted.err;
  EXPECT_THAT(submitted.out, AllOf(ContainsRegex("Fri 03-06 21:0[0-9].*P1 .*CBC panel.*Hemoglobin.*released"),
                                   ContainsRegex("P2 .*Surgical pathology.*review.*by .*ordering-provider"),
                                   HasSubstr("2 reports accepted (2 new), 0 refused\n")));

  const Ran listed = Run({"review", "list"});
  EXPECT_EQ(listed.exit_code, 0) << listed.err;
  EXPECT_THAT(listed.out, AllOf(ContainsRegex("2 +1 +P2"), HasSubstr("1 review waits\n")));
  EXPECT_THAT(Run({"review", "list", "--owner", "nobody"}).out, HasSubstr("0 reviews wait\n"));
  EXPECT_THAT(Lines(Run({"review", "list", "--json"}).out), SizeIs(1));

  EXPECT_THAT(Lines(Run({"releases", "follow", "--until-current", "--ack", "--json"}).out), SizeIs(1));
  EXPECT_THAT(Lines(Run({"releases", "follow", "--until-current", "--json"}).out), SizeIs(0));

  const Ran late = Run({"review", "approve", "2", "--reviewer", "1234567893", "--version", "9"});
  EXPECT_EQ(late.exit_code, 1);
  EXPECT_THAT(late.err, HasSubstr("ABORTED"));
  const Ran approved = Run({"review", "approve", "2", "--reviewer", "1234567893"});
  EXPECT_EQ(approved.exit_code, 0) << approved.err;
  EXPECT_THAT(approved.out, HasSubstr("released"));
  EXPECT_EQ(Run({"review", "approve", "3", "--reviewer", "1234567893"}).exit_code, 1);

  EXPECT_THAT(Run({"releases", "follow", "--until-current"}).out,
              AllOf(HasSubstr("Surgical pathology"), Not(HasSubstr("CBC panel"))));
  EXPECT_THAT(Lines(Run({"releases", "follow", "--until-current", "--all", "--json"}).out), SizeIs(2));
  EXPECT_THAT(Lines(Run({"releases", "follow", "--until-current", "--all", "--after", "1", "--json"}).out), SizeIs(1));

  const Ran audit = Run({"audit", "list"});
  EXPECT_EQ(audit.exit_code, 0) << audit.err;
  EXPECT_THAT(audit.out, AllOf(ContainsRegex("started"), ContainsRegex("decided.*new: 1 unit released"),
                               ContainsRegex("approved +1234567893 +2"), ContainsRegex("acknowledged.*releases 1")));
  EXPECT_THAT(Lines(Run({"audit", "list", "--result", "2", "--json"}).out), SizeIs(2));
  EXPECT_THAT(Lines(Run({"audit", "list", "--kind", "decided", "--json"}).out), SizeIs(2));
}

TEST_F(GateCommandsTest, WhatIsRefusedDoesNotStopTheRest) {
  const std::string good = File("good.hl7", Hemoglobin("1"));
  const std::string two = File("two.hl7", Hemoglobin("2") + Hemoglobin("3", "T"));
  const std::string bad = File("bad.txt", "this is no message");
  const std::string missing = folder_.path() + "/missing.hl7";
  const Ran ran = Run({"submit", bad, missing, folder_.path(), two, good});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_THAT(ran.out, AllOf(HasSubstr("refused  " + bad), HasSubstr("refused  " + missing), HasSubstr("is a folder"),
                             HasSubstr("refused  " + two + " message 2: FAILED_PRECONDITION"),
                             HasSubstr("2 reports accepted (2 new), 4 refused\n")));
  // In the order of the input.
  EXPECT_LT(ran.out.find("refused  " + bad), ran.out.find("refused  " + missing));
  EXPECT_LT(ran.out.find("refused  " + missing), ran.out.find("P2"));
  EXPECT_LT(ran.out.find("P2"), ran.out.find("P1 "));
  // What reached the gate, the test message too, has an owner there; the caller's own slips do not.
  EXPECT_THAT(Lines(Run({"audit", "list", "--kind", "refused", "--json"}).out), SizeIs(2));

  const Ran again = Run({"submit", "--accept-test-messages", "--json", two});
  EXPECT_EQ(again.exit_code, 0) << again.err;
  const std::vector<std::string> lines = Lines(again.out);
  ASSERT_THAT(lines, SizeIs(2));
  EXPECT_THAT(lines[0], AllOf(HasSubstr("\"outcome\":\"accepted\""), HasSubstr("DISPOSAL_DUPLICATE")));
  EXPECT_THAT(lines[1], AllOf(HasSubstr("\"message\":2"), HasSubstr("DISPOSAL_NEW")));
  EXPECT_THAT(again.err, HasSubstr("2 reports accepted (1 new, 1 duplicate), 0 refused\n"));
}

TEST_F(GateCommandsTest, ManyMessagesInOneFile) {
  std::string feed;
  for (int i = 0; i < 2500; ++i) feed += Hemoglobin(absl::StrCat(i));
  const Ran ran = Run({"submit", "--json", File("feed.hl7", feed)});
  EXPECT_EQ(ran.exit_code, 0);
  EXPECT_THAT(ran.err, HasSubstr("2500 reports accepted (2500 new), 0 refused\n"));
  const std::vector<std::string> lines = Lines(ran.out);
  ASSERT_THAT(lines, SizeIs(2500));
  for (size_t i = 0; i < lines.size(); ++i) ASSERT_THAT(lines[i], HasSubstr(absl::StrCat("\"message\":", i + 1, ",")));
}

TEST_F(GateCommandsTest, DecidesTheSameOffline) {
  const Ran ran =
      RunBinary({"policy", "decide", "--now", "2026-03-06T21:05:00-05:00", "-", File("bad.txt", "this is no message")},
                Hemoglobin("1") + Pathology("2"));
  EXPECT_EQ(ran.exit_code, 1);
  const std::vector<std::string> lines = Lines(ran.out);
  ASSERT_THAT(lines, SizeIs(3));
  EXPECT_THAT(lines[0], AllOf(HasSubstr("\"outcome\":\"decided\""), HasSubstr("DISPOSITION_RELEASE")));
  EXPECT_THAT(lines[1], HasSubstr("DISPOSITION_REVIEW"));
  EXPECT_THAT(lines[2], AllOf(HasSubstr("\"outcome\":\"refused\""), HasSubstr("\"issues\":[{")));
}

TEST_F(GateCommandsTest, ADayOfTheGateUnderAnyPack) {
  ASSERT_EQ(Run({"submit", File("cbc.hl7", Hemoglobin("1")), File("path.hl7", Pathology("2"))}).exit_code, 0);
  const Ran day = Run({"policy", "simulate", "--day", "2026-03-06"});
  EXPECT_EQ(day.exit_code, 0) << day.err;
  EXPECT_THAT(day.out, AllOf(HasSubstr("2 reports, 2 units, as the gate received them on 2026-03-06"), HasSubstr("result 2: ")));
  EXPECT_THAT(Run({"policy", "simulate", "--day", "2026-03-07"}).out, HasSubstr("0 reports, 0 units"));
  EXPECT_THAT(Run({"policy", "impact", "policies/default", "policies/default", "--day", "2026-03-06"}).out,
              HasSubstr("Nothing changes for any of these units.\n"));
}

TEST_F(GateCommandsTest, StopsOnASignalAndGoesOnWhereItWas) {
  EXPECT_EQ(Run({"submit", "-"}, Pathology("2")).exit_code, 0);
  EXPECT_EQ(gate_->Stop(), 0) << gate_->Output();
  absl::StatusOr<std::unique_ptr<testing::ServerProcess>> gate =
      testing::StartGate(RESULTGATE_BINARY, folder_.path() + "/gate.db");
  ASSERT_TRUE(gate.ok()) << gate.status();
  gate_ = *std::move(gate);
  EXPECT_THAT(Run({"review", "list"}).out, HasSubstr("1 review waits\n"));
  EXPECT_THAT(Run({"submit", "-"}, Pathology("2")).out, HasSubstr("(1 duplicate)"));
}

}  // namespace
}  // namespace resultgate::app

// The subcommands against a gate that runs as a process of its own, as ./dev run starts it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "server/base/file.h"
#include "tests/app/run_binary.h"
#include "tests/testing/server_process.h"

namespace resultgate::app {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

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
                               ContainsRegex("approved +1234567893 +2"), ContainsRegex("acknowledged.*releases? 1")));
  EXPECT_THAT(
      Lines(Run({"audit", "list", "--result", "2", "--filter", "NOT kind = queried AND NOT kind = delivered", "--json"}).out),
      SizeIs(3))
      << "decided, refused, approved: nobody has opened it";
  EXPECT_THAT(Lines(Run({"audit", "list", "--result", "2", "--filter", "kind = queried AND actor = 1234567893", "--json"}).out),
              SizeIs(2))
      << "what the refused approval and the other one read";
  EXPECT_EQ(Run({"audit", "list", "--kind", "erased-by-nobody"}).exit_code, 2);
  EXPECT_EQ(Run({"audit", "list", "--kind", "redecided"}).out, "0 entries\n");
  EXPECT_THAT(Lines(Run({"audit", "list", "--kind", "decided", "--json"}).out), SizeIs(2));
}

TEST_F(GateCommandsTest, ACorrectionOfWhatWasSeenIsFirstOnTheList) {
  ASSERT_EQ(Run({"submit", "-"}, Pathology("2")).exit_code, 0);
  ASSERT_EQ(Run({"submit", "-"}, Hemoglobin("1")).exit_code, 0);
  const std::string corrected = absl::StrReplaceAll(
      Hemoglobin("1"), {{"|||||||20260306155500-0500||LAB|F", "||||||20260306163000-0500||SP|C"}, {"|N|||F|||", "|N|||C|||"}});
  ASSERT_EQ(Run({"submit", "-"}, corrected).exit_code, 0);
  const Ran listed = Run({"review", "list"});
  EXPECT_THAT(listed.out, ContainsRegex("URGENT(.|\n)*2 +2 +P1 .*correction(.|\n)*1 +1 +P2"));
  EXPECT_THAT(Run({"review", "follow", "--until-current"}).out, ContainsRegex("2 +review, correction +718-7"));
}

TEST_F(GateCommandsTest, WhatIsLateIsNamedToTheOperator) {
  ASSERT_EQ(Run({"submit", "-"}, Pathology("1")).exit_code, 0);
  EXPECT_EQ(gate_->Stop(), 0);
  auto later = testing::ServerProcess::Start({RESULTGATE_BINARY, "serve", "--dev", "--clock", "2026-03-12T09:00:00-04:00",
                                              "--listen", "127.0.0.1:0", "--database", folder_.path() + "/gate.db"});
  ASSERT_TRUE(later.ok()) << later.status();
  gate_ = *std::move(later);
  const std::string output = gate_->Output();
  EXPECT_THAT(output, AllOf(HasSubstr("came due while the gate was not running: 1, the first at 2026-03-"),
                            ContainsRegex("warning late: result 1, due 2026-03-[0-9T:.-]+")));
  EXPECT_LT(output.find("late: result 1"), output.find("the log is signed by")) << "before anything goes";
}

// The patient has it; who may see it for somebody whose age is not known, waits for a person.
TEST_F(GateCommandsTest, WhatIsOverdueForRelativesAloneIsTold) {
  ASSERT_EQ(Run({"submit", "-"}, absl::StrReplaceAll(Hemoglobin("1"), {{"||19700101|", "|||"}})).exit_code, 0);
  ASSERT_EQ(Run({"submit", "-"}, Pathology("2")).exit_code, 0);
  EXPECT_THAT(Run({"audit", "report", "overdue-reviews"}).out, Not(HasSubstr("For "))) << "nothing is overdue yet";
  EXPECT_EQ(gate_->Stop(), 0);
  auto later = testing::ServerProcess::Start({RESULTGATE_BINARY, "serve", "--dev", "--clock", "2026-03-13T09:00:00-04:00",
                                              "--listen", "127.0.0.1:0", "--database", folder_.path() + "/gate.db"});
  ASSERT_TRUE(later.ok()) << later.status();
  gate_ = *std::move(later);
  const std::string said = Run({"audit", "report", "overdue-reviews"}).out;
  EXPECT_THAT(said,
              ContainsRegex("For representatives, and not for patients\nRESULT(.|\n)*1 +birth-date-unknown-review +privacy"));
  EXPECT_THAT(said, Not(HasSubstr("For delegates"))) << "the same review is told once";
  EXPECT_THAT(Run({"audit", "report", "overdue-reviews", "--audience", "patient"}).out, Not(HasSubstr("For ")));
  EXPECT_THAT(Run({"audit", "report", "holds-by-basis"}).out, Not(HasSubstr("For ")));
  const std::string table = Run({"audit", "report", "overdue-reviews", "--csv"}).out;
  EXPECT_THAT(Lines(table)[0], AllOf(StartsWith("result,rule,effect,basis,"), EndsWith(",facility,audience\r")));
  EXPECT_THAT(table, AllOf(ContainsRegex("\n2,[a-z-]+,review,organization-policy,.*,patient\r\n"),
                           ContainsRegex("\n1,birth-date-unknown-review,review,privacy,.*,representative\r\n"),
                           Not(HasSubstr(",delegate\r\n"))));
  EXPECT_THAT(Run({"audit", "report", "overdue-reviews", "--csv", "--audience", "patient"}).out,
              AllOf(HasSubstr(",patient\r\n"), Not(HasSubstr(",representative\r\n"))));
  EXPECT_THAT(Run({"audit", "report", "overdue-reviews", "--csv", "--audience", "delegate"}).out,
              AllOf(HasSubstr(",delegate\r\n"), Not(HasSubstr(",patient\r\n"))));
  EXPECT_THAT(Run({"audit", "report", "overdue-reviews", "--csv", "--figures"}).out, Not(HasSubstr("representative")));
  for (const char* format : {"--ndjson", "--json"}) {
    EXPECT_THAT(Run({"audit", "report", "overdue-reviews", format}).out,
                AllOf(ContainsRegex("\"result_id\":\"2\".*\"audience\":\"AUDIENCE_PATIENT\""),
                      ContainsRegex("\"birth-date-unknown-review\".*\"audience\":\"AUDIENCE_REPRESENTATIVE\""),
                      Not(HasSubstr("AUDIENCE_DELEGATE\"}"))))
        << format;
  }
  EXPECT_THAT(Run({"audit", "report", "overdue-reviews", "--json"}).out, HasSubstr("\"all_lines\":\"2\""));
}

TEST_F(GateCommandsTest, AReleaseAsALetter) {
  ASSERT_EQ(Run({"submit", File("a.hl7", Hemoglobin("1"))}).exit_code, 0);
  const Ran text = Run({"releases", "show", "1"});
  EXPECT_EQ(text.exit_code, 0) << text.err;
  EXPECT_THAT(text.out, HasSubstr("Questions? Send a message to your clinic."));
  EXPECT_THAT(Run({"releases", "show", "1", "--as", "phone"}).out, AllOf(HasSubstr("["), HasSubstr("What to do.")));
  EXPECT_THAT(Run({"releases", "show", "1", "--as", "json"}).out, HasSubstr("\"sequence\""));
  const std::string path = folder_.path() + "/letter.html";
  const Ran letter = Run({"releases", "show", "1", "--as", "letter", "--output", path});
  EXPECT_EQ(letter.exit_code, 0) << letter.err;
  EXPECT_THAT(letter.out, AllOf(HasSubstr("P1, for everybody who may see it, in en: " + path), Not(HasSubstr("the ,"))));
  std::ifstream file(path);
  const std::string html((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  EXPECT_THAT(html, AllOf(HasSubstr("<html lang=\"en\""), HasSubstr("Keep this letter.")));
  const Ran none = Run({"releases", "show", "9"});
  EXPECT_EQ(none.exit_code, 1);
  EXPECT_THAT(none.err, HasSubstr("NOT_FOUND: no release 9"));
}

// Somebody copies them.
TEST_F(GateCommandsTest, TheExamplesOfTheHelpWork) {
  std::filesystem::create_symlink(RESULTGATE_BINARY, folder_.path() + "/resultgate");
  const std::string help = Run({"submit", "--help"}).out;
  int examples = 0;
  for (const std::string& line : Lines(help.substr(help.find("Examples:")))) {
    if (!absl::StrContains(line, "resultgate submit")) continue;
    const std::string command = absl::StrCat("PATH=", folder_.path(), ":$PATH RESULTGATE_SERVER=", gate_->address(),
                                             "; export PATH RESULTGATE_SERVER; ", line, " > ", folder_.path(), "/out 2>&1");
    EXPECT_EQ(std::system(command.c_str()), 0) << line << "\n" << base::ReadFile(folder_.path() + "/out").value();
    ++examples;
  }
  EXPECT_EQ(examples, 3);
}

TEST_F(GateCommandsTest, WhoseAResultInDoubtMayBeIsOnTheReviewersScreen) {
  ASSERT_EQ(Run({"submit", "-"}, Hemoglobin("1")).exit_code, 0);
  EXPECT_THAT(Run({"review", "show", "1"}).out, Not(HasSubstr("In doubt")));
  const std::string moved =
      absl::StrReplaceAll(Hemoglobin("1"), {{"|||||||20260306155500-0500||LAB|F", "|||||||20260306163000-0500||LAB|C"},
                                            {"|N|||F|||", "|N|||C|||"},
                                            {"||P1^^^", "||P9^^^"},
                                            {"||13.5|", "||7.5|"},
                                            {"|19700101|", "|19810505|"}});
  ASSERT_EQ(Run({"submit", "-"}, moved).exit_code, 0);
  EXPECT_THAT(Run({"review", "show", "1"}).out,
              AllOf(HasSubstr("In doubt\n  the report moved to another patient\n"),
                    HasSubstr("two people must approve it, one of them of health-information-management; nobody has yet"),
                    HasSubstr("what it said before is not kept; what was decided of that: resultgate audit story 1")));
  ASSERT_EQ(Run({"review", "approve", "1", "--reviewer", "H201"}).exit_code, 0);
  EXPECT_THAT(Run({"review", "show", "1"}).out, HasSubstr("H201 has: a second person must"));
  // Two that say they are the same one.
  ASSERT_EQ(Run({"submit", "-"}, Hemoglobin("2")).exit_code, 0);
  ASSERT_EQ(Run({"submit", "-"}, absl::StrReplaceAll(Hemoglobin("2"), {{"||13.5|", "||7.5|"}})).exit_code, 0);
  EXPECT_THAT(Run({"review", "show", "2"}).out,
              AllOf(HasSubstr("In doubt\n  two versions of the same time and status differ"), Not(HasSubstr("two people")),
                    HasSubstr("version: patient NORTH|P2, born 1970-01-01; Hemoglobin 13.5 g/dL (final)\n"),
                    HasSubstr("version: patient NORTH|P2, born 1970-01-01; Hemoglobin 7.5 g/dL (final)\n")));
}

// What was edited since the rules became active is not used, whether the rules are others by it or only their tests.
TEST_F(GateCommandsTest, APackThatChangedOnTheDiskIsToldOfFileByFile) {
  const std::string pack = folder_.path() + "/ours";
  std::filesystem::copy("policies/default", pack, std::filesystem::copy_options::recursive);
  // Outside development mode the numbers must be some at which somebody answers.
  const std::string templates = folder_.path() + "/templates";
  std::filesystem::copy("templates", templates, std::filesystem::copy_options::recursive);
  const std::string contacts = base::ReadFile("templates/contacts.yaml").value();
  std::ofstream(templates + "/contacts.yaml") << absl::StrReplaceAll(contacts, {{"217-555-", "217-634-"}});
  const auto serve = [&] {
    auto served = testing::ServerProcess::Start(
        {RESULTGATE_BINARY, "serve", "--policies", pack, "--value-sets", "policies/valuesets", "--calendars",
         "policies/calendars", "--templates", templates, "--listen", "127.0.0.1:0", "--database", folder_.path() + "/ours.db"});
    EXPECT_TRUE(served.ok()) << served.status();
    if (!served.ok()) return std::string();
    EXPECT_EQ((*served)->Stop(), 0);
    return (*served)->Output();
  };
  EXPECT_THAT(serve(), Not(HasSubstr("not as it was")));
  EXPECT_THAT(serve(), Not(HasSubstr("not as it was"))) << "nothing has changed";
  const std::string test = std::filesystem::directory_iterator(pack + "/tests")->path().filename().string();
  std::ofstream(pack + "/tests/" + test, std::ios::app) << "# a remark\n";
  const std::string said = serve();
  EXPECT_THAT(said, HasSubstr("not as it was when the pack became active, and not used: ours/tests/" + test + " (changed)"));
  EXPECT_THAT(said, Not(HasSubstr("holds another pack"))) << "the rules are the same";
  std::ofstream(pack + "/tissue.yaml", std::ios::app) << "# a remark\n";
  std::ofstream(pack + "/more.yaml") << "rules: []\n";
  EXPECT_THAT(serve(),
              AllOf(HasSubstr("holds another pack"), HasSubstr("ours/tissue.yaml (changed)"), HasSubstr("ours/more.yaml (new)")));
}

// From what a laboratory sends of its specimen, in either format, to what the patient reads.
TEST_F(GateCommandsTest, ASpecimenInDoubtMayNeedRepeating) {
  const std::string sound = Hemoglobin("1");
  const std::string hl7 = absl::StrReplaceAll(Hemoglobin("2"), {{"OBX|1", "SPM|1|S2||||||||||||||||||||||HEM\rOBX|1"}});
  const std::string fhir = R"({"resourceType":"Bundle","type":"collection","entry":[
    {"resource":{"resourceType":"Patient","id":"p","identifier":[{"value":"P3"}],"birthDate":"1970-01-01"}},
    {"resource":{"resourceType":"Specimen","id":"s","condition":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0493","code":"CLOT"}]}]}},
    {"resource":{"resourceType":"DiagnosticReport","id":"r","status":"final","subject":{"reference":"Patient/p"},"issued":"2026-03-06T15:55:00-05:00",
      "code":{"coding":[{"system":"http://loinc.org","code":"58410-2"}]},"specimen":[{"reference":"Specimen/s"}],"result":[{"reference":"Observation/o"}]}},
    {"resource":{"resourceType":"Observation","id":"o","status":"final","subject":{"reference":"Patient/p"},
      "code":{"coding":[{"system":"http://loinc.org","code":"718-7"}]},"valueQuantity":{"value":13.5,"unit":"g/dL"},
      "interpretation":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation","code":"N"}]}]}}]})";
  ASSERT_EQ(Run({"submit", File("sound.hl7", sound)}).exit_code, 0);
  ASSERT_EQ(Run({"submit", File("doubt.hl7", hl7)}).exit_code, 0);
  const Ran submitted = Run({"submit", File("doubt.json", fhir)});
  ASSERT_EQ(submitted.exit_code, 0) << submitted.out << submitted.err;
  EXPECT_THAT(Run({"releases", "show", "1"}).out, Not(HasSubstr("may not have been good enough")));
  for (const char* sequence : {"2", "3"}) {
    const Ran shown = Run({"releases", "show", sequence});
    EXPECT_THAT(shown.out, AllOf(HasSubstr("may not have been good enough"), HasSubstr("you may need to give a new sample"),
                                 Not(HasSubstr("where the lab expects"))))
        << shown.err << submitted.out;
  }
}

TEST_F(GateCommandsTest, PatientsAndTheirWishes) {
  const std::string patient = "NORTH|P2";
  Run({"submit", "-"}, Pathology("2"));
  const Ran told = Run({"patient", "update", patient, "--actor", "registration", "--language", "es", "--no-conditions"});
  EXPECT_EQ(told.exit_code, 0) << told.err;
  EXPECT_THAT(told.out, HasSubstr("recorded: identifiers, known conditions, language; nothing that is held or shown changed\n"));
  EXPECT_EQ(Run({"patient", "update", patient, "--actor", "registration", "--language", "es"}).out, "nothing new\n");
  EXPECT_THAT(Run({"patient", "prefer", patient, "after-review", "--category", "nonsense", "--actor", "n"}).err,
              HasSubstr("has no value set `nonsense`"));
  EXPECT_EQ(Run({"patient", "prefer", patient, "soon", "--actor", "n"}).exit_code, 2);
  const Ran wish = Run({"patient", "prefer", patient, "immediate", "--actor", "nurse-7"});
  EXPECT_THAT(wish.out, HasSubstr("recorded: results at once; 1 result changed\n")) << wish.err;
  EXPECT_THAT(Run({"review", "list"}).out, HasSubstr("0 reviews wait\n"));
  EXPECT_THAT(Run({"patient", "show", patient}).out,
              AllOf(ContainsRegex("language +es"), ContainsRegex("wants results +at once +asked .* by nurse-7"),
                    ContainsRegex("known conditions +none")));

  EXPECT_THAT(Run({"patient", "relate", patient, "NORTH|P9", "--as", "delegate", "--actor", "registration"}).out,
              HasSubstr("recorded: NORTH|P9 as delegate"));
  EXPECT_THAT(Run({"patient", "show", patient}).out, ContainsRegex("delegate +NORTH.P9"));
  EXPECT_THAT(Run({"patient", "unrelate", patient, "NORTH|P9", "--actor", "registration"}).out, HasSubstr("taken away"));
  EXPECT_THAT(Run({"patient", "merge", patient, "NORTH|P3", "--actor", "him-3"}).out, HasSubstr("nothing was released"));
  EXPECT_THAT(Run({"patient", "show", "NORTH|P3"}).out, AllOf(ContainsRegex("language +es"), HasSubstr("into patient 1")));
  EXPECT_THAT(Run({"patient", "unmerge", patient, "NORTH|P3", "--actor", "him-3"}).out, HasSubstr("two patients again"));
  EXPECT_EQ(Run({"patient", "show", "NORTH|nobody"}).exit_code, 1);
  EXPECT_THAT(Run({"audit", "list", "--kind", "patient_changed"}).out, Not(HasSubstr("P2")));
  EXPECT_THAT(Run({"audit", "list"}).out, AllOf(ContainsRegex("reconsidered +nurse-7 +1"), HasSubstr("is no longer one with")));
}

TEST_F(GateCommandsTest, WhoIsAwayHasNoTurn) {
  Run({"submit", "-"}, Pathology("2"));
  EXPECT_THAT(Run({"review", "list"}).out, HasSubstr("1234567893"));
  EXPECT_EQ(Run({"directory", "away", "1234567893", "--from", "2026-03-06", "--until", "2026-03-21", "--actor", "s"}).exit_code,
            1)
      << "nobody of that id is known";
  EXPECT_EQ(Run({"directory", "put", "1234567893", "--actor", "staff-office"}).out, "recorded: 1234567893\n");
  EXPECT_THAT(Run({"directory", "away", "1234567893", "--from", "2026-03-06", "--until", "2026-03-21", "--delegate", "1987654321",
                   "--actor", "staff-office"})
                  .out,
              HasSubstr("1234567893 is away: Fri 2026-03-06 00:00 to Sat 2026-03-21 00:00, for them 1987654321\n"));
  EXPECT_THAT(Run({"review", "list", "--owner", "1987654321"}).out, HasSubstr("1 review waits\n"));
  EXPECT_THAT(Run({"review", "list", "--owner", "1234567893"}).out, HasSubstr("0 reviews wait\n"));
  EXPECT_EQ(Run({"directory", "put", "pool", "--kind", "pool", "--member", "1234567893", "--hours", "mon-fri 08:00-17:00",
                 "--actor", "staff-office"})
                .exit_code,
            0);
  EXPECT_THAT(Run({"directory", "list"}).out,
              AllOf(ContainsRegex("1234567893 +clinician"), ContainsRegex("fri 08:00-17:00"), HasSubstr("2 owners\n")));
  EXPECT_EQ(Run({"directory", "put", "pool", "--hours", "always", "--actor", "s"}).exit_code, 2);
  EXPECT_THAT(Run({"directory", "back", "1234567893", "--from", "2026-03-06", "--actor", "staff-office"}).out,
              HasSubstr("1234567893 is there\n"));
  EXPECT_THAT(Run({"review", "list", "--owner", "1234567893"}).out, HasSubstr("1 review waits\n"));
  EXPECT_EQ(Run({"directory", "remove", "pool", "--actor", "staff-office"}).exit_code, 0);
  EXPECT_EQ(Run({"directory", "remove", "pool", "--actor", "staff-office"}).exit_code, 1);
  EXPECT_THAT(Run({"audit", "list", "--kind", "directory_changed"}).out, HasSubstr("pool, taken away"));
}

TEST_F(GateCommandsTest, AReviewersDay) {
  ASSERT_EQ(
      Run({"submit", File("a.hl7", Pathology("1")), File("b.hl7", Pathology("2")), File("c.hl7", Pathology("3"))}).exit_code, 0);
  EXPECT_THAT(Run({"review", "list", "--owner", "1234567893"}).out, HasSubstr("3 reviews wait\n"));
  const Ran shown = Run({"review", "show", "1"});
  EXPECT_EQ(shown.exit_code, 0) << shown.err;
  EXPECT_THAT(
      shown.out,
      AllOf(HasSubstr("Result 1, version 1: Surgical pathology study"), HasSubstr("Patient P1, born 1970-01-01"),
            HasSubstr("wishes results: nothing recorded"), HasSubstr("of ordering-provider (1234567893) until Tue 2026-03-10"),
            HasSubstr("wait for the ordering clinician"), HasSubstr("organization policy: policies/README.md, Tissue"),
            HasSubstr("Seborrheic keratosis"), HasSubstr("Would go out once approved (")));
  const std::string etag = shown.out.substr(shown.out.find("etag ") + 5, std::string("1-0123456789abcdef").size());

  EXPECT_EQ(Run({"review", "claim", "1", "--reviewer", "1234567893"}).exit_code, 0);
  EXPECT_EQ(Run({"review", "approve", "1", "--reviewer", "1234567893", "--discussed", "5 minutes ago"}).exit_code, 2);
  const Ran approved = Run({"review", "approve", "1", "--reviewer", "1234567893", "--discussed",
                            "2026-03-06T20:00:00-05:00,by telephone", "--comment", "As we said: all is well."});
  EXPECT_EQ(approved.exit_code, 0) << approved.err;
  EXPECT_THAT(approved.out, HasSubstr("released"));
  const Ran late = Run({"review", "refuse", "1", "--reviewer", "1987654321", "--reason", "not mine", "--etag", etag});
  EXPECT_EQ(late.exit_code, 1);
  EXPECT_THAT(late.err, HasSubstr("ABORTED"));

  EXPECT_EQ(Run({"review", "hold", "2", "--reviewer", "1234567893", "--for", "policy", "--until", "2026-03-20", "--reason", "r"})
                .exit_code,
            2);
  EXPECT_EQ(
      Run({"review", "hold", "2", "--reviewer", "1234567893", "--for", "patient-request", "--until", "soon", "--reason", "r"})
          .exit_code,
      2);
  const Ran kept = Run({"review", "hold", "2", "--reviewer", "1234567893", "--for", "privacy", "--until", "2026-03-20",
                        "--reason", "we would rather wait"});
  EXPECT_EQ(kept.exit_code, 1);
  EXPECT_THAT(kept.err, HasSubstr("privacy keeps nothing from the patient"));
  const Ran held = Run({"review", "hold", "2", "--reviewer", "1234567893", "--for", "patient-request", "--until", "2026-03-20",
                        "--reason", "to be told in person"});
  EXPECT_THAT(held.out, HasSubstr("held by determination 1\n")) << held.err;
  EXPECT_THAT(Run({"review", "show", "2"}).out,
              HasSubstr("determination 1 of 1234567893 until Fri 2026-03-20 00:00: to be told"));
  EXPECT_EQ(Run({"review", "end-hold", "2", "--reviewer", "1234567893", "--determination", "1", "--reason", "told"}).exit_code,
            0);

  EXPECT_EQ(Run({"review", "hand-over", "2", "--reviewer", "1234567893"}).exit_code, 2) << "to whom?";
  EXPECT_EQ(Run({"review", "hand-over", "2", "--reviewer", "1234567893", "--to-pool", "pathology-pool"}).exit_code, 0);
  EXPECT_THAT(Run({"review", "list", "--owner", "pathology-pool"}).out, HasSubstr("1 review waits\n"));
  EXPECT_EQ(Run({"review", "refuse", "3", "--reviewer", "1234567893", "--reason", "needs a pathologist"}).exit_code, 0);
  EXPECT_THAT(Run({"review", "follow", "--until-current"}).out,
              AllOf(ContainsRegex("2 +review +22637-3 +pathology-pool"), ContainsRegex("3 +review +22637-3 +pathology-pool")));
  EXPECT_EQ(Run({"review", "release", "3", "--reviewer", "1987654321"}).exit_code, 0);
  EXPECT_THAT(Run({"releases", "request", "2", "--patient", "P2", "--by", "account-2"}).err, HasSubstr("NOT_FOUND"))
      << "without who assigned it";
  EXPECT_THAT(Run({"releases", "request", "2", "--patient", "P2", "--system", "NORTH"}).err, HasSubstr("--by is required"))
      << "the log has no identifier of the patient";
  EXPECT_THAT(Run({"releases", "request", "2", "--patient", "P2", "--system", "NORTH", "--by", "account-2"}).out,
              HasSubstr("released\n"));

  EXPECT_THAT(Run({"audit", "list", "--kind", "reviewed"}).out,
              AllOf(HasSubstr("claimed"), HasSubstr("held: "), HasSubstr("hold ended"), HasSubstr("handed over"),
                    HasSubstr("refused: 1 unit review; needs a pathologist")));
  EXPECT_THAT(Run({"review", "workload", "--since", "2026-03-01", "--by", "clinician", "--csv"}).out,
              AllOf(HasSubstr("clinician,reviews,review minutes,"), HasSubstr("\n1234567893,")));
  const auto until = [this](const std::string& day) {
    return Run({"review", "workload", "--since", "2026-03-01", "--until", day, "--by", "clinician", "--csv"}).out;
  };
  EXPECT_THAT(until("2026-03-06"), HasSubstr("\n1234567893,")) << "to the end of the day, as audit has it";
  EXPECT_THAT(until("2026-03-05"), Not(HasSubstr("1234567893")));
  EXPECT_THAT(until("2026-03-06T21:00:00-05:00"), Not(HasSubstr("1234567893")));

  // Nobody has opened what went on the patient's word.
  EXPECT_THAT(Run({"outreach", "list"}).out, ContainsRegex("2 +P2 .*your patient can see this now"))
      << "a diagnosis has no flag, and is listed";
  EXPECT_EQ(Run({"outreach", "opened", "2", "--by", "1234567893"}).exit_code, 0);
  EXPECT_EQ(Run({"outreach", "opened", "3", "--by", "1234567893"}).exit_code, 0);
  EXPECT_EQ(Run({"outreach", "view", "2"}).exit_code, 0);
  EXPECT_EQ(Run({"outreach", "message", "2", "--message-id", "m1", "--category", "question"}).exit_code, 0);
  EXPECT_THAT(Run({"review", "workload", "--since", "2026-03-01", "--by", "template", "--csv"}).out,
              AllOf(HasSubstr("template,reviews,"), ContainsRegex("\nbiopsy-ready,0,0,0,0,0,0,0,1\r\n")));
  EXPECT_THAT(Run({"review", "workload", "--since", "2026-03-01", "--by", "template"}).out, HasSubstr("TEMPLATE"));
  EXPECT_THAT(Run({"outreach", "list"}).out, HasSubstr("0 things to do\n"));
}

TEST_F(GateCommandsTest, ADangerIsReviewedByAnotherClinician) {
  ASSERT_EQ(Run({"submit", "-"}, Pathology("1")).exit_code, 0);
  const std::vector<std::string> hold = {"review", "hold",    "1",          "--reviewer", "1234567893", "--for",
                                         "danger", "--until", "2026-03-20", "--reason",   "seen today"};
  EXPECT_THAT(Run(hold).err, HasSubstr("does not know `1234567893` as a licensed clinician"));
  EXPECT_EQ(Run({"directory", "put", "1234567893", "--licensed", "--actor", "staff-office"}).exit_code, 0);
  EXPECT_EQ(Run({"directory", "put", "1987654321", "--licensed", "--actor", "staff-office"}).exit_code, 0);
  EXPECT_THAT(Run({"directory", "list"}).out, ContainsRegex("1234567893 +licensed clinician"));
  EXPECT_THAT(Run(hold).out, HasSubstr("held by determination 1\n"));
  const std::vector<std::string> request = {"releases", "request", "1",    "--patient", "P1",
                                            "--system", "NORTH",   "--by", "account-1"};
  EXPECT_THAT(Run(request).out, AllOf(HasSubstr("nothing was released by this\nwaits a clinician's decision about your safety"),
                                      ContainsRegex("another clinician reviews it, by Thu 2026-03-12 08:00\n")));
  EXPECT_THAT(Run({"outreach", "list", "--kind", "determination-review"}).out,
              AllOf(ContainsRegex("review determination 1, not by 1234567893 +medical-director"), HasSubstr("1 thing to do\n")));
  EXPECT_THAT(Run({"review", "show", "1"}).out,
              ContainsRegex("the patient asked .* to have it reviewed: by another one, of medical"));
  const auto uphold = [this](const std::string& reviewer) {
    return Run({"review", "uphold", "1", "--reviewer", reviewer, "--determination", "1", "--reason", "it has not passed"});
  };
  EXPECT_THAT(uphold("1234567893").err, HasSubstr("who determined it may not review it"));
  EXPECT_THAT(uphold("1987654321").out, HasSubstr("determination 1 stands"));
  EXPECT_THAT(Run({"review", "show", "1"}).out, ContainsRegex("upheld by 1987654321 .*: it has not passed"));
  EXPECT_THAT(Run(request).out, HasSubstr("and it stands: it has not passed\n"));
  EXPECT_THAT(Run({"audit", "story", "1"}).out,
              AllOf(HasSubstr("by the patient; nothing went; another clinician is to review determination 1"),
                    HasSubstr("hold upheld; it has not passed"),
                    HasSubstr("determination 1 (harm-determination) of 1234567893, until Fri 2026-03-20 00:00")));
}

TEST_F(GateCommandsTest, RecordsAreHeldForACourtAndErased) {
  ASSERT_EQ(Run({"submit", File("a.hl7", Hemoglobin("1"))}).exit_code, 0);
  ASSERT_EQ(Run({"releases", "follow", "--until-current", "--ack"}).exit_code, 0);
  EXPECT_EQ(Run({"retention", "hold", "--actor", "records-1", "--reason", "claim 7"}).exit_code, 2) << "what?";
  const Ran held = Run({"retention", "hold", "1", "--actor", "records-1", "--reason", "claim 7"});
  EXPECT_THAT(held.out, ContainsRegex("^legal hold [0-9]+ stands, over [0-9]+ results?\n")) << held.err;
  const std::string number = held.out.substr(11, held.out.find(' ', 11) - 11);
  EXPECT_EQ(Run({"retention", "hold", "--patient", "NORTH|P1", "--actor", "records-1", "--reason", "claim 8"}).exit_code, 0);
  EXPECT_THAT(Run({"retention", "holds"}).out,
              AllOf(HasSubstr("claim 7"), ContainsRegex("NORTH.P1 +records-1"), HasSubstr("2 legal holds\n")));
  EXPECT_THAT(Lines(Run({"retention", "holds", "--json"}).out), SizeIs(2));
  const std::vector<std::string> erase = {"retention",  "erase",     "1",        "--actor", "records-1",
                                          "--approver", "records-2", "--reason", "order 9"};
  EXPECT_THAT(Run(erase).err, HasSubstr("it is on legal hold"));
  EXPECT_EQ(Run({"retention", "end-hold", number, "--actor", "records-1", "--reason", "settled"}).exit_code, 0);
  EXPECT_THAT(Run({"retention", "end-hold", number, "--actor", "records-1", "--reason", "settled"}).err, HasSubstr("NOT_FOUND"));
  EXPECT_THAT(Run(erase).err, HasSubstr("it is on legal hold")) << "that of the patient";
  EXPECT_THAT(
      Run({"audit", "list", "--kind", "legal-hold-changed"}).out,
      AllOf(ContainsRegex("legal hold [0-9]+ placed: claim 7"), ContainsRegex("placed, on the results of patient 1: claim 8"),
            ContainsRegex("legal hold [0-9]+ ended: settled")));
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

// From the default pack to one that holds no pathology, and back.
TEST_F(GateCommandsTest, ActivatesRedecidesAndRollsBack) {
  EXPECT_EQ(Run({"submit", "-"}, Pathology("2")).exit_code, 0);
  std::filesystem::copy("policies", folder_.path() + "/policies", std::filesystem::copy_options::recursive);
  std::filesystem::create_directories(folder_.path() + "/policies/open/tests");
  std::ifstream pack("policies/default/pack.yaml");
  File("policies/open/pack.yaml",
       absl::StrReplaceAll(std::string(std::istreambuf_iterator<char>(pack), {}), {{"name: default", "name: open"}}));
  File("policies/open/rules.yaml",
       "rules:\n  - {id: pathology-release, title: Pathology goes at once, match: {codes: [final-diagnosis]}, then: {release: "
       "now}}\n");
  File("policies/open/tests/rules.yaml",
       "tests:\n  - name: goes\n    now: 2026-03-06T15:00:00-05:00\n    report:\n      sender: PATH|NORTH\n      status: final\n"
       "      section: pathology\n      code: loinc|60567-5\n      patient: {identifiers: [{system: MRN, value: P1}]}\n"
       "      order: {filler_order_number: F1}\n      observations:\n"
       "        - {id: a, code: loinc|22637-3, status: final, text: Benign.}\n"
       "    expect:\n      - {units: [a], decision: release, rules: [pathology-release]}\n");
  const std::vector<std::string> activate = {"policy", "activate", folder_.path() + "/policies/open", "--author", "author-1"};
  const auto with = [&activate](std::vector<std::string> more) {
    std::vector<std::string> all = activate;
    all.insert(all.end(), more.begin(), more.end());
    return all;
  };
  const Ran alone = Run(with({"--approver", "author-1", "--yes"}));
  EXPECT_EQ(alone.exit_code, 1);
  EXPECT_THAT(alone.err, HasSubstr("FAILED_PRECONDITION: who wrote the pack cannot approve it; a second person must"));

  const Ran preview = Run(with({"--approver", "approver-1"}));
  EXPECT_EQ(preview.exit_code, 0) << preview.err;
  EXPECT_THAT(preview.out, AllOf(ContainsRegex("earlier +unclassified +biopsy-review .*1"),
                                 HasSubstr("1 result held; units: 1 would go earlier"), HasSubstr("would become active: open"),
                                 HasSubstr("Say it again with --yes.")));
  EXPECT_THAT(Run({"policy", "active"}).out, AllOf(HasSubstr("active: default sha256:"), Not(HasSubstr("open sha256"))));

  const Ran activated = Run(with({"--approver", "approver-1", "--yes"}));
  EXPECT_EQ(activated.exit_code, 0) << activated.err;
  EXPECT_THAT(activated.out, HasSubstr("active now: open"));
  EXPECT_THAT(Run({"review", "list"}).out, HasSubstr("1 review waits\n")) << "what is held stays so";
  EXPECT_THAT(Run({"policy", "active"}).out,
              AllOf(HasSubstr("active: open sha256:"), HasSubstr("approver-1"), HasSubstr("first start")));
  EXPECT_EQ(Run(with({"--approver", "approver-1", "--yes"})).exit_code, 1) << "it is active";

  const Ran asked = Run({"policy", "redecide", "--actor", "approver-1"});
  EXPECT_EQ(asked.exit_code, 0) << asked.err;
  EXPECT_THAT(asked.out, HasSubstr("`--release-held 1` does it"));
  const Ran wrong = Run({"policy", "redecide", "--actor", "approver-1", "--release-held", "2"});
  EXPECT_EQ(wrong.exit_code, 1);
  EXPECT_THAT(wrong.err, HasSubstr("this would release 1 unit now, and 2 was confirmed; nothing was done"));
  const Ran done = Run({"policy", "redecide", "--actor", "approver-1", "--release-held", "1"});
  EXPECT_EQ(done.exit_code, 0) << done.err;
  EXPECT_EQ(done.out, "1 result changed, 1 unit released\n");
  EXPECT_THAT(Run({"review", "list"}).out, HasSubstr("0 reviews wait\n"));

  const Ran back = Run({"policy", "rollback", "--approver", "approver-1", "--author", "author-1", "--yes"});
  EXPECT_EQ(back.exit_code, 0) << back.err;
  EXPECT_THAT(back.out, HasSubstr("active now: default"));
  EXPECT_THAT(Lines(Run({"policy", "active", "--json"}).out), SizeIs(3));

  const Ran audit = Run({"audit", "list"});
  EXPECT_THAT(audit.out,
              AllOf(ContainsRegex("activated +gate"), ContainsRegex("activation-refused +author-1 .*a second person must"),
                    ContainsRegex("activated +approver-1 .*open"), ContainsRegex("redecision +approver-1 .*1 unit to release"),
                    ContainsRegex("redecided +approver-1 .*released"), ContainsRegex("activated +approver-1 .*default .*again")));
  EXPECT_THAT(Lines(Run({"audit", "list", "--kind", "activation_refused", "--json"}).out), SizeIs(1));
}

TEST_F(GateCommandsTest, AWrongPackIsShownWhereItStandsAndTheGateIsNotAsked) {
  std::filesystem::copy("policies", folder_.path() + "/policies", std::filesystem::copy_options::recursive);
  const std::string pack = folder_.path() + "/policies/default";
  File("policies/default/wrong.yaml", "rules:\n  - id: wrong\n    titel: t\n");
  const Ran wrong = Run({"policy", "activate", pack, "--author", "a", "--approver", "b"});
  EXPECT_EQ(wrong.exit_code, 1);
  EXPECT_THAT(wrong.err, AllOf(HasSubstr(pack + "/wrong.yaml:3:5: error"), HasSubstr("the gate was not asked")));
  File("policies/default/wrong.yaml", "");
  std::filesystem::remove(folder_.path() + "/policies/default/wrong.yaml");
  File("policies/default/tests/wrong.yaml",
       "tests:\n  - name: wrong\n    now: 2026-03-06T15:00:00-05:00\n    report: {sender: LAB, status: final, code: "
       "loinc|58410-2}\n"
       "    expect:\n      - {units: [document], decision: never, rules: []}\n");
  const Ran red = Run({"policy", "activate", pack, "--author", "a", "--approver", "b", "--yes"});
  EXPECT_EQ(red.exit_code, 1);
  EXPECT_THAT(red.err, AllOf(HasSubstr("failed: wrong"), HasSubstr("the gate was not asked")));
}

// A gate in development mode with a copy of the policies.
TEST_F(GateCommandsTest, ReloadsItsFolderInDevelopmentModeAndKeepsTheLastGoodOne) {
  EXPECT_EQ(gate_->Stop(), 0) << gate_->Output();
  std::filesystem::copy("policies", folder_.path() + "/policies", std::filesystem::copy_options::recursive);
  const std::string pack_file = "policies/default/pack.yaml";
  std::ifstream in(folder_.path() + "/" + pack_file);
  const std::string good((std::istreambuf_iterator<char>(in)), {});
  // Outside development mode the placeholders among the telephone numbers are refused.
  std::filesystem::copy("templates", folder_.path() + "/templates", std::filesystem::copy_options::recursive);
  std::ifstream numbers("templates/contacts.yaml");
  File("templates/contacts.yaml",
       absl::StrReplaceAll(std::string(std::istreambuf_iterator<char>(numbers), {}), {{"-555-", "-544-"}}));
  const auto start = [this](bool development) {
    std::vector<std::string> command = {RESULTGATE_BINARY, "serve",
                                        "--listen",        "127.0.0.1:0",
                                        "--database",      folder_.path() + "/gate.db",
                                        "--policies",      folder_.path() + "/policies/default"};
    command.insert(command.end(), {"--templates", folder_.path() + "/templates"});
    if (development) command.emplace_back("--dev");
    auto gate = testing::ServerProcess::Start(command);
    ASSERT_TRUE(gate.ok()) << gate.status();
    gate_ = *std::move(gate);
  };
  // Asks until the server has said it: it has the time that it needs.
  const auto says = [this](const std::string& text) {
    for (int i = 0; i < 600 && !absl::StrContains(gate_->Output(), text); ++i) Run({"policy", "active"});
    return absl::StrContains(gate_->Output(), text);
  };
  ASSERT_NO_FATAL_FAILURE(start(true));
  File(pack_file, absl::StrReplaceAll(good, {{"name: default", "name: edited"}}));
  EXPECT_TRUE(says("pack edited (sha256:")) << gate_->Output() << "the watch sees it";
  File(pack_file, absl::StrReplaceAll(good, {{"name: default", "nam: default"}}));
  kill(gate_->pid(), SIGHUP);
  EXPECT_TRUE(says("stays active")) << gate_->Output();
  EXPECT_THAT(gate_->Output(), HasSubstr("/pack.yaml:"));
  EXPECT_THAT(Run({"policy", "active"}).out, HasSubstr("active: edited"));
  EXPECT_THAT(Run({"audit", "list", "--kind", "activated"}).out, HasSubstr("edited sha256:"));
  EXPECT_EQ(gate_->Stop(), 0);

  // Not in development mode: a folder that cannot be used, or holds something else, changes nothing; SIGHUP neither.
  ASSERT_NO_FATAL_FAILURE(start(false));
  EXPECT_THAT(gate_->Output(), HasSubstr("cannot be used, see above; the pack that was active last decides"));
  EXPECT_EQ(gate_->Stop(), 0);
  File(pack_file, good);
  ASSERT_NO_FATAL_FAILURE(start(false));
  EXPECT_THAT(gate_->Output(), HasSubstr("holds another pack"));
  kill(gate_->pid(), SIGHUP);
  EXPECT_TRUE(says("SIGHUP is ignored")) << gate_->Output();
  EXPECT_THAT(Run({"policy", "active"}).out, HasSubstr("active: edited"));
  EXPECT_EQ(gate_->Stop(), 0);
}

}  // namespace
}  // namespace resultgate::app

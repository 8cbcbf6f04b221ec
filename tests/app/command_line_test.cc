// The binary as a person calls it: help texts, exit codes, and what works without a gate.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/base/file.h"
#include "tests/app/run_binary.h"
#include "tests/testing/server_process.h"
#include "tests/testing/temp_folder.h"

namespace resultgate::app {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

using Arguments = std::vector<std::string>;

TEST(CommandLineTest, EverySubcommandExplainsItselfWithAnExample) {
  const Arguments commands[] = {{},
                                {"serve"},
                                {"submit"},
                                {"review", "list"},
                                {"review", "approve"},
                                {"policy", "check"},
                                {"policy", "test"},
                                {"policy", "decide"},
                                {"policy", "fmt"},
                                {"policy", "new"},
                                {"policy", "schema"},
                                {"policy", "reference"},
                                {"releases", "follow"},
                                {"audit", "list"},
                                {"audit", "story"},
                                {"audit", "verify"},
                                {"audit", "checkpoint"},
                                {"audit", "proof"},
                                {"audit", "export"},
                                {"backup"},
                                {"restore"}};
  for (Arguments arguments : commands) {
    const std::string command = absl::StrJoin(arguments, " ");
    arguments.push_back("--help");
    const Ran ran = RunBinary(arguments);
    EXPECT_EQ(ran.exit_code, 0) << command;
    EXPECT_THAT(ran.out, AllOf(HasSubstr("Example"), HasSubstr("resultgate " + command))) << command;
  }
}

TEST(CommandLineTest, WrongUsageIsTwo) {
  const Arguments lines[] = {
      {},
      {"sreve"},
      {"serve", "--no-such-option"},
      {"serve", "--listen", "0.0.0.0:0"},
      {"serve", "--listen", "nowhere"},
      {"serve", "--clock", "2026-03-06T21:05:00-05:00"},  // needs --dev
      {"serve", "--dev", "--clock", "yesterday"},
      {"serve", "--policies", "no/such/folder"},
      {"submit"},
      {"submit", "--zone", "Nowhere/Land", "-"},
      {"review"},
      {"review", "approve", "7"},
      {"review", "approve", "0", "--reviewer", "D1"},
      {"review", "approve", "seven", "--reviewer", "D1"},
      {"policy", "check"},
      {"policy", "check", "no/such/folder"},
      {"policy", "decide", "--now", "yesterday", "-"},
      {"policy", "fmt"},
      {"policy", "new"},
      {"policy", "new", "--jurisdiction", "Ohio", "no/such/folder"},
      {"policy", "decide", "--zone", "Nowhere/Land", "-"},
      {"releases", "follow", "--after", "-1"},
      {"audit", "list", "--kind", "anything"},
      {"audit", "story"},
      {"audit", "proof", "0"},
      {"audit", "export", "--format", "xml"},
      {"audit", "verify", "--witness", "no/such/file"},
      {"backup"},
  };
  for (const Arguments& arguments : lines) {
    const Ran ran = RunBinary(arguments);
    EXPECT_EQ(ran.exit_code, 2) << absl::StrJoin(arguments, " ") << "\n" << ran.out << ran.err;
    EXPECT_FALSE(ran.err.empty()) << absl::StrJoin(arguments, " ");
  }
}

TEST(CommandLineTest, AnUnknownSubcommandIsNamedWithTheNearest) {
  const std::pair<Arguments, const char*> lines[] = {
      {{"reviw", "list"}, "`resultgate` has no subcommand `reviw`; did you mean `resultgate review`?"},
      {{"review", "lst"}, "`resultgate review` has no subcommand `lst`; did you mean `resultgate review list`?"},
      {{"audit", "stroy", "7"}, "`resultgate audit` has no subcommand `stroy`; did you mean `resultgate audit story`?"},
      {{"review", "everything"}, "`resultgate review` has no subcommand `everything`; see `resultgate review --help`"}};
  for (const auto& [arguments, says] : lines) {
    const Ran ran = RunBinary(arguments);
    EXPECT_EQ(ran.exit_code, 2) << says;
    EXPECT_EQ(ran.err, absl::StrCat("resultgate: ", says, "\n"));
  }
  // Of what is known, its own mistakes are told.
  EXPECT_THAT(RunBinary({"review", "approve", "seven", "--reviewer", "D1"}).err, Not(HasSubstr("has no subcommand")));
  EXPECT_THAT(RunBinary({"review"}).err, HasSubstr("subcommand is required"));
}

TEST(CommandLineTest, ARefusedAddressSaysWhy) {
  EXPECT_THAT(RunBinary({"serve", "--listen", "0.0.0.0:50051"}).err, HasSubstr("can be reached from other machines"));
}

TEST(CommandLineTest, WithoutAGateClientsSaySo) {
  const Arguments lines[] = {
      {"submit", "-"},         {"review", "list"},      {"releases", "follow"},  {"audit", "list"},
      {"audit", "story", "7"}, {"audit", "checkpoint"}, {"audit", "proof", "7"}, {"review", "approve", "7", "--reviewer", "D1"}};
  for (Arguments arguments : lines) {
    // Port 1 needs a privileged server: nobody listens there.
    arguments.insert(arguments.end(), {"--server", "127.0.0.1:1"});
    const Ran ran = RunBinary(arguments);
    EXPECT_EQ(ran.exit_code, 1) << absl::StrJoin(arguments, " ");
    EXPECT_THAT(ran.err, HasSubstr("is `resultgate serve` running?")) << absl::StrJoin(arguments, " ");
  }
}

TEST(CommandLineTest, ChecksAGoodPack) {
  const Ran ran = RunBinary({"policy", "check", "policies/default/"});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_THAT(ran.out, AllOf(StartsWith("default: "), HasSubstr(" rules, "), HasSubstr("sha256:")));
}

TEST(CommandLineTest, SaysWhatIsWrongWithAPackAndWhere) {
  const testing::TemporaryFolder folder;
  const std::string pack = folder.path() + "/pack.yaml";
  std::ofstream(pack) << "pack: 7\nno_such_key: true\n";
  const Ran ran =
      RunBinary({"policy", "check", folder.path(), "--value-sets", "policies/valuesets", "--calendars", "policies/calendars"});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_THAT(ran.err, AllOf(HasSubstr(pack + ":2:1: error: "), HasSubstr("no_such_key"), HasSubstr("cannot be used")));
  EXPECT_THAT(ran.out, IsEmpty());

  const Ran served = RunBinary({"serve", "--listen", "127.0.0.1:0", "--database", folder.path() + "/gate.db", "--policies",
                                folder.path(), "--value-sets", "policies/valuesets", "--calendars", "policies/calendars"});
  EXPECT_EQ(served.exit_code, 1);
  EXPECT_THAT(served.err, AllOf(HasSubstr(pack + ":2:1: error: "), HasSubstr("nothing was started")));
}

TEST(CommandLineTest, RunsTheTestsOfAPack) {
  const Ran ran = RunBinary({"policy", "test", "policies/default"});
  EXPECT_EQ(ran.exit_code, 0) << ran.out << ran.err;
  EXPECT_THAT(ran.out, HasSubstr(" passed\n"));
}

TEST(CommandLineTest, FormatsAPackKeepsItsCommentsAndSaysWhatWouldChange) {
  const testing::TempFolder folder;
  const std::string file =
      folder.Write("rules.yaml", "rules:\n- title: t # why\n  id: a\n  when: 'true'\n  then: {release: now}\n");
  const std::string formatted = "rules:\n  - id: a\n    title: t  # why\n    when: \"true\"\n    then: {release: now}\n";
  const std::string before = base::ReadFile(file).value();
  const Ran check = RunBinary({"policy", "fmt", "--check", folder.path()});
  EXPECT_EQ(check.exit_code, 1);
  EXPECT_THAT(check.out, AllOf(HasSubstr(file), HasSubstr("- - title: t # why\n"), HasSubstr("1 of 1 file would change")));
  EXPECT_EQ(base::ReadFile(file).value(), before) << "--check wrote";
  EXPECT_EQ(RunBinary({"policy", "fmt", folder.path()}).exit_code, 0);
  EXPECT_EQ(base::ReadFile(file).value(), formatted);
  EXPECT_EQ(RunBinary({"policy", "fmt", "--check", file}).exit_code, 0);
}

TEST(CommandLineTest, FormatsNothingIfAFileCannotBeRead) {
  const testing::TempFolder folder;
  const std::string good = folder.Write("a.yaml", "rules: []   \n");
  folder.Write("b.yaml", "rules: [\n");
  const Ran ran = RunBinary({"policy", "fmt", folder.path()});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_THAT(ran.err, AllOf(HasSubstr("b.yaml:"), HasSubstr("nothing was written")));
  EXPECT_EQ(base::ReadFile(good).value(), "rules: []   \n");
}

TEST(CommandLineTest, WritesAStarterPackOnce) {
  const testing::TempFolder folder;
  const std::string pack = folder.path() + "/our-pack";
  const Ran ran = RunBinary({"policy", "new", "--jurisdiction", "US-OH", pack + "/"});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("resultgate policy test " + pack));
  EXPECT_THAT(RunBinary({"policy", "check", pack}).out, StartsWith("our-pack: "));
  const std::string edited = folder.Write("our-pack/rules.yaml", "rules: []\n");
  const Ran again = RunBinary({"policy", "new", pack});
  EXPECT_EQ(again.exit_code, 1);
  EXPECT_THAT(again.err, HasSubstr("nothing was written"));
  EXPECT_EQ(base::ReadFile(edited).value(), "rules: []\n");
}

TEST(CommandLineTest, WritesASchemaAndTheTwoLinesThatTurnItOn) {
  const testing::TempFolder folder;
  const std::string file = folder.path() + "/.vscode/schema.json";
  const Ran ran = RunBinary({"policy", "schema", "policies/default", "--output", file});
  EXPECT_EQ(ran.exit_code, 0);
  EXPECT_THAT(ran.err, AllOf(HasSubstr("code --install-extension redhat.vscode-yaml\n"),
                             HasSubstr("\"yaml.schemas\": {\"" + file + "\": \"policies/**/*.yaml\"}\n")));
  EXPECT_THAT(base::ReadFile(file).value(), HasSubstr("\"surgical-pathology\""));
  EXPECT_THAT(RunBinary({"policy", "schema"}).out, StartsWith("{\"$schema\""));
}

TEST(CommandLineTest, WritesTheReferenceBetweenItsMarkers) {
  const testing::TempFolder folder;
  const std::string without = folder.Write("a.md", "text\n");
  EXPECT_EQ(RunBinary({"policy", "reference", "--write", without}).exit_code, 1);
  EXPECT_EQ(base::ReadFile(without).value(), "text\n");
  EXPECT_THAT(RunBinary({"policy", "reference"}).out, HasSubstr("| `patient.birth_date` | text (may be unknown) |"));
}

}  // namespace
}  // namespace resultgate::app

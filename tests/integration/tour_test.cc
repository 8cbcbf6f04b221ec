// The tours of README.md, policies/README.md and templates/README.md, as a newcomer would walk them: every command of their ```sh
// tour blocks, against a server that has had the sample day; and the worked example of policies/README.md, in an empty folder.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <iterator>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "server/base/file.h"
#include "tests/testing/server_process.h"
#include "tests/testing/temp_folder.h"

namespace resultgate {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;

// The commands between "```sh tour" and "```", in order.
std::vector<std::string> TourCommands(const std::string& readme) {
  std::vector<std::string> commands;
  bool within = false;
  for (const absl::string_view line : absl::StrSplit(readme, '\n')) {
    if (line == "```sh tour") {
      within = true;
    } else if (absl::StartsWith(line, "```")) {
      within = false;
    } else if (within && !line.empty()) {
      commands.emplace_back(line);
    }
  }
  return commands;
}

// Runs a line of shell with the gate's address and database in its environment: exit code and all that it printed.
std::pair<int, std::string> Shell(const std::string& address, const std::string& line, const std::string& database = "") {
  // The name of the binary is the one of the build under test. The line may end with a comment, so its bracket closes on the
  // next.
  const std::string command = absl::StrReplaceAll(line, {{"build/bin/resultgate", RESULTGATE_BINARY}});
  FILE* pipe = popen(absl::StrCat("export RESULTGATE_SERVER=", address, " RESULTGATE_DATABASE=", database, "; ( ", command,
                                  "\n) 2>&1 </dev/null")
                         .c_str(),
                     "r");
  std::string output;
  std::array<char, 4096> buffer;
  while (const size_t got = fread(buffer.data(), 1, buffer.size(), pipe)) output.append(buffer.data(), got);
  const int status = pclose(pipe);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, output};
}

// What commands of the tour answer: those that begin so print this. An auditor's questions are answered, not only taken.
struct Answer {
  const char* command;
  const char* matches;  // a regular expression
};
constexpr Answer kAnswers[] = {
    {"build/bin/resultgate audit story 7", "because of rule [a-z-]+ \\(review\\), basis organization-policy: "},
    {"build/bin/resultgate audit story 7", "account-1: followed-up, viewed as patient"},
    {"build/bin/resultgate audit story 7", "1234567893: followed-up, clinician viewed"},
    {"build/bin/resultgate audit list --filter 'basis = organization-policy", "decided +.* [0-9]+ units? .*review"},
    {"build/bin/resultgate audit report holds-by-basis --since 2026-03-01", "organization-policy +[a-z-]+ +[0-9]+ "},
    {"build/bin/resultgate audit list --kind queried", "queried +[^ ]+ +report disparities-by-account, [0-9]+ given"},
    {"build/bin/resultgate audit list --kind delivered", "delivered +portal .* sent, to portal"},
    {"build/bin/resultgate audit checkpoint --since", "the log only grew since it had [0-9]+ entries"},
    {"build/bin/resultgate audit proof 7", "entry 7 is in the log of [0-9]+ entries"},
    {"build/bin/resultgate audit verify --witness",
     "the checkpoint kept elsewhere holds: the log begins with its [0-9]+ entries"},
    {"build/bin/resultgate audit verify --witness", "the log holds: [0-9]+ entries"},
    {"build/bin/resultgate audit verify --export var/log.ndjson", "the log holds: [0-9]+ entries"},
    {"build/bin/resultgate audit verify --export var/result-7.ndjson",
     "the export holds: a part of the log, the entries where result = 7"},
    {"build/bin/resultgate restore var/backup.db", "var/restored.db: [0-9]+ log entries, verified"},
    {"build/bin/resultgate audit verify --database var/restored.db", "the log holds: [0-9]+ entries"},
    {"build/bin/resultgate audit replay", "[0-9]+ decisions decided again: no difference"},
};

// A week later, when reviews are over and the gate was down meanwhile: what is held longer than its basis allows, and what an
// export shows that somebody took a line out of.
void ExpectAuditorsAnswersLater(const std::string& database) {
  absl::StatusOr<std::unique_ptr<testing::ServerProcess>> server =
      testing::ServerProcess::Start({RESULTGATE_BINARY, "serve", "--dev", "--clock", "2026-03-16T10:00:00-04:00", "--listen",
                                     "127.0.0.1:0", "--database", database});
  ASSERT_TRUE(server.ok()) << server.status();
  const auto [code, report] =
      Shell((*server)->address(), "build/bin/resultgate audit report holds-by-basis --since 2026-03-01", database);
  EXPECT_EQ(code, 0) << report;
  EXPECT_THAT(report, ContainsRegex("RESULT +RULE +BASIS +HELD SINCE +ALLOWED UNTIL +HELD UNTIL +OVER BY"));
  EXPECT_THAT(report,
              ContainsRegex("organization-policy +Fri 2026-03-06 21:0[0-9] +[A-Z][a-z]{2} 2026-03-[0-9 :]+still +[0-9]+ d"));
  const auto [removed, said] = Shell((*server)->address(),
                                     "sed 9d var/log.ndjson > var/less.ndjson; build/bin/resultgate audit verify --export "
                                     "var/less.ndjson --public-key var/log.pub",
                                     database);
  EXPECT_EQ(removed, 1);
  EXPECT_THAT(said, HasSubstr("entry 8 is missing"));
  EXPECT_THAT(said, HasSubstr("the log does NOT hold"));
  EXPECT_EQ((*server)->Stop(), 0) << (*server)->Output();
}

TEST(TourTest, EveryCommandDoesWhatItSays) {
  std::vector<std::string> commands;
  for (const char* file : {"README.md", "policies/README.md", "templates/README.md"}) {
    absl::StatusOr<std::string> readme = base::ReadFile(file);
    ASSERT_TRUE(readme.ok()) << readme.status();
    const std::vector<std::string> tour = TourCommands(*readme);
    ASSERT_GE(tour.size(), 3) << file;
    commands.insert(commands.end(), tour.begin(), tour.end());
  }

  const testing::TemporaryFolder folder;
  absl::StatusOr<std::unique_ptr<testing::ServerProcess>> server =
      testing::StartGate(RESULTGATE_BINARY, folder.path() + "/resultgate.db");
  ASSERT_TRUE(server.ok()) << server.status();
  std::filesystem::create_directory("var");
  for (const char* made :
       {"var/log.pub", "var/checkpoints.txt", "var/log.ndjson", "var/result-7.ndjson", "var/backup.db", "var/restored.db"})
    std::filesystem::remove(made);

  // As ./dev run does it: all samples, in order of name.
  const auto [submitted, table] =
      Shell((*server)->address(),
            "build/bin/resultgate submit --accept-test-messages $(ls tests/data/*.hl7 tests/data/*.json | LC_ALL=C sort)");
  ASSERT_EQ(submitted, 0) << table;

  std::set<size_t> answered;
  for (const std::string& command : commands) {
    SCOPED_TRACE(command);
    const auto [code, output] = Shell((*server)->address(), command, folder.path() + "/resultgate.db");
    EXPECT_EQ(code, 0) << output;
    EXPECT_TRUE(!output.empty() || absl::StrContains(command, " > ") || absl::StrContains(command, " >> "))
        << "it prints nothing";
    if (absl::StrContains(command, "resultgate submit")) {
      EXPECT_THAT(output, HasSubstr("duplicate), 0 refused"));
    }
    for (size_t i = 0; i < std::size(kAnswers); ++i) {
      if (!absl::StartsWith(command, kAnswers[i].command)) continue;
      EXPECT_THAT(output, ContainsRegex(kAnswers[i].matches));
      answered.insert(i);
    }
  }
  EXPECT_EQ(answered.size(), std::size(kAnswers)) << "a question that the tour asks no more";
  EXPECT_EQ((*server)->Stop(), 0) << (*server)->Output();
  ExpectAuditorsAnswersLater(folder.path() + "/resultgate.db");
}

// A fenced block of Markdown.
struct Block {
  std::string info;  // behind the opening ```
  std::string text;
};

std::vector<Block> Blocks(const std::string& markdown) {
  std::vector<Block> blocks;
  bool within = false;
  for (const absl::string_view line : absl::StrSplit(markdown, '\n')) {
    if (absl::StartsWith(line, "```")) {
      within = !within;
      if (within) blocks.push_back({std::string(line.substr(3)), ""});
    } else if (within) {
      absl::StrAppend(&blocks.back().text, line, "\n");
    }
  }
  return blocks;
}

// Blocks of ```yaml FILE are written, the lines of ```sh walk run; of ```sh walk refused they fail, and say what the block of
// ```text behind it has.
TEST(TourTest, TheWorkedExampleForAuthorsWorksInAnEmptyFolder) {
  const std::vector<Block> blocks = Blocks(base::ReadFile("policies/README.md").value());
  const testing::TempFolder folder;
  std::filesystem::create_directory(folder.path() + "/bin");
  std::filesystem::create_symlink(RESULTGATE_BINARY, folder.path() + "/bin/resultgate");
  const std::string enter = absl::StrCat("cd ", folder.path(), " && PATH=", folder.path(), "/bin:$PATH && ");
  size_t commands = 0;
  for (size_t i = 0; i < blocks.size(); ++i) {
    if (absl::StartsWith(blocks[i].info, "yaml our-pack/")) folder.Write(blocks[i].info.substr(5), blocks[i].text);
    if (!absl::StartsWith(blocks[i].info, "sh walk")) continue;
    const bool refused = blocks[i].info == "sh walk refused";
    for (const absl::string_view line : absl::StrSplit(blocks[i].text, '\n', absl::SkipEmpty())) {
      SCOPED_TRACE(line);
      const auto [code, output] = Shell("", absl::StrCat(enter, line));
      EXPECT_EQ(code, refused ? 1 : 0) << output;
      // A value set that the slip of a rule leaves unused is warned of too.
      EXPECT_TRUE(refused || !absl::StrContains(output, "warning")) << output;
      if (refused) {
        ASSERT_LT(i + 1, blocks.size());
        EXPECT_EQ(blocks[i + 1].info, "text");
        EXPECT_THAT(output, HasSubstr(blocks[i + 1].text));
      }
      ++commands;
    }
  }
  EXPECT_GE(commands, 9u);
  // `fmt` found nothing to do: the page shows files as they should look.
  EXPECT_THAT(Shell("", enter + "resultgate policy fmt --check our-pack").second, HasSubstr("0 of "));
}

}  // namespace
}  // namespace resultgate

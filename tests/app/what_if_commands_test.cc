// What authors read: each `policy` command that says what rules do, word for word, over the sample day and two small packs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tests/app/run_binary.h"
#include "tests/testing/server_process.h"

namespace resultgate::app {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

using Arguments = std::vector<std::string>;

constexpr char kFolder[] = "tests/app/what_if/";
constexpr char kOld[] = "tests/app/what_if/old";
constexpr char kNew[] = "tests/app/what_if/new";

std::string Read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Digests are no reading matter.
std::string WithoutDigests(std::string text) {
  constexpr char kDigest[] = "sha256:";
  for (size_t at = text.find(kDigest); at != std::string::npos; at = text.find(kDigest, at + 1)) {
    const size_t begin = at + sizeof(kDigest) - 1;
    text.replace(begin, text.find_first_not_of("0123456789abcdef", begin) - begin, "...");
  }
  return text;
}

// UPDATE_GOLDEN=1 writes it: read the difference as an author would.
void ExpectGolden(const std::string& name, const std::string& text) {
  const std::string said = WithoutDigests(text);
  const std::string path = absl::StrCat(kFolder, name, ".golden");
  if (std::getenv("UPDATE_GOLDEN") != nullptr) std::ofstream(path, std::ios::binary) << said;
  EXPECT_EQ(said, Read(path)) << path;
}

Arguments With(Arguments arguments, const Arguments& more) {
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

// On the Friday evening of the sample day.
Arguments SampleDay(const Arguments& arguments) {
  Arguments files;
  for (const auto& entry : std::filesystem::directory_iterator("tests/data")) {
    if (entry.path().extension() != ".md") files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  return With(With(arguments, {"--now", "2026-03-06T21:05:00-05:00"}), files);
}

TEST(WhatIfCommandsTest, SayWhatAnAuthorReads) {
  const Arguments small = {"--policies", kOld};
  ExpectGolden("simulate", RunBinary(SampleDay(With({"policy", "simulate", "--examples", "4"}, small))).out);
  ExpectGolden("coverage", RunBinary(SampleDay(With({"policy", "coverage", "--top", "5"}, small))).out);
  ExpectGolden("impact", RunBinary(SampleDay({"policy", "impact", "--examples", "2", kOld, kNew})).out);
  ExpectGolden("test", RunBinary({"policy", "test", "--coverage", kOld}).out);
  ExpectGolden("explain", RunBinary(With({"policy", "explain", "--now", "2026-03-06T21:05:00-05:00",
                                          "tests/data/06-biopsy-benign.hl7", "tests/data/25-chlamydia-minor.hl7"},
                                         small))
                              .out);
}

TEST(WhatIfCommandsTest, TheSamePackChangesNothing) {
  const Ran ran = RunBinary(SampleDay({"policy", "impact", "--fail-on-earlier", "--fail-on-later", kOld, kOld}));
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("Nothing changes for any of these units.\n"));
}

TEST(WhatIfCommandsTest, APullRequestFailsOnWhatIsNotMeant) {
  const Arguments impact = {"policy", "impact", kOld, kNew};
  EXPECT_EQ(RunBinary(SampleDay(impact)).exit_code, 0);
  const Ran earlier = RunBinary(SampleDay(With(impact, {"--fail-on-earlier"})));
  EXPECT_EQ(earlier.exit_code, 1);
  EXPECT_THAT(earlier.err, HasSubstr("or could go earlier\n"));
  const Ran later = RunBinary(SampleDay(With(impact, {"--fail-on-later"})));
  EXPECT_EQ(later.exit_code, 1);
  EXPECT_THAT(later.err, HasSubstr("later\n"));
  // The shorter review and what HIV tests do now are meant; nothing else moves anything earlier.
  EXPECT_EQ(RunBinary(SampleDay(With(impact, {"--fail-on-earlier", "--expect", "tissue-review,hiv-review,hiv-delay"}))).exit_code,
            0);
  EXPECT_EQ(RunBinary(SampleDay(With(impact, {"--fail-on-earlier", "--expect", "hiv-review,hiv-delay"}))).exit_code, 1);
}

TEST(WhatIfCommandsTest, MessagesForPrograms) {
  const Ran impact = RunBinary(SampleDay({"policy", "impact", "--json", kOld, kNew}));
  EXPECT_EQ(impact.exit_code, 0) << impact.err;
  EXPECT_THAT(impact.out, AllOf(StartsWith("{\"before\":{\"name\":\"small\",\"digest\":\"sha256:"), HasSubstr("\"by_class\":["),
                                HasSubstr("\"rule_id\":\"delegate-week\",\"change\":\"CHANGE_ADDED\"")));
  EXPECT_EQ(std::count(impact.out.begin(), impact.out.end(), '\n'), 1);
  EXPECT_EQ(RunBinary(SampleDay({"policy", "impact", "--json", kOld, kNew})).out, impact.out) << "the same twice";
  EXPECT_THAT(RunBinary(SampleDay({"policy", "simulate", "--json", "--policies", kOld})).out,
              AllOf(StartsWith("{\"pack\":"), HasSubstr("\"by_class_and_language\":[")));
  EXPECT_THAT(RunBinary(SampleDay({"policy", "coverage", "--json", "--policies", kOld})).out,
              AllOf(StartsWith("{\"pack\":"), HasSubstr("\"fact\":\"patient.birth_date\"")));
  const Ran explained = RunBinary({"policy", "explain", "--json", "--policies", kOld, "tests/data/01-cbc.hl7"});
  EXPECT_EQ(explained.exit_code, 0);
  EXPECT_THAT(
      explained.out,
      AllOf(StartsWith("{\"source\":\"tests/data/01-cbc.hl7\",\"message\":1,\"outcome\":\"explained\",\"report\":\"CBC panel\""),
            HasSubstr("{\"text\":\"codes: [routine]\",\"truth\":\"TRUTH_TRUE\"}")));
}

TEST(WhatIfCommandsTest, TestsAsJUnitAndAThreshold) {
  const testing::TemporaryFolder folder;
  const std::string file = folder.path() + "/tests.xml";
  const Ran ran = RunBinary({"policy", "test", "--junit", file, kOld});
  EXPECT_EQ(ran.exit_code, 1) << "one test fails";
  ExpectGolden("junit", Read(file));
  EXPECT_EQ(RunBinary({"policy", "test", "--min-coverage", "5", "policies/default"}).exit_code, 0);
  const Ran strict = RunBinary({"policy", "test", "--min-coverage", "100", kOld});
  EXPECT_EQ(strict.exit_code, 1);
  EXPECT_THAT(strict.err, HasSubstr("less than --min-coverage 100"));
  EXPECT_THAT(strict.out, HasSubstr("hiv-review: no test makes this true: codes: [hiv]"));
  EXPECT_EQ(RunBinary({"policy", "test", "--junit", "/no/such/folder/x.xml", "policies/default"}).exit_code, 1);
  EXPECT_EQ(RunBinary({"policy", "test", "--min-coverage", "101", kOld}).exit_code, 2);
}

TEST(WhatIfCommandsTest, ReviewsByDayWhereMessagesTellTheirTime) {
  Arguments arguments = {"policy", "simulate", "--own-times", "--policies", kOld, "tests/data/06-biopsy-benign.hl7"};
  const Ran ran = RunBinary(arguments);
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_THAT(ran.out, AllOf(HasSubstr("each received when it was sent"), HasSubstr("2026-03-0")));
}

TEST(WhatIfCommandsTest, WrongUsage) {
  const Arguments lines[] = {
      {"policy", "simulate", "--policies", kOld},                                  // nothing to look at
      {"policy", "simulate", "--policies", kOld, "--day", "yesterday"},            // no day
      {"policy", "simulate", "--policies", kOld, "--day", "2026-03-06", "a.hl7"},  // two sources
      {"policy", "simulate", "--policies", kOld, "--now", "yesterday", "a.hl7"},   // no time
      {"policy", "simulate", "--own-times", "--now", "2026-03-06T21:05:00-05:00", "a.hl7"},
      {"policy", "coverage", "--zone", "Nowhere/Land", "a.hl7"},
      {"policy", "impact", kOld},
      {"policy", "impact", kOld, "no/such/folder", "a.hl7"},
  };
  for (const Arguments& arguments : lines) {
    const Ran ran = RunBinary(arguments);
    EXPECT_EQ(ran.exit_code, 2) << absl::StrJoin(arguments, " ") << "\n" << ran.out << ran.err;
    EXPECT_FALSE(ran.err.empty()) << absl::StrJoin(arguments, " ");
  }
}

TEST(WhatIfCommandsTest, AnUnreadableFileIsCountedNotHidden) {
  const Ran ran = RunBinary({"policy", "simulate", "--policies", kOld, "no-such-file.hl7", "tests/data/01-cbc.hl7"});
  EXPECT_EQ(ran.exit_code, 0);
  EXPECT_THAT(ran.out, HasSubstr("1 report, 6 units, "));
  EXPECT_THAT(ran.out, HasSubstr("1 message refused"));
}

}  // namespace
}  // namespace resultgate::app

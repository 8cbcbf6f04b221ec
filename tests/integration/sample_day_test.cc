// The sample day: every file of tests/data is read, decided by the default pack, and fares as the table in tests/data/README.md
// says.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "server/base/file.h"
#include "server/base/proto_time.h"
#include "server/intake/intake.h"
#include "server/policy/decide.h"
#include "server/policy/names.h"
#include "server/policy/outcomes.h"
#include "tests/testing/packs.h"

namespace resultgate {
namespace {

constexpr char kNow[] = "2026-03-06T21:05:00-05:00";

struct Row {
  std::string file;
  std::set<std::string> units;      // empty: all
  std::set<std::string> audiences;  // empty: all
  std::string decision;
  std::set<std::string> rules;
};

std::set<std::string> Words(const std::string& cell) {
  if (cell == "all") return {};
  return absl::StrSplit(cell, ", ");
}

std::vector<Row> ReadTable() {
  std::vector<Row> rows;
  bool inside = false;
  const std::vector<std::string> lines = absl::StrSplit(*base::ReadFile("tests/data/README.md"), '\n');
  for (const std::string& line : lines) {
    if (absl::StartsWith(line, "| file | units |")) inside = true;
    if (line.empty()) inside = false;
    if (!inside || absl::StartsWith(line, "| file") || absl::StartsWith(line, "|---")) continue;
    std::vector<std::string> cells = absl::StrSplit(line, '|');
    for (std::string& cell : cells) absl::StripAsciiWhitespace(&cell);
    if (cells.size() == 7) rows.push_back({cells[1], Words(cells[2]), Words(cells[3]), cells[4], Words(cells[5])});
  }
  return rows;
}

TEST(SampleDay, EveryFileFaresAsItsTableSays) {
  const std::shared_ptr<const policy::Pack> pack = testing::LoadPack("policies/default");
  ASSERT_NE(pack, nullptr);
  absl::Time now;
  ASSERT_TRUE(base::ParseRfc3339(kNow, &now));
  intake::Options options;
  options.zone = pack->calendar().zone();
  const std::vector<Row> rows = ReadTable();
  EXPECT_GE(rows.size(), 26u);
  std::set<std::string> listed;
  for (const Row& row : rows) listed.insert(row.file);

  std::set<std::string> present;
  const std::vector<std::string> paths = base::ListFiles("tests/data", "").value();
  for (const std::string& path : paths) {
    if (!absl::EndsWith(path, ".hl7") && !absl::EndsWith(path, ".json")) continue;
    const std::string file = path.substr(std::string("tests/data/").size());
    SCOPED_TRACE(file);
    present.insert(file);
    const std::vector<intake::Message> messages = intake::ReadMessages(*base::ReadFile(path), options);
    ASSERT_EQ(messages.size(), 1u);
    ASSERT_EQ(messages[0].reports.size(), 1u) << (messages[0].refused.empty() ? "" : messages[0].refused[0].DebugString());
    const v1::DiagnosticReport& report = messages[0].reports[0];
    EXPECT_TRUE(report.test_message());
    EXPECT_EQ(report.issues_size(), 0) << report.issues(0).DebugString();
    policy::Context context;
    context.received_at = now;
    for (const policy::Cell& cell : policy::ToCells(policy::Decide(*pack, report, context, now).outcomes())) {
      const std::string audience = policy::EnumWord(v1::Audience_descriptor(), cell.audience);
      const auto row = std::find_if(rows.begin(), rows.end(), [&](const Row& candidate) {
        return candidate.file == file && (candidate.units.empty() || candidate.units.count(cell.unit_id) > 0) &&
               (candidate.audiences.empty() || candidate.audiences.count(audience) > 0);
      });
      ASSERT_NE(row, rows.end()) << cell.unit_id << " for " << audience << " stands in no row";
      EXPECT_EQ(policy::EnumWord(v1::Disposition_descriptor(), cell.outcome.disposition()), row->decision)
          << cell.unit_id << " " << audience;
      std::set<std::string> rules;
      for (const v1::AppliedRule& rule : cell.outcome.rules()) rules.insert(rule.rule_id());
      // A row over several units names every rule that has a part in one of them.
      EXPECT_TRUE(std::includes(row->rules.begin(), row->rules.end(), rules.begin(), rules.end()))
          << cell.unit_id << " " << audience << ": " << absl::StrJoin(rules, ", ");
    }
  }
  EXPECT_EQ(present, listed);
}

}  // namespace
}  // namespace resultgate

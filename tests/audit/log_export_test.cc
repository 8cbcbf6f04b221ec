#include "server/audit/log_export.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "resultgate/v1/audit_service.pb.h"

namespace resultgate::audit {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr int kEntries = 50;

struct Export {
  Export() {
    merkle::CompactRange tree;
    std::vector<std::string> rows;
    for (int i = 1; i <= kEntries; ++i) {
      v1::Entry entry;
      entry.set_sequence(i);
      entry.set_actor("gate");
      entry.mutable_advanced()->add_reasons(absl::StrCat("reason ", i));
      const std::string bytes = entry.SerializeAsString();
      const merkle::Hash leaf = merkle::HashLeaf(bytes);
      tree.Append(leaf);
      rows.push_back(*ExportRow({i, 0, merkle::Bytes(leaf), bytes}));
      if (i == 20) checkpoint_at_20 = *SignCheckpoint(20, tree.Root(), key);
    }
    lines.push_back(ExportHead(*SignCheckpoint(tree.size(), tree.Root(), key), key.verifier()));
    lines.insert(lines.end(), rows.begin(), rows.end());
  }

  absl::StatusOr<ExportReport> Verify(const std::string& witness = "") const {
    std::istringstream in(absl::StrJoin(lines, ""));
    return VerifyExport(in, key.verifier(), witness, nullptr);
  }
  std::vector<std::string> Findings() const {
    const absl::StatusOr<ExportReport> report = Verify();
    EXPECT_TRUE(report.ok()) << report.status();
    std::vector<std::string> messages;
    if (report.ok()) {
      for (const Finding& finding : report->log.findings) messages.push_back(finding.message);
    }
    return messages;
  }

  SigningKey key = *SigningKey::Generate();
  std::string checkpoint_at_20;
  std::vector<std::string> lines;
};

TEST(LogExportTest, ProvesItself) {
  const Export whole;
  const absl::StatusOr<ExportReport> report = whole.Verify(whole.checkpoint_at_20);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_TRUE(report->log.ok());
  EXPECT_EQ(report->log.entries, kEntries);
  EXPECT_TRUE(report->log.witnessed[0].holds);
  EXPECT_FALSE(report->key_from_export);
  std::istringstream in(absl::StrJoin(whole.lines, ""));
  const absl::StatusOr<ExportReport> alone = VerifyExport(in, std::nullopt, "", nullptr);
  ASSERT_TRUE(alone.ok()) << alone.status();
  EXPECT_TRUE(alone->log.ok() && alone->key_from_export);
  EXPECT_THAT(whole.lines[3], HasSubstr("\"reason 3\""));
}

TEST(LogExportTest, EveryLineThatIsMissingMovedOrChangedIsNamed) {
  for (int i = 1; i < kEntries; ++i) {
    Export missing;
    missing.lines.erase(missing.lines.begin() + i);
    EXPECT_THAT(missing.Findings(), ElementsAre(absl::StrCat("entry ", i, " is missing")));
    Export moved;
    std::swap(moved.lines[i], moved.lines[i + 1]);
    EXPECT_FALSE(moved.Findings().empty()) << i;
    // The part that people read.
    Export reads_otherwise;
    std::string& line = reads_otherwise.lines[i];
    line = absl::StrReplaceAll(line, {{absl::StrCat("\"reason ", i, "\""), "\"no reason\""}});
    EXPECT_THAT(reads_otherwise.Findings(),
                ElementsAre(absl::StrCat("entry ", i, " reads otherwise than its bytes: the readable part was changed")));
  }
  Export cut;
  cut.lines.pop_back();
  EXPECT_THAT(cut.Findings(), ElementsAre("the log is cut off: the signed head has 50 entries, the last one here is 49"));
}

TEST(LogExportTest, AnotherKeyIsNotTaken) {
  const Export whole;
  std::istringstream in(absl::StrJoin(whole.lines, ""));
  const absl::StatusOr<ExportReport> report = VerifyExport(in, SigningKey::Generate()->verifier(), "", nullptr);
  ASSERT_TRUE(report.ok()) << report.status();
  ASSERT_EQ(report->log.findings.size(), 1);
  EXPECT_THAT(report->log.findings[0].message, HasSubstr("it carries no signature of the key"));
}

TEST(LogExportTest, SaysWhatIsNoExport) {
  const auto error = [](const Export& made) { return std::string(made.Verify().status().message()); };
  Export empty;
  empty.lines.clear();
  EXPECT_EQ(error(empty), "the file is empty");
  Export headless;
  headless.lines.erase(headless.lines.begin());
  EXPECT_THAT(error(headless), HasSubstr("line 1 is not the head"));
  Export text;
  text.lines[7] = "hello\n";
  EXPECT_EQ(error(text), "line 8 is no line of an exported log");
  Export twice;
  twice.lines.push_back(twice.lines[0]);
  EXPECT_EQ(error(twice), "line 52 is a second head");
  EXPECT_EQ(ExportRow({1, 0, "", "\xff\xff"}).status().code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace resultgate::audit

#include "server/audit/log_export.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "resultgate/v1/audit_service.pb.h"
#include "server/merkle/compact_range.h"
#include "server/merkle/hash.h"

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

// The tree as RFC 6962 defines it, slow and obvious.
merkle::Hash Root(const std::vector<merkle::Hash>& leaves, size_t begin, size_t end) {
  merkle::CompactRange range;
  for (size_t i = begin; i < end; ++i) range.Append(leaves[i]);
  return range.Root();
}

merkle::Proof ProofOf(const std::vector<merkle::Hash>& leaves, size_t begin, size_t end, size_t index) {
  if (end - begin == 1) return {};
  size_t left = 1;
  while (left * 2 < end - begin) left *= 2;
  const size_t middle = begin + left;
  merkle::Proof proof = index < middle ? ProofOf(leaves, begin, middle, index) : ProofOf(leaves, middle, end, index);
  proof.push_back(index < middle ? Root(leaves, middle, end) : Root(leaves, begin, middle));
  return proof;
}

// Every seventh entry of a log.
struct Part {
  Part() {
    std::vector<std::string> bytes;
    std::vector<merkle::Hash> leaves;
    for (int i = 1; i <= kEntries; ++i) {
      v1::Entry entry;
      entry.set_sequence(i);
      entry.set_result_id(i % 7 == 0 ? 7 : 1);
      entry.mutable_advanced()->add_reasons(absl::StrCat("reason ", i));
      bytes.push_back(entry.SerializeAsString());
      leaves.push_back(merkle::HashLeaf(bytes.back()));
    }
    lines.push_back(ExportPartHead(*SignCheckpoint(kEntries, Root(leaves, 0, kEntries), key), key.verifier(), "result = 7"));
    for (int i = 7; i <= kEntries; i += 7) {
      lines.push_back(
          *ExportPartRow({i, 7, merkle::Bytes(leaves[i - 1]), bytes[i - 1]}, kEntries, ProofOf(leaves, 0, kEntries, i - 1)));
    }
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
  std::vector<std::string> lines;
};

TEST(LogExportTest, APartProvesThatItsEntriesAreInTheLog) {
  const Part part;
  const absl::StatusOr<ExportReport> report = part.Verify();
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_TRUE(report->log.ok());
  EXPECT_TRUE(report->log.head_holds);
  EXPECT_EQ(report->part, "result = 7") << "which says that it is not all";
  EXPECT_EQ(report->log.entries, 7);
  EXPECT_EQ(report->tree_size, kEntries);
  EXPECT_THAT(part.lines[0], HasSubstr("\"filter\":\"result = 7\""));
  EXPECT_THAT(part.lines[1], HasSubstr("\"reason 7\""));
  EXPECT_EQ(Export().Verify()->part, std::nullopt);
  EXPECT_THAT(std::string(part.Verify("anything").status().message()), HasSubstr("it is a part of a log"));
}

TEST(LogExportTest, APartThatWasChangedIsFound) {
  Part less;
  less.lines.erase(less.lines.begin() + 3);
  EXPECT_THAT(less.Findings(), ElementsAre()) << "what a part cannot prove";
  Part twice;
  twice.lines.push_back(twice.lines[2]);
  EXPECT_THAT(twice.Findings(), ElementsAre("entry 14 does not stand in its place"));
  Part reads_otherwise;
  reads_otherwise.lines[2] = absl::StrReplaceAll(reads_otherwise.lines[2], {{"reason 14", "no reason"}});
  EXPECT_THAT(reads_otherwise.Findings(),
              ElementsAre("entry 14 does not hold: it reads otherwise than its bytes: the readable part was changed"));
  Part moved;
  moved.lines[2] = absl::StrReplaceAll(moved.lines[2], {{"\"sequence\":\"14\"", "\"sequence\":\"15\""}});
  EXPECT_THAT(moved.Findings(), ElementsAre("entry 15 does not hold: its bytes are not that entry"));
  // Another entry's proof.
  Part swapped;
  const std::string of_second = swapped.lines[2].substr(swapped.lines[2].find("\"hashes\""));
  swapped.lines[1] = absl::StrCat(swapped.lines[1].substr(0, swapped.lines[1].find("\"hashes\"")), of_second);
  ASSERT_EQ(swapped.Findings().size(), 1u);
  EXPECT_THAT(swapped.Findings()[0], HasSubstr("entry 7 does not hold: "));
  // Of another key.
  const Part part;
  std::istringstream in(absl::StrJoin(part.lines, ""));
  const absl::StatusOr<ExportReport> other = VerifyExport(in, SigningKey::Generate()->verifier(), "", nullptr);
  ASSERT_TRUE(other.ok()) << other.status();
  EXPECT_FALSE(other->log.ok());
  // A part is not passed off as a whole log: its head without what it is a part of.
  Part head;
  head.lines[0] = head.lines[0].substr(0, head.lines[0].find(",\"query\"")) + "}\n";
  EXPECT_EQ(std::string(head.Verify().status().message()), "line 2 is no line of an exported log");
}

TEST(LogExportTest, TellsHowFarItIsByBytes) {
  Export whole;
  while (whole.lines.size() < 600) whole.lines.push_back(whole.lines.back());
  const std::string text = absl::StrJoin(whole.lines, "");
  std::istringstream in(text);
  std::vector<int64_t> told;
  ASSERT_TRUE(VerifyExport(in, whole.key.verifier(), "", [&told](int64_t bytes) { told.push_back(bytes); }).ok());
  ASSERT_GE(told.size(), 2u);
  EXPECT_GT(told[0], 0);
  EXPECT_LT(told[0], told[1]);
  EXPECT_EQ(told.back(), static_cast<int64_t>(text.size())) << "to the end";
}

}  // namespace
}  // namespace resultgate::audit

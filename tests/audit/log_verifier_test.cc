#include "server/audit/log_verifier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "resultgate/v1/audit_service.pb.h"
#include "server/merkle/tiles.h"

namespace resultgate::audit {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr int kEntries = 1000;

struct Row {
  int64_t sequence = 0;
  int64_t result_id = 0;
  merkle::Hash leaf_hash{};
  std::string bytes;
};

std::string EntryBytes(int64_t sequence, const std::string& actor = "gate") {
  v1::Entry entry;
  entry.set_sequence(sequence);
  entry.set_actor(actor);
  entry.set_result_id(sequence % 7);
  return entry.SerializeAsString();
}

Row MakeRow(int64_t sequence, const std::string& actor = "gate") {
  const std::string bytes = EntryBytes(sequence, actor);
  return {sequence, sequence % 7, merkle::HashLeaf(bytes), bytes};
}

// A log as a store keeps it.
struct Log {
  explicit Log(int count = kEntries) {
    for (int i = 1; i <= count; ++i) rows.push_back(MakeRow(i));
    Seal();
  }

  // Computes tiles and head from the rows: what somebody can do who has all but the key.
  void Seal() {
    merkle::CompactRange tree;
    tiles.clear();
    roots = {tree.Root()};
    for (const Row& row : rows) {
      tree.Append(merkle::HashLeaf(row.bytes), [this](const merkle::Node& node) {
        if (node.height % 8 == 0) absl::StrAppend(&tiles[{node.height / 8, node.index / 256}], merkle::Bytes(node.hash));
      });
      roots.push_back(tree.Root());
    }
    head = Checkpoint{"log", tree.size(), tree.Root()};
  }

  LogReport Verify(const std::vector<Checkpoint>& witnessed = {}) const {
    LogVerifier verifier(head, witnessed);
    for (const Row& row : rows) verifier.AddRow({row.sequence, row.result_id, merkle::Bytes(row.leaf_hash), row.bytes});
    verifier.ExpectTiles();
    for (const auto& [place, hashes] : tiles) verifier.AddTile(place.first, place.second, hashes);
    return verifier.Finish();
  }

  std::vector<Row> rows;
  std::map<std::pair<int, int64_t>, std::string> tiles;
  std::vector<merkle::Hash> roots;
  absl::StatusOr<Checkpoint> head = Checkpoint();
};

std::vector<std::string> Messages(const LogReport& report) {
  std::vector<std::string> messages;
  for (const Finding& finding : report.findings) messages.push_back(finding.message);
  return messages;
}

TEST(LogVerifierTest, AWholeLogHolds) {
  for (const int size : {0, 1, 2, 255, 256, 257, 512, 1000}) {
    const LogReport report = Log(size).Verify();
    EXPECT_TRUE(report.ok()) << size << ": " << ::testing::PrintToString(Messages(report));
    EXPECT_TRUE(report.head_holds);
    EXPECT_EQ(report.entries, size);
  }
}

TEST(LogVerifierTest, EveryChangedEntryIsNamed) {
  Log log;
  for (int i = 0; i < kEntries; ++i) {
    Log changed = log;
    changed.rows[i].bytes.back() ^= 1;  // the result's number
    EXPECT_THAT(Messages(changed.Verify()),
                ElementsAre(absl::StrCat("entry ", i + 1, " is not as it was logged: its bytes do not have the hash beside it")));
  }
}

TEST(LogVerifierTest, EveryEntryChangedAlongWithItsHashIsFoundAmongThoseOfItsTile) {
  Log log;
  for (int i = 0; i < kEntries; i += 3) {
    Log changed = log;
    changed.rows[i] = MakeRow(i + 1, "mallory");
    const LogReport report = changed.Verify();
    ASSERT_THAT(report.findings, SizeIs(1));
    EXPECT_FALSE(report.head_holds);
    EXPECT_LE(report.findings[0].first, i + 1);
    EXPECT_GE(report.findings[0].last, i + 1);
    EXPECT_LT(report.findings[0].last - report.findings[0].first, 256);
  }
}

TEST(LogVerifierTest, EveryMissingEntryIsNamed) {
  Log log;
  for (int i = 0; i < kEntries - 1; ++i) {
    Log changed = log;
    changed.rows.erase(changed.rows.begin() + i);
    EXPECT_THAT(Messages(changed.Verify()), ElementsAre(absl::StrCat("entry ", i + 1, " is missing")));
  }
}

TEST(LogVerifierTest, EveryTruncationIsNamed) {
  Log log;
  for (int left = 0; left < kEntries; left += 7) {
    Log changed = log;
    changed.rows.resize(left);
    const LogReport report = changed.Verify();
    ASSERT_FALSE(report.ok());
    EXPECT_EQ(report.findings.back().message,
              absl::StrCat("the log is cut off: the signed head has 1000 entries, the last one here is ", left));
    EXPECT_EQ(report.findings.back().first, left + 1);
  }
}

TEST(LogVerifierTest, EveryRemovalThatWasRenumberedIsNamed) {
  Log log;
  for (int i = 0; i < kEntries - 1; i += 3) {
    Log changed = log;
    changed.rows.erase(changed.rows.begin() + i);
    for (size_t k = i; k < changed.rows.size(); ++k) changed.rows[k].sequence = static_cast<int64_t>(k) + 1;
    const LogReport report = changed.Verify();
    ASSERT_FALSE(report.ok());
    EXPECT_EQ(report.findings[0].message, absl::StrCat("entry ", i + 2, " stands where entry ", i + 1, " belongs"));
  }
}

TEST(LogVerifierTest, EveryInsertionIsNamed) {
  Log log;
  for (int i = 0; i <= kEntries; i += 3) {
    Log changed = log;
    changed.rows.insert(changed.rows.begin() + i, MakeRow(i + 1, "mallory"));
    for (size_t k = i + 1; k < changed.rows.size(); ++k) changed.rows[k].sequence = static_cast<int64_t>(k) + 1;
    const LogReport report = changed.Verify();
    ASSERT_FALSE(report.ok()) << i;
    EXPECT_FALSE(report.head_holds);
    EXPECT_LE(report.findings[0].first, i + 2) << report.findings[0].message;
  }
}

TEST(LogVerifierTest, TwoThatChangedPlacesAreBothNamed) {
  Log log;
  for (int i = 0; i + 1 < kEntries; i += 3) {
    Log changed = log;
    std::swap(changed.rows[i].bytes, changed.rows[i + 1].bytes);
    EXPECT_THAT(Messages(changed.Verify()),
                ElementsAre(absl::StrCat("entry ", i + 2, " stands where entry ", i + 1, " belongs"),
                            absl::StrCat("entry ", i + 1, " stands where entry ", i + 2, " belongs")));
    // Rows in another order, as an export may have them.
    Log moved = log;
    std::swap(moved.rows[i], moved.rows[i + 1]);
    EXPECT_FALSE(moved.Verify().ok());
  }
}

TEST(LogVerifierTest, WhoRecomputesEverythingStillHasNoSignature) {
  Log log;
  const absl::StatusOr<Checkpoint> head = log.head;
  for (const int i : {0, 255, 256, 700, 768, 999}) {
    Log changed = log;
    changed.rows[i] = MakeRow(i + 1, "mallory");
    changed.Seal();
    changed.head = head;
    const LogReport report = changed.Verify();
    ASSERT_THAT(
        Messages(report),
        ElementsAre("the entries do not lead to the signed head: one of entries 769 to 1000 was changed along with the hash "
                    "beside it, or an earlier one with all hashes above it"));
    EXPECT_FALSE(report.head_holds);
    // A checkpoint that was kept elsewhere narrows it down.
    const LogReport witnessed = changed.Verify({{"log", 500, log.roots[500]}, {"log", 10, log.roots[10]}});
    EXPECT_EQ(witnessed.witnessed[0].holds, i >= 10);
    EXPECT_EQ(witnessed.witnessed[1].holds, i >= 500);
  }
}

TEST(LogVerifierTest, AWitnessNoticesATruncationByWhoHasTheKey) {
  Log log;
  Log cut = log;
  cut.rows.resize(990);
  cut.Seal();
  EXPECT_TRUE(cut.Verify().ok());
  EXPECT_TRUE(cut.Verify({{"log", 990, log.roots[990]}}).ok());
  EXPECT_THAT(Messages(cut.Verify({{"log", 1000, log.roots[1000]}})),
              ElementsAre("the log is cut off: a checkpoint kept elsewhere has 1000 entries, the last one here is 990"));
  Log rewritten = log;
  rewritten.rows[3] = MakeRow(4, "mallory");
  rewritten.Seal();
  EXPECT_THAT(Messages(rewritten.Verify({{"log", 900, log.roots[900]}})),
              ElementsAre("the first 900 entries are not those of the checkpoint kept elsewhere"));
}

TEST(LogVerifierTest, ChangedHashesAreToldFromChangedEntries) {
  Log log;
  Log beside = log;
  beside.rows[41].leaf_hash[0] ^= 1;
  EXPECT_THAT(Messages(beside.Verify()), ElementsAre("the hash beside entry 42 was changed; the entry itself holds"));
  Log above = log;
  above.tiles[{1, 0}][33] ^= 1;
  EXPECT_THAT(Messages(above.Verify()),
              ElementsAre("the tree's hash of entries 257 to 512 was changed; the entries themselves hold"));
  Log shorter = log;
  shorter.tiles[{1, 0}].resize(64);
  EXPECT_THAT(Messages(shorter.Verify()), ElementsAre("tile 0 of level 1 of the tree has 2 hashes where 3 belong"));
  Log more = log;
  more.tiles[{2, 0}] = std::string(32, 'x');
  EXPECT_THAT(Messages(more.Verify()), ElementsAre("tile 0 of level 2 of the tree does not belong there"));
}

TEST(LogVerifierTest, OtherDamageIsNamed) {
  Log log;
  Log added = log;
  added.rows.push_back(MakeRow(1001));
  EXPECT_THAT(Messages(added.Verify()), ElementsAre("entry 1001 came in beside the gate: the signed head has 1000 entries"));
  Log listed = log;
  listed.rows[9].result_id = 5;
  EXPECT_THAT(Messages(listed.Verify()), ElementsAre("entry 10 is listed under result 5 and is about result 3"));
  Log damaged = log;
  damaged.rows[9].bytes = "\xff\xff";
  EXPECT_THAT(Messages(damaged.Verify()), ElementsAre("entry 10 is damaged: its bytes are no entry"));
  Log unsigned_head = log;
  unsigned_head.head = absl::InvalidArgumentError("it carries no signature");
  EXPECT_THAT(Messages(unsigned_head.Verify()), ElementsAre("the signed head does not hold: it carries no signature"));
  Log far = log;
  far.rows[500].sequence = int64_t{1} << 60;
  EXPECT_THAT(Messages(far.Verify())[0], HasSubstr("entries 501 to"));
  Log all = log;
  for (Row& row : all.rows) row.bytes.back() ^= 1;
  const LogReport report = all.Verify();
  EXPECT_THAT(report.findings, SizeIs(100));
  EXPECT_EQ(report.findings_left_out, 900);
}

}  // namespace
}  // namespace resultgate::audit

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "tests/merkle/reference.h"

namespace resultgate::merkle {
namespace {

std::string Hex(const Hash& hash) {
  return absl::BytesToHexString(Bytes(hash));
}

// The eight entries and their roots that implementations of Certificate Transparency compare themselves with.
const char* const kKnownEntries[] = {
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"};
const char* const kKnownRoots[] = {
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
};

TEST(HashTest, LeafNodeAndEmptyTreeAreDifferentThings) {
  EXPECT_EQ(Hex(EmptyRoot()), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Hex(HashLeaf("")), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
  const Hash leaf = HashLeaf("a");
  EXPECT_NE(HashChildren(leaf, leaf), HashLeaf(absl::StrCat(Bytes(leaf), Bytes(leaf))));
}

TEST(HashTest, OnlyThirtyTwoBytesAreAHash) {
  EXPECT_EQ(FromBytes(Bytes(EmptyRoot())), EmptyRoot());
  EXPECT_FALSE(FromBytes("short").has_value());
  EXPECT_FALSE(FromBytes(std::string(33, 'x')).has_value());
}

TEST(CompactRangeTest, HasTheKnownRoots) {
  CompactRange tree;
  for (size_t i = 0; i < std::size(kKnownEntries); ++i) {
    tree.Append(HashLeaf(absl::HexStringToBytes(kKnownEntries[i])));
    EXPECT_EQ(Hex(tree.Root()), kKnownRoots[i]) << i + 1;
  }
}

TEST(CompactRangeTest, EqualsTheDefinitionForAllSizesTo256) {
  const Entries entries = Numbered(256);
  CompactRange tree;
  EXPECT_EQ(tree.Root(), EmptyRoot());
  for (size_t size = 1; size <= entries.size(); ++size) {
    tree.Append(HashLeaf(entries[size - 1]));
    EXPECT_EQ(tree.size(), size);
    EXPECT_EQ(tree.Root(), ReferenceRoot(Slice(entries, 0, size))) << size;
  }
}

TEST(CompactRangeTest, TellsOfEveryNodeWhenItIsComplete) {
  const Entries entries = Numbered(64);
  CompactRange tree;
  int nodes = 0;
  for (size_t i = 0; i < entries.size(); ++i) {
    tree.Append(HashLeaf(entries[i]), [&](const Node& node) {
      ++nodes;
      const size_t width = size_t{1} << node.height;
      EXPECT_EQ(node.index * width + width, i + 1);
      EXPECT_EQ(node.hash, ReferenceRoot(Slice(entries, node.index * width, i + 1)));
    });
  }
  EXPECT_EQ(nodes, 63);
}

TEST(CompactRangeTest, GrowsByWholeSubtrees) {
  const Entries entries = Numbered(13);
  CompactRange tree;
  tree.AppendSubtree(3, ReferenceRoot(Slice(entries, 0, 8)));
  tree.AppendSubtree(2, ReferenceRoot(Slice(entries, 8, 12)));
  tree.Append(HashLeaf(entries[12]));
  EXPECT_EQ(tree.size(), 13);
  EXPECT_EQ(tree.Root(), ReferenceRoot(entries));
}

TEST(TiledTreeTest, FindsTheEdgeOfATreeOfSeveralLevels) {
  MemoryTiles tiles;
  for (int i = 0; i < 70'000; ++i) tiles.Append(absl::StrCat(i));
  TiledTree tree(&tiles, 70'000);
  const absl::StatusOr<CompactRange> edge = tree.Edge();
  ASSERT_TRUE(edge.ok()) << edge.status();
  EXPECT_EQ(edge->size(), 70'000);
  EXPECT_EQ(edge->Root(), tiles.tree().Root());
  // One tile a level: 65,536 leaves, 17 times 256, 112 leaves.
  EXPECT_EQ(tiles.reads, 3);
}

TEST(TiledTreeTest, SaysWhichTileIsNotWhole) {
  class Short : public TileReader {
    absl::StatusOr<std::vector<Hash>> ReadTile(int, int64_t, int count) override { return std::vector<Hash>(count - 1); }
  } tiles;
  TiledTree tree(&tiles, 300);
  EXPECT_EQ(tree.Edge().status(), absl::DataLossError("tile 0 of level 1 has 0 hashes where 1 belong"));
}

}  // namespace
}  // namespace resultgate::merkle

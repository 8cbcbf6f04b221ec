#include "server/merkle/proof.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <random>

#include "tests/merkle/reference.h"

namespace resultgate::merkle {
namespace {

using ::testing::HasSubstr;

// A tree of 256 entries, and the roots of all its beginnings.
struct World {
  World() {
    CompactRange tree;
    roots.push_back(tree.Root());
    for (const std::string& entry : entries) {
      tiles.Append(entry);
      tree.Append(HashLeaf(entry));
      roots.push_back(tree.Root());
    }
  }
  Entries entries = Numbered(256);
  MemoryTiles tiles;
  std::vector<Hash> roots;
};

World& TheWorld() {
  static World& world = *new World;
  return world;
}

// Every way to spoil a proof: a bit of each hash, one hash less or more anywhere, two exchanged.
std::vector<Proof> Mutations(const Proof& proof) {
  std::vector<Proof> mutations;
  for (size_t i = 0; i < proof.size(); ++i) {
    Proof changed = proof;
    changed[i][i % 32] ^= 1 << (i % 8);
    mutations.push_back(changed);
    Proof shorter = proof;
    shorter.erase(shorter.begin() + i);
    mutations.push_back(shorter);
    if (i > 0 && proof[i] != proof[i - 1]) {
      Proof exchanged = proof;
      std::swap(exchanged[i], exchanged[i - 1]);
      mutations.push_back(exchanged);
    }
  }
  for (size_t i = 0; i <= proof.size(); ++i) {
    Proof longer = proof;
    longer.insert(longer.begin() + i, i < proof.size() ? proof[i] : EmptyRoot());
    mutations.push_back(longer);
  }
  return mutations;
}

TEST(InclusionTest, AllProofsOfAllSizesTo256AreThoseOfTheDefinition) {
  World& world = TheWorld();
  for (size_t size = 1; size <= 256; ++size) {
    TiledTree tree(&world.tiles, size);
    for (size_t index = 0; index < size; ++index) {
      const absl::StatusOr<Proof> proof = ProveInclusion(tree, index);
      ASSERT_TRUE(proof.ok()) << proof.status();
      // The definition hashes the whole tree for each proof, so it is asked for a part of them.
      if (size <= 64 || index % 51 == size % 51) {
        ASSERT_EQ(*proof, ReferencePath(index, Slice(world.entries, 0, size))) << index << " of " << size;
      }
      ASSERT_EQ(VerifyInclusion(index, size, HashLeaf(world.entries[index]), *proof, world.roots[size]), absl::OkStatus())
          << index << " of " << size;
    }
  }
}

TEST(InclusionTest, EveryMutationIsRefused) {
  World& world = TheWorld();
  int refused = 0;
  for (size_t size = 1; size <= 40; ++size) {
    TiledTree tree(&world.tiles, size);
    for (size_t index = 0; index < size; ++index) {
      const Proof proof = *ProveInclusion(tree, index);
      const Hash leaf = HashLeaf(world.entries[index]);
      for (const Proof& mutation : Mutations(proof)) {
        ASSERT_FALSE(VerifyInclusion(index, size, leaf, mutation, world.roots[size]).ok()) << index << " of " << size;
        ++refused;
      }
      ASSERT_FALSE(VerifyInclusion(index, size, HashLeaf("another"), proof, world.roots[size]).ok());
      ASSERT_FALSE(VerifyInclusion(index, size, leaf, proof, world.roots[size - 1]).ok());
      // At no other place. (The same proof may fit another size: sizes are bound by the root.)
      for (size_t other = 0; other < size; ++other) {
        if (other != index) {
          ASSERT_FALSE(VerifyInclusion(other, size, leaf, proof, world.roots[size]).ok());
        }
      }
    }
  }
  EXPECT_GT(refused, 10'000);
}

TEST(InclusionTest, SaysWhatDoesNotFit) {
  World& world = TheWorld();
  TiledTree tree(&world.tiles, 7);
  const Proof proof = *ProveInclusion(tree, 2);
  const Hash leaf = HashLeaf(world.entries[2]);
  const auto error = [&](int64_t index, int64_t size, const Proof& with) {
    return std::string(VerifyInclusion(index, size, leaf, with, world.roots[7]).message());
  };
  EXPECT_THAT(error(7, 7, proof), HasSubstr("there is no leaf 7 in a tree of 7"));
  EXPECT_THAT(error(-1, 7, proof), HasSubstr("there is no leaf -1"));
  EXPECT_THAT(error(2, 7, Proof(proof.begin(), proof.end() - 1)), HasSubstr("fewer hashes"));
  EXPECT_THAT(error(2, 7, Proof(5)), HasSubstr("more hashes"));
  EXPECT_THAT(error(3, 7, proof), HasSubstr("another root"));
  EXPECT_EQ(ProveInclusion(tree, 7).status(), absl::OutOfRangeError("there is no leaf 7 in a tree of 7"));
  EXPECT_EQ(ProveInclusion(tree, -1).status().code(), absl::StatusCode::kOutOfRange);
}

TEST(ConsistencyTest, AllProofsOfAllSizesTo256AreThoseOfTheDefinition) {
  World& world = TheWorld();
  for (size_t size = 0; size <= 256; ++size) {
    TiledTree tree(&world.tiles, size);
    for (size_t from = 0; from <= size; ++from) {
      const absl::StatusOr<Proof> proof = ProveConsistency(tree, from);
      ASSERT_TRUE(proof.ok()) << proof.status();
      if (from > 0 && (size <= 64 || from % 51 == size % 51)) {
        ASSERT_EQ(*proof, ReferenceSubproof(from, Slice(world.entries, 0, size), true)) << from << " of " << size;
      }
      ASSERT_EQ(VerifyConsistency(from, size, world.roots[from], *proof, world.roots[size]), absl::OkStatus())
          << from << " of " << size;
    }
  }
}

TEST(ConsistencyTest, EveryMutationIsRefused) {
  World& world = TheWorld();
  int refused = 0;
  for (size_t size = 0; size <= 40; ++size) {
    TiledTree tree(&world.tiles, size);
    for (size_t from = 0; from <= size; ++from) {
      const Proof proof = *ProveConsistency(tree, from);
      for (const Proof& mutation : Mutations(proof)) {
        ASSERT_FALSE(VerifyConsistency(from, size, world.roots[from], mutation, world.roots[size]).ok())
            << from << " of " << size;
        ++refused;
      }
      const Hash other = HashLeaf("another");
      ASSERT_FALSE(VerifyConsistency(from, size, other, proof, world.roots[size]).ok()) << from << " of " << size;
      // Of no entries nothing is claimed.
      if (from > 0) {
        ASSERT_FALSE(VerifyConsistency(from, size, world.roots[from], proof, other).ok()) << from << " of " << size;
      }
      if (from > 1) {
        ASSERT_FALSE(VerifyConsistency(from - 1, size, world.roots[from], proof, world.roots[size]).ok());
      }
      if (from > 0 && from < size) {
        ASSERT_FALSE(VerifyConsistency(from + 1, size, world.roots[from], proof, world.roots[size]).ok());
      }
    }
  }
  EXPECT_GT(refused, 10'000);
}

TEST(ConsistencyTest, SaysWhatDoesNotFit) {
  World& world = TheWorld();
  TiledTree tree(&world.tiles, 7);
  const Proof proof = *ProveConsistency(tree, 3);
  const auto error = [&](int64_t from, int64_t size, const Hash& from_root, const Proof& with, const Hash& root) {
    return std::string(VerifyConsistency(from, size, from_root, with, root).message());
  };
  EXPECT_THAT(error(8, 7, world.roots[3], proof, world.roots[7]), HasSubstr("a tree of 7 leaves does not begin with 8"));
  EXPECT_THAT(error(3, 7, world.roots[3], {}, world.roots[7]), HasSubstr("fewer hashes"));
  EXPECT_THAT(error(3, 7, world.roots[2], proof, world.roots[7]), HasSubstr("another root of the earlier tree"));
  EXPECT_THAT(error(3, 7, world.roots[3], proof, world.roots[6]), HasSubstr("another root of the later tree"));
  EXPECT_THAT(error(7, 7, world.roots[6], {}, world.roots[7]), HasSubstr("two trees of one size have different roots"));
  EXPECT_THAT(error(0, 7, world.roots[1], {}, world.roots[7]), HasSubstr("a tree without leaves has another root"));
  EXPECT_EQ(ProveConsistency(tree, 8).status().code(), absl::StatusCode::kOutOfRange);
}

TEST(ProofTest, HoldInATreeOfThreeLevelsOfTiles) {
  constexpr int kSize = 70'000;
  MemoryTiles tiles;
  std::vector<Hash> roots = {EmptyRoot()};
  for (int i = 0; i < kSize; ++i) {
    tiles.Append(absl::StrCat(i));
    roots.push_back(tiles.tree().Root());
  }
  std::mt19937 random(1);
  for (int i = 0; i < 200; ++i) {
    const int64_t size = 1 + random() % kSize;
    const int64_t index = random() % size;
    TiledTree tree(&tiles, size);
    const absl::StatusOr<Proof> inclusion = ProveInclusion(tree, index);
    ASSERT_TRUE(inclusion.ok()) << inclusion.status();
    EXPECT_EQ(VerifyInclusion(index, size, HashLeaf(absl::StrCat(index)), *inclusion, roots[size]), absl::OkStatus());
    const absl::StatusOr<Proof> consistency = ProveConsistency(tree, index);
    ASSERT_TRUE(consistency.ok()) << consistency.status();
    EXPECT_EQ(VerifyConsistency(index, size, roots[index], *consistency, roots[size]), absl::OkStatus());
    EXPECT_LE(inclusion->size(), 17);
  }
}

}  // namespace
}  // namespace resultgate::merkle

// RFC 6962 section 2.1 word for word, slow and plain: what the fast tree is held against. And tiles in memory.
#ifndef RESULTGATE_TESTS_MERKLE_REFERENCE_H_
#define RESULTGATE_TESTS_MERKLE_REFERENCE_H_

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/merkle/proof.h"
#include "server/merkle/tiles.h"

namespace resultgate::merkle {

using Entries = std::vector<std::string>;

inline Entries Slice(const Entries& entries, size_t begin, size_t end) {
  return Entries(entries.begin() + begin, entries.begin() + end);
}

inline size_t LargestPowerOfTwoBelow(size_t n) {
  size_t k = 1;
  while (2 * k < n) k *= 2;
  return k;
}

// MTH
inline Hash ReferenceRoot(const Entries& d) {
  if (d.empty()) return EmptyRoot();
  if (d.size() == 1) return HashLeaf(d[0]);
  const size_t k = LargestPowerOfTwoBelow(d.size());
  return HashChildren(ReferenceRoot(Slice(d, 0, k)), ReferenceRoot(Slice(d, k, d.size())));
}

// PATH
inline Proof ReferencePath(size_t m, const Entries& d) {
  if (d.size() <= 1) return {};
  const size_t k = LargestPowerOfTwoBelow(d.size());
  Proof path = m < k ? ReferencePath(m, Slice(d, 0, k)) : ReferencePath(m - k, Slice(d, k, d.size()));
  path.push_back(m < k ? ReferenceRoot(Slice(d, k, d.size())) : ReferenceRoot(Slice(d, 0, k)));
  return path;
}

// SUBPROOF
inline Proof ReferenceSubproof(size_t m, const Entries& d, bool whole) {
  if (m == d.size()) return whole ? Proof() : Proof{ReferenceRoot(d)};
  const size_t k = LargestPowerOfTwoBelow(d.size());
  Proof proof = m <= k ? ReferenceSubproof(m, Slice(d, 0, k), whole) : ReferenceSubproof(m - k, Slice(d, k, d.size()), false);
  proof.push_back(m <= k ? ReferenceRoot(Slice(d, k, d.size())) : ReferenceRoot(Slice(d, 0, k)));
  return proof;
}

// Tiles as a store keeps them: hashes are appended to the last tile of their level, once their subtree is complete.
class MemoryTiles : public TileReader {
 public:
  void Append(const std::string& entry) {
    const Hash leaf = HashLeaf(entry);
    if (levels_.empty()) levels_.emplace_back();
    levels_[0].push_back(leaf);
    tree_.Append(leaf, [this](const Node& node) {
      if (node.height % kTileHeight != 0) return;
      const size_t level = node.height / kTileHeight;
      if (levels_.size() <= level) levels_.resize(level + 1);
      levels_[level].push_back(node.hash);
    });
  }

  absl::StatusOr<std::vector<Hash>> ReadTile(int level, int64_t tile, int count) override {
    ++reads;
    const size_t begin = static_cast<size_t>(tile * kTileWidth);
    const std::vector<Hash>& hashes = levels_.at(level);
    if (begin + count > hashes.size()) return absl::DataLossError("no such tile");
    return std::vector<Hash>(hashes.begin() + begin, hashes.begin() + begin + count);
  }

  const CompactRange& tree() const { return tree_; }
  int reads = 0;

 private:
  CompactRange tree_;
  std::vector<std::vector<Hash>> levels_;
};

inline Entries Numbered(size_t count) {
  Entries entries;
  for (size_t i = 0; i < count; ++i) entries.push_back(absl::StrCat("entry ", i));
  return entries;
}

}  // namespace resultgate::merkle

#endif  // RESULTGATE_TESTS_MERKLE_REFERENCE_H_

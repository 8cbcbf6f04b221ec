// How the nodes of a large tree are kept, so that any of them is found with one read and some hashing: as tiles of up to 256
// hashes. Level 0 is the hashes of the leaves; level L the roots of every 256^L leaves, that is every eighth height of the tree.
// Only complete subtrees have a hash, so that no hash once written ever changes, and the last tile of a level grows at its end.
#ifndef RESULTGATE_MERKLE_TILES_H_
#define RESULTGATE_MERKLE_TILES_H_

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "server/merkle/compact_range.h"
#include "server/merkle/hash.h"

namespace resultgate::merkle {

inline constexpr int kTileHeight = 8;
inline constexpr int64_t kTileWidth = int64_t{1} << kTileHeight;

// Where tiles are kept.
class TileReader {
 public:
  virtual ~TileReader() = default;

  // The first `count` hashes (1 to kTileWidth) of tile `tile` of `level`: those from kTileWidth * tile on.
  virtual absl::StatusOr<std::vector<Hash>> ReadTile(int level, int64_t tile, int count) = 0;
};

// A tree of a given size, read from tiles. Each tile is read once. Not thread-safe.
class TiledTree {
 public:
  // Requires size >= 0. `reader` must outlive it.
  TiledTree(TileReader* reader, int64_t size) : reader_(*reader), size_(size) {}

  int64_t size() const { return size_; }

  // The root of the leaves from `begin` to before `end`, which must be a subtree of RFC 6962's recursion, as its proofs name
  // them: the largest power of two that is not above end - begin divides `begin`. Requires 0 <= begin < end <= size().
  absl::StatusOr<Hash> SubtreeRoot(int64_t begin, int64_t end);
  // The right edge of the whole tree.
  absl::StatusOr<CompactRange> Edge() { return EdgeOf(0, size_); }

 private:
  absl::StatusOr<CompactRange> EdgeOf(int64_t begin, int64_t end);
  absl::StatusOr<Hash> PerfectRoot(int height, int64_t index);

  TileReader& reader_;
  const int64_t size_;
  std::map<std::pair<int, int64_t>, std::vector<Hash>> tiles_;
};

}  // namespace resultgate::merkle

#endif  // RESULTGATE_MERKLE_TILES_H_

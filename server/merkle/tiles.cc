#include "server/merkle/tiles.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"

namespace resultgate::merkle {

absl::StatusOr<Hash> TiledTree::PerfectRoot(int height, int64_t index) {
  const int level = height / kTileHeight;
  const int within = height % kTileHeight;
  const int64_t first = index << within;
  const int64_t tile = first / kTileWidth;
  auto found = tiles_.find({level, tile});
  if (found == tiles_.end()) {
    const int64_t complete = size_ >> (level * kTileHeight);
    const int count = static_cast<int>(std::min(kTileWidth, complete - tile * kTileWidth));
    RG_ASSIGN_OR_RETURN(std::vector<Hash> hashes, reader_.ReadTile(level, tile, count));
    if (static_cast<int>(hashes.size()) != count) {
      return absl::DataLossError(
          absl::StrCat("tile ", tile, " of level ", level, " has ", hashes.size(), " hashes where ", count, " belong"));
    }
    found = tiles_.emplace(std::make_pair(level, tile), std::move(hashes)).first;
  }
  CompactRange range;
  for (int64_t i = 0; i < int64_t{1} << within; ++i) range.Append(found->second[first - tile * kTileWidth + i]);
  return range.Root();
}

absl::StatusOr<CompactRange> TiledTree::EdgeOf(int64_t begin, int64_t end) {
  CompactRange edge;
  for (int height = 62; height >= 0; --height) {
    if (((end - begin) >> height & 1) == 0) continue;
    RG_ASSIGN_OR_RETURN(const Hash root, PerfectRoot(height, (begin + edge.size()) >> height));
    edge.AppendSubtree(height, root);
  }
  return edge;
}

absl::StatusOr<Hash> TiledTree::SubtreeRoot(int64_t begin, int64_t end) {
  RG_ASSIGN_OR_RETURN(const CompactRange edge, EdgeOf(begin, end));
  return edge.Root();
}

}  // namespace resultgate::merkle

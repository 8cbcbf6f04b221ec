#include "server/merkle/proof.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"

namespace resultgate::merkle {
namespace {

using Range = std::pair<int64_t, int64_t>;  // [first, second)

// The largest power of two below `count`, which is at least 2: where RFC 6962 splits a tree.
int64_t SplitOf(int64_t count) {
  int64_t split = 1;
  while (split * 2 < count) split *= 2;
  return split;
}

// The roots of the ranges, the last first.
absl::StatusOr<Proof> Roots(TiledTree& tree, const std::vector<Range>& ranges) {
  Proof proof;
  for (auto range = ranges.rbegin(); range != ranges.rend(); ++range) {
    RG_ASSIGN_OR_RETURN(const Hash root, tree.SubtreeRoot(range->first, range->second));
    proof.push_back(root);
  }
  return proof;
}

absl::Status Refused(absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("the proof does not hold: ", why));
}

constexpr char kTooLong[] = "it has more hashes than the tree has levels";
constexpr char kTooShort[] = "it has fewer hashes than it needs";

}  // namespace

absl::StatusOr<Proof> ProveInclusion(TiledTree& tree, int64_t index) {
  if (index < 0 || index >= tree.size()) {
    return absl::OutOfRangeError(absl::StrCat("there is no leaf ", index, " in a tree of ", tree.size()));
  }
  std::vector<Range> siblings;
  for (Range all(0, tree.size()); all.second - all.first > 1;) {
    const int64_t split = all.first + SplitOf(all.second - all.first);
    if (index < split) {
      siblings.emplace_back(split, all.second);
      all.second = split;
    } else {
      siblings.emplace_back(all.first, split);
      all.first = split;
    }
  }
  return Roots(tree, siblings);
}

absl::StatusOr<Proof> ProveConsistency(TiledTree& tree, int64_t from) {
  if (from < 0 || from > tree.size()) {
    return absl::OutOfRangeError(absl::StrCat("a tree of ", tree.size(), " leaves does not begin with ", from));
  }
  if (from == 0) return Proof();
  std::vector<Range> parts;
  Range all(0, tree.size());
  while (all.second != from) {
    const int64_t split = all.first + SplitOf(all.second - all.first);
    if (from <= split) {
      parts.emplace_back(split, all.second);
      all.second = split;
    } else {
      parts.emplace_back(all.first, split);
      all.first = split;
    }
  }
  // Where what is left is the whole of the earlier tree, the verifier has its root.
  if (all.first != 0) parts.push_back(all);
  return Roots(tree, parts);
}

absl::Status VerifyInclusion(int64_t index, int64_t size, const Hash& leaf, const Proof& proof, const Hash& root) {
  if (index < 0 || index >= size) return Refused(absl::StrCat("there is no leaf ", index, " in a tree of ", size));
  int64_t at = index;
  int64_t last = size - 1;
  Hash hash = leaf;
  for (const Hash& sibling : proof) {
    if (last == 0) return Refused(kTooLong);
    if ((at & 1) != 0 || at == last) {
      hash = HashChildren(sibling, hash);
      // A node without a sibling rises as it is.
      while ((at & 1) == 0 && at != 0) {
        at >>= 1;
        last >>= 1;
      }
    } else {
      hash = HashChildren(hash, sibling);
    }
    at >>= 1;
    last >>= 1;
  }
  if (last != 0) return Refused(kTooShort);
  if (hash != root) return Refused("it leads to another root");
  return absl::OkStatus();
}

absl::Status VerifyConsistency(int64_t from, int64_t size, const Hash& from_root, const Proof& proof, const Hash& root) {
  if (from < 0 || from > size) return Refused(absl::StrCat("a tree of ", size, " leaves does not begin with ", from));
  if (from == 0 || from == size) {
    if (!proof.empty()) return Refused(kTooLong);
    if (from == 0 && from_root != EmptyRoot()) return Refused("a tree without leaves has another root");
    if (from == size && from_root != root) return Refused("two trees of one size have different roots");
    return absl::OkStatus();
  }
  int64_t at = from - 1;
  int64_t last = size - 1;
  for (; (at & 1) != 0; at >>= 1) last >>= 1;
  // A perfect earlier tree is a node of the later one; any other is put together, beginning with its last node.
  auto next = proof.begin();
  if (at != 0 && next == proof.end()) return Refused(kTooShort);
  const Hash first = at == 0 ? from_root : *next++;
  Hash earlier = first;
  Hash later = first;
  for (; next != proof.end(); ++next) {
    if (last == 0) return Refused(kTooLong);
    if ((at & 1) != 0 || at == last) {
      earlier = HashChildren(*next, earlier);
      later = HashChildren(*next, later);
      while ((at & 1) == 0 && at != 0) {
        at >>= 1;
        last >>= 1;
      }
    } else {
      later = HashChildren(later, *next);
    }
    at >>= 1;
    last >>= 1;
  }
  if (last != 0) return Refused(kTooShort);
  if (earlier != from_root) return Refused("it leads to another root of the earlier tree");
  if (later != root) return Refused("it leads to another root of the later tree");
  return absl::OkStatus();
}

}  // namespace resultgate::merkle

// A tree that only grows, kept as its right edge: the roots of the perfect subtrees that its size is the sum of, at most 63
// hashes. That is all that appending and the root need.
#ifndef RESULTGATE_MERKLE_COMPACT_RANGE_H_
#define RESULTGATE_MERKLE_COMPACT_RANGE_H_

#include <cstdint>
#include <vector>

#include "absl/functional/function_ref.h"
#include "server/merkle/hash.h"

namespace resultgate::merkle {

// A node of a tree: the root of the 2^height leaves from index * 2^height on.
struct Node {
  int height = 0;
  int64_t index = 0;
  Hash hash;
};

// A plain value, cheap to copy, as thread-safe as any.
class CompactRange {
 public:
  // How many leaves it has.
  int64_t size() const { return size_; }

  // Appends a leaf by its hash. Calls `completed` for each node above it that is complete with it, from the lowest up.
  void Append(const Hash& leaf, absl::FunctionRef<void(const Node&)> completed);
  void Append(const Hash& leaf);
  // Appends a perfect subtree of 2^height leaves by its root. Requires that size() is a multiple of 2^height.
  void AppendSubtree(int height, const Hash& root);

  // The root of all leaves.
  Hash Root() const;

 private:
  void AppendNode(int height, const Hash& hash, absl::FunctionRef<void(const Node&)> completed);

  int64_t size_ = 0;
  std::vector<Hash> peaks_;  // one per bit of size_ that is set, the largest subtree first
};

}  // namespace resultgate::merkle

#endif  // RESULTGATE_MERKLE_COMPACT_RANGE_H_

#include "server/merkle/compact_range.h"

namespace resultgate::merkle {

void CompactRange::AppendNode(int height, const Hash& hash, absl::FunctionRef<void(const Node&)> completed) {
  Node node{height, size_ >> height, hash};
  // Two subtrees of one size are one of the next: as a carry runs through a binary counter.
  for (; (node.index & 1) != 0; node.index >>= 1) {
    node.hash = HashChildren(peaks_.back(), node.hash);
    peaks_.pop_back();
    ++node.height;
    completed({node.height, node.index >> 1, node.hash});
  }
  peaks_.push_back(node.hash);
  size_ += int64_t{1} << height;
}

void CompactRange::Append(const Hash& leaf, absl::FunctionRef<void(const Node&)> completed) {
  AppendNode(0, leaf, completed);
}

void CompactRange::Append(const Hash& leaf) {
  AppendNode(0, leaf, [](const Node&) {});
}

void CompactRange::AppendSubtree(int height, const Hash& root) {
  AppendNode(height, root, [](const Node&) {});
}

Hash CompactRange::Root() const {
  if (peaks_.empty()) return EmptyRoot();
  Hash root = peaks_.back();
  for (size_t i = peaks_.size() - 1; i-- > 0;) root = HashChildren(peaks_[i], root);
  return root;
}

}  // namespace resultgate::merkle

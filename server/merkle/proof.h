// Proofs about a Merkle tree (RFC 6962 section 2.1.1 and 2.1.2): that an entry is in it, and that a later tree only appended to
// an earlier one. Leaves count from 0. Verifying is a pure function, thread-safe; it is how RFC 9162 section 2.1.3.2 and 2.1.4.2
// do it.
#ifndef RESULTGATE_MERKLE_PROOF_H_
#define RESULTGATE_MERKLE_PROOF_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/merkle/hash.h"
#include "server/merkle/tiles.h"

namespace resultgate::merkle {

// From the leaf's side up.
using Proof = std::vector<Hash>;

// That leaf `index` is in the tree. OutOfRange unless 0 <= index < tree.size().
absl::StatusOr<Proof> ProveInclusion(TiledTree& tree, int64_t index);
// That the tree begins with the first `from` of its leaves. OutOfRange unless 0 <= from <= tree.size(). Empty for none and for
// all.
absl::StatusOr<Proof> ProveConsistency(TiledTree& tree, int64_t from);

// OK if `proof` shows that the tree of `size` leaves with `root` has `leaf` at `index`; InvalidArgument, with what does not fit,
// otherwise.
absl::Status VerifyInclusion(int64_t index, int64_t size, const Hash& leaf, const Proof& proof, const Hash& root);
// OK if `proof` shows that the tree of `size` leaves with `root` begins with the tree of `from` leaves with `from_root`;
// InvalidArgument otherwise. Every tree begins with the empty one.
absl::Status VerifyConsistency(int64_t from, int64_t size, const Hash& from_root, const Proof& proof, const Hash& root);

}  // namespace resultgate::merkle

#endif  // RESULTGATE_MERKLE_PROOF_H_

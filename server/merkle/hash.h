// The hashes of a Merkle tree over a list of entries, as RFC 6962 section 2.1 defines them, with SHA-256: a leaf is the hash of a
// zero byte and the entry, a node that of a one byte and its two children, so that neither can be passed off as the other. Pure
// functions, thread-safe.
#ifndef RESULTGATE_MERKLE_HASH_H_
#define RESULTGATE_MERKLE_HASH_H_

#include <array>
#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"

namespace resultgate::merkle {

using Hash = std::array<uint8_t, 32>;

Hash HashLeaf(absl::string_view entry);
Hash HashChildren(const Hash& left, const Hash& right);
// The root of a tree without entries.
Hash EmptyRoot();

// The bytes of `hash`, for as long as it lives.
absl::string_view Bytes(const Hash& hash);
// nullopt unless they are 32.
std::optional<Hash> FromBytes(absl::string_view bytes);

}  // namespace resultgate::merkle

#endif  // RESULTGATE_MERKLE_HASH_H_

#include "server/merkle/hash.h"

#include <algorithm>

#include "server/base/digest.h"

namespace resultgate::merkle {

Hash HashLeaf(absl::string_view entry) {
  return base::Sha256OfParts({absl::string_view("\0", 1), entry});
}

Hash HashChildren(const Hash& left, const Hash& right) {
  return base::Sha256OfParts({absl::string_view("\1", 1), Bytes(left), Bytes(right)});
}

Hash EmptyRoot() {
  return base::Sha256OfParts({});
}

absl::string_view Bytes(const Hash& hash) {
  return absl::string_view(reinterpret_cast<const char*>(hash.data()), hash.size());
}

std::optional<Hash> FromBytes(absl::string_view bytes) {
  Hash hash;
  if (bytes.size() != hash.size()) return std::nullopt;
  std::copy(bytes.begin(), bytes.end(), hash.begin());
  return hash;
}

}  // namespace resultgate::merkle

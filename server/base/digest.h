// SHA-256 (FIPS 180-4) and HMAC-SHA256 (RFC 2104) by OpenSSL. Pure functions, thread-safe.
#ifndef RESULTGATE_BASE_DIGEST_H_
#define RESULTGATE_BASE_DIGEST_H_

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace resultgate::base {

// The 32 bytes of the digest.
std::string Sha256(absl::string_view bytes);

// The digest of the parts, one after the other, without copying them together. Allocates nothing.
std::array<uint8_t, 32> Sha256OfParts(std::initializer_list<absl::string_view> parts);

// The 32 bytes of HMAC-SHA256, which only whoever has `key` can make.
std::string HmacSha256(absl::string_view key, absl::string_view bytes);

// `sha256:` and 64 lower-case hexadecimal digits: how a digest is written wherever a person may read it.
std::string DigestText(absl::string_view bytes);

// True if they are equal; takes the same time wherever they differ, so that nobody can guess a code byte by byte.
bool EqualInConstantTime(absl::string_view left, absl::string_view right);

// The digest of named files taken together: each name and content is preceded by its length, so that moving a byte from one
// to another changes it. The order given does not matter: files are taken in order of name.
std::string DigestOfFiles(std::vector<std::pair<std::string, std::string>> names_and_contents);

}  // namespace resultgate::base

#endif  // RESULTGATE_BASE_DIGEST_H_

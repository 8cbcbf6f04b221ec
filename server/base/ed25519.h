// Ed25519 signatures (RFC 8032) by OpenSSL.
#ifndef RESULTGATE_BASE_ED25519_H_
#define RESULTGATE_BASE_ED25519_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace resultgate::base {

// A private key. Immutable, cheap to copy, thread-safe.
class Ed25519Key {
 public:
  // From the operating system's random numbers; Internal where it gives none.
  static absl::StatusOr<Ed25519Key> Generate();
  // The key that these 32 bytes stand for; InvalidArgument for any other number of bytes.
  static absl::StatusOr<Ed25519Key> FromSeed(absl::string_view seed);

  // 32 bytes each. Whoever has the seed has the key.
  const std::string& seed() const { return seed_; }
  const std::string& public_key() const { return public_key_; }

  // 64 bytes; the same for the same message. Internal if OpenSSL fails.
  absl::StatusOr<std::string> Sign(absl::string_view message) const;

 private:
  Ed25519Key(std::shared_ptr<void> key, std::string seed, std::string public_key)
      : key_(std::move(key)), seed_(std::move(seed)), public_key_(std::move(public_key)) {}

  std::shared_ptr<void> key_;  // an EVP_PKEY
  std::string seed_;
  std::string public_key_;
};

// True if `signature` is the holder of `public_key`'s for `message`. False for lengths that no key or signature has.
bool VerifyEd25519(absl::string_view public_key, absl::string_view message, absl::string_view signature);

}  // namespace resultgate::base

#endif  // RESULTGATE_BASE_ED25519_H_

// The key that signs the log's checkpoints, in the text forms of the C2SP signed-note specification (c2sp.org/signed-note), which
// witnesses and other tools of transparency logs read: a public key is `NAME+HASH+BASE64`, a private one `PRIVATE+KEY+NAME+HASH+
// BASE64`. NAME is also the log's origin, the first line of each checkpoint.
//
// A name is printable ASCII without blanks and `+`, at most 200 bytes.
#ifndef RESULTGATE_AUDIT_KEY_H_
#define RESULTGATE_AUDIT_KEY_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/base/ed25519.h"

namespace resultgate::audit {

// A public key with its name. A plain value.
class VerifierKey {
 public:
  // InvalidArgument, with what is wrong, for what is no Ed25519 key in this form.
  static absl::StatusOr<VerifierKey> Parse(absl::string_view text);

  const std::string& name() const { return name_; }
  // Four bytes that tell keys of one name apart; they stand before each signature.
  const std::string& id() const { return id_; }
  const std::string& public_key() const { return public_key_; }
  std::string ToString() const;

 private:
  friend class SigningKey;
  VerifierKey(std::string name, std::string public_key);

  std::string name_;
  std::string public_key_;
  std::string id_;
};

// A private key with its name. Immutable, cheap to copy, thread-safe.
class SigningKey {
 public:
  // A new key. Its name ends in 16 digits of its own, so that no two logs have one name: `resultgate/3c9f…`.
  static absl::StatusOr<SigningKey> Generate();
  static absl::StatusOr<SigningKey> Parse(absl::string_view text);

  const VerifierKey& verifier() const { return verifier_; }
  // The secret.
  std::string ToString() const;
  absl::StatusOr<std::string> Sign(absl::string_view text) const { return key_.Sign(text); }
  // A secret of 32 bytes for another purpose, which tells nothing of this key nor of secrets for other purposes.
  std::string SecretFor(absl::string_view purpose) const;

 private:
  SigningKey(base::Ed25519Key key, VerifierKey verifier) : key_(std::move(key)), verifier_(std::move(verifier)) {}

  base::Ed25519Key key_;
  VerifierKey verifier_;
};

}  // namespace resultgate::audit

#endif  // RESULTGATE_AUDIT_KEY_H_

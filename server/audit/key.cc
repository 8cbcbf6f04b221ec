#include "server/audit/key.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "server/base/digest.h"
#include "server/base/status_macros.h"

namespace resultgate::audit {
namespace {

constexpr char kEd25519 = '\1';  // the specification's number of the algorithm
constexpr size_t kIdBytes = 4;
constexpr size_t kLongestName = 200;
constexpr absl::string_view kPrivate = "PRIVATE+KEY+";

bool IsName(absl::string_view name) {
  return !name.empty() && name.size() <= kLongestName &&
         std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c <= '~' && c != '+'; });
}

std::string IdOf(absl::string_view name, absl::string_view public_key) {
  return base::Sha256(absl::StrCat(name, "\n", absl::string_view(&kEd25519, 1), public_key)).substr(0, kIdBytes);
}

struct Parts {
  std::string name;
  std::string id;
  std::string key;
};

// `NAME+HASH+BASE64`; the base64 may hold a `+` itself.
absl::StatusOr<Parts> Split(absl::string_view text) {
  const std::vector<std::string> fields = absl::StrSplit(text, absl::MaxSplits('+', 2));
  if (fields.size() != 3) return absl::InvalidArgumentError("a key is written NAME+HASH+BASE64");
  Parts parts;
  parts.name = fields[0];
  if (!IsName(parts.name)) {
    return absl::InvalidArgumentError("a key's name is printable ASCII without blanks and `+`, at most 200 bytes");
  }
  parts.id = absl::HexStringToBytes(fields[1]);
  if (fields[1].size() != 2 * kIdBytes || absl::BytesToHexString(parts.id) != fields[1]) {
    return absl::InvalidArgumentError("the hash of a key is 8 lower-case hexadecimal digits");
  }
  if (!absl::Base64Unescape(fields[2], &parts.key) || absl::Base64Escape(parts.key) != fields[2]) {
    return absl::InvalidArgumentError("what follows a key's hash is not base64");
  }
  if (parts.key.size() != 33 || parts.key[0] != kEd25519) {
    return absl::InvalidArgumentError("the key is not of Ed25519, the one algorithm that is known here");
  }
  parts.key.erase(0, 1);
  return parts;
}

absl::Status WrongId(absl::string_view name) {
  return absl::InvalidArgumentError(absl::StrCat("the hash is not that of the key of `", name, "`: something of it was changed"));
}

}  // namespace

VerifierKey::VerifierKey(std::string name, std::string public_key)
    : name_(std::move(name)), public_key_(std::move(public_key)), id_(IdOf(name_, public_key_)) {}

absl::StatusOr<VerifierKey> VerifierKey::Parse(absl::string_view text) {
  text = absl::StripAsciiWhitespace(text);
  if (absl::StartsWith(text, kPrivate)) return absl::InvalidArgumentError("this is the private key, which stays where it is");
  RG_ASSIGN_OR_RETURN(Parts parts, Split(text));
  VerifierKey key(parts.name, parts.key);
  if (key.id_ != parts.id) return WrongId(parts.name);
  return key;
}

std::string VerifierKey::ToString() const {
  return absl::StrCat(name_, "+", absl::BytesToHexString(id_), "+",
                      absl::Base64Escape(absl::StrCat(absl::string_view(&kEd25519, 1), public_key_)));
}

absl::StatusOr<SigningKey> SigningKey::Generate() {
  RG_ASSIGN_OR_RETURN(base::Ed25519Key key, base::Ed25519Key::Generate());
  std::string name = absl::StrCat("resultgate/", absl::BytesToHexString(base::Sha256(key.public_key())).substr(0, 16));
  VerifierKey verifier(std::move(name), key.public_key());
  return SigningKey(std::move(key), std::move(verifier));
}

absl::StatusOr<SigningKey> SigningKey::Parse(absl::string_view text) {
  text = absl::StripAsciiWhitespace(text);
  if (!absl::ConsumePrefix(&text, kPrivate)) return absl::InvalidArgumentError("a private key begins with PRIVATE+KEY+");
  RG_ASSIGN_OR_RETURN(Parts parts, Split(text));
  RG_ASSIGN_OR_RETURN(base::Ed25519Key key, base::Ed25519Key::FromSeed(parts.key));
  VerifierKey verifier(parts.name, key.public_key());
  if (verifier.id() != parts.id) return WrongId(parts.name);
  return SigningKey(std::move(key), std::move(verifier));
}

std::string SigningKey::SecretFor(absl::string_view purpose) const {
  return base::HmacSha256(key_.seed(), purpose);
}

std::string SigningKey::ToString() const {
  return absl::StrCat(kPrivate, verifier_.name(), "+", absl::BytesToHexString(verifier_.id()), "+",
                      absl::Base64Escape(absl::StrCat(absl::string_view(&kEd25519, 1), key_.seed())));
}

}  // namespace resultgate::audit

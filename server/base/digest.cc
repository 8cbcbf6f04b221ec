#include "server/base/digest.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace resultgate::base {

namespace {

using Context = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;
using MacContext = std::unique_ptr<EVP_MAC_CTX, decltype(&EVP_MAC_CTX_free)>;

// One of each for a thread: OpenSSL 3 looks an algorithm up by name whenever it is not handed one, which costs as much as hashing
// half a kilobyte.
EVP_MD_CTX* Begin() {
  static const EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  thread_local const Context context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  // Without memory or without SHA-256 there is nothing that could go on.
  if (sha256 == nullptr || context == nullptr || EVP_DigestInit_ex(context.get(), sha256, nullptr) != 1) std::abort();
  return context.get();
}

MacContext NewHmac() {
  static EVP_MAC* const hmac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  MacContext context(hmac == nullptr ? nullptr : EVP_MAC_CTX_new(hmac), EVP_MAC_CTX_free);
  char sha256[] = "SHA256";
  const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, sha256, 0),
                                   OSSL_PARAM_construct_end()};
  if (context == nullptr || EVP_MAC_CTX_set_params(context.get(), parameters) != 1) std::abort();
  return context;
}

}  // namespace

std::array<uint8_t, 32> Sha256OfParts(std::initializer_list<absl::string_view> parts) {
  EVP_MD_CTX* const context = Begin();
  for (const absl::string_view part : parts) EVP_DigestUpdate(context, part.data(), part.size());
  std::array<uint8_t, 32> digest;
  EVP_DigestFinal_ex(context, digest.data(), nullptr);
  return digest;
}

std::string Sha256(absl::string_view bytes) {
  const std::array<uint8_t, 32> digest = Sha256OfParts({bytes});
  return std::string(digest.begin(), digest.end());
}

std::string HmacSha256(absl::string_view key, absl::string_view bytes) {
  thread_local const MacContext context = NewHmac();
  // A null key would mean the one of the last call.
  const auto* const key_data = reinterpret_cast<const unsigned char*>(key.empty() ? "" : key.data());
  std::string code(32, '\0');
  size_t size = 0;
  if (EVP_MAC_init(context.get(), key_data, key.size(), nullptr) != 1 ||
      EVP_MAC_update(context.get(), reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()) != 1 ||
      EVP_MAC_final(context.get(), reinterpret_cast<unsigned char*>(code.data()), &size, code.size()) != 1 ||
      size != code.size()) {
    std::abort();
  }
  return code;
}

std::string DigestText(absl::string_view bytes) {
  return absl::StrCat("sha256:", absl::BytesToHexString(Sha256(bytes)));
}

bool EqualInConstantTime(absl::string_view left, absl::string_view right) {
  return left.size() == right.size() && CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

std::string DigestOfFiles(std::vector<std::pair<std::string, std::string>> names_and_contents) {
  std::sort(names_and_contents.begin(), names_and_contents.end());
  std::string all;
  for (const auto& [name, content] : names_and_contents) {
    absl::StrAppend(&all, name.size(), ":", name, content.size(), ":", content);
  }
  return DigestText(all);
}

}  // namespace resultgate::base

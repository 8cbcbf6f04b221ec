#include "server/base/digest.h"

#include <openssl/sha.h>

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace resultgate::base {

std::string Sha256(absl::string_view bytes) {
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), reinterpret_cast<unsigned char*>(digest.data()));
  return digest;
}

std::string DigestText(absl::string_view bytes) {
  return absl::StrCat("sha256:", absl::BytesToHexString(Sha256(bytes)));
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

#include "server/audit/key.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"

namespace resultgate::audit {
namespace {

using ::testing::HasSubstr;

// A published pair of keys (golang.org/x/mod/sumdb/note).
constexpr char kPrivate[] = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
constexpr char kPublic[] = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";

TEST(Ed25519Test, HoldsTheVectorsOfRfc8032) {
  const struct {
    const char* seed;
    const char* public_key;
    const char* message;
    const char* signature;
  } kVectors[] = {
      {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
       "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
       "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438"
       "e7a100b"},
      {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
       "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
       "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d29161"
       "2bb0c00"},
  };
  for (const auto& vector : kVectors) {
    const absl::StatusOr<base::Ed25519Key> key = base::Ed25519Key::FromSeed(absl::HexStringToBytes(vector.seed));
    ASSERT_TRUE(key.ok());
    EXPECT_EQ(absl::BytesToHexString(key->public_key()), vector.public_key);
    const std::string message = absl::HexStringToBytes(vector.message);
    const std::string signature = *key->Sign(message);
    EXPECT_EQ(absl::BytesToHexString(signature), vector.signature);
    EXPECT_TRUE(base::VerifyEd25519(key->public_key(), message, signature));
    EXPECT_FALSE(base::VerifyEd25519(key->public_key(), message + "x", signature));
    for (size_t i = 0; i < signature.size(); ++i) {
      std::string changed = signature;
      changed[i] ^= 1;
      EXPECT_FALSE(base::VerifyEd25519(key->public_key(), message, changed)) << i;
    }
    EXPECT_FALSE(base::VerifyEd25519(key->public_key(), message, signature.substr(1)));
    EXPECT_FALSE(base::VerifyEd25519("", message, signature));
  }
  EXPECT_EQ(base::Ed25519Key::FromSeed("short").status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(KeyTest, ReadsAndWritesThePublishedPair) {
  const absl::StatusOr<SigningKey> key = SigningKey::Parse(kPrivate);
  ASSERT_TRUE(key.ok()) << key.status();
  EXPECT_EQ(key->ToString(), kPrivate);
  EXPECT_EQ(key->verifier().ToString(), kPublic);
  const absl::StatusOr<VerifierKey> verifier = VerifierKey::Parse(absl::StrCat(kPublic, "\n"));
  ASSERT_TRUE(verifier.ok()) << verifier.status();
  EXPECT_EQ(verifier->name(), "PeterNeumann");
  EXPECT_EQ(verifier->ToString(), kPublic);
}

TEST(KeyTest, MakesADifferentOneEachTime) {
  const absl::StatusOr<SigningKey> one = SigningKey::Generate();
  const absl::StatusOr<SigningKey> other = SigningKey::Generate();
  ASSERT_TRUE(one.ok() && other.ok());
  EXPECT_NE(one->verifier().name(), other->verifier().name());
  EXPECT_THAT(one->verifier().name(), HasSubstr("resultgate/"));
  const absl::StatusOr<SigningKey> again = SigningKey::Parse(one->ToString());
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->verifier().ToString(), one->verifier().ToString());
}

TEST(KeyTest, EveryChangedLetterOfAPublicKeyIsNoticed) {
  for (size_t i = 0; i < sizeof(kPublic) - 1; ++i) {
    std::string changed = kPublic;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(VerifierKey::Parse(changed).ok()) << changed;
  }
}

TEST(KeyTest, SaysWhatIsWrong) {
  const struct {
    const char* text;
    const char* message;
  } kCases[] = {
      {"", "NAME+HASH+BASE64"},
      {"PeterNeumann+c74f20a3", "NAME+HASH+BASE64"},
      {"Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "printable ASCII"},
      {"+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "printable ASCII"},
      {"PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "8 lower-case"},
      {"PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "not that of the key"},
      {"PeterNeumann+c74f20a3+ARpc2QcUPDhM*egwxbzhKqiBfsVkmqq/LDE4izWy10TW", "not base64"},
      {"PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy", "not of Ed25519"},
      {"PeterNeumann+c74f20a3+Ahpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "not of Ed25519"},
      {kPrivate, "private key"},
  };
  for (const auto& test : kCases) {
    EXPECT_THAT(std::string(VerifierKey::Parse(test.text).status().message()), HasSubstr(test.message)) << test.text;
  }
  EXPECT_THAT(std::string(SigningKey::Parse(kPublic).status().message()), HasSubstr("begins with PRIVATE+KEY+"));
}

}  // namespace
}  // namespace resultgate::audit

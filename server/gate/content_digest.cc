#include "server/gate/content_digest.h"

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/base/digest.h"
#include "server/gate/keys.h"

namespace resultgate::gate {
namespace {

constexpr char kSalted = 1;
constexpr size_t kSaltedBytes = 33;
constexpr char kSaltedText[] = "hmac-sha256:";

}  // namespace

std::string ContentDigest(const std::string& salt, absl::string_view bytes) {
  if (salt.empty()) return base::Sha256(bytes);
  return std::string(1, kSalted) + base::HmacSha256(salt, bytes);
}

std::string ContentDigestText(const std::string& salt, absl::string_view bytes) {
  if (salt.empty()) return base::DigestText(bytes);
  return absl::StrCat(kSaltedText, absl::BytesToHexString(base::HmacSha256(salt, bytes)));
}

bool IsContentDigest(absl::string_view digest, const std::string& salt, absl::string_view bytes) {
  if (digest.size() != kSaltedBytes) return digest == base::Sha256(bytes);
  return !salt.empty() && digest == ContentDigest(salt, bytes);
}

bool IsContentDigestText(absl::string_view text, const std::string& salt, absl::string_view bytes) {
  if (!IsSaltedText(text)) return text == base::DigestText(bytes);
  return !salt.empty() && text == ContentDigestText(salt, bytes);
}

std::string ReportName(const std::string& salt, const v1::DiagnosticReport& report) {
  const std::string digest = ReportDigest(report);
  return ReportName(salt, DuplicateKey(report, digest), digest);
}

std::string ReportName(const std::string& salt, const store::Key& duplicate_key, const std::string& report_digest) {
  if (salt.empty()) return absl::StrCat("sha256:", absl::BytesToHexString(report_digest));
  return ContentDigestText(salt, duplicate_key);
}

bool IsReportName(absl::string_view name, const std::string& salt, const v1::DiagnosticReport& report) {
  if (!IsSaltedText(name)) return name == ReportName("", report);
  return !salt.empty() && name == ReportName(salt, report);
}

bool IsSaltedText(absl::string_view text) {
  return absl::StartsWith(text, kSaltedText);
}

}  // namespace resultgate::gate

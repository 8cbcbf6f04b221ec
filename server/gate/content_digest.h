// The digests by which log entries bind the contents of a result, which they must not hold.
//
// A report is small: whoever has its plain digest tries values until one fits, long after the report was erased. So each result
// has a salt of 32 random bytes, kept in its record and erased with it, and its digests are HMAC-SHA256 (RFC 2104) keyed by the
// salt: a keyed hash is a commitment that cannot be opened without the key, has no question of where salt ends and contents
// begin, and OpenSSL has it. Without the salt a digest says nothing. The bytes of the entries stay as they are, and so do their
// proofs.
//
// Logs from before there were salts have plain SHA-256. Which one a digest is it says itself: as bytes, 33 of which the first is
// 1, or 32; as text, after `hmac-sha256:` or `sha256:`. A result of before gets its salt with its next version, and has both.
//
// Pure functions, thread-safe.
#ifndef RESULTGATE_GATE_CONTENT_DIGEST_H_
#define RESULTGATE_GATE_CONTENT_DIGEST_H_

#include <cstddef>
#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "resultgate/v1/model.pb.h"
#include "server/store/store.h"

namespace resultgate::gate {

inline constexpr size_t kSaltBytes = 32;
// Gives `kSaltBytes` that nobody can guess, each time others.
using NewSalt = std::function<absl::StatusOr<std::string>()>;

// The digest of `bytes`; plain without a salt.
std::string ContentDigest(const std::string& salt, absl::string_view bytes);
std::string ContentDigestText(const std::string& salt, absl::string_view bytes);
// True if this is the digest, of whichever kind it is. A salted one fits nothing without its salt.
bool IsContentDigest(absl::string_view digest, const std::string& salt, absl::string_view bytes);
bool IsContentDigestText(absl::string_view text, const std::string& salt, absl::string_view bytes);

// How an entry names a report: by the digest of what it says (keys.h), plain, or of the key by which a repetition of it is found,
// salted: so that a key of the database can be held against the log although what was sent is no longer kept as it was.
std::string ReportName(const std::string& salt, const v1::DiagnosticReport& report);
std::string ReportName(const std::string& salt, const store::Key& duplicate_key, const std::string& report_digest);
bool IsReportName(absl::string_view name, const std::string& salt, const v1::DiagnosticReport& report);
bool IsSaltedText(absl::string_view text);

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_CONTENT_DIGEST_H_

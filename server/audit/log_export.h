// The log as a file of JSON lines (resultgate.v1.ExportLine): the signed head first, then every entry with its exact bytes and
// the same readable. With the public key it proves itself, without the database and without this program's word.
#ifndef RESULTGATE_AUDIT_LOG_EXPORT_H_
#define RESULTGATE_AUDIT_LOG_EXPORT_H_

#include <cstdint>
#include <functional>
#include <istream>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/audit/checkpoint.h"
#include "server/audit/key.h"
#include "server/audit/log_verifier.h"

namespace resultgate::audit {

// One line each, with its line feed. DataLoss for a row whose bytes are no entry: it cannot be exported readably.
std::string ExportHead(const std::string& checkpoint, const VerifierKey& key);
absl::StatusOr<std::string> ExportRow(const LogRow& row);

struct ExportReport {
  LogReport log;
  VerifierKey key;               // that the head was held against
  bool key_from_export = false;  // the file's own word: whoever made it up can have signed it too
  int64_t erased = 0;            // results whose contents were erased, as its entries say
};

// Verifies an exported log line by line. Without `key` the file's own is taken. That a readable entry says something else than
// its bytes is a finding too. InvalidArgument, with the line, for what is no export. `progress` may be null.
absl::StatusOr<ExportReport> VerifyExport(std::istream& in, const std::optional<VerifierKey>& key, absl::string_view witness,
                                          const std::function<void(int64_t done)>& progress);

}  // namespace resultgate::audit

#endif  // RESULTGATE_AUDIT_LOG_EXPORT_H_

// The log as a file of JSON lines (resultgate.v1.ExportLine): the signed head first, then every entry with its exact bytes and
// the same readable. With the public key it proves itself, without the database and without this program's word.
//
// A part of the log is such a file too. Its head says what it is a part of, by `query`, `filter` and `format` beside
// (resultgate.v1.Entry.Queried); beside each entry stands the proof that the log has it, by `leaf_index`, `tree_size` and
// `hashes` (resultgate.v1.GetInclusionProofResponse). That no other entry belongs to it, a part cannot prove.
#ifndef RESULTGATE_AUDIT_LOG_EXPORT_H_
#define RESULTGATE_AUDIT_LOG_EXPORT_H_

#include <cstdint>
#include <functional>
#include <istream>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "server/audit/checkpoint.h"
#include "server/audit/key.h"
#include "server/audit/log_verifier.h"
#include "server/merkle/proof.h"

namespace resultgate::audit {

// One line each, with its line feed. DataLoss for a row whose bytes are no entry: it cannot be exported readably.
std::string ExportHead(const std::string& checkpoint, const VerifierKey& key);
absl::StatusOr<std::string> ExportRow(const LogRow& row);
// The same of a part: of the entries that match `filter`, in the tree of `tree_size` entries that the checkpoint signs.
std::string ExportPartHead(const std::string& checkpoint, const VerifierKey& key, absl::string_view filter);
absl::StatusOr<std::string> ExportPartRow(const LogRow& row, int64_t tree_size, const merkle::Proof& proof);

struct ExportReport {
  LogReport log;
  VerifierKey key;               // that the head was held against
  bool key_from_export = false;  // the file's own word: whoever made it up can have signed it too
  int64_t erased = 0;            // results whose contents were erased, as its entries say
  // Which entries it has, as its head says, where it is a part: then `log` is about those, its root is the one that is signed,
  // and `tree_size` is of the whole log.
  std::optional<std::string> part;
  int64_t tree_size = 0;
};

// Verifies an exported log line by line. Without `key` the file's own is taken. That a readable entry says something else than
// its bytes is a finding too. InvalidArgument, with the line, for what is no export, and for a part with a `witness`: what was
// kept elsewhere tells of whole logs. `progress` may be null; it is called now and then with the bytes read. `older`: keys that
// signed the log before, whose checkpoints a witness may have too.
absl::StatusOr<ExportReport> VerifyExport(std::istream& in, const std::optional<VerifierKey>& key, absl::string_view witness,
                                          const std::function<void(int64_t bytes)>& progress,
                                          absl::Span<const VerifierKey> older = {});

}  // namespace resultgate::audit

#endif  // RESULTGATE_AUDIT_LOG_EXPORT_H_

#include "server/store/sqlite/term_queries.h"

#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/store/sqlite/queries.h"

namespace resultgate::store {

absl::StatusOr<int64_t> CountBlocks(Connection& connection) {
  RG_ASSIGN_OR_RETURN(Statement statement, connection.Prepare(sql::kCountBlocks));
  RG_ASSIGN_OR_RETURN(const bool found, statement.Step());
  return found ? statement.Int(0) : 0;
}

absl::StatusOr<std::vector<std::string>> ListTerms(Connection& connection, const std::string& prefix, int limit) {
  std::vector<std::string> terms;
  // A term has a row for each block that has it, and one of them is enough.
  for (std::string from = prefix; static_cast<int>(terms.size()) < limit;) {
    RG_ASSIGN_OR_RETURN(Statement statement, connection.Prepare(sql::kNextTerm));
    statement.BindBlob(1, from);
    RG_ASSIGN_OR_RETURN(const bool found, statement.Step());
    if (!found || !absl::StartsWith(statement.Blob(0), prefix)) return terms;
    terms.emplace_back(statement.Blob(0));
    from = terms.back() + std::string(1, '\0');
  }
  return terms;
}

absl::StatusOr<audit::EntriesByBlock> FindTerm(Connection& connection, const std::string& term, int64_t first, int64_t last) {
  RG_ASSIGN_OR_RETURN(Statement statement, connection.Prepare(sql::kFindTerm));
  statement.BindBlob(1, term);
  statement.BindInt(2, first);
  statement.BindInt(3, last);
  audit::EntriesByBlock blocks;
  while (true) {
    RG_ASSIGN_OR_RETURN(const bool more, statement.Step());
    if (!more) return blocks;
    const std::optional<audit::BlockEntries> entries = audit::DecodeBlock(statement.Blob(1));
    // The log is whole; only what finds its entries is not. `audit verify` tells of it.
    blocks.emplace(statement.Int(0), entries.value_or(audit::BlockEntries().set()));
  }
}

absl::Status PutBlock(Connection& connection, int64_t block, absl::Span<const TermEntries> terms) {
  RG_ASSIGN_OR_RETURN(const int64_t next, CountBlocks(connection));
  if (block != next)
    return absl::InvalidArgumentError(absl::StrCat("block ", block, " of terms was put, and ", next, " is next"));
  for (const TermEntries& one : terms) {
    RG_ASSIGN_OR_RETURN(Statement statement, connection.Prepare(sql::kPutTerm));
    statement.BindBlob(1, one.term);
    statement.BindInt(2, block);
    statement.BindBlob(3, one.entries);
    RG_RETURN_IF_ERROR(statement.Run());
  }
  RG_ASSIGN_OR_RETURN(Statement statement, connection.Prepare(sql::kPutBlocks));
  statement.BindInt(1, block + 1);
  return statement.Run();
}

}  // namespace resultgate::store

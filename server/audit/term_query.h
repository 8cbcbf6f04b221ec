// Which entries can match a filter, by their terms (entry_terms.h) alone: what a filter says of anything else, or denies, is not
// looked at, so these may be more than match, never fewer. A value; thread-safe.
#ifndef RESULTGATE_AUDIT_TERM_QUERY_H_
#define RESULTGATE_AUDIT_TERM_QUERY_H_

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "server/audit/entry_terms.h"

namespace resultgate::audit {

class TermQuery {
 public:
  // Entries that have one of these terms.
  static TermQuery AnyOf(std::vector<std::string> terms) { return TermQuery(Type::kTerms, std::move(terms), {}); }
  // Those of all of the queries, and those of any. Of none: all entries, and no entry.
  static TermQuery And(std::vector<TermQuery> queries);
  static TermQuery Or(std::vector<TermQuery> queries);
  // Every entry.
  static TermQuery All() { return And({}); }

  // True where nothing is to be looked up: every entry can match.
  bool is_all() const { return type_ == Type::kAnd && queries_.empty(); }

  // The entries of a term in the blocks from `first` to `last`.
  using Find = std::function<absl::StatusOr<EntriesByBlock>(const std::string& term, int64_t first, int64_t last)>;
  // The entries of the query in these blocks. Ask it only where not all entries are.
  absl::StatusOr<EntriesByBlock> Entries(const Find& find, int64_t first, int64_t last) const;

 private:
  enum class Type { kTerms, kAnd, kOr };

  TermQuery(Type type, std::vector<std::string> terms, std::vector<TermQuery> queries)
      : type_(type), terms_(std::move(terms)), queries_(std::move(queries)) {}

  Type type_;
  std::vector<std::string> terms_;
  std::vector<TermQuery> queries_;  // none of them all entries
};

}  // namespace resultgate::audit

#endif  // RESULTGATE_AUDIT_TERM_QUERY_H_

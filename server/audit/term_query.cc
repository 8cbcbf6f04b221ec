#include "server/audit/term_query.h"

#include <algorithm>

#include "server/base/status_macros.h"

namespace resultgate::audit {
namespace {

void AddAll(const EntriesByBlock& some, EntriesByBlock* all) {
  for (const auto& [block, entries] : some) (*all)[block] |= entries;
}

void KeepCommon(const EntriesByBlock& others, EntriesByBlock* kept) {
  for (auto it = kept->begin(); it != kept->end();) {
    const auto found = others.find(it->first);
    if (found != others.end()) it->second &= found->second;
    it = found == others.end() || it->second.none() ? kept->erase(it) : std::next(it);
  }
}

}  // namespace

TermQuery TermQuery::And(std::vector<TermQuery> queries) {
  queries.erase(std::remove_if(queries.begin(), queries.end(), [](const TermQuery& query) { return query.is_all(); }),
                queries.end());
  return TermQuery(Type::kAnd, {}, std::move(queries));
}

TermQuery TermQuery::Or(std::vector<TermQuery> queries) {
  if (std::any_of(queries.begin(), queries.end(), [](const TermQuery& query) { return query.is_all(); })) return All();
  return TermQuery(Type::kOr, {}, std::move(queries));
}

absl::StatusOr<EntriesByBlock> TermQuery::Entries(const Find& find, int64_t first, int64_t last) const {
  EntriesByBlock all;
  for (const std::string& term : terms_) {
    RG_ASSIGN_OR_RETURN(const EntriesByBlock entries, find(term, first, last));
    AddAll(entries, &all);
  }
  for (size_t i = 0; i < queries_.size(); ++i) {
    // Where nothing is left, nothing more is to be found.
    if (type_ == Type::kAnd && i > 0 && all.empty()) break;
    RG_ASSIGN_OR_RETURN(EntriesByBlock entries, queries_[i].Entries(find, first, last));
    if (type_ == Type::kAnd && i > 0) {
      KeepCommon(entries, &all);
    } else {
      AddAll(entries, &all);
    }
  }
  return all;
}

}  // namespace resultgate::audit

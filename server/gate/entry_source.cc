#include "server/gate/entry_source.h"

#include <algorithm>
#include <string>
#include <utility>

#include "server/audit/entry_terms.h"
#include "server/audit/filter_values.h"
#include "server/base/status_macros.h"
#include "server/gate/patient_entries.h"

namespace resultgate::gate {
namespace {

constexpr int kEntriesAtATime = 256;
// Of those that are found one by one.
constexpr size_t kFoundAtATime = 64;
// So many blocks are looked at first, and twice as many each time that nothing was found: what is near is found at once, and what
// is rare not in thousands of steps.
constexpr int64_t kFirstBlocks = 4;
constexpr int64_t kMostBlocks = 1024;

}  // namespace

absl::StatusOr<EntrySource> EntrySource::Of(const store::Reader& reader, const audit::Filter& filter, v1::EntryKind kind,
                                            int64_t result_id, const audit::Filter::Range& range, bool newest_first) {
  EntrySource source(reader, result_id, range, newest_first);
  if (result_id != 0) return source;
  if (const std::optional<std::string> patient = filter.OnlyPatient()) {
    RG_ASSIGN_OR_RETURN(source.sequences_, EntriesOfPatient(reader, *patient));
  }
  if (source.sequences_) return source;
  // Before the terms: one that comes with a block that is put meanwhile would be missed in it.
  RG_ASSIGN_OR_RETURN(const int64_t blocks, reader.CountBlocks());
  RG_ASSIGN_OR_RETURN(audit::TermQuery terms,
                      filter.Terms([&reader](const std::string& prefix, int most) { return reader.ListTerms(prefix, most); }));
  audit::TermQuery of_kind = kind == v1::ENTRY_KIND_UNSPECIFIED
                                 ? audit::TermQuery::All()
                                 : audit::TermQuery::AnyOf({audit::TermOf(audit::FilterField::kKind, kind, "")});
  terms = audit::TermQuery::And({std::move(terms), std::move(of_kind)});
  if (terms.is_all()) return source;
  // Whether one that cannot be read matches, nobody can tell: who asks must be told of it.
  source.terms_ = audit::TermQuery::Or({std::move(terms), audit::TermQuery::AnyOf({audit::kUnreadableTerm})});
  source.in_blocks_ = blocks * audit::kEntriesInBlock;
  return source;
}

absl::StatusOr<std::vector<v1::Entry>> EntrySource::After(int64_t at) const {
  if (newest_first_ && at <= 1) return std::vector<v1::Entry>();
  if (sequences_) return AfterOfPatient(at);
  if (!terms_.is_all()) return AfterByTerms(at);
  return newest_first_ ? reader_.ListEntriesBackward(at, result_id_, kEntriesAtATime)
                       : reader_.ListEntries(at, result_id_, kEntriesAtATime);
}

absl::StatusOr<std::vector<v1::Entry>> EntrySource::AfterOfPatient(int64_t at) const {
  std::vector<int64_t> next;
  if (newest_first_) {
    const auto end = std::lower_bound(sequences_->begin(), sequences_->end(), at);
    for (auto it = end; it != sequences_->begin() && next.size() < kFoundAtATime;) next.push_back(*--it);
  } else {
    const auto begin = std::upper_bound(sequences_->begin(), sequences_->end(), at);
    for (auto it = begin; it != sequences_->end() && next.size() < kFoundAtATime; ++it) next.push_back(*it);
  }
  return Read(next);
}

absl::StatusOr<std::vector<v1::Entry>> EntrySource::AfterByTerms(int64_t at) const {
  if (newest_first_ && at > in_blocks_ + 1) {
    RG_ASSIGN_OR_RETURN(std::vector<v1::Entry> entries, reader_.ListEntriesBackward(at, 0, kEntriesAtATime));
    while (!entries.empty() && entries.back().sequence() <= in_blocks_) entries.pop_back();
    if (!entries.empty()) return entries;
    at = in_blocks_ + 1;
  }
  if (newest_first_ || at < in_blocks_) {
    RG_ASSIGN_OR_RETURN(const std::vector<int64_t> next, NextInBlocks(at));
    if (newest_first_ || !next.empty()) return Read(next);
    at = in_blocks_;
  }
  return reader_.ListEntries(at, 0, kEntriesAtATime);
}

absl::StatusOr<std::vector<int64_t>> EntrySource::NextInBlocks(int64_t at) const {
  // The entries that are left, both ends included.
  const int64_t from = std::max<int64_t>(newest_first_ ? range_.first : std::max(range_.first, at + 1), 1);
  const int64_t to = std::min(in_blocks_, newest_first_ ? std::min(range_.last, at - 1) : range_.last);
  const audit::TermQuery::Find find = [this](const std::string& term, int64_t first, int64_t last) {
    return reader_.FindTerm(term, first, last);
  };
  std::vector<int64_t> found;
  if (from > to) return found;
  int64_t first = audit::BlockOf(from);
  int64_t last = audit::BlockOf(to);
  for (int64_t step = kFirstBlocks; first <= last && found.empty(); step = std::min(2 * step, kMostBlocks)) {
    const int64_t begin = newest_first_ ? std::max(first, last - step + 1) : first;
    const int64_t end = newest_first_ ? last : std::min(last, first + step - 1);
    RG_ASSIGN_OR_RETURN(const audit::EntriesByBlock blocks, terms_.Entries(find, begin, end));
    for (const auto& [block, entries] : blocks) {
      for (size_t i = 0; i < entries.size(); ++i) {
        const int64_t sequence = block * audit::kEntriesInBlock + static_cast<int64_t>(i) + 1;
        if (entries.test(i) && sequence >= from && sequence <= to) found.push_back(sequence);
      }
    }
    newest_first_ ? last = begin - 1 : first = end + 1;
  }
  if (newest_first_) std::reverse(found.begin(), found.end());
  if (found.size() > kFoundAtATime) found.resize(kFoundAtATime);
  return found;
}

absl::StatusOr<std::vector<v1::Entry>> EntrySource::Read(const std::vector<int64_t>& sequences) const {
  std::vector<v1::Entry> entries;
  for (const int64_t sequence : sequences) {
    RG_ASSIGN_OR_RETURN(std::vector<v1::Entry> entry, reader_.ListEntries(sequence - 1, 0, 1));
    if (!entry.empty()) entries.push_back(std::move(entry[0]));
  }
  return entries;
}

}  // namespace resultgate::gate

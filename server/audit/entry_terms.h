// What entries are found by without reading the others: for each block of entries, and for each thing that a filter can ask an
// entry for, which entries of the block tell of it. Pure functions, thread-safe.
#ifndef RESULTGATE_AUDIT_ENTRY_TERMS_H_
#define RESULTGATE_AUDIT_ENTRY_TERMS_H_

#include <bitset>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "resultgate/v1/audit_service.pb.h"

namespace resultgate::audit {

// Block 0 has the entries 1 to 2048, block 1 the next, and so on.
inline constexpr int64_t kEntriesInBlock = 2048;
inline int64_t BlockOf(int64_t sequence) {
  return (sequence - 1) / kEntriesInBlock;
}

// Of one block: the bit (sequence - 1) % 2048 for an entry.
using BlockEntries = std::bitset<kEntriesInBlock>;
// By block; one without entries is not there.
using EntriesByBlock = std::map<int64_t, BlockEntries>;

// Every term of an entry, in order, each once: `actor=gate`, `rule=biopsy-review`, `kind=3`. Words stand by the number that they
// have in the API, so that a word can change its spelling. A program whose entries have other terms than those of the program
// before (a new kind of entry, a new field) empties what was stored of them (store/sqlite/schema.h).
std::vector<std::string> TermsOf(const v1::Entry& entry);

// The term of an entry that cannot be read.
inline constexpr char kUnreadableTerm[] = "unreadable";

// As short as a list of a few entries, or of all. nullopt where the bytes are none that Encode gives.
std::string EncodeBlock(const BlockEntries& entries);
std::optional<BlockEntries> DecodeBlock(absl::string_view bytes);

}  // namespace resultgate::audit

#endif  // RESULTGATE_AUDIT_ENTRY_TERMS_H_

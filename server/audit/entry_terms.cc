#include "server/audit/entry_terms.h"

#include <set>

#include "server/audit/filter_values.h"

namespace resultgate::audit {
namespace {

// A list has two bytes an entry, so from here on a bit for each is no longer.
constexpr size_t kBitmapBytes = kEntriesInBlock / 8;
constexpr size_t kMostInList = kBitmapBytes / 2 - 1;

uint8_t ByteAt(absl::string_view bytes, size_t i) {
  return static_cast<uint8_t>(bytes[i]);
}

}  // namespace

std::vector<std::string> TermsOf(const v1::Entry& entry) {
  EntryValues values(entry);
  std::set<std::string> terms;
  for (const FilterField field : kTermFields) {
    values.ForEach(field, [&](int64_t number, const std::string& text) { terms.insert(TermOf(field, number, text)); });
  }
  return {terms.begin(), terms.end()};
}

std::string EncodeBlock(const BlockEntries& entries) {
  std::string bytes;
  if (entries.count() <= kMostInList) {
    for (size_t i = 0; i < entries.size(); ++i) {
      if (!entries.test(i)) continue;
      bytes.push_back(static_cast<char>(i >> 8));
      bytes.push_back(static_cast<char>(i & 0xff));
    }
    return bytes;
  }
  bytes.assign(kBitmapBytes, '\0');
  for (size_t i = 0; i < entries.size(); ++i) {
    if (entries.test(i)) bytes[i / 8] = static_cast<char>(ByteAt(bytes, i / 8) | (1U << (i % 8)));
  }
  return bytes;
}

std::optional<BlockEntries> DecodeBlock(absl::string_view bytes) {
  BlockEntries entries;
  if (bytes.size() == kBitmapBytes) {
    for (size_t i = 0; i < entries.size(); ++i) entries.set(i, (ByteAt(bytes, i / 8) >> (i % 8) & 1U) != 0);
  } else {
    if (bytes.size() % 2 != 0) return std::nullopt;
    for (size_t i = 0; i < bytes.size(); i += 2) {
      const size_t entry = static_cast<size_t>(ByteAt(bytes, i)) << 8 | ByteAt(bytes, i + 1);
      if (entry >= entries.size()) return std::nullopt;
      entries.set(entry);
    }
  }
  if (EncodeBlock(entries) != bytes) return std::nullopt;
  return entries;
}

}  // namespace resultgate::audit

#include "server/valueset/valueset.h"

#include <algorithm>

namespace resultgate::valueset {

ValueSet::ValueSet(std::string name, std::string title, std::string source, std::string version, std::string license,
                   std::vector<Entry> entries, Origin origin)
    : name_(std::move(name)),
      title_(std::move(title)),
      source_(std::move(source)),
      version_(std::move(version)),
      license_(std::move(license)),
      entries_(std::move(entries)),
      origin_(std::move(origin)) {
  for (const Entry& entry : entries_) {
    Codes& codes = codes_[entry.system];
    codes.all.insert(entry.code);
    if (!entry.descendants) continue;
    codes.prefixes.insert(entry.code);
    AddLength(entry.code.size(), &codes.prefix_lengths);
  }
}

void AddLength(size_t length, std::vector<size_t>* lengths) {
  const auto at = std::lower_bound(lengths->begin(), lengths->end(), length);
  if (at == lengths->end() || *at != length) lengths->insert(at, length);
}

bool ValueSet::Contains(absl::string_view system, absl::string_view code) const {
  return Contains(system, code, /*descendants=*/false);
}

bool ValueSet::Contains(absl::string_view system, absl::string_view code, bool descendants) const {
  // An empty code is what a sender writes who has none: no set holds it, whatever its prefixes.
  if (code.empty()) return false;
  const auto of_system = codes_.find(system);
  if (of_system == codes_.end()) return false;
  const Codes& codes = of_system->second;
  if (!descendants && codes.all.contains(code)) return true;
  return std::any_of(codes.prefix_lengths.begin(), codes.prefix_lengths.end(),
                     [&](size_t length) { return length <= code.size() && codes.prefixes.contains(code.substr(0, length)); });
}

bool ValueSet::Contains(const v1::CodeableConcept& codeable_concept) const {
  return std::any_of(codeable_concept.codings().begin(), codeable_concept.codings().end(),
                     [this](const v1::Coding& coding) { return Contains(coding.system(), coding.code()); });
}

}  // namespace resultgate::valueset

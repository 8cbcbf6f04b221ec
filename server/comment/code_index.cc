#include "server/comment/code_index.h"

#include <algorithm>

#include "absl/strings/match.h"

namespace resultgate::comment {
namespace {

bool IsBetter(const CodeIndex::Hit& a, const CodeIndex::Hit& b) {
  return a.exact != b.exact ? a.exact : !a.exact && a.set_size < b.set_size;
}

void Merge(const CodeIndex::Hit& hit, std::vector<CodeIndex::Hit>* hits) {
  const auto at = std::find_if(hits->begin(), hits->end(), [&](const auto& h) { return h.template_index == hit.template_index; });
  if (at == hits->end()) {
    hits->push_back(hit);
  } else if (IsBetter(hit, *at)) {
    *at = hit;
  }
}

}  // namespace

int CodeIndex::AddExact(const std::string& system, const std::string& code, int template_index) {
  std::vector<Hit>& hits = hits_[{system, code}];
  for (const Hit& hit : hits) {
    if (hit.exact) return hit.template_index;
  }
  Merge({template_index, true, 0}, &hits);
  return -1;
}

void CodeIndex::AddValueSet(const valueset::ValueSet& set, int template_index) {
  const Hit hit{template_index, false, set.entries().size()};
  for (const valueset::ValueSet::Entry& entry : set.entries()) {
    Merge(hit, &hits_[{entry.system, entry.code}]);
    if (entry.descendants) prefixes_.push_back({entry.system, entry.code, hit});
  }
}

void CodeIndex::Find(const v1::CodeableConcept& codeable_concept, std::vector<Hit>* hits) const {
  hits->clear();
  for (const v1::Coding& coding : codeable_concept.codings()) {
    if (const auto found = hits_.find(KeyView(coding.system(), coding.code())); found != hits_.end()) {
      for (const Hit& hit : found->second) Merge(hit, hits);
    }
    for (const Prefix& prefix : prefixes_) {
      if (coding.system() == prefix.system && absl::StartsWith(coding.code(), prefix.prefix)) Merge(prefix.hit, hits);
    }
  }
  if (hits->size() < 2) return;
  std::sort(hits->begin(), hits->end(), [](const Hit& a, const Hit& b) { return a.template_index < b.template_index; });
}

int CodeIndex::FindSection(v1::Section section) const {
  const auto found = sections_.find(section);
  return found == sections_.end() ? -1 : found->second;
}

}  // namespace resultgate::comment

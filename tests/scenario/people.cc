#include "tests/scenario/people.h"

#include <algorithm>
#include <map>

namespace resultgate::scenario {

void People::Unmerge(const std::string& survivor, const std::string& merged, absl::Time at) {
  for (OneOf& merge : merges_) {
    if (merge.survivor == survivor && merge.merged == merged && Stands(merge, at)) merge.until = at;
  }
}

std::set<std::string> People::FamilyAt(const std::string& mrn, absl::Time at) const {
  std::set<std::string> family = {mrn};
  for (size_t before = 0; before != family.size();) {
    before = family.size();
    for (const OneOf& merge : merges_) {
      if (!Stands(merge, at) || (family.count(merge.survivor) == 0 && family.count(merge.merged) == 0)) continue;
      family.insert({merge.survivor, merge.merged});
    }
  }
  return family;
}

absl::Time People::AreTwoAfter(const std::string& a, const std::string& b, absl::Time from) const {
  absl::Time first = absl::InfiniteFuture();
  for (const OneOf& merge : merges_) {
    if (merge.until > from && merge.until < first && FamilyAt(a, merge.until).count(b) == 0) first = merge.until;
  }
  return first;
}

absl::Time People::LastMerge(const std::set<std::string>& family, absl::Time at) const {
  absl::Time last = absl::InfinitePast();
  for (const OneOf& merge : merges_) {
    if (Stands(merge, at) && family.count(merge.merged) > 0) last = std::max(last, merge.from);
  }
  return last;
}

std::vector<v1::ReleasePreference> People::WaitsAt(const std::string& mrn, absl::Time at) const {
  const std::set<std::string> family = FamilyAt(mrn, at);
  const absl::Time last_merge = LastMerge(family, at);
  std::map<std::string, const Wish*> standing;
  const Wish* last = nullptr;
  for (const Wish& wish : wishes_) {
    if (wish.at > at || family.count(wish.mrn) == 0) continue;
    standing[wish.mrn] = &wish;
    if (wish.at > last_merge) last = &wish;
  }
  std::vector<v1::ReleasePreference> waits;
  for (const auto& [of, wish] : standing) {
    const auto timing = wish->wish.timing();
    const bool waits_for_it =
        timing == v1::ReleasePreference::TIMING_AFTER_DAYS || timing == v1::ReleasePreference::TIMING_AFTER_REVIEW;
    if (waits_for_it && (last == nullptr || last == wish)) waits.push_back(wish->wish);
  }
  return waits;
}

bool People::WantsAllAt(const std::string& mrn, absl::Time at) const {
  const std::set<std::string> family = FamilyAt(mrn, at);
  const absl::Time last_merge = LastMerge(family, at);
  std::map<std::string, const Wish*> standing;
  const Wish* last = nullptr;
  for (const Wish& wish : wishes_) {
    if (wish.at > at || family.count(wish.mrn) == 0) continue;
    standing[wish.mrn] = &wish;
    if (wish.at > last_merge) last = &wish;
  }
  const auto wants_all = [](const Wish& wish) { return wish.wish.timing() == v1::ReleasePreference::TIMING_IMMEDIATE; };
  if (last != nullptr) return wants_all(*last);
  return standing.size() == family.size() &&
         std::all_of(standing.begin(), standing.end(), [&](const auto& told) { return wants_all(*told.second); });
}

bool People::IsDeadAt(const std::string& mrn, absl::Time at) const {
  const std::set<std::string> family = FamilyAt(mrn, at);
  const absl::Time last_merge = LastMerge(family, at);
  std::map<std::string, const Death*> standing;
  const Death* last = nullptr;
  for (const Death& death : deaths_) {
    if (death.at > at || family.count(death.mrn) == 0) continue;
    standing[death.mrn] = &death;
    if (death.at > last_merge) last = &death;
  }
  if (last != nullptr) return last->deceased;
  return std::any_of(standing.begin(), standing.end(), [](const auto& told) { return told.second->deceased; });
}

bool People::IsKnown(const std::string& mrn) const {
  const auto is_about = [&mrn](const auto& told) { return told.mrn == mrn; };
  return std::any_of(wishes_.begin(), wishes_.end(), is_about) || std::any_of(deaths_.begin(), deaths_.end(), is_about) ||
         std::any_of(merges_.begin(), merges_.end(),
                     [&mrn](const OneOf& merge) { return merge.survivor == mrn || merge.merged == mrn; });
}

}  // namespace resultgate::scenario

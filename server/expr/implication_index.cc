#include "server/expr/implication_index.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"

namespace resultgate::expr {
namespace {

// The values that a domain allows where they are a list; empty where they are not.
std::vector<std::string> ValuesOf(const Domain& domain) {
  if (domain.kind == Domain::Kind::kRange) {
    if (domain.least == domain.most) return {absl::StrCat(domain.least)};
    return {};
  }
  if (!domain.except) return {domain.values.begin(), domain.values.end()};
  std::vector<std::string> values;
  std::set_difference(domain.all.begin(), domain.all.end(), domain.values.begin(), domain.values.end(),
                      std::back_inserter(values));
  return values;
}

}  // namespace

// A condition implies another one only if it constrains each of the other's subjects, to no more than the other allows. So each
// alternative is entered by one of its subjects: the one whose values the fewest conditions share.
ImplicationIndex::ImplicationIndex(const std::vector<Condition>& conditions) {
  std::map<std::pair<std::string, std::string>, size_t> frequency;
  for (const Condition& condition : conditions) {
    for (const Condition::Term& term : condition.alternatives_) {
      for (const auto& [subject, domain] : term) {
        for (std::string& value : ValuesOf(domain)) ++frequency[{subject, std::move(value)}];
      }
    }
  }
  for (size_t i = 0; i < conditions.size(); ++i) {
    for (const Condition::Term& term : conditions[i].alternatives_) {
      if (term.empty()) {
        unconstrained_.push_back(i);
        continue;
      }
      const std::string* rarest = &term.begin()->first;
      std::vector<std::string> allowed;
      size_t fewest = std::numeric_limits<size_t>::max();
      for (const auto& [subject, domain] : term) {
        std::vector<std::string> values = ValuesOf(domain);
        size_t sharing = 0;
        for (const std::string& value : values) sharing += frequency[{subject, value}];
        if (values.empty() || sharing >= fewest) continue;
        fewest = sharing;
        rarest = &subject;
        allowed = std::move(values);
      }
      Subject& entered = subjects_[*rarest];
      if (allowed.empty()) entered.others.push_back(i);
      for (const std::string& value : allowed) entered.by_value[value].push_back(i);
    }
  }
}

std::vector<size_t> ImplicationIndex::Candidates(const Condition& condition) const {
  // What never holds implies everything: nobody is helped by hearing it.
  if (condition.alternatives_.empty()) return {};
  std::set<size_t> found(unconstrained_.begin(), unconstrained_.end());
  // What the whole implies, its first alternative implies too.
  for (const auto& [subject, domain] : condition.alternatives_.front()) {
    const auto constrained = subjects_.find(subject);
    if (constrained == subjects_.end()) continue;
    found.insert(constrained->second.others.begin(), constrained->second.others.end());
    // All its values must be allowed, so it suffices to look where one of them is.
    const std::vector<std::string> values = ValuesOf(domain);
    if (values.empty()) continue;
    const auto allowing = constrained->second.by_value.find(values.front());
    if (allowing != constrained->second.by_value.end()) found.insert(allowing->second.begin(), allowing->second.end());
  }
  return {found.begin(), found.end()};
}

}  // namespace resultgate::expr

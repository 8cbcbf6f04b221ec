#include "server/policy/set_checks.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/policy/pack_checks.h"

namespace resultgate::policy {
namespace {

using valueset::ValueSet;
using Severity = Findings::Severity;

class SetChecker {
 public:
  SetChecker(const Pack& pack, Findings* findings) : pack_(pack), findings_(*findings) {}

  // `match: {codes: …}` looks at what was observed or ordered. A diagnosis or an answer is neither, so by such codes the rule
  // holds nothing.
  void CheckClasses() {
    for (const Rule& rule : pack_.rules()) {
      for (const ValueSet* set : rule.match.codes) {
        const std::vector<std::string>& wrong = CodesThatNameNothing(*set);
        if (wrong.empty()) continue;
        const bool all = wrong.size() == set->entries().size();
        const std::vector<std::string> first(
            wrong.begin(), wrong.begin() + std::min<std::ptrdiff_t>(3, static_cast<std::ptrdiff_t>(wrong.size())));
        findings_.Report(
            rule, kWrongClass, all ? Severity::kError : Severity::kWarning,
            absl::StrCat("`codes` of rule `", rule.id, "` names `", set->name(), "`, which holds ", all ? "only " : "",
                         "diagnoses or answers, with which nothing that was observed is coded: `", absl::StrJoin(first, "`, `"),
                         wrong.size() > first.size() ? "`, …" : "`"),
            "ask for them where they stand, as `when: report.conclusion_codes.exists(c, c in valueset(\"…\"))`");
      }
    }
  }

  // A set that a rule names beside one that holds all of it adds nothing.
  void CheckRedundance() {
    for (const Rule& rule : pack_.rules()) {
      for (const ValueSet* inner : rule.match.codes) {
        for (const ValueSet* outer : rule.match.codes) {
          if (inner == outer || !Covers(*outer, *inner)) continue;
          // Of two that hold the same, the later one is redundant.
          if (inner->number() < outer->number() && Covers(*inner, *outer)) continue;
          findings_.Report(rule, kRedundantCodes, Severity::kWarning,
                           absl::StrCat("`codes` of rule `", rule.id, "` names `", inner->name(), "`, all of which is in `",
                                        outer->name(), "` too"),
                           "leave it out");
          break;
        }
      }
    }
  }

  void CheckSameSets() {
    using Code = std::tuple<std::string, std::string, bool>;
    std::map<std::vector<Code>, const ValueSet*> known;
    for (const std::string& name : pack_.used_value_sets()) {
      const ValueSet* set = pack_.value_sets().Find(name);
      if (set == nullptr) continue;
      std::vector<Code> codes;
      for (const ValueSet::Entry& entry : set->entries()) codes.emplace_back(entry.system, entry.code, entry.descendants);
      std::sort(codes.begin(), codes.end());
      const auto [before, is_new] = known.emplace(std::move(codes), set);
      if (is_new) continue;
      findings_.Report(*set, kSameValueSets, Severity::kWarning,
                       absl::StrCat("value set `", name, "` holds the same codes as `", before->second->name(), "`"),
                       "keep one of them, so that nobody changes one and forgets the other");
    }
  }

  void CheckUse(const std::string& folder, const std::set<std::string>& meant) {
    std::set<std::string> used;
    std::vector<std::string> open = pack_.used_value_sets();
    while (!open.empty()) {
      const std::string name = std::move(open.back());
      open.pop_back();
      const ValueSet* set = used.insert(name).second ? pack_.value_sets().Find(name) : nullptr;
      if (set != nullptr) open.insert(open.end(), set->origin().includes.begin(), set->origin().includes.end());
    }
    for (const std::string& name : pack_.value_sets().Names()) {
      const ValueSet* set = pack_.value_sets().Find(name);
      if (used.count(name) > 0 || meant.count(name) > 0 || !absl::StartsWith(set->origin().place.file, absl::StrCat(folder, "/")))
        continue;
      findings_.Report(*set, kUnusedValueSet, Severity::kWarning, absl::StrCat("no rule names the value set `", name, "`"),
                       "leave it out, or name it in the rule that it was meant for");
    }
  }

 private:
  const std::vector<std::string>& CodesThatNameNothing(const ValueSet& set) {
    const auto [found, is_new] = wrong_.try_emplace(&set);
    if (!is_new) return found->second;
    for (const ValueSet::Entry& entry : set.entries()) {
      if (!valueset::CanNameAnObservation(entry.system, entry.code)) found->second.push_back(entry.code);
    }
    return found->second;
  }

  bool Covers(const ValueSet& outer, const ValueSet& inner) {
    const auto [found, is_new] = covers_.try_emplace({&outer, &inner}, false);
    if (is_new) {
      found->second = std::all_of(inner.entries().begin(), inner.entries().end(), [&outer](const ValueSet::Entry& entry) {
        return outer.Contains(entry.system, entry.code, entry.descendants);
      });
    }
    return found->second;
  }

  const Pack& pack_;
  Findings& findings_;
  std::map<const ValueSet*, std::vector<std::string>> wrong_;
  std::map<std::pair<const ValueSet*, const ValueSet*>, bool> covers_;
};

}  // namespace

void CheckValueSets(const Pack& pack, const std::string& folder, const std::set<std::string>& meant, Findings* findings) {
  SetChecker checker(pack, findings);
  checker.CheckClasses();
  checker.CheckRedundance();
  checker.CheckSameSets();
  checker.CheckUse(folder, meant);
}

}  // namespace resultgate::policy

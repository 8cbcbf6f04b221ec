// Rules from YAML: `rules:` of one file, and the parts that pack.yaml shares with them.
#ifndef RESULTGATE_POLICY_RULE_LOADER_H_
#define RESULTGATE_POLICY_RULE_LOADER_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "server/base/file_issue.h"
#include "server/expr/expr.h"
#include "server/policy/pack.h"
#include "server/valueset/valueset.h"
#include "server/yaml/yaml.h"

namespace resultgate::policy {

// What rules may name.
struct RuleVocabulary {
  const valueset::Registry* value_sets = nullptr;
  const expr::Environment* environment = nullptr;
  // Roles and pools that may own a review.
  std::vector<std::string> owners;
  // See LoadOptions.
  bool allow_unverified = false;
  // Of a pack for the United States or a part of it.
  bool american = false;
};

// True for a name of small letters, digits and hyphens, as rules and pools have.
bool IsId(absl::string_view name);

// Reads the rules of `document` and appends them to `rules`; every mistake is appended to `issues`.
void LoadRules(const yaml::Document& document, const RuleVocabulary& vocabulary, std::vector<Rule>* rules,
               base::FileIssues* issues);

// Reads `ignore:`, a list of `{check: …, reason: …}`, from the map that `map` reads; empty where it is absent. In a pack an entry
// may name a rule or value set besides, as `of: …`.
std::vector<Ignore> LoadIgnores(const yaml::Document& document, yaml::MapReader* map, bool of_pack, base::FileIssues* issues);

// Reads a date as `2026-07-01` under `key`; nullopt where it is absent or wrong, which is reported.
std::optional<absl::CivilDay> LoadDate(const yaml::Document& document, yaml::MapReader* map, absl::string_view key,
                                       base::FileIssues* issues);

}  // namespace resultgate::policy

#endif  // RESULTGATE_POLICY_RULE_LOADER_H_

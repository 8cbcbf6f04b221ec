#include "server/policy/outcomes.h"

#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"

namespace resultgate::policy {

std::vector<Cell> ToCells(const Outcomes& outcomes) {
  std::vector<Cell> cells;
  for (const v1::Outcome& outcome : outcomes) {
    v1::Outcome bare = outcome;
    bare.clear_unit_ids();
    bare.clear_audiences();
    for (const std::string& unit_id : outcome.unit_ids()) {
      for (const int audience : outcome.audiences()) cells.push_back({unit_id, static_cast<v1::Audience>(audience), bare});
    }
  }
  return cells;
}

Outcomes ToOutcomes(const std::vector<Cell>& cells) {
  // Units that fare alike for one audience.
  struct Row {
    v1::Audience audience;
    const v1::Outcome* outcome;
    std::string bytes;
    std::vector<const std::string*> units;
  };
  std::vector<Row> rows;
  absl::flat_hash_map<std::string, size_t> row_of;
  for (const Cell& cell : cells) {
    std::string bytes = cell.outcome.SerializeAsString();
    const auto [found, inserted] = row_of.try_emplace(absl::StrCat(cell.audience, ":", bytes), rows.size());
    if (inserted) rows.push_back({cell.audience, &cell.outcome, std::move(bytes), {}});
    rows[found->second].units.push_back(&cell.unit_id);
  }
  Outcomes outcomes;
  absl::flat_hash_map<std::string, int> group_of;
  for (const Row& row : rows) {
    std::string key = absl::StrCat(row.bytes.size(), ":", row.bytes);
    for (const std::string* unit : row.units) absl::StrAppend(&key, unit->size(), ":", *unit);
    const auto [found, inserted] = group_of.try_emplace(std::move(key), outcomes.size());
    if (inserted) {
      v1::Outcome* outcome = outcomes.Add();
      *outcome = *row.outcome;
      for (const std::string* unit : row.units) outcome->add_unit_ids(*unit);
    }
    outcomes.Mutable(found->second)->add_audiences(row.audience);
  }
  return outcomes;
}

}  // namespace resultgate::policy

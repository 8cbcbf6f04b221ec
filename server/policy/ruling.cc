#include "server/policy/ruling.h"

#include <algorithm>

namespace resultgate::policy {
namespace {

// Units that fare alike for one audience.
struct Row {
  size_t audience;
  size_t verdict;
  std::vector<size_t> units;
};

std::vector<Row> RowsOf(const Ruling& ruling) {
  std::vector<Row> rows;
  for (size_t u = 0; u < ruling.units().size(); ++u) {
    for (size_t a = 0; a < kAudienceCount; ++a) {
      const size_t verdict = ruling.IndexOf(u, a);
      const auto alike = [&](const Row& row) { return row.audience == a && row.verdict == verdict; };
      auto row = std::find_if(rows.begin(), rows.end(), alike);
      if (row == rows.end()) row = rows.insert(row, {a, verdict, {}});
      row->units.push_back(u);
    }
  }
  return rows;
}

}  // namespace

void ToProto(const Ruling& ruling, const Pack& pack, const std::string& quarantine, Outcomes* outcomes) {
  const std::vector<Row> rows = RowsOf(ruling);
  std::vector<const Row*> written;  // the first row of each outcome
  for (const Row& row : rows) {
    const auto alike = [&row](const Row* first) { return first->verdict == row.verdict && first->units == row.units; };
    const auto at = std::find_if(written.begin(), written.end(), alike);
    const auto index = static_cast<int>(at - written.begin());
    if (at == written.end()) {
      written.push_back(&row);
      v1::Outcome* outcome = outcomes->Add();
      ToProto(ruling.Of(row.units[0], row.audience), pack, ruling.report().order(), quarantine, outcome);
      for (const size_t unit : row.units) outcome->add_unit_ids(std::string(ruling.units()[unit].id));
    }
    outcomes->Mutable(index)->add_audiences(kAudiences[row.audience]);
  }
}

}  // namespace resultgate::policy

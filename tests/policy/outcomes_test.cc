#include "server/policy/outcomes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

namespace resultgate::policy {
namespace {

Cell MakeCell(const std::string& unit, v1::Audience audience, v1::Disposition disposition) {
  Cell cell{unit, audience, {}};
  cell.outcome.set_disposition(disposition);
  return cell;
}

TEST(Outcomes, CellsThatFareAlikeStandTogether) {
  std::vector<Cell> cells;
  for (const char* unit : {"718-7", "4544-3", "document"}) {
    for (const v1::Audience audience : kAudiences) {
      const bool held = std::string(unit) == "document" && audience == v1::AUDIENCE_DELEGATE;
      cells.push_back(MakeCell(unit, audience, held ? v1::DISPOSITION_REVIEW : v1::DISPOSITION_RELEASE));
    }
  }
  const Outcomes outcomes = ToOutcomes(cells);
  // Patient and representative share all three units; the delegate has two of them, and one held.
  ASSERT_EQ(outcomes.size(), 3);
  EXPECT_EQ(outcomes[0].unit_ids_size(), 3);
  EXPECT_EQ(outcomes[0].audiences_size(), 2);
  EXPECT_EQ(outcomes[1].unit_ids_size(), 2);
  EXPECT_EQ(outcomes[2].disposition(), v1::DISPOSITION_REVIEW);
}

TEST(Outcomes, GroupingLosesAndInventsNothing) {
  const unsigned seed = 20260306;
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 200; ++round) {
    std::map<std::pair<std::string, int>, int> expected;
    std::vector<Cell> cells;
    const int units = static_cast<int>(random() % 6) + 1;
    for (int u = 0; u < units; ++u) {
      for (const v1::Audience audience : kAudiences) {
        const auto disposition = static_cast<v1::Disposition>(random() % 3 + 1);
        cells.push_back(MakeCell("u" + std::to_string(u), audience, disposition));
        expected[{cells.back().unit_id, audience}] = disposition;
      }
    }
    std::map<std::pair<std::string, int>, int> found;
    for (const Cell& cell : ToCells(ToOutcomes(cells))) {
      EXPECT_TRUE(found.emplace(std::make_pair(cell.unit_id, static_cast<int>(cell.audience)), cell.outcome.disposition()).second)
          << "a cell stands in two outcomes";
    }
    EXPECT_EQ(found, expected);
  }
}

}  // namespace
}  // namespace resultgate::policy

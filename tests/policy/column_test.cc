// One column of the rule index by itself: which rules each value of a fact lets through.
#include "server/policy/column.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace resultgate::policy {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// More rules than fit into one word of bits.
constexpr size_t kRules = 130;

class ColumnTest : public ::testing::Test {
 protected:
  static Fact Section() {
    return *Fact::At(ModelEnvironment::kReport, {v1::DiagnosticReport::descriptor()->FindFieldByName("section")});
  }

  // The rules that a value lets through, those aside that ask nothing of the fact.
  template <typename Value>
  std::vector<size_t> Through(const Value& value) const {
    std::vector<const uint64_t*> rows;
    column_.RowsOf(value, &rows);
    return RulesOf(rows);
  }
  std::vector<size_t> ThroughDouble(double number) const {
    std::vector<const uint64_t*> rows;
    column_.RowsOfDouble(number, &rows);
    return RulesOf(rows);
  }

  static std::vector<size_t> RulesOf(const std::vector<const uint64_t*>& rows) {
    std::vector<size_t> rules;
    for (size_t rule = 0; rule < kRules; ++rule) {
      bool through = false;
      for (const uint64_t* row : rows) through = through || (row[rule / 64] >> (rule % 64) & 1) != 0;
      if (through) rules.push_back(rule);
    }
    return rules;
  }

  static Constraint Numbers(std::set<int64_t> numbers) {
    Constraint constraint;
    constraint.numbers = std::move(numbers);
    return constraint;
  }
  static Constraint Ranges(std::vector<Range> ranges) {
    Constraint constraint;
    constraint.ranges = std::move(ranges);
    return constraint;
  }
  static Constraint Texts(std::set<std::string> texts, std::set<std::string> prefixes = {}) {
    Constraint constraint;
    constraint.texts = std::move(texts);
    constraint.prefixes = std::move(prefixes);
    return constraint;
  }

  Column column_{Section(), Column::Reading::kAsIs, kRules};
};

TEST_F(ColumnTest, RulesThatAskNothingAreFree) {
  ASSERT_TRUE(column_.Add(3, Numbers({1})));
  ASSERT_TRUE(column_.Add(129, Numbers({1})));
  column_.Finish();
  for (size_t rule = 0; rule < kRules; ++rule) EXPECT_EQ(HasBit(column_.free(), rule), rule != 3 && rule != 129) << rule;
}

TEST_F(ColumnTest, NumbersLetThroughTheRulesThatNameThem) {
  ASSERT_TRUE(column_.Add(0, Numbers({1, 3})));
  ASSERT_TRUE(column_.Add(64, Numbers({3})));
  ASSERT_TRUE(column_.Add(129, Numbers({0})));
  column_.Finish();
  EXPECT_THAT(Through(int64_t{0}), ElementsAre(129));
  EXPECT_THAT(Through(int64_t{1}), ElementsAre(0));
  EXPECT_THAT(Through(int64_t{2}), IsEmpty());
  EXPECT_THAT(Through(int64_t{3}), ElementsAre(0, 64));
  EXPECT_THAT(Through(int64_t{4}), IsEmpty()) << "a value of a later version of the model";
  EXPECT_THAT(Through(int64_t{-1}), IsEmpty());
}

TEST_F(ColumnTest, NumbersThatAreNoEnumerationsAreLeftToTheRule) {
  EXPECT_FALSE(column_.Add(0, Numbers({-1})));
  EXPECT_FALSE(column_.Add(0, Numbers({1000})));
  EXPECT_TRUE(column_.Add(0, Numbers({999})));
  column_.Finish();
  EXPECT_THAT(Through(int64_t{999}), ElementsAre(0));
}

TEST_F(ColumnTest, RangesWithAndWithoutTheirEnds) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  ASSERT_TRUE(column_.Add(1, Ranges({{-kInfinity, 18, false, true}})));            // < 18
  ASSERT_TRUE(column_.Add(2, Ranges({{18, kInfinity, false, false}})));            // >= 18
  ASSERT_TRUE(column_.Add(3, Ranges({{12, 18, true, false}})));                    // > 12 and <= 18
  ASSERT_TRUE(column_.Add(4, Ranges({{65, 65, false, false}})));                   // just 65
  ASSERT_TRUE(column_.Add(5, Ranges({{-kInfinity, 1, false, false}, {80, 90}})));  // one or the other
  column_.Finish();
  EXPECT_THAT(ThroughDouble(-3), ElementsAre(1, 5));
  EXPECT_THAT(ThroughDouble(1), ElementsAre(1, 5));
  EXPECT_THAT(ThroughDouble(1.5), ElementsAre(1));
  EXPECT_THAT(ThroughDouble(12), ElementsAre(1));
  EXPECT_THAT(ThroughDouble(12.01), ElementsAre(1, 3));
  EXPECT_THAT(Through(int64_t{18}), ElementsAre(2, 3));
  EXPECT_THAT(ThroughDouble(64.9), ElementsAre(2));
  EXPECT_THAT(Through(int64_t{65}), ElementsAre(2, 4));
  EXPECT_THAT(ThroughDouble(85), ElementsAre(2, 5));
  EXPECT_THAT(ThroughDouble(90.5), ElementsAre(2));
}

TEST_F(ColumnTest, TwoAsksOfOneRuleAreMergedWhereTheyCanBe) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  ASSERT_TRUE(column_.Add(1, Ranges({{12, kInfinity}})));
  ASSERT_TRUE(column_.Add(1, Ranges({{-kInfinity, 18, false, true}})));
  EXPECT_FALSE(column_.Add(1, Ranges({{40, 50}}))) << "that leaves nothing: the rule's own condition says so";
  column_.Finish();
  EXPECT_THAT(ThroughDouble(11), IsEmpty());
  EXPECT_THAT(ThroughDouble(12), ElementsAre(1));
  EXPECT_THAT(ThroughDouble(18), IsEmpty());

  Column numbers(Section(), Column::Reading::kAsIs, kRules);
  ASSERT_TRUE(numbers.Add(1, Numbers({1, 2})));
  ASSERT_TRUE(numbers.Add(1, Numbers({2, 3})));
  EXPECT_FALSE(numbers.Add(1, Numbers({4})));
  numbers.Finish();
  std::vector<const uint64_t*> rows;
  numbers.RowsOf(int64_t{1}, &rows);
  EXPECT_THAT(RulesOf(rows), IsEmpty());
  numbers.RowsOf(int64_t{2}, &rows);
  EXPECT_THAT(RulesOf(rows), ElementsAre(1));

  Column texts(Section(), Column::Reading::kAsIs, kRules);
  ASSERT_TRUE(texts.Add(1, Texts({"a"})));
  EXPECT_FALSE(texts.Add(1, Texts({"a", "b"}))) << "of a list of texts each may hold one";
}

TEST_F(ColumnTest, TextsAndTheirBeginnings) {
  ASSERT_TRUE(column_.Add(1, Texts({"US-KY", "US"})));
  ASSERT_TRUE(column_.Add(70, Texts({}, {"US-"})));
  ASSERT_TRUE(column_.Add(2, Texts({"DE"}, {"", "US-K"})));
  column_.Finish();
  EXPECT_THAT(Through(absl::string_view("US-KY")), ElementsAre(1, 2, 70));
  EXPECT_THAT(Through(absl::string_view("US-OH")), ElementsAre(2, 70));
  EXPECT_THAT(Through(absl::string_view("US")), ElementsAre(1, 2));
  EXPECT_THAT(Through(absl::string_view("us-ky")), ElementsAre(2)) << "case matters";
  EXPECT_THAT(Through(absl::string_view("")), ElementsAre(2)) << "everything begins with nothing";
}

TEST_F(ColumnTest, ValueSetsByTheirNumbers) {
  Constraint one, both;
  one.sets = {0};
  both.sets = {0, 70};
  ASSERT_TRUE(column_.Add(1, one));
  ASSERT_TRUE(column_.Add(2, both));
  column_.Finish();
  const auto of = [](std::vector<size_t> numbers) {
    valueset::Membership sets;
    for (const size_t number : numbers) sets.Add(number);
    return sets;
  };
  EXPECT_THAT(Through(of({0})), ElementsAre(1, 2));
  EXPECT_THAT(Through(of({70, 71})), ElementsAre(2));
  EXPECT_THAT(Through(of({5})), IsEmpty()) << "a set that no rule names";
  EXPECT_THAT(Through(of({})), IsEmpty());
}

}  // namespace
}  // namespace resultgate::policy

#include "server/comment/range.h"

#include <gtest/gtest.h>

namespace resultgate::comment {
namespace {

TEST(DecimalTest, ParsesOnlyPlainDecimals) {
  for (const char* good : {"0", "7.10", "-3", "+4", ".5", "5.", "00012.500", "123456789012345678901234567890.1"}) {
    EXPECT_TRUE(Decimal::Parse(good).has_value()) << good;
  }
  for (const char* bad : {"", ".", "-", "1,200", "1e3", "1.2.3", " 1", "1 ", "--1", "<5", "NaN", "０"}) {
    EXPECT_FALSE(Decimal::Parse(bad).has_value()) << bad;
  }
}

TEST(DecimalTest, ComparesExactly) {
  struct Case {
    const char* a;
    const char* b;
    int order;
  };
  const Case cases[] = {
      {"7.1", "7.10", 0}, {"0.1", "0.10000000000000000000001", -1},
      {"10", "9.99", 1},  {"-1", "1", -1},
      {"-2", "-1", -1},   {"-0", "0", 0},
      {"00.5", ".50", 0}, {"5.05", "5.5", -1},
      {"5", "5.0", 0},    {"9007199254740993", "9007199254740992", 1},  // one double for both
  };
  for (const Case& c : cases) {
    const int order = Decimal::Parse(c.a)->Compare(*Decimal::Parse(c.b));
    EXPECT_EQ((order > 0) - (order < 0), c.order) << c.a << " " << c.b;
    const int back = Decimal::Parse(c.b)->Compare(*Decimal::Parse(c.a));
    EXPECT_EQ((back > 0) - (back < 0), -c.order) << c.b << " " << c.a;
  }
}

TEST(RelateTest, Ranges) {
  constexpr Relation kUnknown = Relation::kUnknown, kBelow = Relation::kBelow, kInside = Relation::kInside,
                     kAbove = Relation::kAbove;
  struct Case {
    const char* comparator;
    const char* value;
    const char* low;
    const char* high;
    const char* text;
    Relation expected;
  };
  const Case cases[] = {
      {"", "4.0", "", "", "4.0 - 11.0", kInside},
      {"", "11.00", "", "", "4.0 - 11.0", kInside},
      {"", "11.01", "", "", "4.0-11.0", kAbove},
      {"", "3.99", "", "", "4.0 – 11.0", kBelow},
      {"", "3.99", "", "", "4.0 to 11.0", kBelow},
      {"", "-3", "", "", "-2 - 3", kBelow},
      {"", "-3", "", "", "-5--2", kInside},
      {"", "5", "", "", "<5", kAbove},
      {"", "5", "", "", "<=5", kInside},
      {"", "5", "", "", "≤ 5", kInside},
      {"", "60", "", "", ">60", kBelow},
      {"", "60", "", "", ">= 60", kInside},
      {"", "5", "", "", "4 - 6 mg/dL", kInside},
      {"<", "5", "", "", "5 - 10", kBelow},
      {"<", "6", "", "", "5 - 10", kUnknown},
      {"", "<0.01", "", "", "<0.04", kInside},
      {"<", "0.04", "", "", "<0.04", kInside},
      {"<=", "0.04", "", "", "<0.04", kUnknown},
      {">", "10", "", "", "5 - 10", kAbove},
      {">=", "10", "", "", "5 - 10", kUnknown},
      {">=", "60", "", "", ">60", kUnknown},
      {"", "5", "4", "6", "", kInside},
      {"", "7", "4", "6", "see below", kAbove},
      {"", "3", "4", "", "", kBelow},
      {"", "300", "", "200", "", kAbove},
      // Not to be told.
      {"", "5", "", "", "", kUnknown},
      {"", "5", "", "", "negative", kUnknown},
      {"", "5", "", "", "11.0 - 4.0", kUnknown},
      {"", "5", "", "", "4.0 - 11.0 (adults)", kUnknown},
      {"", "5", "four", "6", "", kUnknown},
      {"", "1,200", "", "", "4.0 - 11.0", kUnknown},
      {"", "Positive", "", "", "4.0 - 11.0", kUnknown},
      {"", "", "", "", "4.0 - 11.0", kUnknown},
  };
  for (const Case& c : cases) {
    v1::ReferenceRange range;
    range.set_low(c.low);
    range.set_high(c.high);
    range.set_text(c.text);
    EXPECT_EQ(Relate(c.comparator, c.value, "mg/dL", range), c.expected)
        << c.comparator << c.value << " in " << c.low << ".." << c.high << " `" << c.text << "`";
  }
}

}  // namespace
}  // namespace resultgate::comment

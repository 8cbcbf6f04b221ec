#include "server/intake/values.h"

#include <gtest/gtest.h>

#include "server/base/proto_time.h"
#include "server/intake/html.h"
#include "server/intake/times.h"

namespace resultgate::intake {
namespace {

TEST(ValuesTest, Amounts) {
  const struct {
    const char *text, *comparator, *value;
  } cases[] = {{"7.10", "", "7.10"},       {" 7.10 ", "", "7.10"}, {"<15", "<", "15"},   {">= 3", ">=", "3"},
               {">100000", ">", "100000"}, {".7", "", ".7"},       {"1E-5", "", "1E-5"}, {"-0.0", "", "-0.0"}};
  for (const auto& test : cases) {
    v1::Quantity quantity;
    EXPECT_TRUE(ParseAmount(test.text, &quantity)) << test.text;
    EXPECT_EQ(quantity.comparator(), test.comparator) << test.text;
    EXPECT_EQ(quantity.value(), test.value) << test.text;
  }
  v1::Quantity quantity;
  for (const char* text : {"", "None", "0 .07", "27~25", "12^", "1:128", "10-20", "<", "1,000", ".", "1e", "--1"}) {
    EXPECT_FALSE(ParseAmount(text, &quantity)) << text;
  }
}

TEST(ValuesTest, ReferenceRanges) {
  const struct {
    const char *text, *low, *high;
  } cases[] = {{"3.5-5.1", "3.5", "5.1"},
               {"135 - 145", "135", "145"},
               {"[ 4.0 - 11.0 ]", "4.0", "11.0"},
               {"[ < 0.21 ]", "", "0.21"},
               {">59", "59", ""},
               {"<= 2", "", "2"},
               {"-2 - -1", "-2", "-1"},
               {"(1-2)", "1", "2"},
               {"70_105", "", ""},
               {"NEGATIVE", "", ""},
               {"> 60 mL/min", "", ""},
               {"<1 = Susceptible, >= 1 = Resistant", "", ""},
               {"[ ]", "", ""},
               {"4.5", "", ""},
               {"<130 optimal", "", ""},
               {"1-2-3", "", ""}};
  for (const auto& test : cases) {
    const v1::ReferenceRange range = ParseReferenceRange(test.text);
    EXPECT_EQ(range.text(), test.text);
    EXPECT_EQ(range.low(), test.low) << test.text;
    EXPECT_EQ(range.high(), test.high) << test.text;
  }
}

TEST(TimesTest, Instants) {
  absl::TimeZone new_york;
  ASSERT_TRUE(absl::LoadTimeZone("America/New_York", &new_york));
  const struct {
    const char *text, *utc;
    bool has_hour;
  } cases[] = {{"20260306160500-0500", "2026-03-06T21:05:00Z", true},
               {"20260306160500", "2026-03-06T21:05:00Z", true},
               {"202603061605", "2026-03-06T21:05:00Z", true},
               {"2026030616", "2026-03-06T21:00:00Z", true},
               {"20260306", "2026-03-06T05:00:00Z", false},
               {"202603", "2026-03-01T05:00:00Z", false},
               {"20260306160500.1234+0000", "2026-03-06T16:05:00Z", true},
               {"2026-03-06T16:05:00Z", "2026-03-06T16:05:00Z", true},
               {"2026-03-06T16:05:00.999+05:30", "2026-03-06T10:35:00Z", true},
               {"2026-03-06T16:05", "2026-03-06T21:05:00Z", true},
               {"2026-03-06", "2026-03-06T05:00:00Z", false},
               {"2026", "2026-01-01T05:00:00Z", false},
               // Clocks go back: the later of the two. Clocks go forward: the hour that was skipped.
               {"202611010130", "2026-11-01T06:30:00Z", true},
               {"202603080230", "2026-03-08T07:30:00Z", true}};
  for (const auto& test : cases) {
    const auto time = ParseTime(test.text, new_york);
    ASSERT_TRUE(time.has_value()) << test.text;
    EXPECT_EQ(base::FormatUtc(time->time), test.utc) << test.text;
    EXPECT_EQ(time->HasHour(), test.has_hour) << test.text;
  }
  for (const char* text : {"", "DOB", "Aug 15, 1942", "20261301", "20260230", "202603062561", "2026-3-6", "20260306160500+9900",
                           "0001", "2026030616050", "NotAValidDateTime"}) {
    EXPECT_FALSE(ParseTime(text, new_york).has_value()) << text;
  }
}

TEST(TimesTest, Dates) {
  EXPECT_EQ(ParseDate("19801231"), "1980-12-31");
  EXPECT_EQ(ParseDate("198012"), "1980-12");
  EXPECT_EQ(ParseDate("1980"), "1980");
  EXPECT_EQ(ParseDate("20230504131023-0500"), "2023-05-04");
  EXPECT_EQ(ParseDate("1980-12-31"), "1980-12-31");
  EXPECT_EQ(ParseDate("DOB"), "");
}

TEST(HtmlTest, PlainText) {
  EXPECT_EQ(PlainTextOfHtml("<div xmlns=\"x\"><p>Glucose <b>5.4</b> &lt;6 &#181;g &unknown;</p><p>ok</p></div>"),
            "Glucose 5.4 <6 \xC2\xB5g &unknown;\nok");
  EXPECT_EQ(PlainTextOfHtml("<table><tr><td>a</td><td>b</td></tr><tr><td>c<br/>d</td></tr></table>"), "a b\nc\nd");
  EXPECT_EQ(PlainTextOfHtml("a<script>if (1 < 2) x()</script>b<!-- c > d -->e < 3"), "abe < 3");
  EXPECT_EQ(PlainTextOfHtml("<p title='>'>x"), "x");
  EXPECT_EQ(PlainTextOfHtml("<"), "<");
  EXPECT_EQ(PlainTextOfHtml(""), "");
}

}  // namespace
}  // namespace resultgate::intake

#include "server/text/plain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace resultgate::text {
namespace {

using ::testing::ElementsAre;

TEST(PlainTest, Lines) {
  struct Case {
    absl::string_view bytes;
    const char* expected;
    bool cut = false;
  };
  const Case cases[] = {
      {"", ""},
      {"7.10", "7.10"},
      {"<b>&amp;{x} '%s' \\n", "<b>&amp;{x} '%s' \\n"},
      {" a\r\n\tb  c ", "a b c"},
      {absl::string_view("a\0b\x1b[2Jc", 8), "ab[2Jc"},
      {"1\u202E2\u20663\u200F4\u061C", "1234"},
      {"a\u200Bb\uFEFFc\u2060d\u2028e\u0085f", "abcd e f"},
      {"\xC3\x28 \xFF \xED\xA0\x80", "\uFFFD( \uFFFD \uFFFD\uFFFD\uFFFD"},
      {"µmol/L ≥ ñ 血", "µmol/L ≥ ñ 血"},
      {"שלום", "שלום"},
      {"0123456789", "0123456789"},
      {"0123456789   ", "0123456789"},
      {"0123456789a", "0123456789…", true},
      {"012345678 ab", "012345678…", true},
      {"\uFDD0\uFFFEx", "x"},
  };
  for (const Case& c : cases) {
    const Plain plain = PlainLine(c.bytes, c.cut || c.bytes.size() < 14 ? 10 : 80);
    EXPECT_EQ(plain.text, c.expected);
    EXPECT_EQ(plain.cut, c.cut) << c.expected;
  }
}

TEST(PlainTest, LanguageTags) {
  EXPECT_EQ(CanonicalLanguage("es"), "es");
  EXPECT_EQ(CanonicalLanguage("ES_mx"), "es-MX");
  EXPECT_EQ(CanonicalLanguage("spa"), "es");
  EXPECT_EQ(CanonicalLanguage("zh-hant-tw"), "zh-Hant-TW");
  for (const char* wrong : {"", "Spanish language", "e", "und", "{es}", "../es", "es/", "12"})
    EXPECT_EQ(CanonicalLanguage(wrong), "") << wrong;
  EXPECT_EQ(CanonicalLanguage(std::string(5000, 'a')), "");
  EXPECT_THAT(LanguageLookup("es-MX"), ElementsAre("es-MX", "es"));
  EXPECT_THAT(LanguageLookup("zh-Hant-TW-x-a"), ElementsAre("zh-Hant-TW-x-a", "zh-Hant-TW", "zh-Hant", "zh"));
  EXPECT_TRUE(LanguageLookup("").empty());
}

}  // namespace
}  // namespace resultgate::text

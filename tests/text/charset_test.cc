#include "server/text/charset.h"

#include <gtest/gtest.h>

namespace resultgate::text {
namespace {

TEST(CharsetTest, Decodes) {
  const struct {
    std::string bytes, name, utf8;
    int replaced;
    bool known;
  } cases[] = {
      {"plain", "UTF-8", "plain", 0, true},
      {"5 \xC2\xB5g", "UTF-8", "5 \xC2\xB5g", 0, true},
      {"5 \xB5g", "UTF-8", "5 \xEF\xBF\xBDg", 1, true},
      {"5 \xB5g", "ISO-8859-1", "5 \xC2\xB5g", 0, true},
      {"\xA4", "ISO-8859-15", "\xE2\x82\xAC", 0, true},
      {std::string("a\0b\0", 4), "UTF-16LE", "ab", 0, true},
      {"\x1B$B4A;z\x1B(B", "ISO-2022-JP", "\xE6\xBC\xA2\xE5\xAD\x97", 0, true},
      {"\x81", "Shift_JIS", "\xEF\xBF\xBD", 1, true},
      {"\xB5", "no-such-set", "\xEF\xBF\xBD", 1, false},
      {"\xED\xA0\x80", "UTF-8", "", 1, true},
      {"", "UTF-8", "", 0, true},
      {"", "ISO-8859-1", "", 0, true},
  };
  for (const auto& test : cases) {
    SCOPED_TRACE(test.name + " " + test.utf8);
    const Decoded decoded = Decode(test.bytes, test.name);
    if (!test.utf8.empty() || test.bytes.empty()) {
      EXPECT_EQ(decoded.utf8, test.utf8);
    }
    EXPECT_EQ(decoded.replaced > 0, test.replaced > 0);
    EXPECT_EQ(decoded.known, test.known);
    EXPECT_TRUE(IsUtf8(decoded.utf8));
  }
}

TEST(CharsetTest, LongInputIsReadWhole) {
  const Decoded decoded = Decode(std::string(100000, '\xE9'), "ISO-8859-1");
  EXPECT_EQ(decoded.utf8.size(), 200000u);
  EXPECT_EQ(decoded.replaced, 0);
}

TEST(CharsetTest, KnowsUtf8) {
  EXPECT_TRUE(IsUtf8("\xE2\x82\xAC"));
  EXPECT_FALSE(IsUtf8("\xE2\x82"));
  EXPECT_FALSE(IsUtf8("\xC0\x80"));
}

}  // namespace
}  // namespace resultgate::text

#include "server/text/message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace resultgate::text {
namespace {

using ::testing::HasSubstr;

std::unique_ptr<const Message> MustCompile(absl::string_view pattern, absl::string_view locale = "en") {
  auto message = Message::Compile(pattern, locale);
  EXPECT_TRUE(message.ok()) << message.status();
  return message.ok() ? *std::move(message) : nullptr;
}

TEST(MessageTest, Formats) {
  struct Case {
    const char* pattern;
    const char* locale;
    std::vector<Message::NamedValue> values;
    const char* expected;
  };
  const Case cases[] = {
      {"no argument", "en", {}, "no argument"},
      {"Don't worry", "en", {}, "Don't worry"},
      {"a '{'brace'}'", "en", {}, "a {brace}"},
      {"{name}: {value}", "en", {{"name", "Sodium"}, {"value", "141"}}, "Sodium: 141"},
      {"{name}", "en", {{"name", "{value}"}, {"value", "1"}}, "{value}"},
      {"{n, plural, one {# day} other {# days}}", "en", {{"n", int64_t{1}}}, "1 day"},
      {"{n, plural, one {# day} other {# days}}", "en", {{"n", int64_t{3}}}, "3 days"},
      {"{n, plural, one {# día} other {# días}}", "es", {{"n", int64_t{3}}}, "3 días"},
      {"{f, select, low {bajo} other {otro}}", "es", {{"f", "low"}}, "bajo"},
      {"{f, select, low {bajo} other {otro: {f}}}", "es", {{"f", "x'{f}'"}}, "otro: x'{f}'"},
      {"{d, date, long}", "en", {{"d", absl::CivilDay(2026, 3, 1)}}, "March 1, 2026"},
      {"{d, date, long}", "es", {{"d", absl::CivilDay(2026, 3, 1)}}, "1 de marzo de 2026"},
      {"{n, number}", "es", {{"n", int64_t{12345}}}, "12.345"},
      {"{name}", "en", {{"name", "a\xFF!"}}, "a\uFFFD!"},
  };
  for (const Case& c : cases) {
    const auto message = MustCompile(c.pattern, c.locale);
    ASSERT_NE(message, nullptr) << c.pattern;
    const auto text = message->Format(c.values);
    ASSERT_TRUE(text.ok()) << c.pattern << ": " << text.status();
    EXPECT_EQ(*text, c.expected);
  }
}

TEST(MessageTest, RefusesPatterns) {
  struct Case {
    const char* pattern;
    size_t offset;
    const char* expected;
  };
  const Case cases[] = {
      {"é {name", 3, "a brace is not closed"},
      {"{0}", 0, "number where a name"},
      {"x \uFDD0", 0, "keeps for programs"},
      {"x {a, choice, 0#none|1#one}", 2, "`choice` is not read"},
      {"x {a, spellout}", 2, "`spellout` is not read"},
      {"{n, plural, one {day}}", 4, "lacks its `other"},
      {"{n, select, a {b}}", 4, "lacks its `other"},
      {"{n, plural, one {{d, date}} other {}}", 17, "may not stand inside"},
      {"{n} {n, plural, other {#}} {n, select, other {}}", 28, "both as a number and as text"},
      {"{a b}", 1, "not a message"},
  };
  for (const Case& c : cases) {
    size_t offset = 999;
    const auto message = Message::Compile(c.pattern, "en", &offset);
    ASSERT_FALSE(message.ok()) << c.pattern;
    EXPECT_EQ(message.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(message.status().message()), HasSubstr(c.expected)) << c.pattern;
    EXPECT_EQ(offset, c.offset) << c.pattern;
  }
  EXPECT_FALSE(Message::Compile("x", "no_tag!").ok());
}

TEST(MessageTest, ListsArguments) {
  const auto message = MustCompile("{n} {b, select, x {{c}} other {{n, plural, other {#}}}} {d, date}");
  ASSERT_EQ(message->arguments().size(), 4u);
  EXPECT_EQ(message->arguments()[0].name, "n");
  EXPECT_EQ(message->arguments()[0].type, Message::Type::kNumber);
  EXPECT_EQ(message->arguments()[1].type, Message::Type::kText);
  EXPECT_EQ(message->arguments()[2].name, "c");
  EXPECT_EQ(message->arguments()[2].type, Message::Type::kAny);
  EXPECT_EQ(message->arguments()[2].offset, 20u);
  EXPECT_EQ(message->arguments()[3].type, Message::Type::kDate);
}

TEST(MessageTest, MissingOrWrongArgumentIsAnError) {
  const auto message = MustCompile("{n, plural, other {#}} {name}");
  EXPECT_THAT(std::string(message->Format({{"n", int64_t{1}}}).status().message()),
              HasSubstr("no value for the argument `name`"));
  EXPECT_THAT(std::string(message->Format({{"n", "one"}, {"name", "x"}}).status().message()), HasSubstr("`n` is not a number"));
  EXPECT_FALSE(message->Format({{"n", int64_t{1}}, {"name", absl::CivilDay(2026, 1, 1)}}).ok());
  EXPECT_TRUE(message->Format({{"n", int64_t{1}}, {"name", "x"}, {"more", "y"}}).ok());
}

// What is kept of a message is kept for its numbers, days and selected words, and never for its texts.
TEST(MessageTest, SaysTheSameHoweverOftenItIsAsked) {
  const auto message =
      MustCompile("{d, date, long}: {what} {n, plural, one {# of {what}} other {# of {other}}}, {f, select, x {X} other {{f}}}");
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 700; ++i) {
      const std::string what = "w" + std::to_string(i % 7), other = "{o}" + std::to_string(i),
                        f = i % 3 == 0 ? "x" : "f" + std::to_string(i);
      const auto text = message->Format(
          {{"d", absl::CivilDay(2026, 3, 1) + i % 28}, {"what", what}, {"other", other}, {"n", int64_t{i}}, {"f", f}});
      ASSERT_TRUE(text.ok());
      ASSERT_EQ(*text, "March " + std::to_string(1 + i % 28) + ", 2026: " + what + " " + std::to_string(i) + " of " +
                           (i == 1 ? what : other) + ", " + (i % 3 == 0 ? "X" : f));
    }
  }
}

TEST(MessageTest, AnArgumentMayBeATextOnceAndANumberThen) {
  const auto message = MustCompile("{a}{b}");
  EXPECT_EQ(*message->Format({{"a", "1"}, {"b", "2"}}), "12");
  EXPECT_EQ(*message->Format({{"a", int64_t{1000}}, {"b", "2"}}), "1,0002");
  EXPECT_EQ(*message->Format({{"a", "1000"}, {"b", int64_t{2}}}), "10002");
}

TEST(MessageTest, MoreArgumentsThanHoles) {
  std::string pattern, expected;
  std::vector<std::string> names;
  for (int i = 0; i < 40; ++i) names.push_back("a" + std::to_string(i));
  std::vector<Message::NamedValue> values;
  for (const std::string& name : names) {
    pattern += "{" + name + "} ";
    expected += name + " ";
    values.push_back({name, name});
  }
  EXPECT_EQ(*MustCompile(pattern)->Format(values), expected);
}

TEST(MessageTest, ManyThreadsShareOne) {
  const auto message = MustCompile("{n, plural, one {# day} other {# days}} from {d, date, long}, {name}");
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&message, t] {
      const std::string name = "thread " + std::to_string(t);
      const std::string expected = std::to_string(t + 2) + " days from May 4, 2026, " + name;
      for (int i = 0; i < 200; ++i) {
        const auto text = message->Format({{"n", int64_t{t + 2}}, {"d", absl::CivilDay(2026, 5, 4)}, {"name", name}});
        ASSERT_TRUE(text.ok());
        ASSERT_EQ(*text, expected);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace resultgate::text

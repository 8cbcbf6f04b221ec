#include "server/yaml/yaml.h"

#include <gtest/gtest.h>

#include <random>

namespace resultgate::yaml {
namespace {

std::string Problems(const std::string& text) {
  base::FileIssues issues;
  const std::optional<Document> document = Parse("f.yaml", text, &issues);
  EXPECT_EQ(document.has_value(), !base::HasErrors(issues));
  return base::Format(issues);
}

TEST(Parse, GivesATreeWithPlaces) {
  base::FileIssues issues;
  const std::optional<Document> document =
      Parse("f.yaml", "rules:\n  - id: a\n    when: |\n      x == 1\n      && y\n    \"q\": '010'\n", &issues);
  ASSERT_TRUE(document.has_value()) << base::Format(issues);
  const Node& rule = document->root.Find("rules")->items[0];
  EXPECT_EQ(rule.place.line, 2);
  EXPECT_EQ(rule.place.column, 5);
  EXPECT_EQ(rule.Find("id")->text, "a");
  EXPECT_EQ(rule.Find("id")->place.column, 9);
  EXPECT_EQ(rule.Find("when")->text, "x == 1\n&& y\n");
  EXPECT_EQ(rule.Find("when")->place.line, 4) << "a block begins with its first line of text";
  EXPECT_EQ(rule.Find("when")->place.column, 7);
  EXPECT_TRUE(rule.Find("q")->quoted);
  EXPECT_EQ(rule.Find("nosuch"), nullptr);
}

TEST(Parse, AnEmptyFileIsNull) {
  base::FileIssues issues;
  EXPECT_TRUE(Parse("f.yaml", "", &issues)->root.IsNull());
  EXPECT_TRUE(Parse("f.yaml", "# nothing\n", &issues)->root.IsNull());
}

TEST(Parse, RefusesWhatAnAuthorWouldNotExpect) {
  const std::pair<const char*, const char*> cases[] = {
      {"a: 1\na: 2\n", "f.yaml:2:1: error: `a` stands twice in the same map"},
      {"a: &x 1\nb: *x\n", "anchors (`&name`) are not read"},
      {"a: &x 1\nb: *x\n", "aliases (`*name`) are not read"},
      {"a: {b: 1}\nc:\n  <<: {d: 1}\n", "merges (`<<`) are not read"},
      {"a: 010\n", "f.yaml:1:4: error: `010` may be read as octal"},
      {"a: !!int 3\n", "tags ("},
      {"a: 1\n---\nb: 2\n", "a second document begins here"},
      {"a: [1, 2\n", "a `[` above is not closed where this begins"},
      {"a:\n\t- b\n", "a tab stands where the line begins"},
      {"a: 'b''\n", "this quote is never closed"},
      {"a: \"b\\\"\n", "this quote is never closed"},
      {"? [a, b]\n: c\n", "a key must be plain text"},
  };
  for (const auto& [text, expected] : cases) {
    EXPECT_NE(Problems(text).find(expected), std::string::npos) << text << "\n" << Problems(text);
  }
  EXPECT_NE(Problems(std::string(100, '[') + std::string(100, ']')).find("nested deeper"), std::string::npos);
}

TEST(Parse, TellsSeveralMistakesAtOnce) {
  const std::string text = Problems("a: 010\nb: 1\nb: 2\nc: &x 3\n");
  EXPECT_NE(text.find(":1:"), std::string::npos);
  EXPECT_NE(text.find(":3:"), std::string::npos);
  EXPECT_NE(text.find(":4:"), std::string::npos);
}

TEST(MapReader, ReadsFieldsAndReportsEveryOtherThing) {
  base::FileIssues issues;
  const std::optional<Document> document = Parse(
      "f.yaml", "name: x\nempty: ''\nlist: [a, b]\none: a\nflag: true\nbad_flag: yes\nnumber: 7\nbig: 70\ntitel: t\n", &issues);
  MapReader map(*document, document->root, "a thing", &issues);
  EXPECT_EQ(map.RequiredText("name"), "x");
  EXPECT_EQ(map.RequiredText("empty"), "");
  EXPECT_EQ(map.RequiredText("title"), "");
  EXPECT_EQ(map.OptionalTexts("list"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(map.OptionalTexts("one"), std::vector<std::string>{"a"});
  EXPECT_TRUE(map.OptionalBool("flag", false));
  EXPECT_FALSE(map.OptionalBool("bad_flag", false));
  EXPECT_EQ(map.OptionalInt("number", 0, 1, 9), 7);
  EXPECT_EQ(map.OptionalInt("big", 3, 1, 9), 3);
  map.RefuseUnknownKeys();
  const std::string text = base::Format(issues);
  EXPECT_NE(text.find("`empty` must be text that is not empty"), std::string::npos) << text;
  EXPECT_NE(text.find("a thing lacks `title`"), std::string::npos) << text;
  EXPECT_NE(text.find("`bad_flag` must be `true` or `false`"), std::string::npos) << text;
  EXPECT_NE(text.find("`big` must be a whole number from 1 to 9"), std::string::npos) << text;
  EXPECT_NE(text.find("unknown key `titel` in a thing; did you mean `title`?"), std::string::npos) << text;
  EXPECT_EQ(issues.size(), 5u) << text;
}

TEST(Parse, SurvivesAnyBytes) {
  const unsigned seed = 99;
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  const std::string letters = "ab:-[]{}&*!|>'\"\n \t#?,%@`~0\\\xff\xc3";
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    for (size_t i = random() % 60; i > 0; --i) text += letters[random() % letters.size()];
    Problems(text);
  }
}

}  // namespace
}  // namespace resultgate::yaml

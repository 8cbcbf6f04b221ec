// The formatter: one layout, the same values, and every comment where it belongs.
#include "server/yaml/format.h"

#include <gtest/gtest.h>

#include <string>

namespace resultgate::yaml {
namespace {

// `id` before `title`, a list `rows` of lines, a list `rules` with air between, a condition `when`.
Layout TestLayout() {
  const auto condition = std::make_shared<Layout>();
  condition->condition = true;
  const auto rule = std::make_shared<Layout>();
  rule->keys = {{"id", nullptr}, {"title", nullptr}, {"when", condition}};
  const auto rules = std::make_shared<Layout>();
  rules->items = rule;
  rules->spaced = true;
  const auto rows = std::make_shared<Layout>();
  rows->table = true;
  Layout layout;
  layout.keys = {{"name", nullptr}, {"rules", rules}, {"rows", rows}};
  return layout;
}

std::string Formatted(const std::string& text) {
  base::FileIssues issues;
  const std::optional<std::string> formatted = Format("f.yaml", text, TestLayout(), &issues);
  EXPECT_TRUE(formatted) << base::Format(issues);
  if (!formatted) return "";
  EXPECT_EQ(Format("f.yaml", *formatted, TestLayout(), &issues), formatted) << "formatting twice changes it again";
  return *formatted;
}

struct Case {
  const char* name;
  std::string before;
  std::string after;
};

const std::string kLong(120, 'a');

class FormatTest : public ::testing::TestWithParam<Case> {};

TEST_P(FormatTest, LaysOut) {
  EXPECT_EQ(Formatted(GetParam().before), GetParam().after);
}

INSTANTIATE_TEST_SUITE_P(
    All, FormatTest,
    ::testing::Values(
        Case{"Indents", "rules:\n- id: a\n  then:\n      release: now\n", "rules:\n  - id: a\n    then:\n      release: now\n"},
        Case{"Orders", "other: 1\nname: n\n", "name: n\nother: 1\n"},
        Case{"OrdersInBrackets", "rules: [{title: t, id: a}]\n", "rules: [{id: a, title: t}]\n"},
        Case{"MovesCommentsAlong", "# of other\nother: 1 # behind\n# of name\nname: n\n",
             "# of other\n# of name\nname: n\nother: 1  # behind\n"},
        Case{"KeepsTheHead", "# the file\n\n# of other\nother: 1\n\nname: n\n", "# the file\n\nname: n\n# of other\nother: 1\n"},
        Case{"KeepsTheEndOfABlock", "name: n\nlist:\n  - a\n  # - b\nother: 1\n", "name: n\nlist:\n  - a\n  # - b\nother: 1\n"},
        Case{"IndentsTheEndOfABlock", "list:\n- a\n# of other\nother: 1\n# the end\n",
             "list:\n  - a\n# of other\nother: 1\n# the end\n"},
        Case{"OpensBracketsWithComments", "name: n\nlist: [a,  # one\n  b]\nmap: {x: 1, # two\n   y: [c]}\n",
             "name: n\nlist:\n  - a      # one\n  - b\nmap:\n  x: 1      # two\n  y: [c]\n"},
        Case{"ACommentSignWithinTextIsText", "name: \"a # b\"\nother: 'c #d'\nhash: e#f\n",
             "name: \"a # b\"\nother: \"c #d\"\nhash: e#f\n"},
        Case{"CommentsInBlockTextAreText", "name: |\n    a\n    # b\n\n    c\n# d\nother: 1\n",
             "name: |\n  a\n  # b\n\n  c\n# d\nother: 1\n"},
        Case{"KeepsNeededQuotes", "a: \"true\"\nb: \"07\"\nc: 'x: y'\nd: \"say \\\"no\\\"\"\ne: \"\"\nf: 'null'\n",
             "a: \"true\"\nb: \"07\"\nc: \"x: y\"\nd: 'say \"no\"'\ne: \"\"\nf: \"null\"\n"},
        Case{"OneKindOfQuotes", "a: 'words'\nb: ['one', two, \"it's\"]\nc: 'it''s'\n",
             "a: \"words\"\nb: [\"one\", two, \"it's\"]\nc: \"it's\"\n"},
        Case{"EscapesWhatNoLineHolds", "a: \"tab\\there\"\nb: \"line\\nfeed\"\n", "a: \"tab\\there\"\nb: \"line\\nfeed\"\n"},
        Case{"BreaksBracketsThatAreTooLong", "name: n\nmap: {x: " + kLong + ", y: z}\n",
             "name: n\nmap:\n  x: " + kLong + "\n  y: z\n"},
        Case{"ButNotRowsOfATable", "rows:\n- {x: " + kLong + ", y: " + kLong + "}\n",
             "rows:\n  - {x: " + kLong + ", y: " + kLong + "}\n"},
        Case{"FoldsLongText", "title: " + kLong + " " + kLong + "\n", "title: >-\n  " + kLong + "\n  " + kLong + "\n"},
        Case{"JoinsTextThatFits", "title: one\n  two\n", "title: one two\n"},
        Case{"BreaksLongConditions", "rules:\n  - id: a\n    when: '(x || \"||\" == y) && " + kLong + " && z'\n",
             "rules:\n  - id: a\n    when: |\n      (x || \"||\" == y) &&\n      " + kLong + " &&\n      z\n"},
        Case{"AirBetweenRules", "rules:\n\n\n  - id: a\n  # of b\n  - id: b\n\n\n\n\n    title: t\n",
             "rules:\n  - id: a\n\n  # of b\n  - id: b\n\n    title: t\n"},
        Case{"KeepsColumnsOfCommentsWhereThereIsRoom", "a: 1    # one\nbb: 22  # two\n", "a: 1    # one\nbb: 22  # two\n"},
        Case{"ListsInLists", "a:\n- - x\n  - y\n", "a:\n  -\n    - x\n    - y\n"},
        Case{"EmptyThings", "a: {}\nb: []\nc:\nd: ~\n", "a: {}\nb: []\nc:\nd:\n"},
        Case{"CarriageReturns", "a: 1\r\nb: 2\r\n", "a: 1\nb: 2\n"}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(FormatRefusals, WhatIsNotWellFormedSaysWhy) {
  base::FileIssues issues;
  EXPECT_FALSE(Format("f.yaml", "a: 1\na: 2\n", {}, &issues));
  EXPECT_FALSE(Format("f.yaml", "- a\n", {}, &issues));
  EXPECT_EQ(issues.size(), 2u);
}

// Indentation that only an indicator tells from text: not worth the risk.
TEST(FormatRefusals, WhatWouldReadOtherwiseIsLeftAlone) {
  base::FileIssues issues;
  EXPECT_FALSE(Format("f.yaml", "a: |2\n    two more\n  b\n", {}, &issues));
  ASSERT_EQ(issues.size(), 1u);
  EXPECT_EQ(issues[0].suggestion, "it is left as it is");
}

}  // namespace
}  // namespace resultgate::yaml

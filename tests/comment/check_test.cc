// What `comment check` holds against wordings: a template that has nothing wrong is spoilt in one way at a time.
#include "server/comment/check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "tests/comment/library_for_tests.h"

namespace resultgate::comment {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kHeader[] = R"(title: Complete blood count
purpose: Blood cells.
codes: [cbc]
arguments: {count: number, total: number}
variants:
  normal: none
  high: call within 7 days
  abnormal: message
fallback: generic
)";
constexpr char kEnglish[] = R"(title: Blood count (CBC)
common:
  tested: This test counts the cells in your blood.
variants:
  normal:
    result: All {total} values are as the lab expects.
    meaning: No test can find every problem. This is often harmless.
  high:
    result: "{count, plural, one {One value is} other {# values are}} high, of {total}."
    meaning: Many things can cause this.
  abnormal:
    result: "The lab marked {count} of {total}."
    meaning: Your care team can tell you what this means for you.
)";
constexpr char kSpanish[] = R"(title: Conteo de la sangre
common:
  tested: Esta prueba mira la sangre.
variants:
  normal:
    result: Los {total} valores son como los espera el laboratorio.
    meaning: Ninguna prueba lo ve todo.
  high:
    result: "De {total}, {count, plural, one {un valor es alto} other {# valores son altos}}."
    meaning: Esto puede venir de muchas cosas.
  abnormal:
    result: El laboratorio vio algo en {count} de {total}.
    meaning: Su equipo le dice qué es esto para usted.
)";

class CheckTest : public ::testing::Test {
 protected:
  CheckTest() : copy_({"cbc"}) {
    copy_.Remove("cbc/ar.yaml");
    copy_.Write("cbc/template.yaml", kHeader);
    copy_.Write("cbc/en.yaml", kEnglish);
    copy_.Write("cbc/es.yaml", kSpanish);
  }

  // What is said of the blood count, and of the folder as a whole.
  std::string Check(absl::CivilDay today = absl::CivilDay(2026, 3, 1)) {
    base::FileIssues issues;
    const auto library = copy_.Load(&issues);
    if (library != nullptr) CheckWordings(*library, today, &issues);
    std::string text;
    for (const base::FileIssue& issue : issues) {
      if (absl::StrContains(issue.place.file, "/cbc/")) text += base::Format(issue);
    }
    return absl::StrReplaceAll(text, {{"templates/", ""}});
  }

  TemplateCopy copy_;
};

TEST_F(CheckTest, NothingIsWrongWithAGoodTemplate) {
  EXPECT_EQ(Check(), "");
}

TEST_F(CheckTest, EachCheckFailsByItsName) {
  struct Case {
    const char* file;
    const char* from;
    const char* to;
    const char* expected;
  };
  const Case cases[] = {
      {"cbc/en.yaml", "Many things can cause this.",
       "Numerous physiological abnormalities necessitate additional laboratory investigation.",
       "cbc/en.yaml:8:3: error: [reading-level] `high` in `en` reads at grade"},
      {"cbc/en.yaml", "Many things can cause this.",
       "Numerous physiological abnormalities necessitate additional laboratory investigation.",
       "shorten “Numerous physiological abnormalities necessitate additional laboratory investigation.”"},
      {"cbc/es.yaml", "Esto puede venir de muchas cosas.",
       "Numerosas anormalidades fisiológicas necesitan investigaciones adicionales especializadas.",
       "[reading-level] `high` in `es` reads at"},
      {"cbc/en.yaml", "Many things can cause this.",
       "It can be due to a cold or to a long run or to a pill that you took or to one of a lot of things.",
       "[sentence-length] `high` in `en` has a sentence of 27 words"},
      {"cbc/en.yaml", "Blood count (CBC)", "Blood count", "CBC"},  // never said: see below
      {"cbc/en.yaml", "Many things can cause this.", "It can go with WBC.",
       "[abbreviation] `high` in `en` does not explain `WBC`; write what it is and `(WBC)` after it"},
      {"cbc/en.yaml", "Many things can cause this.", "Your renal care team can tell.",
       "cbc/en.yaml:10:14: error: [jargon] `renal` is not an everyday word; write `kidney`"},
      {"cbc/es.yaml", "Esto puede venir de muchas cosas.", "Es por causas crónicas.",
       "[jargon] `crónico` is not an everyday word; write `que dura mucho`"},
      {"cbc/en.yaml", "Many things can cause this.", "Most often it is harmless.",
       "[reassurance] `high` in `en` comforts: `harmless`"},
      {"cbc/es.yaml", "Esto puede venir de muchas cosas.", "No se preocupe.",
       "[reassurance] `high` in `es` comforts: `no se preocupe`"},
      {"cbc/en.yaml", "Many things can cause this.", "This means that you have anemia.",
       "[diagnosis] `you have anemia` states a diagnosis"},
      {"cbc/en.yaml", "Many things can cause this.", "Call 217-782-4977.", "[telephone] a wording has a telephone number"},
      {"cbc/en.yaml", "title: Blood count (CBC)\n", "", "cbc/en.yaml:1:1: error: [title] the comment has no `title`"},
      // A language, an argument, a variant, a next step dropped.
      {"cbc/es.yaml", "De {total}, {count", "{count",
       "[arguments] `result` of `high` uses {count} and in another language {count, total}"},
      {"cbc/es.yaml", "  abnormal:", "  low:", "[variant] the variant `abnormal` is missing"},
      {"cbc/template.yaml", "high: call within 7 days", "high: none",
       "[next-step] only `normal` and `not-detected` may tell the reader to do nothing"},
      {"cbc/en.yaml", "Your care team can tell you what this means for you.",
       "Your care team can tell.\n    to_do: Send a message to your clinic.",
       "cbc/en.yaml:14:12: error: [next-step] `to_do` says `message` but not when the clinic answers"},
      {"cbc/en.yaml", "Many things can cause this.",
       "Many things.\n    to_do: Call within {days, plural, one {# day} other {# days}}.",
       "[arguments] the argument `days` is not to be had here"},
  };
  for (const Case& c : cases) {
    const std::string before = copy_.Read(c.file);
    copy_.Edit(c.file, c.from, c.to);
    if (std::string(c.expected) == "CBC") {
      EXPECT_EQ(Check(), "");
    } else {
      EXPECT_THAT(Check(), HasSubstr(c.expected)) << c.to;
    }
    copy_.Write(c.file, before);
  }
  copy_.Remove("cbc/es.yaml");
  EXPECT_THAT(Check(), HasSubstr("[language] the template has no `es.yaml`"));
}

TEST_F(CheckTest, WhatIsAllowed) {
  for (const char* fine : {"White cells (WBC) can rise.", "WBC (white cells) can rise.", "HIV can do this.",
                           "This does not mean that it is so.", "It has 7.10 of 12.5 units."}) {
    const std::string before = copy_.Read("cbc/en.yaml");
    copy_.Edit("cbc/en.yaml", "Many things can cause this.", fine);
    EXPECT_EQ(Check(), "") << fine;
    copy_.Write("cbc/en.yaml", before);
  }
  // A test's name is not the author's choice.
  copy_.Edit("cbc/en.yaml", "Many things can cause this.", "Hematocrit hematocrit hematocrit hematocrit hematocrit hematocrit.");
  EXPECT_THAT(Check(), HasSubstr("[reading-level]"));
  copy_.Edit("cbc/template.yaml", "fallback:", "exempt_terms: [hematocrit]\nfallback:");
  EXPECT_EQ(Check(), "");
}

TEST_F(CheckTest, SignOffs) {
  const auto sign = [&](const std::string& language, const std::string& digest) {
    copy_.Write("cbc/template.yaml",
                absl::StrCat(kHeader, "sign_off: {", language,
                             ": {role: physician, date: 2026-03-01, next_review: 2027-03-01, digest: \"", digest, "\"}}\n"));
  };
  sign("en", "sha256:0");
  EXPECT_THAT(Check(),
              HasSubstr("[sign-off] the text in `en` is not the one that was signed off; read it again, then write `digest: " +
                        copy_.DigestOf("cbc", "en")));
  sign("en", copy_.DigestOf("cbc", "en"));
  // Once one is signed, all are expected to be.
  EXPECT_THAT(Check(), Not(HasSubstr("in `en`")));
  EXPECT_THAT(Check(), HasSubstr("cbc/es.yaml:1:1: error: [sign-off] nobody signed it off in `es`"));
  EXPECT_THAT(Check(absl::CivilDay(2027, 3, 1)), Not(HasSubstr("was due")));
  EXPECT_THAT(Check(absl::CivilDay(2027, 3, 2)), HasSubstr("[sign-off] the review of `en` was due on 2027-03-01"));
}

// The project's own: see also the test `comment_check`, which runs the command on them.
TEST(ProjectTemplatesTest, PassTheirCheck) {
  base::FileIssues issues;
  CheckWordings(ProjectTemplates(), absl::CivilDay(2026, 3, 1), &issues);
  EXPECT_FALSE(base::HasErrors(issues)) << base::Format(issues);
}

}  // namespace
}  // namespace resultgate::comment

// Syllables, sentences and scores: of our own texts here, and of published ones where the folder beside the project has them.
#include "server/text/readability.h"

#include <gtest/gtest.h>

#include <cmath>
#include <iostream>

#include "absl/strings/numbers.h"
#include "server/base/file.h"
#include "server/json/json.h"

namespace resultgate::text {
namespace {

TEST(ReadabilityTest, EnglishSyllables) {
  struct Case {
    const char* word;
    int syllables;
  };
  const Case cases[] = {{"the", 1},       {"blood", 1},       {"sugar", 2},   {"kidney", 2},    {"kidneys", 2}, {"little", 2},
                        {"puzzles", 2},   {"marked", 1},      {"wanted", 2},  {"value", 2},     {"values", 2},  {"medicine", 3},
                        {"medicines", 3}, {"usual", 3},       {"usually", 4}, {"liver", 2},     {"clinic", 2},  {"emergency", 4},
                        {"vitamin", 3},   {"results", 2},     {"safely", 2},  {"treatment", 2}, {"region", 2},  {"nation", 2},
                        {"iodine", 3},    {"you’re", 1},      {"it's", 1},    {"people", 2},    {"high", 1},    {"creative", 3},
                        {"diabetes", 4},  {"cholesterol", 4}, {"thyroid", 2}, {"hormone", 2},   {"9", 1},       {"2", 1}};
  for (const Case& c : cases) EXPECT_EQ(EnglishSyllables(c.word), c.syllables) << c.word;
}

TEST(ReadabilityTest, SpanishSyllables) {
  struct Case {
    const char* word;
    int syllables;
  };
  const Case cases[] = {{"día", 2},     {"siete", 2}, {"ciudad", 2},   {"aire", 2},  {"ahora", 3},     {"médico", 3},
                        {"riñón", 2},   {"guía", 2},  {"guerra", 2},   {"que", 1},   {"quiere", 2},    {"agua", 2},
                        {"Uruguay", 3}, {"hay", 1},   {"muy", 1},      {"leer", 2},  {"resultado", 4}, {"laboratorio", 5},
                        {"país", 2},    {"baúl", 2},  {"continúa", 4}, {"mayo", 2},  {"construye", 3}, {"pingüino", 3},
                        {"creía", 3},   {"caía", 3},  {"buey", 1},     {"usted", 2}, {"análisis", 4},  {"sangre", 2}};
  for (const Case& c : cases) EXPECT_EQ(SpanishSyllables(c.word), c.syllables) << c.word;
}

// Counted and computed by hand.
TEST(ReadabilityTest, ScoresOfOurOwnTexts) {
  const Reading easy = Read("The lab marked one value as low. Call your clinic today.", "en");
  ASSERT_EQ(easy.sentences.size(), 2u);
  EXPECT_EQ(easy.words, 11);
  EXPECT_EQ(easy.syllables, 14);  // value, clinic and today have two
  EXPECT_NEAR(FleschKincaidGrade(easy), 0.39 * 11 / 2 + 11.8 * 14 / 11 - 15.59, 1e-9);
  EXPECT_NEAR(SmogGrade(easy), 3.1291, 1e-9);

  const Reading hard = Read("Hyperlipidemia necessitates pharmacological intervention.", "en");
  EXPECT_EQ(hard.words, 4);
  EXPECT_EQ(hard.polysyllables, 4);
  EXPECT_NEAR(SmogGrade(hard), 1.043 * std::sqrt(120.0) + 3.1291, 1e-9);
  EXPECT_GT(FleschKincaidGrade(hard), 30);

  const Reading spanish = Read("El laboratorio marcó un valor. Llame a su clínica hoy.", "es");
  EXPECT_EQ(spanish.words, 10);
  EXPECT_EQ(spanish.syllables, 19);  // 1 5 2 1 2, 2 1 1 3 1
  EXPECT_NEAR(FernandezHuerta(spanish), 206.84 - 60 * 1.9 - 1.02 * 5, 1e-9);
  EXPECT_STREQ(Inflesz(81), "muy fácil");
  EXPECT_STREQ(Inflesz(80), "bastante fácil");
  EXPECT_STREQ(Inflesz(65), "normal");
  EXPECT_STREQ(Inflesz(55), "algo difícil");
  EXPECT_STREQ(Inflesz(40), "muy difícil");
}

TEST(ReadabilityTest, SentencesAndWords) {
  struct Case {
    const char* text;
    size_t sentences;
    int words;
  };
  const Case cases[] = {{"", 0, 0},
                        {" … - ", 0, 0},
                        {"One line\nof two lines.", 1, 5},
                        {"Value: 7.10 mg/dL. Fine.", 2, 5},
                        {"Is it high? Yes! Call.", 3, 5},
                        {"well-balanced, it’s", 1, 2},
                        {"¿Tiene preguntas? Llame.", 2, 3},
                        {"اذهب الآن إلى قسم الطوارئ. لا تنتظر.", 2, 7}};
  for (const Case& c : cases) {
    const Reading reading = Read(c.text, "en");
    EXPECT_EQ(reading.sentences.size(), c.sentences) << c.text;
    EXPECT_EQ(reading.words, c.words) << c.text;
  }
  for (const double score : {FleschKincaidGrade(Read("", "en")), SmogGrade(Read("", "en")), FernandezHuerta(Read("", "es"))}) {
    EXPECT_EQ(score, 0);
  }
}

TEST(ReadabilityTest, ExemptTermsCountAsOneShortWord) {
  const Reading reading = Read("Your thyroid stimulating hormone was low.", "en", {"Thyroid stimulating hormone"});
  EXPECT_EQ(reading.words, 4);
  EXPECT_EQ(reading.syllables, 4);
  EXPECT_EQ(Read("Ferritin is low.", "en", {"ferritin"}).syllables, 3);
}

TEST(ReadabilityTest, TheHardestSentenceIsNamed) {
  const Reading reading = Read("This is easy. Concentrations of triglycerides necessitate reconsideration. So is this.", "en");
  EXPECT_EQ(HardestSentence(reading), 1);
  EXPECT_EQ(HardestSentence(Read("", "en")), -1);
}

// Published scores: within half a grade.
TEST(ReadabilityTest, AgreesWithPublishedScores) {
  const auto file = base::ReadFile("../shared/data/readability/textstat_reference.json");
  if (!file.ok()) GTEST_SKIP() << "../shared/data/readability is not here";
  json::Error error;
  const auto reference = json::Document::Parse(*file, {}, &error);
  ASSERT_NE(reference, nullptr) << error.message;
  int compared = 0;
  for (const json::Value& expected : reference->root()["expected"].children()) {
    const absl::string_view metric = expected["metric"].string(), name = expected["text_name"].string();
    const absl::string_view text = reference->root()["texts"][name].string();
    double published = 0;
    if ((metric != "flesch_kincaid_grade" && metric != "smog_index") || text.empty()) continue;
    ASSERT_TRUE(absl::SimpleAtod(expected["expected"].text(), &published));
    const Reading reading = Read(text, "en");
    const double score = metric == "smog_index" ? SmogGrade(reading) : FleschKincaidGrade(reading);
    EXPECT_NEAR(score, published, 0.5) << metric << " of " << name;
    std::cout << metric << " of " << name << ": " << score << ", published " << published << "\n";
    ++compared;
  }
  EXPECT_EQ(compared, 8);
  // The Spanish formulas are given there for English texts; ours on the published counts must give the same.
  const Reading counted{{{"", 5, 7, 1}}, 5, 7, 1};
  EXPECT_NEAR(FernandezHuerta(counted), 117.74, 0.01);
  EXPECT_NEAR(SzigrisztPazos(counted), 114.615, 0.01);
}

}  // namespace
}  // namespace resultgate::text

// A report of several tests: each that is marked is explained in the words of its own template, and the reader is told to do no
// less than one of the results alone would ask for.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/comment/template.h"
#include "server/nextstep/next_step.h"
#include "tests/comment/library_for_tests.h"

namespace resultgate::comment {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr v1::Interpretation kNormal = v1::INTERPRETATION_NORMAL, kLow = v1::INTERPRETATION_LOW, kHigh = v1::INTERPRETATION_HIGH,
                             kCriticalHigh = v1::INTERPRETATION_CRITICAL_HIGH;
constexpr char kPotassium[] = "2823-3", kHemoglobin[] = "718-7", kCholesterol[] = "2093-3", kInr[] = "6301-6",
               kGlucose[] = "2345-7", kHiv[] = "56888-1", kTsh[] = "3016-3";

struct Result {
  std::string code;
  v1::Interpretation interpretation;
};

v1::DiagnosticReport Panel(const std::string& code, const std::vector<Result>& results, const std::string& language = "en") {
  v1::DiagnosticReport report;
  report.set_status(v1::RESULT_STATUS_FINAL);
  report.set_section(v1::SECTION_LABORATORY);
  report.mutable_patient()->set_language(language);
  const auto set = [](const std::string& loinc, v1::CodeableConcept* concept_) {
    v1::Coding* coding = concept_->add_codings();
    coding->set_system("http://loinc.org");
    coding->set_code(loinc);
  };
  if (!code.empty()) set(code, report.mutable_code());
  for (const Result& result : results) {
    v1::Observation* observation = report.add_observations();
    observation->set_id(absl::StrCat(result.code, "/", report.observations_size()));
    observation->set_status(v1::RESULT_STATUS_FINAL);
    observation->set_interpretation(result.interpretation);
    observation->mutable_quantity()->set_value("5");
    set(result.code, observation->mutable_code());
  }
  return report;
}

v1::Comment Render(const v1::DiagnosticReport& report, const Library& library = ProjectTemplates()) {
  Request request;
  request.report = &report;
  return library.Render(request);
}

std::vector<std::string> Items(const v1::Comment& comment, v1::CommentSection::Kind kind) {
  for (const v1::CommentSection& section : comment.sections()) {
    if (section.kind() == kind) return {section.items().begin(), section.items().end()};
  }
  return {};
}

std::string Parts(const v1::Comment& comment) {
  return absl::StrJoin(comment.parts(), " ", [](std::string* out, const v1::CommentPart& part) {
    absl::StrAppend(out, part.template_id(), "/", part.variant(), "(", absl::StrJoin(part.unit_ids(), ","), ")");
  });
}

std::string Step(const v1::Comment& comment) {
  return nextstep::ToString(comment.next_step());
}

TEST(PartsTest, AMixedPanelSaysTheWholeFirstAndThenEachThatIsMarked) {
  const v1::Comment comment = Render(Panel("", {{kPotassium, kHigh}, {kHemoglobin, kNormal}, {kCholesterol, kNormal}}));
  EXPECT_EQ(comment.template_id(), "generic-abnormal");
  EXPECT_EQ(comment.variant(), "high");
  EXPECT_EQ(Parts(comment), "potassium/high(2823-3/1) hemoglobin/(718-7/2) lipids/(2093-3/3)");
  EXPECT_EQ(comment.parts(0).template_digest().size(), 71u);
  EXPECT_THAT(Items(comment, v1::CommentSection::KIND_TESTED),
              ElementsAre(StartsWith("Potassium: Potassium is a salt"), StartsWith("Hemoglobin and red blood cells: "),
                          StartsWith("Blood fats (cholesterol): ")));
  EXPECT_THAT(Items(comment, v1::CommentSection::KIND_MEANING),
              ElementsAre(StartsWith("Potassium: Your potassium is higher than the lab expects.")));
  EXPECT_THAT(Items(comment, v1::CommentSection::KIND_TO_DO), ElementsAre(StartsWith("Potassium: If you feel very weak")));
  // Once: the others are not called usual beside one that is not.
  EXPECT_THAT(comment.text(), Not(HasSubstr("where the lab expects")));
  EXPECT_THAT(absl::StrJoin(comment.chosen_because(), "\n"), HasSubstr("templates of single tests speak of their part"));
}

TEST(PartsTest, WhatIsAllUsualIsSaidOnceOfAll) {
  const v1::Comment comment = Render(Panel("", {{kPotassium, kNormal}, {kHemoglobin, kNormal}}));
  EXPECT_EQ(comment.template_id(), "generic-normal");
  EXPECT_EQ(Step(comment), "none");
  EXPECT_THAT(Items(comment, v1::CommentSection::KIND_TESTED), SizeIs(2));
  EXPECT_THAT(Items(comment, v1::CommentSection::KIND_MEANING), IsEmpty());
  EXPECT_THAT(Items(comment, v1::CommentSection::KIND_TO_DO), IsEmpty());
}

TEST(PartsTest, NextSteps) {
  struct Case {
    const char* name;
    const char* panel;
    std::vector<Result> results;
    const char* template_id;
    const char* step;
  };
  const Case cases[] = {
      {"the most urgent of those that are marked",
       "",
       {{kCholesterol, kHigh}, {kPotassium, kHigh}},
       "generic-abnormal",
       "call within 1 day"},
      {"one that is as usual asks for nothing",
       "",
       {{kPotassium, kNormal}, {kCholesterol, kHigh}},
       "generic-abnormal",
       "message"},
      {"what no template explains keeps the generic step",
       "",
       {{"99999-9", kHigh}, {kCholesterol, kHigh}},
       "generic-abnormal",
       "call within 7 days"},
      {"in a panel with words of its own too",
       "24323-8",
       {{kGlucose, kNormal}, {kPotassium, kHigh}},
       "comprehensive-metabolic-panel",
       "call within 1 day"},
      {"low and high of one test: as the more urgent of both",
       "",
       {{kGlucose, kLow}, {kGlucose, kHigh}},
       "glucose",
       "call within 1 day"},
      {"critical is an emergency", "", {{kPotassium, kCriticalHigh}, {kCholesterol, kHigh}}, "critical", "emergency"},
  };
  for (const Case& c : cases) {
    const v1::Comment comment = Render(Panel(c.panel, c.results));
    EXPECT_EQ(comment.template_id(), c.template_id) << c.name;
    EXPECT_EQ(Step(comment), c.step) << c.name << "\n" << comment.text();
  }
}

// In a language in which nobody wrote the template of the one test, what to do is the same.
TEST(PartsTest, TheStepDoesNotDependOnTheLanguage) {
  for (const char* language : {"en", "es", "ar"}) {
    EXPECT_EQ(Step(Render(Panel("", {{kPotassium, kHigh}, {kHemoglobin, kNormal}}, language))), "call within 1 day") << language;
    EXPECT_EQ(Step(Render(Panel("", {{kPotassium, kHigh}}, language))), "call within 1 day") << language;
  }
}

TEST(PartsTest, WhatIsCriticalIsNotBuriedUnderTheRest) {
  const v1::Comment comment =
      Render(Panel("", {{kHemoglobin, kLow}, {kPotassium, kCriticalHigh}, {kInr, kNormal}, {kCholesterol, kNormal}}));
  EXPECT_EQ(comment.template_id(), "critical");
  EXPECT_EQ(comment.variant(), "critical-high");
  EXPECT_EQ(Parts(comment), "potassium/(2823-3/2)");
  EXPECT_THAT(comment.text(), Not(HasSubstr("Your hemoglobin")));
}

TEST(PartsTest, ATestWithAGoalOfItsOwnSaysSoBesideOneThatIsMarked) {
  const v1::Comment comment = Render(Panel("", {{kInr, kHigh}, {kPotassium, kHigh}}));
  EXPECT_EQ(comment.variant(), "high");
  EXPECT_EQ(Parts(comment), "inr/no-verdict(6301-6/1) potassium/high(2823-3/2)");
  EXPECT_THAT(Items(comment, v1::CommentSection::KIND_MEANING),
              ElementsAre(HasSubstr("your care team compares the number with the goal set for you"), HasSubstr("potassium")));
}

TEST(PartsTest, APanelWithItsOwnWordsExplainsWhatIsMarked) {
  const v1::Comment comment = Render(Panel("24323-8", {{kGlucose, kNormal}, {kPotassium, kHigh}}));
  EXPECT_EQ(comment.template_id(), "comprehensive-metabolic-panel");
  EXPECT_EQ(Parts(comment), "potassium/high(2823-3/2)");
  EXPECT_THAT(Items(comment, v1::CommentSection::KIND_TESTED), IsEmpty());
  EXPECT_THAT(Items(comment, v1::CommentSection::KIND_MEANING), ElementsAre(StartsWith("Potassium: Your potassium is higher")));
  EXPECT_EQ(Parts(Render(Panel("24323-8", {{kGlucose, kNormal}, {kPotassium, kNormal}}))), "");
}

TEST(PartsTest, NobodyInHospitalIsToldWhenNotToWait) {
  v1::DiagnosticReport report = Panel("", {{kPotassium, kHigh}, {kHemoglobin, kNormal}});
  report.mutable_order()->set_encounter_class(v1::ENCOUNTER_CLASS_INPATIENT);
  const v1::Comment comment = Render(report);
  EXPECT_EQ(Step(comment), "ask the care team");
  EXPECT_THAT(Items(comment, v1::CommentSection::KIND_MEANING), SizeIs(1));
  EXPECT_THAT(Items(comment, v1::CommentSection::KIND_TO_DO), IsEmpty());
}

TEST(PartsTest, WhatIsHiddenStaysSo) {
  const v1::Comment comment = Render(Panel("", {{kHiv, v1::INTERPRETATION_DETECTED}, {kPotassium, kHigh}}));
  EXPECT_EQ(Parts(comment), "potassium/high(2823-3/2)");
  EXPECT_THAT(comment.text(), Not(HasSubstr("HIV")));
  // Under a name that is hidden, nothing is named.
  v1::DiagnosticReport ordered = Panel("", {{kPotassium, kHigh}, {kHemoglobin, kNormal}});
  *ordered.mutable_order()->mutable_code() = Panel(kHiv, {}).code();
  const v1::Comment hidden = Render(ordered);
  EXPECT_EQ(Parts(hidden), "");
  EXPECT_THAT(hidden.text(), AllOf(Not(HasSubstr("otassium")), Not(HasSubstr("emoglobin"))));
  EXPECT_EQ(Step(hidden), "call within 1 day");
}

TEST(PartsTest, NothingIsExplainedWhereNothingIsJudged) {
  v1::DiagnosticReport report = Panel("", {{kPotassium, kHigh}, {kHemoglobin, kNormal}});
  report.mutable_observations(1)->set_status(v1::RESULT_STATUS_PRELIMINARY);
  const v1::Comment early = Render(report);
  EXPECT_EQ(early.variant(), "preliminary+no-verdict");
  EXPECT_THAT(Items(early, v1::CommentSection::KIND_MEANING), IsEmpty());
  EXPECT_EQ(Step(early), "call within 1 day");  // the potassium is final, and marked
  report.mutable_observations(1)->set_status(v1::RESULT_STATUS_FINAL);
  for (const Occasion occasion : {Occasion::kBeingCorrected, Occasion::kCancelled}) {
    Request request;
    request.report = &report;
    request.occasion = occasion;
    EXPECT_EQ(ProjectTemplates().Render(request).parts_size(), 0);
  }
  // Tissue, cells and genes have one comment whatever is in the report.
  report.set_section(v1::SECTION_PATHOLOGY);
  EXPECT_EQ(Parts(Render(report)), "");
}

TEST(PartsTest, ACliniciansWordsInPlaceOfTheTemplatesStandInPlaceOfItsPartsToo) {
  const v1::DiagnosticReport report = Panel("", {{kPotassium, kHigh}, {kHemoglobin, kNormal}});
  v1::ClinicianComment words;
  words.set_text("We will call you.");
  Request request;
  request.report = &report;
  request.clinician = &words;
  EXPECT_EQ(ProjectTemplates().Render(request).parts_size(), 2);
  words.set_replaces_template(true);
  const v1::Comment instead = ProjectTemplates().Render(request);
  EXPECT_EQ(instead.parts_size(), 0);
  EXPECT_THAT(instead.text(), Not(HasSubstr("otassium")));
}

// Of many, those that are marked are said, the most urgent of them always.
TEST(PartsTest, AtMostTwelve) {
  std::vector<Result> results;
  for (const char* code : {"718-7", "777-3", "2951-2", "2345-7", "2160-0", "3094-0", "17861-6", "2777-1", "19123-9", "3084-1",
                           "2276-4", "2132-9", "2284-8", "3016-3", "1988-5", "4548-4", "6768-6"})
    results.push_back({code, kHigh});
  results.push_back({kPotassium, kHigh});
  const v1::Comment comment = Render(Panel("", results));
  EXPECT_EQ(comment.parts_size(), 12);
  EXPECT_THAT(Parts(comment), HasSubstr("potassium/high"));
  EXPECT_EQ(Step(comment), "call within 1 day");
}

TEST(PartsTest, WhatNobodySignedIsNoPart) {
  TemplateCopy copy({"potassium", "hemoglobin"});
  const auto sign = [&](const std::string& id) {
    const std::string file = id + "/template.yaml";
    copy.Write(file, absl::StrCat(copy.Read(file),
                                  "sign_off: {en: {role: physician, date: 2026-03-01, next_review: 2027-03-01, digest: \"",
                                  copy.DigestOf(id, "en"), "\"}}\n"));
  };
  const v1::DiagnosticReport report = Panel("", {{kPotassium, kHigh}, {kHemoglobin, kHigh}});
  sign("generic-abnormal");
  sign("hemoglobin");
  const v1::Comment comment = Render(report, *copy.MustLoad());
  EXPECT_EQ(comment.template_id(), "generic-abnormal");
  EXPECT_EQ(Parts(comment), "hemoglobin/high(718-7/2)");
  EXPECT_THAT(comment.text(), Not(HasSubstr("Your potassium")));
  EXPECT_EQ(Step(comment), "call within 1 day");  // what nobody signed may still make it more urgent, never less
  sign("potassium");
  EXPECT_EQ(Render(report, *copy.MustLoad()).parts_size(), 2);
}

// Whatever is put together, in every language: the reader is never told to do less than one of the results alone would ask for.
TEST(PartsTest, APanelNeverAsksForLessThanOneOfItsResultsAlone) {
  constexpr unsigned kSeed = 20260301;
  std::mt19937 random(kSeed);
  const Templates& templates = ProjectTemplates().templates();
  const std::vector<std::string> codes = {kPotassium, kHemoglobin, kCholesterol, kInr,     kGlucose,  kHiv,
                                          kTsh,       "2160-0",    "2951-2",     "777-3",  "6690-2",  "1742-6",
                                          "1975-2",   "2276-4",    "2132-9",     "5902-2", "48065-7", "10839-9",
                                          "2857-1",   "630-4",     "99999-9",    "8302-2", "2085-9",  "1989-3"};
  const std::vector<std::string> panels = {"", "", "24323-8", "58410-2", "24331-1", "24326-1", "24325-3"};
  const auto pick = [&](const auto& from) { return from[std::uniform_int_distribution<size_t>(0, from.size() - 1)(random)]; };
  std::uniform_int_distribution<int> count(2, 8), interpretation(0, 12), status(0, 9);
  for (int round = 0; round < 3000; ++round) {
    std::vector<Result> results;
    for (int i = count(random); i > 0; --i) {
      int flag = interpretation(random);
      while (!v1::Interpretation_IsValid(flag)) flag = interpretation(random);
      results.push_back({pick(codes), round % 3 == 0 ? kNormal : static_cast<v1::Interpretation>(flag)});
    }
    v1::DiagnosticReport report = Panel(pick(panels), results, templates.languages[static_cast<size_t>(round) % 3].tag);
    if (round % 4 == 0) {
      const int early = status(random);
      if (v1::ResultStatus_IsValid(early)) report.mutable_observations(0)->set_status(static_cast<v1::ResultStatus>(early));
    }
    const v1::Comment whole = Render(report);
    if (whole.variant() == "cancelled" || whole.variant() == "being-corrected") continue;
    for (int i = 0; i < report.observations_size(); ++i) {
      v1::DiagnosticReport single = report;
      single.clear_code();
      single.clear_observations();
      *single.add_observations() = report.observations(i);
      const v1::Comment alone = Render(single);
      // What only a panel knows, its template speaks for.
      if (alone.template_id() == "generic-abnormal" && whole.template_id() != "generic-abnormal") continue;
      ASSERT_FALSE(nextstep::IsMoreUrgent(alone.next_step(), whole.next_step()))
          << "seed " << kSeed << " round " << round << " " << report.observations(i).ShortDebugString() << "\nalone "
          << alone.template_id() << "/" << alone.variant() << ": " << Step(alone) << "\nwhole " << whole.template_id() << "/"
          << whole.variant() << ": " << Step(whole);
    }
  }
}

}  // namespace
}  // namespace resultgate::comment

// Which template, wording and language a report gets, and what is said of the choice.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/time/civil_time.h"
#include "server/comment/specimen.h"
#include "server/comment/template.h"
#include "server/nextstep/next_step.h"
#include "tests/comment/library_for_tests.h"

namespace resultgate::comment {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kLoinc = "http://loinc.org";

void SetCode(const std::string& code, v1::CodeableConcept* codeable_concept) {
  if (code.empty()) return;
  v1::Coding* coding = codeable_concept->add_codings();
  coding->set_system(kLoinc);
  coding->set_code(code);
}

// A final report whose observations are all normal.
v1::DiagnosticReport Report(const std::string& code, v1::Section section, const std::vector<std::string>& observations) {
  v1::DiagnosticReport report;
  report.set_status(v1::RESULT_STATUS_FINAL);
  report.set_section(section);
  SetCode(code, report.mutable_code());
  for (const std::string& observed : observations) {
    v1::Observation* observation = report.add_observations();
    observation->set_status(v1::RESULT_STATUS_FINAL);
    observation->mutable_quantity()->set_value("5");
    observation->set_interpretation(v1::INTERPRETATION_NORMAL);
    SetCode(observed, observation->mutable_code());
  }
  return report;
}

v1::Comment Render(const v1::DiagnosticReport& report, const Library& library = ProjectTemplates()) {
  Request request;
  request.report = &report;
  return library.Render(request);
}

std::string Steps(const v1::Comment& comment) {
  return absl::StrJoin(comment.chosen_because(), "\n");
}

TEST(ChoiceTest, Templates) {
  constexpr v1::Section kLab = v1::SECTION_LABORATORY;
  struct Case {
    const char* name;
    const char* code;
    v1::Section section;
    std::vector<std::string> observations;
    const char* template_id;
    const char* variant;
    const char* because;
  };
  const Case cases[] = {
      {"exact code of the report", "58410-2", kLab, {"718-7"}, "cbc", "normal", "its code is the report's"},
      {"exact codes of the observations",
       "",
       kLab,
       {"1742-6", "1920-8"},
       "liver-enzymes",
       "normal",
       "its codes are those of all observations"},
      {"exact before value set", "2160-0", kLab, {"2160-0"}, "creatinine", "normal", "its code is the report's"},
      {"observations exact before the report's value set",
       "2524-7",
       kLab,
       {"2160-0"},
       "creatinine",
       "normal",
       "its codes are those of all"},
      {"value set of the report", "3255-7", kLab, {}, "coagulation", "no-verdict", "its value set has the report's code"},
      {"value set of the observations",
       "",
       kLab,
       {"718-7", "6690-2"},
       "cbc",
       "normal",
       "its value set has the codes of all observations"},
      {"observations of two kinds",
       "",
       kLab,
       {"718-7", "2093-3"},
       "generic-normal",
       "normal",
       "it says this wording for every test"},
      {"section", "", v1::SECTION_MICROBIOLOGY, {}, "microbiology", "no-verdict", "it speaks for the section"},
      {"section without code", "", v1::SECTION_PATHOLOGY, {}, "biopsy-ready", "no-verdict", "it speaks for the section"},
      {"a template that cannot say it is passed over",
       "",
       v1::SECTION_CYTOLOGY,
       {"718-7"},
       "cytology-ready",
       "no-verdict",
       "it speaks for the section"},
      {"imaging", "", v1::SECTION_IMAGING, {}, "imaging-ready", "no-verdict", "it speaks for the section"},
      {"nothing known",
       "",
       v1::SECTION_UNCLASSIFIED,
       {},
       "generic-no-verdict",
       "no-verdict",
       "it says this wording for every test"},
      {"unknown codes", "99999-9", kLab, {"99999-9"}, "generic-normal", "normal", "it says this wording for every test"},
      {"an INR in a panel of others", "", kLab, {"718-7", "6301-6"}, "generic-no-verdict", "no-verdict", "does not judge"},
      {"a wording that the template has not",
       "630-4",
       kLab,
       {"630-4"},
       "generic-normal",
       "normal",
       "but it leaves `normal` to the generic"},
      {"a value without a flag keeps its template",
       "24323-8",
       kLab,
       {},
       "comprehensive-metabolic-panel",
       "no-verdict",
       "its code is the report's"},
  };
  for (const Case& c : cases) {
    const v1::Comment comment = Render(Report(c.code, c.section, c.observations));
    EXPECT_EQ(comment.template_id(), c.template_id) << c.name << "\n" << Steps(comment);
    EXPECT_EQ(comment.variant(), c.variant) << c.name;
    EXPECT_EQ(comment.language(), "en") << c.name;
    EXPECT_THAT(Steps(comment), HasSubstr(c.because)) << c.name;
    EXPECT_FALSE(comment.text().empty()) << c.name;
    EXPECT_EQ(comment.template_digest().size(), 71u) << c.name;
  }
}

TEST(ChoiceTest, LocalCodesBesideLoinc) {
  v1::DiagnosticReport report = Report("", v1::SECTION_LABORATORY, {"718-7"});
  v1::Coding* local = report.mutable_code()->add_codings();
  local->set_system("urn:local:LAB|NORTH");
  local->set_code("58410-2");  // the same letters in another system mean nothing
  EXPECT_THAT(Steps(Render(report)), HasSubstr("all observations"));
  SetCode("58410-2", report.mutable_code());
  EXPECT_THAT(Steps(Render(report)), HasSubstr("its code is the report's"));
}

TEST(ChoiceTest, Languages) {
  struct Case {
    const char* patient;
    const char* pack;
    const char* language;
    const char* because;
  };
  const Case cases[] = {
      {"es", "en", "es", "language `es`: for the patient's `es`"},
      {"es-MX", "en", "es", "language `es`: for the patient's `es-MX`"},
      {"ES_us", "en", "es", "language `es`: for the patient's `es-US`"},
      {"en-GB", "es", "en", "language `en`: for the patient's `en-GB`"},
      {"fr", "es", "es", "no template is written in the patient's `fr`"},
      {"fr", "pt", "en", "no template is written in the pack's `pt`"},
      {"", "es", "es", "the patient's language is not known"},
      {"{es}", "en", "en", "the patient's language is no language tag"},
      {"zz", "", "en", "language `en`: for the last resort, `en`"},
  };
  for (const Case& c : cases) {
    v1::DiagnosticReport report = Report("58410-2", v1::SECTION_LABORATORY, {"718-7"});
    if (*c.patient != '\0') report.mutable_patient()->set_language(c.patient);
    Request request;
    request.report = &report;
    request.fallback_language = c.pack;
    const v1::Comment comment = ProjectTemplates().Render(request);
    EXPECT_EQ(comment.language(), c.language) << c.patient;
    EXPECT_THAT(Steps(comment), HasSubstr(c.because));
    EXPECT_EQ(comment.template_id(), "cbc");
  }
}

TEST(ChoiceTest, TheSameRequestGivesTheSameCommentInEveryThread) {
  const v1::DiagnosticReport report = Report("58410-2", v1::SECTION_LABORATORY, {"718-7", "6690-2"});
  const std::string expected = Render(report).SerializeAsString();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 100; ++i) ASSERT_EQ(Render(report).SerializeAsString(), expected);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

v1::DiagnosticReport HighPotassium(v1::Interpretation interpretation) {
  v1::DiagnosticReport report = Report("2823-3", v1::SECTION_LABORATORY, {"2823-3"});
  report.mutable_observations(0)->mutable_quantity()->set_value("7.1");
  report.mutable_observations(0)->clear_reference_range();
  report.mutable_observations(0)->set_interpretation(interpretation);
  return report;
}

TEST(ChoiceTest, NobodyInHospitalIsSentAway) {
  struct Case {
    v1::Interpretation interpretation;
    v1::EncounterClass encounter;
    v1::NextStep::Kind kind;
  };
  const Case cases[] = {
      {v1::INTERPRETATION_CRITICAL_HIGH, v1::ENCOUNTER_CLASS_AMBULATORY, v1::NextStep::KIND_EMERGENCY},
      {v1::INTERPRETATION_CRITICAL_HIGH, v1::ENCOUNTER_CLASS_OTHER, v1::NextStep::KIND_EMERGENCY},
      {v1::INTERPRETATION_CRITICAL_HIGH, v1::ENCOUNTER_CLASS_INPATIENT, v1::NextStep::KIND_TELL_NURSE},
      {v1::INTERPRETATION_CRITICAL_HIGH, v1::ENCOUNTER_CLASS_EMERGENCY, v1::NextStep::KIND_TELL_NURSE},
      {v1::INTERPRETATION_HIGH, v1::ENCOUNTER_CLASS_AMBULATORY, v1::NextStep::KIND_CALL},
      {v1::INTERPRETATION_HIGH, v1::ENCOUNTER_CLASS_INPATIENT, v1::NextStep::KIND_ASK_CARE_TEAM},
      {v1::INTERPRETATION_NORMAL, v1::ENCOUNTER_CLASS_INPATIENT, v1::NextStep::KIND_NONE},
  };
  for (const Case& c : cases) {
    v1::DiagnosticReport report = HighPotassium(c.interpretation);
    report.mutable_order()->set_encounter_class(c.encounter);
    for (const char* language : {"en", "es", "ar"}) {
      report.mutable_patient()->set_language(language);
      const v1::Comment comment = Render(report);
      EXPECT_EQ(comment.next_step().kind(), c.kind) << comment.ShortDebugString();
      EXPECT_EQ(comment.language(), language);
      // Whom to call is always said.
      EXPECT_THAT(comment.text(), HasSubstr("[clinic]"));
    }
  }
  v1::DiagnosticReport report = HighPotassium(v1::INTERPRETATION_CRITICAL_HIGH);
  EXPECT_THAT(Render(report).text(), HasSubstr("Go to the emergency department now"));
  report.mutable_order()->set_encounter_class(v1::ENCOUNTER_CLASS_INPATIENT);
  EXPECT_THAT(Render(report).text(), HasSubstr("Tell your nurse about this result now."));
  EXPECT_THAT(Render(report).text(), Not(HasSubstr("Go to the emergency department")));
}

// TSH is kept low on purpose after cancer of the thyroid, and a pregnancy moves it: then the printed range does not judge it.
TEST(ChoiceTest, AConditionGivesATestAGoalOfItsOwn) {
  constexpr const char* kIcd10Cm = "http://hl7.org/fhir/sid/icd-10-cm";
  for (const char* code : {"C73", "Z85.850", "Z34.91", "O99.281", "I10"}) {
    for (const bool is_reason : {false, true}) {
      v1::DiagnosticReport report = Report("3016-3", v1::SECTION_LABORATORY, {"3016-3"});
      v1::CodeableConcept* condition = is_reason ? report.mutable_order()->add_reason_codes()
                                                 : report.mutable_patient()->mutable_known_conditions()->add_values();
      condition->add_codings()->set_system(kIcd10Cm);
      condition->mutable_codings(0)->set_code(code);
      for (const auto interpretation : {v1::INTERPRETATION_NORMAL, v1::INTERPRETATION_LOW, v1::INTERPRETATION_HIGH}) {
        report.mutable_observations(0)->set_interpretation(interpretation);
        const bool judged = code == std::string("I10");
        EXPECT_EQ(Render(report).variant() != "no-verdict", judged) << code;
      }
      report.mutable_observations(0)->set_interpretation(v1::INTERPRETATION_CRITICAL_HIGH);
      EXPECT_EQ(Render(report).variant(), "critical-high");
      // Of another test it says nothing.
      EXPECT_EQ(Render([&] {
                  v1::DiagnosticReport potassium = Report("2823-3", v1::SECTION_LABORATORY, {"2823-3"});
                  *potassium.mutable_patient() = report.patient();
                  *potassium.mutable_order() = report.order();
                  return potassium;
                }())
                    .variant(),
                "normal");
    }
  }
}

// A rule's step stands in place of the template's where rules speak for all that the comment is about.
TEST(ChoiceTest, ARuleSaysTheNextStep) {
  constexpr auto kNormal = v1::INTERPRETATION_NORMAL;
  constexpr auto kHigh = v1::INTERPRETATION_HIGH;
  constexpr auto kCritical = v1::INTERPRETATION_CRITICAL_HIGH;
  struct Case {
    v1::Interpretation first, second;
    std::map<std::string, std::string> asked;  // by unit
    const char* step;
    const char* because;  // empty: nothing is said
  };
  const Case cases[] = {
      {kHigh, kNormal, {}, "call within 2 days", ""},
      {kHigh,
       kNormal,
       {{"a", "call within 1 day"}},
       "call within 1 day",
       "next step `call within 1 day`: a rule asks for it; the template says `call within 2 days`"},
      {kHigh, kNormal, {{"a", "call today"}, {"b", "message"}}, "call today", "a rule asks for it"},
      // Milder than the template: only of what is marked, and of all that is.
      {kHigh, kNormal, {{"a", "message"}}, "message", "a rule asks for it; the template says `call within 2 days`"},
      {kHigh, kNormal, {{"b", "message"}}, "call within 2 days", "the template's stands, a rule asks for `message` only"},
      {kHigh, kHigh, {{"b", "message"}}, "call within 1 day", "the template's stands"},
      {kHigh, kHigh, {{"a", "message"}, {"b", "call within 9 days"}}, "call within 9 days", "a rule asks for it"},
      {kHigh, kNormal, {{"other", "call today"}}, "call within 2 days", ""},
      // Never so mild that it could harm.
      {kHigh, kNormal, {{"a", "none"}}, "call within 2 days", "the template's stands"},
      {kCritical, kNormal, {{"a", "call within 9 days"}}, "emergency", "the template's stands"},
      {kNormal, kNormal, {{"a", "message"}}, "message", "a rule asks for it; the template says `none`"},
      {kNormal, kNormal, {{"a", "none"}, {"b", "none"}}, "none", "a rule asks for it"},
  };
  for (const Case& c : cases) {
    v1::DiagnosticReport report = Report("24326-1", v1::SECTION_LABORATORY, {"2951-2", "2823-3"});
    report.mutable_observations(0)->set_id("a");
    report.mutable_observations(0)->set_interpretation(c.first);
    report.mutable_observations(1)->set_id("b");
    report.mutable_observations(1)->set_interpretation(c.second);
    Request request;
    request.report = &report;
    for (const auto& [unit, words] : c.asked) request.next_steps[unit] = *nextstep::Parse(words);
    const v1::Comment comment = ProjectTemplates().Render(request);
    const std::string what = absl::StrCat(c.first, " ", c.second, " ", c.step, ": ", Steps(comment));
    EXPECT_EQ(nextstep::ToString(comment.next_step()), c.step) << what;
    EXPECT_THAT(Steps(comment), HasSubstr(c.because));
    EXPECT_EQ(*c.because == '\0', Steps(comment).find("next step") == std::string::npos) << what;
  }
}

TEST(ChoiceTest, TheTextSaysTheRulesStep) {
  v1::DiagnosticReport report = HighPotassium(v1::INTERPRETATION_HIGH);
  report.mutable_observations(0)->set_id("a");
  Request request;
  request.report = &report;
  request.next_steps["a"] = *nextstep::Parse("call within 4 days");
  EXPECT_THAT(ProjectTemplates().Render(request).text(), HasSubstr("Call your clinic at [clinic] within 4 days"));
  request.next_steps["a"] = *nextstep::Parse("call today");
  const std::string today = ProjectTemplates().Render(request).text();
  EXPECT_THAT(today, HasSubstr("Call your clinic at [clinic] today"));
  EXPECT_THAT(today, HasSubstr("Questions?"));  // and whom else to ask, as ever
  // In hospital a rule sends nobody away either.
  report.mutable_order()->set_encounter_class(v1::ENCOUNTER_CLASS_INPATIENT);
  request.next_steps["a"] = *nextstep::Parse("emergency");
  const v1::Comment inpatient = ProjectTemplates().Render(request);
  EXPECT_EQ(inpatient.next_step().kind(), v1::NextStep::KIND_TELL_NURSE);
  EXPECT_THAT(inpatient.text(), Not(HasSubstr("Go to the emergency department")));
  // A result that is not there has no step of a rule.
  request.occasion = Occasion::kCancelled;
  EXPECT_THAT(Steps(ProjectTemplates().Render(request)), Not(HasSubstr("a rule asks")));
  // A document is a unit of its own.
  const v1::DiagnosticReport document = Report("24627-2", v1::SECTION_IMAGING, {});
  Request of_document;
  of_document.report = &document;
  of_document.next_steps["document"] = *nextstep::Parse("call within 1 day");
  EXPECT_EQ(nextstep::ToString(ProjectTemplates().Render(of_document).next_step()), "call within 1 day");
}

TEST(ChoiceTest, ThePackSaysHowSoonMessagesAreAnswered) {
  const v1::DiagnosticReport report = Report("58410-2", v1::SECTION_LABORATORY, {"718-7"});
  Request request;
  request.report = &report;
  EXPECT_THAT(ProjectTemplates().Render(request).text(), HasSubstr("answers within 2 working days"));
  request.answer_days = 1;
  EXPECT_THAT(ProjectTemplates().Render(request).text(), HasSubstr("answers within 1 working day."));
}

TEST(ChoiceTest, ADoubtfulSampleMayNeedRepeatingAndIsNeverUsual) {
  v1::DiagnosticReport report = HighPotassium(v1::INTERPRETATION_NORMAL);
  EXPECT_EQ(Render(report).variant(), "normal");
  report.mutable_observations(0)->add_notes("Specimen slightly hemolyzed.");
  EXPECT_EQ(Render(report).variant(), "may-need-repeating+no-verdict");
  report.mutable_observations(0)->set_interpretation(v1::INTERPRETATION_CRITICAL_HIGH);
  EXPECT_EQ(Render(report).variant(), "may-need-repeating+critical-high");
  EXPECT_THAT(Render(report).text(), HasSubstr("may not have been good enough"));
  report.mutable_observations(0)->clear_notes();
  v1::Coding* condition = report.add_specimen_conditions()->add_codings();
  condition->set_system("http://terminology.hl7.org/CodeSystem/v2-0493");
  condition->set_code("COOL");
  EXPECT_EQ(Render(report).variant(), "critical-high");
  condition->set_code("CLOT");
  EXPECT_EQ(Render(report).variant(), "may-need-repeating+critical-high");
  for (const char* doubt : {"HEMOLYZED", "haemolysed +++", "Clotted specimen", "QNS", "Quantity not sufficient",
                            "grossly lipemic", "Muestra hemolizada", "please recollect"}) {
    EXPECT_TRUE(DoubtsSpecimen(doubt)) << doubt;
  }
  for (const char* fine : {"", "No hemolysis.", "not hemolyzed", "non-hemolyzed", "Sample free of visible hemolysis",
                           "renal insufficiency", "repeat in 6 months"}) {
    EXPECT_FALSE(DoubtsSpecimen(fine)) << fine;
  }
}

TEST(ChoiceTest, WhatNobodySignedIsNotShown) {
  const auto library = TemplateCopy({"cbc"}).MustLoad();
  ASSERT_NE(library, nullptr);
  const v1::Comment comment = Render(Report("58410-2", v1::SECTION_LABORATORY, {"718-7"}), *library);
  EXPECT_EQ(comment.text(), "");
  EXPECT_EQ(comment.template_id(), "");
  EXPECT_EQ(comment.variant(), "normal");
  EXPECT_THAT(Steps(comment), HasSubstr("template `cbc`: nobody signed it off in `en`"));
  EXPECT_THAT(comment.chosen_because(), Contains("no template may be shown"));
}

// Signs templates in a copy and looks at what may then be shown.
class SignOffTest : public ::testing::Test {
 protected:
  void Append(const std::string& id, const std::string& lines) {
    const std::string file = id + "/template.yaml";
    copy_.Write(file, copy_.Read(file) + lines);
  }
  void Sign(const std::string& id, const std::string& language) {
    Append(id, absl::StrCat("sign_off: {", language, ": {role: physician, date: 2026-03-01, next_review: 2027-03-01, digest: \"",
                            copy_.DigestOf(id, language), "\"}}\n"));
  }
  v1::Comment RenderFor(const std::string& language, Occasion occasion = Occasion::kResult,
                        const std::vector<v1::Audience>& audiences = {v1::AUDIENCE_PATIENT}) {
    const auto library = copy_.MustLoad();
    if (library == nullptr) return {};
    v1::DiagnosticReport report = Report("58410-2", v1::SECTION_LABORATORY, {"718-7"});
    report.mutable_patient()->set_language(language);
    Request request;
    request.report = &report;
    request.occasion = occasion;
    request.audiences = audiences;
    return library->Render(request);
  }

  TemplateCopy copy_{{"cbc"}};
};

TEST_F(SignOffTest, ASignedGenericTextComesBeforeAnUnsignedSpecificOne) {
  Sign("generic-normal", "es");
  Sign("cbc", "en");
  const v1::Comment spanish = RenderFor("es");
  EXPECT_EQ(spanish.template_id(), "generic-normal");
  EXPECT_EQ(spanish.language(), "es");
  EXPECT_THAT(Steps(spanish), HasSubstr("template `cbc`: nobody signed it off in `es`"));
  EXPECT_EQ(RenderFor("en").template_id(), "cbc");
}

// What was signed is a text, not a file: layout and comments in it may change, words may not, nor may what leads to it.
TEST_F(SignOffTest, AChangedTextLosesItsSignOff) {
  Sign("cbc", "en");
  EXPECT_EQ(RenderFor("en").template_id(), "cbc");
  const std::string file = "cbc/en.yaml", before = copy_.Read(file);
  copy_.Write(file, "# Read by many.\n" + before);
  EXPECT_EQ(RenderFor("en").template_id(), "cbc");
  copy_.Edit(file, "No test can find", "No test may find");
  EXPECT_EQ(RenderFor("en").text(), "");
  copy_.Write(file, before);
  EXPECT_EQ(RenderFor("en").template_id(), "cbc");
  for (const char* shared : {"Questions?", "What was tested", "Keep this letter."}) {
    const std::string words = copy_.Read("en.yaml");
    copy_.Edit("en.yaml", shared, absl::StrCat("Well, ", shared));
    EXPECT_EQ(RenderFor("en").text(), "") << shared;
    copy_.Write("en.yaml", words);
  }
  EXPECT_EQ(RenderFor("en").template_id(), "cbc");
}

TEST_F(SignOffTest, AnotherLanguageComesBeforeNothing) {
  Sign("cbc", "en");
  const v1::Comment comment = RenderFor("es");
  EXPECT_EQ(comment.template_id(), "cbc");
  EXPECT_EQ(comment.language(), "en");
}

TEST_F(SignOffTest, WithoutItsSentenceACorrectedResultIsNotExplained) {
  Sign("cbc", "en");
  EXPECT_EQ(RenderFor("en", Occasion::kCorrected).text(), "");
  Sign("corrected", "en");
  EXPECT_THAT(RenderFor("en", Occasion::kCorrected).text(), HasSubstr("corrected"));
}

TEST_F(SignOffTest, Audiences) {
  Append("cbc", "audiences: [patient]\n");
  Sign("cbc", "en");
  Sign("generic-normal", "en");
  EXPECT_EQ(RenderFor("en").template_id(), "cbc");
  const v1::Comment delegate = RenderFor("en", Occasion::kResult, {v1::AUDIENCE_DELEGATE});
  EXPECT_EQ(delegate.template_id(), "generic-normal");
  EXPECT_THAT(delegate.text(), ::testing::StartsWith("You are reading about another person."));
  EXPECT_THAT(Steps(delegate), HasSubstr("template `cbc`: not for this audience"));
  // One comment for several readers is for all of them.
  const v1::Comment both = RenderFor("en", Occasion::kResult, {v1::AUDIENCE_PATIENT, v1::AUDIENCE_DELEGATE});
  EXPECT_EQ(both.template_id(), "generic-normal");
  EXPECT_THAT(both.text(), Not(HasSubstr("another person")));
  // The portal puts it before the text for the one who is not the patient.
  EXPECT_THAT(both.for_others(), HasSubstr("another person"));
  EXPECT_EQ(delegate.for_others(), "");
  EXPECT_EQ(RenderFor("en").for_others(), "");
}

TEST(ChoiceTest, ReasonsAndPrivateTestsHoldNoNamesOrValues) {
  v1::DiagnosticReport report = Report("56888-1", v1::SECTION_LABORATORY, {"56888-1", "2951-2"});
  report.mutable_code()->set_text("HIV panel");
  report.mutable_order()->mutable_code()->set_text("HIV");
  report.mutable_observations(0)->mutable_code()->set_text("HIV screen");
  report.mutable_observations(0)->set_text("Reactive for HIV");
  report.mutable_observations(1)->mutable_quantity()->set_value("123.45");
  for (const int interpretation : {1, 2, 4, 7, 8, 9, 10}) {
    for (v1::Observation& observation : *report.mutable_observations())
      observation.set_interpretation(static_cast<v1::Interpretation>(interpretation));
    for (const Occasion occasion :
         {Occasion::kResult, Occasion::kCorrected, Occasion::kBeingCorrected, Occasion::kCancelled, Occasion::kInProcess}) {
      Request request;
      request.report = &report;
      request.occasion = occasion;
      const v1::Comment comment = ProjectTemplates().Render(request);
      EXPECT_THAT(comment.text(), Not(HasSubstr("HIV")));
      EXPECT_THAT(comment.text(), Not(HasSubstr("Reactive")));
      for (const char* hidden : {"HIV", "123.45", "56888-1", "Reactive"}) EXPECT_THAT(Steps(comment), Not(HasSubstr(hidden)));
    }
  }
}

TEST(ChoiceTest, WhatReplacesEverythingIsSaidAlone) {
  v1::DiagnosticReport report = Report("2345-7", v1::SECTION_LABORATORY, {"2345-7"});
  report.mutable_observations(0)->mutable_quantity()->set_value("31.7");
  report.mutable_observations(0)->set_interpretation(v1::INTERPRETATION_CRITICAL_LOW);
  report.mutable_observations(0)->set_status(v1::RESULT_STATUS_PRELIMINARY);
  for (const Occasion occasion : {Occasion::kBeingCorrected, Occasion::kCancelled}) {
    Request request;
    request.report = &report;
    request.occasion = occasion;
    request.not_yet_reviewed = true;
    const v1::Comment comment = ProjectTemplates().Render(request);
    EXPECT_EQ(comment.variant(), occasion == Occasion::kCancelled ? "cancelled" : "being-corrected");
    EXPECT_THAT(comment.text(), Not(HasSubstr("31.7")));
    EXPECT_THAT(comment.text(), Not(HasSubstr("early result")));
  }
}

// Whatever is known of the test, one template says it, with the day or that nobody can say.
TEST(ChoiceTest, WhatIsInProcessIsTheSameForAllTests) {
  std::set<std::string> texts;
  for (const char* code : {"2345-7", "60567-5", "56888-1"}) {
    v1::DiagnosticReport report = Report(code, v1::SECTION_PATHOLOGY, {code});
    report.mutable_observations(0)->set_interpretation(v1::INTERPRETATION_CRITICAL_LOW);
    Request request;
    request.report = &report;
    request.occasion = Occasion::kInProcess;
    request.not_yet_reviewed = true;
    request.expected_by = absl::CivilDay(2026, 3, 11);
    const v1::Comment dated = ProjectTemplates().Render(request);
    EXPECT_EQ(dated.template_id(), "in-process");
    EXPECT_EQ(dated.variant(), "in-process");
    EXPECT_EQ(dated.next_step().kind(), v1::NextStep::KIND_MESSAGE);
    EXPECT_THAT(dated.text(), HasSubstr("expected by March 11, 2026"));
    request.expected_by.reset();
    const v1::Comment undated = ProjectTemplates().Render(request);
    EXPECT_EQ(undated.variant(), "in-process-undated");
    texts.insert(dated.text() + undated.text());
  }
  EXPECT_EQ(texts.size(), 1u);
}

TEST(ChoiceTest, DatesAreThoseOfTheZone) {
  v1::DiagnosticReport report = Report("58410-2", v1::SECTION_LABORATORY, {"718-7"});
  report.mutable_effective()->set_seconds(1772423999);  // 2026-03-02T03:59:59Z
  Request request;
  request.report = &report;
  ASSERT_TRUE(absl::LoadTimeZone("America/New_York", &request.zone));
  EXPECT_THAT(ProjectTemplates().Render(request).text(), HasSubstr("Date of the test: March 1, 2026."));
  request.zone = absl::UTCTimeZone();
  EXPECT_THAT(ProjectTemplates().Render(request).text(), HasSubstr("Date of the test: March 2, 2026."));
}

TEST(ChoiceTest, AtMostTwelveLines) {
  for (const int findings : {11, 12, 13, 14, 40}) {
    v1::DiagnosticReport report =
        Report("58410-2", v1::SECTION_LABORATORY, std::vector<std::string>(static_cast<size_t>(findings), "785-6"));
    for (v1::Observation& observation : *report.mutable_observations()) observation.set_interpretation(v1::INTERPRETATION_HIGH);
    const std::string text = Render(report).text();
    const std::vector<std::string> parts = absl::StrSplit(text, "\n- ");
    const auto lines = static_cast<int>(parts.size()) - 1;
    EXPECT_EQ(lines, std::min(findings, 12) + (findings > 12 ? 1 : 0)) << text;
    const char* const more = findings == 13 ? "- and 1 more value\n" : findings == 14 ? "- and 2 more values\n" : "\n";
    EXPECT_THAT(text, HasSubstr(more));
  }
}

}  // namespace
}  // namespace resultgate::comment

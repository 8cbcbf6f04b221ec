// Mistakes in templates: the project's own are copied and broken.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "server/comment/contacts.h"
#include "tests/comment/library_for_tests.h"

namespace resultgate::comment {
namespace {

using ::testing::HasSubstr;

// What the cases below break; not the project's own, so that authors may change those.
constexpr char kHeader[] = R"(title: Complete blood count
purpose: Blood cells.
codes: [cbc]
exact:
  - {system: loinc, code: 58410-2}
  - {system: loinc, code: 57021-8}
arguments: {count: number, total: number, days: number}
variants:
  normal: none
  abnormal: call within 7 days
fallback: generic
)";
constexpr char kEnglish[] = R"(common:
  tested: >
    This test counts
    cells.
variants:
  normal:
    result: "All {total, plural, one {is} other {are}} well."
    meaning: Nothing.
    to_do: You do not need to do anything.
  abnormal:
    result: Of {total} {count}.
    meaning: Something.
    to_do: Call within {days, plural, one {# day} other {# days}}.
)";
constexpr char kSpanish[] = R"(common:
  tested: Esta prueba cuenta.
variants:
  normal:
    result: Todos {total} bien.
    meaning: Nada.
    to_do: No haga nada.
  abnormal:
    result: De {total} {count}.
    meaning: Algo.
    to_do: Llame en {days, plural, one {# día} other {# días}}.
)";

class LoadTest : public ::testing::Test {
 protected:
  LoadTest() : copy_({"alkaline-phosphatase", "cbc", "glucose", "imaging-ready", "iron", "lipids", "mammogram", "urinalysis"}) {
    copy_.Write("cbc/template.yaml", kHeader);
    copy_.Write("cbc/en.yaml", kEnglish);
    copy_.Write("cbc/es.yaml", kSpanish);
  }

  // All issues, with the folder's name left out.
  std::string Load() {
    base::FileIssues issues;
    loaded_ = copy_.Load(&issues) != nullptr;
    return absl::StrReplaceAll(base::Format(issues), {{"templates/", ""}, {"templates: ", ".: "}});
  }

  TemplateCopy copy_;
  bool loaded_ = false;
};

TEST_F(LoadTest, TheProjectsOwnLoad) {
  copy_ = TemplateCopy(TemplateCopy::EveryId());
  EXPECT_EQ(Load(), "");
  EXPECT_TRUE(loaded_);
}

TEST_F(LoadTest, EachMistakeIsFoundAtItsPlace) {
  struct Case {
    const char* file;
    const char* from;
    const char* to;
    const char* expected;
  };
  const Case cases[] = {
      // template.yaml
      {"cbc/template.yaml",
       "purpose:", "porpose:", "cbc/template.yaml:2:1: error: unknown key `porpose` in a template; did you mean `purpose`?"},
      {"cbc/template.yaml", "purpose:", "porpose:", "cbc/template.yaml:1:1: error: a template lacks `purpose`"},
      {"cbc/template.yaml", "[cbc]", "[cbd]", "cbc/template.yaml:3:9: error: there is no value set `cbd`; did you mean `cbc`?"},
      {"cbc/template.yaml", "58410-2", "58410-3",
       "cbc/template.yaml:5:27: error: `58410-3` is no LOINC code: its check digit is wrong"},
      {"cbc/template.yaml", "system: loinc", "system: lionc", "cbc/template.yaml:5:14: error: unknown code system `lionc`"},
      {"cbc/template.yaml", "58410-2", "24331-1", "error: `24331-1` leads to two templates; it stands in `cbc` too"},
      {"lipids/template.yaml", "[lipids]", "[cbc]", "error: the value set `cbc` leads to two templates"},
      {"cbc/template.yaml", "count: number", "count: text", "error: the type of `count` is `number`"},
      {"cbc/template.yaml", "count: number", "size: number", "error: there is no argument `size`"},
      {"cbc/template.yaml", "{count: number", "{test: text, count: number",
       "cbc/template.yaml:7:13: error: [arguments] no text uses the argument `test`; leave it out"},
      {"cbc/template.yaml", "normal: none", "in-process: message",
       "error: only the template `in-process` says `in-process`; leave it out"},
      {"in-process/en.yaml", "We cannot say yet", "By {expected_by, date, long} or not",
       "error: [arguments] the argument `expected_by` is not to be had here"},
      {"in-process/template.yaml", "expected_by: date", "expected_by: text", "error: the type of `expected_by` is `date`"},
      {"cbc/template.yaml", "normal: none", "normel: none", "error: unknown variant `normel`; did you mean `normal`?"},
      {"cbc/template.yaml", "normal: none", "normal: nothing", "error: [next-step] unknown next step `nothing`"},
      {"cbc/template.yaml", "call within 7 days", "call within 0 days",
       "error: [next-step] unknown next step `call within 0 days`"},
      {"cbc/template.yaml", "call within 7 days", "none",
       "error: [next-step] only `normal` and `not-detected` may tell the reader to do nothing"},
      {"cbc/template.yaml", "fallback: generic", "", "error: [variant] variants are missing: `not-detected`, `low`"},
      {"cbc/template.yaml", "fallback: generic", "fallback: any", "error: `fallback` must be `generic`, or be left out"},
      {"cbc/template.yaml", "fallback: generic", "audiences: [parent]\nfallback: generic", "error: unknown audience `parent`"},
      {"cbc/template.yaml", "fallback: generic", "exempt_terms: [spleen]\nfallback: generic",
       "error: no text uses the exempt term `spleen`"},
      {"cbc/template.yaml", "fallback: generic", "verdict: none\nfallback: generic",
       "error: a template with `verdict: none` cannot say `normal`"},
      {"cbc/template.yaml", "fallback: generic", "own_goal_with: [pregnant]\nfallback: generic",
       "cbc/template.yaml:11:17: error: there is no value set `pregnant`"},
      {"cbc/template.yaml", "fallback: generic", "sections: [lab]\nfallback: generic", "error: unknown section `lab`"},
      {"cbc/template.yaml", "fallback: generic", "sections: [imaging]\nfallback: generic",
       "error: the section leads to two templates"},
      {"critical/template.yaml", "critical-low: emergency", "critical-low: message",
       "error: [next-step] the next step of `critical-low` must be `emergency`"},
      {"critical/template.yaml", "  critical: emergency\n", "",
       "critical/template.yaml:1:1: error: the template must list the variant `critical`"},
      {"cbc/template.yaml", "normal: none", "normal: none\n  corrected: sentence",
       "error: only the template `corrected` says `corrected`; leave it out"},
      {"preliminary/template.yaml", ": sentence", ": message",
       "error: `preliminary` is a sentence before another wording; write `sentence`"},
      {"cbc/template.yaml", "fallback: generic",
       "fallback: generic\nsign_off: {fr: {role: physician, date: 2026-03-01, next_review: 2027-03-01}}",
       "error: there is no language `fr`"},
      {"cbc/template.yaml", "fallback: generic", "fallback: generic\nsign_off: {en: {role: physician, date: 2026-03-01}}",
       "error: a sign-off lacks `next_review`"},
      {"cbc/template.yaml", "fallback: generic",
       "fallback: generic\nsign_off: {en: {role: physician, date: March, next_review: 2027-03-01}}",
       "error: `date` must be a date as `2026-03-01`"},
      {"cbc/template.yaml", "fallback: generic",
       "fallback: generic\nsign_off: {en: {role: physician, date: 2026-03-01, next_review: 2026-02-01}}",
       "error: the next review must be after the sign-off"},
      {"iron/template.yaml", "exact:", "exact: 12\nexcat:", "error: `exact` must be a list of codes"},
      // <language>.yaml
      {"cbc/es.yaml", "  abnormal:", "  abnormal:\n    advice: x",
       "cbc/es.yaml:9:5: error: unknown key `advice` in the variant `abnormal`"},
      {"cbc/es.yaml", "{days, plural", "{dias, plural", "error: [arguments] the argument `dias` is not to be had here"},
      {"cbc/es.yaml", "{days, plural, one {# día} other {# días}}", "7 días",
       "error: [next-step] `to_do` does not say within how many days to call; use the argument `days`"},
      {"cbc/en.yaml", "{total, plural, one", "{total, plural, one}", "cbc/en.yaml:7:34: error: not a message that ICU can read"},
      {"cbc/en.yaml", "to_do: You do", "to_do: Within {days} you do",
       "error: [arguments] the argument `days` is not to be had here"},
      {"cbc/en.yaml", "to_do: You do", "to_do: In {count, select, other {}} you do",
       "error: [arguments] `count` is a number and is used as a text"},
      {"cbc/en.yaml", "to_do: You do", "to_do: You {0} do", "error: `{0}` has a number where a name must stand"},
      {"cbc/en.yaml", "    to_do: You do not need", "    todo: You do not need",
       "cbc/en.yaml:9:5: error: unknown key `todo` in the variant `normal`; did you mean `to_do`?"},
      {"cbc/en.yaml", "    meaning: Nothing.\n", "", "cbc/en.yaml:6:3: error: the variant `normal` lacks `meaning`"},
      {"cbc/en.yaml", "common:", "title: \"{total} cells\"\ncommon:",
       "cbc/en.yaml:1:8: error: `title` must be one line of text without arguments"},
      {"cbc/template.yaml", "normal: none", "normal: tell the nurse", "error: [next-step] unknown next step `tell the nurse`"},
      {"cbc/en.yaml", "  abnormal:", "  unusual:", "cbc/en.yaml:10:3: error: unknown variant `unusual`"},
      {"cbc/en.yaml",
       "  abnormal:", "  unusual:", "error: [variant] the variant `abnormal` is missing: template.yaml promises it"},
      {"cbc/en.yaml",
       "  abnormal:", "  high:", "cbc/en.yaml:10:3: error: [variant] template.yaml does not list the variant `high`"},
      {"cbc/en.yaml", "variants:", "variants: [normal]\nvariantes:", "error: `variants` must be a map"},
      {"cbc/en.yaml", "common:", "common: &x", "error: anchors"},
      {"cbc/en.yaml", "cells.", "cells {count", "cbc/en.yaml:4:11: error: a brace is not closed"},
      {"preliminary/en.yaml",
       "    result:", "    to_do: x\n    result:", "error: unknown key `to_do` in the variant `preliminary`"},
      {"preliminary/en.yaml",
       "    result:", "    urgent: x\n    result:", "error: unknown key `urgent` in the variant `preliminary`"},
      // Shared words
      {"es.yaml", "this_test: esta prueba\n", "", "error: the shared words lacks `this_test`"},
      {"es.yaml", "  no-verdict: Este", "  no-veredicto: Este", "error: `results` lacks `no-verdict`"},
      {"es.yaml", "results:\n  normal: >\n    El", "results:\n  normal: >\n    {days} El",
       "error: [arguments] the argument `days` is not to be had here"},
      {"es.yaml", "{name}: {value}", "{nombre}: {value}",
       "error: [arguments] the argument `nombre` is not to be had here; one of `flag`, `name`, `value`"},
      {"es.yaml", "{answer_days, plural,\n    one {# día laboral} other {# días laborales}} o menos. Si se siente",
       "Si se siente", "error: [next-step] the words for `message` do not use `answer_days`"},
      {"es.yaml", "Llame hoy a su clínica al {clinic_phone}", "Llame hoy a su clínica",
       "error: [next-step] the words for `call_today` do not use `clinic_phone`"},
      {"es.yaml", "  tell_nurse:", "  tell_doctor:", "error: `next_steps` lacks `tell_nurse`"},
      // Contacts
      {"contacts.yaml", "217-782-4977", "217-555-0100",
       "contacts.yaml:1:15: error: [telephone] nobody answers at `217-555-0100`: it is a placeholder"},
      {"contacts.yaml", "after_hours_phone:", "after_phone:", "error: the contacts lacks `after_hours_phone`"},
      {"contacts.yaml", "2 business days", "2 days", "contacts.yaml:4:19: error: `2 days` is no time to answer in"},
      {"contacts.yaml", "\"911\"", "help", "contacts.yaml:3:19: error: `help` is no number"},
      {"contacts.yaml", "\nwe_answer", "\nlanguages: {fr: {clinic_phone: 217-782-4979}}\nwe_answer",
       "error: there is no language `fr`"},
      {"es.yaml", "{date, date, long}", "{date, time}", "error: `time` is not read"},
  };
  for (const Case& c : cases) {
    const std::string original = copy_.Read(c.file);
    copy_.Edit(c.file, c.from, c.to);
    EXPECT_THAT(Load(), HasSubstr(c.expected)) << c.file << ": " << c.to;
    EXPECT_FALSE(loaded_);
    copy_.Write(c.file, original);
  }
}

TEST_F(LoadTest, FilesThatAreMissingOrTooMany) {
  copy_.Remove("cbc/es.yaml");
  copy_.Remove("iron/template.yaml");
  copy_.Remove("critical");
  copy_.Write("lipids/fr.yaml", "variants: {}\n");
  copy_.Write("xx_yy.yaml", "this_test: x\n");
  copy_.Write("lipids/more/en.yaml", "variants: {}\n");
  copy_.Write("lonely/template.yaml", "title: a\npurpose: b\nvariants: {}\nfallback: generic\n");
  const std::string issues = Load();
  for (const char* expected :
       {"cbc/template.yaml:1:1: error: [language] the template has no `es.yaml`",
        "iron: error: a template's folder lacks `template.yaml`",
        "error: there is no template `critical`, which says `critical-low` for every test",
        "lipids/fr.yaml:1:1: error: there is no language `fr`", "xx_yy.yaml:1:1: error: `xx_yy` is no language tag",
        "lipids/more/en.yaml:1:1: error: a template's files stand in its own folder",
        "lonely/template.yaml:1:1: error: nothing leads to this template"}) {
    EXPECT_THAT(issues, HasSubstr(expected));
  }
}

TEST_F(LoadTest, ManyMistakesAreReportedTogether) {
  copy_.Edit("cbc/template.yaml", "title:", "titel:");
  copy_.Edit("mammogram/en.yaml", "{days, plural", "{sum, plural");
  copy_.Edit("glucose/es.yaml", "  low:", "  lo:");
  copy_.Write("urinalysis/en.yaml", "variants: [\n");
  const std::string issues = Load();
  for (const char* expected : {"cbc/template.yaml:1:1: error: unknown key `titel`", "mammogram/en.yaml:", "`sum`",
                               "glucose/es.yaml:", "unknown variant `lo`", "urinalysis/en.yaml:", "is not closed"}) {
    EXPECT_THAT(issues, HasSubstr(expected));
  }
}

// The place is the byte in the file, also in texts that YAML folds or quotes.
TEST_F(LoadTest, PlacesInsideTexts) {
  copy_.Write("preliminary/en.yaml", "variants:\n  preliminary:\n    result: >\n      one two\n      three {wrong} four\n");
  EXPECT_THAT(Load(), HasSubstr("preliminary/en.yaml:5:14: error: [arguments] the argument `wrong`"));
  copy_.Write("preliminary/en.yaml", "variants:\n  preliminary:\n    result: |\n      one two\n\n      three {wrong} four\n");
  EXPECT_THAT(Load(), HasSubstr("preliminary/en.yaml:6:14: error: [arguments] the argument `wrong`"));
  copy_.Write("preliminary/en.yaml", "variants:\n  preliminary:\n    result: \"one {wrong} two\"\n");
  EXPECT_THAT(Load(), HasSubstr("preliminary/en.yaml:3:19: error: [arguments] the argument `wrong`"));
  copy_.Write("preliminary/en.yaml", "variants:\n  preliminary:\n    result: one\n      two {wrong}\n");
  EXPECT_THAT(Load(), HasSubstr("preliminary/en.yaml:4:12: error: [arguments] the argument `wrong`"));
}

TEST_F(LoadTest, WithoutContactsNothingLoads) {
  copy_.Remove("contacts.yaml");
  EXPECT_THAT(Load(), HasSubstr("error: there is no `contacts.yaml`"));
  EXPECT_FALSE(loaded_);
}

// The project's own numbers are placeholders: somebody must put in their own before patients read them.
TEST_F(LoadTest, PlaceholdersAreForDevelopmentOnly) {
  copy_.Write("contacts.yaml", TemplateCopy::Original("contacts.yaml"));
  EXPECT_THAT(Load(), HasSubstr("contacts.yaml:2:15: error: [telephone] nobody answers at"));
  EXPECT_FALSE(loaded_);
  base::FileIssues issues;
  Library::Options options;
  options.development = true;
  EXPECT_NE(copy_.Load(&issues, options), nullptr) << base::Format(issues);
  EXPECT_THAT(base::Format(issues), HasSubstr("warning: [telephone] nobody answers at"));
}

TEST_F(LoadTest, PlaceholderNumbers) {
  for (const char* placeholder : {"", "n/a", "217-555-0100", "1 (217) 555-0100", "555-0100", "000-000-0000", "999 999 9999",
                                  "1234567890", "800-example", "0800 00000"}) {
    EXPECT_TRUE(IsPlaceholderNumber(placeholder)) << placeholder;
  }
  for (const char* number : {"217-782-4977", "+34 91 596 10 89", "+1 800 232 4636", "112", "0800 111 4000"}) {
    EXPECT_FALSE(IsPlaceholderNumber(number)) << number;
  }
}

// A language with `partial: true` may be left out of a template, but not of those that say a wording for every test.
TEST_F(LoadTest, PartialLanguages) {
  copy_.Remove("cancelled/ar.yaml");
  EXPECT_THAT(Load(), HasSubstr("cancelled/template.yaml:1:1: error: [language] the template has no `ar.yaml`"));
  copy_.Write("cancelled/ar.yaml", TemplateCopy::Original("cancelled/ar.yaml"));
  EXPECT_EQ(Load(), "");
  copy_.Edit("ar.yaml", "partial: true\n", "");
  EXPECT_THAT(Load(), HasSubstr("alkaline-phosphatase/template.yaml:1:1: error: [language] the template has no `ar.yaml`"));
}

TEST_F(LoadTest, DigestsFollowTheFiles) {
  base::FileIssues issues;
  Library::Options options;
  options.development = true;
  const auto load = [&] { return copy_.Load(&issues, options); };
  v1::DiagnosticReport report;
  report.set_status(v1::RESULT_STATUS_CANCELLED);
  Request request;
  request.report = &report;
  const auto before = load();
  copy_.Edit("cbc/en.yaml", "This test", "The test");
  const auto elsewhere = load();
  copy_.Edit("cancelled/en.yaml", "There is", "There was");
  const auto here = load();
  copy_.Write("cancelled/tests.yaml", "changed");
  const auto tests = load();
  ASSERT_TRUE(before && elsewhere && here && tests) << base::Format(issues);
  EXPECT_TRUE(absl::StartsWith(before->digest(), "sha256:"));
  EXPECT_NE(before->digest(), elsewhere->digest());
  EXPECT_NE(elsewhere->digest(), here->digest());
  EXPECT_EQ(here->digest(), tests->digest());
  EXPECT_EQ(before->Render(request).template_digest(), elsewhere->Render(request).template_digest());
  EXPECT_NE(before->Render(request).template_digest(), here->Render(request).template_digest());
}

}  // namespace
}  // namespace resultgate::comment

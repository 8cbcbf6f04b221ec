// The other forms of a comment: Markdown, a letter, a phone script; right-to-left text; a clinician's own words.
#include "server/comment/format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "server/comment/preview.h"
#include "tests/comment/library_for_tests.h"

namespace resultgate::comment {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

v1::DiagnosticReport High(const std::string& name, const std::string& value, const std::string& language) {
  v1::DiagnosticReport report;
  report.set_status(v1::RESULT_STATUS_FINAL);
  report.mutable_patient()->set_language(language);
  report.mutable_code()->set_text(name);
  v1::Observation* observation = report.add_observations();
  observation->set_status(v1::RESULT_STATUS_FINAL);
  observation->mutable_code()->set_text(name);
  observation->set_text(value);
  observation->set_interpretation(v1::INTERPRETATION_HIGH);
  observation->mutable_reference_range()->set_text("1 - 5");
  return report;
}

v1::Comment Render(const v1::DiagnosticReport& report, const v1::ClinicianComment* clinician = nullptr) {
  Request request;
  request.report = &report;
  request.clinician = clinician;
  return ProjectTemplates().Render(request);
}

TEST(FormatTest, MarkdownShowsValuesAsTheyAre) {
  const v1::Comment comment = Render(High("# *Name* [x](y)", "<b>1_2_3</b> `x`", "en"));
  const std::string text = ProjectTemplates().Format(comment, Library::Form::kMarkdown, nullptr);
  EXPECT_THAT(text, StartsWith("# Your test result\n\n## What was tested\n\n"));
  EXPECT_THAT(text, HasSubstr("\n- \\# \\*Name\\* \\[x\\](y): \\<b\\>1\\_2\\_3\\</b\\> \\`x\\` (high; usual range: 1 - 5)\n"));
  EXPECT_THAT(text, HasSubstr("\n## What to do\n"));
  EXPECT_THAT(text, HasSubstr("\n## Who to ask\n"));
}

TEST(FormatTest, ALetterIsOneWholePageInLargePrint) {
  const v1::Comment comment = Render(High("Name", "<script>alert('1')</script>&", "en"));
  const std::string letter = ProjectTemplates().Format(comment, Library::Form::kLetter, nullptr);
  EXPECT_THAT(letter, StartsWith("<!DOCTYPE html>\n<html lang=\"en\" dir=\"ltr\">"));
  EXPECT_THAT(letter, HasSubstr("font:18pt"));
  EXPECT_THAT(letter, HasSubstr("<li>Name: &lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp; (high"));
  EXPECT_THAT(letter, Not(HasSubstr("<script")));
  EXPECT_THAT(letter, HasSubstr("Keep this letter."));
  const std::string arabic = ProjectTemplates().Format(Render(High("Name", "9", "ar")), Library::Form::kLetter, nullptr);
  EXPECT_THAT(arabic, HasSubstr("<html lang=\"ar\" dir=\"rtl\">"));
}

TEST(FormatTest, ATelephoneNumberIsNeverBrokenOverTwoLines) {
  v1::Comment comment;
  comment.set_language("en");
  v1::CommentSection* section = comment.add_sections();
  section->set_text("Call 217-555-0100, +1 (217) 555 0101 or 911. Count 7.10 of 10 - 100; x1234567 & 1234567.");
  EXPECT_THAT(
      ProjectTemplates().Format(comment, Library::Form::kLetter, nullptr),
      HasSubstr("<p>Call <span class=\"number\">217-555-0100</span>, <span class=\"number\">+1 (217) 555 0101</span> or 911. "
                "Count 7.10 of 10 - 100; x1234567 &amp; <span class=\"number\">1234567</span>.</p>"));
}

// Who has no portal sees the values nowhere else: all of them, those that are marked with their mark, those of a private test
// not at all.
TEST(FormatTest, ALetterListsEveryResult) {
  v1::DiagnosticReport report = High("Glucose", "9", "en");
  v1::Observation* sodium = report.add_observations();
  sodium->set_status(v1::RESULT_STATUS_FINAL);
  sodium->mutable_code()->set_text("Sodium");
  sodium->mutable_quantity()->set_value("140");
  sodium->mutable_quantity()->set_unit("<mmol>");
  sodium->set_interpretation(v1::INTERPRETATION_NORMAL);
  sodium->mutable_reference_range()->set_text("135 - 145");
  v1::Observation* hiv = report.add_observations();
  *hiv = *sodium;
  hiv->mutable_code()->set_text("HIV");
  hiv->mutable_code()->add_codings()->set_system("http://loinc.org");
  hiv->mutable_code()->mutable_codings(0)->set_code("56888-1");
  v1::Observation* cancelled = report.add_observations();
  *cancelled = *sodium;
  cancelled->mutable_code()->set_text("Calcium");
  cancelled->set_status(v1::RESULT_STATUS_CANCELLED);
  const v1::Comment comment = Render(report);
  EXPECT_THAT(comment.text(), Not(HasSubstr("Sodium")));
  const std::string letter = ProjectTemplates().Format(comment, Library::Form::kLetter, &report);
  EXPECT_THAT(letter, HasSubstr("<h2>All results in this report</h2>\n<ul>\n<li>Glucose: 9 (high; usual range: 1 - 5)</li>\n"
                                "<li>Sodium: 140 &lt;mmol&gt; (usual range: 135 - 145)</li>\n</ul>"));
  for (const char* other : {"HIV", "Calcium"}) EXPECT_THAT(letter, Not(HasSubstr(other)));
  EXPECT_THAT(ProjectTemplates().Format(comment, Library::Form::kLetter, nullptr), Not(HasSubstr("All results")));
}

TEST(FormatTest, APhoneScriptBeginsWithWhoIsSpokenToAndEndsWithTeachBack) {
  const std::string script = ProjectTemplates().Format(Render(High("Name", "9", "en")), Library::Form::kPhone, nullptr);
  EXPECT_THAT(script, StartsWith("[Before you read: ask for the full name and the date of birth."));
  EXPECT_THAT(script, HasSubstr("\n… Name: 9 (high; usual range: 1 - 5).\n"));
  EXPECT_THAT(script, HasSubstr("please tell me what you will do now"));
}

// Names, values and numbers keep their own direction; what has no letters is left to right.
TEST(FormatTest, RightToLeftTextIsolatesWhatIsNotItsOwn) {
  const v1::Comment comment = Render(High("Glucose", "<7.10", "ar"));
  EXPECT_EQ(comment.language(), "ar");
  EXPECT_THAT(comment.text(), HasSubstr("- \u2068Glucose\u2069: \u2066<7.10\u2069 (مرتفع؛ المجال المعتاد: \u20661 - 5\u2069)"));
  EXPECT_THAT(comment.text(), HasSubstr("\u2068[clinic]\u2069"));
  EXPECT_THAT(Render(High("Glucose", "<7.10", "en")).text(), Not(HasSubstr("\u2068")));
}

TEST(FormatTest, AClinicianWordsStandBeforeTheTemplatesOrInTheirPlace) {
  const v1::DiagnosticReport report = High("Name", "9", "en");
  v1::ClinicianComment words;
  words.set_text("We expected this.\r\n\n{count} <b>Call me</b> if you want to talk.\u202E");
  words.set_author("1234567893");
  const v1::Comment before = Render(report, &words);
  EXPECT_THAT(before.text(),
              StartsWith("From your care team:\nWe expected this.\n{count} <b>Call me</b> if you want to talk.\n"));
  EXPECT_THAT(before.text(), HasSubstr("Name: 9 (high"));
  EXPECT_EQ(before.clinician(), "1234567893");
  EXPECT_EQ(before.next_step().kind(), v1::NextStep::KIND_CALL);
  words.set_replaces_template(true);
  const v1::Comment instead = Render(report, &words);
  EXPECT_THAT(instead.text(), StartsWith("From your care team:\nWe expected this."));
  EXPECT_THAT(instead.text(), Not(HasSubstr("Name: 9")));
  EXPECT_THAT(instead.text(), HasSubstr("In an emergency"));  // whom to call is always said
  EXPECT_FALSE(instead.has_next_step());
}

// What a clinician wrote needs no template that somebody signed.
TEST(FormatTest, AClinicianWordsAreShownWhereNoTemplateMayBe) {
  const auto library = TemplateCopy({}).MustLoad();
  ASSERT_NE(library, nullptr);
  const v1::DiagnosticReport report = High("Name", "9", "es");
  v1::ClinicianComment words;
  words.set_text("Lo esperábamos.");
  Request request;
  request.report = &report;
  EXPECT_EQ(library->Render(request).text(), "");
  request.clinician = &words;
  const v1::Comment comment = library->Render(request);
  EXPECT_THAT(comment.text(), StartsWith("De su equipo médico:\nLo esperábamos.\n¿Tiene preguntas?"));
  EXPECT_EQ(comment.template_id(), "");
  request.audiences = {v1::AUDIENCE_REPRESENTATIVE};
  EXPECT_THAT(library->Render(request).text(), StartsWith("Está leyendo sobre otra persona."));
  request.audiences = {v1::AUDIENCE_PATIENT, v1::AUDIENCE_REPRESENTATIVE};
  EXPECT_THAT(library->Render(request).for_others(), StartsWith("Está leyendo sobre otra persona."));
}

TEST(FormatTest, ThePreviewShowsEveryWordingInEveryLanguage) {
  const std::vector<Preview> previews = Previews(ProjectTemplates(), "");
  const std::vector<Library::Wording> wordings = ProjectTemplates().Wordings();
  ASSERT_EQ(previews.size(), wordings.size());
  for (size_t i = 0; i < previews.size(); ++i) {
    EXPECT_EQ(previews[i].comment.language(), wordings[i].language) << wordings[i].template_id << "/" << wordings[i].variant;
    EXPECT_THAT("+" + previews[i].comment.variant() + "+", HasSubstr("+" + wordings[i].variant + "+")) << wordings[i].template_id;
  }
  const std::string page = PreviewPage(ProjectTemplates(), previews);
  EXPECT_THAT(page, HasSubstr("<article lang=\"ar\" dir=\"rtl\">"));
  EXPECT_THAT(page, HasSubstr("critical / critical-low"));
  // Whoever signs sees what somebody in hospital is told too.
  EXPECT_THAT(page, HasSubstr("In hospital (tell the nurse):</p>\n<p class=\"inside\" lang=\"en\" dir=\"ltr\">Tell your nurse"));
  EXPECT_THAT(page, HasSubstr("In hospital (ask the care team):</p>\n<p class=\"inside\" lang=\"ar\" dir=\"rtl\">"));
}

// Headings that go no level too deep, ids that are there once and can be linked to, and elements that are closed.
void ExpectSoundHtml(const std::string& html) {
  std::set<std::string> ids;
  std::vector<std::string> open;
  int heading = 0;
  for (size_t at = html.find('<'); at != std::string::npos; at = html.find('<', at + 1)) {
    const size_t end = html.find('>', at);
    ASSERT_NE(end, std::string::npos);
    const std::string tag = html.substr(at + 1, end - at - 1);
    const std::string name = tag.substr(0, tag.find(' '));
    if (name[0] == '/') {
      ASSERT_FALSE(open.empty());
      ASSERT_EQ(open.back(), name.substr(1));
      open.pop_back();
    } else if (name != "!DOCTYPE" && name != "meta") {
      open.push_back(name);
    }
    if (name.size() == 2 && name[0] == 'h' && name[1] >= '1' && name[1] <= '6') {
      ASSERT_LE(name[1] - '0', heading + 1) << tag;
      heading = name[1] - '0';
    }
    if (const size_t id = tag.find(" id=\""); id != std::string::npos) {
      const std::string value = tag.substr(id + 5, tag.find('"', id + 5) - id - 5);
      EXPECT_EQ(value.find(' '), std::string::npos) << value;
      EXPECT_TRUE(ids.insert(value).second) << value;
    }
  }
  EXPECT_TRUE(open.empty());
  for (size_t at = html.find("href=\"#"); at != std::string::npos; at = html.find("href=\"#", at + 1)) {
    const std::string to = html.substr(at + 7, html.find('"', at + 7) - at - 7);
    EXPECT_TRUE(ids.count(to) > 0) << to;
  }
}

TEST(FormatTest, PagesAreSoundHtml) {
  const std::vector<Preview> previews = Previews(ProjectTemplates(), "");
  const std::string page = PreviewPage(ProjectTemplates(), previews);
  ExpectSoundHtml(page);
  EXPECT_THAT(page, HasSubstr("<a href=\"#glucose-normal\">glucose</a>"));
  EXPECT_THAT(page, HasSubstr("; to sign: sha256:"));  // what whoever reads this page signs
  for (const Preview& preview : previews)
    ExpectSoundHtml(ProjectTemplates().Format(preview.comment, Library::Form::kLetter, &preview.report));
}

}  // namespace
}  // namespace resultgate::comment

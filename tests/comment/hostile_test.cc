// Names, values, units, ranges and languages from a hostile sender: the comment stays well formed and says what was reported.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iterator>
#include <random>
#include <set>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/comment/library_for_tests.h"

namespace resultgate::comment {
namespace {

using ::testing::HasSubstr;

v1::DiagnosticReport High(const std::string& name, const std::string& value) {
  v1::DiagnosticReport report;
  report.set_status(v1::RESULT_STATUS_FINAL);
  v1::Observation* observation = report.add_observations();
  observation->set_status(v1::RESULT_STATUS_FINAL);
  observation->mutable_code()->set_text(name);
  observation->set_text(value);
  observation->set_interpretation(v1::INTERPRETATION_ABNORMAL);
  return report;
}

std::string Text(const v1::DiagnosticReport& report) {
  Request request;
  request.report = &report;
  return ProjectTemplates().Render(request).text();
}

bool IsUtf8WithoutControls(const std::string& text) {
  for (size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const size_t length = lead < 0x80 ? 1 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC2 ? 2 : 0;
    if (length == 0 || lead > 0xF4 || i + length > text.size()) return false;
    if (length == 1 && (lead == 0x7F || (lead < 0x20 && lead != '\n'))) return false;
    if (lead == 0xC2 && static_cast<unsigned char>(text[i + 1]) < 0xA0) return false;
    for (size_t k = 1; k < length; ++k) {
      if ((static_cast<unsigned char>(text[i + k]) & 0xC0) != 0x80) return false;
    }
    i += length;
  }
  return true;
}

// No `<` begins anything but the letter's own elements.
bool HasOurTagsOnly(const std::string& html) {
  static const std::set<std::string> ours = {"!doctype", "html", "head", "meta",    "title", "style", "body", "p",
                                             "article",  "h1",   "h2",   "section", "ul",    "li",    "span"};
  for (size_t at = html.find('<'); at != std::string::npos; at = html.find('<', at + 1)) {
    std::string tag = absl::AsciiStrToLower(html.substr(at + 1, html.find_first_of(" >\n", at) - at - 1));
    if (!tag.empty() && tag[0] == '/') tag.erase(0, 1);
    if (ours.count(tag) == 0) return false;
  }
  return true;
}

TEST(HostileTest, ValuesComeOutLiterally) {
  const char* const values[] = {
      "{name}",
      "{0}",
      "{",
      "}",
      "{{}}",
      "'",
      "''",
      "'{'",
      "{count, plural, other {#}}",
      "#",
      "\\u0041",
      "\\n",
      "<b>x</b>",
      "<script>alert(1)</script>",
      "&amp;",
      "%s%n",
      "$(id)",
      "`x`",
      "\"quoted\"",
      "]]>",
      "1/2",
      "7.10",
      ">100,000 CFU/mL",
      "- 5",
      "µmol/L",
      "≥ 4",
      "阴性",
      "שלילי",
      "نتيجة",
      "e\u0301",
      "👍🏽",
      "a|b^c~d&e",
  };
  for (const char* value : values) {
    const std::string text = Text(High("Name", value));
    EXPECT_THAT(text, HasSubstr(absl::StrCat("\n- Name: ", value, " (marked)\n")));
    EXPECT_THAT(Text(High(value, "9")), HasSubstr(absl::StrCat("\n- ", value, ": 9 (marked)\n")));
  }
}

TEST(HostileTest, WhatIsCleaned) {
  struct Case {
    std::string value;
    const char* line;  // after the name
  };
  const Case cases[] = {
      {"7\n- Potassium: 4.0 (normal)", ": 7 - Potassium: 4.0 (normal) (marked)"},  // no line of its own
      {"7\r\n\t8", ": 7 8 (marked)"},
      {"1\u202E2\u202C", ": 12 (marked)"},
      {"1\u20662\u2069\u200F", ": 12 (marked)"},
      {std::string("1\0002", 3), ": 12 (marked)"},
      {"\x1b[31m9", ": [31m9 (marked)"},
      {"9\xFF", ": 9\uFFFD (marked)"},
      {"\xC0\xAF", ": \uFFFD\uFFFD (marked)"},
      // Nothing is left, or not all of it could be shown: the name alone.
      {"\u200B \u2060", ""},
      {std::string(81, '9'), ""},
      {std::string(100000, '{'), ""},
  };
  for (const Case& c : cases) {
    const std::string text = Text(High("Name", c.value));
    EXPECT_THAT(text, HasSubstr(absl::StrCat("\n- Name", c.line, "\n")));
    EXPECT_TRUE(IsUtf8WithoutControls(text));
  }
  EXPECT_THAT(Text(High("Name", std::string(80, '9'))), HasSubstr(absl::StrCat(": ", std::string(80, '9'), " (marked)")));
  EXPECT_THAT(Text(High(std::string(200, 'n'), "9")), HasSubstr(absl::StrCat("\n- ", std::string(80, 'n'), "…: 9 (marked)")));
  EXPECT_THAT(Text(High("", "9")), HasSubstr("\n- A value: 9 (marked)"));
}

// With its range, or not at all: without it, a value says less than the laboratory did.
TEST(HostileTest, AValueIsShownWithItsRange) {
  struct Case {
    const char* low;
    const char* high;
    std::string text;
    const char* line;  // after the name
  };
  const Case cases[] = {{"", "", "", ": 9 (marked)"},
                        {"1", "2", "", ": 9 (marked; usual range: 1 - 2)"},
                        {"1", "", "", ": 9 (marked; usual range: ≥ 1)"},
                        {"", "2", "", ": 9 (marked; usual range: ≤ 2)"},
                        {"1", "2", "1 to 2", ": 9 (marked; usual range: 1 to 2)"},
                        {"1", "2", std::string(81, '9'), ""}};
  for (const Case& c : cases) {
    v1::DiagnosticReport report = High("Name", "9");
    v1::ReferenceRange* range = report.mutable_observations(0)->mutable_reference_range();
    range->set_low(c.low);
    range->set_high(c.high);
    range->set_text(c.text);
    EXPECT_THAT(Text(report), HasSubstr(absl::StrCat("\n- Name", c.line, "\n")));
  }
}

TEST(HostileTest, TheReportsNameAndRangeToo) {
  v1::DiagnosticReport report = High("Name", "9");
  report.mutable_code()->set_text("Panel {days}\n\u202E<i>");
  report.mutable_observations(0)->mutable_reference_range()->set_text("{flag}\n1 - 2");
  const std::string text = Text(report);
  EXPECT_THAT(text, HasSubstr("This comment is about: Panel {days} <i>.\n"));
  EXPECT_THAT(text, HasSubstr("- Name: 9 (marked; usual range: {flag} 1 - 2)\n"));
  report.mutable_observations(0)->mutable_reference_range()->set_text(std::string(500, '1'));
  EXPECT_THAT(Text(report), HasSubstr("- Name\n"));
}

TEST(HostileTest, RandomBytesNeverBreakTheComment) {
  constexpr unsigned kSeed = 20260306;
  std::mt19937 random(kSeed);
  const std::string alphabet = "{}'#,<>|\\n\xFF\xC3\xE2\x80\xAE\xF0\x9F plural other 09.-\n\t";
  std::uniform_int_distribution<size_t> letter(0, alphabet.size() - 1), length(0, 120);
  const auto bytes = [&] {
    std::string text(length(random), ' ');
    for (char& c : text) c = alphabet[letter(random)];
    return text;
  };
  std::uniform_int_distribution<int> interpretation(0, 10), status(0, 9), occasion(0, 3), count(0, 15), section(0, 8);
  // Of several templates: each has its say.
  constexpr const char* kCodes[] = {"2823-3", "718-7", "6301-6", "2093-3", "56888-1"};
  for (int round = 0; round < 3000; ++round) {
    v1::DiagnosticReport report;
    report.set_status(static_cast<v1::ResultStatus>(status(random)));
    report.set_section(static_cast<v1::Section>(section(random)));
    report.mutable_code()->set_text(bytes());
    report.mutable_patient()->set_language(round % 2 == 0 ? bytes() : round % 4 == 1 ? "es" : "ar");
    for (int i = count(random); i > 0; --i) {
      v1::Observation* observation = report.add_observations();
      observation->set_status(static_cast<v1::ResultStatus>(status(random)));
      observation->set_interpretation(static_cast<v1::Interpretation>(interpretation(random)));
      observation->mutable_code()->set_text(bytes());
      v1::Coding* coding = observation->mutable_code()->add_codings();
      coding->set_code(round % 2 == 0 ? bytes() : kCodes[static_cast<size_t>(i) % std::size(kCodes)]);
      if (round % 2 != 0) coding->set_system("http://loinc.org");
      observation->mutable_reference_range()->set_text(bytes());
      if (round % 3 == 0) {
        observation->set_text(bytes());
      } else {
        observation->mutable_quantity()->set_value(bytes());
        observation->mutable_quantity()->set_unit(bytes());
      }
    }
    Request request;
    request.report = &report;
    request.occasion = static_cast<Occasion>(occasion(random));
    request.not_yet_reviewed = round % 5 == 0;
    v1::ClinicianComment words;
    words.set_text(bytes());
    if (round % 7 == 0) request.clinician = &words;
    const v1::Comment comment = ProjectTemplates().Render(request);
    const std::string letter = ProjectTemplates().Format(comment, Library::Form::kLetter, &report);
    ASSERT_TRUE(HasOurTagsOnly(letter)) << "seed " << kSeed << " round " << round << "\n" << letter;
    ASSERT_FALSE(comment.text().empty()) << "seed " << kSeed << " round " << round;
    ASSERT_TRUE(IsUtf8WithoutControls(comment.text())) << "seed " << kSeed << " round " << round;
    ASSERT_FALSE(comment.template_id().empty());
    // Every comment ends with whom to contact: nothing that a value holds can cut it off.
    const std::vector<std::string> lines = absl::StrSplit(comment.text(), '\n');
    ASSERT_GE(lines.size(), 5u);
    ASSERT_LE(lines.size(),
              5u + 13 + 4 + 1 + 3u * static_cast<size_t>(comment.parts_size()) + (request.clinician == nullptr ? 0u : 1 + 120));
  }
}

}  // namespace
}  // namespace resultgate::comment

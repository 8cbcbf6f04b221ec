#include "server/comment/format.h"

#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"

namespace resultgate::comment {
namespace {

// At least 18 point, as the American Printing House for the Blind has large print; nothing that needs colour to be understood.
constexpr char kLetterStyle[] =
    "@page{margin:2.5cm}body{font:18pt/1.5 Arial,'Noto Sans','Noto Sans Arabic',sans-serif;max-width:38em;margin:2em auto;"
    "padding:0 1em;color:#000;background:#fff}h1{font-size:26pt}h2{font-size:21pt;margin-bottom:.2em;break-after:avoid}"
    "p,ul{margin-top:.2em}section{break-inside:avoid}.number{white-space:nowrap}";

std::vector<absl::string_view> Paragraphs(const std::string& text) {
  return absl::StrSplit(text, '\n', absl::SkipEmpty());
}

// CommonMark's signs that could turn text into something else. Numbers at the beginning of a line are lists only before `.` or
// `)`.
std::string EscapeMarkdown(absl::string_view text) {
  std::string escaped;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool always = absl::StrContains("\\`*_[]<>#&|~!", absl::string_view(&c, 1));
    const bool begins_list = escaped.empty() && (c == '-' || c == '+' || c == '=');
    const bool numbered =
        (c == '.' || c == ')') && i > 0 && text.substr(0, i).find_first_not_of("0123456789") == absl::string_view::npos;
    if (always || begins_list || numbered) escaped += '\\';
    escaped += c;
  }
  return escaped;
}

const std::string& Heading(const v1::CommentSection& section, const SharedWords& words) {
  return words.headings[static_cast<size_t>(section.kind())];
}

constexpr size_t kFewestDigitsOfANumber = 7;

// Where a telephone number that begins at `at` ends; `at` if none does.
size_t EndOfNumber(absl::string_view text, size_t at) {
  size_t end = at, digits = 0;
  for (size_t i = at; i < text.size() && absl::StrContains("0123456789-.() +", absl::string_view(&text[i], 1)); ++i) {
    if (!absl::ascii_isdigit(text[i])) continue;
    ++digits;
    end = i + 1;
  }
  return digits < kFewestDigitsOfANumber ? at : end;
}

// Escaped; telephone numbers never broken over two lines, which would turn their halves round where writing goes to the left.
std::string HtmlText(absl::string_view text) {
  std::string html;
  size_t done = 0;
  for (size_t at = 0; at < text.size();) {
    const bool begins =
        (absl::ascii_isdigit(text[at]) || text[at] == '+' || text[at] == '(') && (at == 0 || !absl::ascii_isalnum(text[at - 1]));
    const size_t end = begins ? EndOfNumber(text, at) : at;
    if (end == at) {
      ++at;
      continue;
    }
    absl::StrAppend(&html, EscapeHtml(text.substr(done, at - done)), "<span class=\"number\">",
                    EscapeHtml(text.substr(at, end - at)), "</span>");
    done = at = end;
  }
  return html + EscapeHtml(text.substr(done));
}

template <typename Items>
void AddList(const Items& items, std::string* html) {
  if (items.empty()) return;
  *html += "<ul>\n";
  for (const std::string& item : items) absl::StrAppend(html, "<li>", HtmlText(item), "</li>\n");
  *html += "</ul>\n";
}

}  // namespace

std::string EscapeHtml(absl::string_view text) {
  return absl::StrReplaceAll(text, {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}, {"'", "&#39;"}});
}

std::string PlainText(const v1::Comment& comment, const SharedWords& words) {
  size_t size = 0;
  for (const v1::CommentSection& section : comment.sections()) {
    size += section.text().size() + 1;
    for (const std::string& item : section.items()) size += item.size() + 3;
  }
  std::string text;
  text.reserve(size);
  for (const v1::CommentSection& section : comment.sections()) {
    if (!text.empty()) text += "\n";
    if (section.kind() == v1::CommentSection::KIND_CLINICIAN) absl::StrAppend(&text, Heading(section, words), ":\n");
    text += section.text();
    for (const std::string& item : section.items()) absl::StrAppend(&text, "\n- ", item);
  }
  return text;
}

std::string Markdown(const v1::Comment& comment, const SharedWords& words) {
  std::string text = absl::StrCat("# ", EscapeMarkdown(comment.title()), "\n");
  for (const v1::CommentSection& section : comment.sections()) {
    if (!Heading(section, words).empty()) absl::StrAppend(&text, "\n## ", EscapeMarkdown(Heading(section, words)), "\n");
    for (const absl::string_view paragraph : Paragraphs(section.text()))
      absl::StrAppend(&text, "\n", EscapeMarkdown(paragraph), "\n");
    if (section.items_size() > 0) text += "\n";
    for (const std::string& item : section.items()) absl::StrAppend(&text, "- ", EscapeMarkdown(item), "\n");
  }
  return text;
}

std::string HtmlFragment(const v1::Comment& comment, const SharedWords& words, int level) {
  std::string html = absl::StrCat("<article lang=\"", EscapeHtml(words.tag), "\" dir=\"", words.right_to_left ? "rtl" : "ltr",
                                  "\">\n<h", level, ">", EscapeHtml(comment.title()), "</h", level, ">\n");
  for (const v1::CommentSection& section : comment.sections()) {
    html += "<section>\n";
    if (!Heading(section, words).empty())
      absl::StrAppend(&html, "<h", level + 1, ">", EscapeHtml(Heading(section, words)), "</h", level + 1, ">\n");
    for (const absl::string_view paragraph : Paragraphs(section.text()))
      absl::StrAppend(&html, "<p>", HtmlText(paragraph), "</p>\n");
    AddList(section.items(), &html);
    html += "</section>\n";
  }
  return html + "</article>\n";
}

std::string Letter(const v1::Comment& comment, const std::vector<std::string>& everything, const SharedWords& words) {
  const absl::string_view direction = words.right_to_left ? "rtl" : "ltr";
  std::string list;
  if (!everything.empty()) {
    list = absl::StrCat("<section>\n<h2>", EscapeHtml(words.letter_everything), "</h2>\n");
    AddList(everything, &list);
    list += "</section>\n";
  }
  return absl::StrCat("<!DOCTYPE html>\n<html lang=\"", EscapeHtml(words.tag), "\" dir=\"", direction,
                      "\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n<title>",
                      EscapeHtml(comment.title()), "</title>\n<style>", kLetterStyle, "</style>\n</head>\n<body>\n<p>",
                      EscapeHtml(words.letter_opening), "</p>\n", HtmlFragment(comment, words, 1), list, "<p>",
                      EscapeHtml(words.letter_closing), "</p>\n</body>\n</html>\n");
}

std::string PhoneScript(const v1::Comment& comment, const SharedWords& words) {
  std::string text = absl::StrCat("[", words.phone_opening, "]\n\n");
  for (const v1::CommentSection& section : comment.sections()) {
    if (!Heading(section, words).empty()) absl::StrAppend(&text, Heading(section, words), ".\n");
    absl::StrAppend(&text, section.text(), "\n");
    for (const std::string& item : section.items()) absl::StrAppend(&text, "… ", item, ".\n");
    text += "\n";
  }
  return absl::StrCat(text, "[", words.phone_closing, "]\n");
}

}  // namespace resultgate::comment

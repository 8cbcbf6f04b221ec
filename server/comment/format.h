// One rendered comment as plain text, Markdown, a letter or a phone script. Pure functions, thread-safe.
#ifndef RESULTGATE_COMMENT_FORMAT_H_
#define RESULTGATE_COMMENT_FORMAT_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "resultgate/v1/comment.pb.h"
#include "server/comment/template.h"

namespace resultgate::comment {

// The sections, one after the other, items with `- ` before them; before a clinician's own words, that they are. No line feed at
// the end.
std::string PlainText(const v1::Comment& comment, const SharedWords& words);

// Headings, paragraphs and lists in CommonMark; what the text holds of its signs is escaped.
std::string Markdown(const v1::Comment& comment, const SharedWords& words);

// What stands inside <body> for one comment: headings, paragraphs and lists, escaped, with `lang` and `dir`. `level`: of its
// title among the page's headings; those of its sections are one deeper. Telephone numbers are of class `number`.
std::string HtmlFragment(const v1::Comment& comment, const SharedWords& words, int level);

// A page to print in large print, for patients without a portal. Complete HTML without outside parts. `everything`: lines of all
// results, because such a reader sees them nowhere else; may be empty.
std::string Letter(const v1::Comment& comment, const std::vector<std::string>& everything, const SharedWords& words);

// What staff read aloud, with what to do before and after. Plain text.
std::string PhoneScript(const v1::Comment& comment, const SharedWords& words);

// Text made fit to stand in HTML, in text or in a quoted attribute.
std::string EscapeHtml(absl::string_view text);

}  // namespace resultgate::comment

#endif  // RESULTGATE_COMMENT_FORMAT_H_

// HTML and XHTML to plain text. Pure, thread-safe.
#ifndef RESULTGATE_INTAKE_HTML_H_
#define RESULTGATE_INTAKE_HTML_H_

#include <string>

#include "absl/strings/string_view.h"

namespace resultgate::intake {

// The words of `html` without tags, comments, scripts and styles; blocks, rows and breaks begin a line, cells are parted by a
// space; character references are resolved, an unknown one is kept as it stands.
std::string PlainTextOfHtml(absl::string_view html);

}  // namespace resultgate::intake

#endif  // RESULTGATE_INTAKE_HTML_H_

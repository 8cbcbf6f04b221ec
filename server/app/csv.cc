#include "server/app/csv.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"

namespace resultgate::app {
namespace {

std::string Cell(std::string text) {
  if (!text.empty() && absl::StrContains("=+-@\t\r", text[0])) text.insert(0, "'");
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  return absl::StrCat("\"", absl::StrReplaceAll(text, {{"\"", "\"\""}}), "\"");
}

}  // namespace

std::string CsvLine(const std::vector<std::string>& cells) {
  return absl::StrCat(
      absl::StrJoin(cells, ",", [](std::string* out, const std::string& cell) { absl::StrAppend(out, Cell(cell)); }), "\r\n");
}

}  // namespace resultgate::app

#include "server/policy/condition_loader.h"

#include "absl/strings/str_cat.h"

namespace resultgate::policy {

std::shared_ptr<const expr::Program> LoadCondition(const yaml::Document& document, const yaml::Node& node,
                                                   const std::string& what, const expr::Environment& environment,
                                                   base::FileIssues* issues) {
  if (!node.IsScalar()) {
    document.Error(node.place, absl::StrCat(what, " must be an expression"), "", issues);
    return nullptr;
  }
  expr::Program::Source source;
  source.text = node.text;
  source.file = document.file;
  source.first_line = node.place.line;
  source.first_column = node.place.column;
  source.indent = node.place.column - 1;
  // In quotes the text begins behind the quote.
  const auto line = static_cast<size_t>(node.place.line - 1);
  const auto column = static_cast<size_t>(node.place.column - 1);
  const bool on_line = line < document.lines.size() && column < document.lines[line].size();
  const char first = on_line ? document.lines[line][column] : ' ';
  if ((first == '\'' || first == '"') && (node.text.empty() || node.text[0] != first)) ++source.first_column;
  const size_t issues_before = issues->size();
  std::shared_ptr<const expr::Program> condition = expr::Program::Compile(environment, source, issues);
  // The line as it stands in the file, not the expression alone.
  for (size_t i = issues_before; i < issues->size(); ++i) {
    const auto at = static_cast<size_t>((*issues)[i].place.line);
    if (at >= 1 && at <= document.lines.size()) (*issues)[i].source_line = document.lines[at - 1];
  }
  return condition;
}

}  // namespace resultgate::policy

#include "server/comment/example_run.h"

#include <fstream>
#include <functional>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "server/base/file.h"
#include "server/base/status_macros.h"
#include "server/comment/example.h"
#include "server/comment/template.h"
#include "server/comment/variant.h"

namespace resultgate::comment {
namespace {

std::string PathOf(const std::string& folder, const std::string& id) {
  return absl::StrCat(folder, "/", id, "/tests.yaml");
}

// Replaces the block scalars at the examples' texts, from the last to the first.
std::string WithNewTexts(const Library& library, absl::string_view content, const std::vector<Example>& examples) {
  std::vector<std::string> lines = absl::StrSplit(content, '\n');
  std::map<int, std::pair<int, std::string>, std::greater<int>> blocks;  // by first line: column and text
  for (const Example& example : examples) {
    for (const auto& [language, text] : example.texts) {
      blocks[text.place.line] = {text.place.column, RenderExample(library, example, language).text()};
    }
  }
  for (const auto& [line, block] : blocks) {
    const std::string indent(static_cast<size_t>(block.first) - 1, ' ');
    const auto begin = lines.begin() + line - 1;
    auto end = begin;
    while (end != lines.end() && absl::StartsWith(*end, indent)) ++end;
    std::vector<std::string> text = absl::StrSplit(block.second, '\n');
    for (std::string& part : text) part = indent + part;
    lines.insert(lines.erase(begin, end), text.begin(), text.end());
  }
  return absl::StrJoin(lines, "\n");
}

// The wordings that a comment shows: its own, and the generic templates' sentences before it.
void AddShown(const v1::Comment& comment, const std::string& language, std::set<std::string>* shown) {
  const std::vector<std::string> variants = absl::StrSplit(comment.variant(), '+');
  shown->insert(absl::StrCat(comment.template_id(), "/", variants.back(), "/", language));
  for (size_t i = 0; i + 1 < variants.size(); ++i) {
    const auto variant = VariantNamed(variants[i]);
    if (variant) shown->insert(absl::StrCat(Info(*variant).generic, "/", variants[i], "/", language));
  }
}

}  // namespace

ExampleCount RunExamples(const Library& library, const std::string& folder, absl::string_view only, const absl::TimeZone& zone,
                         base::FileIssues* issues) {
  ExampleCount count;
  std::set<std::string> shown;
  for (const std::string& id : library.Ids()) {
    for (const Example& example : ReadExamples(PathOf(folder, id), zone, issues)) {
      const bool counts = only.empty() || only == id;
      if (counts) CheckExample(library, example, issues);
      count.examples += counts ? 1 : 0;
      count.texts += counts ? static_cast<int>(example.texts.size()) : 0;
      for (const auto& [language, text] : example.texts) AddShown(RenderExample(library, example, language), language, &shown);
    }
  }
  // A wording that no example shows is one that nobody has read.
  for (const Library::Wording& wording : library.Wordings()) {
    if (!only.empty() && only != wording.template_id) continue;
    if (shown.count(absl::StrCat(wording.template_id, "/", wording.variant, "/", wording.language)) > 0) continue;
    issues->push_back({base::FileIssue::Severity::kError,
                       {PathOf(folder, wording.template_id), 0, 0},
                       absl::StrCat("no example shows `", wording.variant, "` in `", wording.language, "`"),
                       "add one, or the language to the `text` of one",
                       ""});
  }
  return count;
}

absl::Status UpdateExamples(const Library& library, const std::string& folder, absl::string_view only, const absl::TimeZone& zone,
                            base::FileIssues* issues) {
  for (const std::string& id : library.Ids()) {
    if (!only.empty() && only != id) continue;
    base::FileIssues found;
    const std::vector<Example> examples = ReadExamples(PathOf(folder, id), zone, &found);
    issues->insert(issues->end(), found.begin(), found.end());
    if (base::HasErrors(found)) continue;  // the places of what was left out are not known
    RG_ASSIGN_OR_RETURN(const std::string content, base::ReadFile(PathOf(folder, id)));
    const std::string updated = WithNewTexts(library, content, examples);
    if (updated == content) continue;
    std::ofstream file(PathOf(folder, id), std::ios::binary | std::ios::trunc);
    file << updated;
    if (!file.flush()) return absl::UnavailableError(absl::StrCat("cannot write `", PathOf(folder, id), "`"));
  }
  return absl::OkStatus();
}

}  // namespace resultgate::comment

// Formatting of YAML files that people write: one way to indent, quote and order, with every comment kept.
//
// Blocks are indented by two blanks, items of a list below their key too. A map or list in brackets stays in brackets as long as
// it fits a line of kWidth columns. Quotes stay, all of one kind. Long texts are folded; block texts stay as they are,
// but for their indentation. At most one empty line stands between two things, none at the start.
//
// A comment on a line of its own belongs to what follows it (or, indented more, to the end of what stands before it); one at the
// end of a line to what begins on that line; those at the top of a file, up to an empty line, to the file.
//
// Pure functions, thread-safe.
#ifndef RESULTGATE_YAML_FORMAT_H_
#define RESULTGATE_YAML_FORMAT_H_

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "server/base/file_issue.h"
#include "server/yaml/yaml.h"

namespace resultgate::yaml {

inline constexpr size_t kWidth = 130;

// How one kind of value is laid out. The default: as its author ordered it.
struct Layout {
  // A map: its keys in order, each with the layout of its value (or nullptr). Keys that are not here stand behind, as they came.
  std::vector<std::pair<std::string, std::shared_ptr<const Layout>>> keys;
  // A list: of its items.
  std::shared_ptr<const Layout> items;
  // A list: an item in brackets stays on one line, however long: rows of a table.
  bool table = false;
  // A list: one empty line between items.
  bool spaced = false;
  // A text: a condition, broken at `&&` and `||` where it is too long.
  bool condition = false;
};

// `text`, the content of `file`, formatted. Nothing where it is not well formed (`issues` say why), or where the result would not
// read as the same values and the same comments: then it says so, and the file is better left alone.
std::optional<std::string> Format(const std::string& file, absl::string_view text, const Layout& layout,
                                  base::FileIssues* issues);

}  // namespace resultgate::yaml

#endif  // RESULTGATE_YAML_FORMAT_H_

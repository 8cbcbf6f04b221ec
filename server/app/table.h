// Tables for a terminal. Cells come from untrusted messages: control characters are taken out, so that no cell can steer the
// terminal. Pure, thread-safe as plain values are.
#ifndef RESULTGATE_APP_TABLE_H_
#define RESULTGATE_APP_TABLE_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace resultgate::app {

// `text` on one line without control characters, cut to `width` characters; the last one kept is `…` where something was cut.
// Characters are counted as code points.
std::string Cell(absl::string_view text, size_t width);

// How many characters a line of the terminal has that standard output is; 0 where it is none, so that files and other programs
// get everything.
size_t TerminalWidth();

// A table whose columns are as wide as their widest cell, up to a limit.
class Table {
 public:
  struct Column {
    std::string heading;
    size_t widest = 0;  // characters
  };

  explicit Table(std::vector<Column> columns);

  // As many cells as columns.
  void AddRow(std::vector<std::string> cells);
  // A line over all columns, not cut.
  void AddLine(absl::string_view text);

  // Heading, rule and rows. Columns in which no row says anything are left out. Only lines, without a heading, if no row was
  // added. Where `most` is not 0, the widest columns are cut until no row has more characters, as far as they can be: a line that
  // a terminal breaks is no row any more.
  std::string ToString(size_t most = 0) const;

  // For a table that never ends: every column at its widest.
  std::string Heading() const;
  std::string Row(const std::vector<std::string>& cells) const;

 private:
  struct Entry {
    std::vector<std::string> cells;  // empty for a line
    std::string line;
  };

  // Of each column, 0 for one that is left out.
  std::vector<size_t> Widths(size_t most) const;

  std::vector<Column> columns_;
  std::vector<Entry> entries_;
};

}  // namespace resultgate::app

#endif  // RESULTGATE_APP_TABLE_H_

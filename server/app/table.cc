#include "server/app/table.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <utility>

namespace resultgate::app {
namespace {

constexpr char kBetween[] = "  ";
// A column is cut no further: less says nothing.
constexpr size_t kNarrowest = 8;

bool Continues(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
}

size_t Characters(absl::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char byte) { return !Continues(byte); }));
}

// Control characters of ASCII and, in UTF-8, of Latin-1 (U+0080 to U+009F) become spaces.
std::string Printable(absl::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool latin_control =
        byte == 0xC2 && i + 1 < text.size() && Continues(text[i + 1]) && static_cast<unsigned char>(text[i + 1]) < 0xA0;
    if (latin_control) ++i;
    result += byte < 0x20 || byte == 0x7F || latin_control ? ' ' : text[i];
  }
  return result;
}

// One line of cells at these widths; a column of width 0 is left out.
std::string Line(const std::vector<std::string>& cells, const std::vector<size_t>& widths) {
  std::string line;
  for (size_t i = 0; i < cells.size(); ++i) {
    if (widths[i] == 0) continue;
    if (!line.empty()) line += kBetween;
    const std::string cell = Cell(cells[i], widths[i]);
    line += cell;
    line.append(widths[i] - Characters(cell), ' ');
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line + "\n";
}

size_t LineWidth(const std::vector<size_t>& widths) {
  size_t width = 0;
  for (const size_t column : widths) {
    if (column > 0) width += (width == 0 ? 0 : sizeof kBetween - 1) + column;
  }
  return width;
}

}  // namespace

size_t TerminalWidth() {
  winsize size = {};
  if (isatty(STDOUT_FILENO) == 0 || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return 0;
  return size.ws_col;
}

std::string Cell(absl::string_view text, size_t width) {
  const std::string clean = Printable(text);
  if (Characters(clean) <= width) return clean;
  if (width == 0) return "";
  size_t end = 0;
  for (size_t kept = 0; end < clean.size(); ++end) {
    if (Continues(clean[end])) continue;
    if (kept + 1 == width) break;
    ++kept;
  }
  return clean.substr(0, end) + "…";
}

Table::Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

void Table::AddRow(std::vector<std::string> cells) {
  assert(cells.size() == columns_.size());
  entries_.push_back({std::move(cells), ""});
}

void Table::AddLine(absl::string_view text) {
  entries_.push_back({{}, Printable(text)});
}

std::vector<size_t> Table::Widths(size_t most) const {
  std::vector<size_t> widths(columns_.size(), 0);
  for (const Entry& entry : entries_) {
    for (size_t i = 0; i < entry.cells.size(); ++i)
      widths[i] = std::max(widths[i], Characters(Cell(entry.cells[i], columns_[i].widest)));
  }
  for (size_t i = 0; i < columns_.size(); ++i) {
    if (widths[i] > 0) widths[i] = std::max(widths[i], Characters(columns_[i].heading));
  }
  if (widths.empty() || most == 0) return widths;
  // The widest gives first, so that numbers and times stay whole as long as there are words to cut.
  for (size_t all = LineWidth(widths); all > most; --all) {
    const auto widest = std::max_element(widths.begin(), widths.end());
    if (*widest <= kNarrowest) break;
    --*widest;
  }
  return widths;
}

std::string Table::ToString(size_t most) const {
  const std::vector<size_t> widths = Widths(most);
  std::vector<std::string> headings, rule;
  for (size_t i = 0; i < columns_.size(); ++i) {
    headings.push_back(columns_[i].heading);
    rule.emplace_back(widths[i], '-');
  }
  const bool rows = std::any_of(entries_.begin(), entries_.end(), [](const Entry& entry) { return !entry.cells.empty(); });
  std::string text;
  if (rows) text = Line(headings, widths) + Line(rule, widths);
  for (const Entry& entry : entries_) text += entry.cells.empty() ? entry.line + "\n" : Line(entry.cells, widths);
  return text;
}

std::string Table::Heading() const {
  std::vector<std::string> headings;
  for (const Column& column : columns_) headings.push_back(column.heading);
  return Row(headings);
}

std::string Table::Row(const std::vector<std::string>& cells) const {
  std::vector<size_t> widths;
  for (const Column& column : columns_) widths.push_back(column.widest);
  return Line(cells, widths);
}

}  // namespace resultgate::app

#include "server/valueset/csv.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace resultgate::valueset {
namespace {

using yaml::Node;

struct Field {
  std::string text;
  base::Place place;
};

Node Scalar(const Field& field) {
  Node node;
  node.kind = Node::Kind::kScalar;
  node.place = field.place;
  node.text = field.text;
  return node;
}

class CsvReader {
 public:
  CsvReader(yaml::Document* document, base::FileIssues* issues) : document_(*document), issues_(issues) {}

  bool Read() {
    Node& root = document_.root;
    root.kind = Node::Kind::kMap;
    root.place = {document_.file, 1, 1};
    codes_.kind = Node::Kind::kList;
    codes_.place = root.place;
    for (size_t i = 0; i < document_.lines.size(); ++i) ReadLine(static_cast<int>(i) + 1, document_.lines[i]);
    if (header_.empty()) {
      document_.Error(root.place, "a table of codes needs a header", "write the line `system,code,display` above the codes",
                      issues_);
      return false;
    }
    root.entries.push_back({"codes", codes_.place, std::move(codes_)});
    return true;
  }

 private:
  void ReadLine(int number, absl::string_view line) {
    if (absl::StripAsciiWhitespace(line).empty()) return;
    const base::Place place = {document_.file, number, 1};
    if (absl::StartsWith(line, "#")) return ReadKey(place, line.substr(1));
    std::vector<Field> fields;
    if (!Split(place, line, &fields)) return;
    if (header_.empty()) {
      for (const Field& field : fields) header_.push_back(absl::AsciiStrToLower(absl::StripAsciiWhitespace(field.text)));
      codes_.place = place;
      return;
    }
    if (fields.size() > header_.size()) {
      document_.Error(fields[header_.size()].place,
                      absl::StrCat("this row has ", fields.size(), " fields, and the header ", header_.size()),
                      "put what holds a comma into quotes", issues_);
      return;
    }
    Node row;
    row.kind = Node::Kind::kMap;
    row.place = place;
    for (size_t i = 0; i < fields.size(); ++i) {
      // An empty cell is a key that was left out.
      if (!fields[i].text.empty()) row.entries.push_back({header_[i], fields[i].place, Scalar(fields[i])});
    }
    codes_.items.push_back(std::move(row));
  }

  // `# name: our-codes`. Remarks without a colon stay remarks.
  void ReadKey(const base::Place& place, absl::string_view remark) {
    const size_t colon = remark.find(": ");
    if (colon == absl::string_view::npos) return;
    const std::string key(absl::StripAsciiWhitespace(remark.substr(0, colon)));
    if (absl::StrContains(key, ' ')) return;
    if (document_.root.Find(key) != nullptr) {
      document_.Error(place, absl::StrCat("`", key, "` stands twice"), "keep one of them", issues_);
      return;
    }
    const std::string value(absl::StripAsciiWhitespace(remark.substr(colon + 1)));
    document_.root.entries.push_back({key, place, Scalar({value, place})});
  }

  bool Split(const base::Place& start, absl::string_view line, std::vector<Field>* fields) {
    size_t at = 0;
    while (true) {
      Field field{"", {start.file, start.line, static_cast<int>(at) + 1}};
      if (at < line.size() && line[at] == '"') {
        if (!ReadQuoted(field.place, line, &at, &field.text)) return false;
      } else {
        const size_t comma = std::min(line.find(',', at), line.size());
        field.text = std::string(absl::StripAsciiWhitespace(line.substr(at, comma - at)));
        at = comma;
      }
      fields->push_back(std::move(field));
      if (at >= line.size()) return true;
      ++at;  // the comma
    }
  }

  // A field in quotes, in which two quotes are one; `*at` is then at the comma behind it, or at the end.
  bool ReadQuoted(const base::Place& place, absl::string_view line, size_t* at, std::string* text) {
    for (++*at; *at < line.size(); ++*at) {
      if (line[*at] != '"') {
        text->push_back(line[*at]);
      } else if (*at + 1 < line.size() && line[*at + 1] == '"') {
        text->push_back('"');
        ++*at;
      } else {
        ++*at;
        if (*at == line.size() || line[*at] == ',') return true;
        document_.Error({place.file, place.line, static_cast<int>(*at) + 1}, "a comma was expected behind the closing quote",
                        "write a quote within quotes twice: `\"\"`", issues_);
        return false;
      }
    }
    document_.Error(place, "this quote is not closed on its line", "close it with `\"`", issues_);
    return false;
  }

  yaml::Document& document_;
  base::FileIssues* const issues_;
  std::vector<std::string> header_;
  Node codes_;
};

}  // namespace

std::optional<yaml::Document> ParseCsv(const std::string& file, absl::string_view text, base::FileIssues* issues) {
  yaml::Document document;
  document.file = file;
  // Spreadsheets begin with a byte order mark and end lines with CR LF.
  text = absl::StripPrefix(text, "\xef\xbb\xbf");
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    document.lines.emplace_back(absl::StripSuffix(line, "\r"));
  }
  if (!CsvReader(&document, issues).Read()) return std::nullopt;
  return document;
}

}  // namespace resultgate::valueset

#include "tests/structure/house.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "re2/re2.h"

namespace resultgate::structure {
namespace {

std::string At(const std::string& file, int line) {
  return absl::StrCat(file, ":", line, ": ");
}

// `gate` of `server/gate/submit.cc`.
std::string FolderOf(absl::string_view path) {
  const std::vector<std::string> parts = absl::StrSplit(path, '/');
  return parts.size() > 2 && parts[0] == "server" ? parts[1] : "";
}

bool IsStandardHeader(absl::string_view header) {
  return !header.empty() && std::all_of(header.begin(), header.end(),
                                        [](char c) { return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '_'; });
}

// The header of an #include line, with its opening delimiter, as `"server/base/file.h` or `<vector`; empty for other lines.
std::string IncludeOf(absl::string_view line) {
  line = absl::StripAsciiWhitespace(line);
  if (!absl::ConsumePrefix(&line, "#")) return "";
  line = absl::StripLeadingAsciiWhitespace(line);
  if (!absl::ConsumePrefix(&line, "include")) return "";
  line = absl::StripLeadingAsciiWhitespace(line);
  if (line.empty() || (line[0] != '<' && line[0] != '"')) return "";
  const size_t end = line.find(line[0] == '<' ? '>' : '"', 1);
  return end == absl::string_view::npos ? "" : std::string(line.substr(0, end));
}

// An include of our own.
void CheckOwn(const House& house, const std::string& place, const std::string& folder, const std::string& header, Uses* uses,
              std::vector<std::string>* problems) {
  const std::string to = FolderOf(header);
  const auto own_floor = house.floors.find(folder);
  const auto its_floor = house.floors.find(to);
  if (its_floor == house.floors.end()) {
    problems->push_back(
        absl::StrCat(place, "includes ", header, ", and server/", to, " has no floor; give it one in floors.txt"));
    return;
  }
  if (to == folder) return;
  const int top =
      std::max_element(house.floors.begin(), house.floors.end(), [](auto& a, auto& b) { return a.second < b.second; })->second;
  if (std::count(header.begin(), header.end(), '/') > 2 && own_floor->second != top) {
    problems->push_back(absl::StrCat(place, "server/", folder, " includes ", header, ", which stands behind server/", to,
                                     "; an inner folder is for its own folder and for the top floor's wiring"));
    return;
  }
  if (its_floor->second < own_floor->second) return;
  if (its_floor->second == own_floor->second && house.sideways.count({folder, to})) {
    uses->sideways.insert({folder, to});
    return;
  }
  problems->push_back(absl::StrCat(place, "server/", folder, " (floor ", own_floor->second, ") includes ", header, " (floor ",
                                   its_floor->second, "); a folder includes lower floors only"));
}

// Any other include.
void CheckLibrary(const House& house, const std::string& place, const std::string& folder, const std::string& header, bool quoted,
                  Uses* uses, std::vector<std::string>* problems) {
  if (!quoted && IsStandardHeader(header)) return;
  for (const House::Library& library : house.libraries) {
    if (!absl::StartsWith(header, library.prefix)) continue;
    if (library.folders.count("*")) return;
    if (library.folders.count(folder)) {
      uses->libraries.insert({library.prefix, folder});
      return;
    }
    problems->push_back(absl::StrCat(place, "server/", folder, " includes ", header, "; this library stands in ",
                                     absl::StrJoin(library.folders, ", "), " only"));
    return;
  }
  problems->push_back(absl::StrCat(place, "includes ", header, ", which no line of floors.txt speaks of; ",
                                   quoted ? "paths begin at the root, as `server/…`" : "give the library its folder there"));
}

}  // namespace

House ReadHouse(const std::string& file, absl::string_view text, std::vector<std::string>* problems) {
  House house;
  int number = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    line = absl::StripAsciiWhitespace(line);
    if (line.empty() || line[0] == '#') continue;
    // The colon and what follows is the reason, for `word` and `long`; a word may hold colons without a blank after them.
    const std::pair<absl::string_view, absl::string_view> parts = absl::StrSplit(line, absl::MaxSplits(": ", 1));
    const std::vector<std::string> fields = absl::StrSplit(parts.first, ' ', absl::SkipWhitespace());
    const std::string& kind = fields[0];
    const bool reasoned = !parts.second.empty();
    int floor = 0;
    if (kind == "floor" && fields.size() > 2 && absl::SimpleAtoi(fields[1], &floor)) {
      for (size_t i = 2; i < fields.size(); ++i) house.floors[fields[i]] = floor;
    } else if (kind == "sideways" && fields.size() == 3) {
      house.sideways.insert({fields[1], fields[2]});
    } else if (kind == "library" && fields.size() > 2) {
      house.libraries.push_back({fields[1], {fields.begin() + 2, fields.end()}, number});
    } else if (kind == "word" && fields.size() > 2 && reasoned) {
      house.words.push_back({fields[1], {fields.begin() + 2, fields.end()}, std::string(parts.second)});
    } else if (kind == "long" && fields.size() == 2 && reasoned) {
      house.long_files.insert(fields[1]);
    } else {
      problems->push_back(absl::StrCat(At(file, number), "no line of the table looks so; its first lines say how they look"));
    }
  }
  return house;
}

void CheckFile(const House& house, const std::string& path, absl::string_view text, Uses* uses,
               std::vector<std::string>* problems) {
  const std::string folder = FolderOf(path);
  if (!house.floors.count(folder)) {
    problems->push_back(absl::StrCat(At(path, 1), "server/", folder, " has no floor; give it one in floors.txt"));
    return;
  }

  const std::vector<absl::string_view> lines = absl::StrSplit(absl::StripSuffix(text, "\n"), '\n');
  int number = 0;
  for (absl::string_view line : lines) {
    ++number;
    const std::string place = At(path, number);
    if (std::string include = IncludeOf(line); !include.empty()) {
      const std::string header = include.substr(1);
      if (absl::StartsWith(header, "server/")) {
        CheckOwn(house, place, folder, header, uses, problems);
      } else {
        CheckLibrary(house, place, folder, header, include[0] == '"', uses, problems);
      }
    }
    for (const House::Word& word : house.words) {
      if (absl::StrContains(line, word.text) && !word.folders.count(folder)) {
        problems->push_back(absl::StrCat(place, "`", word.text, "` does not stand in server/", folder, "; ", word.why));
      }
    }
  }

  if (number > kLongestFile) {
    uses->long_files.insert(path);
    if (!house.long_files.count(path)) {
      problems->push_back(absl::StrCat(At(path, number), "the file has more than ", kLongestFile,
                                       " lines; is it still one idea? Split it, or give the reason in floors.txt"));
    }
  }
  if (absl::EndsWith(path, ".h")) {
    if (!absl::StartsWith(text, "//")) {
      problems->push_back(absl::StrCat(
          At(path, 1), "a header begins with a comment; say what it is for, and its thread-safety, units and errors"));
    }
    const std::string guard = absl::StrCat(
        "RESULTGATE_", absl::AsciiStrToUpper(absl::StrReplaceAll(absl::StripPrefix(path, "server/"), {{"/", "_"}, {".", "_"}})),
        "_");
    if (!absl::StrContains(text, absl::StrCat("#ifndef ", guard, "\n#define ", guard, "\n"))) {
      problems->push_back(absl::StrCat(At(path, 1), "no include guard ", guard));
    }
  }
  if (!absl::StrContains(text, absl::StrCat("namespace resultgate::", folder)) && !absl::StrContains(text, "int main(") &&
      absl::StrContains(text, "namespace")) {
    problems->push_back(absl::StrCat(At(path, 1), "code of this folder stands in namespace resultgate::", folder));
  }
}

void CheckUsings(const std::string& path, absl::string_view text, std::vector<std::string>* problems) {
  static const re2::RE2* const kUsing = new re2::RE2(R"(^\s*using [\w:]+::(\w+);)");
  int number = 0;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    std::string name;
    if (!re2::RE2::PartialMatch(re2::StringPiece(line.data(), line.size()), *kUsing, &name)) continue;
    const re2::RE2 word(absl::StrCat("\\b", name, "\\b"));
    re2::StringPiece rest(text.data(), text.size());
    int uses = 0;
    while (re2::RE2::FindAndConsume(&rest, word)) ++uses;
    if (uses == 1) problems->push_back(absl::StrCat(At(path, number), "nothing needs `using ", name, "`; take it out"));
  }
}

void CheckUses(const House& house, const std::string& file, const Uses& uses, std::vector<std::string>* problems) {
  for (const auto& [from, to] : house.sideways) {
    if (!uses.sideways.count({from, to}))
      problems->push_back(absl::StrCat(file, ": nothing needs `sideways ", from, " ", to, "` any more"));
  }
  for (const House::Library& library : house.libraries) {
    for (const std::string& folder : library.folders) {
      if (folder != "*" && !uses.libraries.count({library.prefix, folder})) {
        problems->push_back(absl::StrCat(At(file, library.line), "server/", folder, " does not include ", library.prefix,
                                         " any more; take it out"));
      }
    }
  }
  for (const std::string& path : house.long_files) {
    if (!uses.long_files.count(path)) problems->push_back(absl::StrCat(file, ": ", path, " is not long any more; take it out"));
  }
}

}  // namespace resultgate::structure

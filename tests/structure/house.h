// The rules of the house, read from floors.txt, and the checks of one file against them. Pure functions; a problem is one line,
// `file:line: what is wrong; what would be right`.
#ifndef RESULTGATE_TESTS_STRUCTURE_HOUSE_H_
#define RESULTGATE_TESTS_STRUCTURE_HOUSE_H_

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace resultgate::structure {

// A file of server/ may not be longer, unless the table says why.
inline constexpr int kLongestFile = 450;

struct House {
  struct Library {
    std::string prefix;
    std::set<std::string> folders;  // `*` for all
    int line = 0;
  };
  struct Word {
    std::string text;
    std::set<std::string> folders;
    std::string why;
  };

  std::map<std::string, int> floors;
  std::set<std::pair<std::string, std::string>> sideways;
  std::vector<Library> libraries;
  std::vector<Word> words;
  std::set<std::string> long_files;
};

// What the files of server/ made use of, to find lines of the table that nothing needs.
struct Uses {
  std::set<std::pair<std::string, std::string>> sideways;
  std::set<std::pair<std::string, std::string>> libraries;  // prefix, folder
  std::set<std::string> long_files;
};

// `file` names the table in problems.
House ReadHouse(const std::string& file, absl::string_view text, std::vector<std::string>* problems);

// The file at `path`, as `server/gate/submit.cc`: its includes, its words, its length; for a header its guard and its first
// comment; and its namespace, resultgate::<folder>, unless it holds main().
void CheckFile(const House& house, const std::string& path, absl::string_view text, Uses* uses,
               std::vector<std::string>* problems);

// `using a::Name;` in a .cc file that does not name it again. clang-tidy knows that too, but not when it reads several files as
// one (tidy.sh).
void CheckUsings(const std::string& path, absl::string_view text, std::vector<std::string>* problems);

// Permissions that no file used.
void CheckUses(const House& house, const std::string& file, const Uses& uses, std::vector<std::string>* problems);

}  // namespace resultgate::structure

#endif  // RESULTGATE_TESTS_STRUCTURE_HOUSE_H_

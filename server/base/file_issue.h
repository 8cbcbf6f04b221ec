// A mistake in an author's file (rule, value set, template): what is wrong, where, and what would be right.
//
// Authors' mistakes are values, not errors of ours: a loader returns all that it found, so that an author sees seven
// mistakes at once instead of the first. For our own failures see absl::Status.
//
// Plain values, as thread-safe as any.
#ifndef RESULTGATE_BASE_FILE_ISSUE_H_
#define RESULTGATE_BASE_FILE_ISSUE_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace resultgate::base {

// A place in a file. Lines and columns count from 1; columns count bytes. 0 means "the file as a whole".
struct Place {
  std::string file;
  int line = 0;
  int column = 0;
};

struct FileIssue {
  enum class Severity { kError, kWarning };

  Severity severity = Severity::kError;
  Place place;
  // Starts in lower case, without a full stop; the author's words in backticks.
  std::string message;
  // What to write instead, as a sentence part ("did you mean `biopsy`?"); may be empty.
  std::string suggestion;
  // The line at `place`, for the caret; may be empty.
  std::string source_line;
};

using FileIssues = std::vector<FileIssue>;

// True if one of the issues is an error: then nothing of the file may be used.
bool HasErrors(const FileIssues& issues);

// `file:line:column: error: message; suggestion`, then the source line and a caret below the column where they are known.
// Ends with a line feed.
std::string Format(const FileIssue& issue);

// All of them, in order of file and place.
std::string Format(const FileIssues& issues);

// The entry of `known` that `word` most likely was meant to be, or empty: at most a third of its letters differ
// (Damerau-Levenshtein distance, case ignored).
std::string Nearest(absl::string_view word, const std::vector<std::string>& known);

// "did you mean `x`?" for the nearest entry, or "one of `a`, `b`, …" for at most twelve entries, else empty.
std::string Suggest(absl::string_view word, const std::vector<std::string>& known);

}  // namespace resultgate::base

#endif  // RESULTGATE_BASE_FILE_ISSUE_H_

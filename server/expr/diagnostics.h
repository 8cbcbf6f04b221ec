// The mistakes of one source text, gathered by all phases of compilation, and where a byte of the text stands in its file.
//
// Not thread-safe; lives for one compilation.
#ifndef RESULTGATE_EXPR_DIAGNOSTICS_H_
#define RESULTGATE_EXPR_DIAGNOSTICS_H_

#include <cstddef>
#include <map>
#include <string>

#include "absl/strings/string_view.h"
#include "server/base/file_issue.h"
#include "server/expr/expr.h"

namespace resultgate::expr {

// The place in the file of the byte at `offset` of the source's text.
base::Place PlaceOf(const Program::Source& source, size_t offset);

class Diagnostics {
 public:
  // More than an author can take in at once; random bytes would otherwise give one for each byte.
  static constexpr size_t kMost = 50;

  // `source` must outlive this.
  explicit Diagnostics(const Program::Source& source) : source_(source) {}

  // Reports a mistake at a byte of the text. The first one at a place stays; later ones there are its consequences.
  void Add(size_t offset, std::string message, std::string suggestion = "");

  bool any() const { return !issues_.empty(); }

  // The text of a source range, for messages; cut where it is long.
  std::string Quote(size_t begin, size_t end) const;

  // Appends everything to `issues`, in order of place.
  void AppendTo(base::FileIssues* issues) const;

 private:
  const Program::Source& source_;
  std::map<size_t, base::FileIssue> issues_;
};

// base::Suggest, but nothing for a word that is too long to be a slip of the pen.
std::string SuggestName(absl::string_view word, const std::vector<std::string>& known);

}  // namespace resultgate::expr

#endif  // RESULTGATE_EXPR_DIAGNOSTICS_H_

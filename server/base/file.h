// Files, as whole strings. No exceptions; thread-safe.
#ifndef RESULTGATE_BASE_FILE_H_
#define RESULTGATE_BASE_FILE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace resultgate::base {

// The bytes of a file. NotFound if there is none, otherwise Unavailable with the operating system's reason.
absl::StatusOr<std::string> ReadFile(const std::string& path);

// The files below `folder`, at any depth, whose name ends in `suffix`, as paths that begin with `folder`, in order. A hidden
// file or folder (`.git`) is left out. NotFound if the folder does not exist.
absl::StatusOr<std::vector<std::string>> ListFiles(const std::string& folder, const std::string& suffix);

}  // namespace resultgate::base

#endif  // RESULTGATE_BASE_FILE_H_

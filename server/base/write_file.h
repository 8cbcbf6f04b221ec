// Writing a file. No exceptions; thread-safe for different files.
#ifndef RESULTGATE_BASE_WRITE_FILE_H_
#define RESULTGATE_BASE_WRITE_FILE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace resultgate::base {

// Writes a file whole: a reader sees the old content or the new, never a part. The folders above it are made where they are
// missing. Unavailable with the operating system's reason.
absl::Status WriteFile(const std::string& path, absl::string_view content);

}  // namespace resultgate::base

#endif  // RESULTGATE_BASE_WRITE_FILE_H_

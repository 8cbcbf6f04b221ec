// Files, as whole strings. No exceptions; thread-safe.
#ifndef RESULTGATE_BASE_FILE_H_
#define RESULTGATE_BASE_FILE_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace resultgate::base {

// The bytes of a file. NotFound if there is none, otherwise Unavailable with the operating system's reason.
absl::StatusOr<std::string> ReadFile(const std::string& path);

// The files below `folder`, at any depth, whose name ends in `suffix`, as paths that begin with `folder`, in order. A hidden
// file or folder (`.git`) is left out. NotFound if the folder does not exist.
absl::StatusOr<std::vector<std::string>> ListFiles(const std::string& folder, const std::string& suffix);

// Where a loader takes its files from: the disk, or memory, for what came over the wire or stands in a database. Immutable, cheap
// to copy, thread-safe.
class Files {
 public:
  // Those of the disk.
  Files() = default;
  // These alone, by path; paths are relative, with `/`, without `.` and `..`.
  explicit Files(std::map<std::string, std::string> contents);
  // What stands below these folders of the disk now, hidden files left out, by the paths that lead there. What cannot be read is
  // not there.
  static Files Snapshot(const std::vector<std::string>& folders);

  // As ReadFile and ListFiles above.
  absl::StatusOr<std::string> Read(const std::string& path) const;
  absl::StatusOr<std::vector<std::string>> List(const std::string& folder, const std::string& suffix) const;

 private:
  std::shared_ptr<const std::map<std::string, std::string>> contents_;  // null: the disk
};

}  // namespace resultgate::base

#endif  // RESULTGATE_BASE_FILE_H_

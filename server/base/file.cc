#include "server/base/file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace resultgate::base {

namespace fs = std::filesystem;

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::error_code error;
  if (!fs::exists(path, error)) return absl::NotFoundError(absl::StrCat("no file `", path, "`"));
  if (fs::is_directory(path, error)) return absl::UnavailableError(absl::StrCat("`", path, "` is a folder, not a file"));
  std::ifstream in(path, std::ios::binary);
  std::ostringstream bytes;
  if (in && in.peek() != std::ifstream::traits_type::eof()) bytes << in.rdbuf();
  if (in.bad() || !in.is_open()) {
    return absl::UnavailableError(absl::StrCat("cannot read `", path, "`: ", std::strerror(errno)));
  }
  return std::move(bytes).str();
}

absl::StatusOr<std::vector<std::string>> ListFiles(const std::string& folder, const std::string& suffix) {
  std::error_code error;
  if (!fs::is_directory(folder, error)) return absl::NotFoundError(absl::StrCat("no folder `", folder, "`"));
  std::vector<std::string> paths;
  for (fs::recursive_directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (absl::StartsWith(name, ".")) {
      if (it->is_directory(error)) it.disable_recursion_pending();
      continue;
    }
    if (it->is_regular_file(error) && absl::EndsWith(name, suffix)) paths.push_back(it->path().string());
  }
  if (error) return absl::UnavailableError(absl::StrCat("cannot list `", folder, "`: ", error.message()));
  std::sort(paths.begin(), paths.end());
  return paths;
}

Files::Files(std::map<std::string, std::string> contents)
    : contents_(std::make_shared<const std::map<std::string, std::string>>(std::move(contents))) {}

Files Files::Snapshot(const std::vector<std::string>& folders) {
  std::map<std::string, std::string> contents;
  for (const std::string& folder : folders) {
    const absl::StatusOr<std::vector<std::string>> paths = ListFiles(folder, "");
    if (!paths.ok()) continue;
    for (const std::string& path : *paths) {
      absl::StatusOr<std::string> content = ReadFile(path);
      if (content.ok()) contents.emplace(path, *std::move(content));
    }
  }
  return Files(std::move(contents));
}

absl::StatusOr<std::string> Files::Read(const std::string& path) const {
  if (contents_ == nullptr) return ReadFile(path);
  const auto found = contents_->find(path);
  if (found == contents_->end()) return absl::NotFoundError(absl::StrCat("no file `", path, "`"));
  return found->second;
}

absl::StatusOr<std::vector<std::string>> Files::List(const std::string& folder, const std::string& suffix) const {
  if (contents_ == nullptr) return ListFiles(folder, suffix);
  const std::string prefix = absl::StrCat(folder, "/");
  bool is_folder = false;
  std::vector<std::string> paths;
  for (auto it = contents_->lower_bound(prefix); it != contents_->end() && absl::StartsWith(it->first, prefix); ++it) {
    is_folder = true;
    const bool hidden = it->first[prefix.size()] == '.' || it->first.find("/.", prefix.size()) != std::string::npos;
    if (!hidden && absl::EndsWith(it->first, suffix)) paths.push_back(it->first);
  }
  if (!is_folder) return absl::NotFoundError(absl::StrCat("no folder `", folder, "`"));
  return paths;
}

}  // namespace resultgate::base

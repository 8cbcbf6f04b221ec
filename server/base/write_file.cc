#include "server/base/write_file.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "absl/strings/str_cat.h"

namespace resultgate::base {

namespace fs = std::filesystem;

absl::Status WriteFile(const std::string& path, absl::string_view content) {
  std::error_code error;
  const fs::path parent = fs::path(path).parent_path();
  if (!parent.empty()) fs::create_directories(parent, error);
  if (error) return absl::UnavailableError(absl::StrCat("cannot make `", parent.string(), "`: ", error.message()));
  const std::string draft = absl::StrCat(path, ".new");
  std::ofstream out(draft, std::ios::binary | std::ios::trunc);
  out.write(content.data(), static_cast<std::streamsize>(content.size()));
  out.close();
  if (!out) return absl::UnavailableError(absl::StrCat("cannot write `", draft, "`: ", std::strerror(errno)));
  fs::rename(draft, path, error);
  if (error) return absl::UnavailableError(absl::StrCat("cannot write `", path, "`: ", error.message()));
  return absl::OkStatus();
}

}  // namespace resultgate::base

#include "server/app/pack_watch.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/file.h"

namespace resultgate::app {

std::string StateOf(const std::vector<std::string>& folders) {
  std::string state;
  for (const std::string& folder : folders) {
    const absl::StatusOr<std::vector<std::string>> paths = base::ListFiles(folder, "");
    if (!paths.ok()) continue;
    for (const std::string& path : *paths) {
      std::error_code error;
      const auto size = std::filesystem::file_size(path, error);
      const auto changed = std::filesystem::last_write_time(path, error).time_since_epoch().count();
      absl::StrAppend(&state, path, " ", size, " ", changed, "\n");
    }
  }
  return state;
}

PackWatch::PackWatch(std::function<std::string()> look, std::function<void()> reload)
    : look_(std::move(look)), reload_(std::move(reload)), loaded_(look_()), seen_(loaded_) {}

void PackWatch::Look() {
  std::string now = look_();
  const bool settled = now == seen_;
  seen_ = std::move(now);
  if (!settled || seen_ == loaded_) return;
  loaded_ = seen_;
  reload_();
}

void PackWatch::Reload() {
  loaded_ = seen_ = look_();
  reload_();
}

}  // namespace resultgate::app

#include "server/store/sqlite/log_key.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "server/base/file.h"
#include "server/base/status_macros.h"

namespace resultgate::store {
namespace {

absl::Status Failed(absl::string_view what, const std::string& path) {
  return absl::UnavailableError(absl::StrCat("cannot ", what, " `", path, "`: ", std::strerror(errno)));
}

absl::Status Sync(const std::string& path, int flags) {
  const int descriptor = open(path.c_str(), flags | O_CLOEXEC);
  if (descriptor < 0) return Failed("open", path);
  const bool synced = fsync(descriptor) == 0;
  close(descriptor);
  return synced ? absl::OkStatus() : Failed("sync", path);
}

}  // namespace

absl::StatusOr<audit::SigningKey> ReadLogKey(const std::string& path) {
  RG_ASSIGN_OR_RETURN(const std::string text, base::ReadFile(path));
  absl::StatusOr<audit::SigningKey> key = audit::SigningKey::Parse(text);
  if (key.ok()) return key;
  return absl::FailedPreconditionError(absl::StrCat("`", path, "` is no key of a log: ", key.status().message()));
}

absl::StatusOr<audit::SigningKey> MakeLogKey(const std::string& path) {
  RG_ASSIGN_OR_RETURN(audit::SigningKey key, audit::SigningKey::Generate());
  const std::string text = absl::StrCat(key.ToString(), "\n");
  const int descriptor = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0 && errno == EEXIST) {
    return absl::FailedPreconditionError(absl::StrCat("`", path, "` is there already; a key is never overwritten"));
  }
  if (descriptor < 0) return Failed("make", path);
  const bool written = write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && fsync(descriptor) == 0;
  const absl::Status failed = written ? absl::OkStatus() : Failed("write", path);
  close(descriptor);
  if (!written) unlink(path.c_str());
  RG_RETURN_IF_ERROR(failed);
  // The folder too: a head that is signed by a key which a crash lost could not be trusted any more.
  RG_RETURN_IF_ERROR(Sync(std::filesystem::path(path).parent_path().string(), O_RDONLY | O_DIRECTORY));
  return key;
}

}  // namespace resultgate::store

#include "server/store/sqlite/backup.h"

#include <sqlite3.h>

#include <filesystem>
#include <memory>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/store/sqlite/database.h"
#include "server/store/sqlite/process_lock.h"
#include "server/store/sqlite/schema.h"

namespace resultgate::store {
namespace {

namespace fs = std::filesystem;

absl::Status CheckOurs(Connection& connection) {
  RG_ASSIGN_OR_RETURN(const int64_t application_id, connection.QueryInt("PRAGMA application_id"));
  if (application_id != kApplicationId) return absl::FailedPreconditionError("the file is not a database of this program");
  return absl::OkStatus();
}

}  // namespace

absl::Status Backup(const std::string& from, const std::string& to) {
  std::error_code error;
  if (fs::exists(to, error))
    return absl::AlreadyExistsError(absl::StrCat("`", to, "` is there already; a backup is never overwritten"));
  if (!fs::exists(from, error)) return absl::NotFoundError(absl::StrCat("there is no file `", from, "`"));
  RG_ASSIGN_OR_RETURN(Connection source, Connection::Open(fs::absolute(from).string(), Connection::Mode::kReadOnly));
  RG_RETURN_IF_ERROR(CheckOurs(source));
  const std::string draft = absl::StrCat(fs::absolute(to).string(), ".new");
  fs::remove(draft, error);
  {
    RG_ASSIGN_OR_RETURN(Connection copy, Connection::Open(draft, Connection::Mode::kReadWriteCreate));
    RG_RETURN_IF_ERROR(copy.CopyFrom(source));
    // One file, without a write-ahead log beside it, so that it can be moved.
    RG_RETURN_IF_ERROR(copy.Execute("PRAGMA journal_mode = DELETE"));
  }
  fs::rename(draft, to, error);
  if (error) return absl::UnavailableError(absl::StrCat("cannot write `", to, "`: ", error.message()));
  return absl::OkStatus();
}

absl::Status Restore(const std::string& from, const std::string& to) {
  std::error_code error;
  const fs::path canonical = fs::weakly_canonical(fs::absolute(to, error), error);
  RG_ASSIGN_OR_RETURN(const ProcessLock lock, ProcessLock::Take(absl::StrCat(canonical.string(), ".lock")));
  // What a damaged database left behind would be taken for part of the restored one.
  for (const char* suffix : {"-wal", "-shm"}) {
    const std::string beside = absl::StrCat(canonical.string(), suffix);
    if (fs::exists(beside, error)) {
      return absl::FailedPreconditionError(absl::StrCat("`", beside, "` belongs to the database before; move it away with that"));
    }
  }
  return Backup(from, canonical.string());
}

}  // namespace resultgate::store

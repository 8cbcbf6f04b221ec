#include "server/store/sqlite/log_file.h"

#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/store/sqlite/log_key.h"
#include "server/store/sqlite/log_tree.h"
#include "server/store/sqlite/queries.h"
#include "server/store/sqlite/schema.h"

namespace resultgate::store {

absl::StatusOr<std::unique_ptr<LogFile>> LogFile::Open(const std::string& path) {
  std::error_code error;
  const std::filesystem::path absolute = std::filesystem::absolute(path, error);
  if (error || !std::filesystem::exists(absolute, error))
    return absl::NotFoundError(absl::StrCat("there is no file `", path, "`"));
  RG_ASSIGN_OR_RETURN(Connection connection, Connection::Open(absolute.string(), Connection::Mode::kReadOnly));
  RG_RETURN_IF_ERROR(connection.Execute("BEGIN"));
  RG_ASSIGN_OR_RETURN(const int64_t application_id, connection.QueryInt("PRAGMA application_id"));
  RG_ASSIGN_OR_RETURN(const int64_t version, connection.QueryInt("PRAGMA user_version"));
  if (application_id != kApplicationId) return absl::FailedPreconditionError("the file is not a database of this program");
  if (version != static_cast<int64_t>(Migrations().size())) {
    return absl::FailedPreconditionError(absl::StrCat("the database has schema version ", version,
                                                      ", and this program reads version ", Migrations().size(),
                                                      "; use the program that wrote it"));
  }
  RG_ASSIGN_OR_RETURN(std::string head, ReadHead(connection));
  std::unique_ptr<LogFile> log(new LogFile(std::move(connection), std::move(head)));
  if (const absl::StatusOr<audit::Checkpoint> checkpoint = audit::ReadCheckpoint(log->head_); checkpoint.ok()) {
    log->size_ = checkpoint->size;
  }
  return log;
}

absl::StatusOr<audit::VerifierKey> LogFile::KeyBeside(const std::string& path) {
  RG_ASSIGN_OR_RETURN(const audit::SigningKey key, ReadLogKey(absl::StrCat(path, ".key")));
  return key.verifier();
}

absl::StatusOr<audit::LogReport> LogFile::Verify(const audit::VerifierKey& key, std::vector<audit::Checkpoint> witnessed,
                                                 const std::function<void(int64_t done)>& progress) {
  audit::LogVerifier verifier(audit::VerifyCheckpoint(head_, key), std::move(witnessed));
  RG_RETURN_IF_ERROR(ReadWholeLog(connection_, &verifier, progress));
  return verifier.Finish();
}

absl::Status LogFile::ForEach(const std::function<absl::Status(const audit::LogRow& row)>& take) {
  return ForEachEntry(connection_, 0, take);
}

}  // namespace resultgate::store

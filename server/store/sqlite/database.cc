#include "server/store/sqlite/database.h"

#include <fcntl.h>
#include <unistd.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"

namespace resultgate::store {

namespace {

// The message of the last failure on the statement's connection. It names tables and columns, never values.
absl::Status LastFailure(sqlite3* database, int code) {
  return StatusOf(code, sqlite3_errmsg(database));
}

// Makes a new file, and with it those that SQLite keeps beside it, readable for their owner alone: what patients have is in them.
// A file that is there is left as it is, and not even opened: closing it would end this process's locks on it.
void MakePrivate(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file >= 0) ::close(file);
}

}  // namespace

absl::Status StatusOf(int code, absl::string_view text) {
  const std::string message = absl::StrCat("database: ", text, " (SQLite ", code, ")");
  switch (code & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
      return absl::OkStatus();
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return absl::UnavailableError(message);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return absl::DataLossError(message);
    case SQLITE_CONSTRAINT:
    case SQLITE_TOOBIG:
      return absl::InvalidArgumentError(message);
    case SQLITE_NOMEM:
      return absl::ResourceExhaustedError(message);
    default:
      return absl::InternalError(message);
  }
}

void Statement::BindInt(int parameter, int64_t value) {
  const int code = sqlite3_bind_int64(statement_, parameter, value);
  if (failure_ == SQLITE_OK) failure_ = code;
}

void Statement::BindNull(int parameter) {
  const int code = sqlite3_bind_null(statement_, parameter);
  if (failure_ == SQLITE_OK) failure_ = code;
}

void Statement::BindBlob(int parameter, absl::string_view bytes) {
  // A null pointer would bind NULL: an empty message is an empty blob.
  const char* const data = bytes.empty() ? "" : bytes.data();
  const int code = sqlite3_bind_blob64(statement_, parameter, data, bytes.size(), SQLITE_STATIC);
  if (failure_ == SQLITE_OK) failure_ = code;
}

absl::StatusOr<bool> Statement::Step() {
  if (failure_ != SQLITE_OK) return StatusOf(failure_, sqlite3_errstr(failure_));
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return LastFailure(sqlite3_db_handle(statement_), code);
}

absl::Status Statement::Run() {
  RG_ASSIGN_OR_RETURN(const bool row, Step());
  if (row) return absl::InternalError("database: a statement that should give nothing gave a row");
  return absl::OkStatus();
}

absl::string_view Statement::Blob(int column) const {
  const void* const data = sqlite3_column_blob(statement_, column);
  return absl::string_view(static_cast<const char*>(data), sqlite3_column_bytes(statement_, column));
}

void Statement::Reset() {
  if (statement_ == nullptr) return;
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

absl::StatusOr<Connection> Connection::Open(const std::string& path, Mode mode) {
  if (mode == Mode::kReadWriteCreate && path != ":memory:") MakePrivate(path);
  const int access = mode == Mode::kReadOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  sqlite3* database = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &database, access | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  Connection connection(database);
  if (code != SQLITE_OK) {
    return database == nullptr ? StatusOf(code, sqlite3_errstr(code)) : LastFailure(database, code);
  }
  sqlite3_busy_timeout(database, kBusyTimeoutMs);
  RG_RETURN_IF_ERROR(connection.Execute("PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;"));
  return connection;
}

absl::StatusOr<Connection::OwnedStatement> Connection::PrepareOwned(absl::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(database_.get(), sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                                      &statement, nullptr);
  OwnedStatement owned(statement);
  if (code != SQLITE_OK) return LastFailure(database_.get(), code);
  return owned;
}

absl::StatusOr<Statement> Connection::Prepare(absl::string_view sql) {
  auto found = statements_.find(sql);
  if (found == statements_.end()) {
    RG_ASSIGN_OR_RETURN(OwnedStatement statement, PrepareOwned(sql));
    found = statements_.emplace(std::string(sql), std::move(statement)).first;
  }
  return Statement(found->second.get());
}

absl::Status Connection::Execute(const std::string& sql) {
  const int code = sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return LastFailure(database_.get(), code);
  return absl::OkStatus();
}

absl::Status Connection::CopyFrom(Connection& source) {
  sqlite3_backup* const backup = sqlite3_backup_init(database_.get(), "main", source.database_.get(), "main");
  if (backup == nullptr) return LastFailure(database_.get(), sqlite3_errcode(database_.get()));
  constexpr int kAllPages = -1;
  const int stepped = sqlite3_backup_step(backup, kAllPages);
  const int code = sqlite3_backup_finish(backup);
  if (code != SQLITE_OK) return LastFailure(database_.get(), code);
  if (stepped != SQLITE_DONE) return StatusOf(stepped, sqlite3_errstr(stepped));
  return absl::OkStatus();
}

absl::StatusOr<int64_t> Connection::QueryInt(const std::string& sql) {
  RG_ASSIGN_OR_RETURN(const OwnedStatement owned, PrepareOwned(sql));
  Statement statement(owned.get());
  RG_ASSIGN_OR_RETURN(const bool row, statement.Step());
  return row ? statement.Int(0) : 0;
}

absl::StatusOr<std::string> Connection::QueryText(const std::string& sql) {
  RG_ASSIGN_OR_RETURN(const OwnedStatement owned, PrepareOwned(sql));
  Statement statement(owned.get());
  RG_ASSIGN_OR_RETURN(const bool row, statement.Step());
  return row ? std::string(statement.Blob(0)) : std::string();
}

}  // namespace resultgate::store

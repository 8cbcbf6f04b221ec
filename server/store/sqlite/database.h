// SQLite with owners and absl::Status: a connection that closes itself, statements that are prepared once and reset themselves.
//
// Not thread-safe: a connection and its statements are used by one thread at a time, and the caller sees to it.
#ifndef RESULTGATE_STORE_SQLITE_DATABASE_H_
#define RESULTGATE_STORE_SQLITE_DATABASE_H_

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace resultgate::store {

// How long a connection waits for another one's lock.
inline constexpr int kBusyTimeoutMs = 5000;

// What a result code of SQLite (extended or not) means to a caller; `text` becomes the message.
//   Unavailable        the disk is full or fails, or a lock was not to be had: try again
//   DataLoss           the file is damaged
//   InvalidArgument    a constraint of the schema refused the row, or it is too large: the caller's mistake
//   ResourceExhausted  no memory
//   Internal           a mistake of ours (SQL that does not parse, an interface misused)
absl::Status StatusOf(int code, absl::string_view text);

// One use of a prepared statement: bind, step, read. Its destructor makes the statement ready for the next use, which also ends
// the read transaction that a statement not stepped to its end would keep open. Must not outlive its connection.
class Statement {
 public:
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}
  ~Statement() { Reset(); }
  Statement(Statement&& other) noexcept : statement_(other.statement_), failure_(other.failure_) { other.statement_ = nullptr; }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  Statement& operator=(Statement&&) = delete;

  // Parameters count from 1. A failure to bind is returned by the next Step.
  void BindInt(int parameter, int64_t value);
  void BindNull(int parameter);
  // The bytes are not copied: they must live until the last Step.
  void BindBlob(int parameter, absl::string_view bytes);

  // True if there is a row to read, false at the end.
  absl::StatusOr<bool> Step();
  // Steps a statement that gives no rows.
  absl::Status Run();

  // Columns of the row count from 0. Bytes live until the next Step.
  int64_t Int(int column) const { return sqlite3_column_int64(statement_, column); }
  absl::string_view Blob(int column) const;

 private:
  void Reset();

  sqlite3_stmt* statement_;
  int failure_ = SQLITE_OK;
};

// One connection to one file.
class Connection {
 public:
  enum class Mode { kReadWriteCreate, kReadOnly };

  // `path` must be absolute (SQLite would take `file:` as a URI) or ":memory:". Every connection waits up to five seconds for a
  // lock, enforces foreign keys, and checks pages for plausibility as it reads them.
  static absl::StatusOr<Connection> Open(const std::string& path, Mode mode);

  Connection(Connection&&) = default;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  Connection& operator=(Connection&&) = delete;

  // Prepares `sql`, or takes it from the connection's cache. One Statement of the same `sql` may live at a time.
  absl::StatusOr<Statement> Prepare(absl::string_view sql);

  // Runs one or several statements that take and give nothing; not cached.
  absl::Status Execute(const std::string& sql);

  // The first column of the first row, as a number or as text; 0 or empty where there is no row.
  absl::StatusOr<int64_t> QueryInt(const std::string& sql);
  absl::StatusOr<std::string> QueryText(const std::string& sql);

  // Makes this database a copy of `source` as it is now, in one go and synced.
  absl::Status CopyFrom(Connection& source);

  // True between BEGIN and COMMIT or ROLLBACK. Some failures make SQLite roll back by itself.
  bool InTransaction() const { return sqlite3_get_autocommit(database_.get()) == 0; }

  // How many rows the last INSERT, UPDATE or DELETE changed.
  int Changes() const { return sqlite3_changes(database_.get()); }

 private:
  struct Close {
    void operator()(sqlite3* database) const { sqlite3_close(database); }
  };
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  using OwnedStatement = std::unique_ptr<sqlite3_stmt, Finalize>;

  explicit Connection(sqlite3* database) : database_(database) {}
  absl::StatusOr<OwnedStatement> PrepareOwned(absl::string_view sql);

  // In this order: statements are finalised before their connection is closed.
  std::unique_ptr<sqlite3, Close> database_;
  absl::flat_hash_map<std::string, OwnedStatement> statements_;
};

}  // namespace resultgate::store

#endif  // RESULTGATE_STORE_SQLITE_DATABASE_H_

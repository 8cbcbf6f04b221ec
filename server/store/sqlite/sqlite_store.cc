#include "server/store/sqlite/sqlite_store.h"

#include <algorithm>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/store/sqlite/database.h"
#include "server/store/sqlite/process_lock.h"
#include "server/store/sqlite/queries.h"
#include "server/store/sqlite/schema.h"
#include "server/store/sqlite/sqlite_batch.h"

namespace resultgate::store {

namespace {

namespace fs = std::filesystem;

// Connections that threads borrow for the length of one read.
class ReaderPool {
 public:
  explicit ReaderPool(std::vector<std::unique_ptr<Connection>> connections) : idle_(std::move(connections)) {}

  // Calls `read` with a connection that no other thread has, waiting for one.
  template <typename Read>
  auto With(Read read) -> decltype(read(std::declval<Connection&>())) {
    std::unique_ptr<Connection> connection = Take();
    auto answer = read(*connection);
    Return(std::move(connection));
    return answer;
  }

 private:
  std::unique_ptr<Connection> Take() {
    std::unique_lock<std::mutex> lock(mutex_);
    returned_.wait(lock, [this] { return !idle_.empty(); });
    std::unique_ptr<Connection> connection = std::move(idle_.back());
    idle_.pop_back();
    return connection;
  }

  void Return(std::unique_ptr<Connection> connection) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      idle_.push_back(std::move(connection));
    }
    returned_.notify_one();
  }

  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<Connection>> idle_;
};

class SqliteStore final : public Store {
 public:
  SqliteStore(ProcessLock lock, Connection writer, const LastIds& last, std::vector<std::unique_ptr<Connection>> readers)
      : lock_(std::move(lock)), writer_{std::move(writer), last}, readers_(std::move(readers)) {}

  absl::StatusOr<std::unique_ptr<Batch>> Begin() override { return SqliteBatch::Begin(&writer_); }

  absl::StatusOr<std::optional<v1::Result>> FindResult(int64_t id) const override {
    return readers_.With([&](Connection& connection) { return store::FindResult(connection, id); });
  }
  absl::StatusOr<std::vector<v1::Result>> ListResults(int64_t after_id, int limit) const override {
    return readers_.With(
        [&](Connection& connection) { return store::ListResults(connection, sql::kListResults, after_id, limit); });
  }
  absl::StatusOr<std::vector<v1::Result>> ListHeld(int64_t after_id, int limit) const override {
    return readers_.With([&](Connection& connection) { return store::ListHeld(connection, after_id, limit); });
  }
  absl::StatusOr<std::vector<v1::Entry>> ListEntries(int64_t after_sequence, int64_t result_id, int limit) const override {
    return readers_.With(
        [&](Connection& connection) { return store::ListEntries(connection, after_sequence, result_id, limit); });
  }
  absl::StatusOr<std::optional<v1::PackFiles>> FindPack(const std::string& digest) const override {
    return readers_.With([&](Connection& connection) { return store::FindPack(connection, digest); });
  }
  absl::StatusOr<std::vector<v1::Entry>> ListActivations(int64_t before_sequence, int limit) const override {
    return readers_.With([&](Connection& connection) { return store::ListActivations(connection, before_sequence, limit); });
  }
  absl::StatusOr<std::vector<OutboxRow>> ListOutbox(int64_t after_sequence, bool unacknowledged_only, int limit) const override {
    return readers_.With(
        [&](Connection& connection) { return store::ListOutbox(connection, after_sequence, unacknowledged_only, limit); });
  }
  absl::StatusOr<absl::Time> EarliestDue() const override {
    return readers_.With([](Connection& connection) { return store::EarliestDue(connection); });
  }

 private:
  // Destroyed from the last to the first: the writer closes after the readers, so that it folds the WAL into the file, and the
  // lock goes when nothing is open any more.
  ProcessLock lock_;
  Writer writer_;
  mutable ReaderPool readers_;
};

// FailedPrecondition for a file that is not SQLite's at all, so that not even its header is touched.
absl::Status CheckFileHeader(const std::string& path) {
  constexpr absl::string_view kMagic("SQLite format 3\0", 16);
  std::error_code error;
  if (!fs::exists(path, error)) return absl::OkStatus();
  if (!fs::is_regular_file(path, error)) return absl::FailedPreconditionError("it is not a file");
  if (fs::file_size(path, error) == 0) return absl::OkStatus();
  std::string head(kMagic.size(), '\0');
  std::ifstream file(path, std::ios::binary);
  if (!file) return absl::UnavailableError("the file cannot be opened");
  file.read(head.data(), static_cast<std::streamsize>(head.size()));
  if (head != kMagic) return absl::FailedPreconditionError("the file is no SQLite database");
  return absl::OkStatus();
}

absl::Status CheckWhole(Connection& connection, const std::string& path, int64_t largest_bytes) {
  std::error_code error;
  const auto size = fs::file_size(path, error);
  if (error || size > static_cast<uintmax_t>(std::max<int64_t>(largest_bytes, 0))) return absl::OkStatus();
  RG_ASSIGN_OR_RETURN(const std::string verdict, connection.QueryText("PRAGMA quick_check(1)"));
  if (verdict == "ok") return absl::OkStatus();
  // A page that cannot be read is reported as a finding too ("unable to get the page", "failed to get page"), not as a failure.
  if (absl::StrContains(verdict, " to get ")) return absl::UnavailableError("PRAGMA quick_check could not read a page");
  return absl::DataLossError("PRAGMA quick_check found the file damaged; restore it from a backup");
}

// Migrates before anything is written that a foreign file would suffer from; WAL mode is written into the file's header.
absl::StatusOr<Connection> OpenWriter(const std::string& path, const SqliteOptions& options) {
  RG_RETURN_IF_ERROR(CheckFileHeader(path));
  RG_ASSIGN_OR_RETURN(Connection writer, Connection::Open(path, Connection::Mode::kReadWriteCreate));
  RG_RETURN_IF_ERROR(writer.Execute("PRAGMA synchronous = FULL"));
  RG_RETURN_IF_ERROR(Migrate(writer, Migrations()));
  RG_RETURN_IF_ERROR(CheckSchema(writer, Migrations()));
  RG_RETURN_IF_ERROR(CheckWhole(writer, path, options.largest_whole_check_bytes));
  RG_ASSIGN_OR_RETURN(const std::string mode, writer.QueryText("PRAGMA journal_mode = WAL"));
  if (mode != "wal") return absl::UnavailableError("the file system does not support SQLite's WAL (shared memory is needed)");
  // 64 MiB: the pages of `keys` are needed in random order, and a page that does not fit is read again.
  RG_RETURN_IF_ERROR(writer.Execute("PRAGMA cache_size = -65536"));
  return writer;
}

absl::StatusOr<std::unique_ptr<Store>> OpenLocked(ProcessLock lock, const std::string& path, const SqliteOptions& options) {
  RG_ASSIGN_OR_RETURN(Connection writer, OpenWriter(path, options));
  LastIds last;
  RG_ASSIGN_OR_RETURN(last.result, writer.QueryInt(sql::kLastResultId));
  RG_ASSIGN_OR_RETURN(last.entry, writer.QueryInt(sql::kLastEntrySequence));
  RG_ASSIGN_OR_RETURN(last.release, writer.QueryInt(sql::kLastReleaseSequence));
  std::vector<std::unique_ptr<Connection>> readers;
  for (int i = 0; i < std::max(options.readers, 1); ++i) {
    RG_ASSIGN_OR_RETURN(Connection reader, Connection::Open(path, Connection::Mode::kReadOnly));
    readers.push_back(std::make_unique<Connection>(std::move(reader)));
  }
  return std::make_unique<SqliteStore>(std::move(lock), std::move(writer), last, std::move(readers));
}

absl::StatusOr<std::unique_ptr<Store>> OpenCanonical(const std::string& path, const SqliteOptions& options) {
  RG_ASSIGN_OR_RETURN(ProcessLock lock, ProcessLock::Take(absl::StrCat(path, ".lock")));
  return OpenLocked(std::move(lock), path, options);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Store>> OpenSqlite(const std::string& path, const SqliteOptions& options) {
  // One file has one lock, by whatever links and relative paths it is named.
  std::error_code error;
  const fs::path canonical = fs::weakly_canonical(fs::absolute(path, error), error);
  if (error) return absl::UnavailableError(absl::StrCat("cannot open `", path, "`: ", error.message()));
  absl::StatusOr<std::unique_ptr<Store>> store = OpenCanonical(canonical.string(), options);
  if (store.ok()) return store;
  return absl::Status(store.status().code(), absl::StrCat("cannot open `", path, "`: ", store.status().message()));
}

}  // namespace resultgate::store

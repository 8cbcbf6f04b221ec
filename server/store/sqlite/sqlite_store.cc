#include "server/store/sqlite/sqlite_store.h"

#include <algorithm>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <functional>
#include <mutex>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "server/audit/checkpoint.h"
#include "server/audit/key.h"
#include "server/audit/log_verifier.h"
#include "server/base/digest.h"
#include "server/base/status_macros.h"
#include "server/merkle/proof.h"
#include "server/merkle/tiles.h"
#include "server/store/sqlite/database.h"
#include "server/store/sqlite/fill_columns.h"
#include "server/store/sqlite/fill_open.h"
#include "server/store/sqlite/log_key.h"
#include "server/store/sqlite/log_tree.h"
#include "server/store/sqlite/process_lock.h"
#include "server/store/sqlite/queries.h"
#include "server/store/sqlite/schema.h"
#include "server/store/sqlite/sqlite_batch.h"
#include "server/store/sqlite/term_queries.h"

namespace resultgate::store {

namespace {

namespace fs = std::filesystem;

// Connections that threads borrow for the length of one read.
class ReaderPool {
 public:
  explicit ReaderPool(std::vector<std::unique_ptr<Connection>> connections) : idle_(std::move(connections)) {}

  // Calls `read` with a connection that no other thread has, waiting for one.
  template <typename Read>
  auto With(Read read) const -> decltype(read(std::declval<Connection&>())) {
    std::unique_ptr<Connection> connection = Take();
    auto answer = read(*connection);
    Return(std::move(connection));
    return answer;
  }

 private:
  std::unique_ptr<Connection> Take() const {
    std::unique_lock<std::mutex> lock(mutex_);
    returned_.wait(lock, [this] { return !idle_.empty(); });
    std::unique_ptr<Connection> connection = std::move(idle_.back());
    idle_.pop_back();
    return connection;
  }

  void Return(std::unique_ptr<Connection> connection) const {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      idle_.push_back(std::move(connection));
    }
    returned_.notify_one();
  }

  mutable std::mutex mutex_;
  mutable std::condition_variable returned_;
  mutable std::vector<std::unique_ptr<Connection>> idle_;
};

// A proof names hashes that never change once they are there, so that it needs no transaction.
class SqliteLogReader final : public LogReader {
 public:
  SqliteLogReader(const audit::SigningKey& key, const ReaderPool* readers)
      : key_(key.verifier()), secret_(key.SecretFor("what a store hands out and takes back")), readers_(*readers) {}

  const audit::VerifierKey& key() const override { return key_; }
  std::string Authenticate(absl::string_view text) const override { return base::HmacSha256(secret_, text); }
  absl::StatusOr<std::string> Head() const override {
    return readers_.With([](Connection& connection) { return ReadHead(connection); });
  }
  absl::StatusOr<std::optional<std::string>> FindEntryBytes(int64_t sequence) const override {
    return readers_.With([&](Connection& connection) { return store::FindEntryBytes(connection, sequence); });
  }
  absl::StatusOr<merkle::Proof> ProveInclusion(int64_t sequence, int64_t size) const override {
    return readers_.With([&](Connection& connection) {
      DatabaseTiles tiles(&connection);
      merkle::TiledTree tree(&tiles, size);
      return merkle::ProveInclusion(tree, sequence - 1);
    });
  }
  absl::StatusOr<merkle::Proof> ProveConsistency(int64_t from, int64_t size) const override {
    return readers_.With([&](Connection& connection) {
      DatabaseTiles tiles(&connection);
      merkle::TiledTree tree(&tiles, size);
      return merkle::ProveConsistency(tree, from);
    });
  }

 private:
  const audit::VerifierKey key_;
  const std::string secret_;
  const ReaderPool& readers_;
};

// Moves all of the write-ahead log into the file and cuts it to nothing; false where a reader still needs it. Pages hold nothing
// of what was deleted (secure_delete), so nothing of it is left then. Does not wait: the writer has other things to do.
absl::StatusOr<bool> EmptyWal(Connection& connection) {
  RG_RETURN_IF_ERROR(connection.Execute("PRAGMA busy_timeout = 0"));
  const absl::StatusOr<int64_t> busy = connection.QueryInt("PRAGMA wal_checkpoint(TRUNCATE)");
  RG_RETURN_IF_ERROR(connection.Execute(absl::StrCat("PRAGMA busy_timeout = ", kBusyTimeoutMs)));
  RG_RETURN_IF_ERROR(busy.status());
  return *busy == 0;
}

class SqliteStore final : public Store {
 public:
  SqliteStore(ProcessLock lock, Connection writer, audit::SigningKey log_key, const LastIds& last, LogEdge log,
              std::unique_ptr<RecentKeys> recent_keys, std::vector<std::unique_ptr<Connection>> readers)
      : lock_(std::move(lock)),
        writer_{std::move(writer), std::move(log_key), last, std::move(log), std::move(recent_keys)},
        readers_(std::move(readers)),
        log_(writer_.log_key, &readers_) {}

  const LogReader& log() const override { return log_; }

  absl::StatusOr<std::unique_ptr<Batch>> Begin() override { return SqliteBatch::Begin(&writer_); }

  absl::StatusOr<std::optional<v1::Result>> FindResult(int64_t id) const override {
    return readers_.With([&](Connection& connection) { return store::FindResult(connection, id); });
  }
  absl::StatusOr<std::vector<int64_t>> FindByKey(const Key& key) const override {
    std::vector<int64_t> ids;
    writer_.recent_keys->Find(key, &ids);
    RG_ASSIGN_OR_RETURN(const std::vector<int64_t> in_place,
                        readers_.With([&](Connection& connection) { return store::FindByKey(connection, key); }));
    ids.insert(ids.end(), in_place.begin(), in_place.end());
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    return ids;
  }
  absl::StatusOr<std::vector<v1::Result>> ListResults(int64_t after_id, int limit) const override {
    return readers_.With(
        [&](Connection& connection) { return store::ListResults(connection, sql::kListResults, after_id, limit); });
  }
  absl::StatusOr<std::vector<int64_t>> ListHeldIds() const override {
    return readers_.With([](Connection& connection) { return store::ListHeldIds(connection); });
  }
  absl::StatusOr<std::vector<v1::Result>> ListAwaitingSomebody(int64_t after_id, int limit) const override {
    return readers_.With(
        [&](Connection& connection) { return store::ListSome(connection, sql::kListAwaitingSomebody, after_id, limit); });
  }
  absl::StatusOr<std::vector<v1::Result>> ListOpen(int64_t after_id, int limit) const override {
    return readers_.With([&](Connection& connection) { return store::ListSome(connection, sql::kListOpen, after_id, limit); });
  }
  absl::StatusOr<int64_t> LastEntrySequence() const override {
    return readers_.With([](Connection& connection) { return connection.QueryInt(sql::kLastEntrySequence); });
  }
  absl::StatusOr<std::vector<v1::Entry>> ListEntries(int64_t after_sequence, int64_t result_id, int limit) const override {
    return readers_.With(
        [&](Connection& connection) { return store::ListEntries(connection, after_sequence, result_id, limit); });
  }
  absl::StatusOr<std::vector<v1::Entry>> ListEntriesBackward(int64_t before_sequence, int64_t result_id,
                                                             int limit) const override {
    return readers_.With(
        [&](Connection& connection) { return store::ListEntriesBackward(connection, before_sequence, result_id, limit); });
  }
  absl::StatusOr<std::vector<v1::Entry>> ListEntriesAboutNone(int64_t before_sequence, int limit) const override {
    return readers_.With([&](Connection& connection) { return store::ListEntriesAboutNone(connection, before_sequence, limit); });
  }
  absl::StatusOr<std::vector<int64_t>> ListEntrySequences(int64_t result_id) const override {
    return readers_.With([&](Connection& connection) { return store::ListEntrySequences(connection, result_id); });
  }
  absl::StatusOr<std::vector<std::string>> ListAssigners(int limit) const override {
    return readers_.With([&](Connection& connection) { return store::ListAssigners(connection, limit); });
  }
  absl::StatusOr<std::vector<int64_t>> ListResultsTold(int64_t after_sequence, int64_t last_sequence) const override {
    return readers_.With(
        [&](Connection& connection) { return store::ListResultsTold(connection, after_sequence, last_sequence); });
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
  absl::StatusOr<std::optional<int64_t>> FindPatientByKey(const Key& key) const override {
    return readers_.With([&](Connection& connection) { return store::FindPatientByKey(connection, key); });
  }
  absl::StatusOr<std::optional<v1::PatientRecord>> FindPatient(int64_t id) const override {
    return readers_.With([&](Connection& connection) { return store::FindPatient(connection, id); });
  }
  absl::StatusOr<std::vector<v1::DirectoryOwner>> ListOwners(const std::string& after_id, int limit) const override {
    return readers_.With([&](Connection& connection) { return store::ListOwners(connection, after_id, limit); });
  }
  absl::StatusOr<std::vector<v1::LegalHold>> ListLegalHolds(int64_t after_id, int limit) const override {
    return readers_.With([&](Connection& connection) { return store::ListLegalHolds(connection, after_id, limit); });
  }
  absl::Status ForEachTurnaround(absl::Time from, absl::Time until,
                                 const std::function<void(const v1::Turnaround&)>& take) const override {
    return readers_.With([&](Connection& connection) { return store::ForEachTurnaround(connection, from, until, take); });
  }
  absl::StatusOr<int64_t> TurnaroundsReach() const override {
    return readers_.With([](Connection& connection) { return store::TurnaroundsReach(connection); });
  }
  absl::StatusOr<int64_t> CountBlocks() const override {
    return readers_.With([](Connection& connection) { return store::CountBlocks(connection); });
  }
  absl::StatusOr<std::vector<std::string>> ListTerms(const std::string& prefix, int limit) const override {
    return readers_.With([&](Connection& connection) { return store::ListTerms(connection, prefix, limit); });
  }
  absl::StatusOr<audit::EntriesByBlock> FindTerm(const std::string& term, int64_t first, int64_t last) const override {
    return readers_.With([&](Connection& connection) { return store::FindTerm(connection, term, first, last); });
  }
  absl::StatusOr<absl::Time> EarliestDue() const override {
    return readers_.With([](Connection& connection) { return store::EarliestDue(connection); });
  }
  absl::StatusOr<std::optional<Settled>> FirstSettled(const Settled& after) const override {
    return readers_.With([&](Connection& connection) -> absl::StatusOr<std::optional<Settled>> {
      RG_ASSIGN_OR_RETURN(const std::vector<Settled> first, store::FindSettled(connection, after, absl::InfiniteFuture(), 1));
      return first.empty() ? std::nullopt : std::optional<Settled>(first.front());
    });
  }
  absl::StatusOr<bool> Forget() override { return EmptyWal(writer_.connection); }
  absl::StatusOr<int64_t> CountDue(absl::Time now) const override {
    return readers_.With([&](Connection& connection) { return store::CountDue(connection, now); });
  }

 private:
  // Destroyed from the last to the first: the writer closes after the readers, so that it folds the WAL into the file, and the
  // lock goes when nothing is open any more.
  ProcessLock lock_;
  Writer writer_;
  ReaderPool readers_;
  SqliteLogReader log_;
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

// Each index against its table too: what is read by an index of which a row is missing is silently too little.
absl::Status CheckWhole(Connection& connection) {
  RG_ASSIGN_OR_RETURN(const std::string verdict, connection.QueryText("PRAGMA integrity_check(1)"));
  if (verdict == "ok") return absl::OkStatus();
  // A page that cannot be read is reported as a finding too ("unable to get the page", "failed to get page"), not as a failure.
  if (absl::StrContains(verdict, " to get ")) return absl::UnavailableError("PRAGMA integrity_check could not read a page");
  return absl::DataLossError(absl::StrCat("PRAGMA integrity_check found the file damaged: ",
                                          absl::StrReplaceAll(verdict, {{"\n", " "}}), "; restore it from a backup"));
}

// The key of the log. A new log gets a new key, if none lies there.
absl::StatusOr<audit::SigningKey> LogKey(const std::string& path, bool make) {
  absl::StatusOr<audit::SigningKey> key = ReadLogKey(path);
  if (!absl::IsNotFound(key.status())) return key;
  if (make) return MakeLogKey(path);
  return absl::FailedPreconditionError(
      absl::StrCat("the key that signed the log, `", path,
                   "`, is not there; put it back. Where it is lost for good, --change-log-key goes on with a new one"));
}

// Migrates before anything is written that a foreign file would suffer from; WAL mode is written into the file's header.
absl::StatusOr<Connection> OpenWriter(const std::string& path, const SqliteOptions& options) {
  RG_RETURN_IF_ERROR(CheckFileHeader(path));
  RG_ASSIGN_OR_RETURN(Connection writer, Connection::Open(path, Connection::Mode::kReadWriteCreate));
  RG_RETURN_IF_ERROR(writer.Execute("PRAGMA synchronous = FULL"));
  // What is erased or replaced is overwritten with zeros, in free pages too. Debian's SQLite does so by itself.
  RG_RETURN_IF_ERROR(writer.Execute("PRAGMA secure_delete = ON"));
  RG_RETURN_IF_ERROR(Migrate(writer, Migrations(), [&](int64_t from) -> absl::Status {
    if (from < kFirstVersionWithAssigners) RG_RETURN_IF_ERROR(PutAllAssigners(writer));
    if (from < kFirstVersionWithRetention) RG_RETURN_IF_ERROR(FillSettled(writer));
    if (from < kFirstVersionWithTerms) RG_RETURN_IF_ERROR(FillHeld(writer));
    if (from < kFirstVersionWithAllOpen && options.leaves_to_do != nullptr) {
      RG_RETURN_IF_ERROR(FillOpen(writer, options.leaves_to_do));
    }
    if (from >= kFirstVersionWithTree) return absl::OkStatus();
    RG_ASSIGN_OR_RETURN(const audit::SigningKey key, LogKey(options.log_key_file, /*make=*/true));
    return BuildLog(writer, key);
  }));
  RG_RETURN_IF_ERROR(CheckSchema(writer, Migrations()));
  RG_ASSIGN_OR_RETURN(const std::string mode, writer.QueryText("PRAGMA journal_mode = WAL"));
  if (mode != "wal") return absl::UnavailableError("the file system does not support SQLite's WAL (shared memory is needed)");
  // A gate that ended between an erasure and its end leaves a log with what was erased. A reader beside it puts this off.
  RG_RETURN_IF_ERROR(EmptyWal(writer).status());
  // 64 MiB: the pages of `keys` are asked for in random order, and a page that does not fit is read again.
  RG_RETURN_IF_ERROR(writer.Execute("PRAGMA cache_size = -65536"));
  // Four times SQLite's default: pages that many commits touch are copied into the file once for more of them.
  RG_RETURN_IF_ERROR(writer.Execute("PRAGMA wal_autocheckpoint = 4096"));
  return writer;
}

bool IsSmall(const std::string& path, int64_t largest_bytes) {
  std::error_code error;
  const auto size = fs::file_size(path, error);
  return !error && size <= static_cast<uintmax_t>(std::max<int64_t>(largest_bytes, 0));
}

absl::Status CheckWholeLog(Connection& connection, const audit::VerifierKey& key) {
  RG_ASSIGN_OR_RETURN(const std::string head, ReadHead(connection));
  audit::LogVerifier verifier(audit::VerifyCheckpoint(head, key));
  RG_RETURN_IF_ERROR(ReadWholeLog(connection, &verifier, nullptr));
  const audit::LogReport report = verifier.Finish();
  if (report.ok()) return absl::OkStatus();
  return absl::DataLossError(
      absl::StrCat("the log does not hold: ", report.findings[0].message,
                   ". `resultgate audit verify --database FILE` says all that is wrong; restore a backup"));
}

// The public half of the key with which a gate last told that it started: all that is left of a key that was lost.
absl::StatusOr<audit::VerifierKey> KeyOfLastStart(Connection& connection) {
  constexpr int kReadAhead = 256;
  for (int64_t before = 0;;) {
    RG_ASSIGN_OR_RETURN(const std::vector<v1::Entry> entries, ListEntriesAboutNone(connection, before, kReadAhead));
    for (const v1::Entry& entry : entries) {
      before = entry.sequence();
      if (entry.has_started() && !entry.started().log_public_key().empty()) {
        return audit::VerifierKey::Parse(entry.started().log_public_key());
      }
    }
    if (entries.empty()) return absl::FailedPreconditionError("no entry of the log tells which key signed it");
  }
}

absl::Status SignHead(Connection& connection, const LogEdge& log, const audit::SigningKey& key) {
  RG_ASSIGN_OR_RETURN(const std::string head, audit::SignCheckpoint(log.size(), log.Root(), key));
  RG_ASSIGN_OR_RETURN(Statement statement, connection.Prepare(sql::kPutHead));
  statement.BindBlob(1, head);
  return statement.Run();
}

absl::StatusOr<LogEdge> CheckLog(Connection& connection, const audit::VerifierKey& signer, bool whole) {
  if (whole) RG_RETURN_IF_ERROR(CheckWholeLog(connection, signer));
  return OpenLog(connection, signer);
}

struct OpenedLog {
  audit::SigningKey key;
  LogEdge edge;
};

// The log with its key, once its head holds. Where the key is lost and another one is to go on, the head must hold by the key
// that the log itself names; only then is it signed anew. Where a key lies there, nothing but that counts: a head that it did not
// sign came from somebody else, whatever the log says.
absl::StatusOr<OpenedLog> OpenLogWithKey(Connection& writer, const SqliteOptions& options, bool whole) {
  const bool lost = options.change_log_key && absl::IsNotFound(ReadLogKey(options.log_key_file).status());
  if (!lost) {
    RG_ASSIGN_OR_RETURN(audit::SigningKey key, LogKey(options.log_key_file, /*make=*/false));
    absl::StatusOr<LogEdge> edge = CheckLog(writer, key.verifier(), whole);
    if (edge.ok()) return OpenedLog{std::move(key), *std::move(edge)};
    if (!options.change_log_key) return edge.status();
    return absl::Status(edge.status().code(),
                        absl::StrCat(edge.status().message(), " (--change-log-key takes up no log that `", options.log_key_file,
                                     "` did not sign; it makes a key where there is none)"));
  }
  RG_ASSIGN_OR_RETURN(const audit::VerifierKey signer, KeyOfLastStart(writer));
  RG_ASSIGN_OR_RETURN(LogEdge edge, CheckLog(writer, signer, whole));
  RG_ASSIGN_OR_RETURN(audit::SigningKey key, MakeLogKey(options.log_key_file));
  RG_RETURN_IF_ERROR(SignHead(writer, edge, key));
  return OpenedLog{std::move(key), std::move(edge)};
}

absl::StatusOr<std::unique_ptr<Store>> OpenLocked(ProcessLock lock, const std::string& path, const SqliteOptions& options) {
  RG_ASSIGN_OR_RETURN(Connection writer, OpenWriter(path, options));
  const bool whole = IsSmall(path, options.largest_whole_check_bytes);
  if (whole) RG_RETURN_IF_ERROR(CheckWhole(writer));
  RG_ASSIGN_OR_RETURN(OpenedLog log, OpenLogWithKey(writer, options, whole));
  LastIds last;
  RG_ASSIGN_OR_RETURN(last.result, writer.QueryInt(sql::kLastResultId));
  RG_ASSIGN_OR_RETURN(last.entry, writer.QueryInt(sql::kLastEntrySequence));
  RG_ASSIGN_OR_RETURN(last.release, writer.QueryInt(sql::kLastReleaseSequence));
  RG_ASSIGN_OR_RETURN(last.patient, writer.QueryInt(sql::kLastPatientId));
  RG_ASSIGN_OR_RETURN(std::unique_ptr<RecentKeys> recent_keys, RecentKeys::Read(writer, options.recent_keys));
  std::vector<std::unique_ptr<Connection>> readers;
  for (int i = 0; i < std::max(options.readers, 1); ++i) {
    RG_ASSIGN_OR_RETURN(Connection reader, Connection::Open(path, Connection::Mode::kReadOnly));
    readers.push_back(std::make_unique<Connection>(std::move(reader)));
  }
  return std::make_unique<SqliteStore>(std::move(lock), std::move(writer), std::move(log.key), last, std::move(log.edge),
                                       std::move(recent_keys), std::move(readers));
}

absl::StatusOr<std::unique_ptr<Store>> OpenCanonical(const std::string& path, SqliteOptions options) {
  if (options.log_key_file.empty()) options.log_key_file = absl::StrCat(path, ".key");
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

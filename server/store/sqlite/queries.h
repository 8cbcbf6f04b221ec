// What the store asks of SQLite: the statements, and the reads that a batch and a reader share.
//
// The statements stand here by name so that a test can hold each against its query plan: none may scan a table or sort.
#ifndef RESULTGATE_STORE_SQLITE_QUERIES_H_
#define RESULTGATE_STORE_SQLITE_QUERIES_H_

#include <functional>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "server/store/sqlite/database.h"
#include "server/store/store.h"

namespace resultgate::store {

namespace sql {

inline constexpr char kFindResult[] = "SELECT id, record FROM results WHERE id = ?1";
inline constexpr char kListResults[] = "SELECT id, record FROM results WHERE id > ?1 ORDER BY id LIMIT ?2";
// What is held and due has no other index. Whoever waits for somebody may be due too, and stands in one of the two only.
inline constexpr char kListHeldIds[] =
    "SELECT id FROM results WHERE held = 2 UNION ALL SELECT id FROM results WHERE due_us IS NOT NULL AND held = 1";
inline constexpr char kListAwaitingSomebody[] = "SELECT id, record FROM results WHERE held = 2 AND id > ?1 ORDER BY id";
inline constexpr char kListOpen[] = "SELECT id, record FROM results WHERE open = 1 AND id > ?1 ORDER BY id";
inline constexpr char kFindDue[] =
    "SELECT id FROM results WHERE due_us IS NOT NULL AND due_us <= ?1 ORDER BY due_us, id LIMIT ?2";
inline constexpr char kEarliestDue[] = "SELECT due_us FROM results WHERE due_us IS NOT NULL ORDER BY due_us LIMIT 1";
inline constexpr char kCountDue[] = "SELECT count(*) FROM results WHERE due_us IS NOT NULL AND due_us <= ?1";
inline constexpr char kFindByKey[] = "SELECT result_id FROM keys WHERE key = ?1 ORDER BY result_id";
inline constexpr char kListEntries[] = "SELECT sequence, bytes FROM entries WHERE sequence > ?1 ORDER BY sequence LIMIT ?2";
inline constexpr char kListEntriesOfResult[] =
    "SELECT sequence, bytes FROM entries WHERE sequence > ?1 AND result_id = ?3 ORDER BY sequence LIMIT ?2";
inline constexpr char kListEntriesBackward[] =
    "SELECT sequence, bytes FROM entries WHERE sequence < ?1 ORDER BY sequence DESC LIMIT ?2";
inline constexpr char kListEntriesOfResultBackward[] =
    "SELECT sequence, bytes FROM entries WHERE sequence < ?1 AND result_id = ?3 ORDER BY sequence DESC LIMIT ?2";
inline constexpr char kListEntriesAboutNone[] =
    "SELECT sequence, bytes FROM entries WHERE result_id IS NULL AND sequence < ?1 ORDER BY sequence DESC LIMIT ?2";
inline constexpr char kListEntrySequences[] = "SELECT sequence FROM entries WHERE result_id = ?1 ORDER BY sequence";
inline constexpr char kFindPack[] = "SELECT files FROM packs WHERE digest = ?1";
inline constexpr char kListActivations[] =
    "SELECT e.sequence, e.bytes FROM activations AS a JOIN entries AS e ON e.sequence = a.sequence"
    " WHERE a.sequence < ?1 ORDER BY a.sequence DESC LIMIT ?2";
// All of them, as kListTiles.
inline constexpr char kReadActivations[] = "SELECT sequence, digest FROM activations ORDER BY sequence";
inline constexpr char kReadPackDigests[] = "SELECT digest FROM packs ORDER BY digest";
inline constexpr char kReadResultIds[] =
    "SELECT id FROM results UNION SELECT result_id FROM entries WHERE result_id IS NOT NULL ORDER BY 1";
inline constexpr char kReadReleaseSequences[] = "SELECT sequence FROM outbox ORDER BY sequence";
// Each key once, wherever it stands.
inline constexpr char kReadKeys[] =
    "SELECT key, result_id FROM keys UNION ALL SELECT key, result_id FROM recent_keys AS recent"
    " WHERE NOT EXISTS (SELECT 1 FROM keys WHERE keys.key = recent.key AND keys.result_id = recent.result_id)";
inline constexpr char kReadRecentKeys[] = "SELECT id, key, result_id FROM recent_keys ORDER BY id";
inline constexpr char kReadPatients[] = "SELECT id, record FROM patients ORDER BY id";
inline constexpr char kReadPatientKeys[] = "SELECT key, patient_id FROM patient_keys";
inline constexpr char kReadOwners[] = "SELECT id, record FROM owners ORDER BY id";
inline constexpr char kReadTurnarounds[] = "SELECT received_us, result_id FROM turnarounds";
inline constexpr char kReadTurnaroundRow[] = "SELECT record FROM turnarounds WHERE received_us = ?1 AND result_id = ?2";
inline constexpr char kReadLegalHolds[] =
    "SELECT id, coalesce(result_id, 0), coalesce(patient_id, 0), record FROM legal_holds ORDER BY id";
inline constexpr char kReadResultRow[] =
    "SELECT due_us IS NOT NULL, due_us, held, record, open, settled_us IS NOT NULL, settled_us FROM results WHERE id = ?1";
inline constexpr char kReadReleaseRow[] = "SELECT acknowledged, result_id, bytes FROM outbox WHERE sequence = ?1";
inline constexpr char kFindRelease[] = "SELECT sequence, acknowledged, bytes FROM outbox WHERE sequence = ?1";
inline constexpr char kListOutbox[] =
    "SELECT sequence, acknowledged, bytes FROM outbox WHERE sequence > ?1 ORDER BY sequence LIMIT ?2";
inline constexpr char kListUnacknowledged[] =
    "SELECT sequence, acknowledged, bytes FROM outbox WHERE acknowledged = 0 AND sequence > ?1 ORDER BY sequence LIMIT ?2";
inline constexpr char kLastResultId[] = "SELECT max(id) FROM results";
inline constexpr char kLastEntrySequence[] = "SELECT max(sequence) FROM entries";
inline constexpr char kLastReleaseSequence[] = "SELECT max(sequence) FROM outbox";
inline constexpr char kReadEntries[] =
    "SELECT sequence, result_id, leaf_hash, bytes FROM entries WHERE sequence > ?1 ORDER BY sequence";
inline constexpr char kReadEntriesIn[] =
    "SELECT sequence, result_id, leaf_hash, bytes FROM entries WHERE sequence >= ?1 AND sequence <= ?2 ORDER BY sequence";
inline constexpr char kListLeafHashes[] = "SELECT leaf_hash FROM entries WHERE sequence > ?1 ORDER BY sequence LIMIT ?2";
inline constexpr char kFindEntry[] = "SELECT bytes FROM entries WHERE sequence = ?1";
inline constexpr char kFindTile[] = "SELECT hashes FROM log_tiles WHERE level = ?1 AND tile = ?2";
// All of them: only who verifies the whole log asks it.
inline constexpr char kListTiles[] = "SELECT level, tile, hashes FROM log_tiles";
inline constexpr char kFindHead[] = "SELECT checkpoint FROM log_head WHERE id = 1";
inline constexpr char kLastPatientId[] = "SELECT max(id) FROM patients";
inline constexpr char kFindPatientByKey[] = "SELECT patient_id FROM patient_keys WHERE key = ?1";
inline constexpr char kFindPatient[] = "SELECT id, record FROM patients WHERE id = ?1";
inline constexpr char kListAssigners[] = "SELECT system FROM assigners WHERE system >= x'' ORDER BY system LIMIT ?1";
inline constexpr char kFindOwner[] = "SELECT id, record FROM owners WHERE id = ?1";
inline constexpr char kListOwners[] = "SELECT id, record FROM owners WHERE id > ?1 ORDER BY id LIMIT ?2";
inline constexpr char kFindSettled[] =
    "SELECT settled_us, id FROM results WHERE settled_us IS NOT NULL AND settled_us <= ?3 AND (settled_us, id) > (?1, ?2)"
    " ORDER BY settled_us, id LIMIT ?4";
inline constexpr char kListLegalHolds[] = "SELECT id, record FROM legal_holds WHERE id > ?1 ORDER BY id LIMIT ?2";
inline constexpr char kFindLegalHold[] = "SELECT id, record FROM legal_holds WHERE id = ?1";
inline constexpr char kLegalHoldsOn[] = "SELECT id, record FROM legal_holds WHERE patient_id = ?1 ORDER BY id";
inline constexpr char kIsResultOnHold[] = "SELECT 1 FROM legal_holds WHERE result_id = ?1 LIMIT 1";
inline constexpr char kIsPatientOnHold[] = "SELECT 1 FROM legal_holds WHERE patient_id = ?1 LIMIT 1";

inline constexpr char kListTurnarounds[] =
    "SELECT result_id, record FROM turnarounds WHERE received_us >= ?1 AND received_us < ?2 ORDER BY received_us, result_id";
inline constexpr char kListResultsTold[] =
    "SELECT result_id FROM entries WHERE sequence > ?1 AND sequence <= ?2 AND result_id IS NOT NULL";
inline constexpr char kTurnaroundsReach[] = "SELECT sequence FROM turnarounds_reach WHERE id = 1";

inline constexpr char kCountBlocks[] = "SELECT blocks FROM entry_terms_reach WHERE id = 1";
inline constexpr char kNextTerm[] = "SELECT term FROM entry_terms WHERE term >= ?1 ORDER BY term LIMIT 1";
inline constexpr char kFindTerm[] =
    "SELECT block, entries FROM entry_terms WHERE term = ?1 AND block >= ?2 AND block <= ?3 ORDER BY block";
// All of them: only who holds them against the log asks it.
inline constexpr char kReadTerms[] = "SELECT term, block, entries FROM entry_terms";

// An update in place, not INSERT OR REPLACE, which deletes the row that others refer to.
inline constexpr char kPutResult[] =
    "INSERT INTO results (id, due_us, held, record, open, settled_us) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
    " ON CONFLICT (id) DO UPDATE SET due_us = excluded.due_us, held = excluded.held, record = excluded.record,"
    " open = excluded.open, settled_us = excluded.settled_us";
inline constexpr char kPutSettled[] = "UPDATE results SET settled_us = ?2 WHERE id = ?1";
// Not INSERT OR IGNORE, which would hide every other constraint too.
inline constexpr char kPutKey[] = "INSERT INTO keys (key, result_id) VALUES (?1, ?2) ON CONFLICT (key, result_id) DO NOTHING";
inline constexpr char kPutRecentKey[] = "INSERT INTO recent_keys (id, key, result_id) VALUES (?1, ?2, ?3)";
inline constexpr char kRemoveRecentKey[] = "DELETE FROM recent_keys WHERE id = ?1";
inline constexpr char kRemoveRecentKeys[] = "DELETE FROM recent_keys WHERE id <= ?1";
inline constexpr char kRemoveKeys[] = "DELETE FROM keys WHERE key >= ?1 AND key <= ?2 AND result_id = ?3";
inline constexpr char kPutPack[] =
    "INSERT INTO packs (digest, files) VALUES (?1, ?2) ON CONFLICT (digest) DO UPDATE SET files = excluded.files";
inline constexpr char kAppendActivation[] = "INSERT INTO activations (sequence, digest) VALUES (?1, ?2)";
inline constexpr char kAppendEntry[] = "INSERT INTO entries (sequence, result_id, bytes, leaf_hash) VALUES (?1, ?2, ?3, ?4)";
inline constexpr char kAppendRelease[] = "INSERT INTO outbox (sequence, acknowledged, result_id, bytes) VALUES (?1, 0, ?2, ?3)";
inline constexpr char kAcknowledgeRelease[] = "UPDATE outbox SET acknowledged = 1 WHERE sequence = ?1";
inline constexpr char kReplaceRelease[] = "UPDATE outbox SET bytes = ?2 WHERE sequence = ?1";
inline constexpr char kPutLegalHold[] = "INSERT INTO legal_holds (id, result_id, patient_id, record) VALUES (?1, ?2, ?3, ?4)";
inline constexpr char kRemoveLegalHold[] = "DELETE FROM legal_holds WHERE id = ?1";
inline constexpr char kPutLeafHash[] = "UPDATE entries SET leaf_hash = ?2 WHERE sequence = ?1";
inline constexpr char kPutTile[] =
    "INSERT INTO log_tiles (level, tile, hashes) VALUES (?1, ?2, ?3) ON CONFLICT (level, tile) DO UPDATE SET hashes = "
    "excluded.hashes";
inline constexpr char kPutHead[] =
    "INSERT INTO log_head (id, checkpoint) VALUES (1, ?1) ON CONFLICT (id) DO UPDATE SET checkpoint = excluded.checkpoint";

inline constexpr char kPutPatient[] =
    "INSERT INTO patients (id, record) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET record = excluded.record";
inline constexpr char kPutPatientKey[] =
    "INSERT INTO patient_keys (key, patient_id) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET patient_id = excluded.patient_id";
inline constexpr char kPutAssigner[] = "INSERT INTO assigners (system) VALUES (?1) ON CONFLICT (system) DO NOTHING";
inline constexpr char kPutOwner[] =
    "INSERT INTO owners (id, record) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET record = excluded.record";
inline constexpr char kRemoveOwner[] = "DELETE FROM owners WHERE id = ?1";
inline constexpr char kPutTurnaround[] =
    "INSERT INTO turnarounds (received_us, result_id, record) VALUES (?1, ?2, ?3)"
    " ON CONFLICT (received_us, result_id) DO UPDATE SET record = excluded.record";
inline constexpr char kPutTurnaroundsReach[] =
    "INSERT INTO turnarounds_reach (id, sequence) VALUES (1, ?1) ON CONFLICT (id) DO UPDATE SET sequence = excluded.sequence";

inline constexpr char kPutTerm[] =
    "INSERT INTO entry_terms (term, block, entries) VALUES (?1, ?2, ?3)"
    " ON CONFLICT (term, block) DO UPDATE SET entries = excluded.entries";
inline constexpr char kPutBlocks[] =
    "INSERT INTO entry_terms_reach (id, blocks) VALUES (1, ?1) ON CONFLICT (id) DO UPDATE SET blocks = excluded.blocks";

inline constexpr const char* kAll[] = {kFindResult,
                                       kLastPatientId,
                                       kFindPatientByKey,
                                       kFindPatient,
                                       kFindOwner,
                                       kListOwners,
                                       kPutPatient,
                                       kPutPatientKey,
                                       kListAssigners,
                                       kPutAssigner,
                                       kListEntrySequences,
                                       kListEntriesAboutNone,
                                       kPutOwner,
                                       kRemoveOwner,
                                       kListResults,
                                       kListHeldIds,
                                       kListAwaitingSomebody,
                                       kListOpen,
                                       kFindDue,
                                       kEarliestDue,
                                       kCountDue,
                                       kFindByKey,
                                       kListEntries,
                                       kListEntriesOfResult,
                                       kListEntriesBackward,
                                       kListEntriesOfResultBackward,
                                       kFindRelease,
                                       kListOutbox,
                                       kListUnacknowledged,
                                       kLastResultId,
                                       kLastEntrySequence,
                                       kLastReleaseSequence,
                                       kPutResult,
                                       kPutKey,
                                       kAppendEntry,
                                       kAppendRelease,
                                       kAcknowledgeRelease,
                                       kFindPack,
                                       kListActivations,
                                       kPutPack,
                                       kAppendActivation,
                                       kReadEntries,
                                       kReadEntriesIn,
                                       kReadResultRow,
                                       kReadReleaseRow,
                                       kReadTurnaroundRow,
                                       kListLeafHashes,
                                       kFindEntry,
                                       kFindTile,
                                       kFindHead,
                                       kPutLeafHash,
                                       kPutTile,
                                       kPutHead,
                                       kListResultsTold,
                                       kListTurnarounds,
                                       kTurnaroundsReach,
                                       kFindSettled,
                                       kListLegalHolds,
                                       kFindLegalHold,
                                       kLegalHoldsOn,
                                       kIsResultOnHold,
                                       kIsPatientOnHold,
                                       kPutSettled,
                                       kRemoveKeys,
                                       kPutRecentKey,
                                       kRemoveRecentKey,
                                       kRemoveRecentKeys,
                                       kReplaceRelease,
                                       kPutLegalHold,
                                       kRemoveLegalHold,
                                       kPutTurnaround,
                                       kPutTurnaroundsReach,
                                       kCountBlocks,
                                       kNextTerm,
                                       kFindTerm,
                                       kPutTerm,
                                       kPutBlocks};

}  // namespace sql

// `due_at` as it is stored: whole microseconds, rounded up, because a floor may be passed late but never early. nullopt: nothing
// is due.
std::optional<int64_t> DueMicros(const v1::Result& result);

// What `held` says: 0 where no unit is held; 1 where one is; 2 where a reviewer is to act, or the result has no time at which
// anything happens, so that it stands in no index but that of this.
int HeldFor(const v1::Result& result);

// Since when nothing of it waits, as FindSettled has it, rounded up; nullopt: something is held, not acknowledged or open, or it
// was erased.
std::optional<int64_t> SettledMicros(const v1::Result& result);

// DataLoss where a row does not hold the message that its key promises. A `limit` below 1 gives nothing (to SQLite it would mean
// all).
absl::StatusOr<std::optional<v1::Result>> FindResult(Connection& connection, int64_t id);
absl::StatusOr<std::vector<v1::Result>> ListResults(Connection& connection, absl::string_view sql, int64_t after_id, int limit);
// `sql` is kListAwaitingSomebody or kListOpen.
absl::StatusOr<std::vector<v1::Result>> ListSome(Connection& connection, absl::string_view sql, int64_t after_id, int limit);
absl::StatusOr<std::vector<int64_t>> ListHeldIds(Connection& connection);
absl::StatusOr<std::vector<int64_t>> FindByKey(Connection& connection, const Key& key);
absl::StatusOr<std::vector<int64_t>> FindDue(Connection& connection, absl::Time now, int limit);
absl::StatusOr<absl::Time> EarliestDue(Connection& connection);
absl::StatusOr<int64_t> CountDue(Connection& connection, absl::Time now);
absl::StatusOr<std::vector<v1::Entry>> ListEntries(Connection& connection, int64_t after_sequence, int64_t result_id, int limit);
absl::StatusOr<std::vector<v1::Entry>> ListEntriesBackward(Connection& connection, int64_t before_sequence, int64_t result_id,
                                                           int limit);
absl::StatusOr<std::vector<v1::Entry>> ListEntriesAboutNone(Connection& connection, int64_t before_sequence, int limit);
absl::StatusOr<std::optional<std::string>> FindEntryBytes(Connection& connection, int64_t sequence);
absl::StatusOr<std::optional<v1::PackFiles>> FindPack(Connection& connection, const std::string& digest);
absl::StatusOr<std::vector<v1::Entry>> ListActivations(Connection& connection, int64_t before_sequence, int limit);
absl::StatusOr<std::optional<OutboxRow>> FindRelease(Connection& connection, int64_t sequence);
absl::StatusOr<std::vector<OutboxRow>> ListOutbox(Connection& connection, int64_t after_sequence, bool unacknowledged_only,
                                                  int limit);
absl::StatusOr<std::optional<int64_t>> FindPatientByKey(Connection& connection, const Key& key);
absl::StatusOr<std::optional<v1::PatientRecord>> FindPatient(Connection& connection, int64_t id);
absl::StatusOr<std::optional<v1::DirectoryOwner>> FindOwner(Connection& connection, const std::string& id);
absl::StatusOr<std::vector<int64_t>> ListEntrySequences(Connection& connection, int64_t result_id);
absl::StatusOr<std::vector<std::string>> ListAssigners(Connection& connection, int limit);
absl::Status PutAssigner(Connection& connection, const std::string& system);
// Puts those of all results: what a database of an older version lacks.
absl::Status PutAllAssigners(Connection& connection);
absl::StatusOr<std::vector<v1::DirectoryOwner>> ListOwners(Connection& connection, const std::string& after_id, int limit);
absl::StatusOr<std::vector<Settled>> FindSettled(Connection& connection, const Settled& after, absl::Time until, int limit);
absl::StatusOr<std::vector<v1::LegalHold>> ListLegalHolds(Connection& connection, int64_t after_id, int limit);
absl::StatusOr<std::optional<v1::LegalHold>> FindLegalHold(Connection& connection, int64_t id);
absl::StatusOr<std::vector<v1::LegalHold>> LegalHoldsOn(Connection& connection, int64_t patient_id);
absl::StatusOr<bool> IsOnLegalHold(Connection& connection, int64_t result_id, const std::vector<int64_t>& patient_ids);
absl::StatusOr<std::vector<int64_t>> ListResultsTold(Connection& connection, int64_t after_sequence, int64_t last_sequence);
absl::Status ForEachTurnaround(Connection& connection, absl::Time from, absl::Time until,
                               const std::function<void(const v1::Turnaround&)>& take);
absl::StatusOr<int64_t> TurnaroundsReach(Connection& connection);

}  // namespace resultgate::store

#endif  // RESULTGATE_STORE_SQLITE_QUERIES_H_

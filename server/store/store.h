// Where the gate keeps everything: results, log entries, releases, what it knows of patients, the directory of owners. One
// interface per use-case; sqlite/ stands behind it.
//
// The one promise that matters: a batch is durable as a whole (on disk, fsynced) or it never was. Failures are absl::Status:
//   Unavailable      the disk fails or is full. Nothing of the batch happened, and the store works again as soon as the
//                    disk does. One case nobody can exclude: the disk fails while it syncs a commit, keeps failing, and the
//                    process dies before the next successful Begin. Then that batch may be found whole, never in part.
//   DataLoss         the file is damaged.
//   InvalidArgument  what was to be written breaks a rule below. It was not written; the batch goes on.
//   NotFound         where a method says so; the batch goes on.
// Times are instants, kept to the microsecond.
#ifndef RESULTGATE_STORE_STORE_H_
#define RESULTGATE_STORE_STORE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "resultgate/v1/activation.pb.h"
#include "resultgate/v1/audit_service.pb.h"
#include "resultgate/v1/directory_service.pb.h"
#include "resultgate/v1/patient_service.pb.h"
#include "resultgate/v1/release_service.pb.h"
#include "resultgate/v1/result.pb.h"
#include "resultgate/v1/retention_service.pb.h"
#include "resultgate/v1/summary.pb.h"
#include "server/audit/entry_terms.h"
#include "server/audit/key.h"
#include "server/merkle/proof.h"

namespace resultgate::store {

// Exact lookups by 32-byte keys that gate/ computes (digests of normalised reports; sender and order numbers; …). What they
// mean is not the store's business. A key may lead to several results, a result may have several keys.
using Key = std::string;

// One row of the outbox. `release.content` is not stored: gate/ fills it from the result when it is delivered.
struct OutboxRow {
  v1::Release release;
  bool acknowledged = false;
};

// A result of which nothing waits, and since when: its last version or release.
struct Settled {
  absl::Time since = absl::InfinitePast();
  int64_t result_id = 0;
};

// Which entries of a block have a term (audit/entry_terms.h), as audit::EncodeBlock gives it.
struct TermEntries {
  std::string term;
  std::string entries;
};

// Reads see what was committed, as of the moment of the call. Thread-safe: any number of threads may read while one writes.
// They block on the disk. A `limit` below 1 gives nothing.
class Reader {
 public:
  virtual ~Reader() = default;

  // nullopt if there is none.
  virtual absl::StatusOr<std::optional<v1::Result>> FindResult(int64_t id) const = 0;
  // Ids of results that hold this key, in order.
  virtual absl::StatusOr<std::vector<int64_t>> FindByKey(const Key& key) const = 0;
  // Results with id > `after_id`, in order of id, at most `limit`.
  virtual absl::StatusOr<std::vector<v1::Result>> ListResults(int64_t after_id, int limit) const = 0;
  // Ids of all results of which a unit is held, whatever for, in order.
  virtual absl::StatusOr<std::vector<int64_t>> ListHeldIds() const = 0;
  // Results of which a unit is held and a reviewer is to act, or nothing at all is due of it, in order of id, with id >
  // `after_id`, at most `limit`. One whose record cannot be read is passed over: it must not hide the others.
  virtual absl::StatusOr<std::vector<v1::Result>> ListAwaitingSomebody(int64_t after_id, int limit) const = 0;
  // Results about which somebody has something to do beside releasing them (`follow_up.open`), listed likewise.
  virtual absl::StatusOr<std::vector<v1::Result>> ListOpen(int64_t after_id, int limit) const = 0;
  // The sequence of the newest entry, 0 before the first.
  virtual absl::StatusOr<int64_t> LastEntrySequence() const = 0;
  // Entries with sequence > `after_sequence`, in order, at most `limit`. `result_id` 0: of all results.
  virtual absl::StatusOr<std::vector<v1::Entry>> ListEntries(int64_t after_sequence, int64_t result_id, int limit) const = 0;
  // Entries with sequence < `before_sequence`, the newest first, at most `limit`. `before_sequence` 0: from the newest on.
  virtual absl::StatusOr<std::vector<v1::Entry>> ListEntriesBackward(int64_t before_sequence, int64_t result_id,
                                                                     int limit) const = 0;
  // Sequences of all entries about a result, in order; reads none of them.
  virtual absl::StatusOr<std::vector<int64_t>> ListEntrySequences(int64_t result_id) const = 0;
  // Entries about no result with sequence < `before_sequence`, the newest first, at most `limit`. 0: from the newest on.
  virtual absl::StatusOr<std::vector<v1::Entry>> ListEntriesAboutNone(int64_t before_sequence, int limit) const = 0;
  // Ids of the results that an entry in (`after_sequence`, `last_sequence`] is about, in order, each once.
  virtual absl::StatusOr<std::vector<int64_t>> ListResultsTold(int64_t after_sequence, int64_t last_sequence) const = 0;
  // The files of a pack that was put, by its digest; nullopt if there is none.
  virtual absl::StatusOr<std::optional<v1::PackFiles>> FindPack(const std::string& digest) const = 0;
  // Entries that say `activated`, the newest first, with sequence < `before_sequence`, at most `limit`. 0: from the newest on.
  virtual absl::StatusOr<std::vector<v1::Entry>> ListActivations(int64_t before_sequence, int limit) const = 0;
  // The times of results that were received in [from, until), in that order; `take` must not ask the store. They tell of the log
  // up to the entry that TurnaroundsReach said before, and of some results perhaps of more.
  virtual absl::Status ForEachTurnaround(absl::Time from, absl::Time until,
                                         const std::function<void(const v1::Turnaround&)>& take) const = 0;
  // The last entry that they tell of; 0 for none.
  virtual absl::StatusOr<int64_t> TurnaroundsReach() const = 0;
  // How many blocks of entries were put with their terms: those of the log's beginning.
  virtual absl::StatusOr<int64_t> CountBlocks() const = 0;
  // Terms that begin so and that an entry of these blocks has, in order, at most `limit`.
  virtual absl::StatusOr<std::vector<std::string>> ListTerms(const std::string& prefix, int limit) const = 0;
  // The entries of a term in the blocks from `first` to `last`, as far as these were put; all entries of a block of which that
  // cannot be read.
  virtual absl::StatusOr<audit::EntriesByBlock> FindTerm(const std::string& term, int64_t first, int64_t last) const = 0;
  // Outbox rows with sequence > `after_sequence`, in order, at most `limit`.
  virtual absl::StatusOr<std::vector<OutboxRow>> ListOutbox(int64_t after_sequence, bool unacknowledged_only,
                                                            int limit) const = 0;
  // The patient of this key, and a patient's record by its id; nullopt if there is none.
  virtual absl::StatusOr<std::optional<int64_t>> FindPatientByKey(const Key& key) const = 0;
  virtual absl::StatusOr<std::optional<v1::PatientRecord>> FindPatient(int64_t id) const = 0;
  // Assigners of patients' identifiers that were put, in order, at most `limit`.
  virtual absl::StatusOr<std::vector<std::string>> ListAssigners(int limit) const = 0;
  // Owners with id > `after_id`, in order of id, at most `limit`.
  virtual absl::StatusOr<std::vector<v1::DirectoryOwner>> ListOwners(const std::string& after_id, int limit) const = 0;
  // Legal holds that stand, with id > `after_id`, in order of id, at most `limit`.
  virtual absl::StatusOr<std::vector<v1::LegalHold>> ListLegalHolds(int64_t after_id, int limit) const = 0;
};

// One transaction. Lookups see what the batch itself has written. Used by one thread at a time. Destroyed without a successful
// Commit it leaves nothing behind. After any other failure than InvalidArgument and NotFound, of a lookup too, the batch is
// lost: every later call returns that failure. A result is put before the keys, entries and releases that name it.
class Batch {
 public:
  virtual ~Batch() = default;

  // From where the call came whose changes are made now, as `Entry.peer` has it; empty: no call makes them. It is kept for
  // whoever makes entries, and does nothing here.
  void SetPeer(const std::string& peer) { peer_ = peer; }
  const std::string& peer() const { return peer_; }

  // The next unused ids, from 1, each call another. Ids of a batch that never committed, and ids above the highest that a
  // committed batch used, are given again.
  virtual int64_t NextResultId() = 0;
  virtual int64_t NextEntrySequence() = 0;
  virtual int64_t NextReleaseSequence() = 0;
  virtual int64_t NextPatientId() = 0;

  // Ids of results that hold this key, in order.
  virtual absl::StatusOr<std::vector<int64_t>> FindByKey(const Key& key) = 0;
  virtual absl::StatusOr<std::optional<v1::Result>> FindResult(int64_t id) = 0;
  virtual absl::StatusOr<std::optional<OutboxRow>> FindRelease(int64_t sequence) = 0;
  // Ids of results whose `due_at`, rounded up to the microsecond, is not after `now`: the earliest first, then by id, at most
  // `limit`.
  virtual absl::StatusOr<std::vector<int64_t>> FindDue(absl::Time now, int limit) = 0;
  virtual absl::StatusOr<std::optional<int64_t>> FindPatientByKey(const Key& key) = 0;
  virtual absl::StatusOr<std::optional<v1::PatientRecord>> FindPatient(int64_t id) = 0;
  virtual absl::StatusOr<std::optional<v1::DirectoryOwner>> FindOwner(const std::string& id) = 0;
  // All entries about one result, in order.
  virtual absl::StatusOr<std::vector<v1::Entry>> EntriesOf(int64_t result_id) = 0;
  // Results that have contents and of which nothing is held, unacknowledged or open, `since` not after `until`: in order of
  // `since`, then of id, those that come after `after` in that order, at most `limit`.
  virtual absl::StatusOr<std::vector<Settled>> FindSettled(const Settled& after, absl::Time until, int limit) = 0;
  virtual absl::StatusOr<std::optional<v1::LegalHold>> FindLegalHold(int64_t id) = 0;
  // Holds on a patient, in order.
  virtual absl::StatusOr<std::vector<v1::LegalHold>> LegalHoldsOn(int64_t patient_id) = 0;
  // True if a hold is on the result or on one of the patients.
  virtual absl::StatusOr<bool> IsOnLegalHold(int64_t result_id, const std::vector<int64_t>& patient_ids) = 0;

  // Inserts or replaces the result under its id, which NextResultId gave at some time; `due_at` feeds FindDue, and the
  // outcomes feed ListHeldIds and ListAwaitingSomebody.
  virtual absl::Status PutResult(const v1::Result& result) = 0;
  // Adds a key of 32 bytes to a result; doing so again changes nothing.
  virtual absl::Status PutKey(const Key& key, int64_t result_id) = 0;
  // Takes away the keys of a result that begin so; how many there were.
  virtual absl::StatusOr<int> RemoveKeys(const std::string& prefix, int64_t result_id) = 0;
  // Keeps the files of a pack for ever. Another PutPack of the same digest replaces them: its tests may differ.
  virtual absl::Status PutPack(const std::string& digest, const v1::PackFiles& files) = 0;
  // Appends; the sequence must be one that NextEntrySequence gave, and follow on the last entry: the log has no gaps.
  // `result_id` 0: about none. The bytes are made once, here, and never written again. One that says `activated` feeds
  // ListActivations; its pack must have been put.
  virtual absl::Status AppendEntry(const v1::Entry& entry) = 0;
  // Appends; the sequence must be one that NextReleaseSequence gave this batch. `content` is left out.
  virtual absl::Status AppendRelease(const v1::Release& release) = 0;
  // Puts what is left of a release in its place; whether it is acknowledged stays. NotFound if there is no such release.
  virtual absl::Status ReplaceRelease(const v1::Release& release) = 0;
  // Adds a legal hold on a result or a patient that was put, under an id that none has.
  virtual absl::Status PutLegalHold(const v1::LegalHold& hold) = 0;
  // NotFound if there is no such hold.
  virtual absl::Status RemoveLegalHold(int64_t id) = 0;
  // Inserts or replaces the record under its id, which NextPatientId gave at some time.
  virtual absl::Status PutPatient(const v1::PatientRecord& record) = 0;
  // Gives a key of 32 bytes to a patient that was put; it leads to one patient, the last that it was given to.
  virtual absl::Status PutPatientKey(const Key& key, int64_t patient_id) = 0;
  // Keeps the name of who assigned an identifier of a patient that a key was made of; it may be empty. Doing so again changes
  // nothing. They are few, so that whoever has an identifier alone can try each of them.
  virtual absl::Status PutAssigner(const std::string& system) = 0;
  // Inserts or replaces the owner under its id, which is not empty.
  virtual absl::Status PutOwner(const v1::DirectoryOwner& owner) = 0;
  // NotFound if there is no such owner.
  virtual absl::Status RemoveOwner(const std::string& id) = 0;
  // NotFound if there is no such release; doing so again changes nothing.
  virtual absl::Status AcknowledgeRelease(int64_t sequence) = 0;

  // Inserts or replaces the times of results; all of them together now tell of the log up to entry `reach`. In order of receipt
  // they cost the least.
  virtual absl::Status PutTurnarounds(absl::Span<const v1::Turnaround> turnarounds, int64_t reach) = 0;

  // Puts the terms of all entries of a block, each term once; blocks are put in order.
  virtual absl::Status PutBlock(int64_t block, absl::Span<const TermEntries> terms) = 0;

  // Makes all of it durable: when it returns OK it has been fsynced. The batch takes no more work afterwards, whatever it
  // returned.
  virtual absl::Status Commit() = 0;

 private:
  std::string peer_;
};

// The log as a Merkle tree over the exact bytes of its entries (RFC 6962): entry 1 is leaf 0. Thread-safe; reads block on the
// disk.
class LogReader {
 public:
  virtual ~LogReader() = default;

  // The key that signs the heads.
  virtual const audit::VerifierKey& key() const = 0;
  // 32 bytes that only a store with the same private key can make of `text`: for what is handed out and taken back, as page
  // tokens.
  virtual std::string Authenticate(absl::string_view text) const = 0;
  // The signed head: what was committed last.
  virtual absl::StatusOr<std::string> Head() const = 0;
  // The bytes of an entry; nullopt if there is none.
  virtual absl::StatusOr<std::optional<std::string>> FindEntryBytes(int64_t sequence) const = 0;
  // That the entry is in the tree of the first `size` entries, which must not be more than the head has. OutOfRange unless
  // 1 <= sequence <= size.
  virtual absl::StatusOr<merkle::Proof> ProveInclusion(int64_t sequence, int64_t size) const = 0;
  // That the tree of the first `size` entries begins with that of the first `from`. OutOfRange unless 0 <= from <= size.
  virtual absl::StatusOr<merkle::Proof> ProveConsistency(int64_t from, int64_t size) const = 0;
};

class Store : public Reader {
 public:
  // Begins the one transaction that may be open at a time; FailedPrecondition while another batch lives. The store must outlive
  // it.
  virtual absl::StatusOr<std::unique_ptr<Batch>> Begin() = 0;
  // Lives as long as the store.
  virtual const LogReader& log() const = 0;
  // The earliest `due_at` of all results, rounded up as FindDue does, or InfiniteFuture(). Reads as a Reader does.
  virtual absl::StatusOr<absl::Time> EarliestDue() const = 0;
  // The first result after `after` in the order of FindSettled, whatever its time; nullopt for none. Reads as a Reader does.
  virtual absl::StatusOr<std::optional<Settled>> FirstSettled(const Settled& after) const = 0;
  // Makes the files forget what committed batches replaced or removed, byte for byte: it is in no page and not in the write-ahead
  // log any more. False where a reader still reads what was before: call it again later. On the thread of the batches, while none
  // is open.
  virtual absl::StatusOr<bool> Forget() = 0;
  // How many results FindDue would give at `now` without a limit. Looks at each of them, in an index.
  virtual absl::StatusOr<int64_t> CountDue(absl::Time now) const = 0;
};

}  // namespace resultgate::store

#endif  // RESULTGATE_STORE_STORE_H_

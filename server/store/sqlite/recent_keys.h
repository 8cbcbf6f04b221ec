// Keys of results on their way into `keys`.
//
// A key is random, so in a large `keys` each new one dirties a page of its own: 4 KiB of write-ahead log for 40 bytes, and more
// than all the rest that a result costs. So a batch appends its keys to `recent_keys`, in the order of time, and they are
// remembered here in their own order. Once many have come together they go into `keys` a slice at a time, neighbours with
// neighbours, which share pages; when all of them are there, their rows leave `recent_keys`. It is what a log-structured merge
// tree does (O'Neil et al., 1996), with one level, and an InnoDB change buffer.
#ifndef RESULTGATE_STORE_SQLITE_RECENT_KEYS_H_
#define RESULTGATE_STORE_SQLITE_RECENT_KEYS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/store/sqlite/database.h"
#include "server/store/store.h"

namespace resultgate::store {

// The rows of `recent_keys`, as committed. Thread-safe: readers may look while the writer's thread changes it.
//
// A reader looks here first and then into `keys`: what moves meanwhile is found in one of them.
class RecentKeys {
 public:
  // The 32 bytes of a key in place: among a hundred thousand strings each comparison would go elsewhere in memory.
  using Bytes = std::array<unsigned char, 32>;
  // In order of key: where `recent_keys` has it.
  using Rows = absl::btree_map<std::pair<Bytes, int64_t>, int64_t>;

  // Reads what is there. So many rows come together before they are moved; about twice as many are remembered at the most, some
  // 100 bytes each.
  static absl::StatusOr<std::unique_ptr<RecentKeys>> Read(Connection& connection, size_t most);

  // Adds the ids of results that hold the key, in no order, perhaps some twice.
  void Find(const Key& key, std::vector<int64_t>* result_ids) const;

 private:
  friend class KeyWrites;

  explicit RecentKeys(size_t most) : most_(most) {}

  const size_t most_;
  mutable std::mutex mutex_;  // for `young_` and `old_`; the writer's thread, which alone changes them, reads without it
  Rows young_;                // what comes
  Rows old_;                  // what is being moved: `young_` of before
  int64_t last_row_ = 0;      // of all; the rest belongs to the writer's thread alone
  int64_t last_old_row_ = 0;
  std::optional<std::pair<Bytes, int64_t>> moved_to_;  // the last of `old_` that is in `keys`
};

// What one batch does to keys; it sees what it has done. Belongs to the batch's thread. The caller's transaction makes it whole
// or undone: `Committed` is called after it was committed, and without it nothing is remembered.
class KeyWrites {
 public:
  KeyWrites(Connection* connection, RecentKeys* recent)
      : connection_(*connection), recent_(*recent), last_row_(recent->last_row_) {}

  // As Batch has them; keys have 32 bytes.
  absl::StatusOr<std::vector<int64_t>> Find(const Key& key) const;
  absl::Status Put(const Key& key, int64_t result_id);
  absl::StatusOr<int> Remove(const Key& first, const Key& last, int64_t result_id);

  // Moves the next of those that wait to be moved, twice as many as this batch has put: they are all moved before as many have
  // come again. Before the commit.
  absl::Status MoveSome();
  void Committed();

 private:
  using Row = std::pair<RecentKeys::Bytes, int64_t>;

  // Where a row stands that is not in `keys` alone; nullopt for none.
  std::optional<int64_t> RowOf(const Row& row) const;
  bool IsRemoved(const Row& row) const;
  absl::StatusOr<bool> IsInPlace(const Row& row) const;

  Connection& connection_;
  RecentKeys& recent_;
  int64_t last_row_;
  RecentKeys::Rows put_;
  std::vector<Row> removed_;
  std::optional<Row> moved_to_;
  bool moved_all_ = false;
};

}  // namespace resultgate::store

#endif  // RESULTGATE_STORE_SQLITE_RECENT_KEYS_H_

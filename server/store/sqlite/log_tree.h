// The log's Merkle tree in the database: `entries.leaf_hash`, `log_tiles` and `log_head` (schema.h).
//
// Appending an entry writes its hash into its own row. Every 256th also lengthens a tile, and each commit writes the signed head:
// one small row. Nothing else is read or written for it.
#ifndef RESULTGATE_STORE_SQLITE_LOG_TREE_H_
#define RESULTGATE_STORE_SQLITE_LOG_TREE_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/audit/checkpoint.h"
#include "server/audit/key.h"
#include "server/audit/log_verifier.h"
#include "server/merkle/compact_range.h"
#include "server/merkle/tiles.h"
#include "server/store/sqlite/database.h"

namespace resultgate::store {

// The right edge of the tree, and what of it is not in the database yet. A value: a batch works on a copy, which replaces the
// writer's once it is committed.
class LogEdge {
 public:
  LogEdge() = default;
  explicit LogEdge(merkle::CompactRange tree) : tree_(std::move(tree)) {}

  int64_t size() const { return tree_.size(); }
  merkle::Hash Root() const { return tree_.Root(); }
  // Takes in the hash of the next entry.
  void Append(const merkle::Hash& leaf);
  // Writes the tiles that are due, and the head signed by `key`. Nothing if no entry came in since the last time.
  absl::Status Write(Connection& connection, const audit::SigningKey& key);

 private:
  merkle::CompactRange tree_;
  std::vector<merkle::Node> completed_;  // for tiles
  bool changed_ = false;
};

// Reads tiles; level 0 is the entries' own hashes. The connection must outlive it.
class DatabaseTiles final : public merkle::TileReader {
 public:
  explicit DatabaseTiles(Connection* connection) : connection_(*connection) {}
  absl::StatusOr<std::vector<merkle::Hash>> ReadTile(int level, int64_t tile, int count) override;

 private:
  Connection& connection_;
};

// The signed head as it stands. DataLoss if there is none.
absl::StatusOr<std::string> ReadHead(Connection& connection);

// For a database that had no tree: hashes what is there, and signs it. Within a transaction of the caller's.
absl::Status BuildLog(Connection& connection, const audit::SigningKey& key);

// What the last entries and the tiles lead to, held against the signed head. DataLoss names what does not fit: entries that are
// missing at the end, too many, or not as they were logged. Reads 256 entries at most.
absl::StatusOr<LogEdge> OpenLog(Connection& connection, const audit::VerifierKey& key);

// Calls `take` for each entry with sequence > `after_sequence`, in order.
absl::Status ForEachEntry(Connection& connection, int64_t after_sequence,
                          const std::function<absl::Status(const audit::LogRow&)>& take);

// Gives every entry and every tile to `verifier`. `progress` may be null; it is called now and then with the entries read.
absl::Status ReadWholeLog(Connection& connection, audit::LogVerifier* verifier,
                          const std::function<void(int64_t done)>& progress);

}  // namespace resultgate::store

#endif  // RESULTGATE_STORE_SQLITE_LOG_TREE_H_

// Recomputes the whole log from its entries' bytes and says what does not hold, and where.
//
// What there is to compare with, from the weakest to the strongest: the number inside each entry; the hash kept beside it; the
// tiles of the tree above those hashes (merkle/tiles.h); the signed head; checkpoints that were kept elsewhere. Whoever changes
// an entry alone is found at that entry; who changes the hash beside it too, among 256 entries; who changes everything in the
// file but has not the key, by the head; who has the key, or puts an older file back, by a checkpoint that was kept elsewhere.
//
// Knows no database: rows are given to it in the order in which they stand. Not thread-safe.
#ifndef RESULTGATE_AUDIT_LOG_VERIFIER_H_
#define RESULTGATE_AUDIT_LOG_VERIFIER_H_

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/audit/checkpoint.h"
#include "server/merkle/compact_range.h"
#include "server/merkle/hash.h"

namespace resultgate::audit {

// An entry as it is kept.
struct LogRow {
  int64_t sequence = 0;
  int64_t result_id = 0;        // 0: about none
  absl::string_view leaf_hash;  // as it is kept beside the entry
  absl::string_view bytes;      // resultgate.v1.Entry
};

// Something that does not hold.
struct Finding {
  // The entries it is about; 0: about none in particular. Where `first` and `last` differ it is one of them, or all, as the
  // message says.
  int64_t first = 0;
  int64_t last = 0;
  // Starts in lower case, without a full stop.
  std::string message;
};

// A checkpoint of a witness, and whether the log begins with what it says.
struct Witnessed {
  Checkpoint checkpoint;
  bool holds = false;
};

struct LogReport {
  int64_t entries = 0;      // rows that were read
  merkle::Hash root{};      // over their bytes
  bool head_holds = false;  // the signed head is that of these bytes, as many and no more
  // In order of `first`, those about none in particular first; the first 100.
  std::vector<Finding> findings;
  int64_t findings_left_out = 0;
  std::vector<Witnessed> witnessed;  // in order of size

  bool ok() const { return findings.empty(); }
};

class LogVerifier {
 public:
  // `head`: what VerifyCheckpoint made of the log's head. `witnessed`: checkpoints that were kept elsewhere, in any order.
  explicit LogVerifier(absl::StatusOr<Checkpoint> head, std::vector<Checkpoint> witnessed = {});

  // The rows in their order, all of them.
  void AddRow(const LogRow& row);
  // The tiles of level 1 and above, in any order. Call ExpectTiles first where they are kept at all: what is missing counts then.
  void ExpectTiles() { tiles_expected_ = true; }
  void AddTile(int level, int64_t tile, absl::string_view hashes);

  LogReport Finish();

 private:
  void Find(int64_t first, int64_t last, std::string message);
  void AppendLeaf(const merkle::Hash& leaf);
  void CompareWithCheckpoints();
  void CheckHead();
  void CheckTiles();
  // True if one of these entries, or one that shares a tile of level 0 with them, is known not to hold.
  bool Blamed(int64_t first, int64_t last) const;

  const absl::StatusOr<Checkpoint> head_;
  bool tiles_expected_ = false;

  merkle::CompactRange
      tree_;  // over computed hashes; a missing entry has zeros for its hash, so that later ones keep their places
  std::map<int, std::vector<merkle::Hash>> levels_;  // the computed hashes of tiles, from level 1
  std::map<std::pair<int, int64_t>, std::string> tiles_;
  bool lost_count_ = false;           // a gap too wide to fill
  std::vector<int64_t> other_hash_;   // entries that do not have the hash beside them
  std::vector<Witnessed> witnessed_;  // in order of size
  size_t next_witnessed_ = 0;
  std::vector<bool> blamed_;   // by tile of level 0: one of its entries is known not to hold
  bool root_at_head_ = false;  // the computed root at the head's size is the head's
  LogReport report_;
};

// The number of an entry and the result that it is about, from its bytes alone, without parsing the rest; false if they are no
// entry.
bool ReadIdentity(absl::string_view bytes, int64_t* sequence, int64_t* result_id);

}  // namespace resultgate::audit

#endif  // RESULTGATE_AUDIT_LOG_VERIFIER_H_

// Holds against the log what a database keeps beside it that is of no result: packs and which was active, the directory of
// owners, legal holds. A part of stored_check.h.
//
// Not thread-safe.
#ifndef RESULTGATE_GATE_STORED_TABLES_H_
#define RESULTGATE_GATE_STORED_TABLES_H_

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "resultgate/v1/audit_service.pb.h"
#include "server/gate/replay.h"
#include "server/store/log_file.h"

namespace resultgate::gate {

class StoredTables {
 public:
  // It must outlive this.
  explicit StoredTables(store::LogFile* log) : log_(*log) {}

  // The entries of the log about no result in order, and each result's.
  void Take(const v1::Entry& entry);
  // Once all entries about no result were taken: the packs that were active at an entry or later, the oldest first, as far as
  // they can be used.
  std::vector<const policy::Pack*> ActiveSince(int64_t sequence);

  // Once all entries were taken: reads the tables, and tells `find` what does not fit.
  absl::Status Check(const std::function<void(std::string finding)>& find);
  int64_t packs() const { return packs_read_; }
  int64_t owners() const { return owners_read_; }
  int64_t legal_holds() const { return holds_read_; }

 private:
  using Find = std::function<void(std::string finding)>;

  const KeptPack& Pack(const std::string& digest);
  absl::Status CheckPacks(const Find& find);
  absl::Status CheckOwners(const Find& find);
  absl::Status CheckLegalHolds(const Find& find);

  store::LogFile& log_;
  std::map<int64_t, std::string> activations_;  // by entry, the digest
  std::map<std::string, KeptPack> packs_;
  std::map<std::string, std::pair<int64_t, std::string>> owners_;  // by id, the last entry and the record
  std::map<int64_t, v1::Entry> legal_holds_;                       // by their number, the entries that placed those that stand
  int64_t packs_read_ = 0;
  int64_t owners_read_ = 0;
  int64_t holds_read_ = 0;
};

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_STORED_TABLES_H_

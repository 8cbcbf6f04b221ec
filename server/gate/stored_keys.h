// Holds the keys by which a database finds results (keys.h) against the log: each message that was taken in is known again, and
// no result is found by a key that none of its messages has. What a result says of keys that go with its contents, they must
// have. A part of stored_check.h.
//
// Not thread-safe.
#ifndef RESULTGATE_GATE_STORED_KEYS_H_
#define RESULTGATE_GATE_STORED_KEYS_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "resultgate/v1/audit_service.pb.h"
#include "resultgate/v1/result.pb.h"
#include "server/store/log_file.h"

namespace resultgate::gate {

class StoredKeys {
 public:
  // A result with contents, and all its entries.
  void Expect(const v1::Result& kept, const std::vector<v1::Entry>& entries);
  // A result of which nobody can tell any more what keys it had.
  void Ignore(int64_t result_id) { incomplete_.insert(result_id); }

  // False if a result may have had reports that are no longer kept.
  bool complete() const { return incomplete_.empty(); }

  // Reads all keys, and tells `find` what does not fit. How many there are.
  absl::StatusOr<int64_t> Check(store::LogFile& log, const std::function<void(std::string finding)>& find);

 private:
  // A key that a result has or may have.
  struct Known {
    int64_t result_id = 0;
    bool required = false;
    bool found = false;
  };
  // What the log tells of the keys of messages that are not kept as they were sent.
  struct Awaited {
    std::string salt;
    std::set<std::string> names;
  };

  bool IsAwaited(absl::string_view key, int64_t result_id);

  absl::flat_hash_map<size_t, Known> known_;       // by hash of key and result
  absl::flat_hash_map<int64_t, Awaited> awaited_;  // by result
  // By hash of it and the result, the results that erase a key beginning so. Taken out when the key is found.
  absl::flat_hash_map<size_t, int64_t> erased_with_;
  absl::flat_hash_set<int64_t> incomplete_;  // results that may have keys of reports that are no longer kept
};

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_STORED_KEYS_H_

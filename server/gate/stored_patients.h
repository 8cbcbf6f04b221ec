// Holds what a database keeps of patients against the log: each record has the digest that the last entry about it tells, and is
// found by the keys of its identifiers and no others. A part of stored_check.h.
//
// Not thread-safe.
#ifndef RESULTGATE_GATE_STORED_PATIENTS_H_
#define RESULTGATE_GATE_STORED_PATIENTS_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "resultgate/v1/audit_service.pb.h"
#include "resultgate/v1/patient_service.pb.h"
#include "server/store/log_file.h"

namespace resultgate::gate {

class StoredPatients {
 public:
  // The entries of the log about no result, in order.
  void Take(const v1::Entry& entry);
  // The last entry after which a result may know something else of its patient without an entry of its own; 0: there is none.
  int64_t last_told() const { return last_told_; }
  // Likewise of these records.
  int64_t LastToldOf(const std::vector<v1::PatientRecord>& records) const;

  // Reads all records and keys, and tells `find` what does not fit.
  absl::Status Check(store::LogFile& log, const std::function<void(std::string finding)>& find);
  int64_t records() const { return records_; }
  // Records whose last entry has no digest: it is from before there were any.
  int64_t undigested() const { return undigested_; }

 private:
  struct Told {
    int64_t sequence = 0;
    std::string digest;
    bool found = false;
  };
  void Tell(int64_t id, int64_t sequence, const std::string& digest);

  absl::flat_hash_map<int64_t, Told> told_;  // by record
  int64_t last_told_ = 0;
  int64_t records_ = 0;
  int64_t undigested_ = 0;
};

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_STORED_PATIENTS_H_

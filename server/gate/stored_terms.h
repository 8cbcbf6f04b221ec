// Holds the terms by which entries are found (log_follower.h) against the entries: a filter that misses one would hide it. A part
// of stored_check.h.
//
// Not thread-safe.
#ifndef RESULTGATE_GATE_STORED_TERMS_H_
#define RESULTGATE_GATE_STORED_TERMS_H_

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "resultgate/v1/audit_service.pb.h"
#include "server/audit/entry_terms.h"
#include "server/store/log_file.h"

namespace resultgate::gate {

class StoredTerms {
 public:
  using Find = std::function<void(std::string finding)>;

  // It must outlive this.
  explicit StoredTerms(store::LogFile* log) : log_(*log) {}

  // Call it first.
  absl::Status Begin(const Find& find);
  // Every entry that can be read, in any order; and the sequences of those that cannot: nobody can tell of their blocks.
  void Take(const v1::Entry& entry);
  void Ignore(int64_t sequence) { ignored_.insert(audit::BlockOf(sequence)); }
  // Where nobody can tell which entries there are.
  void IgnoreAll() { ignores_all_ = true; }
  // When all entries were taken.
  absl::Status Finish(const Find& find);

 private:
  store::LogFile& log_;
  int64_t blocks_ = 0;
  std::map<std::string, audit::EntriesByBlock> expected_;  // by term
  std::set<int64_t> ignored_;
  bool ignores_all_ = false;
};

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_STORED_TERMS_H_

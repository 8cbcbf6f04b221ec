// How many refused calls the log takes: whoever calls wrongly without end must not fill it. Past sixty in a minute they are
// counted, as are those for which there was too much to do, and the count is told by the next entry. Thread-safe.
#ifndef RESULTGATE_GATE_REFUSALS_H_
#define RESULTGATE_GATE_REFUSALS_H_

#include <cstdint>
#include <mutex>
#include <optional>

#include "absl/time/time.h"

namespace resultgate::gate {

inline constexpr int64_t kRefusalsPerMinute = 60;

class Refusals {
 public:
  // A call was refused. nullopt: it is counted and no more; else it gets an entry, which tells how many were only counted before
  // it.
  std::optional<int64_t> Admit(absl::Time now);
  // A call was refused that is to be counted and no more.
  void Count(absl::Time now);
  // How many are counted and told by no entry, once the minute in which they were is over. They are taken to be told.
  int64_t TakeLeftOut(absl::Time now);
  // So many that were taken could not be told.
  void PutBack(int64_t calls);

 private:
  // True if a new minute has begun; a clock that goes back begins one.
  bool IsOver(absl::Time now) const;
  void BeginMinute(absl::Time now);

  std::mutex mutex_;
  absl::Time minute_ = absl::InfinitePast();  // when the standing one began
  int64_t admitted_ = 0;                      // in it
  int64_t left_out_ = 0;                      // told by no entry
};

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_REFUSALS_H_

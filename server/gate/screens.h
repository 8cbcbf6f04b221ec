// What screens were given of late, as far as the log has it: a dashboard that asks for the same list every few seconds must not
// fill the log with the same answer. Thread-safe.
#ifndef RESULTGATE_GATE_SCREENS_H_
#define RESULTGATE_GATE_SCREENS_H_

#include <mutex>
#include <string>

#include "absl/container/flat_hash_set.h"
#include "absl/time/time.h"

namespace resultgate::gate {

// So long an answer that is given again is not logged again.
inline constexpr absl::Duration kScreenLoggedFor = absl::Hours(1);
// What is remembered, at most: past it all is forgotten, so that more is logged than need be and never less.
inline constexpr size_t kMostScreens = 4096;

class Screens {
 public:
  // True if `seen`, which tells who was given what from where, is in the log since less than an hour.
  bool Has(const std::string& seen, absl::Time now);
  // It is in the log now.
  void Add(const std::string& seen, absl::Time now);

 private:
  void ForgetOld(absl::Time now);

  std::mutex mutex_;
  absl::Time since_ = absl::InfinitePast();
  absl::flat_hash_set<std::string> seen_;
};

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_SCREENS_H_

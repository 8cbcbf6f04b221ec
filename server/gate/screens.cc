#include "server/gate/screens.h"

namespace resultgate::gate {

void Screens::ForgetOld(absl::Time now) {
  // A clock that goes back forgets too.
  if (now < since_ + kScreenLoggedFor && now >= since_ && seen_.size() < kMostScreens) return;
  seen_.clear();
  since_ = now;
}

bool Screens::Has(const std::string& seen, absl::Time now) {
  const std::lock_guard<std::mutex> lock(mutex_);
  ForgetOld(now);
  return seen_.contains(seen);
}

void Screens::Add(const std::string& seen, absl::Time now) {
  const std::lock_guard<std::mutex> lock(mutex_);
  ForgetOld(now);
  seen_.insert(seen);
}

}  // namespace resultgate::gate

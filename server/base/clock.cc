#include "server/base/clock.h"

#include <algorithm>

namespace resultgate::base {
namespace {

// Long waits are cut into pieces, so that a step of the operating system's clock is noticed within a minute.
constexpr absl::Duration kLongestWait = absl::Minutes(1);

}  // namespace

void SystemClock::WaitUntil(std::unique_lock<std::mutex>& lock, std::condition_variable& wake, absl::Time deadline) {
  const absl::Duration wait = std::min(deadline - Now(), kLongestWait);
  if (wait > absl::ZeroDuration()) wake.wait_for(lock, absl::ToChronoNanoseconds(wait));
}

}  // namespace resultgate::base

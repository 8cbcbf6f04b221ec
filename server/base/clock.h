// The time, injected: nothing above this folder asks the operating system what time it is, so that tests need not wait.
#ifndef RESULTGATE_BASE_CLOCK_H_
#define RESULTGATE_BASE_CLOCK_H_

#include <condition_variable>
#include <mutex>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace resultgate::base {

// Thread-safe. Times are instants (UTC); zones are the calendar's business.
class Clock {
 public:
  virtual ~Clock() = default;

  virtual absl::Time Now() const = 0;

  // Waits on `wake` until it is notified or Now() reaches `deadline`, whichever is first; may also return early for no
  // reason, as condition variables do. `lock` is held on entry and on return. `deadline` may be absl::InfiniteFuture().
  virtual void WaitUntil(std::unique_lock<std::mutex>& lock, std::condition_variable& wake, absl::Time deadline) = 0;
};

// The operating system's clock, shifted by `offset`: zero in production; in development mode it lets a sample day run as if
// it were today. Process-lifetime safe.
class SystemClock final : public Clock {
 public:
  explicit SystemClock(absl::Duration offset = absl::ZeroDuration()) : offset_(offset) {}

  absl::Time Now() const override { return absl::Now() + offset_; }
  void WaitUntil(std::unique_lock<std::mutex>& lock, std::condition_variable& wake, absl::Time deadline) override;

 private:
  const absl::Duration offset_;
};

}  // namespace resultgate::base

#endif  // RESULTGATE_BASE_CLOCK_H_

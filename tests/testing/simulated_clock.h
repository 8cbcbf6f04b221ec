// A clock that a test moves: nothing waits for real time.
#ifndef RESULTGATE_TESTS_TESTING_SIMULATED_CLOCK_H_
#define RESULTGATE_TESTS_TESTING_SIMULATED_CLOCK_H_

#include <condition_variable>
#include <mutex>
#include <vector>

#include "absl/time/time.h"
#include "server/base/clock.h"

namespace resultgate::testing {

// Thread-safe. Waiters whose deadline has come wake when the test advances the clock.
class SimulatedClock final : public base::Clock {
 public:
  explicit SimulatedClock(absl::Time start) : now_(start) {}

  absl::Time Now() const override {
    const std::lock_guard<std::mutex> lock(mutex_);
    return now_;
  }

  void WaitUntil(std::unique_lock<std::mutex>& lock, std::condition_variable& wake, absl::Time deadline) override {
    {
      const std::lock_guard<std::mutex> own(mutex_);
      if (now_ >= deadline) return;
      waiter_mutex_ = lock.mutex();
      waiter_ = &wake;
    }
    wake.wait(lock);
    // Whoever does not wait looks at the time before it does, and may be gone before the next step of the clock.
    const std::lock_guard<std::mutex> own(mutex_);
    waiter_mutex_ = nullptr;
    waiter_ = nullptr;
  }

  void Set(absl::Time time) {
    std::mutex* waiter_mutex = nullptr;
    std::condition_variable* waiter = nullptr;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      now_ = time;
      waiter_mutex = waiter_mutex_;
      waiter = waiter_;
    }
    if (waiter == nullptr) return;
    // Taking the waiter's mutex makes sure that it either has not looked at the time yet, or is waiting.
    const std::lock_guard<std::mutex> lock(*waiter_mutex);
    waiter->notify_all();
  }

  void Advance(absl::Duration by) { Set(Now() + by); }

 private:
  mutable std::mutex mutex_;
  absl::Time now_;                             // guarded by mutex_
  std::mutex* waiter_mutex_ = nullptr;         // guarded by mutex_
  std::condition_variable* waiter_ = nullptr;  // guarded by mutex_; one waiter: the gate's writer
};

}  // namespace resultgate::testing

#endif  // RESULTGATE_TESTS_TESTING_SIMULATED_CLOCK_H_

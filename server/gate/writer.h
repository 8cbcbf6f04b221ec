// The one thread that writes: takes what waits, runs it in one transaction, makes it durable, answers. Also wakes for what is
// due.
#ifndef RESULTGATE_GATE_WRITER_H_
#define RESULTGATE_GATE_WRITER_H_

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/base/clock.h"
#include "server/store/store.h"

namespace resultgate::gate {

// Natural group commit: what came while the last transaction was made durable is the next one; nothing ever lingers to wait for
// company. Thread-safe.
class Writer {
 public:
  // A piece of work. `run` makes its changes in the batch; a failure of the store fails the whole batch. `done` gets OK after the
  // batch is durable, otherwise why it is not; it runs on the writer thread and must not block.
  struct Work {
    std::function<absl::Status(store::Batch& batch)> run;
    std::function<void(const absl::Status& status)> done;
  };

  struct Options {
    size_t longest_queue = 0;
    size_t largest_group = 0;
  };

  // Runs what is due: makes the changes of at most `limit` results in the batch and returns how many it looked at; called with a
  // batch of its own whenever something is due, again at once where it was `limit`.
  using RunDue = std::function<absl::StatusOr<int>(store::Batch& batch, absl::Time now, int limit)>;

  // `after_commit` is called on the writer thread after each batch that became durable, before its work is answered; then
  // `also_due`, if there is one: when something is due of which the store does not know.
  Writer(store::Store* store, base::Clock* clock, const Options& options, RunDue run_due, std::function<void()> after_commit,
         std::function<absl::Time()> also_due = nullptr);

  // Does what is queued, then stops.
  ~Writer();

  // Starts the thread. Call once, before anything is due or queued by others.
  void Start();

  // Queues work; `done` is called with ResourceExhausted at once where the queue is full, and with Unavailable after the end has
  // begun.
  void Add(Work work);

 private:
  void Loop();
  void Run(std::vector<Work> group);
  void RunWhatIsDue();
  absl::Time NextDue() const;

  store::Store* const store_;
  base::Clock* const clock_;
  const Options options_;
  const RunDue run_due_;
  const std::function<void()> after_commit_;
  const std::function<absl::Time()> also_due_;

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Work> queue_;  // guarded by mutex_
  bool stopping_ = false;   // guarded by mutex_

  absl::Time due_at_ = absl::InfinitePast();  // writer thread only: look at the start
  std::thread thread_;
};

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_WRITER_H_

// Threads for what blocks on the disk, so that no gRPC handler does.
//
// Thread-safe. Work must not throw.
#ifndef RESULTGATE_RPC_EXECUTOR_H_
#define RESULTGATE_RPC_EXECUTOR_H_

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace resultgate::rpc {

class Executor {
 public:
  // Two threads, because the store has two connections for reading. Past `longest_queue` work is rejected: a longer queue only
  // makes everybody late.
  explicit Executor(int threads = 2, size_t longest_queue = 1024);

  // Finishes what is queued.
  ~Executor();
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  // Queues `work`; false, and nothing is queued, if the queue is full. Work that is queued is always run.
  bool Run(std::function<void()> work);

 private:
  void Loop();

  const size_t longest_queue_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> queue_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace resultgate::rpc

#endif  // RESULTGATE_RPC_EXECUTOR_H_

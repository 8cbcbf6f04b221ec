// A server as a child process, on a port that the operating system gives.
#ifndef RESULTGATE_TESTS_TESTING_SERVER_PROCESS_H_
#define RESULTGATE_TESTS_TESTING_SERVER_PROCESS_H_

#include <sys/types.h>

#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace resultgate::testing {

// Not thread-safe, but for Kill.
class ServerProcess {
 public:
  // Runs `command`, a program and its arguments, until it prints a line with `listening on HOST:PORT`. Unavailable, with what it
  // printed, if it ends or falls silent before.
  static absl::StatusOr<std::unique_ptr<ServerProcess>> Start(std::vector<std::string> command);

  // Kills it if it still runs.
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  // `HOST:PORT`.
  const std::string& address() const { return address_; }

  // SIGKILL, without a moment's notice. Does not wait. Thread-safe.
  void Kill();
  pid_t pid() const { return pid_; }
  // Waits until it is gone: its exit code, or 128 + the signal that ended it.
  int Wait();
  // SIGTERM, then Wait.
  int Stop();
  // What it has printed so far, for messages.
  std::string Output() const;

 private:
  ServerProcess(pid_t pid, int output);
  // Reads what the child prints until it is gone.
  void Drain();

  const pid_t pid_;
  const int output_fd_;
  std::string address_;
  bool gone_ = false;
  int exit_code_ = 0;
  mutable std::mutex mutex_;
  std::string output_;
  std::thread drain_;
};

// Friday, 6 March 2026, five past nine in the evening in New York: nothing that a review holds comes due for a while.
inline const absl::Time kFridayEvening = absl::FromUnixSeconds(1772849100);

// The real thing: `binary` serve with `database`, policies/default and templates/, which it finds from the project's root. Its
// clock begins at `clock`.
absl::StatusOr<std::unique_ptr<ServerProcess>> StartGate(const std::string& binary, const std::string& database,
                                                         absl::Time clock = kFridayEvening);

// A new empty folder below `parent`, by default the system's temporary one; removed with all it holds at the end.
class TemporaryFolder {
 public:
  explicit TemporaryFolder(std::string parent = "");
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace resultgate::testing

#endif  // RESULTGATE_TESTS_TESTING_SERVER_PROCESS_H_

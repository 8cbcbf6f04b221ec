#include "tests/testing/server_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

extern char** environ;

namespace resultgate::testing {
namespace {

constexpr char kListening[] = "listening on ";
// A start under sanitizers on a busy machine takes seconds; this is for what hangs.
constexpr int kLongestSilenceMs = 60'000;

// What follows kListening on its line, up to a blank, once the whole line is there.
std::string ListeningAddress(const std::string& output) {
  const size_t at = output.find(kListening);
  if (at == std::string::npos) return "";
  const size_t begin = at + sizeof kListening - 1;
  const size_t line_end = output.find('\n', begin);
  if (line_end == std::string::npos) return "";
  return output.substr(begin, output.find_first_of(" \n", begin) - begin);
}

}  // namespace

absl::StatusOr<std::unique_ptr<ServerProcess>> ServerProcess::Start(std::vector<std::string> command) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return absl::UnavailableError(strerror(errno));

  std::vector<char*> arguments;
  for (std::string& word : command) arguments.push_back(word.data());
  arguments.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
  pid_t pid = 0;
  const int error = posix_spawn(&pid, command[0].c_str(), &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  if (error != 0) {
    close(ends[0]);
    return absl::UnavailableError(absl::StrCat("cannot start ", command[0], ": ", strerror(error)));
  }

  std::unique_ptr<ServerProcess> server(new ServerProcess(pid, ends[0]));
  while (server->address_.empty()) {
    pollfd ready = {server->output_fd_, POLLIN, 0};
    char buffer[4096];
    if (poll(&ready, 1, kLongestSilenceMs) <= 0) {
      return absl::UnavailableError(absl::StrCat("the server does not say that it listens: ", server->output_));
    }
    const ssize_t got = read(server->output_fd_, buffer, sizeof buffer);
    if (got <= 0) return absl::UnavailableError(absl::StrCat("the server ended with ", server->Wait(), ": ", server->output_));
    server->output_.append(buffer, got);
    server->address_ = ListeningAddress(server->output_);
  }
  server->drain_ = std::thread([raw = server.get()] { raw->Drain(); });
  return server;
}

ServerProcess::ServerProcess(pid_t pid, int output) : pid_(pid), output_fd_(output) {}

ServerProcess::~ServerProcess() {
  if (!gone_) {
    Kill();
    Wait();
  }
  if (drain_.joinable()) drain_.join();
  close(output_fd_);
}

void ServerProcess::Kill() {
  kill(pid_, SIGKILL);
}

int ServerProcess::Wait() {
  if (gone_) return exit_code_;
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  gone_ = true;
  exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return exit_code_;
}

int ServerProcess::Stop() {
  if (!gone_) kill(pid_, SIGTERM);
  return Wait();
}

std::string ServerProcess::Output() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return output_;
}

void ServerProcess::Drain() {
  char buffer[4096];
  while (true) {
    const ssize_t got = read(output_fd_, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return;
    const std::lock_guard<std::mutex> lock(mutex_);
    output_.append(buffer, got);
  }
}

absl::StatusOr<std::unique_ptr<ServerProcess>> StartGate(const std::string& binary, const std::string& database,
                                                         absl::Time clock) {
  absl::TimeZone zone;
  if (!absl::LoadTimeZone("America/New_York", &zone)) return absl::UnavailableError("no zone America/New_York");
  const std::string begins = absl::FormatTime(absl::RFC3339_full, clock, zone);
  return ServerProcess::Start({binary, "serve", "--dev", "--clock", begins, "--listen", "127.0.0.1:0", "--database", database});
}

TemporaryFolder::TemporaryFolder(std::string parent) {
  if (parent.empty()) parent = std::filesystem::temp_directory_path();
  path_ = parent + "/resultgate-XXXXXX";
  if (mkdtemp(path_.data()) == nullptr) {
    perror(path_.c_str());
    abort();
  }
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace resultgate::testing

// `resultgate serve`: wires store, rules, templates, gate and gRPC server together and runs them until a signal.
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <csignal>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/app/address.h"
#include "server/app/client.h"
#include "server/app/command.h"
#include "server/app/pack_loading.h"
#include "server/base/clock.h"
#include "server/base/proto_time.h"
#include "server/comment/library.h"
#include "server/gate/gate.h"
#include "server/rpc/server.h"
#include "server/store/sqlite/sqlite_store.h"

namespace resultgate::app {
namespace {

struct ServeOptions {
  std::string listen = kDefaultServer;
  std::string database = "var/resultgate.db";
  PackFolders folders{"policies/default", "", "", {}};
  std::string templates = "templates";
  bool development = false;
  std::string clock;
};

// SIGINT and SIGTERM, taken by Wait instead of ending the process. Made before any thread is, so that all inherit it.
class Signals {
 public:
  Signals() {
    sigemptyset(&set_);
    sigaddset(&set_, SIGINT);
    sigaddset(&set_, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set_, &before_);
  }
  ~Signals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  // From here on a second signal ends the process at once.
  void Wait() {
    int signal = 0;
    sigwait(&set_, &signal);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

 private:
  sigset_t set_;
  sigset_t before_;
};

int RunServe(const ServeOptions& options) {
  Signals signals;
  spdlog::set_default_logger(std::make_shared<spdlog::logger>("resultgate", std::make_shared<spdlog::sinks::stderr_sink_mt>()));
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");

  absl::Duration offset;
  if (!options.clock.empty()) {
    absl::Time start;
    if (!base::ParseRfc3339(options.clock, &start)) {
      Fail(absl::StrCat("--clock: `", options.clock, "` is no time; write it as 2026-03-06T21:05:00-05:00"));
      return kWrongUsage;
    }
    offset = start - base::SystemClock().Now();
  }
  base::SystemClock clock(offset);

  base::FileIssues issues;
  const LoadedPack loaded = LoadPack(options.folders, &issues);
  std::shared_ptr<const comment::Library> comments;
  if (loaded.value_sets != nullptr) {
    comment::Library::Options library_options;
    library_options.development = options.development;
    comments = comment::Library::Load(options.templates, *loaded.value_sets, library_options, &issues);
  }
  std::cerr << base::Format(issues);
  if (loaded.pack == nullptr || comments == nullptr) return Fail("the rules or templates cannot be used; nothing was started");

  if (const std::filesystem::path folder = std::filesystem::path(options.database).parent_path(); !folder.empty()) {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error) return Fail(absl::StrCat("cannot make the folder `", folder.string(), "`: ", error.message()));
  }
  absl::StatusOr<std::unique_ptr<store::Store>> store = store::OpenSqlite(options.database);
  if (!store.ok()) return Fail(absl::StrCat("cannot open `", options.database, "`: ", store.status().message()));

  gate::Options gate_options;
  gate_options.software_version = RESULTGATE_VERSION;
  gate_options.development = options.development;
  absl::StatusOr<std::unique_ptr<gate::Gate>> gate = gate::Gate::Start(store->get(), &clock, loaded.pack, comments, gate_options);
  if (!gate.ok()) return Fail(absl::StrCat("cannot start the gate: ", gate.status().message()));

  rpc::ServerOptions server_options;
  server_options.address = options.listen;
  absl::StatusOr<std::unique_ptr<rpc::Server>> server = rpc::Server::Start(gate->get(), server_options);
  if (!server.ok()) return Fail(std::string(server.status().message()));

  spdlog::info("version {}, pack {} ({}), database {}", RESULTGATE_VERSION, loaded.pack->name(), loaded.pack->digest(),
               options.database);
  if (options.development) spdlog::warn("development mode: unsigned templates are shown, and the clock may be set");
  if (!options.clock.empty()) spdlog::warn("the clock began at {}", base::FormatUtc(clock.Now()));
  std::cout << "listening on " << Join(HostOf(options.listen), (*server)->port()) << std::endl;

  signals.Wait();
  spdlog::info("stopping");
  (*server)->Stop();
  server->reset();
  gate->reset();
  store->reset();
  spdlog::info("stopped");
  return kDone;
}

std::string CheckListen(const std::string& address) {
  const std::string host = HostOf(address);
  if (host.empty()) return absl::StrCat("`", address, "` is no address; write it as 127.0.0.1:50051");
  if (!IsLoopback(host)) {
    return absl::StrCat("`", address,
                        "` can be reached from other machines, and the gate does not know yet who calls it; take 127.0.0.1");
  }
  return "";
}

}  // namespace

void AddServe(CLI::App* app, Run* run) {
  auto options = std::make_shared<ServeOptions>();
  CLI::App* command = app->add_subcommand(
      "serve",
      "Start a gate and run it until SIGINT or SIGTERM. Prints `listening on HOST:PORT` when it is ready; logs go to stderr.\n"
      "There is no authentication yet, so it listens on loopback addresses only.");
  command->add_option("--listen", options->listen, "Where to listen; port 0 takes a free one")
      ->capture_default_str()
      ->type_name("HOST:PORT")
      ->check(CLI::Validator(CheckListen, ""));
  command->add_option("--database", options->database, "The SQLite file; made where there is none")
      ->capture_default_str()
      ->type_name("FILE");
  command->add_option("--policies", options->folders.pack, "The pack of rules")
      ->capture_default_str()
      ->type_name("DIR")
      ->check(CLI::ExistingDirectory);
  AddSiblingOptions(command, &options->folders);
  command->add_option("--templates", options->templates, "The patient comments")
      ->capture_default_str()
      ->type_name("DIR")
      ->check(CLI::ExistingDirectory);
  CLI::Option* development =
      command->add_flag("--dev", options->development, "Development mode: templates that nobody signed may be shown");
  command->add_option("--clock", options->clock, "With --dev: begin at this time, RFC 3339, and run on from there")
      ->type_name("TIME")
      ->needs(development);
  command->footer(
      "Exit code 1 if the rules, templates or database cannot be used: then nothing is started.\n"
      "Examples:\n"
      "  resultgate serve --dev\n"
      "  resultgate serve --listen 127.0.0.1:0 --database /tmp/try.db --dev --clock 2026-03-06T21:05:00-05:00");
  command->callback([options, run] { *run = [options] { return RunServe(*options); }; });
}

}  // namespace resultgate::app

// `resultgate serve`: wires store, rules, templates, gate and gRPC server together and runs them until a signal.
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/app/address.h"
#include "server/app/client.h"
#include "server/app/command.h"
#include "server/app/pack_loading.h"
#include "server/app/pack_watch.h"
#include "server/base/clock.h"
#include "server/base/file.h"
#include "server/base/proto_time.h"
#include "server/comment/library.h"
#include "server/gate/follow_up.h"
#include "server/gate/gate.h"
#include "server/gate/retention.h"
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
  std::string retention;
  store::SqliteOptions store;
  std::map<std::string, std::string> settings;  // every option, with its value in force
};

// How often development mode looks at the pack's files.
constexpr timespec kLookEvery = {0, 500'000'000};

// SIGINT, SIGTERM and SIGHUP, taken here instead of ending the process. Made before any thread is, so that all inherit it.
class Signals {
 public:
  Signals() {
    sigemptyset(&set_);
    sigaddset(&set_, SIGINT);
    sigaddset(&set_, SIGTERM);
    sigaddset(&set_, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &set_, &before_);
  }
  ~Signals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  // Returns after SIGINT or SIGTERM; a second one ends the process at once. Until then calls `on_hangup` for every SIGHUP, and
  // `look`, where there is one, now and then.
  void Wait(const std::function<void()>& on_hangup, const std::function<void()>& look) {
    for (;;) {
      const int signal = look == nullptr ? sigwaitinfo(&set_, nullptr) : sigtimedwait(&set_, nullptr, &kLookEvery);
      if (signal == SIGINT || signal == SIGTERM) break;
      if (signal == SIGHUP) on_hangup();
      if (signal < 0 && look != nullptr) look();
    }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

 private:
  sigset_t set_;
  sigset_t before_;
};

std::string WithoutSlash(std::string folder) {
  while (folder.size() > 1 && folder.back() == '/') folder.pop_back();
  return folder;
}

// The templates as they are now, compiled against whatever value sets a pack brings.
gate::CommentLoader TemplatesIn(const std::string& given, bool development) {
  const std::string folder = WithoutSlash(given);
  comment::Library::Options options;
  options.development = development;
  return
      [folder, options, files = base::Files::Snapshot({folder})](const valueset::Registry& value_sets, base::FileIssues* issues) {
        return comment::Library::Load(folder, value_sets, options, issues, files);
      };
}

// Development mode: uses what the folders hold now, or says why not.
LoadedPack Reload(gate::Gate* gate, const PackFolders& folders) {
  base::FileIssues issues;
  LoadedPack loaded = LoadPack(folders, &issues);
  std::cerr << base::Format(issues);
  const std::string before = gate->ActivePack().digest();
  const absl::Status status =
      loaded.pack == nullptr ? absl::FailedPreconditionError("the pack cannot be used") : gate->ReloadPack(loaded);
  if (!status.ok()) {
    spdlog::error("{}; pack {} stays active", std::string(status.message()), before);
  } else if (loaded.pack->digest() != before) {
    spdlog::info("pack {} ({}) is active, from {}", loaded.pack->name(), loaded.pack->digest(), folders.pack);
  }
  return loaded;
}

// Before anything of it goes.
void TellOverdue(const v1::Entry::Overdue& overdue) {
  spdlog::warn("results that came due while the gate was not running: {}, the first at {}; they go now, the earliest first",
               overdue.results(), base::FormatUtc(base::FromProto(overdue.since())));
  for (const v1::Entry::Due& due : overdue.due()) {
    spdlog::warn("late: result {}, due {}", due.result_id(),
                 due.has_due_at() ? base::FormatUtc(base::FromProto(due.due_at())) : "at a time that cannot be read");
  }
  if (const int64_t more = overdue.results() - overdue.due_size(); more > 0) spdlog::warn("late: {} more", more);
}

// What is otherwise on the disk than it was when the pack became active, its tests too, which its digest does not cover.
void TellChangedFiles(const store::Store& store, const std::string& digest, const v1::PackFiles& files) {
  constexpr size_t kMostNamed = 10;
  const absl::StatusOr<std::optional<v1::PackFiles>> kept = store.FindPack(digest);
  if (!kept.ok() || !kept->has_value()) return;
  const std::vector<std::string> changed = ChangedFiles(**kept, files);
  for (size_t i = 0; i < std::min(changed.size(), kMostNamed); ++i) {
    spdlog::warn("not as it was when the pack became active, and not used: {}", changed[i]);
  }
  if (changed.size() > kMostNamed) spdlog::warn("not as they were: {} more files", changed.size() - kMostNamed);
}

std::vector<std::string> WatchedFolders(const PackFolders& folders, const policy::Pack* pack) {
  const PackFolders all = Complete(folders);
  std::vector<std::string> watched = {all.pack, all.value_sets, all.calendars};
  if (pack == nullptr) return watched;
  for (const std::string& required : pack->required_packs()) {
    watched.push_back((std::filesystem::path(WithoutSlash(all.pack)) / ".." / required).string());
  }
  return watched;
}

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

  // What is changed from here on has not been loaded.
  LoadedPack loaded;
  gate::Gate* running = nullptr;
  PackWatch watch([&] { return StateOf(WatchedFolders(options.folders, loaded.pack.get())); },
                  [&] {
                    if (LoadedPack now = Reload(running, options.folders); now.pack != nullptr) loaded = std::move(now);
                  });
  base::FileIssues issues;
  loaded = LoadPack(options.folders, &issues);
  const gate::CommentLoader load_comments = TemplatesIn(options.templates, options.development);
  const bool usable = loaded.pack != nullptr && load_comments(*loaded.value_sets, &issues) != nullptr;
  std::cerr << base::Format(issues);
  // A database that has an active pack needs no folder: an edit that is not finished must not keep a gate from starting again.
  std::error_code ignored;
  if (!usable && !std::filesystem::exists(options.database, ignored)) {
    return Fail("the rules or templates cannot be used; nothing was started");
  }

  if (const std::filesystem::path folder = std::filesystem::path(options.database).parent_path(); !folder.empty()) {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error) return Fail(absl::StrCat("cannot make the folder `", folder.string(), "`: ", error.message()));
  }
  store::SqliteOptions store_options = options.store;
  store_options.leaves_to_do = [&clock](const v1::Result& result) { return !gate::DutiesOf(result, clock.Now()).empty(); };
  absl::StatusOr<std::unique_ptr<store::Store>> store = store::OpenSqlite(options.database, store_options);
  if (!store.ok()) return Fail(absl::StrCat("cannot open `", options.database, "`: ", store.status().message()));

  gate::Options gate_options;
  gate_options.software_version = RESULTGATE_VERSION;
  gate_options.development = options.development;
  gate_options.settings = options.settings;
  gate_options.tell_overdue = &TellOverdue;
  if (!options.retention.empty()) {
    const absl::StatusOr<gate::Retention> retention = gate::ParseRetention(options.retention);
    if (!retention.ok()) return Fail(absl::StrCat("--retention: ", retention.status().message()));
    gate_options.retention = *retention;
  }
  absl::StatusOr<std::unique_ptr<gate::Gate>> gate = gate::Gate::Start(store->get(), &clock, loaded, load_comments, gate_options);
  if (!gate.ok()) return Fail(absl::StrCat("cannot start the gate: ", gate.status().message()));

  rpc::ServerOptions server_options;
  server_options.address = options.listen;
  absl::StatusOr<std::unique_ptr<rpc::Server>> server = rpc::Server::Start(gate->get(), server_options);
  if (!server.ok()) return Fail(std::string(server.status().message()));

  const v1::PackSummary active = (*gate)->ActivePack();
  spdlog::info("version {}, pack {} ({}), database {}", RESULTGATE_VERSION, active.name(), active.digest(), options.database);
  spdlog::info("the log is signed by {}", (*store)->log().key().ToString());
  if (loaded.pack == nullptr) {
    spdlog::warn("{} cannot be used, see above; the pack that was active last decides", options.folders.pack);
  } else if (loaded.pack->digest() != active.digest()) {
    spdlog::warn(
        "{} holds another pack ({}); the one that was active last decides. To change that: resultgate policy activate {} "
        "--approver ID",
        options.folders.pack, loaded.pack->digest(), options.folders.pack);
  }
  if (loaded.files != nullptr && !options.development) TellChangedFiles(**store, active.digest(), *loaded.files);
  spdlog::info("contents of results are kept {}", options.retention.empty() ? "for ever" : options.retention);
  if (options.development)
    spdlog::warn("development mode: unsigned templates are shown, changed rules are active at once, and the clock may be set");
  if (!options.clock.empty()) spdlog::warn("the clock began at {}", base::FormatUtc(clock.Now()));
  std::cout << "listening on " << Join(HostOf(options.listen), (*server)->port()) << std::endl;

  std::function<void()> on_hangup = [] {
    spdlog::warn("SIGHUP is ignored: packs are activated with `resultgate policy activate`");
  };
  std::function<void()> look;
  if (options.development) {
    running = gate->get();
    on_hangup = [&watch] { watch.Reload(); };
    look = [&watch] { watch.Look(); };
  }
  signals.Wait(on_hangup, look);
  spdlog::info("stopping");
  (*server)->Stop();
  server->reset();
  gate->reset();
  store->reset();
  spdlog::info("stopped");
  return kDone;
}

// What the log is told of how the gate is set up. No option holds a secret: keys are named by their files.
std::map<std::string, std::string> SettingsOf(const CLI::App& command) {
  std::map<std::string, std::string> settings;
  for (const CLI::Option* option : command.get_options()) {
    const std::string name = option->get_single_name();
    if (name == "help" || name == "help-all") continue;
    const bool is_flag = option->get_expected_max() == 0 || option->get_items_expected_max() == 0;
    if (is_flag) {
      settings[name] = option->count() > 0 ? "true" : "false";
    } else {
      settings[name] = option->count() > 0 ? absl::StrJoin(option->results(), " ") : option->get_default_str();
    }
  }
  return settings;
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

std::string CheckRetention(const std::string& text) {
  const absl::StatusOr<gate::Retention> retention = gate::ParseRetention(text);
  return retention.ok() ? "" : std::string(retention.status().message());
}

}  // namespace

void AddServe(CLI::App* app, Run* run) {
  auto options = std::make_shared<ServeOptions>();
  CLI::App* command = app->add_subcommand(
      "serve",
      "Start a gate and run it until SIGINT or SIGTERM. Prints `listening on HOST:PORT` when it is ready; logs go to stderr.\n"
      "There is no authentication yet, so it listens on loopback addresses only.\n"
      "The pack of --policies is activated when a database is new. From then on the database keeps the active pack, and "
      "`resultgate\n"
      "policy activate` changes it; where the folder differs, serve says so. With --dev the folder decides, and changes of it "
      "count\n"
      "at once; SIGHUP looks at it again. A folder that cannot be used changes nothing.");
  command->add_option("--listen", options->listen, "Where to listen; port 0 takes a free one")
      ->capture_default_str()
      ->type_name("HOST:PORT")
      ->check(CLI::Validator(CheckListen, ""));
  command->add_option("--database", options->database, "The SQLite file; made where there is none")
      ->capture_default_str()
      ->type_name("FILE");
  command
      ->add_option("--log-key", options->store.log_key_file,
                   "The private key that signs the log's heads; made when a log begins [FILE.key beside the database]")
      ->type_name("FILE");
  command->add_flag(
      "--change-log-key", options->store.change_log_key,
      "Where the key that signed the log is lost, so that none is there, make a new one and go on with it; the log says so");
  command->add_option("--policies", options->folders.pack, "The pack of rules, for a database that has none active")
      ->capture_default_str()
      ->type_name("DIR")
      ->check(CLI::ExistingDirectory);
  AddSiblingOptions(command, &options->folders);
  command->add_option("--templates", options->templates, "The patient comments")
      ->capture_default_str()
      ->type_name("DIR")
      ->check(CLI::ExistingDirectory);
  command
      ->add_option(
          "--retention", options->retention,
          "How long the contents of a result are kept after its last version or release, as 10y or 400d, at least 90 days.\n"
          "Then they are erased, unless something of it waits or a legal hold is on it; the log stays [for ever]")
      ->type_name("LENGTH")
      ->check(CLI::Validator(CheckRetention, ""));
  CLI::Option* development =
      command->add_flag("--dev", options->development,
                        "Development mode: templates that nobody signed may be shown, and the pack is whatever its folder holds");
  command->add_option("--clock", options->clock, "With --dev: begin at this time, RFC 3339, and run on from there")
      ->type_name("TIME")
      ->needs(development);
  command->footer(
      "Exit code 1 if rules, templates or database cannot be used: then nothing is started.\n"
      "Examples:\n"
      "  resultgate serve --dev\n"
      "  resultgate serve --listen 127.0.0.1:0 --database /tmp/try.db --dev --clock 2026-03-06T21:05:00-05:00");
  command->callback([options, run, command] {
    options->settings = SettingsOf(*command);
    *run = [options] { return RunServe(*options); };
  });
}

}  // namespace resultgate::app

// `resultgate policy activate|rollback|redecide|active`: which pack a gate decides by.
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <cstdint>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "resultgate/v1/policy_service.grpc.pb.h"
#include "server/app/client.h"
#include "server/app/command.h"
#include "server/app/json_lines.h"
#include "server/app/pack_loading.h"
#include "server/app/policy_commands.h"
#include "server/app/policy_inputs.h"
#include "server/app/table.h"
#include "server/app/words.h"
#include "server/policy/pack_test_runner.h"

namespace resultgate::app {
namespace {

struct ChangeOptions {
  std::string server;
  PackFolders folders;
  std::string digest;
  std::string approver;
  std::string author;
  bool yes = false;
  bool json = false;
};

struct RedecideOptions {
  std::string server;
  std::string actor;
  int64_t release_held = -1;
  bool tighten = false;
  bool json = false;
};

struct ActiveOptions {
  std::string server;
  std::string actor;
  int history = 10;
  bool json = false;
};

// What would become of what is held, by class.
void PrintHeld(const v1::HeldPreview& held) {
  Table table({{"WOULD GO", 9},
               {"SECTION", 14},
               {"HELD NOW BY", 44},
               {"WOULD BE HELD BY", 44},
               {"UNITS", 7},
               {"RELEASED NOW", 12},
               {"RESULTS", 34}});
  for (const v1::HeldGroup& group : held.groups()) {
    const std::string released = group.released_now() == 0 ? "" : absl::StrCat(group.released_now());
    table.AddRow({HeldChangeText(group.change()), SectionText(group.section()), absl::StrJoin(group.rules_before(), ", "),
                  absl::StrJoin(group.rules_after(), ", "), absl::StrCat(group.units()), released,
                  absl::StrCat(absl::StrJoin(group.example_result_ids(), ", "),
                               group.units() > group.example_result_ids_size() ? ", …" : "")});
  }
  if (held.groups_left_out() > 0) table.AddLine(absl::StrCat("and ", held.groups_left_out(), " smaller classes"));
  std::cout << table.ToString(TerminalWidth()) << Plural(static_cast<size_t>(held.results()), "result")
            << " held; units: " << HeldText(held) << "\n";
}

void PrintChange(const v1::Activation& activation, const v1::HeldPreview& held, bool done) {
  PrintHeld(held);
  std::cout << "What is held keeps the pack that decided it. Deciding it anew is a step of its own, `policy redecide`; it would "
               "release "
            << Plural(static_cast<size_t>(held.released_now()), "unit") << " at once.\n";
  std::cout << (done ? "active now: " : "would become active: ") << activation.pack() << " " << activation.pack_digest() << ", "
            << Plural(static_cast<size_t>(activation.tests()), "test") << " passed, approved by " << activation.approver()
            << "\n";
  if (!done) std::cout << "Nothing was changed. Say it again with --yes.\n";
}

// The pack as the gate will get it; loaded, checked and tested here first, so that mistakes are shown where they stand.
std::shared_ptr<const v1::PackFiles> Prepare(const PackFolders& folders) {
  base::FileIssues issues;
  const LoadedPack loaded = LoadPack(folders, &issues);
  if (loaded.pack != nullptr) {
    const policy::PackTestReport report = policy::RunPackTests(*loaded.pack, folders.pack, &issues);
    size_t failed = 0;
    for (const policy::TestOutcome& test : report.tests) {
      if (test.passed()) continue;
      ++failed;
      std::cerr << test.place.file << ":" << test.place.line << ": failed: " << test.name << "\n";
      for (const std::string& difference : test.differences) std::cerr << "    " << difference << "\n";
    }
    for (const std::string& rule : report.untested_rules) std::cerr << "no test needs rule `" << rule << "`\n";
    if (failed > 0) {
      Fail(absl::StrCat(failed, " of ", Plural(report.tests.size(), "test"), " failed; the gate was not asked"));
      return nullptr;
    }
  }
  std::cerr << base::Format(issues);
  if (loaded.pack == nullptr || base::HasErrors(issues)) {
    Fail(absl::StrCat("the pack `", folders.pack, "` cannot be used: ", Plural(issues.size(), "issue"),
                      "; the gate was not asked"));
    return nullptr;
  }
  return loaded.files;
}

int RunActivate(const ChangeOptions& options) {
  const std::shared_ptr<const v1::PackFiles> files = Prepare(options.folders);
  if (files == nullptr) return kProblemFound;
  v1::ActivatePackRequest request;
  *request.mutable_files() = *files;
  request.set_approver(options.approver);
  request.set_author(options.author);
  request.set_validate_only(!options.yes);
  grpc::ClientContext context;
  v1::ActivatePackResponse response;
  const auto stub = v1::PolicyService::NewStub(Connect(options.server));
  if (const grpc::Status status = stub->ActivatePack(&context, request, &response); !status.ok()) return Fail(Explain(status));
  if (options.json) {
    std::cout << ToJson(response) << "\n";
  } else {
    PrintChange(response.activation(), response.held(), options.yes);
  }
  return kDone;
}

int RunRollback(const ChangeOptions& options) {
  v1::RollbackPackRequest request;
  request.set_approver(options.approver);
  request.set_author(options.author);
  request.set_pack_digest(options.digest);
  request.set_validate_only(!options.yes);
  grpc::ClientContext context;
  v1::RollbackPackResponse response;
  const auto stub = v1::PolicyService::NewStub(Connect(options.server));
  if (const grpc::Status status = stub->RollbackPack(&context, request, &response); !status.ok()) return Fail(Explain(status));
  if (options.json) {
    std::cout << ToJson(response) << "\n";
  } else {
    PrintChange(response.activation(), response.held(), options.yes);
  }
  return kDone;
}

int RunRedecide(const RedecideOptions& options) {
  const bool preview = options.release_held < 0 && !options.tighten;
  v1::RedecideHeldRequest request;
  request.set_actor(options.actor);
  request.set_validate_only(preview);
  // A preview is of what a release would do.
  if (options.release_held >= 0 || preview) request.set_release_held(std::max<int64_t>(options.release_held, 0));
  request.set_tighten(options.tighten);
  grpc::ClientContext context;
  v1::RedecideHeldResponse response;
  const auto stub = v1::PolicyService::NewStub(Connect(options.server));
  if (const grpc::Status status = stub->RedecideHeld(&context, request, &response); !status.ok()) return Fail(Explain(status));
  if (options.json) {
    std::cout << ToJson(response) << "\n";
    return kDone;
  }
  if (preview) {
    PrintHeld(response.held());
    std::cout << "Deciding it anew, part by part the less restrictive of old and new, would change "
              << Plural(static_cast<size_t>(response.results()), "result") << " and release "
              << Plural(static_cast<size_t>(response.released()), "unit") << " now.\n"
              << "Nothing was changed. `--release-held " << response.released()
              << "` does it; `--tighten` adds what only the active "
              << "pack asks for.\n";
    return kDone;
  }
  std::cout << Plural(static_cast<size_t>(response.results()), "result") << " changed, "
            << Plural(static_cast<size_t>(response.released()), "unit") << " released\n";
  if (response.left() > 0) {
    std::cout << Plural(static_cast<size_t>(response.left()), "result")
              << " left as they were, because something happened to them meanwhile; ask again\n";
  }
  return kDone;
}

int RunActive(const ActiveOptions& options) {
  const std::shared_ptr<grpc::Channel> channel = Connect(options.server);
  const absl::StatusOr<absl::TimeZone> zone = PackZone(channel);
  if (!zone.ok()) return Fail(std::string(zone.status().message()));
  v1::ListActivationsRequest request;
  request.set_actor(options.actor);
  request.set_page_size(options.history);
  grpc::ClientContext context;
  v1::ListActivationsResponse response;
  const auto stub = v1::PolicyService::NewStub(channel);
  if (const grpc::Status status = stub->ListActivations(&context, request, &response); !status.ok()) return Fail(Explain(status));
  Table table(
      {{"SINCE", 20}, {"PACK", 20}, {"DIGEST", 71}, {"WHY", 14}, {"AUTHOR", 20}, {"APPROVED BY", 20}, {"OF WHAT WAS HELD", 60}});
  for (const v1::Activation& activation : response.activations()) {
    if (options.json) {
      std::cout << ToJson(activation) << "\n";
      continue;
    }
    table.AddRow({LocalTime(activation.time(), *zone), activation.pack(), activation.pack_digest(), CauseText(activation.cause()),
                  activation.author(), activation.approver(), activation.has_held() ? HeldText(activation.held()) : ""});
  }
  if (options.json) return kDone;
  if (!response.activations().empty()) {
    const v1::Activation& active = response.activations(0);
    std::cout << "active: " << active.pack() << " " << active.pack_digest() << ", since " << LocalTime(active.time(), *zone)
              << "\n\n";
  }
  std::cout << table.ToString(TerminalWidth());
  return kDone;
}

void AddPeople(CLI::App* command, ChangeOptions* options) {
  AddServerOption(command, &options->server);
  command
      ->add_option("--approver", options->approver,
                   "Who approves: the organisation's identifier of the person, not the author's; goes into the log")
      ->required()
      ->type_name("ID");
  command->add_option("--author", options->author, "Who wrote it [what pack.yaml says]")->type_name("ID");
  command->add_flag("--yes", options->yes, "Do it; otherwise it is only said what would happen");
  command->add_flag("--json", options->json, "The answer as JSON");
}

}  // namespace

void AddPolicyActivate(CLI::App* policy, Run* run) {
  auto options = std::make_shared<ChangeOptions>();
  CLI::App* command = policy->add_subcommand(
      "activate",
      "Make a pack decide what comes in from now on. It is checked and tested here and by the gate, and another person than its\n"
      "author approves it. Prints which held units would go earlier or later; they keep the pack that decided them.");
  command->add_option("DIR", options->folders.pack, "The pack's folder, with its pack.yaml")
      ->required()
      ->check(CLI::ExistingDirectory);
  AddSiblingOptions(command, &options->folders);
  AddPeople(command, options.get());
  command->footer(
      "Without --yes nothing is changed. Exit code 1 if the pack is refused: then the active one stays, and the log says who "
      "asked.\n"
      "Examples:\n"
      "  resultgate policy activate policies/default --author 1987654321 --approver 1234567893\n"
      "  resultgate policy activate policies/default --author 1987654321 --approver 1234567893 --yes");
  command->callback([options, run] { *run = [options] { return RunActivate(*options); }; });
}

void AddPolicyRollback(CLI::App* policy, Run* run) {
  auto options = std::make_shared<ChangeOptions>();
  CLI::App* command = policy->add_subcommand("rollback",
                                             "Make the pack decide again that was active before. The gate has kept it, checks "
                                             "and tests it, and another person than its\n"
                                             "author approves it.");
  command->add_option("--to", options->digest, "Any pack that was active once, by its digest [the one before the active one]")
      ->type_name("sha256:…");
  AddPeople(command, options.get());
  command->footer(
      "Without --yes nothing is changed. Twice leads back.\n"
      "Example:\n"
      "  resultgate policy rollback --approver 1234567893 --yes");
  command->callback([options, run] { *run = [options] { return RunRollback(*options); }; });
}

void AddPolicyRedecide(CLI::App* policy, Run* run) {
  auto options = std::make_shared<RedecideOptions>();
  CLI::App* command = policy->add_subcommand("redecide",
                                             "Decide anew, by the active pack, what other packs hold. Without --release-held or "
                                             "--tighten it only says what that would do.");
  AddServerOption(command, &options->server);
  command->add_option("--actor", options->actor, "Who confirms: the organisation's identifier of the person; goes into the log")
      ->required()
      ->type_name("ID");
  command
      ->add_option("--release-held", options->release_held,
                   "Part by part the less restrictive of old and new, if exactly so many units are released by it now")
      ->type_name("N")
      ->check(CLI::NonNegativeNumber);
  command->add_flag("--tighten", options->tighten,
                    "Part by part the more restrictive; with --release-held, what the active pack says");
  command->add_flag("--json", options->json, "The answer as JSON (resultgate.v1.RedecideHeldResponse)");
  command->footer(
      "What is published stays so. It is done in pieces; what a stop in the middle leaves over is done by asking again.\n"
      "Exit code 1 if the number is another one: then nothing is done.\n"
      "Examples:\n"
      "  resultgate policy redecide --actor 1234567893\n"
      "  resultgate policy redecide --actor 1234567893 --release-held 12");
  command->callback([options, run] { *run = [options] { return RunRedecide(*options); }; });
}

void AddPolicyActive(CLI::App* policy, Run* run) {
  auto options = std::make_shared<ActiveOptions>();
  CLI::App* command = policy->add_subcommand(
      "active", "Show which pack decides, since when and by whose word, and those that were active before.");
  AddServerOption(command, &options->server);
  AddReaderOption(command, &options->actor);
  command->add_option("--history", options->history, "So many activations, newest first")
      ->capture_default_str()
      ->type_name("N")
      ->check(CLI::Range(1, 1000));
  command->add_flag("--json", options->json, "One JSON object per activation (resultgate.v1.Activation)");
  command->footer(
      "Example:\n"
      "  resultgate policy active");
  command->callback([options, run] { *run = [options] { return RunActive(*options); }; });
}

}  // namespace resultgate::app

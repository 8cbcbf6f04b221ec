// `resultgate audit list`: the log, for a reader.
#include <grpcpp/grpcpp.h>

#include <iostream>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "resultgate/v1/audit_service.grpc.pb.h"
#include "server/app/client.h"
#include "server/app/command.h"
#include "server/app/json_lines.h"
#include "server/app/table.h"
#include "server/app/words.h"

namespace resultgate::app {
namespace {

constexpr int kPage = 500;

struct ListOptions {
  std::string server;
  int64_t result_id = 0;
  std::string kind;
  bool json = false;
};

int RunList(const ListOptions& options) {
  const std::shared_ptr<grpc::Channel> channel = Connect(options.server);
  const absl::StatusOr<absl::TimeZone> zone = PackZone(channel);
  if (!zone.ok()) return Fail(std::string(zone.status().message()));
  const auto stub = v1::AuditService::NewStub(channel);
  Table table({{"ENTRY", 9}, {"TIME", 20}, {"KIND", 18}, {"ACTOR", 24}, {"RESULT", 8}, {"VERSION", 7}, {"WHAT HAPPENED", 110}});
  v1::ListEntriesRequest request;
  request.set_result_id(options.result_id);
  request.set_kind(ParseEntryKind(options.kind));
  request.set_page_size(kPage);
  do {
    grpc::ClientContext context;
    v1::ListEntriesResponse response;
    const grpc::Status status = stub->ListEntries(&context, request, &response);
    if (!status.ok()) return Fail(Explain(status));
    for (const v1::Entry& entry : response.entries()) {
      if (options.json) {
        std::cout << ToJson(entry) << "\n";
        continue;
      }
      table.AddRow({absl::StrCat(entry.sequence()), LocalTime(entry.time(), *zone), EntryKindText(entry), entry.actor(),
                    entry.result_id() == 0 ? "" : absl::StrCat(entry.result_id()),
                    entry.version() == 0 ? "" : absl::StrCat(entry.version()), EntryText(entry)});
    }
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  if (!options.json) std::cout << table.ToString();
  return kDone;
}

}  // namespace

void AddAudit(CLI::App* app, Run* run) {
  CLI::App* audit = app->add_subcommand("audit", "Read the log.");
  audit->require_subcommand(1);
  auto options = std::make_shared<ListOptions>();
  CLI::App* command = audit->add_subcommand("list", "List log entries, oldest first.");
  AddServerOption(command, &options->server);
  command->add_option("--result", options->result_id, "Only entries about this result")
      ->type_name("ID")
      ->check(CLI::PositiveNumber);
  command->add_option("--kind", options->kind, "Only entries of this kind")
      ->check(CLI::IsMember({"decided", "advanced", "approved", "acknowledged", "refused", "started", "activated",
                             "activation_refused", "redecision", "redecided"}));
  command->add_flag("--json", options->json,
                    "One JSON object per entry (resultgate.v1.Entry), with every rule, basis and missing fact");
  command->footer(
      "Examples:\n"
      "  resultgate audit list --result 7\n"
      "  resultgate audit list --kind refused --json");
  command->callback([options, run] { *run = [options] { return RunList(*options); }; });
}

}  // namespace resultgate::app

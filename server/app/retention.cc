// `resultgate retention`: legal holds, and erasing what a result holds.
#include <grpcpp/grpcpp.h>

#include <iostream>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "resultgate/v1/retention_service.grpc.pb.h"
#include "server/app/client.h"
#include "server/app/command.h"
#include "server/app/json_lines.h"
#include "server/app/people_options.h"
#include "server/app/table.h"
#include "server/app/words.h"

namespace resultgate::app {
namespace {

constexpr int kPage = 200;
using Stub = v1::RetentionService::Stub;

struct RetentionOptions {
  std::string server;
  int64_t result_id = 0;
  int64_t hold_id = 0;
  std::string patient;
  std::string actor;
  std::string approver;
  std::string reason;
  bool json = false;
};

// Calls `method`, and prints what `tell` makes of the answer.
template <typename Request, typename Response, typename TellAnswer>
int Call(const std::shared_ptr<grpc::Channel>& channel,
         grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*), const Request& request, TellAnswer tell) {
  const auto stub = v1::RetentionService::NewStub(channel);
  grpc::ClientContext context;
  Response response;
  if (const grpc::Status status = (stub.get()->*method)(&context, request, &response); !status.ok()) return Fail(Explain(status));
  std::cout << tell(response) << "\n";
  return kDone;
}

int RunHold(const RetentionOptions& options) {
  if (options.patient.empty() == (options.result_id == 0)) {
    Fail("hold: name a RESULT_ID, or a patient with --patient");
    return kWrongUsage;
  }
  v1::PlaceLegalHoldRequest request;
  request.set_result_id(options.result_id);
  if (!options.patient.empty()) *request.mutable_patient() = ParseIdentifier(options.patient);
  request.set_placed_by(options.actor);
  request.set_reason(options.reason);
  return Call(Connect(options.server), &Stub::PlaceLegalHold, request, [](const v1::PlaceLegalHoldResponse& response) {
    return absl::StrCat("legal hold ", response.legal_hold().id(), " stands, over ", response.results(),
                        response.results() == 1 ? " result" : " results");
  });
}

int RunEndHold(const RetentionOptions& options) {
  v1::EndLegalHoldRequest request;
  request.set_legal_hold_id(options.hold_id);
  request.set_ended_by(options.actor);
  request.set_reason(options.reason);
  return Call(Connect(options.server), &Stub::EndLegalHold, request, [&options](const v1::EndLegalHoldResponse& /*response*/) {
    return absl::StrCat("legal hold ", options.hold_id, " is ended");
  });
}

int RunErase(const RetentionOptions& options) {
  const std::shared_ptr<grpc::Channel> channel = Connect(options.server);
  const absl::StatusOr<absl::TimeZone> zone = PackZone(channel);
  if (!zone.ok()) return Fail(std::string(zone.status().message()));
  v1::EraseResultRequest request;
  request.set_result_id(options.result_id);
  request.set_requested_by(options.actor);
  request.set_approved_by(options.approver);
  request.set_reason(options.reason);
  return Call(channel, &Stub::EraseResult, request, [&](const v1::EraseResultResponse& response) {
    return absl::StrCat("the contents of result ", options.result_id, " were erased ", LocalTime(response.erased().time(), *zone),
                        ": entry ", response.erased().entry_sequence());
  });
}

int RunHolds(const RetentionOptions& options) {
  const std::shared_ptr<grpc::Channel> channel = Connect(options.server);
  const absl::StatusOr<absl::TimeZone> zone = PackZone(channel);
  if (!zone.ok()) return Fail(std::string(zone.status().message()));
  const auto stub = v1::RetentionService::NewStub(channel);
  Table table({{"HOLD", 8}, {"RESULT", 8}, {"PATIENT", 20}, {"PLACED BY", 20}, {"SINCE", 20}, {"WHY", 60}});
  v1::ListLegalHoldsRequest request;
  request.set_page_size(kPage);
  int count = 0;
  do {
    grpc::ClientContext context;
    v1::ListLegalHoldsResponse response;
    if (const grpc::Status status = stub->ListLegalHolds(&context, request, &response); !status.ok())
      return Fail(Explain(status));
    for (const v1::LegalHold& hold : response.legal_holds()) {
      ++count;
      if (options.json) {
        std::cout << ToJson(hold) << "\n";
        continue;
      }
      table.AddRow({absl::StrCat(hold.id()), hold.result_id() == 0 ? "" : absl::StrCat(hold.result_id()),
                    hold.has_patient() ? IdentifierText(hold.patient()) : "", hold.placed_by(),
                    LocalTime(hold.placed_at(), *zone), hold.reason()});
    }
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  if (!options.json) std::cout << table.ToString(TerminalWidth()) << count << (count == 1 ? " legal hold\n" : " legal holds\n");
  return kDone;
}

void AddReason(CLI::App* command, RetentionOptions* options) {
  command->add_option("--reason", options->reason, "Why, without names and values; goes into the log")
      ->required()
      ->type_name("TEXT");
}

CLI::App* AddPart(CLI::App* retention, Run* run, const std::string& name, const std::string& help,
                  const std::shared_ptr<RetentionOptions>& options, int (*part)(const RetentionOptions&)) {
  CLI::App* command = retention->add_subcommand(name, help);
  AddServerOption(command, &options->server);
  command->callback([options, run, part] { *run = [options, part] { return part(*options); }; });
  return command;
}

}  // namespace

void AddRetention(CLI::App* app, Run* run) {
  CLI::App* retention = app->add_subcommand(
      "retention", "Keep the contents of results for a court, or erase them. How long all are kept is `serve --retention`.");
  retention->require_subcommand(1);
  {
    auto options = std::make_shared<RetentionOptions>();
    CLI::App* command =
        AddPart(retention, run, "hold", "Place a legal hold: the contents are kept until it is ended, whatever the retention.",
                options, &RunHold);
    command->add_option("RESULT_ID", options->result_id, "The gate's id of the result")->check(CLI::PositiveNumber);
    command->add_option("--patient", options->patient, "All results that this patient has and will have")->type_name("ID");
    AddActorOption(command, &options->actor);
    AddReason(command, options.get());
    command->footer(
        "Examples:\n"
        "  resultgate retention hold 7 --actor records-1 --reason \"claim 2026-17\"\n"
        "  resultgate retention hold --patient \"MRN|p1\" --actor records-1 --reason \"claim 2026-18\"");
  }
  {
    auto options = std::make_shared<RetentionOptions>();
    CLI::App* command = AddPart(retention, run, "end-hold", "End a legal hold.", options, &RunEndHold);
    command->add_option("HOLD", options->hold_id, "Its number, as `retention holds` prints it")
        ->required()
        ->check(CLI::PositiveNumber);
    AddActorOption(command, &options->actor);
    AddReason(command, options.get());
    command->footer("Example:\n  resultgate retention end-hold 12 --actor records-1 --reason \"claim 2026-17 settled\"");
  }
  {
    auto options = std::make_shared<RetentionOptions>();
    CLI::App* command = AddPart(retention, run, "holds", "List the legal holds that stand.", options, &RunHolds);
    command->add_flag("--json", options->json, "One JSON object a line (resultgate.v1.LegalHold)");
  }
  {
    auto options = std::make_shared<RetentionOptions>();
    CLI::App* command = AddPart(
        retention, run, "erase",
        "Erase the contents of one result at once. It takes two people; nothing of the result may wait, and no legal hold\n"
        "may be on it. What was decided and done stays in the log.",
        options, &RunErase);
    command->add_option("RESULT_ID", options->result_id, "The gate's id of the result")->required()->check(CLI::PositiveNumber);
    AddActorOption(command, &options->actor);
    command->add_option("--approver", options->approver, "Who approves it: a second person; goes into the log")
        ->required()
        ->type_name("ID");
    AddReason(command, options.get());
    command->footer(
        "Example:\n  resultgate retention erase 7 --actor records-1 --approver records-2 --reason \"court order 2026-9\"");
  }
}

}  // namespace resultgate::app

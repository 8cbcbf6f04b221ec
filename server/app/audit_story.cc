// `resultgate audit story`: the history of one result, for a person.
#include <grpcpp/grpcpp.h>

#include <cstdint>
#include <iostream>
#include <memory>
#include <string>

#include "resultgate/v1/audit_service.grpc.pb.h"
#include "server/app/audit_commands.h"
#include "server/app/client.h"
#include "server/app/command.h"
#include "server/app/json_lines.h"

namespace resultgate::app {
namespace {

struct StoryOptions {
  std::string server;
  std::string actor;
  int64_t result_id = 0;
  bool json = false;
};

int RunStory(const StoryOptions& options) {
  v1::GetHistoryRequest request;
  request.set_result_id(options.result_id);
  request.set_actor(options.actor);
  grpc::ClientContext context;
  v1::GetHistoryResponse response;
  const grpc::Status status = v1::AuditService::NewStub(Connect(options.server))->GetHistory(&context, request, &response);
  if (!status.ok()) return Fail(Explain(status));
  std::cout << (options.json ? ToJson(response) + "\n" : response.text());
  return kDone;
}

}  // namespace

void AddAuditStory(CLI::App* audit, Run* run) {
  auto options = std::make_shared<StoryOptions>();
  CLI::App* command = audit->add_subcommand(
      "story", "Tell what happened to a result: when, by whom, what was held, by which rule and basis, what was shown to whom.");
  command->add_option("RESULT_ID", options->result_id, "The gate's id of the result")->required()->check(CLI::PositiveNumber);
  AddServerOption(command, &options->server);
  AddReaderOption(command, &options->actor);
  command->add_flag("--json", options->json, "One JSON object (resultgate.v1.GetHistoryResponse)");
  command->footer("Example:\n  resultgate audit story 7");
  command->callback([options, run] { *run = [options] { return RunStory(*options); }; });
}

}  // namespace resultgate::app

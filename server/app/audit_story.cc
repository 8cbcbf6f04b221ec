// `resultgate audit story`: the history of one result, for a person.
#include <grpcpp/grpcpp.h>

#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "resultgate/v1/audit_service.grpc.pb.h"
#include "server/app/audit_commands.h"
#include "server/app/client.h"
#include "server/app/story.h"

namespace resultgate::app {
namespace {

constexpr int kPage = 500;

struct StoryOptions {
  std::string server;
  int64_t result_id = 0;
};

int RunStory(const StoryOptions& options) {
  const std::shared_ptr<grpc::Channel> channel = Connect(options.server);
  const absl::StatusOr<absl::TimeZone> zone = PackZone(channel);
  if (!zone.ok()) return Fail(std::string(zone.status().message()));
  const auto stub = v1::AuditService::NewStub(channel);
  v1::ListEntriesRequest request;
  request.set_result_id(options.result_id);
  request.set_page_size(kPage);
  std::vector<v1::Entry> entries;
  do {
    grpc::ClientContext context;
    v1::ListEntriesResponse response;
    const grpc::Status status = stub->ListEntries(&context, request, &response);
    if (!status.ok()) return Fail(Explain(status));
    for (v1::Entry& entry : *response.mutable_entries()) entries.push_back(std::move(entry));
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  if (entries.empty()) return Fail(absl::StrCat("the log has no entry about result ", options.result_id));
  std::cout << Story(entries, *zone);
  return kDone;
}

}  // namespace

void AddAuditStory(CLI::App* audit, Run* run) {
  auto options = std::make_shared<StoryOptions>();
  CLI::App* command = audit->add_subcommand(
      "story", "Tell what happened to a result: when, by whom, what was held, by which rule and basis, what was shown to whom.");
  command->add_option("RESULT_ID", options->result_id, "The gate's id of the result")->required()->check(CLI::PositiveNumber);
  AddServerOption(command, &options->server);
  command->footer("Example:\n  resultgate audit story 7");
  command->callback([options, run] { *run = [options] { return RunStory(*options); }; });
}

}  // namespace resultgate::app

// `resultgate audit summary`: how long results took, in groups.
#include <grpcpp/grpcpp.h>

#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "resultgate/v1/audit_service.grpc.pb.h"
#include "server/app/audit_commands.h"
#include "server/app/client.h"
#include "server/app/command.h"
#include "server/app/figures.h"
#include "server/app/json_lines.h"

namespace resultgate::app {
namespace {

struct SummaryOptions {
  std::string server;
  std::string actor;
  std::vector<std::string> by;
  Scope scope;
  bool csv = false;
  bool json = false;
};

int RunSummary(const SummaryOptions& options) {
  const std::shared_ptr<grpc::Channel> channel = Connect(options.server);
  const absl::StatusOr<absl::TimeZone> zone = PackZone(channel);
  if (!zone.ok()) return Fail(std::string(zone.status().message()));
  const absl::StatusOr<std::string> filter = FilterOf(options.scope, *zone);
  if (!filter.ok()) return Fail(std::string(filter.status().message()));
  v1::SummarizeRequest request;
  std::vector<v1::SummaryDimension> group_by;
  for (const std::string& word : options.by) {
    group_by.push_back(ParseDimension(word));
    request.add_group_by(group_by.back());
  }
  request.set_filter(*filter);
  request.set_audience(AudienceOf(options.scope));
  request.set_actor(options.actor);
  grpc::ClientContext context;
  v1::SummarizeResponse response;
  const grpc::Status status = v1::AuditService::NewStub(channel)->Summarize(&context, request, &response);
  if (!status.ok()) return Fail(Explain(status));
  if (options.json) {
    std::cout << ToJson(response) << "\n";
  } else {
    if (group_by.empty()) *response.add_groups() = response.total();
    std::cout << FiguresText(group_by, response.groups(), response.total(), options.csv);
  }
  return kDone;
}

}  // namespace

void AddAuditSummary(CLI::App* audit, Run* run) {
  auto options = std::make_shared<SummaryOptions>();
  CLI::App* command =
      audit->add_subcommand("summary",
                            "Count results and say how long they took: from first final to release, how long they were held,\n"
                            "how long a review took. By rule or basis, for what that rule or basis held.");
  AddServerOption(command, &options->server);
  AddReaderOption(command, &options->actor);
  command
      ->add_option("--by", options->by,
                   absl::StrCat("What to put them in groups by, one or several: ", absl::StrJoin(DimensionWords(), ", ")))
      ->delimiter(',')
      ->type_name("WHAT")
      ->check(CLI::IsMember(DimensionWords()));
  AddScopeOptions(command, &options->scope);
  CLI::Option* csv = command->add_flag("--csv", options->csv, "Comma-separated values, times in hours");
  command->add_flag("--json", options->json, "One JSON object (resultgate.v1.SummarizeResponse)")->excludes(csv);
  command->footer(
      "Examples:\n"
      "  resultgate audit summary --since 2026-03-01 --until 2026-03-31\n"
      "  resultgate audit summary --by category,language --since 2026-03-01\n"
      "  resultgate audit summary --by rule --filter 'basis = organization-policy' --csv > holds.csv");
  command->callback([options, run] { *run = [options] { return RunSummary(*options); }; });
}

}  // namespace resultgate::app

// `resultgate review workload`: what reviews cost, and what patients wrote, as a table or CSV.
#include <grpcpp/grpcpp.h>

#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "resultgate/v1/review_service.grpc.pb.h"
#include "server/app/client.h"
#include "server/app/csv.h"
#include "server/app/json_lines.h"
#include "server/app/review_commands.h"
#include "server/app/table.h"
#include "server/base/proto_time.h"

namespace resultgate::app {
namespace {

struct WorkloadOptions {
  std::string server;
  std::string actor;
  std::string since;
  std::string until;
  std::vector<std::string> by = {"week", "rule", "pool", "clinician"};
  bool csv = false;
  bool json = false;
};

const std::string& Dimension(const v1::WorkloadRow& row, const std::string& name) {
  if (name == "week") return row.week();
  if (name == "rule") return row.rule_id();
  if (name == "pool") return row.pool();
  return name == "template" ? row.template_id() : row.clinician();
}

// A time, or a day, which begins at midnight in `zone` and ends at the next one; false if it is neither.
bool ReadTime(const std::string& text, absl::TimeZone zone, bool end, google::protobuf::Timestamp* time) {
  absl::Time exact;
  absl::CivilDay day;
  if (base::ParseRfc3339(text, &exact)) {
    *time = base::ToProto(exact);
    return true;
  }
  if (!absl::ParseCivilTime(text, &day)) return false;
  *time = base::ToProto(absl::FromCivil(end ? day + 1 : day, zone));
  return true;
}

std::vector<std::string> Numbers(const v1::WorkloadRow& row) {
  return {absl::StrCat(row.reviews()),         absl::StrCat(row.review_minutes()), absl::StrCat(row.claimed()),
          absl::StrCat(row.waiting_minutes()), absl::StrCat(row.overdue()),        absl::StrCat(row.escalations()),
          absl::StrCat(row.expired()),         absl::StrCat(row.messages())};
}

int RunWorkload(const WorkloadOptions& options) {
  const std::shared_ptr<grpc::Channel> channel = Connect(options.server);
  const absl::StatusOr<absl::TimeZone> zone = PackZone(channel);
  if (!zone.ok()) return Fail(std::string(zone.status().message()));
  v1::GetWorkloadRequest request;
  if (!ReadTime(options.since, *zone, /*end=*/false, request.mutable_since()) ||
      (!options.until.empty() && !ReadTime(options.until, *zone, /*end=*/true, request.mutable_until()))) {
    Fail("--since, --until: write a day, as 2026-03-02, or 2026-03-02T21:05:00-05:00");
    return kWrongUsage;
  }
  request.set_actor(options.actor);
  for (const std::string& dimension : options.by) {
    v1::WorkloadDimension by = v1::WORKLOAD_DIMENSION_UNSPECIFIED;
    v1::WorkloadDimension_Parse(absl::StrCat("WORKLOAD_DIMENSION_", absl::AsciiStrToUpper(dimension)), &by);
    request.add_group_by(by);
  }
  grpc::ClientContext context;
  v1::GetWorkloadResponse response;
  const grpc::Status status = v1::ReviewService::NewStub(channel)->GetWorkload(&context, request, &response);
  if (!status.ok()) return Fail(Explain(status));
  if (options.json) {
    for (const v1::WorkloadRow& row : response.rows()) std::cout << ToJson(row) << "\n";
    return kDone;
  }
  std::vector<std::string> headings = options.by;
  headings.insert(headings.end(),
                  {"reviews", "review minutes", "claimed", "waiting minutes", "overdue", "escalations", "expired", "messages"});
  std::vector<Table::Column> columns;
  for (const std::string& heading : headings) columns.push_back({absl::AsciiStrToUpper(heading), 32});
  Table table(columns);
  if (options.csv) std::cout << CsvLine(headings);
  for (const v1::WorkloadRow& row : response.rows()) {
    std::vector<std::string> cells;
    for (const std::string& dimension : options.by) cells.push_back(Dimension(row, dimension));
    for (std::string& number : Numbers(row)) cells.push_back(std::move(number));
    if (options.csv) {
      std::cout << CsvLine(cells);
    } else {
      table.AddRow(std::move(cells));
    }
  }
  if (options.csv) return kDone;
  std::cout << table.ToString(TerminalWidth()) << response.rows_size() << (response.rows_size() == 1 ? " row\n" : " rows\n");
  return kDone;
}

}  // namespace

void AddReviewWorkload(CLI::App* review, Run* run) {
  auto options = std::make_shared<WorkloadOptions>();
  CLI::App* command = review->add_subcommand(
      "workload",
      "What reviews cost: minutes, and turns that were over without a decision, to whose turn it was; and how many messages\n"
      "patients wrote about what they were shown, by the rules that let it go and by its template.");
  command->add_option("--since", options->since, "From this day, or time, on, in the pack's zone")->required()->type_name("DAY");
  command->add_option("--until", options->until, "Until the end of this day, or before this time [until now]")->type_name("DAY");
  command
      ->add_option("--by", options->by,
                   "What to put it in rows by, one or several: week, rule, pool, clinician, template [week,rule,pool,clinician]")
      ->delimiter(',')
      ->type_name("WHAT")
      ->check(CLI::IsMember({"week", "rule", "pool", "clinician", "template"}));
  AddServerOption(command, &options->server);
  AddReaderOption(command, &options->actor);
  CLI::Option* csv = command->add_flag("--csv", options->csv, "As comma-separated values");
  command->add_flag("--json", options->json, "One JSON object per row (resultgate.v1.WorkloadRow)")->excludes(csv);
  command->footer(
      "Examples:\n"
      "  resultgate review workload --since 2026-03-01 --by rule,week\n"
      "  resultgate review workload --since 2026-03-01 --by template\n"
      "  resultgate review workload --since 2026-03-01 --until 2026-03-31 --csv > march.csv");
  command->callback([options, run] { *run = [options] { return RunWorkload(*options); }; });
}

}  // namespace resultgate::app

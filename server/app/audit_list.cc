// `resultgate audit list`: the log, for a reader.
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <iostream>
#include <limits>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "resultgate/v1/audit_service.grpc.pb.h"
#include "server/app/audit_commands.h"
#include "server/app/client.h"
#include "server/app/command.h"
#include "server/app/entry_csv.h"
#include "server/app/json_lines.h"
#include "server/app/table.h"
#include "server/app/words.h"
#include "server/audit/entry_facts.h"

namespace resultgate::app {
namespace {

constexpr int kPage = 500;

struct ListOptions {
  std::string server;
  std::string actor;
  int64_t result_id = 0;
  std::string kind;
  std::string filter;
  bool newest_first = false;
  int64_t limit = 0;
  bool csv = false;
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
  request.set_kind(audit::ParseKind(options.kind));
  request.set_filter(options.filter);
  request.set_newest_first(options.newest_first);
  request.set_actor(options.actor);
  if (options.csv) std::cout << EntryCsvHeading(/*with_hash=*/false);
  int64_t left = options.limit > 0 ? options.limit : std::numeric_limits<int64_t>::max();
  int64_t listed = 0;
  do {
    // What is not shown is not asked for: the log says how many entries were given.
    request.set_page_size(static_cast<int32_t>(std::min<int64_t>(kPage, left)));
    grpc::ClientContext context;
    v1::ListEntriesResponse response;
    const grpc::Status status = stub->ListEntries(&context, request, &response);
    if (!status.ok()) return Fail(Explain(status));
    for (const v1::Entry& entry : response.entries()) {
      if (left-- == 0) break;
      ++listed;
      if (options.json) {
        std::cout << ToJson(entry) << "\n";
        continue;
      }
      if (options.csv) {
        std::cout << EntryAsCsv(entry);
        continue;
      }
      table.AddRow({absl::StrCat(entry.sequence()), LocalTime(entry.time(), *zone), audit::KindWord(entry),
                    entry.on_behalf_of().empty() ? entry.actor() : absl::StrCat(entry.actor(), " for ", entry.on_behalf_of()),
                    entry.result_id() == 0 ? "" : absl::StrCat(entry.result_id()),
                    entry.version() == 0 ? "" : absl::StrCat(entry.version()), EntryText(entry)});
    }
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty() && left > 0);
  if (!options.json && !options.csv)
    std::cout << table.ToString(TerminalWidth()) << listed << (listed == 1 ? " entry\n" : " entries\n");
  return kDone;
}

}  // namespace

void AddAuditList(CLI::App* audit, Run* run) {
  auto options = std::make_shared<ListOptions>();
  CLI::App* command = audit->add_subcommand("list", "List log entries, oldest first.");
  AddServerOption(command, &options->server);
  AddReaderOption(command, &options->actor);
  command->add_option("--result", options->result_id, "Only entries about this result")
      ->type_name("ID")
      ->check(CLI::PositiveNumber);
  command->add_option("--kind", options->kind, "Only entries of this kind, as `decided`")
      ->type_name("KIND")
      ->check(CLI::Validator(
          [](const std::string& word) {
            return audit::ParseKind(word) != v1::ENTRY_KIND_UNSPECIFIED
                       ? std::string()
                       : absl::StrCat("there is no kind `", word, "`; one of ", absl::StrJoin(audit::KindWords(), ", "));
          },
          ""));
  command
      ->add_option(
          "--filter", options->filter,
          "Only entries that match. Fields: sequence, result, version, time, kind, actor, rule, basis, audience, state,\n"
          "disposition, patient; operators: = != < <= > >=; AND, OR, NOT, and parentheses where AND and OR mix.\n"
          "A time is RFC 3339 with its zone, or a date, which `=` takes for its whole day in UTC")
      ->type_name("FILTER");
  command->add_flag("--newest", options->newest_first, "The newest first");
  command->add_option("--limit", options->limit, "At most so many")->type_name("N")->check(CLI::PositiveNumber);
  CLI::Option* csv = command->add_flag("--csv", options->csv, "Comma-separated values, with rules, bases, states and audiences");
  command
      ->add_flag("--json", options->json,
                 "One JSON object per entry (resultgate.v1.Entry), with every rule, basis and missing fact")
      ->excludes(csv);
  command->footer(
      "Examples:\n"
      "  resultgate audit list --result 7\n"
      "  resultgate audit list --kind refused --json\n"
      "  resultgate audit list --newest --limit 20\n"
      "  resultgate audit list --filter 'time >= 2026-03-01 AND NOT actor = gate' --csv > march.csv\n"
      "  resultgate audit list --filter 'rule = biopsy-review AND state = held AND time >= 2026-03-06'\n"
      "  resultgate audit list --filter 'patient = NORTH|E1234567 AND NOT actor = gate'");
  command->callback([options, run] { *run = [options] { return RunList(*options); }; });
}

}  // namespace resultgate::app

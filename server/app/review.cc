// `resultgate review`: who has what to review, and what is done about it.
#include <grpcpp/grpcpp.h>

#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "resultgate/v1/review_service.grpc.pb.h"
#include "server/app/client.h"
#include "server/app/command.h"
#include "server/app/json_lines.h"
#include "server/app/review_commands.h"
#include "server/app/table.h"
#include "server/app/words.h"

namespace resultgate::app {
namespace {

constexpr int kPage = 200;

struct ListOptions {
  std::string server;
  std::string owner;
  bool json = false;
};

std::string Units(const v1::Outcome& outcome) {
  if (outcome.unit_ids_size() > 3) return absl::StrCat(outcome.unit_ids_size(), " units");
  return absl::StrJoin(outcome.unit_ids(), ", ");
}

int RunList(const ListOptions& options) {
  const std::shared_ptr<grpc::Channel> channel = Connect(options.server);
  const absl::StatusOr<absl::TimeZone> zone = PackZone(channel);
  if (!zone.ok()) return Fail(std::string(zone.status().message()));
  const auto stub = v1::ReviewService::NewStub(channel);
  Table table({{"RESULT", 8},
               {"VERSION", 7},
               {"PATIENT", 12},
               {"REPORT", 32},
               {"UNITS", 20},
               {"URGENT", 10},
               {"AUDIENCES", 16},
               {"OWNER NOW", 32},
               {"TURN ENDS", 20},
               {"EXPIRES", 20},
               {"RULES", 30},
               {"UNKNOWN", 26}});
  v1::ListReviewsRequest request;
  request.set_owner(options.owner);
  request.set_page_size(kPage);
  int count = 0;
  do {
    grpc::ClientContext context;
    v1::ListReviewsResponse response;
    const grpc::Status status = stub->ListReviews(&context, request, &response);
    if (!status.ok()) return Fail(Explain(status));
    for (const v1::PendingReview& review : response.reviews()) {
      ++count;
      if (options.json) {
        std::cout << ToJson(review) << "\n";
        continue;
      }
      const v1::Outcome& outcome = review.outcome();
      table.AddRow({absl::StrCat(review.result_id()), absl::StrCat(review.version()), review.patient().value(),
                    ConceptText(review.code()), Units(outcome), review.corrects() ? "correction" : "",
                    AudiencesText(outcome.audiences()), OwnerText(review.owner()),
                    review.has_turn_ends_at() ? LocalTime(review.turn_ends_at(), *zone) : "",
                    outcome.review().has_expires_at() ? LocalTime(outcome.review().expires_at(), *zone) : "", RulesText(outcome),
                    absl::StrJoin(outcome.unknown_facts(), ", ")});
    }
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  if (!options.json)
    std::cout << table.ToString(TerminalWidth()) << count << (count == 1 ? " review waits\n" : " reviews wait\n");
  return kDone;
}

void AddList(CLI::App* review, Run* run) {
  auto options = std::make_shared<ListOptions>();
  CLI::App* command = review->add_subcommand(
      "list", "List the reviews that wait: corrections of what patients could see first, then the one that expires first.");
  AddServerOption(command, &options->server);
  command->add_option("--owner", options->owner, "Only what waits for this role, or this person's identifier, now")
      ->type_name("OWNER");
  command->add_flag("--json", options->json, "One JSON object per review (resultgate.v1.PendingReview)");
  command->footer(
      "Examples:\n"
      "  resultgate review list\n"
      "  resultgate review list --owner pathology-pool");
  command->callback([options, run] { *run = [options] { return RunList(*options); }; });
}

struct FollowOptions {
  std::string server;
  int64_t after = 0;
  bool until_current = false;
  bool json = false;
};

Table EventTable() {
  return Table({{"CURSOR", 8},
                {"TIME", 20},
                {"RESULT", 8},
                {"WAITS", 20},
                {"UNITS", 20},
                {"OWNER NOW", 32},
                {"TURN ENDS", 20},
                {"EXPIRES", 20}});
}

void PrintEvent(const v1::ReviewEvent& event, absl::TimeZone zone) {
  if (event.result_id() == 0) return;  // the list is whole
  const Table table = EventTable();
  const std::vector<std::string> what = {absl::StrCat(event.cursor()), LocalTime(event.time(), zone),
                                         absl::StrCat(event.result_id())};
  if (event.waiting().empty()) std::cout << table.Row({what[0], what[1], what[2], "no more", "", "", "", ""});
  for (const v1::WaitingUnits& waiting : event.waiting()) {
    v1::Outcome outcome;
    outcome.set_state(v1::OUTCOME_STATE_HELD);
    outcome.set_disposition(waiting.disposition());
    *outcome.mutable_unit_ids() = waiting.unit_ids();
    const std::string waits = absl::StrCat(OutcomeText(outcome), event.corrects() ? ", correction" : "");
    std::cout << table.Row({what[0], what[1], what[2], waits, Units(outcome), OwnerText(waiting.owner()),
                            LocalTime(waiting.turn_ends_at(), zone), LocalTime(waiting.expires_at(), zone)});
  }
}

int RunFollow(const FollowOptions& options) {
  const std::shared_ptr<grpc::Channel> channel = Connect(options.server);
  const absl::StatusOr<absl::TimeZone> zone = PackZone(channel);
  if (!zone.ok()) return Fail(std::string(zone.status().message()));
  v1::StreamReviewEventsRequest request;
  request.set_after_cursor(options.after);
  request.set_until_current(options.until_current);
  grpc::ClientContext context;
  const auto stub = v1::ReviewService::NewStub(channel);
  const auto stream = stub->StreamReviewEvents(&context, request);
  if (!options.json) std::cout << EventTable().Heading() << std::flush;
  v1::StreamReviewEventsResponse response;
  while (stream->Read(&response)) {
    if (options.json) {
      std::cout << ToJson(response.event()) << "\n";
    } else {
      PrintEvent(response.event(), *zone);
    }
    std::cout << std::flush;
  }
  const grpc::Status status = stream->Finish();
  return status.ok() ? kDone : Fail(Explain(status));
}

void AddFollow(CLI::App* review, Run* run) {
  auto options = std::make_shared<FollowOptions>();
  CLI::App* command = review->add_subcommand(
      "follow",
      "Print what waits for whom, then each change, until Ctrl-C: what a worklist elsewhere reads. No values are in it.");
  AddServerOption(command, &options->server);
  command->add_option("--after", options->after, "Begin after this event's cursor")
      ->type_name("N")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  command->add_flag("--until-current", options->until_current, "End when nothing more is there");
  command->add_flag("--json", options->json, "One JSON object per event (resultgate.v1.ReviewEvent)");
  command->footer("Example:\n  resultgate review follow --until-current");
  command->callback([options, run] { *run = [options] { return RunFollow(*options); }; });
}

}  // namespace

void AddReview(CLI::App* app, Run* run) {
  CLI::App* review = app->add_subcommand("review", "See what waits for a clinician, and decide about it.");
  review->require_subcommand(1);
  AddList(review, run);
  AddFollow(review, run);
  AddReviewShow(review, run);
  AddReviewApprove(review, run);
  AddReviewActions(review, run);
  AddReviewWorkload(review, run);
}

}  // namespace resultgate::app

// `resultgate review`: who has what to review, and letting it go.
#include <grpcpp/grpcpp.h>

#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "resultgate/v1/result_gate_service.grpc.pb.h"
#include "resultgate/v1/review_service.grpc.pb.h"
#include "server/app/client.h"
#include "server/app/command.h"
#include "server/app/decision_table.h"
#include "server/app/json_lines.h"
#include "server/app/words.h"
#include "server/base/file.h"

namespace resultgate::app {
namespace {

constexpr int kPage = 200;

struct ListOptions {
  std::string server;
  std::string owner;
  bool json = false;
};

struct ApproveOptions {
  std::string server;
  int64_t result_id = 0;
  int version = 0;
  std::string reviewer;
  std::vector<std::string> units;
  std::string comment;
  std::string comment_file;
  bool replace = false;
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
                    ConceptText(review.code()), Units(outcome), AudiencesText(outcome.audiences()), OwnerText(review.owner()),
                    review.has_turn_ends_at() ? LocalTime(review.turn_ends_at(), *zone) : "",
                    outcome.review().has_expires_at() ? LocalTime(outcome.review().expires_at(), *zone) : "", RulesText(outcome),
                    absl::StrJoin(outcome.unknown_facts(), ", ")});
    }
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  if (!options.json) std::cout << table.ToString() << count << (count == 1 ? " review waits\n" : " reviews wait\n");
  return kDone;
}

// The result as it is now.
grpc::Status Get(v1::ResultGateService::Stub* stub, int64_t id, v1::Result* result) {
  grpc::ClientContext context;
  v1::GetResultRequest request;
  v1::GetResultResponse response;
  request.set_result_id(id);
  const grpc::Status status = stub->GetResult(&context, request, &response);
  if (status.ok()) *result = std::move(*response.mutable_result());
  return status;
}

int RunApprove(const ApproveOptions& options) {
  if (options.replace && options.comment.empty() && options.comment_file.empty()) {
    Fail("--replace: there are no words of yours; give --comment or --comment-file too");
    return kWrongUsage;
  }
  const std::shared_ptr<grpc::Channel> channel = Connect(options.server);
  const absl::StatusOr<absl::TimeZone> zone = PackZone(channel);
  if (!zone.ok()) return Fail(std::string(zone.status().message()));
  const auto results = v1::ResultGateService::NewStub(channel);
  v1::Result result;
  if (const grpc::Status status = Get(results.get(), options.result_id, &result); !status.ok()) return Fail(Explain(status));

  v1::ApproveReviewRequest request;
  request.set_result_id(options.result_id);
  request.set_version(options.version == 0 ? result.version() : options.version);
  request.set_reviewer(options.reviewer);
  for (const std::string& unit : options.units) request.add_unit_ids(unit);
  std::string comment = options.comment;
  if (!options.comment_file.empty()) {
    absl::StatusOr<std::string> file = base::ReadFile(options.comment_file);
    if (!file.ok()) return Fail(std::string(file.status().message()));
    comment = *std::move(file);
  }
  if (!comment.empty()) {
    request.mutable_comment()->set_text(std::string(absl::StripAsciiWhitespace(comment)));
    request.mutable_comment()->set_replaces_template(options.replace);
  }
  grpc::ClientContext context;
  v1::ApproveReviewResponse response;
  const auto reviews = v1::ReviewService::NewStub(channel);
  if (const grpc::Status status = reviews->ApproveReview(&context, request, &response); !status.ok())
    return Fail(Explain(status));
  if (options.json) {
    std::cout << ToJson(response) << "\n";
    return kDone;
  }
  Table table = DecisionTable();
  AddDecision(result.report(), response.decision(), response.comments(), "", *zone, &table);
  std::cout << table.ToString();
  for (const std::string& hint : response.hints()) std::cout << "hint: " << hint << "\n";
  return kDone;
}

void AddList(CLI::App* review, Run* run) {
  auto options = std::make_shared<ListOptions>();
  CLI::App* command = review->add_subcommand("list", "List the reviews that wait, the one that expires first first.");
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

void AddApprove(CLI::App* review, Run* run) {
  auto options = std::make_shared<ApproveOptions>();
  CLI::App* command = review->add_subcommand(
      "approve", "End the review of a result: its units go as soon as no floor or withholding stands against it.");
  command->add_option("RESULT_ID", options->result_id, "The gate's id of the result")->required()->check(CLI::PositiveNumber);
  command
      ->add_option("--reviewer", options->reviewer,
                   "Who approves: the organisation's identifier of the person; goes into the log")
      ->required()
      ->type_name("ID");
  command
      ->add_option("--version", options->version,
                   "The version that was read; refused if there is a newer one [the one that stands now]")
      ->type_name("N")
      ->check(CLI::PositiveNumber);
  command->add_option("--unit", options->units, "Only this unit: an observation's id, or `document`; may be repeated")
      ->type_name("UNIT")
      ->expected(1)
      ->take_all();
  CLI::Option* text = command->add_option("--comment", options->comment, "Your own words for the patient, before the template's")
                          ->type_name("TEXT");
  command->add_option("--comment-file", options->comment_file, "The same, from a file")
      ->type_name("FILE")
      ->check(CLI::ExistingFile)
      ->excludes(text);
  command->add_flag("--replace", options->replace, "Your words stand in place of the template's, not before them");
  AddServerOption(command, &options->server);
  command->add_flag("--json", options->json, "The answer as JSON (resultgate.v1.ApproveReviewResponse)");
  command->footer(
      "Examples:\n"
      "  resultgate review approve 7 --reviewer 1234567893\n"
      "  resultgate review approve 7 --reviewer 1234567893 --version 2 --unit document\n"
      "  resultgate review approve 7 --reviewer 1234567893 --comment \"This is what we expected. Call me if you want to talk.\"");
  command->callback([options, run] { *run = [options] { return RunApprove(*options); }; });
}

}  // namespace

void AddReview(CLI::App* app, Run* run) {
  CLI::App* review = app->add_subcommand("review", "List and approve what waits for a clinician.");
  review->require_subcommand(1);
  AddList(review, run);
  AddApprove(review, run);
}

}  // namespace resultgate::app

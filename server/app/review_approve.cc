// `resultgate review approve`: ends a review, with the reviewer's own words or the template's.
#include <grpcpp/grpcpp.h>

#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "resultgate/v1/review_service.grpc.pb.h"
#include "server/app/client.h"
#include "server/app/decision_table.h"
#include "server/app/json_lines.h"
#include "server/app/review_commands.h"
#include "server/app/words.h"
#include "server/base/clock.h"
#include "server/base/file.h"
#include "server/base/proto_time.h"
#include "server/text/charset.h"

namespace resultgate::app {
namespace {

struct ApproveOptions {
  std::string server;
  int64_t result_id = 0;
  int version = 0;
  std::string reviewer;
  std::vector<std::string> units;
  std::string etag;
  std::string comment;
  std::string comment_file;
  std::string discussed;
  bool replace = false;
  bool json = false;
};

// `HOW`, or `WHEN,HOW` with WHEN as RFC 3339; false for anything else.
bool ReadDiscussed(const std::string& text, v1::ApproveReviewRequest* request) {
  const size_t comma = text.find(',');
  absl::Time when;
  if (comma != std::string::npos && base::ParseRfc3339(absl::string_view(text).substr(0, comma), &when)) {
    *request->mutable_discussed_at() = base::ToProto(when);
    request->set_discussed_how(std::string(absl::StripAsciiWhitespace(text.substr(comma + 1))));
    return !request->discussed_how().empty();
  }
  request->set_discussed_how(std::string(absl::StripAsciiWhitespace(text)));
  // What begins with a digit was meant to be a time.
  return !request->discussed_how().empty() && !absl::ascii_isdigit(static_cast<unsigned char>(request->discussed_how()[0]));
}

int RunApprove(const ApproveOptions& options) {
  if (options.replace && options.comment.empty() && options.comment_file.empty()) {
    Fail("--replace: there are no words of yours; give --comment or --comment-file too");
    return kWrongUsage;
  }
  const std::shared_ptr<grpc::Channel> channel = Connect(options.server);
  const absl::StatusOr<absl::TimeZone> zone = PackZone(channel);
  if (!zone.ok()) return Fail(std::string(zone.status().message()));
  const auto reviews = v1::ReviewService::NewStub(channel);
  v1::GetReviewResponse review;
  const grpc::Status read = ReadToAct(reviews.get(), options.result_id, options.reviewer, &review);
  if (!read.ok()) return Fail(Explain(read));
  const v1::Result& result = review.result();

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
    if (absl::StripAsciiWhitespace(comment).empty())
      return Fail(absl::StrCat(options.comment_file, ": there are no words in it"));
  }
  if (!text::IsUtf8(comment)) return Fail("your words are not UTF-8; save the file as UTF-8, as every editor can");
  if (!comment.empty()) {
    request.mutable_comment()->set_text(std::string(absl::StripAsciiWhitespace(comment)));
    request.mutable_comment()->set_replaces_template(options.replace);
  }
  request.set_etag(options.etag.empty() ? review.etag() : options.etag);
  if (!options.discussed.empty() && !ReadDiscussed(options.discussed, &request)) {
    Fail(absl::StrCat("--discussed: `", options.discussed,
                      "`: write how, as `by telephone`, or when and how, as `2026-03-06T16:30:00-05:00,by telephone`"));
    return kWrongUsage;
  }
  grpc::ClientContext context;
  v1::ApproveReviewResponse response;
  if (const grpc::Status status = reviews->ApproveReview(&context, request, &response); !status.ok())
    return Fail(Explain(status));
  if (options.json) {
    std::cout << ToJson(response) << "\n";
    return kDone;
  }
  Table table = DecisionTable();
  AddDecision(result.report(), response.decision(), response.comments(), "", *zone, base::SystemClock().Now(), &table);
  std::cout << table.ToString(TerminalWidth());
  for (const std::string& hint : response.hints()) std::cout << "hint: " << hint << "\n";
  return kDone;
}

// An empty variable of a script must not let a result go without the words that were meant to go with it.
CLI::Validator SaysSomething() {
  return CLI::Validator(
      [](const std::string& text) {
        return absl::StripAsciiWhitespace(text).empty() ? std::string("there are no words; leave the option out if you have none")
                                                        : std::string();
      },
      "");
}

}  // namespace

void AddReviewApprove(CLI::App* review, Run* run) {
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
                          ->type_name("TEXT")
                          ->check(SaysSomething());
  command->add_option("--comment-file", options->comment_file, "The same, from a file")
      ->type_name("FILE")
      ->check(CLI::ExistingFile)
      ->excludes(text);
  command
      ->add_option("--discussed", options->discussed,
                   "How you discussed it with the patient, or when and how: a fact for rules, and satisfies a duty to notify")
      ->type_name("[WHEN,]HOW")
      ->check(SaysSomething());
  command
      ->add_option("--etag", options->etag,
                   "What `review show` printed: refused if anything about the review has changed since [as it stands now]")
      ->type_name("ETAG");
  command->add_flag("--replace", options->replace, "Your words stand in place of the template's, not before them");
  AddServerOption(command, &options->server);
  command->add_flag("--json", options->json, "The answer as JSON (resultgate.v1.ApproveReviewResponse)");
  command->footer(
      "Examples:\n"
      "  resultgate review approve 7 --reviewer 1234567893\n"
      "  resultgate review approve 7 --reviewer 1234567893 --version 2 --unit document\n"
      "  resultgate review approve 7 --reviewer 1234567893 --comment \"This is what we expected. Call me if you want to talk.\"\n"
      "  resultgate review approve 7 --reviewer 1234567893 --discussed \"by telephone\"");
  command->callback([options, run] { *run = [options] { return RunApprove(*options); }; });
}

}  // namespace resultgate::app

// `resultgate releases`: what a portal sees, what patients without one are sent or told, and what a patient asks for.
#include <grpcpp/grpcpp.h>

#include <iostream>
#include <map>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "resultgate/v1/release_service.grpc.pb.h"
#include "server/app/client.h"
#include "server/app/command.h"
#include "server/app/json_lines.h"
#include "server/app/table.h"
#include "server/app/words.h"
#include "server/base/write_file.h"

namespace resultgate::app {
namespace {

struct FollowOptions {
  std::string server;
  std::string consumer = "portal";
  int64_t after = 0;
  bool all = false;
  bool acknowledge = false;
  bool until_current = false;
  bool json = false;
};

Table ReleaseTable() {
  return Table({{"SEQUENCE", 8},
                {"TIME", 20},
                {"RESULT", 8},
                {"KIND", 15},
                {"PATIENT", 12},
                {"REPORT", 28},
                {"UNITS", 24},
                {"AUDIENCES", 16},
                {"COMMENT", 60}});
}

std::string Row(const v1::Release& release, absl::TimeZone zone) {
  const std::string units =
      release.unit_ids_size() > 3 ? absl::StrCat(release.unit_ids_size(), " units") : absl::StrJoin(release.unit_ids(), ", ");
  return ReleaseTable().Row(
      {absl::StrCat(release.sequence()), LocalTime(release.released_at(), zone), absl::StrCat(release.result_id()),
       ReleaseKindText(release.kind()), release.patient_identifiers().empty() ? "" : release.patient_identifiers(0).value(),
       ConceptText(release.content().code()), units, AudiencesText(release.audiences()), FirstLine(release.comment().text())});
}

int RunFollow(const FollowOptions& options) {
  const std::shared_ptr<grpc::Channel> channel = Connect(options.server);
  const absl::StatusOr<absl::TimeZone> zone = PackZone(channel);
  if (!zone.ok()) return Fail(std::string(zone.status().message()));
  const auto stub = v1::ReleaseService::NewStub(channel);
  v1::StreamReleasesRequest request;
  request.set_after_sequence(options.after);
  request.set_unacknowledged_only(!options.all);
  request.set_until_current(options.until_current);
  request.set_consumer(options.consumer);
  grpc::ClientContext context;
  const auto stream = stub->StreamReleases(&context, request);
  if (!options.json) std::cout << ReleaseTable().Heading() << std::flush;
  v1::StreamReleasesResponse response;
  while (stream->Read(&response)) {
    std::cout << (options.json ? ToJson(response.release()) + "\n" : Row(response.release(), *zone)) << std::flush;
    // Shown first, acknowledged after: what is lost in between is shown again, not lost.
    if (!std::cout) {
      context.TryCancel();
      return Fail("the output cannot be written");
    }
    if (!options.acknowledge) continue;
    grpc::ClientContext acknowledge_context;
    v1::AcknowledgeReleasesRequest acknowledge;
    v1::AcknowledgeReleasesResponse acknowledged;
    acknowledge.add_sequences(response.release().sequence());
    const grpc::Status status = stub->AcknowledgeReleases(&acknowledge_context, acknowledge, &acknowledged);
    if (!status.ok()) {
      context.TryCancel();
      return Fail(Explain(status));
    }
  }
  const grpc::Status status = stream->Finish();
  return status.ok() ? kDone : Fail(Explain(status));
}

struct ShowOptions {
  std::string server;
  std::string actor;
  int64_t sequence = 0;
  std::string as = "text";
  std::string output;
};

const std::map<std::string, v1::CommentForm> kForms = {{"text", v1::COMMENT_FORM_TEXT},
                                                       {"markdown", v1::COMMENT_FORM_MARKDOWN},
                                                       {"letter", v1::COMMENT_FORM_LETTER},
                                                       {"phone", v1::COMMENT_FORM_PHONE_SCRIPT},
                                                       {"json", v1::COMMENT_FORM_UNSPECIFIED}};

int RunShow(const ShowOptions& options) {
  const auto stub = v1::ReleaseService::NewStub(Connect(options.server));
  v1::GetReleaseRequest request;
  request.set_sequence(options.sequence);
  request.set_form(kForms.at(options.as));
  request.set_actor(options.actor);
  grpc::ClientContext context;
  v1::GetReleaseResponse response;
  if (const grpc::Status status = stub->GetRelease(&context, request, &response); !status.ok()) return Fail(Explain(status));
  const v1::Release& release = response.release();
  const std::string document = options.as == "json" ? ToJson(release) + "\n" : response.document();
  if (document.empty()) {
    return Fail(release.has_comment() ? absl::StrCat("release ", release.sequence(),
                                                     " has no comment: ", absl::StrJoin(release.comment().chosen_because(), "; "))
                                      : absl::StrCat("release ", release.sequence(), " is a ", ReleaseKindText(release.kind()),
                                                     ": it has no comment"));
  }
  if (options.output.empty()) {
    std::cout << document;
    return kDone;
  }
  if (const absl::Status written = base::WriteFile(options.output, document); !written.ok())
    return Fail(std::string(written.message()));
  const std::string audiences = AudiencesText(release.audiences());
  // Whose it is, so that no two letters are mixed up: the letter itself names nobody.
  std::cout << absl::StrJoin(release.patient_identifiers(), ", ",
                             [](std::string* out, const v1::Identifier& identifier) {
                               absl::StrAppend(out, identifier.system(), identifier.system().empty() ? "" : " ",
                                               identifier.value());
                             })
            << (audiences.empty() ? ", for everybody who may see it" : absl::StrCat(", for the ", audiences)) << ", in "
            << release.comment().language() << ": " << options.output << "\n";
  return kDone;
}

void AddShow(CLI::App* releases, Run* run) {
  auto options = std::make_shared<ShowOptions>();
  CLI::App* command = releases->add_subcommand(
      "show", "Print the comment of one release as it stands now: as a letter or a phone script for a patient without a portal.");
  AddServerOption(command, &options->server);
  AddReaderOption(command, &options->actor);
  command->add_option("SEQUENCE", options->sequence, "The release, as `releases follow` numbers it")
      ->required()
      ->check(CLI::PositiveNumber);
  command->add_option("--as", options->as, "text, markdown, letter (a page of HTML in large print), phone or json (all of it)")
      ->capture_default_str()
      ->check(CLI::IsMember({"text", "markdown", "letter", "phone", "json"}));
  command->add_option("--output", options->output, "Write it to this file, and print whose it is")->type_name("FILE");
  command->footer(
      "A release that a newer one has overtaken is refused: nothing of it may be sent any more.\n"
      "Examples:\n"
      "  resultgate releases show 3 --as letter --output letter.html\n"
      "  resultgate releases show 3 --as phone");
  command->callback([options, run] { *run = [options] { return RunShow(*options); }; });
}

struct RequestOptions {
  std::string server;
  int64_t result_id = 0;
  std::string patient;
  std::string system;
  std::string as = "patient";
  std::string by;
  bool json = false;
};

int RunRequest(const RequestOptions& options) {
  const std::shared_ptr<grpc::Channel> channel = Connect(options.server);
  const absl::StatusOr<absl::TimeZone> zone = PackZone(channel);
  if (!zone.ok()) return Fail(std::string(zone.status().message()));
  v1::RequestReleaseRequest request;
  request.set_result_id(options.result_id);
  request.mutable_patient()->set_value(options.patient);
  request.mutable_patient()->set_system(options.system);
  request.set_audience(options.as == "patient" ? v1::AUDIENCE_PATIENT : v1::AUDIENCE_REPRESENTATIVE);
  request.set_requested_by(options.by);
  grpc::ClientContext context;
  v1::RequestReleaseResponse response;
  const grpc::Status status = v1::ReleaseService::NewStub(channel)->RequestRelease(&context, request, &response);
  if (!status.ok()) return Fail(Explain(status));
  if (options.json) {
    std::cout << ToJson(response) << "\n";
    return kDone;
  }
  std::cout << (response.released() ? "released\n" : "nothing was released by this\n");
  for (const v1::WaitNotice& wait : response.waits()) {
    std::cout << "waits " << (wait.has_until() ? absl::StrCat("until ", LocalTime(wait.until(), *zone), " at the latest: ") : "")
              << wait.because()
              << (wait.has_review_deadline() ? absl::StrCat(", by ", LocalTime(wait.review_deadline(), *zone)) : "") << "\n";
  }
  return kDone;
}

void AddRequest(CLI::App* releases, Run* run) {
  auto options = std::make_shared<RequestOptions>();
  CLI::App* command = releases->add_subcommand(
      "request",
      "Ask for a result as the patient's side does: what the patient may lift ends, a hold for danger is reviewed by another "
      "clinician, the rest is answered with its date.");
  command->add_option("RESULT_ID", options->result_id, "The gate's id of the result")->required()->check(CLI::PositiveNumber);
  command->add_option("--patient", options->patient, "Whose it is: the sender's identifier")->required()->type_name("ID");
  command->add_option("--system", options->system, "Who assigned that identifier, as the sender writes it")->type_name("SYSTEM");
  command->add_option("--as", options->as, "patient or representative")
      ->capture_default_str()
      ->check(CLI::IsMember({"patient", "representative"}));
  command
      ->add_option("--by", options->by, "Who asks, as an account or a desk: goes into the log, so no identifier of the patient's")
      ->required()
      ->type_name("ID");
  AddServerOption(command, &options->server);
  command->add_flag("--json", options->json, "The answer as JSON (resultgate.v1.RequestReleaseResponse)");
  command->footer("Example:\n  resultgate releases request 7 --patient P7 --system NORTH --by account-7");
  command->callback([options, run] { *run = [options] { return RunRequest(*options); }; });
}

}  // namespace

void AddReleases(CLI::App* app, Run* run) {
  CLI::App* releases = app->add_subcommand(
      "releases", "See what goes to the portal, print it for patients without one, and ask for it as a patient.");
  releases->require_subcommand(1);
  AddShow(releases, run);
  AddRequest(releases, run);
  auto options = std::make_shared<FollowOptions>();
  CLI::App* command = releases->add_subcommand(
      "follow", "Print the release stream: what is there and is not acknowledged, then what comes, until Ctrl-C.");
  AddServerOption(command, &options->server);
  command->add_option("--consumer", options->consumer, "Which system takes them: goes into the log")
      ->capture_default_str()
      ->type_name("NAME");
  command->add_option("--after", options->after, "Begin after this release's sequence")
      ->type_name("N")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  command->add_flag("--all", options->all, "What is acknowledged too");
  command->add_flag("--ack", options->acknowledge,
                    "Acknowledge each release when it is printed, as a portal does when it shows it");
  command->add_flag("--until-current", options->until_current, "End when nothing more is there");
  command->add_flag("--json", options->json, "One JSON object per release (resultgate.v1.Release), its content included");
  command->footer(
      "Examples:\n"
      "  resultgate releases follow --ack\n"
      "  resultgate releases follow --all --until-current --json");
  command->callback([options, run] { *run = [options] { return RunFollow(*options); }; });
}

}  // namespace resultgate::app

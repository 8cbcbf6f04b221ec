// `resultgate outreach`: what is left to do after a result was released, and saying that it was done.
#include <grpcpp/grpcpp.h>

#include <iostream>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "resultgate/v1/outreach_service.grpc.pb.h"
#include "server/app/client.h"
#include "server/app/command.h"
#include "server/app/json_lines.h"
#include "server/app/table.h"
#include "server/app/words.h"

namespace resultgate::app {
namespace {

constexpr int kPage = 200;
using Stub = v1::OutreachService::Stub;

struct OutreachOptions {
  std::string server;
  std::string actor;
  int64_t result_id = 0;
  int64_t entry = 0;
  std::string kind;
  std::string owner;
  std::string as = "patient";
  std::string by;
  std::string how;
  std::string message_id;
  int hours = 0;
  bool json = false;
};

// What the table says there is to do.
std::string TaskText(const v1::OutreachTask& task) {
  switch (task.kind()) {
    case v1::OUTREACH_KIND_NOT_VIEWED:
      return "abnormal, and the patient has not seen it";
    case v1::OUTREACH_KIND_NO_ACCOUNT:
      return absl::StrCat("the patient has no portal account: send release ", absl::StrJoin(task.release_sequences(), ", "),
                          " as a letter, or read it out",
                          task.channels().empty() ? "" : absl::StrCat("; wants to be told by ", ChannelsText(task.channels())));
    case v1::OUTREACH_KIND_NOT_OPENED:
      return task.released() ? "abnormal, or a correction; your patient can see this now, and no clinician has opened it"
                             : "abnormal, held, and no clinician has opened it";
    case v1::OUTREACH_KIND_NOTICE_DUE:
      return absl::StrCat("the patient must be notified (", task.rule_id(), ")");
    case v1::OUTREACH_KIND_REACH_PATIENT:
      return "released unreviewed; reach the patient";
    case v1::OUTREACH_KIND_REFUSED_MESSAGE:
      return absl::StrCat("entry ", task.entry_sequence(), ": ", task.sender(), " ", task.message_id(),
                          " was refused: ", absl::StrJoin(task.issues(), "; ", [](std::string* out, const v1::Issue& issue) {
                            absl::StrAppend(out, issue.message());
                          }));
    case v1::OUTREACH_KIND_DETERMINATION_REVIEW:
      return absl::StrCat("the patient asked: review determination ", task.determination_id(), ", not by ", task.determined_by());
    default:
      return "";
  }
}

v1::OutreachKind KindNamed(const std::string& word) {
  v1::OutreachKind kind = v1::OUTREACH_KIND_UNSPECIFIED;
  v1::OutreachKind_Parse(absl::StrCat("OUTREACH_KIND_", absl::AsciiStrToUpper(absl::StrReplaceAll(word, {{"-", "_"}}))), &kind);
  return kind;
}

int RunList(const OutreachOptions& options) {
  const std::shared_ptr<grpc::Channel> channel = Connect(options.server);
  const absl::StatusOr<absl::TimeZone> zone = PackZone(channel);
  if (!zone.ok()) return Fail(std::string(zone.status().message()));
  const auto stub = v1::OutreachService::NewStub(channel);
  Table table({{"RESULT", 8},
               {"PATIENT", 12},
               {"REPORT", 28},
               {"LANGUAGE", 8},
               {"TO DO", 86},
               {"OWNER", 30},
               {"SINCE", 20},
               {"DEADLINE", 20}});
  v1::ListOutreachRequest request;
  request.set_kind(KindNamed(options.kind));
  request.set_actor(options.actor);
  request.set_owner(options.owner);
  request.set_not_viewed_after_hours(options.hours);
  request.set_page_size(kPage);
  int count = 0;
  do {
    grpc::ClientContext context;
    v1::ListOutreachResponse response;
    if (const grpc::Status status = stub->ListOutreach(&context, request, &response); !status.ok()) return Fail(Explain(status));
    for (const v1::OutreachTask& task : response.tasks()) {
      ++count;
      if (options.json) {
        std::cout << ToJson(task) << "\n";
        continue;
      }
      table.AddRow({task.result_id() == 0 ? "" : absl::StrCat(task.result_id()), task.patient().value(), ConceptText(task.code()),
                    task.language(), TaskText(task), OwnerText(task.owner()), LocalTime(task.since(), *zone),
                    LocalTime(task.deadline(), *zone)});
    }
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  if (!options.json) std::cout << table.ToString(TerminalWidth()) << count << (count == 1 ? " thing to do\n" : " things to do\n");
  return kDone;
}

// Calls `method`, and prints `done` where it worked.
template <typename Request, typename Response>
int Tell(const OutreachOptions& options, grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
         const Request& request, const std::string& done) {
  const auto stub = v1::OutreachService::NewStub(Connect(options.server));
  grpc::ClientContext context;
  Response response;
  if (const grpc::Status status = (stub.get()->*method)(&context, request, &response); !status.ok()) return Fail(Explain(status));
  std::cout << done << "\n";
  return kDone;
}

int RunView(const OutreachOptions& options) {
  v1::RecordViewRequest request;
  request.set_result_id(options.result_id);
  v1::Audience audience = v1::AUDIENCE_UNSPECIFIED;
  v1::Audience_Parse(absl::StrCat("AUDIENCE_", absl::AsciiStrToUpper(options.as)), &audience);
  request.set_audience(audience);
  request.set_viewer(options.by);
  return Tell(options, &Stub::RecordView, request, absl::StrCat("result ", options.result_id, ": seen by the ", options.as));
}

int RunOpened(const OutreachOptions& options) {
  v1::RecordClinicianViewRequest request;
  request.set_result_id(options.result_id);
  request.set_clinician(options.by);
  return Tell(options, &Stub::RecordClinicianView, request,
              absl::StrCat("result ", options.result_id, ": opened by ", options.by));
}

int RunContact(const OutreachOptions& options) {
  v1::RecordContactRequest request;
  request.set_result_id(options.result_id);
  request.set_contacted_by(options.by);
  request.set_how(options.how);
  return Tell(options, &Stub::RecordContact, request, absl::StrCat("result ", options.result_id, ": the patient was reached"));
}

int RunMessage(const OutreachOptions& options) {
  v1::RecordMessageRequest request;
  request.set_result_id(options.result_id);
  request.set_message_id(options.message_id);
  request.set_category(options.kind);
  return Tell(options, &Stub::RecordMessage, request, absl::StrCat("result ", options.result_id, ": the message is counted"));
}

int RunSettle(const OutreachOptions& options) {
  v1::SettleRefusalRequest request;
  request.set_entry_sequence(options.entry);
  request.set_settled_by(options.by);
  request.set_how(options.how);
  return Tell(options, &Stub::SettleRefusal, request, absl::StrCat("entry ", options.entry, ": settled"));
}

CLI::App* Add(CLI::App* outreach, Run* run, const std::string& name, const std::string& help,
              const std::shared_ptr<OutreachOptions>& options, int (*action)(const OutreachOptions&)) {
  CLI::App* command = outreach->add_subcommand(name, help);
  AddServerOption(command, &options->server);
  command->callback([options, run, action] { *run = [options, action] { return action(*options); }; });
  return command;
}

// One that is about a result.
CLI::App* AddAbout(CLI::App* outreach, Run* run, const std::string& name, const std::string& help,
                   const std::shared_ptr<OutreachOptions>& options, int (*action)(const OutreachOptions&)) {
  CLI::App* command = Add(outreach, run, name, help, options, action);
  command->add_option("RESULT_ID", options->result_id, "The gate's id of the result")->required()->check(CLI::PositiveNumber);
  return command;
}

void AddBy(CLI::App* command, OutreachOptions* options) {
  command->add_option("--by", options->by, "Who: the organisation's identifier of the person; goes into the log")
      ->required()
      ->type_name("ID");
}

}  // namespace

void AddOutreach(CLI::App* app, Run* run) {
  CLI::App* outreach = app->add_subcommand("outreach", "See what is left to do about results, and say that it was done.");
  outreach->require_subcommand(1);
  const auto fresh = [] { return std::make_shared<OutreachOptions>(); };

  auto options = fresh();
  CLI::App* command =
      Add(outreach, run, "list", "List what is left to do, each with one owner and a deadline.", options, &RunList);
  AddReaderOption(command, &options->actor);
  command->add_option("--kind", options->kind, "Only of this kind")
      ->check(CLI::IsMember(
          {"not-viewed", "no-account", "not-opened", "notice-due", "reach-patient", "refused-message", "determination-review"}));
  command->add_option("--owner", options->owner, "Only what this role, or this person's identifier, is to do")
      ->type_name("OWNER");
  command->add_option("--not-viewed-after", options->hours, "List abnormal results as not seen after so many hours [72]")
      ->type_name("HOURS")
      ->check(CLI::Range(1, 8760));
  command->add_flag("--json", options->json, "One JSON object per task (resultgate.v1.OutreachTask)");
  command->footer(
      "Examples:\n  resultgate outreach list\n  resultgate outreach list --kind not-opened --owner 1234567893\n"
      "A letter, or a script for the telephone:\n  resultgate releases show 3 --as letter");

  options = fresh();
  command = AddAbout(outreach, run, "view", "Say, as a portal does, that somebody was shown a result.", options, &RunView);
  command->add_option("--as", options->as, "patient, representative or delegate")
      ->capture_default_str()
      ->check(CLI::IsMember({"patient", "representative", "delegate"}));
  command->add_option("--by", options->by, "By which account, as the portal names it; goes into the log")->type_name("ACCOUNT");

  options = fresh();
  command = AddAbout(outreach, run, "opened", "Say, as a record does, that a clinician opened a result.", options, &RunOpened);
  AddBy(command, options.get());

  options = fresh();
  command =
      AddAbout(outreach, run, "contact", "Say that the patient was reached: satisfies a duty to notify.", options, &RunContact);
  AddBy(command, options.get());
  command->add_option("--how", options->how, "How, as `by letter`; goes into the log")->required()->type_name("TEXT");
  command->footer("Example:\n  resultgate outreach contact 7 --by 1234567893 --how \"by telephone\"");

  options = fresh();
  command = AddAbout(outreach, run, "message", "Count a message that the patient wrote about a result; never its text.", options,
                     &RunMessage);
  command->add_option("--message-id", options->message_id, "The message's own id, so that it counts once")
      ->required()
      ->type_name("ID");
  command->add_option("--category", options->kind, "What kind of message; goes into the log")->required()->type_name("TEXT");

  options = fresh();
  command =
      Add(outreach, run, "settle", "Say that a refused message was looked into, and nothing of it is lost.", options, &RunSettle);
  command->add_option("ENTRY", options->entry, "The log entry that told the refusal")->required()->check(CLI::PositiveNumber);
  AddBy(command, options.get());
  command->add_option("--how", options->how, "How, as `sent again as M124`; goes into the log")->required()->type_name("TEXT");
}

}  // namespace resultgate::app

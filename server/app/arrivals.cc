#include "server/app/arrivals.h"

#include <grpcpp/grpcpp.h>

#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "resultgate/v1/result_gate_service.grpc.pb.h"
#include "server/app/client.h"
#include "server/app/command.h"
#include "server/app/inputs.h"
#include "server/app/policy_inputs.h"
#include "server/app/words.h"
#include "server/base/clock.h"
#include "server/base/proto_time.h"
#include "server/policy/names.h"

namespace resultgate::app {
namespace {

using Take = std::function<void(const policy::Arrival&, const v1::DiagnosticReport&)>;

constexpr int kPage = 200;

absl::Time OwnTime(const v1::DiagnosticReport& report, absl::Time otherwise) {
  if (report.has_message_time()) return base::FromProto(report.message_time());
  return report.has_issued() ? base::FromProto(report.issued()) : otherwise;
}

int FromFiles(const ArrivalInputs& inputs, const absl::TimeZone& pack_zone, Arrived* arrived, const Take& take) {
  intake::Options options;
  options.zone = pack_zone;
  absl::Time now;
  if (!ReadNow(inputs.now, &now) || !ReadZone(inputs.zone, &options.zone)) return kWrongUsage;
  ForEachMessage(inputs.files, options, [&](const Source& source, bool several, intake::Message message) {
    RefuseInvalid(&message);
    for (const v1::DiagnosticReport& report : message.reports) {
      policy::Arrival arrival;
      arrival.source = ToString(source, several);
      arrival.report_name = ConceptText(report.code());
      arrival.received_at = inputs.own_times ? OwnTime(report, now) : now;
      take(arrival, report);
    }
    // A message that no report came out of counts once, whatever is wrong with it.
    arrived->refused += message.refused.empty() ? 0 : 1;
  });
  arrived->source =
      inputs.own_times ? "each received when it was sent" : absl::StrCat("received ", LocalTime(base::ToProto(now), pack_zone));
  return kDone;
}

int FromGate(const ArrivalInputs& inputs, const absl::TimeZone& pack_zone, Arrived* arrived, const Take& take) {
  absl::CivilDay day;
  if (!absl::ParseCivilTime(inputs.day, &day)) {
    Fail(absl::StrCat("--day: `", inputs.day, "` is no day; write it as 2026-03-06"));
    return kWrongUsage;
  }
  const absl::Time end = absl::FromCivil(day + 1, pack_zone);
  const std::shared_ptr<grpc::Channel> channel = Connect(inputs.server);
  const auto stub = v1::ResultGateService::NewStub(channel);
  v1::ListResultsRequest request;
  request.set_actor(inputs.actor);
  request.set_page_size(kPage);
  *request.mutable_received_since() = base::ToProto(absl::FromCivil(day, pack_zone));
  do {
    grpc::ClientContext context;
    v1::ListResultsResponse response;
    const grpc::Status status = stub->ListResults(&context, request, &response);
    if (!status.ok()) return Fail(Explain(status));
    for (const v1::Result& result : response.results()) {
      policy::Arrival arrival;
      arrival.source = absl::StrCat("result ", result.id());
      arrival.report_name = ConceptText(result.report().code());
      arrival.received_at = base::FromProto(result.received_at());
      if (arrival.received_at >= end) continue;
      if (result.version() > 1 && result.decision().has_clock_start()) {
        arrival.clock_start = base::FromProto(result.decision().clock_start());
      }
      take(arrival, result.report());
    }
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  arrived->source = absl::StrCat("as the gate received them on ", inputs.day);
  return kDone;
}

}  // namespace

void AddArrivalInputs(CLI::App* command, ArrivalInputs* inputs) {
  CLI::Option* files =
      command->add_option("FILE", inputs->files, "Files of messages, as `resultgate submit` takes them; `-` is standard input");
  CLI::Option* now =
      command->add_option("--now", inputs->now, "When all of them come in, RFC 3339, as 2026-03-06T21:05:00-05:00 [now]");
  now->type_name("TIME");
  command
      ->add_flag(
          "--own-times", inputs->own_times,
          "Take each report as received when its message was sent, else when it was issued: for the load of reviews by day")
      ->excludes(now);
  command->add_option("--zone", inputs->zone, "Zone of times that a message gives without one [the pack's]")->type_name("ZONE");
  command
      ->add_option("--day", inputs->day,
                   "Instead of files: the results that a running gate received on this day of the pack's zone, the newest\n"
                   "version of each, decided afresh")
      ->type_name("YYYY-MM-DD")
      ->excludes(files)
      ->excludes(now);
  AddServerOption(command, &inputs->server);
  AddReaderOption(command, &inputs->actor);
}

int ForEachArrival(const ArrivalInputs& inputs, const absl::TimeZone& pack_zone, Arrived* arrived, const Take& take) {
  if (!inputs.day.empty()) return FromGate(inputs, pack_zone, arrived, take);
  if (!inputs.files.empty()) return FromFiles(inputs, pack_zone, arrived, take);
  Fail("name files of messages, or a `--day` of a running gate");
  return kWrongUsage;
}

std::string ArrivedText(const Arrived& arrived, int reports, int units) {
  std::string text = absl::StrCat(Plural(static_cast<size_t>(reports), "report"), ", ",
                                  Plural(static_cast<size_t>(units), "unit"), ", ", arrived.source);
  if (arrived.refused > 0) {
    absl::StrAppend(&text, "; ", Plural(static_cast<size_t>(arrived.refused), "message"), " refused (`policy decide` says why)");
  }
  return text;
}

std::string GroupText(const v1::UnitGroup& group) {
  if (group.section() != v1::SECTION_UNSPECIFIED) {
    const std::string section = policy::EnumWord(v1::Section_descriptor(), group.section());
    return absl::StrCat(section, ", ",
                        group.value_set() == policy::kNoValueSet ? "no value set" : absl::StrCat("`", group.value_set(), "`"));
  }
  if (!group.language().empty()) return absl::StrCat("language ", group.language());
  if (group.audience() != v1::AUDIENCE_UNSPECIFIED) {
    return absl::StrCat("for the ", policy::EnumWord(v1::Audience_descriptor(), group.audience()));
  }
  return "all units";
}

std::string CountText(int count) {
  return count == 0 ? "" : absl::StrCat(count);
}

void AppendExample(const v1::UnitExample& example, std::string* text) {
  const std::string audiences = AudiencesText(example.audiences());
  absl::StrAppend(text, "  ", example.source(), ": ", example.report(), ": ", example.unit_id(), ", ",
                  audiences.empty() ? "for everybody" : absl::StrCat("for ", audiences), "\n");
  if (example.after().empty()) {
    absl::StrAppend(text, "    ", example.before(), "\n");
  } else {
    absl::StrAppend(text, "    before   ", example.before(), "\n    after    ", example.after(), "\n");
  }
  std::string because;
  for (const std::string& cause : example.causes()) absl::StrAppend(&because, because.empty() ? "" : "; ", cause);
  if (!because.empty()) absl::StrAppend(text, "    because  ", because, "\n");
}

}  // namespace resultgate::app

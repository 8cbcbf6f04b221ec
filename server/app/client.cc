#include "server/app/client.h"

#include <pwd.h>
#include <unistd.h>

#include <iostream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"
#include "resultgate/v1/policy_service.grpc.pb.h"
#include "server/app/command.h"

namespace resultgate::app {
namespace {

// A release with its documents may be larger than gRPC's 4 MiB.
constexpr int kLargestMessage = 16 * 1024 * 1024;

}  // namespace

void AddServerOption(CLI::App* command, std::string* server) {
  *server = kDefaultServer;
  command->add_option("--server", *server, "The gate's address")
      ->envname("RESULTGATE_SERVER")
      ->capture_default_str()
      ->type_name("HOST:PORT");
}

void AddReaderOption(CLI::App* command, std::string* actor) {
  const passwd* user = getpwuid(geteuid());
  if (user != nullptr) *actor = user->pw_name;
  command->add_option("--actor", *actor, "Who reads: goes into the log. By default whom the operating system knows")
      ->envname("RESULTGATE_ACTOR")
      ->type_name("NAME");
}

std::shared_ptr<grpc::Channel> Connect(const std::string& server) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kLargestMessage);
  return grpc::CreateCustomChannel(server, grpc::InsecureChannelCredentials(), arguments);
}

google::rpc::Status WithDetails(const grpc::Status& status) {
  google::rpc::Status result;
  if (!status.error_details().empty() && result.ParseFromString(status.error_details())) return result;
  result.Clear();
  result.set_code(status.error_code());
  result.set_message(status.error_message());
  return result;
}

std::string Explain(const google::rpc::Status& status) {
  // absl's codes are google.rpc's, number by number.
  std::string text = absl::StrCat(absl::StatusCodeToString(static_cast<absl::StatusCode>(status.code())), ": ", status.message());
  for (const google::protobuf::Any& detail : status.details()) {
    google::rpc::BadRequest request;
    if (!detail.UnpackTo(&request) || request.field_violations_size() < 2) continue;  // one alone is in the message
    for (const google::rpc::BadRequest::FieldViolation& violation : request.field_violations()) {
      absl::StrAppend(&text, "\n  ", violation.field(), violation.field().empty() ? "" : ": ", violation.description());
    }
  }
  return text;
}

std::string Explain(const grpc::Status& status) {
  const std::string text = Explain(WithDetails(status));
  // A gate that answers, but is busy, says so in its own words.
  const bool reached =
      status.error_code() != grpc::StatusCode::UNAVAILABLE || !absl::StrContains(status.error_message(), "onnect");
  return reached ? text : absl::StrCat("the gate does not answer (is `resultgate serve` running?): ", text);
}

int Fail(const std::string& text) {
  std::cerr << "resultgate: " << text << "\n";
  return kProblemFound;
}

absl::StatusOr<absl::TimeZone> PackZone(const std::shared_ptr<grpc::Channel>& channel) {
  const auto stub = v1::PolicyService::NewStub(channel);
  grpc::ClientContext context;
  v1::GetActivePackResponse response;
  const grpc::Status status = stub->GetActivePack(&context, {}, &response);
  if (!status.ok()) return absl::UnavailableError(Explain(status));
  return ZoneNamed(response.pack().time_zone());
}

absl::StatusOr<absl::TimeZone> ZoneNamed(const std::string& name) {
  absl::TimeZone zone;
  if (name.empty() || !absl::LoadTimeZone(name, &zone)) {
    return absl::InvalidArgumentError(absl::StrCat("`", name, "` is no time zone; write an IANA name, as `America/New_York`"));
  }
  return zone;
}

}  // namespace resultgate::app

// What every subcommand that talks to a gate needs: the connection, its errors in words, the zone in which times are shown.
#ifndef RESULTGATE_APP_CLIENT_H_
#define RESULTGATE_APP_CLIENT_H_

#include <grpcpp/grpcpp.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "google/rpc/status.pb.h"
#include "server/app/command.h"

namespace resultgate::app {

inline constexpr char kDefaultServer[] = "127.0.0.1:50051";

// Adds `--server`.
void AddServerOption(CLI::App* command, std::string* server);

// Adds `--actor`: who reads, which goes into the log; by default whom the operating system knows.
void AddReaderOption(CLI::App* command, std::string* actor);

std::shared_ptr<grpc::Channel> Connect(const std::string& server);

// The status with its details, which travel beside it.
google::rpc::Status WithDetails(const grpc::Status& status);

// `NOT_FOUND: no result 7`, and one more line per violation of a google.rpc.BadRequest. Without a line feed at the end.
std::string Explain(const google::rpc::Status& status);
std::string Explain(const grpc::Status& status);

// Prints `resultgate: …` to stderr and returns kProblemFound.
int Fail(const std::string& text);

// Calls a method of a service; kDone, or after saying what was wrong kProblemFound.
template <typename Stub, typename Request, typename Response>
int Ask(Stub* stub, grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*), const Request& request,
        Response* response) {
  grpc::ClientContext context;
  const grpc::Status status = (stub->*method)(&context, request, response);
  return status.ok() ? kDone : Fail(Explain(status));
}

// The active pack's zone, asked of the gate; the error is for a person.
absl::StatusOr<absl::TimeZone> PackZone(const std::shared_ptr<grpc::Channel>& channel);

// The zone of that IANA name, or an error that says so.
absl::StatusOr<absl::TimeZone> ZoneNamed(const std::string& name);

}  // namespace resultgate::app

#endif  // RESULTGATE_APP_CLIENT_H_

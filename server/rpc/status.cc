#include "server/rpc/status.h"

#include <string>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"

namespace resultgate::rpc {
namespace {

// Room for the violation that says how many were left out.
constexpr size_t kReserve = 128;
// A field's path holds indices, not text; a longer one is no path that anybody reads.
constexpr size_t kLongestText = 512;

}  // namespace

absl::Status BadRequest(const std::vector<gate::Violation>& violations) {
  if (violations.empty()) return absl::OkStatus();
  google::rpc::BadRequest details;
  size_t bytes = 0;
  for (size_t i = 0; i < violations.size(); ++i) {
    google::rpc::BadRequest::FieldViolation violation;
    violation.set_field(violations[i].field.substr(0, kLongestText));
    violation.set_description(violations[i].description.substr(0, kLongestText));
    bytes += violation.ByteSizeLong() + 4;
    if (bytes > kLargestDetails - kReserve) {
      google::rpc::BadRequest::FieldViolation* rest = details.add_field_violations();
      rest->set_description(absl::StrCat(violations.size() - i, " more violations, left out here"));
      break;
    }
    *details.add_field_violations() = std::move(violation);
  }
  const google::rpc::BadRequest::FieldViolation& first = details.field_violations(0);
  absl::Status status = absl::InvalidArgumentError(absl::StrCat(first.field(), ": ", first.description()));
  if (violations.size() > 1) {
    status = absl::InvalidArgumentError(
        absl::StrCat(violations.size(), " violations; the first is ", first.field(), ": ", first.description()));
  }
  status.SetPayload(kBadRequestType, absl::Cord(details.SerializeAsString()));
  return status;
}

absl::Status WithViolations(absl::Status status, const std::vector<gate::Violation>& violations) {
  if (violations.empty()) return status;
  if (violations.size() == 1) {
    const gate::Violation& only = violations.front();
    const bool told = status.message() == only.description;
    if (!told) status = absl::Status(status.code(), absl::StrCat(status.message(), ": ", only.field, ": ", only.description));
  }
  status.SetPayload(kBadRequestType, *BadRequest(violations).GetPayload(kBadRequestType));
  return status;
}

google::rpc::Status ToRpcStatus(const absl::Status& status) {
  google::rpc::Status result;
  result.set_code(static_cast<int>(status.code()));
  result.set_message(std::string(status.message()));
  status.ForEachPayload([&result](absl::string_view type_url, const absl::Cord& payload) {
    google::protobuf::Any* detail = result.add_details();
    detail->set_type_url(std::string(type_url));
    detail->set_value(std::string(payload));
  });
  return result;
}

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  const google::rpc::Status details = ToRpcStatus(status);
  // absl's codes are gRPC's canonical ones, number by number.
  const auto code = static_cast<grpc::StatusCode>(status.code());
  if (details.details_size() == 0) return grpc::Status(code, details.message());
  return grpc::Status(code, details.message(), details.SerializeAsString());
}

}  // namespace resultgate::rpc

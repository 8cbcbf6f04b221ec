#include "server/rpc/refused_call.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <utility>

#include "absl/strings/cord.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "google/rpc/error_details.pb.h"
#include "resultgate/v1/model.pb.h"
#include "resultgate/v1/release_service.pb.h"
#include "server/rpc/checks.h"
#include "server/rpc/status.h"

namespace resultgate::rpc {
namespace {

using google::protobuf::FieldDescriptor;

constexpr int kMostFields = 10;
// What requests call whoever makes them.
constexpr const char* kActors[] = {"actor",        "reviewer",  "approver", "clinician", "contacted_by", "settled_by",
                                   "requested_by", "placed_by", "ended_by", "consumer",  "sender"};

bool IsRefusal(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kOutOfRange:
      return true;
    default:
      return false;
  }
}

const FieldDescriptor* FieldOf(const google::protobuf::Message& request, const char* name, FieldDescriptor::CppType type) {
  const FieldDescriptor* const field = request.GetDescriptor()->FindFieldByName(name);
  return field != nullptr && field->cpp_type() == type && !field->is_repeated() ? field : nullptr;
}

std::string ActorOf(const google::protobuf::Message& request) {
  // A patient may be who asks.
  if (request.GetDescriptor() == v1::RequestReleaseRequest::descriptor()) return "";
  for (const char* name : kActors) {
    const FieldDescriptor* const field = FieldOf(request, name, FieldDescriptor::CPPTYPE_STRING);
    if (field == nullptr) continue;
    std::string actor = request.GetReflection()->GetString(request, field);
    if (!actor.empty()) return CutName(std::move(actor));
  }
  const FieldDescriptor* const report = FieldOf(request, "report", FieldDescriptor::CPPTYPE_MESSAGE);
  if (report == nullptr || report->message_type() != v1::DiagnosticReport::descriptor()) return "";
  return CutName(static_cast<const v1::DiagnosticReport&>(request.GetReflection()->GetMessage(request, report)).sender());
}

}  // namespace

gate::Caller CallerAt(const std::string& peer) {
  const bool is_address = absl::StartsWith(peer, "ipv4:") || absl::StartsWith(peer, "ipv6:");
  if (!is_address) return {CutName(peer)};
  // As a URI it has what stands in brackets, and a zone after `%`, percent-encoded.
  return {CutName(absl::StrReplaceAll(peer.substr(0, peer.rfind(':')),
                                      {{"%5B", "["}, {"%5b", "["}, {"%5D", "]"}, {"%5d", "]"}, {"%25", "%"}}))};
}

v1::Entry RefusedCall(const google::protobuf::Message& request, const absl::Status& status, const gate::Caller& caller) {
  v1::Entry entry;
  entry.set_peer(caller.peer);
  entry.set_actor(ActorOf(request));
  if (const FieldDescriptor* field = FieldOf(request, "result_id", FieldDescriptor::CPPTYPE_INT64)) {
    entry.set_result_id(std::max<int64_t>(request.GetReflection()->GetInt64(request, field), 0));
  }
  v1::Entry::CallRefused* refused = entry.mutable_call_refused();
  refused->set_call(std::string(absl::StripSuffix(request.GetDescriptor()->name(), "Request")));
  refused->set_code(absl::StatusCodeToString(status.code()));
  refused->set_peer(caller.peer);
  google::rpc::BadRequest wrong;
  if (const auto details = status.GetPayload(kBadRequestType)) wrong.ParseFromString(std::string(*details));
  for (const google::rpc::BadRequest::FieldViolation& violation : wrong.field_violations()) {
    if (refused->fields_size() == kMostFields) break;
    const auto& fields = refused->fields();
    const bool told = std::find(fields.begin(), fields.end(), violation.field()) != fields.end();
    if (!violation.field().empty() && !told) refused->add_fields(CutName(violation.field()));
  }
  return entry;
}

absl::Status TooMuch(gate::Gate* gate, const std::string& what) {
  gate->CountRefusedCall();
  return absl::ResourceExhaustedError(what);
}

void FinishRefused(gate::Gate* gate, const google::protobuf::Message& request, const gate::Caller& caller, absl::Status status,
                   std::function<void(const absl::Status&)> finish) {
  if (absl::IsResourceExhausted(status)) gate->CountRefusedCall();
  if (status.ErasePayload(kInTheLog) || !IsRefusal(status)) return finish(status);
  gate->LogRefusedCall(RefusedCall(request, status, caller), [status, finish = std::move(finish)] { finish(status); });
}

}  // namespace resultgate::rpc

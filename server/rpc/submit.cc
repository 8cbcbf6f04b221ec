#include "server/rpc/submit.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/digest.h"
#include "server/rpc/checks.h"
#include "server/rpc/refused_call.h"
#include "server/rpc/status.h"

namespace resultgate::rpc {
namespace {

// A log entry is read by a person: whoever made a thousand mistakes made them all the same way.
constexpr size_t kMostIssues = 100;

v1::RefuseResultRequest Refusal(const v1::DiagnosticReport& report, const Violations& violations) {
  v1::RefuseResultRequest refusal;
  refusal.set_sender(report.sender().empty() ? "unknown" : CutName(report.sender()));
  refusal.set_message_id(CutName(report.message_id()));
  refusal.set_message_digest(base::DigestText(report.SerializeAsString()));
  for (size_t i = 0; i < violations.size(); ++i) {
    v1::Issue* issue = refusal.add_issues();
    issue->set_severity(v1::Issue::SEVERITY_ERROR);
    if (i == kMostIssues) {
      issue->set_message(absl::StrCat(violations.size() - i, " more violations, left out here"));
      break;
    }
    issue->set_place(violations[i].field);
    issue->set_message(violations[i].description);
  }
  return refusal;
}

// `done`, called once the log has that it was refused; by whom is all of the request that it keeps.
gate::Callback<v1::SubmitResultResponse> LoggingRefusals(gate::Gate* gate, const v1::SubmitResultRequest& request,
                                                         const gate::Caller& caller,
                                                         gate::Callback<v1::SubmitResultResponse> done) {
  v1::SubmitResultRequest kept;
  if (request.has_report()) kept.mutable_report()->set_sender(request.report().sender());
  return [gate, kept = std::move(kept), caller, done = std::move(done)](absl::StatusOr<v1::SubmitResultResponse> answer) {
    // What there was too much of is counted by whoever is answered.
    if (answer.ok() || absl::IsResourceExhausted(answer.status())) return done(std::move(answer));
    FinishRefused(gate, kept, caller, answer.status(), [done](const absl::Status& told) { done(told); });
  };
}

}  // namespace

void Submit(gate::Gate* gate, v1::SubmitResultRequest request, const gate::Caller& caller,
            gate::Callback<v1::SubmitResultResponse> done) {
  if (const Violations violations = Check(request); !violations.empty()) {
    return Refuse(gate, request, violations, caller, std::move(done));
  }
  // The gate will not have it; that a sender tries stands in the log.
  const bool stray_test = request.report().test_message() && !request.accept_test_message();
  if (stray_test) done = LoggingRefusals(gate, request, caller, std::move(done));
  gate->Submit(std::move(request), std::move(done), caller);
}

void Refuse(gate::Gate* gate, const v1::SubmitResultRequest& request, const Violations& violations, const gate::Caller& caller,
            gate::Callback<v1::SubmitResultResponse> done) {
  absl::Status status = BadRequest(violations);
  if (!request.has_report()) {
    LoggingRefusals(gate, request, caller, std::move(done))(std::move(status));
    return;
  }
  gate->Refuse(
      Refusal(request.report(), violations),
      [status = std::move(status), done = std::move(done)](const absl::StatusOr<v1::RefuseResultResponse>& refused) {
        done(refused.ok() ? status : refused.status());
      },
      caller);
}

}  // namespace resultgate::rpc

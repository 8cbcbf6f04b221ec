#include "server/rpc/audit_service.h"

#include <optional>
#include <string>
#include <utility>

#include "server/audit/filter.h"
#include "server/base/file_issue.h"
#include "server/rpc/read_notes.h"
#include "server/rpc/unary.h"

namespace resultgate::rpc {
namespace {

// As a format of RecordExport: the database was copied.
constexpr char kBackupFormat[] = "backup";

// The request was checked, so it can be read.
audit::Filter FilterOf(const std::string& text, audit::Filter::Of of) {
  base::FileIssues issues;
  return audit::Filter::Parse(text, &issues, of).value_or(audit::Filter());
}

// The filter without what the log must not hold.
std::string FilterForLog(const std::string& text, audit::Filter::Of of) {
  return FilterOf(text, of).text_for_log();
}

// A question is logged with its first page, and with each that gives more: a filter that hardly anything matches may give nothing
// on the first ones.
std::optional<v1::Entry> NoteEntries(const v1::ListEntriesRequest& request, const v1::ListEntriesResponse& response) {
  if (!request.page_token().empty() && response.entries().empty()) return std::nullopt;
  v1::Entry entry = QueryEntry(request.actor(), v1::QUERY_ENTRIES, response.entries_size());
  entry.mutable_queried()->set_filter(FilterForLog(request.filter(), audit::Filter::Of::kEntries));
  entry.mutable_queried()->set_kind(request.kind());
  if (response.entries().empty()) return entry;  // there may be no such result
  const audit::Filter filter = FilterOf(request.filter(), audit::Filter::Of::kEntries);
  entry.set_result_id(request.result_id() != 0 ? request.result_id() : filter.OnlyResult().value_or(0));
  return entry;
}

std::optional<v1::Entry> NoteSummary(const v1::SummarizeRequest& request, const v1::SummarizeResponse& response) {
  v1::Entry entry = QueryEntry(request.actor(), v1::QUERY_SUMMARY, response.total().results());
  entry.mutable_queried()->set_filter(FilterForLog(request.filter(), audit::Filter::Of::kTurnarounds));
  return entry;
}

std::optional<v1::Entry> NoteReport(const v1::GetReportRequest& request, const v1::GetReportResponse& response) {
  v1::Entry entry = QueryEntry(request.actor(), v1::QUERY_REPORT, response.total().results());
  entry.mutable_queried()->set_report(request.report());
  entry.mutable_queried()->set_filter(FilterForLog(request.filter(), audit::Filter::Of::kTurnarounds));
  return entry;
}

std::optional<v1::Entry> NoteHistory(const v1::GetHistoryRequest& request, const v1::GetHistoryResponse& response) {
  v1::Entry entry = QueryEntry(request.actor(), v1::QUERY_HISTORY, response.events_size());
  entry.set_result_id(request.result_id());
  return entry;
}

std::optional<v1::Entry> NoteProof(const v1::GetInclusionProofRequest& request, const v1::GetInclusionProofResponse& response) {
  v1::Entry entry = QueryEntry(request.actor(), v1::QUERY_PROOF, 1);
  v1::Entry proved;
  if (proved.ParseFromString(response.entry())) entry.set_result_id(proved.result_id());
  return entry;
}

}  // namespace

grpc::ServerUnaryReactor* AuditService::ListEntries(grpc::CallbackServerContext* context, const v1::ListEntriesRequest* request,
                                                    v1::ListEntriesResponse* response) {
  return AnswerLoggedRead(
      context, request, response, executor_, gate_,
      [gate = gate_](const v1::ListEntriesRequest& asked) { return gate->ListEntries(asked); }, NoteEntries);
}

grpc::ServerUnaryReactor* AuditService::Summarize(grpc::CallbackServerContext* context, const v1::SummarizeRequest* request,
                                                  v1::SummarizeResponse* response) {
  return AnswerLoggedRead(
      context, request, response, executor_, gate_,
      [gate = gate_](const v1::SummarizeRequest& asked) { return gate->Summarize(asked); }, NoteSummary);
}

grpc::ServerUnaryReactor* AuditService::GetReport(grpc::CallbackServerContext* context, const v1::GetReportRequest* request,
                                                  v1::GetReportResponse* response) {
  return AnswerLoggedRead(
      context, request, response, executor_, gate_,
      [gate = gate_](const v1::GetReportRequest& asked) { return gate->GetReport(asked); }, NoteReport);
}

grpc::ServerUnaryReactor* AuditService::GetHistory(grpc::CallbackServerContext* context, const v1::GetHistoryRequest* request,
                                                   v1::GetHistoryResponse* response) {
  return AnswerLoggedRead(
      context, request, response, executor_, gate_,
      [gate = gate_](const v1::GetHistoryRequest& asked) { return gate->GetHistory(asked); }, NoteHistory);
}

grpc::ServerUnaryReactor* AuditService::RecordExport(grpc::CallbackServerContext* context, const v1::RecordExportRequest* request,
                                                     v1::RecordExportResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  if (!Passes(context, *request, gate_, reactor)) return reactor;
  const bool is_backup = request->format() == kBackupFormat;
  v1::Entry entry = QueryEntry(request->actor(), is_backup ? v1::QUERY_BACKUP : v1::QUERY_EXPORT, request->entries());
  if (!is_backup) {
    entry.mutable_queried()->set_format(request->format());
    entry.mutable_queried()->set_filter(FilterForLog(request->filter(), audit::Filter::Of::kEntries));
  }
  entry.set_peer(CallerOf(context).peer);
  gate_->LogQuery(std::move(entry), [gate = gate_, reactor, response](const absl::StatusOr<int64_t>& logged) {
    if (absl::IsResourceExhausted(logged.status())) gate->CountRefusedCall();
    if (logged.ok()) response->set_entry_sequence(*logged);
    reactor->Finish(ToGrpcStatus(logged.status()));
  });
  return reactor;
}

grpc::ServerUnaryReactor* AuditService::GetCheckpoint(grpc::CallbackServerContext* context,
                                                      const v1::GetCheckpointRequest* request,
                                                      v1::GetCheckpointResponse* response) {
  return AnswerRead(context, request, response, executor_, gate_,
                    [gate = gate_](const v1::GetCheckpointRequest& asked) { return gate->GetCheckpoint(asked); });
}

grpc::ServerUnaryReactor* AuditService::GetInclusionProof(grpc::CallbackServerContext* context,
                                                          const v1::GetInclusionProofRequest* request,
                                                          v1::GetInclusionProofResponse* response) {
  return AnswerLoggedRead(
      context, request, response, executor_, gate_,
      [gate = gate_](const v1::GetInclusionProofRequest& asked) { return gate->GetInclusionProof(asked); }, NoteProof);
}

grpc::ServerUnaryReactor* AuditService::GetConsistencyProof(grpc::CallbackServerContext* context,
                                                            const v1::GetConsistencyProofRequest* request,
                                                            v1::GetConsistencyProofResponse* response) {
  return AnswerRead(context, request, response, executor_, gate_,
                    [gate = gate_](const v1::GetConsistencyProofRequest& asked) { return gate->GetConsistencyProof(asked); });
}

}  // namespace resultgate::rpc

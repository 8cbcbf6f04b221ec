#include "server/rpc/checks.h"

#include <google/protobuf/timestamp.pb.h>

#include <algorithm>
#include <cstdint>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "server/audit/filter.h"
#include "server/base/file_issue.h"

namespace resultgate::rpc {
namespace {

constexpr size_t kLongestName = 256;
constexpr int kLargestPage = 1000;
constexpr int kMostReleases = 1000;
constexpr int kMostIssues = 1000;
constexpr int kMostLines = 10'000;

void CheckFilter(const std::string& text, audit::Filter::Of of, Violations* violations) {
  base::FileIssues issues;
  audit::Filter::Parse(text, &issues, of);
  for (const base::FileIssue& issue : issues) {
    violations->push_back({"filter", absl::StrCat("column ", issue.place.column, ": ", issue.message,
                                                  issue.suggestion.empty() ? "" : "; ", issue.suggestion)});
  }
}

void CheckAudience(v1::Audience audience, Violations* violations) {
  if (!v1::Audience_IsValid(audience)) violations->push_back({"audience", "must be an audience of this version of the API"});
}

// Where in UTF-8 a control character begins, C0 (tabs and ends of lines too), DEL or C1; npos where none does.
size_t FindControl(absl::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 || byte == 0x7F) return i;
    if (byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0) return i;
  }
  return absl::string_view::npos;
}

bool IsDigest(absl::string_view text) {
  constexpr absl::string_view kPrefix = "sha256:";
  if (text.size() != kPrefix.size() + 64 || text.substr(0, kPrefix.size()) != kPrefix) return false;
  text.remove_prefix(kPrefix.size());
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)) || (c >= 'a' && c <= 'f'); });
}

void CheckReport(bool present, const v1::DiagnosticReport& report, Violations* violations) {
  if (!present) {
    violations->push_back({"report", "is required"});
    return;
  }
  for (gate::Violation& violation : gate::Validate(report)) {
    violation.field = violation.field.empty() ? "report" : absl::StrCat("report.", violation.field);
    violations->push_back(std::move(violation));
  }
}

}  // namespace

void CheckPageSize(int page_size, Violations* violations) {
  if (page_size < 0 || page_size > kLargestPage) violations->push_back({"page_size", "must be from 0 (for 100) to 1000"});
}

void CheckId(const std::string& field, int64_t id, Violations* violations) {
  if (id < 1) violations->push_back({field, "must be a positive number"});
}

void CheckName(const std::string& field, const std::string& name, bool required, Violations* violations) {
  if (required && name.empty()) violations->push_back({field, "is required"});
  if (name.size() > kLongestName) violations->push_back({field, "must be at most 256 bytes"});
  if (const size_t at = FindControl(name); at != absl::string_view::npos) {
    violations->push_back({field, absl::StrCat("must hold no control character: byte ", at + 1, " is 0x",
                                               absl::Hex(static_cast<unsigned char>(name[at]), absl::kZeroPad2))});
  }
}

// The range that google/protobuf/timestamp.proto gives: 0001-01-01 to 9999-12-31.
void CheckTime(const std::string& field, const google::protobuf::Timestamp& time, Violations* violations) {
  if (time.seconds() < -62135596800 || time.seconds() > 253402300799 || time.nanos() < 0 || time.nanos() > 999999999) {
    violations->push_back({field, "must be a time from 0001-01-01T00:00:00Z to 9999-12-31T23:59:59.999999999Z"});
  }
}

std::string CutName(std::string name) {
  for (size_t at = FindControl(name); at != std::string::npos; at = FindControl(name)) {
    name.replace(at, static_cast<unsigned char>(name[at]) == 0xC2 ? 2 : 1, " ");
  }
  if (name.size() <= kLongestName) return name;
  size_t end = kLongestName;
  while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xC0) == 0x80) --end;
  name.resize(end);
  return name;
}

Violations Check(const v1::SubmitResultRequest& request) {
  Violations violations;
  CheckReport(request.has_report(), request.report(), &violations);
  return violations;
}

Violations Check(const v1::RefuseResultRequest& request) {
  Violations violations;
  CheckName("sender", request.sender(), /*required=*/true, &violations);
  CheckName("message_id", request.message_id(), /*required=*/false, &violations);
  if (!IsDigest(request.message_digest())) {
    violations.push_back({"message_digest", "must be `sha256:` and 64 lower-case hexadecimal digits"});
  }
  if (request.issues().empty()) violations.push_back({"issues", "must hold at least one"});
  if (request.issues_size() > kMostIssues) violations.push_back({"issues", "must hold at most 1000"});
  return violations;
}

Violations Check(const v1::GetResultRequest& request) {
  Violations violations;
  CheckId("result_id", request.result_id(), &violations);
  CheckName("actor", request.actor(), /*required=*/false, &violations);
  return violations;
}

Violations Check(const v1::ListResultsRequest& request) {
  Violations violations;
  CheckPageSize(request.page_size(), &violations);
  if (!v1::OutcomeState_IsValid(request.state())) violations.push_back({"state", "must be a state of this version of the API"});
  if (request.has_received_since()) CheckTime("received_since", request.received_since(), &violations);
  CheckName("actor", request.actor(), /*required=*/false, &violations);
  return violations;
}

Violations Check(const v1::RequestReleaseRequest& request) {
  Violations violations;
  CheckId("result_id", request.result_id(), &violations);
  CheckName("patient.value", request.patient().value(), /*required=*/true, &violations);
  CheckName("patient.system", request.patient().system(), /*required=*/false, &violations);
  if (request.audience() != v1::AUDIENCE_PATIENT && request.audience() != v1::AUDIENCE_REPRESENTATIVE) {
    violations.push_back({"audience", "must be PATIENT or REPRESENTATIVE"});
  }
  CheckName("requested_by", request.requested_by(), /*required=*/true, &violations);
  if (!request.requested_by().empty() && request.requested_by() == request.patient().value()) {
    violations.push_back({"requested_by", "must not be the patient's identifier, which the log never holds: name the account"});
  }
  return violations;
}

Violations Check(const v1::StreamReleasesRequest& request) {
  Violations violations;
  if (request.after_sequence() < 0) violations.push_back({"after_sequence", "must be 0, for all, or a release's sequence"});
  CheckName("consumer", request.consumer(), /*required=*/false, &violations);
  return violations;
}

Violations Check(const v1::AcknowledgeReleasesRequest& request) {
  Violations violations;
  if (request.sequences().empty() || request.sequences_size() > kMostReleases) {
    violations.push_back({"sequences", "must hold 1 to 1000"});
  }
  for (int i = 0; i < request.sequences_size(); ++i) {
    if (request.sequences(i) < 1) violations.push_back({absl::StrCat("sequences[", i, "]"), "must be a positive number"});
  }
  return violations;
}

Violations Check(const v1::GetReleaseRequest& request) {
  Violations violations;
  if (request.sequence() < 1) violations.push_back({"sequence", "must be a positive number"});
  if (!v1::CommentForm_IsValid(request.form())) violations.push_back({"form", "must be a form of this version of the API"});
  CheckName("actor", request.actor(), /*required=*/false, &violations);
  return violations;
}

Violations Check(const v1::ListEntriesRequest& request) {
  Violations violations;
  if (request.result_id() < 0) violations.push_back({"result_id", "must be 0, for all, or a result's id"});
  if (!v1::EntryKind_IsValid(request.kind())) violations.push_back({"kind", "must be a kind of this version of the API"});
  CheckPageSize(request.page_size(), &violations);
  CheckFilter(request.filter(), audit::Filter::Of::kEntries, &violations);
  CheckName("actor", request.actor(), /*required=*/false, &violations);
  return violations;
}

Violations Check(const v1::SummarizeRequest& request) {
  Violations violations;
  for (int i = 0; i < request.group_by_size(); ++i) {
    const auto dimension = request.group_by(i);
    const std::string field = absl::StrCat("group_by[", i, "]");
    if (!v1::SummaryDimension_IsValid(dimension) || dimension == v1::SUMMARY_DIMENSION_UNSPECIFIED) {
      violations.push_back({field, "must be a dimension of this version of the API"});
    }
    if (std::find(request.group_by().begin(), request.group_by().begin() + i, dimension) != request.group_by().begin() + i) {
      violations.push_back({field, "stands there already"});
    }
  }
  CheckFilter(request.filter(), audit::Filter::Of::kTurnarounds, &violations);
  CheckAudience(request.audience(), &violations);
  CheckName("actor", request.actor(), /*required=*/false, &violations);
  return violations;
}

Violations Check(const v1::GetReportRequest& request) {
  Violations violations;
  if (!v1::ReportKind_IsValid(request.report()) || request.report() == v1::REPORT_KIND_UNSPECIFIED) {
    violations.push_back({"report", "must be a report of this version of the API"});
  }
  CheckFilter(request.filter(), audit::Filter::Of::kTurnarounds, &violations);
  CheckAudience(request.audience(), &violations);
  if (request.most_lines() < 0 || request.most_lines() > kMostLines) {
    violations.push_back({"most_lines", "must be from 0 (for 100) to 10000"});
  }
  CheckName("actor", request.actor(), /*required=*/false, &violations);
  return violations;
}

Violations Check(const v1::GetHistoryRequest& request) {
  Violations violations;
  CheckId("result_id", request.result_id(), &violations);
  CheckName("actor", request.actor(), /*required=*/false, &violations);
  return violations;
}

Violations Check(const v1::RecordExportRequest& request) {
  Violations violations;
  CheckName("format", request.format(), /*required=*/true, &violations);
  CheckFilter(request.filter(), audit::Filter::Of::kEntries, &violations);
  if (request.entries() < 0) violations.push_back({"entries", "must not be negative"});
  CheckName("actor", request.actor(), /*required=*/false, &violations);
  return violations;
}

Violations Check(const v1::GetCheckpointRequest&) {
  return {};
}

Violations Check(const v1::GetInclusionProofRequest& request) {
  Violations violations;
  CheckId("sequence", request.sequence(), &violations);
  if (request.tree_size() < 0)
    violations.push_back({"tree_size", "must be 0, for the newest checkpoint's, or a number of entries"});
  CheckName("actor", request.actor(), /*required=*/false, &violations);
  return violations;
}

Violations Check(const v1::GetConsistencyProofRequest& request) {
  Violations violations;
  if (request.from_tree_size() < 0) violations.push_back({"from_tree_size", "must be a number of entries"});
  if (request.tree_size() < 0)
    violations.push_back({"tree_size", "must be 0, for the newest checkpoint's, or a number of entries"});
  if (request.tree_size() > 0 && request.tree_size() < request.from_tree_size()) {
    violations.push_back({"tree_size", "must not be less than from_tree_size"});
  }
  return violations;
}

Violations Check(const v1::DecideRequest& request) {
  Violations violations;
  CheckReport(request.has_report(), request.report(), &violations);
  if (request.has_now()) CheckTime("now", request.now(), &violations);
  return violations;
}

Violations Check(const v1::ActivatePackRequest& request) {
  Violations violations;
  if (!request.has_files()) violations.push_back({"files", "is required"});
  CheckName("approver", request.approver(), /*required=*/true, &violations);
  CheckName("author", request.author(), /*required=*/false, &violations);
  return violations;
}

Violations Check(const v1::RollbackPackRequest& request) {
  Violations violations;
  CheckName("approver", request.approver(), /*required=*/true, &violations);
  CheckName("author", request.author(), /*required=*/false, &violations);
  if (!request.pack_digest().empty() && !IsDigest(request.pack_digest())) {
    violations.push_back({"pack_digest", "must be empty, or `sha256:` and 64 lower-case hexadecimal digits"});
  }
  return violations;
}

Violations Check(const v1::ListActivationsRequest& request) {
  Violations violations;
  CheckPageSize(request.page_size(), &violations);
  CheckName("actor", request.actor(), /*required=*/false, &violations);
  return violations;
}

Violations Check(const v1::RedecideHeldRequest& request) {
  Violations violations;
  CheckName("actor", request.actor(), /*required=*/true, &violations);
  if (request.has_release_held() && request.release_held() < 0) {
    violations.push_back({"release_held", "must not be negative"});
  }
  if (!request.has_release_held() && !request.tighten() && !request.validate_only()) {
    violations.push_back({"release_held", "is required: the number of units that will be released, or `tighten`"});
  }
  return violations;
}

}  // namespace resultgate::rpc

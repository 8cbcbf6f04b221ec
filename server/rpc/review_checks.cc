// What each request about reviews, and about what is left to do after them, must hold before it is passed on.

#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "server/rpc/checks.h"

namespace resultgate::rpc {
namespace {

constexpr size_t kLongestComment = 4000;
constexpr size_t kLongestReason = 1000;
constexpr int kMostUnits = 1001;  // 1,000 observations and the document

template <typename Units>
void CheckUnits(const Units& unit_ids, Violations* violations) {
  if (unit_ids.size() > kMostUnits) violations->push_back({"unit_ids", "must hold at most 1001"});
  for (int i = 0; i < unit_ids.size(); ++i) {
    if (unit_ids[i].empty())
      violations->push_back({absl::StrCat("unit_ids[", i, "]"), "must be an observation's id, or `document`"});
  }
}

// What everybody says who acts on a review.
template <typename Request>
void CheckAct(const Request& request, Violations* violations) {
  CheckId("result_id", request.result_id(), violations);
  if (request.etag().empty()) violations->push_back({"etag", "is required: that of the review as it was read"});
  CheckName("etag", request.etag(), /*required=*/false, violations);
  CheckName("reviewer", request.reviewer(), /*required=*/true, violations);
}

}  // namespace

void CheckReason(const std::string& reason, bool required, Violations* violations) {
  if (required && absl::StripAsciiWhitespace(reason).empty()) violations->push_back({"reason", "is required"});
  if (reason.size() > kLongestReason) violations->push_back({"reason", "must be at most 1000 bytes"});
}

Violations Check(const v1::ListReviewsRequest& request) {
  Violations violations;
  CheckName("owner", request.owner(), /*required=*/false, &violations);
  CheckPageSize(request.page_size(), &violations);
  return violations;
}

Violations Check(const v1::ApproveReviewRequest& request) {
  Violations violations;
  CheckAct(request, &violations);
  if (request.version() < 1) violations.push_back({"version", "is required: the version that the reviewer read, from 1"});
  CheckUnits(request.unit_ids(), &violations);
  if (request.has_comment()) {
    const v1::ClinicianComment& comment = request.comment();
    if (absl::StripAsciiWhitespace(comment.text()).empty()) violations.push_back({"comment.text", "is required in a comment"});
    if (comment.text().size() > kLongestComment) violations.push_back({"comment.text", "must be at most 4000 bytes"});
    if (!comment.author().empty() || comment.has_written_at() || !comment.unit_ids().empty() || comment.version() != 0) {
      violations.push_back({"comment", "must have `text` and `replaces_template` only: the gate fills in the rest"});
    }
  }
  if (request.has_discussed_at()) CheckTime("discussed_at", request.discussed_at(), &violations);
  CheckName("discussed_how", request.discussed_how(), /*required=*/false, &violations);
  if (request.has_discussed_at() && request.discussed_how().empty()) {
    violations.push_back({"discussed_how", "is required with `discussed_at`"});
  }
  return violations;
}

Violations Check(const v1::GetReviewRequest& request) {
  Violations violations;
  CheckId("result_id", request.result_id(), &violations);
  CheckName("reviewer", request.reviewer(), /*required=*/false, &violations);
  return violations;
}

Violations Check(const v1::ClaimReviewRequest& request) {
  Violations violations;
  CheckAct(request, &violations);
  CheckUnits(request.unit_ids(), &violations);
  return violations;
}

Violations Check(const v1::ReleaseNowRequest& request) {
  Violations violations;
  CheckAct(request, &violations);
  return violations;
}

Violations Check(const v1::HoldResultRequest& request) {
  Violations violations;
  CheckAct(request, &violations);
  CheckUnits(request.unit_ids(), &violations);
  if (request.type() != v1::BASIS_TYPE_PATIENT_REQUEST && request.type() != v1::BASIS_TYPE_PRIVACY &&
      request.type() != v1::BASIS_TYPE_HARM_DETERMINATION) {
    violations.push_back(
        {"type", "must be PATIENT_REQUEST, PRIVACY or HARM_DETERMINATION: nobody holds one result longer for less"});
  }
  CheckReason(request.reason(), /*required=*/true, &violations);
  if (!request.has_until()) violations.push_back({"until", "is required: every hold has an end"});
  CheckTime("until", request.until(), &violations);
  for (int i = 0; i < request.audiences_size(); ++i) {
    const int audience = request.audiences(i);
    if (audience != v1::AUDIENCE_UNSPECIFIED && v1::Audience_IsValid(audience)) continue;
    violations.push_back({absl::StrCat("audiences[", i, "]"), "must be PATIENT, REPRESENTATIVE or DELEGATE"});
  }
  return violations;
}

Violations Check(const v1::EndHoldRequest& request) {
  Violations violations;
  CheckAct(request, &violations);
  CheckId("determination_id", request.determination_id(), &violations);
  CheckReason(request.reason(), /*required=*/true, &violations);
  return violations;
}

Violations Check(const v1::UpholdHoldRequest& request) {
  Violations violations;
  CheckAct(request, &violations);
  CheckId("determination_id", request.determination_id(), &violations);
  CheckReason(request.reason(), /*required=*/true, &violations);
  return violations;
}

Violations Check(const v1::HandOverReviewRequest& request) {
  Violations violations;
  CheckAct(request, &violations);
  CheckUnits(request.unit_ids(), &violations);
  if (request.to().role().empty() && request.to().person().value().empty()) {
    violations.push_back({"to", "must name a role, a person, or both"});
  }
  CheckName("to.role", request.to().role(), /*required=*/false, &violations);
  CheckName("to.person.value", request.to().person().value(), /*required=*/false, &violations);
  CheckReason(request.reason(), /*required=*/false, &violations);
  return violations;
}

Violations Check(const v1::RefuseReviewRequest& request) {
  Violations violations;
  CheckAct(request, &violations);
  CheckUnits(request.unit_ids(), &violations);
  CheckReason(request.reason(), /*required=*/true, &violations);
  return violations;
}

Violations Check(const v1::StreamReviewEventsRequest& request) {
  Violations violations;
  if (request.after_cursor() < 0) violations.push_back({"after_cursor", "must be 0, for all that waits, or an event's cursor"});
  return violations;
}

Violations Check(const v1::GetWorkloadRequest& request) {
  Violations violations;
  if (!request.has_since()) violations.push_back({"since", "is required"});
  CheckTime("since", request.since(), &violations);
  if (request.has_until()) CheckTime("until", request.until(), &violations);
  for (const int dimension : request.group_by()) {
    if (dimension == v1::WORKLOAD_DIMENSION_UNSPECIFIED || !v1::WorkloadDimension_IsValid(dimension)) {
      violations.push_back({"group_by", "must be WEEK, RULE, POOL, CLINICIAN or TEMPLATE"});
    }
  }
  CheckName("actor", request.actor(), /*required=*/false, &violations);
  return violations;
}

Violations Check(const v1::RecordViewRequest& request) {
  Violations violations;
  CheckId("result_id", request.result_id(), &violations);
  if (request.audience() == v1::AUDIENCE_UNSPECIFIED || !v1::Audience_IsValid(request.audience())) {
    violations.push_back({"audience", "must be PATIENT, REPRESENTATIVE or DELEGATE"});
  }
  if (request.has_viewed_at()) CheckTime("viewed_at", request.viewed_at(), &violations);
  CheckName("viewer", request.viewer(), /*required=*/false, &violations);
  return violations;
}

Violations Check(const v1::RecordClinicianViewRequest& request) {
  Violations violations;
  CheckId("result_id", request.result_id(), &violations);
  CheckName("clinician", request.clinician(), /*required=*/true, &violations);
  if (request.has_viewed_at()) CheckTime("viewed_at", request.viewed_at(), &violations);
  return violations;
}

Violations Check(const v1::RecordContactRequest& request) {
  Violations violations;
  CheckId("result_id", request.result_id(), &violations);
  CheckName("contacted_by", request.contacted_by(), /*required=*/true, &violations);
  CheckName("how", request.how(), /*required=*/true, &violations);
  if (request.has_contacted_at()) CheckTime("contacted_at", request.contacted_at(), &violations);
  return violations;
}

Violations Check(const v1::RecordMessageRequest& request) {
  Violations violations;
  CheckId("result_id", request.result_id(), &violations);
  CheckName("message_id", request.message_id(), /*required=*/true, &violations);
  CheckName("category", request.category(), /*required=*/true, &violations);
  if (request.has_sent_at()) CheckTime("sent_at", request.sent_at(), &violations);
  return violations;
}

Violations Check(const v1::SettleRefusalRequest& request) {
  Violations violations;
  CheckId("entry_sequence", request.entry_sequence(), &violations);
  CheckName("settled_by", request.settled_by(), /*required=*/true, &violations);
  CheckName("how", request.how(), /*required=*/true, &violations);
  return violations;
}

Violations Check(const v1::ListOutreachRequest& request) {
  Violations violations;
  if (!v1::OutreachKind_IsValid(request.kind())) violations.push_back({"kind", "must be a kind of this version of the API"});
  CheckName("owner", request.owner(), /*required=*/false, &violations);
  if (request.not_viewed_after_hours() < 0 || request.not_viewed_after_hours() > 8760) {
    violations.push_back({"not_viewed_after_hours", "must be from 0 (for 72) to 8760"});
  }
  CheckPageSize(request.page_size(), &violations);
  CheckName("actor", request.actor(), /*required=*/false, &violations);
  return violations;
}

}  // namespace resultgate::rpc

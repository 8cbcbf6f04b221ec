#include "server/gate/gate.h"

#include <utility>

#include "server/base/status_macros.h"
#include "server/gate/dry_run.h"
#include "server/gate/gate_impl.h"
#include "server/gate/log_reads.h"
#include "server/gate/outreach.h"
#include "server/gate/reads.h"
#include "server/gate/request_release.h"
#include "server/gate/review_hold.h"
#include "server/gate/review_screen.h"
#include "server/gate/review_work.h"
#include "server/gate/turnarounds.h"
#include "server/gate/workload.h"
#include "server/policy/sentence.h"

namespace resultgate::gate {

Gate::Gate(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Gate::~Gate() = default;

absl::StatusOr<std::unique_ptr<Gate>> Gate::Start(store::Store* store, base::Clock* clock, const policy::LoadedPack& folder,
                                                  CommentLoader load_comments, const Options& options) {
  auto impl = std::make_unique<Impl>(store, clock, std::move(load_comments), options);
  RG_RETURN_IF_ERROR(impl->Start(folder));
  return std::unique_ptr<Gate>(new Gate(std::move(impl)));
}

void Gate::Submit(v1::SubmitResultRequest request, Callback<v1::SubmitResultResponse> done, const Caller& caller) {
  impl_->Submit(std::move(request), std::move(done), caller);
}

void Gate::Refuse(v1::RefuseResultRequest request, Callback<v1::RefuseResultResponse> done, const Caller& caller) {
  impl_->Refuse(std::move(request), std::move(done), caller);
}

void Gate::Approve(v1::ApproveReviewRequest request, Callback<v1::ApproveReviewResponse> done, const Caller& caller) {
  impl_->Review(&RunApprove, std::move(request), std::move(done), caller);
}

void Gate::Claim(v1::ClaimReviewRequest request, Callback<v1::ClaimReviewResponse> done, const Caller& caller) {
  impl_->Review(&RunClaim, std::move(request), std::move(done), caller);
}

void Gate::HandOver(v1::HandOverReviewRequest request, Callback<v1::HandOverReviewResponse> done, const Caller& caller) {
  impl_->Review(&RunHandOver, std::move(request), std::move(done), caller);
}

void Gate::RefuseReview(v1::RefuseReviewRequest request, Callback<v1::RefuseReviewResponse> done, const Caller& caller) {
  impl_->Review(&RunRefuseReview, std::move(request), std::move(done), caller);
}

void Gate::ReleaseNow(v1::ReleaseNowRequest request, Callback<v1::ReleaseNowResponse> done, const Caller& caller) {
  impl_->Review(&RunReleaseNow, std::move(request), std::move(done), caller);
}

void Gate::Hold(v1::HoldResultRequest request, Callback<v1::HoldResultResponse> done, const Caller& caller) {
  impl_->Review(&RunHold, std::move(request), std::move(done), caller);
}

void Gate::EndHold(v1::EndHoldRequest request, Callback<v1::EndHoldResponse> done, const Caller& caller) {
  impl_->Review(&RunEndHold, std::move(request), std::move(done), caller);
}

void Gate::UpholdHold(v1::UpholdHoldRequest request, Callback<v1::UpholdHoldResponse> done, const Caller& caller) {
  impl_->Review(&RunUpholdHold, std::move(request), std::move(done), caller);
}

void Gate::RequestRelease(v1::RequestReleaseRequest request, Callback<v1::RequestReleaseResponse> done, const Caller& caller) {
  impl_->Review(&RunRequestRelease, std::move(request), std::move(done), caller);
}

void Gate::Acknowledge(v1::AcknowledgeReleasesRequest request, Callback<v1::AcknowledgeReleasesResponse> done,
                       const Caller& caller) {
  impl_->Acknowledge(std::move(request), std::move(done), caller);
}

void Gate::UpdatePatient(v1::UpdatePatientRequest request, Callback<v1::UpdatePatientResponse> done, const Caller& caller) {
  impl_->At(&PatientDesk::Update, std::move(request), std::move(done), caller);
}

void Gate::SetPreference(v1::SetPreferenceRequest request, Callback<v1::SetPreferenceResponse> done, const Caller& caller) {
  impl_->At(&PatientDesk::SetPreference, std::move(request), std::move(done), caller);
}

void Gate::PutRelatedPerson(v1::PutRelatedPersonRequest request, Callback<v1::PutRelatedPersonResponse> done,
                            const Caller& caller) {
  impl_->At(&PatientDesk::PutPerson, std::move(request), std::move(done), caller);
}

void Gate::RemoveRelatedPerson(v1::RemoveRelatedPersonRequest request, Callback<v1::RemoveRelatedPersonResponse> done,
                               const Caller& caller) {
  impl_->At(&PatientDesk::RemovePerson, std::move(request), std::move(done), caller);
}

void Gate::MergePatients(v1::MergePatientsRequest request, Callback<v1::MergePatientsResponse> done, const Caller& caller) {
  impl_->At(&PatientDesk::Merge, std::move(request), std::move(done), caller);
}

void Gate::UnmergePatients(v1::UnmergePatientsRequest request, Callback<v1::UnmergePatientsResponse> done, const Caller& caller) {
  impl_->At(&PatientDesk::Unmerge, std::move(request), std::move(done), caller);
}

void Gate::PutOwner(v1::PutOwnerRequest request, Callback<v1::PutOwnerResponse> done, const Caller& caller) {
  impl_->At(&DirectoryDesk::PutOwner, std::move(request), std::move(done), caller);
}

void Gate::RemoveOwner(v1::RemoveOwnerRequest request, Callback<v1::RemoveOwnerResponse> done, const Caller& caller) {
  impl_->At(&DirectoryDesk::RemoveOwner, std::move(request), std::move(done), caller);
}

void Gate::PutAbsence(v1::PutAbsenceRequest request, Callback<v1::PutAbsenceResponse> done, const Caller& caller) {
  impl_->At(&DirectoryDesk::PutAbsence, std::move(request), std::move(done), caller);
}

void Gate::RemoveAbsence(v1::RemoveAbsenceRequest request, Callback<v1::RemoveAbsenceResponse> done, const Caller& caller) {
  impl_->At(&DirectoryDesk::RemoveAbsence, std::move(request), std::move(done), caller);
}

void Gate::PlaceLegalHold(v1::PlaceLegalHoldRequest request, Callback<v1::PlaceLegalHoldResponse> done, const Caller& caller) {
  impl_->At(&RetentionDesk::Place, std::move(request), std::move(done), caller);
}

void Gate::EndLegalHold(v1::EndLegalHoldRequest request, Callback<v1::EndLegalHoldResponse> done, const Caller& caller) {
  impl_->At(&RetentionDesk::End, std::move(request), std::move(done), caller);
}

void Gate::EraseResult(v1::EraseResultRequest request, Callback<v1::EraseResultResponse> done, const Caller& caller) {
  impl_->At(&RetentionDesk::Erase, std::move(request), std::move(done), caller);
}

void Gate::RecordView(v1::RecordViewRequest request, Callback<v1::RecordViewResponse> done, const Caller& caller) {
  impl_->Review(&RunRecordView, std::move(request), std::move(done), caller);
}

void Gate::RecordClinicianView(v1::RecordClinicianViewRequest request, Callback<v1::RecordClinicianViewResponse> done,
                               const Caller& caller) {
  impl_->Review(&RunRecordClinicianView, std::move(request), std::move(done), caller);
}

void Gate::RecordContact(v1::RecordContactRequest request, Callback<v1::RecordContactResponse> done, const Caller& caller) {
  impl_->Review(&RunRecordContact, std::move(request), std::move(done), caller);
}

void Gate::RecordMessage(v1::RecordMessageRequest request, Callback<v1::RecordMessageResponse> done, const Caller& caller) {
  impl_->Review(&RunRecordMessage, std::move(request), std::move(done), caller);
}

void Gate::SettleRefusal(v1::SettleRefusalRequest request, Callback<v1::SettleRefusalResponse> done, const Caller& caller) {
  impl_->Review(&RunSettleRefusal, std::move(request), std::move(done), caller);
}

v1::DecideResponse Gate::DryRun(const v1::DecideRequest& request) const {
  return gate::DryRun(*impl_->packs().Active(), request, impl_->clock().Now());
}

v1::PackSummary Gate::ActivePack() const {
  return policy::Summarize(*impl_->packs().Active()->pack);
}

absl::StatusOr<v1::ActivatePackResponse> Gate::ActivatePack(const v1::ActivatePackRequest& request, const Caller& caller) {
  return impl_->packs().Activate(request, caller);
}

absl::StatusOr<v1::RollbackPackResponse> Gate::RollbackPack(const v1::RollbackPackRequest& request, const Caller& caller) {
  return impl_->packs().Rollback(request, caller);
}

absl::StatusOr<v1::RedecideHeldResponse> Gate::RedecideHeld(const v1::RedecideHeldRequest& request, const Caller& caller) {
  return impl_->packs().Redecide(request, caller);
}

absl::StatusOr<v1::ListActivationsResponse> Gate::ListActivations(const v1::ListActivationsRequest& request) const {
  return impl_->packs().List(request);
}

absl::Status Gate::ReloadPack(const policy::LoadedPack& folder) {
  return impl_->packs().Reload(folder);
}

absl::StatusOr<v1::GetResultResponse> Gate::GetResult(const v1::GetResultRequest& request) const {
  return gate::GetResult(impl_->store(), request);
}

absl::StatusOr<v1::ListLegalHoldsResponse> Gate::ListLegalHolds(const v1::ListLegalHoldsRequest& request) const {
  return gate::ListLegalHolds(impl_->store(), request);
}

absl::StatusOr<v1::ListOwnersResponse> Gate::ListOwners(const v1::ListOwnersRequest& request) const {
  return gate::ListOwners(impl_->store(), request);
}

absl::StatusOr<v1::GetPatientResponse> Gate::GetPatient(const v1::GetPatientRequest& request) const {
  return gate::GetPatient(impl_->store(), request);
}

absl::StatusOr<v1::ListResultsResponse> Gate::ListResults(const v1::ListResultsRequest& request) const {
  return gate::ListResults(impl_->store(), request);
}

absl::StatusOr<v1::ListReviewsResponse> Gate::ListReviews(const v1::ListReviewsRequest& request) const {
  return gate::ListReviews(impl_->store(), *impl_->directory().Current(), impl_->packs().Active()->pack->calendar().zone(),
                           request, impl_->clock().Now());
}

absl::StatusOr<v1::GetReviewResponse> Gate::GetReview(const v1::GetReviewRequest& request) const {
  return gate::GetReview(impl_->store(), impl_->packs(), *impl_->directory().Current(), request.result_id(),
                         impl_->clock().Now());
}

absl::StatusOr<v1::GetWorkloadResponse> Gate::GetWorkload(const v1::GetWorkloadRequest& request) const {
  return gate::GetWorkload(impl_->store(), request, impl_->packs().Active()->pack->calendar().zone());
}

absl::StatusOr<v1::ListOutreachResponse> Gate::ListOutreach(const v1::ListOutreachRequest& request) const {
  return gate::ListOutreach(impl_->store(), *impl_->packs().Active()->pack, *impl_->directory().Current(), impl_->open_refusals(),
                            request, impl_->clock().Now());
}

absl::StatusOr<v1::ListEntriesResponse> Gate::ListEntries(const v1::ListEntriesRequest& request) const {
  return gate::ListEntries(impl_->store(), request);
}
absl::StatusOr<v1::SummarizeResponse> Gate::Summarize(const v1::SummarizeRequest& request) const {
  return gate::Summarize(impl_->store(), request, impl_->packs().Active()->pack->calendar().zone(), impl_->clock().Now());
}
absl::StatusOr<v1::GetReportResponse> Gate::GetReport(const v1::GetReportRequest& request) const {
  return gate::GetReport(impl_->store(), request, impl_->packs().Active()->pack->calendar().zone(), impl_->clock().Now());
}
absl::StatusOr<v1::GetHistoryResponse> Gate::GetHistory(const v1::GetHistoryRequest& request) const {
  const auto asked_by = [this](const std::string& digest, const std::string& rule_id, v1::RuleEffect effect) {
    const std::shared_ptr<const policy::Pack> pack = impl_->packs().Kept(digest);
    return pack == nullptr ? std::string() : policy::AskedSpan(*pack, rule_id, effect);
  };
  return gate::GetHistory(impl_->store(), request, impl_->packs().Active()->pack->calendar().zone(), asked_by);
}
void Gate::LogQuery(v1::Entry entry, Callback<int64_t> done) {
  impl_->LogQuery(std::move(entry), std::move(done));
}
void Gate::LogScreen(v1::Entry entry, const std::string& answer, Callback<int64_t> done) {
  impl_->LogScreen(std::move(entry), answer, std::move(done));
}
void Gate::LogReviewRead(ReviewRead read, Callback<v1::RecordClinicianViewResponse> done, const Caller& caller) {
  impl_->Review(&RunReviewRead, std::move(read), std::move(done), caller);
}
void Gate::LogDelivery(v1::Entry entry) {
  impl_->LogDelivery(std::move(entry));
}
void Gate::CountRefusedCall() {
  impl_->CountRefusedCall();
}
void Gate::LogRefusedCall(v1::Entry entry, std::function<void()> done) {
  impl_->LogRefusedCall(std::move(entry), std::move(done));
}
absl::StatusOr<v1::GetCheckpointResponse> Gate::GetCheckpoint(const v1::GetCheckpointRequest&) const {
  return gate::GetCheckpoint(impl_->store().log());
}
absl::StatusOr<v1::GetInclusionProofResponse> Gate::GetInclusionProof(const v1::GetInclusionProofRequest& request) const {
  return gate::GetInclusionProof(impl_->store().log(), request);
}
absl::StatusOr<v1::GetConsistencyProofResponse> Gate::GetConsistencyProof(const v1::GetConsistencyProofRequest& request) const {
  return gate::GetConsistencyProof(impl_->store().log(), request);
}

absl::StatusOr<std::vector<v1::Release>> Gate::ReadReleases(int64_t after_sequence, bool unacknowledged_only, int limit,
                                                            int64_t* scanned_to) const {
  return gate::ReadReleases(impl_->store(), *impl_->packs().Active(), after_sequence, unacknowledged_only, limit, scanned_to);
}

absl::StatusOr<v1::GetReleaseResponse> Gate::GetRelease(const v1::GetReleaseRequest& request) const {
  return gate::GetRelease(impl_->store(), *impl_->packs().Active(), request);
}

absl::StatusOr<bool> Gate::ReadReviewEvents(ReviewCursor* cursor, int limit, std::vector<v1::ReviewEvent>* events) const {
  return gate::ReadReviewEvents(impl_->store(), *impl_->directory().Current(), impl_->packs().Active()->pack->calendar().zone(),
                                impl_->clock().Now(), cursor, limit, events);
}

int64_t Gate::Subscribe(Feed feed, std::function<void()> wake) {
  return impl_->Subscribe(feed, std::move(wake));
}

void Gate::Unsubscribe(int64_t id) {
  impl_->Unsubscribe(id);
}

}  // namespace resultgate::gate

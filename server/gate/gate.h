// The workflow: what happens to a result between intake and portal. Every change of state goes through here.
//
// Calls are asynchronous: they queue work for the one writer thread, which takes what is there (group commit), decides each piece
// exactly, commits all of it in one transaction with its log entries, and only then calls back. Callbacks run on the writer
// thread, or on the caller's where the work is refused at once, and must not block.
//
// Thread-safe. Time comes from the injected clock only.
#ifndef RESULTGATE_GATE_GATE_H_
#define RESULTGATE_GATE_GATE_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "resultgate/v1/audit_service.pb.h"
#include "resultgate/v1/directory_service.pb.h"
#include "resultgate/v1/outreach_service.pb.h"
#include "resultgate/v1/patient_service.pb.h"
#include "resultgate/v1/policy_service.pb.h"
#include "resultgate/v1/release_service.pb.h"
#include "resultgate/v1/result_gate_service.pb.h"
#include "resultgate/v1/retention_service.pb.h"
#include "resultgate/v1/review_service.pb.h"
#include "server/base/clock.h"
#include "server/gate/caller.h"
#include "server/gate/content_digest.h"
#include "server/gate/retention.h"
#include "server/gate/review_events.h"
#include "server/gate/rulebook.h"
#include "server/policy/pack_files.h"
#include "server/store/store.h"

namespace resultgate::gate {

struct Options {
  // Written into the log at the start.
  std::string software_version;
  bool development = false;
  // How the gate was set up, by name: written into the log at the start, with what is otherwise than the time before.
  std::map<std::string, std::string> settings;
  // Work that waits for the writer; past this a call is refused with ResourceExhausted, because a longer queue only makes
  // everybody late.
  size_t longest_queue = 4096;
  // Work in one transaction: more than this adds latency without saving fsyncs that count.
  size_t largest_group = 256;
  // How long contents of results are kept.
  Retention retention;
  // Where salts come from; null: random bytes of the operating system.
  NewSalt new_salt;
  // Called during the start where something came due before it, when that stands in the log and before anything of it goes. Null:
  // nobody is told.
  std::function<void(const v1::Entry::Overdue&)> tell_overdue;
};

// What can be followed.
enum class Feed {
  kReleases,  // ReadReleases
  kReviews,   // ReadReviewEvents
};

template <typename Response>
using Callback = std::function<void(absl::StatusOr<Response>)>;

class Gate {
 public:
  // Takes the pack that was active last, or `folder` on a database that has none, or in development mode (PackHost::Start);
  // writes the Started entry, what is otherwise than at the last start, and what came due before it; tells of that; starts the
  // writer and the due timer, and what is late goes, the earliest first. The clock and store must outlive the gate.
  static absl::StatusOr<std::unique_ptr<Gate>> Start(store::Store* store, base::Clock* clock, const policy::LoadedPack& folder,
                                                     CommentLoader load_comments, const Options& options);

  // Finishes what is queued, then stops.
  ~Gate();
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;

  // Decides one valid report (see validate.h). FailedPrecondition for a test message that the request does not accept.
  void Submit(v1::SubmitResultRequest request, Callback<v1::SubmitResultResponse> done, const Caller& caller = {});
  void Refuse(v1::RefuseResultRequest request, Callback<v1::RefuseResultResponse> done, const Caller& caller = {});
  void Claim(v1::ClaimReviewRequest request, Callback<v1::ClaimReviewResponse> done, const Caller& caller = {});
  void Approve(v1::ApproveReviewRequest request, Callback<v1::ApproveReviewResponse> done, const Caller& caller = {});
  void ReleaseNow(v1::ReleaseNowRequest request, Callback<v1::ReleaseNowResponse> done, const Caller& caller = {});
  void HandOver(v1::HandOverReviewRequest request, Callback<v1::HandOverReviewResponse> done, const Caller& caller = {});
  void RefuseReview(v1::RefuseReviewRequest request, Callback<v1::RefuseReviewResponse> done, const Caller& caller = {});
  void Hold(v1::HoldResultRequest request, Callback<v1::HoldResultResponse> done, const Caller& caller = {});
  void EndHold(v1::EndHoldRequest request, Callback<v1::EndHoldResponse> done, const Caller& caller = {});
  void UpholdHold(v1::UpholdHoldRequest request, Callback<v1::UpholdHoldResponse> done, const Caller& caller = {});
  void RequestRelease(v1::RequestReleaseRequest request, Callback<v1::RequestReleaseResponse> done, const Caller& caller = {});
  void Acknowledge(v1::AcknowledgeReleasesRequest request, Callback<v1::AcknowledgeReleasesResponse> done,
                   const Caller& caller = {});

  // As PatientService says.
  void UpdatePatient(v1::UpdatePatientRequest request, Callback<v1::UpdatePatientResponse> done, const Caller& caller = {});
  void SetPreference(v1::SetPreferenceRequest request, Callback<v1::SetPreferenceResponse> done, const Caller& caller = {});
  void PutRelatedPerson(v1::PutRelatedPersonRequest request, Callback<v1::PutRelatedPersonResponse> done,
                        const Caller& caller = {});
  void RemoveRelatedPerson(v1::RemoveRelatedPersonRequest request, Callback<v1::RemoveRelatedPersonResponse> done,
                           const Caller& caller = {});
  void MergePatients(v1::MergePatientsRequest request, Callback<v1::MergePatientsResponse> done, const Caller& caller = {});
  void UnmergePatients(v1::UnmergePatientsRequest request, Callback<v1::UnmergePatientsResponse> done, const Caller& caller = {});

  // As DirectoryService says.
  void PutOwner(v1::PutOwnerRequest request, Callback<v1::PutOwnerResponse> done, const Caller& caller = {});
  void RemoveOwner(v1::RemoveOwnerRequest request, Callback<v1::RemoveOwnerResponse> done, const Caller& caller = {});
  void PutAbsence(v1::PutAbsenceRequest request, Callback<v1::PutAbsenceResponse> done, const Caller& caller = {});
  void RemoveAbsence(v1::RemoveAbsenceRequest request, Callback<v1::RemoveAbsenceResponse> done, const Caller& caller = {});

  // As RetentionService says.
  void PlaceLegalHold(v1::PlaceLegalHoldRequest request, Callback<v1::PlaceLegalHoldResponse> done, const Caller& caller = {});
  void EndLegalHold(v1::EndLegalHoldRequest request, Callback<v1::EndLegalHoldResponse> done, const Caller& caller = {});
  void EraseResult(v1::EraseResultRequest request, Callback<v1::EraseResultResponse> done, const Caller& caller = {});

  void RecordView(v1::RecordViewRequest request, Callback<v1::RecordViewResponse> done, const Caller& caller = {});
  void RecordClinicianView(v1::RecordClinicianViewRequest request, Callback<v1::RecordClinicianViewResponse> done,
                           const Caller& caller = {});
  void RecordContact(v1::RecordContactRequest request, Callback<v1::RecordContactResponse> done, const Caller& caller = {});
  void RecordMessage(v1::RecordMessageRequest request, Callback<v1::RecordMessageResponse> done, const Caller& caller = {});
  void SettleRefusal(v1::SettleRefusalRequest request, Callback<v1::SettleRefusalResponse> done, const Caller& caller = {});

  // Decides without keeping anything. Blocks for some microseconds only.
  v1::DecideResponse DryRun(const v1::DecideRequest& request) const;
  v1::PackSummary ActivePack() const;

  // The active pack, changed as PolicyService says. They check packs and look at all that is held, so they block for seconds
  // where much is: call them from a thread that may, not from a callback. A refused pack's status carries everything that is
  // wrong with it as a payload (activation.h).
  absl::StatusOr<v1::ActivatePackResponse> ActivatePack(const v1::ActivatePackRequest& request, const Caller& caller = {});
  absl::StatusOr<v1::RollbackPackResponse> RollbackPack(const v1::RollbackPackRequest& request, const Caller& caller = {});
  absl::StatusOr<v1::RedecideHeldResponse> RedecideHeld(const v1::RedecideHeldRequest& request, const Caller& caller = {});
  absl::StatusOr<v1::ListActivationsResponse> ListActivations(const v1::ListActivationsRequest& request) const;
  // Development mode: the folder has changed. No tests, no approver; the log says so.
  absl::Status ReloadPack(const policy::LoadedPack& folder);

  // Reads. They block on the disk: call them from a thread that may.
  absl::StatusOr<v1::GetResultResponse> GetResult(const v1::GetResultRequest& request) const;
  absl::StatusOr<v1::ListLegalHoldsResponse> ListLegalHolds(const v1::ListLegalHoldsRequest& request) const;
  absl::StatusOr<v1::GetPatientResponse> GetPatient(const v1::GetPatientRequest& request) const;
  absl::StatusOr<v1::ListOwnersResponse> ListOwners(const v1::ListOwnersRequest& request) const;
  absl::StatusOr<v1::ListResultsResponse> ListResults(const v1::ListResultsRequest& request) const;
  absl::StatusOr<v1::ListReviewsResponse> ListReviews(const v1::ListReviewsRequest& request) const;
  absl::StatusOr<v1::GetReviewResponse> GetReview(const v1::GetReviewRequest& request) const;
  absl::StatusOr<v1::GetWorkloadResponse> GetWorkload(const v1::GetWorkloadRequest& request) const;
  absl::StatusOr<v1::ListOutreachResponse> ListOutreach(const v1::ListOutreachRequest& request) const;
  absl::StatusOr<v1::ListEntriesResponse> ListEntries(const v1::ListEntriesRequest& request) const;
  absl::StatusOr<v1::SummarizeResponse> Summarize(const v1::SummarizeRequest& request) const;
  absl::StatusOr<v1::GetReportResponse> GetReport(const v1::GetReportRequest& request) const;
  absl::StatusOr<v1::GetHistoryResponse> GetHistory(const v1::GetHistoryRequest& request) const;
  // Logs that somebody read in the log: `entry` says what (`queried`), which result it is about if about one, and who (`unknown`
  // where it does not). Calls back with its sequence.
  void LogQuery(v1::Entry entry, Callback<int64_t> done);
  // The same for a list that screens ask for again and again: that somebody was given the same from the same place (`answer`,
  // byte for byte) is logged once an hour (screens.h), and calls back with 0 otherwise.
  void LogScreen(v1::Entry entry, const std::string& answer, Callback<int64_t> done);
  // Logs that somebody read a result to review it: the first time of its version as a clinician's view, as RecordClinicianView
  // does; after that, of a version that stands no more, and of erased contents as a query about it (`QUERY_RESULT`).
  void LogReviewRead(ReviewRead read, Callback<v1::RecordClinicianViewResponse> done, const Caller& caller = {});
  // Logs that releases were sent (`delivered`), without being waited for: it is written with what else is to be written, and
  // again after a commit where that failed.
  void LogDelivery(v1::Entry entry);
  // Counts a call that was refused because there was too much to do: the next entry about refused calls tells how many.
  void CountRefusedCall();
  // Logs that a call was refused: `entry` says which (`call_refused`), which result it was about if that is there, and who
  // (`unknown` where it does not). `done` is called when that is durable or, past sixty a minute, counted.
  void LogRefusedCall(v1::Entry entry, std::function<void()> done);
  absl::StatusOr<v1::GetCheckpointResponse> GetCheckpoint(const v1::GetCheckpointRequest& request) const;
  absl::StatusOr<v1::GetInclusionProofResponse> GetInclusionProof(const v1::GetInclusionProofRequest& request) const;
  absl::StatusOr<v1::GetConsistencyProofResponse> GetConsistencyProof(const v1::GetConsistencyProofRequest& request) const;
  // The next releases after a sequence, contents filled, overtaken ones left out, at most `limit`; `*scanned_to` is the sequence
  // up to which was looked.
  absl::StatusOr<std::vector<v1::Release>> ReadReleases(int64_t after_sequence, bool unacknowledged_only, int limit,
                                                        int64_t* scanned_to) const;

  // One of them, with its comment written down. NotFound; FailedPrecondition if all of it was overtaken.
  absl::StatusOr<v1::GetReleaseResponse> GetRelease(const v1::GetReleaseRequest& request) const;

  // What waits for whom, after the cursor, which goes on: appends at most `limit` events, and returns true if more may be there
  // at once.
  absl::StatusOr<bool> ReadReviewEvents(ReviewCursor* cursor, int limit, std::vector<v1::ReviewEvent>* events) const;

  // Calls `wake` (on the writer thread; must not block) after every commit that may have added to the feed, until the returned id
  // is given to Unsubscribe. After Unsubscribe returned, `wake` is not called again.
  int64_t Subscribe(Feed feed, std::function<void()> wake);
  void Unsubscribe(int64_t id);

 private:
  class Impl;
  explicit Gate(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_GATE_H_

#include "server/gate/retention_desk.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/base/proto_time.h"
#include "server/base/status_macros.h"
#include "server/gate/activation.h"
#include "server/gate/erasure.h"
#include "server/gate/keys.h"
#include "server/gate/legal_hold.h"
#include "server/gate/patients.h"
#include "server/gate/result_commit.h"

namespace resultgate::gate {
namespace {

// At once: an erasure reads all that the log tells of a result, and rewrites its releases.
constexpr int kErasedAtOnce = 16;
constexpr absl::Duration kRound = absl::Hours(24);
constexpr absl::Duration kBetweenErasures = absl::Seconds(1);
constexpr absl::Duration kBetweenForgetting = absl::Seconds(1);

}  // namespace

absl::Status RetentionDesk::Place(store::Batch& batch, absl::Time now, const v1::PlaceLegalHoldRequest& request,
                                  Answer<v1::PlaceLegalHoldResponse>& answer) {
  v1::LegalHold hold;
  if (request.result_id() != 0) {
    RG_ASSIGN_OR_RETURN(const std::optional<v1::Result> result, batch.FindResult(request.result_id()));
    if (!result) return answer.Refuse(absl::NotFoundError(absl::StrCat("no result ", request.result_id())));
    if (absl::Status status = CheckNotErased(*result); !status.ok()) return answer.Refuse(std::move(status));
    hold.set_result_id(result->id());
    answer.response.set_results(1);
  } else {
    RG_ASSIGN_OR_RETURN(const std::optional<int64_t> known, batch.FindPatientByKey(PatientKey(request.patient())));
    RG_ASSIGN_OR_RETURN(v1::PatientRecord record, OpenPatient(batch, request.patient()));
    if (!known) {
      v1::Entry entry;
      entry.mutable_patient_changed()->set_patient_id(record.id());
      entry.mutable_patient_changed()->add_facts("identifiers");
      RG_ASSIGN_OR_RETURN(*entry.mutable_patient_changed()->mutable_record_digest(), PutRecord(batch, new_salt_, &record));
      RG_RETURN_IF_ERROR(AppendEntry(batch, now, request.placed_by(), std::move(entry)));
    }
    hold.set_patient_id(record.id());
    *hold.mutable_patient() = request.patient();
    RG_ASSIGN_OR_RETURN(const std::vector<v1::PatientRecord> records, RecordsOf(batch, record.facts().identifiers()));
    RG_ASSIGN_OR_RETURN(const std::vector<v1::Result> results, ResultsOf(batch, records));
    answer.response.set_results(
        std::count_if(results.begin(), results.end(), [](const v1::Result& result) { return !result.has_erased(); }));
  }
  hold.set_reason(request.reason());
  RG_RETURN_IF_ERROR(PlaceHold(batch, now, request.placed_by(), &hold));
  *answer.response.mutable_legal_hold() = std::move(hold);
  return absl::OkStatus();
}

absl::Status RetentionDesk::End(store::Batch& batch, absl::Time now, const v1::EndLegalHoldRequest& request,
                                Answer<v1::EndLegalHoldResponse>& answer) {
  RG_ASSIGN_OR_RETURN(const std::optional<v1::LegalHold> hold, batch.FindLegalHold(request.legal_hold_id()));
  if (!hold) return answer.Refuse(absl::NotFoundError(absl::StrCat("no legal hold ", request.legal_hold_id(), " stands")));
  passed_ = store::Settled();
  // The hold named the patient.
  forget_ = forget_ || hold->has_patient();
  return EndHold(batch, now, request.ended_by(), request.reason(), *hold);
}

absl::Status RetentionDesk::Erase(store::Batch& batch, absl::Time now, const v1::EraseResultRequest& request,
                                  Answer<v1::EraseResultResponse>& answer) {
  if (SamePerson(request.requested_by(), request.approved_by())) {
    return answer.Refuse(absl::InvalidArgumentError("whoever asks for it cannot approve it: an erasure needs two people"));
  }
  RG_ASSIGN_OR_RETURN(std::optional<v1::Result> result, batch.FindResult(request.result_id()));
  if (!result) return answer.Refuse(absl::NotFoundError(absl::StrCat("no result ", request.result_id())));
  if (!result->has_erased()) {
    RG_ASSIGN_OR_RETURN(const std::string why_not, WhyNotErasable(batch, *result));
    if (!why_not.empty()) {
      return answer.Refuse(absl::FailedPreconditionError(absl::StrCat("result ", result->id(), " is not erased: ", why_not)));
    }
    RG_ASSIGN_OR_RETURN(const bool on_hold, IsOnLegalHold(batch, *result));
    if (on_hold) {
      return answer.Refuse(
          absl::FailedPreconditionError(absl::StrCat("result ", result->id(), " is not erased: it is on legal hold")));
    }
    v1::Entry::Erased erased;
    erased.set_cause(v1::ERASURE_CAUSE_REQUEST);
    erased.set_approved_by(request.approved_by());
    erased.set_reason(request.reason());
    RG_RETURN_IF_ERROR(EraseContents(batch, now, request.requested_by(), std::move(erased), &*result));
    forget_ = true;
  }
  *answer.response.mutable_erased() = result->erased();
  return absl::OkStatus();
}

absl::StatusOr<int> RetentionDesk::EraseWhatIsOver(store::Batch& batch, absl::Time now) {
  if (retention_.length == absl::InfiniteDuration()) return 0;
  if (now >= round_began_ + kRound) {
    passed_ = store::Settled();
    round_began_ = now;
  }
  if (now < erase_at_) return 0;
  RG_ASSIGN_OR_RETURN(const std::vector<store::Settled> over, batch.FindSettled(passed_, now - retention_.length, kErasedAtOnce));
  const store::Settled before = passed_;
  for (const store::Settled& settled : over) {
    passed_ = settled;
    if (unreadable_.count(settled.result_id) > 0) continue;
    const absl::Status status = EraseIfOver(batch, now, settled);
    if (status.ok()) continue;
    // The batch is lost, and those before are erased in another one, which passes this one over.
    if (absl::IsDataLoss(status)) unreadable_.insert(settled.result_id);
    passed_ = before;
    return status;
  }
  // Where much is over, others have the writer between.
  if (over.size() == kErasedAtOnce) erase_at_ = now + kBetweenErasures;
  return static_cast<int>(over.size());
}

absl::Status RetentionDesk::EraseIfOver(store::Batch& batch, absl::Time now, const store::Settled& settled) {
  RG_ASSIGN_OR_RETURN(std::optional<v1::Result> result, batch.FindResult(settled.result_id));
  if (!result) return absl::DataLossError(absl::StrCat("result ", settled.result_id, " is to be erased, but not there"));
  RG_ASSIGN_OR_RETURN(const std::string why_not, WhyNotErasable(batch, *result));
  if (!why_not.empty()) return absl::OkStatus();
  RG_ASSIGN_OR_RETURN(const bool on_hold, IsOnLegalHold(batch, *result));
  if (on_hold) return absl::OkStatus();
  v1::Entry::Erased erased;
  erased.set_cause(v1::ERASURE_CAUSE_RETENTION);
  erased.set_retention(retention_.text);
  *erased.mutable_counted_from() = base::ToProto(settled.since);
  RG_RETURN_IF_ERROR(EraseContents(batch, now, "gate", std::move(erased), &*result));
  forget_ = true;
  return absl::OkStatus();
}

absl::Time RetentionDesk::NextLook(absl::Time now) const {
  absl::Time next = forget_ ? try_forget_at_ : absl::InfiniteFuture();
  if (retention_.length == absl::InfiniteDuration()) return next;
  const absl::StatusOr<std::optional<store::Settled>> first = store_->FirstSettled(passed_);
  if (!first.ok()) return std::min(next, now + kBetweenErasures);
  if (*first) next = std::min(next, std::max(erase_at_, (*first)->since + retention_.length));
  if (passed_.result_id != 0) next = std::min(next, round_began_ + kRound);
  return next;
}

void RetentionDesk::Committed(absl::Time now) {
  if (!forget_ || now < try_forget_at_) return;
  const absl::StatusOr<bool> forgotten = store_->Forget();
  forget_ = !forgotten.ok() || !*forgotten;
  try_forget_at_ = now + kBetweenForgetting;
}

}  // namespace resultgate::gate

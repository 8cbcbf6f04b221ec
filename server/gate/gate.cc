#include "server/gate/gate.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/proto_time.h"
#include "server/base/status_macros.h"
#include "server/gate/answer.h"
#include "server/gate/decision_facts.h"
#include "server/gate/directory_desk.h"
#include "server/gate/log_reads.h"
#include "server/gate/open_refusals.h"
#include "server/gate/outreach.h"
#include "server/gate/pack_host.h"
#include "server/gate/patient_desk.h"
#include "server/gate/reads.h"
#include "server/gate/refusals.h"
#include "server/gate/request_release.h"
#include "server/gate/result_commit.h"
#include "server/gate/review_hold.h"
#include "server/gate/review_screen.h"
#include "server/gate/review_work.h"
#include "server/gate/same_order.h"
#include "server/gate/start_log.h"
#include "server/gate/submit.h"
#include "server/gate/transition.h"
#include "server/gate/turnarounds.h"
#include "server/gate/workload.h"
#include "server/gate/writer.h"
#include "server/policy/decide.h"

namespace resultgate::gate {

class Gate::Impl {
 public:
  Impl(store::Store* store, base::Clock* clock, CommentLoader load_comments, const Options& options)
      : store_(store),
        clock_(clock),
        options_(options),
        packs_(store, clock, &writer_, std::move(load_comments), [this] { released_ = true; }),
        same_order_(store, &packs_),
        patients_(store, &packs_),
        directory_(store),
        follower_(store, &writer_),
        writer_(
            store, clock, {options.longest_queue, options.largest_group},
            [this](store::Batch& batch, absl::Time now, int limit) { return RunDue(batch, now, limit); },
            [this] {
              packs_.Publish();
              // Where it cannot be read now it is read after the next commit.
              directory_.LoadIfChanged().IgnoreError();
              WakeSubscribers();
              follower_.Committed();
              LogRefusalsLeftOut(refusals_.TakeLeftOut(clock_->Now()));
            }) {}

  ~Impl() {
    follower_.Stop();
    LogRefusalsLeftOut(refusals_.TakeLeftOut(absl::InfiniteFuture()));
  }

  absl::Status Start(const policy::LoadedPack& folder) {
    RG_RETURN_IF_ERROR(directory_.Load());
    RG_RETURN_IF_ERROR(packs_.Start(folder, options_.development));
    RG_ASSIGN_OR_RETURN(std::unique_ptr<store::Batch> batch, store_->Begin());
    v1::Entry::Started started;
    started.set_software_version(options_.software_version);
    started.set_pack(packs_.Active()->pack->name());
    started.set_pack_digest(packs_.Active()->pack->digest());
    started.set_development(options_.development);
    started.set_log_public_key(store_->log().key().ToString());
    for (const auto& [name, value] : options_.settings) {
      v1::Entry::Setting* setting = started.add_settings();
      setting->set_name(name);
      setting->set_value(value);
    }
    RG_RETURN_IF_ERROR(LogStart(*store_, *batch, clock_->Now(), started));
    RG_RETURN_IF_ERROR(NoteOverdue(*batch));
    RG_RETURN_IF_ERROR(batch->Commit());
    writer_.Start();
    follower_.Start();
    return absl::OkStatus();
  }

  const v1::Entry::Overdue& overdue() const { return overdue_; }

  void Submit(v1::SubmitResultRequest request, Callback<v1::SubmitResultResponse> done) {
    auto submission = std::make_shared<Submission>(std::move(request));
    writer_.Add({[this, submission](store::Batch& batch) {
                   const absl::Time now = clock_->Now();
                   RG_RETURN_IF_ERROR(submission->Run(batch, packs_.Deciding(), same_order_, now));
                   released_ = released_ || submission->released();
                   return SettleOrders(batch, submission->changed(), now);
                 },
                 [submission, done = std::move(done)](const absl::Status& status) {
                   done(status.ok() ? submission->TakeAnswer() : absl::StatusOr<v1::SubmitResultResponse>(status));
                 }});
  }

  void Refuse(v1::RefuseResultRequest request, Callback<v1::RefuseResultResponse> done) {
    Queue<v1::RefuseResultResponse>(
        [this, request = std::move(request)](store::Batch& batch, Answer<v1::RefuseResultResponse>& answer) {
          v1::Entry entry;
          v1::Entry::Refused* refused = entry.mutable_refused();
          refused->set_sender(request.sender());
          refused->set_message_id(request.message_id());
          refused->set_message_digest(request.message_digest());
          *refused->mutable_issues() = request.issues();
          // Somebody must look for what was lost: the pool that also sorts out identities.
          refused->mutable_owner()->set_role(packs_.Deciding().pack->refusal_owner());
          *answer.response.mutable_owner() = refused->owner();
          answer.response.set_entry_sequence(batch.NextEntrySequence());
          entry.set_sequence(answer.response.entry_sequence());
          *entry.mutable_time() = base::ToProto(clock_->Now());
          entry.set_actor(request.sender());
          return batch.AppendEntry(entry);
        },
        std::move(done));
  }

  // One of the calls of review_work.h, request_release.h and outreach.h.
  template <typename Request, typename Response>
  void Review(absl::Status (*run)(const Desk&, const Request&, Answer<Response>&), Request request, Callback<Response> done) {
    Queue<Response>(
        [this, run, request = std::move(request)](store::Batch& batch, Answer<Response>& answer) {
          const absl::Time now = clock_->Now();
          const std::shared_ptr<const Directory> directory = directory_.Current();
          RG_RETURN_IF_ERROR(run(Desk{batch, *store_, packs_, *directory, now}, request, answer));
          return SettleOrders(batch, answer.changed, now);
        },
        std::move(done));
  }

  void Acknowledge(v1::AcknowledgeReleasesRequest request, Callback<v1::AcknowledgeReleasesResponse> done) {
    Queue<v1::AcknowledgeReleasesResponse>(
        [this, request = std::move(request)](store::Batch& batch, Answer<v1::AcknowledgeReleasesResponse>& answer) {
          return RunAcknowledge(batch, request, answer);
        },
        std::move(done));
  }

  // Queues what a desk does with a request.
  template <typename Request, typename Response>
  void At(absl::Status (PatientDesk::*method)(store::Batch&, absl::Time, const Request&, Answer<Response>&), Request request,
          Callback<Response> done) {
    QueueAt(&patients_, method, std::move(request), std::move(done));
  }
  template <typename Request, typename Response>
  void At(absl::Status (DirectoryDesk::*method)(store::Batch&, absl::Time, const Request&, Answer<Response>&), Request request,
          Callback<Response> done) {
    QueueAt(&directory_, method, std::move(request), std::move(done));
  }

  void LogQuery(v1::Entry entry, Callback<int64_t> done) {
    if (entry.actor().empty()) entry.set_actor("unknown");
    Queue<int64_t>(
        [this, entry = std::move(entry)](store::Batch& batch, Answer<int64_t>& answer) {
          v1::Entry written = entry;
          answer.response = batch.NextEntrySequence();
          written.set_sequence(answer.response);
          *written.mutable_time() = base::ToProto(clock_->Now());
          return batch.AppendEntry(written);
        },
        std::move(done));
  }

  void LogRefusedCall(v1::Entry entry, std::function<void()> done) {
    const std::optional<int64_t> left_out = refusals_.Admit(clock_->Now());
    if (!left_out) return done();
    entry.mutable_call_refused()->set_left_out(*left_out);
    if (entry.actor().empty()) entry.set_actor("unknown");
    WriteRefusal(std::move(entry), *left_out + 1, std::move(done));
  }

  v1::DecideResponse DryRun(const v1::DecideRequest& request) const {
    const absl::Time now = request.has_now() ? base::FromProto(request.now()) : clock_->Now();
    policy::Context context;
    context.received_at = now;
    const std::shared_ptr<const Rulebook> rulebook = packs_.Active();
    v1::DecideResponse response;
    *response.mutable_decision() = policy::Decide(*rulebook->pack, request.report(), context, now);
    const Transition transition = TakeVersion(nullptr, request.report(), response.decision(), now);
    *response.mutable_decision()->mutable_outcomes() = policy::ToOutcomes(transition.cells);
    for (const PlannedRelease& planned : transition.releases) {
      *response.add_comments() =
          RenderComment(*rulebook->comments, *rulebook->pack, request.report(), response.decision().outcomes(), planned, nullptr);
    }
    return response;
  }

  int64_t Subscribe(Feed feed, std::function<void()> wake) {
    const std::lock_guard<std::mutex> lock(subscribers_mutex_);
    subscribers_[++last_subscriber_] = {feed, std::move(wake)};
    return last_subscriber_;
  }

  void Unsubscribe(int64_t id) {
    const std::lock_guard<std::mutex> lock(subscribers_mutex_);
    subscribers_.erase(id);
  }

  store::Store& store() const { return *store_; }
  base::Clock& clock() const { return *clock_; }
  PackHost& packs() { return packs_; }
  const DirectoryDesk& directory() const { return directory_; }
  OpenRefusals& open_refusals() { return open_refusals_; }

 private:
  struct Subscriber {
    Feed feed;
    std::function<void()> wake;
  };

  // Before anything of it goes.
  absl::Status NoteOverdue(store::Batch& batch) {
    const absl::Time now = clock_->Now();
    RG_ASSIGN_OR_RETURN(const absl::Time earliest, store_->EarliestDue());
    if (earliest > now) return absl::OkStatus();
    RG_ASSIGN_OR_RETURN(const int64_t results, store_->CountDue(now));
    overdue_.set_results(results);
    *overdue_.mutable_since() = base::ToProto(earliest);
    v1::Entry entry;
    *entry.mutable_overdue() = overdue_;
    return AppendEntry(batch, now, "gate", std::move(entry));
  }

  // `calls` of them count again if it cannot be written.
  void WriteRefusal(v1::Entry entry, int64_t calls, std::function<void()> done) {
    Queue<int64_t>(
        [this, entry = std::move(entry)](store::Batch& batch, Answer<int64_t>&) {
          v1::Entry written = entry;
          // Of a result that is not there the log cannot tell.
          const absl::StatusOr<std::optional<v1::Result>> result = store_->FindResult(entry.result_id());
          if (!result.ok() || !result->has_value()) written.clear_result_id();
          return AppendEntry(batch, clock_->Now(), entry.actor(), std::move(written));
        },
        [this, calls, done = std::move(done)](const absl::StatusOr<int64_t>& logged) {
          if (!logged.ok()) refusals_.PutBack(calls);
          done();
        });
  }

  void LogRefusalsLeftOut(int64_t calls) {
    if (calls == 0) return;
    v1::Entry entry;
    entry.set_actor("gate");
    entry.mutable_call_refused()->set_left_out(calls);
    WriteRefusal(std::move(entry), calls, [] {});
  }

  template <typename Response, typename Run>
  void Queue(Run run, Callback<Response> done) {
    auto answer = std::make_shared<Answer<Response>>();
    writer_.Add({[this, answer, run = std::move(run)](store::Batch& batch) {
                   RG_RETURN_IF_ERROR(run(batch, *answer));
                   released_ = released_ || answer->released;
                   return absl::OkStatus();
                 },
                 [answer, done = std::move(done)](const absl::Status& status) {
                   if (!status.ok()) return done(status);
                   if (!answer->refused.ok()) return done(answer->refused);
                   done(std::move(answer->response));
                 }});
  }

  template <typename Where, typename Request, typename Response>
  void QueueAt(Where* desk, absl::Status (Where::*method)(store::Batch&, absl::Time, const Request&, Answer<Response>&),
               Request request, Callback<Response> done) {
    Queue<Response>(
        [this, desk, method, request = std::move(request)](store::Batch& batch, Answer<Response>& answer) {
          const absl::Time now = clock_->Now();
          RG_RETURN_IF_ERROR((desk->*method)(batch, now, request, answer));
          return SettleOrders(batch, answer.changed, now);
        },
        std::move(done));
  }

  // Writes a transition of a standing result, without its entry.
  absl::StatusOr<Committed> Write(store::Batch& batch, const Transition& transition, absl::Time now, v1::Result* result) {
    const v1::Patient patient = result->report().patient();
    RG_ASSIGN_OR_RETURN(Committed committed, CommitTransition(batch, *packs_.Deciding().comments, *packs_.Deciding().pack,
                                                              transition, patient, now, result));
    released_ = released_ || !committed.notes.empty();
    return committed;
  }

  absl::StatusOr<int> RunDue(store::Batch& batch, absl::Time now, int limit) {
    RG_RETURN_IF_ERROR(ReportUnreadable(batch, now));
    RG_ASSIGN_OR_RETURN(std::vector<int64_t> due, batch.FindDue(now, limit + static_cast<int>(unreadable_.size())));
    due.erase(std::remove_if(due.begin(), due.end(), [this](int64_t id) { return unreadable_.count(id) > 0; }), due.end());
    for (const int64_t id : due) {
      absl::StatusOr<std::optional<v1::Result>> result = batch.FindResult(id);
      if (absl::IsDataLoss(result.status())) unreadable_.emplace(id, /*reported=*/false);
      RG_RETURN_IF_ERROR(result.status());
      if (!result->has_value()) return absl::DataLossError(absl::StrCat("result ", id, " is due, but not there"));
      if ((*result)->has_reconsider_at() && base::FromProto((*result)->reconsider_at()) <= now) {
        RG_ASSIGN_OR_RETURN(const bool released, patients_.HaveBirthday(batch, now, &**result));
        released_ = released_ || released;
      }
      RG_RETURN_IF_ERROR(AdvanceResult(batch, now, **result));
    }
    return static_cast<int>(due.size());
  }

  // A result that cannot be read is passed over, so that it does not hold up all others; the log says so, once.
  absl::Status ReportUnreadable(store::Batch& batch, absl::Time now) {
    for (auto& [id, reported] : unreadable_) {
      if (reported) continue;
      v1::Entry entry;
      entry.set_result_id(id);
      entry.mutable_advanced()->add_reasons(
          "the stored result cannot be read, so its times do not run; restore it from a backup");
      RG_RETURN_IF_ERROR(AppendEntry(batch, now, "gate", std::move(entry)));
      reported = true;
    }
    return absl::OkStatus();
  }

  absl::Status AdvanceResult(store::Batch& batch, absl::Time now, v1::Result& result) {
    RG_RETURN_IF_ERROR(LogAdvance(batch, now, Advance(result, packs_.CalendarOf(result), now), v1::Entry::Advanced(), result));
    return SettleOrder(batch, result, now);
  }

  // The order's other reports wait along with this one, or no longer do.
  absl::Status SettleOrder(store::Batch& batch, const v1::Result& result, absl::Time now) {
    RG_ASSIGN_OR_RETURN(std::vector<SameOrder::Change> changes, same_order_.ChangesAfter(batch, result, now));
    for (SameOrder::Change& change : changes) {
      v1::Entry::Advanced advanced;
      advanced.set_of_order(true);
      for (const policy::OrderHold& hold : change.holds) *advanced.add_order_holds() = ToProto(hold);
      RG_RETURN_IF_ERROR(LogAdvance(batch, now, change.transition, std::move(advanced), change.result));
    }
    return absl::OkStatus();
  }

  absl::Status SettleOrders(store::Batch& batch, const std::vector<int64_t>& ids, absl::Time now) {
    if (!packs_.Deciding().pack->holds_orders_together()) return absl::OkStatus();
    for (const int64_t id : ids) {
      RG_ASSIGN_OR_RETURN(const std::optional<v1::Result> result, batch.FindResult(id));
      if (!result) return absl::DataLossError(absl::StrCat("result ", id, " was changed, but is not there"));
      RG_RETURN_IF_ERROR(SettleOrder(batch, *result, now));
    }
    return absl::OkStatus();
  }

  // `advanced`: what the entry says beside what became of the result.
  absl::Status LogAdvance(store::Batch& batch, absl::Time now, const Transition& transition, v1::Entry::Advanced advanced,
                          v1::Result& result) {
    const policy::Outcomes before = result.decision().outcomes();
    RG_ASSIGN_OR_RETURN(Committed committed, Write(batch, transition, now, &result));
    if (transition.reasons.empty() && committed.notes.empty()) return absl::OkStatus();
    v1::Entry entry;
    entry.set_result_id(result.id());
    entry.set_version(result.version());
    if (advanced.of_order()) entry.set_known_digest(KnownDigest(result));
    *entry.mutable_advanced() = std::move(advanced);
    for (v1::Outcome& outcome : ChangedOutcomes(before, result.decision().outcomes())) {
      *entry.mutable_advanced()->add_outcomes() = std::move(outcome);
    }
    for (v1::ReleaseNote& note : committed.notes) *entry.mutable_advanced()->add_releases() = std::move(note);
    for (const std::string& reason : transition.reasons) entry.mutable_advanced()->add_reasons(reason);
    return AppendEntry(batch, now, "gate", std::move(entry));
  }

  absl::Status RunAcknowledge(store::Batch& batch, const v1::AcknowledgeReleasesRequest& request,
                              Answer<v1::AcknowledgeReleasesResponse>& answer) {
    std::map<int64_t, std::vector<int64_t>> new_by_result;
    for (const int64_t sequence : request.sequences()) {
      RG_ASSIGN_OR_RETURN(const std::optional<store::OutboxRow> row, batch.FindRelease(sequence));
      if (!row) {
        answer.refused = absl::NotFoundError(absl::StrCat("no release ", sequence));
        return absl::OkStatus();
      }
      std::vector<int64_t>& sequences = new_by_result[row->release.result_id()];
      const bool repeated = std::find(sequences.begin(), sequences.end(), sequence) != sequences.end();
      if (!row->acknowledged && !repeated) sequences.push_back(sequence);
    }
    for (const auto& [result_id, sequences] : new_by_result) {
      if (!sequences.empty()) RG_RETURN_IF_ERROR(AcknowledgeResult(batch, result_id, sequences));
      answer.response.set_newly_acknowledged(answer.response.newly_acknowledged() + static_cast<int>(sequences.size()));
    }
    return absl::OkStatus();
  }

  absl::Status AcknowledgeResult(store::Batch& batch, int64_t result_id, const std::vector<int64_t>& sequences) {
    RG_ASSIGN_OR_RETURN(std::optional<v1::Result> result, batch.FindResult(result_id));
    if (!result) return absl::DataLossError(absl::StrCat("a release is of result ", result_id, ", which is not there"));
    v1::Entry entry;
    entry.set_result_id(result_id);
    entry.set_version(result->version());
    for (const int64_t sequence : sequences) {
      RG_RETURN_IF_ERROR(batch.AcknowledgeRelease(sequence));
      entry.mutable_acknowledged()->add_release_sequences(sequence);
      gate::Acknowledge(sequence, result->mutable_decision()->mutable_outcomes());
    }
    RG_RETURN_IF_ERROR(batch.PutResult(*result));
    return AppendEntry(batch, clock_->Now(), "portal", std::move(entry));
  }

  // Writer thread, after a commit.
  void WakeSubscribers() {
    const bool released = std::exchange(released_, false);
    const std::lock_guard<std::mutex> lock(subscribers_mutex_);
    for (const auto& [id, subscriber] : subscribers_) {
      if (subscriber.feed != Feed::kReleases || released) subscriber.wake();
    }
  }

  store::Store* const store_;
  base::Clock* const clock_;
  const Options options_;

  v1::Entry::Overdue overdue_;          // since the start
  bool released_ = false;               // writer thread only: the batch appended to the release stream
  std::map<int64_t, bool> unreadable_;  // writer thread only: results that could not be read, and whether the log says so

  std::mutex subscribers_mutex_;
  std::map<int64_t, Subscriber> subscribers_;  // guarded by subscribers_mutex_
  int64_t last_subscriber_ = 0;                // guarded by subscribers_mutex_

  PackHost packs_;
  const SameOrder same_order_;
  PatientDesk patients_;  // writer thread only
  DirectoryDesk directory_;
  OpenRefusals open_refusals_;
  TurnaroundFollower follower_;

  Refusals refusals_;
  Writer writer_;  // last: its thread uses everything above
};

Gate::Gate(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Gate::~Gate() = default;

absl::StatusOr<std::unique_ptr<Gate>> Gate::Start(store::Store* store, base::Clock* clock, const policy::LoadedPack& folder,
                                                  CommentLoader load_comments, const Options& options) {
  auto impl = std::make_unique<Impl>(store, clock, std::move(load_comments), options);
  RG_RETURN_IF_ERROR(impl->Start(folder));
  return std::unique_ptr<Gate>(new Gate(std::move(impl)));
}

const v1::Entry::Overdue& Gate::overdue() const {
  return impl_->overdue();
}

void Gate::Submit(v1::SubmitResultRequest request, Callback<v1::SubmitResultResponse> done) {
  impl_->Submit(std::move(request), std::move(done));
}

void Gate::Refuse(v1::RefuseResultRequest request, Callback<v1::RefuseResultResponse> done) {
  impl_->Refuse(std::move(request), std::move(done));
}

void Gate::Approve(v1::ApproveReviewRequest request, Callback<v1::ApproveReviewResponse> done) {
  impl_->Review(&RunApprove, std::move(request), std::move(done));
}

void Gate::Claim(v1::ClaimReviewRequest request, Callback<v1::ClaimReviewResponse> done) {
  impl_->Review(&RunClaim, std::move(request), std::move(done));
}

void Gate::HandOver(v1::HandOverReviewRequest request, Callback<v1::HandOverReviewResponse> done) {
  impl_->Review(&RunHandOver, std::move(request), std::move(done));
}

void Gate::RefuseReview(v1::RefuseReviewRequest request, Callback<v1::RefuseReviewResponse> done) {
  impl_->Review(&RunRefuseReview, std::move(request), std::move(done));
}

void Gate::ReleaseNow(v1::ReleaseNowRequest request, Callback<v1::ReleaseNowResponse> done) {
  impl_->Review(&RunReleaseNow, std::move(request), std::move(done));
}

void Gate::Hold(v1::HoldResultRequest request, Callback<v1::HoldResultResponse> done) {
  impl_->Review(&RunHold, std::move(request), std::move(done));
}

void Gate::EndHold(v1::EndHoldRequest request, Callback<v1::EndHoldResponse> done) {
  impl_->Review(&RunEndHold, std::move(request), std::move(done));
}

void Gate::UpholdHold(v1::UpholdHoldRequest request, Callback<v1::UpholdHoldResponse> done) {
  impl_->Review(&RunUpholdHold, std::move(request), std::move(done));
}

void Gate::RequestRelease(v1::RequestReleaseRequest request, Callback<v1::RequestReleaseResponse> done) {
  impl_->Review(&RunRequestRelease, std::move(request), std::move(done));
}

void Gate::Acknowledge(v1::AcknowledgeReleasesRequest request, Callback<v1::AcknowledgeReleasesResponse> done) {
  impl_->Acknowledge(std::move(request), std::move(done));
}

void Gate::UpdatePatient(v1::UpdatePatientRequest request, Callback<v1::UpdatePatientResponse> done) {
  impl_->At(&PatientDesk::Update, std::move(request), std::move(done));
}

void Gate::SetPreference(v1::SetPreferenceRequest request, Callback<v1::SetPreferenceResponse> done) {
  impl_->At(&PatientDesk::SetPreference, std::move(request), std::move(done));
}

void Gate::PutRelatedPerson(v1::PutRelatedPersonRequest request, Callback<v1::PutRelatedPersonResponse> done) {
  impl_->At(&PatientDesk::PutPerson, std::move(request), std::move(done));
}

void Gate::RemoveRelatedPerson(v1::RemoveRelatedPersonRequest request, Callback<v1::RemoveRelatedPersonResponse> done) {
  impl_->At(&PatientDesk::RemovePerson, std::move(request), std::move(done));
}

void Gate::MergePatients(v1::MergePatientsRequest request, Callback<v1::MergePatientsResponse> done) {
  impl_->At(&PatientDesk::Merge, std::move(request), std::move(done));
}

void Gate::UnmergePatients(v1::UnmergePatientsRequest request, Callback<v1::UnmergePatientsResponse> done) {
  impl_->At(&PatientDesk::Unmerge, std::move(request), std::move(done));
}

void Gate::PutOwner(v1::PutOwnerRequest request, Callback<v1::PutOwnerResponse> done) {
  impl_->At(&DirectoryDesk::PutOwner, std::move(request), std::move(done));
}

void Gate::RemoveOwner(v1::RemoveOwnerRequest request, Callback<v1::RemoveOwnerResponse> done) {
  impl_->At(&DirectoryDesk::RemoveOwner, std::move(request), std::move(done));
}

void Gate::PutAbsence(v1::PutAbsenceRequest request, Callback<v1::PutAbsenceResponse> done) {
  impl_->At(&DirectoryDesk::PutAbsence, std::move(request), std::move(done));
}

void Gate::RemoveAbsence(v1::RemoveAbsenceRequest request, Callback<v1::RemoveAbsenceResponse> done) {
  impl_->At(&DirectoryDesk::RemoveAbsence, std::move(request), std::move(done));
}

void Gate::RecordView(v1::RecordViewRequest request, Callback<v1::RecordViewResponse> done) {
  impl_->Review(&RunRecordView, std::move(request), std::move(done));
}

void Gate::RecordClinicianView(v1::RecordClinicianViewRequest request, Callback<v1::RecordClinicianViewResponse> done) {
  impl_->Review(&RunRecordClinicianView, std::move(request), std::move(done));
}

void Gate::RecordContact(v1::RecordContactRequest request, Callback<v1::RecordContactResponse> done) {
  impl_->Review(&RunRecordContact, std::move(request), std::move(done));
}

void Gate::RecordMessage(v1::RecordMessageRequest request, Callback<v1::RecordMessageResponse> done) {
  impl_->Review(&RunRecordMessage, std::move(request), std::move(done));
}

void Gate::SettleRefusal(v1::SettleRefusalRequest request, Callback<v1::SettleRefusalResponse> done) {
  impl_->Review(&RunSettleRefusal, std::move(request), std::move(done));
}

v1::DecideResponse Gate::DryRun(const v1::DecideRequest& request) const {
  return impl_->DryRun(request);
}

v1::PackSummary Gate::ActivePack() const {
  return policy::Summarize(*impl_->packs().Active()->pack);
}

absl::StatusOr<v1::ActivatePackResponse> Gate::ActivatePack(const v1::ActivatePackRequest& request) {
  return impl_->packs().Activate(request);
}

absl::StatusOr<v1::RollbackPackResponse> Gate::RollbackPack(const v1::RollbackPackRequest& request) {
  return impl_->packs().Rollback(request);
}

absl::StatusOr<v1::RedecideHeldResponse> Gate::RedecideHeld(const v1::RedecideHeldRequest& request) {
  return impl_->packs().Redecide(request);
}

absl::StatusOr<v1::ListActivationsResponse> Gate::ListActivations(const v1::ListActivationsRequest& request) const {
  return impl_->packs().List(request);
}

absl::Status Gate::ReloadPack(const policy::LoadedPack& folder) {
  return impl_->packs().Reload(folder);
}

absl::StatusOr<v1::GetResultResponse> Gate::GetResult(const v1::GetResultRequest& request) const {
  RG_ASSIGN_OR_RETURN(std::optional<v1::Result> result, impl_->store().FindResult(request.result_id()));
  if (!result) return absl::NotFoundError(absl::StrCat("no result ", request.result_id()));
  v1::GetResultResponse response;
  *response.mutable_result() = *std::move(result);
  return response;
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
  return gate::GetReview(impl_->store(), *impl_->packs().Active(), *impl_->directory().Current(), request.result_id(),
                         impl_->clock().Now());
}

absl::StatusOr<v1::GetWorkloadResponse> Gate::GetWorkload(const v1::GetWorkloadRequest& request) const {
  return gate::GetWorkload(impl_->store(), request, impl_->packs().Active()->pack->calendar().zone());
}

absl::StatusOr<v1::ListOutreachResponse> Gate::ListOutreach(const v1::ListOutreachRequest& request) const {
  return gate::ListOutreach(impl_->store(), *impl_->packs().Active()->pack, impl_->open_refusals(), request,
                            impl_->clock().Now());
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
  return gate::GetHistory(impl_->store(), request, impl_->packs().Active()->pack->calendar().zone());
}
void Gate::LogQuery(v1::Entry entry, Callback<int64_t> done) {
  impl_->LogQuery(std::move(entry), std::move(done));
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

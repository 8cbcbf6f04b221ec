// What a gate is made of: the desks that work on the writer's thread, and what is told after each commit. Included by gate.cc
// only.
#ifndef RESULTGATE_GATE_GATE_IMPL_H_
#define RESULTGATE_GATE_GATE_IMPL_H_

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "server/base/digest.h"
#include "server/base/proto_time.h"
#include "server/base/random.h"
#include "server/base/status_macros.h"
#include "server/gate/acknowledge.h"
#include "server/gate/answer.h"
#include "server/gate/desk.h"
#include "server/gate/directory_desk.h"
#include "server/gate/due_desk.h"
#include "server/gate/gate.h"
#include "server/gate/log_follower.h"
#include "server/gate/open_refusals.h"
#include "server/gate/pack_host.h"
#include "server/gate/patient_desk.h"
#include "server/gate/refusals.h"
#include "server/gate/result_commit.h"
#include "server/gate/retention_desk.h"
#include "server/gate/same_order.h"
#include "server/gate/screens.h"
#include "server/gate/start_log.h"
#include "server/gate/submit.h"
#include "server/gate/writer.h"

namespace resultgate::gate {

class Gate::Impl {
 public:
  Impl(store::Store* store, base::Clock* clock, CommentLoader load_comments, const Options& options)
      : store_(store),
        clock_(clock),
        options_(options),
        packs_(store, clock, &writer_, std::move(load_comments), [this] { released_ = true; }),
        same_order_(&packs_),
        patients_(&packs_, [this] { return options_.new_salt(); }),
        due_(&packs_, &patients_, &same_order_),
        directory_(store),
        retention_(store, options.retention, [this] { return options_.new_salt(); }),
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
              LogDeliveriesAgain();
              retention_.Committed(clock_->Now());
            },
            [this] {
              return std::min({retention_.NextLook(clock_->Now()), turns_change_at_, due_.NextLook()});
            }) {
    if (options_.new_salt == nullptr) options_.new_salt = [] { return base::RandomBytes(kSaltBytes); };
  }

  ~Impl() {
    follower_.Stop();
    LogRefusalsLeftOut(refusals_.TakeLeftOut(absl::InfiniteFuture()));
  }

  absl::Status Start(const policy::LoadedPack& folder) {
    RG_ASSIGN_OR_RETURN(const absl::Time last_at, LastWritten(*store_, clock_->Now()));
    RG_RETURN_IF_ERROR(directory_.Load());
    RG_RETURN_IF_ERROR(packs_.Start(folder, options_.development));
    RG_ASSIGN_OR_RETURN(std::unique_ptr<store::Batch> batch, store_->Begin());
    v1::Entry::Started started;
    started.set_software_version(options_.software_version);
    started.set_pack(packs_.Active()->pack->name());
    started.set_pack_digest(packs_.Active()->pack->digest());
    started.set_development(options_.development);
    started.set_log_public_key(store_->log().key().ToString());
    std::map<std::string, std::string> settings = options_.settings;
    // The name of a folder does not tell what the comments in it say.
    settings["templates-digest"] = packs_.Active()->comments->digest();
    for (const auto& [name, value] : settings) {
      v1::Entry::Setting* setting = started.add_settings();
      setting->set_name(name);
      setting->set_value(value);
    }
    RG_RETURN_IF_ERROR(LogStart(*store_, *batch, clock_->Now(), started));
    RG_ASSIGN_OR_RETURN(const v1::Entry::Overdue overdue, NoteOverdue(*batch));
    RG_RETURN_IF_ERROR(due_.Start(*batch, last_at, clock_->Now()));
    RG_RETURN_IF_ERROR(batch->Commit());
    if (overdue.results() > 0 && options_.tell_overdue != nullptr) options_.tell_overdue(overdue);
    writer_.Start();
    follower_.Start();
    return absl::OkStatus();
  }

  void Submit(v1::SubmitResultRequest request, Callback<v1::SubmitResultResponse> done, const Caller& caller) {
    auto submission = std::make_shared<Submission>(std::move(request), options_.new_salt);
    writer_.Add({[this, submission, peer = caller.peer](store::Batch& batch) {
                   const absl::Time now = clock_->Now();
                   batch.SetPeer(peer);
                   RG_RETURN_IF_ERROR(submission->Run(batch, packs_.Deciding(), same_order_, now));
                   released_ = released_ || submission->released();
                   return SettleOrders(batch, submission->changed(), now);
                 },
                 [submission, done = std::move(done)](const absl::Status& status) {
                   done(status.ok() ? submission->TakeAnswer() : absl::StatusOr<v1::SubmitResultResponse>(status));
                 }});
  }

  void Refuse(v1::RefuseResultRequest request, Callback<v1::RefuseResultResponse> done, const Caller& caller) {
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
          entry.set_peer(batch.peer());
          return batch.AppendEntry(entry);
        },
        std::move(done), caller);
  }

  // One of the calls of review_work.h, request_release.h and outreach.h.
  template <typename Request, typename Response>
  void Review(absl::Status (*run)(const Desk&, const Request&, Answer<Response>&), Request request, Callback<Response> done,
              const Caller& caller) {
    Queue<Response>(
        [this, run, request = std::move(request)](store::Batch& batch, Answer<Response>& answer) {
          const absl::Time now = clock_->Now();
          const std::shared_ptr<const Directory> directory = directory_.Current();
          RG_RETURN_IF_ERROR(run(Desk{batch, *store_, packs_, *directory, now}, request, answer));
          return SettleOrders(batch, answer.changed, now);
        },
        std::move(done), caller);
  }

  void Acknowledge(v1::AcknowledgeReleasesRequest request, Callback<v1::AcknowledgeReleasesResponse> done, const Caller& caller) {
    Queue<v1::AcknowledgeReleasesResponse>(
        [this, request = std::move(request)](store::Batch& batch, Answer<v1::AcknowledgeReleasesResponse>& answer) {
          return RunAcknowledge(batch, clock_->Now(), request, answer);
        },
        std::move(done), caller);
  }

  // Queues what a desk does with a request.
  template <typename Request, typename Response>
  void At(absl::Status (PatientDesk::*method)(store::Batch&, absl::Time, const Request&, Answer<Response>&), Request request,
          Callback<Response> done, const Caller& caller) {
    QueueAt(&patients_, method, std::move(request), std::move(done), caller);
  }
  template <typename Request, typename Response>
  void At(absl::Status (DirectoryDesk::*method)(store::Batch&, absl::Time, const Request&, Answer<Response>&), Request request,
          Callback<Response> done, const Caller& caller) {
    QueueAt(&directory_, method, std::move(request), std::move(done), caller);
  }

  template <typename Request, typename Response>
  void At(absl::Status (RetentionDesk::*method)(store::Batch&, absl::Time, const Request&, Answer<Response>&), Request request,
          Callback<Response> done, const Caller& caller) {
    QueueAt(&retention_, method, std::move(request), std::move(done), caller);
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
        std::move(done), {});
  }

  void LogScreen(v1::Entry entry, const std::string& answer, Callback<int64_t> done) {
    if (entry.actor().empty()) entry.set_actor("unknown");
    std::string seen =
        base::Sha256(absl::StrCat(entry.queried().query(), "\n", entry.actor(), "\n", entry.peer(), "\n", base::Sha256(answer)));
    if (screens_.Has(seen, clock_->Now())) return done(0);
    LogQuery(std::move(entry), [this, seen = std::move(seen), done = std::move(done)](const absl::StatusOr<int64_t>& logged) {
      if (logged.ok()) screens_.Add(seen, clock_->Now());
      done(logged);
    });
  }

  void LogDelivery(v1::Entry entry) {
    Queue<int64_t>(
        [this, entry](store::Batch& batch, Answer<int64_t>&) { return AppendEntry(batch, clock_->Now(), entry.actor(), entry); },
        [this, entry](const absl::StatusOr<int64_t>& logged) {
          if (logged.ok()) return;
          const std::lock_guard<std::mutex> lock(deliveries_mutex_);
          if (unlogged_deliveries_.size() < kMostUnloggedDeliveries) unlogged_deliveries_.push_back(entry);
        },
        {});
  }

  void CountRefusedCall() { refusals_.Count(clock_->Now()); }

  void LogRefusedCall(v1::Entry entry, std::function<void()> done) {
    const std::optional<int64_t> left_out = refusals_.Admit(clock_->Now());
    if (!left_out) return done();
    entry.mutable_call_refused()->set_left_out(*left_out);
    if (entry.actor().empty()) entry.set_actor("unknown");
    WriteRefusal(std::move(entry), *left_out + 1, std::move(done));
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
  // So many entries about deliveries wait for the store to work again; a portal that goes on asking meanwhile gets nothing.
  static constexpr size_t kMostUnloggedDeliveries = 1024;

  struct Subscriber {
    Feed feed;
    std::function<void()> wake;
  };

  // Of so many results that are late the log tells one by one.
  static constexpr int kMostOverdueListed = 100;

  // Before anything of it goes. Without results where nothing is late.
  absl::StatusOr<v1::Entry::Overdue> NoteOverdue(store::Batch& batch) {
    const absl::Time now = clock_->Now();
    v1::Entry::Overdue overdue;
    RG_ASSIGN_OR_RETURN(const absl::Time earliest, store_->EarliestDue());
    if (earliest > now) return overdue;
    RG_ASSIGN_OR_RETURN(const int64_t results, store_->CountDue(now));
    overdue.set_results(results);
    *overdue.mutable_since() = base::ToProto(earliest);
    RG_ASSIGN_OR_RETURN(const std::vector<int64_t> first, batch.FindDue(now, kMostOverdueListed));
    for (const int64_t id : first) {
      v1::Entry::Due* due = overdue.add_due();
      due->set_result_id(id);
      // One that cannot be read is late too.
      const absl::StatusOr<std::optional<v1::Result>> result = store_->FindResult(id);
      if (result.ok() && result->has_value()) *due->mutable_due_at() = (*result)->due_at();
    }
    v1::Entry entry;
    *entry.mutable_overdue() = overdue;
    RG_RETURN_IF_ERROR(AppendEntry(batch, now, "gate", std::move(entry)));
    return overdue;
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
        },
        {});
  }

  void LogRefusalsLeftOut(int64_t calls) {
    if (calls == 0) return;
    v1::Entry entry;
    entry.set_actor("gate");
    entry.mutable_call_refused()->set_left_out(calls);
    WriteRefusal(std::move(entry), calls, [] {});
  }

  // What could not be logged before. Writer thread, after a commit: the store works.
  void LogDeliveriesAgain() {
    std::vector<v1::Entry> unlogged;
    {
      const std::lock_guard<std::mutex> lock(deliveries_mutex_);
      unlogged.swap(unlogged_deliveries_);
    }
    for (v1::Entry& entry : unlogged) LogDelivery(std::move(entry));
  }

  // What a call does to other results of an order, the gate does by itself.
  absl::Status SettleOrders(store::Batch& batch, const std::vector<int64_t>& changed, absl::Time now) {
    batch.SetPeer("");
    return due_.SettleOrders(batch, changed, now);
  }

  template <typename Response, typename Run>
  void Queue(Run run, Callback<Response> done, const Caller& caller) {
    auto answer = std::make_shared<Answer<Response>>();
    writer_.Add({[this, answer, run = std::move(run), peer = caller.peer](store::Batch& batch) {
                   batch.SetPeer(peer);
                   RG_RETURN_IF_ERROR(run(batch, *answer));
                   batch.SetPeer("");
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
               Request request, Callback<Response> done, const Caller& caller) {
    Queue<Response>(
        [this, desk, method, request = std::move(request)](store::Batch& batch, Answer<Response>& answer) {
          const absl::Time now = clock_->Now();
          RG_RETURN_IF_ERROR((desk->*method)(batch, now, request, answer));
          return SettleOrders(batch, answer.changed, now);
        },
        std::move(done), caller);
  }

  absl::StatusOr<int> RunDue(store::Batch& batch, absl::Time now, int limit) {
    RG_ASSIGN_OR_RETURN(const int looked_at, due_.Run(batch, now, limit));
    // What waits for its time goes first.
    return looked_at > 0 ? looked_at : retention_.EraseWhatIsOver(batch, now);
  }

  // Worklists are told of what only time changes, too. Writer thread, before they are woken: what changes after this is still to
  // come.
  void NoteNextTurnChange() {
    const absl::Time now = clock_->Now();
    const std::shared_ptr<const Directory> directory = directory_.Current();
    const std::shared_ptr<const Rulebook> rulebook = packs_.Active();
    if (turns_of_ == directory && hours_of_ == rulebook && now < turns_change_at_) return;
    turns_change_at_ = directory->NextChange(rulebook->pack->calendar().zone(), now);
    turns_of_ = directory;
    hours_of_ = rulebook;
  }

  // Writer thread, after a commit.
  void WakeSubscribers() {
    NoteNextTurnChange();
    const bool by_time = due_.TakeReleased();
    const bool released = std::exchange(released_, false) || by_time;
    const std::lock_guard<std::mutex> lock(subscribers_mutex_);
    for (const auto& [id, subscriber] : subscribers_) {
      if (subscriber.feed != Feed::kReleases || released) subscriber.wake();
    }
  }

  store::Store* const store_;
  base::Clock* const clock_;
  Options options_;  // constant once it is made

  bool released_ = false;  // writer thread only: the batch appended to the release stream
  // Writer thread only: when turns change by themselves next, by which directory and whose time zone.
  absl::Time turns_change_at_ = absl::InfinitePast();
  std::shared_ptr<const Directory> turns_of_;
  std::shared_ptr<const Rulebook> hours_of_;

  std::mutex subscribers_mutex_;
  std::map<int64_t, Subscriber> subscribers_;  // guarded by subscribers_mutex_
  int64_t last_subscriber_ = 0;                // guarded by subscribers_mutex_

  PackHost packs_;
  const SameOrder same_order_;
  PatientDesk patients_;  // writer thread only
  DueDesk due_;           // writer thread only
  DirectoryDesk directory_;
  OpenRefusals open_refusals_;
  RetentionDesk retention_;  // writer thread only
  LogFollower follower_;

  Refusals refusals_;
  Screens screens_;
  std::mutex deliveries_mutex_;
  std::vector<v1::Entry> unlogged_deliveries_;  // guarded by deliveries_mutex_
  Writer writer_;                               // last: its thread uses everything above
};

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_GATE_IMPL_H_

#include "server/gate/pack_host.h"

#include <algorithm>
#include <future>
#include <optional>
#include <utility>

#include "absl/hash/hash.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "server/base/proto_time.h"
#include "server/base/status_macros.h"
#include "server/gate/ask_anew.h"
#include "server/gate/decision_before.h"
#include "server/gate/decision_facts.h"
#include "server/gate/held_preview.h"
#include "server/gate/result_commit.h"

namespace resultgate::gate {
namespace {

constexpr int kPage = 100;
// Held results decided anew in one piece of the writer's work: short enough that nobody waits for it.
constexpr size_t kRedecidedTogether = 32;

uint64_t HashOf(const v1::Result& result) {
  return absl::HashOf(result.SerializeAsString());
}

v1::Activation ActivationOf(const v1::Entry& entry) {
  v1::Activation activation = entry.activated();
  *activation.mutable_time() = entry.time();
  return activation;
}

absl::Status CannotBeUsed(const std::string& what, const base::FileIssues& issues) {
  return absl::FailedPreconditionError(absl::StrCat(what, ":\n", base::Format(issues)));
}

}  // namespace

PackHost::PackHost(store::Store* store, base::Clock* clock, Writer* writer, CommentLoader load_comments,
                   std::function<void()> on_release)
    : store_(store),
      clock_(clock),
      writer_(writer),
      load_comments_(std::move(load_comments)),
      on_release_(std::move(on_release)) {}

absl::Status PackHost::Start(const policy::LoadedPack& folder, bool development) {
  RG_ASSIGN_OR_RETURN(const std::vector<v1::Entry> last, store_->ListActivations(0, 1));
  const std::string active = last.empty() ? "" : last.front().activated().pack_digest();
  if (folder.pack == nullptr && active.empty()) {
    return absl::FailedPreconditionError("the pack's folder cannot be used, and no pack was ever active");
  }
  const bool folder_decides = folder.pack != nullptr && (active.empty() || development || active == folder.pack->digest());
  base::FileIssues issues;
  policy::LoadedPack loaded = folder;
  if (!folder_decides) {
    RG_ASSIGN_OR_RETURN(const std::optional<v1::PackFiles> files, store_->FindPack(active));
    if (!files) return absl::DataLossError(absl::StrCat("the active pack ", active, " is not in the database"));
    loaded = policy::LoadPackFiles(*files, &issues);
    if (loaded.pack == nullptr) return CannotBeUsed("the active pack, as the database keeps it, cannot be used", issues);
    // Rules that nobody activated must not decide because somebody wrote them into the database.
    if (loaded.pack->digest() != active) {
      return absl::DataLossError(absl::StrCat("the active pack ", active, " was changed in the database: what is kept there is ",
                                              loaded.pack->digest(),
                                              "; restore a backup, or serve the folder that it came from"));
    }
  }
  auto rulebook = std::make_shared<Rulebook>();
  rulebook->pack = loaded.pack;
  rulebook->comments = load_comments_(*loaded.value_sets, &issues);
  if (rulebook->comments == nullptr) return CannotBeUsed("the templates cannot be used with the active pack", issues);
  deciding_ = rulebook;
  Publish();
  if (active == loaded.pack->digest()) return absl::OkStatus();

  v1::Entry entry;
  v1::Activation* activation = entry.mutable_activated();
  activation->set_pack(loaded.pack->name());
  activation->set_pack_digest(loaded.pack->digest());
  activation->set_previous_digest(active);
  activation->set_cause(active.empty() ? v1::ACTIVATION_CAUSE_FIRST_START : v1::ACTIVATION_CAUSE_DEVELOPMENT);
  activation->set_author(loaded.pack->author());
  activation->set_templates_digest(rulebook->comments->digest());
  RG_ASSIGN_OR_RETURN(std::unique_ptr<store::Batch> batch, store_->Begin());
  RG_RETURN_IF_ERROR(batch->PutPack(loaded.pack->digest(), *loaded.files));
  RG_RETURN_IF_ERROR(AppendEntry(*batch, clock_->Now(), "gate", std::move(entry)));
  return batch->Commit();
}

std::shared_ptr<const Rulebook> PackHost::Active() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return active_;
}

void PackHost::Publish() {
  const std::lock_guard<std::mutex> lock(mutex_);
  active_ = deciding_;
}

std::shared_ptr<const policy::Pack> PackHost::Kept(const std::string& digest) const {
  {
    const std::lock_guard<std::mutex> lock(kept_mutex_);
    if (const auto found = kept_.find(digest); found != kept_.end()) return found->second;
  }
  const absl::StatusOr<std::optional<v1::PackFiles>> files = store_->FindPack(digest);
  if (!files.ok() || !files->has_value()) return nullptr;  // it may be there the next time
  base::FileIssues ignored;
  std::shared_ptr<const policy::Pack> pack = policy::LoadPackFiles(**files, &ignored).pack;
  // Rules that nobody activated decide of nothing, not even of what was held before.
  if (pack != nullptr && pack->digest() != digest) pack = nullptr;
  const std::lock_guard<std::mutex> lock(kept_mutex_);
  return kept_.try_emplace(digest, std::move(pack)).first->second;
}

const policy::Pack& PackHost::PackOf(const v1::Result& result) {
  const std::string& digest = result.decision().pack_digest();
  if (digest == deciding_->pack->digest()) return *deciding_->pack;
  // One from before packs were kept, or that this program reads no more: hours change seldom, and time must go on.
  const std::shared_ptr<const policy::Pack> kept = Kept(digest);
  return kept == nullptr ? *deciding_->pack : *kept;
}

const calendar::Calendar& PackHost::CalendarOf(const v1::Result& result) {
  return PackOf(result).CalendarFor(result.report().order());
}

absl::Status PackHost::RunOnWriter(std::function<absl::Status(store::Batch&)> work) {
  std::promise<absl::Status> done;
  bool ran = false;
  writer_->Add({[this, &ran, work = std::move(work)](store::Batch& batch) {
                  ran = true;
                  batch.SetPeer(peer_);
                  const absl::Status status = work(batch);
                  batch.SetPeer("");
                  return status;
                },
                [this, &ran, &done](const absl::Status& status) {
                  // A batch that failed has changed nothing. Work that was not taken is answered on its caller's thread.
                  if (!status.ok() && ran) deciding_ = Active();
                  done.set_value(status);
                }});
  return done.get_future().get();
}

absl::Status PackHost::Commit(const Candidate& candidate, v1::Activation* activation) {
  const auto rulebook = std::make_shared<const Rulebook>(candidate.rulebook);
  v1::Entry entry;
  *entry.mutable_activated() = *activation;
  const absl::Time now = clock_->Now();
  RG_RETURN_IF_ERROR(RunOnWriter([&](store::Batch& batch) -> absl::Status {
    RG_RETURN_IF_ERROR(batch.PutPack(activation->pack_digest(), *candidate.files));
    const std::string& actor = activation->approver().empty() ? "gate" : activation->approver();
    RG_RETURN_IF_ERROR(AppendEntry(batch, now, actor, entry));
    deciding_ = rulebook;
    return absl::OkStatus();
  }));
  *activation->mutable_time() = base::ToProto(now);
  return absl::OkStatus();
}

absl::Status PackHost::LogRefusal(const v1::Entry::ActivationRefused& refused) {
  v1::Entry entry;
  *entry.mutable_activation_refused() = refused;
  return RunOnWriter([&](store::Batch& batch) { return AppendEntry(batch, clock_->Now(), refused.approver(), entry); });
}

absl::Status PackHost::CheckAndCommit(const v1::PackFiles& files, const ActivationAsk& ask, bool validate_only,
                                      Candidate* candidate, v1::Activation* activation, v1::HeldPreview* held) {
  v1::Entry::ActivationRefused refused;
  const absl::Status status = CheckCandidate(files, ask, load_comments_, candidate, activation, &refused);
  if (!status.ok()) {
    if (!validate_only) RG_RETURN_IF_ERROR(LogRefusal(refused));
    return status;
  }
  activation->set_previous_digest(Active()->pack->digest());
  if (activation->previous_digest() == activation->pack_digest()) {
    return absl::AlreadyExistsError(absl::StrCat("pack ", activation->pack(), " (", activation->pack_digest(), ") is active"));
  }
  RG_ASSIGN_OR_RETURN(*held, PreviewHeld(*store_, *candidate->rulebook.pack, clock_->Now()));
  *activation->mutable_held() = *held;
  activation->mutable_held()->clear_groups();
  return validate_only ? absl::OkStatus() : Commit(*candidate, activation);
}

absl::StatusOr<v1::ActivatePackResponse> PackHost::Activate(const v1::ActivatePackRequest& request, const Caller& caller) {
  const std::lock_guard<std::mutex> turn(turn_);
  peer_ = caller.peer;
  v1::ActivatePackResponse response;
  Candidate candidate;
  RG_RETURN_IF_ERROR(CheckAndCommit(request.files(), {v1::ACTIVATION_CAUSE_REQUEST, request.approver(), request.author()},
                                    request.validate_only(), &candidate, response.mutable_activation(), response.mutable_held()));
  for (const std::string& rule : candidate.untested_rules) response.add_untested_rules(rule);
  return response;
}

absl::StatusOr<v1::Activation> PackHost::FindInHistory(const std::string& digest) const {
  const std::string active = Active()->pack->digest();
  for (int64_t before = 0;;) {
    RG_ASSIGN_OR_RETURN(const std::vector<v1::Entry> page, store_->ListActivations(before, kPage));
    if (page.empty()) {
      return digest.empty() ? absl::NotFoundError("no other pack was active before")
                            : absl::NotFoundError(absl::StrCat("no pack ", digest, " was ever active"));
    }
    for (const v1::Entry& entry : page) {
      before = entry.sequence();
      const std::string& found = entry.activated().pack_digest();
      if (digest.empty() ? found != active : found == digest) return ActivationOf(entry);
    }
  }
}

absl::StatusOr<v1::RollbackPackResponse> PackHost::Rollback(const v1::RollbackPackRequest& request, const Caller& caller) {
  const std::lock_guard<std::mutex> turn(turn_);
  peer_ = caller.peer;
  RG_ASSIGN_OR_RETURN(const v1::Activation earlier, FindInHistory(request.pack_digest()));
  RG_ASSIGN_OR_RETURN(const std::optional<v1::PackFiles> files, store_->FindPack(earlier.pack_digest()));
  if (!files) return absl::DataLossError(absl::StrCat("pack ", earlier.pack_digest(), " is not in the database"));
  const std::string author = request.author().empty() ? earlier.author() : request.author();
  v1::RollbackPackResponse response;
  Candidate candidate;
  RG_RETURN_IF_ERROR(CheckAndCommit(*files, {v1::ACTIVATION_CAUSE_ROLLBACK, request.approver(), author}, request.validate_only(),
                                    &candidate, response.mutable_activation(), response.mutable_held()));
  return response;
}

absl::Status PackHost::Reload(const policy::LoadedPack& pack) {
  const std::lock_guard<std::mutex> turn(turn_);
  peer_.clear();
  const std::string active = Active()->pack->digest();
  if (pack.pack->digest() == active) return absl::OkStatus();
  base::FileIssues issues;
  Candidate candidate;
  candidate.files = pack.files;
  candidate.rulebook.pack = pack.pack;
  candidate.rulebook.comments = load_comments_(*pack.value_sets, &issues);
  if (candidate.rulebook.comments == nullptr) return CannotBeUsed("the templates do not fit the pack's value sets", issues);
  v1::Activation activation;
  activation.set_pack(pack.pack->name());
  activation.set_pack_digest(pack.pack->digest());
  activation.set_previous_digest(active);
  activation.set_cause(v1::ACTIVATION_CAUSE_DEVELOPMENT);
  activation.set_author(pack.pack->author());
  activation.set_templates_digest(candidate.rulebook.comments->digest());
  return Commit(candidate, &activation);
}

absl::StatusOr<v1::ListActivationsResponse> PackHost::List(const v1::ListActivationsRequest& request) const {
  int64_t before = 0;
  if (!request.page_token().empty() && (!absl::SimpleAtoi(request.page_token(), &before) || before < 1)) {
    return absl::InvalidArgumentError("page_token is none that this service gave; begin again without one");
  }
  const int size = request.page_size() > 0 ? request.page_size() : kPage;
  RG_ASSIGN_OR_RETURN(const std::vector<v1::Entry> entries, store_->ListActivations(before, size + 1));
  v1::ListActivationsResponse response;
  for (int i = 0; i < std::min(size, static_cast<int>(entries.size())); ++i) {
    *response.add_activations() = ActivationOf(entries[static_cast<size_t>(i)]);
  }
  if (static_cast<int>(entries.size()) > size) {
    response.set_next_page_token(absl::StrCat(entries[static_cast<size_t>(size) - 1].sequence()));
  }
  return response;
}

absl::StatusOr<Anew> PackHost::DecideOne(const v1::Result& result, const Rulebook& rulebook, const Redeciding& how,
                                         absl::Time now) const {
  if (result.decision().pack_digest() == rulebook.pack->digest()) return Anew();
  RG_ASSIGN_OR_RETURN(const std::optional<v1::Decision> before, DecisionBefore(*store_, result));
  return DecideAnew(result, AskAnew(*rulebook.pack, result, before ? &*before : nullptr, now), how, now);
}

absl::Status PackHost::RedecideOne(store::Batch& batch, const Rulebook& rulebook, const Counted& counted, const Redeciding& how,
                                   absl::Time now, int64_t redecision, const std::string& actor, Counts* counts) {
  RG_ASSIGN_OR_RETURN(std::optional<v1::Result> result, batch.FindResult(counted.id));
  if (!result) return absl::DataLossError(absl::StrCat("result ", counted.id, " is held, but not there"));
  if (HashOf(*result) != counted.hash) {
    ++counts->left;
    return absl::OkStatus();
  }
  RG_ASSIGN_OR_RETURN(const Anew anew, DecideOne(*result, rulebook, how, now));
  const policy::Outcomes before = result->decision().outcomes();
  v1::Entry entry;
  entry.mutable_redecided()->set_redecision_sequence(redecision);
  entry.mutable_redecided()->set_previous_digest(result->decision().pack_digest());
  entry.mutable_redecided()->set_pack_digest(rulebook.pack->digest());
  // What is left to the pack that decided it before goes on by that one's calendar.
  entry.mutable_redecided()->set_whole(anew.whole);
  entry.set_known_digest(KnownDigest(*result));
  if (anew.whole) {
    result->mutable_decision()->set_pack(rulebook.pack->name());
    result->mutable_decision()->set_pack_digest(rulebook.pack->digest());
  }
  const v1::Patient patient = result->report().patient();
  RG_ASSIGN_OR_RETURN(Committed committed,
                      CommitTransition(batch, *rulebook.comments, *rulebook.pack, anew.transition, patient, now, &*result));
  entry.set_result_id(result->id());
  entry.set_version(result->version());
  for (v1::Outcome& outcome : ChangedOutcomes(before, result->decision().outcomes())) {
    *entry.mutable_redecided()->add_outcomes() = std::move(outcome);
  }
  for (v1::ReleaseNote& note : committed.notes) *entry.mutable_redecided()->add_releases() = std::move(note);
  ++counts->results;
  counts->released += static_cast<int64_t>(anew.released.size());
  if (!committed.notes.empty()) on_release_();
  return AppendEntry(batch, now, actor, std::move(entry));
}

absl::StatusOr<v1::RedecideHeldResponse> PackHost::Redecide(const v1::RedecideHeldRequest& request, const Caller& caller) {
  const std::lock_guard<std::mutex> turn(turn_);
  peer_ = caller.peer;
  const std::shared_ptr<const Rulebook> rulebook = Active();
  // One time for all of it: what is counted is what is done.
  const absl::Time now = clock_->Now();
  const Redeciding how{request.has_release_held(), request.tighten()};
  v1::RedecideHeldResponse response;
  std::vector<Counted> counted;
  Counts found;
  RG_RETURN_IF_ERROR(ForEachHeld(*store_, [&](const v1::Result& result) -> absl::Status {
    RG_ASSIGN_OR_RETURN(const Anew anew, DecideOne(result, *rulebook, how, now));
    if (!anew.changed) return absl::OkStatus();
    ++found.results;
    found.released += static_cast<int64_t>(anew.released.size());
    if (!request.validate_only()) counted.push_back({result.id(), HashOf(result)});
    return absl::OkStatus();
  }));
  if (request.validate_only()) {
    RG_ASSIGN_OR_RETURN(*response.mutable_held(), PreviewHeld(*store_, *rulebook->pack, now));
    response.set_results(found.results);
    response.set_released(found.released);
    return response;
  }
  if (found.released != (how.relax ? request.release_held() : 0)) {
    return absl::FailedPreconditionError(
        absl::StrCat("this would release ", found.released, found.released == 1 ? " unit" : " units", " now, and ",
                     how.relax ? absl::StrCat(request.release_held()) : "no number", " was confirmed; nothing was done"));
  }
  if (counted.empty()) return response;

  v1::Entry entry;
  v1::Entry::Redecision* redecision = entry.mutable_redecision();
  redecision->set_pack(rulebook->pack->name());
  redecision->set_pack_digest(rulebook->pack->digest());
  if (how.relax) redecision->set_release_held(request.release_held());
  redecision->set_tighten(how.tighten);
  int64_t sequence = 0;
  RG_RETURN_IF_ERROR(RunOnWriter([&](store::Batch& batch) {
    sequence = batch.NextEntrySequence();
    entry.set_sequence(sequence);
    *entry.mutable_time() = base::ToProto(now);
    entry.set_actor(request.actor());
    entry.set_peer(peer_);
    return batch.AppendEntry(entry);
  }));
  Counts done;
  for (size_t i = 0; i < counted.size(); i += kRedecidedTogether) {
    Counts piece;
    const absl::Status status = RunOnWriter([&](store::Batch& batch) -> absl::Status {
      for (size_t k = i; k < std::min(counted.size(), i + kRedecidedTogether); ++k) {
        RG_RETURN_IF_ERROR(RedecideOne(batch, *rulebook, counted[k], how, now, sequence, request.actor(), &piece));
      }
      return absl::OkStatus();
    });
    if (!status.ok()) {
      return absl::Status(status.code(), absl::StrCat(status.message(), "; ", done.results, " of ", counted.size(),
                                                      " results were decided anew before that; ask again for the rest"));
    }
    done = {done.results + piece.results, done.released + piece.released, done.left + piece.left};
  }
  redecision->set_completed(true);
  redecision->set_results(done.results);
  redecision->set_released(done.released);
  redecision->set_left(done.left);
  RG_RETURN_IF_ERROR(RunOnWriter([&](store::Batch& batch) { return AppendEntry(batch, clock_->Now(), request.actor(), entry); }));
  response.set_results(done.results);
  response.set_released(done.released);
  response.set_left(done.left);
  return response;
}

}  // namespace resultgate::gate

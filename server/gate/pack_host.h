// Which pack decides: keeps the active one, changes it, and decides anew what others hold.
//
// A change is one entry of the log with the pack's files, in one transaction; then one pointer is swapped. Who decides meanwhile
// finishes with the old pack, and all entries after that one are by the new one. What is held keeps the pack that decided it.
//
// Thread-safe where nothing else is said. Methods that check packs or look at all that is held block, for seconds where much is:
// call them from a thread that may. They take their turn one after the other.
#ifndef RESULTGATE_GATE_PACK_HOST_H_
#define RESULTGATE_GATE_PACK_HOST_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "resultgate/v1/policy_service.pb.h"
#include "resultgate/v1/result.pb.h"
#include "server/base/clock.h"
#include "server/calendar/calendar.h"
#include "server/gate/activation.h"
#include "server/gate/caller.h"
#include "server/gate/redecide.h"
#include "server/gate/rulebook.h"
#include "server/gate/writer.h"
#include "server/policy/pack_files.h"
#include "server/store/store.h"

namespace resultgate::gate {

class PackHost {
 public:
  // `writer` makes its changes; `on_release` is called on the writer thread where a change appended releases. All outlive it.
  PackHost(store::Store* store, base::Clock* clock, Writer* writer, CommentLoader load_comments,
           std::function<void()> on_release);

  // Before the writer starts. Takes the pack that was active last; on a database that has none, `folder` becomes active. In
  // development mode `folder` wins, and the log says so. A folder that cannot be used (its parts are null) never wins.
  // FailedPrecondition, with every issue in the text, where the pack cannot
  // be used by this program.
  absl::Status Start(const policy::LoadedPack& folder, bool development);

  // What decides now.
  std::shared_ptr<const Rulebook> Active() const;

  // The pack of this digest; null for one that is not kept, or that this program reads no more. Blocks the first time.
  std::shared_ptr<const policy::Pack> Kept(const std::string& digest) const;

  // Writer thread only: what decides in the batch under way; the pack that decided a result, or what decides now where that one
  // is not kept or cannot be used any more; the calendar by which a result's time is counted, that of its facility in that pack;
  // after a commit, and after a failed one, what the batch changed becomes active, or is forgotten.
  const Rulebook& Deciding() const { return *deciding_; }
  const policy::Pack& PackOf(const v1::Result& result);
  const calendar::Calendar& CalendarOf(const v1::Result& result);
  void Publish();

  // As PolicyService has them.
  absl::StatusOr<v1::ActivatePackResponse> Activate(const v1::ActivatePackRequest& request, const Caller& caller);
  absl::StatusOr<v1::RollbackPackResponse> Rollback(const v1::RollbackPackRequest& request, const Caller& caller);
  absl::StatusOr<v1::RedecideHeldResponse> Redecide(const v1::RedecideHeldRequest& request, const Caller& caller);
  absl::StatusOr<v1::ListActivationsResponse> List(const v1::ListActivationsRequest& request) const;
  // Development mode: another state of the folder, without tests and approver. InvalidArgument, with every issue in the text,
  // where the templates do not fit it.
  absl::Status Reload(const policy::LoadedPack& pack);

 private:
  // A held result that will change, and a hash of it as it was when it was counted.
  struct Counted {
    int64_t id = 0;
    uint64_t hash = 0;
  };
  struct Counts {
    int64_t results = 0;
    int64_t released = 0;
    int64_t left = 0;
  };

  // Runs `work` in the writer's next batch and waits until it is durable.
  absl::Status RunOnWriter(std::function<absl::Status(store::Batch&)> work);
  // Makes the candidate active, durably; fills the activation's time.
  absl::Status Commit(const Candidate& candidate, v1::Activation* activation);
  // Checks, previews, and activates unless it is only validated. A refusal is logged unless it is only validated.
  absl::Status CheckAndCommit(const v1::PackFiles& files, const ActivationAsk& ask, bool validate_only, Candidate* candidate,
                              v1::Activation* activation, v1::HeldPreview* held);
  absl::Status LogRefusal(const v1::Entry::ActivationRefused& refused);
  // The newest activation of a pack, by digest; where that is empty, of the pack that was active before the active one.
  absl::StatusOr<v1::Activation> FindInHistory(const std::string& digest) const;

  // What `rulebook` makes of a result; not changed where the result is its own.
  absl::StatusOr<Anew> DecideOne(const v1::Result& result, const Rulebook& rulebook, const Redeciding& how, absl::Time now) const;
  // Writer thread: decides one result anew, if it is still as it was counted.
  absl::Status RedecideOne(store::Batch& batch, const Rulebook& rulebook, const Counted& counted, const Redeciding& how,
                           absl::Time now, int64_t redecision, const std::string& actor, Counts* counts);

  store::Store* const store_;
  base::Clock* const clock_;
  Writer* const writer_;
  const CommentLoader load_comments_;
  const std::function<void()> on_release_;

  std::mutex turn_;   // held by whoever changes or previews packs
  std::string peer_;  // guarded by turn_: from where whoever holds it calls
  mutable std::mutex mutex_;
  std::shared_ptr<const Rulebook> active_;    // guarded by mutex_
  std::shared_ptr<const Rulebook> deciding_;  // writer thread only
  mutable std::mutex kept_mutex_;
  // What Kept() has given, which stays; guarded by kept_mutex_.
  mutable std::map<std::string, std::shared_ptr<const policy::Pack>> kept_;
};

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_PACK_HOST_H_

// The directory of owners and its changes (DirectoryService).
#ifndef RESULTGATE_GATE_DIRECTORY_DESK_H_
#define RESULTGATE_GATE_DIRECTORY_DESK_H_

#include <memory>
#include <mutex>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "resultgate/v1/directory_service.pb.h"
#include "server/gate/answer.h"
#include "server/gate/directory.h"
#include "server/store/store.h"

namespace resultgate::gate {

// Keeps the directory as the store has it. The methods that change it are for the writer thread: each makes its change in the
// batch, with its log entry; a request that asks for nothing new changes nothing, the log included.
class DirectoryDesk {
 public:
  // The store outlives it.
  explicit DirectoryDesk(store::Store* store) : store_(store) {}

  // Reads the directory; call it before anything else, and on the writer thread after each commit.
  absl::Status Load();
  absl::Status LoadIfChanged();

  // As it was last committed. Thread-safe.
  std::shared_ptr<const Directory> Current() const;

  // As DirectoryService has them. Not OK only if the store failed.
  absl::Status PutOwner(store::Batch& batch, absl::Time now, const v1::PutOwnerRequest& request,
                        Answer<v1::PutOwnerResponse>& answer);
  absl::Status RemoveOwner(store::Batch& batch, absl::Time now, const v1::RemoveOwnerRequest& request,
                           Answer<v1::RemoveOwnerResponse>& answer);
  absl::Status PutAbsence(store::Batch& batch, absl::Time now, const v1::PutAbsenceRequest& request,
                          Answer<v1::PutAbsenceResponse>& answer);
  absl::Status RemoveAbsence(store::Batch& batch, absl::Time now, const v1::RemoveAbsenceRequest& request,
                             Answer<v1::RemoveAbsenceResponse>& answer);

 private:
  // Writes an owner that changed, with its entry.
  absl::Status Write(store::Batch& batch, absl::Time now, const std::string& actor, const v1::DirectoryOwner& owner);

  store::Store* const store_;
  bool changed_ = false;  // writer thread only: a batch changed it since it was read
  mutable std::mutex mutex_;
  std::shared_ptr<const Directory> current_ = std::make_shared<Directory>();  // guarded by mutex_
};

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_DIRECTORY_DESK_H_

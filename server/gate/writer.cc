#include "server/gate/writer.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "server/base/status_macros.h"

namespace resultgate::gate {
namespace {

// What is due goes in pieces, so that submissions do not wait behind a long list.
constexpr int kDuePerBatch = 64;
// A store that fails is asked again after this: often enough to release in time, seldom enough to leave it room.
constexpr absl::Duration kRetryDue = absl::Seconds(1);

}  // namespace

Writer::Writer(store::Store* store, base::Clock* clock, const Options& options, RunDue run_due,
               std::function<void()> after_commit, std::function<absl::Time()> also_due)
    : store_(store),
      clock_(clock),
      options_(options),
      run_due_(std::move(run_due)),
      after_commit_(std::move(after_commit)),
      also_due_(std::move(also_due)) {}

void Writer::Start() {
  thread_ = std::thread([this] { Loop(); });
}

Writer::~Writer() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Writer::Add(Work work) {
  const absl::Status refused = [this, &work]() -> absl::Status {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (stopping_) return absl::UnavailableError("the gate is stopping; send it again later");
    if (queue_.size() >= options_.longest_queue) return absl::ResourceExhaustedError("too much work waits; send it again later");
    queue_.push_back(std::move(work));
    return absl::OkStatus();
  }();
  if (!refused.ok()) return work.done(refused);
  wake_.notify_one();
}

void Writer::Loop() {
  for (;;) {
    std::vector<Work> group;
    bool stop = false;
    {
      std::unique_lock<std::mutex> lock(mutex_);
      while (queue_.empty() && !stopping_ && clock_->Now() < due_at_) clock_->WaitUntil(lock, wake_, due_at_);
      stop = stopping_ && queue_.empty();
      while (!queue_.empty() && group.size() < options_.largest_group) {
        group.push_back(std::move(queue_.front()));
        queue_.pop_front();
      }
    }
    if (stop) return;
    if (!group.empty()) Run(std::move(group));
    if (clock_->Now() >= due_at_) RunWhatIsDue();
  }
}

void Writer::Run(std::vector<Work> group) {
  const absl::Status status = [&]() -> absl::Status {
    RG_ASSIGN_OR_RETURN(std::unique_ptr<store::Batch> batch, store_->Begin());
    for (const Work& work : group) RG_RETURN_IF_ERROR(work.run(*batch));
    return batch->Commit();
  }();
  if (status.ok()) {
    after_commit_();
    due_at_ = NextDue();
  }
  for (const Work& work : group) work.done(status);
}

void Writer::RunWhatIsDue() {
  const absl::Time now = clock_->Now();
  int looked_at = 0;
  const absl::Status status = [&]() -> absl::Status {
    RG_ASSIGN_OR_RETURN(std::unique_ptr<store::Batch> batch, store_->Begin());
    RG_ASSIGN_OR_RETURN(looked_at, run_due_(*batch, now, kDuePerBatch));
    return batch->Commit();
  }();
  if (!status.ok()) {
    due_at_ = now + kRetryDue;
    return;
  }
  after_commit_();
  due_at_ = NextDue();
  // What stays due although nothing more was to be done for it must not keep the writer busy.
  if (looked_at < kDuePerBatch) due_at_ = std::max(due_at_, now + kRetryDue);
}

absl::Time Writer::NextDue() const {
  const absl::StatusOr<absl::Time> due = store_->EarliestDue();
  const absl::Time of_store = due.ok() ? *due : clock_->Now() + kRetryDue;
  return also_due_ == nullptr ? of_store : std::min(of_store, also_due_());
}

}  // namespace resultgate::gate

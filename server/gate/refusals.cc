#include "server/gate/refusals.h"

#include <utility>

namespace resultgate::gate {

bool Refusals::IsOver(absl::Time now) const {
  return now >= minute_ + absl::Minutes(1) || now < minute_;
}

void Refusals::BeginMinute(absl::Time now) {
  if (!IsOver(now)) return;
  minute_ = now;
  admitted_ = 0;
}

std::optional<int64_t> Refusals::Admit(absl::Time now) {
  const std::lock_guard<std::mutex> lock(mutex_);
  BeginMinute(now);
  if (admitted_ == kRefusalsPerMinute) {
    ++left_out_;
    return std::nullopt;
  }
  ++admitted_;
  return std::exchange(left_out_, 0);
}

void Refusals::Count(absl::Time now) {
  const std::lock_guard<std::mutex> lock(mutex_);
  BeginMinute(now);
  ++left_out_;
}

int64_t Refusals::TakeLeftOut(absl::Time now) {
  const std::lock_guard<std::mutex> lock(mutex_);
  return left_out_ > 0 && IsOver(now) ? std::exchange(left_out_, 0) : 0;
}

void Refusals::PutBack(int64_t calls) {
  const std::lock_guard<std::mutex> lock(mutex_);
  left_out_ += calls;
}

}  // namespace resultgate::gate

#include "tests/bench/gate_world.h"

#include <atomic>
#include <cstdlib>
#include <functional>
#include <future>
#include <iostream>

#include "server/base/file_issue.h"
#include "tests/testing/sample_reports.h"

namespace resultgate::bench {
namespace {

// So many wait while a group is written that the next one is whole.
constexpr int kInFlight = 2 * kGroup;

}  // namespace

void Require(const absl::Status& status) {
  if (status.ok()) return;
  std::cerr << status << "\n";
  exit(1);
}

v1::SubmitResultRequest RequestOf(int number) {
  v1::SubmitResultRequest request;
  *request.mutable_report() = testing::BloodCount(number);
  return request;
}

World::World() {
  base::FileIssues issues;
  pack_ = policy::LoadPackFolders({"policies/default", "policies/valuesets", "policies/calendars", {/*allow_unverified=*/true}},
                                  &issues);
  comment::Library::Options options;
  options.development = true;
  if (pack_.pack != nullptr) templates_ = comment::Library::Load("templates", *pack_.value_sets, options, &issues);
  if (templates_ == nullptr) {
    std::cerr << base::Format(issues) << "Run this from the project's root.\n";
    exit(1);
  }
}

std::unique_ptr<gate::Gate> World::Start(store::Store* store, base::Clock* clock, size_t largest_group) {
  gate::Options options;
  options.largest_group = largest_group;
  return Require(gate::Gate::Start(
      store, clock, pack_, [this](const auto&, auto*) { return templates_; }, options));
}

void SubmitAll(gate::Gate* gate, int first, int last) {
  std::atomic<int> next{first};
  int answered = 0;  // writer thread only
  std::promise<void> all;
  std::future<void> ended = all.get_future();
  std::function<void()> submit_next = [&] {
    const int number = next++;
    if (number > last) return;
    gate->Submit(RequestOf(number), [&](const absl::StatusOr<v1::SubmitResultResponse>& answer) {
      Require(answer.status());
      submit_next();
      if (++answered == last - first + 1) all.set_value();
    });
  };
  for (int i = 0; i < kInFlight; ++i) submit_next();
  ended.wait();
}

}  // namespace resultgate::bench

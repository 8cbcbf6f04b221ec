// Gates in this process on the project's own rules and templates, and a sender that keeps one busy. Run from the project's root.
#ifndef RESULTGATE_TESTS_BENCH_GATE_WORLD_H_
#define RESULTGATE_TESTS_BENCH_GATE_WORLD_H_

#include <cstddef>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/base/clock.h"
#include "server/comment/library.h"
#include "server/gate/gate.h"
#include "server/policy/pack_files.h"
#include "server/store/store.h"

namespace resultgate::bench {

// What the benchmarks call a group of commits.
inline constexpr int kGroup = 64;

// Ends the process where something fails.
void Require(const absl::Status& status);
template <typename T>
T Require(absl::StatusOr<T> value) {
  Require(value.status());
  return *std::move(value);
}

// Blood count `number`, each of a patient and an order of its own.
v1::SubmitResultRequest RequestOf(int number);

// The rules and templates, loaded once.
class World {
 public:
  World();

  const policy::Pack& pack() const { return *pack_.pack; }
  // The arguments must outlive the gate, and so must this.
  std::unique_ptr<gate::Gate> Start(store::Store* store, base::Clock* clock,
                                    size_t largest_group = gate::Options().largest_group);

 private:
  policy::LoadedPack pack_;
  std::shared_ptr<const comment::Library> templates_;
};

// Submits blood counts first, first + 1, … last, two groups in flight: whenever one is answered, the next. Returns when all are
// answered.
void SubmitAll(gate::Gate* gate, int first, int last);

}  // namespace resultgate::bench

#endif  // RESULTGATE_TESTS_BENCH_GATE_WORLD_H_

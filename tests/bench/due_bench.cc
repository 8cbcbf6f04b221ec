// What the due queue costs, by the number of units that are held: how long it takes, from the moment when 1,000 of them come due,
// until all of these are released with their comments and log entries, durably. It must not hang on how many others wait.
//
//   resultgate_due_bench [--held 10000,1000000] [--rounds 7]
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <future>
#include <iostream>
#include <memory>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "server/base/proto_time.h"
#include "server/gate/gate.h"
#include "server/policy/pack.h"
#include "server/store/sqlite/sqlite_store.h"
#include "tests/bench/gate_world.h"
#include "tests/testing/server_process.h"
#include "tests/testing/simulated_clock.h"

namespace resultgate::bench {
namespace {

constexpr int kAtATime = 1000;
constexpr int kPerBatch = 5000;
const absl::Time kStart = absl::FromUnixSeconds(1'772'827'200);  // 2026-03-06

// A blood count that a floor holds until `due`.
v1::Result Held(int64_t id, absl::Time due, const policy::Pack& pack) {
  v1::Result result;
  result.set_id(id);
  result.set_version(1);
  v1::DiagnosticReport* report = result.mutable_report();
  report->set_sender("LAB|NORTH");
  report->set_status(v1::RESULT_STATUS_FINAL);
  v1::Coding* service = report->mutable_code()->add_codings();
  service->set_system("http://loinc.org");
  service->set_code("718-7");
  v1::Identifier* patient = report->mutable_patient()->add_identifiers();
  patient->set_system("MRN");
  patient->set_value(absl::StrCat("P", id));
  report->mutable_order()->set_filler_order_number(absl::StrCat("F", id));
  *report->mutable_issued() = base::ToProto(kStart);
  v1::Observation* observation = report->add_observations();
  observation->set_id("718-7");
  observation->set_status(v1::RESULT_STATUS_FINAL);
  *observation->mutable_code()->add_codings() = *service;
  observation->mutable_quantity()->set_value("13.9");
  observation->set_interpretation(v1::INTERPRETATION_NORMAL);
  *result.mutable_received_at() = base::ToProto(kStart);
  v1::Decision* decision = result.mutable_decision();
  decision->set_pack(pack.name());
  decision->set_pack_digest(pack.digest());
  v1::Outcome* outcome = decision->add_outcomes();
  outcome->add_unit_ids("718-7");
  outcome->add_audiences(v1::AUDIENCE_PATIENT);
  outcome->set_disposition(v1::DISPOSITION_DELAY);
  outcome->set_state(v1::OUTCOME_STATE_HELD);
  *outcome->mutable_not_before() = base::ToProto(due);
  *outcome->mutable_due_at() = base::ToProto(due);
  *result.mutable_due_at() = outcome->due_at();
  return result;
}

struct Cost {
  double wall_ms = 0;
  double cpu_ms = 0;
};

double CpuMs() {
  return 1000.0 * static_cast<double>(clock()) / CLOCKS_PER_SEC;
}

// A thousand come due each hour; which, is in no order of ids.
void Fill(store::Store* store, int held, const policy::Pack& pack) {
  std::vector<int> order(static_cast<size_t>(held));
  std::iota(order.begin(), order.end(), 0);
  std::shuffle(order.begin(), order.end(), std::mt19937(7));
  for (int done = 0; done < held;) {
    const std::unique_ptr<store::Batch> batch = Require(store->Begin());
    for (int i = 0; i < kPerBatch && done < held; ++i, ++done) {
      const int position = order[static_cast<size_t>(done)];
      const absl::Time due = kStart + absl::Hours(position / kAtATime + 1) - absl::Milliseconds(position % kAtATime + 1);
      Require(batch->PutResult(Held(batch->NextResultId(), due, pack)));
    }
    Require(batch->Commit());
  }
}

// The cost of each round, with so many held.
std::vector<Cost> Measure(World* world, int held, int rounds) {
  const testing::TemporaryFolder folder;
  const std::string path = absl::StrCat(folder.path(), "/gate.db");
  testing::SimulatedClock clock(kStart);
  // Of a gate that has been running: the pages that its cache holds are there, be they few or many.
  const std::unique_ptr<store::Store> store = Require(store::OpenSqlite(path));
  world->Start(store.get(), &clock);  // makes the pack known
  Fill(store.get(), held, world->pack());
  const std::unique_ptr<gate::Gate> gate = world->Start(store.get(), &clock);
  std::vector<Cost> costs;
  for (int round = 1; round <= rounds; ++round) {
    const auto start = std::chrono::steady_clock::now();
    const double cpu = CpuMs();
    clock.Set(kStart + absl::Hours(round));
    while (Require(store->EarliestDue()) <= clock.Now()) {
      std::promise<void> done;
      gate->Acknowledge({}, [&done](const auto&) { done.set_value(); });
      done.get_future().wait();
    }
    const auto wall = std::chrono::steady_clock::now() - start;
    costs.push_back({std::chrono::duration<double, std::milli>(wall).count(), CpuMs() - cpu});
  }
  if (Require(store->ListOutbox(0, false, rounds * kAtATime + 1)).size() !=
      static_cast<size_t>(rounds) * static_cast<size_t>(kAtATime)) {
    std::cerr << "not exactly what came due was released\n";
    exit(1);
  }
  return costs;
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

int Main(int argc, char** argv) {
  CLI::App app("Measures the due queue.");
  std::vector<int> sizes = {10'000, 1'000'000};
  int rounds = 7;
  app.add_option("--held", sizes, "How many units are held, one measurement each")->delimiter(',')->capture_default_str();
  app.add_option("--rounds", rounds, "How often 1,000 come due")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  World world;
  double first = 0;
  for (const int held : sizes) {
    if (held < rounds * kAtATime) {
      std::cerr << "--held must be at least " << rounds * kAtATime << ": 1,000 a round\n";
      return 2;
    }
    std::vector<double> wall, cpu;
    for (const Cost& cost : Measure(&world, held, rounds)) {
      wall.push_back(cost.wall_ms);
      cpu.push_back(cost.cpu_ms);
    }
    if (first == 0) first = Median(cpu);
    std::cout << absl::StrFormat(
        "%9d held: the next %d found, released and durable in %.0f ms, %.0f ms of CPU (%.2f of the first)\n", held, kAtATime,
        Median(wall), Median(cpu), Median(cpu) / first);
  }
  return 0;
}

}  // namespace
}  // namespace resultgate::bench

int main(int argc, char** argv) {
  return resultgate::bench::Main(argc, argv);
}

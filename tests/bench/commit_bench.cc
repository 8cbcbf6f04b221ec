// What durability costs, without a network: bytes of write-ahead log for each result and fsyncs for each group of 64, counted;
// and how often a single caller, who waits for each answer, is answered, against the rate at which the same disk takes an append
// and its fdatasync.
//
//   resultgate_commit_bench [--results 20000] [--rounds 7]
#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "server/base/clock.h"
#include "server/gate/gate.h"
#include "server/store/sqlite/sqlite_store.h"
#include "tests/bench/gate_world.h"
#include "tests/store/fault_vfs.h"
#include "tests/testing/server_process.h"

namespace resultgate::bench {
namespace {

void CountGroups(World* world, int results) {
  store::FaultVfs disk;
  const testing::TemporaryFolder folder("var");
  const std::unique_ptr<store::Store> store = Require(store::OpenSqlite(folder.path() + "/resultgate.db"));
  base::SystemClock clock;
  const std::unique_ptr<gate::Gate> gate = world->Start(store.get(), &clock, kGroup);
  std::cout << "Groups of " << kGroup << ", each result a new blood count:\n";
  const int part = results / 4;
  for (int done = 0; done < 4 * part; done += part) {
    const store::FaultVfs::Counts before = disk.counts();
    SubmitAll(gate.get(), done + 1, done + part);
    const store::FaultVfs::Counts after = disk.counts();
    const double count = part;
    std::cout << absl::StreamFormat("  results %6d to %6d: %.1f KB of write-ahead log a result, %.2f fsyncs a group\n", done + 1,
                                    done + part, static_cast<double>(after.wal_bytes - before.wal_bytes) / count / 1024,
                                    (after.syncs - before.syncs) * kGroup / count)
              << std::flush;
  }
}

// How often a second `step` is done.
template <typename Step>
double PerSecond(double seconds, Step step) {
  const auto begin = std::chrono::steady_clock::now();
  const auto took = [&begin] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(); };
  int done = 0;
  for (; took() < seconds; ++done) step();
  return done / took();
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void CompareSingleCaller(World* world, int rounds, double seconds) {
  const testing::TemporaryFolder folder("var");
  const std::unique_ptr<store::Store> store = Require(store::OpenSqlite(folder.path() + "/resultgate.db"));
  base::SystemClock clock;
  const std::unique_ptr<gate::Gate> gate = world->Start(store.get(), &clock, kGroup);
  const int file = open((folder.path() + "/raw").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  const std::string bytes = RequestOf(0).SerializeAsString();
  int number = 0;
  std::vector<double> gate_rates, raw_rates, ratios;
  for (int round = 0; round < rounds; ++round) {
    raw_rates.push_back(PerSecond(seconds, [&] {
      if (write(file, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()) || fdatasync(file) != 0) exit(1);
    }));
    gate_rates.push_back(PerSecond(seconds, [&] {
      ++number;
      SubmitAll(gate.get(), number, number);
    }));
    ratios.push_back(gate_rates.back() / raw_rates.back());
  }
  close(file);
  std::cout << absl::StreamFormat(
      "A single caller: %.0f commits/s, against %.0f appends with fdatasync of the same %d bytes: "
      "%.2f (%.2f-%.2f), medians of %d rounds\n",
      Median(gate_rates), Median(raw_rates), bytes.size(), Median(ratios), *std::min_element(ratios.begin(), ratios.end()),
      *std::max_element(ratios.begin(), ratios.end()), rounds);
}

int Main(int argc, char** argv) {
  CLI::App app("Measures what durability costs. Run from the project's root.");
  int results = 20'000;
  int rounds = 7;
  double seconds = 1;
  app.add_option("--results", results, "How many are written in groups, in four parts")
      ->check(CLI::Range(4 * kGroup, 10'000'000))
      ->capture_default_str();
  app.add_option("--rounds", rounds, "Rounds of raw appends and commits")->check(CLI::Range(1, 1000))->capture_default_str();
  app.add_option("--seconds", seconds, "Length of one measurement")->check(CLI::Range(0.05, 60.0))->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  std::error_code ignored;
  std::filesystem::create_directory("var", ignored);
  World world;
  CountGroups(&world, results);
  CompareSingleCaller(&world, rounds, seconds);
  return 0;
}

}  // namespace
}  // namespace resultgate::bench

int main(int argc, char** argv) {
  return resultgate::bench::Main(argc, argv);
}

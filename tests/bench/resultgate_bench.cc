// Durable submits per second, each as a ratio to a bare gRPC echo of the same message by the same client in the same run.
//
// Absolute figures do not travel from machine to machine and not even from minute to minute; ratios of neighbouring measurements
// do. So each round measures echo, gate, echo, each on a server of its own with a database of its own. gate/echo is the figure;
// echo/echo is the control: where that strays from 1, the machine was too busy to believe the figure.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tests/bench/echo_server.h"
#include "tests/bench/load.h"
#include "tests/testing/sample_reports.h"
#include "tests/testing/server_process.h"

namespace resultgate::bench {
namespace {

struct Sample {
  double per_second = 0;
  double p99_ms = 0;
  double cpu_microseconds = 0;  // of the server, for each answer
};

// Seconds of processor time that a process has used (proc(5), fields 14 and 15 of stat).
double CpuSeconds(pid_t pid) {
  std::ifstream file(absl::StrCat("/proc/", pid, "/stat"));
  std::string stat((std::istreambuf_iterator<char>(file)), {});
  std::istringstream fields(stat.substr(std::min(stat.size(), stat.rfind(')') + 1)));
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  double user = 0, system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

absl::StatusOr<Sample> MeasureOnce(Service service, Mode mode, const std::string& self, absl::Duration duration) {
  // Beside the code and not in /tmp, which may be memory and make an fsync free.
  const testing::TemporaryFolder folder("var");
  absl::StatusOr<std::unique_ptr<testing::ServerProcess>> server =
      service == Service::kGate ? testing::StartGate(RESULTGATE_BINARY, folder.path() + "/resultgate.db")
                                : testing::ServerProcess::Start({self, "--echo"});
  if (!server.ok()) return server.status();
  const double before = CpuSeconds((*server)->pid());
  absl::StatusOr<Answered> answered = Measure(service, mode, (*server)->address(), duration);
  if (!answered.ok()) return answered.status();
  // The warm-up, a fifth of the duration, is in the processor time too.
  const double answers = answered->per_second * absl::ToDoubleSeconds(duration) * 1.2;
  return Sample{answered->per_second, answered->p99_ms, (CpuSeconds((*server)->pid()) - before) / answers * 1e6};
}

struct Spread {
  double least, median, most;
};

Spread SpreadOf(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t half = values.size() / 2;
  return {values.front(), values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2, values.back()};
}

std::string Text(const Spread& spread, int decimals) {
  return absl::StrFormat("%.*f (%.*f-%.*f)", decimals, spread.median, decimals, spread.least, decimals, spread.most);
}

// What was measured of one mode, a figure a round.
struct Figures {
  std::vector<double> gate_rates, echo_rates, ratios, controls, cpu_shares, gate_cpu, echo_cpu, p99_ratios, gate_p99;
};

absl::Status AddRound(Mode mode, const std::string& self, absl::Duration duration, Figures* figures) {
  const Service order[] = {Service::kEcho, Service::kGate, Service::kEcho};
  Sample samples[3];
  for (int i = 0; i < 3; ++i) {
    absl::StatusOr<Sample> sample = MeasureOnce(order[i], mode, self, duration);
    if (!sample.ok()) return sample.status();
    samples[i] = *sample;
  }
  const Sample& echo = samples[0];
  const Sample& gate = samples[1];
  figures->gate_rates.push_back(gate.per_second);
  figures->echo_rates.push_back(echo.per_second);
  figures->ratios.push_back(gate.per_second / echo.per_second);
  figures->controls.push_back(samples[2].per_second / echo.per_second);
  figures->gate_cpu.push_back(gate.cpu_microseconds);
  figures->echo_cpu.push_back(echo.cpu_microseconds);
  figures->cpu_shares.push_back(echo.cpu_microseconds / gate.cpu_microseconds);
  if (mode != Mode::kUnary) return absl::OkStatus();
  figures->gate_p99.push_back(gate.p99_ms);
  figures->p99_ratios.push_back(gate.p99_ms / echo.p99_ms);
  return absl::OkStatus();
}

absl::Status Run(int rounds, absl::Duration duration, const std::string& self) {
  std::error_code ignored;
  std::filesystem::create_directory("var", ignored);
  const size_t bytes = testing::BloodCount(1).ByteSizeLong();
  std::cout << absl::StreamFormat("Submits of a %d-byte blood count; medians of %d rounds, with least and most\n\n", bytes,
                                  rounds);
  const std::pair<Mode, std::string> modes[] = {{Mode::kUnary, absl::StrCat("unary, ", kUnaryInFlight, " in flight")},
                                                {Mode::kStream, absl::StrCat("stream, ", kStreamInFlight)},
                                                {Mode::kBatch, absl::StrCat("batches of ", kBatchSize)}};
  Figures figures[std::size(modes)];
  for (int round = 1; round <= rounds; ++round) {
    for (size_t i = 0; i < std::size(modes); ++i) {
      std::cerr << absl::StreamFormat("\rround %d of %d: %-20s ", round, rounds, modes[i].second) << std::flush;
      const absl::Status status = AddRound(modes[i].first, self, duration, &figures[i]);
      if (!status.ok()) return status;
    }
  }
  std::cerr << "\r                                              \r" << std::flush;
  const char* const format = "%-18s %22s %22s %18s %18s %18s %12s %12s\n";
  std::cout << absl::StreamFormat(format, "", "gate/s, durable", "echo/s", "gate/echo", "control echo/echo", "echo/gate CPU",
                                  "gate us CPU", "echo us CPU");
  for (size_t i = 0; i < std::size(modes); ++i) {
    const Figures& f = figures[i];
    std::cout << absl::StreamFormat(format, modes[i].second, Text(SpreadOf(f.gate_rates), 0), Text(SpreadOf(f.echo_rates), 0),
                                    Text(SpreadOf(f.ratios), 2), Text(SpreadOf(f.controls), 2), Text(SpreadOf(f.cpu_shares), 2),
                                    absl::StrFormat("%.0f", SpreadOf(f.gate_cpu).median),
                                    absl::StrFormat("%.0f", SpreadOf(f.echo_cpu).median));
  }
  const Figures& unary = figures[0];
  std::vector<double> gains;
  for (size_t i = 0; i < unary.gate_rates.size(); ++i) gains.push_back(figures[2].gate_rates[i] / unary.gate_rates[i]);
  std::cout << absl::StreamFormat("\n99 of 100 unary calls are answered within %s ms, %s times what the echo takes\n",
                                  Text(SpreadOf(unary.gate_p99), 1), Text(SpreadOf(unary.p99_ratios), 1))
            << absl::StreamFormat("batches take %s times as many as unary calls\n", Text(SpreadOf(gains), 1));
  return absl::OkStatus();
}

}  // namespace
}  // namespace resultgate::bench

int main(int argc, char** argv) {
  CLI::App app("Durable submits per second, as a ratio to a bare gRPC echo. Run from the project's root.");
  int rounds = 7;
  double seconds = 1.5;
  bool echo = false;
  app.add_option("--rounds", rounds, "Rounds of echo, gate, echo")->check(CLI::Range(1, 1000))->capture_default_str();
  app.add_option("--seconds", seconds, "Length of one measurement")->check(CLI::Range(0.05, 60.0))->capture_default_str();
  app.add_flag("--echo", echo, "Be the echo server");
  CLI11_PARSE(app, argc, argv);
  if (echo) {
    resultgate::bench::RunEchoServer();
    return 0;
  }
  const absl::Status status = resultgate::bench::Run(rounds, absl::Seconds(seconds), argv[0]);
  if (!status.ok()) {
    std::cerr << status << "\n";
    return 1;
  }
  return 0;
}

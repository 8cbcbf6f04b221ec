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
#include <sstream>
#include <string>
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
  absl::StatusOr<double> rate = Measure(service, mode, (*server)->address(), duration);
  if (!rate.ok()) return rate.status();
  // The warm-up, a fifth of the duration, is in the processor time too.
  const double answers = *rate * absl::ToDoubleSeconds(duration) * 1.2;
  return Sample{*rate, (CpuSeconds((*server)->pid()) - before) / answers * 1e6};
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

absl::Status Run(int rounds, absl::Duration duration, const std::string& self) {
  std::error_code ignored;
  std::filesystem::create_directory("var", ignored);
  const size_t bytes = testing::BloodCount(1).ByteSizeLong();
  std::cout << absl::StreamFormat("Submits of a %d-byte blood count; medians of %d rounds, with least and most\n\n", bytes,
                                  rounds);
  const char* const format = "%-18s %22s %22s %20s %20s %14s %14s\n";
  std::cout << absl::StreamFormat(format, "", "gate/s, durable", "echo/s", "gate/echo", "control echo/echo", "gate us CPU",
                                  "echo us CPU");
  for (const Mode mode : {Mode::kUnary, Mode::kStream}) {
    const std::string name =
        mode == Mode::kUnary ? absl::StrCat("unary, ", kUnaryInFlight, " in flight") : absl::StrCat("stream, ", kStreamInFlight);
    std::vector<double> gate_rates, echo_rates, ratios, controls, gate_cpu, echo_cpu;
    for (int round = 1; round <= rounds; ++round) {
      std::cerr << absl::StreamFormat("\r%s: round %d of %d ", name, round, rounds) << std::flush;
      const Service order[] = {Service::kEcho, Service::kGate, Service::kEcho};
      Sample samples[3];
      for (int i = 0; i < 3; ++i) {
        absl::StatusOr<Sample> sample = MeasureOnce(order[i], mode, self, duration);
        if (!sample.ok()) return sample.status();
        samples[i] = *sample;
      }
      gate_rates.push_back(samples[1].per_second);
      echo_rates.push_back(samples[0].per_second);
      ratios.push_back(samples[1].per_second / samples[0].per_second);
      controls.push_back(samples[2].per_second / samples[0].per_second);
      gate_cpu.push_back(samples[1].cpu_microseconds);
      echo_cpu.push_back(samples[0].cpu_microseconds);
    }
    std::cerr << "\r                                        \r" << std::flush;
    std::cout << absl::StreamFormat(format, name, Text(SpreadOf(gate_rates), 0), Text(SpreadOf(echo_rates), 0),
                                    Text(SpreadOf(ratios), 2), Text(SpreadOf(controls), 2),
                                    absl::StrFormat("%.0f", SpreadOf(gate_cpu).median),
                                    absl::StrFormat("%.0f", SpreadOf(echo_cpu).median))
              << std::flush;
  }
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

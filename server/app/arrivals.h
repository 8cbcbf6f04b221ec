// What the `policy` commands take that say what a pack would do with many reports: files of messages, or a day of a running gate.
#ifndef RESULTGATE_APP_ARRIVALS_H_
#define RESULTGATE_APP_ARRIVALS_H_

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "resultgate/v1/model.pb.h"
#include "resultgate/v1/what_if.pb.h"
#include "server/app/table.h"
#include "server/policy/whatif/arrival.h"

namespace resultgate::app {

struct ArrivalInputs {
  std::vector<std::string> files;
  std::string zone;
  std::string now;
  bool own_times = false;
  std::string server;
  std::string actor;
  std::string day;
};

// Adds FILE…, `--now`, `--own-times`, `--zone`, `--day`, `--server` and `--actor`; positionals added before come before the
// files.
void AddArrivalInputs(CLI::App* command, ArrivalInputs* inputs);

struct Arrived {
  int refused = 0;     // messages and reports that could not be read, or break the API's limits
  std::string source;  // what was looked at, and as of when: for a heading
};

// Calls `take` for every report. Returns the exit code: kWrongUsage for options that mean nothing, kProblemFound where the gate
// does not answer; prints why.
int ForEachArrival(const ArrivalInputs& inputs, const absl::TimeZone& pack_zone, Arrived* arrived,
                   const std::function<void(const policy::Arrival&, const v1::DiagnosticReport&)>& take);

// `12 reports, 81 units; 3 refused; received Fri 2026-03-06 21:05`.
std::string ArrivedText(const Arrived& arrived, int reports, int units);

// `laboratory, hiv`, `es`, `for delegate`, `all units`: what a row of a table is about.
std::string GroupText(const v1::UnitGroup& group);

// `0` as nothing, so that a table shows what there is.
std::string CountText(int count);

// A unit as an example: where it is, for whom, what becomes of it and why. Several lines.
void AppendExample(const v1::UnitExample& example, std::string* text);

}  // namespace resultgate::app

#endif  // RESULTGATE_APP_ARRIVALS_H_

// `resultgate policy simulate`: what one pack does with many reports.
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/app/arrivals.h"
#include "server/app/command.h"
#include "server/app/json_lines.h"
#include "server/app/policy_commands.h"
#include "server/app/policy_inputs.h"
#include "server/app/table.h"
#include "server/app/words.h"
#include "server/base/proto_time.h"
#include "server/policy/whatif/forecast.h"
#include "server/policy/whatif/simulation.h"

namespace resultgate::app {
namespace {

struct SimulateOptions {
  ArrivalInputs inputs;
  PackFolders folders{"policies/default", "", "", {}};
  size_t examples = 10;
  bool json = false;
};

using Rows = google::protobuf::RepeatedPtrField<v1::Fates>;

// One row for the audiences of a group that fare alike.
void AddRows(const Rows& rows, Table* table) {
  for (int i = 0; i < rows.size(); ++i) {
    const auto same_but_for_audience = [](v1::Fates a, v1::Fates b) {
      a.mutable_group()->clear_audience();
      b.mutable_group()->clear_audience();
      return a.SerializeAsString() == b.SerializeAsString();
    };
    bool said = false;
    google::protobuf::RepeatedField<int> audiences;
    for (int j = 0; j < rows.size(); ++j) {
      if (!same_but_for_audience(rows[i], rows[j])) continue;
      said = said || j < i;
      audiences.Add(rows[j].group().audience());
    }
    if (said) continue;
    v1::UnitGroup group = rows[i].group();
    group.clear_audience();
    const v1::Fates& row = rows[i];
    const auto wait = [](bool has, const google::protobuf::Duration& duration) {
      return has ? policy::WaitText(base::FromProto(duration)) : "";
    };
    const std::string whom = AudiencesText(audiences);
    table->AddRow({GroupText(group), whom.empty() ? "everybody" : whom, CountText(row.units()), CountText(row.released()),
                   CountText(row.delayed()), CountText(row.reviewed()), CountText(row.withheld()), CountText(row.not_final()),
                   CountText(row.quarantined()), CountText(row.never()), wait(row.has_median_wait(), row.median_wait()),
                   wait(row.has_longest_wait(), row.longest_wait())});
  }
}

std::string ToText(const v1::Simulation& summary, const Arrived& arrived, size_t examples) {
  std::string text = absl::StrCat(summary.pack().name(), " ", summary.pack().digest().substr(0, 19), ": ",
                                  ArrivedText(arrived, summary.reports(), summary.units()), "\n\n");
  Table fates({{"UNITS OF", 60},
               {"FOR", 28},
               {"UNITS", 7},
               {"AT ONCE", 8},
               {"DELAYED", 8},
               {"REVIEW", 8},
               {"WITHHELD", 8},
               {"NOT FINAL", 9},
               {"QUARANTINE", 10},
               {"NEVER", 7},
               {"MEDIAN WAIT", 12},
               {"LONGEST", 12}});
  AddRows(summary.totals(), &fates);
  AddRows(summary.by_class(), &fates);
  AddRows(summary.by_language(), &fates);
  absl::StrAppend(&text, fates.ToString(), "Waits are those if nobody does anything; what never goes by itself has none.\n");
  if (!summary.reviews().empty()) {
    Table reviews({{"REVIEWS ON", 12}, {"BEGIN WITH", 30}, {"REPORTS", 8}, {"PASSED ON, IF NOBODY ACTS", 25}});
    for (const v1::ReviewLoad& load : summary.reviews()) {
      reviews.AddRow({load.day(), load.owner(), CountText(load.reports()), CountText(load.passed_on())});
    }
    absl::StrAppend(&text, "\n", reviews.ToString(TerminalWidth()));
  }
  if (!summary.rules().empty()) {
    Table rules({{"RULE", 44}, {"LETS GO", 8}, {"HOLDS", 8}, {"ALONE", 8}, {"BECAUSE OF A MISSING FACT", 25}});
    for (const v1::RuleUse& use : summary.rules()) {
      rules.AddRow({use.rule_id(), CountText(use.permits()), CountText(use.holds()), CountText(use.holds_alone()),
                    CountText(use.holds_unknown())});
    }
    absl::StrAppend(&text, "\n", rules.ToString(TerminalWidth()));
  }
  if (examples > 0 && !summary.examples().empty()) absl::StrAppend(&text, "\nFor example\n");
  for (int i = 0; i < summary.examples_size() && static_cast<size_t>(i) < examples; ++i) {
    AppendExample(summary.examples(i), &text);
  }
  if (const int more = summary.examples_size() - static_cast<int>(examples); examples > 0 && more > 0) {
    absl::StrAppend(&text, "  and ", more, " more: --examples ", summary.examples_size(), "\n");
  }
  return text;
}

int RunSimulate(const SimulateOptions& options) {
  const std::shared_ptr<const policy::Pack> pack = LoadAndSay(options.folders);
  if (pack == nullptr) return kProblemFound;
  policy::Simulator simulator(*pack);
  Arrived arrived;
  const int code =
      ForEachArrival(options.inputs, pack->calendar().zone(), &arrived,
                     [&](const policy::Arrival& arrival, const v1::DiagnosticReport& report) { simulator.Add(arrival, report); });
  if (code != kDone) return code;
  const v1::Simulation summary = simulator.Summary();
  std::cout << (options.json ? absl::StrCat(ToJson(summary), "\n") : ToText(summary, arrived, options.examples));
  return kDone;
}

}  // namespace

void AddPolicySimulate(CLI::App* policy, Run* run) {
  auto options = std::make_shared<SimulateOptions>();
  CLI::App* command = policy->add_subcommand(
      "simulate",
      "Say what a pack does with many reports, by class, language and audience: what goes at once, what waits, how long\n"
      "and for whom, and which rules are behind it. Nothing is kept.");
  AddArrivalInputs(command, &options->inputs);
  command->add_option("--policies", options->folders.pack, "The pack's folder")
      ->capture_default_str()
      ->type_name("DIR")
      ->check(CLI::ExistingDirectory);
  AddSiblingOptions(command, &options->folders);
  command->add_option("--examples", options->examples, "How many examples to print")->capture_default_str();
  command->add_flag("--json", options->json, "One JSON object, resultgate.v1.Simulation, with classes and languages crossed");
  command->footer(
      "Examples:\n"
      "  resultgate policy simulate --now 2026-03-06T21:05:00-05:00 messages/*.hl7\n"
      "  resultgate policy simulate --own-times month/*.hl7      reviews by owner and day\n"
      "  resultgate policy simulate --day 2026-03-06             what a running gate received that day");
  command->callback([options, run] { *run = [options] { return RunSimulate(*options); }; });
}

}  // namespace resultgate::app

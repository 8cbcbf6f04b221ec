// `resultgate policy impact`: what a change of pack does to many reports.
#include <iostream>
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
#include "server/base/proto_time.h"
#include "server/policy/whatif/forecast.h"
#include "server/policy/whatif/impact.h"

namespace resultgate::app {
namespace {

struct ImpactOptions {
  ArrivalInputs inputs;
  std::string before;
  std::string after;
  PackFolders siblings;
  size_t examples = 5;
  bool json = false;
  bool fail_on_earlier = false;
  bool fail_on_later = false;
  std::vector<std::string> expected;
};

void AddMoves(const v1::Moves& row, Table* table) {
  table->AddRow({GroupText(row.group()), CountText(row.units()), CountText(row.unchanged()), CountText(row.earlier()),
                 CountText(row.earlier_if_reviewed()), CountText(row.later()), CountText(row.same_time()),
                 CountText(row.holds_added()), CountText(row.holds_removed())});
}

// Only groups in which something changes, but for the audiences.
void AddChanged(const google::protobuf::RepeatedPtrField<v1::Moves>& rows, Table* table) {
  for (const v1::Moves& row : rows) {
    if (row.unchanged() < row.units()) AddMoves(row, table);
  }
}

std::string ChangeWord(v1::RuleImpact::Change change) {
  switch (change) {
    case v1::RuleImpact::CHANGE_ADDED:
      return "new";
    case v1::RuleImpact::CHANGE_REMOVED:
      return "gone";
    case v1::RuleImpact::CHANGE_CHANGED:
      return "changed";
    case v1::RuleImpact::CHANGE_CODES:
      return "other codes";
    default:
      return "";
  }
}

std::string ToText(const v1::Impact& summary, const Arrived& arrived) {
  const auto name = [](const v1::PackName& pack) { return absl::StrCat(pack.name(), " ", pack.digest().substr(0, 19)); };
  std::string text = absl::StrCat(name(summary.before()), " -> ", name(summary.after()), ": ",
                                  ArrivedText(arrived, summary.reports(), summary.total().units()), "\n");
  if (!summary.settings().empty()) absl::StrAppend(&text, "pack.yaml differs: ", absl::StrJoin(summary.settings(), "; "), "\n");
  Table moves({{"UNITS OF", 60},
               {"UNITS", 7},
               {"UNCHANGED", 9},
               {"EARLIER", 8},
               {"EARLIER IF REVIEWED", 19},
               {"LATER", 8},
               {"OTHER REASON", 12},
               {"HOLDS ADDED", 11},
               {"REMOVED", 8}});
  AddMoves(summary.total(), &moves);
  for (const v1::Moves& row : summary.by_audience()) AddMoves(row, &moves);
  AddChanged(summary.by_class(), &moves);
  AddChanged(summary.by_language(), &moves);
  absl::StrAppend(&text, "\n", moves.ToString());
  Table sizes({{"BY", 24}, {"EARLIER", 8}, {"LATER", 8}});
  for (const v1::MoveSize& size : summary.sizes()) {
    if (size.earlier() + size.later() == 0) continue;
    const absl::Duration up_to = base::FromProto(size.up_to());
    sizes.AddRow({!size.has_up_to()             ? "from or to no end"
                  : up_to > absl::Hours(7 * 24) ? "more than a week"
                                                : absl::StrCat("up to ", policy::WaitText(up_to)),
                  CountText(size.earlier()), CountText(size.later())});
  }
  if (const std::string table = sizes.ToString(TerminalWidth()); !table.empty()) absl::StrAppend(&text, "\n", table);
  Table rules({{"RULE", 44}, {"THE RULE", 12}, {"EARLIER", 8}, {"LATER", 8}, {"HOLDS ADDED", 11}, {"REMOVED", 8}});
  for (const v1::RuleImpact& rule : summary.rules()) {
    rules.AddRow({rule.rule_id(), ChangeWord(rule.change()), CountText(rule.earlier()), CountText(rule.later()),
                  CountText(rule.holds_added()), CountText(rule.holds_removed())});
  }
  if (const std::string table = rules.ToString(TerminalWidth()); !table.empty()) absl::StrAppend(&text, "\n", table);
  Table reviews({{"REVIEWS ON", 12}, {"BEGIN WITH", 30}, {"BEFORE", 8}, {"AFTER", 8}});
  for (const v1::ReviewLoadChange& load : summary.reviews()) {
    reviews.AddRow({load.day(), load.owner(), absl::StrCat(load.before()), absl::StrCat(load.after())});
  }
  if (const std::string table = reviews.ToString(TerminalWidth()); !table.empty()) absl::StrAppend(&text, "\n", table);
  if (!summary.examples().empty()) absl::StrAppend(&text, "\nFor example\n");
  for (const v1::UnitExample& example : summary.examples()) AppendExample(example, &text);
  if (summary.total().unchanged() == summary.total().units()) {
    absl::StrAppend(&text, "\nNothing changes for any of these units.\n");
  }
  return text;
}

int RunImpact(const ImpactOptions& options) {
  PackFolders folders = options.siblings;
  folders.pack = options.before;
  const std::shared_ptr<const policy::Pack> before = LoadAndSay(folders);
  folders.pack = options.after;
  const std::shared_ptr<const policy::Pack> after = LoadAndSay(folders);
  if (before == nullptr || after == nullptr) return kProblemFound;
  policy::ImpactCounter counter(*before, *after, options.examples, options.expected);
  Arrived arrived;
  const int code =
      ForEachArrival(options.inputs, before->calendar().zone(), &arrived,
                     [&](const policy::Arrival& arrival, const v1::DiagnosticReport& report) { counter.Add(arrival, report); });
  if (code != kDone) return code;
  const v1::Impact summary = counter.Summary();
  std::cout << (options.json ? absl::StrCat(ToJson(summary), "\n") : ToText(summary, arrived));
  const auto fails = [&options](bool asked, int units, absl::string_view how) {
    if (!asked || units == 0) return false;
    std::cerr << Plural(static_cast<size_t>(units), "unit") << (units == 1 ? " goes " : " go ") << how
              << (options.expected.empty() ? "" : ", and not by the rules expected alone") << "\n";
    return true;
  };
  const bool earlier = fails(options.fail_on_earlier, counter.unexpected_earlier(), "or could go earlier");
  const bool later = fails(options.fail_on_later, counter.unexpected_later(), "later");
  return earlier || later ? kProblemFound : kDone;
}

}  // namespace

void AddPolicyImpact(CLI::App* policy, Run* run) {
  auto options = std::make_shared<ImpactOptions>();
  CLI::App* command = policy->add_subcommand(
      "impact",
      "Say what a change of pack does to many reports: what goes earlier and later, by how much, which holds come and go,\n"
      "by class, language, audience and rule, with the load of reviews and examples. Nothing is kept.");
  command->add_option("OLD", options->before, "The folder of the pack as it is")->required()->check(CLI::ExistingDirectory);
  command->add_option("NEW", options->after, "The folder of the pack as it is to be")->required()->check(CLI::ExistingDirectory);
  AddArrivalInputs(command, &options->inputs);
  AddSiblingOptions(command, &options->siblings);
  command->add_option("--examples", options->examples, "How many examples of each kind of move")->capture_default_str();
  command->add_flag("--json", options->json, "One JSON object, resultgate.v1.Impact");
  command->add_flag("--fail-on-earlier", options->fail_on_earlier,
                    "Exit code 1 if a unit goes earlier for anybody, or could if its reviewer is quick");
  command->add_flag("--fail-on-later", options->fail_on_later, "Exit code 1 if a unit goes later for anybody");
  command
      ->add_option("--expect", options->expected, "Rules whose moves are meant and do not fail, if they alone account for them")
      ->type_name("RULE")
      ->delimiter(',')
      ->allow_extra_args(false);
  command->footer(
      "A unit that moves for several audiences is counted once. Times are those if nobody does anything.\n"
      "Examples:\n"
      "  resultgate policy impact policies/default drafts/default --now 2026-03-06T21:05:00-05:00 messages/*.hl7\n"
      "  resultgate policy impact OLD NEW --fail-on-earlier --expect biopsy-review messages/*.hl7      in a pull request\n"
      "  resultgate policy impact OLD NEW --day 2026-03-06      for what a running gate received that day");
  command->callback([options, run] { *run = [options] { return RunImpact(*options); }; });
}

}  // namespace resultgate::app

// `resultgate policy coverage`: what a pack does not know of many reports, and what that holds back.
#include <algorithm>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "server/app/arrivals.h"
#include "server/app/command.h"
#include "server/app/json_lines.h"
#include "server/app/policy_commands.h"
#include "server/app/policy_inputs.h"
#include "server/app/table.h"
#include "server/policy/assumed_facts.h"
#include "server/policy/names.h"
#include "server/policy/whatif/coverage.h"

namespace resultgate::app {
namespace {

struct CoverageOptions {
  ArrivalInputs inputs;
  PackFolders folders{"policies/default", "", "", {}};
  size_t top = 20;
  bool json = false;
};

// `12 (15 %)`.
std::string Share(int part, int whole) {
  return part == 0 ? "" : absl::StrFormat("%d (%.0f %%)", part, 100.0 * part / whole);
}

std::string ToText(const v1::Coverage& summary, const Arrived& arrived, size_t top) {
  std::string text = absl::StrCat(summary.pack().name(), " ", summary.pack().digest().substr(0, 19), ": ",
                                  ArrivedText(arrived, summary.reports(), summary.units()), "\n\n");
  Table audiences({{"FOR", 16},
                   {"UNITS", 7},
                   {"AT ONCE", 14},
                   {"HELD FOR A KNOWN REASON", 23},
                   {"ONLY A FACT IS MISSING", 22},
                   {"ONLY THE CODE IS UNKNOWN", 24},
                   {"ONLY BOTH", 14},
                   {"NOT FINAL OR NEVER", 18}});
  for (const v1::CoverageOfAudience& row : summary.audiences()) {
    audiences.AddRow({policy::EnumWord(v1::Audience_descriptor(), row.audience()), CountText(row.units()),
                      Share(row.released(), row.units()), Share(row.held_known(), row.units()),
                      Share(row.held_facts_only(), row.units()), Share(row.held_unclassified_only(), row.units()),
                      Share(row.held_both_only(), row.units()), Share(row.not_settled(), row.units())});
  }
  absl::StrAppend(&text, audiences.ToString());
  Table facts({{"MISSING FACT", 34},
               {"REPORTS", 8},
               {"UNITS HELD", 10},
               {"BY IT ALONE", 11},
               {"AT MOST GO IF KNOWN", 19},
               {"ASSUMED IN REPORTS", 18},
               {"RULES THAT ASK", 80}});
  for (const v1::MissingFact& fact : summary.facts()) {
    facts.AddRow({fact.fact(), CountText(fact.reports()), CountText(fact.units()), CountText(fact.units_alone()),
                  CountText(fact.would_go_at_most()), CountText(fact.reports_assumed()), absl::StrJoin(fact.rules(), ", ")});
  }
  if (!summary.facts().empty()) {
    absl::StrAppend(&text, "\n", facts.ToString());
    const std::vector<std::string> assumable = policy::OptionalFacts();
    const auto may_be_assumed = [&assumable](const v1::MissingFact& fact) {
      return std::find(assumable.begin(), assumable.end(), fact.fact()) != assumable.end();
    };
    const auto& all = summary.facts();
    if (std::any_of(all.begin(), all.end(), may_be_assumed)) {
      absl::StrAppend(&text,
                      "A fact of patient or order that your feeds never send: say under `facts:` in pack.yaml what its absence "
                      "means, and see with `policy impact` what that does.\n");
    }
    if (!std::all_of(all.begin(), all.end(), may_be_assumed)) {
      absl::StrAppend(
          &text,
          "A birth date, a patient's own wish, and what belongs to one result cannot be said for all: only the sender "
          "can mend their absence.\n");
    }
  }
  Table codes({{"UNITS", 7}, {"WOULD GO", 8}, {"SYSTEM", 34}, {"CODE", 22}, {"DISPLAY", 44}, {"IN VALUE SET", 40}});
  for (int i = 0; i < summary.codes_size() && static_cast<size_t>(i) < top; ++i) {
    const v1::UnclassifiedCode& code = summary.codes(i);
    codes.AddRow({absl::StrCat(code.units()), CountText(code.would_go()), code.system(), code.code(), code.display(),
                  absl::StrJoin(code.value_sets(), ", ")});
  }
  if (!summary.codes().empty() || summary.units_without_code() > 0) {
    absl::StrAppend(&text, "\nCodes that no rule lets go\n", codes.ToString());
    if (const int more = summary.codes_size() - static_cast<int>(top); more > 0) {
      absl::StrAppend(&text, "and ", more, " more: --top ", summary.codes_size(),
                      "; `policy codes --csv` writes them as a value set\n");
    }
    if (summary.units_without_code() > 0) {
      absl::StrAppend(&text, Plural(static_cast<size_t>(summary.units_without_code()), "unit"), " came without any code.\n");
    }
  }
  return text;
}

int RunCoverage(const CoverageOptions& options) {
  const std::shared_ptr<const policy::Pack> pack = LoadAndSay(options.folders);
  if (pack == nullptr) return kProblemFound;
  policy::CoverageCounter counter(*pack);
  Arrived arrived;
  const int code =
      ForEachArrival(options.inputs, pack->calendar().zone(), &arrived,
                     [&](const policy::Arrival& arrival, const v1::DiagnosticReport& report) { counter.Add(arrival, report); });
  if (code != kDone) return code;
  const v1::Coverage summary = counter.Summary();
  std::cout << (options.json ? absl::StrCat(ToJson(summary), "\n") : ToText(summary, arrived, options.top));
  return kDone;
}

}  // namespace

void AddPolicyCoverage(CLI::App* policy, Run* run) {
  auto options = std::make_shared<CoverageOptions>();
  CLI::App* command = policy->add_subcommand(
      "coverage",
      "Say how much waits only because a fact is missing or a code is in no rule: which facts, which codes, and how much\n"
      "could go if they were known. Nothing is kept.");
  AddArrivalInputs(command, &options->inputs);
  command->add_option("--policies", options->folders.pack, "The pack's folder")
      ->capture_default_str()
      ->type_name("DIR")
      ->check(CLI::ExistingDirectory);
  AddSiblingOptions(command, &options->folders);
  command->add_option("--top", options->top, "How many codes to print")->capture_default_str();
  command->add_flag("--json", options->json, "One JSON object, resultgate.v1.Coverage");
  command->footer(
      "Example:\n"
      "  resultgate policy coverage --now 2026-03-06T21:05:00-05:00 messages/*.hl7");
  command->callback([options, run] { *run = [options] { return RunCoverage(*options); }; });
}

}  // namespace resultgate::app

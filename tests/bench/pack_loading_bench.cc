// What loading and checking a pack costs, by its number of rules. An author waits for it at every change, and a gate at its
// start: a thousand rules in less than 300 ms, and no check that compares every rule with every other.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/policy/pack.h"
#include "server/valueset/valueset.h"
#include "tests/testing/temp_folder.h"

namespace resultgate {
namespace {

// Rules of two to four conditions: by code, section, place, class of encounter, age, sender, and words of the order.
class RuleWriter {
 public:
  explicit RuleWriter(const std::vector<std::string>& sets) : sets_(sets) {}

  std::string Rule(int number) {
    std::string match;
    const auto key = [&match](absl::string_view name, const std::string& value) {
      absl::StrAppend(&match, match.empty() ? "" : ", ", name, ": [", value, "]");
    };
    if (Below(3) > 0) key("codes", sets_[Below(sets_.size())]);
    if (Below(2) > 0) key("section", Pick({"laboratory", "microbiology", "pathology", "imaging", "genetics, cytology"}));
    if (Below(3) == 0) key("jurisdiction", absl::StrCat("US-", Pick({"KY", "TX", "MT", "VA", "CO", "CA"})));
    if (Below(4) == 0) key("encounter_class", Pick({"inpatient", "ambulatory, emergency"}));
    std::string when;
    const auto add = [&when](const std::string& text) { absl::StrAppend(&when, when.empty() ? "" : " && ", text); };
    if (match.empty() || Below(2) > 0) add(absl::StrCat("age(patient) >= ", Below(90)));
    if (match.empty() || Below(3) == 0) add(absl::StrCat("report.sender.startsWith(\"LAB", Below(500), "\")"));
    if (Below(4) == 0) add("order.reason_codes.exists(c, c in valueset(\"cancer-indication\"))");
    return absl::StrCat("  - id: rule-", number, "\n    title: The rule number ", number, "\n",
                        match.empty() ? "" : absl::StrCat("    match: {", match, "}\n"),
                        when.empty() ? "" : absl::StrCat("    when: '", when, "'\n"), "    then: {", Then(), "}\n",
                        "    basis: {type: ", Pick({"statute", "privacy", "research"}), ", citation: Paragraph ", number, "}\n");
  }

 private:
  size_t Below(size_t end) { return random_() % end; }
  std::string Pick(std::initializer_list<const char*> from) { return *(from.begin() + Below(from.size())); }

  std::string Then() {
    switch (Below(5)) {
      case 0:
        return absl::StrCat("delay: ", 1 + Below(90), " h");
      case 1:
        return absl::StrCat("deadline: {within: ", 20 + Below(20), " days, duty: release}");
      case 2:
        return "review: {owners: [ordering-provider, results-pool], each: 1 business day, expires: 3 business days, on_expiry: "
               "release}";
      default:
        return "release: now";
    }
  }

  const std::vector<std::string>& sets_;
  std::mt19937 random_{20261126};
};

constexpr char kPackFile[] = R"(name: many
language_version: 1
jurisdiction: none
time_zone: America/New_York
calendar: us-federal
language: en
staffed_hours: {monday: 08:00-17:00, tuesday: 08:00-17:00, wednesday: 08:00-17:00, thursday: 08:00-17:00, friday: 08:00-17:00}
pools: [results-pool, director]
default: {owners: [results-pool], each: 1 business day, expires: 2 business days, on_expiry: {escalate: {to: director, for: 1 day, then: release}}}
quarantine: {owners: [results-pool], each: 1 business day, expires: 1 business day, on_expiry: {escalate: {to: director, for: 1 day, then: release}}}
)";

void LoadAndCheckRules(benchmark::State& state) {
  base::FileIssues issues;
  const auto sets = valueset::Registry::Load("policies/valuesets", &issues);
  std::vector<std::string> names;
  if (sets != nullptr) names = sets->Names();
  // Sets of diagnoses stand in `when`.
  const auto is_of_diagnoses = [&](const std::string& name) {
    const valueset::ValueSet::Entry& first = sets->Find(name)->entries().front();
    return !valueset::CanNameAnObservation(first.system, first.code);
  };
  names.erase(std::remove_if(names.begin(), names.end(), is_of_diagnoses), names.end());
  if (names.empty()) {
    state.SkipWithError("run this from the project's root");
    return;
  }
  const testing::TempFolder folder;
  folder.Write("many/pack.yaml", kPackFile);
  RuleWriter writer(names);
  std::string rules = "rules:\n";
  for (int i = 0; i < state.range(0); ++i) rules += writer.Rule(i);
  folder.Write("many/rules.yaml", rules);
  for (auto _ : state) {
    issues.clear();
    const auto pack =
        policy::Pack::Load(absl::StrCat(folder.path(), "/many"), "policies/calendars", sets, &issues, {.allow_unverified = true});
    // The rules are drawn: some collide, which is what the checks are for.
    benchmark::DoNotOptimize(pack);
  }
  state.counters["findings"] = static_cast<double>(issues.size());
}
BENCHMARK(LoadAndCheckRules)->Arg(40)->Arg(1000)->Arg(5000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace resultgate

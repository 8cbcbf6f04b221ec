// What single steps of the way of one result cost: reading a message, deciding, wording.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "server/base/file_issue.h"
#include "server/comment/library.h"
#include "server/intake/intake.h"
#include "server/policy/decide.h"
#include "server/policy/pack.h"
#include "server/valueset/valueset.h"
#include "tests/testing/sample_reports.h"

namespace resultgate {
namespace {

// The rules and templates of the project, loaded once.
struct House {
  std::shared_ptr<const valueset::Registry> value_sets;
  std::shared_ptr<const policy::Pack> pack;
  std::shared_ptr<const comment::Library> comments;
};

const House& TheHouse() {
  static const House house = [] {
    House loaded;
    base::FileIssues issues;
    loaded.value_sets = valueset::Registry::Load("policies/valuesets", &issues);
    if (loaded.value_sets != nullptr) {
      loaded.pack = policy::Pack::Load("policies/default", "policies/calendars", loaded.value_sets, &issues);
      loaded.comments = comment::Library::Load("templates", *loaded.value_sets, {.development = true}, &issues);
    }
    if (loaded.pack == nullptr || loaded.comments == nullptr) {
      std::cerr << base::Format(issues) << "Run this from the project's root.\n";
      std::exit(1);
    }
    return loaded;
  }();
  return house;
}

// Friday, 6 March 2026, 21:05 in New York.
absl::Time Now() {
  return absl::FromUnixSeconds(1772849100);
}

void DecideBloodCount(benchmark::State& state) {
  const House& house = TheHouse();
  const v1::DiagnosticReport report = testing::BloodCount(1);
  policy::Context context;
  context.received_at = Now();
  for (auto _ : state) benchmark::DoNotOptimize(policy::Decide(*house.pack, report, context, Now()));
}
BENCHMARK(DecideBloodCount)->Unit(benchmark::kMicrosecond);

void DecideBiopsy(benchmark::State& state) {
  const House& house = TheHouse();
  const v1::DiagnosticReport report = testing::Biopsy(1);
  policy::Context context;
  context.received_at = Now();
  for (auto _ : state) benchmark::DoNotOptimize(policy::Decide(*house.pack, report, context, Now()));
}
BENCHMARK(DecideBiopsy)->Unit(benchmark::kMicrosecond);

void RenderBloodCount(benchmark::State& state) {
  const House& house = TheHouse();
  const v1::DiagnosticReport report = testing::BloodCount(1);
  comment::Request request;
  request.report = &report;
  request.zone = absl::UTCTimeZone();
  for (auto _ : state) benchmark::DoNotOptimize(house.comments->Render(request));
}
BENCHMARK(RenderBloodCount)->Unit(benchmark::kMicrosecond);

// Ten results, three of them out of range: choice, rendering and the sections for the portal. Target: under 10 us.
v1::DiagnosticReport PanelOfTen() {
  v1::DiagnosticReport report = testing::BloodCount(1);
  report.mutable_observations()->Clear();
  const char* const codes[] = {"2345-7", "3094-0", "2160-0",  "2951-2", "2823-3",
                               "2075-0", "2028-9", "17861-6", "2885-2", "1751-7"};
  for (int i = 0; i < 10; ++i) {
    v1::Observation* observation = report.add_observations();
    observation->set_id(codes[i]);
    observation->set_status(v1::RESULT_STATUS_FINAL);
    observation->mutable_code()->set_text("Test");
    v1::Coding* coding = observation->mutable_code()->add_codings();
    coding->set_system("http://loinc.org");
    coding->set_code(codes[i]);
    observation->mutable_quantity()->set_value(i < 3 ? "200" : "50");
    observation->mutable_quantity()->set_unit("mg/dL");
    observation->set_interpretation(i < 3 ? v1::INTERPRETATION_HIGH : v1::INTERPRETATION_NORMAL);
    observation->mutable_reference_range()->set_text("10 - 100");
  }
  v1::Coding* panel = report.mutable_code()->mutable_codings(0);
  panel->set_system("http://loinc.org");
  panel->set_code("24323-8");
  return report;
}

void Render(benchmark::State& state, const v1::DiagnosticReport& report) {
  const House& house = TheHouse();
  comment::Request request;
  request.report = &report;
  request.zone = absl::UTCTimeZone();
  for (auto _ : state) benchmark::DoNotOptimize(house.comments->Render(request));
}

void RenderPanelOfTen(benchmark::State& state) {
  Render(state, PanelOfTen());
}
BENCHMARK(RenderPanelOfTen)->Unit(benchmark::kMicrosecond);

// The same results in a group that no template knows as a whole: ten templates have something to say.
void RenderMixedPanelOfTen(benchmark::State& state) {
  v1::DiagnosticReport report = PanelOfTen();
  report.mutable_code()->mutable_codings(0)->set_code("local");
  const char* const others[] = {"718-7", "3016-3", "2276-4", "1989-3"};
  for (int i = 0; i < 4; ++i) report.mutable_observations(3 + i)->mutable_code()->mutable_codings(0)->set_code(others[i]);
  Render(state, report);
}
BENCHMARK(RenderMixedPanelOfTen)->Unit(benchmark::kMicrosecond);

// The same report as an HL7 v2 message.
std::string BloodCountMessage() {
  const v1::DiagnosticReport report = testing::BloodCount(1);
  std::string message = absl::StrCat(
      "MSH|^~\\&|LAB|LOAD|EHR|LOAD|20260306170000-0500||ORU^R01|M1|P|2.5.1\r"
      "PID|1||P00001^^^LOAD||||19700101|F\r"
      "OBR|1|O1|F000001|58410-2^CBC panel^LN|||20260306150000-0500|||||||||D1||||||20260306170000-0500||HM|F\r");
  int set_id = 0;
  for (const v1::Observation& observation : report.observations()) {
    const v1::Coding& code = observation.code().codings(0);
    absl::StrAppend(&message, "OBX|", ++set_id, "|NM|", code.code(), "^", code.display(), "^LN||", observation.quantity().value(),
                    "|", observation.quantity().unit(), "|", observation.reference_range().text(),
                    "|N|||F|||20260306170000-0500\r");
  }
  return message;
}

void ReadBloodCountMessage(benchmark::State& state) {
  const std::string message = BloodCountMessage();
  const std::vector<intake::Message> read = intake::ReadMessages(message, intake::Options());
  if (read.size() != 1 || read[0].reports.size() != 1 || read[0].reports[0].observations_size() != 6) {
    state.SkipWithError("the message is not read as one report of six observations");
    return;
  }
  for (auto _ : state) benchmark::DoNotOptimize(intake::ReadMessages(message, intake::Options()));
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * message.size()));
}
BENCHMARK(ReadBloodCountMessage)->Unit(benchmark::kMicrosecond);

void LoadPack(benchmark::State& state) {
  const House& house = TheHouse();
  for (auto _ : state) {
    base::FileIssues issues;
    benchmark::DoNotOptimize(policy::Pack::Load("policies/default", "policies/calendars", house.value_sets, &issues));
  }
}
BENCHMARK(LoadPack)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace resultgate

BENCHMARK_MAIN();

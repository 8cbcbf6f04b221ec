// What a long log costs: makes one of so many entries, as a year or two of a large organisation leaves them, lets the times of
// its results follow it, and asks for the figures of its last month and for pages. Then it writes on, alone and while figures are
// asked for without a pause, submits results to a gate on it and to one on a short log, verifies all of it, and opens it after a
// process that wrote was killed.
//
//   resultgate_summary_bench [--entries 10000000] [--months 24] [--rounds 7] [--folder FOLDER]
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <functional>
#include <iostream>
#include <memory>
#include <optional>
#include <queue>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "resultgate/v1/audit_service.pb.h"
#include "resultgate/v1/result.pb.h"
#include "server/base/proto_time.h"
#include "server/gate/keys.h"
#include "server/gate/log_follower.h"
#include "server/gate/log_reads.h"
#include "server/gate/turnarounds.h"
#include "server/store/sqlite/log_file.h"
#include "server/store/sqlite/sqlite_store.h"
#include "tests/bench/gate_world.h"
#include "tests/testing/server_process.h"
#include "tests/testing/simulated_clock.h"

namespace resultgate::bench {
namespace {

using base::ToProto;

const absl::Time kStart = absl::FromCivil(absl::CivilDay(2026, 1, 1), absl::UTCTimeZone());
constexpr absl::Duration kMonth = absl::Hours(24 * 30);
constexpr int64_t kPerBatch = 4096;
constexpr int64_t kEntriesOfPatient = 50;
// As a busy gate commits them.
constexpr int64_t kPerGroup = kGroup;
// How many are written to see what one costs, and by the process that is killed.
constexpr int64_t kWrittenOn = 20'000;
// How many are written beside questions: nothing follows them meanwhile, and figures must not stand too far behind.
constexpr int64_t kBeside = gate::kMostEntriesAhead / 5 * 4;
// How long a log is short, and how many results are submitted at a time to see what one costs on it.
constexpr int64_t kShortLog = 10'000;
constexpr int kSubmitted = 2'048;

class Stopwatch {
 public:
  double Ms() const { return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start_).count(); }

 private:
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

v1::AppliedRule Rule(const std::string& id, v1::RuleEffect effect, v1::BasisType basis) {
  v1::AppliedRule rule;
  rule.set_rule_id(id);
  rule.set_effect(effect);
  rule.mutable_basis()->set_type(basis);
  rule.mutable_basis()->set_citation("Release of results policy 4.2");
  return rule;
}

// Of this process.
double CpuMs() {
  return 1000.0 * static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// Writes entries in order of time: of twenty results sixteen go at once, three wait for a review, of which one expires, and one
// has a floor. Each is acknowledged.
class LogMaker {
 public:
  // `entries` is how many there will be.
  LogMaker(store::Store* store, int64_t entries, int months)
      : store_(*store), months_(months), patients_(static_cast<uint64_t>(entries / kEntriesOfPatient + 1)) {
    // A result has some 2.2 entries.
    between_ = kMonth * months / (static_cast<double>(entries) / 2.2);
  }

  void Run(int64_t entries, int64_t per_batch) {
    while (entries > 0) {
      batch_ = Require(store_.Begin());
      for (int64_t i = 0; i < per_batch && entries > 0; ++i, --entries) Next();
      Require(batch_->Commit());
      batch_.reset();
    }
  }

  int64_t results() const { return results_; }
  uint64_t patients() const { return patients_; }
  // That all of it is before.
  absl::Time end() const { return kStart + kMonth * months_; }

 private:
  struct Event {
    absl::Time time;
    int64_t result_id;
    v1::Outcome outcome;  // with units where it is released now, else an acknowledgement

    bool operator>(const Event& other) const { return time > other.time; }
  };

  void Next() {
    if (!events_.empty() && events_.top().time <= now_) {
      const Event event = events_.top();
      events_.pop();
      v1::Entry entry = Begin(event.result_id, event.time);
      if (event.outcome.unit_ids().empty()) {
        entry.set_actor("portal");
        entry.mutable_acknowledged()->add_release_sequences(event.result_id);
      } else if (event.outcome.review().has_approved_at()) {
        entry.set_actor("1234567893");
        *entry.mutable_approved()->add_outcomes() = event.outcome;
        Release(event.outcome, event.time, entry.mutable_approved()->add_releases());
      } else {
        *entry.mutable_advanced()->add_outcomes() = event.outcome;
        Release(event.outcome, event.time, entry.mutable_advanced()->add_releases());
      }
      return Require(batch_->AppendEntry(entry));
    }
    now_ += between_;
    Submit();
  }

  v1::Entry Begin(int64_t result_id, absl::Time time) {
    v1::Entry entry;
    entry.set_sequence(batch_->NextEntrySequence());
    *entry.mutable_time() = ToProto(time);
    entry.set_actor("gate");
    entry.set_result_id(result_id);
    entry.set_version(1);
    return entry;
  }

  void Release(const v1::Outcome& outcome, absl::Time time, v1::ReleaseNote* note) {
    note->set_sequence(results_);
    note->set_kind(v1::RELEASE_KIND_RESULT);
    *note->mutable_audiences() = outcome.audiences();
    *note->mutable_unit_ids() = outcome.unit_ids();
    note->set_template_id("blood-count");
    note->set_language(random_() % 20 == 0 ? "es" : "en");
    Event acknowledged;
    acknowledged.time = time + absl::Seconds(2);
    acknowledged.result_id = results_;
    events_.push(acknowledged);
  }

  void Submit() {
    v1::Result result;
    result.set_id(batch_->NextResultId());
    results_ = result.id();
    const uint64_t kind = random_() % 20;
    v1::DiagnosticReport* report = result.mutable_report();
    report->set_section(kind < 16 ? v1::SECTION_LABORATORY : v1::SECTION_PATHOLOGY);
    v1::Identifier* identifier = report->mutable_patient()->add_identifiers();
    identifier->set_system("NORTH");
    identifier->set_value(absl::StrCat("P", random_() % patients_));
    report->mutable_patient()->set_language(random_() % 8 == 0 ? "es" : "en");
    report->mutable_order()->set_facility(absl::StrCat("CLINIC ", random_() % 40));
    Require(batch_->PutResult(result));
    Require(batch_->PutKey(gate::PatientKey(*identifier), result.id()));
    Require(batch_->PutAssigner(identifier->system()));

    v1::Entry entry = Begin(result.id(), now_);
    entry.set_actor("LAB|NORTH");
    v1::Decision* decision = entry.mutable_decided()->mutable_decision();
    entry.mutable_decided()->set_report_digest("sha256:" + std::string(64, '0'));
    decision->set_pack("default");
    decision->set_pack_digest("sha256:" + std::string(64, '0'));
    *decision->mutable_decided_at() = ToProto(now_);
    *decision->mutable_clock_start() = ToProto(now_ - absl::Minutes(static_cast<int64_t>(random_() % 60)));
    v1::Outcome* outcome = decision->add_outcomes();
    for (uint64_t unit = 0; unit < (kind < 16 ? 10 : 1); ++unit) outcome->add_unit_ids(absl::StrCat("718-", unit));
    for (const v1::Audience audience : {v1::AUDIENCE_PATIENT, v1::AUDIENCE_REPRESENTATIVE, v1::AUDIENCE_DELEGATE}) {
      outcome->add_audiences(audience);
    }
    *outcome->add_rules() = Rule("routine", v1::RULE_EFFECT_PERMIT, v1::BASIS_TYPE_UNSPECIFIED);
    if (kind < 16) {
      outcome->set_disposition(v1::DISPOSITION_RELEASE);
      outcome->set_state(v1::OUTCOME_STATE_RELEASED);
      *outcome->mutable_released_at() = ToProto(now_);
      Release(*outcome, now_, entry.mutable_decided()->add_releases());
      return Require(batch_->AppendEntry(entry));
    }
    outcome->set_state(v1::OUTCOME_STATE_HELD);
    Event released;
    released.result_id = result.id();
    if (kind < 19) {
      outcome->set_disposition(v1::DISPOSITION_REVIEW);
      *outcome->add_rules() = Rule("biopsy-review", v1::RULE_EFFECT_REVIEW, v1::BASIS_TYPE_ORGANIZATION_POLICY);
      v1::Review* review = outcome->mutable_review();
      *review->mutable_started_at() = ToProto(now_);
      *review->mutable_expires_at() = ToProto(now_ + absl::Hours(72));
      review->add_turns()->mutable_owner()->set_role("ordering-provider");
      *review->mutable_turns(0)->mutable_until() = review->expires_at();
      released.outcome = *outcome;
      released.time = now_ + (kind == 18 ? absl::Hours(72) : absl::Minutes(static_cast<int64_t>(random_() % 4000)));
      if (kind == 18) released.outcome.set_released_unreviewed(true);
      if (kind != 18) *released.outcome.mutable_review()->mutable_approved_at() = ToProto(released.time);
    } else {
      outcome->set_disposition(v1::DISPOSITION_DELAY);
      *outcome->add_rules() = Rule("genetics-delay", v1::RULE_EFFECT_DELAY, v1::BASIS_TYPE_STATUTE);
      released.time = now_ + absl::Hours(72);
      *outcome->mutable_not_before() = ToProto(released.time);
      released.outcome = *outcome;
    }
    released.outcome.set_state(v1::OUTCOME_STATE_RELEASED);
    released.outcome.set_disposition(v1::DISPOSITION_RELEASE);
    *released.outcome.mutable_released_at() = ToProto(released.time);
    events_.push(std::move(released));
    Require(batch_->AppendEntry(entry));
  }

  store::Store& store_;
  const int months_;
  const uint64_t patients_;
  absl::Duration between_;
  std::unique_ptr<store::Batch> batch_;
  absl::Time now_ = kStart;
  int64_t results_ = 0;
  std::priority_queue<Event, std::vector<Event>, std::greater<Event>> events_;
  std::mt19937_64 random_{7};
};

// The log's times up to its end, as the follower makes them.
int64_t FollowAll(store::Store* store) {
  int64_t followed = 0;
  // What is left of less than a piece is put together for each question, and belongs to what is measured.
  while (const std::optional<gate::FollowedPiece> piece = Require(gate::ReadNextPiece(*store))) {
    const std::unique_ptr<store::Batch> batch = Require(store->Begin());
    Require(gate::PutPiece(*batch, *piece));
    Require(batch->Commit());
    followed += static_cast<int64_t>(piece->turnarounds.size());
  }
  return followed;
}

// Microseconds of CPU that an entry costs, with its result, in groups of 64.
double WriteOn(LogMaker* maker) {
  const double before = CpuMs();
  maker->Run(kWrittenOn, kPerGroup);
  return 1000 * (CpuMs() - before) / static_cast<double>(kWrittenOn);
}

// Entries a second that are written.
double WriteForAWhile(LogMaker* maker) {
  const Stopwatch watch;
  maker->Run(kBeside, kPerGroup);
  return 1000 * static_cast<double>(kBeside) / watch.Ms();
}

// How fast it writes while `request` is asked without a pause, by how fast it does alone.
void WriteBeside(store::Store* store, LogMaker* maker, const v1::SummarizeRequest& request, absl::Time now, int rounds) {
  std::vector<double> ratios, alone_rates;
  std::atomic<int64_t> answered = 0;
  for (int i = 0; i < rounds; ++i) {
    (void)FollowAll(store);
    const double alone = WriteForAWhile(maker);
    (void)FollowAll(store);
    std::atomic<bool> stop = false;
    std::thread asking([&] {
      for (; !stop; ++answered) Require(gate::Summarize(*store, request, absl::UTCTimeZone(), now));
    });
    const double beside = WriteForAWhile(maker);
    stop = true;
    asking.join();
    alone_rates.push_back(alone);
    ratios.push_back(beside / alone);
  }
  std::cout << absl::StrFormat("writing beside questions     %.2f of alone (%.2f to %.2f; alone %.0f entries/s), %d answered\n",
                               Median(ratios), *std::min_element(ratios.begin(), ratios.end()),
                               *std::max_element(ratios.begin(), ratios.end()), Median(alone_rates), answered.load());
}

// What it costs a running gate to take in a result, decide it and write it, with what follows the log, on a long log and on a
// short one, by turns.
void SubmitOn(store::Store* store, const std::string& folder, absl::Time end, int months, int rounds) {
  const testing::TemporaryFolder place(folder);
  const std::unique_ptr<store::Store> other = Require(store::OpenSqlite(absl::StrCat(place.path(), "/short.db")));
  LogMaker(other.get(), kShortLog, months).Run(kShortLog, kPerBatch);
  testing::SimulatedClock clock(end);
  World world;
  int number = 1;
  const auto cost = [&](store::Store* on) {
    (void)FollowAll(on);  // what was written before costs these nothing
    std::unique_ptr<gate::Gate> gate = world.Start(on, &clock, kGroup);
    const double before = CpuMs();
    SubmitAll(gate.get(), number, number + kSubmitted - 1);
    number += kSubmitted;
    gate.reset();
    return 1000 * (CpuMs() - before) / kSubmitted;
  };
  std::vector<double> costs, short_costs, ratios;
  for (int i = 0; i < rounds; ++i) {
    costs.push_back(cost(store));
    short_costs.push_back(cost(other.get()));
    ratios.push_back(costs.back() / short_costs.back());
  }
  std::cout << absl::StrFormat("submitting a result          %.1f us of CPU, %.1f on a log of %d: %.2f times (%.2f to %.2f)\n",
                               Median(costs), Median(short_costs), kShortLog, Median(ratios),
                               *std::min_element(ratios.begin(), ratios.end()), *std::max_element(ratios.begin(), ratios.end()));
}

void VerifyAll(const store::Store& store, const std::string& path) {
  const std::unique_ptr<store::LogFile> log = Require(store::OpenLogFile(path));
  const double before = CpuMs();
  const Stopwatch watch;
  const audit::LogReport report = Require(log->Verify(store.log().key(), {}, nullptr));
  if (!report.ok()) Require(absl::DataLossError(report.findings[0].message));
  std::cout << absl::StrFormat("audit verify --log-only      %9d entries: %.0f a second, %.0f a second of CPU\n", log->size(),
                               1000 * static_cast<double>(log->size()) / watch.Ms(),
                               1000 * static_cast<double>(log->size()) / (CpuMs() - before));
}

// Another process writes and ends without closing anything, as by kill -9.
void OpenAfterKill(const std::string& path, int months) {
  const pid_t child = fork();
  if (child == 0) {
    const std::unique_ptr<store::Store> store = Require(store::OpenSqlite(path));
    LogMaker(store.get(), kWrittenOn, months).Run(kWrittenOn, kPerGroup);
    _exit(0);
  }
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child || status != 0) Require(absl::InternalError("the writer failed"));
  const Stopwatch watch;
  const std::unique_ptr<store::Store> store = Require(store::OpenSqlite(path));
  std::cout << absl::StrFormat("opening after a kill         %9d entries: %.0f ms\n", Require(store->LastEntrySequence()),
                               watch.Ms());
}

void Ask(const store::Store& store, const std::string& what, const v1::SummarizeRequest& request, absl::Time now, int rounds) {
  std::vector<double> times;
  int64_t results = 0, groups = 0;
  for (int i = 0; i < rounds; ++i) {
    const Stopwatch watch;
    const v1::SummarizeResponse response = Require(gate::Summarize(store, request, absl::UTCTimeZone(), now));
    times.push_back(watch.Ms());
    results = response.total().results();
    groups = response.groups_size();
  }
  std::sort(times.begin(), times.end());
  std::cout << absl::StrFormat("%-28s %9d results, %5d groups: %7.1f ms (%.1f to %.1f)\n", what, results, groups,
                               times[times.size() / 2], times.front(), times.back());
}

// The first page of a hundred entries, the newest first.
void AskPage(const store::Store& store, const std::string& what, const std::string& filter, int rounds) {
  v1::ListEntriesRequest request;
  request.set_filter(filter);
  request.set_newest_first(true);
  std::vector<double> times;
  int entries = 0;
  for (int i = 0; i < rounds; ++i) {
    const Stopwatch watch;
    entries = Require(gate::ListEntries(store, request)).entries_size();
    times.push_back(watch.Ms());
  }
  std::sort(times.begin(), times.end());
  std::cout << absl::StrFormat("%-28s %9d entries: %7.2f ms (%.2f to %.2f)\n", what, entries, times[times.size() / 2],
                               times.front(), times.back());
}

int Main(int argc, char** argv) {
  CLI::App app("Measures summaries and lists.");
  int64_t entries = 10'000'000;
  int months = 24, rounds = 7;
  std::string folder;
  app.add_option("--entries", entries, "Entries of the log")->capture_default_str()->check(CLI::Range(50'000, 1'000'000'000));
  app.add_option("--months", months, "Months in which they came")->capture_default_str()->check(CLI::Range(1, 240));
  app.add_option("--rounds", rounds, "How often each question is asked")->capture_default_str()->check(CLI::Range(1, 1000));
  app.add_option("--folder", folder, "Where the database is made; removed afterwards [the system's temporary folder]");
  CLI11_PARSE(app, argc, argv);

  const testing::TemporaryFolder place(folder);
  const std::string path = absl::StrCat(place.path(), "/gate.db");
  std::unique_ptr<store::Store> store = Require(store::OpenSqlite(path));
  const auto size = [&path] { return static_cast<double>(std::filesystem::file_size(path)); };
  LogMaker maker(store.get(), entries, months);
  const Stopwatch making;
  const double young = WriteOn(&maker);
  maker.Run(entries - kWrittenOn, kPerBatch);
  const double before = size();
  std::cout << absl::StrFormat("%d entries about %d results over %d months, made in %.0f s: %.0f bytes an entry\n", entries,
                               maker.results(), months, making.Ms() / 1000, before / static_cast<double>(entries));
  const Stopwatch following;
  const int64_t followed = FollowAll(store.get());
  std::cout << absl::StrFormat("followed in %.0f s: %.1f us an entry, %.2f times each result; %.0f bytes a result\n",
                               following.Ms() / 1000, 1000 * following.Ms() / static_cast<double>(entries),
                               static_cast<double>(followed) / static_cast<double>(maker.results()),
                               (size() - before) / static_cast<double>(maker.results()));

  const absl::Time end = maker.end();
  v1::SummarizeRequest request;
  request.set_filter(absl::StrCat("time >= ", base::FormatUtc(end - kMonth), " AND time < ", base::FormatUtc(end)));
  Ask(*store, "the last month", request, end, rounds);
  for (int i = v1::SummaryDimension_MIN + 1; i <= v1::SummaryDimension_MAX; ++i) {
    const auto dimension = static_cast<v1::SummaryDimension>(i);
    request.clear_group_by();
    request.add_group_by(dimension);
    Ask(*store, absl::StrCat("  by ", v1::SummaryDimension_Name(dimension).substr(18)), request, end, rounds);
  }
  request.add_group_by(v1::SUMMARY_DIMENSION_DAY);
  request.add_group_by(v1::SUMMARY_DIMENSION_LANGUAGE);
  Ask(*store, "  by FACILITY, DAY, LANGUAGE", request, end, rounds);

  const std::string day =
      absl::StrCat("time >= ", base::FormatUtc(end - kMonth), " AND time < ", base::FormatUtc(end - kMonth + absl::Hours(24)));
  AskPage(*store, "a page by patient", absl::StrCat("patient = P", maker.patients() / 2), rounds);
  AskPage(*store, "a page by patient, assigner", absl::StrCat("patient = NORTH|P", maker.patients() / 3), rounds);
  AskPage(*store, "a page by day", day, rounds);
  AskPage(*store, "a page by rule, of years", "rule = genetics-delay", rounds);
  AskPage(*store, "a page by kind, few entries", "kind = activated", rounds);
  AskPage(*store, "a page by rule and time", absl::StrCat("rule = biopsy-review AND ", day), rounds);

  const double old = WriteOn(&maker);
  std::cout << absl::StrFormat("writing an entry             %.1f us of CPU at the end, %.1f at the beginning: %.2f times\n", old,
                               young, old / young);
  request.clear_group_by();
  WriteBeside(store.get(), &maker, request, end, rounds);
  SubmitOn(store.get(), folder, end, months, rounds);
  VerifyAll(*store, path);
  store.reset();
  OpenAfterKill(path, months);
  return 0;
}

}  // namespace
}  // namespace resultgate::bench

int main(int argc, char** argv) {
  return resultgate::bench::Main(argc, argv);
}

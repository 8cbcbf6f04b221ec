// Summaries over a real store: the projection and what it has not reached yet, together, against a plain scan of the whole log.
#include "server/gate/turnarounds.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "server/audit/entry_facts.h"
#include "server/audit/summary.h"
#include "server/base/clock.h"
#include "server/base/proto_time.h"
#include "server/gate/log_follower.h"
#include "server/gate/writer.h"
#include "server/store/sqlite/sqlite_store.h"
#include "tests/testing/store_proxy.h"
#include "tests/testing/temp_folder.h"

namespace resultgate::gate {
namespace {

using base::FromProto;
using base::ToProto;
using ::testing::HasSubstr;

const absl::Time kStart = absl::FromUnixSeconds(1'772'827'200);  // 2026-03-06T20:00:00Z
constexpr absl::Duration kSlack = absl::Minutes(1);

// --- The plain way ---------------------------------------------------------------------------------------------------

struct PlainHold {
  std::string rule;
  v1::RuleEffect effect;
  v1::BasisType basis;
  absl::Time since;
  std::optional<absl::Time> until, allowed, started, reviewed;
  bool told = false;  // by the newest entry about the unit
};

// One unit, for the patient.
struct PlainUnit {
  v1::OutcomeState state = v1::OUTCOME_STATE_UNSPECIFIED;
  std::optional<absl::Time> released;
  bool unreviewed = false;
  std::string language;
  std::vector<PlainHold> holds;
};

struct PlainResult {
  int64_t id = 0;
  absl::Time received;
  std::optional<absl::Time> final_at;
  v1::DiagnosticReport report;
  std::map<std::string, PlainUnit> units;
  std::optional<absl::Time> viewed, opened, contacted, version, seen, unseen;
  std::map<std::string, bool> shown;  // by unit and audience
  std::optional<bool> account;

  bool abnormal() const { return report.observations(0).interpretation() == v1::INTERPRETATION_HIGH; }
};

// What an entry says of who saw the result. `seen` and `unseen` are about what is out now.
void TellViews(const v1::Entry& entry, const std::vector<const v1::ReleaseNote*>& notes, PlainResult* result) {
  const absl::Time now = FromProto(entry.time());
  const auto first = [](std::optional<absl::Time>* time, absl::Time at) {
    if (!*time || at < **time) *time = at;
  };
  if (entry.has_decided()) result->version = now;
  if (entry.has_approved()) first(&result->opened, now);
  if (entry.approved().has_discussed_at()) result->contacted = FromProto(entry.approved().discussed_at());
  if (entry.has_followed_up()) {
    const absl::Time at = FromProto(entry.followed_up().happened_at());
    const bool any_shown = std::any_of(result->shown.begin(), result->shown.end(), [](const auto& cell) { return cell.second; });
    if (entry.followed_up().kind() == v1::FOLLOW_UP_KIND_CLINICIAN_VIEWED) first(&result->opened, at);
    if (entry.followed_up().kind() == v1::FOLLOW_UP_KIND_CONTACTED) result->contacted = at;
    if (entry.followed_up().kind() == v1::FOLLOW_UP_KIND_VIEWED) {
      first(&result->viewed, at);
      if (any_shown) result->seen = at;
      result->unseen.reset();
    }
  }
  bool again = false, shows = false;
  for (const v1::ReleaseNote* note : notes) {
    for (const int audience : note->audiences()) {
      for (const std::string& unit : note->unit_ids()) {
        bool& out = result->shown[absl::StrCat(unit, "/", audience)];
        if (note->kind() == v1::RELEASE_KIND_RETRACTION) {
          const bool was = std::any_of(result->shown.begin(), result->shown.end(), [](const auto& cell) { return cell.second; });
          out = false;
          const bool is = std::any_of(result->shown.begin(), result->shown.end(), [](const auto& cell) { return cell.second; });
          if (was && !is) result->seen.reset(), result->unseen.reset();
        } else {
          again = again || out;
          shows = out = true;
        }
      }
    }
  }
  if (again && result->seen && *result->seen < *result->version) result->seen.reset();
  if (shows && !result->seen && !result->unseen) result->unseen = now;
}

bool Has(const google::protobuf::RepeatedField<int>& audiences, v1::Audience audience) {
  return std::count(audiences.begin(), audiences.end(), audience) > 0;
}

// What an entry says of one unit; no outcome: that there is none any more.
void TellUnit(const v1::Outcome* outcome, const std::string& language, absl::Time now, PlainUnit* unit) {
  for (PlainHold& hold : unit->holds) hold.told = false;
  if (outcome != nullptr && outcome->state() == v1::OUTCOME_STATE_HELD) {
    for (const v1::AppliedRule& rule : outcome->rules()) {
      const bool review = rule.effect() == v1::RULE_EFFECT_REVIEW, delay = rule.effect() == v1::RULE_EFFECT_DELAY,
                 withhold = rule.effect() == v1::RULE_EFFECT_WITHHOLD;
      const v1::Disposition disposition = outcome->disposition();
      const bool alone = disposition == v1::DISPOSITION_DELAY;  // with its floor
      if (rule.lifted() || !(review || delay || withhold)) continue;
      if (review && (alone || disposition == v1::DISPOSITION_RELEASE)) continue;
      if (withhold && disposition != v1::DISPOSITION_WITHHOLD) continue;
      // Behind a withholding a review is nobody's.
      if (review && disposition == v1::DISPOSITION_WITHHOLD && FromProto(outcome->withheld_until()) > now) continue;
      if (delay && !alone && FromProto(outcome->not_before()) <= now) continue;
      PlainHold* hold = nullptr;
      for (PlainHold& known : unit->holds) {
        const bool open = !known.until || *known.until > now;
        if (known.rule == rule.rule_id() && known.effect == rule.effect() && open) hold = &known;
      }
      if (hold == nullptr) {
        unit->holds.push_back({rule.rule_id(), rule.effect(), rule.basis().type(), now, {}, {}, {}, {}, false});
        hold = &unit->holds.back();
      }
      hold->told = true;
      hold->until = delay && !alone ? std::make_optional(FromProto(outcome->not_before())) : std::nullopt;
      absl::Time allowed = FromProto(review     ? outcome->review().expires_at()
                                     : withhold ? outcome->withheld_until()
                                                : outcome->not_before());
      if (outcome->has_not_after()) allowed = std::min(allowed, FromProto(outcome->not_after()));
      const bool over = hold->allowed && *hold->allowed + kSlack < now;
      const bool put_off =
          review && (outcome->review().overruns() > 0 || outcome->review().extended_after_downtime()) && hold->allowed;
      if (!over && !put_off) hold->allowed = allowed;
      if (review && !hold->started) hold->started = FromProto(outcome->review().started_at());
    }
  }
  for (PlainHold& hold : unit->holds) {
    if (hold.told || (hold.until && *hold.until <= now)) continue;
    hold.until = now;
    if (hold.effect == v1::RULE_EFFECT_REVIEW && outcome != nullptr && outcome->review().has_approved_at()) {
      hold.reviewed = FromProto(outcome->review().approved_at());
    }
  }
  unit->state = outcome == nullptr ? v1::OUTCOME_STATE_CLOSED : outcome->state();
  if (unit->state != v1::OUTCOME_STATE_RELEASED && unit->state != v1::OUTCOME_STATE_PUBLISHED) return;
  unit->unreviewed = unit->unreviewed || outcome->released_unreviewed();
  if (unit->released) return;
  unit->released = now;
  unit->language = language;
}

// Of a version that turns out to be another patient's, that one was shown nothing.
void ForgetPreviousPatient(const audit::EntryFacts& facts, PlainResult* result) {
  const auto stands = [&facts](const std::string& unit, int audience) {
    return std::any_of(facts.outcomes.begin(), facts.outcomes.end(), [&](const v1::Outcome* outcome) {
      return std::count(outcome->unit_ids().begin(), outcome->unit_ids().end(), unit) > 0 &&
             Has(outcome->audiences(), static_cast<v1::Audience>(audience)) && outcome->disposition() != v1::DISPOSITION_NEVER;
    });
  };
  bool moved = false;
  std::set<std::string> taken_back;
  for (const v1::ReleaseNote* note : facts.releases) {
    if (note->kind() != v1::RELEASE_KIND_RETRACTION) continue;
    for (const std::string& unit : note->unit_ids()) {
      for (const int audience : note->audiences()) {
        moved = moved || stands(unit, audience);
        if (audience == v1::AUDIENCE_PATIENT) taken_back.insert(unit);
      }
    }
  }
  for (const std::string& id : taken_back) {
    if (!moved) continue;
    PlainUnit& unit = result->units[id];
    unit.released.reset();
    unit.unreviewed = false;
    unit.language.clear();
  }
}

std::map<int64_t, PlainResult> Scan(const store::Store& store) {
  std::map<int64_t, PlainResult> results;
  const auto log = store.ListEntries(0, 0, 1'000'000);
  EXPECT_TRUE(log.ok());
  for (const v1::Entry& entry : *log) {
    if (entry.result_id() == 0) continue;
    const absl::Time now = FromProto(entry.time());
    PlainResult& result = results[entry.result_id()];
    if (entry.has_decided()) {
      if (result.id == 0) result.received = now;
      result.id = entry.result_id();
      if (entry.decided().decision().has_clock_start()) result.final_at = FromProto(entry.decided().decision().clock_start());
    }
    const audit::EntryFacts facts = audit::FactsOf(entry);
    TellViews(entry, facts.releases, &result);
    if (facts.outcomes.empty()) continue;
    if (entry.has_decided()) ForgetPreviousPatient(facts, &result);
    std::set<std::string> told;
    for (const v1::Outcome* outcome : facts.outcomes) {
      if (!Has(outcome->audiences(), v1::AUDIENCE_PATIENT)) continue;
      for (const std::string& id : outcome->unit_ids()) {
        std::string language;
        for (const v1::ReleaseNote* note : facts.releases) {
          const bool of_unit = std::count(note->unit_ids().begin(), note->unit_ids().end(), id) > 0;
          if (of_unit && Has(note->audiences(), v1::AUDIENCE_PATIENT)) language = note->language();
        }
        TellUnit(outcome, language, now, &result.units[id]);
        told.insert(id);
      }
    }
    if (!entry.has_decided()) continue;
    for (auto& [id, unit] : result.units) {
      if (told.count(id) == 0) TellUnit(nullptr, "", now, &unit);
    }
  }
  for (auto& [id, result] : results) {
    const auto kept = store.FindResult(id);
    result.report = (*kept)->report();
    if ((*kept)->known_patient().has_portal_account()) result.account = (*kept)->known_patient().portal_account();
  }
  return results;
}

struct PlainFigures {
  int64_t results = 0, released = 0, waiting = 0, held = 0, overruns = 0, unreviewed = 0, other_language = 0;
  int64_t viewed = 0, contacted = 0;
  std::vector<absl::Duration> release, hold, review, view;

  void Add(const PlainResult& result, const std::function<bool(const PlainHold&)>& counts, bool all_units, absl::Time now) {
    std::vector<std::pair<const PlainUnit*, std::vector<const PlainHold*>>> units;
    for (const auto& [id, unit] : result.units) {
      std::vector<const PlainHold*> holds;
      for (const PlainHold& one : unit.holds) {
        if (counts(one)) holds.push_back(&one);
      }
      if (all_units || !holds.empty()) units.push_back({&unit, holds});
    }
    if (units.empty()) return;
    bool all = true, any = false, waits = false, is_held = false, over = false, no_review = false, other = false, open = false;
    absl::Time out_since = absl::InfiniteFuture(), last = absl::InfinitePast(), from = absl::InfiniteFuture(),
               to = absl::InfinitePast();
    absl::Time started = absl::InfiniteFuture(), reviewed = absl::InfinitePast();
    for (const auto& [unit, holds] : units) {
      any = any || unit->released;
      all = all && (unit->released || unit->state == v1::OUTCOME_STATE_CLOSED);
      if (unit->released) last = std::max(last, *unit->released), out_since = std::min(out_since, *unit->released);
      waits = waits || unit->state == v1::OUTCOME_STATE_HELD;
      no_review = no_review || unit->unreviewed;
      const std::string& read = result.report.patient().language();
      other = other || (!unit->language.empty() && !read.empty() && unit->language.substr(0, 2) != read.substr(0, 2));
      for (const PlainHold* one : holds) {
        is_held = true;
        const bool still = !one->until || *one->until > now;
        open = open || still;
        over = over || (one->allowed && (still ? now : *one->until) > *one->allowed + kSlack);
        from = std::min(from, one->since);
        if (!still) to = std::max(to, *one->until);
        if (one->reviewed) reviewed = std::max(reviewed, *one->reviewed), started = std::min(started, *one->started);
      }
    }
    ++results;
    released += all && any;
    waiting += waits;
    held += is_held;
    overruns += over;
    unreviewed += no_review;
    other_language += other;
    contacted += result.contacted.has_value();
    viewed += any && result.viewed;
    if (any && result.viewed) view.push_back(std::max(*result.viewed - out_since, absl::ZeroDuration()));
    if (all && any && result.final_at) release.push_back(std::max(last - *result.final_at, absl::ZeroDuration()));
    if (is_held && !open) hold.push_back(to - from);
    if (reviewed > absl::InfinitePast()) review.push_back(std::max(reviewed - started, absl::ZeroDuration()));
  }
};

std::string Describe(std::vector<absl::Duration> times) {
  if (times.empty()) return "0";
  std::sort(times.begin(), times.end());
  const auto rank = [&times](double percent) {
    size_t least = 0;
    while (100.0 * static_cast<double>(least + 1) < percent * static_cast<double>(times.size())) ++least;
    return absl::FormatDuration(times[least]);
  };
  return absl::StrCat(times.size(), " ", rank(50), " ", rank(90), " ", rank(99), " ", absl::FormatDuration(times.back()));
}

std::string Describe(const PlainFigures& f) {
  return absl::StrCat(f.results, " ", f.released, " ", f.waiting, " ", f.held, " ", f.overruns, " ", f.unreviewed, " ",
                      f.other_language, " ", f.viewed, " ", f.contacted, " | ", Describe(f.release), " | ", Describe(f.hold),
                      " | ", Describe(f.review), " | ", Describe(f.view));
}

std::string Describe(const v1::Percentiles& spread) {
  if (spread.count() == 0) return "0";
  const auto text = [](const google::protobuf::Duration& duration) { return absl::FormatDuration(FromProto(duration)); };
  return absl::StrCat(spread.count(), " ", text(spread.p50()), " ", text(spread.p90()), " ", text(spread.p99()), " ",
                      text(spread.max()));
}

std::string Describe(const v1::SummaryGroup& g) {
  return absl::StrCat(g.results(), " ", g.released(), " ", g.waiting(), " ", g.held(), " ", g.overruns(), " ",
                      g.released_unreviewed(), " ", g.other_language(), " ", g.viewed(), " ", g.contacted(), " | ",
                      Describe(g.time_to_release()), " | ", Describe(g.hold_time()), " | ", Describe(g.review_time()), " | ",
                      Describe(g.time_to_view()));
}

// --- Random logs -----------------------------------------------------------------------------------------------------

class TurnaroundsTest : public ::testing::Test {
 protected:
  TurnaroundsTest() : store_(*store::OpenSqlite(folder_.path() + "/gate.db")) {}

  int Below(int n) { return std::uniform_int_distribution<int>(0, n - 1)(random_); }
  bool OneIn(int n) { return Below(n) == 0; }

  v1::Outcome RandomOutcome(absl::Time now) {
    static const v1::RuleEffect kEffects[] = {v1::RULE_EFFECT_PERMIT, v1::RULE_EFFECT_DELAY, v1::RULE_EFFECT_REVIEW,
                                              v1::RULE_EFFECT_WITHHOLD};
    static const v1::Disposition kHeld[] = {v1::DISPOSITION_DELAY, v1::DISPOSITION_REVIEW, v1::DISPOSITION_WITHHOLD,
                                            v1::DISPOSITION_RELEASE, v1::DISPOSITION_NOT_FINAL};
    v1::Outcome outcome;
    for (int rule = 0; rule < 4; ++rule) {
      if (OneIn(2)) continue;
      v1::AppliedRule* applied = outcome.add_rules();
      applied->set_rule_id(absl::StrCat("rule-", rule));
      applied->set_effect(kEffects[rule]);
      applied->mutable_basis()->set_type(static_cast<v1::BasisType>(1 + rule % 3));
      applied->set_lifted(OneIn(6));
    }
    outcome.set_state(OneIn(2) ? v1::OUTCOME_STATE_HELD : OneIn(8) ? v1::OUTCOME_STATE_CLOSED : v1::OUTCOME_STATE_RELEASED);
    const auto later = [&] { return ToProto(now + absl::Minutes(Below(600))); };
    if (outcome.state() == v1::OUTCOME_STATE_HELD) outcome.set_disposition(kHeld[Below(5)]);
    *outcome.mutable_not_before() = later();
    *outcome.mutable_withheld_until() = later();
    if (OneIn(4)) *outcome.mutable_not_after() = later();
    v1::Review* review = outcome.mutable_review();
    *review->mutable_started_at() = ToProto(now - absl::Minutes(Below(60)));
    *review->mutable_expires_at() = later();
    review->set_overruns(OneIn(8) ? 1 : 0);
    review->set_extended_after_downtime(OneIn(8));
    if (outcome.state() == v1::OUTCOME_STATE_RELEASED) {
      if (OneIn(2)) *review->mutable_approved_at() = ToProto(now);
      outcome.set_released_unreviewed(OneIn(3));
    }
    return outcome;
  }

  // Of some of the units; the rest of the last audience's may be told apart.
  void AddOutcomes(absl::Time now, bool all, google::protobuf::RepeatedPtrField<v1::Outcome>* outcomes,
                   google::protobuf::RepeatedPtrField<v1::ReleaseNote>* releases) {
    std::vector<std::string> units = {"a", "b", "c", "document"};
    units.resize(1 + static_cast<size_t>(Below(4)));
    const bool alike = OneIn(2);
    for (const bool others : {false, true}) {
      if (alike && others) continue;
      std::map<int, v1::Outcome> kinds;
      for (const std::string& unit : units) {
        if (!all && OneIn(3)) continue;
        const int kind = Below(2);
        if (kinds.count(kind) == 0) kinds[kind] = RandomOutcome(now);
        kinds[kind].add_unit_ids(unit);
      }
      for (auto& [kind, outcome] : kinds) {
        if (!others) outcome.add_audiences(v1::AUDIENCE_PATIENT);
        if (others || alike) outcome.add_audiences(v1::AUDIENCE_REPRESENTATIVE);
        if (outcome.state() == v1::OUTCOME_STATE_RELEASED && OneIn(2)) {
          v1::ReleaseNote* note = releases->Add();
          note->set_kind(v1::RELEASE_KIND_RESULT);
          *note->mutable_unit_ids() = outcome.unit_ids();
          *note->mutable_audiences() = outcome.audiences();
          note->set_language(OneIn(2) ? "en" : "es");
        } else if (outcome.state() == v1::OUTCOME_STATE_HELD && OneIn(3)) {
          v1::ReleaseNote* note = releases->Add();
          note->set_kind(v1::RELEASE_KIND_RETRACTION);
          *note->mutable_unit_ids() = outcome.unit_ids();
          *note->mutable_audiences() = outcome.audiences();
        }
        *outcomes->Add() = outcome;
      }
    }
  }

  // Some entries about old and new results.
  void Append(int entries) {
    const auto batch = *store_->Begin();
    for (int i = 0; i < entries; ++i) {
      now_ += absl::Minutes(Below(30));
      v1::Entry entry;
      entry.set_sequence(batch->NextEntrySequence());
      *entry.mutable_time() = ToProto(now_);
      const bool fresh = results_ == 0 || OneIn(3);
      if (!fresh && OneIn(20)) {
        entry.mutable_refused();
        ASSERT_EQ(batch->AppendEntry(entry), absl::OkStatus());
        continue;
      }
      entry.set_result_id(fresh ? ++results_ : std::max(1, results_ - Below(std::min(results_, 40))));
      if (fresh || OneIn(4)) {
        // A new version may come from elsewhere; the figures are of where it is now.
        v1::Result result;
        result.set_id(fresh ? batch->NextResultId() : entry.result_id());
        v1::DiagnosticReport* report = result.mutable_report();
        report->set_section(static_cast<v1::Section>(1 + Below(4)));
        if (!OneIn(4)) report->mutable_patient()->set_language(OneIn(2) ? "en-US" : "es");
        if (!OneIn(4)) report->mutable_order()->set_facility(absl::StrCat("F", Below(3)));
        report->add_observations()->set_interpretation(OneIn(2) ? v1::INTERPRETATION_HIGH : v1::INTERPRETATION_NORMAL);
        if (!OneIn(3)) result.mutable_known_patient()->set_portal_account(!OneIn(4));
        ASSERT_EQ(batch->PutResult(result), absl::OkStatus());
        v1::Entry::Decided* decided = entry.mutable_decided();
        if (!OneIn(3)) *decided->mutable_decision()->mutable_clock_start() = ToProto(now_ - absl::Minutes(Below(90)));
        if (fresh || !OneIn(5)) {
          AddOutcomes(now_, true, decided->mutable_decision()->mutable_outcomes(), decided->mutable_releases());
        }
      } else if (OneIn(4)) {
        entry.mutable_acknowledged()->add_release_sequences(1);
      } else if (OneIn(3)) {
        static const v1::FollowUpKind kKinds[] = {v1::FOLLOW_UP_KIND_VIEWED, v1::FOLLOW_UP_KIND_VIEWED,
                                                  v1::FOLLOW_UP_KIND_CLINICIAN_VIEWED, v1::FOLLOW_UP_KIND_CONTACTED,
                                                  v1::FOLLOW_UP_KIND_MESSAGE};
        entry.mutable_followed_up()->set_kind(kKinds[Below(5)]);
        *entry.mutable_followed_up()->mutable_happened_at() = ToProto(now_ - absl::Minutes(Below(90)));
      } else if (OneIn(2)) {
        AddOutcomes(now_, false, entry.mutable_approved()->mutable_outcomes(), entry.mutable_approved()->mutable_releases());
        if (OneIn(3)) *entry.mutable_approved()->mutable_discussed_at() = ToProto(now_ - absl::Minutes(5));
      } else {
        AddOutcomes(now_, false, entry.mutable_advanced()->mutable_outcomes(), entry.mutable_advanced()->mutable_releases());
      }
      ASSERT_EQ(batch->AppendEntry(entry), absl::OkStatus());
      ++entries_;
    }
    ASSERT_EQ(batch->Commit(), absl::OkStatus());
  }

  // Takes the projection on by some entries, as the follower does.
  void Follow(int64_t entries) {
    const int64_t reach = *store_->TurnaroundsReach();
    const int64_t last = (*store_->ListEntriesBackward(0, 0, 1))[0].sequence();
    const int64_t to = std::min(reach + entries, last);
    const auto turnarounds = ReadTurnarounds(*store_, reach, to);
    ASSERT_TRUE(turnarounds.ok()) << turnarounds.status();
    const auto batch = *store_->Begin();
    ASSERT_EQ(batch->PutTurnarounds(*turnarounds, to), absl::OkStatus());
    ASSERT_EQ(batch->Commit(), absl::OkStatus());
  }

  // Asks every question both ways.
  void Compare() {
    const std::map<int64_t, PlainResult> results = Scan(*store_);
    const absl::Time now = now_ + absl::Minutes(Below(600));
    const absl::Time half = kStart + (now_ - kStart) / 2;
    using Passes = std::function<bool(const PlainResult&)>;
    const std::pair<std::string, Passes> filters[] = {
        {"", [](const PlainResult&) { return true; }},
        {absl::StrCat("time >= ", base::FormatUtc(half)), [half](const PlainResult& r) { return r.received >= half; }},
        {absl::StrCat("time < ", base::FormatUtc(half), " AND category = laboratory"),
         [half](const PlainResult& r) { return r.received < half && r.report.section() == v1::SECTION_LABORATORY; }},
        {"facility = F1 OR language = es",
         [](const PlainResult& r) { return r.report.order().facility() == "F1" || r.report.patient().language() == "es"; }},
        {"abnormal = yes AND account != none", [](const PlainResult& r) { return r.abnormal() && r.account != false; }}};
    using Key = std::function<std::set<std::string>(const PlainResult&)>;
    using ByHold = std::function<std::string(const PlainHold&)>;
    const std::tuple<v1::SummaryDimension, Key, ByHold> dimensions[] = {
        {v1::SUMMARY_DIMENSION_DAY,
         [](const PlainResult& r) {
           return std::set<std::string>{absl::FormatTime("%Y-%m-%d", r.received, absl::FixedTimeZone(-5 * 3600))};
         },
         nullptr},
        {v1::SUMMARY_DIMENSION_FACILITY, [](const PlainResult& r) { return std::set<std::string>{r.report.order().facility()}; },
         nullptr},
        {v1::SUMMARY_DIMENSION_ACCOUNT,
         [](const PlainResult& r) { return std::set<std::string>{!r.account   ? ""
                                                                 : *r.account ? "active"
                                                                              : "none"}; }, nullptr},
        {v1::SUMMARY_DIMENSION_RULE, nullptr, [](const PlainHold& hold) { return hold.rule; }},
        {v1::SUMMARY_DIMENSION_BASIS, nullptr,
         [](const PlainHold& hold) { return audit::EnumWord(v1::BasisType_Name(hold.basis), "BASIS_TYPE_"); }}};
    for (const auto& [filter, passes] : filters) {
      for (const auto& [dimension, key, by_hold] : dimensions) {
        PlainFigures total;
        std::map<std::string, PlainFigures> groups;
        const auto always = [](const PlainHold&) { return true; };
        for (const auto& [id, result] : results) {
          if (!passes(result) || result.units.empty()) continue;
          total.Add(result, always, true, now);
          std::set<std::string> keys = key != nullptr ? key(result) : std::set<std::string>();
          for (const auto& [unit_id, unit] : result.units) {
            for (const PlainHold& hold : unit.holds) {
              if (by_hold != nullptr) keys.insert(by_hold(hold));
            }
          }
          const bool unheld = keys.empty();
          if (unheld) keys.insert("");
          for (const std::string& one : keys) {
            const auto counts = [&, by = by_hold](const PlainHold& hold) { return by == nullptr || by(hold) == one; };
            groups[one].Add(result, counts, by_hold == nullptr || unheld, now);
          }
        }
        v1::SummarizeRequest request;
        request.set_filter(filter);
        request.add_group_by(dimension);
        const auto summary = Summarize(*store_, request, absl::FixedTimeZone(-5 * 3600), now);
        ASSERT_TRUE(summary.ok()) << summary.status();
        EXPECT_EQ(summary->tree_size(), (*store_->ListEntriesBackward(0, 0, 1))[0].sequence());
        EXPECT_EQ(Describe(summary->total()), Describe(total)) << filter;
        std::map<std::string, std::string> expected, found;
        for (const auto& [one, figures] : groups) expected[one] = Describe(figures);
        for (const v1::SummaryGroup& group : summary->groups()) found[group.keys(0)] = Describe(group);
        EXPECT_EQ(found, expected) << filter << " by " << v1::SummaryDimension_Name(dimension);
      }
    }
  }

  // The lines of a report about single results, as `7 for 12m`.
  std::set<std::string> ResultLines(v1::ReportKind kind, absl::Time now) {
    v1::GetReportRequest request;
    request.set_report(kind);
    request.set_most_lines(10'000);
    const auto report = GetReport(*store_, request, absl::UTCTimeZone(), now);
    EXPECT_TRUE(report.ok()) << report.status();
    std::set<std::string> lines;
    if (!report.ok()) return lines;
    for (const v1::ReportLine& line : report->lines()) {
      lines.insert(absl::StrCat(line.result_id(), " for ", absl::FormatDuration(FromProto(line.over()))));
    }
    EXPECT_EQ(report->all_lines(), report->total().results());
    return lines;
  }

  // Asks both ways what patients saw first, and what nobody has seen.
  void CompareWhoSaw() {
    const absl::Time now = now_ + absl::Minutes(Below(600));
    std::set<std::string> seen_first, unviewed;
    for (const auto& [id, result] : Scan(*store_)) {
      if (result.units.empty()) continue;
      const auto line = [id = id](absl::Duration over) { return absl::StrCat(id, " for ", absl::FormatDuration(over)); };
      if (result.viewed && (!result.opened || *result.opened > *result.viewed)) {
        seen_first.insert(line(result.opened.value_or(now) - *result.viewed));
      }
      const bool out = std::any_of(result.units.begin(), result.units.end(),
                                   [](const auto& unit) { return unit.second.state == v1::OUTCOME_STATE_RELEASED; });
      if (out && result.unseen && result.abnormal()) unviewed.insert(line(now - *result.unseen));
    }
    EXPECT_EQ(ResultLines(v1::REPORT_KIND_SEEN_FIRST, now), seen_first);
    EXPECT_EQ(ResultLines(v1::REPORT_KIND_UNVIEWED_ABNORMAL, now), unviewed);
  }

  const resultgate::testing::TempFolder folder_;
  std::unique_ptr<store::Store> store_;
  std::mt19937_64 random_;
  absl::Time now_ = kStart;
  int results_ = 0;
  int64_t entries_ = 0;
};

TEST_F(TurnaroundsTest, SayWhatAPlainScanOfTheLogSays) {
  const auto seed = static_cast<uint64_t>(absl::ToUnixNanos(base::SystemClock().Now()));
  std::cout << "seed " << seed << "\n";
  random_.seed(seed);
  for (int round = 0; round < 12 && !HasFailure(); ++round) {
    Append(1 + Below(120));
    if (OneIn(2)) Follow(1 + Below(200));
    if (OneIn(4)) {
      store_.reset();
      store_ = *store::OpenSqlite(folder_.path() + "/gate.db");
    }
    Compare();
    CompareWhoSaw();
  }
}

TEST_F(TurnaroundsTest, AreFollowedInPiecesAndFromWhereTheyWere) {
  random_.seed(7);
  for (int i = 0; i < 5; ++i) Append(1000);
  base::SystemClock clock;
  Writer writer(
      store_.get(), &clock, {1000, 64}, [](store::Batch&, absl::Time, int) { return 0; }, [] {});
  writer.Start();
  LogFollower follower(store_.get(), &writer);
  follower.Start();
  // Wakes it again and again, as commits do, until it has come as far as it goes.
  while (*store_->TurnaroundsReach() < 2 * kEntriesFollowed) {
    follower.Committed();
    std::this_thread::yield();
  }
  follower.Stop();
  EXPECT_EQ(*store_->TurnaroundsReach(), 2 * kEntriesFollowed) << "less than a piece is not worth a transaction";
  Compare();
}

TEST_F(TurnaroundsTest, AreNotAskedWhileTheyAreFarBehind) {
  random_.seed(7);
  while (entries_ <= kMostEntriesAhead) Append(5000);
  const auto summary = Summarize(*store_, v1::SummarizeRequest(), absl::UTCTimeZone(), now_);
  EXPECT_TRUE(absl::IsUnavailable(summary.status()));
  EXPECT_THAT(std::string(summary.status().message()), HasSubstr("have come to entry 0 of "));
  Follow(10'000);
  EXPECT_TRUE(Summarize(*store_, v1::SummarizeRequest(), absl::UTCTimeZone(), now_).ok());
}

// Something happens while times are read.
class BusyStore final : public resultgate::testing::StoreProxy {
 public:
  BusyStore(store::Store* store, std::function<void()> meanwhile) : StoreProxy(store), meanwhile_(std::move(meanwhile)) {}
  absl::Status ForEachTurnaround(absl::Time from, absl::Time until,
                                 const std::function<void(const v1::Turnaround&)>& take) const override {
    meanwhile_();
    return StoreProxy::ForEachTurnaround(from, until, take);
  }

 private:
  const std::function<void()> meanwhile_;
};

TEST_F(TurnaroundsTest, AreThoseOfTheLogThatTheAnswerNames) {
  random_.seed(7);
  Append(300);
  int times = 1;
  const BusyStore busy(store_.get(), [&] {
    if (times == 0) return;
    --times;
    Append(300);
    Follow(600);
  });
  const auto summary = Summarize(busy, v1::SummarizeRequest(), absl::UTCTimeZone(), now_);
  ASSERT_TRUE(summary.ok()) << summary.status();
  EXPECT_EQ(summary->tree_size(), *store_->LastEntrySequence()) << "it was counted anew";
  const auto after = Summarize(*store_, v1::SummarizeRequest(), absl::UTCTimeZone(), now_);
  EXPECT_EQ(summary->total().results(), after->total().results());
  times = 100;
  EXPECT_TRUE(absl::IsUnavailable(Summarize(busy, v1::SummarizeRequest(), absl::UTCTimeZone(), now_).status()));
}

TEST_F(TurnaroundsTest, ReportsHaveTheirGroups) {
  random_.seed(7);
  Append(500);
  for (int i = v1::ReportKind_MIN + 1; i <= v1::ReportKind_MAX; ++i) {
    v1::GetReportRequest request;
    request.set_report(static_cast<v1::ReportKind>(i));
    request.set_most_lines(3);
    const auto report = GetReport(*store_, request, absl::UTCTimeZone(), now_ + absl::Hours(10));
    ASSERT_TRUE(report.ok()) << report.status();
    const bool disparities = audit::WhatLinesAre(request.report()) == audit::LinesOf::kNothing;
    EXPECT_EQ(disparities, i == v1::REPORT_KIND_DISPARITIES_BY_LANGUAGE || i == v1::REPORT_KIND_DISPARITIES_BY_ACCOUNT);
    EXPECT_EQ(report->group_by_size(), disparities ? 1 : 2);
    EXPECT_GT(report->groups_size(), 0) << i;
    EXPECT_GT(report->total().results(), 0) << i;
    EXPECT_EQ(report->lines_size(), disparities ? 0 : 3) << i;
    EXPECT_GE(report->all_lines(), report->lines_size());
  }
  v1::GetReportRequest wrong;
  wrong.set_filter("patient = E1");
  EXPECT_TRUE(absl::IsInvalidArgument(GetReport(*store_, wrong, absl::UTCTimeZone(), now_).status()));
}

}  // namespace
}  // namespace resultgate::gate

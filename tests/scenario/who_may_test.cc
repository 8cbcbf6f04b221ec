// Holds the column "who" of the table of states and events (gate/state_machine.h) against what the calls of each actor do to
// results in every state: each move that a call makes is one that the table gives to whoever calls, and what the table gives to
// others the call does not do. The gate does not know yet who calls, so that an actor is the call that is meant for it.
#include <gmock/gmock.h>

#include <algorithm>
#include <functional>
#include <future>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/gate/state_machine.h"
#include "server/policy/outcomes.h"
#include "tests/gate/small_packs.h"
#include "tests/scenario/bare_gate.h"

namespace resultgate::scenario {
namespace {

using gate::Actor;
using gate::Event;
using gate::Phase;
using gate::State;
using testing::At;
using testing::Biopsy;
using testing::Cbc;
using ::testing::IsEmpty;
using testing::Later;

constexpr char kRestorer[] = "privacy-1";

std::string Rules() {
  return absl::StrCat(gate::kRoutine, gate::TissueReview("3 business days"), gate::ImagingDelay("72 h"));
}

v1::DiagnosticReport Imaging(const std::string& order) {
  v1::DiagnosticReport report = testing::Report(order, "36643-5");
  report.set_section(v1::SECTION_IMAGING);
  report.set_narrative("no pneumothorax");
  return report;
}

v1::DiagnosticReport Preliminary(const std::string& order) {
  v1::DiagnosticReport report = Cbc(order);
  report.set_status(v1::RESULT_STATUS_PRELIMINARY);
  report.mutable_observations(0)->set_status(v1::RESULT_STATUS_PRELIMINARY);
  return report;
}

v1::DiagnosticReport Corrected(v1::DiagnosticReport report) {
  report = Later(std::move(report), absl::Minutes(10));
  report.set_status(v1::RESULT_STATUS_CORRECTED);
  if (!report.narrative().empty()) report.set_narrative("another one");
  for (v1::Observation& observation : *report.mutable_observations()) {
    observation.set_status(v1::RESULT_STATUS_CORRECTED);
    observation.mutable_quantity()->set_value("12.2");
  }
  return report;
}

using Cells = std::map<std::pair<std::string, v1::Audience>, State>;

// A gate with one result in each state, but for what is withheld.
class World {
 public:
  World() : gate_(gate::MakePack(Rules())) {
    v1::PutOwnerRequest put;
    put.set_actor("staff-office");
    put.mutable_owner()->set_id(gate_.pack().pack->refusal_owner());
    put.mutable_owner()->set_kind(v1::OWNER_KIND_POOL);
    put.mutable_owner()->add_members(kRestorer);
    gate_.Ask(&gate::Gate::PutOwner, put);
    Add("published", Cbc("F1"));
    for (const v1::Release& release : gate_.Releases()) gate_.Acknowledge({release.sequence()});
    Add("released", Cbc("F2"));
    Add("review", Biopsy("F3"));
    Add("delay", Imaging("F4"));
    Add("not final", Preliminary("F5"));
    Add("two finals differ", Cbc("F6"));
    v1::DiagnosticReport twin = Cbc("F6", "11.1");
    gate_.Submit(twin);
    reports_["two finals differ"] = twin;
    Add("another patient's", Cbc("F7"));
    v1::DiagnosticReport moved = Corrected(Cbc("F7"));
    moved.mutable_patient()->mutable_identifiers(0)->set_value("p2");
    gate_.Submit(moved);
    reports_["another patient's"] = moved;
    EXPECT_EQ(PhaseOf("published"), Phase::kPublished);
    EXPECT_EQ(PhaseOf("released"), Phase::kReleased);
    EXPECT_EQ(PhaseOf("review"), Phase::kReview);
    EXPECT_EQ(PhaseOf("delay"), Phase::kDelay);
    EXPECT_EQ(PhaseOf("not final"), Phase::kNotFinal);
    EXPECT_EQ(PhaseOf("two finals differ"), Phase::kQuarantined);
    EXPECT_EQ(PhaseOf("another patient's"), Phase::kQuarantined);
  }

  BareGate& gate() { return gate_; }
  const std::map<std::string, int64_t>& ids() const { return ids_; }
  const v1::DiagnosticReport& ReportOf(const std::string& name) { return reports_[name]; }
  int VersionOf(int64_t id) { return Get(id).version(); }

  // The names of the results that `call` moved. Each move must be one that the table gives to `who`.
  std::set<std::string> Moved(Actor who, const std::function<void()>& call) {
    std::map<std::string, Cells> before;
    for (const auto& [name, id] : ids_) before[name] = CellsOf(id);
    call();
    std::set<std::string> moved;
    for (const auto& [name, id] : ids_) {
      const Cells after = CellsOf(id);
      if (after == before[name]) continue;
      moved.insert(name);
      for (const auto& [cell, state] : after) {
        const State from = before[name].count(cell) > 0 ? before[name][cell] : State();
        EXPECT_TRUE(IsTheirs(from, state, who))
            << name << ", " << cell.first << ": from " << Name(from.phase) << " to " << Name(state.phase)
            << " is no move that the table gives to actor " << static_cast<int>(who);
      }
    }
    return moved;
  }

 private:
  void Add(const std::string& name, const v1::DiagnosticReport& report) {
    ids_[name] = gate_.Submit(report).result_id();
    reports_[name] = report;
  }

  v1::Result Get(int64_t id) {
    const auto result = gate_.store().FindResult(id);
    EXPECT_TRUE(result.ok() && result->has_value());
    return result.ok() && *result ? **result : v1::Result();
  }

  Cells CellsOf(int64_t id) {
    Cells cells;
    for (const policy::Cell& cell : policy::ToCells(Get(id).decision().outcomes())) {
      cells[{cell.unit_id, cell.audience}] = gate::StateOf(cell.outcome);
    }
    return cells;
  }

  Phase PhaseOf(const std::string& name) { return CellsOf(ids_[name]).begin()->second.phase; }

  // All states that `who` can bring a unit into, and the gate then by itself.
  static bool IsTheirs(const State& from, const State& to, Actor who) {
    std::vector<State> reached = {from};
    for (const Actor actor : {who, Actor::kGate}) {
      const std::vector<State> starts = reached;
      for (const State& start : starts) {
        for (const Event event : gate::AllEvents()) {
          for (const Phase decided : {Phase::kReview, Phase::kDelay, Phase::kWithheld, Phase::kNotFinal, Phase::kQuarantined,
                                      Phase::kReady, Phase::kClosed}) {
            const auto move = gate::Next(start, event, decided);
            if (move && move->who == actor) reached.push_back(move->to);
          }
        }
      }
    }
    return std::count(reached.begin(), reached.end(), to) > 0;
  }

  BareGate gate_;
  std::map<std::string, int64_t> ids_;
  std::map<std::string, v1::DiagnosticReport> reports_;
};

using Names = std::set<std::string>;

TEST(WhoMayTest, ASendersVersionTakesBackWhateverStateItIsIn) {
  World world;
  const Names moved = world.Moved(Actor::kSender, [&] {
    for (const auto& [name, id] : world.ids()) {
      v1::DiagnosticReport wrong = Corrected(world.ReportOf(name));
      wrong.set_status(v1::RESULT_STATUS_ENTERED_IN_ERROR);
      world.gate().Submit(wrong);
    }
  });
  for (const char* name : {"published", "released", "review", "delay", "not final"}) {
    EXPECT_EQ(moved.count(name), 1u) << name;
  }
}

TEST(WhoMayTest, ASendersCorrectionReplacesWhatIsOutAndLetsNothingGoThatWaits) {
  World world;
  const Names moved = world.Moved(Actor::kSender, [&] {
    for (const char* name : {"published", "review", "delay", "not final"}) {
      world.gate().Submit(Corrected(world.ReportOf(name)));
    }
  });
  EXPECT_EQ(moved, (Names{"published", "not final"})) << "what waits goes on waiting; what is final now may go";
}

TEST(WhoMayTest, TheClockEndsReviewsAndDelaysAndNothingThatIsForPeople) {
  World world;
  EXPECT_EQ(world.Moved(Actor::kClock, [&] { world.gate().MoveTo(At("2026-03-12T12:00:00-04:00")); }),
            (Names{"review", "delay"}));
  EXPECT_THAT(world.Moved(Actor::kClock, [&] { world.gate().MoveTo(At("2026-03-19T12:00:00-04:00")); }), IsEmpty());
}

TEST(WhoMayTest, AReviewerEndsReviewsAndDoubtsAndTwoPeopleADoubtAboutIdentity) {
  World world;
  const auto approve_as = [&](const std::string& reviewer) {
    return [&world, reviewer] {
      for (const auto& [name, id] : world.ids()) {
        world.gate().Approve(id, world.VersionOf(id), reviewer).IgnoreError();
      }
    };
  };
  const Names by_one =
      world.Moved(Actor::kOwner, [&] { world.gate().Approve(world.ids().at("review"), 1, "reviewer-1").IgnoreError(); });
  EXPECT_EQ(by_one, Names{"review"});
  EXPECT_EQ(world.Moved(Actor::kOwnerOrTwo, approve_as("reviewer-1")), Names{"two finals differ"})
      << "one voice does not say whose it is; what waits for its time or its sender nobody approves";
  EXPECT_THAT(world.Moved(Actor::kOwnerOrTwo, approve_as("reviewer-1")), IsEmpty()) << "nor does the same one twice";
  EXPECT_THAT(world.Moved(Actor::kOwnerOrTwo, approve_as("reviewer-2")), IsEmpty()) << "nor two who are not there for it";
  EXPECT_EQ(world.Moved(Actor::kOwnerOrTwo, approve_as(kRestorer)), Names{"another patient's"});
}

TEST(WhoMayTest, ThePortalAcknowledgesWhatIsReleasedAndMovesNothingThatWaits) {
  World world;
  std::vector<int64_t> all;
  const auto rows = world.gate().store().ListOutbox(0, /*unacknowledged_only=*/false, 100);
  ASSERT_TRUE(rows.ok());
  for (const store::OutboxRow& row : *rows) all.push_back(row.release.sequence());
  EXPECT_EQ(world.Moved(Actor::kPortal, [&] { world.gate().Acknowledge(all); }), Names{"released"});
  EXPECT_THAT(world.Moved(Actor::kPortal, [&] { world.gate().Acknowledge(all); }), IsEmpty());
}

TEST(WhoMayTest, WhoApprovesPacksDecidesAnewWhatRulesHoldOnceTheNumberIsConfirmed) {
  World world;
  v1::ActivatePackRequest request;
  *request.mutable_files() =
      gate::MakePack(absl::StrCat(gate::kRoutine, "  - {id: tissue, title: t, match: {codes: [tissue]}, then: {release: now}}\n",
                                  "  - {id: imaging, title: t, match: {codes: [imaging]}, then: {release: now}}\n"));
  request.set_approver("author-1");
  EXPECT_THAT(world.Moved(Actor::kPackApprovers,
                          [&] { EXPECT_FALSE(world.gate().gate().ActivatePack(request, {}).ok()) << "its author"; }),
              IsEmpty());
  request.set_approver("approver-1");
  EXPECT_THAT(world.Moved(Actor::kPackApprovers, [&] { EXPECT_TRUE(world.gate().gate().ActivatePack(request, {}).ok()); }),
              IsEmpty())
      << "what is held keeps the pack that decided it";
  v1::RedecideHeldRequest anew;
  anew.set_actor("approver-1");
  anew.set_validate_only(true);
  anew.set_release_held(0);
  const auto preview = world.gate().gate().RedecideHeld(anew, {});
  ASSERT_TRUE(preview.ok()) << preview.status();
  anew.set_validate_only(false);
  anew.set_release_held(preview->held().released_now() + 1);
  EXPECT_THAT(world.Moved(Actor::kPackApprovers,
                          [&] { EXPECT_FALSE(world.gate().gate().RedecideHeld(anew, {}).ok()) << "not the number"; }),
              IsEmpty());
  anew.set_release_held(preview->held().released_now());
  EXPECT_EQ(world.Moved(Actor::kPackApprovers,
                        [&] {
                          const auto done = world.gate().gate().RedecideHeld(anew, {});
                          EXPECT_TRUE(done.ok()) << done.status();
                        }),
            (Names{"review", "delay"}));
}

TEST(WhoMayTest, WhoTellsOfThePatientLiftsOrDeterminesMovesWhatRulesHold) {
  World world;
  const auto lift = [&](const std::string& name) {
    return [&world, name] {
      v1::ReleaseNowRequest request;
      request.set_result_id(world.ids().at(name));
      request.set_reviewer("dr-1");
      std::promise<void> promise;
      world.gate().gate().ReleaseNow(request, [&promise](const auto&) { promise.set_value(); }, {});
      promise.get_future().wait();
    };
  };
  EXPECT_EQ(world.Moved(Actor::kWhoTells, lift("review")), Names{"review"});
  for (const char* name : {"not final", "two finals differ", "another patient's", "published"}) {
    EXPECT_THAT(world.Moved(Actor::kWhoTells, lift(name)), IsEmpty()) << name;
  }
  const auto hold = [&](const std::string& name) {
    return [&world, name] {
      v1::HoldResultRequest request;
      request.set_result_id(world.ids().at(name));
      request.set_reviewer("dr-1");
      request.set_type(v1::BASIS_TYPE_PATIENT_REQUEST);
      request.set_reason("wants to hear it in person");
      *request.mutable_until() = base::ToProto(At("2026-03-20T12:00:00-04:00"));
      std::promise<void> promise;
      world.gate().gate().Hold(request, [&promise](const auto&) { promise.set_value(); }, {});
      promise.get_future().wait();
    };
  };
  EXPECT_EQ(world.Moved(Actor::kWhoTells, hold("released")), Names{"released"}) << "the portal has not shown it yet";
  EXPECT_THAT(world.Moved(Actor::kWhoTells, hold("published")), IsEmpty());
  v1::SetPreferenceRequest wish;
  wish.mutable_patient()->set_system("MRN");
  wish.mutable_patient()->set_value("p1");
  wish.mutable_preference()->set_timing(v1::ReleasePreference::TIMING_IMMEDIATE);
  wish.mutable_preference()->set_recorded_by("nurse-1");
  EXPECT_EQ(world.Moved(Actor::kWhoTells, [&] { world.gate().Ask(&gate::Gate::SetPreference, wish); }), Names{"delay"});
}

}  // namespace
}  // namespace resultgate::scenario

#include "server/gate/replay.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/audit/difference.h"
#include "server/audit/entry_facts.h"
#include "server/audit/entry_words.h"
#include "server/base/proto_time.h"
#include "server/gate/approval.h"
#include "server/gate/ask_anew.h"
#include "server/gate/decision_facts.h"
#include "server/gate/decision_for_next.h"
#include "server/gate/discussion.h"
#include "server/gate/downtime.h"
#include "server/gate/held_by_person.h"
#include "server/gate/in_process.h"
#include "server/gate/kept_reports.h"
#include "server/gate/keys.h"
#include "server/gate/lifting.h"
#include "server/gate/logged_state.h"
#include "server/gate/patient_facts.h"
#include "server/gate/redecide.h"
#include "server/gate/replay_people.h"
#include "server/gate/replay_releases.h"
#include "server/gate/request_release.h"
#include "server/gate/same_order.h"
#include "server/gate/separation.h"
#include "server/gate/submit.h"
#include "server/gate/transition.h"
#include "server/gate/versions.h"
#include "server/policy/decide.h"

namespace resultgate::gate {
namespace {

using base::FromProto;
using policy::Cell;
using Verdict = Replayed::Verdict;

v1::Decision WithoutOutcomes(v1::Decision decision) {
  decision.clear_outcomes();
  return decision;
}

std::string QuarantineOf(const v1::Decision& decision) {
  v1::Result result;
  *result.mutable_decision() = decision;
  return StandingQuarantine(result);
}

// A doubt that follows from the versions alone.
bool IsDoubtOfVersions(const std::string& quarantine) {
  return quarantine.empty() || quarantine == kUnclearOrder || quarantine == kNothingToConfirm || quarantine == kTakenBack;
}

class Replayer {
 public:
  Replayer(const v1::Result* standing, const std::vector<v1::Entry>& entries, const ReplaySources& sources)
      : standing_(standing), kept_(standing, entries), sources_(sources) {
    for (const v1::Entry& entry : entries) {
      if (entry.has_decided() && entry.decided().has_decision()) last_decided_ = entry.sequence();
    }
  }

  // Takes in the next entry; nullopt where it is not wanted.
  std::optional<Replayed> Take(const v1::Entry& entry, bool wanted) {
    LoggedState after = state_;
    after.Take(entry);
    people_.Take(entry);
    std::optional<v1::DiagnosticReport> report = report_;
    Replayed replayed;
    replayed.sequence = entry.sequence();
    replayed.result_id = entry.result_id();
    replayed.kind = audit::KindWord(entry);
    out_ = &replayed;
    after_ = &after;
    if (!Decides(entry)) {
      replayed.verdict = Verdict::kDecidesNothing;
      // A repetition, or a version that came late: noted, and compared with nothing.
      if (entry.has_decided()) absl::StrAppend(&replayed.kind, " (", audit::DisposalText(entry.decided().disposal(), 0), ")");
    } else {
      // A decision of before the range is looked into too: its report is what those within start from.
      if (standing_ != nullptr && standing_->has_erased()) {
        NotKept("erased");
      } else if (entry.has_decided()) {
        report = Decided(entry, wanted);
      } else if (wanted) {
        MovedOn(entry);
      }
      if (!out_->details.empty() && out_->verdict == Verdict::kSame) out_->verdict = Verdict::kDifferent;
    }
    state_ = std::move(after);
    report_ = std::move(report);
    return wanted ? std::optional(std::move(replayed)) : std::nullopt;
  }

 private:
  static bool Decides(const v1::Entry& entry) {
    if (entry.has_decided()) return entry.decided().has_decision();
    // A note that a result cannot be read has no version.
    if (entry.version() == 0) return false;
    if (entry.has_reviewed()) return entry.reviewed().action() != v1::REVIEW_ACTION_HOLD_UPHELD;
    // That nothing went is decided, too.
    return entry.has_release_requested() || !audit::FactsOf(entry).outcomes.empty();
  }

  void NotKept(const std::string& what) {
    out_->verdict = Verdict::kNotKept;
    out_->details = {what};
  }

  // Gives `result` what was known beside its report, if that is still kept; otherwise says that it is not.
  bool FillKnownThen(const v1::Entry& entry, v1::Result* result) {
    if (entry.known_digest().empty()) return true;
    if (standing_ != nullptr && people_.FillKnown(*standing_, entry.known_digest(), result)) return true;
    NotKept("what was known of the patient then is no longer kept as it was");
    return false;
  }

  const policy::Pack* PackOf(const std::string& digest) {
    const KeptPack& kept = sources_.pack(digest);
    if (!kept.wrong.empty()) {
      out_->details.push_back(absl::StrCat("pack ", digest, ": ", kept.wrong));
    } else if (kept.pack == nullptr) {
      NotKept(absl::StrCat("pack ", digest, " is not kept"));
    }
    return kept.pack.get();
  }

  // The pack that decides what comes new is the active one.
  void CompareWithActive(const v1::Entry& entry, const std::string& digest) {
    const std::string active = sources_.active_pack(entry.sequence());
    if (active != digest) {
      out_->details.push_back(
          absl::StrCat("pack_digest: logged ", digest, ", and active then was ", active.empty() ? "none" : active));
    }
  }

  // What the gate knew beside the report when it decided it. `before` may be null, `previous` is filled.
  policy::Context ContextFor(const v1::Entry& entry, const v1::Result* before, const v1::DiagnosticReport& report,
                             v1::Decision* previous) const {
    const v1::Entry::Decided& decided = entry.decided();
    policy::Context context;
    context.received_at = FromProto(entry.time());
    context.quarantine = QuarantineOf(decided.decision());
    for (const v1::Entry::OrderHold& hold : decided.order_holds()) context.order_holds.push_back(gate::FromProto(hold));
    const bool same_patient = report_ ? SamePatient(report_->patient(), report.patient()) : !decided.starts_over();
    if (before == nullptr || !(decided.merged() || same_patient)) return context;
    context.clock_start = ClockOf(before->decision());
    // One that is not kept among the versions was another patient's, and starts nobody else's clock.
    const v1::DiagnosticReport* submitted = kept_.Find(KeptDigest(decided));
    if (submitted != nullptr) context.clock_start = ClockWith(*submitted, before->decision(), context.received_at);
    *previous = DecisionForNext(decided.resumes() ? state_.settled() : before->decision(), BegunUnits(before->report(), report),
                                {decided.set_back_unit_ids().begin(), decided.set_back_unit_ids().end()}, context.clock_start);
    context.previous = previous;
    return context;
  }

  // The report that was decided, if it is still kept.
  std::optional<v1::DiagnosticReport> Decided(const v1::Entry& entry, bool wanted) {
    const v1::Entry::Decided& decided = entry.decided();
    v1::Result standing_before = state_.result();
    if (report_) *standing_before.mutable_report() = *report_;
    const v1::Result* before = state_.decided() ? &standing_before : nullptr;
    std::vector<KeptReports::Candidate> candidates = kept_.CandidatesFor(entry, state_);
    if (report_) candidates.push_back({*report_, std::nullopt});
    for (const KeptReports::Candidate& candidate : candidates) {
      v1::Decision previous;
      const policy::Context context = ContextFor(entry, before, candidate.report, &previous);
      v1::Result facts;
      if (standing_ != nullptr) facts.set_salt(standing_->salt());
      *facts.mutable_report() = candidate.report;
      NoteDoubtOfIssue(context, facts.mutable_report());
      if (!IsFactsDigest(decided.facts_digest(), facts)) continue;
      if (!wanted) return facts.report();
      if (before != nullptr && !report_) {
        NotKept("the version before it, which it was compared with, is no longer kept");
      } else if (before != nullptr && kept_.Find(KeptDigest(decided)) == nullptr &&
                 (ReportDigest(*report_) != ReportDigest(facts.report()) || ClockOf(decided.decision()) != context.clock_start)) {
        NotKept("the version that came then is no longer kept by itself");
      }
      if (out_->verdict == Verdict::kNotKept) return facts.report();
      DecideAgain(entry, before, &facts, context);
      if (out_->verdict != Verdict::kNotKept) CompareDoubt(context.quarantine, candidate.doubt);
      return facts.report();
    }
    if (decided.facts_digest().empty()) {
      NotKept("it was logged without the digest of its facts, so nobody can tell whether they are kept");
    } else if (!kept_.any()) {
      NotKept("the report that it decided is not kept");
    } else if (entry.sequence() != last_decided_) {
      NotKept("the report that it decided is no longer kept as it was");
    } else {
      out_->details.emplace_back(
          "report: what is kept of the result is not what was decided: it has another digest than facts_digest");
    }
    return std::nullopt;
  }

  // `facts` has the report.
  void DecideAgain(const v1::Entry& entry, const v1::Result* before, v1::Result* facts, const policy::Context& context) {
    const v1::Decision& logged = entry.decided().decision();
    const policy::Pack* pack = PackOf(logged.pack_digest());
    if (pack == nullptr || !FillKnownThen(entry, facts)) return;
    CompareWithActive(entry, logged.pack_digest());
    CompareSetBack(entry.decided(), before, context.received_at);
    const absl::Time now = FromProto(entry.time());
    const v1::Decision decision = DecideStanding(*pack, *facts, context, now);
    CompareDecision(logged, decision);
    CompareTransition(entry, facts->report(), TakeVersion(before, facts->report(), decision, now, entry.decided().merged()));
  }

  // An entry from before units had clocks of their own names none.
  void CompareSetBack(const v1::Entry::Decided& decided, const v1::Result* before, absl::Time received) {
    const v1::DiagnosticReport* submitted = kept_.Find(KeptDigest(decided));
    if (decided.set_back_unit_ids().empty() || submitted == nullptr || before == nullptr) return;
    const std::string logged = absl::StrJoin(decided.set_back_unit_ids(), ", ");
    const std::string now = absl::StrJoin(SetBackUnits(*submitted, before->decision(), received), ", ");
    if (now != logged) out_->details.push_back(absl::StrCat("set_back_unit_ids: logged ", logged, ", now ", now));
  }

  void CompareDoubt(const std::string& logged, const std::optional<std::string>& doubt) {
    const std::string before = state_.decided() ? QuarantineOf(state_.result().decision()) : "";
    const auto& outcomes = after_->result().decision().outcomes();
    const bool says = std::any_of(outcomes.begin(), outcomes.end(),
                                  [](const v1::Outcome& outcome) { return outcome.disposition() != v1::DISPOSITION_NEVER; });
    if (!doubt || !says || !IsDoubtOfVersions(logged) || !IsDoubtOfVersions(before)) return;
    const std::string& now = before == kTakenBack ? before : *doubt;
    if (now != logged) out_->details.push_back(absl::StrCat("quarantine: logged `", logged, "`, now `", now, "`"));
  }

  // A standing result moved on: by the clock, by a person, by another pack.
  void MovedOn(const v1::Entry& entry) {
    if (!report_) return NotKept("the report that stood then is no longer kept as it was");
    v1::Result before = state_.result();
    *before.mutable_report() = *report_;
    if (!FillKnownThen(entry, &before)) return;
    const absl::Time now = FromProto(entry.time());
    switch (entry.event_case()) {
      case v1::Entry::kAdvanced:
        return Advanced(entry, before, now);
      case v1::Entry::kApproved:
        return Approved(entry, before, now);
      case v1::Entry::kRedecided:
        return Redecided(entry, before, now);
      case v1::Entry::kReconsidered:
        return Reconsidered(entry, before, now);
      case v1::Entry::kReleaseRequested:
        return Lifted(entry, before, v1::LIFTER_PATIENT, entry.release_requested().audience(), now);
      case v1::Entry::kReviewed:
        return Reviewed(entry, before, now);
      default:
        return NotKept(absl::StrCat("what led to a `", audit::KindWord(entry), "` entry is not kept"));
    }
  }

  void Advanced(const v1::Entry& entry, const v1::Result& before, absl::Time now) {
    const policy::Pack* pack = PackOf(before.decision().pack_digest());
    if (pack == nullptr) return;
    if (!entry.advanced().of_order()) {
      const calendar::Calendar& calendar = pack->CalendarFor(before.report().order());
      return CompareTransition(
          entry, before.report(),
          IsAfterDowntime(entry, before) ? AdvanceAfterDowntime(before, calendar, now) : Advance(before, calendar, now));
    }
    std::vector<policy::OrderHold> holds;
    for (const v1::Entry::OrderHold& hold : entry.advanced().order_holds()) holds.push_back(gate::FromProto(hold));
    CompareMoved(entry, before.report(), MoveAlong(*pack, before, state_.previous(), holds, now));
  }

  void Approved(const v1::Entry& entry, const v1::Result& before, absl::Time now) {
    const v1::Entry::Approved& approved = entry.approved();
    if (approved.has_decided()) {
      const policy::Pack* pack = PackOf(approved.decided().pack_digest());
      if (pack == nullptr) return;
      CompareWithActive(entry, approved.decided().pack_digest());
      policy::Context context = ContextOfStanding(before, approved.resumes() ? &state_.settled() : nullptr);
      context.quarantine.clear();
      context.settled_at = now;
      const v1::Decision decision = DecideStanding(*pack, before, context, now);
      CompareDecision(approved.decided(), decision);
      return CompareTransition(entry, before.report(), TakeVersion(&before, before.report(), decision, now));
    }
    if (!StandingQuarantine(before).empty()) {
      // The first of two people.
      Transition transition;
      transition.cells = policy::ToCells(before.decision().outcomes());
      for (Cell& cell : transition.cells) {
        if (cell.outcome.disposition() == v1::DISPOSITION_QUARANTINE) {
          cell.outcome.mutable_review()->set_approved_by(entry.actor());
        }
      }
      return CompareTransition(entry, before.report(), std::move(transition));
    }
    // Which units were approved stands in what became of them.
    std::set<std::string> named;
    for (const v1::Outcome& outcome : approved.outcomes()) {
      if (IsOfApproval(outcome, entry.actor(), now)) named.insert(outcome.unit_ids().begin(), outcome.unit_ids().end());
    }
    if (named.empty() && !approved.has_discussed_at()) {
      out_->details.emplace_back("no unit of it was approved by its actor at its time");
      return;
    }
    const std::vector<std::string> units(named.begin(), named.end());
    // An entry from before discussions decided anything says nothing of what was known.
    const bool decides = approved.has_discussed_at() && !entry.known_digest().empty();
    const bool asks_pack = decides || (!units.empty() && AsksThePack(before, units, now));
    const policy::Pack* pack = asks_pack ? PackOf(before.decision().pack_digest()) : nullptr;
    if (asks_pack && pack == nullptr) return;
    std::vector<Cell> cells = policy::ToCells(before.decision().outcomes());
    std::vector<std::string> reasons;
    if (!units.empty()) cells = ApproveCells(pack, before, units, entry.actor(), now, &reasons);
    if (!decides) return CompareMoved(entry, before.report(), TakeRedecided(before, std::move(cells), now));
    CompareMoved(entry, before.report(), TakeDiscussion(*pack, before, state_.previous(), std::move(cells), now));
  }

  void Redecided(const v1::Entry& entry, const v1::Result& before, absl::Time now) {
    const v1::Entry::Redecided& redecided = entry.redecided();
    const policy::Pack* pack = PackOf(redecided.pack_digest());
    if (pack == nullptr) return;
    const std::optional<v1::Entry> redecision = sources_.entry(redecided.redecision_sequence());
    if (!redecision || !redecision->has_redecision()) {
      out_->details.push_back(absl::StrCat("entry ", redecided.redecision_sequence(), ", which it belongs to, is no redecision"));
      return;
    }
    const Redeciding how{redecision->redecision().has_release_held(), redecision->redecision().tighten()};
    const Anew anew = DecideAnew(before, AskAnew(*pack, before, state_.previous(), now), how, now);
    if (anew.changed && anew.whole != redecided.whole()) {
      out_->details.push_back(
          absl::StrCat("whole: logged ", redecided.whole() ? "true" : "false", ", now ", anew.whole ? "true" : "false"));
    }
    CompareMoved(entry, before.report(), anew.transition);
  }

  void Reconsidered(const v1::Entry& entry, const v1::Result& before, absl::Time now) {
    const policy::Pack* pack = PackOf(before.decision().pack_digest());
    if (pack == nullptr) return;
    const v1::Entry::Reconsidered& reconsidered = entry.reconsidered();
    const std::string doubt = QuarantineOf(after_->result().decision());
    if (doubt != StandingQuarantine(before)) {
      return CompareMoved(entry, before.report(), TakeIntoDoubt(*pack, before, doubt, now));
    }
    Reconsidering how;
    how.held = {reconsidered.relax(), reconsidered.tighten()};
    how.related_only = reconsidered.related_only();
    how.withdraw_related = reconsidered.withdraw_related();
    how.withdraw_undelivered = reconsidered.withdraw_undelivered();
    CompareMoved(entry, before.report(), Reconsider(before, AskAnew(*pack, before, state_.previous(), now), how, now).transition);
  }

  void Reviewed(const v1::Entry& entry, v1::Result before, absl::Time now) {
    const v1::ReviewAction action = entry.reviewed().action();
    if (action == v1::REVIEW_ACTION_RELEASED_NOW) return Lifted(entry, before, v1::LIFTER_PROVIDER, v1::AUDIENCE_PATIENT, now);
    const policy::Pack* pack = PackOf(before.decision().pack_digest());
    if (pack == nullptr) return;
    if (action == v1::REVIEW_ACTION_HELD || action == v1::REVIEW_ACTION_HOLD_ENDED) return Determined(entry, *pack, before, now);
    TurnAgain again = DoTurnAgain(entry, before, pack->CalendarFor(before.report().order()), now);
    if (!again.not_kept.empty()) return NotKept(again.not_kept);
    if (!again.wrong.empty()) return out_->details.push_back(std::move(again.wrong));
    CompareTransition(entry, before.report(), std::move(again.transition));
  }

  // Somebody had determined that something is held, or ended that.
  void Determined(const v1::Entry& entry, const policy::Pack& pack, v1::Result before, absl::Time now) {
    if (entry.known_digest().empty()) return NotKept("it was logged without the digest of what was known of the patient");
    *before.mutable_determination_reviews() = people_.reviews();
    const v1::Determination& determination = entry.reviewed().determination();
    const bool held = entry.reviewed().action() == v1::REVIEW_ACTION_HELD;
    const Anew anew = held ? HoldByPerson(pack, before, state_.previous(), determination, now)
                           : EndHoldByPerson(pack, before, state_.previous(), determination, now);
    CompareMoved(entry, before.report(), anew.transition);
  }

  // Somebody had ended what they may end.
  void Lifted(const v1::Entry& entry, const v1::Result& before, v1::Lifter lifter, v1::Audience asking, absl::Time now) {
    if (lifter == v1::LIFTER_PATIENT && !MayBeToldOf(before, asking, now)) return CompareMoved(entry, before.report(), {});
    const policy::Pack* pack = PackOf(before.decision().pack_digest());
    if (pack != nullptr) {
      CompareMoved(entry, before.report(), Lift(*pack, before, state_.previous(), lifter, now, asking).transition);
    }
  }

  void CompareDecision(const v1::Decision& logged, const v1::Decision& now) {
    for (std::string& line : audit::Differences(WithoutOutcomes(logged), WithoutOutcomes(now))) {
      out_->details.push_back(std::move(line));
    }
  }

  // A transition that is empty where nothing happens.
  void CompareMoved(const v1::Entry& entry, const v1::DiagnosticReport& report, Transition transition) {
    if (transition.cells.empty()) transition.cells = policy::ToCells(state_.result().decision().outcomes());
    CompareTransition(entry, report, std::move(transition));
  }

  // The notice is by the pack that decided, as long as that one is active (result_commit.h).
  void PlanNoticeOf(const v1::Entry& entry, const v1::DiagnosticReport& report, Transition* transition) {
    const v1::Result& after = after_->result();
    const std::string& digest = after.decision().pack_digest();
    const bool is_active = sources_.active_pack(entry.sequence()) == digest;
    Notices standing;
    for (const int64_t sequence : NoticesToFind(*transition)) {
      const auto found = state_.notices().find(sequence);
      if (found != state_.notices().end()) standing.insert(*found);
    }
    PlanNotice(is_active ? sources_.pack(digest).pack.get() : nullptr, report, after, standing, FromProto(entry.time()),
               transition);
  }

  void CompareTransition(const v1::Entry& entry, const v1::DiagnosticReport& report, Transition transition) {
    PlanNoticeOf(entry, report, &transition);
    std::vector<Cell> cells;
    for (std::string& line : ReleaseDifferences(entry, transition, &cells)) out_->details.push_back(std::move(line));
    for (std::string& line :
         DifferencesOf(ToLoggedCells(after_->result().decision().outcomes()), ToLoggedCells(policy::ToOutcomes(cells)))) {
      out_->details.push_back(std::move(line));
    }
  }

  const v1::Result* const standing_;
  const KeptReports kept_;
  const ReplaySources& sources_;
  int64_t last_decided_ = 0;  // the entry of the standing version

  LoggedState state_;                           // before the entry
  std::optional<v1::DiagnosticReport> report_;  // that stood before the entry, if it is kept
  LoggedPeople people_;                         // with the entry's own
  // Of the entry that is decided again.
  Replayed* out_ = nullptr;
  const LoggedState* after_ = nullptr;
};

}  // namespace

std::vector<Replayed> ReplayResult(const v1::Result* standing, const std::vector<v1::Entry>& entries, int64_t first, int64_t last,
                                   const ReplaySources& sources) {
  std::vector<Replayed> all;
  Replayer replayer(standing, entries, sources);
  for (const v1::Entry& entry : entries) {
    if (entry.sequence() > last) break;
    std::optional<Replayed> replayed = replayer.Take(entry, entry.sequence() >= first);
    if (replayed) all.push_back(*std::move(replayed));
  }
  return all;
}

}  // namespace resultgate::gate

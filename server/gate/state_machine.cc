#include "server/gate/state_machine.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace resultgate::gate {
namespace {

using Phases = std::vector<Phase>;
using Showns = std::vector<Shown>;

const Phases& Held() {
  static const auto* held =
      new Phases{Phase::kReview, Phase::kDelay, Phase::kWithheld, Phase::kNotFinal, Phase::kQuarantined, Phase::kReady};
  return *held;
}
// Held, and decided by a pack of rules.
const Phases& HeldByRules() {
  static const auto* held = new Phases{Phase::kReview, Phase::kDelay, Phase::kWithheld, Phase::kNotFinal, Phase::kReady};
  return *held;
}
const Phases& Out() {
  static const auto* out = new Phases{Phase::kReleased, Phase::kPublished};
  return *out;
}
// What time does not release.
const Phases& ForPeople() {
  static const auto* phases = new Phases{Phase::kWithheld, Phase::kNotFinal, Phase::kQuarantined};
  return *phases;
}
const Showns& Unseen() {
  static const auto* unseen = new Showns{Shown::kNothing};
  return *unseen;
}
const Showns& Notice() {
  static const auto* notice = new Showns{Shown::kNotice};
  return *notice;
}
const Showns& Content() {
  static const auto* content = new Showns{Shown::kContent};
  return *content;
}
const Showns& NoContent() {
  static const auto* showns = new Showns{Shown::kNothing, Shown::kNotice};
  return *showns;
}

std::vector<Rule> Rules() {
  const auto same = std::nullopt;
  const Phases review = {Phase::kReview};
  const Phases ready = {Phase::kReady};
  const Phases apart = {Phase::kNone, Phase::kClosed};
  return {
      // A version.
      {apart, Unseen(), Event::kMayGo, Actor::kSender, Phase::kReady, same},
      {apart, Unseen(), Event::kMustWait, Actor::kSender, same, same},
      {apart, Unseen(), Event::kTakenBack, Actor::kSender, Phase::kClosed, same},
      {{Phase::kClosed}, Unseen(), Event::kGone, Actor::kSender, Phase::kNone, same},
      {Held(), NoContent(), Event::kMayGo, Actor::kSender, Phase::kReady, same},
      {Held(), NoContent(), Event::kMustWait, Actor::kSender, same, same},
      {Held(), Unseen(), Event::kTakenBack, Actor::kSender, Phase::kClosed, same},
      {Held(), Notice(), Event::kTakenBack, Actor::kSender, Phase::kClosed, Shown::kNothing, Effect::kRetract},
      {Held(), Unseen(), Event::kGone, Actor::kSender, Phase::kNone, same},
      {Held(), Notice(), Event::kGone, Actor::kSender, Phase::kNone, Shown::kNothing, Effect::kRetract},
      {{Phase::kDelay, Phase::kReady}, NoContent(), Event::kStillApproved, Actor::kSender, same, same},
      {Out(), Content(), Event::kUnchanged, Actor::kSender, same, same},
      {Out(), Content(), Event::kMayGo, Actor::kSender, Phase::kReady, same},
      {Out(), Content(), Event::kNothingNew, Actor::kSender, Phase::kReady, same},
      {Out(), Content(), Event::kMustWait, Actor::kSender, same, Shown::kNotice, Effect::kNotice},
      {Out(), Content(), Event::kTakenBack, Actor::kSender, Phase::kClosed, Shown::kNothing, Effect::kRetract},
      {Out(), Content(), Event::kGone, Actor::kSender, Phase::kNone, Shown::kNothing, Effect::kRetract},
      // By itself.
      {ready, Unseen(), Event::kGoes, Actor::kGate, Phase::kReleased, Shown::kContent, Effect::kShow},
      {ready,
       {Shown::kNotice, Shown::kContent},
       Event::kGoes,
       Actor::kGate,
       Phase::kReleased,
       Shown::kContent,
       Effect::kShowCorrected},
      {ready, Content(), Event::kWaitsForItsReport, Actor::kGate, Phase::kReady, Shown::kNotice, Effect::kNotice},
      {Out(), Content(), Event::kWaitsForItsReport, Actor::kGate, same, Shown::kNotice, Effect::kNotice},
      // The clock.
      {{Phase::kDelay}, NoContent(), Event::kFloorPasses, Actor::kClock, Phase::kReady, same},
      {review, NoContent(), Event::kTurnPasses, Actor::kClock, same, same},
      {review, NoContent(), Event::kEscalates, Actor::kClock, same, same},
      {review, NoContent(), Event::kKeepsStaffedHours, Actor::kClock, same, same},
      {review, NoContent(), Event::kExpires, Actor::kClock, Phase::kReady, same},
      {review, NoContent(), Event::kExpiresBeforeFloor, Actor::kClock, Phase::kDelay, same},
      {ForPeople(), NoContent(), Event::kTurnPasses, Actor::kClock, same, same},
      {ForPeople(), NoContent(), Event::kEscalates, Actor::kClock, same, same},
      {ForPeople(), NoContent(), Event::kOverruns, Actor::kClock, same, same},
      // People.
      {{Phase::kReview, Phase::kWithheld}, NoContent(), Event::kApproved, Actor::kOwner, Phase::kReady, same},
      {{Phase::kReview, Phase::kWithheld}, NoContent(), Event::kApprovedBeforeFloor, Actor::kOwner, Phase::kDelay, same},
      {{Phase::kWithheld}, Unseen(), Event::kApprovedAfterDeath, Actor::kOwner, Phase::kClosed, same},
      {{Phase::kWithheld},
       Notice(),
       Event::kApprovedAfterDeath,
       Actor::kOwner,
       Phase::kClosed,
       Shown::kNothing,
       Effect::kRetract},
      {{Phase::kQuarantined}, NoContent(), Event::kDoubtEndsMayGo, Actor::kOwnerOrTwo, Phase::kReady, same},
      {{Phase::kQuarantined}, NoContent(), Event::kDoubtEndsMustWait, Actor::kOwnerOrTwo, same, same},
      {{Phase::kReleased}, Content(), Event::kAcknowledged, Actor::kPortal, Phase::kPublished, same},
      {HeldByRules(), NoContent(), Event::kAnewMayGo, Actor::kPackApprovers, Phase::kReady, same},
      {HeldByRules(), NoContent(), Event::kAnewMustWait, Actor::kPackApprovers, same, same},
      {HeldByRules(), NoContent(), Event::kToldMayGo, Actor::kWhoTells, Phase::kReady, same},
      {HeldByRules(), NoContent(), Event::kToldMustWait, Actor::kWhoTells, same, same},
      {{Phase::kClosed}, Unseen(), Event::kDeathUndoneMayGo, Actor::kWhoTells, Phase::kReady, same},
      {{Phase::kClosed}, Unseen(), Event::kDeathUndoneMustWait, Actor::kWhoTells, same, same},
      {Out(), Content(), Event::kToldNoMore, Actor::kWhoTells, same, Shown::kNothing, Effect::kRetract},
  };
}

template <typename T>
bool Contains(const std::vector<T>& list, T value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

bool IsDecided(Event event) {
  return event == Event::kMustWait || event == Event::kDoubtEndsMustWait || event == Event::kAnewMustWait ||
         event == Event::kToldMustWait || event == Event::kDeathUndoneMustWait || event == Event::kToldNoMore ||
         event == Event::kWaitsForItsReport;
}

std::string Name(Actor actor) {
  switch (actor) {
    case Actor::kSender:
      return "the sender";
    case Actor::kGate:
      return "the gate, at once";
    case Actor::kClock:
      return "the clock";
    case Actor::kOwner:
      return "a reviewer";
    case Actor::kOwnerOrTwo:
      return "a reviewer; two where identity is in doubt";
    case Actor::kPortal:
      return "the portal";
    case Actor::kPackApprovers:
      return "who approves packs, confirming the number";
    case Actor::kWhoTells:
      return "who tells of the patient, lifts or determines, or a birthday";
  }
  return "";
}

std::string Name(Effect effect) {
  switch (effect) {
    case Effect::kNone:
      return "";
    case Effect::kShow:
      return "show it";
    case Effect::kShowCorrected:
      return "show it as corrected";
    case Effect::kNotice:
      return "neutral words in its place";
    case Effect::kRetract:
      return "take it away";
  }
  return "";
}

std::string Name(const Showns& showns) {
  if (showns == Unseen()) return "nothing";
  if (showns == Notice()) return "neutral words";
  if (showns == Content()) return "the result";
  if (showns == NoContent()) return "nothing, or neutral words";
  return "neutral words, or the result";
}

std::string Name(const Phases& phases) {
  if (phases == Held()) return "any that waits";
  if (phases == HeldByRules()) return "any that waits, but in doubt";
  return absl::StrJoin(phases, ", ", [](std::string* out, Phase phase) { absl::StrAppend(out, Name(phase)); });
}

std::string To(const Rule& rule) {
  if (rule.to) return Name(*rule.to);
  return IsDecided(rule.event) ? "as is decided" : "the same";
}

}  // namespace

absl::Span<const Rule> StateMachine() {
  static const auto* rules = new std::vector<Rule>(Rules());
  return *rules;
}

std::optional<Move> Next(const State& from, Event event, Phase decided) {
  for (const Rule& rule : StateMachine()) {
    if (rule.event != event || !Contains(rule.from, from.phase) || !Contains(rule.shown, from.shown)) continue;
    const Phase to = rule.to ? *rule.to : IsDecided(event) ? decided : from.phase;
    return Move{{to, rule.shown_after.value_or(from.shown)}, rule.effect, rule.who};
  }
  return std::nullopt;
}

std::vector<State> AllStates() {
  std::vector<State> states = {{Phase::kNone, Shown::kNothing}};
  for (const Phase phase : Held()) {
    for (const Shown shown : NoContent()) states.push_back({phase, shown});
  }
  for (const Phase phase : Out()) states.push_back({phase, Shown::kContent});
  states.push_back({Phase::kClosed, Shown::kNothing});
  return states;
}

State StateOf(const v1::Outcome& outcome) {
  switch (outcome.state()) {
    case v1::OUTCOME_STATE_RELEASED:
      return {Phase::kReleased, Shown::kContent};
    case v1::OUTCOME_STATE_PUBLISHED:
      return {Phase::kPublished, Shown::kContent};
    case v1::OUTCOME_STATE_CLOSED:
      return {Phase::kClosed, Shown::kNothing};
    default:
      break;
  }
  const Shown shown = outcome.release_sequence() > 0 ? Shown::kNotice : Shown::kNothing;
  switch (outcome.disposition()) {
    case v1::DISPOSITION_REVIEW:
      return {Phase::kReview, shown};
    case v1::DISPOSITION_DELAY:
      return {Phase::kDelay, shown};
    case v1::DISPOSITION_WITHHOLD:
      return {Phase::kWithheld, shown};
    case v1::DISPOSITION_NOT_FINAL:
      return {Phase::kNotFinal, shown};
    case v1::DISPOSITION_QUARANTINE:
      return {Phase::kQuarantined, shown};
    case v1::DISPOSITION_NEVER:
      return {Phase::kClosed, Shown::kNothing};
    default:
      return {Phase::kReady, shown};
  }
}

absl::Span<const Event> AllEvents() {
  static constexpr Event kEvents[] = {Event::kMayGo,
                                      Event::kMustWait,
                                      Event::kTakenBack,
                                      Event::kUnchanged,
                                      Event::kNothingNew,
                                      Event::kStillApproved,
                                      Event::kGone,
                                      Event::kGoes,
                                      Event::kWaitsForItsReport,
                                      Event::kFloorPasses,
                                      Event::kTurnPasses,
                                      Event::kEscalates,
                                      Event::kExpires,
                                      Event::kExpiresBeforeFloor,
                                      Event::kKeepsStaffedHours,
                                      Event::kOverruns,
                                      Event::kApproved,
                                      Event::kApprovedBeforeFloor,
                                      Event::kApprovedAfterDeath,
                                      Event::kDoubtEndsMayGo,
                                      Event::kDoubtEndsMustWait,
                                      Event::kAcknowledged,
                                      Event::kAnewMayGo,
                                      Event::kAnewMustWait,
                                      Event::kToldMayGo,
                                      Event::kToldMustWait,
                                      Event::kDeathUndoneMayGo,
                                      Event::kDeathUndoneMustWait,
                                      Event::kToldNoMore};
  return kEvents;
}

std::string Name(Phase phase) {
  switch (phase) {
    case Phase::kNone:
      return "not there";
    case Phase::kReview:
      return "review";
    case Phase::kDelay:
      return "delay";
    case Phase::kWithheld:
      return "withheld";
    case Phase::kNotFinal:
      return "not final";
    case Phase::kQuarantined:
      return "in doubt";
    case Phase::kReady:
      return "ready";
    case Phase::kReleased:
      return "released";
    case Phase::kPublished:
      return "published";
    case Phase::kClosed:
      return "closed";
  }
  return "";
}

std::string Name(Event event) {
  switch (event) {
    case Event::kMayGo:
      return "a version: it may go";
    case Event::kMustWait:
      return "a version: it must wait";
    case Event::kTakenBack:
      return "a version takes it back";
    case Event::kUnchanged:
      return "a version says the same";
    case Event::kNothingNew:
      return "a version says something else, and no rule asks for what did not hold it before";
    case Event::kStillApproved:
      return "a version says the same of what was approved";
    case Event::kGone:
      return "a version without it, or of another patient";
    case Event::kGoes:
      return "nothing of its report is held, or it is no document";
    case Event::kWaitsForItsReport:
      return "an observation of its report is held";
    case Event::kFloorPasses:
      return "its time comes";
    case Event::kTurnPasses:
      return "a turn ends: the next owner's begins";
    case Event::kEscalates:
      return "the review ends: it escalates";
    case Event::kExpires:
      return "the review ends: not yet reviewed";
    case Event::kExpiresBeforeFloor:
      return "the review ends before its time comes";
    case Event::kKeepsStaffedHours:
      return "the review ended while the gate was down, or would soon after: four staffed hours, once";
    case Event::kOverruns:
      return "the review ends, and time may not release it: it comes back each business day";
    case Event::kApproved:
      return "approved";
    case Event::kApprovedBeforeFloor:
      return "approved before its time comes";
    case Event::kApprovedAfterDeath:
      return "approved, for a delegate of who has died";
    case Event::kDoubtEndsMayGo:
      return "the doubt is settled: the rules let it go";
    case Event::kDoubtEndsMustWait:
      return "the doubt is settled: the rules hold it";
    case Event::kAcknowledged:
      return "acknowledged";
    case Event::kAnewMayGo:
      return "decided anew: it may go";
    case Event::kAnewMustWait:
      return "decided anew: it must wait";
    case Event::kToldMayGo:
      return "known of the patient, lifted, or discussed with the patient: it may go";
    case Event::kToldMustWait:
      return "known of the patient, lifted or determined: it must wait";
    case Event::kDeathUndoneMayGo:
      return "it was somebody else who died: it may go";
    case Event::kDeathUndoneMustWait:
      return "it was somebody else who died: it must wait";
    case Event::kToldNoMore:
      return "known of the patient, or determined: shown no more (to the patient only until the portal has acknowledged it)";
  }
  return "";
}

std::string StateMachineAsMarkdown() {
  std::string table = "| State | Shown | What happens | Who | Then | The portal is told |\n|---|---|---|---|---|---|\n";
  for (const Rule& rule : StateMachine()) {
    absl::StrAppend(&table, "| ", Name(rule.from), " | ", Name(rule.shown), " | ", Name(rule.event), " | ", Name(rule.who), " | ",
                    To(rule), " | ", Name(rule.effect), " |\n");
  }
  return table;
}

}  // namespace resultgate::gate

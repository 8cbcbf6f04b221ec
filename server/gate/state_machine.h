// The life of one unit for one audience, as a table: in which state what may happen, who may do it, what it becomes, and what the
// portal is told. transition.h makes these moves; tests hold every one of its functions against the table, over all states and
// events, and the calls of each actor against who may do what. server/README.md shows it.
//
// Pure, thread-safe.
#ifndef RESULTGATE_GATE_STATE_MACHINE_H_
#define RESULTGATE_GATE_STATE_MACHINE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "resultgate/v1/decision.pb.h"

namespace resultgate::gate {

// Where a unit stands.
enum class Phase {
  kNone,         // no version has it
  kReview,       // waits for its owner
  kDelay,        // waits for its time
  kWithheld,     // nothing to this audience until a time; then its owner decides
  kNotFinal,     // waits for the sender, watched by an owner
  kQuarantined,  // in doubt: waits for people
  kReady,        // may go; a document waits here while an observation of its report is held
  kReleased,     // committed to the release stream
  kPublished,    // acknowledged by the portal
  kClosed,       // taken back: never goes
};

// What the portal was last told to show of it.
enum class Shown {
  kNothing,
  kNotice,   // neutral words: it is being corrected, or in process (in_process.h: what then goes is not shown as corrected)
  kContent,  // the result, or that the test was not performed
};

struct State {
  Phase phase = Phase::kNone;
  Shown shown = Shown::kNothing;

  bool operator==(const State& other) const { return phase == other.phase && shown == other.shown; }
};

enum class Event {
  // A version comes, decided by the rules.
  kMayGo,          // it may go now
  kMustWait,       // it must wait, in the phase that is decided
  kTakenBack,      // it is entered in error
  kUnchanged,      // it says the same of the unit
  kNothingNew,     // it says something else, and asks for nothing that did not hold the unit before it went
  kStillApproved,  // it says the same of a unit that was approved and waits
  kGone,           // it does not have the unit, or is another patient's
  // The gate goes on by itself, at once.
  kGoes,               // nothing of its report is held for this audience, or it is an observation
  kWaitsForItsReport,  // a document that is out, while an observation of its report is held
  // The clock.
  kFloorPasses,
  kTurnPasses,
  kEscalates,
  kExpires,
  kExpiresBeforeFloor,
  kKeepsStaffedHours,  // the gate was down when the review expired
  kOverruns,           // its time is over, and time may not release it
  // People.
  kApproved,
  kApprovedBeforeFloor,
  kApprovedAfterDeath,  // of what somebody left who has died, for a delegate: that right ended with the patient's life
  kDoubtEndsMayGo,      // people have said whose it is, or which version stands; the rules decide
  kDoubtEndsMustWait,
  // The portal.
  kAcknowledged,
  // Held units are decided anew by another pack.
  kAnewMayGo,
  kAnewMustWait,
  // The gate learns something of the patient, or an age is reached.
  kToldMayGo,
  kToldMustWait,
  kDeathUndoneMayGo,  // what a death had closed for a delegate opens again: it was somebody else's
  kDeathUndoneMustWait,
  kToldNoMore,  // it is shown, and may be no more: to others than the patient; to the patient if the portal did not show it yet
};

enum class Actor {
  kSender,
  kGate,
  kClock,
  kOwner,       // whoever's turn it is, or another reviewer
  kOwnerOrTwo,  // two people where identity is in doubt, else one
  kPortal,
  kPackApprovers,  // two people, with the number of units to release confirmed
  kWhoTells,       // who may tell of the patient, lift a restriction or determine one; the clock, for a birthday
};

// What the portal is told.
enum class Effect { kNone, kShow, kShowCorrected, kNotice, kRetract };

// One row: for each of these states.
struct Rule {
  std::vector<Phase> from;
  std::vector<Shown> shown;
  Event event;
  Actor who;
  std::optional<Phase> to;           // nullopt: the phase that is decided, else the same
  std::optional<Shown> shown_after;  // nullopt: the same
  Effect effect = Effect::kNone;
};

// All rows. No two speak of the same state and event.
absl::Span<const Rule> StateMachine();

struct Move {
  State to;
  Effect effect = Effect::kNone;
  Actor who = Actor::kGate;
};

// What happens; nullopt where it cannot happen in this state. `decided` is the phase that a version, or another pack, asks for.
std::optional<Move> Next(const State& from, Event event, Phase decided = Phase::kNone);

// All states that a unit can be in.
std::vector<State> AllStates();

// The state of a unit that a result holds.
State StateOf(const v1::Outcome& outcome);

// The events, one for each value.
absl::Span<const Event> AllEvents();

// Words for people, as `waits for its owner`.
std::string Name(Phase phase);
std::string Name(Event event);

// The table in Markdown, as server/README.md has it.
std::string StateMachineAsMarkdown();

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_STATE_MACHINE_H_

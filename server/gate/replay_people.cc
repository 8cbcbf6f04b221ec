#include "server/gate/replay_people.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/base/proto_time.h"
#include "server/gate/decision_facts.h"
#include "server/gate/review_turns.h"
#include "server/policy/outcomes.h"
#include "server/policy/review_plan.h"

namespace resultgate::gate {
namespace {

using policy::Cell;
using Place = std::pair<std::string, v1::Audience>;

std::map<Place, v1::Outcome> ByPlace(const policy::Outcomes& outcomes) {
  std::map<Place, v1::Outcome> places;
  for (Cell& cell : policy::ToCells(outcomes)) places[{cell.unit_id, cell.audience}] = std::move(cell.outcome);
  return places;
}

// The position of the turn that stood at `now` in the review before.
int TurnAt(const v1::Outcome& before, absl::Time now) {
  const v1::Review& review = before.review();
  const v1::ReviewTurn& current = policy::CurrentTurn(review, now);
  int index = 0;
  while (&review.turns(index) != &current) ++index;
  return index;
}

// The turn that stood, as the entry has it afterwards; null where there is none.
const v1::ReviewTurn* TurnAfter(const std::map<Place, v1::Outcome>& before, const Place& place, const v1::Outcome& after,
                                absl::Time now) {
  const auto found = before.find(place);
  if (found == before.end() || found->second.review().turns().empty()) return nullptr;
  const int turn = TurnAt(found->second, now);
  return turn < after.review().turns_size() ? &after.review().turns(turn) : nullptr;
}

TurnAgain Wrong(std::string why) {
  return {Transition(), std::move(why), ""};
}

// The turn went to whoever has it afterwards.
TurnAgain HandOverAgain(const v1::Entry& entry, v1::Result result, absl::Time now) {
  const bool claimed = entry.reviewed().action() == v1::REVIEW_ACTION_CLAIMED;
  if (entry.reviewed().outcomes().empty()) {
    // Whose it was already. Of a turn that a directory gave to somebody the log does not tell.
    return {Transition(), "", "whose turn it was, by the directory of then, is not kept"};
  }
  const std::map<Place, v1::Outcome> before = ByPlace(result.decision().outcomes());
  std::map<std::string, std::pair<v1::Owner, std::set<std::string>>> units_of;  // by owner
  std::map<std::string, std::set<std::string>> owners_of;                       // by unit
  for (const auto& [place, after] : ByPlace(entry.reviewed().outcomes())) {
    const v1::ReviewTurn* turn = TurnAfter(before, place, after, now);
    if (turn == nullptr) return Wrong("turns: it changed what waits for nobody");
    if (claimed && turn->owner().person().value() != entry.actor())
      return Wrong("turns: they went to somebody else than who claimed");
    const std::string owner = turn->owner().SerializeAsString();
    units_of[owner].first = turn->owner();
    units_of[owner].second.insert(place.first);
    owners_of[place.first].insert(owner);
  }
  for (const auto& [unit, owners] : owners_of) {
    if (owners.size() > 1)
      return {Transition(), "", "a unit's turns went to several roles at once, and the log does not tell whom was meant"};
  }
  TurnAgain again;
  for (const auto& [key, to] : units_of) {
    absl::StatusOr<Transition> transition = HandOver(result, {to.second.begin(), to.second.end()}, to.first, now);
    if (!transition.ok()) return Wrong(std::string(transition.status().message()));
    *result.mutable_decision()->mutable_outcomes() = policy::ToOutcomes(transition->cells);
    again.transition = *std::move(transition);
  }
  return again;
}

// The turn ended then.
TurnAgain EndTurnAgain(const v1::Entry& entry, const v1::Result& result, const calendar::Calendar& calendar, absl::Time now) {
  const std::map<Place, v1::Outcome> before = ByPlace(result.decision().outcomes());
  std::set<std::string> units;
  for (const auto& [place, after] : ByPlace(entry.reviewed().outcomes())) {
    const v1::ReviewTurn* turn = TurnAfter(before, place, after, now);
    const auto was = before.find(place);
    const bool escalated = was != before.end() && after.review().escalated() && !was->second.review().escalated();
    if (escalated || (turn != nullptr && base::FromProto(turn->until()) == now)) units.insert(place.first);
  }
  if (units.empty()) return Wrong("turns: none of them ended then");
  absl::StatusOr<Transition> transition = EndTurn(result, {units.begin(), units.end()}, calendar, now);
  if (!transition.ok()) return Wrong(std::string(transition.status().message()));
  return {*std::move(transition), "", ""};
}

}  // namespace

void LoggedPeople::Take(const v1::Entry& entry) {
  for (const int id : entry.release_requested().reviewed_determination_ids()) {
    v1::DeterminationReview* review = reviews_.Add();
    review->set_determination_id(id);
    review->set_requested_as(entry.release_requested().audience());
  }
  if (entry.approved().has_discussed_at()) {
    *discussed_.mutable_discussed_at() = entry.approved().discussed_at();
    discussed_.set_discussed_how(entry.approved().discussed_how());
  }
  if (!entry.reviewed().has_determination()) return;
  const v1::Determination& determination = entry.reviewed().determination();
  const auto found = std::find_if(determinations_.begin(), determinations_.end(),
                                  [&](const v1::Determination& one) { return one.id() == determination.id(); });
  *(found == determinations_.end() ? determinations_.Add() : &*found) = determination;
}

bool LoggedPeople::FillKnown(const v1::Result& standing, const std::string& digest, v1::Result* result) const {
  const v1::Result nothing;
  for (const bool determined_then : {true, false}) {
    // What was discussed is forgotten with the version that says something else.
    for (const v1::Result* discussed : {&discussed_, &standing, &nothing}) {
      v1::Result known;
      known.set_salt(standing.salt());
      CopyKnown(standing, &known);
      if (determined_then) *known.mutable_determinations() = determinations_;
      known.clear_discussed_at();
      if (discussed->has_discussed_at()) *known.mutable_discussed_at() = discussed->discussed_at();
      known.set_discussed_how(discussed->discussed_how());
      if (!IsKnownDigest(digest, known)) continue;
      CopyKnown(known, result);
      return true;
    }
  }
  return false;
}

TurnAgain DoTurnAgain(const v1::Entry& entry, const v1::Result& before, const calendar::Calendar& calendar, absl::Time now) {
  return entry.reviewed().action() == v1::REVIEW_ACTION_REFUSED ? EndTurnAgain(entry, before, calendar, now)
                                                                : HandOverAgain(entry, before, now);
}

}  // namespace resultgate::gate

#include "server/gate/directory.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/time/civil_time.h"
#include "server/base/proto_time.h"
#include "server/policy/review_plan.h"

namespace resultgate::gate {
namespace {

using base::FromProto;
using base::ToProto;

// Longer than any turn need be looked at: whoever is not there in two weeks is not there.
constexpr int kMostDays = 14;
constexpr int kWeek = 7;

// Minutes from midnight of `08:00`; of `24:00` the next midnight's.
int Minutes(const std::string& text) {
  int hours = 0;
  int minutes = 0;
  if (text.size() != 5 || !absl::SimpleAtoi(text.substr(0, 2), &hours) || !absl::SimpleAtoi(text.substr(3), &minutes)) return 0;
  return hours * 60 + minutes;
}

v1::Weekday WeekdayOf(absl::CivilDay day) {
  // Both count from Monday.
  return static_cast<v1::Weekday>(static_cast<int>(absl::GetWeekday(day)) + 1);
}

// True if one of the owner's hours lies in [from, until).
bool HasHourIn(const v1::DirectoryOwner& owner, absl::Time from, absl::Time until, const absl::TimeZone& zone) {
  if (owner.staffed_hours().empty()) return true;
  const absl::CivilDay first = absl::ToCivilDay(from, zone);
  for (int i = 0; i <= kMostDays; ++i) {
    const absl::CivilDay day = first + i;
    for (const v1::StaffedHours& hours : owner.staffed_hours()) {
      if (hours.weekday() != WeekdayOf(day)) continue;
      const absl::CivilMinute midnight(day);
      const absl::Time begins = absl::FromCivil(midnight + Minutes(hours.from()), zone);
      const absl::Time ends = absl::FromCivil(midnight + Minutes(hours.until()), zone);
      if (std::max(begins, from) < std::min(ends, until)) return true;
    }
  }
  return false;
}

}  // namespace

const std::string& DirectoryId(const v1::Owner& owner) {
  return owner.person().value().empty() ? owner.role() : owner.person().value();
}

Directory::Directory(const std::vector<v1::DirectoryOwner>& owners) {
  for (const v1::DirectoryOwner& owner : owners) owners_[owner.id()] = owner;
}

const v1::DirectoryOwner* Directory::Find(const std::string& id) const {
  const auto found = owners_.find(id);
  return found == owners_.end() ? nullptr : &found->second;
}

bool Directory::IsLicensed(const std::string& id) const {
  const v1::DirectoryOwner* owner = Find(id);
  return owner != nullptr && owner->kind() == v1::OWNER_KIND_CLINICIAN && owner->licensed() && !owner->left();
}

bool Directory::IsMember(const std::string& pool, const std::string& id) const {
  const v1::DirectoryOwner* owner = Find(pool);
  if (owner == nullptr || owner->kind() != v1::OWNER_KIND_POOL || owner->left()) return false;
  const v1::DirectoryOwner* person = Find(id);
  const auto& members = owner->members();
  return std::find(members.begin(), members.end(), id) != members.end() && (person == nullptr || !person->left());
}

std::vector<std::string> Directory::PoolsOf(const std::string& id) const {
  std::set<std::string> pools;
  for (std::vector<std::string> found = {id}; !found.empty();) {
    const std::string member = std::move(found.back());
    found.pop_back();
    for (const auto& [pool, owner] : owners_) {
      if (IsMember(pool, member) && pools.insert(pool).second) found.push_back(pool);
    }
  }
  return {pools.begin(), pools.end()};
}

Directory::Away Directory::IsAway(const std::string& id, const Asked& asked) const {
  Away away;
  const v1::DirectoryOwner* owner = Find(id);
  if (owner == nullptr) return away;
  if (owner->left()) {
    away.is = true;
    return away;
  }
  for (const v1::Absence& absence : owner->absences()) {
    if (FromProto(absence.from()) > asked.now || FromProto(absence.until()) <= asked.now) continue;
    away.is = true;
    away.until = FromProto(absence.until());
    away.delegate = absence.delegate();
    return away;
  }
  if (!HasHourIn(*owner, asked.now, asked.until, *asked.zone)) {
    away.is = true;
    return away;
  }
  if (owner->kind() != v1::OWNER_KIND_POOL || owner->members().empty()) return away;
  absl::Time first_back = absl::InfiniteFuture();
  for (const std::string& member : owner->members()) {
    // A pool within a pool is taken for somebody who is there.
    const v1::DirectoryOwner* known = Find(member);
    if (known == nullptr || known->kind() == v1::OWNER_KIND_POOL) return Away();
    const Away one = IsAway(member, asked);
    if (!one.is) return Away();
    first_back = std::min(first_back, one.until);
  }
  away.is = true;
  away.until = first_back;
  return away;
}

std::string Directory::StandInFor(const std::string& id, const Away& away, const Asked& asked) const {
  std::set<std::string> seen = {id};
  Away one = away;
  std::string who = id;
  for (;;) {
    const v1::DirectoryOwner* owner = Find(who);
    const std::string next = !one.delegate.empty() ? one.delegate : owner == nullptr ? "" : owner->covered_by();
    if (next.empty() || !seen.insert(next).second) return "";
    one = IsAway(next, asked);
    if (!one.is) return next;
    who = next;
  }
}

v1::ReviewTurn Directory::TurnAt(const v1::Review& review, const absl::TimeZone& zone, absl::Time now,
                                 std::string* stands_in_for) const {
  if (stands_in_for != nullptr) stands_in_for->clear();
  const v1::ReviewTurn& standing = policy::CurrentTurn(review, now);
  const Asked asked{now, FromProto(standing.until()), &zone};
  const Away away = IsAway(DirectoryId(standing.owner()), asked);
  if (!away.is) return standing;

  v1::ReviewTurn turn = standing;
  if (away.until < asked.until) *turn.mutable_until() = ToProto(away.until);
  const auto give_to = [&](const v1::Owner& owner) -> std::optional<v1::ReviewTurn> {
    const std::string& id = DirectoryId(owner);
    const Away theirs = IsAway(id, asked);
    const std::string stand_in = theirs.is ? StandInFor(id, theirs, asked) : "";
    if (theirs.is && stand_in.empty()) return std::nullopt;
    *turn.mutable_owner() = owner;
    if (stand_in.empty()) return turn;
    if (stands_in_for != nullptr) *stands_in_for = id;
    const v1::DirectoryOwner* known = Find(stand_in);
    if (known != nullptr && known->kind() == v1::OWNER_KIND_POOL) {
      turn.mutable_owner()->set_role(stand_in);
      turn.mutable_owner()->clear_person();
    } else {
      turn.mutable_owner()->mutable_person()->set_value(stand_in);
    }
    return turn;
  };
  if (auto given = give_to(standing.owner())) return *given;
  const auto& turns = review.turns();
  int at = 0;
  while (at + 1 < turns.size() && &turns[at] != &standing) ++at;
  for (int i = at + 1; i < turns.size(); ++i) {
    if (auto given = give_to(turns[i].owner())) return *given;
  }
  if (review.has_escalate_to()) {
    if (auto given = give_to(review.escalate_to())) return *given;
  }
  for (int i = 0; i < at; ++i) {
    if (auto given = give_to(turns[i].owner())) return *given;
  }
  return standing;
}

v1::Owner Directory::InChargeAt(const v1::Owner& owner, absl::Time deadline, const v1::Owner& otherwise,
                                const absl::TimeZone& zone, absl::Time now) const {
  v1::Review review;
  v1::ReviewTurn* turn = review.add_turns();
  *turn->mutable_owner() = owner;
  *turn->mutable_until() = ToProto(deadline > now ? deadline : now + kMostDays * absl::Hours(24));
  *review.mutable_escalate_to() = otherwise;
  return TurnAt(review, zone, now).owner();
}

absl::Time Directory::NextChange(const absl::TimeZone& zone, absl::Time now) const {
  absl::Time next = absl::InfiniteFuture();
  const auto may_be = [&](absl::Time time) {
    if (time > now) next = std::min(next, time);
  };
  const absl::CivilDay today = absl::ToCivilDay(now, zone);
  for (const auto& [id, owner] : owners_) {
    if (owner.left()) continue;
    for (const v1::Absence& absence : owner.absences()) {
      may_be(FromProto(absence.from()));
      may_be(FromProto(absence.until()));
    }
    for (const v1::StaffedHours& hours : owner.staffed_hours()) {
      const int days = (static_cast<int>(hours.weekday()) - static_cast<int>(WeekdayOf(today)) + kWeek) % kWeek;
      // Today's may be over.
      for (const int in : {days, days + kWeek}) {
        may_be(absl::FromCivil(absl::CivilMinute(today + in) + Minutes(hours.until()), zone));
      }
    }
  }
  return next;
}

}  // namespace resultgate::gate

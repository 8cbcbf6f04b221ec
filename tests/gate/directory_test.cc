// Whose turn a review is when somebody is away.
#include "server/gate/directory.h"

#include <gtest/gtest.h>

#include <deque>
#include <string>

#include "absl/strings/str_cat.h"
#include "server/base/proto_time.h"
#include "tests/gate/reports.h"

namespace resultgate::gate {
namespace {

using ::resultgate::testing::At;

class DirectoryTest : public ::testing::Test {
 protected:
  DirectoryTest() {
    AddTurn("ordering-provider", "dr-1", "2026-03-09T15:00:00-04:00");  // a Monday
    AddTurn("pathology-pool", "", "2026-03-10T15:00:00-04:00");
    AddTurn("records", "", "2026-03-11T15:00:00-04:00");
    review_.mutable_escalate_to()->set_role("director");
    EXPECT_TRUE(absl::LoadTimeZone("America/New_York", &zone_));
  }

  void AddTurn(const std::string& role, const std::string& person, const std::string& until) {
    v1::ReviewTurn* turn = review_.add_turns();
    turn->mutable_owner()->set_role(role);
    if (!person.empty()) turn->mutable_owner()->mutable_person()->set_value(person);
    *turn->mutable_until() = base::ToProto(At(until));
  }

  v1::DirectoryOwner* Owner(const std::string& id, v1::OwnerKind kind = v1::OWNER_KIND_CLINICIAN) {
    owners_.emplace_back();
    owners_.back().set_id(id);
    owners_.back().set_kind(kind);
    return &owners_.back();
  }

  static void Away(v1::DirectoryOwner* owner, const std::string& from, const std::string& until,
                   const std::string& delegate = "") {
    v1::Absence* absence = owner->add_absences();
    *absence->mutable_from() = base::ToProto(At(from));
    *absence->mutable_until() = base::ToProto(At(until));
    absence->set_delegate(delegate);
  }

  // `ordering-provider dr-1 until 2026-03-09T15:00`.
  std::string Turn(const std::string& now = "2026-03-09T10:00:00-04:00") {
    const v1::ReviewTurn turn = Directory({owners_.begin(), owners_.end()}).TurnAt(review_, zone_, At(now));
    const std::string person = turn.owner().person().value();
    return absl::StrCat(turn.owner().role(), person.empty() ? "" : " ", person, " until ",
                        absl::FormatTime("%Y-%m-%dT%H:%M", base::FromProto(turn.until()), zone_));
  }

  v1::Review review_;
  std::deque<v1::DirectoryOwner> owners_;
  absl::TimeZone zone_;
};

TEST_F(DirectoryTest, OfWhomItKnowsNothingItChangesNothing) {
  EXPECT_EQ(Turn(), "ordering-provider dr-1 until 2026-03-09T15:00");
  EXPECT_EQ(Turn("2026-03-10T10:00:00-04:00"), "pathology-pool until 2026-03-10T15:00");
  EXPECT_EQ(Turn("2026-04-01T10:00:00-04:00"), "records until 2026-03-11T15:00");
}

TEST_F(DirectoryTest, AnAbsencesDelegateHasTheTurnWhileItLasts) {
  Away(Owner("dr-1"), "2026-03-09T09:00:00-04:00", "2026-03-09T12:00:00-04:00", "dr-2");
  EXPECT_EQ(Turn("2026-03-09T08:59:00-04:00"), "ordering-provider dr-1 until 2026-03-09T15:00");
  EXPECT_EQ(Turn(), "ordering-provider dr-2 until 2026-03-09T12:00");
  EXPECT_EQ(Turn("2026-03-09T12:00:00-04:00"), "ordering-provider dr-1 until 2026-03-09T15:00");
}

TEST_F(DirectoryTest, WhoCoversStandsInWhereTheAbsenceNamesNobodyAndOneWhoIsAwayPassesItOn) {
  v1::DirectoryOwner* first = Owner("dr-1");
  first->set_covered_by("dr-2");
  Away(first, "2026-03-09T00:00:00-04:00", "2026-03-14T00:00:00-04:00");
  EXPECT_EQ(Turn(), "ordering-provider dr-2 until 2026-03-09T15:00");
  v1::DirectoryOwner* second = Owner("dr-2");
  second->set_left(true);
  second->set_covered_by("dr-3");
  EXPECT_EQ(Turn(), "ordering-provider dr-3 until 2026-03-09T15:00");
  // In a circle nobody is there: the next of the chain.
  v1::DirectoryOwner* third = Owner("dr-3");
  third->set_left(true);
  third->set_covered_by("dr-1");
  EXPECT_EQ(Turn(), "pathology-pool until 2026-03-09T15:00");
}

TEST_F(DirectoryTest, WithoutAStandInTheNextOfTheChainHasIt) {
  Owner("dr-1")->set_left(true);
  EXPECT_EQ(Turn(), "pathology-pool until 2026-03-09T15:00");
  v1::DirectoryOwner* pool = Owner("pathology-pool", v1::OWNER_KIND_POOL);
  pool->add_members("dr-4");
  EXPECT_EQ(Turn(), "pathology-pool until 2026-03-09T15:00") << "of its people nothing is known";
  Away(Owner("dr-4"), "2026-03-09T00:00:00-04:00", "2026-03-09T11:00:00-04:00");
  EXPECT_EQ(Turn(), "records until 2026-03-09T15:00") << "all its people are away";
  EXPECT_EQ(Turn("2026-03-09T11:00:00-04:00"), "pathology-pool until 2026-03-09T15:00");
  Owner("records", v1::OWNER_KIND_POOL)->set_left(true);
  EXPECT_EQ(Turn(), "director until 2026-03-09T15:00") << "whom it escalates to";
  Owner("director")->set_left(true);
  EXPECT_EQ(Turn(), "ordering-provider dr-1 until 2026-03-09T15:00") << "somebody must have it";
}

TEST_F(DirectoryTest, APoolStandsInForAPerson) {
  v1::DirectoryOwner* first = Owner("dr-1");
  first->set_left(true);
  first->set_covered_by("results-pool");
  Owner("results-pool", v1::OWNER_KIND_POOL);
  EXPECT_EQ(Turn(), "results-pool until 2026-03-09T15:00");
}

TEST_F(DirectoryTest, WhoHasNoHourLeftInTheTurnIsAway) {
  v1::StaffedHours* hours = Owner("dr-1")->add_staffed_hours();
  hours->set_weekday(v1::WEEKDAY_MONDAY);
  hours->set_from("08:00");
  hours->set_until("12:00");
  EXPECT_EQ(Turn("2026-03-09T10:00:00-04:00"), "ordering-provider dr-1 until 2026-03-09T15:00");
  EXPECT_EQ(Turn("2026-03-08T20:00:00-04:00"), "ordering-provider dr-1 until 2026-03-09T15:00") << "there in the morning";
  EXPECT_EQ(Turn("2026-03-09T12:00:00-04:00"), "pathology-pool until 2026-03-09T15:00");
}

// At every quarter of an hour exactly one owner has the turn, whatever the directory says: it always gives one, and never one who
// is away while another one is there.
TEST_F(DirectoryTest, TheTurnIsNeverWithOneWhoIsAwayWhileAnotherIsThere) {
  v1::DirectoryOwner* first = Owner("dr-1");
  first->set_covered_by("dr-2");
  Away(first, "2026-03-09T09:00:00-04:00", "2026-03-09T13:00:00-04:00");
  Away(Owner("dr-2"), "2026-03-09T11:00:00-04:00", "2026-03-10T09:00:00-04:00");
  Away(Owner("pathology-pool", v1::OWNER_KIND_POOL), "2026-03-09T12:00:00-04:00", "2026-03-11T12:00:00-04:00");
  for (absl::Time now = At("2026-03-09T00:00:00-04:00"); now < At("2026-03-12T00:00:00-04:00"); now += absl::Minutes(15)) {
    const v1::ReviewTurn turn = Directory({owners_.begin(), owners_.end()}).TurnAt(review_, zone_, now);
    const std::string id = DirectoryId(turn.owner());
    ASSERT_FALSE(id.empty());
    for (const v1::DirectoryOwner& owner : owners_) {
      for (const v1::Absence& absence : owner.absences()) {
        const bool away = base::FromProto(absence.from()) <= now && now < base::FromProto(absence.until());
        EXPECT_FALSE(away && owner.id() == id) << id << " at " << now;
      }
    }
  }
}

TEST_F(DirectoryTest, OnlyWhomItKnowsAsLicensedIs) {
  Owner("dr-1")->set_licensed(true);
  Owner("dr-2");
  Owner("dr-3")->set_licensed(true);
  owners_.back().set_left(true);
  Owner("pathology-pool", v1::OWNER_KIND_POOL)->set_licensed(true);
  const Directory directory({owners_.begin(), owners_.end()});
  EXPECT_TRUE(directory.IsLicensed("dr-1"));
  for (const char* other : {"dr-2", "dr-3", "pathology-pool", "dr-4", ""}) EXPECT_FALSE(directory.IsLicensed(other)) << other;
  EXPECT_FALSE(Directory().IsLicensed("dr-1"));
}

TEST_F(DirectoryTest, ItKnowsOfWhichPoolsSomebodyIs) {
  const auto pool = [](const std::string& id, const std::vector<std::string>& members) {
    v1::DirectoryOwner owner;
    owner.set_id(id);
    owner.set_kind(v1::OWNER_KIND_POOL);
    for (const std::string& member : members) owner.add_members(member);
    return owner;
  };
  v1::DirectoryOwner closed = pool("closed", {"nurse-7"});
  closed.set_left(true);
  const Directory directory(
      {pool("nurses", {"nurse-7", "nurse-8"}), pool("clinic", {"nurses", "dr-1"}), closed, pool("itself", {"itself"})});
  EXPECT_EQ(directory.PoolsOf("nurse-7"), (std::vector<std::string>{"clinic", "nurses"}));
  EXPECT_EQ(directory.PoolsOf("dr-1"), (std::vector<std::string>{"clinic"}));
  EXPECT_TRUE(directory.PoolsOf("dr-2").empty());
  EXPECT_EQ(directory.PoolsOf("itself"), (std::vector<std::string>{"itself"}));
}

}  // namespace
}  // namespace resultgate::gate

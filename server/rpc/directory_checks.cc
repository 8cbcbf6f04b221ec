// What each request of DirectoryService must hold before it is passed on.
#include <algorithm>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "server/base/proto_time.h"
#include "server/rpc/checks.h"

namespace resultgate::rpc {
namespace {

constexpr int kMostMembers = 1000;
constexpr int kMostAbsences = 1000;
constexpr int kMostHours = 70;

// Minutes from midnight of `08:00`, up to `24:00`; -1 for anything else.
int MinutesOf(const std::string& text) {
  if (text.size() != 5 || text[2] != ':') return -1;
  for (const size_t i : {0, 1, 3, 4}) {
    if (!absl::ascii_isdigit(static_cast<unsigned char>(text[i]))) return -1;
  }
  const int minutes = ((text[0] - '0') * 10 + text[1] - '0') * 60 + (text[3] - '0') * 10 + text[4] - '0';
  return text[3] > '5' || minutes > 24 * 60 ? -1 : minutes;
}

void CheckAbsence(const std::string& field, const v1::Absence& absence, Violations* violations) {
  CheckTime(absl::StrCat(field, ".from"), absence.from(), violations);
  CheckTime(absl::StrCat(field, ".until"), absence.until(), violations);
  if (!absence.has_from()) violations->push_back({absl::StrCat(field, ".from"), "is required"});
  if (!absence.has_until()) violations->push_back({absl::StrCat(field, ".until"), "is required"});
  if (absence.has_from() && absence.has_until() && base::FromProto(absence.until()) <= base::FromProto(absence.from())) {
    violations->push_back({absl::StrCat(field, ".until"), "must be later than `from`"});
  }
  CheckName(absl::StrCat(field, ".delegate"), absence.delegate(), /*required=*/false, violations);
}

void CheckHours(const std::string& field, const v1::StaffedHours& hours, Violations* violations) {
  if (!v1::Weekday_IsValid(hours.weekday()) || hours.weekday() == v1::WEEKDAY_UNSPECIFIED) {
    violations->push_back({absl::StrCat(field, ".weekday"), "must be a day of the week"});
  }
  const int from = MinutesOf(hours.from());
  const int until = MinutesOf(hours.until());
  if (from < 0) violations->push_back({absl::StrCat(field, ".from"), "must be a time as `08:00`"});
  if (until < 0) violations->push_back({absl::StrCat(field, ".until"), "must be a time as `17:00`, `24:00` at most"});
  if (from >= 0 && until >= 0 && until <= from) {
    violations->push_back({absl::StrCat(field, ".until"), "must be later than `from`; hours over midnight are two entries"});
  }
}

void CheckOwner(const v1::DirectoryOwner& owner, Violations* violations) {
  CheckName("owner.id", owner.id(), /*required=*/true, violations);
  if (owner.kind() != v1::OWNER_KIND_CLINICIAN && owner.kind() != v1::OWNER_KIND_POOL) {
    violations->push_back({"owner.kind", "must be CLINICIAN or POOL"});
  }
  if (owner.kind() != v1::OWNER_KIND_POOL && !owner.members().empty()) {
    violations->push_back({"owner.members", "are a pool's only"});
  }
  if (owner.kind() != v1::OWNER_KIND_CLINICIAN && owner.licensed()) {
    violations->push_back({"owner.licensed", "is a person's only: a pool's people are licensed one by one"});
  }
  if (owner.members_size() > kMostMembers) violations->push_back({"owner.members", "must hold at most 1000"});
  for (int i = 0; i < owner.members_size(); ++i) {
    const std::string field = absl::StrCat("owner.members[", i, "]");
    CheckName(field, owner.members(i), /*required=*/true, violations);
    if (owner.members(i) == owner.id()) violations->push_back({field, "must be somebody else than the pool"});
  }
  if (owner.staffed_hours_size() > kMostHours) violations->push_back({"owner.staffed_hours", "must hold at most 70"});
  for (int i = 0; i < owner.staffed_hours_size(); ++i) {
    CheckHours(absl::StrCat("owner.staffed_hours[", i, "]"), owner.staffed_hours(i), violations);
  }
  if (owner.absences_size() > kMostAbsences) violations->push_back({"owner.absences", "must hold at most 1000"});
  for (int i = 0; i < owner.absences_size(); ++i) {
    CheckAbsence(absl::StrCat("owner.absences[", i, "]"), owner.absences(i), violations);
    if (owner.absences(i).delegate() == owner.id() && !owner.id().empty()) {
      violations->push_back({absl::StrCat("owner.absences[", i, "].delegate"), "must be somebody else than the owner"});
    }
  }
  CheckName("owner.covered_by", owner.covered_by(), /*required=*/false, violations);
  if (owner.covered_by() == owner.id() && !owner.id().empty()) {
    violations->push_back({"owner.covered_by", "must be somebody else than the owner"});
  }
}

}  // namespace

Violations Check(const v1::PutOwnerRequest& request) {
  Violations violations;
  CheckName("actor", request.actor(), /*required=*/true, &violations);
  CheckOwner(request.owner(), &violations);
  return violations;
}

Violations Check(const v1::RemoveOwnerRequest& request) {
  Violations violations;
  CheckName("actor", request.actor(), /*required=*/true, &violations);
  CheckName("id", request.id(), /*required=*/true, &violations);
  return violations;
}

Violations Check(const v1::ListOwnersRequest& request) {
  Violations violations;
  CheckPageSize(request.page_size(), &violations);
  return violations;
}

Violations Check(const v1::PutAbsenceRequest& request) {
  Violations violations;
  CheckName("actor", request.actor(), /*required=*/true, &violations);
  CheckName("id", request.id(), /*required=*/true, &violations);
  CheckAbsence("absence", request.absence(), &violations);
  if (request.absence().delegate() == request.id() && !request.id().empty()) {
    violations.push_back({"absence.delegate", "must be somebody else than the owner"});
  }
  return violations;
}

Violations Check(const v1::RemoveAbsenceRequest& request) {
  Violations violations;
  CheckName("actor", request.actor(), /*required=*/true, &violations);
  CheckName("id", request.id(), /*required=*/true, &violations);
  if (!request.has_from()) violations.push_back({"from", "is required"});
  CheckTime("from", request.from(), &violations);
  return violations;
}

}  // namespace resultgate::rpc

#include "server/gate/review_hold.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "server/base/proto_time.h"
#include "server/base/status_macros.h"
#include "server/gate/decision_before.h"
#include "server/gate/decision_facts.h"
#include "server/gate/determination_review.h"
#include "server/gate/held_by_person.h"
#include "server/gate/redecide.h"
#include "server/gate/result_commit.h"
#include "server/gate/review_turns.h"
#include "server/policy/outcomes.h"

namespace resultgate::gate {
namespace {

using policy::Cell;

// Nobody is kept from a result for longer by one person's word; who still thinks so must say so again.
constexpr absl::Duration kLongestHold = absl::Hours(24 * 366);

bool IsAbout(const v1::Determination& determination, const Cell& cell) {
  const auto& units = determination.unit_ids();
  const auto& audiences = determination.audiences();
  return (units.empty() || std::find(units.begin(), units.end(), cell.unit_id) != units.end()) &&
         (audiences.empty() || std::find(audiences.begin(), audiences.end(), cell.audience) != audiences.end());
}

bool IsAboutPatient(const v1::Determination& determination) {
  const auto& audiences = determination.audiences();
  return audiences.empty() || std::find(audiences.begin(), audiences.end(), v1::AUDIENCE_PATIENT) != audiences.end();
}

// True if it keeps something from those whom it is about; from the patient, if it is about the patient too.
bool HoldsSomething(const v1::Determination& determination, const std::vector<Cell>& cells) {
  return std::any_of(cells.begin(), cells.end(), [&](const Cell& cell) {
    if (cell.outcome.state() != v1::OUTCOME_STATE_HELD || !IsAbout(determination, cell)) return false;
    return cell.audience == v1::AUDIENCE_PATIENT || !IsAboutPatient(determination);
  });
}

// Why something of what it is about may not be held so; OK if it may.
absl::Status MayHold(const std::vector<Cell>& cells, const v1::Determination& determination, absl::Time now) {
  if (determination.type() == v1::BASIS_TYPE_PRIVACY && IsAboutPatient(determination)) {
    return absl::InvalidArgumentError(
        "audiences must name REPRESENTATIVE, DELEGATE or both: privacy keeps nothing from the patient. What speaks of another "
        "person, who would come to harm, is held as HARM_DETERMINATION: a licensed clinician determines it, and the patient may "
        "have it reviewed (45 CFR 164.524(a)(3)(ii))");
  }
  const absl::Time until = base::FromProto(determination.until());
  if (until <= now || until > now + kLongestHold) {
    return absl::InvalidArgumentError("until must lie in the future, within 366 days");
  }
  for (const std::string& unit : determination.unit_ids()) {
    if (std::none_of(cells.begin(), cells.end(), [&unit](const Cell& cell) { return cell.unit_id == unit; })) {
      return absl::InvalidArgumentError(absl::StrCat("the result has no unit `", unit, "`"));
    }
  }
  return absl::OkStatus();
}

// The determination that a request names, if it stands; else the answer says why not.
template <typename Request, typename Response>
v1::Determination* FindStanding(const Request& request, absl::Time now, v1::Result* result, Answer<Response>& answer) {
  auto* determinations = result->mutable_determinations();
  const auto found = std::find_if(determinations->begin(), determinations->end(),
                                  [&request](const v1::Determination& one) { return one.id() == request.determination_id(); });
  if (found == determinations->end()) {
    answer.refused = absl::NotFoundError(absl::StrCat("the result has no determination ", request.determination_id()));
    return nullptr;
  }
  if (base::FromProto(found->until()) <= now) {
    answer.refused = absl::FailedPreconditionError("the determination has ended");
    return nullptr;
  }
  return &*found;
}

// Why this person may not uphold the determination; OK if they may.
absl::Status MayUphold(const Directory& directory, const std::string& reviewer, const v1::Determination& determination,
                       const v1::DeterminationReview* review) {
  if (review == nullptr) {
    return absl::FailedPreconditionError(
        "nobody on the patient's side has asked to have the determination reviewed: it stands as it is");
  }
  if (!review->upheld_by().empty()) {
    return absl::FailedPreconditionError(absl::StrCat(review->upheld_by(), " has reviewed and upheld it already"));
  }
  if (determination.determined_by() == reviewer) {
    return absl::FailedPreconditionError(
        "who determined it may not review it (45 CFR 164.524(a)(4)); another licensed clinician must, or end it yourself");
  }
  return CheckMayJudge(directory, reviewer);
}

// Writes it with its entry, and answers.
template <typename Request, typename Response>
absl::StatusOr<Committed> Record(const Desk& desk, const Request& request, v1::ReviewAction action,
                                 const v1::Determination& determination, Anew anew, v1::Result* result,
                                 Answer<Response>& answer) {
  const policy::Outcomes before = result->decision().outcomes();
  if (!anew.changed) anew.transition.cells = policy::ToCells(before);
  RG_ASSIGN_OR_RETURN(Committed committed, Write(desk, anew.transition, result, answer));
  v1::Entry entry = EntryAbout(*result);
  entry.mutable_reviewed()->set_action(action);
  entry.mutable_reviewed()->set_reason(request.reason());
  *entry.mutable_reviewed()->mutable_determination() = determination;
  entry.set_known_digest(KnownDigest(*result));
  NoteChange(before, *result, &committed, entry.mutable_reviewed());
  RG_RETURN_IF_ERROR(AppendEntry(desk.batch, desk.now, request.reviewer(), std::move(entry)));
  *answer.response.mutable_decision() = result->decision();
  answer.response.set_etag(ReviewEtag(*result));
  return committed;
}

}  // namespace

absl::Status RunHold(const Desk& desk, const v1::HoldResultRequest& request, Answer<v1::HoldResultResponse>& answer) {
  RG_ASSIGN_OR_RETURN(std::optional<v1::Result> result, FindAsRead(desk, request, answer));
  if (!result) return absl::OkStatus();
  if (request.type() == v1::BASIS_TYPE_HARM_DETERMINATION) {
    if (absl::Status may = CheckMayJudge(desk.directory, request.reviewer()); !may.ok()) return answer.Refuse(std::move(may));
  }
  v1::Determination determination;
  determination.set_id(result->determinations_size() + 1);
  determination.set_type(request.type());
  determination.set_determined_by(request.reviewer());
  *determination.mutable_determined_at() = base::ToProto(desk.now);
  *determination.mutable_until() = request.until();
  determination.set_reason(request.reason());
  *determination.mutable_unit_ids() = request.unit_ids();
  *determination.mutable_audiences() = request.audiences();
  const std::vector<Cell> standing = policy::ToCells(result->decision().outcomes());
  if (absl::Status may = MayHold(standing, determination, desk.now); !may.ok()) return answer.Refuse(std::move(may));
  *result->add_determinations() = determination;

  RG_ASSIGN_OR_RETURN(const std::optional<v1::Decision> before, DecisionBefore(desk.batch, *result));
  Anew anew = HoldByPerson(desk.packs.PackOf(*result), *result, before ? &*before : nullptr, determination, desk.now);
  if (!HoldsSomething(determination, anew.changed ? anew.transition.cells : standing)) {
    return answer.Refuse(absl::FailedPreconditionError(
        "they have it already, and what is published stays published; to keep what the patient has from those who see for the "
        "patient, say so by audiences"));
  }
  answer.response.set_determination_id(determination.id());
  return Record(desk, request, v1::REVIEW_ACTION_HELD, determination, std::move(anew), &*result, answer).status();
}

absl::Status RunEndHold(const Desk& desk, const v1::EndHoldRequest& request, Answer<v1::EndHoldResponse>& answer) {
  RG_ASSIGN_OR_RETURN(std::optional<v1::Result> result, FindAsRead(desk, request, answer));
  if (!result) return absl::OkStatus();
  v1::Determination* found = FindStanding(request, desk.now, &*result, answer);
  if (found == nullptr) return absl::OkStatus();
  if (found->type() == v1::BASIS_TYPE_HARM_DETERMINATION) {
    if (absl::Status may = CheckMayJudge(desk.directory, request.reviewer()); !may.ok()) return answer.Refuse(std::move(may));
  }
  *found->mutable_until() = base::ToProto(desk.now);
  const v1::Determination determination = *found;

  const policy::Pack& pack = desk.packs.PackOf(*result);
  RG_ASSIGN_OR_RETURN(const std::optional<v1::Decision> before, DecisionBefore(desk.batch, *result));
  // Without the pack, what is asked may be less than what was.
  if (pack.digest() != result->decision().pack_digest()) {
    return answer.Refuse(absl::FailedPreconditionError(
        "the pack that decided the result is not at hand any more, so nobody can say what else holds it; it ends at its time"));
  }
  Anew anew = EndHoldByPerson(pack, *result, before ? &*before : nullptr, determination, desk.now);
  RG_ASSIGN_OR_RETURN(Committed committed,
                      Record(desk, request, v1::REVIEW_ACTION_HOLD_ENDED, determination, std::move(anew), &*result, answer));
  for (v1::Comment& comment : committed.comments) *answer.response.add_comments() = std::move(comment);
  return absl::OkStatus();
}

absl::Status RunUpholdHold(const Desk& desk, const v1::UpholdHoldRequest& request, Answer<v1::UpholdHoldResponse>& answer) {
  RG_ASSIGN_OR_RETURN(std::optional<v1::Result> result, FindAsRead(desk, request, answer));
  if (!result) return absl::OkStatus();
  const v1::Determination* determination = FindStanding(request, desk.now, &*result, answer);
  if (determination == nullptr) return absl::OkStatus();
  const v1::DeterminationReview* asked = FindReview(*result, determination->id());
  if (absl::Status may = MayUphold(desk.directory, request.reviewer(), *determination, asked); !may.ok()) {
    return answer.Refuse(std::move(may));
  }
  for (v1::DeterminationReview& review : *result->mutable_determination_reviews()) {
    if (&review != asked) continue;
    review.set_upheld_by(request.reviewer());
    *review.mutable_upheld_at() = base::ToProto(desk.now);
    review.set_reason(request.reason());
  }
  return Record(desk, request, v1::REVIEW_ACTION_HOLD_UPHELD, *determination, Anew(), &*result, answer).status();
}

}  // namespace resultgate::gate

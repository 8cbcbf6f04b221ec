#include "server/gate/review_work.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/base/proto_time.h"
#include "server/base/status_macros.h"
#include "server/gate/activation.h"
#include "server/gate/approval.h"
#include "server/gate/ask_anew.h"
#include "server/gate/clinician_words.h"
#include "server/gate/decision_before.h"
#include "server/gate/decision_facts.h"
#include "server/gate/determination_review.h"
#include "server/gate/discussion.h"
#include "server/gate/lifting.h"
#include "server/gate/may_approve.h"
#include "server/gate/patient_facts.h"
#include "server/gate/patients.h"
#include "server/gate/result_commit.h"
#include "server/gate/review_turns.h"
#include "server/gate/submit.h"
#include "server/gate/transition.h"
#include "server/policy/decide.h"

namespace resultgate::gate {
namespace {

std::vector<std::string> UnitsOf(const google::protobuf::RepeatedPtrField<std::string>& unit_ids) {
  return {unit_ids.begin(), unit_ids.end()};
}

// For whom the reviewer stands in.
std::string BehalfOf(const Desk& desk, const v1::Result& result, const std::string& reviewer) {
  return OnBehalfOf(result, reviewer, desk.directory, desk.packs.Deciding().pack->calendar().zone(), desk.now);
}

// Writes what was done about a review, its entry and the answer.
template <typename Request, typename Response>
absl::StatusOr<Committed> Record(const Desk& desk, const Request& request, v1::ReviewAction action, const std::string& reason,
                                 const Transition& transition, v1::Result* result, Answer<Response>& answer) {
  const policy::Outcomes before = result->decision().outcomes();
  std::string behalf = BehalfOf(desk, *result, request.reviewer());
  RG_ASSIGN_OR_RETURN(Committed committed, Write(desk, transition, result, answer));
  v1::Entry entry = EntryAbout(*result);
  entry.set_on_behalf_of(std::move(behalf));
  entry.mutable_reviewed()->set_action(action);
  entry.mutable_reviewed()->set_reason(reason);
  if (action == v1::REVIEW_ACTION_RELEASED_NOW) entry.set_known_digest(KnownDigest(*result));
  NoteChange(before, *result, &committed, entry.mutable_reviewed());
  RG_RETURN_IF_ERROR(AppendEntry(desk.batch, desk.now, request.reviewer(), std::move(entry)));
  *answer.response.mutable_decision() = result->decision();
  answer.response.set_etag(ReviewEtag(*result));
  return committed;
}

// A change of turns: writes it, or refuses it.
template <typename Request, typename Response>
absl::Status RecordTurn(const Desk& desk, const Request& request, v1::ReviewAction action, const std::string& reason,
                        const absl::StatusOr<Transition>& transition, v1::Result* result, Answer<Response>& answer) {
  if (!transition.ok()) return answer.Refuse(transition.status());
  return Record(desk, request, action, reason, *transition, result, answer).status();
}

// A review that is handed to a pool that does not exist waits for nobody.
absl::Status CheckRole(const policy::Pack& pack, const std::string& role) {
  std::set<std::string> known = {"ordering-provider"};
  const auto add = [&known](const policy::ReviewAsk& ask) {
    known.insert(ask.owners.begin(), ask.owners.end());
    if (!ask.escalate_to.empty()) known.insert(ask.escalate_to);
  };
  add(pack.default_review());
  add(pack.quarantine_review());
  for (const policy::Rule& rule : pack.rules()) {
    if (rule.then.review) add(*rule.then.review);
  }
  if (role.empty() || known.count(role) > 0) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("the pack has no reviews for `", role, "`; it has ", absl::StrJoin(known, ", ")));
}

// Who was the first of two to say whose the quarantined result is; empty before.
std::string FirstVoice(const v1::Result& result) {
  for (const v1::Outcome& outcome : result.decision().outcomes()) {
    if (outcome.disposition() == v1::DISPOSITION_QUARANTINE && !outcome.review().approved_by().empty()) {
      return outcome.review().approved_by();
    }
  }
  return "";
}

// Two people's word ends it, if one of them is there to look into it: of the pool that the quarantine waits for (refusal_owner).
absl::Status CheckMayRestore(const Desk& desk, const std::string& first, const std::string& second) {
  if (SamePerson(first, second)) {
    return absl::FailedPreconditionError("whose result it is needs two people's word; a second person must approve");
  }
  const std::string& pool = desk.packs.Deciding().pack->refusal_owner();
  if (desk.directory.IsMember(pool, first) || desk.directory.IsMember(pool, second)) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("whose result it is needs the word of one of `", pool,
                   "` and of another person, and the directory knows neither `", first, "` nor `", second,
                   "` as one of that pool; one of its people must approve, or whoever keeps the directory records them: "
                   "resultgate directory put ",
                   pool, " --kind pool --member PERSON --actor YOU, with all of its people"));
}

// The first of two people: nothing goes yet.
absl::Status RecordFirstVoice(const Desk& desk, const v1::ApproveReviewRequest& request, v1::Result result,
                              Answer<v1::ApproveReviewResponse>& answer) {
  v1::Entry entry = EntryAbout(result);
  entry.set_on_behalf_of(BehalfOf(desk, result, request.reviewer()));
  for (v1::Outcome& outcome : *result.mutable_decision()->mutable_outcomes()) {
    if (outcome.disposition() != v1::DISPOSITION_QUARANTINE) continue;
    outcome.mutable_review()->set_approved_by(request.reviewer());
    *entry.mutable_approved()->add_outcomes() = outcome;
  }
  RG_RETURN_IF_ERROR(desk.batch.PutResult(result));
  *answer.response.mutable_decision() = result.decision();
  answer.response.set_etag(ReviewEtag(result));
  return AppendEntry(desk.batch, desk.now, request.reviewer(), std::move(entry));
}

// People have settled whose the report is and which version stands: now the rules of the active pack decide it. What held it
// before the doubt goes on to do so, with the clock that it had.
Transition EndQuarantine(const Desk& desk, const std::string& reviewer, const v1::Decision& before, v1::Result* result) {
  policy::Context context = ContextOfStanding(*result, &before);
  context.quarantine.clear();
  context.settled_at = desk.now;
  v1::Decision decision = DecideStanding(*desk.packs.Deciding().pack, *result, context, desk.now);
  Transition transition = TakeVersion(result, result->report(), decision, desk.now);
  transition.reasons.push_back(absl::StrCat("quarantine ended by ", reviewer));
  result->clear_versions();  // what they were in doubt about is settled: this is where versions start from
  *result->mutable_decision() = std::move(decision);
  return transition;
}

}  // namespace

absl::Status RunApprove(const Desk& desk, const v1::ApproveReviewRequest& request, Answer<v1::ApproveReviewResponse>& answer) {
  RG_ASSIGN_OR_RETURN(std::optional<v1::Result> result, FindAsRead(desk, request, answer));
  if (!result) return absl::OkStatus();
  if (result->version() != request.version()) {
    return answer.Refuse(absl::AbortedError(absl::StrCat("version ", request.version(), " was read, but version ",
                                                         result->version(), " stands now; read it and approve again")));
  }
  if (absl::Status may = CheckMayApprove(desk.directory, desk.packs.PackOf(*result), *result, UnitsOf(request.unit_ids()),
                                         request.reviewer(), desk.now);
      !may.ok()) {
    return answer.Refuse(std::move(may));
  }
  const std::optional<absl::Time> discussed_at = DiscussedAt(request, desk.now);
  if (discussed_at) {
    if (absl::Status may = CheckDiscussedAt(*discussed_at, *result, desk.now); !may.ok()) return answer.Refuse(std::move(may));
  }
  const policy::Outcomes before = result->decision().outcomes();
  Transition transition;
  const std::string quarantine = StandingQuarantine(*result);
  if (NeedsTwoPeople(quarantine)) {
    const std::string first = FirstVoice(*result);
    if (!first.empty()) {
      if (absl::Status may = CheckMayRestore(desk, first, request.reviewer()); !may.ok()) return answer.Refuse(std::move(may));
    }
    if (first.empty() && (request.has_comment() || discussed_at)) {
      return answer.Refuse(absl::FailedPreconditionError(
          "whose result it is needs two people's word, and yours is the first: say so without a comment and a discussion; the "
          "second person's approval takes them"));
    }
    if (first.empty()) return RecordFirstVoice(desk, request, *std::move(result), answer);
  }
  v1::Entry entry = EntryAbout(*result);
  entry.set_on_behalf_of(BehalfOf(desk, *result, request.reviewer()));
  if (discussed_at) KeepDiscussion(*discussed_at, request.discussed_how(), &*result, entry.mutable_approved());
  if (!quarantine.empty()) {
    RG_RETURN_IF_ERROR(FillKnown(desk.batch, *desk.packs.Deciding().pack, &*result));
    RG_ASSIGN_OR_RETURN(const v1::Decision settled, DecisionBeforeDoubt(desk.batch, *result));
    transition = EndQuarantine(desk, request.reviewer(), settled, &*result);
    entry.mutable_approved()->set_resumes(true);
    *entry.mutable_approved()->mutable_decided() = result->decision();
    entry.mutable_approved()->mutable_decided()->clear_outcomes();
    entry.mutable_approved()->set_base_digest(BaseDigest(result->salt(), result->report()));
    entry.set_known_digest(KnownDigest(*result));
  } else {
    std::vector<std::string> reasons;
    std::vector<policy::Cell> cells =
        ApproveCells(&desk.packs.PackOf(*result), *result, UnitsOf(request.unit_ids()), request.reviewer(), desk.now, &reasons);
    if (discussed_at) {
      RG_ASSIGN_OR_RETURN(const std::optional<v1::Decision> previous, DecisionBefore(desk.batch, *result));
      transition =
          TakeDiscussion(desk.packs.PackOf(*result), *result, previous ? &*previous : nullptr, std::move(cells), desk.now);
      entry.set_known_digest(KnownDigest(*result));
    } else {
      transition = TakeRedecided(*result, std::move(cells), desk.now);
    }
    transition.reasons = std::move(reasons);
  }
  if (transition.reasons.empty() && !(discussed_at && MayBeDiscussed(*result))) {
    return answer.Refuse(absl::FailedPreconditionError("nothing of the result waits for a review"));
  }
  KeepWords(request, desk.now, &*result);
  NoteWords(request, result->salt(), entry.mutable_approved());
  RG_ASSIGN_OR_RETURN(Committed committed, Write(desk, transition, &*result, answer));
  NoteChange(before, *result, &committed, entry.mutable_approved());
  RG_RETURN_IF_ERROR(AppendEntry(desk.batch, desk.now, request.reviewer(), std::move(entry)));
  *answer.response.mutable_decision() = result->decision();
  answer.response.set_etag(ReviewEtag(*result));
  for (v1::Comment& comment : committed.comments) *answer.response.add_comments() = std::move(comment);
  const v1::Patient patient = InForce(result->report().patient(), result->known_patient());
  const std::string& language = desk.packs.Deciding().pack->language();
  for (std::string& hint : ReadingHints(request, patient.has_language() ? patient.language() : language)) {
    answer.response.add_hints(std::move(hint));
  }
  return absl::OkStatus();
}

absl::Status RunClaim(const Desk& desk, const v1::ClaimReviewRequest& request, Answer<v1::ClaimReviewResponse>& answer) {
  RG_ASSIGN_OR_RETURN(std::optional<v1::Result> result, FindAsRead(desk, request, answer));
  if (!result) return absl::OkStatus();
  return RecordTurn(desk, request, v1::REVIEW_ACTION_CLAIMED, "",
                    Claim(*result, UnitsOf(request.unit_ids()), request.reviewer(), desk.directory,
                          desk.packs.Deciding().pack->calendar().zone(), desk.now),
                    &*result, answer);
}

absl::Status RunHandOver(const Desk& desk, const v1::HandOverReviewRequest& request, Answer<v1::HandOverReviewResponse>& answer) {
  RG_ASSIGN_OR_RETURN(std::optional<v1::Result> result, FindAsRead(desk, request, answer));
  if (!result) return absl::OkStatus();
  if (absl::Status status = CheckRole(desk.packs.PackOf(*result), request.to().role()); !status.ok()) {
    return answer.Refuse(std::move(status));
  }
  return RecordTurn(desk, request, v1::REVIEW_ACTION_HANDED_OVER, request.reason(),
                    HandOver(*result, UnitsOf(request.unit_ids()), request.to(), desk.now), &*result, answer);
}

absl::Status RunRefuseReview(const Desk& desk, const v1::RefuseReviewRequest& request, Answer<v1::RefuseReviewResponse>& answer) {
  RG_ASSIGN_OR_RETURN(std::optional<v1::Result> result, FindAsRead(desk, request, answer));
  if (!result) return absl::OkStatus();
  return RecordTurn(desk, request, v1::REVIEW_ACTION_REFUSED, request.reason(),
                    EndTurn(*result, UnitsOf(request.unit_ids()), desk.packs.CalendarOf(*result), desk.now), &*result, answer);
}

absl::Status RunReleaseNow(const Desk& desk, const v1::ReleaseNowRequest& request, Answer<v1::ReleaseNowResponse>& answer) {
  RG_ASSIGN_OR_RETURN(std::optional<v1::Result> result, FindAsRead(desk, request, answer));
  if (!result) return absl::OkStatus();
  const policy::Pack& pack = desk.packs.PackOf(*result);
  if (StillHeldOf(pack, result->decision().outcomes(), desk.now).empty()) {
    return answer.Refuse(absl::FailedPreconditionError("nothing of the result is held"));
  }
  if (absl::Status may = CheckMayReleaseNow(desk.directory, pack, *result, request.reviewer(), desk.now); !may.ok()) {
    return answer.Refuse(std::move(may));
  }
  const auto& standing = result->decision().outcomes();
  if (std::any_of(standing.begin(), standing.end(),
                  [&](const v1::Outcome& outcome) { return !DangersOf(*result, outcome).empty(); })) {
    if (absl::Status may = CheckMayJudge(desk.directory, request.reviewer()); !may.ok()) return answer.Refuse(std::move(may));
  }
  RG_ASSIGN_OR_RETURN(const std::optional<v1::Decision> before, DecisionBefore(desk.batch, *result));
  Anew anew = Lift(pack, *result, before ? &*before : nullptr, v1::LIFTER_PROVIDER, desk.now);
  if (anew.changed) {
    RG_ASSIGN_OR_RETURN(Committed committed,
                        Record(desk, request, v1::REVIEW_ACTION_RELEASED_NOW, "", anew.transition, &*result, answer));
    for (v1::Comment& comment : committed.comments) *answer.response.add_comments() = std::move(comment);
  }
  *answer.response.mutable_decision() = result->decision();
  answer.response.set_etag(ReviewEtag(*result));
  for (v1::StillHeld& held : StillHeldOf(pack, result->decision().outcomes(), desk.now)) {
    *answer.response.add_still_held() = std::move(held);
  }
  return absl::OkStatus();
}

}  // namespace resultgate::gate

#include "server/gate/request_release.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "server/base/proto_time.h"
#include "server/base/status_macros.h"
#include "server/gate/decision_before.h"
#include "server/gate/decision_facts.h"
#include "server/gate/determination_review.h"
#include "server/gate/follow_up.h"
#include "server/gate/lifting.h"
#include "server/gate/patients.h"
#include "server/gate/result_commit.h"
#include "server/gate/submit.h"
#include "server/policy/holds.h"

namespace resultgate::gate {
namespace {

bool IsFor(const v1::Outcome& outcome, v1::Audience audience) {
  return std::find(outcome.audiences().begin(), outcome.audiences().end(), audience) != outcome.audiences().end();
}

// The law or policy that a rule rests on, as it is told.
std::string Because(const v1::AppliedRule& rule) {
  switch (rule.basis().type()) {
    case v1::BASIS_TYPE_STATUTE:
      return absl::StrCat("the law: ", rule.basis().citation());
    case v1::BASIS_TYPE_HARM_DETERMINATION:
      return "a clinician's decision about your safety; you have the right to have it reviewed by another clinician";
    default:
      return "the organization's rules";
  }
}

// True if `audience` may be told that something of what fares like this waits.
bool MayBeTold(const v1::Result& result, const v1::Outcome& outcome, v1::Audience audience, absl::Time now) {
  const auto& units = outcome.unit_ids();
  return IsFor(outcome, audience) && std::any_of(units.begin(), units.end(), [&](const std::string& unit) {
           return MayBeToldThatItWaits(result, unit, audience, now);
         });
}

// True if the result is of whom the identifier names, or of somebody who is one with them by a merge.
absl::StatusOr<bool> IsTheirs(store::Batch& batch, const v1::Result& result, const v1::Identifier& identifier) {
  v1::Patient asking;
  *asking.add_identifiers() = identifier;
  return SamePatientAfterMerges(batch, asking, result.report().patient());
}

// The same words whatever the reason is.
absl::Status NothingToTell() {
  return absl::NotFoundError("there is no such result that can be asked for");
}

// What is said of one reason to wait.
struct Wait {
  absl::Time until = absl::InfinitePast();              // the latest date
  absl::Time review_deadline = absl::InfiniteFuture();  // the first
};
using Waits = std::map<std::string, Wait>;

void AddDangers(const v1::Result& result, const v1::Outcome& outcome, absl::TimeZone zone, absl::Time now, Waits* waits) {
  for (const v1::Determination* danger : DangersOf(result, outcome)) {
    Wait& wait = (*waits)[DangerInWords(result, *danger, zone, now)];
    wait.until = absl::InfiniteFuture();  // its owner decides then: no time releases it
    const v1::DeterminationReview* review = FindReview(result, danger->id());
    const bool reviewed_yet = review == nullptr || !review->upheld_by().empty() || base::FromProto(danger->until()) <= now;
    if (!reviewed_yet) wait.review_deadline = std::min(wait.review_deadline, base::FromProto(review->deadline()));
  }
}

// Ends what the patient may lift, and writes it with the reviews that were opened, but for its entry.
absl::Status LiftForPatient(const Desk& desk, const v1::RequestReleaseRequest& request, v1::Result* result,
                            v1::Entry::ReleaseRequested* requested, Answer<v1::RequestReleaseResponse>& answer) {
  RG_ASSIGN_OR_RETURN(const std::optional<v1::Decision> previous, DecisionBefore(desk.batch, *result));
  const Anew anew = Lift(desk.packs.PackOf(*result), *result, previous ? &*previous : nullptr, v1::LIFTER_PATIENT, desk.now,
                         request.audience());
  if (!anew.changed) {
    if (requested->reviewed_determination_ids().empty()) return absl::OkStatus();
    result->mutable_follow_up()->set_open(!DutiesOf(*result, desk.now).empty());
    return desk.batch.PutResult(*result);
  }
  const policy::Outcomes before = result->decision().outcomes();
  RG_ASSIGN_OR_RETURN(Committed committed, Write(desk, anew.transition, result, answer));
  NoteChange(before, *result, &committed, requested);
  for (const v1::ReleaseNote& note : requested->releases()) {
    const auto& audiences = note.audiences();
    const bool theirs = std::find(audiences.begin(), audiences.end(), request.audience()) != audiences.end();
    answer.response.set_released(answer.response.released() || theirs);
  }
  return absl::OkStatus();
}

}  // namespace

bool MayBeToldOf(const v1::Result& result, v1::Audience audience, absl::Time now) {
  const auto& outcomes = result.decision().outcomes();
  return std::any_of(outcomes.begin(), outcomes.end(), [&](const v1::Outcome& outcome) {
    const bool out = outcome.state() == v1::OUTCOME_STATE_RELEASED || outcome.state() == v1::OUTCOME_STATE_PUBLISHED;
    return (out && IsFor(outcome, audience)) || MayBeTold(result, outcome, audience, now);
  });
}

std::vector<v1::WaitNotice> WaitNoticesFor(const v1::Result& result, v1::Audience audience, absl::TimeZone zone, absl::Time now) {
  Waits waits;
  for (const v1::Outcome& outcome : result.decision().outcomes()) {
    if (!MayBeTold(result, outcome, audience, now)) continue;
    if (outcome.disposition() == v1::DISPOSITION_NOT_FINAL) {
      waits["the laboratory has not finished it"].until = absl::InfiniteFuture();
      continue;
    }
    if (outcome.disposition() == v1::DISPOSITION_WITHHOLD) {
      AddDangers(result, outcome, zone, now, &waits);
      continue;
    }
    const std::vector<std::string> holds = policy::HoldsOf(outcome, now);
    for (const v1::AppliedRule& rule : outcome.rules()) {
      const bool restricts = rule.effect() == v1::RULE_EFFECT_REVIEW || rule.effect() == v1::RULE_EFFECT_DELAY;
      if (!restricts || rule.lifted() || std::find(holds.begin(), holds.end(), rule.rule_id()) == holds.end()) continue;
      absl::Time& latest = waits[Because(rule)].until;
      latest = std::max(latest, GoesBy(outcome, now));
    }
  }
  std::vector<v1::WaitNotice> notices;
  for (const auto& [because, wait] : waits) {
    v1::WaitNotice notice;
    if (wait.until < absl::InfiniteFuture()) *notice.mutable_until() = base::ToProto(wait.until);
    notice.set_because(because);
    if (wait.review_deadline < absl::InfiniteFuture()) *notice.mutable_review_deadline() = base::ToProto(wait.review_deadline);
    notices.push_back(std::move(notice));
  }
  return notices;
}

absl::Status RunRequestRelease(const Desk& desk, const v1::RequestReleaseRequest& request,
                               Answer<v1::RequestReleaseResponse>& answer) {
  RG_ASSIGN_OR_RETURN(std::optional<v1::Result> result, desk.batch.FindResult(request.result_id()));
  if (!result) return answer.Refuse(NothingToTell());
  RG_ASSIGN_OR_RETURN(const bool theirs, IsTheirs(desk.batch, *result, request.patient()));
  if (!theirs) return answer.Refuse(NothingToTell());
  const bool told_of = MayBeToldOf(*result, request.audience(), desk.now);
  v1::Entry entry = EntryAbout(*result);
  entry.set_known_digest(KnownDigest(*result));
  entry.mutable_release_requested()->set_audience(request.audience());
  if (told_of) {
    for (const int id : OpenReviews(desk.packs.PackOf(*result), desk.packs.CalendarOf(*result), desk.directory,
                                    request.audience(), desk.now, &*result)) {
      entry.mutable_release_requested()->add_reviewed_determination_ids(id);
    }
    RG_RETURN_IF_ERROR(LiftForPatient(desk, request, &*result, entry.mutable_release_requested(), answer));
  }
  const absl::TimeZone zone = desk.packs.Deciding().pack->calendar().zone();
  for (v1::WaitNotice& notice : WaitNoticesFor(*result, request.audience(), zone, desk.now)) {
    if (notice.has_until()) *entry.mutable_release_requested()->mutable_answered_until() = notice.until();
    *answer.response.add_waits() = std::move(notice);
  }
  RG_RETURN_IF_ERROR(AppendEntry(desk.batch, desk.now, request.requested_by(), std::move(entry)));
  if (!told_of) return answer.Refuse(NothingToTell());
  return absl::OkStatus();
}

}  // namespace resultgate::gate

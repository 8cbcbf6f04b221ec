#include "server/gate/determination_review.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "server/audit/entry_words.h"
#include "server/base/proto_time.h"
#include "server/policy/personal.h"

namespace resultgate::gate {
namespace {

using base::FromProto;
using base::ToProto;

constexpr int kBusinessDaysToReview = 3;

// A provider may lift what was determined as a danger to the patient, and nothing else that a person determined (personal.h).
bool IsDangerToPatient(const v1::Determination& determination) {
  return policy::MayLift(determination, v1::LIFTER_PROVIDER);
}

bool IsFor(const v1::Outcome& outcome, v1::Audience audience) {
  return std::find(outcome.audiences().begin(), outcome.audiences().end(), audience) != outcome.audiences().end();
}

const v1::Determination* FindDetermination(const v1::Result& result, const std::string& rule_id) {
  const auto& determinations = result.determinations();
  const auto found = std::find_if(determinations.begin(), determinations.end(),
                                  [&rule_id](const v1::Determination& one) { return policy::RuleIdOf(one) == rule_id; });
  return found == determinations.end() ? nullptr : &*found;
}

bool Holds(const v1::Result& result, int determination_id, absl::Time now) {
  const auto& outcomes = result.decision().outcomes();
  return std::any_of(outcomes.begin(), outcomes.end(), [&](const v1::Outcome& outcome) {
    const std::vector<const v1::Determination*> dangers = DangersOf(result, outcome);
    return std::any_of(dangers.begin(), dangers.end(), [&](const v1::Determination* danger) {
      return danger->id() == determination_id && FromProto(danger->until()) > now;
    });
  });
}

// True if this role is nobody else than the person, as far as anybody knows.
bool IsOnly(const std::string& role, const std::string& person, const Directory& directory) {
  const v1::DirectoryOwner* known = directory.Find(role);
  if (known != nullptr && !known->members().empty()) {
    return std::all_of(known->members().begin(), known->members().end(),
                       [&person](const std::string& member) { return member == person; });
  }
  return role == person;
}

v1::Owner ReviewerOf(const policy::Pack& pack, const Directory& directory, const std::string& determined_by) {
  const policy::ReviewAsk& usual = pack.default_review();
  std::vector<std::string> roles;
  if (!usual.escalate_to.empty()) roles.push_back(usual.escalate_to);
  roles.push_back(usual.owners.back());
  roles.push_back(pack.refusal_owner());
  v1::Owner owner;
  const auto found =
      std::find_if(roles.begin(), roles.end(), [&](const std::string& role) { return !IsOnly(role, determined_by, directory); });
  owner.set_role(found == roles.end() ? roles.back() : *found);
  return owner;
}

}  // namespace

absl::Status CheckMayJudge(const Directory& directory, const std::string& person) {
  if (directory.IsLicensed(person)) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat("the directory does not know `", person,
                                                    "` as a licensed clinician, and only one judges of a danger to life or "
                                                    "safety (45 CFR 164.524(a)); a licensed clinician must do "
                                                    "it, or whoever keeps the directory records this licence there"));
}

std::vector<const v1::Determination*> DangersOf(const v1::Result& result, const v1::Outcome& outcome) {
  std::vector<const v1::Determination*> dangers;
  if (outcome.state() != v1::OUTCOME_STATE_HELD || outcome.disposition() != v1::DISPOSITION_WITHHOLD) return dangers;
  for (const v1::AppliedRule& rule : outcome.rules()) {
    if (rule.effect() != v1::RULE_EFFECT_WITHHOLD || rule.lifted()) continue;
    const v1::Determination* danger = FindDetermination(result, rule.rule_id());
    if (danger == nullptr || !IsDangerToPatient(*danger)) return {};
    dangers.push_back(danger);
  }
  return dangers;
}

const v1::DeterminationReview* FindReview(const v1::Result& result, int determination_id) {
  const auto& reviews = result.determination_reviews();
  const auto found = std::find_if(reviews.begin(), reviews.end(), [determination_id](const v1::DeterminationReview& review) {
    return review.determination_id() == determination_id;
  });
  return found == reviews.end() ? nullptr : &*found;
}

std::vector<int> OpenReviews(const policy::Pack& pack, const calendar::Calendar& calendar, const Directory& directory,
                             v1::Audience audience, absl::Time now, v1::Result* result) {
  calendar::Span days;
  days.kind = calendar::Span::Kind::kBusinessDays;
  days.count = kBusinessDaysToReview;
  const absl::Time deadline = calendar.NextStaffed(calendar.Add(now, days));
  std::vector<int> opened;
  for (const v1::Outcome& outcome : result->decision().outcomes()) {
    if (!IsFor(outcome, audience)) continue;
    for (const v1::Determination* danger : DangersOf(*result, outcome)) {
      if (FromProto(danger->until()) <= now || FindReview(*result, danger->id()) != nullptr) continue;
      v1::DeterminationReview* review = result->add_determination_reviews();
      review->set_determination_id(danger->id());
      *review->mutable_requested_at() = ToProto(now);
      review->set_requested_as(audience);
      *review->mutable_owner() = ReviewerOf(pack, directory, danger->determined_by());
      *review->mutable_deadline() = ToProto(std::min(deadline, FromProto(danger->until())));
      opened.push_back(danger->id());
    }
  }
  return opened;
}

std::vector<const v1::DeterminationReview*> UnansweredReviews(const v1::Result& result, absl::Time now) {
  std::vector<const v1::DeterminationReview*> unanswered;
  for (const v1::DeterminationReview& review : result.determination_reviews()) {
    if (review.upheld_by().empty() && Holds(result, review.determination_id(), now)) unanswered.push_back(&review);
  }
  return unanswered;
}

std::string DangerInWords(const v1::Result& result, const v1::Determination& danger, absl::TimeZone zone, absl::Time now) {
  const std::string what = "a clinician's decision about your safety";
  if (FromProto(danger.until()) <= now)
    return absl::StrCat(what, ", which has ended; somebody looks at the result before it goes");
  const std::string that_ends = absl::StrCat(what, ", which ends ", audit::LocalTime(danger.until(), zone));
  const v1::DeterminationReview* review = FindReview(result, danger.id());
  if (review == nullptr) return absl::StrCat(that_ends, "; you have the right to have it reviewed by another clinician");
  if (review->upheld_by().empty()) return absl::StrCat(that_ends, "; because you asked, another clinician reviews it");
  return absl::StrCat(that_ends, "; another clinician has reviewed it, and it stands: ", review->reason());
}

}  // namespace resultgate::gate

#include "server/gate/review_screen.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "server/base/proto_time.h"
#include "server/base/status_macros.h"
#include "server/gate/clinician_words.h"
#include "server/gate/erasure.h"
#include "server/gate/in_process.h"
#include "server/gate/lifting.h"
#include "server/gate/patient_facts.h"
#include "server/gate/prior_results.h"
#include "server/gate/result_commit.h"
#include "server/gate/review_turns.h"
#include "server/gate/transition.h"
#include "server/policy/names.h"
#include "server/policy/outcomes.h"

namespace resultgate::gate {
namespace {

constexpr int kPage = 256;

absl::StatusOr<Notices> FindNotices(const store::Reader& reader, const Transition& transition) {
  Notices notices;
  for (const int64_t sequence : NoticesToFind(transition)) {
    RG_ASSIGN_OR_RETURN(const std::vector<store::OutboxRow> rows,
                        reader.ListOutbox(sequence - 1, /*unacknowledged_only=*/false, 1));
    for (const store::OutboxRow& row : rows) AddIfNotice(row.release, &notices);
  }
  return notices;
}

// The comments as they would go out once everything that waits for a review is approved and its floors have passed.
absl::StatusOr<std::vector<v1::Comment>> CommentsOnceApproved(const store::Reader& reader, const Rulebook& rulebook,
                                                              const v1::Result& result, absl::Time now) {
  std::vector<policy::Cell> cells = policy::ToCells(result.decision().outcomes());
  for (policy::Cell& cell : cells) {
    v1::Outcome& outcome = cell.outcome;
    if (outcome.disposition() == v1::DISPOSITION_DELAY || outcome.disposition() == v1::DISPOSITION_REVIEW) {
      outcome.set_disposition(v1::DISPOSITION_RELEASE);
    }
  }
  Transition approved = TakeRedecided(result, std::move(cells), now);
  RG_ASSIGN_OR_RETURN(const Notices notices, FindNotices(reader, approved));
  PlanNotice(nullptr, result.report(), result, notices, now, &approved);
  const policy::Outcomes outcomes = policy::ToOutcomes(approved.cells);
  v1::DiagnosticReport scratch;
  const v1::DiagnosticReport& report = ReportInForce(result, &scratch);
  std::vector<v1::Comment> comments;
  for (const PlannedRelease& planned : CutByWords(result, outcomes, approved.releases)) {
    if (planned.of_notice) continue;
    comments.push_back(RenderComment(*rulebook.comments, *rulebook.pack, report, outcomes, planned,
                                     WordsFor(result, outcomes, planned.unit_ids, planned.audiences)));
  }
  return comments;
}

std::string InWords(const v1::ReleasePreference& preference) {
  const std::string about = preference.category().empty() ? "" : absl::StrCat(preference.category(), ": ");
  switch (preference.timing()) {
    case v1::ReleasePreference::TIMING_IMMEDIATE:
      return absl::StrCat(about, "as soon as the law lets");
    case v1::ReleasePreference::TIMING_AFTER_DAYS:
      return absl::StrCat(about, preference.after_days(), preference.after_days() == 1 ? " day" : " days", " after it is final");
    case v1::ReleasePreference::TIMING_AFTER_REVIEW:
      return absl::StrCat(about, "after a clinician has reviewed it");
    default:
      return "";
  }
}

std::string PreferenceOf(const v1::Patient& patient) {
  std::vector<std::string> wishes;
  if (patient.has_preference()) wishes.push_back(InWords(patient.preference()));
  for (const v1::ReleasePreference& preference : patient.category_preferences()) wishes.push_back(InWords(preference));
  return absl::StrJoin(wishes, "; ");
}

// False where only a discussion was told of what nobody has to review.
bool ApprovedBy(const v1::Entry& entry) {
  const auto& outcomes = entry.approved().outcomes();
  return std::any_of(outcomes.begin(), outcomes.end(), [&entry](const v1::Outcome& outcome) {
    const v1::Review& review = outcome.review();
    return review.approved_by() == entry.actor() && base::FromProto(review.approved_at()) == base::FromProto(entry.time());
  });
}

// What an entry says about the result's reviews; nullopt where it says nothing of them.
std::optional<v1::ReviewStep> EventOf(const v1::Entry& entry) {
  v1::ReviewStep event;
  *event.mutable_time() = entry.time();
  event.set_actor(entry.actor());
  if (entry.has_approved()) {
    const bool discussed = entry.approved().has_discussed_at();
    event.set_what(!discussed ? "approved" : ApprovedBy(entry) ? "approved and discussed" : "discussed");
    return event;
  }
  if (entry.has_reviewed()) {
    event.set_what(absl::StrReplaceAll(policy::EnumWord(v1::ReviewAction_descriptor(), entry.reviewed().action()), {{"-", " "}}));
    event.set_reason(entry.reviewed().reason());
    return event;
  }
  if (entry.has_advanced() && !entry.advanced().reasons().empty()) {
    event.set_what(absl::StrJoin(entry.advanced().reasons(), "; "));
    return event;
  }
  return std::nullopt;
}

// True if neutral words stand in the place of what the patient could see; that something is in process does not.
absl::StatusOr<bool> Corrects(const store::Reader& reader, const v1::Result& result, const v1::Outcome& outcome) {
  if (result.version() < 2 || outcome.release_sequence() == 0) return false;
  RG_ASSIGN_OR_RETURN(const std::vector<store::OutboxRow> rows,
                      reader.ListOutbox(outcome.release_sequence() - 1, /*unacknowledged_only=*/false, 1));
  return !rows.empty() && rows[0].release.sequence() == outcome.release_sequence() &&
         rows[0].release.kind() == v1::RELEASE_KIND_BEING_CORRECTED;
}

}  // namespace

absl::StatusOr<std::vector<v1::PendingReview>> PendingReviewsOf(const store::Reader& reader, const v1::Result& result,
                                                                const Directory& directory, const absl::TimeZone& zone,
                                                                const std::string& owner, absl::Time now) {
  std::vector<v1::PendingReview> reviews;
  std::string etag;
  for (const v1::Outcome& outcome : result.decision().outcomes()) {
    if (!WaitsForOwner(outcome)) continue;
    // Nobody can do anything about it before a withholding ends.
    const bool withheld = outcome.disposition() == v1::DISPOSITION_WITHHOLD;
    if (withheld && base::FromProto(outcome.withheld_until()) > now) continue;
    const v1::ReviewTurn turn = directory.TurnAt(outcome.review(), zone, now);
    if (!owner.empty() && turn.owner().role() != owner && turn.owner().person().value() != owner) continue;
    if (etag.empty()) etag = ReviewEtag(result);
    v1::PendingReview review;
    review.set_result_id(result.id());
    review.set_version(result.version());
    *review.mutable_code() = result.report().code();
    if (result.report().patient().identifiers_size() > 0) *review.mutable_patient() = result.report().patient().identifiers(0);
    *review.mutable_owner() = turn.owner();
    *review.mutable_outcome() = outcome;
    *review.mutable_turn_ends_at() = turn.until();
    review.set_etag(etag);
    RG_ASSIGN_OR_RETURN(const bool corrects, Corrects(reader, result, outcome));
    review.set_corrects(corrects);
    reviews.push_back(std::move(review));
  }
  return reviews;
}

absl::StatusOr<v1::GetReviewResponse> GetReview(const store::Reader& reader, const PackHost& packs, const Directory& directory,
                                                int64_t result_id, absl::Time now) {
  RG_ASSIGN_OR_RETURN(std::optional<v1::Result> result, reader.FindResult(result_id));
  if (!result) return absl::NotFoundError(absl::StrCat("no result ", result_id));
  const std::shared_ptr<const Rulebook> active = packs.Active();
  const Rulebook& rulebook = *active;
  std::shared_ptr<const policy::Pack> decided_by = rulebook.pack;
  if (const std::string& digest = result->decision().pack_digest(); digest != decided_by->digest()) {
    if (auto kept = packs.Kept(digest); kept != nullptr) decided_by = std::move(kept);
  }
  v1::GetReviewResponse response;
  std::map<std::string, v1::HoldReason> reasons;
  RG_ASSIGN_OR_RETURN(std::vector<v1::PendingReview> reviews,
                      PendingReviewsOf(reader, *result, directory, rulebook.pack->calendar().zone(), "", now));
  for (v1::PendingReview& review : reviews) {
    for (v1::HoldReason& reason : ReasonsFor(*decided_by, review.outcome(), now)) {
      reasons.emplace(absl::StrCat(reason.rule_id(), "\n", reason.asks()), std::move(reason));
    }
    *response.add_reviews() = std::move(review);
  }
  for (auto& [key, reason] : reasons) *response.add_reasons() = std::move(reason);
  RG_ASSIGN_OR_RETURN(std::vector<v1::Comment> comments, CommentsOnceApproved(reader, rulebook, *result, now));
  for (v1::Comment& comment : comments) *response.add_comments() = std::move(comment);
  response.set_preference(PreferenceOf(InForce(result->report().patient(), result->known_patient())));
  response.set_etag(ReviewEtag(*result));
  RG_ASSIGN_OR_RETURN(std::vector<v1::PriorResult> priors, PriorResultsOf(reader, *result));
  for (v1::PriorResult& prior : priors) *response.add_prior_results() = std::move(prior);
  for (const v1::Determination& determination : result->determinations()) {
    if (base::FromProto(determination.until()) > now) *response.add_determinations() = determination;
  }
  for (int64_t after = 0;;) {
    RG_ASSIGN_OR_RETURN(const std::vector<v1::Entry> entries, reader.ListEntries(after, result_id, kPage));
    if (entries.empty()) break;
    after = entries.back().sequence();
    for (const v1::Entry& entry : entries) {
      if (std::optional<v1::ReviewStep> event = EventOf(entry)) *response.add_history() = *std::move(event);
    }
  }
  *response.mutable_result() = Answerable(*std::move(result));
  return response;
}

}  // namespace resultgate::gate

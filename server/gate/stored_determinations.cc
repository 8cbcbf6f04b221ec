#include "server/gate/stored_determinations.h"

#include <map>
#include <set>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "server/base/proto_time.h"
#include "server/gate/submit.h"

namespace resultgate::gate {
namespace {

bool PutInDoubtWhoseItIs(const v1::Entry& entry) {
  // A version that says that all was wrong leaves nothing in doubt of the other patient's.
  if (entry.decided().starts_over()) return true;
  v1::Result decided;
  *decided.mutable_decision() = entry.decided().decision();
  return StandingQuarantine(decided) == kOtherPatient;
}

void FindDeterminations(const v1::Result& kept, const std::vector<v1::Entry>& entries, std::vector<std::string>* findings) {
  std::map<int, v1::Determination> logged;
  std::set<absl::Time> moved;  // when it may have become another patient's, for whom nothing is determined
  for (const v1::Entry& entry : entries) {
    if (PutInDoubtWhoseItIs(entry)) moved.insert(base::FromProto(entry.time()));
    const v1::ReviewAction action = entry.reviewed().action();
    if (action != v1::REVIEW_ACTION_HELD && action != v1::REVIEW_ACTION_HOLD_ENDED) continue;
    logged[entry.reviewed().determination().id()] = entry.reviewed().determination();
  }
  for (v1::Determination determination : kept.determinations()) {
    const auto found = logged.find(determination.id());
    if (found == logged.end()) {
      findings->push_back(absl::StrCat("determination ", determination.id(), " was made by no entry"));
      continue;
    }
    if (moved.count(base::FromProto(determination.until())) > 0) *determination.mutable_until() = found->second.until();
    if (determination.SerializeAsString() != found->second.SerializeAsString()) {
      findings->push_back(absl::StrCat("determination ", determination.id(), " is not as it was logged"));
    }
    logged.erase(found);
  }
  for (const auto& [id, determination] : logged) {
    findings->push_back(absl::StrCat("determination ", id, ", which was logged, is missing"));
  }
}

void FindReviews(const v1::Result& kept, const std::vector<v1::Entry>& entries, std::vector<std::string>* findings) {
  using Review = std::tuple<absl::Time, std::string, absl::Time, std::string>;
  std::map<int, Review> logged;
  for (const v1::Entry& entry : entries) {
    if (PutInDoubtWhoseItIs(entry)) logged.clear();
    for (const int id : entry.release_requested().reviewed_determination_ids()) {
      std::get<0>(logged[id]) = base::FromProto(entry.time());
    }
    if (entry.reviewed().action() != v1::REVIEW_ACTION_HOLD_UPHELD) continue;
    Review& review = logged[entry.reviewed().determination().id()];
    review = {std::get<0>(review), entry.actor(), base::FromProto(entry.time()), entry.reviewed().reason()};
  }
  std::map<int, Review> reviews;
  for (const v1::DeterminationReview& review : kept.determination_reviews()) {
    const absl::Time upheld_at = review.has_upheld_at() ? base::FromProto(review.upheld_at()) : absl::Time();
    reviews[review.determination_id()] = {base::FromProto(review.requested_at()), review.upheld_by(), upheld_at, review.reason()};
  }
  if (logged != reviews) findings->push_back("the reviews of determinations are not those that were logged");
}

}  // namespace

std::vector<std::string> DeterminationFindings(const v1::Result& kept, const std::vector<v1::Entry>& entries) {
  std::vector<std::string> findings;
  FindDeterminations(kept, entries, &findings);
  FindReviews(kept, entries, &findings);
  return findings;
}

}  // namespace resultgate::gate

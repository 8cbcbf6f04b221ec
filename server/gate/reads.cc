#include "server/gate/reads.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "server/base/proto_time.h"
#include "server/base/status_macros.h"
#include "server/gate/clinician_words.h"
#include "server/gate/erasure.h"
#include "server/gate/keys.h"
#include "server/gate/patient_facts.h"
#include "server/gate/patients.h"
#include "server/gate/result_commit.h"
#include "server/gate/review_screen.h"
#include "server/policy/outcomes.h"

namespace resultgate::gate {
namespace {

using base::FromProto;

constexpr int kDefaultPage = 100;
constexpr int kReadAhead = 256;

int PageSize(int asked) {
  return asked > 0 ? asked : kDefaultPage;
}

absl::StatusOr<int64_t> TokenNumber(const std::string& token) {
  int64_t number = 0;
  if (token.empty()) return number;
  if (!absl::SimpleAtoi(token, &number) || number < 0) {
    return absl::InvalidArgumentError("page_token is none that this service gave; begin again without one");
  }
  return number;
}

std::optional<comment::Library::Form> FormOf(v1::CommentForm form) {
  switch (form) {
    case v1::COMMENT_FORM_TEXT:
      return comment::Library::Form::kText;
    case v1::COMMENT_FORM_MARKDOWN:
      return comment::Library::Form::kMarkdown;
    case v1::COMMENT_FORM_LETTER:
      return comment::Library::Form::kLetter;
    case v1::COMMENT_FORM_PHONE_SCRIPT:
      return comment::Library::Form::kPhone;
    default:
      return std::nullopt;
  }
}

bool HasState(const v1::Result& result, v1::OutcomeState state) {
  const auto& outcomes = result.decision().outcomes();
  return std::any_of(outcomes.begin(), outcomes.end(), [state](const v1::Outcome& outcome) { return outcome.state() == state; });
}

// What of a stored release still stands; nullopt where all of it was overtaken or erased.
std::optional<v1::Release> StillStanding(const v1::Release& stored, const v1::Result& result, const Rulebook& rulebook) {
  // A portal that was restored is to take away again what it took away.
  if (stored.kind() == v1::RELEASE_KIND_RETRACTION) return stored;
  // What it shows it has acknowledged; there is nothing to tell it any more.
  if (result.has_erased()) return std::nullopt;
  if (stored.kind() == v1::RELEASE_KIND_IN_PROCESS) {
    const auto& outcomes = result.decision().outcomes();
    const bool stands = std::any_of(outcomes.begin(), outcomes.end(), [&stored](const v1::Outcome& outcome) {
      return outcome.release_sequence() == stored.sequence() && outcome.state() == v1::OUTCOME_STATE_HELD;
    });
    return stands ? std::optional(stored) : std::nullopt;
  }
  PlannedRelease planned;
  planned.kind = stored.kind();
  for (const int audience : stored.audiences()) planned.audiences.push_back(static_cast<v1::Audience>(audience));
  for (const std::string& unit : stored.unit_ids()) {
    const bool stands = [&] {
      for (const v1::Outcome& outcome : result.decision().outcomes()) {
        if (outcome.release_sequence() != stored.sequence()) continue;
        planned.unreviewed = planned.unreviewed || outcome.released_unreviewed();
        if (std::find(outcome.unit_ids().begin(), outcome.unit_ids().end(), unit) != outcome.unit_ids().end()) return true;
      }
      return false;
    }();
    if (stands) planned.unit_ids.push_back(unit);
  }
  if (planned.unit_ids.empty()) return std::nullopt;
  const bool whole = IsWhole(result.decision().outcomes(), planned.audiences);
  v1::Release release = stored;
  if (planned.unit_ids.size() < static_cast<size_t>(stored.unit_ids_size())) {
    release.clear_unit_ids();
    for (const std::string& unit : planned.unit_ids) release.add_unit_ids(unit);
    v1::DiagnosticReport scratch;
    const policy::Outcomes& outcomes = result.decision().outcomes();
    *release.mutable_comment() = RenderComment(*rulebook.comments, *rulebook.pack, ReportInForce(result, &scratch), outcomes,
                                               planned, WordsFor(result, outcomes, planned.unit_ids, planned.audiences));
  }
  if (stored.kind() == v1::RELEASE_KIND_RESULT) *release.mutable_content() = ContentOf(result.report(), planned.unit_ids, whole);
  return release;
}

}  // namespace

absl::StatusOr<v1::ListOwnersResponse> ListOwners(const store::Reader& reader, const v1::ListOwnersRequest& request) {
  // The token is the last id of the page before.
  const int size = PageSize(request.page_size());
  RG_ASSIGN_OR_RETURN(std::vector<v1::DirectoryOwner> owners, reader.ListOwners(request.page_token(), size + 1));
  v1::ListOwnersResponse response;
  const bool more = owners.size() > static_cast<size_t>(size);
  if (more) owners.pop_back();
  if (more) response.set_next_page_token(owners.back().id());
  for (v1::DirectoryOwner& owner : owners) *response.add_owners() = std::move(owner);
  return response;
}

absl::StatusOr<v1::GetPatientResponse> GetPatient(const store::Reader& reader, const v1::GetPatientRequest& request) {
  RG_ASSIGN_OR_RETURN(const std::optional<int64_t> id, reader.FindPatientByKey(PatientKey(request.patient())));
  if (!id) return absl::NotFoundError("nothing is known of a patient of that identifier");
  v1::GetPatientResponse response;
  RG_ASSIGN_OR_RETURN(std::optional<v1::PatientRecord> record, reader.FindPatient(*id));
  if (!record) return absl::DataLossError(absl::StrCat("patient ", *id, " is named, but not there"));
  RG_ASSIGN_OR_RETURN(const std::vector<v1::PatientRecord> records, RecordsOf(reader, record->facts().identifiers()));
  KnownPatient known = Together(records);
  *response.mutable_in_force() = std::move(known.facts);
  for (const v1::PatientRecord& other : records) {
    for (const v1::Identifier& identifier : other.facts().identifiers())
      *response.mutable_in_force()->add_identifiers() = identifier;
  }
  for (v1::RelatedPerson& person : known.people) *response.add_related_people() = std::move(person);
  *response.mutable_record() = Answerable(*std::move(record));
  return response;
}

absl::StatusOr<v1::GetResultResponse> GetResult(const store::Reader& reader, const v1::GetResultRequest& request) {
  RG_ASSIGN_OR_RETURN(std::optional<v1::Result> result, reader.FindResult(request.result_id()));
  if (!result) return absl::NotFoundError(absl::StrCat("no result ", request.result_id()));
  v1::GetResultResponse response;
  *response.mutable_result() = Answerable(*std::move(result));
  return response;
}

absl::StatusOr<v1::ListLegalHoldsResponse> ListLegalHolds(const store::Reader& reader, const v1::ListLegalHoldsRequest& request) {
  RG_ASSIGN_OR_RETURN(const int64_t after, TokenNumber(request.page_token()));
  const int size = PageSize(request.page_size());
  RG_ASSIGN_OR_RETURN(std::vector<v1::LegalHold> holds, reader.ListLegalHolds(after, size + 1));
  v1::ListLegalHoldsResponse response;
  const bool more = holds.size() > static_cast<size_t>(size);
  if (more) holds.pop_back();
  if (more) response.set_next_page_token(absl::StrCat(holds.back().id()));
  for (v1::LegalHold& hold : holds) *response.add_legal_holds() = std::move(hold);
  return response;
}

absl::StatusOr<v1::ListResultsResponse> ListResults(const store::Reader& reader, const v1::ListResultsRequest& request) {
  RG_ASSIGN_OR_RETURN(int64_t after, TokenNumber(request.page_token()));
  const int size = PageSize(request.page_size());
  v1::ListResultsResponse response;
  for (;;) {
    RG_ASSIGN_OR_RETURN(std::vector<v1::Result> results, reader.ListResults(after, kReadAhead));
    if (results.empty()) return response;
    for (v1::Result& result : results) {
      const int64_t before = after;
      after = result.id();
      if (request.state() != v1::OUTCOME_STATE_UNSPECIFIED && !HasState(result, request.state())) continue;
      if (request.has_received_since() && FromProto(result.received_at()) < FromProto(request.received_since())) continue;
      if (response.results_size() == size) {
        response.set_next_page_token(absl::StrCat(before));
        return response;
      }
      *response.add_results() = Answerable(std::move(result));
    }
  }
}

absl::StatusOr<v1::ListReviewsResponse> ListReviews(const store::Reader& reader, const Directory& directory,
                                                    const absl::TimeZone& zone, const v1::ListReviewsRequest& request,
                                                    absl::Time now) {
  RG_ASSIGN_OR_RETURN(const int64_t offset, TokenNumber(request.page_token()));
  std::vector<v1::PendingReview> reviews;
  for (int64_t after = 0;;) {
    RG_ASSIGN_OR_RETURN(std::vector<v1::Result> results, reader.ListAwaitingSomebody(after, kReadAhead));
    if (results.empty()) break;
    after = results.back().id();
    for (const v1::Result& result : results) {
      RG_ASSIGN_OR_RETURN(std::vector<v1::PendingReview> of_result,
                          PendingReviewsOf(reader, result, directory, zone, request.owner(), now));
      for (v1::PendingReview& review : of_result) reviews.push_back(std::move(review));
    }
  }
  std::stable_sort(reviews.begin(), reviews.end(), [](const v1::PendingReview& a, const v1::PendingReview& b) {
    if (a.corrects() != b.corrects()) return a.corrects();
    return FromProto(a.outcome().review().expires_at()) < FromProto(b.outcome().review().expires_at());
  });
  v1::ListReviewsResponse response;
  const size_t end = static_cast<size_t>(offset) + static_cast<size_t>(PageSize(request.page_size()));
  for (size_t i = static_cast<size_t>(offset); i < std::min(end, reviews.size()); ++i)
    *response.add_reviews() = std::move(reviews[i]);
  if (end < reviews.size()) response.set_next_page_token(absl::StrCat(end));
  return response;
}

absl::StatusOr<std::vector<v1::Release>> ReadReleases(const store::Reader& reader, const Rulebook& rulebook,
                                                      int64_t after_sequence, bool unacknowledged_only, int limit,
                                                      int64_t* scanned_to) {
  RG_ASSIGN_OR_RETURN(const std::vector<store::OutboxRow> rows, reader.ListOutbox(after_sequence, unacknowledged_only, limit));
  std::vector<v1::Release> releases;
  *scanned_to = after_sequence;
  for (const store::OutboxRow& row : rows) {
    RG_ASSIGN_OR_RETURN(const std::optional<v1::Result> result, reader.FindResult(row.release.result_id()));
    if (!result)
      return absl::DataLossError(absl::StrCat("release ", row.release.sequence(), " is of a result that is not there"));
    if (std::optional<v1::Release> release = StillStanding(row.release, *result, rulebook))
      releases.push_back(*std::move(release));
    *scanned_to = row.release.sequence();
  }
  return releases;
}

absl::StatusOr<v1::GetReleaseResponse> GetRelease(const store::Reader& reader, const Rulebook& rulebook,
                                                  const v1::GetReleaseRequest& request) {
  int64_t scanned_to = 0;
  RG_ASSIGN_OR_RETURN(std::vector<v1::Release> releases,
                      ReadReleases(reader, rulebook, request.sequence() - 1, /*unacknowledged_only=*/false, 1, &scanned_to));
  if (scanned_to != request.sequence()) return absl::NotFoundError(absl::StrCat("no release ", request.sequence()));
  if (releases.empty()) {
    RG_ASSIGN_OR_RETURN(const std::vector<store::OutboxRow> rows, reader.ListOutbox(request.sequence() - 1, false, 1));
    RG_ASSIGN_OR_RETURN(const std::optional<v1::Result> result, reader.FindResult(rows.front().release.result_id()));
    if (result) RG_RETURN_IF_ERROR(CheckNotErased(*result));
    return absl::FailedPreconditionError(
        absl::StrCat("release ", request.sequence(), " is overtaken by a newer one of the same result: send nothing of it"));
  }
  v1::GetReleaseResponse response;
  *response.mutable_release() = std::move(releases.front());
  const v1::Comment& comment = response.release().comment();
  if (const auto form = FormOf(request.form()); form && !comment.text().empty())
    response.set_document(
        rulebook.comments->Format(comment, *form, response.release().has_content() ? &response.release().content() : nullptr));
  return response;
}

}  // namespace resultgate::gate

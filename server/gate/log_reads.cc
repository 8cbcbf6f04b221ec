#include "server/gate/log_reads.h"

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "server/audit/checkpoint.h"
#include "server/audit/entry_facts.h"
#include "server/audit/filter.h"
#include "server/audit/history.h"
#include "server/base/digest.h"
#include "server/base/status_macros.h"

namespace resultgate::gate {
namespace {

constexpr int kDefaultPage = 100;
constexpr int kReadAhead = 256;
constexpr size_t kQuestionDigits = 23;  // of a digest, with its `sha256:`

// Where the next page goes on, and the log's length when the first was asked for.
struct Place {
  int64_t at = 0;        // the last entry that was looked at, 0 before the first
  int64_t snapshot = 0;  // no entry after it is shown
};

// What a token belongs to: everything asked for but the page.
std::string QuestionOf(const v1::ListEntriesRequest& request) {
  return base::DigestText(
             absl::StrCat(request.result_id(), " ", request.kind(), " ", request.newest_first(), " ", request.filter()))
      .substr(0, kQuestionDigits);
}

std::string ToToken(const Place& place, const v1::ListEntriesRequest& request) {
  return absl::StrCat(place.at, ".", place.snapshot, ".", QuestionOf(request));
}

absl::StatusOr<Place> ReadToken(const v1::ListEntriesRequest& request) {
  const std::vector<std::string> parts = absl::StrSplit(request.page_token(), '.');
  Place place;
  if (parts.size() != 3 || !absl::SimpleAtoi(parts[0], &place.at) || !absl::SimpleAtoi(parts[1], &place.snapshot) ||
      place.at < 1 || place.snapshot < 0) {
    return absl::InvalidArgumentError("page_token is none that this service gave; begin again without one");
  }
  if (parts[2] != QuestionOf(request)) {
    return absl::InvalidArgumentError("page_token belongs to another question; begin again without one");
  }
  return place;
}

absl::StatusOr<Place> FirstPlace(const store::Reader& reader) {
  RG_ASSIGN_OR_RETURN(const std::vector<v1::Entry> newest, reader.ListEntriesBackward(0, 0, 1));
  Place place;
  if (!newest.empty()) place.snapshot = newest[0].sequence();
  return place;
}

// The identifiers of a result's patient, each looked up once.
class Patients {
 public:
  explicit Patients(const store::Reader& reader) : reader_(reader) {}

  const std::vector<std::string>& Of(int64_t result_id) {
    const auto [found, added] = known_.try_emplace(result_id);
    if (!added) return found->second;
    const absl::StatusOr<std::optional<v1::Result>> result = reader_.FindResult(result_id);
    if (!result.ok()) failure_ = result.status();
    if (!result.ok() || !result->has_value()) return found->second;
    for (const v1::Identifier& identifier : (*result)->report().patient().identifiers())
      found->second.push_back(identifier.value());
    return found->second;
  }
  // Why a look-up failed, if one did: an answer without it would be wrong.
  const absl::Status& failure() const { return failure_; }

 private:
  const store::Reader& reader_;
  std::map<int64_t, std::vector<std::string>> known_;
  absl::Status failure_;
};

absl::StatusOr<audit::Filter> FilterOf(const v1::ListEntriesRequest& request) {
  base::FileIssues issues;
  std::optional<audit::Filter> filter = audit::Filter::Parse(request.filter(), &issues);
  if (!filter) return absl::InvalidArgumentError(base::Format(issues));
  return *std::move(filter);
}

void AddHashes(const merkle::Proof& proof, google::protobuf::RepeatedPtrField<std::string>* hashes) {
  for (const merkle::Hash& hash : proof) *hashes->Add() = std::string(merkle::Bytes(hash));
}

// The size of the tree that is asked for.
absl::StatusOr<int64_t> TreeSize(int64_t asked, const std::string& checkpoint) {
  RG_ASSIGN_OR_RETURN(const audit::Checkpoint head, audit::ReadCheckpoint(checkpoint));
  if (asked > head.size) {
    return absl::OutOfRangeError(absl::StrCat("the log has ", head.size, " entries, and never had ", asked));
  }
  return asked == 0 ? head.size : asked;
}

}  // namespace

absl::StatusOr<v1::ListEntriesResponse> ListEntries(const store::Reader& reader, const v1::ListEntriesRequest& request) {
  RG_ASSIGN_OR_RETURN(const audit::Filter filter, FilterOf(request));
  RG_ASSIGN_OR_RETURN(Place place, request.page_token().empty() ? FirstPlace(reader) : ReadToken(request));
  const audit::Filter::Range range = filter.Sequences();
  const int64_t last = std::min(place.snapshot, range.last);
  // Where both name a result, an entry about another one matches neither: the index by either will do.
  const int64_t result_id = request.result_id() != 0 ? request.result_id() : filter.OnlyResult().value_or(0);
  const int size = request.page_size() > 0 ? request.page_size() : kDefaultPage;
  const bool backward = request.newest_first();
  if (place.at == 0) place.at = backward ? last + 1 : std::max<int64_t>(range.first - 1, 0);
  Patients patients(reader);
  const audit::Filter::PatientOf patient_of = [&patients](int64_t id) { return patients.Of(id); };

  v1::ListEntriesResponse response;
  for (int looked_at = 0;;) {
    if (backward && place.at <= 1) return response;
    RG_ASSIGN_OR_RETURN(std::vector<v1::Entry> entries, backward ? reader.ListEntriesBackward(place.at, result_id, kReadAhead)
                                                                 : reader.ListEntries(place.at, result_id, kReadAhead));
    if (entries.empty()) return response;
    for (v1::Entry& entry : entries) {
      if (backward ? entry.sequence() < range.first : entry.sequence() > last) return response;
      const bool matches = (request.kind() == v1::ENTRY_KIND_UNSPECIFIED || audit::KindOf(entry) == request.kind()) &&
                           filter.Matches(entry, patient_of);
      RG_RETURN_IF_ERROR(patients.failure());
      // A next page is promised only where there is something for it, or where nobody has looked.
      if ((matches && response.entries_size() == size) || looked_at == kMostEntriesLookedAt) {
        response.set_next_page_token(ToToken(place, request));
        return response;
      }
      place.at = entry.sequence();
      ++looked_at;
      if (matches) *response.add_entries() = std::move(entry);
    }
  }
}

absl::StatusOr<std::vector<v1::Entry>> EntriesOf(const store::Reader& reader, int64_t result_id, int64_t last) {
  std::vector<v1::Entry> all;
  while (true) {
    RG_ASSIGN_OR_RETURN(std::vector<v1::Entry> page,
                        reader.ListEntries(all.empty() ? 0 : all.back().sequence(), result_id, kReadAhead));
    const bool more = page.size() == kReadAhead;
    for (v1::Entry& entry : page) {
      if (entry.sequence() > last) return all;
      all.push_back(std::move(entry));
    }
    if (!more) return all;
  }
}

absl::StatusOr<v1::GetHistoryResponse> GetHistory(const store::Reader& reader, const v1::GetHistoryRequest& request,
                                                  absl::TimeZone zone) {
  RG_ASSIGN_OR_RETURN(const std::vector<v1::Entry> entries,
                      EntriesOf(reader, request.result_id(), std::numeric_limits<int64_t>::max()));
  if (entries.empty()) return absl::NotFoundError(absl::StrCat("the log has no entry about result ", request.result_id()));
  return audit::HistoryOf(entries, zone);
}

absl::StatusOr<v1::GetCheckpointResponse> GetCheckpoint(const store::LogReader& log) {
  v1::GetCheckpointResponse response;
  RG_ASSIGN_OR_RETURN(*response.mutable_checkpoint(), log.Head());
  RG_ASSIGN_OR_RETURN(const audit::Checkpoint head, audit::ReadCheckpoint(response.checkpoint()));
  response.set_public_key(log.key().ToString());
  response.set_tree_size(head.size);
  response.set_root_hash(std::string(merkle::Bytes(head.root)));
  return response;
}

absl::StatusOr<v1::GetInclusionProofResponse> GetInclusionProof(const store::LogReader& log,
                                                                const v1::GetInclusionProofRequest& request) {
  v1::GetInclusionProofResponse response;
  RG_ASSIGN_OR_RETURN(*response.mutable_checkpoint(), log.Head());
  RG_ASSIGN_OR_RETURN(const int64_t size, TreeSize(request.tree_size(), response.checkpoint()));
  RG_ASSIGN_OR_RETURN(const std::optional<std::string> entry, log.FindEntryBytes(request.sequence()));
  if (!entry) return absl::NotFoundError(absl::StrCat("there is no entry ", request.sequence()));
  if (request.sequence() > size) {
    return absl::OutOfRangeError(
        absl::StrCat("entry ", request.sequence(), " is not in the tree of the first ", size, " entries"));
  }
  RG_ASSIGN_OR_RETURN(const merkle::Proof proof, log.ProveInclusion(request.sequence(), size));
  response.set_entry(*entry);
  response.set_leaf_index(request.sequence() - 1);
  response.set_tree_size(size);
  AddHashes(proof, response.mutable_hashes());
  return response;
}

absl::StatusOr<v1::GetConsistencyProofResponse> GetConsistencyProof(const store::LogReader& log,
                                                                    const v1::GetConsistencyProofRequest& request) {
  v1::GetConsistencyProofResponse response;
  RG_ASSIGN_OR_RETURN(*response.mutable_checkpoint(), log.Head());
  RG_ASSIGN_OR_RETURN(const int64_t size, TreeSize(request.tree_size(), response.checkpoint()));
  RG_ASSIGN_OR_RETURN(const merkle::Proof proof, log.ProveConsistency(request.from_tree_size(), size));
  response.set_from_tree_size(request.from_tree_size());
  response.set_tree_size(size);
  AddHashes(proof, response.mutable_hashes());
  return response;
}

}  // namespace resultgate::gate

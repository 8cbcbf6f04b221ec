#include "server/gate/log_reads.h"

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "server/audit/checkpoint.h"
#include "server/audit/entry_facts.h"
#include "server/audit/filter.h"
#include "server/base/status_macros.h"
#include "server/gate/entry_source.h"
#include "server/gate/log_window.h"
#include "server/gate/page_token.h"

namespace resultgate::gate {
namespace {

constexpr int kDefaultPage = 100;
constexpr int kReadAhead = 256;

// A clock that is set back makes entries that are earlier than those before them. What a filter asks of times is looked for so
// much further on both sides.
constexpr absl::Duration kClockSetBack = absl::Minutes(10);

// What a token belongs to: everything asked for but the page. Who asks too: only the first page of a question is logged.
std::string QuestionOf(const v1::ListEntriesRequest& request) {
  return absl::StrCat(request.result_id(), " ", request.kind(), " ", request.actor().size(), " ", request.actor(), " ",
                      request.filter());
}

absl::StatusOr<PagePlace> FirstPlace(const store::Reader& reader, const v1::ListEntriesRequest& request) {
  PagePlace place;
  place.newest_first = request.newest_first();
  RG_ASSIGN_OR_RETURN(place.snapshot, reader.LastEntrySequence());
  return place;
}

absl::StatusOr<PagePlace> NextPlace(const store::Store& store, const v1::ListEntriesRequest& request) {
  RG_ASSIGN_OR_RETURN(const PagePlace place, OpenPageToken(store.log(), QuestionOf(request), request.page_token()));
  if (place.newest_first != request.newest_first()) {
    return absl::InvalidArgumentError(absl::StrCat("page_token belongs to the question with the ",
                                                   place.newest_first ? "newest" : "oldest",
                                                   " entries first; begin again without one"));
  }
  RG_ASSIGN_OR_RETURN(const int64_t last, store.LastEntrySequence());
  if (last < place.snapshot) {
    return absl::InvalidArgumentError(absl::StrCat("page_token is of a log with ", place.snapshot, " entries, and this one has ",
                                                   last, ": an older copy was put back; begin again without one"));
  }
  return place;
}

// What matches is among these.
absl::StatusOr<audit::Filter::Range> RangeOf(const store::Reader& reader, const audit::Filter& filter) {
  audit::Filter::Range range = filter.Sequences();
  const audit::Filter::TimeRange times = filter.Times();
  if (times.from > absl::InfinitePast()) {
    RG_ASSIGN_OR_RETURN(const int64_t before, LastEntryBefore(reader, times.from - kClockSetBack));
    range.first = std::max(range.first, before + 1);
  }
  if (times.until < absl::InfiniteFuture()) {
    RG_ASSIGN_OR_RETURN(const int64_t last, LastEntryBefore(reader, times.until + kClockSetBack));
    range.last = std::min(range.last, last);
  }
  return range;
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
    for (const v1::Identifier& identifier : (*result)->report().patient().identifiers()) {
      found->second.push_back(identifier.value());
      if (!identifier.system().empty()) found->second.push_back(absl::StrCat(identifier.system(), "|", identifier.value()));
    }
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

absl::StatusOr<v1::ListEntriesResponse> ListEntries(const store::Store& store, const v1::ListEntriesRequest& request) {
  const store::Reader& reader = store;
  RG_ASSIGN_OR_RETURN(const audit::Filter filter, FilterOf(request));
  RG_ASSIGN_OR_RETURN(PagePlace place, request.page_token().empty() ? FirstPlace(reader, request) : NextPlace(store, request));
  RG_ASSIGN_OR_RETURN(const audit::Filter::Range range, RangeOf(reader, filter));
  const int64_t last = std::min(place.snapshot, range.last);
  // Where both name a result, an entry about another one matches neither: the index by either will do.
  const int64_t result_id = request.result_id() != 0 ? request.result_id() : filter.OnlyResult().value_or(0);
  const int size = request.page_size() > 0 ? request.page_size() : kDefaultPage;
  const bool backward = request.newest_first();
  if (place.at == 0) place.at = backward ? last + 1 : std::max<int64_t>(range.first - 1, 0);
  Patients patients(reader);
  RG_ASSIGN_OR_RETURN(const EntrySource source,
                      EntrySource::Of(reader, filter, request.kind(), result_id, {range.first, last}, backward));
  const audit::Filter::PatientOf patient_of = [&patients](int64_t id) { return patients.Of(id); };

  v1::ListEntriesResponse response;
  for (int looked_at = 0;;) {
    RG_ASSIGN_OR_RETURN(std::vector<v1::Entry> entries, source.After(place.at));
    if (entries.empty()) return response;
    for (v1::Entry& entry : entries) {
      if (backward ? entry.sequence() < range.first : entry.sequence() > last) return response;
      const bool matches = (request.kind() == v1::ENTRY_KIND_UNSPECIFIED || audit::KindOf(entry) == request.kind()) &&
                           filter.Matches(entry, patient_of);
      RG_RETURN_IF_ERROR(patients.failure());
      // A next page is promised only where there is something for it, or where nobody has looked.
      if ((matches && response.entries_size() == size) || looked_at == kMostEntriesLookedAt) {
        response.set_next_page_token(MakePageToken(store.log(), QuestionOf(request), place));
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
                                                  absl::TimeZone zone, const audit::AskedBy& asked_by) {
  RG_ASSIGN_OR_RETURN(const std::vector<v1::Entry> entries,
                      EntriesOf(reader, request.result_id(), std::numeric_limits<int64_t>::max()));
  if (entries.empty()) return absl::NotFoundError(absl::StrCat("the log has no entry about result ", request.result_id()));
  return audit::HistoryOf(entries, zone, asked_by);
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

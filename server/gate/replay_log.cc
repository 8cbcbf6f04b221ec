#include "server/gate/replay_log.h"

#include <algorithm>
#include <iterator>
#include <optional>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "server/audit/entry_facts.h"
#include "server/base/file_issue.h"
#include "server/base/status_macros.h"
#include "server/policy/pack_files.h"

namespace resultgate::gate {
namespace {

constexpr size_t kMostListed = 100;
// How far back the start of the gate that logged an entry is looked for.
constexpr int64_t kFarthestStart = 100'000;
constexpr int64_t kProgressEvery = 64;

// Packs, activations and entries of a database.
class Sources {
 public:
  explicit Sources(store::LogFile& log) : log_(log) {}

  absl::Status Load() {
    RG_ASSIGN_OR_RETURN(activations_, log_.Activations());
    return absl::OkStatus();
  }

  ReplaySources Get() {
    return {[this](const std::string& digest) -> const KeptPack& { return Pack(digest); },
            [this](int64_t sequence) {
              const auto after = std::lower_bound(activations_.begin(), activations_.end(), sequence,
                                                  [](const auto& activation, int64_t at) { return activation.sequence < at; });
              return after == activations_.begin() ? std::string() : std::prev(after)->digest;
            },
            [this](int64_t sequence) -> std::optional<v1::Entry> {
              absl::StatusOr<std::optional<v1::Entry>> entry = log_.FindEntry(sequence);
              return entry.ok() ? *std::move(entry) : std::nullopt;
            }};
  }

 private:
  const KeptPack& Pack(const std::string& digest) {
    const auto [found, is_new] = packs_.try_emplace(digest);
    if (is_new) found->second = LoadKeptPack(log_, digest);
    return found->second;
  }

  store::LogFile& log_;
  std::vector<store::LogFile::ActivationRow> activations_;
  std::map<std::string, KeptPack> packs_;
};

// The results of the range, in order, and which versions of the gate logged it.
absl::StatusOr<std::vector<int64_t>> ResultsOf(store::LogFile& log, const ReplayRange& range, ReplayReport* report) {
  const auto take_start = [report](const audit::LogRow& row) {
    v1::Entry entry;
    if (row.result_id != 0 || !entry.ParseFromArray(row.bytes.data(), static_cast<int>(row.bytes.size()))) return;
    if (!entry.has_started()) return;
    auto& versions = report->versions;
    const std::string& version = entry.started().software_version();
    if (versions.empty() || versions.back().second != version) versions.emplace_back(row.sequence, version);
  };
  int64_t first = range.first;
  int64_t last = range.last;
  if (range.result_id != 0) {
    std::vector<int64_t> sequences;  // of those that cannot be read, too
    RG_ASSIGN_OR_RETURN(const std::vector<v1::Entry> entries, log.EntriesOf(range.result_id, &sequences));
    for (const v1::Entry& entry : entries) sequences.push_back(entry.sequence());
    if (sequences.empty()) return absl::NotFoundError(absl::StrCat("the log has no entry about result ", range.result_id));
    first = std::max(first, *std::min_element(sequences.begin(), sequences.end()));
    last = std::min(last, *std::max_element(sequences.begin(), sequences.end()));
  }
  RG_RETURN_IF_ERROR(log.ForEachIn(std::max<int64_t>(1, first - kFarthestStart), first - 1, [&](const audit::LogRow& row) {
    take_start(row);
    return absl::OkStatus();
  }));
  if (report->versions.size() > 1) report->versions = {report->versions.back()};
  absl::flat_hash_set<int64_t> ids;
  if (range.result_id != 0) ids.insert(range.result_id);
  RG_RETURN_IF_ERROR(log.ForEachIn(first, last, [&](const audit::LogRow& row) {
    if (row.result_id != 0 && range.result_id == 0) ids.insert(row.result_id);
    take_start(row);
    if (row.result_id == 0 && range.result_id == 0) {
      v1::Entry entry;
      const bool is_entry = entry.ParseFromArray(row.bytes.data(), static_cast<int>(row.bytes.size()));
      ++report->decide_nothing[is_entry ? audit::KindWord(entry) : "unreadable"];
    }
    return absl::OkStatus();
  }));
  std::vector<int64_t> sorted(ids.begin(), ids.end());
  std::sort(sorted.begin(), sorted.end());
  return sorted;
}

// Keeps the first of them, in order.
void Keep(Replayed replayed, std::vector<Replayed>* list) {
  const auto place = std::upper_bound(list->begin(), list->end(), replayed,
                                      [](const Replayed& a, const Replayed& b) { return a.sequence < b.sequence; });
  list->insert(place, std::move(replayed));
  if (list->size() > kMostListed) list->pop_back();
}

// The entries of a result. Where one cannot be read that is a difference, and nobody can tell what the others were decided from:
// nullopt.
absl::StatusOr<std::optional<std::vector<v1::Entry>>> ReadEntries(store::LogFile& log, int64_t id, const ReplayRange& range,
                                                                  ReplayReport* report) {
  std::vector<int64_t> unreadable;
  RG_ASSIGN_OR_RETURN(std::vector<v1::Entry> entries, log.EntriesOf(id, &unreadable));
  if (unreadable.empty()) return std::optional(std::move(entries));
  for (const int64_t sequence : unreadable) {
    if (sequence < range.first || sequence > range.last) continue;
    ++report->different;
    Keep({sequence, id, "unreadable", Replayed::Verdict::kDifferent, {"its bytes are no entry"}}, &report->differences);
  }
  for (const v1::Entry& entry : entries) {
    if (entry.sequence() < range.first || entry.sequence() > range.last) continue;
    const std::string why = absl::StrCat("entry ", unreadable.front(), " of the result cannot be read");
    ++report->not_kept;
    ++report->reasons[why];
    Keep({entry.sequence(), id, audit::KindWord(entry), Replayed::Verdict::kNotKept, {why}}, &report->missing);
  }
  return std::optional<std::vector<v1::Entry>>();
}

}  // namespace

KeptPack LoadKeptPack(store::LogFile& log, const std::string& digest) {
  const absl::StatusOr<std::optional<v1::PackFiles>> files = log.FindPack(digest);
  if (!files.ok()) return {nullptr, "its files are damaged"};
  if (!*files) return {};
  base::FileIssues issues;
  const policy::LoadedPack loaded = policy::LoadPackFiles(**files, &issues);
  if (loaded.pack == nullptr) return {nullptr, "its files cannot be used as a pack"};
  if (loaded.pack->digest() != digest) {
    return {nullptr, absl::StrCat("its files are others than were active: they have digest ", loaded.pack->digest())};
  }
  return {loaded.pack, ""};
}

absl::StatusOr<ReplayReport> ReplayLog(store::LogFile& log, const ReplayRange& range,
                                       const std::function<void(int64_t done, int64_t all)>& progress) {
  ReplayReport report;
  Sources sources(log);
  RG_RETURN_IF_ERROR(sources.Load());
  const ReplaySources from = sources.Get();
  RG_ASSIGN_OR_RETURN(const std::vector<int64_t> results, ResultsOf(log, range, &report));
  for (size_t i = 0; i < results.size(); ++i) {
    if (progress != nullptr && i % kProgressEvery == 0) progress(static_cast<int64_t>(i), static_cast<int64_t>(results.size()));
    RG_ASSIGN_OR_RETURN(const std::optional<std::vector<v1::Entry>> entries, ReadEntries(log, results[i], range, &report));
    if (!entries) continue;
    // One that cannot be read is as good as erased; its tables are `audit verify`'s to check.
    const absl::StatusOr<std::optional<v1::Result>> standing = log.FindResult(results[i]);
    const bool is_kept = standing.ok() && standing->has_value();
    for (Replayed& replayed : ReplayResult(is_kept ? &**standing : nullptr, *entries, range.first, range.last, from)) {
      switch (replayed.verdict) {
        case Replayed::Verdict::kSame:
          ++report.same;
          break;
        case Replayed::Verdict::kDifferent:
          ++report.different;
          Keep(std::move(replayed), &report.differences);
          break;
        case Replayed::Verdict::kNotKept:
          ++report.not_kept;
          ++report.reasons[replayed.details.front()];
          Keep(std::move(replayed), &report.missing);
          break;
        case Replayed::Verdict::kDecidesNothing:
          ++report.decide_nothing[replayed.kind];
          break;
      }
    }
  }
  if (progress != nullptr) progress(static_cast<int64_t>(results.size()), static_cast<int64_t>(results.size()));
  return report;
}

}  // namespace resultgate::gate

#include "server/gate/turnarounds.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "server/audit/filter.h"
#include "server/audit/summary.h"
#include "server/audit/turnaround.h"
#include "server/base/file_issue.h"
#include "server/base/proto_time.h"
#include "server/base/status_macros.h"
#include "server/gate/erasure.h"
#include "server/gate/follow_up.h"
#include "server/gate/log_reads.h"

namespace resultgate::gate {
namespace {

// What the log does not tell. Of an erased result it was noted before.
void NoteAbnormalAndAccount(const v1::Result& result, v1::Turnaround* turnaround) {
  if (result.has_erased()) {
    turnaround->set_abnormal(result.erased().abnormal());
    if (result.erased().has_portal_account()) turnaround->set_portal_account(result.erased().portal_account());
    return;
  }
  turnaround->set_abnormal(IsAbnormal(result));
  const v1::Patient& patient = result.known_patient();
  if (patient.has_portal_account()) turnaround->set_portal_account(patient.portal_account());
}

constexpr size_t kDefaultLines = 100;
constexpr int kTries = 3;

absl::StatusOr<int64_t> LastEntry(const store::Reader& reader) {
  RG_ASSIGN_OR_RETURN(const std::vector<v1::Entry> newest, reader.ListEntriesBackward(0, 0, 1));
  return newest.empty() ? 0 : newest[0].sequence();
}

// Counts what the filter takes of the log as it stood when it ended with the entry that is returned.
absl::StatusOr<int64_t> Count(const store::Reader& reader, const audit::Filter& filter, audit::Summary* summary) {
  RG_ASSIGN_OR_RETURN(const int64_t reach, reader.TurnaroundsReach());
  RG_ASSIGN_OR_RETURN(const int64_t last, LastEntry(reader));
  if (last - reach > kMostEntriesAhead) {
    return absl::UnavailableError(
        absl::StrCat("the figures follow the log and have come to entry ", reach, " of ", last, "; try again later"));
  }
  RG_ASSIGN_OR_RETURN(const std::vector<v1::Turnaround> ahead, ReadTurnarounds(reader, reach, last));
  absl::flat_hash_set<int64_t> taken;
  for (const v1::Turnaround& turnaround : ahead) {
    taken.insert(turnaround.result_id());
    if (filter.Matches(turnaround)) summary->Add(turnaround);
  }
  const audit::Filter::TimeRange times = filter.Times();
  RG_RETURN_IF_ERROR(reader.ForEachTurnaround(times.from, times.until, [&](const v1::Turnaround& turnaround) {
    if (!taken.contains(turnaround.result_id()) && filter.Matches(turnaround)) summary->Add(turnaround);
  }));
  return last;
}

// What a question comes to, and the size of the log that it comes to that of.
struct Counted {
  audit::Summary summary;
  int64_t tree_size = 0;
};

absl::StatusOr<Counted> Count(const store::Reader& reader, const audit::Filter& filter, const audit::Question& question) {
  for (int i = 0; i < kTries; ++i) {
    Counted counted{audit::Summary(question)};
    RG_ASSIGN_OR_RETURN(counted.tree_size, Count(reader, filter, &counted.summary));
    RG_ASSIGN_OR_RETURN(const int64_t reach, reader.TurnaroundsReach());
    // What follows the log may have passed that entry meanwhile, and told of later ones.
    if (reach <= counted.tree_size) return counted;
  }
  return absl::UnavailableError("the log grows faster than it can be counted; try again later");
}

absl::StatusOr<audit::Filter> FilterOf(const std::string& text) {
  base::FileIssues issues;
  std::optional<audit::Filter> filter = audit::Filter::Parse(text, &issues, audit::Filter::Of::kTurnarounds);
  if (!filter) return absl::InvalidArgumentError(base::Format(issues));
  return *std::move(filter);
}

template <typename Request>
audit::Question QuestionOf(const Request& request, absl::TimeZone zone, absl::Time now) {
  audit::Question question;
  if (request.audience() != v1::AUDIENCE_UNSPECIFIED) question.audience = request.audience();
  question.zone = zone;
  question.now = now;
  return question;
}

}  // namespace

std::optional<v1::Turnaround> TurnaroundFrom(const std::vector<v1::Entry>& entries, const v1::Result* result) {
  const v1::DiagnosticReport report = result != nullptr ? ReportForFigures(*result) : v1::DiagnosticReport();
  std::optional<v1::Turnaround> turnaround = audit::TurnaroundOf(entries, result != nullptr ? &report : nullptr);
  if (turnaround && result != nullptr) NoteAbnormalAndAccount(*result, &*turnaround);
  return turnaround;
}

absl::StatusOr<std::vector<v1::Turnaround>> ReadTurnarounds(const store::Reader& reader, int64_t after, int64_t last,
                                                            const std::function<void(const v1::Entry&)>& take) {
  RG_ASSIGN_OR_RETURN(const std::vector<int64_t> ids, reader.ListResultsTold(after, last));
  std::vector<v1::Turnaround> turnarounds;
  for (const int64_t id : ids) {
    RG_ASSIGN_OR_RETURN(const std::vector<v1::Entry> entries, EntriesOf(reader, id, last));
    for (const v1::Entry& entry : entries) {
      if (take != nullptr && entry.sequence() > after) take(entry);
    }
    const absl::StatusOr<std::optional<v1::Result>> result = reader.FindResult(id);
    if (!result.ok() && !absl::IsDataLoss(result.status())) return result.status();
    const bool readable = result.ok() && result->has_value();
    std::optional<v1::Turnaround> turnaround = TurnaroundFrom(entries, readable ? &**result : nullptr);
    if (turnaround) turnarounds.push_back(*std::move(turnaround));
  }
  std::stable_sort(turnarounds.begin(), turnarounds.end(), [](const v1::Turnaround& a, const v1::Turnaround& b) {
    return base::FromProto(a.received_at()) < base::FromProto(b.received_at());
  });
  return turnarounds;
}

absl::StatusOr<v1::SummarizeResponse> Summarize(const store::Reader& reader, const v1::SummarizeRequest& request,
                                                absl::TimeZone zone, absl::Time now) {
  RG_ASSIGN_OR_RETURN(const audit::Filter filter, FilterOf(request.filter()));
  audit::Question question = QuestionOf(request, zone, now);
  for (const int dimension : request.group_by()) question.group_by.push_back(static_cast<v1::SummaryDimension>(dimension));
  RG_ASSIGN_OR_RETURN(Counted counted, Count(reader, filter, question));
  v1::SummarizeResponse response;
  RG_RETURN_IF_ERROR(counted.summary.Finish(response.mutable_total(), response.mutable_groups()));
  response.set_tree_size(counted.tree_size);
  return response;
}

absl::StatusOr<v1::GetReportResponse> GetReport(const store::Reader& reader, const v1::GetReportRequest& request,
                                                absl::TimeZone zone, absl::Time now) {
  RG_ASSIGN_OR_RETURN(const audit::Filter filter, FilterOf(request.filter()));
  audit::Question question = QuestionOf(request, zone, now);
  question.report = request.report();
  question.group_by = audit::GroupsOf(request.report());
  question.most_lines = request.most_lines() > 0 ? static_cast<size_t>(request.most_lines()) : kDefaultLines;
  v1::GetReportResponse response;
  for (const v1::SummaryDimension dimension : question.group_by) response.add_group_by(dimension);
  RG_ASSIGN_OR_RETURN(Counted counted, Count(reader, filter, question));
  int64_t all_lines = 0;
  counted.summary.TakeLines(response.mutable_lines(), &all_lines);
  response.set_all_lines(all_lines);
  RG_RETURN_IF_ERROR(counted.summary.Finish(response.mutable_total(), response.mutable_groups()));
  response.set_tree_size(counted.tree_size);
  return response;
}

}  // namespace resultgate::gate

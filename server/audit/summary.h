// Figures over many results: counts and percentiles in groups, and the prepared reports. What the figures mean stands in
// proto/resultgate/v1/summary.proto.
#ifndef RESULTGATE_AUDIT_SUMMARY_H_
#define RESULTGATE_AUDIT_SUMMARY_H_

#include <google/protobuf/repeated_ptr_field.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "resultgate/v1/decision.pb.h"
#include "resultgate/v1/summary.pb.h"

namespace resultgate::audit {

// More groups than this are no summary.
inline constexpr size_t kMostGroups = 10'000;

struct Question {
  std::vector<v1::SummaryDimension> group_by;
  v1::Audience audience = v1::AUDIENCE_PATIENT;
  absl::TimeZone zone = absl::UTCTimeZone();  // of days
  absl::Time now;                             // what still waits has waited until now
  // Counts only what this report is about; UNSPECIFIED for everything.
  v1::ReportKind report = v1::REPORT_KIND_UNSPECIFIED;
  size_t most_lines = 0;
};

// What a report puts its figures in groups by.
std::vector<v1::SummaryDimension> GroupsOf(v1::ReportKind report);
// What its lines are, if it has any.
enum class LinesOf { kNothing, kHolds, kResults };
LinesOf WhatLinesAre(v1::ReportKind report);

// Keeps three numbers a result and group until the end. Not thread-safe.
class Summary {
 public:
  explicit Summary(Question question) : question_(std::move(question)) {}

  void Add(const v1::Turnaround& turnaround);

  // ResourceExhausted for more than kMostGroups. Call nothing after it.
  absl::Status Finish(v1::SummaryGroup* total, google::protobuf::RepeatedPtrField<v1::SummaryGroup>* groups);
  // The report's lines; call before Finish.
  void TakeLines(google::protobuf::RepeatedPtrField<v1::ReportLine>* lines, int64_t* all);

 private:
  using Part = v1::Turnaround::Part;
  using Hold = v1::Turnaround::Hold;

  // A part of the result with those of its holds that count.
  struct Share {
    const Part* part;
    std::vector<const Hold*> holds;
  };
  struct Figures {
    std::vector<std::string> keys;
    int64_t results = 0, released = 0, waiting = 0, held = 0, overruns = 0, released_unreviewed = 0, other_language = 0;
    int64_t viewed = 0, contacted = 0;
    std::vector<int64_t> time_to_release, hold_time, review_time, time_to_view;  // microseconds
  };

  bool Counts(const Part& part, const Hold& hold) const;
  bool IsLine(const Part& part, const Hold& hold) const;
  // By how much the result is what the report, whose lines are results, is about; nullopt where it is not.
  std::optional<absl::Duration> OverOf(const v1::Turnaround& turnaround, const std::vector<Share>& shares) const;
  void AddLine(v1::ReportLine line, const v1::Turnaround& turnaround, std::optional<absl::Duration> over);
  void AddHoldLine(const v1::Turnaround& turnaround, const Part& part, const Hold& hold);
  void AddResultLine(const v1::Turnaround& turnaround, const std::vector<Share>& shares, absl::Duration over);
  const std::string& DayOf(absl::Time time);
  std::string KeyOf(v1::SummaryDimension dimension, const v1::Turnaround& turnaround, const Hold* hold);
  void AddToGroups(const v1::Turnaround& turnaround, const std::vector<Share>& shares);
  void AddToGroup(const v1::Turnaround& turnaround, const Hold* hold, const std::vector<Share>& shares);
  void Count(const v1::Turnaround& turnaround, const std::vector<Share>& shares, Figures* figures) const;
  static void Write(Figures* figures, v1::SummaryGroup* group);

  const Question question_;
  Figures total_;
  absl::flat_hash_map<std::string, Figures> groups_;
  bool too_many_ = false;
  std::vector<v1::ReportLine> lines_;
  int64_t all_lines_ = 0;
  absl::CivilDay last_day_;
  std::string last_day_text_;
};

}  // namespace resultgate::audit

#endif  // RESULTGATE_AUDIT_SUMMARY_H_

#include "server/audit/summary.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "server/audit/entry_facts.h"
#include "server/audit/turnaround.h"
#include "server/base/proto_time.h"

namespace resultgate::audit {
namespace {

using base::FromProto;

// Between keys; no key of a valid message has it.
constexpr absl::string_view kBetween("\0", 1);

// `es` of `es-MX`.
absl::string_view PrimaryLanguage(absl::string_view tag) {
  return tag.substr(0, tag.find('-'));
}

void WritePercentiles(std::vector<int64_t>* micros, v1::Percentiles* percentiles) {
  std::vector<int64_t>& values = *micros;
  percentiles->set_count(static_cast<int64_t>(values.size()));
  if (values.empty()) return;
  std::sort(values.begin(), values.end());
  const auto rank = [&values](size_t percent) {
    const size_t place = (values.size() * percent + 99) / 100;
    return base::ToProto(absl::Microseconds(values[place - 1]));
  };
  *percentiles->mutable_p50() = rank(50);
  *percentiles->mutable_p90() = rank(90);
  *percentiles->mutable_p99() = rank(99);
  *percentiles->mutable_max() = rank(100);
}

bool IsOut(const v1::Turnaround::Part& part) {
  return part.state() == v1::OUTCOME_STATE_RELEASED || part.state() == v1::OUTCOME_STATE_PUBLISHED;
}

// The abnormal first, which lines about holds never are; then the longest, then the newest.
bool GoesBefore(const v1::ReportLine& a, const v1::ReportLine& b) {
  if (a.abnormal() != b.abnormal()) return a.abnormal();
  const absl::Duration left = FromProto(a.over()), right = FromProto(b.over());
  if (left != right) return left > right;
  if (a.result_id() != b.result_id()) return a.result_id() > b.result_id();
  if (a.hold().rule_id() != b.hold().rule_id()) return a.hold().rule_id() < b.hold().rule_id();
  return FromProto(a.hold().since()) < FromProto(b.hold().since());
}

}  // namespace

std::vector<v1::SummaryDimension> GroupsOf(v1::ReportKind report) {
  switch (report) {
    case v1::REPORT_KIND_DISPARITIES_BY_LANGUAGE:
      return {v1::SUMMARY_DIMENSION_LANGUAGE};
    case v1::REPORT_KIND_DISPARITIES_BY_ACCOUNT:
      return {v1::SUMMARY_DIMENSION_ACCOUNT};
    case v1::REPORT_KIND_SEEN_FIRST:
    case v1::REPORT_KIND_UNVIEWED_ABNORMAL:
      return {v1::SUMMARY_DIMENSION_CATEGORY, v1::SUMMARY_DIMENSION_ACCOUNT};
    default:
      return {v1::SUMMARY_DIMENSION_BASIS, v1::SUMMARY_DIMENSION_RULE};
  }
}

LinesOf WhatLinesAre(v1::ReportKind report) {
  switch (report) {
    case v1::REPORT_KIND_HOLDS_BY_BASIS:
    case v1::REPORT_KIND_RELEASED_BEFORE_REVIEW:
    case v1::REPORT_KIND_OVERDUE_REVIEWS:
      return LinesOf::kHolds;
    case v1::REPORT_KIND_SEEN_FIRST:
    case v1::REPORT_KIND_UNVIEWED_ABNORMAL:
      return LinesOf::kResults;
    default:
      return LinesOf::kNothing;
  }
}

bool Summary::Counts(const Part& part, const Hold& hold) const {
  switch (question_.report) {
    case v1::REPORT_KIND_RELEASED_BEFORE_REVIEW:
      return hold.effect() == v1::RULE_EFFECT_REVIEW && part.released_unreviewed() && !hold.has_reviewed_at() &&
             !StillHolds(hold, question_.now);
    case v1::REPORT_KIND_OVERDUE_REVIEWS:
      return hold.effect() == v1::RULE_EFFECT_REVIEW && StillHolds(hold, question_.now) && OverrunOf(hold, question_.now);
    default:
      return true;
  }
}

bool Summary::IsLine(const Part& part, const Hold& hold) const {
  switch (question_.report) {
    case v1::REPORT_KIND_HOLDS_BY_BASIS:
      return OverrunOf(hold, question_.now).has_value();
    case v1::REPORT_KIND_RELEASED_BEFORE_REVIEW:
    case v1::REPORT_KIND_OVERDUE_REVIEWS:
      return Counts(part, hold);
    default:
      return false;
  }
}

std::optional<absl::Duration> Summary::OverOf(const v1::Turnaround& turnaround, const std::vector<Share>& shares) const {
  if (question_.report == v1::REPORT_KIND_SEEN_FIRST) {
    if (!turnaround.has_first_viewed_at()) return std::nullopt;
    const absl::Time seen = FromProto(turnaround.first_viewed_at());
    const absl::Time opened = turnaround.has_opened_at() ? FromProto(turnaround.opened_at()) : question_.now;
    return turnaround.has_opened_at() && opened <= seen ? std::nullopt : std::make_optional(opened - seen);
  }
  const bool out = std::any_of(shares.begin(), shares.end(), [](const Share& share) { return IsOut(*share.part); });
  if (!out || !turnaround.abnormal() || !turnaround.has_unseen_since()) return std::nullopt;
  return question_.now - FromProto(turnaround.unseen_since());
}

void Summary::AddHoldLine(const v1::Turnaround& turnaround, const Part& part, const Hold& hold) {
  v1::ReportLine line;
  *line.mutable_hold() = hold;
  if (part.has_released_at()) *line.mutable_released_at() = part.released_at();
  AddLine(std::move(line), turnaround, OverrunOf(hold, question_.now));
}

void Summary::AddResultLine(const v1::Turnaround& turnaround, const std::vector<Share>& shares, absl::Duration over) {
  v1::ReportLine line;
  for (const Share& share : shares) {
    if (!share.part->has_released_at()) continue;
    const bool first = !line.has_released_at() || FromProto(share.part->released_at()) < FromProto(line.released_at());
    if (first) *line.mutable_released_at() = share.part->released_at();
  }
  if (turnaround.has_first_viewed_at()) *line.mutable_first_viewed_at() = turnaround.first_viewed_at();
  if (turnaround.has_opened_at()) *line.mutable_opened_at() = turnaround.opened_at();
  if (turnaround.has_contacted_at()) *line.mutable_contacted_at() = turnaround.contacted_at();
  line.set_abnormal(turnaround.abnormal());
  if (turnaround.has_portal_account()) line.set_portal_account(turnaround.portal_account());
  AddLine(std::move(line), turnaround, over);
}

void Summary::AddLine(v1::ReportLine line, const v1::Turnaround& turnaround, std::optional<absl::Duration> over) {
  ++all_lines_;
  line.set_result_id(turnaround.result_id());
  line.set_audience(question_.audience);
  if (over) *line.mutable_over() = base::ToProto(*over);
  line.set_section(turnaround.section());
  line.set_language(turnaround.language());
  line.set_facility(turnaround.facility());
  lines_.push_back(std::move(line));
  if (lines_.size() < 2 * question_.most_lines + 1) return;
  std::nth_element(lines_.begin(), lines_.begin() + static_cast<std::ptrdiff_t>(question_.most_lines), lines_.end(), GoesBefore);
  lines_.resize(question_.most_lines);
}

void Summary::TakeLines(google::protobuf::RepeatedPtrField<v1::ReportLine>* lines, int64_t* all) {
  std::sort(lines_.begin(), lines_.end(), GoesBefore);
  if (lines_.size() > question_.most_lines) lines_.resize(question_.most_lines);
  for (v1::ReportLine& line : lines_) *lines->Add() = std::move(line);
  *all = all_lines_;
}

void Summary::Add(const v1::Turnaround& turnaround) {
  const LinesOf lines = WhatLinesAre(question_.report);
  std::vector<Share> shares;
  for (const Part& part : turnaround.parts()) {
    if (std::find(part.audiences().begin(), part.audiences().end(), question_.audience) == part.audiences().end()) continue;
    Share share{&part, {}};
    for (const Hold& hold : part.holds()) {
      if (Counts(part, hold)) share.holds.push_back(&hold);
      if (IsLine(part, hold)) AddHoldLine(turnaround, part, hold);
    }
    if (lines != LinesOf::kHolds || !share.holds.empty()) shares.push_back(std::move(share));
  }
  if (shares.empty()) return;
  if (lines == LinesOf::kResults) {
    const std::optional<absl::Duration> over = OverOf(turnaround, shares);
    if (!over) return;
    AddResultLine(turnaround, shares, *over);
  }
  Count(turnaround, shares, &total_);
  AddToGroups(turnaround, shares);
}

void Summary::AddToGroups(const v1::Turnaround& turnaround, const std::vector<Share>& shares) {
  const auto& dimensions = question_.group_by;
  if (dimensions.empty()) return;
  const bool by_hold = std::any_of(dimensions.begin(), dimensions.end(), [](v1::SummaryDimension dimension) {
    return dimension == v1::SUMMARY_DIMENSION_RULE || dimension == v1::SUMMARY_DIMENSION_BASIS;
  });
  const bool held = std::any_of(shares.begin(), shares.end(), [](const Share& share) { return !share.holds.empty(); });
  if (!by_hold || !held) return AddToGroup(turnaround, nullptr, shares);
  // Each group gets what its own holds held.
  std::vector<std::pair<std::string, std::vector<Share>>> slices;
  std::vector<const Hold*> first;
  for (const Share& share : shares) {
    for (const Hold* hold : share.holds) {
      std::string key;
      for (const v1::SummaryDimension dimension : dimensions) absl::StrAppend(&key, KeyOf(dimension, turnaround, hold), kBetween);
      auto slice = std::find_if(slices.begin(), slices.end(), [&key](const auto& known) { return known.first == key; });
      if (slice == slices.end()) {
        slices.emplace_back(std::move(key), std::vector<Share>());
        slice = std::prev(slices.end());
        first.push_back(hold);
      }
      if (slice->second.empty() || slice->second.back().part != share.part) slice->second.push_back({share.part, {}});
      slice->second.back().holds.push_back(hold);
    }
  }
  for (size_t i = 0; i < slices.size(); ++i) AddToGroup(turnaround, first[i], slices[i].second);
}

void Summary::AddToGroup(const v1::Turnaround& turnaround, const Hold* hold, const std::vector<Share>& shares) {
  std::vector<std::string> keys;
  keys.reserve(question_.group_by.size());
  for (const v1::SummaryDimension dimension : question_.group_by) keys.push_back(KeyOf(dimension, turnaround, hold));
  std::string key = absl::StrJoin(keys, kBetween);
  const auto found = groups_.find(key);
  if (found != groups_.end()) return Count(turnaround, shares, &found->second);
  if (groups_.size() == kMostGroups) {
    too_many_ = true;
    return;
  }
  Figures& figures = groups_[std::move(key)];
  figures.keys = std::move(keys);
  Count(turnaround, shares, &figures);
}

const std::string& Summary::DayOf(absl::Time time) {
  const absl::CivilDay day = absl::ToCivilDay(time, question_.zone);
  if (day != last_day_ || last_day_text_.empty()) {
    last_day_ = day;
    last_day_text_ = absl::FormatCivilTime(day);
  }
  return last_day_text_;
}

std::string Summary::KeyOf(v1::SummaryDimension dimension, const v1::Turnaround& turnaround, const Hold* hold) {
  switch (dimension) {
    case v1::SUMMARY_DIMENSION_RULE:
      return hold == nullptr ? "" : hold->rule_id();
    case v1::SUMMARY_DIMENSION_BASIS:
      return hold == nullptr || hold->basis().type() == v1::BASIS_TYPE_UNSPECIFIED
                 ? ""
                 : EnumWord(v1::BasisType_Name(hold->basis().type()), "BASIS_TYPE_");
    case v1::SUMMARY_DIMENSION_DAY:
      return DayOf(FromProto(turnaround.received_at()));
    case v1::SUMMARY_DIMENSION_CATEGORY:
      return turnaround.section() == v1::SECTION_UNSPECIFIED ? "" : EnumWord(v1::Section_Name(turnaround.section()), "SECTION_");
    case v1::SUMMARY_DIMENSION_LANGUAGE:
      return turnaround.language();
    case v1::SUMMARY_DIMENSION_FACILITY:
      return turnaround.facility();
    case v1::SUMMARY_DIMENSION_ACCOUNT:
      return !turnaround.has_portal_account() ? "" : turnaround.portal_account() ? "active" : "none";
    default:
      return "";
  }
}

void Summary::Count(const v1::Turnaround& turnaround, const std::vector<Share>& shares, Figures* figures) const {
  bool all_out = true, any_out = false, waits = false, held = false, over = false, unreviewed = false, other_language = false;
  absl::Time first_out = absl::InfiniteFuture();
  absl::Time released = absl::InfinitePast(), held_since = absl::InfiniteFuture(), held_until = absl::InfinitePast();
  absl::Time review_started = absl::InfiniteFuture(), reviewed = absl::InfinitePast();
  for (const Share& share : shares) {
    const Part& part = *share.part;
    if (part.has_released_at()) {
      any_out = true;
      released = std::max(released, FromProto(part.released_at()));
      first_out = std::min(first_out, FromProto(part.released_at()));
    } else if (part.state() != v1::OUTCOME_STATE_CLOSED) {
      all_out = false;
    }
    waits = waits || part.state() == v1::OUTCOME_STATE_HELD;
    unreviewed = unreviewed || part.released_unreviewed();
    other_language = other_language ||
                     (!part.comment_language().empty() && !turnaround.language().empty() &&
                      !absl::EqualsIgnoreCase(PrimaryLanguage(part.comment_language()), PrimaryLanguage(turnaround.language())));
    for (const Hold* hold : share.holds) {
      held = true;
      over = over || OverrunOf(*hold, question_.now).has_value();
      held_since = std::min(held_since, FromProto(hold->since()));
      held_until = std::max(held_until, StillHolds(*hold, question_.now) ? absl::InfiniteFuture() : FromProto(hold->until()));
      if (!hold->has_reviewed_at()) continue;
      reviewed = std::max(reviewed, FromProto(hold->reviewed_at()));
      if (hold->has_review_started_at()) review_started = std::min(review_started, FromProto(hold->review_started_at()));
    }
  }
  ++figures->results;
  const bool is_released = all_out && any_out;
  figures->released += is_released ? 1 : 0;
  figures->waiting += waits ? 1 : 0;
  figures->held += held ? 1 : 0;
  figures->overruns += over ? 1 : 0;
  figures->released_unreviewed += unreviewed ? 1 : 0;
  figures->other_language += other_language ? 1 : 0;
  const auto took = [](absl::Time from, absl::Time until) {
    return std::max<int64_t>(absl::ToInt64Microseconds(until - from), 0);
  };
  figures->contacted += turnaround.has_contacted_at() ? 1 : 0;
  if (any_out && turnaround.has_first_viewed_at()) {
    ++figures->viewed;
    figures->time_to_view.push_back(took(first_out, FromProto(turnaround.first_viewed_at())));
  }
  // What was shown while it was preliminary had no clock yet.
  if (is_released && turnaround.has_final_at()) {
    figures->time_to_release.push_back(took(FromProto(turnaround.final_at()), released));
  }
  if (held && held_until < absl::InfiniteFuture()) figures->hold_time.push_back(took(held_since, held_until));
  if (reviewed > absl::InfinitePast() && review_started < absl::InfiniteFuture()) {
    figures->review_time.push_back(
        took(review_started, reviewed));  // one that was approved before the owner came in took no time
  }
}

void Summary::Write(Figures* figures, v1::SummaryGroup* group) {
  for (std::string& key : figures->keys) group->add_keys(std::move(key));
  group->set_results(figures->results);
  group->set_released(figures->released);
  group->set_waiting(figures->waiting);
  group->set_held(figures->held);
  group->set_overruns(figures->overruns);
  group->set_released_unreviewed(figures->released_unreviewed);
  group->set_other_language(figures->other_language);
  group->set_viewed(figures->viewed);
  group->set_contacted(figures->contacted);
  WritePercentiles(&figures->time_to_release, group->mutable_time_to_release());
  WritePercentiles(&figures->hold_time, group->mutable_hold_time());
  WritePercentiles(&figures->review_time, group->mutable_review_time());
  WritePercentiles(&figures->time_to_view, group->mutable_time_to_view());
}

absl::Status Summary::Finish(v1::SummaryGroup* total, google::protobuf::RepeatedPtrField<v1::SummaryGroup>* groups) {
  if (too_many_) {
    return absl::ResourceExhaustedError(
        absl::StrCat("more than ", kMostGroups, " groups; ask for a shorter time or fewer dimensions"));
  }
  Write(&total_, total);
  std::vector<Figures*> sorted;
  for (auto& [key, figures] : groups_) sorted.push_back(&figures);
  std::sort(sorted.begin(), sorted.end(), [](const Figures* a, const Figures* b) { return a->keys < b->keys; });
  for (Figures* figures : sorted) Write(figures, groups->Add());
  return absl::OkStatus();
}

}  // namespace resultgate::audit

#include "server/policy/column.h"

#include <algorithm>

namespace resultgate::policy {
namespace {

constexpr uint32_t kNoRow = std::numeric_limits<uint32_t>::max();

bool IsEmpty(const Range& range) {
  return range.least > range.most || (range.least == range.most && (range.least_open || range.most_open));
}

Range Common(const Range& a, const Range& b) {
  Range common = a;
  if (b.least > a.least || (b.least == a.least && b.least_open)) {
    common.least = b.least;
    common.least_open = b.least_open;
  }
  if (b.most < a.most || (b.most == a.most && b.most_open)) {
    common.most = b.most;
    common.most_open = b.most_open;
  }
  return common;
}

bool Holds(const Range& range, double number) {
  return (number > range.least || (number == range.least && !range.least_open)) &&
         (number < range.most || (number == range.most && !range.most_open));
}

// Narrows `*constraint` to what `other` allows too. False where the two do not merge.
bool Merge(const Constraint& other, Constraint* constraint) {
  if (!constraint->ranges.empty() && !other.ranges.empty()) {
    std::vector<Range> common;
    for (const Range& a : constraint->ranges) {
      for (const Range& b : other.ranges) {
        if (const Range both = Common(a, b); !IsEmpty(both)) common.push_back(both);
      }
    }
    // A rule that can hold for no number at all is what an empty list would not say.
    if (common.empty()) return false;
    constraint->ranges = std::move(common);
    return true;
  }
  if (constraint->numbers.empty() || other.numbers.empty()) return false;
  std::set<int64_t> both;
  std::set_intersection(constraint->numbers.begin(), constraint->numbers.end(), other.numbers.begin(), other.numbers.end(),
                        std::inserter(both, both.end()));
  if (both.empty()) return false;
  constraint->numbers = std::move(both);
  return true;
}

}  // namespace

Column::Column(const Fact& fact, Reading reading, size_t rules)
    : fact_(fact), reading_(reading), words_((rules + 63) / 64), free_(words_, ~uint64_t{0}) {}

bool Column::Add(size_t rule, const Constraint& constraint) {
  // Enumerations are small; other numbers are not worth a row each.
  constexpr int64_t kMostNumbers = 1000;
  const auto& numbers = constraint.numbers;
  if (!numbers.empty() && (*numbers.begin() < 0 || *numbers.rbegin() >= kMostNumbers)) return false;
  const auto [at, added] = constraints_.try_emplace(rule, constraint);
  if (!added) return Merge(constraint, &at->second);
  free_[rule / 64] &= ~(uint64_t{1} << (rule % 64));
  return true;
}

uint64_t* Column::AddRow() {
  rows_.resize(rows_.size() + words_, 0);
  return rows_.data() + rows_.size() - words_;
}

template <typename Holds>
void Column::FillRow(const Holds& holds) {
  uint64_t* row = AddRow();
  for (const auto& [rule, constraint] : constraints_) {
    if (holds(constraint)) SetBit(rule, row);
  }
}

void Column::Finish() {
  std::set<int64_t> numbers;
  std::set<double> bounds;
  size_t sets = 0;
  for (const auto& [rule, constraint] : constraints_) {
    numbers.insert(constraint.numbers.begin(), constraint.numbers.end());
    of_ranges_ = of_ranges_ || !constraint.ranges.empty();
    for (const Range& range : constraint.ranges) {
      for (const double end : {range.least, range.most}) {
        if (end > -std::numeric_limits<double>::infinity() && end < std::numeric_limits<double>::infinity()) bounds.insert(end);
      }
    }
    if (!constraint.sets.empty()) sets = std::max(sets, *constraint.sets.rbegin() + 1);
  }
  const auto add_row_of = [this](const std::string& key, size_t rule, absl::flat_hash_map<std::string, uint32_t>* rows) {
    const auto [at, added] = rows->try_emplace(key, static_cast<uint32_t>(rows_.size() / words_));
    if (added) AddRow();
    SetBit(rule, rows_.data() + at->second * words_);
  };
  if (!numbers.empty()) {
    for (int64_t number = 0; number <= *numbers.rbegin(); ++number) {
      row_of_number_.push_back(static_cast<uint32_t>(rows_.size() / words_));
      FillRow([number](const Constraint& c) { return c.numbers.count(number) > 0; });
    }
  } else if (of_ranges_) {
    bounds_.assign(bounds.begin(), bounds.end());
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    for (size_t i = 0; i <= bounds_.size(); ++i) {
      const double below = i == 0 ? -kInfinity : bounds_[i - 1];
      const double above = i == bounds_.size() ? kInfinity : bounds_[i];
      FillRow([&](const Constraint& c) {
        return std::any_of(c.ranges.begin(), c.ranges.end(), [&](const Range& r) { return r.least <= below && r.most >= above; });
      });
      if (i == bounds_.size()) break;
      FillRow([&](const Constraint& c) {
        return std::any_of(c.ranges.begin(), c.ranges.end(), [&](const Range& r) { return Holds(r, above); });
      });
    }
  }
  row_of_set_.assign(sets, kNoRow);
  for (const auto& [rule, constraint] : constraints_) {
    for (const std::string& text : constraint.texts) add_row_of(text, rule, &row_of_text_);
    for (const std::string& prefix : constraint.prefixes) {
      add_row_of(prefix, rule, &row_of_prefix_);
      valueset::AddLength(prefix.size(), &prefix_lengths_);
    }
    for (const size_t set : constraint.sets) {
      if (row_of_set_[set] == kNoRow) {
        row_of_set_[set] = static_cast<uint32_t>(rows_.size() / words_);
        AddRow();
      }
      SetBit(rule, rows_.data() + row_of_set_[set] * words_);
    }
  }
  constraints_.clear();
}

void Column::RowsOf(int64_t number, std::vector<const uint64_t*>* rows) const {
  if (of_ranges_) return RowsOfDouble(static_cast<double>(number), rows);
  if (number >= 0 && static_cast<size_t>(number) < row_of_number_.size()) {
    rows->push_back(Row(row_of_number_[static_cast<size_t>(number)]));
  }
}

void Column::RowsOfDouble(double number, std::vector<const uint64_t*>* rows) const {
  const auto at = std::lower_bound(bounds_.begin(), bounds_.end(), number);
  const auto i = static_cast<size_t>(at - bounds_.begin());
  rows->push_back(Row(2 * i + (at != bounds_.end() && *at == number ? 1 : 0)));
}

void Column::RowsOf(absl::string_view text, std::vector<const uint64_t*>* rows) const {
  if (const auto found = row_of_text_.find(text); found != row_of_text_.end()) rows->push_back(Row(found->second));
  for (const size_t length : prefix_lengths_) {
    if (length > text.size()) break;
    const auto found = row_of_prefix_.find(text.substr(0, length));
    if (found != row_of_prefix_.end()) rows->push_back(Row(found->second));
  }
}

void Column::RowsOf(const valueset::Membership& sets, std::vector<const uint64_t*>* rows) const {
  sets.ForEach([&](size_t set) {
    if (set < row_of_set_.size() && row_of_set_[set] != kNoRow) rows->push_back(Row(row_of_set_[set]));
  });
}

}  // namespace resultgate::policy

#include "server/audit/filter.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/match.h"
#include "server/audit/entry_facts.h"
#include "server/audit/filter_node.h"
#include "server/base/proto_time.h"

namespace resultgate::audit {
namespace {

template <typename T>
bool Compare(const T& left, FilterOperator op, const T& right) {
  switch (op) {
    case FilterOperator::kEqual:
      return left == right;
    case FilterOperator::kNotEqual:
      return left != right;
    case FilterOperator::kLess:
      return left < right;
    case FilterOperator::kLessOrEqual:
      return left <= right;
    case FilterOperator::kGreater:
      return left > right;
    case FilterOperator::kGreaterOrEqual:
      return left >= right;
  }
  return false;
}

}  // namespace

Filter::Filter() = default;
Filter::Filter(std::shared_ptr<const Node> root, std::string text_for_log)
    : root_(std::move(root)), text_for_log_(std::move(text_for_log)) {}

namespace {

template <typename Node>
bool TextMatches(const Node& node, const std::string& text) {
  if (node.any_before && node.any_after) return absl::StrContains(text, node.text);
  if (node.any_before) return absl::EndsWith(text, node.text);
  if (node.any_after) return absl::StartsWith(text, node.text);
  return text == node.text;
}

// An entry, whose facts are looked for once and only where they are asked for.
class EntrySubject {
 public:
  EntrySubject(const v1::Entry& entry, const Filter::PatientOf& patient_of) : entry_(entry), patient_of_(patient_of) {}

  int64_t NumberOf(FilterField field) const {
    if (field == FilterField::kSequence) return entry_.sequence();
    return field == FilterField::kResult ? entry_.result_id() : entry_.version();
  }
  absl::Time time() const { return base::FromProto(entry_.time()); }

  // True if anything that the entry tells of is what the restriction names.
  template <typename Node>
  bool AnyIs(const Node& node) {
    const auto has = [&node](const auto& values) { return std::find(values.begin(), values.end(), node.number) != values.end(); };
    switch (node.field) {
      case FilterField::kKind:
        return KindOf(entry_) == node.number;
      case FilterField::kActor:
        return TextMatches(node, entry_.actor());
      case FilterField::kPatient: {
        const std::vector<std::string> patients = Patients();
        return std::any_of(patients.begin(), patients.end(), [&](const std::string& id) { return TextMatches(node, id); });
      }
      case FilterField::kAudience:
        return has(facts().audiences) ||
               std::any_of(facts().outcomes.begin(), facts().outcomes.end(),
                           [&](const auto* outcome) { return has(outcome->audiences()); }) ||
               std::any_of(facts().releases.begin(), facts().releases.end(),
                           [&](const auto* release) { return has(release->audiences()); });
      default:
        break;
    }
    for (const v1::Outcome* outcome : facts().outcomes) {
      if (node.field == FilterField::kState && outcome->state() == node.number) return true;
      if (node.field == FilterField::kDisposition && outcome->disposition() == node.number) return true;
      for (const v1::AppliedRule& rule : outcome->rules()) {
        if (node.field == FilterField::kRule && TextMatches(node, rule.rule_id())) return true;
        if (node.field == FilterField::kBasis && rule.has_basis() && rule.basis().type() == node.number) return true;
      }
    }
    return false;
  }

 private:
  const EntryFacts& facts() {
    if (!facts_) facts_ = FactsOf(entry_);
    return *facts_;
  }
  std::vector<std::string> Patients() const {
    return entry_.result_id() == 0 || patient_of_ == nullptr ? std::vector<std::string>() : patient_of_(entry_.result_id());
  }

  const v1::Entry& entry_;
  const Filter::PatientOf& patient_of_;
  std::optional<EntryFacts> facts_;
};

class TurnaroundSubject {
 public:
  explicit TurnaroundSubject(const v1::Turnaround& turnaround) : turnaround_(turnaround) {}

  int64_t NumberOf(FilterField) const { return turnaround_.result_id(); }
  absl::Time time() const { return base::FromProto(turnaround_.received_at()); }

  template <typename Node>
  bool AnyIs(const Node& node) const {
    switch (node.field) {
      case FilterField::kCategory:
        return turnaround_.section() == node.number;
      case FilterField::kLanguage:
        return TextMatches(node, turnaround_.language());
      case FilterField::kFacility:
        return TextMatches(node, turnaround_.facility());
      case FilterField::kAccount:
        return turnaround_.has_portal_account() && turnaround_.portal_account() == (node.number != 0);
      case FilterField::kAbnormal:
        return turnaround_.abnormal() == (node.number != 0);
      default:
        break;
    }
    for (const v1::Turnaround::Part& part : turnaround_.parts()) {
      if (node.field == FilterField::kState && part.state() == node.number) return true;
      for (const v1::Turnaround::Hold& hold : part.holds()) {
        if (node.field == FilterField::kRule && TextMatches(node, hold.rule_id())) return true;
        if (node.field == FilterField::kBasis && hold.has_basis() && hold.basis().type() == node.number) return true;
      }
    }
    return false;
  }

 private:
  const v1::Turnaround& turnaround_;
};

// Nobody who asks for `time = 2026-03-06` means its first instant alone.
template <typename Node>
bool IsOfDay(const Node& node) {
  return node.day_ends > node.time && (node.op == FilterOperator::kEqual || node.op == FilterOperator::kNotEqual);
}

template <typename Node, typename Subject>
bool Holds(const Node& node, Subject& subject) {
  switch (node.type) {
    case Node::Type::kAnd:
      return std::all_of(node.children.begin(), node.children.end(), [&](const auto& child) { return Holds(*child, subject); });
    case Node::Type::kOr:
      return std::any_of(node.children.begin(), node.children.end(), [&](const auto& child) { return Holds(*child, subject); });
    case Node::Type::kNot:
      return !Holds(*node.children[0], subject);
    case Node::Type::kRestriction:
      break;
  }
  switch (node.field) {
    case FilterField::kSequence:
    case FilterField::kResult:
    case FilterField::kVersion:
      return Compare<int64_t>(subject.NumberOf(node.field), node.op, node.number);
    case FilterField::kTime:
      if (IsOfDay(node))
        return (subject.time() >= node.time && subject.time() < node.day_ends) == (node.op == FilterOperator::kEqual);
      return Compare(subject.time(), node.op, node.time);
    default:
      return subject.AnyIs(node) == (node.op == FilterOperator::kEqual);
  }
}

}  // namespace

bool Filter::Matches(const v1::Entry& entry, const PatientOf& patient_of) const {
  if (root_ == nullptr) return true;
  EntrySubject subject(entry, patient_of);
  return Holds(*root_, subject);
}

bool Filter::Matches(const v1::Turnaround& turnaround) const {
  if (root_ == nullptr) return true;
  TurnaroundSubject subject(turnaround);
  return Holds(*root_, subject);
}

std::vector<const Filter::Node*> Filter::Required() const {
  if (root_ == nullptr) return {};
  if (root_->type != Node::Type::kAnd) return {root_.get()};
  std::vector<const Node*> all;
  for (const auto& child : root_->children) all.push_back(child.get());
  return all;
}

std::optional<int64_t> Filter::OnlyResult() const {
  for (const Node* node : Required()) {
    if (node->type == Node::Type::kRestriction && node->field == FilterField::kResult && node->op == FilterOperator::kEqual) {
      return node->number;
    }
  }
  return std::nullopt;
}

std::optional<std::string> Filter::OnlyPatient() const {
  for (const Node* node : Required()) {
    if (node->type == Node::Type::kRestriction && node->field == FilterField::kPatient && node->op == FilterOperator::kEqual &&
        !node->any_before && !node->any_after) {
      return node->text;
    }
  }
  return std::nullopt;
}

Filter::Range Filter::Sequences() const {
  Range range{0, std::numeric_limits<int64_t>::max()};
  for (const Node* node : Required()) {
    if (node->type != Node::Type::kRestriction || node->field != FilterField::kSequence) continue;
    // Bounds may be wider than what is asked for, never narrower.
    if (node->op == FilterOperator::kEqual || node->op == FilterOperator::kLess || node->op == FilterOperator::kLessOrEqual) {
      range.last = std::min(range.last, node->number);
    }
    if (node->op == FilterOperator::kEqual || node->op == FilterOperator::kGreater ||
        node->op == FilterOperator::kGreaterOrEqual) {
      range.first = std::max(range.first, node->number);
    }
  }
  return range;
}

Filter::TimeRange Filter::Times() const {
  TimeRange range{absl::InfinitePast(), absl::InfiniteFuture()};
  for (const Node* node : Required()) {
    if (node->type != Node::Type::kRestriction || node->field != FilterField::kTime) continue;
    // Bounds may be wider than what is asked for, never narrower.
    if (node->op == FilterOperator::kEqual || node->op == FilterOperator::kGreater ||
        node->op == FilterOperator::kGreaterOrEqual) {
      range.from = std::max(range.from, node->time);
    }
    if (node->op == FilterOperator::kLess) range.until = std::min(range.until, node->time);
    if (IsOfDay(*node) && node->op == FilterOperator::kEqual) {
      range.until = std::min(range.until, node->day_ends);
    } else if (node->op == FilterOperator::kEqual || node->op == FilterOperator::kLessOrEqual) {
      // The next microsecond: stores know times to the microsecond only.
      range.until = std::min(range.until, absl::FromUnixMicros(absl::ToUnixMicros(node->time) + 1));
    }
  }
  return range;
}

}  // namespace resultgate::audit

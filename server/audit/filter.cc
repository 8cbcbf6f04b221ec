#include "server/audit/filter.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/match.h"
#include "server/audit/filter_node.h"
#include "server/audit/filter_values.h"
#include "server/base/proto_time.h"
#include "server/base/status_macros.h"

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

class EntrySubject {
 public:
  EntrySubject(const v1::Entry& entry, const Filter::PatientOf& patient_of)
      : entry_(entry), patient_of_(patient_of), values_(entry) {}

  int64_t NumberOf(FilterField field) const {
    if (field == FilterField::kSequence) return entry_.sequence();
    return field == FilterField::kResult ? entry_.result_id() : entry_.version();
  }
  absl::Time time() const { return base::FromProto(entry_.time()); }

  // True if anything that the entry tells of is what the restriction names.
  template <typename Node>
  bool AnyIs(const Node& node) {
    if (node.field == FilterField::kPatient) {
      const std::vector<std::string> patients = Patients();
      return std::any_of(patients.begin(), patients.end(), [&](const std::string& id) { return TextMatches(node, id); });
    }
    bool any = false;
    values_.ForEach(node.field, [&](int64_t number, const std::string& text) {
      any = any || (HasText(node.field) ? TextMatches(node, text) : number == node.number);
    });
    return any;
  }

 private:
  std::vector<std::string> Patients() const {
    return entry_.result_id() == 0 || patient_of_ == nullptr ? std::vector<std::string>() : patient_of_(entry_.result_id());
  }

  const v1::Entry& entry_;
  const Filter::PatientOf& patient_of_;
  EntryValues values_;
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

namespace {

// More are not looked up one by one.
constexpr int kMostTerms = 500;

template <typename Node>
absl::StatusOr<TermQuery> QueryOf(const Node& node, const Filter::TermsThatBegin& terms) {
  if (node.type == Node::Type::kAnd || node.type == Node::Type::kOr) {
    std::vector<TermQuery> queries;
    for (const auto& child : node.children) {
      RG_ASSIGN_OR_RETURN(TermQuery query, QueryOf(*child, terms));
      queries.push_back(std::move(query));
    }
    return node.type == Node::Type::kAnd ? TermQuery::And(std::move(queries)) : TermQuery::Or(std::move(queries));
  }
  const bool has_terms = std::find(kTermFields.begin(), kTermFields.end(), node.field) != kTermFields.end();
  if (node.type == Node::Type::kNot || node.op != FilterOperator::kEqual || !has_terms) return TermQuery::All();
  if (!node.any_before && !node.any_after) return TermQuery::AnyOf({TermOf(node.field, node.number, node.text)});
  const std::string prefix = TermPrefix(node.field);
  RG_ASSIGN_OR_RETURN(std::vector<std::string> found, terms(node.any_before ? prefix : prefix + node.text, kMostTerms + 1));
  if (found.size() > kMostTerms) return TermQuery::All();
  found.erase(std::remove_if(found.begin(), found.end(),
                             [&](const std::string& term) { return !TextMatches(node, term.substr(prefix.size())); }),
              found.end());
  return TermQuery::AnyOf(std::move(found));
}

}  // namespace

absl::StatusOr<TermQuery> Filter::Terms(const TermsThatBegin& terms) const {
  return root_ == nullptr ? TermQuery::All() : QueryOf(*root_, terms);
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

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
Filter::Filter(std::shared_ptr<const Node> root) : root_(std::move(root)) {}

namespace {

// An entry, whose facts are looked for once and only where they are asked for.
class Subject {
 public:
  Subject(const v1::Entry& entry, const Filter::PatientOf& patient_of) : entry_(entry), patient_of_(patient_of) {}

  const v1::Entry& entry() const { return entry_; }
  const EntryFacts& facts() {
    if (!facts_) facts_ = FactsOf(entry_);
    return *facts_;
  }
  std::vector<std::string> Patients() const {
    return entry_.result_id() == 0 || patient_of_ == nullptr ? std::vector<std::string>() : patient_of_(entry_.result_id());
  }

 private:
  const v1::Entry& entry_;
  const Filter::PatientOf& patient_of_;
  std::optional<EntryFacts> facts_;
};

template <typename Node>
bool TextMatches(const Node& node, const std::string& text) {
  if (node.any_before && node.any_after) return absl::StrContains(text, node.text);
  if (node.any_before) return absl::EndsWith(text, node.text);
  if (node.any_after) return absl::StartsWith(text, node.text);
  return text == node.text;
}

// True if anything that the entry tells of is what the restriction names.
template <typename Node>
bool AnyIs(const Node& node, Subject& subject) {
  const auto has = [&node](const auto& values) { return std::find(values.begin(), values.end(), node.number) != values.end(); };
  switch (node.field) {
    case FilterField::kKind:
      return KindOf(subject.entry()) == node.number;
    case FilterField::kActor:
      return TextMatches(node, subject.entry().actor());
    case FilterField::kPatient: {
      const std::vector<std::string> patients = subject.Patients();
      return std::any_of(patients.begin(), patients.end(), [&](const std::string& id) { return TextMatches(node, id); });
    }
    case FilterField::kAudience: {
      const EntryFacts& facts = subject.facts();
      return has(facts.audiences) ||
             std::any_of(facts.outcomes.begin(), facts.outcomes.end(),
                         [&](const auto* outcome) { return has(outcome->audiences()); }) ||
             std::any_of(facts.releases.begin(), facts.releases.end(),
                         [&](const auto* release) { return has(release->audiences()); });
    }
    default:
      break;
  }
  for (const v1::Outcome* outcome : subject.facts().outcomes) {
    if (node.field == FilterField::kState && outcome->state() == node.number) return true;
    if (node.field == FilterField::kDisposition && outcome->disposition() == node.number) return true;
    for (const v1::AppliedRule& rule : outcome->rules()) {
      if (node.field == FilterField::kRule && TextMatches(node, rule.rule_id())) return true;
      if (node.field == FilterField::kBasis && rule.has_basis() && rule.basis().type() == node.number) return true;
    }
  }
  return false;
}

template <typename Node>
bool Holds(const Node& node, Subject& subject) {
  const v1::Entry& entry = subject.entry();
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
      return Compare<int64_t>(entry.sequence(), node.op, node.number);
    case FilterField::kResult:
      return Compare<int64_t>(entry.result_id(), node.op, node.number);
    case FilterField::kVersion:
      return Compare<int64_t>(entry.version(), node.op, node.number);
    case FilterField::kTime:
      return Compare(base::FromProto(entry.time()), node.op, node.time);
    default:
      return AnyIs(node, subject) == (node.op == FilterOperator::kEqual);
  }
}

}  // namespace

bool Filter::Matches(const v1::Entry& entry, const PatientOf& patient_of) const {
  if (root_ == nullptr) return true;
  Subject subject(entry, patient_of);
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

}  // namespace resultgate::audit

#include "server/policy/rule_index.h"

#include <utility>

#include "server/expr/conversion.h"
#include "server/expr/time_functions.h"
#include "server/policy/model_environment.h"
#include "server/policy/pack.h"

namespace resultgate::policy {
namespace {

using google::protobuf::Message;

template <typename Enum>
Constraint OneOf(const std::vector<Enum>& values) {
  Constraint constraint;
  for (const Enum value : values) constraint.numbers.insert(static_cast<int64_t>(value));
  return constraint;
}

const google::protobuf::FieldDescriptor* Field(const google::protobuf::Descriptor* type, const char* name) {
  return type->FindFieldByName(name);
}

// A fact for columns whose value the unit itself has.
Fact AnyFact() {
  return *Fact::At(ModelEnvironment::kReport, {Field(v1::DiagnosticReport::descriptor(), "section")});
}

Column::Reading ReadingOf(expr::FactTest::Form form) {
  switch (form) {
    case expr::FactTest::Form::kAge:
      return Column::Reading::kAge;
    case expr::FactTest::Form::kDouble:
      return Column::Reading::kDouble;
    case expr::FactTest::Form::kAsIs:
      break;
  }
  return Column::Reading::kAsIs;
}

}  // namespace

RuleIndex::RuleIndex(const std::vector<Rule>& rules, const valueset::Registry& value_sets)
    : rules_(rules.size()),
      value_sets_(value_sets),
      codes_(AnyFact(), Column::Reading::kAsIs, rules.size()),
      status_(AnyFact(), Column::Reading::kAsIs, rules.size()) {
  const size_t words = codes_.free().size();
  for (RuleBits* bits : {&restricting_, &allowing_, &of_documents_, &of_observations_}) bits->assign(words, 0);
  for (size_t i = 0; i < rules.size(); ++i) {
    AddMatch(i, rules[i]);
    if (rules[i].when != nullptr) AddWhen(i, *rules[i].when);
  }
  codes_.Finish();
  status_.Finish();
  conditions_.Finish(rules.size());
  for (auto& [key, column] : columns_) {
    column->Finish();
    (column->fact().of_observation() ? of_observation_ : of_report_).push_back(column.get());
  }
}

Column* RuleIndex::ColumnOf(size_t variable, const Fields& fields, Column::Reading reading) {
  const auto key = std::make_tuple(variable, fields, reading);
  const auto found = columns_.find(key);
  if (found != columns_.end()) return found->second.get();
  const std::optional<Fact> fact = Fact::At(variable, fields);
  if (!fact) return nullptr;
  return columns_.emplace(key, std::make_unique<Column>(*fact, reading, rules_)).first->second.get();
}

void RuleIndex::AddMatch(size_t number, const Rule& rule) {
  const Match& match = rule.match;
  if (rule.then.restricts()) SetBit(number, restricting_.data());
  if (rule.then.allows()) SetBit(number, allowing_.data());
  const bool asks_observation = rule.observations_only || !match.interpretations.empty();
  if (match.unit != Match::Unit::kObservation && !asks_observation) SetBit(number, of_documents_.data());
  if (match.unit != Match::Unit::kDocument) SetBit(number, of_observations_.data());
  const auto add = [&](size_t variable, const google::protobuf::Descriptor* type, const char* name,
                       const Constraint& constraint) {
    ColumnOf(variable, {Field(type, name)}, Column::Reading::kAsIs)->Add(number, constraint);
  };
  if (!match.codes.empty()) {
    Constraint codes;
    for (const valueset::ValueSet* set : match.codes) codes.sets.insert(set->number());
    codes_.Add(number, codes);
  }
  if (!match.statuses.empty()) status_.Add(number, OneOf(match.statuses));
  if (!match.sections.empty()) {
    add(ModelEnvironment::kReport, v1::DiagnosticReport::descriptor(), "section", OneOf(match.sections));
  }
  if (!match.interpretations.empty()) {
    add(ModelEnvironment::kObservation, v1::Observation::descriptor(), "interpretation", OneOf(match.interpretations));
  }
  if (!match.encounter_classes.empty()) {
    add(ModelEnvironment::kOrder, v1::ServiceRequest::descriptor(), "encounter_class", OneOf(match.encounter_classes));
  }
  if (!match.jurisdictions.empty()) {
    Constraint places;
    places.texts.insert(match.jurisdictions.begin(), match.jurisdictions.end());
    add(ModelEnvironment::kOrder, v1::ServiceRequest::descriptor(), "jurisdictions", places);
  }
}

void RuleIndex::AddWhen(size_t number, const expr::Program& when) {
  for (size_t i = 0; i < when.conjuncts().size(); ++i) {
    const std::optional<expr::FactTest> test = expr::FactTestOf(when, i);
    if (!test || !AddTest(number, *test)) conditions_.Add(number, when, i);
  }
}

// False where it is no matter of a column.
bool RuleIndex::AddTest(size_t number, const expr::FactTest& test) {
  using Kind = expr::FactTest::Kind;
  Column* column = ColumnOf(test.variable, test.fields, ReadingOf(test.form));
  if (column == nullptr) return false;
  const Fact::Kind fact = column->fact().kind();
  const bool of_number = column->reading() != Column::Reading::kAsIs || fact == Fact::Kind::kNumber;
  const bool of_text = !of_number && (fact == Fact::Kind::kText || fact == Fact::Kind::kTexts);
  Constraint constraint;
  if (test.kind == Kind::kOneOf && of_number && column->reading() == Column::Reading::kAsIs && column->fact().is_enumeration()) {
    constraint.numbers.insert(test.numbers.begin(), test.numbers.end());
  } else if (test.kind == Kind::kOneOf && of_number) {
    for (const int64_t value : test.numbers) {
      Range just;
      just.least = just.most = static_cast<double>(value);
      constraint.ranges.push_back(just);
    }
  } else if (test.kind == Kind::kRange && of_number) {
    for (const expr::Domain& range : test.ranges) {
      constraint.ranges.push_back({range.least, range.most, range.least_open, range.most_open});
    }
  } else if (test.kind == Kind::kOneOf && of_text) {
    constraint.texts.insert(test.texts.begin(), test.texts.end());
  } else if (test.kind == Kind::kPrefix && of_text) {
    constraint.prefixes.insert(test.texts.begin(), test.texts.end());
  } else if (test.kind == Kind::kInCodeSet && fact == Fact::Kind::kConcepts) {
    for (const std::string& name : test.texts) constraint.sets.insert(value_sets_.Find(name)->number());
  } else {
    return false;
  }
  return column->Add(number, constraint);
}

void RuleSearch::BeginReport(const RuleIndex& index, const v1::DiagnosticReport& report, absl::CivilDay today) {
  index_ = &index;
  report_ = &report;
  today_ = today;
  const size_t words = index.restricting_.size();
  left_of_report_.assign(words, ~uint64_t{0});
  unknown_of_report_.assign(words, 0);
  for (const Column* column : index.of_report_) Narrow(*column, nullptr, &left_of_report_, &unknown_of_report_);
}

void RuleSearch::BeginUnit(const Unit& unit) {
  const size_t words = left_of_report_.size();
  const RuleBits& of_kind = unit.observation == nullptr ? index_->of_documents_ : index_->of_observations_;
  left_.resize(words);
  for (size_t i = 0; i < words; ++i) left_[i] = left_of_report_[i] & of_kind[i];
  unknown_ = unknown_of_report_;
  rows_.clear();
  index_->status_.RowsOf(unit.status, &rows_);
  Keep(index_->status_, &left_);
  for (const Column* column : index_->of_observation_) Narrow(*column, unit.observation, &left_, &unknown_);
  may_restrict_.resize(words);
  may_allow_.resize(words);
  for (size_t i = 0; i < words; ++i) {
    may_restrict_[i] = left_[i] & index_->restricting_[i];
    may_allow_[i] = left_[i] & index_->allowing_[i];
  }
  rows_.clear();
  index_->codes_.RowsOf(unit.any_sets, &rows_);
  Keep(index_->codes_, &may_restrict_);
  rows_.clear();
  index_->codes_.RowsOf(unit.own_sets, &rows_);
  Keep(index_->codes_, &may_allow_);
}

void RuleSearch::Narrow(const Column& column, const v1::Observation* observation, RuleBits* left, RuleBits* unknown) {
  const Fact& fact = column.fact();
  const Message* holder = fact.Find(*report_, observation);
  const auto is_unknown = [&] {
    for (size_t i = 0; i < left->size(); ++i) (*unknown)[i] |= ~column.free()[i];
  };
  if (holder == nullptr) return is_unknown();
  rows_.clear();
  if (column.reading() == Column::Reading::kAge) {
    const char* error = nullptr;
    const std::optional<int64_t> age = expr::Age(fact.Text(*holder), today_, &error);
    if (error != nullptr || !age) return is_unknown();
    column.RowsOf(*age, &rows_);
  } else if (column.reading() == Column::Reading::kDouble) {
    const std::optional<double> number = expr::DoubleOf(fact.Text(*holder));
    if (!number) return is_unknown();
    column.RowsOfDouble(*number, &rows_);
  } else {
    switch (fact.kind()) {
      case Fact::Kind::kNumber:
        column.RowsOf(fact.Number(*holder), &rows_);
        break;
      case Fact::Kind::kText:
        column.RowsOf(fact.Text(*holder), &rows_);
        break;
      case Fact::Kind::kTexts:
        for (int i = 0, count = fact.TextCount(*holder); i < count; ++i) column.RowsOf(fact.Text(*holder, i), &rows_);
        break;
      case Fact::Kind::kConcepts:
        sets_.Clear();
        fact.AddSets(*holder, index_->value_sets_, &sets_);
        column.RowsOf(sets_, &rows_);
        break;
    }
  }
  Keep(column, left);
}

void RuleSearch::Keep(const Column& column, RuleBits* left) {
  const RuleBits& free = column.free();
  for (size_t i = 0; i < left->size(); ++i) {
    uint64_t through = free[i];
    for (const uint64_t* row : rows_) through |= row[i];
    (*left)[i] &= through;
  }
}

}  // namespace resultgate::policy

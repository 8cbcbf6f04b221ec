// The parsed form of a filter (filter.h), shared by its parser and its matcher.
#ifndef RESULTGATE_AUDIT_FILTER_NODE_H_
#define RESULTGATE_AUDIT_FILTER_NODE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "server/audit/filter.h"

namespace resultgate::audit {

enum class FilterField {
  kSequence,
  kResult,
  kVersion,
  kTime,
  kKind,
  kActor,
  kRule,
  kBasis,
  kAudience,
  kState,
  kDisposition,
  kPatient,
  kCategory,
  kLanguage,
  kFacility,
  kAccount,
  kAbnormal
};
enum class FilterOperator { kEqual, kNotEqual, kLess, kLessOrEqual, kGreater, kGreaterOrEqual };

struct Filter::Node {
  enum class Type { kAnd, kOr, kNot, kRestriction };

  Type type = Type::kRestriction;
  std::vector<std::shared_ptr<const Node>> children;  // of kAnd, kOr and kNot

  FilterField field = FilterField::kSequence;
  FilterOperator op = FilterOperator::kEqual;
  int64_t number = 0;  // of numbers; of words, the enumeration's value
  absl::Time time;
  absl::Time day_ends = absl::InfinitePast();  // of a date, which `=` takes for all of its day; InfinitePast for an instant
  std::string text;
  bool any_before = false;  // the value began with `*`
  bool any_after = false;
};

}  // namespace resultgate::audit

#endif  // RESULTGATE_AUDIT_FILTER_NODE_H_

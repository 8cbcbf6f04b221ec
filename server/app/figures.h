// What `audit summary` and `audit report` share: which results they are about, and how figures are printed.
#ifndef RESULTGATE_APP_FIGURES_H_
#define RESULTGATE_APP_FIGURES_H_

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/repeated_ptr_field.h>

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "resultgate/v1/decision.pb.h"
#include "resultgate/v1/summary.pb.h"

namespace resultgate::app {

// As it was asked for.
struct Scope {
  std::string since;
  std::string until;
  std::string filter;
  std::string audience;
};
// Adds `--since`, `--until`, `--filter` and `--audience`.
void AddScopeOptions(CLI::App* command, Scope* scope);
// As the API's filter: a day begins at midnight in `zone`, and is within `--until`. The error is for a person.
absl::StatusOr<std::string> FilterOf(const Scope& scope, absl::TimeZone zone);
v1::Audience AudienceOf(const Scope& scope);

// As `--by` takes them: `rule`, `basis`, `day`, ….
std::string DimensionWord(v1::SummaryDimension dimension);
std::vector<std::string> DimensionWords();
v1::SummaryDimension ParseDimension(const std::string& word);

// `3 d 4 h`, `1 h 25 min`, `40 s`.
std::string DurationText(const google::protobuf::Duration& duration);
// In hours with two digits, for a spreadsheet.
std::string HoursText(const google::protobuf::Duration& duration);

// What groups have in common, then their figures: a table and all of them together or, for `csv`, lines.
std::string FiguresText(const std::vector<v1::SummaryDimension>& group_by,
                        const google::protobuf::RepeatedPtrField<v1::SummaryGroup>& groups, const v1::SummaryGroup& total,
                        bool csv);

}  // namespace resultgate::app

#endif  // RESULTGATE_APP_FIGURES_H_

// Filters over log entries, in the manner of AIP-160 (google.aip.dev/160):
//
//   kind = decided AND rule = biopsy-review
//   result = 7 AND NOT actor = gate
//   (state = held OR state = released) AND time >= 2026-03-06T21:00:00-05:00
//
// A restriction is FIELD OPERATOR VALUE. Parentheses are required where AND and OR stand side by side, so that nobody has to know
// which binds more tightly. NOT, or a minus, stands before a restriction or a parenthesis.
//
//   sequence, result, version   numbers: = != < <= > >=
//   time                        RFC 3339 with a zone, or a date, which is its midnight in UTC: = != < <= > >=
//   kind                        `decided`, `approved`, …: = !=
//   actor                       who did it: = !=
//   rule                        id of a rule that had a part in what the entry tells: = !=
//   basis                       type of such a rule's basis, `statute`, `organization-policy`, …: = !=
//   audience                    `patient`, `representative`, `delegate`, of what it tells: = !=
//   state                       where units stand: `held`, `released`, `published`, `closed`: = !=
//   disposition                 what is decided: `release`, `delay`, `review`, …: = !=
//   patient                     an identifier of the patient whose result it is now; the log itself holds none: = !=
//
// `:` is another word for `=`. A value with blanks or parentheses stands in double quotes. At the ends of a value of actor, rule
// and patient a `*` stands for any text. Where an entry tells of several rules, audiences, …, `=` asks for any of them and `!=`
// for none.
//
// Pure, thread-safe once parsed.
#ifndef RESULTGATE_AUDIT_FILTER_H_
#define RESULTGATE_AUDIT_FILTER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "resultgate/v1/audit_service.pb.h"
#include "server/base/file_issue.h"

namespace resultgate::audit {

class Filter {
 public:
  // The identifiers of the patient whose result it is.
  using PatientOf = std::function<std::vector<std::string>(int64_t result_id)>;

  // A filter that lets everything pass.
  Filter();
  // nullopt, with all that is wrong at `filter:1:COLUMN`, if `text` is no filter. Empty text lets everything pass.
  static std::optional<Filter> Parse(absl::string_view text, base::FileIssues* issues);

  // `patient_of` is called only where the filter asks for a patient.
  bool Matches(const v1::Entry& entry, const PatientOf& patient_of) const;

  // The one result that all matching entries are about; nullopt where they may be about several. Whoever has an index by result
  // need not look at others.
  std::optional<int64_t> OnlyResult() const;
  // No matching entry has a sequence outside of this; 0 and the largest number where nothing is said.
  struct Range {
    int64_t first;
    int64_t last;
  };
  Range Sequences() const;

 private:
  friend class FilterParser;
  struct Node;
  explicit Filter(std::shared_ptr<const Node> root);
  // What every matching entry must fulfil.
  std::vector<const Node*> Required() const;

  std::shared_ptr<const Node> root_;  // null: everything
};

}  // namespace resultgate::audit

#endif  // RESULTGATE_AUDIT_FILTER_H_

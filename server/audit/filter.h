// Filters over log entries, and over the times of results, in the manner of AIP-160 (google.aip.dev/160):
//
//   kind = decided AND rule = biopsy-review
//   result = 7 AND NOT actor = gate
//   (state = held OR state = released) AND time >= 2026-03-06T21:00:00-05:00
//
// A restriction is FIELD OPERATOR VALUE. Parentheses are required where AND and OR stand side by side, so that nobody has to know
// which binds more tightly. NOT, or a minus, stands before a restriction or a parenthesis.
//
//   sequence, result, version   numbers: = != < <= > >=
//   time                        RFC 3339 with a zone: = != < <= > >=; or a date, whose day is that of UTC: `=` asks for all
//                               of it and `!=` for none of it, the others compare with its midnight
//   kind                        `decided`, `approved`, …: = !=
//   actor                       who did it: = !=
//   rule                        id of a rule that had a part in what the entry tells: = !=
//   basis                       type of such a rule's basis, `statute`, `organization-policy`, …: = !=
//   audience                    `patient`, `representative`, `delegate`, of what it tells: = !=
//   state                       where units stand: `held`, `released`, `published`, `closed`: = !=
//   disposition                 what is decided: `release`, `delay`, `review`, …: = !=
//   patient                     an identifier of the patient whose result it is now, alone or after its assigner and a bar,
//                               `NORTH|P1001`; the log itself holds none: = !=
//
// Of the times of a result (v1::Turnaround) there are `result`; `time`, when it was received; `rule` and `basis`, what held it at
// any time; `state`, where its units stand; and
//
//   category                    `laboratory`, `pathology`, …: = !=
//   language                    what its patient reads, a BCP 47 tag, as `es`: = !=
//   facility                    where it was ordered, as the sender writes it: = !=
//   account                     whether its patient has an account of the portal, `active` or `none`; neither, where that is not
//                               known: = !=
//   abnormal                    `yes` or `no`: = !=
//
// `:` is another word for `=`. A value with blanks or parentheses stands in double quotes. At the ends of a value of actor, rule,
// patient, language and facility a `*` stands for any text. Where an entry tells of several rules, audiences, …, `=` asks for any
// of them and `!=` for none.
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

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "resultgate/v1/audit_service.pb.h"
#include "resultgate/v1/summary.pb.h"
#include "server/audit/term_query.h"
#include "server/base/file_issue.h"

namespace resultgate::audit {

class Filter {
 public:
  // The identifiers of the patient whose result it is, with all that they may be asked for by.
  using PatientOf = std::function<std::vector<std::string>(int64_t result_id)>;

  // What it is about.
  enum class Of { kEntries, kTurnarounds };

  // A filter that lets everything pass.
  Filter();
  // nullopt, with all that is wrong at `filter:1:COLUMN`, if `text` is no filter. Empty text lets everything pass.
  static std::optional<Filter> Parse(absl::string_view text, base::FileIssues* issues, Of of = Of::kEntries);

  // Of entries. `patient_of` is called only where the filter asks for a patient.
  bool Matches(const v1::Entry& entry, const PatientOf& patient_of) const;
  // Of turnarounds.
  bool Matches(const v1::Turnaround& turnaround) const;

  // Its text as the log may keep it: `***` in place of the identifiers of patients.
  const std::string& text_for_log() const { return text_for_log_; }

  // The one result that all matching entries are about; nullopt where they may be about several. Whoever has an index by result
  // need not look at others.
  std::optional<int64_t> OnlyResult() const;
  // The one identifier that the patient of all matching entries has; nullopt where nothing of the kind is said.
  std::optional<std::string> OnlyPatient() const;
  // What finds the entries that can match. `terms` gives at most so many terms that begin so and that an entry has; it is asked
  // only for values with a `*`. Where too many of them match, as of all people who may act, all entries can.
  using TermsThatBegin = std::function<absl::StatusOr<std::vector<std::string>>(const std::string& prefix, int most)>;
  absl::StatusOr<TermQuery> Terms(const TermsThatBegin& terms) const;
  // No matching entry has a sequence outside of this; 0 and the largest number where nothing is said.
  struct Range {
    int64_t first;
    int64_t last;
  };
  Range Sequences() const;
  // Nothing that matches is of a time outside of this, its end left out; infinite where nothing is said.
  struct TimeRange {
    absl::Time from;
    absl::Time until;
  };
  TimeRange Times() const;

 private:
  friend class FilterParser;
  struct Node;
  Filter(std::shared_ptr<const Node> root, std::string text_for_log);
  // What every matching entry must fulfil.
  std::vector<const Node*> Required() const;

  std::shared_ptr<const Node> root_;  // null: everything
  std::string text_for_log_;
};

}  // namespace resultgate::audit

#endif  // RESULTGATE_AUDIT_FILTER_H_

// What every report has in common, wherever it came from: limits of the model, identity, cautious readings. Pure, thread-safe.
#ifndef RESULTGATE_INTAKE_FINISH_H_
#define RESULTGATE_INTAKE_FINISH_H_

#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "resultgate/v1/issue.pb.h"
#include "resultgate/v1/model.pb.h"

namespace resultgate::intake {

// See DiagnosticReport.observations.
inline constexpr int kMostObservations = 1000;

// Hands out observation ids that are unique in one report: a repeated one gets `#2`, `#3`, …
class ObservationIds {
 public:
  // `wanted`, or its digest where it is longer than a code may be; the document's own name is never given.
  std::string Unique(const std::string& wanted, bool* repeated);

 private:
  absl::flat_hash_set<std::string> used_ = {"document"};
};

// How much one message may become: parts of it may be shared by many reports, so that a small message could fill the memory.
class Budget {
 public:
  // Reports of one message; a real one has a few, an export some hundred.
  static constexpr int kMostReports = 2000;

  // `message_limit` is the largest message that is taken; a report says some things twice and names systems in full.
  explicit Budget(size_t message_limit) : bytes_left_(8 * message_limit) {}

  // False if `report` is one too many, or too much together with the ones before it: then this and all that follow are refused at
  // once.
  bool Take(const v1::DiagnosticReport& report);

 private:
  size_t bytes_left_;
  int reports_left_ = kMostReports;
};

inline constexpr char kOverBudget[] =
    "this report and the ones after it are too many or repeat too much for one message; expected one message for each report";

// The last steps over the reports of one message: clears what is empty, reads a final report that holds preliminary observations
// as preliminary, numbers `occurrence`, and takes out, with a refusal at its place, what breaks a limit of the model. `places[i]`
// is where the i-th report stands.
void FinishReports(const std::vector<std::string>& places, std::vector<v1::DiagnosticReport>* reports,
                   std::vector<v1::Issue>* refused);

}  // namespace resultgate::intake

#endif  // RESULTGATE_INTAKE_FINISH_H_

// Reports to submit by the thousand: plausible, distinct, and without a person behind them.
#ifndef RESULTGATE_TESTS_TESTING_SAMPLE_REPORTS_H_
#define RESULTGATE_TESTS_TESTING_SAMPLE_REPORTS_H_

#include <string>

#include "resultgate/v1/model.pb.h"

namespace resultgate::testing {

// `F000042`: the filler order number of the reports below, by which they are told apart.
std::string FillerNumber(int number);

// A complete blood count, final, six observations within their ranges: policies/default releases it at once.
v1::DiagnosticReport BloodCount(int number);

// A surgical pathology report, final, with a narrative: policies/default holds it for a review.
v1::DiagnosticReport Biopsy(int number);

}  // namespace resultgate::testing

#endif  // RESULTGATE_TESTS_TESTING_SAMPLE_REPORTS_H_

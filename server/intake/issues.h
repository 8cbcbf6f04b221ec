// What is wrong in a sender's message, as v1::Issue. Texts hold places and expectations, never what stood there. Thread-safe.
#ifndef RESULTGATE_INTAKE_ISSUES_H_
#define RESULTGATE_INTAKE_ISSUES_H_

#include "absl/strings/string_view.h"
#include "resultgate/v1/issue.pb.h"
#include "resultgate/v1/model.pb.h"

namespace resultgate::intake {

// More issues than this of one report say nothing new; the last one then says that there were more.
inline constexpr int kMostIssues = 200;

v1::Issue Refusal(absl::string_view place, absl::string_view message);

// Something that was read all the same, on the cautious side. The same place and message is kept once.
void Warn(absl::string_view place, absl::string_view message, v1::DiagnosticReport* report);

}  // namespace resultgate::intake

#endif  // RESULTGATE_INTAKE_ISSUES_H_

#include "server/intake/issues.h"

#include <string>

namespace resultgate::intake {
namespace {

v1::Issue Make(v1::Issue::Severity severity, absl::string_view place, absl::string_view message) {
  v1::Issue issue;
  issue.set_severity(severity);
  issue.set_place(std::string(place));
  issue.set_message(std::string(message));
  return issue;
}

}  // namespace

v1::Issue Refusal(absl::string_view place, absl::string_view message) {
  return Make(v1::Issue::SEVERITY_ERROR, place, message);
}

void Warn(absl::string_view place, absl::string_view message, v1::DiagnosticReport* report) {
  if (report->issues_size() > kMostIssues) return;
  for (const v1::Issue& issue : report->issues()) {
    if (issue.place() == place && issue.message() == message) return;
  }
  if (report->issues_size() == kMostIssues) message = "there are more problems than are listed here";
  *report->add_issues() = Make(v1::Issue::SEVERITY_WARNING, place, message);
}

}  // namespace resultgate::intake

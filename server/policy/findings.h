// Findings of the checks of a whole pack, and the `ignore`s that silence them where they stand.
#ifndef RESULTGATE_POLICY_FINDINGS_H_
#define RESULTGATE_POLICY_FINDINGS_H_

#include <map>
#include <set>
#include <string>
#include <vector>

#include "server/base/file_issue.h"
#include "server/policy/pack.h"
#include "server/valueset/valueset.h"

namespace resultgate::policy {

// The lines of each file, for the source line of a finding.
using FileLines = std::map<std::string, std::vector<std::string>>;

// Appends findings to a list of issues. Not thread-safe; all arguments must outlive it.
class Findings {
 public:
  using Severity = base::FileIssue::Severity;

  Findings(const Pack& pack, const FileLines& lines, base::FileIssues* issues) : pack_(pack), lines_(lines), issues_(issues) {}

  // About a rule: unless the rule or the pack ignores the check.
  void Report(const Rule& rule, const char* check, Severity severity, const std::string& message, std::string suggestion);
  // About a value set, or the pack as a whole: unless the pack ignores the check.
  void Report(const valueset::ValueSet& set, const char* check, Severity severity, const std::string& message,
              std::string suggestion);
  void Report(const char* check, Severity severity, const std::string& message, std::string suggestion);
  // What is ignored in vain, or names no check. To be called last; `not_asked` are checks that were not made this time.
  void ReportUnusedIgnores(const std::set<std::string>& not_asked);

 private:
  bool IsIgnored(const std::vector<Ignore>& ignores, const std::string& of, const char* check);
  std::string LineAt(const base::Place& place) const;
  void Add(const base::Place& place, const std::string& line, const char* check, Severity severity, const std::string& message,
           std::string suggestion);

  const Pack& pack_;
  const FileLines& lines_;
  base::FileIssues* const issues_;
  std::set<const Ignore*> used_;
};

}  // namespace resultgate::policy

#endif  // RESULTGATE_POLICY_FINDINGS_H_

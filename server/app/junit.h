// The outcome of a pack's tests as JUnit XML, which build servers and code reviews show. Pure functions, thread-safe.
#ifndef RESULTGATE_APP_JUNIT_H_
#define RESULTGATE_APP_JUNIT_H_

#include <string>

#include "server/base/file_issue.h"
#include "server/policy/pack_test_runner.h"

namespace resultgate::app {

// A suite for each file of tests, a case for each test; mistakes in the files of tests are errors of a suite of their own. The
// dialect is that of Jenkins, GitLab and GitHub's readers: testsuites > testsuite > testcase > failure.
std::string ToJunit(const std::string& pack, const policy::PackTestReport& report, const base::FileIssues& issues);

}  // namespace resultgate::app

#endif  // RESULTGATE_APP_JUNIT_H_

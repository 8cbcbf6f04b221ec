#include "server/app/junit.h"

#include <algorithm>
#include <map>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"

namespace resultgate::app {
namespace {

// Text or attribute: what XML 1.0 does not allow at all (most control characters) becomes a question mark.
std::string Escaped(absl::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\n':
        escaped += "&#10;";
        break;
      case '\t':
        escaped += "&#9;";
        break;
      default:
        escaped += static_cast<unsigned char>(c) < 0x20 ? '?' : c;
    }
  }
  return escaped;
}

// `a="b"`, with a blank before it.
std::string Attribute(absl::string_view name, absl::string_view value) {
  return absl::StrCat(" ", name, "=\"", Escaped(value), "\"");
}

std::string Case(const std::string& suite, const policy::TestOutcome& test) {
  const std::string head = absl::StrCat("    <testcase", Attribute("name", test.name), Attribute("classname", suite),
                                        Attribute("file", test.place.file), Attribute("line", absl::StrCat(test.place.line)));
  if (test.passed()) return absl::StrCat(head, "/>\n");
  return absl::StrCat(head, ">\n      <failure", Attribute("message", test.differences.front()), ">",
                      Escaped(absl::StrCat(test.place.file, ":", test.place.line, "\n", absl::StrJoin(test.differences, "\n"))),
                      "</failure>\n    </testcase>\n");
}

std::string Counts(size_t tests, size_t failures, size_t errors) {
  return absl::StrCat(Attribute("tests", absl::StrCat(tests)), Attribute("failures", absl::StrCat(failures)),
                      Attribute("errors", absl::StrCat(errors)));
}

}  // namespace

std::string ToJunit(const std::string& pack, const policy::PackTestReport& report, const base::FileIssues& issues) {
  std::map<std::string, std::vector<const policy::TestOutcome*>> files;
  for (const policy::TestOutcome& test : report.tests) files[test.place.file].push_back(&test);
  std::vector<base::FileIssue> errors;
  std::copy_if(issues.begin(), issues.end(), std::back_inserter(errors),
               [](const base::FileIssue& issue) { return issue.severity == base::FileIssue::Severity::kError; });
  std::string suites;
  size_t all_failed = 0;
  for (const auto& [file, tests] : files) {
    std::string cases;
    size_t failed = 0;
    for (const policy::TestOutcome* test : tests) {
      cases += Case(absl::StrCat(pack, ".", file), *test);
      failed += test->passed() ? 0 : 1;
    }
    all_failed += failed;
    absl::StrAppend(&suites, "  <testsuite", Attribute("name", file), Counts(tests.size(), failed, 0), ">\n", cases,
                    "  </testsuite>\n");
  }
  if (!errors.empty()) {
    absl::StrAppend(&suites, "  <testsuite", Attribute("name", "files that cannot be read"),
                    Counts(errors.size(), 0, errors.size()), ">\n");
    for (const base::FileIssue& issue : errors) {
      absl::StrAppend(&suites, "    <testcase", Attribute("name", absl::StrCat(issue.place.file, ":", issue.place.line)),
                      Attribute("classname", pack), ">\n      <error", Attribute("message", issue.message), ">",
                      Escaped(base::Format(issue)), "</error>\n    </testcase>\n");
    }
    suites += "  </testsuite>\n";
  }
  return absl::StrCat("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites", Attribute("name", pack),
                      Counts(report.tests.size() + errors.size(), all_failed, errors.size()), ">\n", suites, "</testsuites>\n");
}

}  // namespace resultgate::app

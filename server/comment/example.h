// Examples: what stands in a template's `tests.yaml`, beside its wordings: a report, and the exact comment that a reader gets.
//
// Format: templates/README.md. Pure but for reading the file; thread-safe.
#ifndef RESULTGATE_COMMENT_EXAMPLE_H_
#define RESULTGATE_COMMENT_EXAMPLE_H_

#include <map>
#include <string>
#include <vector>

#include "resultgate/v1/model.pb.h"
#include "server/base/file_issue.h"
#include "server/comment/library.h"

namespace resultgate::comment {

struct Example {
  struct Text {
    std::string text;
    base::Place place;
  };

  std::string name;
  base::Place place;
  v1::DiagnosticReport report;
  Request request;  // without its report, which RenderExample fills in with the language
  // What is to come out. The template's id is empty where the example does not name it.
  std::string template_id;
  std::string variant;
  std::string next_step;              // in the words of template.yaml; empty where the example does not name it
  std::map<std::string, Text> texts;  // by language
};

// Reads one tests.yaml; `zone` is that of the dates shown. Mistakes are appended to `issues`, and their examples left out.
std::vector<Example> ReadExamples(const std::string& path, const absl::TimeZone& zone, base::FileIssues* issues);

// The example's comment in one of its languages.
v1::Comment RenderExample(const Library& library, const Example& example, const std::string& language);

// An error for everything that `library` renders otherwise than `example` says; appended to `issues`.
void CheckExample(const Library& library, const Example& example, base::FileIssues* issues);

}  // namespace resultgate::comment

#endif  // RESULTGATE_COMMENT_EXAMPLE_H_

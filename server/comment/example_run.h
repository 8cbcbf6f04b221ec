// Runs the examples of a folder of templates: what `resultgate comment test` does.
//
// Pure but for the files; thread-safe.
#ifndef RESULTGATE_COMMENT_EXAMPLE_RUN_H_
#define RESULTGATE_COMMENT_EXAMPLE_RUN_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/base/file_issue.h"
#include "server/comment/library.h"

namespace resultgate::comment {

struct ExampleCount {
  int examples = 0;
  int texts = 0;  // examples times their languages
};

// Runs every <folder>/<id>/tests.yaml against `library`, which must be loaded from `folder` in development mode with stand-in
// contacts. Errors appended to `issues`: mistakes in the files, comments that come out otherwise, and wordings that no example
// shows in a language. `only` names one template, or is empty for all.
ExampleCount RunExamples(const Library& library, const std::string& folder, absl::string_view only, const absl::TimeZone& zone,
                         base::FileIssues* issues);

// Writes the texts that come out now into the files, for a person to read over. The examples themselves stay as they are.
// Unavailable if a file cannot be written.
absl::Status UpdateExamples(const Library& library, const std::string& folder, absl::string_view only, const absl::TimeZone& zone,
                            base::FileIssues* issues);

}  // namespace resultgate::comment

#endif  // RESULTGATE_COMMENT_EXAMPLE_RUN_H_

// A value set written as a table (RFC 4180): what a spreadsheet saves. It is read as the YAML that it stands for, so that the
// same checks say the same things at its own places.
//
//   # name: our-glucose-codes          the keys of a value set, a line each
//   # title: …
//   system,code,display                the header; `descendants` (true or false) may follow
//   loinc,2345-7,"Glucose, serum"
//
// Pure functions, thread-safe.
#ifndef RESULTGATE_VALUESET_CSV_H_
#define RESULTGATE_VALUESET_CSV_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "server/base/file_issue.h"
#include "server/yaml/yaml.h"

namespace resultgate::valueset {

// `file` is a name for messages. A field goes on over the end of its line only as an error: a code or a name never does. nullopt
// where nothing of the table could be made out; what is wrong is appended to `issues`.
std::optional<yaml::Document> ParseCsv(const std::string& file, absl::string_view text, base::FileIssues* issues);

}  // namespace resultgate::valueset

#endif  // RESULTGATE_VALUESET_CSV_H_

// A value set as FHIR writes it (R4 ValueSet, as JSON): what terminology servers hand out. It is read as the YAML that it stands
// for, so that the same checks say the same things at its own places.
//
//   ours      FHIR
//   name      `name`, else `id`, in lower-case words: `NewCancer` is `new-cancer`
//   title     `title`, else `name`
//   source    `url`, by which other sets may include it
//   version   `version`
//   license   `copyright`
//   codes     `expansion.contains`, if there is an expansion; else `compose.include.concept`, and `filter` where it says `is-a`
//   of a
//             code of ICD, whose codes begin with the code above them; less `compose.exclude.concept`
//   includes  `compose.include.valueSet`
//
// What has no equal here (a whole code system, other filters, the intersection of sets, a page of an expansion) is an error:
// a set that holds less than its author thinks releases what it should hold.
//
// Pure functions, thread-safe.
#ifndef RESULTGATE_VALUESET_FHIR_H_
#define RESULTGATE_VALUESET_FHIR_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "server/base/file_issue.h"
#include "server/yaml/yaml.h"

namespace resultgate::valueset {

// `file` is a name for messages. nullopt where the text is no FHIR ValueSet at all; what is wrong is appended to `issues`, with
// its JSON path.
std::optional<yaml::Document> ParseFhir(const std::string& file, absl::string_view text, base::FileIssues* issues);

}  // namespace resultgate::valueset

#endif  // RESULTGATE_VALUESET_FHIR_H_

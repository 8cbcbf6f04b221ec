// A JSON Schema for the files of a pack, for editors: completion and documentation of every key, and mistakes underlined as they
// are made. What needs more than one file, or the meaning of a condition, only `policy check` can know.
#ifndef RESULTGATE_POLICY_SCHEMA_H_
#define RESULTGATE_POLICY_SCHEMA_H_

#include <string>

#include "server/policy/file_format.h"

namespace resultgate::policy {

// JSON Schema draft-07, which editors' YAML extensions read: one schema for all files of a pack, which the keys at a file's root
// tell apart. Names that `vocabulary` has are offered, and others refused. Ends with a line feed. Pure function.
std::string JsonSchema(const Vocabulary& vocabulary);

}  // namespace resultgate::policy

#endif  // RESULTGATE_POLICY_SCHEMA_H_

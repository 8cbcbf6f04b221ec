// A protobuf message written in YAML, as the tests beside rules write reports.
#ifndef RESULTGATE_POLICY_YAML_MESSAGE_H_
#define RESULTGATE_POLICY_YAML_MESSAGE_H_

#include <google/protobuf/message.h>

#include "server/base/file_issue.h"
#include "server/yaml/yaml.h"

namespace resultgate::policy {

// Fills `message` from a map of its field names. Enumerations are words without prefix (`final`), times RFC 3339; a
// CodeableConcept may be written as `system|code` or a list of them, with the short system names of value sets; a message whose
// only field is `repeated … values` as that list. Every mistake is appended to `issues`.
void FillFromYaml(const yaml::Document& document, const yaml::Node& node, google::protobuf::Message* message,
                  base::FileIssues* issues);

}  // namespace resultgate::policy

#endif  // RESULTGATE_POLICY_YAML_MESSAGE_H_

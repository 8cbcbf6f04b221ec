// What a condition may speak of, for people who write rules: every fact of the model and every function of the expression
// language.
//
// Made from the model's descriptors and their comments, so that a new field is documented by its own comment. Pure functions.
#ifndef RESULTGATE_POLICY_REFERENCE_H_
#define RESULTGATE_POLICY_REFERENCE_H_

#include <google/protobuf/descriptor.h>

#include <string>
#include <vector>

namespace resultgate::policy {

struct FactHelp {
  std::string path;                 // `patient.birth_date`; `report.presented_forms[].title` for a field of a list's elements
  std::string type;                 // `text`, `number`, `yes or no`, `time`, `concept`, `list of concepts`, …
  std::vector<std::string> values;  // of an enumeration, as a condition writes them: `FINAL`
  bool may_be_unknown = false;      // its absence is unknown, not an empty value
  std::string documentation;
  const google::protobuf::FieldDescriptor* field = nullptr;  // none for a variable of its own
};

// In the order of the model: report, observation, patient, order, audience, now.
std::vector<FactHelp> Facts();

struct FunctionHelp {
  std::string name;
  std::string form;
  std::string documentation;
  std::string example;  // a whole condition
};

// Operators first.
std::vector<FunctionHelp> Functions();

// Both as Markdown, as it stands in policies/README.md between `kReferenceBegin` and `kReferenceEnd`.
std::string ReferenceMarkdown();
inline constexpr char kReferenceBegin[] = "<!-- written by `resultgate policy reference`: do not edit -->\n";
inline constexpr char kReferenceEnd[] = "<!-- end of what it wrote -->\n";

}  // namespace resultgate::policy

#endif  // RESULTGATE_POLICY_REFERENCE_H_

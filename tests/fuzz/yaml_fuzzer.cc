// Strict YAML: whatever the text, it is read or refused with a place in it.
#include <cstdint>
#include <cstdlib>

#include "server/yaml/yaml.h"

namespace {

using resultgate::yaml::Node;

int CountNodes(const Node& node, int depth) {
  if (depth > resultgate::yaml::kDeepestNesting + 1) abort();
  int count = 1;
  for (const Node& item : node.items) count += CountNodes(item, depth + 1);
  for (const Node::Entry& entry : node.entries) count += CountNodes(entry.value, depth + 1);
  return count;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  resultgate::base::FileIssues issues;
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  const auto document = resultgate::yaml::Parse("fuzz.yaml", text, &issues);
  if (document.has_value() == resultgate::base::HasErrors(issues)) abort();
  if (document.has_value() && CountNodes(document->root, 0) == 0) abort();
  if (Format(issues).empty() != issues.empty()) abort();
  return 0;
}

// Value sets as YAML, CSV and FHIR JSON: what loads is a set with a name and codes, and what does not says why.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "absl/strings/match.h"
#include "server/valueset/valueset.h"
#include "tests/testing/temp_folder.h"

namespace resultgate {
namespace {

// The format is told by the text, as a person would.
const char* NameFor(absl::string_view text) {
  if (absl::StartsWith(text, "{")) return "set.json";
  return absl::StartsWith(text, "#") ? "set.csv" : "set.yaml";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto* const kFolder = new testing::TempFolder;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const char* name = NameFor(text);
  const std::string path = kFolder->Write(name, text);
  base::FileIssues issues;
  const auto registry = valueset::Registry::Load(kFolder->path(), &issues);
  std::filesystem::remove(path);
  if ((registry == nullptr) != base::HasErrors(issues)) abort();
  if (registry == nullptr) return 0;
  for (const std::string& set_name : registry->Names()) {
    const valueset::ValueSet* set = registry->Find(set_name);
    if (set == nullptr || set_name.empty() || set->entries().empty()) abort();
    for (const valueset::ValueSet::Entry& entry : set->entries()) {
      if (!set->Contains(entry.system, entry.code)) abort();
    }
  }
  return 0;
}

}  // namespace resultgate

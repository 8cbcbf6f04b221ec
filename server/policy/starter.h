// The pack that `resultgate policy new` writes: small, commented, and in order from the first minute. Its files stand in
// starter/.
#ifndef RESULTGATE_POLICY_STARTER_H_
#define RESULTGATE_POLICY_STARTER_H_

#include <string>
#include <vector>

namespace resultgate::policy {

struct StarterFile {
  std::string path;  // below the pack's folder
  std::string content;
};

// Where the names that its rules use come from.
enum class StarterNames {
  kItsOwn,  // value sets and a calendar of its own
  kShared,  // those of the project, which stand beside it, so that a gate's templates know them too
};

// `jurisdiction` is `none`, a country or a part of one (ISO 3166-2). In the United States (`US`, `US-OH`) no rule holds by the
// organisation's own policy. Pure function.
std::vector<StarterFile> StarterPack(const std::string& name, const std::string& jurisdiction, StarterNames names);

// The files that kShared relies on, below the folder that the pack's folder stands in.
inline constexpr const char* kSharedFiles[] = {"valuesets/cbc.yaml", "valuesets/sti.yaml", "calendars/weekdays.yaml"};

}  // namespace resultgate::policy

#endif  // RESULTGATE_POLICY_STARTER_H_

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

// `jurisdiction` is `none`, a country or a part of one (ISO 3166-2). In the United States (`US`, `US-OH`) no rule holds by the
// organisation's own policy. Pure function.
std::vector<StarterFile> StarterPack(const std::string& name, const std::string& jurisdiction);

}  // namespace resultgate::policy

#endif  // RESULTGATE_POLICY_STARTER_H_

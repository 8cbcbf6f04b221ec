#include "server/policy/starter.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "server/policy/embedded.h"

namespace resultgate::policy {

std::vector<StarterFile> StarterPack(const std::string& name, const std::string& jurisdiction) {
  const bool us = jurisdiction == "US" || absl::StartsWith(jurisdiction, "US-");
  std::vector<StarterFile> files;
  for (const absl::string_view folder : {"starter/common/", us ? "starter/us/" : "starter/anywhere/"}) {
    for (const absl::string_view file : EmbeddedNames(folder)) {
      const std::string content(Embedded(file));
      files.push_back(
          {std::string(file.substr(folder.size())),
           absl::StrReplaceAll(content, {{"\nname: starter\n", absl::StrCat("\nname: ", name, "\n")},
                                         {"\njurisdiction: none\n", absl::StrCat("\njurisdiction: ", jurisdiction, "\n")}})});
    }
  }
  return files;
}

}  // namespace resultgate::policy

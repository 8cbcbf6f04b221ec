// A policy pack with the value sets and calendars it stands on, from three folders.
#ifndef RESULTGATE_APP_PACK_LOADING_H_
#define RESULTGATE_APP_PACK_LOADING_H_

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "server/base/file_issue.h"
#include "server/policy/pack.h"
#include "server/valueset/valueset.h"

namespace resultgate::app {

// Where no value sets or calendars are named they are the folders `valuesets` and `calendars` in the pack's own folder, else
// beside it.
struct PackFolders {
  std::string pack;
  std::string value_sets;
  std::string calendars;
  policy::LoadOptions options;
};

// Adds `--value-sets`, `--calendars` and `--allow-unverified`.
void AddSiblingOptions(CLI::App* command, PackFolders* folders);

struct LoadedPack {
  std::shared_ptr<const valueset::Registry> value_sets;
  std::shared_ptr<const policy::Pack> pack;
};

// Appends what is wrong to `issues`; both parts are null if something is an error.
LoadedPack LoadPack(const PackFolders& folders, base::FileIssues* issues);

}  // namespace resultgate::app

#endif  // RESULTGATE_APP_PACK_LOADING_H_

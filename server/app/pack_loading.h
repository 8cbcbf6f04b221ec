// A policy pack with the value sets and calendars it stands on, from three folders.
#ifndef RESULTGATE_APP_PACK_LOADING_H_
#define RESULTGATE_APP_PACK_LOADING_H_

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "server/base/file_issue.h"
#include "server/policy/pack_files.h"

namespace resultgate::app {

// As the command line gives them: where no value sets or calendars are named they are the folders `valuesets` and `calendars` in
// the pack's own folder, else beside it.
using PackFolders = policy::PackFolders;
using LoadedPack = policy::LoadedPack;

// Adds `--value-sets`, `--calendars` and `--allow-unverified`.
void AddSiblingOptions(CLI::App* command, PackFolders* folders);

// The folders with those that the command line does not name.
PackFolders Complete(const PackFolders& folders);

// The files of a pack that are not now as they were, each with what became of it, in order of path: `default/rules.yaml`
// (changed).
std::vector<std::string> ChangedFiles(const v1::PackFiles& before, const v1::PackFiles& now);

// policy::LoadPackFolders of the complete folders.
LoadedPack LoadPack(const PackFolders& folders, base::FileIssues* issues);

}  // namespace resultgate::app

#endif  // RESULTGATE_APP_PACK_LOADING_H_

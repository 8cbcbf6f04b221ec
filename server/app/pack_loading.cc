#include "server/app/pack_loading.h"

#include <filesystem>
#include <utility>

namespace resultgate::app {
namespace {

std::string Sibling(const std::string& folder, const std::string& name) {
  std::filesystem::path path = std::filesystem::path(folder).lexically_normal();
  if (!path.has_filename()) path = path.parent_path();  // `policies/default/`
  if (path == "." || path.filename() == "..") return (path / ".." / name).string();
  return (path.parent_path() / name).string();
}

}  // namespace

void AddSiblingOptions(CLI::App* command, PackFolders* folders) {
  command->add_option("--value-sets", folders->value_sets, "Folder of value sets [beside the pack: valuesets]")
      ->type_name("DIR")
      ->check(CLI::ExistingDirectory);
  command->add_option("--calendars", folders->calendars, "Folder of calendars [beside the pack: calendars]")
      ->type_name("DIR")
      ->check(CLI::ExistingDirectory);
  command->add_flag("--allow-unverified", folders->options.allow_unverified,
                    "Use rules that rest on a statute without `verified`; every decision they have a part in says so");
}

LoadedPack LoadPack(const PackFolders& folders, base::FileIssues* issues) {
  LoadedPack loaded;
  loaded.value_sets =
      valueset::Registry::Load(folders.value_sets.empty() ? Sibling(folders.pack, "valuesets") : folders.value_sets, issues);
  if (loaded.value_sets == nullptr) return {};
  loaded.pack =
      policy::Pack::Load(folders.pack, folders.calendars.empty() ? Sibling(folders.pack, "calendars") : folders.calendars,
                         loaded.value_sets, issues, folders.options);
  if (loaded.pack == nullptr) return {};
  return loaded;
}

}  // namespace resultgate::app

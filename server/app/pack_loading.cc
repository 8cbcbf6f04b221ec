#include "server/app/pack_loading.h"

#include <filesystem>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"

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
  command->add_option("--value-sets", folders->value_sets, "Folder of value sets [valuesets/ in the pack, else beside it]")
      ->type_name("DIR")
      ->check(CLI::ExistingDirectory);
  command->add_option("--calendars", folders->calendars, "Folder of calendars [calendars/ in the pack, else beside it]")
      ->type_name("DIR")
      ->check(CLI::ExistingDirectory);
  command->add_flag("--allow-unverified", folders->options.allow_unverified,
                    "Use rules that rest on a statute without `verified`; every decision they have a part in says so");
}

PackFolders Complete(const PackFolders& folders) {
  const auto folder_of = [&](const std::string& given, const std::string& name) {
    if (!given.empty()) return given;
    std::string own = (std::filesystem::path(folders.pack) / name).string();
    return std::filesystem::is_directory(own) ? own : Sibling(folders.pack, name);
  };
  return {folders.pack, folder_of(folders.value_sets, "valuesets"), folder_of(folders.calendars, "calendars"), folders.options};
}

std::vector<std::string> ChangedFiles(const v1::PackFiles& before, const v1::PackFiles& now) {
  std::map<std::string, std::pair<const std::string*, const std::string*>> files;
  for (const v1::PackFiles::File& file : before.files()) files[file.path()].first = &file.content();
  for (const v1::PackFiles::File& file : now.files()) files[file.path()].second = &file.content();
  std::vector<std::string> changed;
  for (const auto& [path, contents] : files) {
    const auto& [was, is] = contents;
    if (was != nullptr && is != nullptr && *was == *is) continue;
    changed.push_back(absl::StrCat(path, was == nullptr ? " (new)" : is == nullptr ? " (gone)" : " (changed)"));
  }
  return changed;
}

LoadedPack LoadPack(const PackFolders& folders, base::FileIssues* issues) {
  return policy::LoadPackFolders(Complete(folders), issues);
}

}  // namespace resultgate::app

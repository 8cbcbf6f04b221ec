#include "server/policy/pack_files.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "server/base/file.h"

namespace resultgate::policy {
namespace {

constexpr char kValueSets[] = "valuesets";
constexpr char kCalendars[] = "calendars";
constexpr size_t kLongestPath = 512;
constexpr int kMostFiles = 10000;

std::string WithoutSlash(std::string folder) {
  while (folder.size() > 1 && folder.back() == '/') folder.pop_back();
  return folder;
}

// What loaders read; anything else that lies around is no part of a pack.
bool IsRead(const std::string& path) {
  return absl::EndsWith(path, ".yaml") || absl::EndsWith(path, ".csv") || absl::EndsWith(path, ".json");
}

class Collector {
 public:
  // Copies what stands below `folder` to `to`, but for its folders `leave_out`.
  void Add(const std::string& folder, const std::string& to, const std::vector<std::string>& leave_out) {
    const absl::StatusOr<std::vector<std::string>> paths = base::ListFiles(folder, "");
    if (!paths.ok()) return;
    for (const std::string& path : *paths) {
      const std::string name = std::filesystem::path(path).lexically_relative(folder).string();
      const bool left_out = std::any_of(leave_out.begin(), leave_out.end(), [&name](const std::string& below) {
        return absl::StartsWith(name, absl::StrCat(below, "/"));
      });
      if (left_out || !IsRead(path)) continue;
      absl::StatusOr<std::string> content = base::ReadFile(path);
      if (content.ok()) contents_[absl::StrCat(to, "/", name)] = *std::move(content);
    }
  }

  v1::PackFiles Take(std::string folder, bool allow_unverified) {
    v1::PackFiles files;
    files.set_folder(std::move(folder));
    files.set_allow_unverified(allow_unverified);
    for (auto& [path, content] : contents_) {
      v1::PackFiles::File* file = files.add_files();
      file->set_path(path);
      file->set_content(std::move(content));
    }
    return files;
  }

 private:
  std::map<std::string, std::string> contents_;
};

base::Files InMemory(const v1::PackFiles& files) {
  std::map<std::string, std::string> contents;
  for (const v1::PackFiles::File& file : files.files()) contents.emplace(file.path(), file.content());
  return base::Files(std::move(contents));
}

LoadedPack Load(const PackFolders& folders, const base::Files& files, base::FileIssues* issues) {
  base::FileIssues found;
  LoadedPack loaded;
  loaded.value_sets = valueset::Registry::LoadWhatIsUnderstood(folders.value_sets, &found, files);
  loaded.pack = Pack::Load(folders.pack, folders.calendars, loaded.value_sets, &found, folders.options, files);
  const bool usable = loaded.pack != nullptr && !base::HasErrors(found);
  issues->insert(issues->end(), found.begin(), found.end());
  return usable ? loaded : LoadedPack();
}

}  // namespace

LoadedPack LoadPackFolders(const PackFolders& folders, base::FileIssues* issues) {
  LoadedPack loaded = Load(folders, base::Files(), issues);
  if (loaded.pack == nullptr) return loaded;
  const std::filesystem::path folder = std::filesystem::absolute(WithoutSlash(folders.pack)).lexically_normal();
  const std::string name = (folder.has_filename() ? folder : folder.parent_path()).filename().string();
  Collector collector;
  collector.Add(WithoutSlash(folders.pack), name, {kValueSets, kCalendars});
  for (const std::string& required : loaded.pack->required_packs()) {
    const std::string beside = (std::filesystem::path(WithoutSlash(folders.pack)) / ".." / required).lexically_normal().string();
    collector.Add(beside, required, {kValueSets, kCalendars, "tests"});
  }
  collector.Add(WithoutSlash(folders.value_sets), kValueSets, {});
  collector.Add(WithoutSlash(folders.calendars), kCalendars, {});
  loaded.files = std::make_shared<const v1::PackFiles>(collector.Take(name, folders.options.allow_unverified));
  return loaded;
}

LoadedPack LoadPackFiles(const v1::PackFiles& files, base::FileIssues* issues) {
  PackFolders folders{files.folder(), kValueSets, kCalendars, {}};
  folders.options.allow_unverified = files.allow_unverified();
  LoadedPack loaded = Load(folders, InMemory(files), issues);
  if (loaded.pack != nullptr) loaded.files = std::make_shared<const v1::PackFiles>(files);
  return loaded;
}

PackTestReport RunPackTests(const LoadedPack& loaded, base::FileIssues* issues) {
  return RunPackTests(*loaded.pack, loaded.files->folder(), issues, InMemory(*loaded.files));
}

std::vector<std::string> MistakesOf(const v1::PackFiles& files) {
  std::vector<std::string> mistakes;
  const std::string& folder = files.folder();
  if (folder.empty() || folder.find('/') != std::string::npos || folder[0] == '.' || folder == kValueSets ||
      folder == kCalendars) {
    mistakes.push_back("the pack's folder must be a plain name, as `default`");
  }
  if (files.files().empty()) mistakes.push_back("there are no files");
  if (files.files_size() > kMostFiles) mistakes.push_back(absl::StrCat("there are more than ", kMostFiles, " files"));
  std::set<std::string> seen;
  for (const v1::PackFiles::File& file : files.files()) {
    const std::vector<std::string> parts = absl::StrSplit(file.path(), '/');
    const bool leads_out = std::any_of(parts.begin(), parts.end(),
                                       [](const std::string& part) { return part.empty() || part == "." || part == ".."; });
    if (file.path().size() > kLongestPath || leads_out || parts.size() < 2) {
      mistakes.push_back("a path must be relative, as `default/pack.yaml`, and at most 512 bytes");
    } else if (!seen.insert(file.path()).second) {
      mistakes.push_back(absl::StrCat("`", file.path(), "` stands twice"));
    }
  }
  std::sort(mistakes.begin(), mistakes.end());
  mistakes.erase(std::unique(mistakes.begin(), mistakes.end()), mistakes.end());
  return mistakes;
}

}  // namespace resultgate::policy

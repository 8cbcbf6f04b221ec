// `resultgate policy fmt`: the files of packs in one layout.
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/app/client.h"
#include "server/app/command.h"
#include "server/app/policy_commands.h"
#include "server/app/policy_inputs.h"
#include "server/base/file.h"
#include "server/base/write_file.h"
#include "server/policy/format.h"

namespace resultgate::app {
namespace {

struct FmtOptions {
  std::vector<std::string> paths;
  bool check = false;
};

struct Changed {
  std::string path;
  std::string before;
  std::string after;
};

int RunFmt(const FmtOptions& options) {
  std::vector<std::string> files;
  for (const std::string& path : options.paths) {
    if (!std::filesystem::is_directory(path)) {
      files.push_back(path);
      continue;
    }
    const absl::StatusOr<std::vector<std::string>> found = base::ListFiles(path, ".yaml");
    if (!found.ok()) return Fail(std::string(found.status().message()));
    files.insert(files.end(), found->begin(), found->end());
  }
  base::FileIssues issues;
  std::vector<Changed> changed;
  for (const std::string& file : files) {
    const absl::StatusOr<std::string> before = base::ReadFile(file);
    if (!before.ok()) return Fail(std::string(before.status().message()));
    std::optional<std::string> after = policy::FormatFile(file, *before, &issues);
    if (after && *after != *before) changed.push_back({file, *before, *std::move(after)});
  }
  std::cerr << base::Format(issues);
  if (base::HasErrors(issues)) return Fail("nothing was written");
  if (options.check) {
    for (const Changed& file : changed) {
      std::cout << file.path << "\n" << policy::LineDifference(file.before, file.after);
    }
    std::cout << changed.size() << " of " << Plural(files.size(), "file") << " would change\n";
    return changed.empty() ? kDone : kProblemFound;
  }
  for (const Changed& file : changed) {
    const absl::Status written = base::WriteFile(file.path, file.after);
    if (!written.ok()) return Fail(std::string(written.message()));
    std::cout << file.path << "\n";
  }
  std::cout << changed.size() << " of " << Plural(files.size(), "file") << " changed\n";
  return kDone;
}

}  // namespace

void AddPolicyFmt(CLI::App* policy, Run* run) {
  auto options = std::make_shared<FmtOptions>();
  CLI::App* command = policy->add_subcommand("fmt",
                                             "Lay out the files of packs (rules, pack.yaml, value sets, calendars, tests) in one "
                                             "way: order of keys, indentation, quotes. "
                                             "Every\ncomment is kept, and a file whose meaning would change is left alone.");
  command->add_option("PATH", options->paths, "Files, or folders with all .yaml files below them")
      ->required()
      ->check(CLI::ExistingPath);
  command->add_flag("--check", options->check, "Write nothing; print what would change, with exit code 1 if anything would");
  command->footer(
      "Examples:\n"
      "  resultgate policy fmt policies/default\n"
      "  resultgate policy fmt --check policies");
  command->callback([options, run] { *run = [options] { return RunFmt(*options); }; });
}

}  // namespace resultgate::app

// `resultgate policy new`: a pack to start from.
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "server/app/client.h"
#include "server/app/command.h"
#include "server/app/policy_commands.h"
#include "server/base/write_file.h"
#include "server/policy/place_codes.h"
#include "server/policy/starter.h"

namespace resultgate::app {
namespace {

struct NewOptions {
  std::string folder;
  std::string jurisdiction = "none";
};

// `none`, a country, or a part of one.
std::string CheckJurisdiction(const std::string& place) {
  if (place == "none" || policy::IsPlaceCode(place)) return "";
  return absl::StrCat("`", place, "` is no place; write ISO 3166-2, as `US` or `US-OH`, or `none`");
}

int RunNew(const NewOptions& options) {
  std::error_code error;
  const std::filesystem::path folder = std::filesystem::path(options.folder).lexically_normal();
  if (std::filesystem::exists(folder, error) &&
      !(std::filesystem::is_directory(folder, error) && std::filesystem::is_empty(folder, error))) {
    return Fail(absl::StrCat("`", options.folder, "` is there already; nothing was written"));
  }
  const std::string name = (folder.has_filename() ? folder : folder.parent_path()).filename().string();
  const bool plain = !name.empty() && name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string::npos;
  if (!plain)
    return Fail(absl::StrCat("`", name, "` is no name for a pack; name its folder in small letters, digits and hyphens"));
  const std::filesystem::path beside = (folder.has_filename() ? folder : folder.parent_path()).parent_path();
  const bool shared = std::all_of(std::begin(policy::kSharedFiles), std::end(policy::kSharedFiles),
                                  [&](const char* file) { return std::filesystem::exists(beside / file, error); });
  const policy::StarterNames names = shared ? policy::StarterNames::kShared : policy::StarterNames::kItsOwn;
  for (const policy::StarterFile& file : policy::StarterPack(name, options.jurisdiction, names)) {
    const std::string path = (folder / file.path).string();
    const absl::Status written = base::WriteFile(path, file.content);
    if (!written.ok()) return Fail(std::string(written.message()));
    std::cout << path << "\n";
  }
  const std::string shown = (folder.has_filename() ? folder : folder.parent_path()).string();
  std::cout << "\nNext, read pack.yaml and rules.yaml, and try:\n"
            << "  resultgate policy check " << shown << "\n"
            << "  resultgate policy test " << shown << "\n";
  return kDone;
}

}  // namespace

void AddPolicyNew(CLI::App* policy, Run* run) {
  auto options = std::make_shared<NewOptions>();
  CLI::App* command = policy->add_subcommand(
      "new",
      "Write a small pack to start from: pack.yaml, rules, value sets, a calendar and tests, with a comment on every key.");
  command->add_option("DIR", options->folder, "The pack's folder; its name is the pack's. It must not be there yet, or be empty")
      ->required();
  command
      ->add_option(
          "--jurisdiction", options->jurisdiction,
          "The place whose law the pack is for, as US or US-OH. In the United States no rule of it holds by your own policy")
      ->capture_default_str()
      ->type_name("PLACE")
      ->check(CheckJurisdiction);
  command->footer(
      "Beside the project's value sets and calendars it uses those, so that the project's templates fit it;\n"
      "elsewhere it brings its own.\n"
      "Example:\n"
      "  resultgate policy new --jurisdiction US-OH our-pack");
  command->callback([options, run] { *run = [options] { return RunNew(*options); }; });
}

}  // namespace resultgate::app

// `resultgate policy schema` and `resultgate policy reference`: what may stand in the files of a pack, for editors and for
// people.
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/app/client.h"
#include "server/app/command.h"
#include "server/app/pack_loading.h"
#include "server/app/policy_commands.h"
#include "server/base/file.h"
#include "server/base/write_file.h"
#include "server/policy/file_format.h"
#include "server/policy/reference.h"
#include "server/policy/schema.h"
#include "server/valueset/valueset.h"
#include "server/yaml/yaml.h"

namespace resultgate::app {
namespace {

struct SchemaOptions {
  PackFolders folders;
  std::string output;
};

struct ReferenceOptions {
  std::string file;
};

// As much of the pack's names as can be read: the author is in the middle of writing.
policy::Vocabulary NamesOf(const PackFolders& folders) {
  base::FileIssues issues;
  yaml::Node pack_file;
  const std::string path = (std::filesystem::path(folders.pack) / "pack.yaml").string();
  if (const absl::StatusOr<std::string> content = base::ReadFile(path); content.ok()) {
    if (const std::optional<yaml::Document> document = yaml::Parse(path, *content, &issues)) pack_file = document->root;
  }
  const auto value_sets = valueset::Registry::LoadWhatIsUnderstood(Complete(folders).value_sets, &issues);
  return policy::VocabularyOf(pack_file, value_sets == nullptr ? std::vector<std::string>() : value_sets->Names());
}

int RunSchema(const SchemaOptions& options) {
  const policy::Vocabulary names = options.folders.pack.empty() ? policy::Vocabulary() : NamesOf(options.folders);
  const std::string schema = policy::JsonSchema(names);
  const std::string file = options.output.empty() ? "resultgate.schema.json" : options.output;
  if (options.output.empty()) {
    std::cout << schema;
  } else if (const absl::Status written = base::WriteFile(options.output, schema); !written.ok()) {
    return Fail(std::string(written.message()));
  }
  // Value sets stand in the pack or beside it.
  std::filesystem::path root = options.folders.pack.empty() ? "policies" : options.folders.pack;
  root = root.lexically_normal();
  if (!root.has_filename()) root = root.parent_path();
  if (!options.folders.pack.empty() && !std::filesystem::is_directory(root / "valuesets") && root.has_parent_path()) {
    root = root.parent_path();
  }
  std::cerr << "Completion in Visual Studio Code: run the first line, and put the second into .vscode/settings.json\n"
            << "  code --install-extension redhat.vscode-yaml\n"
            << "  \"yaml.schemas\": {\"" << file << "\": \"" << root.string() << "/**/*.yaml\"}\n";
  return kDone;
}

int RunReference(const ReferenceOptions& options) {
  const std::string text = policy::ReferenceMarkdown();
  if (options.file.empty()) {
    std::cout << text;
    return kDone;
  }
  absl::StatusOr<std::string> content = base::ReadFile(options.file);
  if (!content.ok()) return Fail(std::string(content.status().message()));
  size_t begin = content->find(policy::kReferenceBegin);
  const size_t end = content->find(policy::kReferenceEnd);
  if (begin == std::string::npos || end == std::string::npos || end < begin) {
    return Fail(absl::StrCat("`", options.file, "` lacks the two lines between which the reference stands:\n",
                             policy::kReferenceBegin, policy::kReferenceEnd));
  }
  begin += std::string(policy::kReferenceBegin).size();
  content->replace(begin, end - begin, text);
  if (const absl::Status written = base::WriteFile(options.file, *content); !written.ok())
    return Fail(std::string(written.message()));
  std::cout << options.file << "\n";
  return kDone;
}

}  // namespace

void AddPolicySchema(CLI::App* policy, Run* run) {
  auto options = std::make_shared<SchemaOptions>();
  CLI::App* command = policy->add_subcommand(
      "schema",
      "Print a JSON Schema for the files of a pack, with which an editor completes keys and names, explains them, and underlines "
      "mistakes.");
  command->add_option("DIR", options->folders.pack, "The pack's folder: its value sets and pools are offered by name")
      ->check(CLI::ExistingDirectory);
  command->add_option("--output", options->output, "Write it to a file instead")->type_name("FILE");
  command->footer(
      "Example:\n"
      "  resultgate policy schema policies/default --output .vscode/resultgate.schema.json");
  command->callback([options, run] { *run = [options] { return RunSchema(*options); }; });
}

void AddPolicyReference(CLI::App* policy, Run* run) {
  auto options = std::make_shared<ReferenceOptions>();
  CLI::App* command = policy->add_subcommand(
      "reference", "Print, as Markdown, every fact that a condition may speak of and every function of the expression language.");
  command->add_option("--write", options->file, "Replace what stands between the two marker lines of this file")
      ->type_name("FILE");
  command->footer(
      "Example:\n"
      "  resultgate policy reference --write policies/README.md");
  command->callback([options, run] { *run = [options] { return RunReference(*options); }; });
}

}  // namespace resultgate::app

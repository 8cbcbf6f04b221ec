// `resultgate comment`: check, test and look at patient comments, without a gate.
#include <filesystem>
#include <iostream>

#include "server/app/command.h"
#include "server/app/comment_commands.h"

namespace resultgate::app {

void AddComment(CLI::App* app, Run* run) {
  CLI::App* comment = app->add_subcommand("comment", "Check, test and look at the comments that patients read, without a gate.");
  comment->require_subcommand(1);
  AddCommentCheck(comment, run);
  AddCommentTest(comment, run);
  AddCommentPreview(comment, run);
  AddCommentCoverage(comment, run);
}

void AddTemplateFolders(CLI::App* command, TemplateFolders* folders) {
  command->add_option("DIR", folders->templates, "The templates' folder")->capture_default_str()->check(CLI::ExistingDirectory);
  command->add_option("--value-sets", folders->value_sets, "Folder of value sets [policies/valuesets beside DIR, else here]")
      ->type_name("DIR")
      ->check(CLI::ExistingDirectory);
}

void AddCommentZone(CLI::App* command, TemplateFolders* folders) {
  command->add_option("--zone", folders->zone, "Time zone of the dates that comments show")
      ->type_name("ZONE")
      ->capture_default_str();
}

std::shared_ptr<const valueset::Registry> LoadValueSets(const TemplateFolders& folders, base::FileIssues* issues) {
  std::string value_sets = folders.value_sets;
  if (value_sets.empty()) {
    const std::filesystem::path beside =
        std::filesystem::path(folders.templates).lexically_normal().parent_path() / "policies" / "valuesets";
    value_sets = std::filesystem::is_directory(beside) ? beside.string() : "policies/valuesets";
  }
  return valueset::Registry::Load(value_sets, issues);
}

std::shared_ptr<const comment::Library> LoadTemplates(const TemplateFolders& folders, bool stand_in_contacts,
                                                      base::FileIssues* issues) {
  const auto registry = LoadValueSets(folders, issues);
  if (registry == nullptr) return nullptr;
  comment::Library::Options options;
  options.development = true;
  options.stand_in_contacts = stand_in_contacts;
  return comment::Library::Load(folders.templates, *registry, options, issues);
}

std::shared_ptr<const comment::Library> LoadTemplatesAndSay(const TemplateFolders& folders, bool stand_in_contacts) {
  base::FileIssues issues;
  std::shared_ptr<const comment::Library> library = LoadTemplates(folders, stand_in_contacts, &issues);
  // What is right for a site to mend before it is served is said by `comment check` and `serve`, not by each command.
  if (library == nullptr) std::cerr << base::Format(issues);
  return library;
}

}  // namespace resultgate::app

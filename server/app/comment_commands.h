// The subcommands of `resultgate comment`, each in its own file, and what they share.
#ifndef RESULTGATE_APP_COMMENT_COMMANDS_H_
#define RESULTGATE_APP_COMMENT_COMMANDS_H_

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "absl/time/time.h"
#include "server/app/command.h"
#include "server/base/file_issue.h"
#include "server/comment/library.h"
#include "server/valueset/valueset.h"

namespace resultgate::app {

struct TemplateFolders {
  std::string templates = "templates";
  std::string value_sets;  // empty: policies/valuesets beside the templates' folder, else in the working folder
  std::string zone = "America/New_York";
};

// Adds DIR and `--value-sets`.
void AddTemplateFolders(CLI::App* command, TemplateFolders* folders);
// Adds `--zone`: of the dates that comments show.
void AddCommentZone(CLI::App* command, TemplateFolders* folders);

// The value sets by which templates are chosen; null if something is wrong.
std::shared_ptr<const valueset::Registry> LoadValueSets(const TemplateFolders& folders, base::FileIssues* issues);
// Loads templates in development mode, so that what nobody signed can be tried; null if something is wrong. `stand_in_contacts`:
// see comment::Library::Options.
std::shared_ptr<const comment::Library> LoadTemplates(const TemplateFolders& folders, bool stand_in_contacts,
                                                      base::FileIssues* issues);
// The same; what is wrong is printed to stderr if nothing can be loaded.
std::shared_ptr<const comment::Library> LoadTemplatesAndSay(const TemplateFolders& folders, bool stand_in_contacts);

void AddCommentCheck(CLI::App* comment, Run* run);
void AddCommentTest(CLI::App* comment, Run* run);
void AddCommentPreview(CLI::App* comment, Run* run);
void AddCommentCoverage(CLI::App* comment, Run* run);

}  // namespace resultgate::app

#endif  // RESULTGATE_APP_COMMENT_COMMANDS_H_

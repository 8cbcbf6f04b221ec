// `resultgate comment preview`: every wording, as a reader sees it.
#include <fstream>
#include <iostream>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "server/app/client.h"
#include "server/app/command.h"
#include "server/app/comment_commands.h"
#include "server/comment/preview.h"

namespace resultgate::app {
namespace {

struct PreviewOptions {
  TemplateFolders folders;
  std::string only;
  std::string language;
  std::string html;
  std::string as = "text";
};

int RunPreview(const PreviewOptions& options) {
  const auto library = LoadTemplatesAndSay(options.folders, /*stand_in_contacts=*/false);
  if (library == nullptr) return kProblemFound;
  std::vector<comment::Preview> previews;
  for (comment::Preview& preview : comment::Previews(*library, options.only)) {
    if (options.language.empty() || options.language == preview.comment.language()) previews.push_back(std::move(preview));
  }
  if (previews.empty()) return Fail("there is no such template or language");
  if (!options.html.empty()) {
    std::ofstream file(options.html, std::ios::binary);
    file << comment::PreviewPage(*library, previews);
    file.close();
    return file ? kDone : Fail(absl::StrCat("`", options.html, "` cannot be written"));
  }
  const comment::Library::Form form = options.as == "markdown" ? comment::Library::Form::kMarkdown
                                      : options.as == "letter" ? comment::Library::Form::kLetter
                                      : options.as == "phone"  ? comment::Library::Form::kPhone
                                                               : comment::Library::Form::kText;
  for (const comment::Preview& preview : previews) {
    if (form != comment::Library::Form::kLetter) {
      std::cout << "=== " << preview.template_id << " / " << preview.variant << " / " << preview.comment.language() << "\n";
    }
    std::cout << library->Format(preview.comment, form, &preview.report);
    const std::string inside = comment::ToDoInHospital(preview);
    if (form != comment::Library::Form::kLetter && !inside.empty()) std::cout << "--- in hospital: " << inside << "\n";
    std::cout << "\n";
  }
  return kDone;
}

}  // namespace

void AddCommentPreview(CLI::App* comment, Run* run) {
  auto options = std::make_shared<PreviewOptions>();
  CLI::App* command = comment->add_subcommand(
      "preview", "Show every wording in every language with made-up values: for those who review and sign.");
  AddTemplateFolders(command, &options->folders);
  command->add_option("--template", options->only, "Only this template")->type_name("ID");
  command->add_option("--language", options->language, "Only this language")->type_name("TAG");
  command->add_option("--html", options->html, "Write one HTML page instead")->type_name("FILE");
  command->add_option("--as", options->as, "text, markdown, letter or phone")
      ->capture_default_str()
      ->check(CLI::IsMember({"text", "markdown", "letter", "phone"}));
  command->footer(
      "Examples:\n"
      "  resultgate comment preview --template glucose templates\n"
      "  resultgate comment preview --html comments.html templates\n"
      "  resultgate comment preview --template critical --language es --as phone templates");
  command->callback([options, run] { *run = [options] { return RunPreview(*options); }; });
}

}  // namespace resultgate::app

#include "server/comment/library.h"

#include <algorithm>
#include <utility>

#include "server/comment/choose.h"
#include "server/comment/contacts.h"
#include "server/comment/format.h"
#include "server/comment/lines.h"
#include "server/comment/render.h"
#include "server/comment/template.h"
#include "server/comment/verdict.h"

namespace resultgate::comment {
struct Library::Rep {
  std::unique_ptr<const Templates> templates;
  std::vector<Contacts> contacts;
  Options options;
};

namespace {

// The lines of all results; none where they cannot be rendered.
std::vector<std::string> EverythingIn(const Templates& templates, const v1::DiagnosticReport* content, const SharedWords& words) {
  if (content == nullptr || content->observations().empty()) return {};
  const Choice choice = Choose(templates, *content);
  return ListEverything(*content, Judge(*content, choice.judged).findings, choice.hidden, words)
      .value_or(std::vector<std::string>());
}

}  // namespace

Library::Library(std::unique_ptr<Rep> rep) : rep_(std::move(rep)) {}
Library::~Library() = default;

std::shared_ptr<const Library> Library::Load(const std::string& folder, const valueset::Registry& value_sets,
                                             const Options& options, base::FileIssues* issues, const base::Files& files) {
  std::unique_ptr<const Templates> templates = LoadTemplates(folder, value_sets, options.development, issues, files);
  if (templates == nullptr) return nullptr;
  auto rep = std::make_unique<Rep>();
  for (const SharedWords& words : templates->languages) {
    Contacts contacts = options.stand_in_contacts ? StandInContacts() : words.contacts;
    for (std::string* number : {&contacts.clinic_phone, &contacts.after_hours_phone, &contacts.emergency_number})
      *number = Isolated(std::move(*number), words);
    rep->contacts.push_back(std::move(contacts));
  }
  rep->templates = std::move(templates);
  rep->options = options;
  return std::shared_ptr<const Library>(new Library(std::move(rep)));
}

v1::Comment Library::Render(const Request& request) const {
  return comment::Render(*rep_->templates, rep_->contacts, rep_->options, request);
}

std::vector<std::string> Library::Ids() const {
  std::vector<std::string> ids;
  for (const Template& made : rep_->templates->templates) ids.push_back(made.id);
  return ids;
}

v1::Comment Library::RenderAs(const Request& request, const std::string& template_id) const {
  const auto found = rep_->templates->by_id.find(template_id);
  if (found == rep_->templates->by_id.end()) return Render(request);
  return comment::RenderAs(*rep_->templates, rep_->contacts, rep_->options, request, found->second);
}

std::vector<Library::Wording> Library::Wordings() const {
  std::vector<Wording> wordings;
  for (const Template& made : rep_->templates->templates) {
    for (const VariantInfo& info : kVariants) {
      for (size_t i = 0; i < made.translations.size(); ++i) {
        if (!made.translations[i].wordings[static_cast<size_t>(info.variant)].written) continue;
        wordings.push_back({made.id, info.name, rep_->templates->languages[i].tag});
      }
    }
  }
  return wordings;
}

std::string Library::Format(const v1::Comment& comment, Form form, const v1::DiagnosticReport* content) const {
  const std::vector<SharedWords>& languages = rep_->templates->languages;
  const auto words = std::find_if(languages.begin(), languages.end(),
                                  [&](const SharedWords& candidate) { return candidate.tag == comment.language(); });
  if (words == languages.end() || form == Form::kText) return comment.text() + "\n";
  switch (form) {
    case Form::kMarkdown:
      return Markdown(comment, *words);
    case Form::kLetter:
      return Letter(comment, EverythingIn(*rep_->templates, content, *words), *words);
    default:
      return PhoneScript(comment, *words);
  }
}

const Templates& Library::templates() const {
  return *rep_->templates;
}

const std::string& Library::digest() const {
  return rep_->templates->digest;
}

}  // namespace resultgate::comment

// Walks the folder, reads every file, and checks what no single file can know.
#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "server/base/digest.h"
#include "server/base/file.h"
#include "server/comment/contacts.h"
#include "server/comment/loader.h"
#include "server/comment/template.h"
#include "server/nextstep/next_step.h"
#include "server/text/plain.h"

namespace resultgate::comment {
namespace {

using base::FileIssue;
using base::FileIssues;

constexpr absl::string_view kHeaderFile = "template.yaml";
constexpr absl::string_view kExamplesFile = "tests.yaml";
constexpr absl::string_view kContactsFile = "contacts.yaml";

struct File {
  std::string path;
  std::string content;
  std::optional<yaml::Document> document;  // absent: not valid YAML, reported
};

// Everything of a template that a reader may see in a language, and what leads to it.
std::string DigestOfReading(const Header& header, const Template& made, const SharedWords& words, const Translation& read) {
  std::vector<std::pair<std::string, std::string>> parts = {{"language", words.tag},
                                                            {"title", read.title},
                                                            {"verdict", made.gives_verdict ? "" : "none"},
                                                            {"names", made.hides_names ? "hidden" : ""},
                                                            {"shared/title", words.title},
                                                            {"shared/this_test", words.this_test},
                                                            {"shared/unnamed", words.unnamed},
                                                            {"shared/for_others", words.for_others},
                                                            {"shared/line", words.line.source()},
                                                            {"shared/line_with_range", words.line_with_range.source()},
                                                            {"shared/more", words.more.source()},
                                                            {"shared/date", words.date.source()},
                                                            {"shared/contact", words.contact.source()}};
  for (size_t i = 0; i < kStepKeys.size(); ++i)
    parts.emplace_back(absl::StrCat("shared/", kStepKeys[i]), words.next_steps[i].source());
  for (size_t i = 0; i < words.headings.size(); ++i) parts.emplace_back(absl::StrCat("shared/heading", i), words.headings[i]);
  for (const std::string* frame : {&words.letter_opening, &words.letter_closing, &words.phone_opening, &words.phone_closing,
                                   &words.letter_everything, &words.letter_line.source(), &words.letter_line_with_range.source()})
    parts.emplace_back("shared/frame", *frame);
  for (const v1::Audience audience : made.audiences) parts.emplace_back("audience", absl::StrCat(static_cast<int>(audience)));
  for (const Header::Code& code : header.exact) parts.emplace_back("exact", absl::StrCat(code.system, "|", code.code));
  for (const auto& [set, place] : header.value_sets) parts.emplace_back("codes", set->name());
  for (const valueset::ValueSet* set : header.own_goals) parts.emplace_back("own-goal", set->name());
  for (const auto& [section, place] : header.sections) parts.emplace_back("section", absl::StrCat(static_cast<int>(section)));
  for (const VariantInfo& info : kVariants) {
    const auto at = static_cast<size_t>(info.variant);
    if (!read.wordings[at].written) continue;
    parts.emplace_back(info.name, nextstep::ToString(made.next_steps[at]));
    for (size_t i = 0; i < kSectionCount; ++i)
      parts.emplace_back(absl::StrCat(info.name, "/", kSectionNames[i]), read.wordings[at].sections[i].source());
  }
  return base::DigestOfFiles(std::move(parts));
}

class Loader {
 public:
  Loader(const std::string& folder, const valueset::Registry& value_sets, bool placeholders_allowed, const base::Files& from,
         FileIssues* issues)
      : from_(from), folder_(folder), value_sets_(value_sets), placeholders_allowed_(placeholders_allowed), issues_(*issues) {}

  std::unique_ptr<Templates> Load() {
    const size_t before = issues_.size();
    // Without a folder nothing else that is missing is worth a word.
    if (!ReadFiles()) return nullptr;
    ReadLanguages();
    ReadContactsFile();
    for (auto& [id, files] : folders_) ReadTemplate(id, files);
    CheckGenericTemplates();
    std::vector<std::pair<std::string, std::string>> all = shared_contents_;
    all.insert(all.end(), template_contents_.begin(), template_contents_.end());
    made_->digest = base::DigestOfFiles(std::move(all));
    const FileIssues found(issues_.begin() + static_cast<std::ptrdiff_t>(before), issues_.end());
    return base::HasErrors(found) ? nullptr : std::move(made_);
  }

 private:
  void Error(base::Place place, std::string message, std::string suggestion = "") {
    issues_.push_back({base::FileIssue::Severity::kError, std::move(place), std::move(message), std::move(suggestion), ""});
  }

  // False where there is no folder.
  bool ReadFiles() {
    const absl::StatusOr<std::vector<std::string>> paths = from_.List(folder_, ".yaml");
    if (!paths.ok()) {
      Error({folder_, 0, 0}, std::string(paths.status().message()), "name the folder of the patient comments");
      return false;
    }
    for (const std::string& path : *paths) {
      absl::string_view name = path;
      absl::ConsumePrefix(&name, folder_);
      absl::ConsumePrefix(&name, "/");
      const size_t slash = name.find('/');
      const absl::string_view last = slash == absl::string_view::npos ? name : name.substr(slash + 1);
      if (absl::StrContains(last, "/")) {
        Error({path, 1, 1}, "a template's files stand in its own folder, not below it");
        continue;
      }
      if (last == kExamplesFile) continue;  // example.h reads it
      absl::StatusOr<std::string> content = from_.Read(path);
      if (!content.ok()) {
        Error({path, 0, 0}, std::string(content.status().message()));
        continue;
      }
      File file{path, *std::move(content), std::nullopt};
      file.document = yaml::Parse(path, file.content, &issues_);
      if (name == kContactsFile) {
        contacts_ = std::move(file.document);
        has_contacts_ = true;
      } else if (slash == absl::string_view::npos) {
        shared_contents_.emplace_back(std::string(name), file.content);
        shared_.emplace(std::string(absl::StripSuffix(name, ".yaml")), std::move(file));
      } else {
        template_contents_.emplace_back(std::string(name), file.content);
        folders_[std::string(name.substr(0, slash))].emplace(std::string(last), std::move(file));
      }
    }
    return true;
  }

  void ReadLanguages() {
    for (const auto& [tag, file] : shared_) {
      if (text::CanonicalLanguage(tag) != tag)
        Error({file.path, 1, 1}, absl::StrCat("`", tag, "` is no language tag"), "name the file as `es.yaml`");
      languages_.push_back(tag);
      made_->languages.push_back(file.document ? ReadSharedWords(*file.document, tag, &issues_) : SharedWords());
    }
    if (languages_.empty()) Error({folder_, 0, 0}, "there is no language", "add `en.yaml`");
  }

  // The numbers are no part of a digest: a site changes them without changing what a comment says.
  void ReadContactsFile() {
    if (!has_contacts_)
      return Error({folder_, 0, 0}, absl::StrCat("there is no `", kContactsFile, "`: whom are patients to call?"));
    if (!contacts_) return;
    const std::vector<Contacts> contacts = ReadContacts(*contacts_, languages_, placeholders_allowed_, &issues_);
    for (size_t i = 0; i < languages_.size(); ++i) made_->languages[i].contacts = contacts[i];
  }

  void ReadTemplate(const std::string& id, const std::map<std::string, File>& files) {
    const auto header_file = files.find(std::string(kHeaderFile));
    const auto index = static_cast<int>(made_->templates.size());
    Template made;
    made.id = id;
    made.translations.resize(languages_.size());
    Header header;
    const bool has_header = header_file != files.end() && header_file->second.document.has_value();
    made.place = {absl::StrCat(folder_, "/", id, "/", kHeaderFile), 1, 1};
    if (header_file == files.end()) Error({absl::StrCat(folder_, "/", id), 0, 0}, "a template's folder lacks `template.yaml`");
    if (has_header) header = ReadHeader(*header_file->second.document, value_sets_, languages_, &made, &issues_);

    std::vector<std::pair<std::string, std::string>> contents = shared_contents_;
    std::string words;
    for (const auto& [name, file] : files) {
      contents.emplace_back(absl::StrCat(id, "/", name), file.content);
      if (name == kHeaderFile) continue;
      words += file.content;
      const std::string language(absl::StripSuffix(name, ".yaml"));
      const auto at = std::find(languages_.begin(), languages_.end(), language);
      if (at == languages_.end()) {
        Error({file.path, 1, 1}, absl::StrCat("there is no language `", language, "`"),
              absl::StrCat("add `", language, ".yaml` with its shared words beside the templates' folders, or rename this file"));
        continue;
      }
      if (!file.document || !has_header) continue;
      const auto position = static_cast<size_t>(at - languages_.begin());
      made.translations[position] = ReadTranslation(*file.document, made_->languages[position], made, &header, &issues_);
      BindSignOff(header, made, position, &made.translations[position]);
    }
    if (has_header) {
      const yaml::Document& document = *header_file->second.document;
      for (size_t i = 0; i < languages_.size(); ++i) {
        const std::string& language = languages_[i];
        if (files.count(language + ".yaml") == 0 && !(made_->languages[i].partial && !IsGeneric(id))) {
          document.Error({document.file, 1, 1}, absl::StrCat("[language] the template has no `", language, ".yaml`"),
                         "every template has every language", &issues_);
        }
      }
      CheckHeader(id, document, header, words);
      Index(document, header, index);
    }
    made.digest = base::DigestOfFiles(std::move(contents));
    made_->by_id.emplace(id, index);
    made_->templates.push_back(std::move(made));
  }

  static bool IsGeneric(const std::string& id) {
    return std::any_of(kVariants.begin(), kVariants.end(), [&](const VariantInfo& info) { return id == info.generic; });
  }

  // A sign-off holds for the text that was read.
  void BindSignOff(const Header& header, const Template& made, size_t position, Translation* translation) {
    translation->digest = DigestOfReading(header, made, made_->languages[position], *translation);
    const auto found = header.sign_offs.find(made_->languages[position].tag);
    if (found == header.sign_offs.end()) return;
    translation->sign_off = found->second;
    translation->signed_off = found->second.digest == translation->digest;
    if (translation->signed_off) return;
    issues_.push_back({FileIssue::Severity::kWarning, found->second.place,
                       absl::StrCat("[sign-off] the text in `", found->first,
                                    found->second.digest.empty() ? "` is signed off without its `digest`"
                                                                 : "` is not the one that was signed off"),
                       absl::StrCat("nobody is shown it; read it again, then write `digest: ", translation->digest, "`"), ""});
  }

  void CheckHeader(const std::string& id, const yaml::Document& document, const Header& header, const std::string& words) {
    for (const auto& [name, place] : header.argument_places) {
      if (header.used_arguments.count(name) == 0) {
        document.Error(place, absl::StrCat("[arguments] no text uses the argument `", name, "`"), "leave it out", &issues_);
      }
    }
    const std::string lower = absl::AsciiStrToLower(words);
    for (const auto& [term, place] : header.exempt_terms) {
      if (!absl::StrContains(lower, absl::AsciiStrToLower(term))) {
        document.Error(place, absl::StrCat("no text uses the exempt term `", term, "`"), "leave it out", &issues_);
      }
    }
    if (!IsGeneric(id) && header.exact.empty() && header.value_sets.empty() && header.sections.empty()) {
      document.Error({document.file, 1, 1}, "nothing leads to this template", "give it `codes`, `exact` or `sections`", &issues_);
    }
  }

  void Index(const yaml::Document& document, const Header& header, int index) {
    for (const valueset::ValueSet* set : header.own_goals) made_->own_goals.AddValueSet(*set, index);
    for (const Header::Code& code : header.exact) {
      const int other = made_->codes.AddExact(code.system, code.code, index);
      if (other < 0) continue;
      document.Error(code.place, absl::StrCat("`", code.code, "` leads to two templates"),
                     other == index ? "keep one of them"
                                    : absl::StrCat("it stands in `", made_->templates[static_cast<size_t>(other)].id, "` too"),
                     &issues_);
    }
    for (const auto& [set, place] : header.value_sets) {
      const auto [at, inserted] = template_of_set_.emplace(set->name(), index);
      if (!inserted)
        document.Error(place, absl::StrCat("the value set `", set->name(), "` leads to two templates"), "", &issues_);
      made_->codes.AddValueSet(*set, index);
    }
    for (const auto& [section, place] : header.sections) {
      if (made_->codes.FindSection(section) >= 0) document.Error(place, "the section leads to two templates", "", &issues_);
      made_->codes.AddSection(section, index);
    }
  }

  // Every wording needs a template that says it for any test: otherwise the chain could end in nothing.
  void CheckGenericTemplates() {
    for (const VariantInfo& info : kVariants) {
      const auto at = static_cast<size_t>(info.variant);
      const auto found = made_->by_id.find(info.generic);
      if (found == made_->by_id.end()) {
        Error({folder_, 0, 0},
              absl::StrCat("there is no template `", info.generic, "`, which says `", info.name, "` for every test"));
      } else if (!made_->templates[static_cast<size_t>(found->second)].has_variant[at]) {
        Error({absl::StrCat(folder_, "/", info.generic, "/", kHeaderFile), 1, 1},
              absl::StrCat("the template must list the variant `", info.name, "`, which it says for every test"));
      } else {
        made_->generic[at] = found->second;
      }
    }
  }

  const base::Files from_;
  const std::string folder_;
  const valueset::Registry& value_sets_;
  const bool placeholders_allowed_;
  FileIssues& issues_;
  std::unique_ptr<Templates> made_ = std::make_unique<Templates>();
  std::map<std::string, File> shared_;                          // by language
  std::map<std::string, std::map<std::string, File>> folders_;  // by template, by file name
  std::vector<std::pair<std::string, std::string>> shared_contents_, template_contents_;
  std::vector<std::string> languages_;
  std::optional<yaml::Document> contacts_;  // absent: none, or not valid YAML
  bool has_contacts_ = false;
  std::map<std::string, int> template_of_set_;
};

}  // namespace

std::unique_ptr<Templates> LoadTemplates(const std::string& folder, const valueset::Registry& value_sets,
                                         bool placeholders_allowed, FileIssues* issues, const base::Files& files) {
  return Loader(folder, value_sets, placeholders_allowed, files, issues).Load();
}

}  // namespace resultgate::comment

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
#include "server/comment/loader.h"
#include "server/comment/template.h"
#include "server/text/plain.h"

namespace resultgate::comment {
namespace {

using base::FileIssues;

constexpr absl::string_view kHeaderFile = "template.yaml";
constexpr absl::string_view kExamplesFile = "tests.yaml";

struct File {
  std::string path;
  std::string content;
  std::optional<yaml::Document> document;  // absent: not valid YAML, reported
};

class Loader {
 public:
  Loader(const std::string& folder, const valueset::Registry& value_sets, FileIssues* issues)
      : folder_(folder), value_sets_(value_sets), issues_(*issues) {}

  std::unique_ptr<Templates> Load() {
    const size_t before = issues_.size();
    ReadFiles();
    ReadLanguages();
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

  void ReadFiles() {
    const absl::StatusOr<std::vector<std::string>> paths = base::ListFiles(folder_, ".yaml");
    if (!paths.ok()) return Error({folder_, 0, 0}, std::string(paths.status().message()));
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
      absl::StatusOr<std::string> content = base::ReadFile(path);
      if (!content.ok()) {
        Error({path, 0, 0}, std::string(content.status().message()));
        continue;
      }
      File file{path, *std::move(content), std::nullopt};
      file.document = yaml::Parse(path, file.content, &issues_);
      if (slash == absl::string_view::npos) {
        shared_contents_.emplace_back(std::string(name), file.content);
        shared_.emplace(std::string(absl::StripSuffix(name, ".yaml")), std::move(file));
      } else {
        template_contents_.emplace_back(std::string(name), file.content);
        folders_[std::string(name.substr(0, slash))].emplace(std::string(last), std::move(file));
      }
    }
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

  void ReadTemplate(const std::string& id, const std::map<std::string, File>& files) {
    const auto header_file = files.find(std::string(kHeaderFile));
    const auto index = static_cast<int>(made_->templates.size());
    Template made;
    made.id = id;
    made.translations.resize(languages_.size());
    Header header;
    const bool has_header = header_file != files.end() && header_file->second.document.has_value();
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
      made.translations[position] =
          ReadTranslation(*file.document, language, made_->languages[position].contact, made, &header, &issues_);
      made.translations[position].signed_off = header.signed_languages.count(language) > 0;
    }
    if (has_header) {
      const yaml::Document& document = *header_file->second.document;
      for (const std::string& language : languages_) {
        if (files.count(language + ".yaml") == 0) {
          document.Error({document.file, 1, 1}, absl::StrCat("the template has no `", language, ".yaml`"),
                         "every template has every language", &issues_);
        }
      }
      CheckHeader(id, document, header, words);
      Index(document, header, index);
    }
    made.digest = base::DigestOfFiles(std::move(contents));
    made_->by_id.emplace(id, index);
    variants_of_.push_back(header.has_variant);
    made_->templates.push_back(std::move(made));
  }

  void CheckHeader(const std::string& id, const yaml::Document& document, const Header& header, const std::string& words) {
    for (const auto& [name, place] : header.argument_places) {
      if (header.used_arguments.count(name) == 0) {
        document.Error(place, absl::StrCat("no text uses the argument `", name, "`"), "leave it out", &issues_);
      }
    }
    const std::string lower = absl::AsciiStrToLower(words);
    for (const auto& [term, place] : header.exempt_terms) {
      if (!absl::StrContains(lower, absl::AsciiStrToLower(term))) {
        document.Error(place, absl::StrCat("no text uses the exempt term `", term, "`"), "leave it out", &issues_);
      }
    }
    const bool is_generic =
        std::any_of(kVariants.begin(), kVariants.end(), [&](const VariantInfo& info) { return id == info.generic; });
    if (!is_generic && header.exact.empty() && header.value_sets.empty() && header.sections.empty()) {
      document.Error({document.file, 1, 1}, "nothing leads to this template", "give it `codes`, `exact` or `sections`", &issues_);
    }
  }

  void Index(const yaml::Document& document, const Header& header, int index) {
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
      } else if (!variants_of_[static_cast<size_t>(found->second)][at]) {
        Error({absl::StrCat(folder_, "/", info.generic, "/", kHeaderFile), 1, 1},
              absl::StrCat("the template must list the variant `", info.name, "`, which it says for every test"));
      } else {
        made_->generic[at] = found->second;
      }
    }
  }

  const std::string folder_;
  const valueset::Registry& value_sets_;
  FileIssues& issues_;
  std::unique_ptr<Templates> made_ = std::make_unique<Templates>();
  std::map<std::string, File> shared_;                          // by language
  std::map<std::string, std::map<std::string, File>> folders_;  // by template, by file name
  std::vector<std::pair<std::string, std::string>> shared_contents_, template_contents_;
  std::vector<std::string> languages_;
  std::vector<std::array<bool, kVariantCount>> variants_of_;  // by template
  std::map<std::string, int> template_of_set_;
};

}  // namespace

std::unique_ptr<Templates> LoadTemplates(const std::string& folder, const valueset::Registry& value_sets, FileIssues* issues) {
  return Loader(folder, value_sets, issues).Load();
}

}  // namespace resultgate::comment

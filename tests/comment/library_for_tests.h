// The project's own templates and value sets, loaded once for a test binary.
#ifndef RESULTGATE_TESTS_COMMENT_LIBRARY_FOR_TESTS_H_
#define RESULTGATE_TESTS_COMMENT_LIBRARY_FOR_TESTS_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "server/base/file.h"
#include "server/comment/library.h"
#include "server/comment/template.h"
#include "server/comment/variant.h"
#include "server/valueset/valueset.h"

namespace resultgate::comment {

inline const valueset::Registry& ProjectValueSets() {
  static const auto* const registry = [] {
    base::FileIssues issues;
    auto loaded = valueset::Registry::Load("policies/valuesets", &issues);
    if (loaded == nullptr) ADD_FAILURE() << base::Format(issues);
    return new std::shared_ptr<const valueset::Registry>(std::move(loaded));
  }();
  return **registry;
}

inline std::shared_ptr<const Library> LoadProjectTemplates() {
  base::FileIssues issues;
  Library::Options options;
  options.development = true;
  options.stand_in_contacts = true;
  std::shared_ptr<const Library> library = Library::Load("templates", ProjectValueSets(), options, &issues);
  if (library == nullptr) ADD_FAILURE() << base::Format(issues);
  return library;
}

// A copy in memory of some of the project's templates, to be broken: the shared words, what says a wording for every test, the
// templates that are named, and telephone numbers that somebody could answer, as a site has them.
class TemplateCopy {
 public:
  explicit TemplateCopy(const std::vector<std::string>& ids) {
    for (const auto& [path, content] : Originals()) {
      const std::string name = path.substr(path.find('/') + 1);
      const size_t slash = name.find('/');
      const std::string id = name.substr(0, slash);
      const bool generic =
          std::any_of(kVariants.begin(), kVariants.end(), [&](const VariantInfo& info) { return id == info.generic; });
      if (slash == std::string::npos || generic || std::find(ids.begin(), ids.end(), id) != ids.end()) files_[name] = content;
    }
    Write("contacts.yaml",
          "clinic_phone: 217-782-4977\nafter_hours_phone: 217-782-4978\n"
          "emergency_number: \"911\"\nwe_answer_within: 2 business days\n");
  }

  static std::vector<std::string> EveryId() {
    std::vector<std::string> ids;
    for (const auto& [path, content] : Originals()) {
      const std::string name = path.substr(path.find('/') + 1);
      if (const size_t slash = name.find('/'); slash != std::string::npos) ids.push_back(name.substr(0, slash));
    }
    return ids;
  }
  static const std::string& Original(const std::string& name) { return Originals().at("templates/" + name); }

  const std::string& Read(const std::string& name) const { return files_.at(name); }
  void Write(const std::string& name, const std::string& content) { files_[name] = content; }
  // A file, or all files of a folder.
  void Remove(const std::string& name) {
    for (auto at = files_.begin(); at != files_.end();)
      at = at->first == name || at->first.rfind(name + "/", 0) == 0 ? files_.erase(at) : std::next(at);
  }
  // Replaces the first `from`, which must be there.
  void Edit(const std::string& name, const std::string& from, const std::string& to) {
    std::string& content = files_.at(name);
    const size_t at = content.find(from);
    ASSERT_NE(at, std::string::npos) << name << ": " << from;
    content.replace(at, from.size(), to);
  }

  std::shared_ptr<const Library> Load(base::FileIssues* issues, const Library::Options& options = {}) const {
    std::map<std::string, std::string> files;
    for (const auto& [name, content] : files_) files["templates/" + name] = content;
    return Library::Load("templates", ProjectValueSets(), options, issues, base::Files(std::move(files)));
  }
  std::shared_ptr<const Library> MustLoad(const Library::Options& options = {}) const {
    base::FileIssues issues;
    std::shared_ptr<const Library> library = Load(&issues, options);
    if (library == nullptr) ADD_FAILURE() << base::Format(issues);
    return library;
  }
  // Of what there is to sign, as `comment check` prints it.
  std::string DigestOf(const std::string& id, const std::string& language) const {
    const auto library = MustLoad();
    if (library == nullptr) return "";
    const Templates& templates = library->templates();
    for (size_t i = 0; i < templates.languages.size(); ++i) {
      if (templates.languages[i].tag == language)
        return templates.templates[static_cast<size_t>(templates.by_id.at(id))].translations[i].digest;
    }
    return "";
  }

 private:
  static const std::map<std::string, std::string>& Originals() {
    static const auto* const originals = [] {
      auto* read = new std::map<std::string, std::string>;
      const auto paths = base::ListFiles("templates", ".yaml");
      for (const std::string& path : *paths) (*read)[path] = *base::ReadFile(path);
      return read;
    }();
    return *originals;
  }

  std::map<std::string, std::string> files_;  // by name below the folder
};

// In development mode: the wordings themselves are what is tested.
inline const Library& ProjectTemplates() {
  static const auto* const library = new std::shared_ptr<const Library>(LoadProjectTemplates());
  return **library;
}

}  // namespace resultgate::comment

#endif  // RESULTGATE_TESTS_COMMENT_LIBRARY_FOR_TESTS_H_

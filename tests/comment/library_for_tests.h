// The project's own templates and value sets, loaded once for a test binary.
#ifndef RESULTGATE_TESTS_COMMENT_LIBRARY_FOR_TESTS_H_
#define RESULTGATE_TESTS_COMMENT_LIBRARY_FOR_TESTS_H_

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "server/comment/library.h"
#include "server/valueset/valueset.h"
#include "tests/testing/temp_folder.h"

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

// A copy of the project's templates with telephone numbers that somebody could answer, as a site has them.
inline void CopyTemplatesWithNumbers(const std::string& folder) {
  std::filesystem::copy("templates", folder,
                        std::filesystem::copy_options::recursive | std::filesystem::copy_options::overwrite_existing);
  std::ofstream(folder + "/contacts.yaml") << "clinic_phone: 217-782-4977\nafter_hours_phone: 217-782-4978\n"
                                              "emergency_number: \"911\"\nwe_answer_within: 2 business days\n";
}

// In development mode: the wordings themselves are what is tested.
inline const Library& ProjectTemplates() {
  static const auto* const library = new std::shared_ptr<const Library>(LoadProjectTemplates());
  return **library;
}

}  // namespace resultgate::comment

#endif  // RESULTGATE_TESTS_COMMENT_LIBRARY_FOR_TESTS_H_

// The project's own templates and value sets, loaded once for a test binary.
#ifndef RESULTGATE_TESTS_COMMENT_LIBRARY_FOR_TESTS_H_
#define RESULTGATE_TESTS_COMMENT_LIBRARY_FOR_TESTS_H_

#include <gtest/gtest.h>

#include <memory>

#include "server/comment/library.h"
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

inline std::shared_ptr<const Library> LoadProjectTemplates(bool allow_unsigned) {
  base::FileIssues issues;
  Library::Options options;
  options.allow_unsigned = allow_unsigned;
  std::shared_ptr<const Library> library = Library::Load("templates", ProjectValueSets(), options, &issues);
  if (library == nullptr) ADD_FAILURE() << base::Format(issues);
  return library;
}

// In development mode: the wordings themselves are what is tested.
inline const Library& ProjectTemplates() {
  static const auto* const library = new std::shared_ptr<const Library>(LoadProjectTemplates(true));
  return **library;
}

}  // namespace resultgate::comment

#endif  // RESULTGATE_TESTS_COMMENT_LIBRARY_FOR_TESTS_H_

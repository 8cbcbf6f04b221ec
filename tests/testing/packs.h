// Loading rules and value sets in tests.
#ifndef RESULTGATE_TESTS_TESTING_PACKS_H_
#define RESULTGATE_TESTS_TESTING_PACKS_H_

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "server/base/file_issue.h"
#include "server/policy/pack.h"
#include "server/policy/pack_files.h"
#include "server/valueset/valueset.h"

namespace resultgate::testing {

// The value sets that the project ships; fails the test if they do not load.
inline std::shared_ptr<const valueset::Registry> ShippedValueSets() {
  base::FileIssues issues;
  std::shared_ptr<const valueset::Registry> registry = valueset::Registry::Load("policies/valuesets", &issues);
  EXPECT_NE(registry, nullptr) << base::Format(issues);
  return registry;
}

// A pack of the project, as `policies/default`, its statutes verified or not; fails the test if it does not load, or complains.
inline std::shared_ptr<const policy::Pack> LoadPack(const std::string& folder) {
  base::FileIssues issues;
  std::shared_ptr<const policy::Pack> pack =
      policy::Pack::Load(folder, "policies/calendars", ShippedValueSets(), &issues, {/*allow_unverified=*/true});
  EXPECT_NE(pack, nullptr) << base::Format(issues);
  EXPECT_TRUE(issues.empty()) << base::Format(issues);
  return pack;
}

// The same with its files, as a gate takes it.
inline policy::LoadedPack LoadPackWithFiles(const std::string& folder) {
  base::FileIssues issues;
  policy::LoadedPack loaded =
      policy::LoadPackFolders({folder, "policies/valuesets", "policies/calendars", {/*allow_unverified=*/true}}, &issues);
  EXPECT_NE(loaded.pack, nullptr) << base::Format(issues);
  return loaded;
}

}  // namespace resultgate::testing

#endif  // RESULTGATE_TESTS_TESTING_PACKS_H_

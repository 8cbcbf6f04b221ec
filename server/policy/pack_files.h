// A pack as files in one message: how it travels to a gate, and how a gate keeps it. Pure but for the files of the disk that are
// asked for; thread-safe.
#ifndef RESULTGATE_POLICY_PACK_FILES_H_
#define RESULTGATE_POLICY_PACK_FILES_H_

#include <memory>
#include <string>
#include <vector>

#include "resultgate/v1/activation.pb.h"
#include "server/base/file_issue.h"
#include "server/policy/pack.h"
#include "server/policy/pack_test_runner.h"
#include "server/valueset/valueset.h"

namespace resultgate::policy {

// The folders of a pack on a disk.
struct PackFolders {
  std::string pack;
  std::string value_sets;
  std::string calendars;
  LoadOptions options;
};

// A pack with what it was loaded from. Immutable.
struct LoadedPack {
  std::shared_ptr<const valueset::Registry> value_sets;
  std::shared_ptr<const Pack> pack;
  std::shared_ptr<const v1::PackFiles> files;
};

// Reads a pack that stands in folders, with the packs that it requires. Mistakes are appended to `issues`, at the paths of the
// disk; all parts are null if something is an error.
LoadedPack LoadPackFolders(const PackFolders& folders, base::FileIssues* issues);

// The same from a message; places are the paths in it.
LoadedPack LoadPackFiles(const v1::PackFiles& files, base::FileIssues* issues);

// Runs the tests that came with a pack.
PackTestReport RunPackTests(const LoadedPack& loaded, base::FileIssues* issues);

// What breaks the limits of PackFiles, a sentence each: a path that leads out, stands twice or is too long.
std::vector<std::string> MistakesOf(const v1::PackFiles& files);

}  // namespace resultgate::policy

#endif  // RESULTGATE_POLICY_PACK_FILES_H_

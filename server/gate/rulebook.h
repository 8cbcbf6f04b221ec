// What decides: a pack and the patient comments that go with it. Immutable; the active one is replaced as a whole.
#ifndef RESULTGATE_GATE_RULEBOOK_H_
#define RESULTGATE_GATE_RULEBOOK_H_

#include <functional>
#include <memory>

#include "server/base/file_issue.h"
#include "server/comment/library.h"
#include "server/policy/pack.h"
#include "server/valueset/valueset.h"

namespace resultgate::gate {

// Templates name value sets, and value sets come with the pack. So the comments are compiled anew against those of each pack that
// becomes active, from the same templates, whole or not at all: no comment ever goes by a value set that the rules do not know.
struct Rulebook {
  std::shared_ptr<const policy::Pack> pack;
  std::shared_ptr<const comment::Library> comments;
};

// Compiles the gate's templates against a pack's value sets. Mistakes are appended to `issues`; null if something is an error.
// Called from several threads.
using CommentLoader =
    std::function<std::shared_ptr<const comment::Library>(const valueset::Registry& value_sets, base::FileIssues* issues)>;

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_RULEBOOK_H_

// Decides what was logged again, from the facts that are kept, and says where it comes out otherwise. It must not: a decision is
// a pure function of pack, report, context and time, and so is what follows from one when time passes or a person acts.
//
// Each entry starts from what the log says stood before it, so that a difference at one entry does not run on into the next.
// Reports are not in the log. They are kept with the result, version by version, and the entry has a digest of the facts that it
// was decided from: what is decided again is decided from exactly these, or it is said which of them are no longer kept. The
// wording of comments is not chosen again: templates are not kept.
#ifndef RESULTGATE_GATE_REPLAY_H_
#define RESULTGATE_GATE_REPLAY_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "resultgate/v1/audit_service.pb.h"
#include "resultgate/v1/result.pb.h"
#include "server/policy/pack.h"

namespace resultgate::gate {

// An entry, and what came out when it was decided again.
struct Replayed {
  enum class Verdict {
    kSame,
    kDifferent,
    kNotKept,         // it cannot be decided again
    kDecidesNothing,  // it tells of something that no rule decides, as that the portal acknowledged a release
  };

  int64_t sequence = 0;
  int64_t result_id = 0;
  std::string kind;  // `decided`, `approved`, …
  Verdict verdict = Verdict::kSame;
  // What differs, a line each; or which fact is no longer kept, one line.
  std::vector<std::string> details;
};

// A pack as it is kept.
struct KeptPack {
  std::shared_ptr<const policy::Pack> pack;  // null: it is not kept, or is wrong
  std::string wrong;                         // what is wrong with it, as `its files cannot be read`; empty: nothing
};

// What is kept beside the results, as a replay asks for it.
struct ReplaySources {
  std::function<const KeptPack&(const std::string& digest)> pack;
  // Digest of the pack that was active when the entry was made.
  std::function<std::string(int64_t sequence)> active_pack;
  // nullopt if there is none.
  std::function<std::optional<v1::Entry>(int64_t sequence)> entry;
};

// `entries`: all of one result, in order. Those from `first` to `last` that decided something are decided again, also where what
// was decided is that nothing changes: none is left out of the answer. `standing` is the result as it is kept, null if it is not.
// Pure; thread-safe if the sources are.
std::vector<Replayed> ReplayResult(const v1::Result* standing, const std::vector<v1::Entry>& entries, int64_t first, int64_t last,
                                   const ReplaySources& sources);

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_REPLAY_H_

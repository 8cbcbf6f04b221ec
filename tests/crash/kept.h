// What a gate keeps, held against what its clients know (load.h). Each check fails the test where something is not as it must be.
#ifndef RESULTGATE_TESTS_CRASH_KEPT_H_
#define RESULTGATE_TESTS_CRASH_KEPT_H_

#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tests/crash/load.h"

namespace resultgate::crash {

// What a server holds, read by its API from the first page to the last.
struct Kept {
  std::map<int, v1::Result> results;  // by the number of the report
  std::vector<v1::Entry> entries;
  std::vector<v1::Release> releases;
};

// As soon as everything has gone that was due by `now`.
Kept ReadAll(const Stubs& stubs, absl::Time now);

// Everything that was acknowledged is there as it was acknowledged, and nothing that was never sent; what was approved is held by
// nothing that was decided before, and what was acknowledged by the portal is published.
void CheckResults(const Kept& kept, const Client& client);

// The log has no gap, and each act is in it once: each start, each version that was taken in, each approval, each
// acknowledgement.
void CheckEntries(const Kept& kept, int starts, const Client& client);

// What results and log say of releases is what the stream gives, nothing goes out twice, and what the portal was given is there.
void CheckReleases(const Kept& kept, const Client& client);

// What `resultgate audit verify` and `audit replay` do, on the file as the kill left it: every entry is under the signed head,
// the head is signed, what is kept beside the log is what it says, and all was decided as it is decided now. `checkpoints` are
// what the gate gave out before the kill: nothing of that may be missing.
void CheckProof(const std::string& database, const std::vector<std::string>& checkpoints);

std::string CheckpointOf(const Stubs& stubs);

}  // namespace resultgate::crash

#endif  // RESULTGATE_TESTS_CRASH_KEPT_H_

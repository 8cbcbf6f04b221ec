// The reports that a result's decisions were made from, put together anew from the versions that the result keeps.
//
// Immutable; thread-safe.
#ifndef RESULTGATE_GATE_KEPT_REPORTS_H_
#define RESULTGATE_GATE_KEPT_REPORTS_H_

#include <optional>
#include <string>
#include <vector>

#include "resultgate/v1/audit_service.pb.h"
#include "resultgate/v1/result.pb.h"
#include "server/gate/logged_state.h"

namespace resultgate::gate {

class KeptReports {
 public:
  // `standing` is the result as it is kept, null if it is not; `entries` are all of it.
  KeptReports(const v1::Result* standing, const std::vector<v1::Entry>& entries);

  // False if it was erased.
  bool any() const { return !kept_.empty(); }
  // The report of this name (content_digest.h) as it was taken in, or null if it is not kept by itself.
  const v1::DiagnosticReport* Find(const std::string& name) const;

  // A report that may have been decided.
  struct Candidate {
    v1::DiagnosticReport report;
    std::optional<std::string> doubt;  // what its versions leave in doubt; absent where they may not be all
  };
  // The reports that a `decided` entry may have decided, the likeliest first; `before` is the result as it stood then. Which it
  // was, the entry's digest of its facts tells.
  std::vector<Candidate> CandidatesFor(const v1::Entry& entry, const LoggedState& before) const;

 private:
  struct Version {
    v1::DiagnosticReport report;
    std::string name;  // by which an entry names it; empty: none does, because it was made of several
  };
  std::vector<Version> kept_;
  v1::DiagnosticReport standing_;
};

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_KEPT_REPORTS_H_

// Holds what a database keeps beside its log against the log: every table, and that the file is whole below them. The log is
// sealed (audit/log_verifier.h); so whoever changes one of these rows has to be found by what the log says of them.
//
// Of a result the log says the version, the decision with where each unit stands, the times of receipt, the number of releases,
// and digests of its report, of the versions that the report is made from, of what clinicians wrote and of what was known of the
// patient, and which determinations were reviewed. Of a release, a digest of its whole row, and of a patient's record. A pack is
// named by the digest of its rules; an owner of the directory stands in the log. The times that figures count are made of the
// log.
//
// What the log does not say is not held against it: a pack's own tests; when a document that only waits for its observations is
// looked at again; whether something is left to do about a result; of a result of which not all
// reports are kept, keys and assigners that could be theirs. What was told of a patient before the log had digests of it is
// counted.
//
// An entry that cannot be read is a finding, and so is each result that it is about: what is kept of that is not looked at.
//
// What was erased (erasure.h) is counted apart: then nothing of the contents may be left, and the rest must be as the log says. A
// report that is missing without an entry that erased it is a finding.
#ifndef RESULTGATE_GATE_STORED_CHECK_H_
#define RESULTGATE_GATE_STORED_CHECK_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/store/log_file.h"

namespace resultgate::gate {

struct StoredReport {
  int64_t results = 0;  // that the log or a table knows
  int64_t releases = 0;
  int64_t packs = 0;
  int64_t keys = 0;
  int64_t erased = 0;  // results whose contents were erased, as the log says
  int64_t legal_holds = 0;
  int64_t patients = 0;
  int64_t undigested_patients = 0;  // of which the log has no digest: what was told of them last is from before it had any
  int64_t owners = 0;
  // Each names its place and what does not fit: `result 7: version: logged 2, kept 3`. The first 100.
  std::vector<std::string> findings;
  int64_t findings_left_out = 0;

  bool ok() const { return findings.empty(); }
};

// Reads every table once, and each result's entries. It does not ask whether the log holds. `progress` may be null; it is called
// now and then with how many of how many results are done.
absl::StatusOr<StoredReport> CheckStored(store::LogFile& log, const std::function<void(int64_t done, int64_t all)>& progress);

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_STORED_CHECK_H_

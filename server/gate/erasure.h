// Erases the contents of a result: its reports, what clinicians wrote, what was known of the patient, the comments and
// identifiers of its releases, the keys that tell of the patient and of what was sent, and the salt of the log's digests of all
// these. What was decided and done stays, in the record and in the log, and with it, in the entry that tells of the erasure, the
// codes, statuses and times of the report that stood. The keys of its order, specimen and observations stay
// too: by them a version that comes later is known, and held for people instead of taken for a new result (submit.h).
//
// All of it is one transaction with its log entry.
#ifndef RESULTGATE_GATE_ERASURE_H_
#define RESULTGATE_GATE_ERASURE_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "resultgate/v1/audit_service.pb.h"
#include "resultgate/v1/release_service.pb.h"
#include "resultgate/v1/result.pb.h"
#include "server/store/store.h"

namespace resultgate::gate {

// What is left of them. Pure functions.
v1::Result WithoutContents(v1::Result result);
v1::Release WithoutContents(const v1::Release& release);
// The result's section, language and facility, as a report that has nothing else; the report itself where it is not erased.
v1::DiagnosticReport ReportForFigures(const v1::Result& result);
// The result as it may be answered: without what only the gate may know.
v1::Result Answerable(v1::Result result);

// The first eight bytes of a key, the highest first.
uint64_t PrefixOf(absl::string_view key);
// Remembers that a key is to be erased with the contents: of some keys nothing that is kept tells.
void NoteErasedKey(const store::Key& key, v1::Result* result);
// The same for the keys of all of the patient's identifiers.
void NoteErasedPatient(const v1::Patient& patient, v1::Result* result);

// FailedPrecondition where the contents are erased.
absl::Status CheckNotErased(const v1::Result& result);

// Why the result's contents may not be erased yet; empty if they may, legal holds and retention aside. Other failures are the
// store's.
absl::StatusOr<std::string> WhyNotErasable(store::Batch& batch, const v1::Result& result);

// Erases, and writes the entry: `erased` with its counts filled. The result stands as it is left.
absl::Status EraseContents(store::Batch& batch, absl::Time now, const std::string& actor, v1::Entry::Erased erased,
                           v1::Result* result);

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_ERASURE_H_

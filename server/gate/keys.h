// Which report is which: the keys by which a duplicate and a newer version of the same result are known (design, section 3).
//
// Real senders change message and report ids with every version, so those are no keys. The patient is no part of a key, because a
// correction may move a result to another patient. An empty part never matches. Pure functions, thread-safe.
#ifndef RESULTGATE_GATE_KEYS_H_
#define RESULTGATE_GATE_KEYS_H_

#include <string>
#include <vector>

#include "resultgate/v1/model.pb.h"
#include "server/store/store.h"

namespace resultgate::gate {

// Digest of the normalised report, 32 bytes: everything that the sender says of the result, status and times included; message
// and report ids, the message's time and what the reader of the message noted are not.
std::string ReportDigest(const v1::DiagnosticReport& report);

// Equal for the same sender and digest: the same report again.
store::Key DuplicateKey(const v1::DiagnosticReport& report, const std::string& digest);
// That of a `snapshot` as it was made before snapshots were told apart: a message that was taken in then is known again. Empty
// for other reports.
store::Key DuplicateKeyBefore(const v1::DiagnosticReport& report);

// What a report may be known by, the most telling tier first. Equal keys of the same tier mean the same result.
struct IdentityKeys {
  // 0: filler order number and service code. 1: accession number and service code. 2: specimen and observation. 3: the sender's
  // own (FHIR) ids of its observations. Every tier may be empty.
  static constexpr int kTiers = 4;
  std::vector<store::Key> tiers[kTiers];
};

IdentityKeys IdentityOf(const v1::DiagnosticReport& report);

// Equal keys: the same order, if the patient is the same too. A placer's number is the ordering system's, so it counts across
// senders; filler and accession numbers do for one sender.
std::vector<store::Key> OrderKeys(const v1::DiagnosticReport& report);

// The key of a patient's identifier: of the patient's record, and of the results whose reports name it.
store::Key PatientKey(const v1::Identifier& identifier);

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_KEYS_H_

// Log entries, and what they tell of, in a few words, for tables and stories. Pure functions, thread-safe. Empty fields give
// empty text.
#ifndef RESULTGATE_AUDIT_ENTRY_WORDS_H_
#define RESULTGATE_AUDIT_ENTRY_WORDS_H_

#include <google/protobuf/repeated_field.h>
#include <google/protobuf/repeated_ptr_field.h>

#include <string>

#include "absl/time/time.h"
#include "resultgate/v1/activation.pb.h"
#include "resultgate/v1/audit_service.pb.h"
#include "resultgate/v1/decision.pb.h"
#include "resultgate/v1/model.pb.h"
#include "resultgate/v1/release_service.pb.h"
#include "resultgate/v1/result_gate_service.pb.h"

namespace resultgate::audit {

// `Fri 2026-03-06 21:05`, the time on the wall in `zone`.
std::string LocalTime(const google::protobuf::Timestamp& time, absl::TimeZone zone);

// `patient, delegate`; empty for all three.
std::string AudiencesText(const google::protobuf::RepeatedField<int>& audiences);

// `released`, `published`, `delayed`, `review`, `withheld`, `not final`, `quarantine`, `never`, `closed`.
std::string OutcomeText(const v1::Outcome& outcome);

// `ordering-provider (1234567893)`, `pathology-pool`.
std::string OwnerText(const v1::Owner& owner);

// `new`, `version 3`, `duplicate`, `older version`.
std::string DisposalText(v1::SubmitResultResponse::Disposal disposal, int version);

std::string ReleaseKindText(v1::ReleaseKind kind);

// From where the call came that an entry tells of, as an internet address without brackets: `::1`; a socket's path as gRPC writes
// it, `unix:/run/gate`. Empty where no call did it.
std::string PeerText(const v1::Entry& entry);

// `58410-2 (http://loinc.org), CBC`.
std::string CodesText(const google::protobuf::RepeatedPtrField<v1::Coding>& codes);

// What an entry tells, on one line: `new: 12 units released, 2 review`.
std::string EntryText(const v1::Entry& entry);

// An activation on one line: `default sha256:0123456789ab, by author-1, approved by 1234567893; of what is held: 3 would go
// earlier`.
std::string ActivationText(const v1::Activation& activation);

// `3 would go earlier, 2 later, 14 the same`; `nothing` where nothing is held.
std::string HeldText(const v1::HeldPreview& held);

}  // namespace resultgate::audit

#endif  // RESULTGATE_AUDIT_ENTRY_WORDS_H_

// Which entries are about a patient's results, without looking at the others. The log holds no identifiers; what a patient has is
// found by the keys of its results (keys.h), and an identifier without its assigner by trying each of the few that there are.
#ifndef RESULTGATE_GATE_PATIENT_ENTRIES_H_
#define RESULTGATE_GATE_PATIENT_ENTRIES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/store/store.h"

namespace resultgate::gate {

// More results of one patient, or assigners of identifiers, are not looked up one by one.
inline constexpr size_t kMostResultsOfPatient = 5000;
inline constexpr int kMostAssigners = 1000;

// Sequences of all entries about results whose reports ever named this identifier, `P1001` or `NORTH|P1001`, in order; nullopt
// where that would be too many. The patient whose result it is now may be another one. Thread-safe.
absl::StatusOr<std::optional<std::vector<int64_t>>> EntriesOfPatient(const store::Reader& reader, const std::string& identifier);

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_PATIENT_ENTRIES_H_

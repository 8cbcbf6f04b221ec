// What a reviewer writes for the patient when approving: kept with the result, shown when its units go. Pure functions,
// thread-safe.
#ifndef RESULTGATE_GATE_CLINICIAN_WORDS_H_
#define RESULTGATE_GATE_CLINICIAN_WORDS_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "resultgate/v1/audit_service.pb.h"
#include "resultgate/v1/result.pb.h"
#include "resultgate/v1/review_service.pb.h"

namespace resultgate::gate {

// Keeps the request's words with the result, for the units that it names, else for all of them; nothing where it has none.
void KeepWords(const v1::ApproveReviewRequest& request, absl::Time now, v1::Result* result);

// The latest words about one of these units in the version that stands, or nullptr.
const v1::ClinicianComment* WordsFor(const v1::Result& result, const std::vector<std::string>& unit_ids);

// Who wrote and what, for the log: without the text.
void NoteWords(const v1::ApproveReviewRequest& request, v1::Entry::Approved* approved);

// What makes the words hard to read, in words; empty where they are easy. A hint, for their author to judge.
std::vector<std::string> ReadingHints(const v1::ApproveReviewRequest& request, const std::string& language);

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_CLINICIAN_WORDS_H_

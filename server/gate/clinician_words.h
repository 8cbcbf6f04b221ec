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
#include "server/gate/transition.h"
#include "server/policy/outcomes.h"

namespace resultgate::gate {

// Keeps the request's words with the result, for the units that it names, else for all of them; nothing where it has none.
void KeepWords(const v1::ApproveReviewRequest& request, absl::Time now, v1::Result* result);

// The latest words about one of these units in the version that stands, or nullptr. Nullptr too unless each of the audiences sees
// all that the words are about, by `outcomes`: they may tell what is kept from somebody.
const v1::ClinicianComment* WordsFor(const v1::Result& result, const policy::Outcomes& outcomes,
                                     const std::vector<std::string>& unit_ids, const std::vector<v1::Audience>& audiences);

// The releases, each whose audiences do not all see what the words with it are about cut into one for those who do and one for
// the others.
std::vector<PlannedRelease> CutByWords(const v1::Result& result, const policy::Outcomes& outcomes,
                                       std::vector<PlannedRelease> releases);

// Who wrote and what, for the log: without the text. `salt` is the result's.
void NoteWords(const v1::ApproveReviewRequest& request, const std::string& salt, v1::Entry::Approved* approved);

// What makes the words hard to read, in words; empty where they are easy. A hint, for their author to judge.
std::vector<std::string> ReadingHints(const v1::ApproveReviewRequest& request, const std::string& language);

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_CLINICIAN_WORDS_H_

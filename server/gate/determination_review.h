// The patient's right to have a danger reviewed that one clinician determined: what may be told of it, whose the review is, and
// which reviews nobody has answered. Pure functions, thread-safe.
//
// The rules, from 45 CFR, title by title:
//   171.201(c)(1)     the risk is determined for one patient by a licensed health care professional who has, or had, a
//                     clinician-patient relationship with that patient: the gate knows of the licence (Directory::IsLicensed),
//                     who determines it answers for the relationship
//   171.201(e)        the patient keeps the right to have that determination reviewed and potentially reversed
//   164.524(a)(3)     on which grounds access may be denied so: danger to life or physical safety
//   164.524(a)(4)     the review is by a licensed health care professional whom the entity designates and who did not participate
//   in
//                     the decision to deny; what that one finds binds
//   164.524(d)(2)     who is denied is told the basis, and of the right to have it reviewed
//   164.524(d)(4)     a request is referred promptly, decided within a reasonable time, and answered
#ifndef RESULTGATE_GATE_DETERMINATION_REVIEW_H_
#define RESULTGATE_GATE_DETERMINATION_REVIEW_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "resultgate/v1/decision.pb.h"
#include "resultgate/v1/result.pb.h"
#include "server/calendar/calendar.h"
#include "server/gate/directory.h"
#include "server/policy/pack.h"

namespace resultgate::gate {

// FailedPrecondition, with what would be right, unless the directory knows this person as a licensed clinician: nobody else
// determines a danger, upholds one or ends one.
absl::Status CheckMayJudge(const Directory& directory, const std::string& person);

// The dangers that withhold the outcome, over or not; empty where anything else withholds it too, of which nothing may be told.
// One that holds it from others than the patient is none of these: it may be the patient who is kept safe from them.
std::vector<const v1::Determination*> DangersOf(const v1::Result& result, const v1::Outcome& outcome);

// Null if nobody has asked for a review of the determination.
const v1::DeterminationReview* FindReview(const v1::Result& result, int determination_id);

// Has every danger reviewed that holds something from `audience` at `now` and for which nobody has asked yet: adds to the
// result's reviews, and gives the numbers of the determinations. The owner is whom the pack's default review escalates to, as the
// organisation's reviewing official, else its last owner, else who looks into refused messages: the first that is not who
// determined it alone. The deadline is three business days, and never after the determination's own end.
std::vector<int> OpenReviews(const policy::Pack& pack, const calendar::Calendar& calendar, const Directory& directory,
                             v1::Audience audience, absl::Time now, v1::Result* result);

// Reviews that nobody has answered, of determinations that still hold something at `now`, in order.
std::vector<const v1::DeterminationReview*> UnansweredReviews(const v1::Result& result, absl::Time now);

// What the patient's side is told of a danger that holds something, in words. `zone` is that of the times in it.
std::string DangerInWords(const v1::Result& result, const v1::Determination& danger, absl::TimeZone zone, absl::Time now);

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_DETERMINATION_REVIEW_H_

// What people did, for whoever decides it again: turns that were claimed, handed over or given back, and what was determined.
#ifndef RESULTGATE_GATE_REPLAY_PEOPLE_H_
#define RESULTGATE_GATE_REPLAY_PEOPLE_H_

#include <google/protobuf/repeated_ptr_field.h>

#include <string>

#include "absl/time/time.h"
#include "resultgate/v1/audit_service.pb.h"
#include "resultgate/v1/result.pb.h"
#include "server/calendar/calendar.h"
#include "server/gate/transition.h"

namespace resultgate::gate {

// What people determined of a result, discussed with the patient, and what the patient's side asked to have reviewed, as its
// entries have it. Not thread-safe.
class LoggedPeople {
 public:
  // Takes in the next entry of the result.
  void Take(const v1::Entry& entry);

  // Gives `result` what was known then beside its report, if `standing`, the result as it is kept, or with what was determined
  // and discussed by then, has it by that digest (decision_facts.h); else false.
  bool FillKnown(const v1::Result& standing, const std::string& digest, v1::Result* result) const;
  // As whom each review was asked for; nothing else of it.
  const google::protobuf::RepeatedPtrField<v1::DeterminationReview>& reviews() const { return reviews_; }

 private:
  google::protobuf::RepeatedPtrField<v1::Determination> determinations_;
  v1::Result discussed_;  // when and how, alone
  google::protobuf::RepeatedPtrField<v1::DeterminationReview> reviews_;
};

struct TurnAgain {
  Transition transition;
  std::string wrong;     // why it may not have been done so; empty: it may
  std::string not_kept;  // what is missing to do it again; empty: nothing
};

// `entry` is one of REVIEW_ACTION_CLAIMED, _HANDED_OVER and _REFUSED; `before` is the result as it stood, `calendar` that by
// which its time is counted. Which units were meant, and to whom they went, is what the entry tells: that nothing else changed,
// and that it might be done, is what comes out.
TurnAgain DoTurnAgain(const v1::Entry& entry, const v1::Result& before, const calendar::Calendar& calendar, absl::Time now);

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_REPLAY_PEOPLE_H_

#include "server/comment/next_step.h"

namespace resultgate::comment {
namespace {

using Step = v1::NextStep;

}  // namespace

size_t StepKey(const v1::NextStep& step) {
  switch (step.kind()) {
    case Step::KIND_NONE:
      return 0;
    case Step::KIND_CALL:
      return step.within_days() > 0 ? 2 : 3;
    case Step::KIND_EMERGENCY:
      return 4;
    case Step::KIND_TELL_NURSE:
      return 5;
    case Step::KIND_ASK_CARE_TEAM:
      return 6;
    default:
      return 1;
  }
}

v1::NextStep InHospital(const v1::NextStep& step) {
  v1::NextStep here;
  switch (step.kind()) {
    case Step::KIND_MESSAGE:
      here.set_kind(Step::KIND_ASK_CARE_TEAM);
      return here;
    case Step::KIND_CALL:
      here.set_kind(step.within_days() > 0 ? Step::KIND_ASK_CARE_TEAM : Step::KIND_TELL_NURSE);
      return here;
    case Step::KIND_EMERGENCY:
      here.set_kind(Step::KIND_TELL_NURSE);
      return here;
    default:
      return step;
  }
}

bool IsInHospital(const v1::ServiceRequest& order) {
  return order.has_encounter_class() &&
         (order.encounter_class() == v1::ENCOUNTER_CLASS_INPATIENT || order.encounter_class() == v1::ENCOUNTER_CLASS_EMERGENCY);
}

}  // namespace resultgate::comment

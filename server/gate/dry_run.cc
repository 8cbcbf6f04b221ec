#include "server/gate/dry_run.h"

#include "server/base/proto_time.h"
#include "server/gate/in_process.h"
#include "server/gate/result_commit.h"
#include "server/gate/transition.h"
#include "server/policy/decide.h"
#include "server/policy/outcomes.h"

namespace resultgate::gate {

v1::DecideResponse DryRun(const Rulebook& rulebook, const v1::DecideRequest& request, absl::Time now) {
  if (request.has_now()) now = base::FromProto(request.now());
  const v1::DiagnosticReport& report = request.report();
  policy::Context context;
  context.received_at = now;
  v1::Result result;
  *result.mutable_received_at() = base::ToProto(now);
  *result.mutable_decision() = policy::Decide(*rulebook.pack, report, context, now);
  Transition transition = TakeVersion(nullptr, report, result.decision(), now);
  PlanNotice(rulebook.pack.get(), report, result, /*standing=*/{}, now, &transition);
  const policy::Outcomes outcomes = policy::ToOutcomes(transition.cells);
  v1::DecideResponse response;
  for (const PlannedRelease& planned : transition.releases) {
    *response.add_comments() = RenderComment(*rulebook.comments, *rulebook.pack, report, outcomes, planned, nullptr);
  }
  *response.mutable_decision() = result.decision();
  *response.mutable_decision()->mutable_outcomes() = outcomes;
  return response;
}

}  // namespace resultgate::gate

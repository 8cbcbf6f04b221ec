// `resultgate policy`: check, test and try a pack of rules, without a gate; and change which one a gate decides by.
#include "server/app/command.h"
#include "server/app/policy_commands.h"

namespace resultgate::app {

void AddPolicy(CLI::App* app, Run* run) {
  CLI::App* policy =
      app->add_subcommand("policy", "Write, check, test and try packs of rules, and say which one a gate decides by.");
  policy->require_subcommand(1);
  AddPolicyNew(policy, run);
  AddPolicyCheck(policy, run);
  AddPolicyTest(policy, run);
  AddPolicyDecide(policy, run);
  AddPolicyExplain(policy, run);
  AddPolicyCodes(policy, run);
  AddPolicyFmt(policy, run);
  AddPolicySchema(policy, run);
  AddPolicyReference(policy, run);
  AddPolicySimulate(policy, run);
  AddPolicyImpact(policy, run);
  AddPolicyCoverage(policy, run);
  AddPolicyActivate(policy, run);
  AddPolicyRollback(policy, run);
  AddPolicyRedecide(policy, run);
  AddPolicyActive(policy, run);
}

}  // namespace resultgate::app

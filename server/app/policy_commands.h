// The subcommands of `resultgate policy`, each in its own file.
#ifndef RESULTGATE_APP_POLICY_COMMANDS_H_
#define RESULTGATE_APP_POLICY_COMMANDS_H_

#include <CLI/CLI.hpp>

#include "server/app/command.h"

namespace resultgate::app {

void AddPolicyCheck(CLI::App* policy, Run* run);
void AddPolicyTest(CLI::App* policy, Run* run);
void AddPolicyDecide(CLI::App* policy, Run* run);
void AddPolicyExplain(CLI::App* policy, Run* run);
void AddPolicyCodes(CLI::App* policy, Run* run);
void AddPolicyFmt(CLI::App* policy, Run* run);
void AddPolicyNew(CLI::App* policy, Run* run);
void AddPolicySchema(CLI::App* policy, Run* run);
void AddPolicyReference(CLI::App* policy, Run* run);
void AddPolicySimulate(CLI::App* policy, Run* run);
void AddPolicyImpact(CLI::App* policy, Run* run);
void AddPolicyCoverage(CLI::App* policy, Run* run);
// Those that ask a gate.
void AddPolicyActivate(CLI::App* policy, Run* run);
void AddPolicyRollback(CLI::App* policy, Run* run);
void AddPolicyRedecide(CLI::App* policy, Run* run);
void AddPolicyActive(CLI::App* policy, Run* run);

}  // namespace resultgate::app

#endif  // RESULTGATE_APP_POLICY_COMMANDS_H_

// What the `policy` commands take that try a pack on messages: the pack, files, the time to decide for.
#ifndef RESULTGATE_APP_POLICY_INPUTS_H_
#define RESULTGATE_APP_POLICY_INPUTS_H_

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "resultgate/v1/model.pb.h"
#include "server/app/inputs.h"
#include "server/app/pack_loading.h"

namespace resultgate::app {

// `1 rule`, `2 rules`.
std::string Plural(size_t count, const std::string& one);

// Loads a pack and prints what is wrong with it to stderr; null if it cannot be used.
std::shared_ptr<const policy::Pack> LoadAndSay(const PackFolders& folders);

// The time that `--now` gives, or the present if it is empty; false, and says why, if it is none. The same for `--zone`, which
// leaves `zone` as it is if it is empty.
bool ReadNow(const std::string& text, absl::Time* now);
bool ReadZone(const std::string& name, absl::TimeZone* zone);

// Moves reports that break the API's limits to the message's refusals.
void RefuseInvalid(intake::Message* message);

struct PolicyInputs {
  PackFolders folders{"policies/default", "", "", {}};
  std::vector<std::string> files;
  std::string zone;
  std::string now;
};

// Adds FILE…, `--policies`, `--value-sets`, `--calendars`, `--allow-unverified`, `--now` and `--zone`.
void AddPolicyInputs(CLI::App* command, PolicyInputs* inputs);

// Loads the pack, then calls `take` for every message of every file, with the time to decide for. Of its reports those that break
// the API's limits have been moved to its refusals. Returns the exit code: kProblemFound if the pack cannot be used, kWrongUsage
// for options that mean nothing.
int ForEachPolicyInput(const PolicyInputs& inputs,
                       const std::function<void(const std::shared_ptr<const policy::Pack>& pack, absl::Time now,
                                                const Source& source, intake::Message message)>& take);

}  // namespace resultgate::app

#endif  // RESULTGATE_APP_POLICY_INPUTS_H_

// The subcommands of `resultgate patient` that have a file of their own, and what all of them share.
#ifndef RESULTGATE_APP_PATIENT_COMMANDS_H_
#define RESULTGATE_APP_PATIENT_COMMANDS_H_

#include <CLI/CLI.hpp>
#include <string>

#include "absl/strings/string_view.h"
#include "resultgate/v1/model.pb.h"
#include "server/app/command.h"

namespace resultgate::app {

void AddPatientShow(CLI::App* patient, Run* run);

// Adds the PATIENT that a subcommand is about.
void AddPatientOption(CLI::App* command, std::string* patient);

// What was asked, in words.
std::string PreferenceText(const v1::ReleasePreference& preference);

// `KNOWN_CONDITIONS` as `known conditions`.
std::string Words(absl::string_view name);

}  // namespace resultgate::app

#endif  // RESULTGATE_APP_PATIENT_COMMANDS_H_

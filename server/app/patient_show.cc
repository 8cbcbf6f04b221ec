// `resultgate patient show`: what the gate was told of a patient.
#include <grpcpp/grpcpp.h>

#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "resultgate/v1/patient_service.grpc.pb.h"
#include "server/app/client.h"
#include "server/app/json_lines.h"
#include "server/app/patient_commands.h"
#include "server/app/people_options.h"
#include "server/app/table.h"
#include "server/app/words.h"

namespace resultgate::app {
namespace {

using Preference = v1::ReleasePreference;
using Stub = v1::PatientService::Stub;

struct ShowOptions {
  std::string server;
  std::string actor;
  std::string patient;
  bool json = false;
};

void AddPreference(const Preference& preference, const absl::TimeZone& zone, Table* table) {
  const std::string about = preference.category().empty() ? "wants results" : absl::StrCat("wants ", preference.category());
  std::string source;
  if (preference.has_recorded_at()) source = absl::StrCat("asked ", LocalTime(preference.recorded_at(), zone));
  if (!preference.recorded_by().empty()) absl::StrAppend(&source, " by ", preference.recorded_by());
  table->AddRow({about, PreferenceText(preference), source});
}

void AddFacts(const v1::GetPatientResponse& known, const absl::TimeZone& zone, Table* table) {
  const v1::Patient& facts = known.in_force();
  const auto recorded = [&](const char* fact) {
    const auto at = known.record().recorded_at().find(fact);
    return at == known.record().recorded_at().end() ? "" : absl::StrCat("told ", LocalTime(at->second, zone));
  };
  std::vector<std::string> identifiers;
  for (const v1::Identifier& identifier : facts.identifiers()) identifiers.push_back(IdentifierText(identifier));
  table->AddRow({"identifiers", absl::StrJoin(identifiers, ", "), ""});
  if (facts.has_birth_date()) table->AddRow({"birth date", facts.birth_date(), recorded("birth_date")});
  if (facts.has_gender()) {
    table->AddRow({"gender", Words(v1::AdministrativeGender_Name(facts.gender()).substr(22)), recorded("gender")});
  }
  if (facts.has_language()) table->AddRow({"language", facts.language(), recorded("language")});
  if (facts.has_deceased()) table->AddRow({"deceased", facts.deceased() ? "yes" : "no", recorded("deceased")});
  if (facts.has_portal_account()) {
    table->AddRow({"portal account", facts.portal_account() ? "yes" : "no", recorded("portal_account")});
  }
  if (facts.has_known_conditions()) {
    std::vector<std::string> conditions;
    for (const v1::CodeableConcept& condition : facts.known_conditions().values()) conditions.push_back(ConceptText(condition));
    table->AddRow(
        {"known conditions", conditions.empty() ? "none" : absl::StrJoin(conditions, ", "), recorded("known_conditions")});
  }
  for (const v1::NotificationWish& wish : facts.notifications().values()) {
    table->AddRow({wish.category().empty() ? "is told by" : absl::StrCat("is told of ", wish.category(), " by"),
                   wish.channels().empty() ? "nothing" : ChannelsText(wish.channels()), recorded("notifications")});
  }
  if (facts.has_preference()) AddPreference(facts.preference(), zone, table);
  for (const Preference& preference : facts.category_preferences()) AddPreference(preference, zone, table);
  for (const v1::RelatedPerson& person : known.related_people()) {
    const std::string who = person.audience() == v1::AUDIENCE_DELEGATE ? "delegate" : "representative";
    table->AddRow({who, IdentifierText(person.person()), person.relationship()});
    for (const v1::ConfidentialCategory& confidential : person.confidential()) {
      table->AddRow({"  does not see", confidential.category(),
                     absl::StrCat("until ", LocalTime(confidential.until(), zone), ", by ", confidential.determined_by())});
    }
  }
  if (known.record().merged_into() != 0) {
    table->AddRow(
        {"merged", absl::StrCat("into patient ", known.record().merged_into()), LocalTime(known.record().merged_at(), zone)});
  }
}

int RunShow(const ShowOptions& options) {
  const std::shared_ptr<grpc::Channel> channel = Connect(options.server);
  const absl::StatusOr<absl::TimeZone> zone = PackZone(channel);
  if (!zone.ok()) return Fail(std::string(zone.status().message()));
  const auto stub = v1::PatientService::NewStub(channel);
  v1::GetPatientRequest request;
  v1::GetPatientResponse response;
  *request.mutable_patient() = ParseIdentifier(options.patient);
  request.set_actor(options.actor);
  if (const int code = Ask(stub.get(), &Stub::GetPatient, request, &response); code != kDone) return code;
  if (options.json) {
    std::cout << ToJson(response) << "\n";
    return kDone;
  }
  Table table({{"FACT", 24}, {"VALUE", 60}, {"SOURCE", 60}});
  AddFacts(response, *zone, &table);
  std::cout << table.ToString(TerminalWidth());
  return kDone;
}

}  // namespace

std::string PreferenceText(const Preference& preference) {
  switch (preference.timing()) {
    case Preference::TIMING_IMMEDIATE:
      return "at once";
    case Preference::TIMING_AFTER_DAYS:
      return absl::StrCat(preference.after_days(), preference.after_days() == 1 ? " day" : " days", " after it is final");
    case Preference::TIMING_AFTER_REVIEW:
      return "after a clinician has reviewed it";
    default:
      return "nothing any more";
  }
}

std::string Words(absl::string_view name) {
  return absl::StrReplaceAll(absl::AsciiStrToLower(name), {{"_", " "}});
}

void AddPatientOption(CLI::App* command, std::string* patient) {
  command->add_option("PATIENT", *patient, "One of the patient's identifiers, as `MRN|p1`: who assigned it, and the identifier")
      ->required();
}

void AddPatientShow(CLI::App* patient, Run* run) {
  auto options = std::make_shared<ShowOptions>();
  CLI::App* command = patient->add_subcommand("show", "Show what the gate was told of a patient, all that was merged together.");
  AddPatientOption(command, &options->patient);
  AddServerOption(command, &options->server);
  AddReaderOption(command, &options->actor);
  command->add_flag("--json", options->json, "As JSON (resultgate.v1.GetPatientResponse)");
  command->footer("Example:\n  resultgate patient show 'MRN|p1'");
  command->callback([options, run] { *run = [options] { return RunShow(*options); }; });
}

}  // namespace resultgate::app

// `resultgate patient`: what the gate is told of patients, apart from reports.
#include <grpcpp/grpcpp.h>

#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "resultgate/v1/patient_service.grpc.pb.h"
#include "server/app/client.h"
#include "server/app/command.h"
#include "server/app/json_lines.h"
#include "server/app/patient_commands.h"
#include "server/app/people_options.h"
#include "server/app/table.h"
#include "server/app/words.h"
#include "server/base/proto_time.h"

namespace resultgate::app {
namespace {

using Preference = v1::ReleasePreference;
using Stub = v1::PatientService::Stub;

std::string Results(int count) {
  return count == 0   ? "nothing that is held or shown changed"
         : count == 1 ? "1 result changed"
                      : absl::StrCat(count, " results changed");
}

// ---- update

struct UpdateOptions {
  std::string server, actor, patient, birth_date, gender, language, deceased, portal_account, recorded_at;
  std::vector<std::string> also, conditions, notify, forget;
  bool no_conditions = false;
};

// `email,app`, `genetics=email`, `genetics=none`.
bool ReadWish(const std::string& text, v1::NotificationWish* wish) {
  const size_t equals = text.find('=');
  if (equals != std::string::npos) wish->set_category(text.substr(0, equals));
  const std::string channels = equals == std::string::npos ? text : text.substr(equals + 1);
  if (channels == "none") return true;
  for (const absl::string_view word : absl::StrSplit(channels, ',')) {
    const std::string name = absl::StrReplaceAll(absl::AsciiStrToUpper(word), {{"-", "_"}});
    v1::NotificationChannel channel;
    if (!v1::NotificationChannel_Parse(absl::StrCat("NOTIFICATION_CHANNEL_", name), &channel) || channel == 0) return false;
    wish->add_channels(channel);
  }
  return true;
}

int RunUpdate(const UpdateOptions& options) {
  const std::shared_ptr<grpc::Channel> channel = Connect(options.server);
  const absl::StatusOr<absl::TimeZone> zone = PackZone(channel);
  if (!zone.ok()) return Fail(std::string(zone.status().message()));
  v1::UpdatePatientRequest request;
  request.set_actor(options.actor);
  v1::Patient* facts = request.mutable_facts();
  *facts->add_identifiers() = ParseIdentifier(options.patient);
  for (const std::string& identifier : options.also) *facts->add_identifiers() = ParseIdentifier(identifier);
  if (!options.birth_date.empty()) facts->set_birth_date(options.birth_date);
  v1::AdministrativeGender gender;
  if (!options.gender.empty() &&
      v1::AdministrativeGender_Parse(absl::StrCat("ADMINISTRATIVE_GENDER_", absl::AsciiStrToUpper(options.gender)), &gender)) {
    facts->set_gender(gender);
  }
  if (!options.language.empty()) facts->set_language(options.language);
  if (!options.deceased.empty()) facts->set_deceased(options.deceased == "yes");
  if (!options.portal_account.empty()) facts->set_portal_account(options.portal_account == "yes");
  if (options.no_conditions) facts->mutable_known_conditions();
  for (const std::string& condition : options.conditions) {
    const v1::Identifier coded = ParseIdentifier(condition);
    v1::Coding* coding = facts->mutable_known_conditions()->add_values()->add_codings();
    coding->set_system(coded.system());
    coding->set_code(coded.value());
  }
  for (const std::string& text : options.notify) {
    if (!ReadWish(text, facts->mutable_notifications()->add_values())) {
      Fail(absl::StrCat("--notify: `", text, "` are no ways to tell; write it as `email,app`, `genetics=email` or `none`"));
      return kWrongUsage;
    }
  }
  for (const std::string& fact : options.forget) request.add_forget(absl::StrReplaceAll(fact, {{"-", "_"}}));
  absl::Time recorded_at;
  if (!options.recorded_at.empty()) {
    if (!ReadTime("--recorded-at", options.recorded_at, *zone, &recorded_at)) return kWrongUsage;
    *request.mutable_recorded_at() = base::ToProto(recorded_at);
  }
  v1::UpdatePatientResponse response;
  const auto stub = v1::PatientService::NewStub(channel);
  if (const int code = Ask(stub.get(), &Stub::UpdatePatient, request, &response); code != kDone) return code;
  if (response.changed().empty()) {
    std::cout << "nothing new\n";
  } else {
    std::cout << "recorded: " << Words(absl::StrJoin(response.changed(), ", ")) << "; " << Results(response.results()) << "\n";
  }
  return kDone;
}

// ---- prefer

struct PreferOptions {
  std::string server, actor, patient, when, category, recorded_at;
};

// `immediate`, `after-review`, `after 7 days`, `none`.
bool ReadWhen(const std::string& text, Preference* preference) {
  if (text == "immediate") {
    preference->set_timing(Preference::TIMING_IMMEDIATE);
  } else if (text == "after-review") {
    preference->set_timing(Preference::TIMING_AFTER_REVIEW);
  } else if (text != "none") {
    int days = 0;
    if (!absl::SimpleAtoi(text, &days)) return false;
    preference->set_timing(Preference::TIMING_AFTER_DAYS);
    preference->set_after_days(days);
  }
  return true;
}

int RunPrefer(const PreferOptions& options) {
  const std::shared_ptr<grpc::Channel> channel = Connect(options.server);
  const absl::StatusOr<absl::TimeZone> zone = PackZone(channel);
  if (!zone.ok()) return Fail(std::string(zone.status().message()));
  v1::SetPreferenceRequest request;
  *request.mutable_patient() = ParseIdentifier(options.patient);
  if (!ReadWhen(options.when, request.mutable_preference())) {
    Fail("WHEN: must be immediate, after-review, a number of days from 1 to 90, or none");
    return kWrongUsage;
  }
  request.mutable_preference()->set_category(options.category);
  request.mutable_preference()->set_recorded_by(options.actor);
  absl::Time recorded_at;
  if (!options.recorded_at.empty()) {
    if (!ReadTime("--recorded-at", options.recorded_at, *zone, &recorded_at)) return kWrongUsage;
    *request.mutable_preference()->mutable_recorded_at() = base::ToProto(recorded_at);
  }
  v1::SetPreferenceResponse response;
  const auto stub = v1::PatientService::NewStub(channel);
  if (const int code = Ask(stub.get(), &Stub::SetPreference, request, &response); code != kDone) return code;
  std::cout << "recorded: " << (options.category.empty() ? "results" : options.category) << " "
            << PreferenceText(request.preference()) << "; " << Results(response.results()) << "\n";
  return kDone;
}

// ---- relate, unrelate

struct RelateOptions {
  std::string server, actor, patient, person, as, relationship, until, reason;
  std::vector<std::string> confidential;
};

int RunRelate(const RelateOptions& options) {
  const std::shared_ptr<grpc::Channel> channel = Connect(options.server);
  const absl::StatusOr<absl::TimeZone> zone = PackZone(channel);
  if (!zone.ok()) return Fail(std::string(zone.status().message()));
  v1::PutRelatedPersonRequest request;
  request.set_actor(options.actor);
  *request.mutable_patient() = ParseIdentifier(options.patient);
  v1::RelatedPerson* person = request.mutable_person();
  *person->mutable_person() = ParseIdentifier(options.person);
  person->set_audience(options.as == "delegate" ? v1::AUDIENCE_DELEGATE : v1::AUDIENCE_REPRESENTATIVE);
  person->set_relationship(options.relationship);
  for (const std::string& category : options.confidential) {
    v1::ConfidentialCategory* confidential = person->add_confidential();
    confidential->set_category(category);
    confidential->set_reason(options.reason);
    absl::Time until;
    if (!ReadTime("--until", options.until, *zone, &until)) return kWrongUsage;
    *confidential->mutable_until() = base::ToProto(until);
  }
  v1::PutRelatedPersonResponse response;
  const auto stub = v1::PatientService::NewStub(channel);
  if (const int code = Ask(stub.get(), &Stub::PutRelatedPerson, request, &response); code != kDone) return code;
  std::cout << "recorded: " << options.person << " as " << options.as << "; " << Results(response.results()) << "\n";
  return kDone;
}

int RunUnrelate(const RelateOptions& options) {
  v1::RemoveRelatedPersonRequest request;
  request.set_actor(options.actor);
  *request.mutable_patient() = ParseIdentifier(options.patient);
  *request.mutable_person() = ParseIdentifier(options.person);
  v1::RemoveRelatedPersonResponse response;
  const auto stub = v1::PatientService::NewStub(Connect(options.server));
  if (const int code = Ask(stub.get(), &Stub::RemoveRelatedPerson, request, &response); code != kDone) return code;
  std::cout << "taken away: " << options.person << "; " << Results(response.results()) << "\n";
  return kDone;
}

// ---- merge, unmerge

struct MergeOptions {
  std::string server, actor, survivor, merged;
};

int RunMerge(const MergeOptions& options) {
  v1::MergePatientsRequest request;
  request.set_actor(options.actor);
  *request.mutable_survivor() = ParseIdentifier(options.survivor);
  *request.mutable_merged() = ParseIdentifier(options.merged);
  v1::MergePatientsResponse response;
  const auto stub = v1::PatientService::NewStub(Connect(options.server));
  if (const int code = Ask(stub.get(), &Stub::MergePatients, request, &response); code != kDone) return code;
  std::cout << options.merged << " is merged into " << options.survivor << "; " << Results(response.results())
            << "; nothing was released\n";
  return kDone;
}

int RunUnmerge(const MergeOptions& options) {
  v1::UnmergePatientsRequest request;
  request.set_actor(options.actor);
  *request.mutable_survivor() = ParseIdentifier(options.survivor);
  *request.mutable_merged() = ParseIdentifier(options.merged);
  v1::UnmergePatientsResponse response;
  const auto stub = v1::PatientService::NewStub(Connect(options.server));
  if (const int code = Ask(stub.get(), &Stub::UnmergePatients, request, &response); code != kDone) return code;
  std::cout << options.merged << " and " << options.survivor << " are two patients again; " << Results(response.results())
            << "\n";
  return kDone;
}

// ---- the command line

void AddUpdate(CLI::App* patient, Run* run) {
  auto options = std::make_shared<UpdateOptions>();
  CLI::App* command = patient->add_subcommand("update", "Tell the gate facts of a patient; what is not said stays as it is.");
  AddPatientOption(command, &options->patient);
  AddActorOption(command, &options->actor);
  command->add_option("--also", options->also, "Another identifier of the same patient; may be repeated")
      ->type_name("IDENTIFIER")
      ->expected(1)
      ->take_all();
  command->add_option("--birth-date", options->birth_date, "As 1970-05-04, 1970-05 or 1970")->type_name("DATE");
  command->add_option("--gender", options->gender, "Administrative gender")->check(CLI::IsMember({"male", "female", "other"}));
  command->add_option("--language", options->language, "Language that the patient reads, as es (BCP 47)")->type_name("TAG");
  command->add_option("--deceased", options->deceased, "Whether the patient has died")->check(CLI::IsMember({"yes", "no"}));
  command->add_option("--portal-account", options->portal_account, "Whether there is an active account of the portal")
      ->check(CLI::IsMember({"yes", "no"}));
  CLI::Option* condition =
      command
          ->add_option("--condition", options->conditions,
                       "A condition that the record held before, as `http://hl7.org/fhir/sid/icd-10-cm|C50.911`; "
                       "all of them, one option each")
          ->type_name("SYSTEM|CODE")
          ->expected(1)
          ->take_all();
  command->add_flag("--no-conditions", options->no_conditions, "The record holds no condition")->excludes(condition);
  command
      ->add_option("--notify", options->notify,
                   "By what to tell of new results: app, email, text-message, telephone, letter or none, as `email,app`; of one "
                   "category `genetics=email`; all wishes, one option each")
      ->type_name("[CATEGORY=]CHANNELS")
      ->expected(1)
      ->take_all();
  command
      ->add_option("--forget", options->forget,
                   "A fact to forget: birth-date, deceased, gender, known-conditions, language, "
                   "notifications, portal-account; may be repeated")
      ->type_name("FACT")
      ->expected(1)
      ->take_all();
  command->add_option("--recorded-at", options->recorded_at, "When it was recorded where it comes from [now]")->type_name("TIME");
  AddServerOption(command, &options->server);
  command->footer(
      "Examples:\n"
      "  resultgate patient update 'MRN|p1' --actor registration --birth-date 2012-01-05 --language es\n"
      "  resultgate patient update 'MRN|p1' --actor registration --deceased yes\n"
      "  resultgate patient update 'MRN|p1' --actor registration --notify email,app --notify genetics=none");
  command->callback([options, run] { *run = [options] { return RunUpdate(*options); }; });
}

void AddPrefer(CLI::App* patient, Run* run) {
  auto options = std::make_shared<PreferOptions>();
  CLI::App* command = patient->add_subcommand("prefer", "Record when the patient wants to see results.");
  AddPatientOption(command, &options->patient);
  command
      ->add_option("WHEN", options->when,
                   "immediate, after-review, a number of days after the result is final (1 to 90), or none: nothing any more")
      ->required();
  AddActorOption(command, &options->actor);
  command->add_option("--category", options->category, "Only results of this kind: the name of one of the pack's value sets")
      ->type_name("NAME");
  command->add_option("--recorded-at", options->recorded_at, "When the patient was asked [now]")->type_name("TIME");
  AddServerOption(command, &options->server);
  command->footer(
      "Examples:\n"
      "  resultgate patient prefer 'MRN|p1' immediate --actor nurse-7\n"
      "  resultgate patient prefer 'MRN|p1' after-review --category genetics --actor nurse-7\n"
      "  resultgate patient prefer 'MRN|p1' 7 --actor nurse-7");
  command->callback([options, run] { *run = [options] { return RunPrefer(*options); }; });
}

void AddRelate(CLI::App* patient, Run* run) {
  auto options = std::make_shared<RelateOptions>();
  CLI::App* command = patient->add_subcommand("relate", "Record somebody who sees for the patient, and what they do not see.");
  AddPatientOption(command, &options->patient);
  command->add_option("PERSON", options->person, "The person's identifier")->required();
  AddActorOption(command, &options->actor);
  command->add_option("--as", options->as, "representative: by law; delegate: by the patient's choice")
      ->required()
      ->check(CLI::IsMember({"representative", "delegate"}));
  command->add_option("--relationship", options->relationship, "As a code of HL7's RoleCode: MTH, GUARD")->type_name("CODE");
  CLI::Option* confidential =
      command
          ->add_option("--confidential", options->confidential,
                       "A kind of results that the person does not see: a value set's name; may be repeated")
          ->type_name("NAME")
          ->expected(1)
          ->take_all();
  CLI::Option* until = command->add_option("--until", options->until, "When that ends")->type_name("TIME");
  CLI::Option* reason =
      command->add_option("--reason", options->reason, "Why, in words without names and values; goes into the log")
          ->type_name("TEXT");
  confidential->needs(until)->needs(reason);
  AddServerOption(command, &options->server);
  command->footer(
      "Examples:\n"
      "  resultgate patient relate 'MRN|p1' 'MRN|p9' --as representative --relationship MTH --actor registration\n"
      "  resultgate patient relate 'MRN|p1' 'MRN|p9' --as representative --confidential sti --until 2030-01-01 \\\n"
      "      --reason \"the patient's own care\" --actor registration");
  command->callback([options, run] { *run = [options] { return RunRelate(*options); }; });
}

void AddUnrelate(CLI::App* patient, Run* run) {
  auto options = std::make_shared<RelateOptions>();
  CLI::App* command = patient->add_subcommand("unrelate", "Take away the record of somebody who saw for the patient.");
  AddPatientOption(command, &options->patient);
  command->add_option("PERSON", options->person, "The person's identifier")->required();
  AddActorOption(command, &options->actor);
  AddServerOption(command, &options->server);
  command->footer("Example:\n  resultgate patient unrelate 'MRN|p1' 'MRN|p9' --actor registration");
  command->callback([options, run] { *run = [options] { return RunUnrelate(*options); }; });
}

void AddMerge(CLI::App* patient, Run* run, const char* name, const char* what, int (*merge)(const MergeOptions&)) {
  auto options = std::make_shared<MergeOptions>();
  CLI::App* command = patient->add_subcommand(name, what);
  command->add_option("SURVIVOR", options->survivor, "An identifier of the patient who stays")->required();
  command->add_option("MERGED", options->merged, "An identifier of the one who is merged into that")->required();
  AddActorOption(command, &options->actor);
  AddServerOption(command, &options->server);
  command->footer(absl::StrCat("Example:\n  resultgate patient ", name, " 'MRN|p1' 'MRN|p2' --actor him-3"));
  command->callback([options, merge, run] { *run = [options, merge] { return merge(*options); }; });
}

}  // namespace

void AddPatient(CLI::App* app, Run* run) {
  CLI::App* patient = app->add_subcommand("patient", "Tell the gate of patients: facts, preferences, who sees for them, merges.");
  patient->require_subcommand(1);
  AddPatientShow(patient, run);
  AddUpdate(patient, run);
  AddPrefer(patient, run);
  AddRelate(patient, run);
  AddUnrelate(patient, run);
  AddMerge(patient, run, "merge", "Say that two identifiers are one patient's. It releases nothing.", RunMerge);
  AddMerge(patient, run, "unmerge", "Undo a merge.", RunUnmerge);
}

}  // namespace resultgate::app

// `resultgate directory`: the people and pools that results wait for.
#include <grpcpp/grpcpp.h>

#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "resultgate/v1/directory_service.grpc.pb.h"
#include "server/app/client.h"
#include "server/app/command.h"
#include "server/app/json_lines.h"
#include "server/app/people_options.h"
#include "server/app/table.h"
#include "server/app/words.h"
#include "server/base/proto_time.h"

namespace resultgate::app {
namespace {

using Stub = v1::DirectoryService::Stub;

constexpr int kPage = 500;

struct Options {
  std::string server, actor, id, kind = "clinician", covered_by, from, until, delegate;
  std::vector<std::string> members, hours;
  bool left = false;
  bool licensed = false;
  bool json = false;
};

// ---- list

std::string HoursText(const v1::DirectoryOwner& owner) {
  std::vector<std::string> hours;
  for (const v1::StaffedHours& day : owner.staffed_hours()) {
    const std::string name = v1::Weekday_Name(day.weekday());
    hours.push_back(
        absl::StrCat(absl::AsciiStrToLower(name.substr(sizeof("WEEKDAY_") - 1, 3)), " ", day.from(), "-", day.until()));
  }
  return absl::StrJoin(hours, ", ");
}

std::string KindText(const v1::DirectoryOwner& owner) {
  if (owner.kind() == v1::OWNER_KIND_POOL) return "pool";
  return owner.licensed() ? "licensed clinician" : "clinician";
}

std::string AbsencesText(const v1::DirectoryOwner& owner, const absl::TimeZone& zone) {
  if (owner.left()) return "for good";
  std::vector<std::string> absences;
  for (const v1::Absence& absence : owner.absences()) {
    absences.push_back(absl::StrCat(LocalTime(absence.from(), zone), " to ", LocalTime(absence.until(), zone),
                                    absence.delegate().empty() ? "" : absl::StrCat(", for them ", absence.delegate())));
  }
  return absl::StrJoin(absences, "; ");
}

int RunList(const Options& options) {
  const std::shared_ptr<grpc::Channel> channel = Connect(options.server);
  const absl::StatusOr<absl::TimeZone> zone = PackZone(channel);
  if (!zone.ok()) return Fail(std::string(zone.status().message()));
  const auto stub = v1::DirectoryService::NewStub(channel);
  Table table({{"OWNER", 24}, {"KIND", 20}, {"PEOPLE", 40}, {"THERE", 110}, {"COVERED BY", 24}, {"AWAY", 80}});
  v1::ListOwnersRequest request;
  request.set_page_size(kPage);
  int count = 0;
  do {
    v1::ListOwnersResponse response;
    if (const int code = Ask(stub.get(), &Stub::ListOwners, request, &response); code != kDone) return code;
    for (const v1::DirectoryOwner& owner : response.owners()) {
      ++count;
      if (options.json) {
        std::cout << ToJson(owner) << "\n";
        continue;
      }
      table.AddRow({owner.id(), KindText(owner), absl::StrJoin(owner.members(), ", "), HoursText(owner), owner.covered_by(),
                    AbsencesText(owner, *zone)});
    }
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  if (!options.json) std::cout << table.ToString(TerminalWidth()) << count << (count == 1 ? " owner\n" : " owners\n");
  return kDone;
}

// ---- put, remove

// `mon-fri 08:00-17:00`, `sat 09:00-12:00`.
bool ReadHours(const std::string& text, v1::DirectoryOwner* owner) {
  static const std::vector<std::string> kDays = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
  const auto day_of = [](absl::string_view name) {
    for (size_t i = 0; i < kDays.size(); ++i) {
      if (absl::string_view(kDays[i]) == name) return static_cast<int>(i);
    }
    return -1;
  };
  const std::vector<std::string> parts = absl::StrSplit(text, ' ', absl::SkipEmpty());
  if (parts.size() != 2) return false;
  const std::vector<std::string> days = absl::StrSplit(parts[0], '-');
  const std::vector<std::string> times = absl::StrSplit(parts[1], '-');
  if (days.size() > 2 || times.size() != 2) return false;
  const int first = day_of(days.front());
  const int last = day_of(days.back());
  if (first < 0 || last < first) return false;
  for (int day = first; day <= last; ++day) {
    v1::StaffedHours* hours = owner->add_staffed_hours();
    hours->set_weekday(static_cast<v1::Weekday>(day + 1));
    hours->set_from(times[0]);
    hours->set_until(times[1]);
  }
  return true;
}

int RunPut(const Options& options) {
  v1::PutOwnerRequest request;
  request.set_actor(options.actor);
  v1::DirectoryOwner* owner = request.mutable_owner();
  owner->set_id(options.id);
  owner->set_kind(options.kind == "pool" ? v1::OWNER_KIND_POOL : v1::OWNER_KIND_CLINICIAN);
  for (const std::string& member : options.members) owner->add_members(member);
  owner->set_covered_by(options.covered_by);
  owner->set_left(options.left);
  owner->set_licensed(options.licensed);
  for (const std::string& hours : options.hours) {
    if (ReadHours(hours, owner)) continue;
    Fail(absl::StrCat("--hours: `", hours, "` must be written as `mon-fri 08:00-17:00`"));
    return kWrongUsage;
  }
  const std::shared_ptr<grpc::Channel> channel = Connect(options.server);
  const auto stub = v1::DirectoryService::NewStub(channel);
  // What `away` recorded stays.
  v1::ListOwnersRequest list;
  list.set_page_size(kPage);
  do {
    v1::ListOwnersResponse page;
    if (const int code = Ask(stub.get(), &Stub::ListOwners, list, &page); code != kDone) return code;
    for (const v1::DirectoryOwner& standing : page.owners()) {
      if (standing.id() == options.id) *owner->mutable_absences() = standing.absences();
    }
    list.set_page_token(page.next_page_token());
  } while (!list.page_token().empty());
  v1::PutOwnerResponse response;
  if (const int code = Ask(stub.get(), &Stub::PutOwner, request, &response); code != kDone) return code;
  std::cout << (response.changed() ? "recorded: " : "nothing new: ") << options.id << "\n";
  return kDone;
}

int RunRemove(const Options& options) {
  v1::RemoveOwnerRequest request;
  request.set_actor(options.actor);
  request.set_id(options.id);
  v1::RemoveOwnerResponse response;
  const auto stub = v1::DirectoryService::NewStub(Connect(options.server));
  if (const int code = Ask(stub.get(), &Stub::RemoveOwner, request, &response); code != kDone) return code;
  std::cout << "taken away: " << options.id << "\n";
  return kDone;
}

// ---- away, back

int RunAway(const Options& options) {
  const std::shared_ptr<grpc::Channel> channel = Connect(options.server);
  const absl::StatusOr<absl::TimeZone> zone = PackZone(channel);
  if (!zone.ok()) return Fail(std::string(zone.status().message()));
  absl::Time from, until;
  if (!ReadTime("--from", options.from, *zone, &from) || !ReadTime("--until", options.until, *zone, &until)) return kWrongUsage;
  v1::PutAbsenceRequest request;
  request.set_actor(options.actor);
  request.set_id(options.id);
  *request.mutable_absence()->mutable_from() = base::ToProto(from);
  *request.mutable_absence()->mutable_until() = base::ToProto(until);
  request.mutable_absence()->set_delegate(options.delegate);
  v1::PutAbsenceResponse response;
  const auto stub = v1::DirectoryService::NewStub(channel);
  if (const int code = Ask(stub.get(), &Stub::PutAbsence, request, &response); code != kDone) return code;
  std::cout << options.id << " is away: " << AbsencesText(response.owner(), *zone) << "\n";
  return kDone;
}

int RunBack(const Options& options) {
  const std::shared_ptr<grpc::Channel> channel = Connect(options.server);
  const absl::StatusOr<absl::TimeZone> zone = PackZone(channel);
  if (!zone.ok()) return Fail(std::string(zone.status().message()));
  absl::Time from;
  if (!ReadTime("--from", options.from, *zone, &from)) return kWrongUsage;
  v1::RemoveAbsenceRequest request;
  request.set_actor(options.actor);
  request.set_id(options.id);
  *request.mutable_from() = base::ToProto(from);
  v1::RemoveAbsenceResponse response;
  const auto stub = v1::DirectoryService::NewStub(channel);
  if (const int code = Ask(stub.get(), &Stub::RemoveAbsence, request, &response); code != kDone) return code;
  const std::string left = AbsencesText(response.owner(), *zone);
  std::cout << options.id << (left.empty() ? " is there" : absl::StrCat(" is still away: ", left)) << "\n";
  return kDone;
}

CLI::App* Add(CLI::App* directory, Run* run, const std::shared_ptr<Options>& options, const char* name, const char* what,
              int (*command_of)(const Options&)) {
  CLI::App* command = directory->add_subcommand(name, what);
  AddServerOption(command, &options->server);
  command->callback([options, command_of, run] { *run = [options, command_of] { return command_of(*options); }; });
  return command;
}

void AddOwnerOption(CLI::App* command, std::string* id) {
  command->add_option("OWNER", *id, "A clinician's identifier as orders give it, or a pool's name as packs give it")->required();
}

}  // namespace

void AddDirectory(CLI::App* app, Run* run) {
  CLI::App* directory = app->add_subcommand("directory", "Tell the gate who works here, who is away, and who stands in.");
  directory->require_subcommand(1);

  auto list_options = std::make_shared<Options>();
  CLI::App* list = Add(directory, run, list_options, "list", "List the owners.", RunList);
  list->add_flag("--json", list_options->json, "One JSON object per owner (resultgate.v1.DirectoryOwner)");
  list->footer("Example:\n  resultgate directory list");

  auto put_options = std::make_shared<Options>();
  CLI::App* put =
      Add(directory, run, put_options, "put", "Record a clinician or a pool; it replaces what stood, but for absences.", RunPut);
  AddOwnerOption(put, &put_options->id);
  AddActorOption(put, &put_options->actor);
  put->add_option("--kind", put_options->kind, "What it is")->check(CLI::IsMember({"clinician", "pool"}))->capture_default_str();
  put->add_option("--member", put_options->members, "A clinician of the pool; may be repeated")
      ->type_name("ID")
      ->expected(1)
      ->take_all();
  put->add_option("--hours", put_options->hours,
                  "When the owner is there, as `mon-fri 08:00-17:00`; may be repeated [the pack's hours]")
      ->type_name("HOURS")
      ->expected(1)
      ->take_all();
  put->add_option("--covered-by", put_options->covered_by, "Who stands in during an absence that names nobody")->type_name("ID");
  put->add_flag(
      "--licensed", put_options->licensed,
      "Is a health care professional licensed to practise: only they hold a result for danger, end such a hold, and review one "
      "of somebody else's (45 CFR 164.524(a)(3) and (4))");
  put->add_flag("--left", put_options->left, "Works here no more");
  put->footer(
      "Examples:\n"
      "  resultgate directory put 1234567893 --licensed --covered-by 1987654321 --actor staff-office\n"
      "  resultgate directory put pathology-pool --kind pool --member 1234567893 --member 1987654321 \\\n"
      "      --hours \"mon-fri 08:00-17:00\" --actor staff-office");

  auto remove_options = std::make_shared<Options>();
  CLI::App* remove = Add(directory, run, remove_options, "remove", "Take an owner's record away.", RunRemove);
  AddOwnerOption(remove, &remove_options->id);
  AddActorOption(remove, &remove_options->actor);
  remove->footer("Example:\n  resultgate directory remove 1234567893 --actor staff-office");

  auto away_options = std::make_shared<Options>();
  CLI::App* away =
      Add(directory, run, away_options, "away", "Record an absence: somebody else has the turns meanwhile.", RunAway);
  AddOwnerOption(away, &away_options->id);
  AddActorOption(away, &away_options->actor);
  away->add_option("--from", away_options->from, "When it begins, as 2026-03-09 or 2026-03-09T08:00:00-05:00")
      ->required()
      ->type_name("TIME");
  away->add_option("--until", away_options->until, "When it ends")->required()->type_name("TIME");
  away->add_option("--delegate", away_options->delegate, "Who has the turns [who covers, else the next of the chain]")
      ->type_name("ID");
  away->footer(
      "Example:\n"
      "  resultgate directory away 1234567893 --from 2026-03-09 --until 2026-03-21 --delegate 1987654321 --actor staff-office");

  auto back_options = std::make_shared<Options>();
  CLI::App* back = Add(directory, run, back_options, "back", "Take an absence away: somebody is back early.", RunBack);
  AddOwnerOption(back, &back_options->id);
  AddActorOption(back, &back_options->actor);
  back->add_option("--from", back_options->from, "When the absence begins")->required()->type_name("TIME");
  back->footer("Example:\n  resultgate directory back 1234567893 --from 2026-03-09 --actor staff-office");
}

}  // namespace resultgate::app

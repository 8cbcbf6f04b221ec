// `resultgate review claim`, `release`, `hand-over`, `refuse`, `hold`, `end-hold` and `uphold`.
#include <grpcpp/grpcpp.h>

#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "resultgate/v1/review_service.grpc.pb.h"
#include "server/app/client.h"
#include "server/app/decision_table.h"
#include "server/app/json_lines.h"
#include "server/app/people_options.h"
#include "server/app/review_commands.h"
#include "server/app/words.h"
#include "server/base/clock.h"
#include "server/base/proto_time.h"
#include "server/rpc/read_notes.h"

namespace resultgate::app {
namespace {

struct ActionOptions {
  ReviewTarget target;
  std::vector<std::string> units;
  std::string reason;
  std::string to_role;
  std::string to_person;
  std::string basis;
  std::string until;
  std::vector<std::string> audiences;
  int determination = 0;
  bool json = false;
};

// What is asked of the gate, once the review has been read.
class Action {
 public:
  explicit Action(const ActionOptions& options)
      : options_(options),
        channel_(Connect(options.target.server)),
        zone_(PackZone(channel_)),
        stub_(v1::ReviewService::NewStub(channel_)) {}

  // Calls `method` with what all requests have, after `fill` has added the rest; prints how the result stands afterwards.
  template <typename Request, typename Response, typename Fill, typename More>
  int Call(grpc::Status (v1::ReviewService::Stub::*method)(grpc::ClientContext*, const Request&, Response*), Fill fill,
           More print_more) {
    if (!zone_.ok()) return Fail(std::string(zone_.status().message()));
    v1::GetReviewResponse review;
    const grpc::Status read = ReadToAct(stub_.get(), options_.target.result_id, options_.target.reviewer, &review);
    if (!read.ok()) return Fail(Explain(read));
    Request request;
    request.set_result_id(options_.target.result_id);
    request.set_etag(options_.target.etag.empty() ? review.etag() : options_.target.etag);
    request.set_reviewer(options_.target.reviewer);
    fill(&request);
    Response response;
    grpc::ClientContext context;
    if (const grpc::Status status = (stub_.get()->*method)(&context, request, &response); !status.ok())
      return Fail(Explain(status));
    if (options_.json) {
      std::cout << ToJson(response) << "\n";
      return kDone;
    }
    Table table = DecisionTable();
    AddDecision(review.result().report(), response.decision(), {}, "", *zone_, base::SystemClock().Now(), &table);
    std::cout << table.ToString(TerminalWidth());
    print_more(response, *zone_);
    return kDone;
  }

 private:
  const ActionOptions& options_;
  const std::shared_ptr<grpc::Channel> channel_;
  const absl::StatusOr<absl::TimeZone> zone_;
  const std::unique_ptr<v1::ReviewService::Stub> stub_;
};

template <typename Request>
void FillUnits(const ActionOptions& options, Request* request) {
  for (const std::string& unit : options.units) request->add_unit_ids(unit);
}

constexpr auto kNothingMore = [](const auto& /*response*/, absl::TimeZone /*zone*/) {};

int RunClaim(const ActionOptions& options) {
  return Action(options).Call(
      &v1::ReviewService::Stub::ClaimReview, [&](v1::ClaimReviewRequest* request) { FillUnits(options, request); }, kNothingMore);
}

int RunHandOver(const ActionOptions& options) {
  if (options.to_role.empty() && options.to_person.empty()) {
    Fail("hand-over: say to whom, with --to-pool or --to-person");
    return kWrongUsage;
  }
  return Action(options).Call(
      &v1::ReviewService::Stub::HandOverReview,
      [&](v1::HandOverReviewRequest* request) {
        FillUnits(options, request);
        request->mutable_to()->set_role(options.to_role);
        if (!options.to_person.empty()) request->mutable_to()->mutable_person()->set_value(options.to_person);
        request->set_reason(options.reason);
      },
      kNothingMore);
}

int RunRefuse(const ActionOptions& options) {
  return Action(options).Call(
      &v1::ReviewService::Stub::RefuseReview,
      [&](v1::RefuseReviewRequest* request) {
        FillUnits(options, request);
        request->set_reason(options.reason);
      },
      kNothingMore);
}

int RunRelease(const ActionOptions& options) {
  return Action(options).Call(
      &v1::ReviewService::Stub::ReleaseNow, [](v1::ReleaseNowRequest*) {},
      [](const v1::ReleaseNowResponse& response, absl::TimeZone zone) {
        for (const v1::StillHeld& held : response.still_held()) {
          const std::string audiences = AudiencesText(held.audiences());
          std::cout << absl::StrJoin(held.unit_ids(), ", ") << (audiences.empty() ? "" : absl::StrCat(", for ", audiences))
                    << ": waits "
                    << (held.has_until() ? absl::StrCat("until ", LocalTime(held.until(), zone), " at the latest")
                                         : "until somebody else ends it")
                    << "\n";
          for (const v1::HoldReason& reason : held.reasons()) {
            std::cout << "  " << reason.rule_id() << ": " << reason.title() << (reason.basis().empty() ? "" : "; ")
                      << reason.basis() << "\n";
          }
        }
      });
}

const std::map<std::string, v1::BasisType> kBases = {{"patient-request", v1::BASIS_TYPE_PATIENT_REQUEST},
                                                     {"privacy", v1::BASIS_TYPE_PRIVACY},
                                                     {"danger", v1::BASIS_TYPE_HARM_DETERMINATION}};
const std::map<std::string, v1::Audience> kAudiences = {
    {"patient", v1::AUDIENCE_PATIENT}, {"representative", v1::AUDIENCE_REPRESENTATIVE}, {"delegate", v1::AUDIENCE_DELEGATE}};

int RunHold(const ActionOptions& options) {
  const absl::StatusOr<absl::TimeZone> zone = PackZone(Connect(options.target.server));
  if (!zone.ok()) return Fail(std::string(zone.status().message()));
  absl::Time until;
  if (!ReadTime("--until", options.until, *zone, &until)) return kWrongUsage;
  return Action(options).Call(
      &v1::ReviewService::Stub::HoldResult,
      [&](v1::HoldResultRequest* request) {
        FillUnits(options, request);
        request->set_type(kBases.at(options.basis));
        request->set_reason(options.reason);
        *request->mutable_until() = base::ToProto(until);
        for (const std::string& audience : options.audiences) request->add_audiences(kAudiences.at(audience));
      },
      [](const v1::HoldResultResponse& response, absl::TimeZone /*zone*/) {
        std::cout << "held by determination " << response.determination_id() << "\n";
      });
}

int RunEndHold(const ActionOptions& options) {
  return Action(options).Call(
      &v1::ReviewService::Stub::EndHold,
      [&](v1::EndHoldRequest* request) {
        request->set_determination_id(options.determination);
        request->set_reason(options.reason);
      },
      kNothingMore);
}

int RunUphold(const ActionOptions& options) {
  return Action(options).Call(
      &v1::ReviewService::Stub::UpholdHold,
      [&](v1::UpholdHoldRequest* request) {
        request->set_determination_id(options.determination);
        request->set_reason(options.reason);
      },
      [&options](const v1::UpholdHoldResponse& /*response*/, absl::TimeZone /*zone*/) {
        std::cout << "determination " << options.determination << " stands; the patient is told why when asking again\n";
      });
}

CLI::App* AddAction(CLI::App* review, Run* run, const std::string& name, const std::string& help,
                    const std::shared_ptr<ActionOptions>& options, int (*action)(const ActionOptions&)) {
  CLI::App* command = review->add_subcommand(name, help);
  AddReviewTarget(command, &options->target);
  command->add_flag("--json", options->json, "The answer as JSON");
  command->callback([options, run, action] { *run = [options, action] { return action(*options); }; });
  return command;
}

void AddUnits(CLI::App* command, ActionOptions* options) {
  command->add_option("--unit", options->units, "Only this unit: an observation's id, or `document`; may be repeated")
      ->type_name("UNIT")
      ->expected(1)
      ->take_all();
}

}  // namespace

// Nothing of what it says is shown, and whoever hands it over unread has not opened it.
grpc::Status ReadToAct(v1::ReviewService::Stub* stub, int64_t result_id, const std::string& reviewer,
                       v1::GetReviewResponse* review) {
  grpc::ClientContext context;
  context.AddMetadata(rpc::kReadsToAct, "yes");
  v1::GetReviewRequest request;
  request.set_result_id(result_id);
  request.set_reviewer(reviewer);
  return stub->GetReview(&context, request, review);
}

void AddReviewTarget(CLI::App* command, ReviewTarget* target) {
  command->add_option("RESULT_ID", target->result_id, "The gate's id of the result")->required()->check(CLI::PositiveNumber);
  command->add_option("--reviewer", target->reviewer, "Who acts: the organisation's identifier of the person; goes into the log")
      ->required()
      ->type_name("ID");
  command
      ->add_option("--etag", target->etag,
                   "What `review show` printed: refused if anything about the review has changed since [as it stands now]")
      ->type_name("ETAG");
  AddServerOption(command, &target->server);
}

void AddReviewActions(CLI::App* review, Run* run) {
  {
    auto options = std::make_shared<ActionOptions>();
    CLI::App* command = AddAction(review, run, "claim", "Make a pool's turn yours.", options, &RunClaim);
    AddUnits(command, options.get());
    command->footer("Example:\n  resultgate review claim 7 --reviewer 1234567893");
  }
  {
    auto options = std::make_shared<ActionOptions>();
    CLI::App* command =
        AddAction(review, run, "hand-over", "Hand the turn to another person or pool. The clock goes on.", options, &RunHandOver);
    AddUnits(command, options.get());
    command->add_option("--to-pool", options->to_role, "To this pool, or role")->type_name("POOL");
    command->add_option("--to-person", options->to_person, "To this person, by the organisation's identifier")->type_name("ID");
    command->add_option("--reason", options->reason, "Why, without names and values; goes into the log")->type_name("TEXT");
    command->footer(
        "Example:\n  resultgate review hand-over 7 --reviewer 1234567893 --to-pool pathology-pool --reason \"not my patient\"");
  }
  {
    auto options = std::make_shared<ActionOptions>();
    CLI::App* command =
        AddAction(review, run, "refuse", "Say that you cannot decide: the next owner's turn begins.", options, &RunRefuse);
    AddUnits(command, options.get());
    command->add_option("--reason", options->reason, "Why, without names and values; goes into the log")
        ->type_name("TEXT")
        ->required();
    command->footer("Example:\n  resultgate review refuse 7 --reviewer 1234567893 --reason \"needs a pathologist\"");
  }
  {
    auto options = std::make_shared<ActionOptions>();
    CLI::App* command = AddAction(review, run, "release", "End all that a provider may end, and say what else it waits for.",
                                  options, &RunRelease);
    command->footer("Example:\n  resultgate review release 7 --reviewer 1234567893");
  }
  {
    auto options = std::make_shared<ActionOptions>();
    CLI::App* command = AddAction(review, run, "hold",
                                  "Hold one result, or units of it, because you determined so, until a time.", options, &RunHold);
    AddUnits(command, options.get());
    command
        ->add_option("--for", options->basis,
                     "patient-request; privacy (from those who see for the patient, with --from; never from the patient); or "
                     "danger (to life or physical safety, the patient's or of another person of whom it speaks: by a clinician "
                     "of the patient's whom `directory put --licensed` has recorded; the patient may have it reviewed by another "
                     "one)")
        ->required()
        ->check(CLI::IsMember({"patient-request", "privacy", "danger"}));
    command->add_option("--until", options->until, "When it ends, as 2026-03-20, within 366 days")->required()->type_name("TIME");
    command->add_option("--reason", options->reason, "Why, without names and values; goes into the log")
        ->required()
        ->type_name("TEXT");
    command
        ->add_option("--from", options->audiences, "From whom: patient, representative or delegate; may be repeated [everybody]")
        ->expected(1)
        ->take_all()
        ->check(CLI::IsMember({"patient", "representative", "delegate"}));
    command->footer(
        "Nothing else holds a result longer than its rules do, and what is published stays published. A danger that lies with "
        "who sees for the patient is held `--from representative --from delegate`, as what is confidential from them is: they "
        "are "
        "not told of it.\n"
        "Example:\n  resultgate review hold 7 --reviewer 1234567893 --for patient-request --until 2026-03-20 --reason \"wants to "
        "hear it in person\"");
  }
  {
    auto options = std::make_shared<ActionOptions>();
    CLI::App* command =
        AddAction(review, run, "end-hold", "End a determination before its time; one of danger as a licensed clinician.", options,
                  &RunEndHold);
    command->add_option("--determination", options->determination, "Its number, as `review show` prints it")
        ->required()
        ->check(CLI::PositiveNumber);
    command->add_option("--reason", options->reason, "Why, without names and values; goes into the log")
        ->required()
        ->type_name("TEXT");
    command->footer(
        "Example:\n  resultgate review end-hold 7 --reviewer 1234567893 --determination 1 --reason \"was told today\"");
  }
  {
    auto options = std::make_shared<ActionOptions>();
    CLI::App* command =
        AddAction(review, run, "uphold",
                  "Say that another clinician's hold for danger stands, after you reviewed it because the patient "
                  "asked. Where you find otherwise: `end-hold`.",
                  options, &RunUphold);
    command->add_option("--determination", options->determination, "Its number, as `review show` prints it")
        ->required()
        ->check(CLI::PositiveNumber);
    command
        ->add_option("--reason", options->reason,
                     "Why, without names and values; the patient is told it, and it goes into the log")
        ->required()
        ->type_name("TEXT");
    command->footer(
        "Which ones wait: resultgate outreach list --kind determination-review\n"
        "Example:\n  resultgate review uphold 7 --reviewer 1987654321 --determination 1 --reason \"the danger has not passed\"");
  }
}

}  // namespace resultgate::app

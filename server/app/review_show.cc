// `resultgate review show`: all that a reviewer needs to decide about one result, on one screen.
#include <grpcpp/grpcpp.h>

#include <iostream>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "resultgate/v1/review_service.grpc.pb.h"
#include "server/app/client.h"
#include "server/app/json_lines.h"
#include "server/app/review_commands.h"
#include "server/app/table.h"
#include "server/app/words.h"
#include "server/gate/submit.h"
#include "server/policy/units.h"

namespace resultgate::app {
namespace {

struct ShowOptions {
  std::string server;
  std::string reviewer;
  int64_t result_id = 0;
  bool json = false;
};

// Nothing that a sender or a template wrote steers the terminal.
constexpr size_t kWidest = 120;
constexpr size_t kWidestValue = 40;

void PrintText(absl::string_view text) {
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    // Long lines are wrapped at spaces.
    std::string out;
    for (const absl::string_view word : absl::StrSplit(line, ' ')) {
      if (!out.empty() && out.size() + 1 + word.size() > kWidest) {
        std::cout << "  " << Cell(out, kWidest) << "\n";
        out.clear();
      }
      absl::StrAppend(&out, out.empty() ? "" : " ", word);
    }
    if (!out.empty()) std::cout << "  " << Cell(out, kWidest) << "\n";
  }
}

void PrintReport(const v1::DiagnosticReport& report, absl::TimeZone zone) {
  std::cout << "\nReport" << (report.has_issued() ? absl::StrCat(", issued ", LocalTime(report.issued(), zone)) : "") << "\n";
  Table table({{"  OBSERVATION", 44}, {"VALUE", kWidestValue}, {"FLAG", 20}, {"RANGE", 24}, {"STATUS", 16}});
  for (const v1::Observation& observation : report.observations()) {
    table.AddRow({absl::StrCat("  ", ConceptText(observation.code())), ValueText(observation), FlagText(observation),
                  observation.reference_range().text(), StatusText(observation.status())});
  }
  // Values decide: no terminal is so narrow that they are cut for it.
  if (!report.observations().empty()) std::cout << table.ToString();
  // What does not fit into the table decides all the more.
  for (const v1::Observation& observation : report.observations()) {
    const std::string value = ValueText(observation);
    if (value.size() > kWidestValue) PrintText(absl::StrCat(ConceptText(observation.code()), ": ", value));
  }
  for (const std::string& text : {report.narrative(), report.conclusion()}) {
    if (!text.empty()) PrintText(text);
  }
  for (const v1::CodeableConcept& code : report.conclusion_codes()) PrintText(absl::StrCat("conclusion: ", ConceptText(code)));
  for (const std::string& note : report.notes()) PrintText(absl::StrCat("note: ", note));
  for (const v1::Attachment& form : report.presented_forms()) {
    PrintText(absl::StrCat(policy::IsVoid(form) ? "taken back: " : "attached: ",
                           form.title().empty() ? form.content_type() : form.title()));
  }
}

void PrintPrior(const v1::GetReviewResponse& review, absl::TimeZone zone) {
  if (review.prior_results().empty()) return;
  std::cout << "\nBefore\n";
  Table table({{"  TIME", 22}, {"RESULT", 8}, {"OBSERVATION", 44}, {"VALUE", 40}, {"FLAG", 20}});
  for (const v1::PriorResult& prior : review.prior_results()) {
    const bool value = prior.has_observation();
    table.AddRow({absl::StrCat("  ", LocalTime(prior.time(), zone)), absl::StrCat(prior.result_id()),
                  ConceptText(value ? prior.observation().code() : prior.code()),
                  value ? ValueText(prior.observation()) : prior.conclusion(), value ? FlagText(prior.observation()) : ""});
  }
  std::cout << table.ToString();
}

void PrintPending(const v1::PendingReview& review, absl::TimeZone zone) {
  const v1::Outcome& outcome = review.outcome();
  const std::string audiences = AudiencesText(outcome.audiences());
  std::cout << "  " << OutcomeText(outcome) << ": " << absl::StrJoin(outcome.unit_ids(), ", ")
            << (audiences.empty() ? "" : absl::StrCat(", for ", audiences)) << "\n    of " << OwnerText(review.owner())
            << " until " << LocalTime(review.turn_ends_at(), zone);
  for (const v1::ReviewTurn& turn : outcome.review().turns()) {
    if (turn.until().seconds() > review.turn_ends_at().seconds()) {
      std::cout << ", then " << OwnerText(turn.owner()) << " until " << LocalTime(turn.until(), zone);
    }
  }
  std::cout << "; " << ExpiryText(outcome, zone) << "\n";
}

// A quarantine: why, how many people must say whose it is, and what the versions say of that, one beside the other.
void PrintDoubt(const v1::Result& result, absl::TimeZone zone) {
  const std::string why = gate::StandingQuarantine(result);
  if (why.empty()) return;
  std::cout << "\nIn doubt\n";
  PrintText(why);
  if (gate::NeedsTwoPeople(why)) {
    std::string pool, first;
    for (const v1::Outcome& outcome : result.decision().outcomes()) {
      if (outcome.disposition() != v1::DISPOSITION_QUARANTINE || outcome.review().turns().empty()) continue;
      pool = outcome.review().turns(0).owner().role();
      first = outcome.review().approved_by();
    }
    PrintText(absl::StrCat("two people must approve it, one of them of ", pool, "; ",
                           first.empty() ? "nobody has yet" : absl::StrCat(first, " has: a second person must")));
  }
  if (result.versions().empty() && result.version() > 1) {
    PrintText(absl::StrCat("what it said before is not kept; what was decided of that: resultgate audit story ", result.id()));
  }
  // Where there is one alone, it is the report below.
  for (const v1::DiagnosticReport& version : result.versions()) {
    std::vector<std::string> patient;
    for (const v1::Identifier& identifier : version.patient().identifiers()) {
      patient.push_back(absl::StrCat(identifier.system(), identifier.system().empty() ? "" : "|", identifier.value()));
    }
    std::vector<std::string> values;
    for (const v1::Observation& observation : version.observations()) {
      values.push_back(absl::StrCat(ConceptText(observation.code()), " ", Cell(ValueText(observation), kWidestValue), " (",
                                    StatusText(observation.status()), ")"));
    }
    PrintText(absl::StrCat("version", version.has_issued() ? absl::StrCat(" issued ", LocalTime(version.issued(), zone)) : "",
                           ": patient ", absl::StrJoin(patient, ", "),
                           version.patient().has_birth_date() ? absl::StrCat(", born ", version.patient().birth_date()) : "",
                           values.empty() ? "" : absl::StrCat("; ", absl::StrJoin(values, "; "))));
  }
}

// What is held and waits for no person yet: for its time, or to be let go by who withholds it.
void PrintOthersHeld(const v1::GetReviewResponse& review, absl::TimeZone zone) {
  std::set<std::pair<std::string, int>> pending;
  for (const v1::PendingReview& one : review.reviews()) {
    for (const std::string& unit : one.outcome().unit_ids()) {
      for (const int audience : one.outcome().audiences()) pending.insert({unit, audience});
    }
  }
  bool any = false;
  for (const v1::Outcome& outcome : review.result().decision().outcomes()) {
    const bool listed = pending.count({outcome.unit_ids(0), outcome.audiences(0)}) > 0;
    if (outcome.state() != v1::OUTCOME_STATE_HELD || listed) continue;
    if (!any) std::cout << "\nWaits for its time\n";
    any = true;
    const std::string audiences = AudiencesText(outcome.audiences());
    std::cout << "  " << OutcomeText(outcome) << ": " << absl::StrJoin(outcome.unit_ids(), ", ")
              << (audiences.empty() ? "" : absl::StrCat(", for ", audiences))
              << (outcome.has_due_at() ? absl::StrCat(", until ", LocalTime(outcome.due_at(), zone)) : "") << "; "
              << RulesText(outcome) << "\n";
  }
}

std::string DeterminationReviewText(const v1::DeterminationReview& review, absl::TimeZone zone) {
  if (!review.upheld_by().empty()) {
    return absl::StrCat("upheld by ", review.upheld_by(), " ", LocalTime(review.upheld_at(), zone), ": ", review.reason());
  }
  return absl::StrCat("the patient asked ", LocalTime(review.requested_at(), zone), " to have it reviewed: by another one, of ",
                      OwnerText(review.owner()), ", until ", LocalTime(review.deadline(), zone));
}

void Print(const v1::GetReviewResponse& review, absl::TimeZone zone) {
  const v1::Result& result = review.result();
  const v1::Patient& patient = result.report().patient();
  std::cout << "Result " << result.id() << ", version " << result.version() << ": "
            << Cell(ConceptText(result.report().code()), 80) << "\nPatient " << Cell(PatientText(patient), 40)
            << (patient.has_birth_date() ? absl::StrCat(", born ", Cell(patient.birth_date(), 10)) : "")
            << (patient.has_language() ? absl::StrCat(", reads ", Cell(patient.language(), 20)) : "")
            << "; wishes results: " << (review.preference().empty() ? "nothing recorded" : Cell(review.preference(), kWidest))
            << "\n";
  std::cout << (review.reviews().empty() ? "\nNothing waits for a person.\n" : "\nWaits\n");
  for (const v1::PendingReview& pending : review.reviews()) PrintPending(pending, zone);
  PrintOthersHeld(review, zone);
  PrintDoubt(result, zone);
  if (!review.reasons().empty()) std::cout << "\nWhy\n";
  for (const v1::HoldReason& reason : review.reasons()) {
    std::cout << "  " << reason.rule_id() << ": " << reason.title() << "\n    asks for " << reason.asks()
              << (reason.basis().empty() ? "" : absl::StrCat("; ", reason.basis()))
              << (reason.lifted_by().empty() ? "" : absl::StrCat("; may be ended by ", reason.lifted_by())) << "\n";
    if (!reason.unknown_facts().empty()) {
      std::cout << "    because it is not known: " << absl::StrJoin(reason.unknown_facts(), ", ") << "\n";
    }
  }
  for (const v1::Determination& held : review.determinations()) {
    PrintText(absl::StrCat("determination ", held.id(), " of ", held.determined_by(), " until ", LocalTime(held.until(), zone),
                           ": ", held.reason()));
    for (const v1::DeterminationReview& asked : result.determination_reviews()) {
      if (asked.determination_id() == held.id()) PrintText(absl::StrCat("  ", DeterminationReviewText(asked, zone)));
    }
  }
  PrintReport(result.report(), zone);
  PrintPrior(review, zone);
  for (const v1::Comment& comment : review.comments()) {
    std::cout << "\nWould go out once approved (" << comment.template_id() << ", " << comment.language() << ")\n";
    PrintText(comment.text());
  }
  if (!review.history().empty()) std::cout << "\nSo far\n";
  for (const v1::ReviewStep& event : review.history()) {
    PrintText(absl::StrCat(LocalTime(event.time(), zone), "  ", event.actor(), ": ", event.what(),
                           event.reason().empty() ? "" : absl::StrCat(" (", event.reason(), ")")));
  }
  std::cout << "\netag " << review.etag() << "\n";
}

int RunShow(const ShowOptions& options) {
  const std::shared_ptr<grpc::Channel> channel = Connect(options.server);
  const absl::StatusOr<absl::TimeZone> zone = PackZone(channel);
  if (!zone.ok()) return Fail(std::string(zone.status().message()));
  grpc::ClientContext context;
  v1::GetReviewRequest request;
  v1::GetReviewResponse response;
  request.set_result_id(options.result_id);
  request.set_reviewer(options.reviewer);
  const grpc::Status status = v1::ReviewService::NewStub(channel)->GetReview(&context, request, &response);
  if (!status.ok()) return Fail(Explain(status));
  if (options.json) {
    std::cout << ToJson(response) << "\n";
  } else {
    Print(response, *zone);
  }
  return kDone;
}

}  // namespace

void AddReviewShow(CLI::App* review, Run* run) {
  auto options = std::make_shared<ShowOptions>();
  CLI::App* command = review->add_subcommand(
      "show",
      "One result with all that a reviewer needs: values, why it waits, the clock, what the patient wishes, what would go out.");
  command->add_option("RESULT_ID", options->result_id, "The gate's id of the result")->required()->check(CLI::PositiveNumber);
  command
      ->add_option("--reviewer", options->reviewer,
                   "Who reads: the organisation's identifier of the person. The log has that this clinician opened the result\n"
                   "[without one: that somebody read it, which counts as opened by no clinician]")
      ->envname("RESULTGATE_REVIEWER")
      ->type_name("ID");
  AddServerOption(command, &options->server);
  command->add_flag("--json", options->json, "As JSON (resultgate.v1.GetReviewResponse)");
  command->footer("Example:\n  resultgate review show 7 --reviewer 1234567893");
  command->callback([options, run] { *run = [options] { return RunShow(*options); }; });
}

}  // namespace resultgate::app

// `resultgate submit`: gives the messages in files to a gate and says what became of each.
#include <grpcpp/grpcpp.h>

#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "resultgate/v1/result_gate_service.grpc.pb.h"
#include "server/app/client.h"
#include "server/app/command.h"
#include "server/app/decision_table.h"
#include "server/app/inputs.h"
#include "server/app/json_lines.h"
#include "server/app/submit_client.h"
#include "server/app/words.h"
#include "server/base/proto_time.h"
#include "server/rpc/checks.h"

namespace resultgate::app {
namespace {

// Reports submitted together; what they answered is printed before the next ones are read.
constexpr size_t kMostPieces = 1024;
constexpr size_t kPieceBytes = 32 * 1024 * 1024;
// What the gate takes in one message, less what stands around a report.
constexpr size_t kLargestReport = 8 * 1024 * 1024 - 4096;

struct SubmitOptions {
  std::string server;
  std::vector<std::string> files;
  std::string zone;
  bool accept_test_messages = false;
  bool json = false;
};

// One report, or one message (or part of it) that could not be read.
struct Piece {
  Source source;
  bool several = false;
  bool refused = false;
  v1::RefuseResultRequest refusal;  // if refused
};

v1::Issue Error(std::string text) {
  v1::Issue issue;
  issue.set_severity(v1::Issue::SEVERITY_ERROR);
  issue.set_message(std::move(text));
  return issue;
}

v1::RefuseResultRequest Refusal(const intake::Message& message) {
  v1::RefuseResultRequest refusal;
  refusal.set_sender(message.sender.empty() ? "unknown" : rpc::CutName(message.sender));
  refusal.set_message_id(rpc::CutName(message.message_id));
  refusal.set_message_digest(message.digest);
  return refusal;
}

// Submits pieces in groups and prints each group in the order of the input.
class Submission {
 public:
  Submission(const SubmitOptions& options, v1::ResultGateService::StubInterface* stub, absl::TimeZone zone)
      : options_(options), stub_(stub), zone_(zone), table_(DecisionTable()) {}

  void Add(const Source& source, bool several, intake::Message message) {
    for (v1::DiagnosticReport& report : message.reports) {
      if (report.ByteSizeLong() > kLargestReport) {
        message.refused.push_back(Error("a report is larger than 8 MiB; send its documents by reference"));
        continue;
      }
      v1::SubmitResultRequest request;
      request.set_accept_test_message(options_.accept_test_messages);
      *request.mutable_report() = std::move(report);
      bytes_ += request.ByteSizeLong();
      pieces_.push_back({source, several, /*refused=*/false, {}});
      requests_.push_back(std::move(request));
    }
    if (!message.refused.empty()) {
      Piece piece{source, several, /*refused=*/true, Refusal(message)};
      for (v1::Issue& issue : message.refused) *piece.refusal.add_issues() = std::move(issue);
      pieces_.push_back(std::move(piece));
    }
    if (pieces_.size() >= kMostPieces || bytes_ >= kPieceBytes) Flush();
  }

  // Prints what is left and the summary; returns the exit code.
  int Finish() {
    Flush();
    if (!options_.json) std::cout << table_.ToString(TerminalWidth());
    std::string text = absl::StrCat(accepted_, accepted_ == 1 ? " report accepted" : " reports accepted");
    if (!disposals_.empty()) {
      const auto count = [](std::string* out, const auto& disposal) {
        const bool newer = disposal.first == v1::SubmitResultResponse::DISPOSAL_NEW_VERSION;
        absl::StrAppend(out, disposal.second, " ", newer ? "new version" : DisposalText(disposal.first, 0));
      };
      absl::StrAppend(&text, " (", absl::StrJoin(disposals_, ", ", count), ")");
    }
    absl::StrAppend(&text, ", ", refused_, " refused");
    if (unanswered_ > 0) absl::StrAppend(&text, ", ", unanswered_, " not answered: submit them again");
    // Beside JSON lines the summary would be in the way.
    (options_.json ? std::cerr : std::cout) << text << "\n" << std::flush;
    return refused_ + unanswered_ == 0 ? kDone : kProblemFound;
  }

 private:
  void Flush() {
    const std::vector<Submitted> submitted = SubmitAll(stub_, requests_);
    size_t next = 0;
    for (const Piece& piece : pieces_) {
      if (piece.refused) {
        Refuse(piece);
      } else {
        Report(piece, requests_[next].report(), submitted[next]);
        ++next;
      }
    }
    pieces_.clear();
    requests_.clear();
    bytes_ = 0;
  }

  // Tells the gate, so that the loss has an owner. A file that could not even be opened is nobody's message: the caller's own
  // mistake.
  void Refuse(const Piece& piece) {
    ++refused_;
    v1::RefuseResultResponse recorded;
    std::string unrecorded;
    if (!piece.refusal.message_digest().empty()) {
      grpc::ClientContext context;
      const grpc::Status status = stub_->RefuseResult(&context, piece.refusal, &recorded);
      if (!status.ok()) unrecorded = Explain(status);
    }
    if (options_.json) {
      JsonLine line = Begin(piece, "refused");
      line.Message("refusal", piece.refusal).Message("recorded", recorded);
      if (!unrecorded.empty()) line.Text("not_recorded", unrecorded);
      std::cout << line.ToString();
      return;
    }
    for (const v1::Issue& issue : piece.refusal.issues()) {
      Line(piece, "refused", absl::StrCat(issue.place(), issue.place().empty() ? "" : ": ", issue.message()));
    }
    if (!unrecorded.empty()) Line(piece, "the refusal is not recorded", unrecorded);
  }

  void Report(const Piece& piece, const v1::DiagnosticReport& report, const Submitted& submitted) {
    if (submitted.error.code() != 0) {
      const char* const what = submitted.answered ? "refused" : "not answered";
      ++(submitted.answered ? refused_ : unanswered_);
      if (options_.json) {
        std::cout << Begin(piece, what).Message("report", report).Message("error", submitted.error).ToString();
      } else {
        Line(piece, what, Explain(submitted.error));
      }
      return;
    }
    ++accepted_;
    const v1::SubmitResultResponse& response = submitted.response;
    ++disposals_[response.disposal()];
    if (options_.json) {
      std::cout << Begin(piece, "accepted").Message("report", report).Message("response", response).ToString();
      return;
    }
    AddDecision(report, response.decision(), response.comments(),
                response.disposal() == v1::SubmitResultResponse::DISPOSAL_NEW
                    ? ""
                    : DisposalText(response.disposal(), response.version()),
                zone_, base::FromProto(response.decision().decided_at()), &table_);
  }

  static JsonLine Begin(const Piece& piece, const std::string& outcome) {
    JsonLine line;
    line.Text("source", piece.source.file).Number("message", piece.source.message).Text("outcome", outcome);
    return line;
  }

  void Line(const Piece& piece, const std::string& what, const std::string& text) {
    table_.AddLine(absl::StrCat(what, "  ", ToString(piece.source, piece.several), ": ", text));
  }

  const SubmitOptions& options_;
  v1::ResultGateService::StubInterface* const stub_;
  const absl::TimeZone zone_;
  Table table_;
  std::vector<Piece> pieces_;
  std::vector<v1::SubmitResultRequest> requests_;  // of the pieces that are reports, in order
  size_t bytes_ = 0;
  int accepted_ = 0;
  int refused_ = 0;
  int unanswered_ = 0;
  absl::btree_map<v1::SubmitResultResponse::Disposal, int> disposals_;
};

int RunSubmit(const SubmitOptions& options) {
  intake::Options intake_options;
  if (!options.zone.empty()) {
    const absl::StatusOr<absl::TimeZone> zone = ZoneNamed(options.zone);
    if (!zone.ok()) {
      Fail(absl::StrCat("--zone: ", zone.status().message()));
      return kWrongUsage;
    }
    intake_options.zone = *zone;
  }
  const std::shared_ptr<grpc::Channel> channel = Connect(options.server);
  const absl::StatusOr<absl::TimeZone> pack_zone = PackZone(channel);
  if (!pack_zone.ok()) return Fail(std::string(pack_zone.status().message()));
  if (options.zone.empty()) intake_options.zone = *pack_zone;
  const auto stub = v1::ResultGateService::NewStub(channel);
  Submission submission(options, stub.get(), *pack_zone);
  ForEachMessage(options.files, intake_options, [&submission](const Source& source, bool several, intake::Message message) {
    submission.Add(source, several, std::move(message));
  });
  return submission.Finish();
}

}  // namespace

void AddSubmit(CLI::App* app, Run* run) {
  auto options = std::make_shared<SubmitOptions>();
  CLI::App* command = app->add_subcommand(
      "submit",
      "Give messages to a gate: HL7 v2 ORU^R01 (plain or MLLP-framed, one or many per file) and FHIR R4 (DiagnosticReport,\n"
      "Observation, Bundle), told apart by content. Prints a row per report and distinct decision, in the order of the input, "
      "and\n"
      "what was refused, with its place. A message that cannot be read is told to the gate, which gives its loss an owner.");
  command->add_option("FILE", options->files, "Files of messages; `-` is standard input")->required();
  AddServerOption(command, &options->server);
  command->add_option("--zone", options->zone, "Zone of times that a message gives without one [the pack's]")->type_name("ZONE");
  command->add_flag("--accept-test-messages", options->accept_test_messages,
                    "Take messages marked as a test (MSH-11 T or D, FHIR HTEST), which are refused otherwise");
  command->add_flag("--json", options->json, "One JSON object per report instead of the table; the summary goes to stderr");
  command->footer(
      "Exit code 1 if anything was refused.\n"
      "Examples:\n"
      "  resultgate submit --accept-test-messages tests/data/01-cbc.hl7 tests/data/11-pathology-new-cancer.json\n"
      "  resultgate submit --accept-test-messages tests/data/*.hl7 tests/data/*.json\n"
      "  cat tests/data/*.hl7 | resultgate submit --accept-test-messages --json -");
  command->callback([options, run] { *run = [options] { return RunSubmit(*options); }; });
}

}  // namespace resultgate::app

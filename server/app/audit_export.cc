// `resultgate audit export`: the whole log as a file that proves itself, as a table, or as FHIR.
#include <grpcpp/grpcpp.h>

#include <cstdint>
#include <iostream>
#include <memory>
#include <set>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "resultgate/v1/audit_service.grpc.pb.h"
#include "server/app/audit_commands.h"
#include "server/app/client.h"
#include "server/app/csv.h"
#include "server/app/fhir_audit_event.h"
#include "server/app/words.h"
#include "server/audit/entry_facts.h"
#include "server/audit/log_export.h"
#include "server/base/proto_time.h"
#include "server/store/sqlite/log_file.h"

namespace resultgate::app {
namespace {

struct ExportOptions {
  std::string server;
  std::string actor;
  std::string database = kDefaultDatabase;
  std::string public_key;
  std::string format = "ndjson";
};

constexpr char kCsvHeading[] = "sequence,time,kind,actor,result,version,what_happened,states,rules,bases,audiences,leaf_hash\r\n";

std::string RowAsCsv(const audit::LogRow& row) {
  v1::Entry entry;
  entry.ParseFromArray(row.bytes.data(), static_cast<int>(row.bytes.size()));
  std::set<std::string> states, rules, bases, audiences;
  const audit::EntryFacts facts = audit::FactsOf(entry);
  for (const v1::Outcome* outcome : facts.outcomes) {
    states.insert(audit::EnumWord(v1::OutcomeState_Name(outcome->state()), "OUTCOME_STATE_"));
    for (const int audience : outcome->audiences()) {
      audiences.insert(audit::EnumWord(v1::Audience_Name(static_cast<v1::Audience>(audience)), "AUDIENCE_"));
    }
    for (const v1::AppliedRule& rule : outcome->rules()) {
      rules.insert(rule.rule_id());
      if (rule.basis().type() != v1::BASIS_TYPE_UNSPECIFIED) {
        bases.insert(audit::EnumWord(v1::BasisType_Name(rule.basis().type()), "BASIS_TYPE_"));
      }
    }
  }
  const std::string time = absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", base::FromProto(entry.time()), absl::UTCTimeZone());
  const std::vector<std::string> cells = {absl::StrCat(row.sequence),
                                          time,
                                          audit::KindWord(entry),
                                          entry.actor(),
                                          entry.result_id() == 0 ? "" : absl::StrCat(entry.result_id()),
                                          entry.version() == 0 ? "" : absl::StrCat(entry.version()),
                                          EntryText(entry),
                                          absl::StrJoin(states, " "),
                                          absl::StrJoin(rules, " "),
                                          absl::StrJoin(bases, " "),
                                          absl::StrJoin(audiences, " "),
                                          absl::Base64Escape(row.leaf_hash)};
  return CsvLine(cells);
}

absl::Status Write(store::LogFile& log, const audit::VerifierKey& key, const std::string& format) {
  if (format == "ndjson") std::cout << audit::ExportHead(log.head(), key);
  if (format == "csv") std::cout << kCsvHeading;
  if (format == "fhir") std::cout << "{\"resourceType\":\"Bundle\",\"type\":\"collection\",\"entry\":[";
  bool first = true;
  absl::Status status = log.ForEach([&](const audit::LogRow& row) -> absl::Status {
    if (format == "csv") {
      std::cout << RowAsCsv(row);
    } else if (format == "fhir") {
      std::cout << (first ? "\n" : ",\n") << "{\"resource\":" << ToFhirAuditEvent(row) << "}";
    } else {
      absl::StatusOr<std::string> line = audit::ExportRow(row);
      if (!line.ok()) return line.status();
      std::cout << *line;
    }
    first = false;
    return std::cout ? absl::OkStatus() : absl::UnavailableError("cannot write the output");
  });
  if (format == "fhir") std::cout << "\n]}\n";
  std::cout.flush();
  return status;
}

// Has the gate that serves this log, which alone writes to it, log the export; before anything is written.
void Record(const ExportOptions& options, const audit::VerifierKey& key, int64_t entries) {
  const auto stub = v1::AuditService::NewStub(Connect(options.server));
  grpc::ClientContext asking;
  v1::GetCheckpointResponse head;
  grpc::Status status = stub->GetCheckpoint(&asking, v1::GetCheckpointRequest(), &head);
  if (status.ok() && head.public_key() == key.ToString()) {
    v1::RecordExportRequest request;
    request.set_format(options.format);
    request.set_entries(entries);
    request.set_actor(options.actor);
    grpc::ClientContext telling;
    v1::RecordExportResponse response;
    status = stub->RecordExport(&telling, request, &response);
    if (status.ok()) return;
  }
  std::cerr << "resultgate: the log does not hold that it was exported: "
            << (status.ok() ? "the gate at " : "no gate answers at ") << options.server
            << (status.ok() ? " serves another one" : "") << "\n";
}

int RunExport(const ExportOptions& options) {
  const absl::StatusOr<audit::VerifierKey> key = KeyFor(options.public_key, options.database);
  if (!key.ok()) return Fail(std::string(key.status().message()));
  const absl::StatusOr<std::unique_ptr<store::LogFile>> log = store::OpenLogFile(options.database);
  if (!log.ok()) return Fail(absl::StrCat("cannot read `", options.database, "`: ", log.status().message()));
  Record(options, *key, (*log)->size());
  const absl::Status status = Write(**log, *key, options.format);
  return status.ok() ? kDone : Fail(std::string(status.message()));
}

}  // namespace

void AddAuditExport(CLI::App* audit, Run* run) {
  auto options = std::make_shared<ExportOptions>();
  CLI::App* command = audit->add_subcommand(
      "export",
      "Write the whole log to standard output. `ndjson` proves itself: `audit verify --export` needs nothing but the public "
      "key.\n"
      "`csv` is a table for a spreadsheet; `fhir` a Bundle of FHIR R4 AuditEvents. The gate may serve the file meanwhile;\n"
      "it is told, so that the log holds who exported it.");
  AddDatabaseOption(command, &options->database);
  AddPublicKeyOption(command, &options->public_key);
  AddServerOption(command, &options->server);
  AddReaderOption(command, &options->actor);
  command->add_option("--format", options->format, "How")->capture_default_str()->check(CLI::IsMember({"ndjson", "csv", "fhir"}));
  command->footer(
      "Examples:\n"
      "  resultgate audit export > log.ndjson\n"
      "  resultgate audit export --format csv > log.csv");
  command->callback([options, run] { *run = [options] { return RunExport(*options); }; });
}

}  // namespace resultgate::app

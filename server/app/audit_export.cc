// `resultgate audit export`: the log, or a part of it, as a file that proves itself, as a table, or as FHIR.
#include <cstdint>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/app/audit_commands.h"
#include "server/app/client.h"
#include "server/app/entry_csv.h"
#include "server/app/fhir_audit_event.h"
#include "server/app/figures.h"
#include "server/audit/filter.h"
#include "server/audit/log_export.h"
#include "server/base/file_issue.h"
#include "server/base/status_macros.h"
#include "server/gate/replay_log.h"
#include "server/json/quote.h"
#include "server/store/sqlite/log_file.h"

namespace resultgate::app {
namespace {

struct ExportOptions {
  std::string server;
  std::string actor;
  std::string database = kDefaultDatabase;
  std::string public_key;
  std::string format = "ndjson";
  int64_t result_id = 0;
  Scope scope;
};

// Which entries are exported.
class Part {
 public:
  static absl::StatusOr<Part> Of(const ExportOptions& options, store::LogFile* log);

  bool is_whole() const { return filter_.text_for_log().empty(); }
  // As the log may keep it, without identifiers of patients.
  const std::string& text() const { return filter_.text_for_log(); }
  // As it was asked for: the gate can read it, and leaves out identifiers itself.
  const std::string& filter() const { return text_; }

  absl::Status ForEach(const std::function<absl::Status(const audit::LogRow& row)>& take);

 private:
  Part(audit::Filter filter, std::string text, store::LogFile* log)
      : filter_(std::move(filter)), text_(std::move(text)), log_(*log) {}

  const std::vector<std::string>& PatientOf(int64_t result_id);

  audit::Filter filter_;
  std::string text_;
  store::LogFile& log_;
  std::map<int64_t, std::vector<std::string>> patients_;  // identifiers, by result
  absl::Status failure_;                                  // why a look-up failed: a part without it would be wrong
};

// The zone of the pack that is active: days begin at its midnight.
absl::StatusOr<absl::TimeZone> ZoneOf(store::LogFile& log) {
  RG_ASSIGN_OR_RETURN(const std::vector<store::LogFile::ActivationRow> activations, log.Activations());
  if (activations.empty()) return absl::UTCTimeZone();
  const gate::KeptPack kept = gate::LoadKeptPack(log, activations.back().digest);
  if (kept.pack == nullptr) return absl::DataLossError("the active pack cannot be read, so give times with their zone");
  return kept.pack->calendar().zone();
}

absl::StatusOr<Part> Part::Of(const ExportOptions& options, store::LogFile* log) {
  Scope scope = options.scope;
  if (options.result_id != 0) {
    const std::string result = absl::StrCat("result = ", options.result_id);
    scope.filter = scope.filter.empty() ? result : absl::StrCat(result, " AND (", scope.filter, ")");
  }
  absl::TimeZone zone = absl::UTCTimeZone();
  if (!scope.since.empty() || !scope.until.empty()) {
    RG_ASSIGN_OR_RETURN(zone, ZoneOf(*log));
  }
  base::FileIssues issues;
  // By itself first, so that a mistake is shown where it stands.
  if (!audit::Filter::Parse(options.scope.filter, &issues)) return absl::InvalidArgumentError(base::Format(issues));
  RG_ASSIGN_OR_RETURN(std::string text, FilterOf(scope, zone));
  std::optional<audit::Filter> filter = audit::Filter::Parse(text, &issues);
  if (!filter) return absl::InvalidArgumentError(base::Format(issues));
  return Part(*std::move(filter), std::move(text), log);
}

const std::vector<std::string>& Part::PatientOf(int64_t result_id) {
  const auto [found, is_new] = patients_.try_emplace(result_id);
  if (!is_new || result_id == 0) return found->second;
  const absl::StatusOr<std::optional<v1::Result>> result = log_.FindResult(result_id);
  if (!result.ok()) failure_ = result.status();
  if (!result.ok() || !result->has_value()) return found->second;
  for (const v1::Identifier& identifier : (*result)->report().patient().identifiers()) {
    found->second.push_back(identifier.value());
    if (!identifier.system().empty()) found->second.push_back(absl::StrCat(identifier.system(), "|", identifier.value()));
  }
  return found->second;
}

absl::Status Part::ForEach(const std::function<absl::Status(const audit::LogRow& row)>& take) {
  if (is_whole()) return log_.ForEach(take);
  const audit::Filter::Range range = filter_.Sequences();
  return log_.ForEachIn(range.first, range.last, [&](const audit::LogRow& row) -> absl::Status {
    v1::Entry entry;
    if (!entry.ParseFromArray(row.bytes.data(), static_cast<int>(row.bytes.size()))) {
      return absl::DataLossError(absl::StrCat("entry ", row.sequence, " is damaged: its bytes are no entry"));
    }
    const bool matches = filter_.Matches(entry, [this](int64_t result_id) { return PatientOf(result_id); });
    RG_RETURN_IF_ERROR(failure_);
    return matches ? take(row) : absl::OkStatus();
  });
}

// Writes one format.
class Writer {
 public:
  Writer(store::LogFile* log, const audit::VerifierKey& key, const ExportOptions& options, const Part& part)
      : log_(*log), key_(key), format_(options.format), part_(part) {}

  void Begin() {
    if (format_ == "ndjson") {
      std::cout << (part_.is_whole() ? audit::ExportHead(log_.head(), key_)
                                     : audit::ExportPartHead(log_.head(), key_, part_.text()));
    } else if (format_ == "csv") {
      std::cout << EntryCsvHeading(/*with_hash=*/true);
    } else {
      std::cout << "{\"resourceType\":\"Bundle\",";
      if (!part_.is_whole()) {
        std::cout << "\"meta\":{\"tag\":[{\"system\":\"urn:resultgate:export\",\"code\":\"part\",\"display\":"
                  << json::Quote(absl::StrCat("only entries where ", part_.text())) << "}]},";
      }
      std::cout << "\"type\":\"collection\",\"entry\":[";
    }
  }

  absl::Status Row(const audit::LogRow& row) {
    RG_ASSIGN_OR_RETURN(const std::string text, Text(row));
    std::cout << (format_ != "fhir" ? "" : first_ ? "\n" : ",\n") << text;
    first_ = false;
    return std::cout ? absl::OkStatus() : absl::UnavailableError("cannot write the output");
  }

  void End() {
    if (format_ == "fhir") std::cout << "\n]}\n";
  }

 private:
  absl::StatusOr<std::string> Text(const audit::LogRow& row) {
    if (format_ == "csv") {
      v1::Entry entry;
      if (!entry.ParseFromArray(row.bytes.data(), static_cast<int>(row.bytes.size()))) {
        return absl::DataLossError(absl::StrCat("entry ", row.sequence, " is damaged: its bytes are no entry"));
      }
      return EntryAsCsv(entry, row.leaf_hash);
    }
    if (format_ == "fhir") {
      RG_ASSIGN_OR_RETURN(const std::string event, ToFhirAuditEvent(row));
      return absl::StrCat("{\"resource\":", event, "}");
    }
    if (part_.is_whole()) return audit::ExportRow(row);
    RG_ASSIGN_OR_RETURN(const merkle::Proof proof, log_.ProveInclusion(row.sequence));
    return audit::ExportPartRow(row, log_.size(), proof);
  }

  store::LogFile& log_;
  const audit::VerifierKey& key_;
  const std::string& format_;
  const Part& part_;
  bool first_ = true;
};

int RunExport(const ExportOptions& options) {
  const absl::StatusOr<audit::VerifierKey> key = KeyFor(options.public_key, options.database);
  if (!key.ok()) return Fail(std::string(key.status().message()));
  const absl::StatusOr<std::unique_ptr<store::LogFile>> log = store::OpenLogFile(options.database);
  if (!log.ok()) return Fail(absl::StrCat("cannot read `", options.database, "`: ", log.status().message()));
  absl::StatusOr<Part> part = Part::Of(options, log->get());
  if (!part.ok()) return Fail(std::string(part.status().message()));
  int64_t entries = (*log)->size();
  if (!part->is_whole()) {
    entries = 0;
    const absl::Status counted = part->ForEach([&entries](const audit::LogRow&) {
      ++entries;
      return absl::OkStatus();
    });
    if (!counted.ok()) return Fail(std::string(counted.message()));
    std::cerr << "resultgate: a part of the log: " << entries << " of its " << (*log)->size() << " entries\n";
  }
  // Before anything is written.
  RecordCopy(options.server, options.actor, *key, options.format, entries, part->filter());
  Writer writer(log->get(), *key, options, *part);
  writer.Begin();
  const absl::Status status = part->ForEach([&writer](const audit::LogRow& row) { return writer.Row(row); });
  if (status.ok()) writer.End();
  std::cout.flush();
  return status.ok() ? kDone : Fail(std::string(status.message()));
}

}  // namespace

void AddAuditExport(CLI::App* audit, Run* run) {
  auto options = std::make_shared<ExportOptions>();
  CLI::App* command = audit->add_subcommand("export",
                                            "Write the log, or a part of it, to standard output. `ndjson` proves itself: `audit "
                                            "verify --export` needs nothing but the\n"
                                            "public key. `csv` is a table for a spreadsheet; `fhir` a Bundle of FHIR R4 "
                                            "AuditEvents. Of a part each entry is proved to\n"
                                            "be in the log, but not that no other one belongs to it. The gate may serve the file "
                                            "meanwhile; it is told, so that the log\n"
                                            "holds who exported it.");
  AddDatabaseOption(command, &options->database);
  AddPublicKeyOption(command, &options->public_key);
  AddServerOption(command, &options->server);
  AddReaderOption(command, &options->actor);
  command->add_option("--format", options->format, "How")->capture_default_str()->check(CLI::IsMember({"ndjson", "csv", "fhir"}));
  command->add_option("--result", options->result_id, "Only entries about this result")
      ->type_name("ID")
      ->check(CLI::PositiveNumber);
  command->add_option("--since", options->scope.since, "Only entries since this day, or time, on")->type_name("DAY");
  command->add_option("--until", options->scope.until, "Only entries until the end of this day, or before this time")
      ->type_name("DAY");
  command->add_option("--filter", options->scope.filter, "Only entries that match, as `audit list` has it")->type_name("FILTER");
  command->footer(
      "Examples:\n"
      "  resultgate audit export > log.ndjson\n"
      "  resultgate audit export --format csv > log.csv\n"
      "  resultgate audit export --result 7 --format fhir > result-7.json\n"
      "  resultgate audit export --since 2026-03-01 --until 2026-03-31 --filter 'basis = statute' > march.ndjson");
  command->callback([options, run] { *run = [options] { return RunExport(*options); }; });
}

}  // namespace resultgate::app

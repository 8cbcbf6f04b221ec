// `resultgate audit verify`: recomputes the whole log and says what does not hold.
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "server/app/audit_commands.h"
#include "server/app/client.h"
#include "server/app/progress.h"
#include "server/audit/checkpoint.h"
#include "server/audit/log_export.h"
#include "server/base/file.h"
#include "server/gate/stored_check.h"
#include "server/store/sqlite/log_file.h"

namespace resultgate::app {
namespace {

struct VerifyOptions {
  std::string database = kDefaultDatabase;
  std::vector<std::string> public_keys;
  std::string exported;
  std::string witness;
  bool log_only = false;
};

std::string Counted(int64_t count, const char* one, const std::string& several) {
  return absl::StrCat(count, " ", count == 1 ? one : several);
}

std::string Counted(int64_t count, const char* what) {
  return Counted(count, what, absl::StrCat(what, "s"));
}

void TellKey(const audit::VerifierKey& key, bool key_from_export) {
  std::cout << "signed by " << key.ToString() << "\n";
  if (key_from_export) {
    std::cout << "which is the export's own word: whoever made it up could have signed it; give the log's key by --public-key\n";
  }
}

void TellErased(int64_t erased) {
  if (erased > 0) std::cout << "of " << Counted(erased, "result") << " the contents were erased, as the log says\n";
}

int Tell(const audit::LogReport& report, const audit::VerifierKey& key, bool key_from_export) {
  for (const audit::Witnessed& witnessed : report.witnessed) {
    if (witnessed.holds) {
      std::cout << "the checkpoint kept elsewhere holds: the log begins with its " << witnessed.checkpoint.size << " entries\n";
    }
  }
  for (const audit::Finding& finding : report.findings) std::cout << finding.message << "\n";
  if (report.findings_left_out > 0) std::cout << "and " << report.findings_left_out << " more\n";
  if (!report.ok()) {
    const size_t count = report.findings.size() + static_cast<size_t>(report.findings_left_out);
    std::cout << "the log does NOT hold: " << count << (count == 1 ? " finding" : " findings") << " in " << report.entries
              << " entries\n";
    return kProblemFound;
  }
  std::cout << "the log holds: " << report.entries << " entries, root " << absl::Base64Escape(merkle::Bytes(report.root)) << "\n";
  TellKey(key, key_from_export);
  return kDone;
}

// What is kept beside the log, held against it.
int TellStored(const gate::StoredReport& report) {
  for (const std::string& finding : report.findings) std::cout << finding << "\n";
  if (report.findings_left_out > 0) std::cout << "and " << report.findings_left_out << " more\n";
  const std::string kept = absl::StrCat(Counted(report.results, "result"), ", ", Counted(report.releases, "release"), ", ",
                                        Counted(report.packs, "pack"), ", ", Counted(report.patients, "patient"), ", ",
                                        Counted(report.owners, "owner"), " and ", Counted(report.keys, "key"));
  if (!report.ok()) {
    const int64_t count = static_cast<int64_t>(report.findings.size()) + report.findings_left_out;
    std::cout << "what is kept beside the log does NOT agree with it: " << count << (count == 1 ? " finding" : " findings")
              << " in " << kept << "\n";
    return kProblemFound;
  }
  std::cout << "what is kept beside it agrees: " << kept << "\n";
  TellErased(report.erased);
  if (report.undigested_patients > 0) {
    std::cout << "of " << Counted(report.undigested_patients, "patient")
              << " the log has no digest: what was told of them last is from before it had any\n";
  }
  if (report.legal_holds > 0) std::cout << Counted(report.legal_holds, "legal hold") << " on record\n";
  return kDone;
}

// A part of the log: each entry is in it or not; nobody can say what is missing.
int TellPart(const audit::ExportReport& report) {
  const std::string which = absl::StrCat("a part of the log, the entries where ", *report.part);
  for (const audit::Finding& finding : report.log.findings) std::cout << finding.message << "\n";
  if (report.log.findings_left_out > 0) std::cout << "and " << report.log.findings_left_out << " more\n";
  if (!report.log.ok()) {
    const int64_t count = static_cast<int64_t>(report.log.findings.size()) + report.log.findings_left_out;
    std::cout << "the export does NOT hold: " << count << (count == 1 ? " finding" : " findings") << " in " << which << "\n";
    return kProblemFound;
  }
  std::cout << "the export holds: " << which << ": " << Counted(report.log.entries, "entry", "entries")
            << ", each proved to be in the log of " << report.tree_size << " with root "
            << absl::Base64Escape(merkle::Bytes(report.log.root)) << "\n"
            << "that no other entry belongs to it a part cannot prove; export the whole log for that\n";
  TellKey(report.key, report.key_from_export);
  return kDone;
}

int VerifyExported(const VerifyOptions& options, const std::string& witness) {
  const absl::StatusOr<std::vector<audit::VerifierKey>> keys = GivenKeys(options.public_keys);
  if (!keys.ok()) return Fail(std::string(keys.status().message()));
  const std::optional<audit::VerifierKey> key = keys->empty() ? std::nullopt : std::optional(keys->back());
  std::ifstream in(options.exported);
  if (!in) return Fail(absl::StrCat("cannot open `", options.exported, "`"));
  std::error_code unknown;  // as of a pipe
  const auto size = std::filesystem::file_size(options.exported, unknown);
  const int64_t bytes = unknown ? 0 : static_cast<int64_t>(size);
  const absl::StatusOr<audit::ExportReport> report = [&] {
    Progress progress(/*worth_a_bar=*/4 << 20);
    return audit::VerifyExport(
        in, key, witness, [&progress, bytes](int64_t done) { progress.Show(done, bytes); }, *keys);
  }();
  if (!report.ok()) return Fail(absl::StrCat(options.exported, ": ", report.status().message()));
  const int of_log = report->part ? TellPart(*report) : Tell(report->log, report->key, report->key_from_export);
  if (of_log == kDone) TellErased(report->erased);
  return of_log;
}

int VerifyDatabase(const VerifyOptions& options, const std::string& witness) {
  absl::StatusOr<std::vector<audit::VerifierKey>> keys = GivenKeys(options.public_keys);
  if (!keys.ok()) return Fail(std::string(keys.status().message()));
  if (keys->empty()) {
    const absl::StatusOr<audit::VerifierKey> beside = KeyFor("", options.database);
    if (!beside.ok()) return Fail(std::string(beside.status().message()));
    keys->push_back(*beside);
  }
  const audit::VerifierKey& key = keys->back();
  std::vector<audit::Checkpoint> witnessed;
  if (!witness.empty()) {
    absl::StatusOr<std::vector<audit::Checkpoint>> read = audit::ReadWitness(witness, *keys);
    if (!read.ok()) return Fail(absl::StrCat(options.witness, ": ", read.status().message()));
    witnessed = *std::move(read);
  }
  const absl::StatusOr<std::unique_ptr<store::LogFile>> log = store::OpenLogFile(options.database);
  if (!log.ok()) return Fail(absl::StrCat("cannot read `", options.database, "`: ", log.status().message()));
  absl::StatusOr<audit::LogReport> report = [&] {
    Progress progress(/*worth_a_bar=*/100'000);
    return (*log)->Verify(key, std::move(witnessed), [&](int64_t done) { progress.Show(done, (*log)->size()); });
  }();
  const auto cannot_read = [&](const absl::Status& status) {
    return Fail(absl::StrCat("cannot read `", options.database, "`: ", status.message()));
  };
  if (!report.ok()) return cannot_read(report.status());
  const int of_log = Tell(*report, key, false);
  if (options.log_only) return of_log;
  const absl::StatusOr<gate::StoredReport> stored = [&] {
    Progress progress(/*worth_a_bar=*/10'000);
    return gate::CheckStored(**log, [&progress](int64_t done, int64_t all) { progress.Show(done, all); });
  }();
  if (!stored.ok()) return cannot_read(stored.status());
  return std::max(of_log, TellStored(*stored));
}

int RunVerify(const VerifyOptions& options) {
  std::string witness;
  if (!options.witness.empty()) {
    absl::StatusOr<std::string> read = base::ReadFile(options.witness);
    if (!read.ok()) return Fail(std::string(read.status().message()));
    witness = *std::move(read);
    if (witness.empty()) return Fail(absl::StrCat(options.witness, ": the file holds no checkpoint"));
  }
  return options.exported.empty() ? VerifyDatabase(options, witness) : VerifyExported(options, witness);
}

}  // namespace

void AddAuditVerify(CLI::App* audit, Run* run) {
  auto options = std::make_shared<VerifyOptions>();
  CLI::App* command = audit->add_subcommand(
      "verify",
      "Recompute the whole log from its file and hold it against its signed head; then hold what the file keeps beside it\n"
      "(results, releases, patients, owners, packs, keys, figures) against the log. Says every entry that was changed, removed, "
      "inserted, moved or cut "
      "off,\n"
      "and every row that is not what the log says. The gate may serve the file meanwhile.");
  AddDatabaseOption(command, &options->database);
  AddPublicKeysOption(command, &options->public_keys);
  command->add_flag("--log-only", options->log_only, "The log alone, several times as fast");
  command->add_option("--export", options->exported, "Verify a file that `audit export` wrote, instead of a database")
      ->type_name("FILE")
      ->check(CLI::ExistingFile);
  command
      ->add_option(
          "--witness", options->witness,
          "Checkpoints that were kept elsewhere (`audit checkpoint >> FILE`): the log must still begin with what they say.\n"
          "Finds what nothing else can: a log that somebody with the key shortened or wrote anew")
      ->type_name("FILE")
      ->check(CLI::ExistingFile);
  command->footer(
      "Exit code 1 if the log does not hold, or something beside it does not agree with it.\n"
      "Examples:\n"
      "  resultgate audit verify\n"
      "  resultgate audit verify --witness /mnt/elsewhere/checkpoints.txt\n"
      "  resultgate audit verify --export log.ndjson --public-key log.pub");
  command->callback([options, run] { *run = [options] { return RunVerify(*options); }; });
}

}  // namespace resultgate::app

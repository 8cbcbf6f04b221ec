#include "server/gate/stored_check.h"

#include <google/protobuf/message.h>
#include <google/protobuf/unknown_field_set.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "server/audit/difference.h"
#include "server/audit/entry_facts.h"
#include "server/base/proto_time.h"
#include "server/base/status_macros.h"
#include "server/gate/content_digest.h"
#include "server/gate/decision_facts.h"
#include "server/gate/erasure.h"
#include "server/gate/logged_state.h"
#include "server/gate/patients.h"
#include "server/gate/stored_contents.h"
#include "server/gate/stored_determinations.h"
#include "server/gate/stored_keys.h"
#include "server/gate/stored_patients.h"
#include "server/gate/stored_tables.h"
#include "server/gate/stored_terms.h"
#include "server/gate/stored_times.h"
#include "server/gate/stored_turnarounds.h"

namespace resultgate::gate {
namespace {

constexpr size_t kMostFindings = 100;
constexpr int64_t kProgressEvery = 64;

// The parts of a result that stand in its entries, but for its outcomes. The name of a pack that decided it anew does not.
v1::Result LoggedParts(const v1::Result& result, bool redecided) {
  v1::Result parts;
  parts.set_version(result.version());
  *parts.mutable_first_received_at() = result.first_received_at();
  *parts.mutable_received_at() = result.received_at();
  parts.set_report_sequence(result.report_sequence());
  *parts.mutable_decision() = result.decision();
  parts.mutable_decision()->clear_outcomes();
  if (redecided) parts.mutable_decision()->clear_pack();
  return parts;
}

// True if it holds a field that this program does not know.
bool HasUnknownFields(const google::protobuf::Message& message) {
  const google::protobuf::Reflection* const reflection = message.GetReflection();
  if (!reflection->GetUnknownFields(message).empty()) return true;
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  reflection->ListFields(message, &fields);
  for (const google::protobuf::FieldDescriptor* field : fields) {
    if (field->cpp_type() != google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE) continue;
    const int count = field->is_repeated() ? reflection->FieldSize(message, field) : 1;
    for (int i = 0; i < count; ++i) {
      if (HasUnknownFields(field->is_repeated() ? reflection->GetRepeatedMessage(message, field, i)
                                                : reflection->GetMessage(message, field))) {
        return true;
      }
    }
  }
  return false;
}

class Checker {
 public:
  explicit Checker(store::LogFile& log) : log_(log), tables_(&log), turnarounds_(&log), terms_(&log) {}

  absl::StatusOr<StoredReport> Run(const std::function<void(int64_t done, int64_t all)>& progress) {
    const auto find = [this](std::string finding) { Find(std::move(finding)); };
    RG_ASSIGN_OR_RETURN(std::vector<std::string> damage, log_.Damage());
    for (std::string& finding : damage) Find(std::move(finding));
    RG_RETURN_IF_ERROR(terms_.Begin(find));
    RG_RETURN_IF_ERROR(ReadAboutNone());
    RG_RETURN_IF_ERROR(turnarounds_.Begin(find));
    RG_ASSIGN_OR_RETURN(const std::vector<std::string> assigners, log_.Assigners());
    assigners_.insert(assigners.begin(), assigners.end());
    unexplained_assigners_ = assigners_;
    RG_ASSIGN_OR_RETURN(const std::vector<int64_t> ids, log_.ResultIds());
    report_.results = static_cast<int64_t>(ids.size());
    for (size_t i = 0; i < ids.size(); ++i) {
      if (progress != nullptr && i % kProgressEvery == 0) progress(static_cast<int64_t>(i), report_.results);
      RG_RETURN_IF_ERROR(CheckResult(ids[i]));
    }
    RG_RETURN_IF_ERROR(CheckOutbox());
    RG_RETURN_IF_ERROR(tables_.Check(find));
    RG_RETURN_IF_ERROR(patients_.Check(log_, find));
    RG_RETURN_IF_ERROR(turnarounds_.Finish(find));
    RG_RETURN_IF_ERROR(terms_.Finish(find));
    RG_ASSIGN_OR_RETURN(report_.keys, keys_.Check(log_, find));
    CheckAssigners();
    report_.packs = tables_.packs();
    report_.owners = tables_.owners();
    report_.legal_holds = tables_.legal_holds();
    report_.patients = patients_.records();
    report_.undigested_patients = patients_.undigested();
    if (progress != nullptr) progress(report_.results, report_.results);
    return std::move(report_);
  }

 private:
  void Find(std::string message) {
    if (report_.findings.size() < kMostFindings) {
      report_.findings.push_back(std::move(message));
    } else {
      ++report_.findings_left_out;
    }
  }

  // What is told of no result, and when the log ends.
  absl::Status ReadAboutNone() {
    const absl::StatusOr<std::optional<v1::Entry>> last = log_.FindEntry(log_.size());
    if (last.ok() && *last) last_time_ = base::FromProto((*last)->time());
    v1::Entry entry;  // its memory is used again
    return log_.ForEach([&](const audit::LogRow& row) {
      if (row.result_id != 0) return absl::OkStatus();
      if (!entry.ParseFromArray(row.bytes.data(), static_cast<int>(row.bytes.size()))) {
        Find(absl::StrCat("entry ", row.sequence, " cannot be read"));
        terms_.Ignore(row.sequence);
        return absl::OkStatus();
      }
      entry.sequence() == row.sequence ? terms_.Take(entry) : terms_.Ignore(row.sequence);
      tables_.Take(entry);
      patients_.Take(entry);
      return absl::OkStatus();
    });
  }

  // The entries of a result; nullopt where one of them cannot be read, so that nobody can tell what it comes to.
  absl::StatusOr<std::optional<std::vector<v1::Entry>>> ReadEntries(int64_t id) {
    std::vector<int64_t> unreadable;
    absl::StatusOr<std::vector<v1::Entry>> entries = log_.EntriesOf(id, &unreadable);
    if (!entries.ok() && !absl::IsDataLoss(entries.status())) return entries.status();
    if (entries.ok() && unreadable.empty()) return std::optional(*std::move(entries));
    if (entries.ok()) {
      for (const v1::Entry& entry : *entries) terms_.Take(entry);
    } else {
      Find(absl::StrCat("result ", id, ": its entries cannot be read: ", entries.status().message()));
      terms_.IgnoreAll();
    }
    for (const int64_t sequence : unreadable) {
      terms_.Ignore(sequence);
      Find(absl::StrCat("entry ", sequence, " cannot be read, so that nobody can tell whether what is kept of result ", id,
                        " agrees with the log"));
    }
    unreadable_.insert(id);
    keys_.Ignore(id);
    turnarounds_.Ignore(id);
    return std::optional<std::vector<v1::Entry>>();
  }

  absl::Status CheckResult(int64_t id) {
    const std::string place = absl::StrCat("result ", id);
    RG_ASSIGN_OR_RETURN(const std::optional<std::vector<v1::Entry>> read, ReadEntries(id));
    if (!read) return absl::OkStatus();
    const std::vector<v1::Entry>& entries = *read;
    LoggedState state;
    for (const v1::Entry& entry : entries) {
      state.Take(entry);
      tables_.Take(entry);
      terms_.Take(entry);
    }
    RG_RETURN_IF_ERROR(CheckAcknowledged(id, entries));
    RG_ASSIGN_OR_RETURN(const std::optional<store::LogFile::ResultRow> row, log_.FindResultRow(id));
    v1::Result kept;
    const bool readable = row && kept.ParseFromString(row->record) && kept.id() == id;
    for (const v1::Entry& entry : entries) RG_RETURN_IF_ERROR(CheckReleases(entry, kept));
    if (!entries.empty()) {
      RG_RETURN_IF_ERROR(turnarounds_.CheckResult(id, readable ? &kept : nullptr, entries, patients_.last_told(),
                                                  [this](std::string finding) { Find(std::move(finding)); }));
    }
    if (!row) {
      Find(absl::StrCat(place, " is missing: entry ", entries.front().sequence(), " tells of it"));
      return absl::OkStatus();
    }
    if (!readable) {
      Find(absl::StrCat(place, ": its record is damaged"));
      return absl::OkStatus();
    }
    // A field that nobody knows is no part of a record.
    if (kept.SerializeAsString() != row->record || HasUnknownFields(kept)) {
      Find(absl::StrCat(place, ": its record is damaged"));
    }
    if (!state.decided()) {
      Find(absl::StrCat(place, " came in beside the gate: no entry decided it"));
      return absl::OkStatus();
    }
    const bool redecided =
        std::any_of(entries.begin(), entries.end(), [](const v1::Entry& entry) { return entry.redecided().whole(); });
    for (const std::string& line : audit::Differences(LoggedParts(state.result(), redecided), LoggedParts(kept, redecided))) {
      Find(absl::StrCat(place, ": ", line));
    }
    for (const std::string& line :
         DifferencesOf(ToLoggedCells(state.result().decision().outcomes()), ToLoggedCells(kept.decision().outcomes()))) {
      Find(absl::StrCat(place, ": ", line));
    }
    if (!row->fits) {
      Find(absl::StrCat(place, ": the columns by which it is found as held, due or open are not those of its record"));
    }
    FindAll(place, TimeFindings(kept, state.notices(), entries));
    if (CheckErased(place, kept, entries)) {
      keys_.Ignore(id);
      return absl::OkStatus();
    }
    FindAll(place, ContentFindings(kept, state, entries));
    FindAll(place, DeterminationFindings(kept, entries));
    RG_RETURN_IF_ERROR(CheckKnown(place, kept, entries));
    keys_.Expect(kept, entries);
    NoteAssigners(place, kept);
    return absl::OkStatus();
  }

  void FindAll(const std::string& place, const std::vector<std::string>& lines) {
    for (const std::string& line : lines) Find(absl::StrCat(place, ": ", line));
  }

  // What it knows of its patient, and the birthday that follows from it.
  absl::Status CheckKnown(const std::string& place, const v1::Result& kept, const std::vector<v1::Entry>& entries) {
    int64_t decided = 0;
    for (const v1::Entry& entry : entries) {
      if (entry.decided().has_decision()) decided = entry.sequence();
    }
    const std::vector<const policy::Pack*> packs = tables_.ActiveSince(decided);
    FindAll(place, BirthdayFindings(kept, last_time_, packs));
    const int64_t logged = KnownAsLogged(kept, entries);
    if ((logged > patients_.last_told()) || packs.empty()) return absl::OkStatus();
    const absl::StatusOr<std::vector<v1::PatientRecord>> records = RecordsOf(log_, kept.report().patient().identifiers());
    // A record that cannot be read is told of by itself.
    if (absl::IsDataLoss(records.status())) return absl::OkStatus();
    RG_RETURN_IF_ERROR(records.status());
    // What was told of this patient since counts.
    const bool as_logged = logged > 0 && logged > patients_.LastToldOf(*records);
    if (!as_logged && !KnownAsTold(kept, *records, packs)) {
      Find(absl::StrCat(place, ": what it knows of its patient is neither what was logged nor what was told of the patient"));
    }
    return absl::OkStatus();
  }

  void NoteAssigners(const std::string& place, const v1::Result& kept) {
    for (const v1::DiagnosticReport& version : VersionsOf(kept)) {
      for (const v1::Identifier& identifier : version.patient().identifiers()) {
        if (!identifier.value().empty()) unexplained_assigners_.erase(identifier.system());
      }
    }
    for (const v1::Identifier& identifier : kept.report().patient().identifiers()) {
      if (identifier.value().empty()) continue;
      unexplained_assigners_.erase(identifier.system());
      if (assigners_.count(identifier.system()) > 0) continue;
      Find(absl::StrCat(place, ": who gave its patient an identifier is not kept, so that it may not be found by that"));
    }
  }

  // Of reports that are not kept nobody can tell who gave out their patients' identifiers.
  void CheckAssigners() {
    if (unexplained_assigners_.empty() || report_.erased > 0 || !keys_.complete()) return;
    Find(absl::StrCat(unexplained_assigners_.size(), unexplained_assigners_.size() == 1 ? " assigner" : " assigners",
                      " of patients' identifiers came in beside the gate: no report has one of theirs"));
  }

  // True where there are no contents to hold against the log: they were erased, or somebody took them away.
  bool CheckErased(const std::string& place, const v1::Result& kept, const std::vector<v1::Entry>& entries) {
    const auto erased = std::find_if(entries.begin(), entries.end(), [](const v1::Entry& entry) { return entry.has_erased(); });
    if (erased == entries.end()) {
      if (kept.has_report() && !kept.has_erased()) return false;
      Find(absl::StrCat(place, ": its report is missing, and no entry erased it"));
      return true;
    }
    ++report_.erased;
    v1::Result rest = WithoutContents(kept);
    *rest.mutable_erased() = kept.erased();
    const bool fits = kept.erased().entry_sequence() == erased->sequence() && kept.erased().cause() == erased->erased().cause() &&
                      base::FromProto(kept.erased().time()) == base::FromProto(erased->time());
    if (!fits || rest.SerializeAsString() != kept.SerializeAsString()) {
      Find(absl::StrCat(place, ": entry ", erased->sequence(), " erased its contents, and something of them is kept"));
    }
    return true;
  }

  // `kept` is the result, as far as its record can be read.
  absl::Status CheckReleases(const v1::Entry& entry, const v1::Result& kept) {
    for (const v1::ReleaseNote* note : audit::FactsOf(entry).releases) {
      const std::string place = absl::StrCat("release ", note->sequence());
      if (!released_.emplace(note->sequence(), entry.sequence()).second) {
        Find(absl::StrCat(place, ": two entries tell of it: ", released_[note->sequence()], " and ", entry.sequence()));
        continue;
      }
      RG_ASSIGN_OR_RETURN(const std::optional<store::LogFile::ReleaseRow> row, log_.FindReleaseRow(note->sequence()));
      v1::Release release;
      if (!row) {
        Find(absl::StrCat(place, " is missing: entry ", entry.sequence(), " tells of it"));
      } else if (!release.ParseFromString(row->bytes) || release.sequence() != note->sequence()) {
        Find(absl::StrCat(place, ": its row is damaged"));
      } else {
        CompareRelease(place, entry, *note, *row, release, kept);
      }
    }
    return absl::OkStatus();
  }

  void CompareRelease(const std::string& place, const v1::Entry& entry, const v1::ReleaseNote& note,
                      const store::LogFile::ReleaseRow& row, const v1::Release& release, const v1::Result& kept) {
    const size_t before = report_.findings.size();
    const auto differs = [&](const char* field) {
      Find(absl::StrCat(place, ": ", field, ": not as entry ", entry.sequence(), " has it"));
    };
    if (row.result_id != entry.result_id() || release.result_id() != entry.result_id()) differs("result_id");
    if (release.kind() != note.kind()) differs("kind");
    if (!std::equal(release.audiences().begin(), release.audiences().end(), note.audiences().begin(), note.audiences().end())) {
      differs("audiences");
    }
    // The portal is told no units of a notice that something is in process, nor when it is taken away.
    const bool of_notice =
        note.kind() == v1::RELEASE_KIND_IN_PROCESS || (note.kind() == v1::RELEASE_KIND_RETRACTION && release.unit_ids().empty());
    if (!of_notice &&
        !std::equal(release.unit_ids().begin(), release.unit_ids().end(), note.unit_ids().begin(), note.unit_ids().end())) {
      differs("unit_ids");
    }
    if (release.version() != entry.version()) differs("version");
    if (report_.findings.size() > before) return;
    if (kept.has_erased()) {
      if (WithoutContents(release).SerializeAsString() != row.bytes) {
        Find(absl::StrCat(place, ": something of it is kept, and the contents of result ", kept.id(), " were erased"));
      }
    } else if (!note.release_digest().empty() && !IsContentDigest(note.release_digest(), kept.salt(), row.bytes)) {
      Find(absl::StrCat(place, ": its row was changed: it has another digest than entry ", entry.sequence(), " says"));
    }
  }

  absl::Status CheckAcknowledged(int64_t id, const std::vector<v1::Entry>& entries) {
    std::set<int64_t> acknowledged;
    for (const v1::Entry& entry : entries) {
      acknowledged.insert(entry.acknowledged().release_sequences().begin(), entry.acknowledged().release_sequences().end());
    }
    for (const v1::Entry& entry : entries) {
      for (const v1::ReleaseNote* note : audit::FactsOf(entry).releases) {
        RG_ASSIGN_OR_RETURN(const std::optional<store::LogFile::ReleaseRow> row, log_.FindReleaseRow(note->sequence()));
        if (!row || row->acknowledged == static_cast<int64_t>(acknowledged.count(note->sequence()))) continue;
        Find(absl::StrCat("release ", note->sequence(), ": it is kept as ", row->acknowledged != 0 ? "" : "not ",
                          "acknowledged by the portal, and the log of result ", id, " says otherwise"));
      }
    }
    return absl::OkStatus();
  }

  absl::Status CheckOutbox() {
    RG_ASSIGN_OR_RETURN(const std::vector<int64_t> sequences, log_.ReleaseSequences());
    report_.releases = static_cast<int64_t>(sequences.size());
    for (const int64_t sequence : sequences) {
      if (released_.count(sequence) > 0) continue;
      RG_ASSIGN_OR_RETURN(const std::optional<store::LogFile::ReleaseRow> row, log_.FindReleaseRow(sequence));
      if (row && unreadable_.count(row->result_id) > 0) continue;
      Find(absl::StrCat("release ", sequence, " came in beside the gate: no entry tells of it"));
    }
    return absl::OkStatus();
  }

  store::LogFile& log_;
  StoredReport report_;
  StoredTables tables_;
  StoredPatients patients_;
  StoredTurnarounds turnarounds_;
  StoredTerms terms_;
  StoredKeys keys_;
  absl::Time last_time_ = absl::InfinitePast();  // of the log's last entry
  std::set<std::string> assigners_;              // of patients' identifiers
  std::set<std::string> unexplained_assigners_;
  std::set<int64_t> unreadable_;                    // results of which an entry cannot be read
  absl::flat_hash_map<int64_t, int64_t> released_;  // by release, the entry that tells of it
};

}  // namespace

absl::StatusOr<StoredReport> CheckStored(store::LogFile& log, const std::function<void(int64_t done, int64_t all)>& progress) {
  return Checker(log).Run(progress);
}

}  // namespace resultgate::gate

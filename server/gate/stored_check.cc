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
#include "server/gate/keys.h"
#include "server/gate/logged_state.h"
#include "server/gate/replay_log.h"
#include "server/gate/result_commit.h"
#include "server/gate/stored_determinations.h"
#include "server/gate/stored_keys.h"
#include "server/gate/transition.h"
#include "server/gate/versions.h"

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

bool IsNamed(const std::string& salt, const v1::DiagnosticReport& report, const std::set<std::string>& names) {
  return names.count(ReportName(salt, report)) > 0 || names.count(ReportName("", report)) > 0;
}

class Checker {
 public:
  explicit Checker(store::LogFile& log) : log_(log) {}

  absl::StatusOr<StoredReport> Run(const std::function<void(int64_t done, int64_t all)>& progress) {
    RG_ASSIGN_OR_RETURN(const std::vector<std::string> assigners, log_.Assigners());
    assigners_.insert(assigners.begin(), assigners.end());
    RG_ASSIGN_OR_RETURN(const std::vector<int64_t> ids, log_.ResultIds());
    report_.results = static_cast<int64_t>(ids.size());
    for (size_t i = 0; i < ids.size(); ++i) {
      if (progress != nullptr && i % kProgressEvery == 0) progress(static_cast<int64_t>(i), report_.results);
      RG_RETURN_IF_ERROR(CheckResult(ids[i]));
    }
    RG_RETURN_IF_ERROR(CheckOutbox());
    RG_RETURN_IF_ERROR(CheckPacks());
    RG_RETURN_IF_ERROR(CheckLegalHolds());
    RG_ASSIGN_OR_RETURN(report_.keys, keys_.Check(log_, [this](std::string finding) { Find(std::move(finding)); }));
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

  absl::Status CheckResult(int64_t id) {
    const std::string place = absl::StrCat("result ", id);
    RG_ASSIGN_OR_RETURN(const std::vector<v1::Entry> entries, log_.EntriesOf(id));
    LoggedState state;
    for (const v1::Entry& entry : entries) state.Take(entry);
    for (const v1::Entry& entry : entries) NoteLegalHold(entry);
    RG_RETURN_IF_ERROR(CheckAcknowledged(id, entries));
    RG_ASSIGN_OR_RETURN(const std::optional<store::LogFile::ResultRow> row, log_.FindResultRow(id));
    v1::Result kept;
    const bool readable = row && kept.ParseFromString(row->record) && kept.id() == id;
    for (const v1::Entry& entry : entries) RG_RETURN_IF_ERROR(CheckReleases(entry, kept));
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
    CheckTimes(place, *row, kept, state.notices(), entries);
    if (CheckErased(place, kept, entries)) {
      keys_.Ignore(id);
      return absl::OkStatus();
    }
    CheckReport(place, kept, state, entries);
    CheckWords(place, kept, entries);
    for (const std::string& line : DeterminationFindings(kept, entries)) Find(absl::StrCat(place, ": ", line));
    keys_.Expect(kept, entries);
    for (const v1::Identifier& identifier : kept.report().patient().identifiers()) {
      if (identifier.value().empty() || assigners_.count(identifier.system()) > 0) continue;
      Find(absl::StrCat(place, ": who gave its patient an identifier is not kept, so that it may not be found by that"));
    }
    return absl::OkStatus();
  }

  // When it is looked at again, and when something of it was first shown.
  void CheckTimes(const std::string& place, const store::LogFile::ResultRow& row, const v1::Result& kept, const Notices& notices,
                  const std::vector<v1::Entry>& entries) {
    if (!row.fits) {
      Find(absl::StrCat(place, ": the columns by which it is found as held, due or open are not those of its record"));
    }
    const absl::Time birthday = kept.has_reconsider_at() ? base::FromProto(kept.reconsider_at()) : absl::InfiniteFuture();
    const auto& outcomes = kept.decision().outcomes();
    const absl::Time due = std::min({EarliestDue(outcomes), birthday, NextLapse(outcomes, notices)});
    const absl::Time kept_due = kept.has_due_at() ? base::FromProto(kept.due_at()) : absl::InfiniteFuture();
    const bool was_due_then = std::any_of(entries.begin(), entries.end(), [due, kept_due](const v1::Entry& entry) {
      const absl::Time time = base::FromProto(entry.time());
      return due <= time && kept_due == time + kLeastWait;
    });
    if (due != kept_due && !was_due_then) {
      Find(absl::StrCat(place, ": due_at: something of it is due ", absl::FormatTime(due, absl::UTCTimeZone()), ", kept ",
                        absl::FormatTime(kept_due, absl::UTCTimeZone())));
    }
    bool shown = false;
    bool taken_away = false;
    bool then = false;
    for (const v1::Entry& entry : entries) {
      for (const v1::ReleaseNote* note : audit::FactsOf(entry).releases) {
        shown = shown || note->kind() == v1::RELEASE_KIND_RESULT;
        taken_away = taken_away || note->kind() == v1::RELEASE_KIND_RETRACTION;
        then = then || (note->kind() == v1::RELEASE_KIND_RESULT && kept.has_first_released_at() &&
                        base::FromProto(entry.time()) == base::FromProto(kept.first_released_at()));
      }
    }
    if (kept.has_first_released_at() ? !then : shown && !taken_away) {
      Find(absl::StrCat(place, ": first_released_at is the time of no entry that released something of it"));
    }
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

  void CheckReport(const std::string& place, const v1::Result& kept, const LoggedState& state,
                   const std::vector<v1::Entry>& entries) {
    if (!state.facts_digest().empty() && !IsFactsDigest(state.facts_digest(), kept)) {
      Find(absl::StrCat(place, ": its report is not the one that was decided: it has another digest than facts_digest"));
    }
    if (kept.versions().empty()) return;
    const std::set<std::string> named(state.report_digests().begin(), state.report_digests().end());
    // What people said stands is made of several versions, and so is the first of very many; what comes later may be older.
    int made_of_several = named.size() > static_cast<size_t>(kept.versions_size()) ? 1 : 0;
    if (std::any_of(entries.begin(), entries.end(), [](const v1::Entry& entry) { return entry.approved().has_decided(); })) {
      ++made_of_several;
    }
    const bool has_base = made_of_several > 0;
    for (int i = 0; i < kept.versions_size(); ++i) {
      if (IsNamed(kept.salt(), kept.versions(i), named) || made_of_several-- > 0) continue;
      Find(absl::StrCat(place, ": version ", i + 1, " of those that are kept is none that was taken in"));
    }
    if (!has_base && ReportDigest(PutTogether(VersionsOf(kept)).report) != ReportDigest(kept.report())) {
      Find(absl::StrCat(place, ": its report is not what its versions come to"));
    }
  }

  // What a clinician wrote stands in the result alone, with a digest in the entry that took it in.
  void CheckWords(const std::string& place, const v1::Result& kept, const std::vector<v1::Entry>& entries) {
    std::vector<const v1::Entry*> logged;
    for (const v1::Entry& entry : entries) {
      if (!entry.approved().comment_digest().empty()) logged.push_back(&entry);
    }
    const auto fits = [&kept](const v1::Entry* entry, const v1::ClinicianComment& words) {
      const v1::Entry::Approved& approved = entry->approved();
      return IsContentDigestText(approved.comment_digest(), kept.salt(), words.text()) && entry->actor() == words.author() &&
             base::FromProto(entry->time()) == base::FromProto(words.written_at()) &&
             approved.comment_replaces_template() == words.replaces_template() && entry->version() == words.version();
    };
    const auto& written = kept.clinician_comments();
    if (!std::equal(logged.begin(), logged.end(), written.begin(), written.end(), fits))
      Find(absl::StrCat(place, ": what clinicians wrote for the patient is not what was logged"));
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
      if (released_.count(sequence) == 0)
        Find(absl::StrCat("release ", sequence, " came in beside the gate: no entry tells of it"));
    }
    return absl::OkStatus();
  }

  absl::Status CheckPacks() {
    std::map<int64_t, std::string> logged;
    RG_RETURN_IF_ERROR(log_.ForEach([&](const audit::LogRow& row) {
      v1::Entry entry;
      if (row.result_id == 0 && entry.ParseFromArray(row.bytes.data(), static_cast<int>(row.bytes.size())) &&
          entry.has_activated()) {
        logged[row.sequence] = entry.activated().pack_digest();
      }
      if (row.result_id == 0) NoteLegalHold(entry);
      return absl::OkStatus();
    }));
    RG_ASSIGN_OR_RETURN(const std::vector<store::LogFile::ActivationRow> rows, log_.Activations());
    std::map<int64_t, std::string> kept;
    for (const store::LogFile::ActivationRow& row : rows) kept[row.sequence] = row.digest;
    std::set<std::string> active;
    for (const auto& [sequence, digest] : logged) {
      active.insert(digest);
      const auto found = kept.find(sequence);
      if (found == kept.end()) {
        Find(absl::StrCat("activation ", sequence, " is missing: that entry activated pack ", digest));
      } else if (found->second != digest) {
        Find(absl::StrCat("activation ", sequence, ": entry ", sequence, " activated pack ", digest, ", kept ", found->second));
      }
    }
    for (const auto& [sequence, digest] : kept) {
      if (logged.count(sequence) == 0)
        Find(absl::StrCat("activation ", sequence, " came in beside the gate: that entry activated nothing"));
    }
    RG_ASSIGN_OR_RETURN(const std::vector<std::string> digests, log_.PackDigests());
    report_.packs = static_cast<int64_t>(digests.size());
    for (const std::string& digest : digests) {
      if (active.erase(digest) == 0) {
        Find(absl::StrCat("pack ", digest, " came in beside the gate: no entry activated it"));
        continue;
      }
      const KeptPack pack = LoadKeptPack(log_, digest);
      if (!pack.wrong.empty()) Find(absl::StrCat("pack ", digest, ": ", pack.wrong));
    }
    for (const std::string& digest : active) Find(absl::StrCat("pack ", digest, " is missing: it was active"));
    return absl::OkStatus();
  }

  void NoteLegalHold(const v1::Entry& entry) {
    if (!entry.has_legal_hold_changed()) return;
    const v1::Entry::LegalHoldChanged& changed = entry.legal_hold_changed();
    if (changed.ended()) {
      legal_holds_.erase(changed.legal_hold_id());
    } else {
      legal_holds_[changed.legal_hold_id()] = entry;
    }
  }

  absl::Status CheckLegalHolds() {
    RG_ASSIGN_OR_RETURN(const std::vector<v1::LegalHold> rows, log_.LegalHolds());
    report_.legal_holds = static_cast<int64_t>(rows.size());
    for (const v1::LegalHold& hold : rows) {
      const auto logged = legal_holds_.find(hold.id());
      if (logged == legal_holds_.end()) {
        Find(absl::StrCat("legal hold ", hold.id(), " stands beside the log: no entry placed it, or one ended it"));
        continue;
      }
      const v1::Entry& entry = logged->second;
      if (hold.result_id() != entry.result_id() || hold.patient_id() != entry.legal_hold_changed().patient_id() ||
          hold.placed_by() != entry.actor() || hold.reason() != entry.legal_hold_changed().reason() ||
          hold.kept_of() != entry.legal_hold_changed().kept_of() ||
          base::FromProto(hold.placed_at()) != base::FromProto(entry.time())) {
        Find(absl::StrCat("legal hold ", hold.id(), ": it is not as entry ", entry.sequence(), " has it"));
      }
      legal_holds_.erase(logged);
    }
    for (const auto& [id, entry] : legal_holds_) {
      Find(absl::StrCat("legal hold ", id, " is missing: entry ", entry.sequence(), " placed it, and none ended it"));
    }
    return absl::OkStatus();
  }

  store::LogFile& log_;
  std::set<std::string> assigners_;  // of patients' identifiers
  StoredReport report_;
  StoredKeys keys_;
  absl::flat_hash_map<int64_t, int64_t> released_;  // by release, the entry that tells of it
  std::map<int64_t, v1::Entry> legal_holds_;        // by their number, the entries that placed those that stand
};

}  // namespace

absl::StatusOr<StoredReport> CheckStored(store::LogFile& log, const std::function<void(int64_t done, int64_t all)>& progress) {
  return Checker(log).Run(progress);
}

}  // namespace resultgate::gate

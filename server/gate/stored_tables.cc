#include "server/gate/stored_tables.h"

#include <iterator>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "resultgate/v1/retention_service.pb.h"
#include "server/base/proto_time.h"
#include "server/base/status_macros.h"
#include "server/gate/keys.h"
#include "server/gate/replay_log.h"

namespace resultgate::gate {

void StoredTables::Take(const v1::Entry& entry) {
  if (entry.has_activated()) activations_[entry.sequence()] = entry.activated().pack_digest();
  if (entry.has_directory_changed()) {
    const v1::Entry::DirectoryChanged& changed = entry.directory_changed();
    if (changed.removed()) {
      owners_.erase(changed.owner().id());
    } else {
      owners_[changed.owner().id()] = {entry.sequence(), changed.owner().SerializeAsString()};
    }
  }
  if (!entry.has_legal_hold_changed()) return;
  const v1::Entry::LegalHoldChanged& changed = entry.legal_hold_changed();
  if (changed.ended()) {
    legal_holds_.erase(changed.legal_hold_id());
  } else {
    legal_holds_[changed.legal_hold_id()] = entry;
  }
}

const KeptPack& StoredTables::Pack(const std::string& digest) {
  const auto [found, is_new] = packs_.try_emplace(digest);
  if (is_new) found->second = LoadKeptPack(log_, digest);
  return found->second;
}

std::vector<const policy::Pack*> StoredTables::ActiveSince(int64_t sequence) {
  std::vector<const policy::Pack*> packs;
  auto first = activations_.upper_bound(sequence);
  if (first != activations_.begin()) --first;
  for (; first != activations_.end(); ++first) {
    const KeptPack& kept = Pack(first->second);
    if (kept.pack != nullptr) packs.push_back(kept.pack.get());
  }
  return packs;
}

absl::Status StoredTables::Check(const Find& find) {
  RG_RETURN_IF_ERROR(CheckPacks(find));
  RG_RETURN_IF_ERROR(CheckOwners(find));
  return CheckLegalHolds(find);
}

absl::Status StoredTables::CheckPacks(const Find& find) {
  RG_ASSIGN_OR_RETURN(const std::vector<store::LogFile::ActivationRow> rows, log_.Activations());
  std::map<int64_t, std::string> kept;
  for (const store::LogFile::ActivationRow& row : rows) kept[row.sequence] = row.digest;
  std::set<std::string> active;
  for (const auto& [sequence, digest] : activations_) {
    active.insert(digest);
    const auto found = kept.find(sequence);
    if (found == kept.end()) {
      find(absl::StrCat("activation ", sequence, " is missing: that entry activated pack ", digest));
    } else if (found->second != digest) {
      find(absl::StrCat("activation ", sequence, ": entry ", sequence, " activated pack ", digest, ", kept ", found->second));
    }
  }
  for (const auto& [sequence, digest] : kept) {
    if (activations_.count(sequence) == 0) {
      find(absl::StrCat("activation ", sequence, " came in beside the gate: that entry activated nothing"));
    }
  }
  RG_ASSIGN_OR_RETURN(const std::vector<std::string> digests, log_.PackDigests());
  packs_read_ = static_cast<int64_t>(digests.size());
  for (const std::string& digest : digests) {
    if (active.erase(digest) == 0) {
      find(absl::StrCat("pack ", digest, " came in beside the gate: no entry activated it"));
      continue;
    }
    const KeptPack& pack = Pack(digest);
    if (!pack.wrong.empty()) find(absl::StrCat("pack ", digest, ": ", pack.wrong));
  }
  for (const std::string& digest : active) find(absl::StrCat("pack ", digest, " is missing: it was active"));
  return absl::OkStatus();
}

absl::Status StoredTables::CheckOwners(const Find& find) {
  RG_RETURN_IF_ERROR(log_.ForEachOwner([&](absl::string_view id, absl::string_view record) {
    ++owners_read_;
    const auto logged = owners_.find(std::string(id));
    if (logged == owners_.end()) {
      find("an owner of the directory came in beside the gate: no entry put it there, or one took it away");
      return;
    }
    if (record != logged->second.second) {
      find(absl::StrCat("owner `", id, "`: it is not as entry ", logged->second.first, " has it"));
    }
    owners_.erase(logged);
  }));
  for (const auto& [id, logged] : owners_) {
    find(absl::StrCat("owner `", id, "` is missing: entry ", logged.first, " put it into the directory"));
  }
  return absl::OkStatus();
}

absl::Status StoredTables::CheckLegalHolds(const Find& find) {
  RG_ASSIGN_OR_RETURN(const std::vector<store::LogFile::LegalHoldRow> rows, log_.LegalHolds());
  holds_read_ = static_cast<int64_t>(rows.size());
  for (const store::LogFile::LegalHoldRow& row : rows) {
    const auto logged = legal_holds_.find(row.id);
    if (logged == legal_holds_.end()) {
      find(absl::StrCat("legal hold ", row.id, " stands beside the log: no entry placed it, or one ended it"));
      continue;
    }
    const v1::Entry& entry = logged->second;
    // Of the patient's identifier the log tells nothing but whose it is.
    v1::LegalHold told;
    told.set_id(row.id);
    told.set_result_id(entry.result_id());
    told.set_patient_id(entry.legal_hold_changed().patient_id());
    told.set_placed_by(entry.actor());
    told.set_reason(entry.legal_hold_changed().reason());
    told.set_kept_of(entry.legal_hold_changed().kept_of());
    *told.mutable_placed_at() = entry.time();
    v1::LegalHold hold;
    bool fits = hold.ParseFromString(row.record) && row.result_id == told.result_id() && row.patient_id == told.patient_id() &&
                hold.has_patient() == (told.patient_id() != 0);
    if (fits && hold.has_patient()) {
      const absl::StatusOr<std::optional<int64_t>> patient = log_.FindPatientByKey(PatientKey(hold.patient()));
      fits = patient.ok() && *patient == hold.patient_id();
      *told.mutable_patient() = hold.patient();
    }
    if (!fits || told.SerializeAsString() != row.record) {
      find(absl::StrCat("legal hold ", row.id, ": it is not as entry ", entry.sequence(), " has it"));
    }
    legal_holds_.erase(logged);
  }
  for (const auto& [id, entry] : legal_holds_) {
    find(absl::StrCat("legal hold ", id, " is missing: entry ", entry.sequence(), " placed it, and none ended it"));
  }
  return absl::OkStatus();
}

}  // namespace resultgate::gate

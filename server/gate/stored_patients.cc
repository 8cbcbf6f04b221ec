#include "server/gate/stored_patients.h"

#include <algorithm>
#include <map>

#include "absl/hash/hash.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "server/base/status_macros.h"
#include "server/gate/content_digest.h"
#include "server/gate/keys.h"

namespace resultgate::gate {

void StoredPatients::Tell(int64_t id, int64_t sequence, const std::string& digest) {
  Told& told = told_[id];
  told.sequence = sequence;
  told.digest = digest;
}

void StoredPatients::Take(const v1::Entry& entry) {
  if (entry.has_patient_changed()) {
    last_told_ = entry.sequence();
    Tell(entry.patient_changed().patient_id(), entry.sequence(), entry.patient_changed().record_digest());
  } else if (entry.has_patients_merged()) {
    last_told_ = entry.sequence();
    const v1::Entry::PatientsMerged& merged = entry.patients_merged();
    Tell(merged.survivor_id(), entry.sequence(), merged.survivor_digest());
    Tell(merged.merged_id(), entry.sequence(), merged.merged_digest());
  } else if (entry.legal_hold_changed().patient_id() != 0) {
    // Where nothing had been told of the patient, an older program made a record for the hold.
    told_.try_emplace(entry.legal_hold_changed().patient_id(), Told{entry.sequence(), "", false});
  }
}

int64_t StoredPatients::LastToldOf(const std::vector<v1::PatientRecord>& records) const {
  int64_t last = 0;
  for (const v1::PatientRecord& record : records) {
    const auto told = told_.find(record.id());
    if (told != told_.end()) last = std::max(last, told->second.sequence);
  }
  return last;
}

absl::Status StoredPatients::Check(store::LogFile& log, const std::function<void(std::string finding)>& find) {
  absl::flat_hash_map<size_t, int64_t> keys;  // by hash of key and record, the record
  RG_RETURN_IF_ERROR(log.ForEachPatient([&](int64_t id, absl::string_view bytes) {
    ++records_;
    const std::string place = absl::StrCat("patient ", id);
    v1::PatientRecord record;
    const bool readable = record.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) && record.id() == id;
    for (const v1::Identifier& identifier : record.facts().identifiers()) {
      if (readable && !identifier.value().empty()) keys[absl::HashOf(PatientKey(identifier), id)] = id;
    }
    const auto told = told_.find(id);
    if (told == told_.end()) return find(absl::StrCat(place, " came in beside the gate: no entry tells of it"));
    told->second.found = true;
    if (!readable) return find(absl::StrCat(place, ": its record is damaged"));
    if (told->second.digest.empty()) {
      ++undigested_;
    } else if (!IsContentDigest(told->second.digest, record.salt(), bytes)) {
      find(absl::StrCat(place, ": its record is not the one of which entry ", told->second.sequence, " has the digest"));
    }
  }));
  std::map<int64_t, int64_t> missing;
  for (const auto& [id, told] : told_) {
    if (!told.found) missing[id] = told.sequence;
  }
  for (const auto& [id, sequence] : missing) {
    find(absl::StrCat("patient ", id, " is missing: entry ", sequence, " tells of it"));
  }
  RG_RETURN_IF_ERROR(log.ForEachPatientKey([&](absl::string_view key, int64_t id) {
    if (keys.erase(absl::HashOf(std::string(key), id)) > 0) return;
    find(absl::StrCat("patient ", id, ": a key leads there that none of its identifiers has"));
  }));
  std::map<int64_t, int64_t> lost;
  for (const auto& [hash, id] : keys) ++lost[id];
  for (const auto& [id, count] : lost) {
    find(absl::StrCat("patient ", id, ": ", count, count == 1 ? " identifier does" : " identifiers do", " not lead there"));
  }
  return absl::OkStatus();
}

}  // namespace resultgate::gate

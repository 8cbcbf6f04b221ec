#include "server/gate/erasure.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "server/audit/entry_facts.h"
#include "server/base/proto_time.h"
#include "server/base/status_macros.h"
#include "server/gate/content_digest.h"
#include "server/gate/decision_facts.h"
#include "server/gate/follow_up.h"
#include "server/gate/keys.h"

namespace resultgate::gate {
namespace {

constexpr size_t kPrefixBytes = 8;

std::string BytesOf(uint64_t prefix) {
  std::string bytes(kPrefixBytes, '\0');
  for (size_t i = kPrefixBytes; i-- > 0; prefix >>= 8) bytes[i] = static_cast<char>(prefix & 0xff);
  return bytes;
}

std::vector<v1::DiagnosticReport> ReportsOf(const v1::Result& result) {
  std::vector<v1::DiagnosticReport> reports(result.versions().begin(), result.versions().end());
  reports.push_back(result.report());
  return reports;
}

// The keys that go: those that were remembered, and for results from before they were, what the contents and the log tell of
// them.
std::set<uint64_t> KeysToErase(const v1::Result& result, const std::vector<v1::Entry>& entries) {
  std::set<uint64_t> prefixes(result.erased_keys().begin(), result.erased_keys().end());
  for (const v1::DiagnosticReport& report : ReportsOf(result)) {
    prefixes.insert(PrefixOf(DuplicateKey(report, ReportDigest(report))));
    for (const store::Key& key : OrderKeys(report)) prefixes.insert(PrefixOf(key));
    for (const v1::Identifier& identifier : report.patient().identifiers()) prefixes.insert(PrefixOf(PatientKey(identifier)));
  }
  for (const v1::Entry& entry : entries) {
    const std::string& told = entry.followed_up().told_digest();
    if (!told.empty()) prefixes.insert(PrefixOf(absl::HexStringToBytes(absl::StripPrefix(told, "sha256:"))));
    const std::string& name = entry.decided().report_digest();
    if (name.empty() || IsSaltedText(name)) continue;
    v1::DiagnosticReport sender;
    sender.set_sender(entry.actor());
    prefixes.insert(PrefixOf(DuplicateKey(sender, absl::HexStringToBytes(absl::StripPrefix(name, "sha256:")))));
  }
  return prefixes;
}

}  // namespace

v1::Result WithoutContents(v1::Result result) {
  result.clear_report();
  result.clear_versions();
  result.clear_clinician_comments();
  result.clear_determinations();
  result.clear_determination_reviews();
  result.clear_known_patient();
  result.clear_confidential();
  result.clear_discussed_at();
  result.clear_discussed_how();
  // A birthday.
  result.clear_reconsider_at();
  result.clear_due_at();
  result.clear_salt();
  result.clear_erased_keys();
  return result;
}

v1::Release WithoutContents(const v1::Release& release) {
  v1::Release rest = release;
  rest.clear_patient_identifiers();
  rest.clear_content();
  rest.clear_comment();
  rest.clear_notification();
  return rest;
}

v1::DiagnosticReport ReportForFigures(const v1::Result& result) {
  if (!result.has_erased()) return result.report();
  v1::DiagnosticReport report;
  report.set_section(result.erased().section());
  report.mutable_patient()->set_language(result.erased().language());
  report.mutable_order()->set_facility(result.erased().facility());
  return report;
}

v1::Result Answerable(v1::Result result) {
  result.clear_salt();
  result.clear_erased_keys();
  return result;
}

uint64_t PrefixOf(absl::string_view key) {
  uint64_t prefix = 0;
  for (size_t i = 0; i < std::min(kPrefixBytes, key.size()); ++i) prefix = prefix << 8 | static_cast<uint8_t>(key[i]);
  return prefix;
}

void NoteErasedKey(const store::Key& key, v1::Result* result) {
  const uint64_t prefix = PrefixOf(key);
  const auto& noted = result->erased_keys();
  if (std::find(noted.begin(), noted.end(), prefix) == noted.end()) result->add_erased_keys(prefix);
}

void NoteErasedPatient(const v1::Patient& patient, v1::Result* result) {
  for (const v1::Identifier& identifier : patient.identifiers()) {
    if (!identifier.value().empty()) NoteErasedKey(PatientKey(identifier), result);
  }
}

absl::Status CheckNotErased(const v1::Result& result) {
  if (!result.has_erased()) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat("the contents of result ", result.id(), " were erased at ",
                                                    base::FormatUtc(base::FromProto(result.erased().time()))));
}

absl::StatusOr<std::string> WhyNotErasable(store::Batch& batch, const v1::Result& result) {
  for (const v1::Outcome& outcome : result.decision().outcomes()) {
    if (outcome.state() == v1::OUTCOME_STATE_HELD) return std::string("something of it is held");
    if (outcome.state() == v1::OUTCOME_STATE_RELEASED) return std::string("the portal has not acknowledged all of it");
  }
  if (result.follow_up().open()) return std::string("somebody has something left to do about it");
  RG_ASSIGN_OR_RETURN(const std::vector<v1::Entry> entries, batch.EntriesOf(result.id()));
  for (const v1::Entry& entry : entries) {
    for (const v1::ReleaseNote* note : audit::FactsOf(entry).releases) {
      // Of what is shown the outcomes tell; what was to be taken away is none of them any more.
      if (note->kind() != v1::RELEASE_KIND_RETRACTION) continue;
      RG_ASSIGN_OR_RETURN(const std::optional<store::OutboxRow> row, batch.FindRelease(note->sequence()));
      if (row && !row->acknowledged) return std::string("the portal has not acknowledged that it takes something of it away");
    }
  }
  return std::string();
}

absl::Status EraseContents(store::Batch& batch, absl::Time now, const std::string& actor, v1::Entry::Erased erased,
                           v1::Result* result) {
  RG_ASSIGN_OR_RETURN(const std::vector<v1::Entry> entries, batch.EntriesOf(result->id()));
  erased.set_reports(result->has_report() ? std::max(1, result->versions_size()) : 0);
  if (result->has_report()) *erased.mutable_facts() = LastingFacts(result->report());
  erased.set_comments(result->clinician_comments_size());
  for (const v1::Entry& told : entries) {
    for (const v1::ReleaseNote* note : audit::FactsOf(told).releases) {
      RG_ASSIGN_OR_RETURN(const std::optional<store::OutboxRow> row, batch.FindRelease(note->sequence()));
      if (!row) continue;
      RG_RETURN_IF_ERROR(batch.ReplaceRelease(WithoutContents(row->release)));
      erased.set_releases(erased.releases() + 1);
    }
  }
  for (const uint64_t prefix : KeysToErase(*result, entries)) {
    RG_ASSIGN_OR_RETURN(const int removed, batch.RemoveKeys(BytesOf(prefix), result->id()));
    erased.set_keys(erased.keys() + removed);
  }
  v1::Entry entry;
  entry.set_sequence(batch.NextEntrySequence());
  *entry.mutable_time() = base::ToProto(now);
  entry.set_actor(actor);
  entry.set_peer(batch.peer());
  entry.set_result_id(result->id());
  entry.set_version(result->version());
  v1::Erasure erasure;
  *erasure.mutable_time() = entry.time();
  erasure.set_cause(erased.cause());
  erasure.set_entry_sequence(entry.sequence());
  erasure.set_section(result->report().section());
  erasure.set_language(result->report().patient().language());
  erasure.set_facility(result->report().order().facility());
  erasure.set_abnormal(IsAbnormal(*result));
  const v1::Patient& patient = result->known_patient();
  if (patient.has_portal_account()) erasure.set_portal_account(patient.portal_account());
  *entry.mutable_erased() = std::move(erased);
  *result = WithoutContents(std::move(*result));
  *result->mutable_erased() = std::move(erasure);
  RG_RETURN_IF_ERROR(batch.PutResult(*result));
  return batch.AppendEntry(entry);
}

}  // namespace resultgate::gate

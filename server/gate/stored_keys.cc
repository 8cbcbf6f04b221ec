#include "server/gate/stored_keys.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/hash/hash.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "server/base/status_macros.h"
#include "server/gate/content_digest.h"
#include "server/gate/decision_facts.h"
#include "server/gate/erasure.h"
#include "server/gate/keys.h"
#include "server/gate/logged_state.h"

namespace resultgate::gate {
namespace {

std::vector<store::Key> PatientKeys(const v1::DiagnosticReport& report) {
  std::vector<store::Key> keys;
  for (const v1::Identifier& identifier : report.patient().identifiers()) {
    if (!identifier.value().empty()) keys.push_back(PatientKey(identifier));
  }
  return keys;
}

}  // namespace

// A message that came again is known by its digest, a version by what it says of its order.
void StoredKeys::Expect(const v1::Result& kept, const std::vector<v1::Entry>& entries) {
  const int64_t id = kept.id();
  const auto know = [&](const store::Key& key, bool required) {
    Known& known = known_[absl::HashOf(key, id)];
    known.result_id = id;
    known.required = known.required || required;
  };
  Awaited awaited;
  awaited.salt = kept.salt();
  std::set<std::string> missing;  // reports that are no longer kept
  for (const v1::Entry& entry : entries) {
    const std::string& told = entry.followed_up().told_digest();
    if (!told.empty()) know(absl::HexStringToBytes(absl::StripPrefix(told, "sha256:")), true);
    if (!entry.has_decided() || entry.decided().disposal() == v1::SubmitResultResponse::DISPOSAL_DUPLICATE) continue;
    const v1::Entry::Decided& decided = entry.decided();
    if (IsSaltedText(decided.report_digest())) {
      awaited.names.insert(decided.report_digest());
    } else {
      v1::DiagnosticReport sender;
      sender.set_sender(entry.actor());
      know(DuplicateKey(sender, absl::HexStringToBytes(absl::StripPrefix(decided.report_digest(), "sha256:"))), true);
    }
    // What came behind under another number of the patient's left that number's key, even where it is not kept.
    if (decided.has_decision() || decided.merged()) missing.insert(KeptDigest(decided));
  }
  for (const v1::DiagnosticReport& report : VersionsOf(kept)) {
    const std::string digest = ReportDigest(report);
    const store::Key duplicate = DuplicateKey(report, digest);
    const std::string name = ReportName(kept.salt(), duplicate, digest);
    if (awaited.names.erase(name) > 0) know(duplicate, true);
    const bool decided = missing.erase(name) + missing.erase(ReportName("", duplicate, digest)) > 0;
    const IdentityKeys identity = IdentityOf(report);
    const bool order_tells = !identity.tiers[0].empty() || !identity.tiers[1].empty();
    for (int tier = 0; tier < IdentityKeys::kTiers; ++tier) {
      for (const store::Key& key : identity.tiers[tier]) know(key, decided && (tier < 2 || !order_tells));
    }
    for (const store::Key& key : OrderKeys(report)) know(key, false);
    for (const store::Key& key : PatientKeys(report)) know(key, false);
  }
  for (const store::Key& key : OrderKeys(kept.report())) know(key, false);
  for (const store::Key& key : PatientKeys(kept.report())) know(key, true);
  // The key of what is not kept as it was sent has its name.
  if (!awaited.names.empty()) awaited_[id] = std::move(awaited);
  if (!missing.empty()) incomplete_.insert(id);
  for (const uint64_t prefix : kept.erased_keys()) erased_with_[absl::HashOf(prefix, id)] = id;
}

bool StoredKeys::IsAwaited(absl::string_view key, int64_t result_id) {
  const auto found = awaited_.find(result_id);
  if (found == awaited_.end()) return false;
  Awaited& awaited = found->second;
  return awaited.names.erase(ContentDigestText(awaited.salt, key)) > 0;
}

absl::StatusOr<int64_t> StoredKeys::Check(store::LogFile& log, const std::function<void(std::string finding)>& find) {
  int64_t keys = 0;
  RG_RETURN_IF_ERROR(log.ForEachKey([&](absl::string_view key, int64_t result_id) {
    ++keys;
    if (!key.empty()) erased_with_.erase(absl::HashOf(PrefixOf(key), result_id));
    const auto found = known_.find(absl::HashOf(std::string(key), result_id));
    if (found != known_.end()) {
      found->second.found = true;
    } else if (!IsAwaited(key, result_id) && incomplete_.count(result_id) == 0) {
      find(absl::StrCat("result ", result_id, ": it is found by a key that none of its messages has"));
    }
  }));
  std::map<int64_t, int64_t> lost;
  for (const auto& [hash, known] : known_) {
    if (known.required && !known.found) ++lost[known.result_id];
  }
  for (const auto& [id, awaited] : awaited_) {
    if (!awaited.names.empty()) lost[id] += static_cast<int64_t>(awaited.names.size());
  }
  for (const auto& [hash, id] : erased_with_) {
    find(absl::StrCat("result ", id, ": it names a key that goes with its contents, and has none that begins so"));
  }
  for (const auto& [id, count] : lost) {
    find(absl::StrCat("result ", id, ": ", count, count == 1 ? " key" : " keys", " by which its messages are known again ",
                      count == 1 ? "is" : "are", " missing"));
  }
  return keys;
}

}  // namespace resultgate::gate

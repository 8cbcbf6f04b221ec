#include "server/gate/stored_contents.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "server/base/proto_time.h"
#include "server/gate/content_digest.h"
#include "server/gate/decision_facts.h"
#include "server/gate/keys.h"
#include "server/gate/patients.h"
#include "server/gate/submit.h"
#include "server/gate/versions.h"

namespace resultgate::gate {
namespace {

bool IsNamed(const std::string& salt, const v1::DiagnosticReport& report, const std::set<std::string>& names) {
  return names.count(ReportName(salt, report)) > 0 || names.count(ReportName("", report)) > 0;
}

// What the log says of reports from which versions start and that nobody sent: what people said stands is made of several
// versions, and so is the first of very many.
struct Bases {
  std::set<std::string> digests;
  // So many more there may be of which it has no digest: those from before it had any.
  int undigested = 0;
};

Bases BasesIn(const std::vector<v1::Entry>& entries, size_t named, int versions) {
  Bases bases;
  for (const v1::Entry& entry : entries) {
    const bool settles = entry.approved().has_decided();
    const std::string& digest = settles ? entry.approved().base_digest() : entry.decided().base_digest();
    if (!digest.empty()) {
      bases.digests.insert(digest);
    } else if (settles) {
      bases.undigested = 1;
    }
  }
  const bool full = versions == static_cast<int>(kMostVersions) && named > kMostVersions;
  if (full && bases.digests.empty()) ++bases.undigested;
  return bases;
}

void FindReport(const v1::Result& kept, const LoggedState& state, const std::vector<v1::Entry>& entries,
                std::vector<std::string>* findings) {
  if (!state.facts_digest().empty() && !IsFactsDigest(state.facts_digest(), kept)) {
    findings->emplace_back("its report is not the one that was decided: it has another digest than facts_digest");
  }
  if (kept.versions().empty()) return;
  const std::set<std::string> named(state.report_digests().begin(), state.report_digests().end());
  const Bases bases = BasesIn(entries, named.size(), kept.versions_size());
  const auto is_base = [&](const v1::DiagnosticReport& version) {
    return std::any_of(bases.digests.begin(), bases.digests.end(),
                       [&](const std::string& digest) { return IsBaseDigest(digest, kept.salt(), version); });
  };
  int undigested = bases.undigested;
  for (int i = 0; i < kept.versions_size(); ++i) {
    const v1::DiagnosticReport& version = kept.versions(i);
    if (IsNamed(kept.salt(), version, named) || is_base(version) || undigested-- > 0) continue;
    findings->push_back(absl::StrCat("version ", i + 1, " of those that are kept is none that was taken in"));
  }
  // An older program put the report together before it put the oldest of very many versions together.
  if (bases.undigested == 0 && ReportDigest(PutTogether(VersionsOf(kept)).report) != ReportDigest(kept.report())) {
    findings->emplace_back("its report is not what its versions come to");
  }
}

// What a clinician wrote stands in the result alone, with a digest in the entry that took it in.
void FindWords(const v1::Result& kept, const std::vector<v1::Entry>& entries, std::vector<std::string>* findings) {
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
  if (!std::equal(logged.begin(), logged.end(), written.begin(), written.end(), fits)) {
    findings->emplace_back("what clinicians wrote for the patient is not what was logged");
  }
}

// A version that says something else, and a doubt whose it is, end that it was discussed.
void FindDiscussion(const v1::Result& kept, const std::vector<v1::Entry>& entries, std::vector<std::string>* findings) {
  const v1::Entry* told = nullptr;
  bool may_have_ended = false;
  for (const v1::Entry& entry : entries) {
    if (entry.approved().has_discussed_at()) {
      told = &entry;
      may_have_ended = false;
    } else if (entry.has_decided() || !entry.reconsidered().outcomes().empty()) {
      may_have_ended = true;
    }
  }
  if (!kept.has_discussed_at()) {
    if ((told != nullptr && !may_have_ended) || !kept.discussed_how().empty()) {
      findings->emplace_back("that it was discussed with the patient was logged, and is missing");
    }
    return;
  }
  if (told == nullptr || kept.discussed_how() != told->approved().discussed_how() ||
      base::FromProto(kept.discussed_at()) != base::FromProto(told->approved().discussed_at())) {
    findings->emplace_back("that it was discussed with the patient is not as it was logged");
  }
}

}  // namespace

std::vector<std::string> ContentFindings(const v1::Result& kept, const LoggedState& state,
                                         const std::vector<v1::Entry>& entries) {
  std::vector<std::string> findings;
  FindReport(kept, state, entries, &findings);
  FindWords(kept, entries, &findings);
  FindDiscussion(kept, entries, &findings);
  return findings;
}

int64_t KnownAsLogged(const v1::Result& kept, const std::vector<v1::Entry>& entries) {
  const v1::Entry* last = nullptr;
  for (const v1::Entry& entry : entries) {
    if (!entry.known_digest().empty() || entry.decided().has_decision()) last = &entry;
  }
  return last != nullptr && IsKnownDigest(last->known_digest(), kept) ? last->sequence() : 0;
}

bool KnownAsTold(const v1::Result& kept, const std::vector<v1::PatientRecord>& records,
                 const std::vector<const policy::Pack*>& packs) {
  // A record without facts, as one made for a legal hold, is as good as none.
  const auto known_bytes = [](const v1::Result& result) {
    v1::Result known;
    if (result.known_patient().ByteSizeLong() > 0) *known.mutable_known_patient() = result.known_patient();
    *known.mutable_confidential() = result.confidential();
    return known.SerializeAsString();
  };
  const std::string bytes = known_bytes(kept);
  if (records.empty()) return bytes.empty();
  return std::any_of(packs.begin(), packs.end(), [&](const policy::Pack* pack) {
    v1::Result told;
    *told.mutable_report() = kept.report();
    FillKnown(records, *pack, &told);
    return known_bytes(told) == bytes;
  });
}

}  // namespace resultgate::gate

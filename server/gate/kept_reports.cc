#include "server/gate/kept_reports.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "server/gate/decision_facts.h"
#include "server/gate/keys.h"
#include "server/gate/versions.h"

namespace resultgate::gate {

std::string ReportDigestText(const v1::DiagnosticReport& report) {
  return absl::StrCat("sha256:", absl::BytesToHexString(ReportDigest(report)));
}

KeptReports::KeptReports(const v1::Result* standing, const std::vector<v1::Entry>& entries) {
  if (standing == nullptr || !standing->has_report()) return;
  standing_ = standing->report();
  absl::flat_hash_set<std::string> named;
  for (const v1::Entry& entry : entries) named.insert(KeptDigest(entry.decided()));
  for (v1::DiagnosticReport& version : VersionsOf(*standing)) {
    std::string digest = ReportDigestText(version);
    if (named.count(digest) == 0) digest.clear();
    kept_.push_back({std::move(version), std::move(digest)});
  }
}

const v1::DiagnosticReport* KeptReports::Find(const std::string& digest) const {
  const auto found = std::find_if(kept_.begin(), kept_.end(), [&](const Version& version) { return version.digest == digest; });
  return found == kept_.end() ? nullptr : &found->report;
}

std::vector<KeptReports::Candidate> KeptReports::CandidatesFor(const v1::Entry& entry, const LoggedState& before) const {
  if (!any()) return {};
  std::set<std::string> arrived(before.report_digests().begin(), before.report_digests().end());
  arrived.insert(KeptDigest(entry.decided()));
  std::vector<Candidate> candidates;
  // A version may be what older ones came to, or what people settled: it came with no single message.
  const bool has_base = std::any_of(kept_.begin(), kept_.end(), [](const Version& version) { return version.digest.empty(); });
  for (const bool with_base : {true, false}) {
    if (with_base != has_base && with_base) continue;
    std::vector<v1::DiagnosticReport> versions;
    for (const Version& version : kept_) {
      if (version.digest.empty() ? with_base : arrived.count(version.digest) > 0) InsertVersion(version.report, &versions);
    }
    if (versions.empty()) continue;
    if (versions.size() > 1) {
      Standing together = PutTogether(versions);
      candidates.push_back({std::move(together.report), std::nullopt});
      if (!has_base) candidates.back().doubt = together.doubt;
      continue;
    }
    candidates.push_back({versions[0], std::nullopt});
    if (before.decided()) continue;
    const auto& observations = versions[0].observations();
    const bool confirms_nothing = std::any_of(observations.begin(), observations.end(), OnlyConfirms);
    candidates.back().doubt = confirms_nothing ? kNothingToConfirm : "";
  }
  candidates.push_back({standing_, std::nullopt});
  return candidates;
}

}  // namespace resultgate::gate

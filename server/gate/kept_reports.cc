#include "server/gate/kept_reports.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "server/gate/content_digest.h"
#include "server/gate/decision_facts.h"
#include "server/gate/versions.h"

namespace resultgate::gate {

KeptReports::KeptReports(const v1::Result* standing, const std::vector<v1::Entry>& entries) {
  if (standing == nullptr || !standing->has_report()) return;
  standing_ = standing->report();
  absl::flat_hash_set<std::string> named;
  for (const v1::Entry& entry : entries) named.insert(KeptDigest(entry.decided()));
  for (v1::DiagnosticReport& version : VersionsOf(*standing)) {
    // One from before there was a salt was taken in without; what came again since does not count.
    std::string name = ReportName("", version);
    if (named.count(name) == 0 && !standing->salt().empty()) name = ReportName(standing->salt(), version);
    if (named.count(name) == 0) name.clear();
    kept_.push_back({std::move(version), std::move(name)});
  }
}

const v1::DiagnosticReport* KeptReports::Find(const std::string& name) const {
  const auto found = std::find_if(kept_.begin(), kept_.end(), [&](const Version& version) { return version.name == name; });
  return found == kept_.end() ? nullptr : &found->report;
}

std::vector<KeptReports::Candidate> KeptReports::CandidatesFor(const v1::Entry& entry, const LoggedState& before) const {
  if (!any()) return {};
  std::set<std::string> arrived(before.report_digests().begin(), before.report_digests().end());
  arrived.insert(KeptDigest(entry.decided()));
  std::vector<Candidate> candidates;
  // A version may be what older ones came to, or what people settled: it came with no single message.
  const bool has_base = std::any_of(kept_.begin(), kept_.end(), [](const Version& version) { return version.name.empty(); });
  for (const bool with_base : {true, false}) {
    if (with_base != has_base && with_base) continue;
    std::vector<v1::DiagnosticReport> versions;
    for (const Version& version : kept_) {
      if (version.name.empty() ? with_base : arrived.count(version.name) > 0) InsertVersion(version.report, &versions);
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

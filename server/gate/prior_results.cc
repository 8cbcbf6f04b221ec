#include "server/gate/prior_results.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "server/base/proto_time.h"
#include "server/base/status_macros.h"
#include "server/gate/keys.h"
#include "server/gate/patients.h"
#include "server/gate/submit.h"
#include "server/gate/versions.h"

namespace resultgate::gate {
namespace {

using Codings = std::set<std::pair<std::string, std::string>>;  // system, code

void Add(const v1::CodeableConcept& about, Codings* codings) {
  for (const v1::Coding& coding : about.codings()) {
    if (!coding.code().empty()) codings->insert({coding.system(), coding.code()});
  }
}

bool SharesOne(const v1::CodeableConcept& about, const Codings& codings) {
  return std::any_of(about.codings().begin(), about.codings().end(), [&codings](const v1::Coding& coding) {
    return codings.count({coding.system(), coding.code()}) > 0;
  });
}

google::protobuf::Timestamp TimeOf(const v1::Result& result) {
  return result.report().has_issued() ? result.report().issued() : result.first_received_at();
}

void AddPrior(const v1::Result& prior, const Codings& of_observations, const Codings& of_report,
              std::vector<v1::PriorResult>* priors) {
  v1::PriorResult one;
  one.set_result_id(prior.id());
  *one.mutable_time() = TimeOf(prior);
  *one.mutable_code() = prior.report().code();
  for (const v1::Observation& observation : prior.report().observations()) {
    if (observation.status() == v1::RESULT_STATUS_ENTERED_IN_ERROR || !SharesOne(observation.code(), of_observations)) continue;
    priors->push_back(one);
    *priors->back().mutable_observation() = observation;
  }
  if (!of_observations.empty() || !prior.report().observations().empty()) return;
  if (prior.report().status() == v1::RESULT_STATUS_ENTERED_IN_ERROR || !SharesOne(prior.report().code(), of_report)) return;
  one.set_conclusion(prior.report().conclusion());
  priors->push_back(std::move(one));
}

}  // namespace

absl::StatusOr<std::vector<v1::PriorResult>> PriorResultsOf(const store::Reader& reader, const v1::Result& result) {
  v1::Patient patient;
  *patient.mutable_identifiers() = result.report().patient().identifiers();
  RG_ASSIGN_OR_RETURN(const std::vector<v1::PatientRecord> records, RecordsOf(reader, patient.identifiers()));
  for (const v1::PatientRecord& record : records) patient.mutable_identifiers()->MergeFrom(record.facts().identifiers());
  std::set<int64_t, std::greater<>> ids;  // the newest first
  for (const v1::Identifier& identifier : patient.identifiers()) {
    if (identifier.value().empty()) continue;
    RG_ASSIGN_OR_RETURN(const std::vector<int64_t> found, reader.FindByKey(PatientKey(identifier)));
    ids.insert(found.begin(), found.end());
  }
  Codings of_observations;
  Codings of_report;
  Add(result.report().code(), &of_report);
  for (const v1::Observation& observation : result.report().observations()) Add(observation.code(), &of_observations);
  std::vector<v1::PriorResult> priors;
  size_t looked_at = 0;
  for (const int64_t id : ids) {
    if (id >= result.id()) continue;  // ids rise in the order of first receipt
    if (++looked_at > kResultsLookedAt) break;
    RG_ASSIGN_OR_RETURN(const std::optional<v1::Result> prior, reader.FindResult(id));
    // A key stays when a correction moves the result to somebody else.
    if (!prior || !SamePatient(patient, prior->report().patient()) || !StandingQuarantine(*prior).empty()) continue;
    AddPrior(*prior, of_observations, of_report, &priors);
  }
  std::stable_sort(priors.begin(), priors.end(), [](const v1::PriorResult& a, const v1::PriorResult& b) {
    return base::FromProto(a.time()) > base::FromProto(b.time());
  });
  if (priors.size() > kMostPriorResults) priors.resize(kMostPriorResults);
  return priors;
}

}  // namespace resultgate::gate

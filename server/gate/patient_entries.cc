#include "server/gate/patient_entries.h"

#include <algorithm>
#include <set>

#include "resultgate/v1/model.pb.h"
#include "server/base/status_macros.h"
#include "server/gate/keys.h"

namespace resultgate::gate {
namespace {

v1::Identifier IdentifierOf(const std::string& system, const std::string& value) {
  v1::Identifier identifier;
  identifier.set_system(system);
  identifier.set_value(value);
  return identifier;
}

}  // namespace

absl::StatusOr<std::optional<std::vector<int64_t>>> EntriesOfPatient(const store::Reader& reader, const std::string& identifier) {
  RG_ASSIGN_OR_RETURN(const std::vector<std::string> assigners, reader.ListAssigners(kMostAssigners + 1));
  if (assigners.size() > kMostAssigners) return std::nullopt;
  std::vector<v1::Identifier> asked;
  asked.reserve(assigners.size() + 1);
  for (const std::string& system : assigners) asked.push_back(IdentifierOf(system, identifier));
  // An assigner may have a bar in its name, and so may a value.
  for (size_t bar = identifier.find('|'); bar != std::string::npos; bar = identifier.find('|', bar + 1)) {
    asked.push_back(IdentifierOf(identifier.substr(0, bar), identifier.substr(bar + 1)));
  }
  std::set<int64_t> results;
  for (const v1::Identifier& one : asked) {
    RG_ASSIGN_OR_RETURN(const std::vector<int64_t> found, reader.FindByKey(PatientKey(one)));
    results.insert(found.begin(), found.end());
    if (results.size() > kMostResultsOfPatient) return std::nullopt;
  }
  std::vector<int64_t> sequences;
  for (const int64_t result_id : results) {
    RG_ASSIGN_OR_RETURN(const std::vector<int64_t> found, reader.ListEntrySequences(result_id));
    sequences.insert(sequences.end(), found.begin(), found.end());
  }
  std::sort(sequences.begin(), sequences.end());
  return sequences;
}

}  // namespace resultgate::gate

// Reports as they come in, one at a time: what packs are tried on. Pure functions, thread-safe.
#ifndef RESULTGATE_POLICY_WHATIF_ARRIVAL_H_
#define RESULTGATE_POLICY_WHATIF_ARRIVAL_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "resultgate/v1/decision.pb.h"
#include "resultgate/v1/model.pb.h"
#include "resultgate/v1/what_if.pb.h"
#include "server/policy/pack.h"

namespace resultgate::policy {

struct Arrival {
  // Where it can be found again: a file, or `result 7`.
  std::string source;
  // What the report is of, for a reader.
  std::string report_name;
  absl::Time received_at;
  // Where its legal clock started with an earlier version, where one is known.
  std::optional<absl::Time> clock_start;
};

// As a gate decides it at that moment, if it is the first version that it sees.
v1::Decision DecideOnArrival(const Pack& pack, const v1::DiagnosticReport& report, const Arrival& arrival);

// A unit by its kind: the part of the service, and the narrowest (fewest codes) of the value sets that the pack's rules use which
// holds one of its own codes, else one of its report's.
struct UnitClass {
  v1::Section section = v1::SECTION_UNSPECIFIED;
  std::string value_set;  // `none` where no set holds it

  bool operator<(const UnitClass& other) const {
    return section != other.section ? section < other.section : value_set < other.value_set;
  }
  bool operator==(const UnitClass& other) const { return section == other.section && value_set == other.value_set; }
};
inline constexpr char kNoValueSet[] = "none";

UnitClass ClassOf(const Pack& pack, const v1::DiagnosticReport& report, const std::string& unit_id);

// The language that the patient reads, `unknown` where it was not sent.
std::string LanguageOf(const v1::DiagnosticReport& report);

v1::PackName NameOf(const Pack& pack);

}  // namespace resultgate::policy

#endif  // RESULTGATE_POLICY_WHATIF_ARRIVAL_H_

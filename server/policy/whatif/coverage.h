// What a pack does not know of reports that come in: facts that are missing, codes that no rule lets go, and what both hold back.
#ifndef RESULTGATE_POLICY_WHATIF_COVERAGE_H_
#define RESULTGATE_POLICY_WHATIF_COVERAGE_H_

#include <map>
#include <set>
#include <string>
#include <utility>

#include "resultgate/v1/model.pb.h"
#include "resultgate/v1/what_if.pb.h"
#include "server/policy/pack.h"
#include "server/policy/whatif/arrival.h"

namespace resultgate::policy {

// Add reports one after the other, then take the summary. Keeps counts, no reports. Not thread-safe. The same reports give the
// same bytes in any order, but for displays of codes. `pack` must outlive it.
class CoverageCounter {
 public:
  explicit CoverageCounter(const Pack& pack);

  void Add(const Arrival& arrival, const v1::DiagnosticReport& report);
  v1::Coverage Summary() const;

 private:
  struct Fact {
    v1::MissingFact counts;
    std::set<std::string> rules;
  };

  const Pack& pack_;
  int reports_ = 0;
  int units_ = 0;
  int units_without_code_ = 0;
  std::map<v1::Audience, v1::CoverageOfAudience> audiences_;
  std::map<std::string, Fact> facts_;
  std::map<std::pair<std::string, std::string>, v1::UnclassifiedCode> codes_;  // by system and code
};

}  // namespace resultgate::policy

#endif  // RESULTGATE_POLICY_WHATIF_COVERAGE_H_

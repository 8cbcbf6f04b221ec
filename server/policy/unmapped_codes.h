// The codes that a site's results come with and no rule of a pack knows: what to map first.
//
// Not thread-safe; add reports one after the other. Holds codes and their display texts, nothing of patients.
#ifndef RESULTGATE_POLICY_UNMAPPED_CODES_H_
#define RESULTGATE_POLICY_UNMAPPED_CODES_H_

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "resultgate/v1/model.pb.h"
#include "server/policy/pack.h"

namespace resultgate::policy {

struct UnmappedCode {
  std::string system;  // URI
  std::string code;
  std::string display;  // as first sent; may be empty
  int count = 0;        // how many units and reports came with it
};

class UnmappedCodes {
 public:
  // `pack` must outlive this.
  explicit UnmappedCodes(const Pack& pack);

  // Counts the codes of the report and of its observations that are in no value set which the pack's rules use. A concept with
  // one known coding is known.
  void Add(const v1::DiagnosticReport& report);

  // Concepts seen, and those without a known coding.
  int seen() const { return seen_; }
  int unmapped() const { return unmapped_; }

  // Most frequent first, then by system and code.
  std::vector<UnmappedCode> ByVolume() const;

 private:
  void Add(const v1::CodeableConcept& codeable_concept);

  std::vector<const valueset::ValueSet*> used_;
  std::map<std::pair<std::string, std::string>, UnmappedCode> codes_;
  int seen_ = 0;
  int unmapped_ = 0;
};

// The codes as a value set to fill in (valueset/csv.h): delete what does not belong, then name it. What could not be a code of
// its system stands in remarks.
std::string ToValueSetCsv(const std::vector<UnmappedCode>& codes);

}  // namespace resultgate::policy

#endif  // RESULTGATE_POLICY_UNMAPPED_CODES_H_

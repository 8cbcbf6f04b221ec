// What people ask for apart from all rules: what the patient prefers, what a person determined for this one result, and what
// follows from the patient's death.
#ifndef RESULTGATE_POLICY_PERSONAL_H_
#define RESULTGATE_POLICY_PERSONAL_H_

#include <google/protobuf/repeated_ptr_field.h>

#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "resultgate/v1/decision.pb.h"
#include "resultgate/v1/model.pb.h"
#include "server/policy/outcomes.h"
#include "server/policy/pool.h"
#include "server/policy/units.h"
#include "server/valueset/valueset.h"

namespace resultgate::policy {

inline constexpr char kConfidentialRule[] = "confidential";
inline constexpr char kDeterminationPrefix[] = "determination-";

using Determinations = google::protobuf::RepeatedPtrField<v1::Determination>;

// A preference of the patient to wait.
struct WishToWait {
  const v1::ReleasePreference* preference = nullptr;
  // No value set has the name of its category: it counts for everything, because nobody can tell what was meant.
  bool unknown_category = false;

  // True if both ask for the same, whenever and by whomever they were recorded.
  bool operator==(const WishToWait& other) const;
};

// For one unit and audience.
struct PersonalAsks {
  std::vector<const v1::Determination*> determinations;  // in their order
  std::vector<WishToWait> waits;
  bool at_once = false;  // the patient wants it at once, and nothing of it later
  bool deceased = false;

  void Clear();
  bool operator==(const PersonalAsks& other) const;
};

// For every unit and audience of a report. Memory is used again; one thread at a time.
//
// A preference for a category counts for the units whose codings are in the value set of that name: a wish to wait looks at any
// coding of the unit or its report, one for `immediate` at the unit's own alone, as restrictions and permits of rules do. The
// overall preference, and any without a category, counts for what none of a category does. Of several that count every wait
// holds, and `immediate` only where none waits. A document waits for whatever one of its report's observations waits for, and
// goes at once only if they all do. That a test was not performed waits for no wish: there is no result to wait for.
//
// A determination stands until its end. What it holds from the patient it holds from everybody (I8), and what it holds of an
// observation it holds of the document, which tells of it.
class Personal {
 public:
  // `determinations` may be null. What is read from here points into the arguments.
  void Fill(const valueset::Registry& value_sets, const v1::DiagnosticReport& report, const Units& units,
            const Determinations* determinations, absl::Time now);

  const PersonalAsks& of(size_t unit, size_t audience) const { return any_ ? of_[unit][audience] : nothing_; }

 private:
  bool any_ = false;  // otherwise nothing is asked for of any unit
  PersonalAsks nothing_;
  Pool<std::array<PersonalAsks, kAudienceCount>> of_;
};

// How a determination is named where rules are: `determination-3`; `confidential` without an id, for what follows from what is
// confidential by the patient's record.
std::string RuleIdOf(const v1::Determination& determination);
// True if who acts ends it: a provider one for danger, the patient one on the patient's own request. Not where it holds the
// result from others than the patient, who is not the one they are kept safe from. Privacy and blinding end by a person's word on
// the determination itself.
bool MayLift(const v1::Determination& determination, v1::Lifter lifter);

}  // namespace resultgate::policy

#endif  // RESULTGATE_POLICY_PERSONAL_H_

// What a pack's `facts:` may speak of.
#ifndef RESULTGATE_POLICY_ASSUMED_FACTS_H_
#define RESULTGATE_POLICY_ASSUMED_FACTS_H_

#include <string>
#include <vector>

namespace resultgate::policy {

// The paths of the facts of patient and order whose absence is unknown, as `order.jurisdictions`, in order. Birth date and
// preference are none of them: their absence can mean nothing that holds for all patients of a site.
std::vector<std::string> OptionalFacts();

}  // namespace resultgate::policy

#endif  // RESULTGATE_POLICY_ASSUMED_FACTS_H_

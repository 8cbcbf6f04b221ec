// What a test beside rules expects, held against what is decided. Pure functions, thread-safe.
#ifndef RESULTGATE_POLICY_PACK_TEST_COMPARE_H_
#define RESULTGATE_POLICY_PACK_TEST_COMPARE_H_

#include <string>
#include <vector>

#include "resultgate/v1/decision.pb.h"
#include "server/policy/decide.h"
#include "server/policy/pack.h"
#include "server/policy/pack_test_file.h"

namespace resultgate::policy {

// What differs, a line each, as a person reads it; units and audiences that differ in the same way stand together.
std::vector<std::string> Compare(const Pack& pack, const PackTest& test, const Context& context, const v1::Decision& decision);

}  // namespace resultgate::policy

#endif  // RESULTGATE_POLICY_PACK_TEST_COMPARE_H_

// What the expression language has, for those who document it.
#ifndef RESULTGATE_EXPR_FUNCTIONS_H_
#define RESULTGATE_EXPR_FUNCTIONS_H_

#include <string>
#include <vector>

namespace resultgate::expr {

// The names of all functions and macros, in order.
std::vector<std::string> FunctionNames();

}  // namespace resultgate::expr

#endif  // RESULTGATE_EXPR_FUNCTIONS_H_

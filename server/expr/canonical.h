// The one text of all conditions that mean the same.
#ifndef RESULTGATE_EXPR_CANONICAL_H_
#define RESULTGATE_EXPR_CANONICAL_H_

#include <string>

#include "server/expr/typed.h"

namespace resultgate::expr {

// Of the typed structure: operators, constants with their types, fields by their full names, variables by their places, the
// variables of macros by their depth, value sets by name. So it is the same whatever the spaces, comments, brackets and names of
// macros' variables, and differs where anything else does: `a == b` and `b == a` are two. Pure.
std::string CanonicalForm(const Expr& expr);

}  // namespace resultgate::expr

#endif  // RESULTGATE_EXPR_CANONICAL_H_

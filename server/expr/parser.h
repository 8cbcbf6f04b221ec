// Tokens to a tree, by recursive descent over CEL's grammar (github.com/google/cel-spec, doc/langdef.md, "Syntax"), less what the
// subset leaves out:
//
//   condition = or [ "?" or ":" condition ]
//   or        = and { "||" and }
//   and       = relation { "&&" relation }
//   relation  = sum { ( "==" | "!=" | "<" | "<=" | ">" | ">=" | "in" ) sum }
//   sum       = product { ( "+" | "-" ) product }
//   product   = unary { ( "*" | "/" | "%" ) unary }
//   unary     = { "!" | "-" } member
//   member    = primary { "." NAME [ "(" [ list ] ")" ] | "[" condition "]" }
//   primary   = LITERAL | NAME [ "(" [ list ] ")" ] | "(" condition ")" | "[" [ list ] "]"
//   list      = condition { "," condition } [ "," ]
#ifndef RESULTGATE_EXPR_PARSER_H_
#define RESULTGATE_EXPR_PARSER_H_

#include <vector>

#include "server/expr/ast.h"
#include "server/expr/diagnostics.h"
#include "server/expr/lexer.h"

namespace resultgate::expr {

// The tree of `tokens`, with kError nodes where mistakes were reported, so that what stands around them is still checked.
// Nullptr if it is nested deeper than `depth`.
NodePtr Parse(const std::vector<Token>& tokens, int depth, Diagnostics* diagnostics);

}  // namespace resultgate::expr

#endif  // RESULTGATE_EXPR_PARSER_H_

// What the parser makes: the expression as written, before names and types are looked at.
#ifndef RESULTGATE_EXPR_AST_H_
#define RESULTGATE_EXPR_AST_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace resultgate::expr {

struct Node;
using NodePtr = std::unique_ptr<Node>;

struct Node {
  enum class Kind {
    kError,  // a mistake that was reported stands here
    kNull,
    kBool,
    kInt,
    kUint,
    kDouble,
    kString,
    kIdentifier,  // text
    kSelect,      // children[0] . text
    kIndex,       // children[0] [ children[1] ]
    kCall,        // text(children…), or with a receiver: children[0].text(children[1…])
    kList,        // [children…]
    kUnary,       // text is `!` or `-`
    kBinary,      // text is an operator other than `&&` and `||`
    kAnd,         // two children or more: `a && b && c` is one node, so that long ones are not deep ones
    kOr,
    kConditional,  // children[0] ? children[1] : children[2]
  };

  Kind kind = Kind::kError;
  size_t begin = 0;  // bytes of the source text
  size_t end = 0;
  size_t anchor = 0;  // where a mistake about this node is shown: the operator, the field's or the function's name, else `begin`
  std::string text;
  bool boolean = false;
  int64_t integer = 0;
  uint64_t unsigned_integer = 0;
  double number = 0;
  bool has_receiver = false;
  std::vector<NodePtr> children;
  int depth = 1;
};

}  // namespace resultgate::expr

#endif  // RESULTGATE_EXPR_AST_H_

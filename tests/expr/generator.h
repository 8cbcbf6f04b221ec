// Random conditions that compile, over any environment, and random messages for them: absent facts, odd texts, extreme numbers,
// times out of range, enumeration values that nobody knows yet.
#ifndef RESULTGATE_TESTS_EXPR_GENERATOR_H_
#define RESULTGATE_TESTS_EXPR_GENERATOR_H_

#include <google/protobuf/message.h>

#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "server/expr/expr.h"
#include "server/expr/type.h"

namespace resultgate::expr {

using Random = std::mt19937_64;

// A number below `limit`; the same on every platform.
inline size_t Below(size_t limit, Random* random) {
  return static_cast<size_t>((*random)() % limit);
}

// Sets about half of the fields, and the fields of what they hold.
void FillAtRandom(google::protobuf::Message* message, Random* random, int depth = 0);

class Generator {
 public:
  // Both must outlive this.
  Generator(const Environment& environment, Random* random);

  // A condition. Nearly all compile: enumerations that nothing tells apart, and empty lists, are left to the checker.
  std::string Condition(int depth);

 private:
  // Something that can be read: a path of fields from a variable down.
  struct Path {
    std::string text;
    Type type;
  };

  size_t Below(size_t limit) { return expr::Below(limit, random_); }
  bool OneIn(size_t limit) { return Below(limit) == 0; }
  std::string Pick(const std::vector<std::string>& words) { return words[Below(words.size())]; }

  void AddPaths(const Path& root, int depth, std::vector<Path>* paths) const;
  // A path of that type, or empty where there is none.
  std::string PathOf(const Type& type);
  // An expression of that type; empty where none can be made.
  std::string Of(const Type& type, int depth);
  std::string Literal(const Type& type);
  std::string Compound(const Type& type, int depth);
  // age() of somebody; empty where there is nobody.
  std::string Age();
  std::string Comparison(int depth);
  std::string Membership(int depth);
  std::string Macro(int depth);
  std::string Has();
  std::string TextTest(int depth);
  // A type that something can be of.
  Type AnyType();

  const Environment& environment_;
  Random* random_;
  std::vector<Path> paths_;                // from the environment's variables
  std::vector<std::vector<Path>> locals_;  // from the variables of the macros around, innermost last
};

}  // namespace resultgate::expr

#endif  // RESULTGATE_TESTS_EXPR_GENERATOR_H_

// Which conjuncts are simple tests of one fact, for an index over the facts of many conditions: it looks the fact up once, and
// visits only what it speaks for.
//
// A test says when its conjunct is true. It is false for every other value that the fact has. An absent fact (an absent optional
// field, message or member of a oneof anywhere on the way, an absent variable, a birth date too coarse for an age) makes it
// unknown, and a text that is no number or date makes it an error: an index must not take either for false. Of a list (`any`), an
// element whose fact is absent leaves it unknown unless another element makes it true; an empty list makes it false.
//
// Pure.
#ifndef RESULTGATE_EXPR_FACT_TEST_H_
#define RESULTGATE_EXPR_FACT_TEST_H_

#include <google/protobuf/descriptor.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "server/expr/analysis.h"
#include "server/expr/expr.h"

namespace resultgate::expr {

struct FactTest {
  enum class Kind {
    kOneOf,      // it is one of `numbers` (enumerations, ints, bools as 0 and 1) or of `texts`
    kPrefix,     // it begins with one of `texts`
    kRange,      // it is in one of `ranges`
    kInCodeSet,  // a coding of it is in one of the value sets that `texts` names
  };
  enum class Form {
    kAsIs,
    kAge,     // age() of the message whose text `birth_date` is the last of `fields`
    kDouble,  // double() of the text
  };

  Kind kind = Kind::kOneOf;

  // The fact: fields from the variable of Environment::variables down. A field that is a list, or a message that reads as one,
  // may be among them; then `any` of the elements suffices.
  size_t variable = 0;
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  Form form = Form::kAsIs;
  bool any = false;
  std::string name;  // as it is named where it is absent: `observation.interpretation`

  std::vector<int64_t> numbers;
  std::vector<std::string> texts;
  std::vector<Domain> ranges;  // of Kind::kRange
};

// Of a conjunct of the program; nullopt where it is not so simple. `||` of tests of one fact is a test of it.
std::optional<FactTest> FactTestOf(const Program& program, size_t conjunct);

}  // namespace resultgate::expr

#endif  // RESULTGATE_EXPR_FACT_TEST_H_

// Texts as YAML writes them. Used by Format. Pure functions.
#ifndef RESULTGATE_YAML_SCALAR_H_
#define RESULTGATE_YAML_SCALAR_H_

#include <string>
#include <vector>

namespace resultgate::yaml {

// `text` as it stands in a block, or within brackets (`in_brackets`): in quotes where it was `quoted`, or has to be. Quotes are
// double ones, unless the text holds `"` or `\`.
std::string Scalar(const std::string& text, bool quoted, bool in_brackets);

// A number, a date, a truth value or nothing at all, to some reader of YAML, unless it is in quotes.
bool MayReadAsOtherThanText(const std::string& text);

// The lines of `text` for a folded block (`>-`), each at most `width` wide where its words are; empty where the text would not
// read the same.
std::vector<std::string> Fold(const std::string& text, size_t width);

// A condition, broken behind the `||` or `&&` that hold it together; one line where nothing does.
std::vector<std::string> BreakCondition(const std::string& text);

}  // namespace resultgate::yaml

#endif  // RESULTGATE_YAML_SCALAR_H_

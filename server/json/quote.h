// JSON strings, for what writes JSON. Pure function.
#ifndef RESULTGATE_JSON_QUOTE_H_
#define RESULTGATE_JSON_QUOTE_H_

#include <string>

#include "absl/strings/string_view.h"

namespace resultgate::json {

// `text` as a JSON string, in its quotes. What is no UTF-8 becomes U+FFFD.
std::string Quote(absl::string_view text);

}  // namespace resultgate::json

#endif  // RESULTGATE_JSON_QUOTE_H_

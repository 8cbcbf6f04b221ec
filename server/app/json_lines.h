// Protobuf messages as JSON, one object per line: what `--json` prints. Field names are those of the proto files, which are also
// those of the rule language. Pure functions, thread-safe.
#ifndef RESULTGATE_APP_JSON_LINES_H_
#define RESULTGATE_APP_JSON_LINES_H_

#include <google/protobuf/message.h>

#include <string>

#include "absl/strings/string_view.h"

namespace resultgate::app {

// On one line, without a line feed.
std::string ToJson(const google::protobuf::Message& message);

// Builds one object of named parts.
class JsonLine {
 public:
  JsonLine& Text(absl::string_view name, absl::string_view text);
  JsonLine& Number(absl::string_view name, int number);
  JsonLine& Message(absl::string_view name, const google::protobuf::Message& message);
  // With its line feed.
  std::string ToString() const;

 private:
  void Begin(absl::string_view name);
  std::string text_;
};

}  // namespace resultgate::app

#endif  // RESULTGATE_APP_JSON_LINES_H_

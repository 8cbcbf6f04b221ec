// Runs the real binary with arguments, and waits for it.
#ifndef RESULTGATE_TESTS_APP_RUN_BINARY_H_
#define RESULTGATE_TESTS_APP_RUN_BINARY_H_

#include <string>
#include <vector>

namespace resultgate::app {

struct Ran {
  int exit_code = -1;  // 128 + the signal that ended it
  std::string out;
  std::string err;
};

// `input` is its standard input. Not thread-safe.
Ran RunBinary(const std::vector<std::string>& arguments, const std::string& input = "");

}  // namespace resultgate::app

#endif  // RESULTGATE_TESTS_APP_RUN_BINARY_H_

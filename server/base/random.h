// Random bytes that nobody can guess, from OpenSSL. Thread-safe.
#ifndef RESULTGATE_BASE_RANDOM_H_
#define RESULTGATE_BASE_RANDOM_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"

namespace resultgate::base {

// Unavailable where the operating system gives none.
absl::StatusOr<std::string> RandomBytes(size_t count);

}  // namespace resultgate::base

#endif  // RESULTGATE_BASE_RANDOM_H_

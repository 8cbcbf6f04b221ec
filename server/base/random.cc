#include "server/base/random.h"

#include <openssl/rand.h>

#include "absl/status/status.h"

namespace resultgate::base {

absl::StatusOr<std::string> RandomBytes(size_t count) {
  std::string bytes(count, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(count)) != 1) {
    return absl::UnavailableError("the operating system gives no random numbers");
  }
  return bytes;
}

}  // namespace resultgate::base

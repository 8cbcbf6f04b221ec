// The client side of the throughput benchmark: the same code for the gate and for the echo, which differ in the method's name and
// the type of the answer alone.
#ifndef RESULTGATE_TESTS_BENCH_LOAD_H_
#define RESULTGATE_TESTS_BENCH_LOAD_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace resultgate::bench {

enum class Service { kGate, kEcho };

enum class Mode {
  kUnary,   // SubmitResult, kUnaryInFlight calls at once
  kStream,  // SubmitResults, one stream, one report a message, kStreamInFlight unanswered
  kBatch,   // the same with kBatchSize reports a message
};
inline constexpr int kUnaryInFlight = 64;
inline constexpr int kStreamInFlight = 256;
inline constexpr int kBatchSize = 64;

struct Answered {
  double per_second = 0;
  double p99_ms = 0;  // from call to answer; 0 unless unary
};

// What is answered over `duration`, after a warm-up of a fifth of it. Every report is a new one: the server must not have seen
// any before. An error if one is not taken in as new.
absl::StatusOr<Answered> Measure(Service service, Mode mode, const std::string& address, absl::Duration duration);

}  // namespace resultgate::bench

#endif  // RESULTGATE_TESTS_BENCH_LOAD_H_

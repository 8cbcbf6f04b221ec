// A bare gRPC echo by the callback API.
#ifndef RESULTGATE_TESTS_BENCH_ECHO_SERVER_H_
#define RESULTGATE_TESTS_BENCH_ECHO_SERVER_H_

namespace resultgate::bench {

// Serves on a free port of 127.0.0.1, prints `listening on 127.0.0.1:PORT`, and goes on until the process is ended.
void RunEchoServer();

}  // namespace resultgate::bench

#endif  // RESULTGATE_TESTS_BENCH_ECHO_SERVER_H_

// The gRPC server: the gate's services, reflection and the standard health service on one address.
//
// No authentication and no encryption yet: whoever starts it sees to it that only this machine can reach the address.
#ifndef RESULTGATE_RPC_SERVER_H_
#define RESULTGATE_RPC_SERVER_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/gate/gate.h"

namespace resultgate::rpc {

struct ServerOptions {
  // `host:port`; port 0 takes a free one.
  std::string address = "127.0.0.1:50051";
  // A report with its documents: 3 MiB of attachment in base64 and more.
  int largest_message_bytes = 8 * 1024 * 1024;
  // How long Stop waits for calls under way before it cancels them. What was submitted is made durable all the same.
  absl::Duration drain = absl::Seconds(3);
};

// Thread-safe.
class Server {
 public:
  // Listens. The gate must outlive the server. Unavailable if the address cannot be had, which includes that another process has
  // it.
  static absl::StatusOr<std::unique_ptr<Server>> Start(gate::Gate* gate, const ServerOptions& options);

  // Stops.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  int port() const;

  // Says NOT_SERVING, ends the release streams, lets other calls finish for `drain`, then cancels them. Returns when all calls
  // are over. Calling it again does nothing.
  void Stop();

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace resultgate::rpc

#endif  // RESULTGATE_RPC_SERVER_H_

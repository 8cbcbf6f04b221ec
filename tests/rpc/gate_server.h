// A gate with its gRPC server in this process: a real SQLite file, the default pack, a port that the operating system gives.
#ifndef RESULTGATE_TESTS_RPC_GATE_SERVER_H_
#define RESULTGATE_TESTS_RPC_GATE_SERVER_H_

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>

#include "google/rpc/error_details.pb.h"
#include "server/base/clock.h"
#include "server/gate/gate.h"
#include "server/rpc/server.h"
#include "server/store/store.h"
#include "tests/testing/server_process.h"

namespace resultgate::rpc {

// The pack and the templates are loaded once for all tests. Its clock begins on a Friday evening, 2026-03-06 at 21:05 in New
// York.
class GateServer {
 public:
  explicit GateServer(ServerOptions options = LocalOptions());
  // The server first: calls under way end before the gate does.
  ~GateServer();

  gate::Gate& gate() { return *gate_; }
  Server& server() { return *server_; }
  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }

  // Any free port; Stop does not wait long for calls that would never end.
  static ServerOptions LocalOptions();

 private:
  testing::TemporaryFolder folder_;
  base::SystemClock clock_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<gate::Gate> gate_;
  std::unique_ptr<Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
};

// The google.rpc.BadRequest of a status; empty if it has none.
google::rpc::BadRequest DetailsOf(const grpc::Status& status);

}  // namespace resultgate::rpc

#endif  // RESULTGATE_TESTS_RPC_GATE_SERVER_H_

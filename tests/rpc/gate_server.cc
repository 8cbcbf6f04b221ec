#include "tests/rpc/gate_server.h"

#include <gtest/gtest.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "google/rpc/status.pb.h"
#include "server/base/file_issue.h"
#include "server/base/proto_time.h"
#include "server/comment/library.h"
#include "server/store/sqlite/sqlite_store.h"
#include "server/valueset/valueset.h"
#include "tests/testing/packs.h"

namespace resultgate::rpc {
namespace {

const policy::LoadedPack& DefaultPack() {
  static const auto* const kPack = new policy::LoadedPack(testing::LoadPackWithFiles("policies/default"));
  return *kPack;
}

std::shared_ptr<const comment::Library> LoadTemplates(const valueset::Registry& value_sets, base::FileIssues* issues) {
  comment::Library::Options options;
  options.development = true;
  return comment::Library::Load("templates", value_sets, options, issues);
}

absl::Duration ToFridayEvening() {
  absl::Time friday;
  EXPECT_TRUE(base::ParseRfc3339("2026-03-06T21:05:00-05:00", &friday));
  return friday - base::SystemClock().Now();
}

}  // namespace

ServerOptions GateServer::LocalOptions() {
  ServerOptions options;
  options.address = "127.0.0.1:0";
  options.drain = absl::Milliseconds(100);
  return options;
}

GateServer::GateServer(ServerOptions options) : clock_(ToFridayEvening()) {
  absl::StatusOr<std::unique_ptr<store::Store>> store = store::OpenSqlite(folder_.path() + "/gate.db");
  EXPECT_TRUE(store.ok()) << store.status();
  store_ = *std::move(store);
  gate::Options gate_options;
  gate_options.development = true;
  absl::StatusOr<std::unique_ptr<gate::Gate>> gate =
      gate::Gate::Start(store_.get(), &clock_, DefaultPack(), LoadTemplates, gate_options);
  EXPECT_TRUE(gate.ok()) << gate.status();
  gate_ = *std::move(gate);
  absl::StatusOr<std::unique_ptr<Server>> server = Server::Start(gate_.get(), options);
  EXPECT_TRUE(server.ok()) << server.status();
  server_ = *std::move(server);
  channel_ = grpc::CreateChannel(absl::StrCat("127.0.0.1:", server_->port()), grpc::InsecureChannelCredentials());
}

GateServer::~GateServer() {
  server_.reset();
}

google::rpc::BadRequest DetailsOf(const grpc::Status& status) {
  google::rpc::Status details;
  google::rpc::BadRequest request;
  if (!details.ParseFromString(status.error_details())) return request;
  EXPECT_EQ(details.code(), status.error_code());
  for (const google::protobuf::Any& detail : details.details()) detail.UnpackTo(&request);
  return request;
}

}  // namespace resultgate::rpc

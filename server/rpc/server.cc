#include "server/rpc/server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>

#include <mutex>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/rpc/audit_service.h"
#include "server/rpc/directory_service.h"
#include "server/rpc/executor.h"
#include "server/rpc/outreach_service.h"
#include "server/rpc/patient_service.h"
#include "server/rpc/policy_service.h"
#include "server/rpc/release_service.h"
#include "server/rpc/result_gate_service.h"
#include "server/rpc/retention_service.h"
#include "server/rpc/review_service.h"

namespace resultgate::rpc {

class Server::Impl {
 public:
  Impl(gate::Gate* gate, const ServerOptions& options)
      : options_(options),
        result_gate_service_(gate, &executor_),
        review_service_(gate, &executor_),
        release_service_(gate, &executor_),
        audit_service_(gate, &executor_),
        patient_service_(gate, &executor_),
        directory_service_(gate, &executor_),
        policy_service_(gate, &policy_executor_),
        outreach_service_(gate, &executor_),
        retention_service_(gate, &executor_) {}

  ~Impl() { Stop(); }

  absl::Status Start() {
    // Both are switches of the whole process, to be thrown before the first server is built.
    static std::once_flag once;
    std::call_once(once, [] {
      grpc::EnableDefaultHealthCheckService(true);
      grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    });

    grpc::ServerBuilder builder;
    builder.AddListeningPort(options_.address, grpc::InsecureServerCredentials(), &port_);
    // Otherwise a second gate on the same port would silently take half of the results.
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    builder.SetMaxReceiveMessageSize(options_.largest_message_bytes);
    builder.SetMaxSendMessageSize(options_.largest_message_bytes);
    // Reflection alone is of the synchronous API; one thread is enough for it.
    builder.SetSyncServerOption(grpc::ServerBuilder::SyncServerOption::NUM_CQS, 1);
    builder.SetSyncServerOption(grpc::ServerBuilder::SyncServerOption::MIN_POLLERS, 1);
    builder.SetSyncServerOption(grpc::ServerBuilder::SyncServerOption::MAX_POLLERS, 1);
    builder.RegisterService(&result_gate_service_);
    builder.RegisterService(&review_service_);
    builder.RegisterService(&release_service_);
    builder.RegisterService(&audit_service_);
    builder.RegisterService(&patient_service_);
    builder.RegisterService(&directory_service_);
    builder.RegisterService(&policy_service_);
    builder.RegisterService(&outreach_service_);
    builder.RegisterService(&retention_service_);
    server_ = builder.BuildAndStart();
    if (server_ == nullptr || port_ == 0) {
      return absl::UnavailableError(absl::StrCat("cannot listen on `", options_.address, "`: another process may have the port"));
    }
    // Whoever asks about one service must not hear that there is none.
    for (const char* service :
         {v1::ResultGateService::service_full_name(), v1::ReviewService::service_full_name(),
          v1::ReleaseService::service_full_name(), v1::AuditService::service_full_name(), v1::PolicyService::service_full_name(),
          v1::PatientService::service_full_name(), v1::DirectoryService::service_full_name(),
          v1::OutreachService::service_full_name(), v1::RetentionService::service_full_name()}) {
      server_->GetHealthCheckService()->SetServingStatus(service, true);
    }
    server_->GetHealthCheckService()->SetServingStatus(true);
    return absl::OkStatus();
  }

  void Stop() {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (server_ == nullptr) return;
    server_->GetHealthCheckService()->SetServingStatus(false);
    release_service_.EndStreams();
    review_service_.EndStreams();
    const gpr_timespec drain = gpr_time_from_millis(absl::ToInt64Milliseconds(options_.drain), GPR_TIMESPAN);
    server_->Shutdown(gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), drain));
    server_.reset();
  }

  int port() const { return port_; }

 private:
  const ServerOptions options_;
  // Outlives every call, because the server is gone before it; finishes what is queued.
  Executor executor_;
  // One at a time: each looks at all that is held.
  Executor policy_executor_{/*threads=*/1, /*longest_queue=*/16};
  ResultGateService result_gate_service_;
  ReviewService review_service_;
  ReleaseService release_service_;
  AuditService audit_service_;
  PatientService patient_service_;
  DirectoryService directory_service_;
  PolicyService policy_service_;
  OutreachService outreach_service_;
  RetentionService retention_service_;
  int port_ = 0;
  std::mutex mutex_;
  std::unique_ptr<grpc::Server> server_;
};

absl::StatusOr<std::unique_ptr<Server>> Server::Start(gate::Gate* gate, const ServerOptions& options) {
  auto impl = std::make_unique<Impl>(gate, options);
  if (absl::Status status = impl->Start(); !status.ok()) return status;
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() = default;

int Server::port() const {
  return impl_->port();
}
void Server::Stop() {
  impl_->Stop();
}

}  // namespace resultgate::rpc

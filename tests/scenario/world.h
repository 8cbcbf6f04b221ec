// The bad days of a gate, played through its front door: messages in HL7 v2 or as reports, a gRPC channel, a database in a file,
// a clock that the test moves, and a portal that does what the release stream says.
#ifndef RESULTGATE_TESTS_SCENARIO_WORLD_H_
#define RESULTGATE_TESTS_SCENARIO_WORLD_H_

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "resultgate/v1/audit_service.grpc.pb.h"
#include "resultgate/v1/directory_service.grpc.pb.h"
#include "resultgate/v1/outreach_service.grpc.pb.h"
#include "resultgate/v1/patient_service.grpc.pb.h"
#include "resultgate/v1/policy_service.grpc.pb.h"
#include "resultgate/v1/release_service.grpc.pb.h"
#include "resultgate/v1/result_gate_service.grpc.pb.h"
#include "resultgate/v1/review_service.grpc.pb.h"
#include "server/gate/gate.h"
#include "server/policy/pack_files.h"
#include "server/rpc/server.h"
#include "server/store/store.h"
#include "tests/gate/reports.h"
#include "tests/testing/simulated_clock.h"
#include "tests/testing/temp_folder.h"

namespace resultgate::scenario {

using Response = v1::SubmitResultResponse;

// One OBX of a message.
struct Obx {
  std::string loinc;
  std::string value;  // NM, or TX where it is no number; empty: none
  std::string status = "F";
  std::string time = "";  // OBX-19; empty: not sent
  std::string flag = "N";
};

// An ORU^R01 of patient `mrn`, order `filler`; `issued` is OBR-22, as `20260306140000-0500`.
struct Oru {
  std::string filler = "F1";
  std::string mrn = "p1";
  std::string status = "F";  // OBR-25
  std::string issued = "20260306140000-0500";
  std::string service = "58410-2";
  std::string section = "HM";
  std::vector<Obx> observations = {};
  std::string message_id = "M1";
  std::vector<std::string> segments = {};  // more of them, behind the observations

  std::string ToString() const;
};

// What a portal shows of one unit to one audience.
struct Shown {
  v1::ReleaseKind kind = v1::RELEASE_KIND_UNSPECIFIED;
  std::string content;  // the observation's value, or the document's narrative, or what its files hold
  v1::Comment comment;
  int32_t version = 0;
  v1::Notification notification;
};

// Does what the stream says, once for each idempotency key, and never goes back behind a report's sequence.
class Portal {
 public:
  // Goes on where it was, over a new connection.
  void Connect(const std::shared_ptr<grpc::Channel>& channel) { stub_ = v1::ReleaseService::NewStub(channel); }
  // Reads on from where it was, or, `again`, all that is not acknowledged. How many releases it was told.
  int Read(bool again = false);
  // Acknowledges all that it has read.
  void Acknowledge();

  // `13.9`, `not performed`, `being corrected`, or empty where nothing is shown.
  std::string See(const std::string& mrn, const std::string& unit, v1::Audience audience = v1::AUDIENCE_PATIENT) const;
  // Nothing shown: an empty one.
  Shown ShownTo(const std::string& mrn, const std::string& unit, v1::Audience audience = v1::AUDIENCE_PATIENT) const;
  // The notice that this result is in process; one without a comment: none is shown.
  Shown NoticeOf(const std::string& mrn, int64_t result_id, v1::Audience audience = v1::AUDIENCE_PATIENT) const;
  // How often something was shown that had been shown already.
  int repeated() const { return repeated_; }

 private:
  using Place = std::tuple<std::string, v1::Audience, std::string, int64_t>;  // patient, audience, unit, result

  void Do(const v1::Release& release);

  std::unique_ptr<v1::ReleaseService::Stub> stub_;
  int64_t seen_ = 0;
  int repeated_ = 0;
  std::vector<int64_t> unacknowledged_;
  std::map<int64_t, int64_t> report_sequences_;
  std::map<Place, Shown> shown_;
  std::map<std::tuple<std::string, v1::Audience, int64_t>, Shown> notices_;  // by patient, audience, result
};

class ScenarioTest : public ::testing::Test {
 protected:
  // A Friday afternoon, 2026-03-06 at 15:00 in New York, under the default pack.
  ScenarioTest();
  ~ScenarioTest() override;

  // Another pack, on a new database. Its mistakes fail the test.
  void UsePack(const v1::PackFiles& files);
  // The gate goes down, and comes up again on the same database.
  void Stop();
  void Start();

  Response Submit(const v1::DiagnosticReport& report);
  // Reads the message as `resultgate submit` does; it holds one report.
  Response Submit(const Oru& message) { return Submit(Read(message.ToString())); }
  static v1::DiagnosticReport Read(const std::string& message);

  // Of two people who restore one of whose it was in doubt, `reviewer-2` is of those who look into it.
  grpc::Status Approve(int64_t result_id, int version, const std::string& reviewer = "reviewer-1");
  std::vector<v1::PendingReview> Reviews(const std::string& owner = "");
  v1::Result Get(int64_t id);
  std::vector<v1::Entry> Entries(v1::EntryKind kind = v1::ENTRY_KIND_UNSPECIFIED, int64_t result_id = 0);
  // What is decided for a unit of the standing version.
  v1::Outcome OutcomeOf(int64_t id, const std::string& unit, v1::Audience audience = v1::AUDIENCE_PATIENT);

  // Lets time pass: the clock stands still at each moment at which something comes due, until that is done.
  void MoveTo(const std::string& rfc3339) { MoveTo(testing::At(rfc3339)); }
  void MoveTo(absl::Time time);
  void MoveClockWhileDown(const std::string& rfc3339) { clock_.Set(testing::At(rfc3339)); }
  absl::Time Now() const { return clock_.Now(); }

  // What the patient sees, after the portal read on.
  std::string See(const std::string& unit, const std::string& mrn = "p1", v1::Audience audience = v1::AUDIENCE_PATIENT);
  // The comment that stands beside it.
  v1::Comment CommentOf(const std::string& unit, const std::string& mrn = "p1");

  Portal& portal() { return portal_; }
  v1::PolicyService::Stub& policies() { return *policies_; }
  v1::PatientService::Stub& patients() { return *patients_; }
  v1::DirectoryService::Stub& directory() { return *directory_; }
  v1::ReleaseService::Stub& releases() { return *releases_; }
  v1::ReviewService::Stub& reviews() { return *reviews_; }
  v1::OutreachService::Stub& outreach() { return *outreach_; }

 private:
  testing::TempFolder folder_;
  testing::SimulatedClock clock_{testing::At(testing::kFriday)};
  std::shared_ptr<const policy::LoadedPack> pack_;
  int databases_ = 0;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<gate::Gate> gate_;
  std::unique_ptr<rpc::Server> server_;
  std::unique_ptr<v1::ResultGateService::Stub> results_;
  std::unique_ptr<v1::ReviewService::Stub> reviews_;
  std::unique_ptr<v1::AuditService::Stub> audit_;
  std::unique_ptr<v1::PolicyService::Stub> policies_;
  std::unique_ptr<v1::PatientService::Stub> patients_;
  std::unique_ptr<v1::DirectoryService::Stub> directory_;
  std::unique_ptr<v1::ReleaseService::Stub> releases_;
  std::unique_ptr<v1::OutreachService::Stub> outreach_;
  Portal portal_;
};

}  // namespace resultgate::scenario

#endif  // RESULTGATE_TESTS_SCENARIO_WORLD_H_

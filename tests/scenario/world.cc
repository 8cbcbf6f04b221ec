#include "tests/scenario/world.h"

#include <algorithm>
#include <future>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/file_issue.h"
#include "server/comment/library.h"
#include "server/intake/intake.h"
#include "server/policy/outcomes.h"
#include "server/store/sqlite/sqlite_store.h"
#include "tests/testing/packs.h"

namespace resultgate::scenario {
namespace {

std::shared_ptr<const policy::LoadedPack> DefaultPack() {
  static const auto* pack = new std::shared_ptr<const policy::LoadedPack>(
      std::make_shared<policy::LoadedPack>(testing::LoadPackWithFiles("policies/default")));
  return *pack;
}

// The project's templates, compiled once against the project's value sets: packs of a test bring fewer.
std::shared_ptr<const comment::Library> Templates() {
  static const auto* library = [] {
    base::FileIssues issues;
    comment::Library::Options options;
    options.development = true;
    auto loaded = comment::Library::Load("templates", *testing::ShippedValueSets(), options, &issues);
    EXPECT_NE(loaded, nullptr) << base::Format(issues);
    return new std::shared_ptr<const comment::Library>(std::move(loaded));
  }();
  return *library;
}

bool IsNumber(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
}

}  // namespace

std::string Oru::ToString() const {
  std::string text =
      absl::StrCat("MSH|^~\\&|LAB|NORTH|GATE|NORTH|", issued, "||ORU^R01|", message_id, "|P|2.5.1\rPID|1||", mrn,
                   "^^^MRN^MR||||19700504|F\rOBR|1||", filler, "^LAB|", service,
                   "^^LN|||20260306080000-0500|||||||||1234567893^^^^^^^^NPI||||||", issued, "||", section, "|", status, "\r");
  int number = 0;
  for (const Obx& obx : observations) {
    absl::StrAppend(&text, "OBX|", ++number, "|", obx.value.empty() || IsNumber(obx.value) ? "NM" : "TX", "|", obx.loinc,
                    "^^LN||", obx.value, "||", "|", obx.value.empty() ? "" : obx.flag, "|||", obx.status, "||||||||", obx.time,
                    "\r");
  }
  for (const std::string& segment : segments) absl::StrAppend(&text, segment, "\r");
  return text;
}

int Portal::Read(bool again) {
  grpc::ClientContext context;
  v1::StreamReleasesRequest request;
  request.set_after_sequence(again ? 0 : seen_);
  request.set_unacknowledged_only(again);
  request.set_until_current(true);
  const auto stream = stub_->StreamReleases(&context, request);
  v1::StreamReleasesResponse response;
  int count = 0;
  while (stream->Read(&response)) {
    ++count;
    Do(response.release());
    seen_ = std::max<int64_t>(seen_, response.release().sequence());
    unacknowledged_.push_back(response.release().sequence());
  }
  const grpc::Status status = stream->Finish();
  EXPECT_TRUE(status.ok()) << status.error_message();
  return count;
}

void Portal::Acknowledge() {
  if (unacknowledged_.empty()) return;
  grpc::ClientContext context;
  v1::AcknowledgeReleasesRequest request;
  for (const int64_t sequence : unacknowledged_) request.add_sequences(sequence);
  v1::AcknowledgeReleasesResponse response;
  const grpc::Status status = stub_->AcknowledgeReleases(&context, request, &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  unacknowledged_.clear();
}

void Portal::Do(const v1::Release& release) {
  int64_t& last = report_sequences_[release.result_id()];
  if (release.report_sequence() <= last) {
    ++repeated_;
    return;
  }
  last = release.report_sequence();
  for (const int audience : release.audiences()) {
    // Whatever comes next of the result takes its place.
    const auto notice =
        std::make_tuple(release.patient_identifiers(0).value(), static_cast<v1::Audience>(audience), release.result_id());
    notices_.erase(notice);
    if (release.kind() == v1::RELEASE_KIND_IN_PROCESS) {
      notices_[notice] = {release.kind(), "", release.comment(), release.version(), release.notification()};
    }
    for (const std::string& unit : release.unit_ids()) {
      const Place place(release.patient_identifiers(0).value(), static_cast<v1::Audience>(audience), unit, release.result_id());
      if (release.kind() == v1::RELEASE_KIND_RETRACTION) {
        shown_.erase(place);
        continue;
      }
      Shown shown{release.kind(), "", release.comment(), release.version(), release.notification()};
      for (const v1::Observation& observation : release.content().observations()) {
        if (observation.id() == unit) {
          shown.content = observation.has_quantity() ? observation.quantity().value() : observation.text();
        }
      }
      if (unit == "document") {
        shown.content = release.content().narrative();
        const bool in_files = shown.content.empty();
        for (const v1::Attachment& file : release.content().presented_forms()) shown.content += in_files ? file.data() : "";
      }
      shown_[place] = std::move(shown);
    }
  }
}

Shown Portal::ShownTo(const std::string& mrn, const std::string& unit, v1::Audience audience) const {
  for (const auto& [place, shown] : shown_) {
    if (std::get<0>(place) == mrn && std::get<1>(place) == audience && std::get<2>(place) == unit) return shown;
  }
  return Shown();
}

Shown Portal::NoticeOf(const std::string& mrn, int64_t result_id, v1::Audience audience) const {
  const auto found = notices_.find({mrn, audience, result_id});
  return found == notices_.end() ? Shown() : found->second;
}

std::string Portal::See(const std::string& mrn, const std::string& unit, v1::Audience audience) const {
  const Shown shown = ShownTo(mrn, unit, audience);
  switch (shown.kind) {
    case v1::RELEASE_KIND_RESULT:
      return shown.content;
    case v1::RELEASE_KIND_CANCELLED:
      return "not performed";
    case v1::RELEASE_KIND_BEING_CORRECTED:
      return "being corrected";
    default:
      return "";
  }
}

ScenarioTest::ScenarioTest() : pack_(DefaultPack()) {
  Start();
}

ScenarioTest::~ScenarioTest() {
  Stop();
}

void ScenarioTest::UsePack(const v1::PackFiles& files) {
  Stop();
  base::FileIssues issues;
  pack_ = std::make_shared<policy::LoadedPack>(policy::LoadPackFiles(files, &issues));
  ASSERT_NE(pack_->pack, nullptr) << base::Format(issues);
  ++databases_;
  portal_ = Portal();
  Start();
}

void ScenarioTest::Stop() {
  server_.reset();
  gate_.reset();
  store_.reset();
}

void ScenarioTest::Start() {
  absl::StatusOr<std::unique_ptr<store::Store>> store =
      store::OpenSqlite(absl::StrCat(folder_.path(), "/gate", databases_, ".db"));
  ASSERT_TRUE(store.ok()) << store.status();
  store_ = *std::move(store);
  absl::StatusOr<std::unique_ptr<gate::Gate>> gate = gate::Gate::Start(
      store_.get(), &clock_, *pack_, [](const auto&, auto*) { return Templates(); }, gate::Options());
  ASSERT_TRUE(gate.ok()) << gate.status();
  gate_ = *std::move(gate);
  rpc::ServerOptions options;
  options.address = "127.0.0.1:0";
  options.drain = absl::Milliseconds(100);
  absl::StatusOr<std::unique_ptr<rpc::Server>> server = rpc::Server::Start(gate_.get(), options);
  ASSERT_TRUE(server.ok()) << server.status();
  server_ = *std::move(server);
  const auto channel = grpc::CreateChannel(absl::StrCat("127.0.0.1:", server_->port()), grpc::InsecureChannelCredentials());
  results_ = v1::ResultGateService::NewStub(channel);
  reviews_ = v1::ReviewService::NewStub(channel);
  audit_ = v1::AuditService::NewStub(channel);
  policies_ = v1::PolicyService::NewStub(channel);
  patients_ = v1::PatientService::NewStub(channel);
  releases_ = v1::ReleaseService::NewStub(channel);
  directory_ = v1::DirectoryService::NewStub(channel);
  outreach_ = v1::OutreachService::NewStub(channel);
  portal_.Connect(channel);
  grpc::ClientContext context;
  v1::PutOwnerRequest request;
  v1::PutOwnerResponse response;
  request.set_actor("staff-office");
  request.mutable_owner()->set_id(pack_->pack->refusal_owner());
  request.mutable_owner()->set_kind(v1::OWNER_KIND_POOL);
  request.mutable_owner()->add_members("reviewer-2");
  const grpc::Status status = directory_->PutOwner(&context, request, &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
}

v1::DiagnosticReport ScenarioTest::Read(const std::string& text) {
  const std::vector<intake::Message> messages = intake::ReadMessages(text, intake::Options());
  EXPECT_EQ(messages.size(), 1u);
  EXPECT_EQ(messages[0].reports.size(), 1u) << (messages[0].refused.empty() ? "" : messages[0].refused[0].message());
  return messages[0].reports.empty() ? v1::DiagnosticReport() : messages[0].reports[0];
}

Response ScenarioTest::Submit(const v1::DiagnosticReport& report) {
  grpc::ClientContext context;
  v1::SubmitResultRequest request;
  *request.mutable_report() = report;
  request.set_accept_test_message(true);
  Response response;
  const grpc::Status status = results_->SubmitResult(&context, request, &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  return response;
}

grpc::Status ScenarioTest::Approve(int64_t result_id, int version, const std::string& reviewer) {
  v1::GetReviewRequest read;
  read.set_result_id(result_id);
  v1::GetReviewResponse review;
  grpc::ClientContext reading;
  if (grpc::Status status = reviews_->GetReview(&reading, read, &review); !status.ok()) return status;
  grpc::ClientContext context;
  v1::ApproveReviewRequest request;
  request.set_result_id(result_id);
  request.set_version(version);
  request.set_reviewer(reviewer);
  request.set_etag(review.etag());
  v1::ApproveReviewResponse response;
  return reviews_->ApproveReview(&context, request, &response);
}

std::vector<v1::PendingReview> ScenarioTest::Reviews(const std::string& owner) {
  grpc::ClientContext context;
  v1::ListReviewsRequest request;
  request.set_owner(owner);
  v1::ListReviewsResponse response;
  const grpc::Status status = reviews_->ListReviews(&context, request, &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  return {response.reviews().begin(), response.reviews().end()};
}

v1::Result ScenarioTest::Get(int64_t id) {
  grpc::ClientContext context;
  v1::GetResultRequest request;
  request.set_result_id(id);
  v1::GetResultResponse response;
  const grpc::Status status = results_->GetResult(&context, request, &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  return response.result();
}

std::vector<v1::Entry> ScenarioTest::Entries(v1::EntryKind kind, int64_t result_id) {
  grpc::ClientContext context;
  v1::ListEntriesRequest request;
  request.set_kind(kind);
  request.set_result_id(result_id);
  request.set_page_size(1000);
  v1::ListEntriesResponse response;
  const grpc::Status status = audit_->ListEntries(&context, request, &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  return {response.entries().begin(), response.entries().end()};
}

v1::Outcome ScenarioTest::OutcomeOf(int64_t id, const std::string& unit, v1::Audience audience) {
  for (policy::Cell& cell : policy::ToCells(Get(id).decision().outcomes())) {
    if (cell.unit_id == unit && cell.audience == audience) return cell.outcome;
  }
  ADD_FAILURE() << "result " << id << " has no unit " << unit;
  return v1::Outcome();
}

void ScenarioTest::MoveTo(absl::Time time) {
  for (;;) {
    const absl::StatusOr<absl::Time> due = store_->EarliestDue();
    ASSERT_TRUE(due.ok()) << due.status();
    clock_.Set(std::clamp(*due, clock_.Now(), time));
    if (*due > time) return;
    // A piece of work goes through the writer, which looks at what is due after each.
    std::promise<void> done;
    gate_->Acknowledge({}, [&done](const auto&) { done.set_value(); });
    done.get_future().wait();
  }
}

std::string ScenarioTest::See(const std::string& unit, const std::string& mrn, v1::Audience audience) {
  portal_.Read();
  return portal_.See(mrn, unit, audience);
}

v1::Comment ScenarioTest::CommentOf(const std::string& unit, const std::string& mrn) {
  portal_.Read();
  return portal_.ShownTo(mrn, unit).comment;
}

}  // namespace resultgate::scenario

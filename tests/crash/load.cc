#include "tests/crash/load.h"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <csignal>
#include <deque>
#include <optional>
#include <thread>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "server/base/proto_time.h"
#include "tests/testing/sample_reports.h"

namespace resultgate::crash {
namespace {

// Large groups of submissions leave approvals few turns; so it is small ones every other time.
constexpr int kMostInFlight = 64;
constexpr int kFewInFlight = 4;
constexpr int kClinicians = 4;
// Of so many submissions one is a correction.
constexpr int kCorrectionEvery = 8;
// So many releases the portal acknowledges together.
constexpr size_t kTakenTogether = 4;
// Mammograms wait for two working days from when they were issued, to the second: those of a day come due about eight in the
// morning of another day, a few milliseconds apart, while the gate is at work.
constexpr int kFirstDueMs = -1000;
constexpr int kDueWithinMs = 4000;

bool IsBiopsy(int number) {
  return number % 3 == 0;
}

// Every other biopsy is approved; time ends the holds of the others.
bool IsToBeApproved(int number) {
  return number % 6 == 3;
}

v1::DiagnosticReport Mammogram(int number) {
  v1::DiagnosticReport report = testing::Biopsy(number);
  report.set_section(v1::SECTION_IMAGING);
  v1::Coding* coding = report.mutable_code()->mutable_codings(0);
  coding->set_code("24606-6");
  coding->set_display("MG Breast Screening");
  *report.mutable_order()->mutable_code() = report.code();
  report.set_narrative(absl::StrCat("Mammogram ", number, ": no finding."));
  report.clear_conclusion();
  return report;
}

// Every third report is held for a review, every sixth for a fixed time, the others are released at once.
v1::DiagnosticReport FirstVersion(int number) {
  return IsBiopsy(number) ? testing::Biopsy(number) : number % 6 == 1 ? Mammogram(number) : testing::BloodCount(number);
}

void SetIssued(absl::Time issued, v1::DiagnosticReport* report) {
  *report->mutable_issued() = base::ToProto(issued);
  for (v1::Observation& observation : *report->mutable_observations()) *observation.mutable_issued() = report->issued();
}

void Correct(v1::DiagnosticReport* report) {
  report->set_status(v1::RESULT_STATUS_CORRECTED);
  if (report->observations_size() > 0) {
    report->mutable_observations(0)->set_status(v1::RESULT_STATUS_CORRECTED);
    report->mutable_observations(0)->mutable_quantity()->set_value("12.9");
  } else {
    report->set_narrative(absl::StrCat(report->narrative(), " The side was wrong before."));
  }
}

std::string IdOf(const Version& version) {
  return absl::StrCat(version.number, version.corrected ? " corrected" : "");
}

Version VersionOf(absl::string_view id) {
  Version version;
  version.corrected = absl::ConsumeSuffix(&id, " corrected");
  EXPECT_TRUE(absl::SimpleAtoi(id, &version.number)) << id;
  return version;
}

// True for what a call is told whose server was killed.
bool IsCutOff(const grpc::Status& status) {
  return status.error_code() == grpc::StatusCode::UNAVAILABLE;
}

// Kills the server a moment after so many answers of all kinds. Thread-safe.
class Killer {
 public:
  Killer(testing::ServerProcess* server, int answers, std::chrono::microseconds then)
      : server_(*server), answers_(answers), then_(then) {}
  ~Killer() {
    if (thread_.joinable()) thread_.join();
  }

  void Answered() {
    if (++answered_ != answers_) return;
    thread_ = std::thread([this] {
      std::this_thread::sleep_for(then_);  // anywhere within a commit
      server_.Kill();
    });
  }
  int answered() const { return answered_; }

 private:
  testing::ServerProcess& server_;
  const int answers_;
  const std::chrono::microseconds then_;
  std::atomic<int> answered_{0};
  std::thread thread_;
};

// Numbers that are to be approved, in the order in which they were answered. Thread-safe.
class Inbox {
 public:
  void Add(int number, int64_t result_id) {
    const std::lock_guard<std::mutex> lock(mutex_);
    waiting_.emplace_back(number, result_id);
    wake_.notify_one();
  }
  void Close() {
    const std::lock_guard<std::mutex> lock(mutex_);
    closed_ = true;
    wake_.notify_all();
  }
  // nullopt once it is closed.
  std::optional<std::pair<int, int64_t>> Next() {
    std::unique_lock<std::mutex> lock(mutex_);
    wake_.wait(lock, [this] { return closed_ || !waiting_.empty(); });
    if (closed_) return std::nullopt;
    const auto next = waiting_.front();
    waiting_.pop_front();
    return next;
  }

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::pair<int, int64_t>> waiting_;
  bool closed_ = false;
};

// A new report, or now and then a correction of one that was answered.
Version NextToSend(int day, std::mt19937* random, Client* client) {
  const std::lock_guard<std::mutex> lock(client->mutex);
  if ((*random)() % kCorrectionEvery == 0 && client->next > 1) {
    const int number = 1 + static_cast<int>((*random)() % static_cast<uint32_t>(client->next - 1));
    if (client->acknowledged.count({number, false}) > 0 && client->corrected.insert(number).second) return {number, true};
  }
  client->days[client->next] = day;
  return {client->next++, false};
}

// Follows the releases and acknowledges them, some at a time, until the stream breaks.
void FollowAsPortal(const Stubs& stubs, const std::function<void()>& answered, Client* client) {
  grpc::ClientContext context;
  v1::StreamReleasesRequest request;
  request.set_unacknowledged_only(true);
  const auto stream = stubs.releases->StreamReleases(&context, request);
  v1::StreamReleasesResponse response;
  v1::AcknowledgeReleasesRequest shown;
  while (stream->Read(&response)) {
    {
      const std::lock_guard<std::mutex> lock(client->mutex);
      EXPECT_EQ(client->taken.count(response.release().sequence()), 0) << "it was acknowledged";
      client->shown.emplace(response.release().sequence(), response.release().idempotency_key());
    }
    shown.add_sequences(response.release().sequence());
    if (static_cast<size_t>(shown.sequences_size()) < kTakenTogether) continue;
    grpc::ClientContext acknowledge_context;
    v1::AcknowledgeReleasesResponse acknowledged;
    const grpc::Status status = stubs.releases->AcknowledgeReleases(&acknowledge_context, shown, &acknowledged);
    EXPECT_TRUE(status.ok() || IsCutOff(status)) << status.error_message();
    if (status.ok()) {
      const std::lock_guard<std::mutex> lock(client->mutex);
      client->taken.insert(shown.sequences().begin(), shown.sequences().end());
      answered();
    }
    shown.clear_sequences();
  }
  stream->Finish();
}

}  // namespace

absl::Time Morning(int day) {
  absl::TimeZone zone;
  EXPECT_TRUE(absl::LoadTimeZone("America/New_York", &zone));
  absl::CivilDay date(2026, 3, 6);
  for (int i = 0; i < day; ++i) date += absl::GetWeekday(date) == absl::Weekday::friday ? 3 : 1;
  return absl::FromCivil(absl::CivilHour(date.year(), date.month(), date.day(), 8), zone);
}

v1::DiagnosticReport Client::Report(const Version& version) const {
  v1::DiagnosticReport report = FirstVersion(version.number);
  const auto day = days.find(version.number);
  EXPECT_TRUE(day != days.end()) << version.number;
  // On the working day before it is sent.
  const absl::Time issued = Morning(day->second - 1) + absl::Milliseconds(kFirstDueMs + version.number * 37 % kDueWithinMs);
  SetIssued(issued + (version.corrected ? absl::Hours(1) : absl::ZeroDuration()), &report);
  if (version.corrected) Correct(&report);
  return report;
}

std::string ReviewerOf(int number) {
  return absl::StrCat("D", 1000 + number);
}

void Submit(const Stubs& stubs, const Client& client, int most_in_flight, const std::function<Version()>& next,
            const std::function<void(const Version&, const v1::SubmitResultResponse&)>& answered) {
  grpc::ClientContext context;
  const auto stream = stubs.results->SubmitResults(&context);
  std::mutex mutex;
  std::condition_variable wake;
  int in_flight = 0;
  bool broken = false;

  std::thread writer([&] {
    while (true) {
      {
        std::unique_lock<std::mutex> lock(mutex);
        wake.wait(lock, [&] { return broken || in_flight < most_in_flight; });
        if (broken) return;
      }
      const Version version = next();
      if (version.number == 0) break;
      v1::SubmitResultsRequest request;
      request.add_items()->set_id(IdOf(version));
      // Days are added by `next` alone, on this thread.
      *request.mutable_items(0)->mutable_request()->mutable_report() = client.Report(version);
      {
        const std::lock_guard<std::mutex> lock(mutex);
        ++in_flight;
      }
      if (!stream->Write(request)) return;
    }
    stream->WritesDone();
  });

  v1::SubmitResultsResponse response;
  while (stream->Read(&response)) {
    for (const auto& answer : response.answers()) {
      EXPECT_TRUE(answer.has_response()) << answer.id() << ": " << answer.error().ShortDebugString();
      if (answer.has_response()) answered(VersionOf(answer.id()), answer.response());
    }
    const std::lock_guard<std::mutex> lock(mutex);
    in_flight -= response.answers_size();
    wake.notify_one();
  }
  {
    const std::lock_guard<std::mutex> lock(mutex);
    broken = true;
    wake.notify_one();
  }
  writer.join();
  stream->Finish();
}

void Approve(const Stubs& stubs, int number, int64_t result_id, Client* client) {
  v1::GetReviewRequest read;
  read.set_result_id(result_id);
  v1::GetReviewResponse review;
  grpc::ClientContext read_context;
  const grpc::Status was_read = stubs.reviews->GetReview(&read_context, read, &review);
  EXPECT_TRUE(was_read.ok() || IsCutOff(was_read)) << was_read.error_message();
  if (!was_read.ok()) return;
  v1::ApproveReviewRequest request;
  request.set_result_id(result_id);
  request.set_version(review.result().version());
  request.set_reviewer(ReviewerOf(number));
  request.set_etag(review.etag());
  {
    const std::lock_guard<std::mutex> lock(client->mutex);
    client->approved.insert(number);
  }
  v1::ApproveReviewResponse response;
  grpc::ClientContext context;
  const grpc::Status status = stubs.reviews->ApproveReview(&context, request, &response);
  // A correction, or the clock, may have come between.
  EXPECT_TRUE(status.ok() || IsCutOff(status) || status.error_code() == grpc::StatusCode::ABORTED ||
              status.error_code() == grpc::StatusCode::FAILED_PRECONDITION)
      << status.error_message();
  const std::lock_guard<std::mutex> lock(client->mutex);
  if (status.ok()) client->approvals.emplace(number, response);
}

void WorkUntilKilled(testing::ServerProcess* server, int day, int answers, std::chrono::microseconds then, uint32_t seed,
                     Client* client) {
  const Stubs stubs(server->address());
  std::mt19937 random(seed);
  Inbox inbox;
  Killer killer(server, answers, then);
  std::vector<std::thread> clinicians;
  for (int i = 0; i < kClinicians; ++i) {
    clinicians.emplace_back([&] {
      while (const auto next = inbox.Next()) {
        Approve(stubs, next->first, next->second, client);
        const std::lock_guard<std::mutex> lock(client->mutex);
        if (client->approvals.count(next->first) > 0) killer.Answered();
      }
    });
  }
  std::thread portal([&] {
    FollowAsPortal(
        stubs, [&] { killer.Answered(); }, client);
  });
  Submit(
      stubs, *client, seed % 2 == 0 ? kMostInFlight : kFewInFlight, [&] { return NextToSend(day, &random, client); },
      [&](const Version& version, const v1::SubmitResultResponse& response) {
        EXPECT_EQ(response.disposal(),
                  version.corrected ? v1::SubmitResultResponse::DISPOSAL_NEW_VERSION : v1::SubmitResultResponse::DISPOSAL_NEW)
            << IdOf(version);
        {
          const std::lock_guard<std::mutex> lock(client->mutex);
          EXPECT_TRUE(client->acknowledged.emplace(version, response).second) << IdOf(version) << " was answered twice";
        }
        if (!version.corrected && IsToBeApproved(version.number)) inbox.Add(version.number, response.result_id());
        killer.Answered();
      });
  inbox.Close();
  for (std::thread& clinician : clinicians) clinician.join();
  portal.join();
  EXPECT_GE(killer.answered(), answers) << "the stream broke before the kill: " << server->Output();
  EXPECT_EQ(server->Wait(), 128 + SIGKILL);
}

}  // namespace resultgate::crash

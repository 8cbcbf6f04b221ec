// kill -9 in the middle of a stream of submissions, restart, and look: what was acknowledged is there, once.
//
// The kill ends the process, not the machine: what the operating system has in its page cache survives, so this is about the
// gate's transactions and its recovery. Lost fsyncs are tests/store's business.
//
// RESULTGATE_KILLS: how often (100). RESULTGATE_SEED: the seed of a run that failed, which it printed.
#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "resultgate/v1/audit_service.grpc.pb.h"
#include "resultgate/v1/release_service.grpc.pb.h"
#include "resultgate/v1/result_gate_service.grpc.pb.h"
#include "server/audit/checkpoint.h"
#include "server/audit/log_verifier.h"
#include "server/gate/replay_log.h"
#include "server/gate/stored_check.h"
#include "server/store/sqlite/log_file.h"
#include "tests/testing/sample_reports.h"
#include "tests/testing/server_process.h"

namespace resultgate {
namespace {

using ::google::protobuf::util::MessageDifferencer;
using ::resultgate::testing::ServerProcess;
using ::resultgate::testing::TemporaryFolder;

constexpr int kInFlight = 64;
// A new database after so many kills, so that looking through all of it stays quick.
constexpr int kKillsPerDatabase = 20;

int FromEnvironment(const char* name, int fallback) {
  const char* text = std::getenv(name);
  int value = 0;
  return text != nullptr && absl::SimpleAtoi(text, &value) ? value : fallback;
}

// Every third report is held for a review, the others are released at once: both ways are cut off in the middle.
v1::DiagnosticReport Report(int number) {
  return number % 3 == 0 ? testing::Biopsy(number) : testing::BloodCount(number);
}

// What a client knows: the numbers that it sent, and what was acknowledged.
struct Client {
  int next = 1;  // numbers below it were sent
  std::map<int, v1::SubmitResultResponse> acknowledged;
};

// Connections to one server; without them nothing of gRPC's outlives it.
struct Stubs {
  explicit Stubs(const std::string& address) : channel(grpc::CreateChannel(address, grpc::InsecureChannelCredentials())) {}

  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<v1::ResultGateService::Stub> results = v1::ResultGateService::NewStub(channel);
  std::unique_ptr<v1::ReleaseService::Stub> releases = v1::ReleaseService::NewStub(channel);
  std::unique_ptr<v1::AuditService::Stub> audit = v1::AuditService::NewStub(channel);
};

// Submits reports on one stream, at most kInFlight unanswered, until `next` gives 0 or the stream breaks. `answered` is called
// with each answer, on this thread; answers of one message come before the next message is read.
void Submit(const Stubs& stubs, const std::function<int()>& next,
            const std::function<void(int, const v1::SubmitResultResponse&)>& answered) {
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
        wake.wait(lock, [&] { return broken || in_flight < kInFlight; });
        if (broken) return;
      }
      const int number = next();
      if (number == 0) break;
      v1::SubmitResultsRequest request;
      request.add_items()->set_id(absl::StrCat(number));
      *request.mutable_items(0)->mutable_request()->mutable_report() = Report(number);
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
      int number = 0;
      EXPECT_TRUE(absl::SimpleAtoi(answer.id(), &number)) << answer.id();
      EXPECT_TRUE(answer.has_response()) << number << ": " << answer.error().ShortDebugString();
      if (answer.has_response()) answered(number, answer.response());
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

// New reports until the server, killed at a random moment after `acknowledgements` answers, is gone.
void SubmitUntilKilled(ServerProcess* server, int acknowledgements, std::chrono::microseconds then, Client* client) {
  const Stubs stubs(server->address());
  int answers = 0;
  std::thread killer;
  Submit(
      stubs, [client] { return client->next++; },
      [&](int number, const v1::SubmitResultResponse& response) {
        EXPECT_EQ(response.disposal(), v1::SubmitResultResponse::DISPOSAL_NEW);
        EXPECT_TRUE(client->acknowledged.emplace(number, response).second) << "number " << number << " was answered twice";
        if (++answers == acknowledgements) {
          killer = std::thread([server, then] {
            std::this_thread::sleep_for(then);  // anywhere within a commit
            server->Kill();
          });
        }
      });
  if (killer.joinable()) killer.join();
  EXPECT_GE(answers, acknowledgements) << "the stream broke before the kill: " << server->Output();
  EXPECT_EQ(server->Wait(), 128 + SIGKILL);
}

// What a server holds, read by its API from the first page to the last.
struct Kept {
  std::map<int, v1::Result> results;  // by the number of the report
  std::vector<v1::Entry> entries;
  std::vector<v1::Release> releases;
};

Kept ReadAll(const Stubs& stubs) {
  Kept kept;
  v1::ListResultsRequest list_results;
  list_results.set_page_size(1000);
  do {
    grpc::ClientContext context;
    v1::ListResultsResponse page;
    const grpc::Status status = stubs.results->ListResults(&context, list_results, &page);
    EXPECT_TRUE(status.ok()) << status.error_message();
    for (v1::Result& result : *page.mutable_results()) {
      int number = 0;
      EXPECT_TRUE(absl::SimpleAtoi(result.report().order().filler_order_number().substr(1), &number));
      EXPECT_TRUE(kept.results.emplace(number, result).second) << "report " << number << " is there twice";
    }
    list_results.set_page_token(page.next_page_token());
  } while (!list_results.page_token().empty());

  v1::ListEntriesRequest list_entries;
  list_entries.set_page_size(1000);
  do {
    grpc::ClientContext context;
    v1::ListEntriesResponse page;
    const grpc::Status status = stubs.audit->ListEntries(&context, list_entries, &page);
    EXPECT_TRUE(status.ok()) << status.error_message();
    kept.entries.insert(kept.entries.end(), page.entries().begin(), page.entries().end());
    list_entries.set_page_token(page.next_page_token());
  } while (!list_entries.page_token().empty());

  grpc::ClientContext context;
  v1::StreamReleasesRequest stream_releases;
  stream_releases.set_until_current(true);
  const auto stream = stubs.releases->StreamReleases(&context, stream_releases);
  v1::StreamReleasesResponse response;
  while (stream->Read(&response)) kept.releases.push_back(response.release());
  const grpc::Status status = stream->Finish();
  EXPECT_TRUE(status.ok()) << status.error_message();
  return kept;
}

// Everything that was acknowledged is there as it was acknowledged, and nothing that was never sent.
void CheckResults(const Kept& kept, const Client& client) {
  for (const auto& [number, response] : client.acknowledged) {
    const auto found = kept.results.find(number);
    ASSERT_TRUE(found != kept.results.end()) << "report " << number << " was acknowledged and is gone";
    const v1::Result& result = found->second;
    EXPECT_EQ(result.id(), response.result_id()) << "report " << number;
    EXPECT_EQ(result.version(), 1) << "report " << number;
    EXPECT_TRUE(MessageDifferencer::Equals(result.decision(), response.decision()))
        << "report " << number << " was answered\n"
        << response.decision().ShortDebugString() << "\nand is kept as\n"
        << result.decision().ShortDebugString();
  }
  for (const auto& [number, result] : kept.results) {
    EXPECT_LT(number, client.next);
    EXPECT_TRUE(MessageDifferencer::Equals(result.report().code(), Report(number).code())) << "report " << number;
  }
}

// What `resultgate audit verify` and `audit replay` do, on the file as the kill left it: every entry is under the signed head,
// the head is signed, what is kept beside the log is what it says, and all was decided as it is decided now. `checkpoints` are
// what the gate gave out before the kill: nothing of that may be missing.
void CheckProof(const std::string& database, const std::vector<std::string>& checkpoints) {
  const absl::StatusOr<audit::VerifierKey> key = store::KeyBeside(database);
  ASSERT_TRUE(key.ok()) << key.status();
  std::vector<audit::Checkpoint> witnessed;
  for (const std::string& note : checkpoints) {
    const absl::StatusOr<audit::Checkpoint> checkpoint = audit::VerifyCheckpoint(note, *key);
    ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
    witnessed.push_back(*checkpoint);
  }
  const absl::StatusOr<std::unique_ptr<store::LogFile>> log = store::OpenLogFile(database);
  ASSERT_TRUE(log.ok()) << log.status();
  const absl::StatusOr<audit::LogReport> report = (*log)->Verify(*key, witnessed, nullptr);
  ASSERT_TRUE(report.ok()) << report.status();
  for (const audit::Finding& finding : report->findings) ADD_FAILURE() << finding.message;
  const absl::StatusOr<gate::StoredReport> stored = gate::CheckStored(**log, nullptr);
  ASSERT_TRUE(stored.ok()) << stored.status();
  for (const std::string& finding : stored->findings) ADD_FAILURE() << finding;
  const absl::StatusOr<gate::ReplayReport> replayed = gate::ReplayLog(**log, {}, nullptr);
  ASSERT_TRUE(replayed.ok()) << replayed.status();
  EXPECT_EQ(replayed->different + replayed->not_kept, 0);
}

std::string CheckpointOf(const Stubs& stubs) {
  grpc::ClientContext context;
  v1::GetCheckpointResponse response;
  const grpc::Status status = stubs.audit->GetCheckpoint(&context, {}, &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  return response.checkpoint();
}

// The log has no gap, each result is taken in once, and each start is there.
void CheckEntries(const Kept& kept, int starts) {
  std::map<int64_t, int> taken_in;
  int started = 0;
  int64_t sequence = 0;
  for (const v1::Entry& entry : kept.entries) {
    EXPECT_EQ(entry.sequence(), ++sequence);
    started += entry.has_started();
    if (entry.has_decided() && entry.decided().disposal() == v1::SubmitResultResponse::DISPOSAL_NEW)
      ++taken_in[entry.result_id()];
  }
  EXPECT_EQ(started, starts);
  EXPECT_EQ(taken_in.size(), kept.results.size());
  for (const auto& [number, result] : kept.results) EXPECT_EQ(taken_in[result.id()], 1) << "report " << number;
}

// What results and log say of releases is what the stream gives, and nothing goes out twice.
void CheckReleases(const Kept& kept) {
  std::set<int64_t> in_stream, in_log, in_results;
  std::set<std::string> keys, units;
  int64_t last = 0;
  for (const v1::Release& release : kept.releases) {
    EXPECT_GT(release.sequence(), last);
    last = release.sequence();
    in_stream.insert(release.sequence());
    EXPECT_TRUE(keys.insert(release.idempotency_key()).second) << release.idempotency_key();
    for (const std::string& unit : release.unit_ids()) {
      for (const int audience : release.audiences()) {
        EXPECT_TRUE(units.insert(absl::StrCat(release.result_id(), " ", unit, " ", audience)).second)
            << "unit " << unit << " of result " << release.result_id() << " was released twice";
      }
    }
  }
  for (const v1::Entry& entry : kept.entries) {
    for (const v1::ReleaseNote& note : entry.decided().releases()) EXPECT_TRUE(in_log.insert(note.sequence()).second);
  }
  for (const auto& [number, result] : kept.results) {
    for (const v1::Outcome& outcome : result.decision().outcomes()) {
      if (outcome.state() == v1::OUTCOME_STATE_RELEASED) in_results.insert(outcome.release_sequence());
    }
  }
  EXPECT_EQ(in_log, in_stream);
  EXPECT_EQ(in_results, in_stream);
  EXPECT_FALSE(in_stream.empty());
}

// Sends again what was sent from `first` on, as a sender does that got no answer: what was acknowledged is answered as it was,
// what is kept is a duplicate, and what is lost is taken in now.
void SendAgain(const Stubs& stubs, const Kept& kept, int first, Client* client) {
  int number = first;
  Submit(
      stubs, [&] { return number < client->next ? number++ : 0; },
      [&](int answered, const v1::SubmitResultResponse& response) {
        const auto found = kept.results.find(answered);
        const bool was_kept = found != kept.results.end();
        EXPECT_EQ(response.disposal(),
                  was_kept ? v1::SubmitResultResponse::DISPOSAL_DUPLICATE : v1::SubmitResultResponse::DISPOSAL_NEW)
            << "report " << answered;
        if (was_kept) {
          EXPECT_EQ(response.result_id(), found->second.id()) << "report " << answered;
          EXPECT_TRUE(MessageDifferencer::Equals(response.decision(), found->second.decision())) << "report " << answered;
        }
        client->acknowledged.emplace(answered, response);
      });
}

TEST(CrashTest, WhatWasAcknowledgedIsThereOnce) {
  const int kills = FromEnvironment("RESULTGATE_KILLS", 100);
  const int seed = FromEnvironment("RESULTGATE_SEED", 1);
  std::cout << kills << " kills, RESULTGATE_SEED=" << seed << std::endl;
  std::mt19937 random(seed);

  int lost_unacknowledged = 0;
  size_t acknowledged = 0;
  for (int done = 0; done < kills && !HasFailure();) {
    const TemporaryFolder folder;
    const std::string database = folder.path() + "/resultgate.db";
    Client client;
    int starts = 0;
    std::vector<std::string> checkpoints;
    for (int i = 0; i < kKillsPerDatabase && done < kills && !HasFailure(); ++i, ++done) {
      SCOPED_TRACE(absl::StrCat("kill ", done + 1, " of seed ", seed));
      const int before = client.next;
      const int acknowledgements = std::uniform_int_distribution<int>(1, 300)(random);
      const std::chrono::microseconds then(std::uniform_int_distribution<int>(0, 10'000)(random));

      absl::StatusOr<std::unique_ptr<ServerProcess>> server = testing::StartGate(RESULTGATE_BINARY, database);
      ASSERT_TRUE(server.ok()) << server.status();
      ++starts;
      SubmitUntilKilled(server->get(), acknowledgements, then, &client);
      CheckProof(database, checkpoints);

      server = testing::StartGate(RESULTGATE_BINARY, database);
      ASSERT_TRUE(server.ok()) << server.status();
      ++starts;
      {
        const Stubs stubs((*server)->address());
        const Kept kept = ReadAll(stubs);
        CheckResults(kept, client);
        CheckEntries(kept, starts);
        CheckReleases(kept);
        lost_unacknowledged += client.next - 1 - static_cast<int>(kept.results.size());
        SendAgain(stubs, kept, std::max(1, before - 100), &client);
        const Kept complete = ReadAll(stubs);
        EXPECT_EQ(complete.results.size(), client.next - 1) << "after sending again, everything is there";
        CheckResults(complete, client);
        CheckEntries(complete, starts);
        CheckReleases(complete);
        checkpoints.push_back(CheckpointOf(stubs));
      }
      EXPECT_EQ((*server)->Stop(), 0) << (*server)->Output();
      if ((done + 1) % 10 == 0) std::cout << done + 1 << " kills" << std::endl;
    }
    acknowledged += client.acknowledged.size();
  }
  std::cout << acknowledged << " reports acknowledged and kept, " << lost_unacknowledged
            << " cut off unacknowledged and taken in when sent again" << std::endl;
}

}  // namespace
}  // namespace resultgate

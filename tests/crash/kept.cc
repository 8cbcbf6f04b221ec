#include "tests/crash/kept.h"

#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <thread>
#include <tuple>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "server/audit/checkpoint.h"
#include "server/audit/entry_facts.h"
#include "server/audit/log_verifier.h"
#include "server/base/proto_time.h"
#include "server/gate/replay_log.h"
#include "server/gate/stored_check.h"
#include "server/store/sqlite/log_file.h"

namespace resultgate::crash {
namespace {

using ::google::protobuf::util::MessageDifferencer;

void ReadResults(const Stubs& stubs, Kept* kept) {
  kept->results.clear();
  v1::ListResultsRequest request;
  request.set_page_size(1000);
  do {
    grpc::ClientContext context;
    v1::ListResultsResponse page;
    const grpc::Status status = stubs.results->ListResults(&context, request, &page);
    EXPECT_TRUE(status.ok()) << status.error_message();
    for (v1::Result& result : *page.mutable_results()) {
      int number = 0;
      EXPECT_TRUE(absl::SimpleAtoi(result.report().order().filler_order_number().substr(1), &number));
      EXPECT_TRUE(kept->results.emplace(number, result).second) << "report " << number << " is there twice";
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
}

bool IsDue(const Kept& kept, absl::Time now) {
  return std::any_of(kept.results.begin(), kept.results.end(), [now](const auto& result) {
    return result.second.has_due_at() && base::FromProto(result.second.due_at()) <= now;
  });
}

// A decision before the portal acknowledged anything of it.
v1::Decision BeforePublished(v1::Decision decision) {
  for (v1::Outcome& outcome : *decision.mutable_outcomes()) {
    if (outcome.state() == v1::OUTCOME_STATE_PUBLISHED) outcome.set_state(v1::OUTCOME_STATE_RELEASED);
  }
  return decision;
}

void ExpectSame(const v1::Decision& answered, const v1::Decision& kept, const std::string& what) {
  EXPECT_TRUE(MessageDifferencer::Equals(answered, kept)) << what << " was answered\n"
                                                          << answered.ShortDebugString() << "\nand is kept as\n"
                                                          << kept.ShortDebugString();
}

// The units and audiences of outcomes in one of these states.
std::set<std::string> Cells(const v1::Decision& decision, bool held) {
  std::set<std::string> cells;
  for (const v1::Outcome& outcome : decision.outcomes()) {
    if ((outcome.state() == v1::OUTCOME_STATE_HELD) != held) continue;
    for (const std::string& unit : outcome.unit_ids()) {
      for (const int audience : outcome.audiences()) cells.insert(absl::StrCat(unit, " ", audience));
    }
  }
  return cells;
}

// Results about which a person or the clock did something after they were taken in first, other than that it was sent, read or
// acknowledged.
std::set<int64_t> MovedOn(const Kept& kept) {
  std::set<int64_t> moved_on;
  for (const v1::Entry& entry : kept.entries) {
    if (entry.has_approved() || entry.has_advanced() ||
        (entry.has_decided() && entry.decided().disposal() == v1::SubmitResultResponse::DISPOSAL_NEW_VERSION)) {
      moved_on.insert(entry.result_id());
    }
  }
  return moved_on;
}

}  // namespace

Kept ReadAll(const Stubs& stubs, absl::Time now) {
  Kept kept;
  ReadResults(stubs, &kept);
  for (int i = 0; i < 200 && IsDue(kept, now); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    ReadResults(stubs, &kept);
  }
  EXPECT_FALSE(IsDue(kept, now)) << "something is due, and nothing happens";

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

void CheckResults(const Kept& kept, const Client& client) {
  const std::set<int64_t> moved_on = MovedOn(kept);
  for (const auto& [version, response] : client.acknowledged) {
    const std::string what = absl::StrCat("report ", version.number, version.corrected ? ", corrected," : "");
    const auto found = kept.results.find(version.number);
    ASSERT_TRUE(found != kept.results.end()) << what << " was acknowledged and is gone";
    const v1::Result& result = found->second;
    EXPECT_EQ(result.id(), response.result_id()) << what;
    EXPECT_GE(result.version(), version.corrected ? 2 : 1) << what;
    EXPECT_LE(result.version(), client.corrected.count(version.number) > 0 ? 2 : 1) << what;
    if (moved_on.count(result.id()) == 0) ExpectSame(response.decision(), BeforePublished(result.decision()), what);
  }
  for (const auto& [number, result] : kept.results) {
    EXPECT_LT(number, client.next);
    EXPECT_TRUE(MessageDifferencer::Equals(result.report().code(), client.Report({number, false}).code())) << "report " << number;
    for (const v1::Outcome& outcome : result.decision().outcomes()) {
      if (client.taken.count(outcome.release_sequence()) == 0) continue;
      EXPECT_EQ(outcome.state(), v1::OUTCOME_STATE_PUBLISHED) << "report " << number << " was acknowledged by the portal";
    }
  }
  for (const auto& [number, response] : client.approvals) {
    // A correction is reviewed anew.
    if (client.corrected.count(number) > 0) continue;
    const std::set<std::string> held = Cells(kept.results.at(number).decision(), /*held=*/true);
    for (const std::string& cell : Cells(response.decision(), /*held=*/false)) {
      EXPECT_EQ(held.count(cell), 0) << "report " << number << ", " << cell << ": went with an approval, and is held again";
    }
  }
}

void CheckEntries(const Kept& kept, int starts, const Client& client) {
  std::map<std::pair<int64_t, int>, const v1::Entry*> taken_in;  // by result and version
  std::map<std::string, int> approvals;                          // by who approved
  std::set<int64_t> acknowledged;
  int started = 0;
  int64_t sequence = 0;
  for (const v1::Entry& entry : kept.entries) {
    EXPECT_EQ(entry.sequence(), ++sequence);
    started += entry.has_started();
    approvals[entry.actor()] += entry.has_approved();
    for (const int64_t release : entry.acknowledged().release_sequences()) {
      EXPECT_TRUE(acknowledged.insert(release).second) << "release " << release << " was acknowledged twice";
    }
    if (!entry.has_decided() || entry.decided().disposal() == v1::SubmitResultResponse::DISPOSAL_DUPLICATE) continue;
    EXPECT_TRUE(taken_in.emplace(std::make_pair(entry.result_id(), entry.version()), &entry).second)
        << "version " << entry.version() << " of result " << entry.result_id() << " was taken in twice";
  }
  EXPECT_EQ(started, starts);
  size_t versions = 0;
  for (const auto& [number, result] : kept.results) {
    versions += static_cast<size_t>(result.version());
    for (int version = 1; version <= result.version(); ++version) {
      EXPECT_EQ(taken_in.count({result.id(), version}), 1) << "version " << version << " of report " << number;
    }
  }
  EXPECT_EQ(taken_in.size(), versions);
  for (const auto& [version, response] : client.acknowledged) {
    const auto found = taken_in.find({response.result_id(), version.corrected ? 2 : 1});
    if (found == taken_in.end()) continue;  // told above
    // A repetition is answered with what stands by then.
    if (response.disposal() == v1::SubmitResultResponse::DISPOSAL_DUPLICATE) continue;
    ExpectSame(response.decision(), found->second->decided().decision(), absl::StrCat("result ", response.result_id()));
  }
  for (const int number : client.approved) {
    const int count = approvals[ReviewerOf(number)];
    EXPECT_LE(count, 1) << "report " << number << " was approved twice";
    EXPECT_GE(count, client.approvals.count(number) > 0 ? 1 : 0) << "the approval of report " << number << " is gone";
  }
  for (const int64_t release : client.taken) {
    EXPECT_EQ(acknowledged.count(release), 1) << "the acknowledgement of release " << release << " is gone";
  }
}

void CheckReleases(const Kept& kept, const Client& client) {
  std::map<int64_t, std::set<std::string>> in_log;   // units and audiences of each release, with their result
  std::map<std::string, int64_t> last;               // the release that speaks of such a unit last
  std::set<std::tuple<int, int, std::string>> gone;  // version, what was done, unit
  for (const v1::Entry& entry : kept.entries) {
    for (const v1::ReleaseNote* note : audit::FactsOf(entry).releases) {
      std::set<std::string>& units = in_log[note->sequence()];
      EXPECT_TRUE(units.empty()) << "release " << note->sequence() << " is told of twice";
      for (const std::string& unit : note->unit_ids()) {
        for (const int audience : note->audiences()) {
          const std::string what = absl::StrCat("unit ", unit, " of result ", entry.result_id(), " for ", audience);
          units.insert(what);
          last[what] = note->sequence();
          EXPECT_TRUE(gone.emplace(entry.version(), note->kind(), what).second) << what << " was released twice";
        }
      }
    }
  }
  std::set<int64_t> in_stream;
  std::map<std::string, int64_t> keys;
  std::set<std::string> units;
  int64_t before = 0;
  for (const v1::Release& release : kept.releases) {
    EXPECT_GT(release.sequence(), before);
    before = release.sequence();
    in_stream.insert(release.sequence());
    EXPECT_TRUE(keys.emplace(release.idempotency_key(), release.sequence()).second) << release.idempotency_key();
    for (const std::string& unit : release.unit_ids()) {
      for (const int audience : release.audiences()) {
        EXPECT_TRUE(units.insert(absl::StrCat(release.result_id(), " ", unit, " ", audience)).second)
            << "unit " << unit << " of result " << release.result_id() << " is shown twice";
      }
    }
  }
  EXPECT_FALSE(in_stream.empty());
  // The stream leaves out what is overtaken, and nothing else.
  std::set<int64_t> standing;
  for (const auto& [sequence, cells] : in_log) {
    const bool stands =
        std::any_of(cells.begin(), cells.end(), [&, at = sequence](const auto& cell) { return last[cell] == at; });
    if (stands) standing.insert(sequence);
  }
  EXPECT_EQ(standing, in_stream);
  std::set<int64_t> in_results;
  for (const auto& [number, result] : kept.results) {
    for (const v1::Outcome& outcome : result.decision().outcomes()) {
      if (outcome.release_sequence() != 0) in_results.insert(outcome.release_sequence());
    }
  }
  EXPECT_EQ(in_results, in_stream);
  for (const auto& [sequence, key] : client.shown) {
    EXPECT_EQ(in_log.count(sequence), 1) << "the portal was given release " << sequence << ", and it is gone";
    if (in_stream.count(sequence) > 0) {
      EXPECT_EQ(keys[key], sequence);
    }
  }
}

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

}  // namespace resultgate::crash

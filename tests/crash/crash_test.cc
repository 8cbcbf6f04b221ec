// kill -9 in the middle of work, restart, and look: what was acknowledged is there, once. Reports and corrections stream in, a
// clinician approves, a portal acknowledges, and what mammograms and reviews waited for runs out meanwhile (load.h).
//
// The kill ends the process, not the machine: what the operating system has in its page cache survives, so this is about the
// gate's transactions and its recovery. Lost fsyncs are tests/store's business, and disks that fail tests/gate's.
//
// RESULTGATE_KILLS: how often (100). RESULTGATE_SEED: the seed of a run that failed, which it printed.
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "tests/crash/kept.h"
#include "tests/crash/load.h"
#include "tests/testing/server_process.h"

namespace resultgate::crash {
namespace {

using ::google::protobuf::util::MessageDifferencer;
using ::resultgate::testing::ServerProcess;
using ::resultgate::testing::TemporaryFolder;

// A new database after so many kills, each on another day, so that looking through all of it stays quick.
constexpr int kKillsPerDatabase = 10;

int FromEnvironment(const char* name, int fallback) {
  const char* text = std::getenv(name);
  int value = 0;
  return text != nullptr && absl::SimpleAtoi(text, &value) ? value : fallback;
}

// Sends again what was sent from `first` on, as senders and clinicians do who got no answer: what is kept is a duplicate, and
// what is lost is taken in now.
void SendAgain(const Stubs& stubs, const Kept& kept, int first, Client* client) {
  std::vector<Version> versions;
  for (int number = first; number < client->next; ++number) versions.push_back({number, false});
  // The first version is known by then.
  for (const int number : client->corrected) {
    if (client->acknowledged.count({number, true}) == 0) versions.push_back({number, true});
  }
  size_t at = 0;
  Submit(
      stubs, *client, /*most_in_flight=*/64, [&] { return at < versions.size() ? versions[at++] : Version(); },
      [&](const Version& version, const v1::SubmitResultResponse& response) {
        const auto found = kept.results.find(version.number);
        const bool was_kept = found != kept.results.end() && found->second.version() >= (version.corrected ? 2 : 1);
        EXPECT_EQ(response.disposal(), was_kept            ? v1::SubmitResultResponse::DISPOSAL_DUPLICATE
                                       : version.corrected ? v1::SubmitResultResponse::DISPOSAL_NEW_VERSION
                                                           : v1::SubmitResultResponse::DISPOSAL_NEW)
            << "report " << version.number;
        if (was_kept) {
          EXPECT_EQ(response.result_id(), found->second.id()) << "report " << version.number;
          // Of a correction that is sent again after it, the first version's repetition may be answered before or after.
          if (version.corrected || client->corrected.count(version.number) == 0) {
            EXPECT_TRUE(MessageDifferencer::Equals(response.decision(), found->second.decision())) << "report " << version.number;
          }
        }
        client->acknowledged.emplace(version, response);
      });
  for (const int number : client->approved) {
    if (client->approvals.count(number) == 0)
      Approve(stubs, number, client->acknowledged.at({number, false}).result_id(), client);
  }
}

struct Totals {
  size_t submissions = 0;
  size_t corrections = 0;
  size_t approvals = 0;
  size_t shown = 0;
  size_t taken = 0;
  int by_time = 0;  // releases that the clock made while a gate was at work that was killed
  int cut_off = 0;
};

// Releases that the clock made on the morning of `day`, before a gate was started to look at what is left.
int ReleasedByTime(const Kept& kept, int day) {
  int released = 0;
  for (const v1::Entry& entry : kept.entries) {
    const absl::Time time = absl::FromUnixSeconds(entry.time().seconds());
    if (time > Morning(day) - absl::Minutes(1) && time < Morning(day) + absl::Minutes(4))
      released += entry.advanced().releases_size();
  }
  return released;
}

TEST(CrashTest, WhatWasAcknowledgedIsThereOnce) {
  const int kills = FromEnvironment("RESULTGATE_KILLS", 100);
  const int seed = FromEnvironment("RESULTGATE_SEED", 1);
  std::cout << kills << " kills, RESULTGATE_SEED=" << seed << std::endl;
  std::mt19937 random(seed);

  Totals totals;
  for (int done = 0; done < kills && !HasFailure();) {
    const TemporaryFolder folder;
    const std::string database = folder.path() + "/resultgate.db";
    Client client;
    int starts = 0;
    std::vector<std::string> checkpoints;
    for (int day = 1; day <= kKillsPerDatabase && done < kills && !HasFailure(); ++day, ++done) {
      SCOPED_TRACE(absl::StrCat("kill ", done + 1, " of seed ", seed));
      const int before = client.next;
      const int answers = std::uniform_int_distribution<int>(1, 300)(random);
      const std::chrono::microseconds then(std::uniform_int_distribution<int>(0, 10'000)(random));
      // A start takes some of what is left until eight.
      const absl::Duration early = absl::Milliseconds(std::uniform_int_distribution<int>(0, 1500)(random));

      absl::StatusOr<std::unique_ptr<ServerProcess>> server =
          testing::StartGate(RESULTGATE_BINARY, database, Morning(day) - early);
      ASSERT_TRUE(server.ok()) << server.status();
      ++starts;
      WorkUntilKilled(server->get(), day, answers, then, random(), &client);
      CheckProof(database, checkpoints);

      // Each day later than the day before, so that nothing that began here comes due while it is looked at.
      const absl::Time look = Morning(day) + absl::Minutes(4 + day);
      server = testing::StartGate(RESULTGATE_BINARY, database, look);
      ASSERT_TRUE(server.ok()) << server.status();
      ++starts;
      {
        const Stubs stubs((*server)->address());
        const Kept kept = ReadAll(stubs, look);
        CheckResults(kept, client);
        CheckEntries(kept, starts, client);
        CheckReleases(kept, client);
        totals.cut_off += client.next - 1 - static_cast<int>(kept.results.size());
        totals.by_time += ReleasedByTime(kept, day);
        SendAgain(stubs, kept, std::max(1, before - 100), &client);
        const Kept complete = ReadAll(stubs, look);
        EXPECT_EQ(complete.results.size(), client.next - 1) << "after sending again, everything is there";
        CheckResults(complete, client);
        CheckEntries(complete, starts, client);
        CheckReleases(complete, client);
        checkpoints.push_back(CheckpointOf(stubs));
      }
      EXPECT_EQ((*server)->Stop(), 0) << (*server)->Output();
      if ((done + 1) % 10 == 0) std::cout << done + 1 << " kills" << std::endl;
    }
    totals.submissions += client.acknowledged.size();
    totals.corrections += client.corrected.size();
    totals.approvals += client.approvals.size();
    totals.shown += client.shown.size();
    totals.taken += client.taken.size();
  }
  std::cout << totals.submissions << " submissions acknowledged and kept, " << totals.corrections << " of them corrections; "
            << totals.approvals << " approvals; " << totals.shown << " releases shown by the portal, " << totals.taken
            << " of them acknowledged; " << totals.by_time << " made by the clock before a kill; " << totals.cut_off
            << " reports cut off unacknowledged and taken in when sent again" << std::endl;
  // A few kills may miss one kind; many may not.
  if (kills < kKillsPerDatabase) return;
  EXPECT_GT(totals.corrections, 0);
  EXPECT_GT(totals.approvals, 0);
  EXPECT_GT(totals.taken, 0);
  EXPECT_GT(totals.by_time, 0);
}

}  // namespace
}  // namespace resultgate::crash

// How many refused calls the log takes.
#include "server/gate/refusals.h"

#include <gtest/gtest.h>

#include <future>
#include <vector>

#include "absl/time/time.h"
#include "tests/gate/reports.h"
#include "tests/gate/review_gate.h"

namespace resultgate::gate {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1'772'827'200);

TEST(RefusalsTest, PastSixtyInAMinuteTheyAreCounted) {
  Refusals refusals;
  for (int i = 0; i < kRefusalsPerMinute; ++i) EXPECT_EQ(refusals.Admit(kStart + absl::Seconds(i)), 0) << i;
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(refusals.Admit(kStart + absl::Seconds(59)), std::nullopt);
  EXPECT_EQ(refusals.TakeLeftOut(kStart + absl::Seconds(59)), 0) << "the minute is not over";
  EXPECT_EQ(refusals.Admit(kStart + absl::Seconds(60)), 1000) << "the next entry tells of them";
  EXPECT_EQ(refusals.Admit(kStart + absl::Seconds(60)), 0) << "once";
  for (int i = 2; i < kRefusalsPerMinute; ++i) EXPECT_EQ(refusals.Admit(kStart + absl::Seconds(61)), 0) << i;
  EXPECT_EQ(refusals.Admit(kStart + absl::Seconds(119)), std::nullopt);
}

TEST(RefusalsTest, WhatIsCountedIsToldThoughNoOtherIsRefused) {
  Refusals refusals;
  for (int i = 0; i < kRefusalsPerMinute + 7; ++i) refusals.Admit(kStart);
  EXPECT_EQ(refusals.TakeLeftOut(kStart + absl::Seconds(60)), 7);
  EXPECT_EQ(refusals.TakeLeftOut(kStart + absl::Seconds(61)), 0);
  refusals.PutBack(7);
  EXPECT_EQ(refusals.TakeLeftOut(absl::InfiniteFuture()), 7) << "it could not be written";
}

TEST(RefusalsTest, WhatIsOnlyToBeCountedIsToldOnceAMinute) {
  Refusals refusals;
  for (int i = 0; i < 500; ++i) {
    refusals.Count(kStart);
    EXPECT_EQ(refusals.TakeLeftOut(kStart), 0) << "no entry for each";
  }
  EXPECT_EQ(refusals.TakeLeftOut(kStart + absl::Minutes(1)), 500);
  refusals.Count(kStart + absl::Minutes(1));
  EXPECT_EQ(refusals.Admit(kStart + absl::Minutes(1)), 1) << "or with the next refused call";
}

TEST(RefusalsTest, AClockThatGoesBackStopsNothing) {
  Refusals refusals;
  for (int i = 0; i < kRefusalsPerMinute + 1; ++i) refusals.Admit(kStart);
  EXPECT_EQ(refusals.Admit(kStart - absl::Hours(1)), 1);
}

// The entries about refused calls.
std::vector<v1::Entry> RefusedCalls(ReviewGate& gate) {
  v1::ListEntriesRequest request;
  request.set_kind(v1::ENTRY_KIND_CALL_REFUSED);
  request.set_page_size(1000);
  const auto response = gate.gate().ListEntries(request);
  EXPECT_TRUE(response.ok()) << response.status();
  return {response->entries().begin(), response->entries().end()};
}

TEST(RefusalsTest, TheLogTellsHowManyWereOnlyCounted) {
  ReviewGate gate;
  for (int i = 0; i < 100; ++i) {
    v1::Entry entry;
    entry.set_result_id(7);  // there is none
    entry.mutable_call_refused()->set_call("ApproveReview");
    std::promise<void> done;
    gate.gate().LogRefusedCall(entry, [&done] { done.set_value(); });
    done.get_future().get();
  }
  std::vector<v1::Entry> entries = RefusedCalls(gate);
  ASSERT_EQ(entries.size(), 60u);
  EXPECT_EQ(entries[0].actor(), "unknown");
  EXPECT_EQ(entries[0].result_id(), 0);
  gate.clock().Set(gate.clock().Now() + absl::Seconds(61));
  gate.Submit(testing::Cbc("O1"));
  gate.Submit(testing::Cbc("O2"));  // after what the first one's commit had written
  entries = RefusedCalls(gate);
  ASSERT_EQ(entries.size(), 61u);
  EXPECT_EQ(entries.back().actor(), "gate");
  EXPECT_EQ(entries.back().call_refused().call(), "");
  EXPECT_EQ(entries.back().call_refused().left_out(), 40);
}

}  // namespace
}  // namespace resultgate::gate

#include "server/rpc/executor.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>

namespace resultgate::rpc {
namespace {

TEST(ExecutorTest, RunsEverythingBeforeItEnds) {
  std::atomic<int> ran{0};
  {
    Executor executor(2, 1000);
    for (int i = 0; i < 500; ++i) ASSERT_TRUE(executor.Run([&ran] { ++ran; }));
  }
  EXPECT_EQ(ran, 500);
}

TEST(ExecutorTest, RejectsWhenFull) {
  std::promise<void> started, go;
  std::shared_future<void> gone = go.get_future().share();
  std::atomic<int> ran{0};
  {
    Executor executor(1, 2);
    ASSERT_TRUE(executor.Run([&started, gone] {
      started.set_value();
      gone.wait();
    }));
    started.get_future().wait();  // the thread is busy, the queue empty
    EXPECT_TRUE(executor.Run([&ran] { ++ran; }));
    EXPECT_TRUE(executor.Run([&ran] { ++ran; }));
    EXPECT_FALSE(executor.Run([&ran] { ran += 100; }));
    go.set_value();
  }
  EXPECT_EQ(ran, 2);
}

TEST(ExecutorTest, OneThatWaitsDoesNotStopTheOther) {
  std::promise<void> second;
  Executor executor(2, 10);
  ASSERT_TRUE(executor.Run([done = second.get_future().share()] { done.wait(); }));
  ASSERT_TRUE(executor.Run([&second] { second.set_value(); }));
}

}  // namespace
}  // namespace resultgate::rpc

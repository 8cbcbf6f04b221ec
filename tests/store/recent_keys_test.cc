// Keys on their way to their places: found wherever they stand, moved a few at a time, gone everywhere when they are removed.
#include "server/store/sqlite/recent_keys.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/store/sqlite/database.h"
#include "server/store/sqlite/log_file.h"
#include "server/store/sqlite/sqlite_store.h"
#include "tests/store/fault_vfs.h"
#include "tests/store/store_testing.h"

namespace resultgate::store {
namespace {

class RecentKeysTest : public testing::Test {
 protected:
  void OpenIt() {
    SqliteOptions options;
    options.recent_keys = 4;
    store_ = *OpenSqlite(path_, options);
  }

  // One batch with these keys, each of the result of its number.
  void Put(const std::vector<int>& numbers) {
    const std::unique_ptr<Batch> batch = *store_->Begin();
    for (const int number : numbers) {
      while (last_result_ < number) {
        ++last_result_;
        ASSERT_EQ(batch->PutResult(MakeResult(batch->NextResultId())), absl::OkStatus());
      }
      ASSERT_EQ(batch->PutKey(KeyOf(number), number), absl::OkStatus());
    }
    ASSERT_EQ(batch->Commit(), absl::OkStatus());
  }

  static Key KeyOf(int number) { return MakeKey(absl::StrCat(number)); }

  // How many stand in `keys`, and how many in `recent_keys`.
  std::string Where() const {
    Connection connection = *Connection::Open(path_, Connection::Mode::kReadOnly);
    return absl::StrCat(*connection.QueryInt("SELECT count(*) FROM keys"), "+",
                        *connection.QueryInt("SELECT count(*) FROM recent_keys"));
  }

  void ExpectFound(int last) const {
    for (int number = 1; number <= last; ++number) {
      EXPECT_EQ(*store_->FindByKey(KeyOf(number)), std::vector<int64_t>{number});
      EXPECT_EQ(*(*store_->Begin())->FindByKey(KeyOf(number)), std::vector<int64_t>{number});
    }
    int read = 0;
    const std::unique_ptr<LogFile> file = *OpenLogFile(path_);
    EXPECT_EQ(file->ForEachKey([&read](absl::string_view, int64_t) { ++read; }), absl::OkStatus());
    EXPECT_EQ(read, last) << "each once";
  }

  FaultVfs disk_;  // for its speed: it does not sync
  const TempFolder folder_;
  const std::string path_ = folder_.File("gate.db");
  std::unique_ptr<Store> store_;
  int last_result_ = 0;
};

TEST_F(RecentKeysTest, TheyMoveTwoForEachThatComesOnceThereAreMany) {
  OpenIt();
  Put({1, 2, 3, 4});
  EXPECT_EQ(Where(), "0+4");
  Put({5});
  EXPECT_EQ(Where(), "2+5") << "on their way they stand in both";
  ExpectFound(5);
  Put({5});
  EXPECT_EQ(Where(), "2+5") << "the same again changes nothing";
  Put({6});
  EXPECT_EQ(Where(), "4+2") << "all of the first four are there, so their rows are gone";
  ExpectFound(6);
}

TEST_F(RecentKeysTest, ARestartInTheMiddleLosesNone) {
  OpenIt();
  Put({1, 2, 3, 4});
  Put({5});
  store_.reset();
  OpenIt();
  ExpectFound(5);
  for (int number = 6; number <= 20; ++number) {
    Put({number});
    ExpectFound(number);
  }
}

TEST_F(RecentKeysTest, WhatIsRemovedIsInNeitherPlace) {
  for (const int waiting : {0, 1, 2}) {
    SCOPED_TRACE(waiting);
    store_.reset();
    OpenIt();
    Put({1, 2, 3, 4});
    for (int number = 5; number < 5 + waiting; ++number) Put({number});
    const std::unique_ptr<Batch> batch = *store_->Begin();
    for (int number = 1; number <= 4; ++number) {
      EXPECT_EQ(*batch->RemoveKeys(KeyOf(number).substr(0, 8), number), 1) << number;
      EXPECT_EQ(*batch->RemoveKeys(KeyOf(number).substr(0, 8), number), 0) << number;
      EXPECT_EQ(*batch->FindByKey(KeyOf(number)), std::vector<int64_t>());
    }
    ASSERT_EQ(batch->PutKey(KeyOf(2), 2), absl::OkStatus()) << "it may come again";
    EXPECT_EQ(*batch->FindByKey(KeyOf(2)), std::vector<int64_t>{2});
    ASSERT_EQ(batch->Commit(), absl::OkStatus());
    for (const int number : {1, 3, 4}) EXPECT_EQ(*store_->FindByKey(KeyOf(number)), std::vector<int64_t>()) << number;
    EXPECT_EQ(*store_->FindByKey(KeyOf(2)), std::vector<int64_t>{2});
  }
}

TEST_F(RecentKeysTest, ABatchThatIsNotCommittedLeavesNothing) {
  OpenIt();
  Put({1, 2, 3, 4});
  {
    const std::unique_ptr<Batch> batch = *store_->Begin();
    ASSERT_EQ(batch->PutKey(KeyOf(5), 1), absl::OkStatus());
    EXPECT_EQ(*batch->RemoveKeys(KeyOf(1).substr(0, 8), 1), 1);
    EXPECT_EQ(*store_->FindByKey(KeyOf(1)), std::vector<int64_t>{1}) << "beside it all is as it was";
  }
  EXPECT_EQ(*store_->FindByKey(KeyOf(5)), std::vector<int64_t>());
  Put({5});
  ExpectFound(5);
}

}  // namespace
}  // namespace resultgate::store

// What the log says when a gate starts, over a real store.
#include "server/gate/start_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/audit/entry_facts.h"
#include "server/audit/entry_words.h"
#include "server/store/sqlite/sqlite_store.h"
#include "tests/testing/temp_folder.h"

namespace resultgate::gate {
namespace {

using ::testing::ElementsAre;

v1::Entry::Started Start(const std::vector<std::pair<std::string, std::string>>& settings, const std::string& key = "key-1") {
  v1::Entry::Started started;
  started.set_software_version("1.0");
  started.set_log_public_key(key);
  for (const auto& [name, value] : settings) {
    v1::Entry::Setting* setting = started.add_settings();
    setting->set_name(name);
    setting->set_value(value);
  }
  return started;
}

class StartLogTest : public ::testing::Test {
 protected:
  StartLogTest() : store_(*store::OpenSqlite(folder_.path() + "/gate.db")) {}

  // The entries of this start, as `kind: text`.
  std::vector<std::string> Log(const v1::Entry::Started& started) {
    const int64_t before = *store_->LastEntrySequence();
    const auto batch = *store_->Begin();
    EXPECT_EQ(LogStart(*store_, *batch, absl::FromUnixSeconds(1'772'827'200), started), absl::OkStatus());
    EXPECT_EQ(batch->Commit(), absl::OkStatus());
    std::vector<std::string> lines;
    const auto entries = store_->ListEntries(before, 0, 100);
    for (const v1::Entry& entry : *entries) {
      lines.push_back(absl::StrCat(audit::KindWord(entry), ": ", audit::EntryText(entry)));
      EXPECT_EQ(entry.actor(), "gate");
      last_ = entry;
    }
    return lines;
  }

  // Entries between two starts, about no result and about one.
  void AppendOthers(int count) {
    const auto batch = *store_->Begin();
    v1::Result result;
    result.set_id(batch->NextResultId());
    ASSERT_EQ(batch->PutResult(result), absl::OkStatus());
    for (int i = 0; i < count; ++i) {
      v1::Entry entry;
      entry.set_sequence(batch->NextEntrySequence());
      if (i % 2 == 0) entry.set_result_id(result.id());
      entry.mutable_queried();
      ASSERT_EQ(batch->AppendEntry(entry), absl::OkStatus());
    }
    ASSERT_EQ(batch->Commit(), absl::OkStatus());
  }

  const resultgate::testing::TempFolder folder_;
  const std::unique_ptr<store::Store> store_;
  v1::Entry last_;
};

TEST_F(StartLogTest, SaysWhatIsOtherwiseThanAtTheLastStart) {
  constexpr char kStarted[] = "started: version 1.0, pack ";
  EXPECT_THAT(Log(Start({{"listen", "127.0.0.1:1"}, {"clock", ""}})), ElementsAre(kStarted)) << "the first";
  EXPECT_EQ(last_.started().settings_size(), 2);
  AppendOthers(1200);
  EXPECT_THAT(Log(Start({{"listen", "127.0.0.1:1"}, {"clock", ""}})), ElementsAre(kStarted)) << "nothing is otherwise";
  AppendOthers(3);
  EXPECT_THAT(Log(Start({{"listen", "127.0.0.1:2"}, {"retain", "90 days"}})),
              ElementsAre(kStarted,
                          "configuration-changed: clock: empty, now none; listen: 127.0.0.1:1, now 127.0.0.1:2; "
                          "retain: none, now 90 days"));
  EXPECT_EQ(last_.configuration_changed().previous_sequence(), 1202);
  v1::Entry::Started newer = Start({{"listen", "127.0.0.1:2"}, {"retain", "90 days"}});
  newer.set_software_version("1.1");
  newer.set_development(true);
  EXPECT_THAT(Log(newer), ElementsAre("started: version 1.1, pack , development mode",
                                      "configuration-changed: development: false, now true; software-version: 1.0, now 1.1"));
}

TEST_F(StartLogTest, SaysThatTheLogGoesOnWithAnotherKey) {
  Log(Start({}));
  EXPECT_THAT(Log(Start({}, "key-2")),
              ElementsAre("started: version 1.0, pack ", "log-key-changed: signed by key-2, before by key-1"));
  EXPECT_EQ(last_.log_key_changed().previous_sequence(), 1);
  EXPECT_EQ(Log(Start({}, "key-2")).size(), 1u);
}

}  // namespace
}  // namespace resultgate::gate

// What auditors read, over a real store.
#include "server/gate/log_reads.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "server/audit/checkpoint.h"
#include "server/audit/entry_facts.h"
#include "server/audit/entry_terms.h"
#include "server/audit/filter.h"
#include "server/base/proto_time.h"
#include "server/gate/keys.h"
#include "server/gate/log_follower.h"
#include "server/merkle/proof.h"
#include "server/store/sqlite/database.h"
#include "server/store/sqlite/sqlite_store.h"
#include "tests/testing/store_proxy.h"
#include "tests/testing/temp_folder.h"

namespace resultgate::gate {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class LogReadsTest : public ::testing::Test {
 protected:
  LogReadsTest() : store_(*store::OpenSqlite(folder_.path() + "/gate.db")) {}

  // Entries about results 1, 2 and 3 in turn, every fifth an approval; each result belongs to another patient.
  void Append(int entries) {
    const auto batch = *store_->Begin();
    for (int i = 0; i < entries; ++i) {
      v1::Entry entry;
      entry.set_sequence(batch->NextEntrySequence());
      entry.set_result_id((entry.sequence() - 1) % 3 + 1);
      if (entry.sequence() <= 3) {
        const int64_t id = batch->NextResultId();
        PutResult(*batch, id, "", absl::StrCat("P", id));
      }
      if (entry.sequence() % 5 == 0) {
        entry.mutable_approved();
      } else {
        entry.mutable_decided();
      }
      ASSERT_EQ(batch->AppendEntry(entry), absl::OkStatus());
    }
    ASSERT_EQ(batch->Commit(), absl::OkStatus());
  }

  // A result of this patient with its keys, as a submission puts them.
  static void PutResult(store::Batch& batch, int64_t id, const std::string& system, const std::string& value) {
    v1::Result result;
    result.set_id(id);
    v1::Identifier* identifier = result.mutable_report()->mutable_patient()->add_identifiers();
    identifier->set_system(system);
    identifier->set_value(value);
    ASSERT_EQ(batch.PutResult(result), absl::OkStatus());
    ASSERT_EQ(batch.PutKey(PatientKey(*identifier), id), absl::OkStatus());
    ASSERT_EQ(batch.PutAssigner(system), absl::OkStatus());
  }

  // All pages; `between` runs after the first.
  std::vector<int64_t> All(v1::ListEntriesRequest request, const std::function<void()>& between = nullptr) {
    std::vector<int64_t> sequences;
    do {
      const auto page = ListEntries(*store_, request);
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) break;
      for (const v1::Entry& entry : page->entries()) sequences.push_back(entry.sequence());
      if (request.page_token().empty() && between != nullptr) between();
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return sequences;
  }

  static v1::ListEntriesRequest Asking(const std::string& filter, int page_size = 0, bool newest_first = false) {
    v1::ListEntriesRequest request;
    request.set_filter(filter);
    request.set_page_size(page_size);
    request.set_newest_first(newest_first);
    return request;
  }

  const resultgate::testing::TempFolder folder_;
  const std::unique_ptr<store::Store> store_;
};

TEST_F(LogReadsTest, PagesGiveEachEntryOnceInEitherOrder) {
  Append(700);
  for (const int page_size : {1, 7, 100, 256, 1000}) {
    std::vector<int64_t> oldest_first = All(Asking("", page_size));
    ASSERT_EQ(oldest_first.size(), 700) << page_size;
    for (int i = 0; i < 700; ++i) ASSERT_EQ(oldest_first[i], i + 1);
    std::vector<int64_t> newest_first = All(Asking("", page_size, true));
    std::reverse(newest_first.begin(), newest_first.end());
    EXPECT_EQ(newest_first, oldest_first) << page_size;
    if (page_size > 1) continue;
    EXPECT_TRUE(ListEntries(*store_, Asking("", 700))->next_page_token().empty()) << "nothing is left for another page";
  }
}

TEST_F(LogReadsTest, PagesShowTheLogAsItWasAtTheFirst) {
  Append(10);
  EXPECT_THAT(All(Asking("", 4), [this] { Append(5); }), ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 9, 10));
  EXPECT_THAT(All(Asking("", 10, true), [this] { Append(5); }).front(), 15);
  EXPECT_THAT(All(Asking("")).back(), 20);
}

TEST_F(LogReadsTest, Filters) {
  Append(20);
  EXPECT_THAT(All(Asking("kind = approved")), ElementsAre(5, 10, 15, 20));
  EXPECT_THAT(All(Asking("kind = approved", 1, true)), ElementsAre(20, 15, 10, 5));
  EXPECT_THAT(All(Asking("result = 2 AND kind = approved")), ElementsAre(5, 20));
  EXPECT_THAT(All(Asking("sequence > 3 AND sequence <= 6")), ElementsAre(4, 5, 6));
  EXPECT_THAT(All(Asking("sequence > 3 AND sequence <= 6", 2, true)), ElementsAre(6, 5, 4));
  EXPECT_THAT(All(Asking("patient = P3 AND sequence < 10")), ElementsAre(3, 6, 9));
  EXPECT_THAT(All(Asking("patient = P9")), IsEmpty());
  v1::ListEntriesRequest both = Asking("result = 1");
  both.set_result_id(2);
  EXPECT_THAT(All(both), IsEmpty());
  both.set_filter("sequence < 9");
  both.set_kind(v1::ENTRY_KIND_DECIDED);
  EXPECT_THAT(All(both), ElementsAre(2, 8));
}

TEST_F(LogReadsTest, APatientIsFoundByTheKeysOfResults) {
  Append(6);
  // Two results of each of two patients who have one number at two assigners, far behind what a page looks at; one of them was
  // another patient's before.
  {
    const auto batch = *store_->Begin();
    const auto append = [&batch](int64_t result_id, bool approved) {
      v1::Entry entry;
      entry.set_sequence(batch->NextEntrySequence());
      entry.set_result_id(result_id);
      approved ? static_cast<void>(entry.mutable_approved()) : static_cast<void>(entry.mutable_decided());
      ASSERT_EQ(batch->AppendEntry(entry), absl::OkStatus());
    };
    for (const char* system : {"NORTH", "SOUTH", "NORTH", "SOUTH"}) PutResult(*batch, batch->NextResultId(), system, "X1");
    PutResult(*batch, 7, "SOUTH", "X2");
    append(4, false);  // 7
    append(5, false);  // 8
    append(6, false);  // 9
    append(7, false);  // 10
    for (int i = 0; i < kMostEntriesLookedAt; ++i) append(1, false);
    append(6, true);
    append(4, true);
    ASSERT_EQ(batch->Commit(), absl::OkStatus());
  }
  const int64_t last = 10 + kMostEntriesLookedAt + 2;
  const auto page = ListEntries(*store_, Asking("patient = X1"));
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_EQ(page->entries_size(), 5) << "on the first page, whatever is between them";
  EXPECT_THAT(page->next_page_token(), IsEmpty());
  EXPECT_THAT(All(Asking("patient = X1")), ElementsAre(7, 8, 9, last - 1, last));
  EXPECT_THAT(All(Asking("patient = X1", 2, true)), ElementsAre(last, last - 1, 9, 8, 7));
  EXPECT_THAT(All(Asking("patient = NORTH|X1")), ElementsAre(7, 9, last - 1, last));
  EXPECT_THAT(All(Asking("patient = NORTH|X1 AND kind = approved", 1)), ElementsAre(last - 1, last));
  EXPECT_THAT(All(Asking("patient = SOUTH|X1")), ElementsAre(8)) << "the other one is somebody else's now";
  EXPECT_THAT(All(Asking("patient = X2")), ElementsAre(10));
  EXPECT_THAT(All(Asking("patient = EAST|X1")), IsEmpty());
  EXPECT_THAT(All(Asking("patient = NORTH|X1 AND result = 6")), ElementsAre(9, last - 1));
  EXPECT_THAT(All(Asking("patient = NORTH|X1 AND sequence > 7 AND sequence < 100")), ElementsAre(9));
  // What is no single patient is looked for as ever.
  EXPECT_THAT(All(Asking("sequence < 20 AND (patient = NORTH|X1 OR patient = X2)")), ElementsAre(7, 9, 10));
  EXPECT_THAT(All(Asking("sequence < 11 AND patient = *X1")), ElementsAre(7, 8, 9));
  EXPECT_THAT(All(Asking("sequence < 11 AND sequence > 6 AND NOT patient = X1")), ElementsAre(10));
  // A page goes on where it was, though an entry about the patient was added.
  EXPECT_THAT(All(Asking("patient = X1", 2),
                  [this] {
                    const auto batch = *store_->Begin();
                    v1::Entry entry;
                    entry.set_sequence(batch->NextEntrySequence());
                    entry.set_result_id(4);
                    entry.mutable_decided();
                    ASSERT_EQ(batch->AppendEntry(entry), absl::OkStatus());
                    ASSERT_EQ(batch->Commit(), absl::OkStatus());
                  }),
              ElementsAre(7, 8, 9, last - 1, last));
}

TEST_F(LogReadsTest, APageLooksAtSoManyAndNoMore) {
  Append(kMostEntriesLookedAt + 10);
  const auto page = ListEntries(*store_, Asking("actor = nobody"));
  ASSERT_TRUE(page.ok());
  EXPECT_EQ(page->entries_size(), 0);
  EXPECT_FALSE(page->next_page_token().empty());
  EXPECT_THAT(All(Asking(absl::StrCat("sequence = ", kMostEntriesLookedAt + 5, " OR sequence = 1"))),
              ElementsAre(1, kMostEntriesLookedAt + 5));
}

// Counts what is read, so that a test sees what a page costs.
class CountingStore final : public resultgate::testing::StoreProxy {
 public:
  using StoreProxy::StoreProxy;
  absl::StatusOr<std::vector<v1::Entry>> ListEntries(int64_t after, int64_t result_id, int limit) const override {
    return Count(StoreProxy::ListEntries(after, result_id, limit));
  }
  absl::StatusOr<std::vector<v1::Entry>> ListEntriesBackward(int64_t before, int64_t result_id, int limit) const override {
    return Count(StoreProxy::ListEntriesBackward(before, result_id, limit));
  }
  int64_t read() const { return read_; }

 private:
  absl::StatusOr<std::vector<v1::Entry>> Count(absl::StatusOr<std::vector<v1::Entry>> entries) const {
    if (entries.ok()) read_ += static_cast<int64_t>(entries->size());
    return entries;
  }
  mutable int64_t read_ = 0;
};

// A log of several blocks, some of whose terms are there already, and the rest not yet.
class TermsTest : public LogReadsTest {
 protected:
  static constexpr int64_t kLast = 5 * audit::kEntriesInBlock + 300;

  TermsTest() {
    Append(10);
    const auto batch = *store_->Begin();
    for (int64_t sequence = 11; sequence <= kLast; ++sequence) {
      v1::Entry entry;
      entry.set_sequence(batch->NextEntrySequence());
      *entry.mutable_time() = base::ToProto(kStart + absl::Minutes(sequence));
      entry.set_actor(sequence % 1000 == 7 ? "reviewer-1" : sequence % 1000 == 8 ? "reviewer-2" : "gate");
      if (sequence % 7 == 0) {
        entry.mutable_queried();
      } else {
        entry.set_result_id(sequence % 3 + 1);
        v1::Outcome* outcome = entry.mutable_advanced()->add_outcomes();
        outcome->set_state(sequence % 2 == 0 ? v1::OUTCOME_STATE_HELD : v1::OUTCOME_STATE_RELEASED);
        outcome->add_rules()->set_rule_id(sequence == 100 || sequence == kLast - 5 ? "rare" : "routine");
      }
      EXPECT_EQ(batch->AppendEntry(entry), absl::OkStatus());
    }
    EXPECT_EQ(batch->Commit(), absl::OkStatus());
    const auto entries = store_->ListEntries(0, 0, kLast);
    EXPECT_TRUE(entries.ok()) << entries.status();
    if (entries.ok()) entries_ = *entries;
  }

  // Makes the terms of so many more blocks.
  void Follow(int blocks) {
    for (int i = 0; i < blocks; ++i) {
      const auto piece = ReadNextPiece(*store_);
      ASSERT_TRUE(piece.ok() && piece->has_value()) << piece.status();
      const auto batch = *store_->Begin();
      ASSERT_EQ(PutPiece(*batch, **piece), absl::OkStatus());
      ASSERT_EQ(batch->Commit(), absl::OkStatus());
    }
  }

  // What matches, found by looking at every entry as it was; the oldest first.
  std::vector<int64_t> Scan(const v1::ListEntriesRequest& request) const {
    base::FileIssues issues;
    const auto filter = audit::Filter::Parse(request.filter(), &issues);
    EXPECT_TRUE(filter.has_value()) << base::Format(issues);
    std::vector<int64_t> found;
    for (const v1::Entry& entry : entries_) {
      const bool is_kind = request.kind() == v1::ENTRY_KIND_UNSPECIFIED || audit::KindOf(entry) == request.kind();
      if (is_kind && filter->Matches(entry, nullptr)) found.push_back(entry.sequence());
    }
    return found;
  }

  const absl::Time kStart = absl::FromUnixSeconds(1'772'827'200);  // 2026-03-06T20:00:00Z
  std::vector<v1::Entry> entries_;
};

TEST_F(TermsTest, FindWhatALookAtEveryEntryFinds) {
  const std::string middle = base::FormatUtc(kStart + absl::Minutes(3000));
  const std::vector<std::string> filters = {
      "rule = rare",
      "rule = ra*",
      "rule = *re AND state = held",
      "actor = reviewer-1",
      "actor = reviewer-* AND rule = routine",
      "actor = reviewer-* AND kind = queried",
      "actor = nobody",
      "kind = approved",
      "rule = rare OR actor = reviewer-2",
      "rule = rare OR sequence = 2048",
      "actor = reviewer-1 AND NOT state = held",
      absl::StrCat("actor = reviewer-1 AND time < ", middle),
      absl::StrCat("actor = reviewer-1 AND time >= ", middle),
      "actor = reviewer-1 AND sequence > 2000 AND sequence <= 4100",
      "rule = rare AND sequence > 100",
      "actor = reviewer-* AND result = 2",
      "state = released AND sequence >= 2040 AND sequence < 2060",
      absl::StrCat("rule = routine AND sequence > ", kLast - 400),
  };
  std::map<std::pair<std::string, v1::EntryKind>, std::vector<int64_t>> matching;
  for (const std::string& filter : filters) {
    for (const v1::EntryKind kind : {v1::ENTRY_KIND_UNSPECIFIED, v1::ENTRY_KIND_ADVANCED}) {
      v1::ListEntriesRequest request = Asking(filter);
      request.set_kind(kind);
      matching[{filter, kind}] = Scan(request);
    }
  }
  // None of the terms there, some of them, all that there can be.
  for (const int more : {0, 2, 3}) {
    Follow(more);
    for (const auto& [what, oldest_first] : matching) {
      for (const bool newest_first : {false, true}) {
        std::vector<int64_t> expected = oldest_first;
        if (newest_first) std::reverse(expected.begin(), expected.end());
        v1::ListEntriesRequest request = Asking(what.first, newest_first ? 9 : 100, newest_first);
        request.set_kind(what.second);
        EXPECT_EQ(All(request), expected) << what.first << " of kind " << what.second
                                          << (newest_first ? ", newest first, " : ", ") << *store_->CountBlocks();
      }
    }
  }
}

TEST_F(TermsTest, APageReadsHardlyMoreThanItShows) {
  Follow(5);
  for (const bool newest_first : {false, true}) {
    for (const auto& [filter, shown] : std::vector<std::pair<std::string, int>>{
             {"rule = rare AND sequence < 1000", 1}, {"actor = reviewer-1", 10}, {"actor = *-2", 10}, {"kind = activated", 0}}) {
      CountingStore counting(store_.get());
      const auto page = ListEntries(counting, Asking(filter, 0, newest_first));
      ASSERT_TRUE(page.ok()) << page.status();
      EXPECT_EQ(page->entries_size(), shown) << filter;
      EXPECT_THAT(page->next_page_token(), IsEmpty()) << filter;
      // 300 at the log's end have no terms yet.
      EXPECT_LE(counting.read(), shown + 300 + 256) << filter;
    }
  }
}

// A database of a version that had the times of results, and no terms.
TEST_F(TermsTest, AreMadeOfWhatWasFollowedBefore) {
  const int64_t reach = 3 * audit::kEntriesInBlock;
  {
    const auto batch = *store_->Begin();
    ASSERT_EQ(batch->PutTurnarounds({}, reach), absl::OkStatus());
    ASSERT_EQ(batch->Commit(), absl::OkStatus());
  }
  Follow(2);
  EXPECT_EQ(*store_->TurnaroundsReach(), 5 * audit::kEntriesInBlock) << "figures do not wait for terms";
  EXPECT_EQ(*store_->CountBlocks(), 0);
  for (int64_t block = 0; block < 5; ++block) {
    const auto piece = ReadNextPiece(*store_);
    ASSERT_TRUE(piece.ok() && piece->has_value()) << piece.status();
    EXPECT_EQ((*piece)->block, block);
    EXPECT_FALSE((*piece)->reach.has_value()) << "the times are there";
    Follow(1);
  }
  EXPECT_EQ(*store_->CountBlocks(), 5);
  EXPECT_FALSE(ReadNextPiece(*store_)->has_value()) << "what is left is no block";
  EXPECT_EQ(All(Asking("actor = reviewer-1")), Scan(Asking("actor = reviewer-1")));
}

// Damaged entries, rows of terms, or what says how many there are, hide no other entry and keep nothing from going on.
TEST_F(TermsTest, AreMadeAroundWhatIsDamaged) {
  const std::string path = folder_.path() + "/gate.db";
  const auto execute = [&path](const std::string& sql) {
    auto connection = store::Connection::Open(path, store::Connection::Mode::kReadWriteCreate);
    ASSERT_TRUE(connection.ok()) << connection.status();
    ASSERT_EQ(connection->Execute(sql), absl::OkStatus()) << sql;
  };
  const v1::ListEntriesRequest approvals = Asking("actor = reviewer-1 AND sequence > 1500");
  Follow(1);
  // About none and about a result, in the second block.
  for (const int64_t damaged : {2100, 2101}) {
    execute(absl::StrCat("UPDATE entries SET bytes = x'ff' WHERE sequence = ", damaged));
  }
  const auto piece = ReadNextPiece(*store_);
  EXPECT_TRUE(absl::IsDataLoss(piece.status())) << "a result whose times cannot be told: as ever";
  execute("INSERT INTO turnarounds_reach VALUES (1, 10240) ON CONFLICT (id) DO UPDATE SET sequence = 10240");
  Follow(4);
  EXPECT_EQ(*store_->CountBlocks(), 5);
  EXPECT_THAT(*store_->ListTerms(audit::kUnreadableTerm, 10), ElementsAre(audit::kUnreadableTerm));
  const absl::Status told = ListEntries(*store_, approvals).status();
  EXPECT_TRUE(absl::IsDataLoss(told)) << "nobody can say whether it matches: " << told;
  v1::ListEntriesRequest behind = approvals;
  behind.set_filter("actor = reviewer-1 AND sequence > 2102");
  ASSERT_FALSE(Scan(behind).empty());
  EXPECT_EQ(All(behind), Scan(behind));
  execute("UPDATE entry_terms SET entries = x'ff' WHERE term = CAST('actor=reviewer-1' AS BLOB)");
  EXPECT_EQ(All(behind), Scan(behind)) << "each entry is looked at";
  execute("DELETE FROM entry_terms_reach");
  EXPECT_EQ(All(behind), Scan(behind));
  Follow(5);
  EXPECT_EQ(All(behind), Scan(behind)) << "and they are made again";
}

TEST_F(LogReadsTest, ATokenIsGoodForItsQuestionAlone) {
  Append(10);
  v1::ListEntriesRequest request = Asking("", 3);
  request.set_actor("compliance-7");
  request.set_page_token(ListEntries(*store_, request)->next_page_token());
  ASSERT_TRUE(ListEntries(*store_, request).ok());
  const auto refused = [this](const v1::ListEntriesRequest& asked) {
    const absl::Status status = ListEntries(*store_, asked).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    return std::string(status.message());
  };
  v1::ListEntriesRequest other = request;
  other.set_filter("result = 1");
  EXPECT_THAT(refused(other), HasSubstr("belongs to another question"));
  other = request;
  other.set_actor("somebody-else");
  EXPECT_THAT(refused(other), HasSubstr("belongs to another question"));
  other = request;
  other.set_newest_first(true);
  EXPECT_THAT(refused(other), HasSubstr("with the oldest entries first"));
  for (const char* token : {"x", "1", "1.2", "1.2.3.4", "-1.5.o.0.0.0", "0.5.o.0.0.0", "1.5.x.0.0.0"}) {
    other.set_page_token(token);
    EXPECT_THAT(refused(other), HasSubstr("none that this service gave")) << token;
  }
  EXPECT_THAT(refused(Asking("rul = x")), HasSubstr("did you mean `rule`?"));
  other = request;
  other.set_page_size(5);
  EXPECT_THAT(ListEntries(*store_, other)->entries_size(), 5) << "how large a page is is no part of the question";
}

TEST_F(LogReadsTest, ATokenThatWasChangedIsRefused) {
  Append(10);
  v1::ListEntriesRequest request = Asking("", 3);
  const std::string token = ListEntries(*store_, request)->next_page_token();
  ASSERT_THAT(token, ::testing::StartsWith("3.10.o."));
  int changed = 0;
  for (size_t i = 0; i < token.size(); ++i) {
    for (const char c : {'1', 'a', 'A', '.'}) {
      if (token[i] == c) continue;
      std::string wrong = token;
      wrong[i] = c;
      request.set_page_token(wrong);
      EXPECT_TRUE(absl::IsInvalidArgument(ListEntries(*store_, request).status())) << wrong;
      ++changed;
    }
  }
  EXPECT_GT(changed, 200);
  // More than the question may show.
  request.set_page_token("3.11.o." + token.substr(7));
  EXPECT_THAT(std::string(ListEntries(*store_, request).status().message()), HasSubstr("page_token was changed"));
  request.set_page_token(token.substr(0, token.size() - 1));
  EXPECT_FALSE(ListEntries(*store_, request).ok());
}

TEST_F(LogReadsTest, ATokenIsOfOneLog) {
  Append(10);
  v1::ListEntriesRequest request = Asking("", 3);
  request.set_page_token(ListEntries(*store_, request)->next_page_token());
  const resultgate::testing::TempFolder folder;
  const auto other = *store::OpenSqlite(folder.path() + "/gate.db");
  EXPECT_THAT(std::string(ListEntries(*other, request).status().message()), HasSubstr("of another server"));
  // The same log, as it was before.
  std::filesystem::copy_file(folder_.path() + "/gate.db.key", folder.path() + "/old.db.key");
  const auto old = *store::OpenSqlite(folder.path() + "/old.db");
  EXPECT_THAT(std::string(ListEntries(*old, request).status().message()), HasSubstr("an older copy was put back"));
}

TEST_F(LogReadsTest, ATimeIsSearchedFor) {
  Append(3);
  const absl::Time start = absl::FromUnixSeconds(1'772'827'200);  // 2026-03-06T20:00:00Z
  const int64_t last = kMostEntriesLookedAt + 100;
  const auto batch = *store_->Begin();
  for (int64_t i = 4; i <= last; ++i) {
    v1::Entry entry;
    entry.set_sequence(batch->NextEntrySequence());
    // The clock was set back by five minutes once.
    *entry.mutable_time() = base::ToProto(start + absl::Seconds(i) - (i == last - 50 ? absl::Minutes(5) : absl::ZeroDuration()));
    entry.mutable_refused();
    ASSERT_EQ(batch->AppendEntry(entry), absl::OkStatus());
  }
  ASSERT_EQ(batch->Commit(), absl::OkStatus());
  const auto at = [start](int64_t i) { return base::FormatUtc(start + absl::Seconds(i)); };
  const auto page = ListEntries(*store_, Asking(absl::StrCat("time >= ", at(last - 2))));
  ASSERT_TRUE(page.ok());
  EXPECT_EQ(page->entries_size(), 3) << "found on the first page, though more entries are before it than a page looks at";
  EXPECT_THAT(All(Asking(absl::StrCat("time > ", at(10), " AND time <= ", at(12)))), ElementsAre(11, 12));
  EXPECT_THAT(All(Asking(absl::StrCat("time > ", at(10), " AND time <= ", at(12)), 1, true)), ElementsAre(12, 11));
  EXPECT_THAT(All(Asking(absl::StrCat("time = ", at(last - 350)))), ElementsAre(last - 350, last - 50));
}

TEST_F(LogReadsTest, ProofsLeadToTheSignedHead) {
  Append(300);
  const auto checkpoint = GetCheckpoint(store_->log());
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  const auto key = audit::VerifierKey::Parse(checkpoint->public_key());
  ASSERT_TRUE(key.ok()) << key.status();
  const auto head = audit::VerifyCheckpoint(checkpoint->checkpoint(), *key);
  ASSERT_TRUE(head.ok()) << head.status();
  EXPECT_EQ(checkpoint->tree_size(), 300);
  EXPECT_EQ(checkpoint->root_hash(), merkle::Bytes(head->root));

  v1::GetInclusionProofRequest inclusion;
  inclusion.set_sequence(42);
  const auto proved = GetInclusionProof(store_->log(), inclusion);
  ASSERT_TRUE(proved.ok()) << proved.status();
  merkle::Proof proof;
  for (const std::string& hash : proved->hashes()) proof.push_back(*merkle::FromBytes(hash));
  EXPECT_EQ(
      merkle::VerifyInclusion(proved->leaf_index(), proved->tree_size(), merkle::HashLeaf(proved->entry()), proof, head->root),
      absl::OkStatus());
  EXPECT_EQ(proved->leaf_index(), 41);

  Append(50);
  v1::GetConsistencyProofRequest consistency;
  consistency.set_from_tree_size(300);
  const auto grown = GetConsistencyProof(store_->log(), consistency);
  ASSERT_TRUE(grown.ok()) << grown.status();
  proof.clear();
  for (const std::string& hash : grown->hashes()) proof.push_back(*merkle::FromBytes(hash));
  const auto later = audit::VerifyCheckpoint(grown->checkpoint(), *key);
  EXPECT_EQ(merkle::VerifyConsistency(300, 350, head->root, proof, later->root), absl::OkStatus());

  inclusion.set_sequence(351);
  EXPECT_TRUE(absl::IsNotFound(GetInclusionProof(store_->log(), inclusion).status()));
  inclusion.set_sequence(42);
  inclusion.set_tree_size(41);
  EXPECT_TRUE(absl::IsOutOfRange(GetInclusionProof(store_->log(), inclusion).status()));
  inclusion.set_tree_size(351);
  EXPECT_TRUE(absl::IsOutOfRange(GetInclusionProof(store_->log(), inclusion).status()));
  consistency.set_from_tree_size(351);
  EXPECT_TRUE(absl::IsOutOfRange(GetConsistencyProof(store_->log(), consistency).status()));
}

}  // namespace
}  // namespace resultgate::gate

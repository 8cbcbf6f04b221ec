// What auditors read, over a real store.
#include "server/gate/log_reads.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/audit/checkpoint.h"
#include "server/base/proto_time.h"
#include "server/merkle/proof.h"
#include "server/store/sqlite/sqlite_store.h"
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
        v1::Result result;
        result.set_id(batch->NextResultId());
        result.mutable_report()->mutable_patient()->add_identifiers()->set_value(absl::StrCat("P", result.id()));
        ASSERT_EQ(batch->PutResult(result), absl::OkStatus());
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

TEST_F(LogReadsTest, APageLooksAtSoManyAndNoMore) {
  Append(kMostEntriesLookedAt + 10);
  const auto page = ListEntries(*store_, Asking("actor = nobody"));
  ASSERT_TRUE(page.ok());
  EXPECT_EQ(page->entries_size(), 0);
  EXPECT_FALSE(page->next_page_token().empty());
  EXPECT_THAT(All(Asking(absl::StrCat("sequence = ", kMostEntriesLookedAt + 5, " OR sequence = 1"))),
              ElementsAre(1, kMostEntriesLookedAt + 5));
}

TEST_F(LogReadsTest, ATokenIsGoodForItsQuestionAlone) {
  Append(10);
  v1::ListEntriesRequest request = Asking("", 3);
  request.set_page_token(ListEntries(*store_, request)->next_page_token());
  EXPECT_TRUE(ListEntries(*store_, request).ok());
  request.set_filter("result = 1");
  EXPECT_THAT(std::string(ListEntries(*store_, request).status().message()), HasSubstr("belongs to another question"));
  for (const char* token : {"x", "1", "1.2", "1.2.3.4", "-1.5.sha256:0", "0.5.sha256:0"}) {
    request.set_page_token(token);
    EXPECT_TRUE(absl::IsInvalidArgument(ListEntries(*store_, request).status())) << token;
  }
  EXPECT_THAT(std::string(ListEntries(*store_, Asking("rul = x")).status().message()), HasSubstr("did you mean `rule`?"));
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

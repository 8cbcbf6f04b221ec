#include "server/audit/entry_terms.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/audit/filter.h"
#include "server/audit/term_query.h"
#include "server/base/clock.h"

namespace resultgate::audit {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(EntryTermsTest, BlocksAreOf2048) {
  for (const auto& [sequence, block] :
       std::vector<std::pair<int64_t, int64_t>>{{1, 0}, {2048, 0}, {2049, 1}, {4096, 1}, {4097, 2}}) {
    EXPECT_EQ(BlockOf(sequence), block) << sequence;
  }
}

TEST(EntryTermsTest, ABlockIsAsShortAsAListOrAMap) {
  std::mt19937 random(1);
  for (const size_t count : {0U, 1U, 2U, 126U, 127U, 128U, 129U, 1000U, 2047U, 2048U}) {
    for (int round = 0; round < 20; ++round) {
      BlockEntries block;
      while (block.count() < count) block.set(random() % block.size());
      const std::string bytes = EncodeBlock(block);
      EXPECT_EQ(bytes.size(), std::min<size_t>(2 * count, 256)) << count;
      const std::optional<BlockEntries> decoded = DecodeBlock(bytes);
      ASSERT_TRUE(decoded.has_value()) << count;
      EXPECT_EQ(*decoded, block);
    }
  }
}

TEST(EntryTermsTest, NoOtherBytesAreABlock) {
  const std::string few_in_a_map = std::string(255, '\0') + "\x01";
  const std::vector<std::string> wrong = {std::string("\0", 1),
                                          std::string("\0\1\0", 3),
                                          std::string("\x08\0", 2),    // 2048
                                          std::string("\0\2\0\1", 4),  // not in order
                                          std::string("\0\1\0\1", 4),  // twice
                                          few_in_a_map,
                                          std::string(258, '\0')};
  for (const std::string& bytes : wrong) EXPECT_FALSE(DecodeBlock(bytes).has_value()) << testing::PrintToString(bytes);
}

TEST(EntryTermsTest, SaysAllThatAnEntryTells) {
  v1::Entry entry;
  entry.set_sequence(1);
  entry.set_actor("LAB|NORTH");
  v1::Decision* decision = entry.mutable_decided()->mutable_decision();
  for (const v1::Audience audience : {v1::AUDIENCE_PATIENT, v1::AUDIENCE_DELEGATE}) {
    v1::Outcome* outcome = decision->add_outcomes();
    outcome->add_audiences(audience);
    outcome->set_state(v1::OUTCOME_STATE_HELD);
    outcome->set_disposition(v1::DISPOSITION_REVIEW);
    outcome->add_rules()->set_rule_id("routine");
    v1::AppliedRule* rule = outcome->add_rules();
    rule->set_rule_id("biopsy-review");
    rule->mutable_basis()->set_type(v1::BASIS_TYPE_STATUTE);
  }
  entry.mutable_decided()->add_releases()->add_audiences(v1::AUDIENCE_REPRESENTATIVE);
  EXPECT_THAT(TermsOf(entry),
              ElementsAre("actor=LAB|NORTH", absl::StrCat("audience=", v1::AUDIENCE_PATIENT),
                          absl::StrCat("audience=", v1::AUDIENCE_REPRESENTATIVE),
                          absl::StrCat("audience=", v1::AUDIENCE_DELEGATE), absl::StrCat("basis=", v1::BASIS_TYPE_STATUTE),
                          absl::StrCat("disposition=", v1::DISPOSITION_REVIEW), absl::StrCat("kind=", v1::ENTRY_KIND_DECIDED),
                          "rule=biopsy-review", "rule=routine", absl::StrCat("state=", v1::OUTCOME_STATE_HELD)));
}

// A few entries with random things told, over some blocks.
std::vector<v1::Entry> RandomLog(std::mt19937_64* random) {
  const auto one_of = [random](auto... values) {
    const std::vector<std::common_type_t<decltype(values)...>> all = {values...};
    return all[(*random)() % all.size()];
  };
  std::vector<v1::Entry> log;
  for (int64_t sequence = 1; sequence <= 3 * kEntriesInBlock; sequence += 1 + static_cast<int64_t>((*random)() % 200)) {
    v1::Entry& entry = log.emplace_back();
    entry.set_sequence(sequence);
    entry.set_actor(one_of("gate", "reviewer-1", "reviewer-2", "LAB|NORTH", ""));
    google::protobuf::RepeatedPtrField<v1::Outcome>* outcomes = nullptr;
    switch ((*random)() % 4) {
      case 0:
        outcomes = entry.mutable_decided()->mutable_decision()->mutable_outcomes();
        break;
      case 1:
        outcomes = entry.mutable_approved()->mutable_outcomes();
        break;
      case 2:
        outcomes = entry.mutable_advanced()->mutable_outcomes();
        break;
      default:
        entry.mutable_queried();
        continue;
    }
    for (uint64_t i = (*random)() % 3; i > 0; --i) {
      v1::Outcome* outcome = outcomes->Add();
      outcome->add_audiences(one_of(v1::AUDIENCE_PATIENT, v1::AUDIENCE_DELEGATE));
      outcome->set_state(one_of(v1::OUTCOME_STATE_HELD, v1::OUTCOME_STATE_RELEASED));
      outcome->set_disposition(one_of(v1::DISPOSITION_REVIEW, v1::DISPOSITION_RELEASE, v1::DISPOSITION_DELAY));
      v1::AppliedRule* rule = outcome->add_rules();
      rule->set_rule_id(one_of("routine", "biopsy-review", "biopsy-delay", "review of imaging"));
      if ((*random)() % 2 == 0) rule->mutable_basis()->set_type(one_of(v1::BASIS_TYPE_STATUTE, v1::BASIS_TYPE_PRIVACY));
    }
  }
  return log;
}

std::string RandomFilter(std::mt19937_64* random, int depth) {
  static const char* const kRestrictions[] = {
      "kind = decided",           "kind = approved",     "kind = activated", "kind != queried",  "actor = reviewer-1",
      "actor = reviewer-*",       "actor = *NORTH",      "actor = nobody",   "actor != gate",    "rule = biopsy-review",
      "rule = biopsy*",           "rule = *review*",     "rule = *delay",    "rule = \"*\"",     "basis = statute",
      "basis != statute",         "audience = delegate", "state = held",     "state = released", "disposition = delay",
      "disposition != review",    "sequence > 2048",     "sequence < 3000",  "rule = nothing*",  "patient = P1",
      "NOT rule = biopsy-review", "- state = held"};
  if (depth == 0 || (*random)() % 3 == 0) return kRestrictions[(*random)() % std::size(kRestrictions)];
  const std::string word = (*random)() % 2 == 0 ? " AND " : " OR ";
  std::string text;
  for (uint64_t i = 1 + (*random)() % 3; i > 0; --i) {
    absl::StrAppend(&text, text.empty() ? "" : word, (*random)() % 6 == 0 ? "NOT " : "", "(", RandomFilter(random, depth - 1),
                    ")");
  }
  return text;
}

// The one thing that must never happen: an entry that matches and is not found.
TEST(TermQueryTest, FindsAllThatMatch) {
  const auto seed = static_cast<uint64_t>(absl::ToUnixNanos(base::SystemClock().Now()));
  std::cout << "seed " << seed << "\n";
  std::mt19937_64 random(seed);
  int narrowed = 0, exact = 0;
  for (int round = 0; round < 20; ++round) {
    const std::vector<v1::Entry> log = RandomLog(&random);
    std::map<std::string, EntriesByBlock> index;
    for (const v1::Entry& entry : log) {
      for (const std::string& term : TermsOf(entry)) {
        index[term][BlockOf(entry.sequence())].set(static_cast<size_t>((entry.sequence() - 1) % kEntriesInBlock));
      }
    }
    const Filter::TermsThatBegin terms = [&index](const std::string& prefix, int) {
      std::vector<std::string> found;
      for (const auto& [term, blocks] : index) {
        if (absl::StartsWith(term, prefix)) found.push_back(term);
      }
      return found;
    };
    for (int i = 0; i < 200; ++i) {
      const std::string text = RandomFilter(&random, 3);
      base::FileIssues issues;
      const std::optional<Filter> filter = Filter::Parse(text, &issues);
      ASSERT_TRUE(filter.has_value()) << text << "\n" << base::Format(issues);
      const TermQuery query = *filter->Terms(terms);
      if (query.is_all()) continue;
      ++narrowed;
      const int64_t first = static_cast<int64_t>(random() % 3);
      const int64_t last = first + static_cast<int64_t>(random() % 3);
      const EntriesByBlock found = *query.Entries(
          [&index](const std::string& term, int64_t from, int64_t to) {
            EntriesByBlock blocks;
            for (const auto& [block, entries] : index[term]) {
              if (block >= from && block <= to) blocks[block] = entries;
            }
            return blocks;
          },
          first, last);
      bool is_exact = true;
      for (const v1::Entry& entry : log) {
        const int64_t block = BlockOf(entry.sequence());
        if (block < first || block > last) continue;
        const auto of_block = found.find(block);
        const bool is_found =
            of_block != found.end() && of_block->second.test(static_cast<size_t>((entry.sequence() - 1) % kEntriesInBlock));
        const bool matches = filter->Matches(entry, nullptr);
        EXPECT_TRUE(is_found || !matches) << text << " misses entry " << entry.sequence();
        is_exact = is_exact && is_found == matches;
      }
      if (is_exact) ++exact;
      for (const auto& [block, entries] : found) {
        EXPECT_TRUE(entries.any()) << text << ": an empty block is none";
        EXPECT_TRUE(block >= first && block <= last) << text;
      }
      if (HasFailure()) return;
    }
  }
  std::cout << narrowed << " filters narrowed by terms, " << exact << " of them exactly\n";
  EXPECT_GT(narrowed, 1000);
  EXPECT_GT(exact, narrowed / 4);
}

// Everybody who may act, patients among them, is an actor.
TEST(TermQueryTest, TooManyTermsAreNotLookedUp) {
  base::FileIssues issues;
  const std::optional<Filter> filter = Filter::Parse("actor = *a* AND kind = decided", &issues);
  ASSERT_TRUE(filter.has_value());
  for (const size_t count : {500U, 501U}) {
    const TermQuery query = *filter->Terms([count](const std::string& prefix, int most) {
      std::vector<std::string> terms;
      for (size_t i = 0; i < count && terms.size() < static_cast<size_t>(most); ++i)
        terms.push_back(absl::StrCat(prefix, "a", i));
      return terms;
    });
    size_t asked = 0;
    ASSERT_TRUE(query
                    .Entries(
                        [&asked](const std::string&, int64_t, int64_t) {
                          ++asked;
                          EntriesByBlock found;
                          found[0].set(1);
                          return found;
                        },
                        0, 9)
                    .ok());
    EXPECT_EQ(asked, count == 500 ? 501 : 1) << "the kind alone";
  }
}

TEST(TermQueryTest, AsksForNothingThatCannotMatter) {
  std::vector<std::string> asked;
  const TermQuery::Find find = [&asked](const std::string& term, int64_t, int64_t) {
    asked.push_back(term);
    EntriesByBlock found;
    if (term != "none") found[0].set(1);
    return found;
  };
  EXPECT_TRUE(TermQuery::All().is_all());
  EXPECT_TRUE(TermQuery::Or({TermQuery::AnyOf({"a"}), TermQuery::All()}).is_all());
  EXPECT_TRUE(TermQuery::And({TermQuery::All()}).is_all());
  EXPECT_FALSE(TermQuery::Or({}).is_all());
  EXPECT_THAT(*TermQuery::Or({}).Entries(find, 0, 9), IsEmpty());
  const TermQuery both = TermQuery::And({TermQuery::All(), TermQuery::AnyOf({"none"}), TermQuery::AnyOf({"b"})});
  EXPECT_THAT(*both.Entries(find, 0, 9), IsEmpty());
  EXPECT_THAT(asked, ElementsAre("none")) << "nothing is left for the other";
}

}  // namespace
}  // namespace resultgate::audit

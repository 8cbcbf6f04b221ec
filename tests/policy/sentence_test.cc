// Rules in plain sentences, word for word: what is signed must be what is done.
#include "server/policy/sentence.h"

#include <gtest/gtest.h>

#include "tests/policy/small_pack.h"

namespace resultgate::policy {
namespace {

TEST(SentenceTest, SaysWhatTheRuleDoes) {
  const std::pair<const char*, const char*> rules[] = {
      {"match: {codes: [routine]}, then: {release: now}",
       "Results with a code of their own from \"t\", may go as soon as they are final."},
      {"match: {section: [pathology, cytology, genetics], jurisdiction: [US-KY]}, effective: 2026-07-01, then: {delay: 72 h}, "
       "lifted_by: [provider], basis: {type: statute, citation: KRS 1}, policy_owner: laboratory board",
       "Results, from pathology, cytology or genetics, ordered in US-KY, wait 72 h from when they are first final. It ends early "
       "by a "
       "provider. From 2026-07-01. Basis: statute, KRS 1 (not verified). Answers for it: laboratory board."},
      {"match: {codes: [tissue]}, together: report, then: {review: {owners: [ordering-provider, pathology-pool], each: 1 "
       "business "
       "day, expires: 3 business days, on_expiry: release_with_outreach}}, basis: {type: organization-policy, citation: c}",
       "Results with a code, their own or their report's or order's, from \"t\", wait for a review by ordering-provider, then "
       "pathology-pool, 1 business day each and 3 business days in all; then they are released and somebody reaches out to the "
       "patient. The whole report waits with them. It ends early by the patient. Basis: organization policy, c."},
      {"match: {codes: [tissue]}, then: {review: {owners: [ordering-provider, pathology-pool], each: 1 business day, expires: 3 "
       "business days, on_expiry: release, protocol: {pool: results-pool, covers: age(patient) >= 40, each: 4 h}}}, basis: "
       "{type: organization-policy, citation: c}",
       "Results with a code, their own or their report's or order's, from \"t\", wait for a review by results-pool for 4 h where "
       "age(patient) >= 40, and then or else by ordering-provider, then pathology-pool, 1 business day each and 3 business days "
       "in all; then they are released. It ends early by the patient. Basis: organization policy, c."},
      {"audiences: [delegate], when: age(patient) < 18, then: {withhold: {until: 30 days}}, basis: {type: privacy, citation: c}",
       "Results, where age(patient) < 18, are kept back for 30 days, then a person decides. This is for the delegate only. "
       "Nobody may "
       "end it early. Basis: privacy, c."},
      {"match: {codes: [routine], unit: document}, then: {deadline: {within: 20 days, duty: notice}}, basis: {type: statute, "
       "citation: c}",
       "Documents with a code of their own from \"t\", need a notice within 20 days. Basis: statute, c (not verified)."},
      {"match: {codes: [routine]}, then: {release: now, delay: next business morning}, basis: {type: research, citation: c}",
       "Results with a code, their own or their report's or order's, from \"t\", wait until the next business morning after they "
       "are "
       "first final and then may go. Nobody may end it early. Basis: research, c."},
  };
  for (const auto& [rule, sentence] : rules) {
    SmallWorld world;
    base::FileIssues issues;
    const auto pack = world.Load(absl::StrCat("  - {id: r, title: t, ", rule, "}\n"), &issues);
    ASSERT_NE(pack, nullptr) << base::Format(issues);
    EXPECT_EQ(Sentence(pack->rules()[0]), sentence);
  }
}

// A condition and a citation may go over several lines in a file, but not in a sentence.
TEST(SentenceTest, IsOneLine) {
  SmallWorld world;
  base::FileIssues issues;
  const auto pack = world.Load(
      "  - id: r\n    title: t\n    when: |\n      report.section == PATHOLOGY &&\n      age(patient) >= 18\n"
      "    then: {delay: 3 days}\n    basis:\n      type: privacy\n      citation: |\n        our policy,\n        page 4\n",
      &issues);
  ASSERT_NE(pack, nullptr) << base::Format(issues);
  const std::string sentence = Sentence(pack->rules()[0]);
  EXPECT_EQ(sentence.find('\n'), std::string::npos) << sentence;
  EXPECT_NE(sentence.find("report.section == PATHOLOGY && age(patient) >= 18"), std::string::npos) << sentence;
  EXPECT_NE(sentence.find("our policy, page 4"), std::string::npos) << sentence;
}

// For a story: how long each rule asks for, by its part.
TEST(SentenceTest, SaysHowLongARuleAsksFor) {
  SmallWorld world;
  base::FileIssues issues;
  const auto pack = world.Load(
      "  - {id: wait, title: t, match: {codes: [routine]}, then: {release: now, delay: 72 h}, basis: {type: research, citation: "
      "c}}\n"
      "  - {id: look, title: t, match: {codes: [tissue]}, then: {review: {owners: [pathology-pool], each: 1 business day, "
      "expires: "
      "3 business days, on_expiry: release}}, basis: {type: organization-policy, citation: c}}\n"
      "  - {id: keep, title: t, audiences: [delegate], when: age(patient) < 18, then: {withhold: {until: 30 days}}, basis: "
      "{type: "
      "privacy, citation: c}}\n"
      "  - {id: tell, title: t, match: {codes: [routine], unit: document}, then: {deadline: {within: 20 days, duty: notice}}, "
      "basis: {type: statute, citation: c}}\n",
      &issues);
  ASSERT_NE(pack, nullptr) << base::Format(issues);
  EXPECT_EQ(AskedSpan(*pack, "wait", v1::RULE_EFFECT_DELAY), "72 h");
  EXPECT_EQ(AskedSpan(*pack, "look", v1::RULE_EFFECT_REVIEW), "1 business day each and 3 business days in all");
  EXPECT_EQ(AskedSpan(*pack, "keep", v1::RULE_EFFECT_WITHHOLD), "30 days");
  EXPECT_EQ(AskedSpan(*pack, "tell", v1::RULE_EFFECT_NOTICE), "20 days");
  const std::string each = calendar::ToString(pack->default_review().each);
  EXPECT_EQ(AskedSpan(*pack, "default", v1::RULE_EFFECT_REVIEW).substr(0, each.size()), each);
  EXPECT_NE(AskedSpan(*pack, "quarantine", v1::RULE_EFFECT_REVIEW), "");
  // What it does not ask for, and what is not there.
  EXPECT_EQ(AskedSpan(*pack, "wait", v1::RULE_EFFECT_REVIEW), "");
  EXPECT_EQ(AskedSpan(*pack, "wait", v1::RULE_EFFECT_PERMIT), "");
  EXPECT_EQ(AskedSpan(*pack, "gone", v1::RULE_EFFECT_DELAY), "");
}

}  // namespace
}  // namespace resultgate::policy

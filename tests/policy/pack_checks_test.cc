// The checks of a whole pack: each finds its mistake, keeps quiet where there is none, and can be silenced with a reason.
#include "server/policy/pack_checks.h"

#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_replace.h"
#include "tests/policy/small_pack.h"

namespace resultgate::policy {
namespace {

class PackChecksTest : public ::testing::Test {
 protected:
  // What loading a pack with these rules says.
  std::string Said(const std::string& rules, const std::string& pack_file = kPackFile, const LoadOptions& options = {true}) {
    base::FileIssues issues;
    loaded_ = world_.Load(rules, &issues, pack_file, options) != nullptr;
    return base::Format(issues);
  }

  SmallWorld world_;
  bool loaded_ = false;
};

// A rule of the pack, from its parts.
std::string Rule(const std::string& id, const std::string& about, const std::string& then, const std::string& basis = "",
                 const std::string& more = "") {
  return absl::StrCat("  - {id: ", id, ", title: t, ", about, ", then: {", then, "}",
                      basis.empty() ? "" : absl::StrCat(", basis: {type: ", basis, ", citation: c}"), more, "}\n");
}

// A review of one working day whose protocol covers a part of what `about` says.
std::string Protocol(const std::string& about, const std::string& covers, const std::string& each = "4 h") {
  return Rule("x", about,
              absl::StrCat("review: {owners: [ordering-provider], each: 1 business day, expires: 1 business day, on_expiry: "
                           "release, protocol: {pool: director, covers: '",
                           covers, "', each: ", each, "}}"),
              "privacy");
}

struct Example {
  const char* what;
  std::string rules;
  const char* said;  // part of it; empty: nothing
};

TEST_F(PackChecksTest, EachFindsItsMistakeAndNothingElse) {
  const std::string routine = Rule("routine", "match: {codes: [routine]}", "release: now");
  const Example examples[] = {
      {"a contradiction in `when`", Rule("x", "when: age(patient) < 12 && age(patient) >= 18", "release: now"),
       "rule `x` can never match"},
      {"`match` against `when`", Rule("x", "match: {section: [imaging]}, when: report.section == PATHOLOGY", "release: now"),
       "rule `x` can never match"},
      {"a document has no observation",
       Rule("x", "match: {unit: document}, when: observation.code in valueset(\"routine\")", "release: now"),
       "rule `x` can never match"},
      {"has(observation) is asked", Rule("x", "match: {unit: document}, when: '!has(observation)'", "release: now"), ""},
      {"two kinds of section",
       Rule("x", "match: {section: [imaging, pathology]}, when: report.section != PATHOLOGY", "release: now"), ""},
      {"a tautology", Rule("x", "when: age(patient) < 18 || age(patient) >= 18", "release: now"),
       "`when` of rule `x` holds for every report"},
      {"meant for everything", Rule("x", "when: \"true\"", "release: now"), ""},
      {"a permit twice", routine + Rule("twice", "match: {codes: [routine]}", "release: now"),
       "rule `twice` asks for nothing that `routine` does not ask for already"},
      {"a permit below a wider one", routine + Rule("narrow", "match: {codes: [routine], section: [laboratory]}", "release: now"),
       "rule `narrow` asks for nothing that `routine`"},
      {"a permit for more",
       Rule("narrow", "match: {codes: [routine], section: [laboratory]}", "release: now") +
           Rule("wide", "match: {codes: [routine, tissue]}", "release: now"),
       "rule `narrow` asks for nothing that `wide`"},
      {"other codes", routine + Rule("tissue", "match: {codes: [tissue]}", "release: now"), ""},
      {"a protocol that covers nothing of its rule", Protocol("match: {section: [imaging]}", "report.section == PATHOLOGY"),
       "the protocol of rule `x` covers nothing of what the rule is about"},
      {"a protocol that contradicts itself", Protocol("when: age(patient) < 18", "age(patient) < 12 && age(patient) > 13"),
       "the protocol of rule `x` covers nothing"},
      {"a protocol that covers all of its rule", Protocol("when: age(patient) >= 40", "age(patient) >= 18"),
       "the protocol of rule `x` covers all that the rule is about, so it passes nothing on [always-matches]; write `director` "
       "first"},
      {"a protocol for everything", Protocol("match: {codes: [routine]}", "true"), "covers all that the rule is about"},
      {"a protocol for some", Protocol("match: {codes: [routine]}", "age(patient) >= 18"), ""},
      {"a protocol for the whole review", Protocol("match: {codes: [routine]}", "age(patient) >= 18", "1 business day"),
       "`director` can have the review of rule `x` until it ends: of what comes on 2026-01-01 00:00 no owner is asked"},
      {"a protocol over a night", Protocol("match: {codes: [routine]}", "age(patient) >= 18", "24 h"), "no owner is asked"},
      {"two protocols are two rules",
       Protocol("match: {codes: [routine]}", "age(patient) >= 18") +
           absl::StrReplaceAll(Protocol("match: {codes: [routine]}", "age(patient) >= 21"), {{"id: x", "id: y"}}),
       ""},
      {"for others",
       Rule("a", "audiences: [patient], match: {codes: [routine]}", "release: now") +
           Rule("b", "audiences: [delegate], match: {codes: [routine]}", "release: now"),
       ""},
      {"a shorter delay",
       Rule("long", "match: {codes: [routine]}", "delay: 72 h", "statute") +
           Rule("short", "match: {codes: [routine]}", "delay: 48 h", "statute"),
       "rule `short` asks for nothing that `long`"},
      {"a shorter delay of a stronger basis",
       Rule("long", "match: {codes: [routine]}", "delay: 72 h", "research") +
           Rule("short", "match: {codes: [routine]}", "delay: 48 h", "statute"),
       ""},
      {"a longer delay that the patient may lift",
       Rule("long", "match: {codes: [routine]}", "delay: 72 h", "statute", ", lifted_by: [patient]") +
           Rule("short", "match: {codes: [routine]}", "delay: 48 h", "statute"),
       ""},
      {"in force for a while only",
       Rule("a", "expires: 2027-01-01, match: {codes: [routine]}", "release: now") +
           Rule("b", "match: {codes: [routine], section: [laboratory]}", "release: now"),
       ""},
      {"a permit does not make a hold pointless", routine + Rule("wait", "match: {codes: [routine]}", "delay: 72 h", "privacy"),
       ""},
      {"statute against statute",
       Rule("floor", "match: {codes: [routine]}", "delay: 3 business days", "statute") +
           Rule("ceiling", "match: {codes: [routine]}", "deadline: {within: 72 h, duty: release}", "statute"),
       "error: rule `floor` can hold a result past the deadline of `ceiling`"},
      {"statutes that agree",
       Rule("floor", "match: {codes: [routine]}", "delay: 72 h", "statute") +
           Rule("ceiling", "match: {codes: [routine]}", "deadline: {within: 72 h, duty: release}", "statute"),
       ""},
      {"midnight of the third day is never past 72 hours",
       Rule("floor", "match: {codes: [routine]}", "delay: 3 days", "statute") +
           Rule("ceiling", "match: {codes: [routine]}", "deadline: {within: 73 h, duty: release}", "statute"),
       ""},
      {"a weaker floor is cut, as meant",
       Rule("floor", "match: {codes: [routine]}", "delay: 9 days", "organization-policy") +
           Rule("ceiling", "match: {codes: [routine]}", "deadline: {within: 72 h, duty: release}", "statute"),
       ""},
      {"an equal floor stands: a warning",
       Rule("floor", "match: {codes: [routine]}", "delay: 9 days", "privacy") +
           Rule("ceiling", "match: {codes: [routine]}", "deadline: {within: 72 h, duty: release}", "privacy"),
       "warning: rule `floor` can hold a result past the deadline of `ceiling`"},
      {"one law ends where the other begins",
       Rule("floor", "expires: 2027-01-01, match: {codes: [routine]}", "delay: 9 days", "statute") +
           Rule("ceiling", "effective: 2027-01-01, match: {codes: [routine]}", "deadline: {within: 72 h, duty: release}",
                "statute"),
       ""},
      {"they meet for a day",
       Rule("floor", "expires: 2027-01-02, match: {codes: [routine]}", "delay: 9 days", "statute") +
           Rule("ceiling", "effective: 2027-01-01, match: {codes: [routine]}", "deadline: {within: 72 h, duty: release}",
                "statute"),
       "error: rule `floor` can hold a result past the deadline of `ceiling`"},
      {"a floor for others than the deadline's",
       Rule("floor", "audiences: [delegate], match: {codes: [routine]}", "delay: 9 days", "statute") +
           Rule("ceiling", "audiences: [patient], match: {codes: [routine]}", "deadline: {within: 72 h, duty: release}",
                "statute"),
       ""},
      {"a review past a deadline",
       Rule("review", "match: {codes: [routine]}",
            "review: {owners: [records], each: 1 day, expires: 2 days, on_expiry: {escalate: {to: director, for: 2 days, then: "
            "release}}}",
            "statute") +
           Rule("ceiling", "match: {codes: [routine]}", "deadline: {within: 72 h, duty: release}", "statute"),
       "error: rule `review` can hold a result past the deadline of `ceiling`"},
      {"a review before a deadline",
       Rule("review", "match: {codes: [routine]}",
            "review: {owners: [records], each: 1 day, expires: 2 days, on_expiry: release}", "statute") +
           Rule("ceiling", "match: {codes: [routine]}", "deadline: {within: 72 h, duty: release}", "statute"),
       ""},
      {"a deadline that leaves the patient out",
       Rule("limit", "audiences: [representative], match: {codes: [routine]}", "deadline: {within: 72 h, duty: release}",
            "statute"),
       "warning: the deadline of rule `limit` leaves the patient out"},
      {"a permit by the header", Rule("x", "when: report.code in valueset(\"routine\")", "release: now"),
       "warning: rule `x` lets go whatever such a report holds, known or not [permit-by-header]"},
      {"a permit by the order", Rule("x", "when: order.code in valueset(\"routine\")", "release: now"),
       "whatever such a report holds"},
      {"a permit of what is known, under a header",
       Rule("x", "match: {codes: [tissue]}, when: report.code in valueset(\"routine\")", "release: now"), ""},
      {"a permit of the document",
       Rule("x", "match: {unit: document}, when: report.code in valueset(\"routine\")", "release: now"), ""},
      {"a hold by the header", Rule("x", "when: report.code in valueset(\"routine\")", "delay: 72 h", "privacy"), ""},
      {"a permit of what may not go", Rule("x", "match: {codes: [routine], status: [preliminary]}", "release: now"),
       "warning: rule `x` says `release: now` of what is not final, which lets nothing go"},
      {"a permit of what may go, too", Rule("x", "match: {codes: [routine], status: [preliminary, cancelled]}", "release: now"),
       ""},
      {"a permit of what is not final", Rule("x", "match: {codes: [routine], status: [preliminary]}", "release: preliminary"),
       ""},
      {"never together",
       Rule("floor", "match: {section: [imaging]}", "delay: 9 days", "statute") +
           Rule("ceiling", "match: {section: [pathology]}", "deadline: {within: 72 h, duty: release}", "statute"),
       ""},
      {"laws of two places",
       Rule("floor", "match: {jurisdiction: [US-CO]}", "delay: 9 days", "statute") +
           Rule("ceiling", "match: {jurisdiction: [US-MT]}", "deadline: {within: 72 h, duty: release}", "statute"),
       ""},
      {"a notice is no ceiling",
       Rule("floor", "match: {codes: [routine]}", "delay: 9 days", "statute") +
           Rule("notice", "match: {codes: [routine]}", "deadline: {within: 72 h, duty: notice}", "statute"),
       ""},
      {"an unknown check",
       Rule("x", "match: {codes: [routine]}", "release: now", "", ", ignore: [{check: never-match, reason: r}]"),
       "no check is named `never-match` [unused-ignore]; did you mean `never-matches`?"},
      {"silences nothing",
       Rule("x", "match: {codes: [routine]}", "release: now", "", ", ignore: [{check: never-matches, reason: r}]"),
       "`ignore` of `never-matches` silences nothing"},
      {"silenced",
       Rule("x", "when: age(patient) < 12 && age(patient) >= 18", "release: now", "",
            ", ignore: [{check: never-matches, reason: r}]"),
       ""},
  };
  for (const Example& example : examples) {
    const std::string said = Said(example.rules);
    if (*example.said == 0) {
      EXPECT_EQ(said, "") << example.what;
      EXPECT_TRUE(loaded_) << example.what;
    } else {
      EXPECT_TRUE(absl::StrContains(said, example.said)) << example.what << ":\n" << said;
      EXPECT_EQ(absl::StrContains(said, "error:"), !loaded_) << example.what << ":\n" << said;
    }
  }
}

TEST_F(PackChecksTest, InTheUnitedStatesAnOrganisationHoldsNothingByItsOwnPolicy) {
  const std::string american = absl::StrReplaceAll(kPackFile, {{"jurisdiction: none", "jurisdiction: US-OH"}});
  const auto hold = [](const char* basis) { return Rule("hold", "match: {codes: [routine]}", "delay: 72 h", basis); };
  EXPECT_TRUE(absl::StrContains(Said(hold("organization-policy"), american), "likely information blocking"));
  EXPECT_FALSE(loaded_);
  EXPECT_EQ(Said(hold("organization-policy")), "");
  for (const char* basis : {"statute", "privacy", "identity", "research"}) EXPECT_EQ(Said(hold(basis), american), "") << basis;
  // What is only true of one person has to ask about that person.
  EXPECT_TRUE(absl::StrContains(Said(hold("patient-request"), american), "as if patients had asked for it"));
  const char* unasked = "match: {codes: [routine]}, when: patient.preference.after_days > 3";
  EXPECT_TRUE(
      absl::StrContains(Said(Rule("hold", unasked, "delay: 72 h", "patient-request"), american), "has(patient.preference)"));
  EXPECT_TRUE(absl::StrContains(Said(hold("harm-determination"), american), "decided for one person at a time"));
  const char* asked = "match: {codes: [routine]}, when: has(patient.preference) && patient.preference.after_days > 3";
  EXPECT_EQ(Said(Rule("hold", asked, "delay: 72 h", "patient-request"), american), "");
  const char* known = "match: {codes: [routine]}, when: 'patient.known_conditions.exists(c, c in valueset(\"malignant\"))'";
  EXPECT_EQ(Said(Rule("hold", known, "delay: 72 h", "harm-determination"), american), "");
  EXPECT_EQ(Said(hold("patient-request")), "");
  EXPECT_EQ(
      Said(hold("organization-policy"), american + "ignore: [{check: unlawful-hold, reason: counsel has looked at each}]\n"), "");
}

TEST_F(PackChecksTest, ARuleThatIsOverOrToComeIsSaidWhereTheTimeIsKnown) {
  const auto rule = [](const char* dates, const char* more = "") {
    return Rule("law", absl::StrCat(dates, ", match: {codes: [routine]}"), "delay: 72 h", "statute", more);
  };
  LoadOptions options = {true};
  absl::TimeZone zone;
  ASSERT_TRUE(absl::LoadTimeZone("America/New_York", &zone));
  options.now = absl::FromCivil(absl::CivilHour(2026, 6, 30, 23), zone);  // in UTC it is July
  const std::pair<const char*, const char*> examples[] = {
      {"expires: 2026-07-01", ""},
      {"expires: 2026-06-30", "warning: rule `law` is over since 2026-06-30 [expired-rule]"},
      {"effective: 2026-06-30", ""},
      {"effective: 2026-07-01", "warning: rule `law` speaks for nothing before 2026-07-01 [not-yet-in-force]"},
  };
  for (const auto& [dates, said] : examples) {
    EXPECT_EQ(Said(rule(dates)), "") << "without a time nothing can be told";
    const std::string text = Said(rule(dates), kPackFile, options);
    EXPECT_TRUE(absl::StrContains(text, said)) << text;
    EXPECT_EQ(text.empty(), *said == 0) << text;
    EXPECT_TRUE(loaded_);
  }
  const char* ignored = ", ignore: [{check: expired-rule, reason: results of then still wait}]";
  EXPECT_EQ(Said(rule("expires: 2026-06-30", ignored), kPackFile, options), "");
  EXPECT_EQ(Said(rule("expires: 2026-06-30", ignored)), "") << "not asked, so nothing is ignored in vain";
  EXPECT_TRUE(absl::StrContains(Said(rule("expires: 2026-07-01", ignored), kPackFile, options), "silences nothing"));
}

TEST_F(PackChecksTest, ACalendarThatEndsIsSaidWithItsLastYear) {
  const std::string rules = Rule("routine", "match: {codes: [routine]}", "release: now");
  const auto said = [&](const std::string& holidays, const std::string& keys = "") {
    world_.Write("calendars/short.yaml", absl::StrCat("name: short\nholidays: [", holidays, "]\n"));
    return Said(rules, absl::StrReplaceAll(kPackFile, {{"calendar: weekdays", "calendar: short"}}) + keys);
  };
  const std::string dated = "{name: a, date: 2029-11-22}, {name: b, date: 2030-11-28}";
  const std::string text = said(dated);
  EXPECT_TRUE(absl::StrContains(text, "pack.yaml:1:1: warning: the pack's calendar knows no holiday after 2030")) << text;
  EXPECT_TRUE(loaded_);
  EXPECT_EQ(said(dated, "ignore: [{check: calendar-ends, reason: next year's comes in autumn}]\n"), "");
  EXPECT_EQ(said("{name: a, date: 2029-11-22}, {name: b, date: fourth Thursday of November}"), "");
  EXPECT_EQ(said(""), "") << "no holidays are meant";
}

TEST_F(PackChecksTest, APackIgnoresACheckOfOneRule) {
  const std::string rules = Rule("x", "when: age(patient) < 12 && age(patient) >= 18", "release: now") +
                            Rule("y", "when: age(patient) < 11 && age(patient) >= 18", "release: now");
  const std::string said = Said(rules, std::string(kPackFile) + "ignore: [{check: never-matches, of: x, reason: r}]\n");
  EXPECT_FALSE(absl::StrContains(said, "rule `x`")) << said;
  EXPECT_TRUE(absl::StrContains(said, "rule `y` can never match")) << said;
  EXPECT_TRUE(absl::StrContains(Said(rules, std::string(kPackFile) + "ignore: [{check: never-matches, of: z, reason: r}]\n"),
                                "silences nothing"));
}

TEST_F(PackChecksTest, AThousandRulesAreCheckedInGoodTime) {
  std::string rules;
  for (int i = 0; i < 1000; ++i) {
    rules +=
        Rule(absl::StrCat("r", i), absl::StrCat("when: age(patient) == ", i, " && report.section == LABORATORY"), "release: now");
  }
  EXPECT_EQ(Said(rules), "");
  EXPECT_TRUE(loaded_);
}

}  // namespace
}  // namespace resultgate::policy

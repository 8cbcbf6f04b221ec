// The keys of a pack and a rule that say since when, for whom and on whose word: `facts`, `effective`, `verified`, `together`, …
#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_replace.h"
#include "tests/policy/decide_fixture.h"

namespace resultgate::policy {
namespace {

using PackKeysTest = DecideTest;

constexpr char kKentucky[] =
    "  - {id: kentucky, title: t, match: {codes: [routine], jurisdiction: [US-KY]}, then: {delay: 72 h}, basis: {type: "
    "statute, citation: c}}\n";

TEST_F(PackKeysTest, AJurisdictionMatchesAnyOfTheOrdersAndIsUnknownWhereTheOrderNamesNone) {
  v1::DiagnosticReport report = Cbc();
  Decide(absl::StrCat(kRoutine, kKentucky), report);
  EXPECT_EQ(Word("718-7"), "delay");
  EXPECT_EQ(Cell_("718-7").unknown_facts(0), "order.jurisdictions");
  report.mutable_order()->mutable_jurisdictions()->add_values("US-OH");
  Decide(absl::StrCat(kRoutine, kKentucky), report);
  EXPECT_EQ(Word("718-7"), "release");
  report.mutable_order()->mutable_jurisdictions()->add_values("US-KY");
  Decide(absl::StrCat(kRoutine, kKentucky), report);
  EXPECT_EQ(Word("718-7"), "delay");
  EXPECT_EQ(Cell_("718-7").unknown_facts_size(), 0);
}

TEST_F(PackKeysTest, APackSaysWhatAbsenceMeansAndTheDecisionSaysThatItWasAssumed) {
  pack_file_ +=
      "facts:\n"
      "  - {fact: order.jurisdictions, absent_means: [US-OH], reason: all our sites are there, approved_by: privacy office}\n"
      "  - {fact: patient.known_conditions, absent_means: [], reason: the feed has none, approved_by: privacy office}\n";
  const std::string rules = absl::StrCat(kRoutine, kKentucky,
                                         "  - {id: known, title: t, when: 'patient.known_conditions.exists(c, c in "
                                         "valueset(\"malignant\"))', then: {delay: 9 days}, "
                                         "basis: {type: privacy, citation: c}}\n");
  v1::DiagnosticReport report = Cbc();
  Decide(rules, report);
  EXPECT_EQ(Word("718-7"), "release");
  ASSERT_EQ(decision_.assumed_facts_size(), 2);
  EXPECT_EQ(decision_.assumed_facts(0), "order.jurisdictions");
  EXPECT_EQ(decision_.assumed_facts(1), "patient.known_conditions");
  report.mutable_order()->mutable_jurisdictions()->add_values("US-KY");
  Decide(rules, report);
  EXPECT_EQ(Word("718-7"), "delay") << "what was sent is never replaced";
  EXPECT_EQ(decision_.assumed_facts_size(), 1);
}

TEST_F(PackKeysTest, ARuleSpeaksForWhatBecameFinalWhileItWasInForce) {
  // The report was issued on 2026-03-06 local; in UTC it is the same day.
  const auto rules = [](const char* dates) {
    return absl::StrCat(kRoutine, "  - {id: law, title: t, ", dates,
                        ", match: {codes: [routine]}, then: {delay: 9 days}, basis: {type: statute, citation: c}}\n");
  };
  const std::pair<const char*, const char*> cases[] = {
      {"effective: 2026-03-06", "delay"},
      {"effective: 2026-03-07", "release"},
      {"expires: 2026-03-07", "delay"},
      {"expires: 2026-03-06", "release"},
      {"effective: 2026-03-01, expires: 2026-04-01", "delay"},
  };
  for (const auto& [dates, decision] : cases) {
    SCOPED_TRACE(dates);
    Decide(rules(dates), Cbc());
    EXPECT_EQ(Word("718-7"), decision);
  }
  // 23:59 in the pack's zone is still the day before, though it is the day itself in UTC.
  v1::DiagnosticReport report = Cbc();
  *report.mutable_issued() = base::ToProto(At("2026-03-05T23:59:00-05:00"));
  Decide(rules("effective: 2026-03-06"), report);
  EXPECT_EQ(Word("718-7"), "release");
  *report.mutable_issued() = base::ToProto(At("2026-03-06T00:00:00-05:00"));
  Decide(rules("effective: 2026-03-06"), report);
  EXPECT_EQ(Word("718-7"), "delay");
}

TEST_F(PackKeysTest, WhatWaitsTogetherWaitsForTheWholeReport) {
  const auto rules = [](const char* together) {
    return absl::StrCat(
        kRoutine, "  - {id: hiv, title: t, ", together,
        "match: {codes: [sensitive]}, then: {release: now, delay: 9 days}, basis: {type: privacy, citation: c}}\n");
  };
  v1::DiagnosticReport report = Cbc();
  AddObservation(&report, "56888-1");
  Decide(rules(""), report);
  EXPECT_EQ(Word("718-7"), "release");
  EXPECT_EQ(Word("56888-1"), "delay");
  Decide(rules("together: report, "), report);
  EXPECT_EQ(Word("718-7"), "delay");
  EXPECT_EQ(Word("718-7", v1::AUDIENCE_DELEGATE), "delay");
  EXPECT_EQ(Word("56888-1"), "delay");
  EXPECT_EQ(Cell_("718-7").rules(0).rule_id(), "hiv") << "and says by which rule";
  EXPECT_EQ(Cell_("718-7").rules(0).effect(), v1::RULE_EFFECT_DELAY) << "without its permit";
  Decide(rules("together: report, "), Cbc());
  EXPECT_EQ(Word("718-7"), "release") << "nothing to wait for";
}

TEST_F(PackKeysTest, WhatWaitsTogetherWithItsOrderIsHeldByTheOrdersOtherReports) {
  const std::string rules = absl::StrCat(
      kRoutine,
      "  - {id: law, title: t, together: order, match: {codes: [sensitive]}, then: {release: now, delay: 3 days}, basis: {type: "
      "statute, citation: c}}\n"
      "  - {id: look, title: t, together: order, match: {codes: [tissue]}, then: {review: {owners: [pathology-pool], each: 1 "
      "day, "
      "expires: 2 days, on_expiry: release}}, basis: {type: privacy, citation: c}, lifted_by: [provider]}\n"
      "  - {id: own, title: t, together: report, match: {codes: [sensitive]}, then: {delay: 9 days}, basis: {type: privacy, "
      "citation: c}}\n");
  const auto pack = Load(rules);
  v1::DiagnosticReport other = Report("56888-1");
  AddObservation(&other, "56888-1");
  *other.mutable_issued() = base::ToProto(At("2026-03-07T10:00:00-05:00"));
  Context of_other;
  of_other.received_at = At("2026-03-07T10:00:00-05:00");
  Context context;
  context.order_holds = OrderHoldsOf(*pack, other, of_other, of_other.received_at);
  EXPECT_EQ(context.order_holds.size(), 3u) << "one rule, for each audience; `own` stays in its report";
  Decide(rules, Cbc(), context);
  EXPECT_EQ(Word("718-7"), "delay");
  EXPECT_EQ(RulesOf("718-7"), (std::vector<std::string>{"law", "routine"}));
  EXPECT_EQ(Local(Cell_("718-7").not_before()), "2026-03-10T00:00:00-04:00") << "by the clock of the other one";
  EXPECT_EQ(Cell_("718-7").rules(0).basis().citation(), "c (it holds another report of the same order)");
  EXPECT_TRUE(HoldsAlong(Cell_("718-7").rules(0)));

  // A review begins when that of the other one did, and who may lift it may lift it here.
  other = Report("22637-3");
  AddObservation(&other, "22637-3");
  context.order_holds = OrderHoldsOf(*pack, other, of_other, of_other.received_at);
  Decide(rules, Cbc(), context);
  EXPECT_EQ(Word("718-7"), "review");
  EXPECT_EQ(Local(Cell_("718-7").review().started_at()), "2026-03-09T08:00:00-04:00");
  context.acted = {v1::LIFTER_PROVIDER};
  Decide(rules, Cbc(), context);
  EXPECT_EQ(Word("718-7"), "release");
  // It does not speak for what nobody has classified.
  context.acted.clear();
  v1::DiagnosticReport unknown = Report("99999-9");
  AddObservation(&unknown, "99999-9");
  Decide(rules, unknown, context);
  EXPECT_EQ(RulesOf("99999-9"), (std::vector<std::string>{"look", "default"}));
  // Of a rule that the pack does not have, or that holds no orders together, it takes no notice.
  Decide(absl::StrReplaceAll(rules, {{"id: look", "id: look-again"}}), Cbc(), context);
  EXPECT_EQ(Word("718-7"), "release");
  Decide(absl::StrReplaceAll(rules, {{"together: order", "together: report"}}), Cbc(), context);
  EXPECT_EQ(Word("718-7"), "release");
}

// Whether it applies there is not known: here it counts as it does there.
TEST_F(PackKeysTest, WhatIsUnknownOfTheOrdersOtherReportIsUnknownHere) {
  const std::string rules = absl::StrCat(kRoutine,
                                         "  - {id: kept, title: t, together: order, match: {codes: [sensitive]}, when: "
                                         "age(patient) < 18, then: {withhold: {until: 9 "
                                         "days}}, basis: {type: privacy, citation: c}}\n");
  const auto pack = Load(rules);
  v1::DiagnosticReport other = Report("56888-1");
  AddObservation(&other, "56888-1");
  Context context;
  context.received_at = At(kNow);
  context.order_holds = OrderHoldsOf(*pack, other, context, At(kNow));
  Decide(rules, Cbc(), context);
  EXPECT_EQ(Word("718-7"), "review") << "the default review, not a withholding";
  EXPECT_EQ(Cell_("718-7").unknown_facts(0), "patient.birth_date");
}

// It waits along; nobody has classified it for that.
TEST_F(PackKeysTest, WhatOnlyWaitsTogetherKeepsThePacksDefault) {
  v1::DiagnosticReport report = Report("99999-9");
  AddObservation(&report, "56888-1");
  AddObservation(&report, "33914-3");
  Decide(
      "  - {id: hiv, title: t, together: report, match: {codes: [sensitive]}, then: {review: {owners: [results-pool], each: 1 "
      "business day, expires: 1 business day, on_expiry: release}}, basis: {type: privacy, citation: c}}\n",
      report);
  EXPECT_EQ(Cell_("56888-1").rules_size(), 1);
  ASSERT_EQ(Cell_("33914-3").rules_size(), 2);
  EXPECT_EQ(Cell_("33914-3").rules(0).rule_id(), "hiv");
  EXPECT_EQ(Cell_("33914-3").rules(1).rule_id(), "default");
  EXPECT_EQ(Cell_("33914-3").review().on_expiry(), v1::ON_EXPIRY_ESCALATE);
}

TEST_F(PackKeysTest, AStatuteThatNobodyVerifiedLoadsOnlyWhereAllowedAndMarksTheDecision) {
  base::FileIssues issues;
  const std::string rules = absl::StrCat(kRoutine, kKentucky);
  EXPECT_EQ(world_.Load(rules, &issues, kPackFile, {}), nullptr);
  EXPECT_TRUE(absl::StrContains(base::Format(issues), "rests on a statute that nobody has compared it with"))
      << base::Format(issues);
  Decide(rules, Cbc());
  EXPECT_TRUE(Cell_("718-7").rules(0).unverified());
  EXPECT_FALSE(Cell_("718-7").rules(1).unverified());
  issues.clear();
  const std::string verified = absl::StrReplaceAll(
      rules, {{"citation: c}}", absl::StrCat("citation: c}, verified: {by: counsel, on: 2026-02-01, text_digest: \"sha256:",
                                             std::string(64, 'a'), "\"}}")}});
  EXPECT_NE(world_.Load(verified, &issues, kPackFile, {}), nullptr) << base::Format(issues);
  Decide(verified, Cbc());
  EXPECT_FALSE(Cell_("718-7").rules(0).unverified());
}

TEST_F(PackKeysTest, APackKeepsWhoWroteAndApprovedIt) {
  pack_file_ = absl::StrReplaceAll(kPackFile, {{"jurisdiction: none", "jurisdiction: US-OH"}}) +
               "author: informatics\napproved_by: chief medical officer\napproved_on: 2026-02-03\n"
               "ignore: [{check: unlawful-hold, reason: counsel has looked at each}]\n";
  const auto pack = Load(kRoutine);
  ASSERT_NE(pack, nullptr);
  EXPECT_EQ(pack->jurisdiction(), "US-OH");
  EXPECT_EQ(pack->author(), "informatics");
  EXPECT_EQ(pack->approved_by(), "chief medical officer");
  EXPECT_EQ(pack->approved_on(), absl::CivilDay(2026, 2, 3));
  ASSERT_EQ(pack->ignores().size(), 1u);
  EXPECT_EQ(pack->ignores()[0].check, "unlawful-hold");
}

TEST_F(PackKeysTest, ARequiredPacksRulesCountAsItsOwnAndChangeItsDigest) {
  const auto first = Load(kRoutine);  // pack1
  pack_file_ += "requires: [pack1]\n";
  const auto second = Load("  - {id: sensitive, title: t, match: {codes: [sensitive]}, then: {release: now}}\n");
  ASSERT_NE(second, nullptr);
  ASSERT_EQ(second->rules().size(), 2u);
  EXPECT_EQ(second->rules()[0].id, "routine");
  base::FileIssues issues;
  EXPECT_EQ(world_.Load(kRoutine, &issues, pack_file_), nullptr) << "ids are unique across packs";
  EXPECT_TRUE(absl::StrContains(base::Format(issues), "the id `routine` is taken")) << base::Format(issues);
}

TEST_F(PackKeysTest, WhatARequiredPackRequiresIsThereToo) {
  Load(kRoutine);  // pack1
  pack_file_ += "requires: [pack1]\n";
  Load("  - {id: sensitive, title: t, match: {codes: [sensitive]}, then: {release: now}}\n");  // pack2
  pack_file_ = absl::StrReplaceAll(pack_file_, {{"[pack1]", "[pack2, pack1]"}});
  const auto third = Load("  - {id: tissue, title: t, match: {codes: [tissue]}, then: {release: now}}\n");
  ASSERT_NE(third, nullptr);
  EXPECT_EQ(third->rules().size(), 3u) << "each pack once, on whatever way";
  // Of a newer language nobody knows what its rules mean.
  world_.Write("pack2/pack.yaml", "language_version: 2\nrequires: [pack1]\n");
  base::FileIssues issues;
  EXPECT_EQ(world_.Load(kSensitive, &issues, pack_file_), nullptr);
  EXPECT_TRUE(absl::StrContains(base::Format(issues), "pack2/pack.yaml:1:19: error: `language_version` must be a whole number"))
      << base::Format(issues);
}

TEST_F(PackKeysTest, MistakesInTheseKeysAreSaidWithWhatWouldBeRight) {
  struct Mistake {
    const char* in_pack;
    const char* in_rule;
    const char* expected;
  };
  const Mistake mistakes[] = {
      {"approved_on: 3.2.2026\n", "", "`3.2.2026` is no date; write it as `2026-07-01`"},
      {"requires: [nowhere]\n", "", "`requires` names `nowhere`, but there is no pack in"},
      {"requires: [../x]\n", "", "`../x` is no name of a pack"},
      {"facts: [{fact: order.jurisdictio, absent_means: [], reason: r, approved_by: a}]\n", "",
       "did you mean `order.jurisdictions`?"},
      {"facts: [{fact: order.jurisdictions, reason: r, approved_by: a}]\n", "", "absent_means"},
      {"facts: [{fact: order.jurisdictions, absent_means: [OHIO], reason: r, approved_by: a}]\n", "",
       "`OHIO` is no code of a place, so no law would bind there"},
      {"facts: [{fact: observation.interpretation, absent_means: normal, reason: r, approved_by: a}]\n", "",
       "is no fact whose absence a pack may explain"},
      {"facts: [{fact: patient.birth_date, absent_means: 1970-01-01, reason: r, approved_by: a}]\n", "",
       "is no fact whose absence a pack may explain"},
      {"facts: [{fact: patient.gender, absent_means: femal, reason: r, approved_by: a}]\n", "",
       "`femal` is no value of `gender`"},
      {"precedence: [statute, identity]\nprecedence_reason: r\n", "", "`precedence` leaves out `privacy`"},
      {"precedence: [identity, statute, harm-determination, privacy, patient-request, research, organization-policy]\n", "",
       "without a reason"},
      {"ignore: [{check: x}]\n", "", "reason"},
      {"", "effective: 2026-02-30, ", "`2026-02-30` is no date"},
      {"", "effective: 2026-03-02, expires: 2026-03-01, ", "expires before it takes effect"},
      {"", "together: patient, ", "`patient` is nothing that could wait together"},
      {"", "together: report, ", "holds nothing back that could wait together"},
      {"", "verified: {by: a, on: 2026-01-01, text_digest: abc}, ", "`abc` is no digest"},
  };
  for (const Mistake& mistake : mistakes) {
    base::FileIssues issues;
    const std::string rule =
        absl::StrCat("  - {id: r, title: t, ", mistake.in_rule, "match: {codes: [routine]}, then: {release: now}}\n");
    EXPECT_EQ(world_.Load(rule, &issues, absl::StrCat(kPackFile, mistake.in_pack)), nullptr) << mistake.expected;
    EXPECT_TRUE(absl::StrContains(base::Format(issues), mistake.expected)) << mistake.expected << "\n" << base::Format(issues);
  }
}

// A law binds where its place is named, letter by letter: a code that nobody sends would let go what the law holds.
TEST_F(PackKeysTest, APlaceIsACodeThatOrdersCarry) {
  struct Place {
    const char* code;
    const char* of_pack;
    const char* expected;  // empty: it is one
  };
  const Place places[] = {
      {"US-KY", "US", ""},
      {"US-PR", "US-OH", ""},
      {"DE", "none", ""},
      {"GB-ENG", "none", ""},
      {"FR-75", "none", ""},
      {"CA", "none", ""},  // Canada
      {"CA", "US", "`CA` is no code of a place in the United States; did you mean `US-CA`?"},
      {"KY", "US-OH", "`KY` is no code of a place in the United States; did you mean `US-KY`?"},
      {"us-ky", "none", "`us-ky` is no code of a place; did you mean `US-KY`?"},
      {"US_KY", "none", "did you mean `US-KY`?"},
      {"ky", "none", "did you mean `US-KY`?"},
      {"US-KT", "none", "`US-KT` is no code of a place; write ISO 3166-2, as `US-KY`"},
      {"US-KYY", "none", "`US-KYY` is no code of a place"},
      {"Kentucky", "none", "`Kentucky` is no code of a place; write ISO 3166-2, as `US-KY`"},
      {"US-", "none", "`US-` is no code of a place"},
  };
  for (const Place& place : places) {
    SCOPED_TRACE(place.code);
    base::FileIssues issues;
    const std::string pack_file =
        absl::StrReplaceAll(kPackFile, {{"jurisdiction: none", absl::StrCat("jurisdiction: ", place.of_pack)}});
    world_.Load(absl::StrCat("  - {id: r, title: t, match: {jurisdiction: [", place.code, "]}, then: {release: now}}\n"), &issues,
                pack_file);
    const std::string said = base::Format(issues);
    EXPECT_EQ(said.empty(), *place.expected == 0) << said;
    EXPECT_TRUE(absl::StrContains(said, place.expected)) << said;
  }
}

// Somebody must be there for every order: a pool is never a role that an order may leave empty.
TEST_F(PackKeysTest, APoolIsSomebody) {
  const std::string pools = "pools: [results-pool, pathology-pool, records, director]";
  const std::pair<std::string, const char*> packs[] = {
      {absl::StrReplaceAll(kPackFile, {{pools, "pools: [covering-provider, records, director]"},
                                       {"owners: [ordering-provider, results-pool]", "owners: [covering-provider]"}}),
       "`covering-provider` means whom the order names, and is no pool"},
      {absl::StrReplaceAll(kPackFile, {{pools, "pools: [results-pool, records, director, results-pool]"}}),
       "`results-pool` stands twice among the `pools`"},
      {absl::StrReplaceAll(kPackFile, {{pools, "pools: [results-pool, records, director, \"Night Pool\"]"}}),
       "`Night Pool` is not made of a-z, 0-9 and `-`"},
      {absl::StrReplaceAll(kPackFile, {{"{to: director, for: 1 business day, then: release}",
                                        "{to: covering-provider, for: 1 h, then: release}"}}),
       "`covering-provider` may be nobody, and nobody comes after; escalate to one of the pack's `pools`"},
      {absl::StrReplaceAll(kPackFile, {{"time_zone: America/New_York", "time_zone: localtime"}}),
       "no time zone is named `localtime`"},
  };
  for (const auto& [pack_file, expected] : packs) {
    base::FileIssues issues;
    EXPECT_EQ(world_.Load(kRoutine, &issues, pack_file), nullptr) << expected;
    EXPECT_TRUE(absl::StrContains(base::Format(issues), expected)) << base::Format(issues);
  }
}

// Of a pack for `us` or `USA` nobody would know that the law of the United States is to be held against it.
TEST_F(PackKeysTest, ThePlaceOfAPackIsACodeToo) {
  const std::pair<const char*, const char*> packs[] = {{"us", "did you mean `US`?"},
                                                       {"us-oh", "did you mean `US-OH`?"},
                                                       {"USA", "`USA` is no code of a place"},
                                                       {"Ohio", "write ISO 3166-2, as `US-KY`; `none` for a pack of no place"}};
  for (const auto& [place, expected] : packs) {
    base::FileIssues issues;
    const std::string pack_file = absl::StrReplaceAll(kPackFile, {{"jurisdiction: none", absl::StrCat("jurisdiction: ", place)}});
    EXPECT_EQ(world_.Load(kRoutine, &issues, pack_file), nullptr) << place;
    EXPECT_TRUE(absl::StrContains(base::Format(issues), expected)) << base::Format(issues);
  }
}

}  // namespace
}  // namespace resultgate::policy

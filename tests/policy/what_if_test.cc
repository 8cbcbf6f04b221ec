// What packs would do: forecasts of single outcomes, and the counts over many reports.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "server/policy/holds.h"
#include "server/policy/whatif/coverage.h"
#include "server/policy/whatif/forecast.h"
#include "server/policy/whatif/impact.h"
#include "server/policy/whatif/pack_difference.h"
#include "server/policy/whatif/simulation.h"
#include "tests/policy/decide_fixture.h"

namespace resultgate::policy {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Arrival Now(const std::string& source = "a.hl7") {
  Arrival arrival;
  arrival.source = source;
  arrival.report_name = "a report";
  arrival.received_at = At(kNow);
  return arrival;
}

constexpr char kBirthDate[] =
    "  - {id: minors, title: t, when: age(patient) < 18, then: {delay: 3 days}, basis: {type: privacy, citation: c}}\n";

class WhatIfTest : public DecideTest {
 protected:
  // Under `before` and `after`, with the default pack file each.
  v1::Impact Impact(const std::string& before, const std::string& after, const std::vector<v1::DiagnosticReport>& reports,
                    std::vector<std::string> expected = {}) {
    const std::shared_ptr<const Pack> old_pack = Load(before);
    const std::shared_ptr<const Pack> new_pack = Load(after);
    ImpactCounter counter(*old_pack, *new_pack, /*examples=*/5, std::move(expected));
    for (const v1::DiagnosticReport& report : reports) counter.Add(Now(), report);
    unexpected_earlier_ = counter.unexpected_earlier();
    unexpected_later_ = counter.unexpected_later();
    return counter.Summary();
  }

  v1::Coverage Coverage(const std::string& rules, const std::vector<v1::DiagnosticReport>& reports) {
    pack_ = Load(rules);
    CoverageCounter counter(*pack_);
    for (const v1::DiagnosticReport& report : reports) counter.Add(Now(), report);
    return counter.Summary();
  }

  int unexpected_earlier_ = 0;
  int unexpected_later_ = 0;
};

v1::DiagnosticReport Of(const std::string& loinc) {
  v1::DiagnosticReport report = Report(loinc);
  AddObservation(&report, loinc);
  return report;
}

TEST_F(WhatIfTest, AForecastOfEachDecision) {
  const std::string withhold =
      "  - {id: kept, title: t, match: {codes: [sensitive]}, then: {release: now, withhold: {until: 30 days}}, basis: {type: "
      "privacy, citation: c}}\n";
  const std::string slow = absl::StrReplaceAll(kTissue, {{"review:", "delay: 72 h, review:"}});
  v1::DiagnosticReport unfinished = Cbc();
  unfinished.mutable_observations(0)->set_status(v1::RESULT_STATUS_PRELIMINARY);
  v1::DiagnosticReport wrong = Cbc();
  wrong.set_status(v1::RESULT_STATUS_ENTERED_IN_ERROR);
  struct Case {
    std::string rules;
    v1::DiagnosticReport report;
    const char* earliest;  // empty: never by itself
    const char* latest;
    const char* words;
  };
  const Case cases[] = {
      {kRoutine, Cbc(), kNow, kNow, "goes at once"},
      {kSensitive, Of("56888-1"), "2026-03-09T08:00:00-04:00", "2026-03-09T08:00:00-04:00", "goes Mon 2026-03-09 08:00"},
      {kTissue, Of("22637-3"), kNow, "2026-03-11T15:00:00-04:00",
       "is reviewed by ordering-provider, then pathology-pool; goes Wed 2026-03-11 15:00 at the latest"},
      // Whoever reviews it, the floor stands.
      {slow, Of("22637-3"), "2026-03-09T15:00:00-04:00", "2026-03-11T15:00:00-04:00",
       "is reviewed by ordering-provider, then pathology-pool, not before Mon 2026-03-09 15:00; goes Wed 2026-03-11 15:00 at the "
       "latest"},
      // The default review, and its escalation of one business day.
      {kRoutine, Of("22637-3"), kNow, "2026-03-11T15:00:00-04:00",
       "is reviewed by ordering-provider, then results-pool, then director; goes Wed 2026-03-11 15:00 at the latest, and the "
       "patient is reached out to"},
      {withhold, Of("56888-1"), "2026-04-05T00:00:00-04:00", "",
       "goes to nobody here until Sun 2026-04-05 00:00, then ordering-provider, then results-pool decides"},
      {kRoutine, unfinished, "", "", "waits until it is final"},
      {kRoutine, wrong, "", "", "never goes: it was entered in error"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.words);
    Decide(c.rules, c.report);
    const v1::Outcome& outcome = Cell_(c.report.observations(0).id());
    const Forecast forecast = ForecastOf(outcome, pack_->calendar(), At(kNow));
    EXPECT_EQ(forecast.earliest, c.earliest[0] == '\0' ? absl::InfiniteFuture() : At(c.earliest));
    EXPECT_EQ(forecast.latest, c.latest[0] == '\0' ? absl::InfiniteFuture() : At(c.latest));
    EXPECT_EQ(InWords(outcome, pack_->calendar(), At(kNow)), c.words);
  }
}

TEST_F(WhatIfTest, WhatHoldsIsWhatStandsNow) {
  const std::string past =
      "  - {id: past, title: t, match: {codes: [tissue]}, then: {delay: 30 min}, basis: {type: privacy, citation: c}}\n";
  Decide(absl::StrCat(kTissue, past), Of("22637-3"));
  EXPECT_THAT(HoldsOf(Cell_("22637-3"), At(kNow)), ElementsAre("tissue")) << "the floor of half an hour is over";
  v1::DiagnosticReport eager = Of("22637-3");
  eager.mutable_patient()->mutable_preference()->set_timing(v1::ReleasePreference::TIMING_IMMEDIATE);
  Decide(absl::StrCat(kTissue, kRoutine), eager);
  EXPECT_THAT(HoldsOf(Cell_("22637-3"), At(kNow)), IsEmpty()) << "the patient lifted it";
}

TEST(WaitTextTest, IsShort) {
  EXPECT_EQ(WaitText(absl::ZeroDuration()), "at once");
  EXPECT_EQ(WaitText(absl::Minutes(45)), "45 min");
  EXPECT_EQ(WaitText(absl::Hours(17)), "17 h");
  EXPECT_EQ(WaitText(absl::Hours(65)), "2 d 17 h");
  EXPECT_EQ(WaitText(absl::Hours(72)), "3 d");
}

TEST_F(WhatIfTest, ASimulationCountsByClassLanguageAndAudience) {
  pack_ = Load(absl::StrCat(kRoutine, kTissue, kSensitive));
  Simulator simulator(*pack_);
  v1::DiagnosticReport spanish = Cbc();
  spanish.mutable_patient()->set_language("es");
  for (const v1::DiagnosticReport& report : {Cbc(), spanish, Of("22637-3"), Of("56888-1"), Of("99999-9")}) {
    simulator.Add(Now(), report);
  }
  const v1::Simulation summary = simulator.Summary();
  EXPECT_EQ(summary.reports(), 5);
  EXPECT_EQ(summary.units(), 5);
  ASSERT_EQ(summary.totals_size(), 3);
  for (const v1::Fates& row : summary.totals()) {
    EXPECT_EQ(row.units(), 5);
    EXPECT_EQ(row.released(), 2);
    EXPECT_EQ(row.delayed(), 1);
    EXPECT_EQ(row.reviewed(), 2);
    // 0, 0, Monday 08:00, Wednesday 15:00 and the default's escalation on Wednesday 15:00.
    EXPECT_EQ(base::FromProto(row.median_wait()), At("2026-03-09T08:00:00-04:00") - At(kNow));
    EXPECT_EQ(base::FromProto(row.longest_wait()), At("2026-03-11T15:00:00-04:00") - At(kNow));
  }
  std::vector<std::string> classes;
  for (const v1::Fates& row : summary.by_class()) {
    if (row.group().audience() == v1::AUDIENCE_PATIENT) classes.push_back(row.group().value_set());
  }
  EXPECT_THAT(classes, ElementsAre("none", "routine", "sensitive", "tissue"));
  ASSERT_EQ(summary.by_language_size(), 6);
  EXPECT_EQ(summary.by_language(0).group().language(), "es");
  EXPECT_EQ(summary.by_language(0).units(), 1);
  // Both reviews are the ordering clinician's; each report counts once, whatever its audiences.
  ASSERT_GE(summary.reviews_size(), 1);
  EXPECT_EQ(summary.reviews(0).day(), "2026-03-06");
  EXPECT_EQ(summary.reviews(0).owner(), "ordering-provider");
  EXPECT_EQ(summary.reviews(0).reports(), 2);
  ASSERT_EQ(summary.rules_size(), 4);
  EXPECT_EQ(summary.rules(0).rule_id(), "default");
  EXPECT_EQ(summary.rules(0).holds_alone(), 1);
  EXPECT_EQ(summary.rules(1).rule_id(), "routine");
  EXPECT_EQ(summary.rules(1).permits(), 2);
}

TEST_F(WhatIfTest, AChangeMovesUnitsAndSaysByWhichRule) {
  const std::string sooner = absl::StrReplaceAll(kTissue, {{"expires: 3 business days", "expires: 2 business days"}});
  struct Case {
    const char* what;
    std::string before;
    std::string after;
    std::string loinc;
    int earlier, if_reviewed, later, same, added, removed;
    const char* because;
  };
  const Case cases[] = {
      {"nothing", kTissue, kTissue, "22637-3", 0, 0, 0, 0, 0, 0, ""},
      {"a shorter review", kTissue, sooner, "22637-3", 1, 0, 0, 0, 0, 0, "tissue has changed"},
      {"a longer one", sooner, kTissue, "22637-3", 0, 0, 1, 0, 0, 0, "tissue has changed"},
      {"a permit gone", absl::StrCat(kRoutine, kTissue), kTissue, "718-7", 0, 0, 1, 0, 1, 0,
       "default holds it now; routine no longer lets it go"},
      {"a permit new", kTissue, absl::StrCat(kRoutine, kTissue), "718-7", 1, 0, 0, 0, 0, 1,
       "default no longer holds it; routine lets it go now"},
      {"a hold of its own instead of the default", kRoutine, absl::StrCat(kRoutine, kTissue), "22637-3", 0, 0, 0, 1, 1, 1,
       "tissue holds it now; default no longer holds it"},
      {"a delay that becomes a review of the same length", kSensitive,
       "  - {id: sensitive, title: t, match: {codes: [sensitive]}, then: {review: {owners: [results-pool], each: 1 business day, "
       "expires: next business morning, on_expiry: release}}, basis: {type: organization-policy, citation: c}}\n",
       "56888-1", 0, 1, 0, 0, 0, 0, "sensitive has changed"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.what);
    const v1::Impact impact = Impact(c.before, c.after, {Of(c.loinc)});
    const v1::Moves& total = impact.total();
    EXPECT_EQ(total.units(), 1);
    EXPECT_EQ(total.earlier(), c.earlier);
    EXPECT_EQ(total.earlier_if_reviewed(), c.if_reviewed);
    EXPECT_EQ(total.later(), c.later);
    EXPECT_EQ(total.same_time(), c.same);
    EXPECT_EQ(total.holds_added(), c.added);
    EXPECT_EQ(total.holds_removed(), c.removed);
    EXPECT_EQ(total.unchanged(), c.because[0] == '\0' ? 1 : 0);
    EXPECT_EQ(unexpected_earlier_, c.earlier + c.if_reviewed);
    EXPECT_EQ(unexpected_later_, c.later);
    if (c.because[0] == '\0') {
      EXPECT_EQ(impact.examples_size(), 0);
      continue;
    }
    ASSERT_EQ(impact.examples_size(), 1) << "all audiences alike";
    EXPECT_EQ(impact.examples(0).audiences_size(), 3);
    EXPECT_EQ(absl::StrJoin(impact.examples(0).causes(), "; "), c.because);
  }
}

TEST_F(WhatIfTest, AUnitThatMovesForSeveralAudiencesIsCountedOnce) {
  // The patient's review gets shorter; a delegate, who waits as the patient does, now waits longer on top.
  const std::string sooner = absl::StrReplaceAll(kTissue, {{"expires: 3 business days", "expires: 1 business day"}});
  const std::string delegate =
      "  - {id: delegates, title: t, audiences: [delegate], match: {codes: [tissue]}, then: {delay: 7 days}, basis: {type: "
      "privacy, "
      "citation: c}}\n";
  const v1::Impact impact = Impact(kTissue, absl::StrCat(sooner, delegate), {Of("22637-3")});
  EXPECT_EQ(impact.total().units(), 1);
  EXPECT_EQ(impact.total().earlier(), 1);
  EXPECT_EQ(impact.total().later(), 1);
  EXPECT_EQ(impact.total().holds_added(), 1);
  ASSERT_EQ(impact.by_audience_size(), 3);
  EXPECT_EQ(impact.by_audience(0).earlier(), 1);
  EXPECT_EQ(impact.by_audience(1).earlier(), 1);
  EXPECT_EQ(impact.by_audience(2).earlier(), 0);
  EXPECT_EQ(impact.by_audience(2).later(), 1);
  int earlier = 0;
  int later = 0;
  for (const v1::MoveSize& size : impact.sizes()) {
    earlier += size.earlier();
    later += size.later();
  }
  EXPECT_EQ(earlier, 1);
  EXPECT_EQ(later, 1);
  ASSERT_EQ(impact.examples_size(), 2);
  EXPECT_THAT(impact.examples(0).audiences(), ElementsAre(v1::AUDIENCE_PATIENT, v1::AUDIENCE_REPRESENTATIVE));
  EXPECT_THAT(impact.examples(1).audiences(), ElementsAre(v1::AUDIENCE_DELEGATE));
  ASSERT_EQ(impact.rules_size(), 2);
  EXPECT_EQ(impact.rules(0).rule_id(), "delegates");
  EXPECT_EQ(impact.rules(0).later(), 1);
  EXPECT_EQ(impact.rules(0).earlier(), 0);
  EXPECT_EQ(impact.rules(1).rule_id(), "tissue");
  EXPECT_EQ(impact.rules(1).earlier(), 1);
}

TEST_F(WhatIfTest, WhatIsMeantDoesNotFail) {
  const std::string sooner = absl::StrReplaceAll(kTissue, {{"expires: 3 business days", "expires: 2 business days"}});
  Impact(kTissue, sooner, {Of("22637-3")}, {"tissue"});
  EXPECT_EQ(unexpected_earlier_, 0);
  // That a rule is meant excuses no other that moves the unit with it.
  Impact(absl::StrCat(kTissue, kBirthDate), sooner, {Of("22637-3")}, {"tissue"});
  EXPECT_EQ(unexpected_earlier_, 1);
}

TEST_F(WhatIfTest, WhatNoLongerEndsByItselfIsLater) {
  const std::string kept =
      "  - {id: kept, title: t, match: {codes: [routine]}, then: {withhold: {until: 30 days}}, basis: {type: privacy, citation: "
      "c}}\n";
  const v1::Impact impact = Impact(kRoutine, absl::StrCat(kRoutine, kept), {Cbc()});
  EXPECT_EQ(impact.total().later(), 1);
  EXPECT_EQ(impact.sizes(impact.sizes_size() - 1).later(), 1);
  EXPECT_FALSE(impact.sizes(impact.sizes_size() - 1).has_up_to());
}

TEST_F(WhatIfTest, ReviewsThatComeAndGo) {
  const v1::Impact impact = Impact(kRoutine, absl::StrCat(kRoutine, kSensitive), {Of("56888-1"), Of("99999-9")});
  ASSERT_EQ(impact.reviews_size(), 1);
  EXPECT_EQ(impact.reviews(0).owner(), "ordering-provider");
  EXPECT_EQ(impact.reviews(0).before(), 2);
  EXPECT_EQ(impact.reviews(0).after(), 1);
}

TEST_F(WhatIfTest, DifferencesOfPacksAreNamed) {
  const std::shared_ptr<const Pack> before = Load(absl::StrCat(kRoutine, kTissue));
  const std::string changed = absl::StrReplaceAll(kTissue, {{"on_expiry: release", "on_expiry: release_with_outreach"}});
  pack_file_ = absl::StrReplaceAll(kPackFile, {{"friday: 08:00-17:00", "friday: 08:00-13:00"},
                                               {"expires: 2 business days", "expires: 4 business days"},
                                               {"language: en",
                                                "language: en\nfacts: [{fact: order.jurisdictions, absent_means: "
                                                "[US-OH], reason: r, approved_by: a}]"}});
  const std::shared_ptr<const Pack> after = Load(absl::StrCat(changed, kSensitive));
  using Change = v1::RuleImpact;
  EXPECT_EQ(RuleChanges(*before, *after),
            (std::map<std::string, Change::Change>{
                {"routine", Change::CHANGE_REMOVED}, {"sensitive", Change::CHANGE_ADDED}, {"tissue", Change::CHANGE_CHANGED}}));
  EXPECT_THAT(SettingChanges(*before, *after), ElementsAre("staffed hours", "the default review", "facts"));
  EXPECT_THAT(SettingChanges(*before, *before), IsEmpty());
}

TEST_F(WhatIfTest, CoverageTellsWhatIsMissingFromWhatIsKnown) {
  v1::DiagnosticReport born = Cbc();
  born.mutable_patient()->set_birth_date("1970-05-04");
  v1::DiagnosticReport child = Cbc();
  child.mutable_patient()->set_birth_date("2020-05-04");
  v1::DiagnosticReport unfinished = born;
  unfinished.mutable_observations(0)->set_status(v1::RESULT_STATUS_PRELIMINARY);
  v1::DiagnosticReport local = Of("99999-9");
  local.mutable_patient()->set_birth_date("1970-05-04");
  // Adult: goes. Child: held for what is known. No birth date: held for that. A local code: only unclassified. Both.
  const v1::Coverage coverage =
      Coverage(absl::StrCat(kRoutine, kBirthDate), {born, child, Cbc(), Cbc(), local, Of("99999-9"), unfinished});
  ASSERT_EQ(coverage.audiences_size(), 3);
  for (const v1::CoverageOfAudience& row : coverage.audiences()) {
    EXPECT_EQ(row.units(), 7);
    EXPECT_EQ(row.released(), 1);
    EXPECT_EQ(row.held_known(), 1);
    EXPECT_EQ(row.held_facts_only(), 2);
    EXPECT_EQ(row.held_unclassified_only(), 1);
    EXPECT_EQ(row.held_both_only(), 1);
    EXPECT_EQ(row.not_settled(), 1);
  }
  ASSERT_EQ(coverage.facts_size(), 1);
  EXPECT_EQ(coverage.facts(0).fact(), "patient.birth_date");
  EXPECT_EQ(coverage.facts(0).reports(), 3);
  EXPECT_EQ(coverage.facts(0).units(), 3);
  EXPECT_EQ(coverage.facts(0).units_alone(), 2);
  EXPECT_EQ(coverage.facts(0).would_go_at_most(), 2);
  EXPECT_THAT(coverage.facts(0).rules(), ElementsAre("minors"));
  ASSERT_EQ(coverage.codes_size(), 1);
  EXPECT_EQ(coverage.codes(0).code(), "99999-9");
  EXPECT_EQ(coverage.codes(0).units(), 2);
  EXPECT_EQ(coverage.codes(0).would_go(), 1);
}

TEST_F(WhatIfTest, ARuleThatAsksForAnAbsenceMissesTheFactToo) {
  const std::string unborn =
      "  - {id: unborn, title: t, when: '! has( patient.birth_date )', then: {review: {owners: [records], each: 1 business day, "
      "expires: 1 business day, on_expiry: release}}, basis: {type: privacy, citation: c}}\n";
  v1::DiagnosticReport born = Cbc();
  born.mutable_patient()->set_birth_date("1970-05-04");
  const v1::Coverage coverage = Coverage(absl::StrCat(kRoutine, unborn), {Cbc(), born});
  EXPECT_EQ(coverage.audiences(0).held_facts_only(), 1);
  EXPECT_EQ(coverage.audiences(0).held_known(), 0);
  ASSERT_EQ(coverage.facts_size(), 1);
  EXPECT_EQ(coverage.facts(0).fact(), "patient.birth_date");
  EXPECT_EQ(coverage.facts(0).would_go_at_most(), 1);
}

TEST_F(WhatIfTest, TwoMissingFactsMayBothBeNeeded) {
  const std::string law =
      "  - {id: law, title: t, match: {jurisdiction: [US-KY]}, then: {delay: 72 h}, basis: {type: privacy, citation: c}}\n";
  const v1::Coverage coverage = Coverage(absl::StrCat(kRoutine, kBirthDate, law), {Cbc()});
  ASSERT_EQ(coverage.facts_size(), 2);
  for (const v1::MissingFact& fact : coverage.facts()) {
    EXPECT_EQ(fact.units(), 1) << fact.fact();
    EXPECT_EQ(fact.units_alone(), 0) << fact.fact();
    EXPECT_EQ(fact.would_go_at_most(), 0) << "the other rule holds it still: " << fact.fact();
  }
}

TEST_F(WhatIfTest, AssumedFactsAreCountedAsSuch) {
  pack_file_ += "facts: [{fact: order.jurisdictions, absent_means: [US-OH], reason: r, approved_by: a}]\n";
  const std::string law =
      "  - {id: law, title: t, match: {jurisdiction: [US-KY]}, then: {delay: 72 h}, basis: {type: privacy, citation: c}}\n";
  const v1::Coverage coverage = Coverage(absl::StrCat(kRoutine, law), {Cbc()});
  ASSERT_EQ(coverage.facts_size(), 1);
  EXPECT_EQ(coverage.facts(0).reports_assumed(), 1);
  EXPECT_EQ(coverage.facts(0).units(), 0);
  EXPECT_EQ(coverage.audiences(0).released(), 1);
}

}  // namespace
}  // namespace resultgate::policy

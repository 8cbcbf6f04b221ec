// Unknown is not false (design, section 4): a missing fact restricts, never permits, and is named.
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/policy/decide_fixture.h"

namespace resultgate::policy {
namespace {

class UnknownTest : public DecideTest {
 protected:
  // Decides by one rule with this condition (`match: …` or `when: …`) that asks for `then`, beside the permit for `routine`
  // where `permitted`.
  void DecideBy(const std::string& condition, const std::string& then, bool permitted, const v1::DiagnosticReport& report) {
    Decide(absl::StrCat(permitted ? kRoutine : "", "  - {id: a, title: t, outcome_dependent: the test, ", condition, ", then: {",
                        then, "}, basis: {type: privacy, citation: c}}\n"),
           report);
  }

  std::vector<std::string> UnknownFacts(const std::string& unit = "718-7") {
    const auto& facts = Cell_(unit).unknown_facts();
    return {facts.begin(), facts.end()};
  }
};

constexpr char kDelay[] = "delay: 9 days";
constexpr char kWithhold[] = "withhold: {until: 9 days}";
constexpr char kReview[] = "review: {owners: [records], each: 1 day, expires: 1 day, on_expiry: release}";
constexpr char kPermit[] = "release: now";
constexpr char kDeadline[] = "deadline: {within: 20 days, duty: release}";

TEST(Facts, ThoseWhoseAbsenceMattersAreOptionalAndAClassificationIsNot) {
  const auto has_presence = [](const google::protobuf::Descriptor* type, const char* field) {
    return type->FindFieldByName(field)->has_presence();
  };
  for (const char* field : {"birth_date", "gender", "known_conditions", "preference", "deceased"}) {
    EXPECT_TRUE(has_presence(v1::Patient::descriptor(), field)) << field;
  }
  for (const char* field : {"jurisdictions", "encounter_class"}) {
    EXPECT_TRUE(has_presence(v1::ServiceRequest::descriptor(), field)) << field;
  }
  for (const char* field : {"interpretation", "quantity", "codeable_concept", "text"}) {
    EXPECT_TRUE(has_presence(v1::Observation::descriptor(), field)) << field;
  }
  EXPECT_TRUE(has_presence(v1::DiagnosticReport::descriptor(), "issued"));
  EXPECT_FALSE(has_presence(v1::DiagnosticReport::descriptor(), "section"));
  EXPECT_FALSE(has_presence(v1::DiagnosticReport::descriptor(), "status"));
}

// A permit by section alone would let an observation go that nobody has named; a hold that asks for its code in `when` keeps it.
// To `match: codes` it is in no value set.
TEST_F(UnknownTest, WhatCameWithoutACodeIsHeldByAConditionOnItsCodeButMatchesNoSet) {
  const std::string permit = "  - {id: go, title: t, match: {section: [laboratory]}, then: {release: now}}\n";
  const auto hold = [](const char* condition) {
    return absl::StrCat("  - {id: hold, title: t, ", condition,
                        ", then: {delay: 9 days}, basis: {type: privacy, citation: c}}\n");
  };
  v1::DiagnosticReport report = Cbc();
  report.mutable_observations(0)->clear_code();
  Decide(absl::StrCat(permit, hold("when: 'observation.code in valueset(\"sensitive\")'")), report);
  EXPECT_EQ(Word("718-7"), "delay");
  EXPECT_EQ(UnknownFacts(), std::vector<std::string>{"observation.code"});
  Decide(absl::StrCat(permit, hold("match: {codes: [sensitive]}")), report);
  EXPECT_EQ(Word("718-7"), "release");
  Decide("  - {id: go, title: t, when: 'observation.code in valueset(\"routine\")', then: {release: now}}\n", report);
  EXPECT_EQ(Word("718-7"), "review") << "no permit by a code that is not there";
}

struct FactCase {
  const char* fact;
  const char* condition;
  void (*fill)(v1::DiagnosticReport*);  // so that the condition is known not to hold
};

const FactCase kFacts[] = {
    {"patient.birth_date", "when: age(patient) < 18",
     [](auto* report) { report->mutable_patient()->set_birth_date("1950-01-01"); }},
    {"patient.gender", "when: patient.gender == FEMALE",
     [](auto* report) { report->mutable_patient()->set_gender(v1::ADMINISTRATIVE_GENDER_MALE); }},
    {"patient.known_conditions", "when: 'patient.known_conditions.exists(c, c in valueset(\"malignant\"))'",
     [](auto* report) { report->mutable_patient()->mutable_known_conditions(); }},
    {"patient.deceased", "when: patient.deceased", [](auto* report) { report->mutable_patient()->set_deceased(false); }},
    {"order.jurisdictions", "when: '\"US-KY\" in order.jurisdictions'",
     [](auto* report) { report->mutable_order()->mutable_jurisdictions()->add_values("US-OH"); }},
    {"order.jurisdictions", "match: {jurisdiction: [US-KY]}",
     [](auto* report) { report->mutable_order()->mutable_jurisdictions()->add_values("US-OH"); }},
    {"order.encounter_class", "when: order.encounter_class == INPATIENT",
     [](auto* report) { report->mutable_order()->set_encounter_class(v1::ENCOUNTER_CLASS_AMBULATORY); }},
    {"order.encounter_class", "match: {encounter_class: [inpatient]}",
     [](auto* report) { report->mutable_order()->set_encounter_class(v1::ENCOUNTER_CLASS_AMBULATORY); }},
    {"observation.interpretation", "when: observation.interpretation == HIGH",
     [](auto* report) { report->mutable_observations(0)->set_interpretation(v1::INTERPRETATION_NORMAL); }},
    {"observation.interpretation", "match: {interpretation: [high]}",
     [](auto* report) { report->mutable_observations(0)->set_interpretation(v1::INTERPRETATION_NORMAL); }},
    {"observation.quantity", "when: double(observation.quantity.value) > 5.0",
     [](auto* report) { report->mutable_observations(0)->mutable_quantity()->set_value("4.9"); }},
    {"report.issued", "when: 'report.issued < timestamp(\"2026-01-01T00:00:00Z\")'",
     [](auto* report) { *report->mutable_issued() = base::ToProto(At("2026-03-06T14:00:00-05:00")); }},
};

TEST_F(UnknownTest, AConditionOnAnAbsentFactRestrictsNeverPermitsAndNamesTheFact) {
  for (const FactCase& c : kFacts) {
    SCOPED_TRACE(c.condition);
    v1::DiagnosticReport report = Cbc();
    report.clear_issued();
    const std::vector<std::string> missing = {c.fact};
    DecideBy(c.condition, kDelay, true, report);
    EXPECT_EQ(Word("718-7"), "delay");
    EXPECT_EQ(UnknownFacts(), missing);
    DecideBy(c.condition, kReview, true, report);
    EXPECT_EQ(Word("718-7"), "review");
    EXPECT_EQ(Cell_("718-7").review().turns(0).owner().role(), "records");
    EXPECT_EQ(UnknownFacts(), missing);
    DecideBy(c.condition, kWithhold, true, report);
    EXPECT_EQ(Word("718-7"), "review") << "an unknown withholding is the default review";
    EXPECT_EQ(Cell_("718-7").review().escalate_to().role(), "director");
    EXPECT_EQ(UnknownFacts(), missing);
    DecideBy(c.condition, kPermit, false, report);
    EXPECT_EQ(RulesOf("718-7"), std::vector<std::string>{"default"}) << "an unknown permit is none";
    DecideBy(c.condition, kDeadline, true, report);
    EXPECT_FALSE(Cell_("718-7").has_not_after()) << "an unknown deadline is none";

    c.fill(&report);
    for (const char* then : {kDelay, kReview, kWithhold, kDeadline}) {
      DecideBy(c.condition, then, true, report);
      EXPECT_EQ(Word("718-7"), "release") << then;
      EXPECT_TRUE(UnknownFacts().empty()) << then;
    }
  }
}

// CEL's `&&` and `||` are commutative: what is known decides, on whichever side it stands.
TEST_F(UnknownTest, WhatIsKnownDecidesOnWhicheverSideItStands) {
  enum Truth { kNo, kYes, kUnknown };
  const std::pair<const char*, Truth> cases[] = {
      {"age(patient) < 18 && report.section == IMAGING", kNo},
      {"report.section == IMAGING && age(patient) < 18", kNo},
      {"age(patient) < 18 || report.section == LABORATORY", kYes},
      {"report.section == LABORATORY || age(patient) < 18", kYes},
      {"age(patient) < 18 && report.section == LABORATORY", kUnknown},
      {"report.section == LABORATORY && age(patient) < 18", kUnknown},
      {"age(patient) < 18 || report.section == IMAGING", kUnknown},
      {"!(age(patient) < 18)", kUnknown},
      {"age(patient) < 18 ? report.section == LABORATORY : true", kUnknown},
      {"report.section == IMAGING ? age(patient) < 18 : true", kYes},
      {"has(patient.birth_date) && age(patient) < 18", kNo},
      {"!has(patient.birth_date) || age(patient) < 18", kYes},
  };
  for (const auto& [condition, truth] : cases) {
    SCOPED_TRACE(condition);
    const std::string when = absl::StrCat("when: '", condition, "'");
    DecideBy(when, kDelay, true, Cbc());
    EXPECT_EQ(Word("718-7"), truth == kNo ? "release" : "delay");
    EXPECT_EQ(UnknownFacts().empty(), truth != kUnknown);
    DecideBy(when, kPermit, false, Cbc());
    EXPECT_EQ(Word("718-7"), truth == kYes ? "release" : "review");
  }
}

TEST_F(UnknownTest, EveryMissingFactIsNamedWithTheRuleThatMissedIt) {
  Decide(
      absl::StrCat(kRoutine,
                   "  - {id: a, title: t, when: age(patient) < 18, then: {delay: 72 h}, basis: {type: privacy, citation: c}}\n"
                   "  - {id: b, title: t, match: {jurisdiction: [US-KY]}, when: patient.gender == FEMALE, then: {delay: 72 h}, "
                   "basis: {type: statute, citation: c}}\n"),
      Cbc());
  EXPECT_EQ(UnknownFacts(), (std::vector<std::string>{"order.jurisdictions", "patient.birth_date", "patient.gender"}));
  const auto& rules = Cell_("718-7").rules();
  ASSERT_EQ(rules.size(), 3);
  EXPECT_EQ(rules[0].unknown_facts_size(), 1);
  EXPECT_EQ(rules[1].unknown_facts_size(), 2);
  EXPECT_EQ(rules[2].unknown_facts_size(), 0) << "the permit missed nothing";
}

TEST_F(UnknownTest, ARuleThatErrorsCountsAsUnknownAndSaysSo) {
  v1::DiagnosticReport report = Cbc();
  report.mutable_observations(0)->mutable_quantity()->set_value("many");
  for (const char* condition : {"when: double(observation.quantity.value) > 5.0", "when: 1 / size(report.notes) > 5"}) {
    SCOPED_TRACE(condition);
    DecideBy(condition, kDelay, true, report);
    EXPECT_EQ(Word("718-7"), "delay");
    ASSERT_EQ(UnknownFacts().size(), 1u);
    EXPECT_EQ(UnknownFacts()[0].rfind("error: ", 0), 0u) << UnknownFacts()[0];
    DecideBy(condition, kWithhold, true, report);
    EXPECT_EQ(Word("718-7"), "review");
    DecideBy(condition, kPermit, false, report);
    EXPECT_EQ(Word("718-7"), "review");
    DecideBy(condition, kDeadline, true, report);
    EXPECT_FALSE(Cell_("718-7").has_not_after());
  }
}

TEST_F(UnknownTest, AClassificationIsNeverUnknown) {
  v1::DiagnosticReport report = Cbc();
  report.clear_section();
  report.mutable_code()->clear_codings();
  report.mutable_observations(0)->mutable_code()->clear_codings();
  report.mutable_order()->mutable_code();
  const std::string everything = "  - {id: z, title: t, when: \"true\", then: {release: now}}\n";
  for (const char* condition : {"match: {codes: [tissue]}", "match: {section: [pathology]}", "when: report.section == PATHOLOGY",
                                "when: observation.code in valueset(\"tissue\")", "when: report.code in valueset(\"tissue\")",
                                "when: order.code in valueset(\"tissue\")"}) {
    SCOPED_TRACE(condition);
    Decide(absl::StrCat(everything, "  - {id: a, title: t, ", condition,
                        ", then: {delay: 9 days}, basis: {type: privacy, citation: c}}\n"),
           report);
    EXPECT_EQ(Word("718-7"), "release");
    EXPECT_TRUE(UnknownFacts().empty());
  }
  Decide(absl::StrCat(kRoutine, "  - {id: lab, title: t, match: {section: [laboratory]}, then: {release: now}}\n"), report);
  EXPECT_EQ(RulesOf("718-7"), std::vector<std::string>{"default"}) << "what nothing classifies gets no permit";
}

}  // namespace
}  // namespace resultgate::policy

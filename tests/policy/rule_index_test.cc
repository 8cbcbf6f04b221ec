// Which rules the index leaves as candidates, and of which it says that a fact is missing.
#include "server/policy/rule_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/policy/decide_fixture.h"

namespace resultgate::policy {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Ids = std::vector<std::string>;

class RuleIndexTest : public DecideTest {
 protected:
  // `condition`: `match` or `when`. A permit of id `id`.
  static std::string Permit(const std::string& id, const std::string& condition) {
    return absl::StrCat("  - {id: ", id, ", title: t, ", condition, ", outcome_dependent: it may, then: {release: now}}\n");
  }
  static std::string Hold(const std::string& id, const std::string& condition) {
    return absl::StrCat("  - {id: ", id, ", title: t, ", condition,
                        ", outcome_dependent: it may, then: {delay: 1 day}, basis: {type: privacy, citation: c}}\n");
  }

  // Looks at one unit of the report; fills allow_, restrict_, unknown_ with the ids of the rules that are left.
  void Search(const v1::DiagnosticReport& report, size_t unit = 0) {
    const Units units(pack_->value_sets(), report);
    search_.BeginReport(pack_->index(), report, absl::CivilDay(2026, 3, 6));
    search_.BeginUnit(units[unit]);
    allow_.clear();
    restrict_.clear();
    unknown_.clear();
    for (size_t i = 0; i < pack_->rules().size(); ++i) {
      const std::string& id = pack_->rules()[i].id;
      if (HasBit(search_.may_allow(), i)) allow_.push_back(id);
      if (HasBit(search_.may_restrict(), i)) restrict_.push_back(id);
      const bool left = HasBit(search_.may_allow(), i) || HasBit(search_.may_restrict(), i);
      if (left && search_.AsksUnknown(i)) unknown_.push_back(id);
    }
  }

  RuleSearch search_;
  Ids allow_, restrict_, unknown_;
};

TEST_F(RuleIndexTest, AHeadersCodeMayRestrictButNotAllow) {
  pack_ = Load(Permit("go-routine", "match: {codes: [routine]}") + Permit("go-tissue", "match: {codes: [tissue]}") +
               Hold("hold-routine", "match: {codes: [routine]}") + Hold("hold-tissue", "match: {codes: [tissue, sensitive]}"));
  v1::DiagnosticReport report = Report("60567-5");
  AddObservation(&report, "718-7");
  Search(report);
  EXPECT_THAT(allow_, ElementsAre("go-routine"));
  EXPECT_THAT(restrict_, ElementsAre("hold-routine", "hold-tissue"));
  report.clear_code();
  Search(report);
  EXPECT_THAT(restrict_, ElementsAre("hold-routine"));
  report.mutable_observations(0)->clear_code();
  Search(report);
  EXPECT_THAT(allow_, IsEmpty());
  EXPECT_THAT(restrict_, IsEmpty()) << "what has no code is in no value set";
}

TEST_F(RuleIndexTest, AnAbsentFactRulesNothingOut) {
  pack_ = Load(Hold("flag", "match: {interpretation: [high]}") + Hold("minor", "when: age(patient) < 18") +
               Hold("place", "match: {jurisdiction: [US-KY]}") + Hold("section", "match: {section: [pathology]}"));
  v1::DiagnosticReport report = Cbc();
  Search(report);
  EXPECT_THAT(restrict_, ElementsAre("flag", "minor", "place")) << "a section is never unknown";
  EXPECT_THAT(unknown_, ElementsAre("flag", "minor", "place"));
  report.mutable_observations(0)->set_interpretation(v1::INTERPRETATION_HIGH);
  report.mutable_patient()->set_birth_date("2008-03-07");  // eighteen tomorrow
  report.mutable_order()->mutable_jurisdictions()->add_values("US-OH");
  Search(report);
  EXPECT_THAT(restrict_, ElementsAre("flag", "minor"));
  EXPECT_THAT(unknown_, IsEmpty());
  report.mutable_patient()->set_birth_date("2008-03-06");
  Search(report);
  EXPECT_THAT(restrict_, ElementsAre("flag"));
  report.mutable_patient()->set_birth_date("2008");
  Search(report);
  EXPECT_THAT(unknown_, ElementsAre("minor")) << "too coarse to tell";
  report.mutable_patient()->set_birth_date("yesterday");
  Search(report);
  EXPECT_THAT(unknown_, ElementsAre("minor"));
}

TEST_F(RuleIndexTest, ConditionsOfAllFormsAreColumns) {
  pack_ = Load(Permit("begins", "when: 'report.sender.startsWith(\"LAB|\")'") +
               Permit("list", "when: '\"US-KY\" in order.jurisdictions'") +
               Permit("number", "when: 'double(observation.quantity.value) > 6.5'") +
               Permit("section", "when: 'report.section in [LABORATORY, PATHOLOGY]'") +
               Permit("set", "when: 'report.code in valueset(\"routine\")'") + Permit("text", "when: 'order.facility == \"A\"'"));
  for (size_t i = 0; i < pack_->rules().size(); ++i) {
    EXPECT_TRUE(pack_->index().conditions().Of(i).empty()) << pack_->rules()[i].id << " is asked although a column decides it";
  }
  v1::DiagnosticReport report = Cbc();
  report.mutable_observations(0)->mutable_quantity()->set_value("6.6");
  report.mutable_order()->set_facility("A");
  report.mutable_order()->mutable_jurisdictions()->add_values("US-OH");
  report.mutable_order()->mutable_jurisdictions()->add_values("US-KY");
  Search(report);
  EXPECT_THAT(allow_, ElementsAre("begins", "list", "number", "section", "set", "text"));
  report.set_sender("RAD|LAB|");
  report.set_section(v1::SECTION_IMAGING);
  *report.mutable_code() = Report("22637-3").code();
  report.mutable_observations(0)->mutable_quantity()->set_value("6.5");
  report.mutable_order()->set_facility("a");
  report.mutable_order()->mutable_jurisdictions()->mutable_values()->RemoveLast();
  Search(report);
  EXPECT_THAT(allow_, IsEmpty());
  report.mutable_observations(0)->mutable_quantity()->set_value("many");
  Search(report);
  EXPECT_THAT(unknown_, ElementsAre("number")) << "a text that is no number";
}

TEST_F(RuleIndexTest, WhatIsNoColumnIsLeftToBeAsked) {
  pack_ = Load(Permit("both", "when: report.section == LABORATORY && size(report.observations) > 1"));
  EXPECT_EQ(pack_->index().conditions().Of(0).size(), 1u) << "the second part alone";
  v1::DiagnosticReport report = Cbc();
  Search(report);
  EXPECT_THAT(allow_, ElementsAre("both")) << "a candidate, not a yes";
  report.set_section(v1::SECTION_IMAGING);
  Search(report);
  EXPECT_THAT(allow_, IsEmpty());
}

TEST_F(RuleIndexTest, UnitsOfTheOtherKindAreLeftOut) {
  pack_ = Load(Permit("any", "match: {section: [laboratory]}") + Permit("document", "match: {unit: document}") +
               Permit("observation", "match: {unit: observation}") + Permit("reads", "when: observation.status == FINAL"));
  v1::DiagnosticReport report = Cbc();
  report.add_notes("a remark");
  Search(report, 0);
  EXPECT_THAT(allow_, ElementsAre("any", "observation", "reads"));
  Search(report, 1);
  EXPECT_THAT(allow_, ElementsAre("any", "document"));
}

// Bits go over more than one word, and one search goes from pack to pack.
TEST_F(RuleIndexTest, ManyRules) {
  std::string rules;
  for (int i = 0; i < 200; ++i) {
    absl::StrAppend(&rules, Permit(absl::StrCat("r", 100 + i), absl::StrCat("when: age(patient) == ", i % 100)));
  }
  pack_ = Load(absl::StrCat(rules, Permit("all", "match: {section: [laboratory]}")));
  v1::DiagnosticReport report = Cbc();
  report.mutable_patient()->set_birth_date("1960-01-01");
  Search(report);
  EXPECT_THAT(allow_, ElementsAre("all", "r166", "r266"));
  pack_ = Load(kRoutine);
  Search(report);
  EXPECT_THAT(allow_, ElementsAre("routine"));
}

}  // namespace
}  // namespace resultgate::policy

// Timing must not tell the outcome, and a critical value is no permit (design, section 4). That a rule which would tell is
// refused is held in pack_loading_test.cc.
#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/valueset/valueset.h"
#include "tests/policy/decide_fixture.h"
#include "tests/testing/packs.h"

namespace resultgate::policy {
namespace {

// The same observation with other findings: each flag and no flag, and values of every kind.
std::vector<v1::Observation> Findings(const v1::Observation& observation) {
  std::vector<v1::Observation> findings(1, observation);
  for (int flag = 1; flag < v1::Interpretation_ARRAYSIZE; ++flag) {
    findings.push_back(observation);
    findings.back().set_interpretation(static_cast<v1::Interpretation>(flag));
    findings.back().mutable_quantity()->set_value(absl::StrCat(flag * 100));
  }
  for (const char* text : {"", "not detected", "POSITIVE", "malignant neoplasm"}) {
    findings.push_back(observation);
    findings.back().set_text(text);
  }
  findings.push_back(observation);
  v1::Coding* coding = findings.back().mutable_codeable_concept()->add_codings();
  coding->set_system("http://snomed.info/sct");
  coding->set_code("260373001");
  return findings;
}

std::string OutcomesOf(const Pack& pack, const v1::DiagnosticReport& report) {
  Context context;
  context.received_at = At(kNow);
  v1::Decision decision = Decide(pack, report, context, At(kNow));
  std::string bytes;
  for (const v1::Outcome& outcome : decision.outcomes()) absl::StrAppend(&bytes, outcome.SerializeAsString(), "\n");
  return bytes;
}

// Whatever code of the shipped value sets it is of: one decision for every finding.
TEST(NeutralTiming, InTheShippedPacksAClassFaresAlikeWhateverWasFound) {
  for (const char* folder : {"policies/default", "policies/us"}) {
    const std::shared_ptr<const Pack> pack = testing::LoadPack(folder);
    ASSERT_NE(pack, nullptr);
    int codes = 0;
    for (const std::string& name : pack->used_value_sets()) {
      const valueset::ValueSet& set = *pack->value_sets().Find(name);
      for (size_t i = 0; i < set.entries().size(); i += 7) {
        v1::DiagnosticReport report = Report("1");
        report.mutable_patient()->set_birth_date("1980-01-01");
        report.mutable_patient()->mutable_known_conditions();
        v1::Coding* coding = report.mutable_code()->mutable_codings(0);
        coding->set_system(set.entries()[i].system);
        coding->set_code(set.entries()[i].code);
        v1::Observation* observation = AddObservation(&report, "1");
        *observation->mutable_code() = report.code();
        ++codes;
        const std::string expected = OutcomesOf(*pack, report);
        for (const v1::Observation& finding : Findings(*observation)) {
          *observation = finding;
          ASSERT_EQ(OutcomesOf(*pack, report), expected) << folder << ": " << name << " " << set.entries()[i].code << "\n"
                                                         << finding.DebugString();
        }
      }
    }
    EXPECT_GT(codes, 40);
  }
}

using NeutralTimingTest = DecideTest;

TEST_F(NeutralTimingTest, ADocumentWaitsWhileAnyObservationOfItsReportDoes) {
  const auto rule = [](const char* then, const char* audience) {
    return absl::StrCat(kRoutine, "  - {id: hold, title: t, ", audience,
                        "match: {codes: [sensitive], unit: observation}, then: {", then,
                        "}, basis: {type: privacy, citation: c}}\n");
  };
  v1::DiagnosticReport report = Cbc();
  report.set_narrative("words");
  AddObservation(&report, "56888-1");
  for (const char* then : {"release: now, delay: 72 h", "withhold: {until: 9 days}",
                           "review: {owners: [records], each: 1 day, expires: 1 day, on_expiry: release}",
                           "deadline: {within: 9 days, duty: notice}"}) {
    SCOPED_TRACE(then);
    Decide(rule(then, ""), report);
    EXPECT_EQ(Word("718-7"), "release") << "a sibling does not wait";
    EXPECT_EQ(Word(kDocument), Word("56888-1"));
    EXPECT_NE(Word(kDocument), "release");
  }
  Decide(rule("release: now, delay: 72 h", "audiences: [delegate], ") +
             "  - {id: sensitive, title: t, match: {codes: [sensitive]}, then: {release: now}}\n",
         report);
  EXPECT_EQ(Word(kDocument), "release");
  EXPECT_EQ(Word(kDocument, v1::AUDIENCE_DELEGATE), "delay") << "for whom the observation waits, and only for them";
  report.mutable_observations(1)->set_status(v1::RESULT_STATUS_PRELIMINARY);
  Decide(rule("release: now", ""), report);
  EXPECT_EQ(Word(kDocument), "not-final");
}

TEST_F(NeutralTimingTest, ACriticalFlagIsNoPermitAndLiftsNothing) {
  const std::string rules = absl::StrCat(kTissue, kSensitive,
                                         "  - {id: withheld, title: t, match: {section: [genetics]}, then: {withhold: {until: 9 "
                                         "days}}, basis: {type: privacy, citation: c}}\n");
  for (const char* code : {"22637-3", "56888-1", "33914-3"}) {
    for (const v1::Section section : {v1::SECTION_LABORATORY, v1::SECTION_GENETICS}) {
      v1::DiagnosticReport report = Report(code);
      report.set_section(section);
      AddObservation(&report, code);
      Decide(rules, report);
      const v1::Outcome calm = Cell_(code);
      ASSERT_NE(Word(code), "release");
      for (const v1::Interpretation flag :
           {v1::INTERPRETATION_CRITICAL_LOW, v1::INTERPRETATION_CRITICAL_HIGH, v1::INTERPRETATION_CRITICAL_ABNORMAL}) {
        report.mutable_observations(0)->set_interpretation(flag);
        Decide(rules, report);
        EXPECT_EQ(Cell_(code).SerializeAsString(), calm.SerializeAsString()) << code << " " << flag;
      }
    }
  }
}

}  // namespace
}  // namespace resultgate::policy

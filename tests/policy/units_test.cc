// What the units of a report are, and how final each is: nothing goes that is not one of them, nor before it is final.
#include "server/policy/units.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

#include "tests/policy/decide_fixture.h"

namespace resultgate::policy {
namespace {

TEST(UnitsTest, WhateverIsToBeReadBesideTheObservationsIsTheDocument) {
  const std::pair<const char*, std::function<void(v1::DiagnosticReport*)>> parts[] = {
      {"narrative", [](v1::DiagnosticReport* report) { report->set_narrative("words"); }},
      {"conclusion", [](v1::DiagnosticReport* report) { report->set_conclusion("words"); }},
      {"conclusion codes", [](v1::DiagnosticReport* report) { report->add_conclusion_codes()->set_text("words"); }},
      {"notes", [](v1::DiagnosticReport* report) { report->add_notes("words"); }},
      {"files", [](v1::DiagnosticReport* report) { report->add_presented_forms()->set_url("https://lab/1.pdf"); }},
      {"no observations at all", [](v1::DiagnosticReport* report) { report->clear_observations(); }},
  };
  EXPECT_FALSE(HasDocument(Cbc()));
  for (const auto& [what, add] : parts) {
    v1::DiagnosticReport report = Cbc();
    add(&report);
    EXPECT_TRUE(HasDocument(report)) << what;
  }
}

TEST(UnitsTest, AReportThatIsWithdrawnTakesItsObservationsWithIt) {
  struct Case {
    v1::ResultStatus report, observation, effective;
  };
  const Case cases[] = {
      {v1::RESULT_STATUS_FINAL, v1::RESULT_STATUS_PRELIMINARY, v1::RESULT_STATUS_PRELIMINARY},
      {v1::RESULT_STATUS_PRELIMINARY, v1::RESULT_STATUS_FINAL, v1::RESULT_STATUS_FINAL},
      {v1::RESULT_STATUS_CANCELLED, v1::RESULT_STATUS_FINAL, v1::RESULT_STATUS_CANCELLED},
      {v1::RESULT_STATUS_ENTERED_IN_ERROR, v1::RESULT_STATUS_FINAL, v1::RESULT_STATUS_ENTERED_IN_ERROR},
      {v1::RESULT_STATUS_ENTERED_IN_ERROR, v1::RESULT_STATUS_CANCELLED, v1::RESULT_STATUS_ENTERED_IN_ERROR},
      // Somebody else's: nobody may be told that it was not performed.
      {v1::RESULT_STATUS_CANCELLED, v1::RESULT_STATUS_ENTERED_IN_ERROR, v1::RESULT_STATUS_ENTERED_IN_ERROR},
      {v1::RESULT_STATUS_FINAL, v1::RESULT_STATUS_ENTERED_IN_ERROR, v1::RESULT_STATUS_ENTERED_IN_ERROR},
  };
  for (const Case& c : cases) {
    v1::DiagnosticReport report = Report("58410-2", c.report);
    AddObservation(&report, "718-7", c.observation);
    EXPECT_EQ(EffectiveStatus(report, report.observations(0)), c.effective) << c.report << " " << c.observation;
    EXPECT_EQ(UnitStatus(report, "718-7"), c.effective);
  }
  EXPECT_EQ(UnitStatus(Cbc(), "nothing of it"), v1::RESULT_STATUS_UNKNOWN);
}

TEST(UnitsTest, ADocumentOfWhichAllWasTakenBackIsTakenBack) {
  const v1::ResultStatus wrong = v1::RESULT_STATUS_ENTERED_IN_ERROR;
  const v1::ResultStatus cancelled = v1::RESULT_STATUS_CANCELLED;
  v1::DiagnosticReport report = Cbc();
  report.add_presented_forms()->set_status(wrong);
  EXPECT_TRUE(HasDocument(report));
  EXPECT_EQ(UnitStatus(report, kDocument), wrong);
  EXPECT_EQ(UnitStatus(report, "718-7"), v1::RESULT_STATUS_FINAL) << "nobody took that back";
  report.add_notes("about the file, or about something else");
  EXPECT_EQ(UnitStatus(report, kDocument), wrong);
  report.mutable_presented_forms(0)->set_status(cancelled);
  EXPECT_EQ(UnitStatus(report, kDocument), v1::RESULT_STATUS_FINAL);
  report.clear_notes();
  EXPECT_EQ(UnitStatus(report, kDocument), cancelled);
  report.set_status(wrong);
  EXPECT_EQ(UnitStatus(report, kDocument), wrong);
  report.set_status(v1::RESULT_STATUS_PRELIMINARY);
  report.mutable_presented_forms(0)->set_status(wrong);
  EXPECT_EQ(UnitStatus(report, kDocument), wrong);
  report.set_conclusion("words");
  EXPECT_EQ(UnitStatus(report, kDocument), v1::RESULT_STATUS_PRELIMINARY);
  report.clear_conclusion();
  report.add_presented_forms()->set_data("another");
  EXPECT_EQ(UnitStatus(report, kDocument), v1::RESULT_STATUS_PRELIMINARY);
}

TEST(UnitsTest, TheDocumentIsAsFinalAsWhatIsLeastFinalOfItsReport) {
  // From least to most final; those behind one another are alike.
  const std::vector<std::vector<v1::ResultStatus>> ranks = {
      {v1::RESULT_STATUS_UNKNOWN, v1::RESULT_STATUS_UNSPECIFIED},
      {v1::RESULT_STATUS_REGISTERED},
      {v1::RESULT_STATUS_PRELIMINARY},
      {v1::RESULT_STATUS_FINAL, v1::RESULT_STATUS_AMENDED, v1::RESULT_STATUS_CORRECTED, v1::RESULT_STATUS_APPENDED},
  };
  for (size_t i = 0; i < ranks.size(); ++i) {
    for (size_t k = 0; k < ranks.size(); ++k) {
      for (const v1::ResultStatus of_report : ranks[i]) {
        for (const v1::ResultStatus of_observation : ranks[k]) {
          v1::DiagnosticReport report = Report("58410-2", of_report);
          report.set_narrative("words");
          AddObservation(&report, "718-7");
          AddObservation(&report, "4544-3", of_observation);
          EXPECT_EQ(UnitStatus(report, kDocument), k < i ? of_observation : of_report) << of_report << " " << of_observation;
        }
      }
    }
  }
  for (int status = 0; status < v1::ResultStatus_ARRAYSIZE; ++status) {
    const auto& final_ones = ranks.back();
    const bool is_final = std::find(final_ones.begin(), final_ones.end(), status) != final_ones.end();
    EXPECT_EQ(IsFinal(static_cast<v1::ResultStatus>(status)), is_final) << status;
  }
}

}  // namespace
}  // namespace resultgate::policy

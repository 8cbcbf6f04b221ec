// Real HL7 v2 and FHIR messages that the project did not write, read and decided by the default pack: none crashes, each is
// decided or refused with its place, and nothing of pathology, HIV, other sexually transmitted infections or genetics goes at
// submit.
#include <gtest/gtest.h>

#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/base/file.h"
#include "server/base/proto_time.h"
#include "server/intake/intake.h"
#include "server/policy/decide.h"
#include "server/policy/outcomes.h"
#include "tests/testing/packs.h"

namespace resultgate {
namespace {

constexpr char kData[] = "../shared/data";

// The classes that never go at submit, by the value sets that name them.
const char* const kNeverAtSubmit[] = {"biopsy", "surgical-pathology", "cytology", "hiv",
                                      "sti",    "viral-hepatitis",    "genetics", "new-cancer"};

// What of a released unit belongs to one of these classes, or empty. Looks at the unit's own codes, at every code above it and at
// the section.
std::string Forbidden(const valueset::Registry& sets, const v1::DiagnosticReport& report, const v1::Observation* observation) {
  if (report.section() == v1::SECTION_PATHOLOGY || report.section() == v1::SECTION_CYTOLOGY ||
      report.section() == v1::SECTION_GENETICS) {
    return v1::Section_Name(report.section());
  }
  for (const char* name : kNeverAtSubmit) {
    const valueset::ValueSet* set = sets.Find(name);
    if (set == nullptr) return absl::StrCat("no value set ", name);
    if (set->Contains(report.code()) || set->Contains(report.order().code())) return name;
    if (observation != nullptr && (set->Contains(observation->code()) || set->Contains(observation->codeable_concept())))
      return name;
  }
  return "";
}

TEST(RealMessages, AreDecidedOrRefusedWithTheirPlaceAndNothingSensitiveGoesAtSubmit) {
  if (!std::filesystem::is_directory(kData)) GTEST_SKIP() << "no real messages here: " << kData << " is absent";
  const std::shared_ptr<const policy::Pack> pack = testing::LoadPack("policies/default");
  ASSERT_NE(pack, nullptr);
  absl::Time now;
  ASSERT_TRUE(base::ParseRfc3339("2026-03-06T12:00:00-05:00", &now));
  intake::Options options;
  options.zone = pack->calendar().zone();
  int files = 0;
  int messages = 0;
  int reports = 0;
  int refused = 0;
  int released = 0;
  int held = 0;
  for (const char* folder : {"hl7v2", "hl7v2-mpl", "fhir", "fhir-cc-by", "fhir-malformed"}) {
    const std::vector<std::string> paths = base::ListFiles(absl::StrCat(kData, "/", folder), "").value();
    for (const std::string& path : paths) {
      SCOPED_TRACE(path);
      ++files;
      for (const intake::Message& message : intake::ReadMessages(*base::ReadFile(path), options)) {
        ++messages;
        ASSERT_TRUE(!message.reports.empty() || !message.refused.empty()) << "neither read nor refused";
        if (message.reports.empty()) ++refused;
        for (const v1::Issue& issue : message.refused) EXPECT_FALSE(issue.place().empty() || issue.message().empty());
        for (const v1::DiagnosticReport& report : message.reports) {
          ++reports;
          policy::Context context;
          context.received_at = now;
          for (const policy::Cell& cell : policy::ToCells(policy::Decide(*pack, report, context, now).outcomes())) {
            if (cell.outcome.disposition() != v1::DISPOSITION_RELEASE) {
              ++held;
              continue;
            }
            ++released;
            const v1::Observation* observation = nullptr;
            for (const v1::Observation& candidate : report.observations()) {
              if (candidate.id() == cell.unit_id) observation = &candidate;
            }
            EXPECT_EQ(Forbidden(pack->value_sets(), report, observation), "") << cell.unit_id;
            EXPECT_TRUE(policy::IsFinal(policy::UnitStatus(report, cell.unit_id)) ||
                        policy::UnitStatus(report, cell.unit_id) == v1::RESULT_STATUS_CANCELLED)
                << cell.unit_id << " is not final (I4)";
          }
        }
      }
    }
  }
  std::cout << files << " files, " << messages << " messages, " << reports << " reports, " << refused
            << " messages refused; units times audiences: " << released << " released at submit, " << held << " held\n";
  EXPECT_GE(reports, 400);
  EXPECT_GT(released, 0);
}

}  // namespace
}  // namespace resultgate

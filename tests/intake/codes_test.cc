#include "server/intake/codes.h"

#include <gtest/gtest.h>

#include "server/intake/tables.h"

namespace resultgate::intake {
namespace {

TEST(CodesTest, LoincCheckDigit) {
  for (const char* code : {"718-7", "2345-7", "600-7", "22637-3", "94558-4", "4548-4"}) {
    EXPECT_TRUE(IsLoinc(code)) << code;
  }
  for (const char* code : {"", "-", "2-2", "718-8", "19261-2", "GLU", "LA14020-4", "2345", "23457", "2345-", "-7", "2345-7 ",
                           "12345678-9", "3.4-1"}) {
    EXPECT_FALSE(IsLoinc(code)) << code;
  }
  EXPECT_TRUE(IsLoincPart("LA14020-4"));
  EXPECT_FALSE(IsLoincPart("14020-4"));
}

TEST(CodesTest, SystemsOfV2) {
  const struct {
    const char *name, *uri;
  } cases[] = {{"LN", "http://loinc.org"},
               {"LOINC", "http://loinc.org"},
               {"ln", "http://loinc.org"},
               {"SCT", "http://snomed.info/sct"},
               {"I10C", "http://hl7.org/fhir/sid/icd-10-cm"},
               {"I10", "http://hl7.org/fhir/sid/icd-10"},
               {"HL70078", "http://terminology.hl7.org/CodeSystem/v2-0078"},
               {"HL7nnnn", "urn:v2:HL7nnnn"},
               {"L", "urn:local:LAB|NORTH"},
               {"99ABC", "urn:local:LAB|NORTH"},
               {"", "urn:local:LAB|NORTH"},
               {"WinPath", "urn:v2:WinPath"}};
  for (const auto& test : cases) EXPECT_EQ(SystemFromV2(test.name, "LAB|NORTH"), test.uri) << test.name;
}

TEST(CodesTest, CheckLoincFilesWhatIsNoneElsewhere) {
  const auto system_after = [](CodeUse use, const char* code) {
    v1::Coding coding;
    coding.set_system(std::string(kLoinc));
    coding.set_code(code);
    CheckLoinc(use, &coding);
    return coding.system();
  };
  EXPECT_EQ(system_after(CodeUse::kObserved, "718-7"), kLoinc);
  EXPECT_EQ(system_after(CodeUse::kObserved, "718-8"), kInvalidLoinc);
  EXPECT_EQ(system_after(CodeUse::kObserved, "LA6668-3"), kInvalidLoinc);
  EXPECT_EQ(system_after(CodeUse::kValue, "LA6668-3"), kLoinc);
}

TEST(TablesTest, NothingUnknownIsFinal) {
  for (int c = 0; c < 256; ++c) {
    const std::string code(1, static_cast<char>(c));
    EXPECT_EQ(IsFinalLike(ReportStatusFromV2(code)), code == "F" || code == "C") << code;
    const bool final_like = code == "F" || code == "C" || code == "A" || code == "B";
    EXPECT_EQ(IsFinalLike(ObservationStatusFromV2(code, false)), final_like) << code;
    EXPECT_EQ(IsFinalLike(ObservationStatusFromV2(code, true)), final_like || code == "U" || code == "V") << code;
  }
  for (const char* word :
       {"", "Final", "FINAL", "final ", "unknown", "preliminary", "cancelled", "entered-in-error", "partial", "registered"}) {
    EXPECT_FALSE(IsFinalLike(StatusFromFhir(word))) << word;
  }
  EXPECT_EQ(StatusFromFhir("partial"), v1::RESULT_STATUS_PRELIMINARY);
  EXPECT_EQ(StatusFromFhir("appended"), v1::RESULT_STATUS_APPENDED);
  EXPECT_EQ(ReportStatusFromV2("X"), v1::RESULT_STATUS_CANCELLED);
  EXPECT_EQ(ReportStatusFromV2("M"), v1::RESULT_STATUS_PRELIMINARY);
  EXPECT_EQ(ObservationStatusFromV2("W", true), v1::RESULT_STATUS_ENTERED_IN_ERROR);
}

TEST(TablesTest, TheMostSevereFlagCounts) {
  EXPECT_EQ(MoreSevere(v1::INTERPRETATION_NORMAL, v1::INTERPRETATION_HIGH), v1::INTERPRETATION_HIGH);
  EXPECT_EQ(MoreSevere(v1::INTERPRETATION_CRITICAL_LOW, v1::INTERPRETATION_ABNORMAL), v1::INTERPRETATION_CRITICAL_LOW);
  EXPECT_EQ(MoreSevere(v1::INTERPRETATION_NORMAL, v1::INTERPRETATION_OTHER), v1::INTERPRETATION_OTHER);
  EXPECT_EQ(MoreSevere(v1::INTERPRETATION_HIGH, v1::INTERPRETATION_ABNORMAL), v1::INTERPRETATION_HIGH);
  for (const char* code : {"None", "F", "1", "n", "", "S", "B"})
    EXPECT_EQ(InterpretationFromCode(code), v1::INTERPRETATION_OTHER) << code;
  EXPECT_EQ(InterpretationFromCode("<"), v1::INTERPRETATION_CRITICAL_LOW);
}

TEST(TablesTest, Sections) {
  EXPECT_EQ(SectionFromV2("SP"), v1::SECTION_PATHOLOGY);
  EXPECT_EQ(SectionFromV2("GE"), v1::SECTION_GENETICS);
  EXPECT_EQ(SectionFromV2("sp"), v1::SECTION_UNCLASSIFIED);
  EXPECT_EQ(SectionFromCategory("http://terminology.hl7.org/CodeSystem/v2-0074", "MB"), v1::SECTION_MICROBIOLOGY);
  EXPECT_EQ(SectionFromCategory("http://terminology.hl7.org/CodeSystem/observation-category", "laboratory"),
            v1::SECTION_LABORATORY);
  EXPECT_EQ(SectionFromCategory("", "LAB"), v1::SECTION_UNCLASSIFIED);
  EXPECT_EQ(MoreSpecific(v1::SECTION_LABORATORY, v1::SECTION_PATHOLOGY), v1::SECTION_PATHOLOGY);
}

}  // namespace
}  // namespace resultgate::intake

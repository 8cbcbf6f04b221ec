#include "server/valueset/code_system.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace resultgate::valueset {
namespace {

using ::testing::HasSubstr;

TEST(SystemUriTest, KnowsOids) {
  EXPECT_EQ(SystemUri("urn:oid:2.16.840.1.113883.6.1"), "http://loinc.org");
  EXPECT_EQ(SystemUri("urn:oid:2.16.840.1.113883.6.90"), "http://hl7.org/fhir/sid/icd-10-cm");
  EXPECT_EQ(SystemUri("urn:oid:2.16.840.1.113883.6.9999"), "urn:oid:2.16.840.1.113883.6.9999");
  EXPECT_EQ(SystemUri("urn:oid:"), "urn:oid:") << "no OID is not the one of a system that has none";
}

TEST(MeantSystemTest, FindsTheUriThatWasMeant) {
  for (const char* uri : {"https://loinc.org", "http://www.loinc.org/", "http://LOINC.org", "loinc.org"}) {
    EXPECT_EQ(MeantSystem(uri), "http://loinc.org") << uri;
  }
  EXPECT_EQ(MeantSystem("http://snomed.info/sct/"), "http://snomed.info/sct");
  for (const char* uri : {"http://loinc.org", "http://example.org", "urn:local:LAB|NORTH", "http://loinc.org/vs"}) {
    EXPECT_EQ(MeantSystem(uri), "") << uri;
  }
}

TEST(SnomedCheckDigitTest, IsVerhoeffs) {
  for (const char* code : {"363346000", "109355002", "260373001", "260385009", "1240414004", "71388002", "138875005"}) {
    EXPECT_TRUE(HasValidSnomedCheckDigit(code)) << code;
  }
  // A wrong digit, two that changed places, and what is no identifier.
  for (const char* code : {"363346001", "363364000", "636346000", "36334600", "0", "", "C50", "1234567890123456789"}) {
    EXPECT_FALSE(HasValidSnomedCheckDigit(code)) << code;
  }
  std::string code = "363346000";
  for (size_t i = 0; i + 1 < code.size(); ++i) {
    if (code[i] == code[i + 1]) continue;
    std::swap(code[i], code[i + 1]);
    EXPECT_FALSE(HasValidSnomedCheckDigit(code)) << code << ": neighbours that changed places are found";
    std::swap(code[i], code[i + 1]);
  }
}

struct FormCase {
  const char* system;
  const char* code;
  const char* wrong;  // part of what is said; empty: nothing
};

TEST(WrongFormTest, IsToldByTheFormAlone) {
  const FormCase cases[] = {
      {"loinc", "718-7", ""},
      {"loinc", "LA6576-8", ""},  // an answer: the value of an observation
      {"loinc", "718-6", "`718-6` is no LOINC code: its check digit is wrong"},
      {"loinc", "LP14738-6", "is a LOINC part"},
      {"loinc", "LL360-9", "is a LOINC list of answers"},
      {"loinc", "LG41849-9", "is a LOINC group"},
      {"loinc", "C50.9", "is no LOINC code"},
      {"snomed", "363346000", ""},
      {"snomed", "363346001", "is no SNOMED CT code: its check digit is wrong"},
      {"snomed", "680946014", "is a SNOMED CT description"},
      {"icd10cm", "C50", ""},
      {"icd10cm", "C50.911", ""},
      {"icd10cm", "C50911", ""},
      {"icd10cm", "C4A.0", ""},
      {"icd10cm", "Z3A.01", ""},
      {"icd10cm", "C5", "`C5` is no code of its system"},
      {"icd10cm", "C50.", "is no code of its system"},
      {"icd10cm", "C50-C58", "is no code of its system"},
      {"icd10cm", "718-7", "is no code of its system"},
      {"icd10", "C50.9", ""},
      {"icd9cm", "174.9", ""},
      {"icd9cm", "V10.3", ""},
      {"icd9cm", "E950.0", ""},
      {"icd9cm", "C50.9", "is no code of its system"},
      {"icdo3", "C50.4", ""},
      {"icdo3", "8500/3", ""},
      {"icdo3", "850/3", "is no code of its system"},
      {"cpt", "88305", ""},
      {"cpt", "0001U", ""},
      {"cpt", "8830", "is no code of its system"},
      {"radlex", "RPID145", ""},
      {"radlex", "145", "is no code of its system"},
      {"rxnorm", "8640", ""},
      {"rxnorm", "C50.9", "is no code of its system"},
      {"urn:local:LAB|NORTH", "anything at all", ""},
      {"v2-0074", "HM", ""},
  };
  for (const FormCase& c : cases) {
    const std::string said = FindWrongForm(SystemUri(c.system), c.code).message;
    EXPECT_EQ(said.empty(), *c.wrong == 0) << c.system << " " << c.code << ": " << said;
    EXPECT_THAT(said, HasSubstr(c.wrong));
  }
  EXPECT_EQ(FindWrongForm(SystemUri("icd10cm"), "718-7").suggestion, "it looks like one of `loinc`");
  EXPECT_EQ(FindWrongForm(SystemUri("rxnorm"), "C50.9").suggestion, "it looks like one of `icd10cm`");
}

TEST(CanNameAnObservationTest, ADiagnosisOrAnAnswerDoesNot) {
  const std::pair<const char*, const char*> no[] = {{"icd10cm", "C50"},  {"icd10", "C50"},      {"icd9cm", "174.9"},
                                                    {"icdo3", "8500/3"}, {"loinc", "LA6576-8"}, {"interpretation", "H"},
                                                    {"ucum", "mg"}};
  for (const auto& [system, code] : no) EXPECT_FALSE(CanNameAnObservation(SystemUri(system), code)) << system;
  const std::pair<const char*, const char*> yes[] = {
      {"loinc", "718-7"}, {"snomed", "71388002"}, {"cpt", "88305"}, {"urn:local:LAB|NORTH", "GLU"}, {"radlex", "RPID145"}};
  for (const auto& [system, code] : yes) EXPECT_TRUE(CanNameAnObservation(SystemUri(system), code)) << system;
}

}  // namespace
}  // namespace resultgate::valueset

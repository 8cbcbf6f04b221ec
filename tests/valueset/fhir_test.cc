// Value sets as FHIR writes them: read like the YAML they stand for; what has no equal here is refused with its JSON path.
#include "server/valueset/fhir.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <tuple>

#include "absl/strings/str_cat.h"
#include "server/valueset/valueset.h"
#include "tests/testing/temp_folder.h"

namespace resultgate::valueset {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct Loaded {
  std::shared_ptr<const Registry> registry;
  std::string said;
};

Loaded Load(const std::string& text, const std::string& more_name = "", const std::string& more = "") {
  testing::TempFolder folder;
  folder.Write("set.json", text);
  if (!more_name.empty()) folder.Write(more_name, more);
  base::FileIssues issues;
  Loaded loaded;
  loaded.registry = Registry::Load(folder.path(), &issues);
  loaded.said = base::Format(issues);
  return loaded;
}

// A set with these members behind the usual ones.
std::string Set(const std::string& members) {
  return absl::StrCat(R"({
  "resourceType": "ValueSet",
  "id": "blood",
  "url": "http://example.org/fhir/ValueSet/blood",
  "version": "2026-03",
  "name": "BloodCount",
  "title": "Blood counts",
  "status": "active",
  "copyright": "LOINC is (c) Regenstrief Institute",
  )",
                      members, "\n}\n");
}

std::string Compose(const std::string& include, const std::string& more = "") {
  return Set(absl::StrCat("\"compose\": {\"include\": [", include, "]", more, "}"));
}

std::vector<std::string> CodesOf(const Loaded& loaded) {
  std::vector<std::string> codes;
  const ValueSet* set = loaded.registry == nullptr ? nullptr : loaded.registry->Find("blood-count");
  if (set == nullptr) return {"no set: " + loaded.said};
  for (const ValueSet::Entry& entry : set->entries()) codes.push_back(entry.code + (entry.descendants ? "*" : ""));
  return codes;
}

constexpr char kHemoglobin[] =
    R"({"system": "http://loinc.org", "concept": [{"code": "718-7", "display": "Hemoglobin"}, {"code": "58410-2"}]})";

TEST(FhirTest, SaysTheSameAsItsYaml) {
  const Loaded loaded = Load(
      Compose(absl::StrCat(
          kHemoglobin,
          R"(, {"system": "http://hl7.org/fhir/sid/icd-10-cm", "filter": [{"property": "concept", "op": "is-a", "value": "D50"}]})")),
      "same.yaml",
      "name: same\ntitle: Blood counts\nsource: s\nversion: \"2026-03\"\nlicense: l\ncodes:\n"
      "  - {system: loinc, code: 718-7, display: Hemoglobin}\n  - {system: loinc, code: 58410-2, display: 58410-2}\n"
      "  - {system: icd10cm, code: D50, display: D50, descendants: true}\n");
  ASSERT_NE(loaded.registry, nullptr) << loaded.said;
  EXPECT_EQ(loaded.said, "");
  const ValueSet* fhir = loaded.registry->Find("blood-count");
  const ValueSet* yaml = loaded.registry->Find("same");
  ASSERT_NE(fhir, nullptr);
  EXPECT_EQ(fhir->title(), "Blood counts");
  EXPECT_EQ(fhir->source(), "http://example.org/fhir/ValueSet/blood");
  EXPECT_EQ(fhir->version(), "2026-03");
  EXPECT_EQ(fhir->license(), "LOINC is (c) Regenstrief Institute");
  ASSERT_EQ(fhir->entries().size(), yaml->entries().size());
  for (size_t i = 0; i < yaml->entries().size(); ++i) {
    const ValueSet::Entry& a = fhir->entries()[i];
    const ValueSet::Entry& b = yaml->entries()[i];
    EXPECT_EQ(std::tie(a.system, a.code, a.display, a.descendants), std::tie(b.system, b.code, b.display, b.descendants));
  }
  EXPECT_TRUE(fhir->Contains("http://hl7.org/fhir/sid/icd-10-cm", "D50.9"));
}

TEST(FhirTest, ItsNameIsInLowerCaseWords) {
  const std::pair<const char*, const char*> names[] = {
      {"NewCancer", "new-cancer"},   {"HIVTests", "hiv-tests"},      {"new_cancer", "new-cancer"},
      {"ICD10Codes", "icd10-codes"}, {"blood-count", "blood-count"}, {"Blood count (2026)", "blood-count-2026"},
  };
  for (const auto& [name, expected] : names) {
    const Loaded loaded =
        Load(absl::StrCat(R"({"resourceType": "ValueSet", "url": "u", "version": "1", "copyright": "c", "name": ")", name,
                          R"(", "compose": {"include": [)", kHemoglobin, "]}}"));
    ASSERT_NE(loaded.registry, nullptr) << loaded.said;
    EXPECT_THAT(loaded.registry->Names(), ElementsAre(expected));
  }
}

TEST(FhirTest, AnExpansionIsWhatItListsHeadingsAside) {
  const Loaded loaded = Load(Set(R"("compose": {"include": [{"system": "http://loinc.org"}]},
  "expansion": {"timestamp": "2026-03-01", "total": 3, "contains": [
    {"abstract": true, "system": "http://loinc.org", "code": "LP14738-6", "contains": [
      {"system": "http://loinc.org", "code": "718-7", "display": "Hemoglobin"}]},
    {"display": "a heading", "contains": [{"system": "urn:oid:2.16.840.1.113883.6.1", "code": "58410-2"}]},
    {"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "D50", "display": "Iron deficiency"}]})"));
  EXPECT_THAT(CodesOf(loaded), ElementsAre("718-7", "58410-2", "D50")) << loaded.said;
  const ValueSet* set = loaded.registry->Find("blood-count");
  EXPECT_TRUE(set->Contains("http://loinc.org", "58410-2")) << "by the OID of LOINC";
  EXPECT_FALSE(set->Contains("http://hl7.org/fhir/sid/icd-10-cm", "D50.9")) << "an expansion lists each code";
}

TEST(FhirTest, AnExcludedCodeIsNotInIt) {
  EXPECT_THAT(
      CodesOf(Load(Compose(kHemoglobin, R"(, "exclude": [{"system": "http://loinc.org", "concept": [{"code": "718-7"}]}])"))),
      ElementsAre("58410-2"));
  EXPECT_THAT(CodesOf(Load(Compose(kHemoglobin,
                                   R"(, "exclude": [{"system": "http://snomed.info/sct", "concept": [{"code": "718-7"}]}])"))),
              ElementsAre("718-7", "58410-2"))
      << "the same code of another system";
}

TEST(FhirTest, SetsIncludeEachOtherByAddress) {
  const std::string includer =
      R"({"resourceType": "ValueSet", "url": "http://example.org/all", "version": "1", "name": "All", "copyright": "c",
          "compose": {"include": [{"valueSet": ["http://example.org/fhir/ValueSet/blood|2026-03"]}]}})";
  const Loaded loaded = Load(Compose(kHemoglobin), "all.json", includer);
  ASSERT_NE(loaded.registry, nullptr) << loaded.said;
  EXPECT_EQ(loaded.registry->Find("all")->entries().size(), 2u);
  EXPECT_THAT(loaded.registry->Find("all")->origin().includes, ElementsAre("blood-count"));
  const Loaded alone = Load(includer);
  EXPECT_EQ(alone.registry, nullptr);
  EXPECT_THAT(alone.said, HasSubstr("no value set is named `http://example.org/fhir/ValueSet/blood`"));
}

struct Mistake {
  const char* what;
  std::string text;
  const char* said;
};

TEST(FhirTest, WhatHasNoEqualHereIsRefusedWithItsPath) {
  const auto icd = [](const char* filter) {
    return Compose(absl::StrCat(R"({"system": "http://hl7.org/fhir/sid/icd-10-cm", "filter": [)", filter, "]}"));
  };
  const Mistake mistakes[] = {
      {"no JSON", "{\"resourceType\": \"ValueSet\",}", "set.json:1:29: error: expected a key in double quotes"},
      {"another resource", R"({"resourceType": "CodeSystem"})", "set.json:1:18: error: this is no FHIR ValueSet"},
      {"no object", "[]", "this is no FHIR ValueSet"},
      {"no name", R"({"resourceType": "ValueSet"})", "a FHIR value set needs a `name`, or an `id`"},
      {"no copyright", R"({"resourceType": "ValueSet", "name": "a", "url": "u", "version": "1", "compose": {"include": []}})",
       "`copyright` is missing or empty in a FHIR value set; it is the set's `license`"},
      {"no codes", Set("\"date\": \"2026\""), "a value set without codes holds nothing"},
      {"nothing left",
       Compose(R"({"system": "http://loinc.org", "concept": [{"code": "718-7"}]})",
               R"(, "exclude": [{"system": "http://loinc.org", "concept": [{"code": "718-7"}]}])"),
       "a value set without codes holds nothing"},
      {"a whole system", Compose(R"({"system": "http://loinc.org"})"),
       "set.json:10:27: error: `compose.include[0]` asks for every code of its system"},
      {"no system", Compose(R"({"concept": [{"code": "718-7"}]})"), "`compose.include[0]` names no code system"},
      {"a condition", icd(R"({"property": "concept", "op": "regex", "value": "C5.*"})"),
       "`compose.include[0].filter[0]` is a condition that is not known here"},
      {"a block", icd(R"({"property": "concept", "op": "is-a", "value": "C00-C97"})"),
       "`compose.include[0].filter[0].value` is no code below which all codes begin alike; begin with a category, as `C50`"},
      {"without itself", icd(R"({"property": "concept", "op": "descendent-of", "value": "C50"})"),
       "`compose.include[0].filter[0].op` leaves out the code itself"},
      {"two conditions",
       icd(R"({"property": "concept", "op": "is-a", "value": "C50"}, {"property": "concept", "op": "is-a", "value": "C51"})"),
       "asks for what several conditions hold of"},
      {"a system that does not nest",
       Compose(
           R"({"system": "http://snomed.info/sct", "filter": [{"property": "concept", "op": "is-a", "value": "363346000"}]})"),
       "asks for all codes below one, which cannot be told from the codes of this system"},
      {"an intersection", Compose(R"({"system": "http://loinc.org", "valueSet": ["http://example.org/a"]})"),
       "asks for what is in several sets at once"},
      {"a page", Set(R"("expansion": {"total": 7, "contains": [{"system": "http://loinc.org", "code": "718-7"}]})"),
       "`expansion.total` says 7 codes, but only 1 are here; save the whole expansion"},
      {"left out below a code",
       Compose(
           R"({"system": "http://hl7.org/fhir/sid/icd-10-cm", "filter": [{"property": "concept", "op": "is-a", "value": "C50"}]})",
           R"(, "exclude": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "concept": [{"code": "C50.9"}]}])"),
       "`compose.exclude[0].concept[0].code` is left out of a code that stands for all below it"},
      {"left out by a condition",
       Compose(kHemoglobin, R"(, "exclude": [{"system": "http://loinc.org", "filter": [{"property": "CLASS"}]}])"),
       "`compose.exclude[0]` leaves out more than a list of codes"},
      {"a modifier", Compose(R"({"system": "http://loinc.org", "modifierExtension": [], "concept": [{"code": "718-7"}]})"),
       "`compose.include[0].modifierExtension` may change the meaning"},
      {"a misspelt key", Compose(R"({"system": "http://loinc.org", "concepts": [{"code": "718-7"}]})"),
       "`compose.include[0].concepts` is not known here"},
      {"no list", Compose(R"({"system": "http://loinc.org", "concept": "718-7"})"),
       "`compose.include[0].concept` must be a list of objects"},
      {"a wrong check digit", Compose(R"({"system": "http://loinc.org", "concept": [
    {"code": "718-6"}]})"),
       "set.json:11:14: error: `718-6` is no LOINC code: its check digit is wrong"},
      {"a code twice", Compose(absl::StrCat(kHemoglobin, ", ", kHemoglobin)), "`718-7` stands twice"},
      {"a system nobody sends", Compose(R"({"system": "https://www.loinc.org/", "concept": [{"code": "718-7"}]})"),
       "no message names its code system `https://www.loinc.org/`; write `http://loinc.org`"},
  };
  for (const Mistake& mistake : mistakes) {
    const Loaded loaded = Load(mistake.text);
    EXPECT_EQ(loaded.registry, nullptr) << mistake.what;
    EXPECT_THAT(loaded.said, HasSubstr(mistake.said)) << mistake.what;
  }
}

TEST(FhirTest, ARetiredSetIsWarnedOf) {
  std::string text = Compose(kHemoglobin);
  text.replace(text.find("active"), 6, "retired");
  const Loaded loaded = Load(text);
  EXPECT_NE(loaded.registry, nullptr);
  EXPECT_THAT(loaded.said, HasSubstr("warning: the value set is retired"));
}

}  // namespace
}  // namespace resultgate::valueset

// Value sets as tables: read like the YAML they stand for, with mistakes at their own places.
#include "server/valueset/csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/valueset/valueset.h"
#include "tests/testing/temp_folder.h"

namespace resultgate::valueset {
namespace {

constexpr char kHead[] = "# name: ours\n# title: Our codes\n# source: our laboratory\n# version: 1\n# license: none\n";

struct Loaded {
  std::shared_ptr<const Registry> registry;
  std::string said;
};

Loaded Load(const std::string& text) {
  testing::TempFolder folder;
  folder.Write("ours.csv", text);
  base::FileIssues issues;
  Loaded loaded;
  loaded.registry = Registry::Load(folder.path(), &issues);
  loaded.said = base::Format(issues);
  return loaded;
}

TEST(CsvTest, ASpreadsheetsTableIsAValueSet) {
  const Loaded loaded = Load("\xef\xbb\xbf" + std::string(kHead) +
                             "# a remark\r\n"
                             "System, Code, Display, descendants\r\n"
                             "loinc,718-7,\"Hemoglobin, \"\"total\"\"\"\r\n"
                             "\r\n"
                             "icd10cm,C50,Breast,true\r\n"
                             "urn:local:LAB|NORTH,GLU,Glucose,\r\n");
  ASSERT_NE(loaded.registry, nullptr) << loaded.said;
  const ValueSet* set = loaded.registry->Find("ours");
  ASSERT_NE(set, nullptr);
  EXPECT_EQ(set->title(), "Our codes");
  ASSERT_EQ(set->entries().size(), 3u);
  EXPECT_EQ(set->entries()[0].display, "Hemoglobin, \"total\"");
  EXPECT_TRUE(set->Contains("http://loinc.org", "718-7"));
  EXPECT_TRUE(set->Contains("http://hl7.org/fhir/sid/icd-10-cm", "C50.911"));
  EXPECT_TRUE(set->Contains("urn:local:LAB|NORTH", "GLU"));
  EXPECT_FALSE(set->Contains("http://loinc.org", "GLU"));
}

TEST(CsvTest, ItsContentIsInTheDigest) {
  const Loaded a = Load(std::string(kHead) + "system,code,display\nloinc,718-7,Hemoglobin\n");
  const Loaded b = Load(std::string(kHead) + "system,code,display\nloinc,718-7,Haemoglobin\n");
  EXPECT_NE(a.registry->digest(), b.registry->digest());
}

TEST(CsvTest, MistakesAreSaidAtTheirPlaces) {
  const std::pair<std::string, const char*> files[] = {
      {std::string(kHead) + "system,code,display\nloinc,718-8,Hemoglobin\n", "ours.csv:7:7: error: `718-8` is no LOINC code"},
      {std::string(kHead) + "system,code,display\nloync,718-7,Hemoglobin\n", "ours.csv:7:1: error: unknown code system `loync`"},
      {std::string(kHead) + "system,code,display\nloinc,718-7\n", "ours.csv:7:1: error: a code lacks `display`"},
      {std::string(kHead) + "system,cod,display\nloinc,718-7,Hemoglobin\n", "did you mean `code`?"},
      {std::string(kHead) + "system,code,display\nloinc,718-7,Hemoglobin, total\n",
       "ours.csv:7:24: error: this row has 4 fields, and the header 3"},
      {std::string(kHead) + "system,code,display\nloinc,718-7,\"Hemoglobin\n",
       "ours.csv:7:13: error: this quote is not closed on its line"},
      {std::string(kHead) + "system,code,display\nloinc,718-7,\"Hemo\"globin\n", "ours.csv:7:19: error: a comma was expected"},
      {std::string(kHead) + "system,code,display\nloinc,718-7,a\nloinc,718-7,a\n", "`718-7` stands twice, first in line 7"},
      {std::string(kHead) + "# name: twice\nsystem,code,display\nloinc,718-7,a\n", "ours.csv:6:1: error: `name` stands twice"},
      {kHead, "a table of codes needs a header"},
      {"system,code,display\nloinc,718-7,a\n", "a value set lacks `name`"},
      {"", "a table of codes needs a header"},
  };
  for (const auto& [text, said] : files) {
    const Loaded loaded = Load(text);
    EXPECT_EQ(loaded.registry, nullptr) << text;
    EXPECT_THAT(loaded.said, ::testing::HasSubstr(said)) << text;
  }
}

}  // namespace
}  // namespace resultgate::valueset

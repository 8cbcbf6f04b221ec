#include "server/valueset/valueset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/base/file_issue.h"

namespace resultgate::valueset {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr char kLoinc[] = "http://loinc.org";
constexpr char kIcd10Cm[] = "http://hl7.org/fhir/sid/icd-10-cm";

// A folder of files that is gone after the test.
class Folder {
 public:
  Folder() {
    std::string path = std::filesystem::temp_directory_path() / "valueset_test.XXXXXX";
    path_ = mkdtemp(path.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  void Write(const std::string& name, const std::string& text) const {
    const std::filesystem::path file = std::filesystem::path(path_) / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// A value set file with the head that every one needs.
std::string File(const std::string& name, const std::string& rest) {
  return absl::StrCat("name: ", name, "\ntitle: T\nsource: S\nversion: \"1\"\nlicense: L\n", rest);
}

// `line:column: message` of every issue of the loaded folder, in order of file and place.
std::vector<std::string> Issues(const Folder& folder, bool* loaded = nullptr) {
  base::FileIssues issues;
  const auto registry = Registry::Load(folder.path(), &issues);
  EXPECT_EQ(registry == nullptr, base::HasErrors(issues));
  if (loaded != nullptr) *loaded = registry != nullptr;
  std::vector<std::string> texts;
  for (const base::FileIssue& issue : issues) {
    texts.push_back(absl::StrCat(issue.place.line, ":", issue.place.column, ": ", issue.message));
  }
  return texts;
}

TEST(SystemUriTest, KnowsWordsAndUris) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"loinc", "http://loinc.org"},
      {"snomed", "http://snomed.info/sct"},
      {"icd10cm", "http://hl7.org/fhir/sid/icd-10-cm"},
      {"icd10", "http://hl7.org/fhir/sid/icd-10"},
      {"icdo3", "http://terminology.hl7.org/CodeSystem/icd-o-3"},
      {"cpt", "http://www.ama-assn.org/go/cpt"},
      {"radlex", "http://radlex.org"},
      {"v2-0074", "http://terminology.hl7.org/CodeSystem/v2-0074"},
      {"http://loinc.org", "http://loinc.org"},
      {"urn:local:LAB|NORTH", "urn:local:LAB|NORTH"},
      {"urn:v2:99ABC", "urn:v2:99ABC"},
      // Neither a word that we know nor a URI.
      {"LOINC", ""},
      {"lonic", ""},
      {"", ""},
      {"v2-74", ""},
      {"v2-00x4", ""},
      {":x", ""},
      {"x:", ""},
      {"9a:b", ""},
      {"urn:local:A B", ""},
  };
  for (const auto& [word, uri] : cases) EXPECT_EQ(SystemUri(word), uri) << word;
}

TEST(LoincCheckDigitTest, IsMod10) {
  // Real codes of different lengths, then ones seen in messages with a wrong digit (75409-2, 18262-3), then what is no LOINC
  // code.
  for (const char* code : {"1-8", "718-7", "2345-7", "24323-8", "58410-2", "100434-0", "75409-3", "630-4", "8867-4"}) {
    EXPECT_TRUE(HasValidLoincCheckDigit(code)) << code;
  }
  for (const char* code :
       {"718-6", "75409-2", "18262-3", "2345-75", "2345", "-7", "2345-", "", "LA14020-4", "LP6827-2", "23 45-7", "2345-x"}) {
    EXPECT_FALSE(HasValidLoincCheckDigit(code)) << code;
  }
}

TEST(LoincCheckDigitTest, CatchesEveryWrongDigit) {
  // The digits before one check digit: no other value of any one of them goes with it.
  const std::string right = "24323-8";
  for (size_t i = 0; i < right.size(); ++i) {
    if (right[i] == '-') continue;
    for (char digit = '0'; digit <= '9'; ++digit) {
      std::string code = right;
      code[i] = digit;
      EXPECT_EQ(HasValidLoincCheckDigit(code), code == right) << code;
    }
  }
}

TEST(ValueSetTest, HoldsCodesAndWhatBeginsWithThem) {
  const ValueSet set(
      "s", "T", "S", "1", "L",
      {{kLoinc, "718-7", "Hemoglobin", false}, {kIcd10Cm, "C50", "Breast", true}, {kIcd10Cm, "Z85.3", "History", false}});
  EXPECT_TRUE(set.Contains(kLoinc, "718-7"));
  EXPECT_TRUE(set.Contains(kIcd10Cm, "C50"));
  EXPECT_TRUE(set.Contains(kIcd10Cm, "C50.911"));
  EXPECT_TRUE(set.Contains(kIcd10Cm, "C50911"));
  EXPECT_TRUE(set.Contains(kIcd10Cm, "Z85.3"));
  EXPECT_FALSE(set.Contains(kIcd10Cm, "Z85.31")) << "only what asks for descendants has them";
  EXPECT_FALSE(set.Contains(kIcd10Cm, "C5"));
  EXPECT_FALSE(set.Contains(kIcd10Cm, "C51"));
  EXPECT_FALSE(set.Contains(kIcd10Cm, "718-7")) << "the same code in another system";
  EXPECT_FALSE(set.Contains("", "718-7"));
  EXPECT_FALSE(set.Contains(kLoinc, ""));
  EXPECT_FALSE(set.Contains(kIcd10Cm, ""));

  v1::CodeableConcept code;
  EXPECT_FALSE(set.Contains(code));
  code.set_text("Hemoglobin");
  EXPECT_FALSE(set.Contains(code)) << "text never decides";
  v1::Coding* coding = code.add_codings();
  coding->set_system("urn:local:LAB|NORTH");
  coding->set_code("HGB");
  EXPECT_FALSE(set.Contains(code));
  coding = code.add_codings();
  coding->set_system(kLoinc);
  coding->set_code("718-7");
  EXPECT_TRUE(set.Contains(code)) << "any coding suffices";
}

TEST(RegistryTest, LoadsAFolderWithIncludes) {
  Folder folder;
  folder.Write("b.yaml", File("blood", "codes:\n  - {system: loinc, code: 718-7, display: Hemoglobin}\nincludes: [cancer]\n"));
  folder.Write("deeper/c.yaml", File("cancer", "codes:\n  - {system: icd10cm, code: C50, descendants: true, display: Breast}\n"));
  folder.Write("a.yaml", File("all", "includes: [blood, cancer]\n"));
  folder.Write("notes.txt", "no value set");
  base::FileIssues issues;
  const auto registry = Registry::Load(folder.path(), &issues);
  ASSERT_NE(registry, nullptr) << base::Format(issues);
  EXPECT_THAT(issues, IsEmpty());
  EXPECT_THAT(registry->Names(), ElementsAre("all", "blood", "cancer"));
  EXPECT_EQ(registry->Find("nothing"), nullptr);
  const ValueSet* all = registry->Find("all");
  ASSERT_NE(all, nullptr);
  EXPECT_EQ(all->title(), "T");
  EXPECT_EQ(all->source(), "S");
  EXPECT_EQ(all->version(), "1");
  EXPECT_EQ(all->license(), "L");
  EXPECT_EQ(all->entries().size(), 2u) << "a code that two includes bring is there once";
  EXPECT_TRUE(all->Contains(kLoinc, "718-7"));
  EXPECT_TRUE(all->Contains(kIcd10Cm, "C50.911")) << "includes of includes, with their descendants";
  EXPECT_TRUE(registry->Find("blood")->Contains(kIcd10Cm, "C50"));
  EXPECT_FALSE(registry->Find("cancer")->Contains(kLoinc, "718-7"));
}

TEST(RegistryTest, AnIncludeAddsDescendantsToACodeThatIsThereAlone) {
  Folder folder;
  folder.Write("a.yaml", File("a", "codes:\n  - {system: icd10cm, code: C50, display: Breast}\nincludes: [b]\n"));
  folder.Write("b.yaml", File("b", "codes:\n  - {system: icd10cm, code: C50, descendants: true, display: Breast}\n"));
  base::FileIssues issues;
  const auto registry = Registry::Load(folder.path(), &issues);
  ASSERT_NE(registry, nullptr) << base::Format(issues);
  EXPECT_TRUE(registry->Find("a")->Contains(kIcd10Cm, "C50.9"));
}

TEST(RegistryTest, DigestChangesWithContentAndNameButNotWithTheFoldersPlace) {
  const std::string content = File("a", "codes:\n  - {system: loinc, code: 718-7, display: Hemoglobin}\n");
  const auto digest_of = [](const std::string& name, const std::string& text) {
    Folder folder;
    folder.Write(name, text);
    base::FileIssues issues;
    return Registry::Load(folder.path(), &issues)->digest();
  };
  const std::string digest = digest_of("a.yaml", content);
  EXPECT_TRUE(absl::StartsWith(digest, "sha256:"));
  EXPECT_EQ(digest_of("a.yaml", content), digest);
  EXPECT_NE(digest_of("b.yaml", content), digest);
  EXPECT_NE(digest_of("a.yaml", content + "# changed\n"), digest);
}

struct BadCase {
  const char* what;
  std::vector<std::pair<std::string, std::string>> files;
  std::vector<std::string> issues;
};

TEST(RegistryTest, ReportsEveryMistakeAtItsPlace) {
  const std::vector<BadCase> cases = {
      {"no keys at all", {{"a.yaml", ""}}, {"1:1: a value set must be a map of keys and values"}},
      {"a list instead of a map", {{"a.yaml", "- a\n"}}, {"1:1: a value set must be a map of keys and values"}},
      {"nothing but a wrong key",
       {{"a.yaml", "titel: x\n"}},
       {"1:1: a value set lacks `name`", "1:1: a value set lacks `title`", "1:1: a value set lacks `source`",
        "1:1: a value set lacks `version`", "1:1: a value set lacks `license`", "1:1: unknown key `titel` in a value set",
        "1:1: a value set without codes holds nothing"}},
      {"no codes", {{"a.yaml", File("a", "")}}, {"1:1: a value set without codes holds nothing"}},
      {"empty codes", {{"a.yaml", File("a", "codes: []\nincludes: []\n")}}, {"1:1: a value set without codes holds nothing"}},
      {"a name that is no name",
       {{"a.yaml", File("New_Cancer", "codes:\n  - {system: loinc, code: 718-7, display: H}\n")}},
       {"1:7: `New_Cancer` is no name for a value set"}},
      {"seven mistakes in the codes, all reported at once",
       {{"a.yaml", File("a",
                        "codes:\n"
                        "  - {system: loinc, code: 718-6, display: H}\n"
                        "  - {system: lonic, code: 718-7, display: H}\n"
                        "  - {system: loinc, code: 2345-7, display: G}\n"
                        "  - {system: loinc, code: 2345-7, display: G again}\n"
                        "  - {system: icd10cm, code: C50, descendant: true, display: B}\n"
                        "  - {system: loinc, code: 2160-0}\n"
                        "  - {system: loinc, code: 2951-2, descendants: true, display: N}\n"
                        "  - plain text\n")}},
       {"7:27: `718-6` is no LOINC code: its check digit is wrong", "8:14: unknown code system `lonic`",
        "10:27: `2345-7` stands twice, first in line 9", "11:34: unknown key `descendant` in a code",
        "12:5: a code lacks `display`", "13:48: codes of this system do not nest by how they begin",
        "14:5: a code must be a map of keys and values"}},
      {"codes that are no list", {{"a.yaml", File("a", "codes: 718-7\n")}}, {"6:8: `codes` must be a list"}},
      {"a code with a blank",
       {{"a.yaml", File("a", "codes:\n  - {system: icd10cm, code: C50 .9, display: B}\n")}},
       {"7:29: code `C50 .9` holds a blank"}},
      {"includes that are no list, and an entry that is no name",
       {{"a.yaml", File("a", "includes: b\n")}, {"b.yaml", File("b", "includes:\n  - [c]\n")}},
       {"6:11: `includes` must be a list of names of value sets", "1:1: a value set without codes holds nothing",
        "7:5: an entry of `includes` must be the name of a value set", "1:1: a value set without codes holds nothing"}},
      {"an include that does not exist", {{"a.yaml", File("a", "includes: [b]\n")}}, {"6:12: no value set is named `b`"}},
      {"an include of itself",
       {{"a.yaml", File("a", "includes: [a]\n")}},
       {"6:12: value sets include each other in a circle: `a` includes `a`"}},
      {"a circle of three, told once",
       {{"a.yaml", File("a", "includes: [b]\n")},
        {"b.yaml", File("b", "includes: [c]\n")},
        {"c.yaml", File("c", "includes: [a]\n")}},
       {"6:12: value sets include each other in a circle: `a` includes `b` includes `c` includes `a`"}},
      {"the same name twice",
       {{"a.yaml", File("same", "codes:\n  - {system: loinc, code: 718-7, display: H}\n")},
        {"b.yaml", File("same", "codes:\n  - {system: loinc, code: 718-7, display: H}\n")}},
       {"1:7: a value set named `same` stands in {folder}/a.yaml too"}},
      {"broken YAML does not hide another file's mistake",
       {{"a.yaml", "name: a\nname: b\n"}, {"b.yaml", File("b", "codes:\n  - {system: loinc, code: 718-6, display: H}\n")}},
       {"2:1: `name` stands twice in the same map", "7:27: `718-6` is no LOINC code: its check digit is wrong"}},
      {"a set that could not be read is not reported as missing by those that include it",
       {{"a.yaml", File("a", "includes: [b]\n")}, {"b.yaml", "name: b\nname: b\n"}},
       {"2:1: `name` stands twice in the same map"}},
  };
  for (const BadCase& bad : cases) {
    SCOPED_TRACE(bad.what);
    Folder folder;
    for (const auto& [name, text] : bad.files) folder.Write(name, text);
    std::vector<std::string> expected = bad.issues;
    for (std::string& text : expected) {
      const size_t at = text.find("{folder}");
      if (at != std::string::npos) text.replace(at, 8, folder.path());
    }
    bool loaded = true;
    EXPECT_EQ(Issues(folder, &loaded), expected);
    EXPECT_FALSE(loaded);
  }
}

TEST(RegistryTest, SaysWhatWouldBeRight) {
  Folder folder;
  folder.Write("a.yaml", File("biopsy", "codes:\n  - {system: loinc, code: 718-6, display: H}\n"));
  folder.Write("b.yaml", File("b", "includes: [biopsie]\n"));
  base::FileIssues issues;
  EXPECT_EQ(Registry::Load(folder.path(), &issues), nullptr);
  const std::string text = base::Format(issues);
  EXPECT_THAT(text, HasSubstr("`718-7` would be right"));
  EXPECT_THAT(text, HasSubstr("did you mean `biopsy`?"));
  EXPECT_THAT(text, HasSubstr("  - {system: loinc, code: 718-6, display: H}\n"));
}

TEST(RegistryTest, AMissingFolderIsAnIssue) {
  base::FileIssues issues;
  EXPECT_EQ(Registry::Load("/nonexistent/valuesets", &issues), nullptr);
  ASSERT_EQ(issues.size(), 1u);
  EXPECT_EQ(issues[0].place.file, "/nonexistent/valuesets");
}

// The value sets that the project ships. A test runs in the project's root.
class ShippedValueSetsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    base::FileIssues issues;
    registry_ = Registry::Load("policies/valuesets", &issues);
    ASSERT_NE(registry_, nullptr) << base::Format(issues);
    EXPECT_THAT(issues, IsEmpty()) << base::Format(issues);
  }

  const ValueSet& Get(const std::string& name) const {
    const ValueSet* set = registry_->Find(name);
    EXPECT_NE(set, nullptr) << name;
    return *set;
  }

  std::shared_ptr<const Registry> registry_;
};

// What default rules let go without a look. A code that needs one must never slip in here.
constexpr const char* kReleased[] = {"laboratory-routine", "respiratory-infection", "routine-culture", "culture-detail"};
constexpr const char* kLooked[] = {"hiv",
                                   "sti",
                                   "viral-hepatitis",
                                   "genetics",
                                   "biopsy",
                                   "surgical-pathology",
                                   "cytology",
                                   "drug-screen",
                                   "tumour-marker",
                                   "pregnancy",
                                   "final-diagnosis",
                                   "mammography",
                                   "cancer-workup-imaging",
                                   "biopsy-guidance-imaging",
                                   "other-imaging"};

TEST_F(ShippedValueSetsTest, NothingThatNeedsALookIsReleasedByClass) {
  for (const char* released : kReleased) {
    for (const char* looked : kLooked) {
      for (const ValueSet::Entry& entry : Get(looked).entries()) {
        EXPECT_FALSE(Get(released).Contains(entry.system, entry.code)) << entry.code << " of " << looked << " is in " << released;
      }
    }
  }
}

TEST_F(ShippedValueSetsTest, ImagingClassesAreApart) {
  const std::vector<std::string> classes = {"other-imaging", "mammography", "cancer-workup-imaging", "biopsy-guidance-imaging"};
  for (const std::string& one : classes) {
    for (const std::string& other : classes) {
      if (one == other) continue;
      for (const ValueSet::Entry& entry : Get(one).entries()) {
        EXPECT_FALSE(Get(other).Contains(entry.system, entry.code)) << entry.code << " of " << one << " is in " << other;
      }
    }
    for (const ValueSet::Entry& entry : Get(one).entries()) EXPECT_TRUE(Get("imaging").Contains(entry.system, entry.code));
  }
}

// Words in a released code's name that would show that it is in the wrong set.
TEST_F(ShippedValueSetsTest, NoReleasedNameSpeaksOfWhatNeedsALook) {
  for (const char* released : kReleased) {
    for (const ValueSet::Entry& entry : Get(released).entries()) {
      for (const char* word : {"HIV",
                               "gonorr",
                               "Chlamydia",
                               "Treponema",
                               "Trichomonas",
                               "papilloma",
                               "Herpes",
                               "surface Ag",
                               "Hepatitis C",
                               "gene mutation",
                               "Cyto stain",
                               "athology",
                               "Choriogonadotropin",
                               "Prostate",
                               "Carcinoembryonic",
                               "Urethra",
                               "Vagina",
                               "Cervi",
                               "Genital",
                               "Cannabin",
                               "Cocaine",
                               "Opiate"}) {
        EXPECT_THAT(entry.display, Not(HasSubstr(word))) << entry.code << " of " << released;
      }
    }
  }
}

TEST_F(ShippedValueSetsTest, CancerIsAllOfItsChaptersAndNothingElse) {
  const ValueSet& set = Get("new-cancer");
  for (const char* code : {"C00.0", "C50.911", "C4A.9", "C7A.00", "C77.3", "C78.00", "C79.51", "C7B.00", "C80.1", "C96.9",
                           "D00.00", "D05.11", "D09.9", "D37.01", "D47.2", "D48.9", "D49.0"}) {
    EXPECT_TRUE(set.Contains(kIcd10Cm, code)) << code;
  }
  for (const char* code :
       {"D10.0", "D12.6", "D36.9", "D50.9", "Z85.3", "Z80.3", "Z12.31", "Z15.01", "R92.8", "N63.0", "B20", "O01.9"}) {
    EXPECT_FALSE(set.Contains(kIcd10Cm, code)) << code;
  }
  EXPECT_TRUE(set.Contains("http://hl7.org/fhir/sid/icd-10", "C97"));
  EXPECT_TRUE(set.Contains("http://snomed.info/sct", "363346000"));
  for (const char* code : {"C77.0", "C78.7", "C79.31", "C7B.02"})
    EXPECT_TRUE(Get("secondary-neoplasm").Contains(kIcd10Cm, code)) << code;
  for (const char* code : {"C50.911", "C76.0", "C80.0"}) EXPECT_FALSE(Get("secondary-neoplasm").Contains(kIcd10Cm, code)) << code;
  EXPECT_TRUE(Get("cancer-indication").Contains(kIcd10Cm, "Z85.3"));
  EXPECT_FALSE(Get("cancer-indication").Contains(kIcd10Cm, "Z12.31")) << "screening is no indication";
}

// One code of each class that rules and sample messages rely on.
TEST_F(ShippedValueSetsTest, EachClassHoldsItsCommonCodes) {
  const std::vector<std::pair<std::string, std::vector<std::string>>> cases = {
      {"laboratory-routine",
       {"58410-2", "718-7",  "770-8",   "24323-8", "2823-3", "24331-1", "18262-6", "4548-4", "3016-3",  "24356-8",
        "5802-4",  "6301-6", "14979-9", "1989-3",  "2276-4", "22322-2", "883-9",   "1988-5", "89579-7", "2744-1"}},
      {"respiratory-infection", {"94500-6", "85477-8", "85479-4", "78012-2"}},
      {"routine-culture", {"630-4", "600-7", "626-2", "625-4", "6462-6"}},
      {"hiv", {"56888-1", "80203-3", "7918-6", "20447-9"}},
      {"sti", {"20507-0", "43305-2", "43304-5", "5813-1", "82675-0"}},
      {"viral-hepatitis", {"5196-1", "5195-3", "16128-1", "11011-4", "13952-7"}},
      {"genetics", {"51969-4", "69548-6", "59041-4", "48018-6"}},
      {"surgical-pathology", {"11526-1", "11529-5", "22637-3", "60567-5", "60568-3"}},
      {"cytology", {"10524-7", "19762-4", "47528-5", "33717-0"}},
      {"mammography", {"24606-6", "24605-8", "24604-1", "26346-7", "26349-1", "36625-2", "72142-3"}},
      {"cancer-workup-imaging", {"81555-5", "72254-6", "39818-0", "36277-2", "79086-5", "24601-7"}},
      {"biopsy-guidance-imaging", {"24602-5", "24603-3", "25044-9"}},
      {"other-imaging", {"36643-5", "30745-4", "36813-4", "24590-2", "24558-9", "83311-1", "37742-4"}},
      {"tumour-marker", {"2857-1", "2039-6", "10334-1", "24108-3", "1834-1"}},
      {"pregnancy", {"2106-3", "21198-7", "11525-3"}},
  };
  for (const auto& [name, codes] : cases) {
    for (const std::string& code : codes) EXPECT_TRUE(Get(name).Contains(kLoinc, code)) << code << " in " << name;
  }
}

// The index over all sets against each set's own answer.
TEST_F(ShippedValueSetsTest, TheIndexKnowsWhatEverySetHolds) {
  const std::vector<std::string> names = registry_->Names();
  const auto check = [&](const v1::CodeableConcept& codeable_concept) {
    const Membership membership = registry_->SetsThatHold(codeable_concept);
    for (const std::string& name : names) {
      ASSERT_EQ(membership.Has(Get(name).number()), Get(name).Contains(codeable_concept))
          << name << " " << codeable_concept.ShortDebugString();
    }
  };
  const auto concept_of = [](const std::string& system, const std::string& code) {
    v1::CodeableConcept codeable_concept;
    v1::Coding* coding = codeable_concept.add_codings();
    coding->set_system(system);
    coding->set_code(code);
    return codeable_concept;
  };
  check(v1::CodeableConcept());
  check(concept_of(kIcd10Cm, ""));
  check(concept_of("", "718-7"));
  for (const std::string& name : names) {
    for (const ValueSet::Entry& entry : Get(name).entries()) {
      check(concept_of(entry.system, entry.code));
      check(concept_of(entry.system, entry.code + ".1"));
      v1::CodeableConcept two = concept_of(entry.system, entry.code);
      two.MergeFrom(concept_of(kLoinc, "718-7"));
      check(two);
    }
  }
}

TEST_F(ShippedValueSetsTest, SaysWhereItComesFromAndUnderWhichLicence) {
  for (const std::string& name : registry_->Names()) {
    for (const ValueSet::Entry& entry : Get(name).entries()) {
      if (entry.system != kLoinc) continue;
      EXPECT_THAT(Get(name).license(), HasSubstr("LOINC")) << name;
      break;
    }
  }
}

}  // namespace
}  // namespace resultgate::valueset

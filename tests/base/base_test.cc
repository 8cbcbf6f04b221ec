#include <gtest/gtest.h>

#include <string>

#include "absl/strings/escaping.h"
#include "server/base/digest.h"
#include "server/base/file.h"
#include "server/base/file_issue.h"
#include "server/base/proto_time.h"
#include "tests/testing/temp_folder.h"

namespace resultgate::base {
namespace {

TEST(FileIssue, IsWrittenWithPlaceLineAndCaret) {
  const FileIssue issue{
      FileIssue::Severity::kError, {"rules.yaml", 3, 5}, "no value set is named `x`", "did you mean `y`?", "  \tcodes: [x]"};
  EXPECT_EQ(Format(issue),
            "rules.yaml:3:5: error: no value set is named `x`; did you mean `y`?\n"
            "      \tcodes: [x]\n"
            "      \t ^\n");
  EXPECT_EQ(Format({FileIssue::Severity::kWarning, {"pack", 0, 0}, "empty", "", ""}), "pack: warning: empty\n");
}

TEST(FileIssue, AreSortedByPlaceAndOnlyErrorsCount) {
  FileIssues issues = {{FileIssue::Severity::kWarning, {"b", 1, 1}, "second", "", ""},
                       {FileIssue::Severity::kWarning, {"a", 9, 1}, "first", "", ""}};
  EXPECT_EQ(Format(issues), "a:9:1: warning: first\nb:1:1: warning: second\n");
  EXPECT_FALSE(HasErrors(issues));
  issues.push_back({});
  EXPECT_TRUE(HasErrors(issues));
}

TEST(Nearest, FindsWhatWasMeant) {
  const std::vector<std::string> known = {"biopsy", "cytology", "hiv", "sti", "lipids"};
  EXPECT_EQ(Nearest("biospy", known), "biopsy");
  EXPECT_EQ(Nearest("Cytologie", known), "cytology");
  EXPECT_EQ(Nearest("hib", known), "hiv");
  EXPECT_EQ(Nearest("mammography", known), "");
  EXPECT_EQ(Suggest("mammography", known), "one of `biopsy`, `cytology`, `hiv`, `sti`, `lipids`");
  EXPECT_EQ(Suggest("x", std::vector<std::string>(13, "entry")), "");
}

TEST(Digest, IsSha256) {
  // FIPS 180-4's example for "abc".
  EXPECT_EQ(DigestText("abc"), "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(DigestOfFiles({{"a", "1"}, {"b", "2"}}), DigestOfFiles({{"b", "2"}, {"a", "1"}}));
  EXPECT_NE(DigestOfFiles({{"a", "1"}, {"b", "2"}}), DigestOfFiles({{"a", "1b"}, {"", "2"}}));
}

// RFC 4231, test cases 2 and 6.
TEST(Digest, HmacIsThatOfTheRfc) {
  EXPECT_EQ(absl::BytesToHexString(HmacSha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(
      absl::BytesToHexString(HmacSha256(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First")),
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  // Nothing of one call is in the next.
  EXPECT_EQ(absl::BytesToHexString(HmacSha256("", "")), "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
  EXPECT_EQ(HmacSha256("", ""), HmacSha256(absl::string_view(), absl::string_view()));
  EXPECT_NE(HmacSha256("Jefe", ""), HmacSha256("", ""));
}

TEST(Digest, ComparesWhole) {
  EXPECT_TRUE(EqualInConstantTime("abc", "abc"));
  EXPECT_TRUE(EqualInConstantTime("", ""));
  for (const char* other : {"abd", "bbc", "ab", "abcd", ""}) EXPECT_FALSE(EqualInConstantTime("abc", other)) << other;
}

TEST(ProtoTime, IsExactBothWays) {
  for (const char* text : {"2026-03-06T21:05:00.123456789-05:00", "1969-12-31T23:59:59.5Z", "0001-01-01T00:00:00Z"}) {
    absl::Time time;
    ASSERT_TRUE(ParseRfc3339(text, &time)) << text;
    EXPECT_EQ(FromProto(ToProto(time)), time) << text;
    EXPECT_GE(ToProto(time).nanos(), 0) << text;
  }
  absl::Time time;
  EXPECT_FALSE(ParseRfc3339("2026-03-06", &time));
  EXPECT_FALSE(ParseRfc3339("2026-03-06T21:05:00", &time)) << "a time without a zone is no instant";
  EXPECT_EQ(FromProto(ToProto(absl::Milliseconds(-1500))), absl::Milliseconds(-1500));
}

TEST(File, ReadsAndLists) {
  const testing::TempFolder folder;
  const std::string file = folder.Write("b/x.yaml", std::string("a\0b", 3));
  folder.Write("a.yaml", "");
  folder.Write(".hidden/y.yaml", "");
  folder.Write("c.txt", "");
  EXPECT_EQ(ReadFile(file)->size(), 3u);
  EXPECT_EQ(*ReadFile(folder.path() + "/a.yaml"), "");
  EXPECT_EQ(ReadFile(folder.path() + "/nosuch").status().code(), absl::StatusCode::kNotFound);
  EXPECT_FALSE(ReadFile(folder.path()).ok());
  EXPECT_EQ(*ListFiles(folder.path(), ".yaml"), (std::vector<std::string>{folder.path() + "/a.yaml", file}));
  EXPECT_EQ(ListFiles(folder.path() + "/nosuch", "").status().code(), absl::StatusCode::kNotFound);
}

TEST(Files, AreTheSameFromDiskAndFromMemory) {
  const testing::TempFolder folder;
  const std::string root = folder.path() + "/pack";
  folder.Write("pack/a.yaml", "1");
  folder.Write("pack/b.csv", "2");
  folder.Write("pack/below/c.yaml", "3");
  folder.Write("pack/.hidden/d.yaml", "4");
  folder.Write("packed/e.yaml", "5");
  const Files memory = Files::Snapshot({root});
  folder.Write("pack/a.yaml", "changed since");
  for (const char* suffix : {".yaml", ".csv", ""}) {
    EXPECT_EQ(*memory.List(root, suffix), *Files().List(root, suffix)) << suffix;
  }
  EXPECT_EQ(*memory.Read(root + "/a.yaml"), "1");
  EXPECT_EQ(*Files().Read(root + "/a.yaml"), "changed since");
  EXPECT_TRUE(absl::IsNotFound(memory.Read(root + "/below").status()));
  EXPECT_TRUE(absl::IsNotFound(memory.List(folder.path() + "/packed", "").status())) << "not a part of it";
  const Files named({{"x/.hidden", ""}, {"x/.folder/a", ""}, {"x/a", ""}});
  EXPECT_EQ(*named.List("x", ""), std::vector<std::string>{"x/a"});
}

}  // namespace
}  // namespace resultgate::base

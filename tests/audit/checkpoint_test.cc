#include "server/audit/checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "server/audit/note.h"

namespace resultgate::audit {
namespace {

using ::testing::HasSubstr;

constexpr char kPrivate[] = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
// The published note of that key.
constexpr char kNote[] =
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
// The checkpoint that the specification shows.
constexpr char kExample[] =
    "example.com/behind-the-sofa\n"
    "20852163\n"
    "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    "\n"
    "— example.com/behind-the-sofa "
    "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n";

const SigningKey& Key() {
  static const SigningKey& key = *new SigningKey(*SigningKey::Parse(kPrivate));
  return key;
}

std::string Error(const absl::Status& status) {
  return std::string(status.message());
}

TEST(NoteTest, SignsAndVerifiesThePublishedNote) {
  const std::string text = *NoteText(kNote);
  EXPECT_EQ(*SignNote(text, Key()), kNote);
  const absl::StatusOr<std::string> verified = VerifyNote(kNote, Key().verifier());
  ASSERT_TRUE(verified.ok()) << verified.status();
  EXPECT_EQ(*verified, text);
}

TEST(NoteTest, EveryChangedByteIsRefused) {
  const std::string note = *SignCheckpoint(1000, merkle::EmptyRoot(), Key());
  ASSERT_TRUE(VerifyCheckpoint(note, Key().verifier()).ok());
  for (size_t i = 0; i < note.size(); ++i) {
    for (const int bit : {1, 0x20}) {
      std::string changed = note;
      changed[i] ^= bit;
      EXPECT_FALSE(VerifyCheckpoint(changed, Key().verifier()).ok()) << i << ": " << changed;
    }
    EXPECT_FALSE(VerifyCheckpoint(note.substr(0, i), Key().verifier()).ok()) << i;
  }
}

TEST(NoteTest, SignaturesOfOthersCountNeitherWay) {
  const SigningKey witness = *SigningKey::Generate();
  const std::string text = *NoteText(kNote);
  const std::string theirs = SignNote(text, witness)->substr(text.size() + 1);
  EXPECT_TRUE(VerifyNote(absl::StrCat(kNote, theirs), Key().verifier()).ok());
  EXPECT_TRUE(VerifyNote(absl::StrCat(kNote, theirs), witness.verifier()).ok());
  EXPECT_THAT(Error(VerifyNote(kNote, witness.verifier()).status()), HasSubstr("no signature of the key"));
  // One that is right does not make up for one of the same key that is not.
  const std::string wrong = SignNote("another text\n", Key())->substr(std::string("another text\n\n").size());
  EXPECT_THAT(Error(VerifyNote(absl::StrCat(kNote, wrong), Key().verifier()).status()), HasSubstr("the text was changed"));
}

TEST(NoteTest, SaysWhatIsWrong) {
  const struct {
    std::string note;
    const char* message;
  } kCases[] = {
      {"", "no empty line"},
      {"text\n", "no empty line"},
      {"text\n\n", "the last line does not end"},
      {"text\n\n- PeterNeumann x08go/ZJkuBS\n", "em dash"},
      {"text\n\n— PeterNeumann\n", "NAME BASE64"},
      {"text\n\n— PeterNeumann x08g*\n", "NAME BASE64"},
      {"text\n\n— Peter+Neumann x08go/ZJkuBS\n", "NAME BASE64"},
      {"text\n\n— PeterNeumann x08go/ZJkuBS", "the last line does not end"},
      {"te\txt\n\n— PeterNeumann x08go/ZJkuBS\n", "control characters"},
      {std::string(2 << 20, 'x'), "megabyte"},
  };
  for (const auto& test : kCases) {
    EXPECT_THAT(Error(NoteText(test.note).status()), HasSubstr(test.message)) << test.note.substr(0, 80);
  }
  std::string many = "text\n\n";
  for (int i = 0; i < 101; ++i) absl::StrAppend(&many, "— PeterNeumann x08go/ZJkuBS\n");
  EXPECT_THAT(Error(NoteText(many).status()), HasSubstr("more than 100"));
}

TEST(CheckpointTest, ReadsTheExampleOfTheSpecification) {
  const absl::StatusOr<Checkpoint> checkpoint = ReadCheckpoint(kExample);
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  EXPECT_EQ(checkpoint->origin, "example.com/behind-the-sofa");
  EXPECT_EQ(checkpoint->size, 20852163);
  EXPECT_EQ(absl::Base64Escape(merkle::Bytes(checkpoint->root)), "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=");
}

TEST(CheckpointTest, RoundTrip) {
  const merkle::Hash root = merkle::HashLeaf("x");
  const absl::StatusOr<Checkpoint> checkpoint = VerifyCheckpoint(*SignCheckpoint(7, root, Key()), Key().verifier());
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  EXPECT_EQ(checkpoint->origin, "PeterNeumann");
  EXPECT_EQ(checkpoint->size, 7);
  EXPECT_EQ(checkpoint->root, root);
}

TEST(CheckpointTest, SaysWhatIsWrong) {
  const std::string root = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";
  const struct {
    std::string text;
    const char* message;
  } kCases[] = {
      {"PeterNeumann\n7\n", "three lines"},
      {absl::StrCat("PeterNeumann\n07\n", root, "\n"), "line 2"},
      {absl::StrCat("PeterNeumann\n-7\n", root, "\n"), "line 2"},
      {absl::StrCat("PeterNeumann\n+7\n", root, "\n"), "line 2"},
      {absl::StrCat("PeterNeumann\n 7\n", root, "\n"), "line 2"},
      {absl::StrCat("PeterNeumann\n99999999999999999999\n", root, "\n"), "line 2"},
      {"PeterNeumann\n7\nCsUYapGGPo4dkMg=\n", "line 3"},
      {absl::StrCat("PeterNeumann\n7\n", absl::StrReplaceAll(root, {{"=", ""}}), "\n"), "line 3"},
      {absl::StrCat("\n7\n", root, "\n"), "line 1 is empty"},
      {absl::StrCat("another.log\n7\n", root, "\n"), "it is about the log `another.log`, not `PeterNeumann`"},
  };
  for (const auto& test : kCases) {
    EXPECT_THAT(Error(VerifyCheckpoint(*SignNote(test.text, Key()), Key().verifier()).status()), HasSubstr(test.message))
        << test.text;
  }
  // Lines that are not known yet.
  EXPECT_TRUE(VerifyCheckpoint(*SignNote(absl::StrCat("PeterNeumann\n7\n", root, "\nmore\n"), Key()), Key().verifier()).ok());
}

TEST(WitnessTest, ReadsSeveralCheckpointsAndRefusesAWrongOne) {
  const std::string first = *SignCheckpoint(1, merkle::HashLeaf("x"), Key());
  const std::string second = *SignCheckpoint(2, merkle::HashLeaf("y"), Key());
  for (const char* const between : {"", "\n", "\n\n\n"}) {
    const absl::StatusOr<std::vector<Checkpoint>> read =
        ReadWitness(absl::StrCat(first, between, second, between), {Key().verifier()});
    ASSERT_TRUE(read.ok()) << read.status();
    ASSERT_EQ(read->size(), 2);
    EXPECT_EQ((*read)[0].size, 1);
    EXPECT_EQ((*read)[1].size, 2);
  }
  const std::string wrong = absl::StrReplaceAll(second, {{"\n2\n", "\n3\n"}});
  EXPECT_THAT(Error(ReadWitness(absl::StrCat(first, wrong), {Key().verifier()}).status()),
              HasSubstr("checkpoint 2 of the file: the signature of `PeterNeumann` is not right"));
  EXPECT_THAT(Error(ReadWitness("", {Key().verifier()}).status()), HasSubstr("no checkpoint"));
  EXPECT_THAT(Error(ReadWitness("— PeterNeumann x08go/ZJkuBS\n", {Key().verifier()}).status()), HasSubstr("checkpoint 1"));
}

TEST(WitnessTest, ACheckpointOfTheKeyBeforeCounts) {
  const SigningKey next = *SigningKey::Generate();
  const std::string file =
      absl::StrCat(*SignCheckpoint(1, merkle::HashLeaf("x"), Key()), "\n", *SignCheckpoint(2, merkle::HashLeaf("y"), next));
  const auto read = ReadWitness(file, {Key().verifier(), next.verifier()});
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->size(), 2);
  EXPECT_THAT(Error(ReadWitness(file, {next.verifier()}).status()), HasSubstr("checkpoint 1 of the file"));
  EXPECT_FALSE(ReadWitness(file, {}).ok());
}

}  // namespace
}  // namespace resultgate::audit

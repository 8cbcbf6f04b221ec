#include <gmock/gmock.h>
#include <google/protobuf/descriptor.pb.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "server/base/file.h"
#include "tests/proto/style.h"

namespace resultgate::style {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::string> CheckFile(const std::string& descriptor) {
  absl::StatusOr<std::string> bytes = base::ReadFile(descriptor);
  EXPECT_TRUE(bytes.ok()) << bytes.status();
  google::protobuf::FileDescriptorSet files;
  EXPECT_TRUE(bytes.ok() && files.ParseFromString(*bytes));
  EXPECT_GT(files.file_size(), 0);
  return Check(files);
}

TEST(ProtoStyleTest, TheApiKeepsToIt) {
  const std::vector<std::string> problems = CheckFile(RESULTGATE_DESCRIPTOR);
  EXPECT_THAT(problems, IsEmpty()) << absl::StrJoin(problems, "\n");
}

TEST(ProtoStyleTest, EachRuleCanBeBroken) {
  EXPECT_THAT(
      CheckFile(RESULTGATE_MISTAKES),
      ElementsAre(
          HasSubstr("proto/mistakes.proto:2: mistakes.proto: stands in resultgate/v1/"), HasSubstr(":6: Bare: has no comment"),
          HasSubstr(":9: LowerCase: its comment is no sentence"), HasSubstr(":12: NoStop: its comment is no sentence"),
          HasSubstr(":15: lower: a message is named in UpperCamelCase"), HasSubstr(":19: Fields.bare: has no comment"),
          HasSubstr(":21: Fields.camelCase: a field is named in lower_snake_case"),
          HasSubstr(":26: Fields.bare_one: has no comment"), HasSubstr(":31: Fields.Camel: a oneof is named in lower_snake_case"),
          HasSubstr(":35: Fields.Inner: has no comment"), HasSubstr(":36: Fields.Kind: has no comment"),
          HasSubstr(":46: OnExpiry.ON_EXPIRY_BARE: has no comment"), HasSubstr(":48: OnExpiry.RELEASE: begins with ON_EXPIRY_"),
          HasSubstr(":54: Zero.ZERO_NONE: the first value is ZERO_UNSPECIFIED = 0"),
          HasSubstr(":69: Poor: a service is named in UpperCamelCase and ends in `Service`"),
          HasSubstr(":70: Poor.Bare: has no comment"), HasSubstr(":70: Poor.Bare: its Request is named BareRequest"),
          HasSubstr(":70: Poor.Bare: its Response is named BareResponse"), HasSubstr(":65: DoRequest is used by several methods"),
          HasSubstr(":65: DoResponse is used by several methods")));
}

}  // namespace
}  // namespace resultgate::style

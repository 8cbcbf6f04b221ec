#include "server/policy/names.h"

#include <gtest/gtest.h>

#include "resultgate/v1/decision.pb.h"
#include "resultgate/v1/model.pb.h"

namespace resultgate::policy {
namespace {

TEST(Names, AreReadInAnyCaseWithoutPrefix) {
  EXPECT_EQ(EnumNumber(v1::Interpretation_descriptor(), "critical-high"), v1::INTERPRETATION_CRITICAL_HIGH);
  EXPECT_EQ(EnumNumber(v1::Interpretation_descriptor(), "CRITICAL_HIGH"), v1::INTERPRETATION_CRITICAL_HIGH);
  EXPECT_EQ(EnumNumber(v1::OnExpiry_descriptor(), "release_with_outreach"), v1::ON_EXPIRY_RELEASE_WITH_OUTREACH);
  EXPECT_EQ(EnumNumber(v1::Interpretation_descriptor(), "INTERPRETATION_HIGH"), std::nullopt);
  EXPECT_EQ(EnumNumber(v1::Interpretation_descriptor(), "unspecified"), std::nullopt);
  EXPECT_EQ(EnumNumber(v1::Interpretation_descriptor(), ""), std::nullopt);
}

TEST(Names, AreWrittenAsTheyAreRead) {
  for (const std::string& word : EnumWords(v1::ResultStatus_descriptor())) {
    const std::optional<int> number = EnumNumber(v1::ResultStatus_descriptor(), word);
    ASSERT_TRUE(number.has_value()) << word;
    EXPECT_EQ(EnumWord(v1::ResultStatus_descriptor(), *number), word);
  }
  EXPECT_EQ(EnumWord(v1::ResultStatus_descriptor(), 0), "unspecified");
  EXPECT_EQ(EnumWord(v1::ResultStatus_descriptor(), 99), "99");
}

}  // namespace
}  // namespace resultgate::policy

// Which lists that screens ask for are logged again.
#include "server/gate/screens.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace resultgate::gate {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1'772'827'200);

TEST(ScreensTest, AreRememberedForAnHour) {
  Screens screens;
  EXPECT_FALSE(screens.Has("a", kStart));
  screens.Add("a", kStart);
  EXPECT_TRUE(screens.Has("a", kStart + absl::Minutes(59)));
  EXPECT_FALSE(screens.Has("b", kStart + absl::Minutes(59)));
  EXPECT_FALSE(screens.Has("a", kStart + absl::Hours(1)));
  screens.Add("a", kStart + absl::Hours(1));
  EXPECT_FALSE(screens.Has("a", kStart)) << "a clock that goes back";
}

TEST(ScreensTest, AreBounded) {
  Screens screens;
  screens.Add("a", kStart);
  for (size_t i = 0; i < kMostScreens; ++i) screens.Add(absl::StrCat(i), kStart);
  EXPECT_FALSE(screens.Has("a", kStart));
}

}  // namespace
}  // namespace resultgate::gate

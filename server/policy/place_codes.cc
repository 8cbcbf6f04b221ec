#include "server/policy/place_codes.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace resultgate::policy {
namespace {

constexpr absl::string_view kUnitedStates = "US-";

// ISO 3166-2:US: the states, the district and the outlying areas.
constexpr absl::string_view kStates[] = {"AK", "AL", "AR", "AS", "AZ", "CA", "CO", "CT", "DC", "DE", "FL", "GA", "GU", "HI", "IA",
                                         "ID", "IL", "IN", "KS", "KY", "LA", "MA", "MD", "ME", "MI", "MN", "MO", "MP", "MS", "MT",
                                         "NC", "ND", "NE", "NH", "NJ", "NM", "NV", "NY", "OH", "OK", "OR", "PA", "PR", "RI", "SC",
                                         "SD", "TN", "TX", "UM", "UT", "VA", "VI", "VT", "WA", "WI", "WV", "WY"};

}  // namespace

bool IsBareState(absl::string_view code) {
  return std::find(std::begin(kStates), std::end(kStates), code) != std::end(kStates);
}

bool IsPlaceCode(absl::string_view code) {
  const auto is_capital = [](char c) { return absl::ascii_isupper(static_cast<unsigned char>(c)); };
  const auto is_part = [&](char c) { return is_capital(c) || absl::ascii_isdigit(static_cast<unsigned char>(c)); };
  if (code.size() < 2 || !is_capital(code[0]) || !is_capital(code[1])) return false;
  if (code.size() == 2) return true;
  if (absl::StartsWith(code, kUnitedStates)) return IsBareState(code.substr(kUnitedStates.size()));
  return code.size() >= 4 && code.size() <= 6 && code[2] == '-' && std::all_of(code.begin() + 3, code.end(), is_part);
}

std::string SuggestPlaceCode(absl::string_view word) {
  const std::string code = absl::StrReplaceAll(absl::AsciiStrToUpper(word), {{"_", "-"}, {" ", ""}});
  if (IsBareState(code)) return absl::StrCat("did you mean `", kUnitedStates, code, "`?");
  if (code != word && IsPlaceCode(code)) return absl::StrCat("did you mean `", code, "`?");
  return "write ISO 3166-2, as `US-KY`";
}

}  // namespace resultgate::policy

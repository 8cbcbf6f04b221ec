#include "server/policy/facility.h"

#include <algorithm>

#include "absl/strings/ascii.h"

namespace resultgate::policy {
namespace {

constexpr int kEnd = -1;

// The letters of a name one after the other: small ones, and one blank for many.
class Letters {
 public:
  explicit Letters(absl::string_view name) : rest_(absl::StripAsciiWhitespace(name)) {}

  int Next() {
    if (rest_.empty()) return kEnd;
    const auto letter = static_cast<unsigned char>(rest_[0]);
    if (absl::ascii_isspace(letter)) {
      rest_ = absl::StripLeadingAsciiWhitespace(rest_);
      return ' ';
    }
    rest_.remove_prefix(1);
    return static_cast<unsigned char>(absl::ascii_tolower(letter));
  }

 private:
  absl::string_view rest_;
};

}  // namespace

bool ComesBefore(absl::string_view a, absl::string_view b) {
  Letters of_a(a), of_b(b);
  for (;;) {
    const int x = of_a.Next();
    const int y = of_b.Next();
    if (x != y) return x < y;
    if (x == kEnd) return false;
  }
}

const Facility* FindFacility(const std::vector<Facility>& facilities, absl::string_view name) {
  const auto at = std::lower_bound(facilities.begin(), facilities.end(), name,
                                   [](const Facility& facility, absl::string_view n) { return ComesBefore(facility.name, n); });
  return at == facilities.end() || ComesBefore(name, at->name) ? nullptr : &*at;
}

}  // namespace resultgate::policy

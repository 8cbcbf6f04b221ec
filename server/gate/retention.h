// How long the contents of results are kept.
#ifndef RESULTGATE_GATE_RETENTION_H_
#define RESULTGATE_GATE_RETENTION_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace resultgate::gate {

struct Retention {
  absl::Duration length = absl::InfiniteDuration();
  std::string text;  // as it was given; empty: for ever
};

// Reads `10y` or `400d`. A year counts as 366 days, so that nothing goes too early. InvalidArgument for anything else, and for
// less than 90 days: what patients and clinicians still work with is nothing to erase by the clock.
absl::StatusOr<Retention> ParseRetention(absl::string_view text);

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_RETENTION_H_

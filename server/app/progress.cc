#include "server/app/progress.h"

#include <algorithm>
#include <iostream>
#include <string>

namespace resultgate::app {

Progress::~Progress() {
  if (shown_ >= 0) std::cerr << "\n";
}

void Progress::Show(int64_t done, int64_t all) {
  constexpr int kWidth = 40;
  if (all < worth_a_bar_ || all == 0) return;
  const int filled = static_cast<int>(std::min<int64_t>(kWidth, done * kWidth / all));
  if (filled == shown_) return;
  shown_ = filled;
  std::cerr << "\r[" << std::string(filled, '#') << std::string(kWidth - filled, ' ') << "] " << done << " of " << all
            << std::flush;
}

}  // namespace resultgate::app

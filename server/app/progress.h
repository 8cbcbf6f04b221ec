// A bar on stderr for what takes longer than a moment.
#ifndef RESULTGATE_APP_PROGRESS_H_
#define RESULTGATE_APP_PROGRESS_H_

#include <cstdint>

namespace resultgate::app {

// Not thread-safe.
class Progress {
 public:
  // Nothing is shown for less work than `worth_a_bar`.
  explicit Progress(int64_t worth_a_bar) : worth_a_bar_(worth_a_bar) {}
  // Ends the line.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void Show(int64_t done, int64_t all);

 private:
  const int64_t worth_a_bar_;
  int shown_ = -1;
};

}  // namespace resultgate::app

#endif  // RESULTGATE_APP_PROGRESS_H_

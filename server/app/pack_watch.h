// Development mode: notices that a pack's files have changed.
#ifndef RESULTGATE_APP_PACK_WATCH_H_
#define RESULTGATE_APP_PACK_WATCH_H_

#include <functional>
#include <string>
#include <vector>

namespace resultgate::app {

// What stands in these folders: every file's path, size and time of change. Two equal texts: nothing was changed.
std::string StateOf(const std::vector<std::string>& folders);

// Not thread-safe: one thread looks again and again.
class PackWatch {
 public:
  // `look` tells what is there, `reload` uses it. What `look` tells now counts as loaded.
  PackWatch(std::function<std::string()> look, std::function<void()> reload);

  // Reloads where what is there differs from what was loaded, and has been the same since the last look: an editor may write a
  // file in several steps.
  void Look();
  // Reloads whatever is there: somebody asked for it.
  void Reload();

 private:
  const std::function<std::string()> look_;
  const std::function<void()> reload_;
  std::string loaded_;
  std::string seen_;
};

}  // namespace resultgate::app

#endif  // RESULTGATE_APP_PACK_WATCH_H_

// The messages in the files of a command line, one after the other.
#ifndef RESULTGATE_APP_INPUTS_H_
#define RESULTGATE_APP_INPUTS_H_

#include <functional>
#include <string>
#include <vector>

#include "server/intake/intake.h"

namespace resultgate::app {

// Where a message stands: the file (or `-`), and its number in it from 1.
struct Source {
  std::string file;
  int message = 1;
};

// `file`, or `file message 3` where the file holds several.
std::string ToString(const Source& source, bool several);

// Calls `take` for every message of every file, in order. A file that cannot be read (or is a folder) gives a message without
// reports whose refusal says so; its digest is empty, for nothing was received. `-` is standard input.
void ForEachMessage(const std::vector<std::string>& files, const intake::Options& options,
                    const std::function<void(const Source& source, bool several, intake::Message message)>& take);

}  // namespace resultgate::app

#endif  // RESULTGATE_APP_INPUTS_H_

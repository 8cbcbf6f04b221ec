// A rule in plain sentences, made from what the program will do and not from what its author wrote about it: what a person signs.
// Pure functions, thread-safe.
#ifndef RESULTGATE_POLICY_SENTENCE_H_
#define RESULTGATE_POLICY_SENTENCE_H_

#include <string>

#include "server/policy/pack.h"

namespace resultgate::policy {

// What it is about, what it asks for, who may end it, since when, and why; on one line.
std::string Sentence(const Rule& rule);

}  // namespace resultgate::policy

#endif  // RESULTGATE_POLICY_SENTENCE_H_

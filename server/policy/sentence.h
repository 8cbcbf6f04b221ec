// A rule in plain sentences, made from what the program will do and not from what its author wrote about it: what a person signs.
// Pure functions, thread-safe.
#ifndef RESULTGATE_POLICY_SENTENCE_H_
#define RESULTGATE_POLICY_SENTENCE_H_

#include <string>

#include "absl/strings/string_view.h"
#include "resultgate/v1/decision.pb.h"
#include "server/policy/pack.h"

namespace resultgate::policy {

// What it is about, what it asks for, who may end it, since when, and why; on one line.
std::string Sentence(const Rule& rule);

// How long a rule of the pack asks for, as its author wrote it: `3 business days`; for a review `1 business day each and 3
// business days in all`. The pack's own reviews have their ids too. Empty where the pack has no such rule, or it asks for nothing
// of the kind.
std::string AskedSpan(const Pack& pack, absl::string_view rule_id, v1::RuleEffect effect);

}  // namespace resultgate::policy

#endif  // RESULTGATE_POLICY_SENTENCE_H_

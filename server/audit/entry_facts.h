// What an entry tells, whatever its kind: found by the types of its fields, so that a new kind of entry needs nothing here. Pure
// functions, thread-safe.
#ifndef RESULTGATE_AUDIT_ENTRY_FACTS_H_
#define RESULTGATE_AUDIT_ENTRY_FACTS_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "resultgate/v1/audit_service.pb.h"

namespace resultgate::audit {

// The kind of an entry as the API has it and as a word, `decided`; UNSPECIFIED and empty where it tells nothing.
v1::EntryKind KindOf(const v1::Entry& entry);
std::string KindWord(const v1::Entry& entry);
// All words, in the order of the kinds' numbers.
std::vector<std::string> KindWords();
// UNSPECIFIED if it is none.
v1::EntryKind ParseKind(absl::string_view word);

// Every outcome and every release that the entry tells of, in its order. They live as long as the entry.
struct EntryFacts {
  std::vector<const v1::Outcome*> outcomes;
  std::vector<const v1::ReleaseNote*> releases;
  std::vector<v1::Audience> audiences;  // that it names beside those
};
EntryFacts FactsOf(const v1::Entry& entry);

// `OUTCOME_STATE_HELD` without its prefix, as a person writes it: `held`; `-` between words.
std::string EnumWord(absl::string_view name, absl::string_view prefix);

}  // namespace resultgate::audit

#endif  // RESULTGATE_AUDIT_ENTRY_FACTS_H_

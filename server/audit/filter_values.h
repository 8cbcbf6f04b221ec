// What a filter compares with the words of its restrictions: the values that an entry has of a field, for its matcher and for the
// terms by which entries are found (entry_terms.h), so that both are always about the same.
#ifndef RESULTGATE_AUDIT_FILTER_VALUES_H_
#define RESULTGATE_AUDIT_FILTER_VALUES_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "resultgate/v1/audit_service.pb.h"
#include "server/audit/entry_facts.h"
#include "server/audit/filter_node.h"

namespace resultgate::audit {

// The fields that entries are found by. Identifiers of patients are in no log, and none are in its terms.
inline constexpr std::array kTermFields = {FilterField::kActor, FilterField::kAudience,    FilterField::kBasis,
                                           FilterField::kKind,  FilterField::kDisposition, FilterField::kRule,
                                           FilterField::kState};

// True where the values of the field are texts; those of the others are numbers of words.
bool HasText(FilterField field);
// What all terms of the field begin with.
std::string TermPrefix(FilterField field);
std::string TermOf(FilterField field, int64_t number, const std::string& text);

// The values of one entry, which are looked for once and only where they are asked for. The entry must outlive it.
class EntryValues {
 public:
  explicit EntryValues(const v1::Entry& entry) : entry_(entry) {}

  // Calls `take` with each value of one of kTermFields, perhaps several times: its number, or 0 and its text.
  template <typename Take>
  void ForEach(FilterField field, Take take) {
    static const std::string kNoText;
    const auto take_all = [&take](const auto& numbers) {
      for (const int number : numbers) take(number, kNoText);
    };
    switch (field) {
      case FilterField::kKind:
        return take(KindOf(entry_), kNoText);
      case FilterField::kActor:
        return take(0, entry_.actor());
      case FilterField::kAudience:
        take_all(facts().audiences);
        for (const v1::Outcome* outcome : facts().outcomes) take_all(outcome->audiences());
        for (const v1::ReleaseNote* release : facts().releases) take_all(release->audiences());
        return;
      case FilterField::kState:
        for (const v1::Outcome* outcome : facts().outcomes) take(outcome->state(), kNoText);
        return;
      case FilterField::kDisposition:
        for (const v1::Outcome* outcome : facts().outcomes) take(outcome->disposition(), kNoText);
        return;
      default:
        break;
    }
    for (const v1::Outcome* outcome : facts().outcomes) {
      for (const v1::AppliedRule& rule : outcome->rules()) {
        if (field == FilterField::kRule) take(0, rule.rule_id());
        if (field == FilterField::kBasis && rule.has_basis()) take(rule.basis().type(), kNoText);
      }
    }
  }

 private:
  const EntryFacts& facts() {
    if (!facts_) facts_ = FactsOf(entry_);
    return *facts_;
  }

  const v1::Entry& entry_;
  std::optional<EntryFacts> facts_;
};

}  // namespace resultgate::audit

#endif  // RESULTGATE_AUDIT_FILTER_VALUES_H_

#include "server/app/entry_csv.h"

#include <set>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "server/app/csv.h"
#include "server/audit/entry_facts.h"
#include "server/audit/entry_words.h"
#include "server/base/proto_time.h"

namespace resultgate::app {
namespace {

std::string NumberOr(int64_t number, const char* none) {
  return number == 0 ? none : absl::StrCat(number);
}

std::vector<std::string> CellsOf(const v1::Entry& entry) {
  std::set<std::string> states, rules, bases, audiences;
  const audit::EntryFacts facts = audit::FactsOf(entry);
  for (const v1::Outcome* outcome : facts.outcomes) {
    states.insert(audit::EnumWord(v1::OutcomeState_Name(outcome->state()), "OUTCOME_STATE_"));
    for (const int audience : outcome->audiences()) {
      audiences.insert(audit::EnumWord(v1::Audience_Name(static_cast<v1::Audience>(audience)), "AUDIENCE_"));
    }
    for (const v1::AppliedRule& rule : outcome->rules()) {
      rules.insert(rule.rule_id());
      if (rule.basis().type() != v1::BASIS_TYPE_UNSPECIFIED) {
        bases.insert(audit::EnumWord(v1::BasisType_Name(rule.basis().type()), "BASIS_TYPE_"));
      }
    }
  }
  for (const v1::Audience audience : facts.audiences) audiences.insert(audit::EnumWord(v1::Audience_Name(audience), "AUDIENCE_"));
  return {absl::StrCat(entry.sequence()),
          absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", base::FromProto(entry.time()), absl::UTCTimeZone()),
          audit::KindWord(entry),
          entry.actor(),
          entry.on_behalf_of(),
          audit::PeerText(entry),
          NumberOr(entry.result_id(), ""),
          NumberOr(entry.version(), ""),
          audit::EntryText(entry),
          absl::StrJoin(states, " "),
          absl::StrJoin(rules, " "),
          absl::StrJoin(bases, " "),
          absl::StrJoin(audiences, " ")};
}

}  // namespace

std::string EntryCsvHeading(bool with_hash) {
  std::vector<std::string> names = {"sequence", "time",          "kind",   "actor", "on_behalf_of", "from",     "result",
                                    "version",  "what_happened", "states", "rules", "bases",        "audiences"};
  if (with_hash) names.emplace_back("leaf_hash");
  return CsvLine(names);
}

std::string EntryAsCsv(const v1::Entry& entry) {
  return CsvLine(CellsOf(entry));
}

std::string EntryAsCsv(const v1::Entry& entry, absl::string_view leaf_hash) {
  std::vector<std::string> cells = CellsOf(entry);
  cells.push_back(absl::Base64Escape(leaf_hash));
  return CsvLine(cells);
}

}  // namespace resultgate::app

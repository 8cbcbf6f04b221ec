#include "server/policy/in_process.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "server/policy/conditions.h"
#include "server/policy/names.h"
#include "server/policy/pack.h"
#include "server/policy/verdict.h"

namespace resultgate::policy {
namespace {

using valueset::ValueSet;
using yaml::Node;

// What rules ask for and a class may not be told by: why.
const char* WhyNot(const std::string& key) {
  for (const char* found : {"interpretation", "status", "unit"}) {
    if (key == found) return "is known only with the result, so it would tell what was found";
  }
  for (const char* hold : {"when", "basis", "lifted_by", "then", "together", "match", "audiences"}) {
    if (key == hold) return "would tell why a result waits";
  }
  for (const char* person : {"encounter_class", "jurisdiction"}) {
    if (key == person) return "is no class of tests";
  }
  return nullptr;
}

constexpr char kRight[] = "tell the class by `codes` of the report or order, or by `section`";

class Reader {
 public:
  Reader(const yaml::Document& document, const valueset::Registry& value_sets, base::FileIssues* issues)
      : document_(document), value_sets_(value_sets), issues_(issues) {}

  InProcessClass Read(const Node& node) {
    InProcessClass of;
    of.place = node.place;
    yaml::MapReader map(document_, node, "a class of `in_process`", issues_);
    if (!map.valid()) return of;
    for (const std::string& name : map.OptionalTexts("codes")) {
      const ValueSet* set = value_sets_.Find(name);
      if (set == nullptr) {
        Error(node.Find("codes")->place, absl::StrCat("no value set is named `", name, "`"),
              base::Suggest(name, value_sets_.Names()));
      } else if (std::none_of(set->entries().begin(), set->entries().end(), [](const ValueSet::Entry& entry) {
                   return valueset::CanNameAnObservation(entry.system, entry.code);
                 })) {
        Error(node.Find("codes")->place,
              absl::StrCat("`", name, "` holds only diagnoses or answers, which are what was found and not what was ordered"),
              kRight);
      } else {
        of.codes.push_back(set);
      }
    }
    for (const std::string& word : map.OptionalTexts("section")) {
      const std::optional<int> number = EnumNumber(v1::Section_descriptor(), word);
      if (number) {
        of.sections.push_back(static_cast<v1::Section>(*number));
      } else {
        Error(node.Find("section")->place, absl::StrCat("`", word, "` is no value of `section`"),
              base::Suggest(word, EnumWords(v1::Section_descriptor())));
      }
    }
    bool all_known = true;
    for (const Node::Entry& entry : node.entries) {
      const char* why = WhyNot(entry.key);
      if (why == nullptr) continue;
      all_known = false;
      map.Optional(entry.key);  // said here, so not again as a key that nobody knows
      Error(entry.place, absl::StrCat("`", entry.key, "` ", why), kRight);
    }
    map.RefuseUnknownKeys();
    if (all_known) RefuseNothing(node);
    return of;
  }

 private:
  void Error(const base::Place& place, std::string message, std::string suggestion) {
    document_.Error(place, std::move(message), std::move(suggestion), issues_);
  }

  // A class that names nothing would be every result.
  void RefuseNothing(const Node& node) {
    bool names = false;
    for (const char* key : {"codes", "section"}) {
      const Node* list = node.Find(key);
      if (list == nullptr) continue;
      names = true;
      if (list->IsList() && list->items.empty()) {
        Error(list->place, absl::StrCat("`", key, "` names nothing, so the class would be every result"),
              absl::StrCat("name some, or leave `", key, "` out"));
      }
    }
    if (!names) Error(node.place, "a class of `in_process` names no tests, so it would be every result", kRight);
  }

  const yaml::Document& document_;
  const valueset::Registry& value_sets_;
  base::FileIssues* const issues_;
};

bool Overlap(const ValueSet& a, const ValueSet& b) {
  const auto holds_one_of = [](const ValueSet& outer, const ValueSet& inner) {
    return std::any_of(inner.entries().begin(), inner.entries().end(),
                       [&outer](const ValueSet::Entry& entry) { return outer.Contains(entry.system, entry.code); });
  };
  return holds_one_of(a, b) || holds_one_of(b, a);
}

bool IsForPatient(const Rule& rule) {
  return std::find(rule.audiences.begin(), rule.audiences.end(), v1::AUDIENCE_PATIENT) != rule.audiences.end();
}

// True if the rule may have a part in what becomes of a result of the class for the patient.
bool Concerns(const Rule& rule, const InProcessClass& of) {
  const auto overlaps = [&rule](const ValueSet* set) {
    return std::any_of(rule.match.codes.begin(), rule.match.codes.end(),
                       [set](const ValueSet* other) { return set == other || Overlap(*set, *other); });
  };
  const bool codes_apart =
      !rule.match.codes.empty() && !of.codes.empty() && std::none_of(of.codes.begin(), of.codes.end(), overlaps);
  Rule sections;
  sections.match.sections = of.sections;
  return IsForPatient(rule) && !codes_apart && !ConditionOf(sections).Excludes(ConditionOf(rule));
}

// True if the rule certainly speaks for every unit of every result of the class, for the patient.
bool SpeaksForAll(const Rule& rule, const InProcessClass& of) {
  const Match& match = rule.match;
  const bool asks_more = rule.when != nullptr || !match.statuses.empty() || !match.interpretations.empty() ||
                         !match.encounter_classes.empty() || !match.jurisdictions.empty() || match.unit != Match::Unit::kAny ||
                         rule.effective || rule.expires;
  // A permit looks at each unit's own code, of which the class says nothing.
  const bool by_code = !match.codes.empty();
  const auto within = [](const auto& inner, const auto& outer) {
    return outer.empty() || (!inner.empty() && std::all_of(inner.begin(), inner.end(), [&outer](const auto& x) {
             return std::find(outer.begin(), outer.end(), x) != outer.end();
           }));
  };
  return IsForPatient(rule) && !asks_more && within(of.codes, match.codes) && within(of.sections, match.sections) &&
         (!by_code || rule.then.restricts());
}

InProcessClass::Hold HoldOf(const ReviewAsk& review) {
  InProcessClass::Hold hold{/*staffed=*/true, {review.expires}};
  if (review.on_expiry == v1::ON_EXPIRY_ESCALATE) hold.spans.push_back(review.escalate_for);
  return hold;
}

bool IsOf(const InProcessClass& of, const v1::DiagnosticReport& report, const valueset::Membership& sets) {
  const bool by_code = of.codes.empty() || std::any_of(of.codes.begin(), of.codes.end(),
                                                       [&sets](const ValueSet* set) { return sets.Has(set->number()); });
  return by_code &&
         (of.sections.empty() || std::find(of.sections.begin(), of.sections.end(), report.section()) != of.sections.end());
}

}  // namespace

std::vector<InProcessClass> LoadInProcess(const yaml::Document& document, yaml::MapReader* pack,
                                          const valueset::Registry& value_sets, base::FileIssues* issues) {
  std::vector<InProcessClass> classes;
  const Node* list = pack->Optional("in_process");
  if (list == nullptr) return classes;
  if (!list->IsList()) {
    document.Error(list->place, "`in_process` must be a list", "begin each class with `- codes: […]` or `- section: […]`",
                   issues);
    return classes;
  }
  Reader reader(document, value_sets, issues);
  for (const Node& node : list->items) classes.push_back(reader.Read(node));
  return classes;
}

std::vector<InProcessClass::Hold> HoldsOfClass(const Pack& pack, const InProcessClass& of) {
  std::vector<InProcessClass::Hold> holds;
  bool spoken_for = false;
  for (const Rule& rule : pack.rules()) {
    spoken_for = spoken_for || ((rule.then.permit || rule.then.review) && SpeaksForAll(rule, of));
    if (!rule.then.restricts() || !Concerns(rule, of)) continue;
    if (rule.then.delay) holds.push_back({/*staffed=*/false, {*rule.then.delay}});
    if (rule.then.review) holds.push_back(HoldOf(*rule.then.review));
    const bool names_tests = !rule.match.codes.empty() || !rule.match.sections.empty();
    if (rule.then.withhold_until && names_tests) holds.push_back({/*staffed=*/false, {*rule.then.withhold_until}});
  }
  if (!spoken_for) holds.push_back(HoldOf(pack.default_review()));
  return holds;
}

std::vector<const Rule*> RulesThatTell(const Pack& pack, const InProcessClass& of) {
  std::vector<const Rule*> tell;
  for (const Rule& rule : pack.rules()) {
    if (rule.outcome_dependent && Concerns(rule, of)) tell.push_back(&rule);
    if (!rule.outcome_dependent && rule.then.restricts() && SpeaksForAll(rule, of)) return {};
  }
  return tell;
}

absl::Time ExpectedBy(const InProcessClass& of, const calendar::Calendar& calendar, absl::Time start) {
  absl::Time latest = start;
  for (const InProcessClass::Hold& hold : of.holds) {
    absl::Time end = start;
    for (const calendar::Span& span : hold.spans) {
      if (hold.staffed) end = calendar.NextStaffed(end);
      end = calendar.Add(end, span);
    }
    if (hold.staffed) end = calendar.NextStaffed(end);
    latest = std::max(latest, end);
  }
  return absl::FromCivil(calendar.DateOf(latest) + 1, calendar.zone());
}

std::optional<InProcess> InProcessOf(const Pack& pack, const v1::DiagnosticReport& report, std::optional<absl::Time> clock_start,
                                     absl::Time first_received, absl::Time now) {
  if (pack.in_process().empty() || !clock_start) return std::nullopt;
  valueset::Membership sets;
  pack.value_sets().AddSetsThatHold(report.code(), &sets);
  pack.value_sets().AddSetsThatHold(report.order().code(), &sets);
  std::optional<InProcess> told;
  for (const InProcessClass& of : pack.in_process()) {
    if (!IsOf(of, report, sets)) continue;
    if (!told) told.emplace();
    // A report that was long on its way is reviewed from when it came.
    const absl::Time by = ExpectedBy(of, pack.CalendarFor(report.order()), std::max(*clock_start, first_received));
    if (by > now) told->expected_by = std::max(told->expected_by.value_or(by), by);
  }
  return told;
}

bool MayBeTold(const v1::Outcome& outcome) {
  switch (outcome.disposition()) {
    case v1::DISPOSITION_RELEASE:  // a document that waits for its report
    case v1::DISPOSITION_DELAY:
    case v1::DISPOSITION_REVIEW:
    case v1::DISPOSITION_WITHHOLD:
      break;
    default:
      return false;
  }
  const auto keeps_it_secret = [](const v1::AppliedRule& rule) {
    const bool holds = rule.effect() == v1::RULE_EFFECT_DELAY || rule.effect() == v1::RULE_EFFECT_REVIEW ||
                       rule.effect() == v1::RULE_EFFECT_WITHHOLD;
    const bool secret = rule.basis().type() == v1::BASIS_TYPE_PRIVACY || rule.basis().type() == v1::BASIS_TYPE_IDENTITY ||
                        rule.rule_id() == kDeceasedRule;
    return holds && secret && !rule.lifted();
  };
  return outcome.state() == v1::OUTCOME_STATE_HELD &&
         std::none_of(outcome.rules().begin(), outcome.rules().end(), keeps_it_secret);
}

}  // namespace resultgate::policy

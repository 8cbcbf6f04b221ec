#include "tests/bench/plain_engine.h"

#include <algorithm>

#include "absl/strings/match.h"

namespace resultgate::bench {
namespace {

enum class Truth { kFalse, kTrue, kUnknown };

Truth ToTruth(bool value) {
  return value ? Truth::kTrue : Truth::kFalse;
}

bool Lists(const std::vector<std::string>& texts, const std::string& text) {
  return std::find(texts.begin(), texts.end(), text) != texts.end();
}

bool InSets(const std::vector<const PlainSet*>& sets, const std::vector<PlainCode>& codes) {
  for (const PlainCode& code : codes) {
    for (const PlainSet* set : sets) {
      if (set->count(code) > 0) return true;
    }
  }
  return false;
}

int64_t AgeOn(absl::CivilDay birth, absl::CivilDay today) {
  const bool had_birthday = std::make_pair(today.month(), today.day()) >= std::make_pair(birth.month(), birth.day());
  return today.year() - birth.year() - (had_birthday ? 0 : 1);
}

// `observation`: nullptr for the document. `permits`: only the unit's own codes count.
Truth Holds(const PlainCondition& condition, const PlainReport& report, const PlainObservation* observation, absl::CivilDay today,
            bool permits) {
  switch (condition.kind) {
    case PlainCondition::Kind::kSection:
      return ToTruth(Lists(condition.texts, report.section));
    case PlainCondition::Kind::kEncounterClass:
      return report.encounter_class ? ToTruth(Lists(condition.texts, *report.encounter_class)) : Truth::kUnknown;
    case PlainCondition::Kind::kGender:
      return report.gender ? ToTruth(Lists(condition.texts, *report.gender)) : Truth::kUnknown;
    case PlainCondition::Kind::kFacilityPrefix:
      return ToTruth(absl::StartsWith(report.facility, condition.texts[0]));
    case PlainCondition::Kind::kJurisdiction:
      if (!report.jurisdictions) return Truth::kUnknown;
      return ToTruth(std::any_of(report.jurisdictions->begin(), report.jurisdictions->end(),
                                 [&](const std::string& place) { return Lists(condition.texts, place); }));
    case PlainCondition::Kind::kAge: {
      if (!report.birth_date) return Truth::kUnknown;
      const auto age = static_cast<double>(AgeOn(*report.birth_date, today));
      return ToTruth(age >= condition.least && age < condition.most);
    }
    case PlainCondition::Kind::kNumber:
      if (observation == nullptr) return Truth::kFalse;
      if (!observation->number) return Truth::kUnknown;
      return ToTruth(*observation->number >= condition.least && *observation->number < condition.most);
    case PlainCondition::Kind::kCodes:
      if (InSets(condition.sets, observation == nullptr ? report.codes : observation->codes)) return Truth::kTrue;
      return ToTruth(!permits && (InSets(condition.sets, report.codes) || InSets(condition.sets, report.order_codes)));
    case PlainCondition::Kind::kConclusion:
      return ToTruth(InSets(condition.sets, report.conclusions));
    case PlainCondition::Kind::kReason:
      return ToTruth(InSets(condition.sets, report.reasons));
  }
  return Truth::kFalse;
}

Truth Holds(const PlainRule& rule, const PlainReport& report, const PlainObservation* observation, absl::CivilDay today) {
  Truth truth = Truth::kTrue;
  for (const PlainCondition& condition : rule.conditions) {
    const Truth holds = Holds(condition, report, observation, today, rule.permit);
    if (holds == Truth::kFalse) return holds;
    if (holds == Truth::kUnknown) truth = holds;
  }
  return truth;
}

void AddReview(const PlainReview& review, const calendar::Calendar& calendar, absl::Time start, absl::Time* turn_ends,
               PlainOutcome* outcome) {
  for (const std::string& owner : review.owners) {
    const auto same = [&owner](const auto& turn) { return turn.first == owner; };
    if (std::any_of(outcome->turns.begin(), outcome->turns.end(), same)) continue;
    *turn_ends = calendar.Add(*turn_ends, review.each);
    outcome->turns.emplace_back(owner, *turn_ends);
  }
  const absl::Time expires = calendar.NextStaffed(calendar.Add(start, review.expires));
  outcome->expires_at = std::max(outcome->expires_at.value_or(expires), expires);
}

struct Held {
  const PlainRule* rule;
  bool unknown;

  bool operator==(const Held& other) const { return rule == other.rule && unknown == other.unknown; }
};

void Combine(const PlainPack& pack, const PlainReport& report, const std::vector<Held>& held, bool needs_default, absl::Time now,
             PlainOutcome* outcome) {
  const calendar::Calendar& calendar = *pack.calendar;
  outcome->not_before.reset();
  outcome->expires_at.reset();
  outcome->turns.clear();
  outcome->rules.clear();
  const absl::Time start = calendar.NextStaffed(report.received);
  absl::Time turn_ends = start;
  for (const Held& part : held) {
    const PlainRule& rule = *part.rule;
    outcome->rules.push_back(&rule);
    if (rule.delay) {
      const absl::Time until = calendar.Add(report.first_final, *rule.delay);
      outcome->not_before = std::max(outcome->not_before.value_or(until), until);
    }
    if (rule.review) AddReview(*rule.review, calendar, start, &turn_ends, outcome);
  }
  if (needs_default) {
    outcome->rules.push_back(nullptr);
    AddReview(pack.default_review, calendar, start, &turn_ends, outcome);
  }
  if (outcome->expires_at) {
    size_t last = 0;
    while (last + 1 < outcome->turns.size() && outcome->turns[last].second < *outcome->expires_at) ++last;
    outcome->turns.resize(last + 1);
    outcome->turns[last].second = *outcome->expires_at;
    outcome->decision = PlainOutcome::Decision::kReview;
  } else if (outcome->not_before && *outcome->not_before > now) {
    outcome->decision = PlainOutcome::Decision::kDelay;
  } else {
    outcome->decision = PlainOutcome::Decision::kRelease;
  }
}

struct Memory {
  std::array<std::vector<Held>, 3> of_audience;
  std::array<std::vector<Held>, 3> of_observations;  // restrictions
  std::array<bool, 3> default_of_observations{};
};

// Inserts in order of the rules, unless it is there.
void AddRestriction(const Held& part, std::vector<Held>* to) {
  const auto at = std::lower_bound(to->begin(), to->end(), part, [](const Held& a, const Held& b) { return a.rule < b.rule; });
  if (at == to->end() || at->rule != part.rule) {
    to->insert(at, part);
  } else if (!part.unknown) {
    at->unknown = false;
  }
}

}  // namespace

void DecidePlainly(const PlainPack& pack, const PlainReport& report, absl::Time now, PlainAnswers* answers) {
  thread_local Memory memory;
  const absl::CivilDay today = absl::ToCivilDay(now, pack.calendar->zone());
  const size_t units = report.observations.size() + (report.has_document ? 1 : 0);
  answers->resize(units);
  for (auto& restrictions : memory.of_observations) restrictions.clear();
  memory.default_of_observations.fill(false);
  for (size_t u = 0; u < units; ++u) {
    const bool is_document = u == report.observations.size();
    const PlainObservation* observation = is_document ? nullptr : &report.observations[u];
    for (auto& held : memory.of_audience) held.clear();
    for (const PlainRule& rule : pack.rules) {
      const Truth truth = Holds(rule, report, observation, today);
      if (truth == Truth::kFalse || (truth == Truth::kUnknown && rule.permit)) continue;
      for (size_t a = rule.only_delegates ? 2 : 0; a < 3; ++a) memory.of_audience[a].push_back({&rule, truth == Truth::kUnknown});
    }
    bool patient_needs_default = false;
    for (size_t a = 0; a < 3; ++a) {
      std::vector<Held>& held = memory.of_audience[a];
      // What binds the patient binds the others.
      bool needs_default = patient_needs_default || std::none_of(held.begin(), held.end(), [](const Held& part) {
                             return part.rule->permit || (part.rule->review && !part.unknown);
                           });
      if (is_document) {
        for (const Held& part : memory.of_observations[a]) AddRestriction(part, &held);
        needs_default = needs_default || memory.default_of_observations[a];
      } else if (report.has_document) {
        for (const Held& part : held) {
          if (!part.rule->permit) AddRestriction(part, &memory.of_observations[a]);
        }
        memory.default_of_observations[a] = memory.default_of_observations[a] || needs_default;
      }
      if (a == 0) patient_needs_default = needs_default;
      // Audiences mostly fare alike.
      if (a > 0 && needs_default == patient_needs_default && held == memory.of_audience[0]) {
        (*answers)[u][a] = (*answers)[u][0];
      } else {
        Combine(pack, report, held, needs_default, now, &(*answers)[u][a]);
      }
    }
  }
}

}  // namespace resultgate::bench

// What the decision engine is measured against: a loop that a careful programmer writes in an afternoon. Every rule is tried in
// its order, over plain structs, with comparisons of strings, and value sets as hash sets of strings. It gives the same answers.
#ifndef RESULTGATE_TESTS_BENCH_PLAIN_ENGINE_H_
#define RESULTGATE_TESTS_BENCH_PLAIN_ENGINE_H_

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "server/calendar/calendar.h"

namespace resultgate::bench {

// A code with its system, joined by a bar.
using PlainCode = std::string;

struct PlainObservation {
  std::vector<PlainCode> codes;
  std::optional<double> number;
};

struct PlainReport {
  std::string section;
  std::string facility;
  std::vector<PlainCode> codes;
  std::vector<PlainCode> order_codes;
  std::vector<PlainCode> conclusions;  // of all concepts
  std::vector<PlainCode> reasons;
  std::optional<std::string> encounter_class;
  std::optional<std::string> gender;
  std::optional<std::vector<std::string>> jurisdictions;
  std::optional<absl::CivilDay> birth_date;
  bool has_document = false;
  std::vector<PlainObservation> observations;
  absl::Time first_final;
  absl::Time received;
};

using PlainSet = std::unordered_set<PlainCode>;

struct PlainCondition {
  enum class Kind {
    kSection,
    kEncounterClass,
    kGender,
    kFacilityPrefix,
    kJurisdiction,
    kAge,
    kNumber,
    kCodes,  // of the unit; for what holds, of the report's header too
    kConclusion,
    kReason,
  };

  Kind kind = Kind::kSection;
  std::vector<std::string> texts;
  std::vector<const PlainSet*> sets;
  double least = 0;
  double most = 0;
};

struct PlainReview {
  std::vector<std::string> owners;
  calendar::Span each;
  calendar::Span expires;
  std::optional<calendar::Span> escalate_for;
};

struct PlainRule {
  std::string id;
  std::vector<PlainCondition> conditions;
  bool only_delegates = false;
  bool permit = false;
  std::optional<calendar::Span> delay;
  std::optional<PlainReview> review;
};

// For one unit and audience.
struct PlainOutcome {
  enum class Decision { kRelease, kDelay, kReview };

  Decision decision = Decision::kRelease;
  std::optional<absl::Time> not_before;
  std::optional<absl::Time> expires_at;
  std::vector<std::pair<std::string, absl::Time>> turns;
  std::vector<const PlainRule*> rules;  // in their order; the default is nullptr
};

struct PlainPack {
  std::vector<PlainRule> rules;
  PlainReview default_review;
  const calendar::Calendar* calendar = nullptr;
};

// By unit, the document last; then patient, representative, delegate. `answers` is used again.
using PlainAnswers = std::vector<std::array<PlainOutcome, 3>>;
void DecidePlainly(const PlainPack& pack, const PlainReport& report, absl::Time now, PlainAnswers* answers);

}  // namespace resultgate::bench

#endif  // RESULTGATE_TESTS_BENCH_PLAIN_ENGINE_H_

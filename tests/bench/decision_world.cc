#include "tests/bench/decision_world.h"

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "server/base/file_issue.h"
#include "server/base/proto_time.h"

namespace resultgate::bench {
namespace {

using Kind = PlainCondition::Kind;

constexpr char kSystem[] = "urn:local:LAB|BENCH";
constexpr size_t kCodes = 20'000;
constexpr size_t kSetSizes[] = {50, 100, 200, 500, 1000, 2000};
constexpr const char* kSections[] = {"laboratory", "microbiology", "pathology", "cytology", "genetics", "imaging", "other"};
constexpr v1::Section kSectionValues[] = {v1::SECTION_LABORATORY, v1::SECTION_MICROBIOLOGY, v1::SECTION_PATHOLOGY,
                                          v1::SECTION_CYTOLOGY,   v1::SECTION_GENETICS,     v1::SECTION_IMAGING,
                                          v1::SECTION_OTHER};
constexpr const char* kClasses[] = {"ambulatory", "inpatient", "emergency", "other"};
constexpr const char* kGenders[] = {"MALE", "FEMALE", "OTHER"};
constexpr const char* kPlaces[] = {"US-KY", "US-TX", "US-MT", "US-VA", "US-CO", "US-CA", "US-OH", "US-NY", "US-MA", "US-WA"};

constexpr char kPackFile[] = R"(name: bench
language_version: 1
jurisdiction: none
time_zone: America/New_York
calendar: weekdays
language: en
staffed_hours: {monday: 08:00-17:00, tuesday: 08:00-17:00, wednesday: 08:00-17:00, thursday: 08:00-17:00, friday: 08:00-17:00}
pools: [results-pool, pathology-pool, imaging-pool, director]
default:
  owners: [results-pool]
  each: 1 business day
  expires: 2 business days
  on_expiry: {escalate: {to: director, for: 1 business day, then: release}}
quarantine:
  owners: [results-pool]
  each: 1 business day
  expires: 1 business day
  on_expiry: {escalate: {to: director, for: 1 business day, then: release}}
)";

calendar::Span SpanOf(const std::string& text) {
  return *calendar::ParseSpan(text);
}

[[noreturn]] void Give_up(const std::string& why) {
  std::cerr << why << "\n";
  std::exit(1);
}

std::string CodeNumber(size_t number) {
  return absl::StrFormat("C%05d", number);
}

}  // namespace

DecisionWorld::DecisionWorld(size_t rules, size_t reports) {
  base::ParseRfc3339("2026-03-04T15:00:00-05:00", &now_);
  folder_.Write("pack/pack.yaml", kPackFile);
  folder_.Write("calendars/weekdays.yaml", "name: weekdays\nholidays:\n  - {name: New Year, date: 01-01}\n");
  MakeValueSets(rules);
  std::string yaml = "rules:\n";
  for (size_t i = 0; i < rules; ++i) MakeRule(i, &yaml);
  folder_.Write("pack/rules.yaml", yaml);
  base::FileIssues issues;
  value_sets_ = valueset::Registry::Load(absl::StrCat(folder_.path(), "/valuesets"), &issues);
  if (value_sets_ == nullptr) Give_up(base::Format(issues));
  pack_ = LoadPack();
  plain_pack_.calendar = &pack_->calendar();
  plain_pack_.default_review = {{"results-pool"}, SpanOf("1 business day"), SpanOf("2 business days"), SpanOf("1 business day")};
  for (size_t i = 0; i < reports; ++i) MakeReport();
}

std::shared_ptr<const policy::Pack> DecisionWorld::LoadPack() const {
  base::FileIssues issues;
  auto pack =
      policy::Pack::Load(absl::StrCat(folder_.path(), "/pack"), absl::StrCat(folder_.path(), "/calendars"), value_sets_, &issues);
  if (pack == nullptr) Give_up(base::Format(issues));
  return pack;
}

// A value set for each ten rules, at least one of each size.
void DecisionWorld::MakeValueSets(size_t rules) {
  plain_sets_.resize(std::max(rules / 10, std::size(kSetSizes)));
  for (size_t i = 0; i < plain_sets_.size(); ++i) {
    std::string lines =
        absl::StrCat("# name: set-", i, "\n# title: t\n# source: s\n# version: 1\n# license: l\nsystem,code,display\n");
    while (plain_sets_[i].size() < kSetSizes[i % std::size(kSetSizes)]) {
      const std::string code = CodeNumber(Below(kCodes));
      if (plain_sets_[i].insert(absl::StrCat(kSystem, "|", code)).second) absl::StrAppend(&lines, kSystem, ",", code, ",d\n");
    }
    folder_.Write(absl::StrCat("valuesets/set-", i, ".csv"), lines);
  }
}

void DecisionWorld::AddSet(const std::string& before, const std::string& after, PlainCondition* condition, Written* written) {
  const size_t set = Below(plain_sets_.size());
  condition->sets.push_back(&plain_sets_[set]);
  absl::StrAppend(&written->when, written->when.empty() ? "" : " && ", before, "valueset(\"set-", set, "\")", after);
}

void DecisionWorld::AddCondition(Kind kind, PlainRule* rule, Written* written) {
  PlainCondition condition;
  condition.kind = kind;
  const auto when = [written](const std::string& part) {
    absl::StrAppend(&written->when, written->when.empty() ? "" : " && ", part);
  };
  const auto match = [written](const std::string& entry) {
    absl::StrAppend(&written->match, written->match.empty() ? "" : ", ", entry);
  };
  switch (kind) {
    case Kind::kSection:
      condition.texts = {kSections[Below(std::size(kSections))]};
      match(absl::StrCat("section: [", condition.texts[0], "]"));
      break;
    case Kind::kEncounterClass:
      condition.texts = {kClasses[Below(2)], kClasses[2 + Below(2)]};
      match(absl::StrCat("encounter_class: [", absl::StrJoin(condition.texts, ", "), "]"));
      break;
    case Kind::kGender:
      condition.texts = {kGenders[Below(std::size(kGenders))]};
      when(absl::StrCat("patient.gender == ", condition.texts[0]));
      break;
    case Kind::kFacilityPrefix:
      condition.texts = {absl::StrFormat("SITE-%02d", Below(40))};
      when(absl::StrCat("order.facility.startsWith(\"", condition.texts[0], "\")"));
      break;
    case Kind::kJurisdiction:
      condition.texts = {kPlaces[Below(5)], kPlaces[5 + Below(5)]};
      match(absl::StrCat("jurisdiction: [", absl::StrJoin(condition.texts, ", "), "]"));
      break;
    case Kind::kAge:
      condition.least = static_cast<double>(Below(80));
      condition.most = condition.least + 5 + static_cast<double>(Below(30));
      when(absl::StrCat("age(patient) >= ", condition.least, " && age(patient) < ", condition.most));
      break;
    case Kind::kNumber:
      condition.least = static_cast<double>(Below(200));
      condition.most = condition.least + 10 + static_cast<double>(Below(100));
      when(absl::StrCat("double(observation.quantity.value) >= ", condition.least, ".0 && double(observation.quantity.value) < ",
                        condition.most, ".0"));
      break;
    case Kind::kCodes: {
      const size_t set = Below(plain_sets_.size());
      condition.sets = {&plain_sets_[set]};
      match(absl::StrCat("codes: [set-", set, "]"));
      break;
    }
    case Kind::kConclusion:
      AddSet("report.conclusion_codes.exists(c, c in ", ")", &condition, written);
      break;
    case Kind::kReason:
      AddSet("order.reason_codes.exists(c, c in ", ")", &condition, written);
      break;
  }
  rule->conditions.push_back(std::move(condition));
}

void DecisionWorld::MakeRule(size_t number, std::string* yaml) {
  constexpr Kind kKinds[] = {Kind::kSection, Kind::kEncounterClass, Kind::kGender,     Kind::kFacilityPrefix, Kind::kJurisdiction,
                             Kind::kAge,     Kind::kNumber,         Kind::kConclusion, Kind::kReason};
  PlainRule rule;
  rule.id = absl::StrFormat("r%05d", number);
  Written written;
  std::vector<Kind> kinds(std::begin(kKinds), std::end(kKinds));
  std::shuffle(kinds.begin(), kinds.end(), random_);
  // Most rules speak of codes first, as real ones do.
  if (!OneIn(4)) kinds.insert(kinds.begin(), Kind::kCodes);
  kinds.resize(2 + Below(3));
  const bool reads_outcome =
      std::any_of(kinds.begin(), kinds.end(), [](Kind kind) { return kind == Kind::kNumber || kind == Kind::kConclusion; });
  for (const Kind kind : kinds) AddCondition(kind, &rule, &written);
  // As a careful programmer would have them: what is cheap to ask first.
  std::sort(rule.conditions.begin(), rule.conditions.end(),
            [](const PlainCondition& a, const PlainCondition& b) { return a.kind < b.kind; });
  rule.permit = OneIn(3);
  rule.only_delegates = !rule.permit && OneIn(8);
  std::string then;
  if (rule.permit) {
    then = "release: now";
  } else if (OneIn(2)) {
    const std::string span = OneIn(2) ? "72 h" : absl::StrCat(1 + Below(3), " business days");
    rule.delay = SpanOf(span == "1 business days" ? "1 business day" : span);
    then = absl::StrCat("delay: ", span);
  } else {
    const std::string owners = OneIn(2) ? "pathology-pool, results-pool" : "imaging-pool";
    rule.review = {{}, SpanOf("1 business day"), SpanOf("3 business days"), {}};
    rule.review->owners =
        owners == "imaging-pool" ? std::vector<std::string>{owners} : std::vector<std::string>{"pathology-pool", "results-pool"};
    then = absl::StrCat("review: {owners: [", owners, "], each: 1 business day, expires: 3 business days, on_expiry: release}");
  }
  absl::StrAppend(yaml, "  - id: ", rule.id, "\n    title: t\n", rule.only_delegates ? "    audiences: [delegate]\n" : "",
                  written.match.empty() ? "" : absl::StrCat("    match: {", written.match, "}\n"),
                  written.when.empty() ? "" : absl::StrCat("    when: '", written.when, "'\n"), "    then: {", then, "}\n",
                  rule.permit ? "" : "    basis: {type: privacy, citation: c}\n",
                  reads_outcome ? "    outcome_dependent: measured here\n" : "");
  plain_pack_.rules.push_back(std::move(rule));
}

PlainCode DecisionWorld::RandomCode(v1::CodeableConcept* code) {
  v1::Coding* coding = code->add_codings();
  coding->set_system(kSystem);
  coding->set_code(CodeNumber(Below(kCodes)));
  return absl::StrCat(kSystem, "|", coding->code());
}

void DecisionWorld::MakeReport() {
  v1::DiagnosticReport report;
  PlainReport plain;
  report.set_sender("LAB|BENCH");
  report.set_status(v1::RESULT_STATUS_FINAL);
  const size_t section = Below(std::size(kSections));
  report.set_section(kSectionValues[section]);
  plain.section = kSections[section];
  plain.codes.push_back(RandomCode(report.mutable_code()));
  plain.order_codes.push_back(RandomCode(report.mutable_order()->mutable_code()));
  report.mutable_order()->set_facility(absl::StrFormat("SITE-%02d-WARD-%d", Below(40), Below(9)));
  plain.facility = report.order().facility();
  for (size_t i = Below(3); i > 0; --i) plain.reasons.push_back(RandomCode(report.mutable_order()->add_reason_codes()));
  // One report in fifty lacks a fact.
  const size_t lacks = OneIn(50) ? Below(3) : 3;
  if (lacks != 0) {
    const size_t encounter_class = Below(std::size(kClasses));
    report.mutable_order()->set_encounter_class(static_cast<v1::EncounterClass>(encounter_class + 1));
    plain.encounter_class = kClasses[encounter_class];
  }
  if (lacks != 1) {
    const size_t gender = Below(std::size(kGenders));
    report.mutable_patient()->set_gender(static_cast<v1::AdministrativeGender>(gender + 1));
    plain.gender = kGenders[gender];
  }
  if (lacks != 2) {
    const std::string place = kPlaces[Below(std::size(kPlaces))];
    report.mutable_order()->mutable_jurisdictions()->add_values(place);
    plain.jurisdictions = {place};
  }
  const absl::CivilDay birth = absl::CivilDay(2026, 1, 1) - static_cast<int>(Below(36'000));
  report.mutable_patient()->set_birth_date(absl::FormatCivilTime(birth));
  plain.birth_date = birth;
  for (size_t i = 1 + Below(3); i > 0; --i) {
    v1::Observation* observation = report.add_observations();
    observation->set_id(absl::StrCat("o", i));
    observation->set_status(v1::RESULT_STATUS_FINAL);
    PlainObservation plain_observation;
    plain_observation.codes.push_back(RandomCode(observation->mutable_code()));
    plain_observation.number = static_cast<double>(Below(300)) + 0.5;
    observation->mutable_quantity()->set_value(absl::StrCat(*plain_observation.number));
    plain.observations.push_back(std::move(plain_observation));
  }
  if (OneIn(4)) {
    plain.conclusions.push_back(RandomCode(report.add_conclusion_codes()));
    plain.has_document = true;
  }
  plain.received = now_;
  plain.first_final = now_ - absl::Minutes(static_cast<int64_t>(Below(3000)));
  *report.mutable_issued() = base::ToProto(plain.first_final);
  reports_.push_back(std::move(report));
  plain_reports_.push_back(std::move(plain));
}

policy::Context DecisionWorld::context() const {
  policy::Context context;
  context.received_at = now_;
  return context;
}

std::string DecisionWorld::Difference() const {
  policy::Decider decider;
  PlainAnswers plain;
  const policy::Context context = this->context();
  for (size_t i = 0; i < reports_.size(); ++i) {
    const policy::Ruling& ruling = decider.Decide(*pack_, reports_[i], context, now_);
    DecidePlainly(plain_pack_, plain_reports_[i], now_, &plain);
    if (ruling.units().size() != plain.size()) return absl::StrCat("report ", i, ": units");
    for (size_t u = 0; u < plain.size(); ++u) {
      for (size_t a = 0; a < 3; ++a) {
        const policy::Verdict& verdict = ruling.Of(u, a);
        const PlainOutcome& answer = plain[u][a];
        constexpr v1::Disposition kDispositions[] = {v1::DISPOSITION_RELEASE, v1::DISPOSITION_DELAY, v1::DISPOSITION_REVIEW};
        const std::string where = absl::StrCat("report ", i, ", unit ", u, ", audience ", a, ": ");
        if (verdict.disposition != kDispositions[static_cast<size_t>(answer.decision)]) return where + "disposition";
        if (verdict.not_before != answer.not_before) return where + "floor";
        if (verdict.has_review != answer.expires_at.has_value()) return where + "review";
        if (verdict.has_review && verdict.review.expires_at != *answer.expires_at) return where + "expiry";
        if (verdict.has_review && verdict.review.turns.size() != answer.turns.size()) return where + "turns";
        for (size_t t = 0; verdict.has_review && t < answer.turns.size(); ++t) {
          const auto& turn = verdict.review.turns[t];
          if (*turn.role != answer.turns[t].first || turn.until != answer.turns[t].second) return where + "turn";
        }
        if (verdict.applied.size() != answer.rules.size()) return where + "rules";
        for (size_t r = 0; r < answer.rules.size(); ++r) {
          const policy::Rule* rule = verdict.applied[r].source.rule;
          if ((rule == nullptr) != (answer.rules[r] == nullptr) || (rule != nullptr && rule->id != answer.rules[r]->id)) {
            return where + "rule";
          }
        }
      }
    }
  }
  return "";
}

}  // namespace resultgate::bench

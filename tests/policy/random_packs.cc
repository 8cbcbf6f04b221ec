#include "tests/policy/random_packs.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "server/base/proto_time.h"

namespace resultgate::policy {
namespace {

constexpr char kLocal[] = "urn:local:LAB|NORTH";
constexpr char kIcd10Cm[] = "http://hl7.org/fhir/sid/icd-10-cm";
// The codes of the world: `T000` to `T499`.
constexpr size_t kCodes = 500;
// Value sets `set-0`, …, by size.
constexpr size_t kSetSizes[] = {1, 3, 8, 20, 50, 120, 300};
constexpr char kMorning[] = "2026-03-06T09:30:00-05:00";

std::string LocalCode(size_t number) {
  return absl::StrFormat("T%03d", number);
}

absl::Time At(const char* rfc3339) {
  absl::Time time;
  EXPECT_TRUE(base::ParseRfc3339(rfc3339, &time));
  return time;
}

}  // namespace

RandomWorld::RandomWorld(unsigned seed) : random_(seed) {
  WriteValueSets();
  folder_.Write("calendars/weekdays.yaml",
                "name: weekdays\nholidays:\n  - {name: a, date: 12-25}\n  - {name: b, date: 2026-03-09}\n");
  base::FileIssues issues;
  value_sets_ = valueset::Registry::Load(absl::StrCat(folder_.path(), "/valuesets"), &issues);
  EXPECT_NE(value_sets_, nullptr) << base::Format(issues);
}

void RandomWorld::WriteValueSets() {
  const auto write = [this](const std::string& name, const std::string& codes) {
    folder_.Write(absl::StrCat("valuesets/", name, ".yaml"),
                  absl::StrCat("name: ", name, "\ntitle: t\nsource: s\nversion: \"1\"\nlicense: l\ncodes:\n", codes));
  };
  size_t number = 0;
  for (const size_t size : kSetSizes) {
    std::set<size_t> codes;
    // The small codes are in many sets, so that reports and rules meet.
    while (codes.size() < size) codes.insert(Below(OneIn(2) ? 20 : kCodes));
    std::string lines;
    for (const size_t code : codes) {
      absl::StrAppend(&lines, "  - {system: \"", kLocal, "\", code: ", LocalCode(code), ", display: d}\n");
    }
    write(absl::StrCat("set-", number++), lines);
  }
  write("prefixed", absl::StrCat("  - {system: \"", kLocal, "\", code: T00, descendants: true, display: d}\n"));
  write("malignant",
        "  - {system: icd10cm, code: C50, descendants: true, display: d}\n  - {system: icd10cm, code: D05.1, display: d}\n");
}

std::string RandomWorld::Sets() {
  const auto name = [this] { return OneIn(6) ? std::string("prefixed") : absl::StrCat("set-", Below(std::size(kSetSizes))); };
  std::set<std::string> sets = {name()};
  while (OneIn(3)) sets.insert(name());
  return absl::StrJoin(sets, ", ");
}

std::string RandomWorld::Some(std::initializer_list<const char*> from, size_t most) {
  std::vector<const char*> all(from);
  std::shuffle(all.begin(), all.end(), random_);
  all.resize(std::min(all.size(), 1 + Below(most)));
  return absl::StrJoin(all, ", ");
}

std::string RandomWorld::ReviewOf(bool asks_has) {
  const std::string owners = Some({"ordering-provider", "covering-provider", "results-pool", "pathology-pool", "director"}, 3);
  return absl::StrCat("{owners: [", owners, "], each: ", Pick({"1 business day", "4 h", "1 day"}),
                      ", expires: ", Pick({"1 business day", "3 business days", "36 h", "5 days"}), ", on_expiry: ",
                      Pick({"release", "release_with_outreach", "{escalate: {to: director, for: 1 business day, then: release}}",
                            "{escalate: {to: results-pool, for: 9 h, then: release_with_outreach}}"}),
                      OneIn(2) ? ProtocolOf(asks_has) : "", "}");
}

std::string RandomWorld::ProtocolOf(bool asks_has) {
  return absl::StrCat(", protocol: {pool: ", OneIn(4) ? "midwives" : "nurses", ", covers: '",
                      OneIn(3) ? "true" : Condition(static_cast<int>(Below(2)), asks_has),
                      "', each: ", Pick({"2 h", "30 min", "next business morning", "1 business day"}), "}");
}

std::string RandomWorld::PackFile(bool facts) {
  std::string file = absl::StrCat(
      "name: random\nlanguage_version: 1\njurisdiction: none\ntime_zone: ",
      Pick({"America/New_York", "Europe/Berlin", "Asia/Kathmandu", "UTC"}),
      "\ncalendar: weekdays\nlanguage: en\npools: [results-pool, pathology-pool, records, director, nurses, "
      "midwives]\nstaffed_hours: ",
      Pick({"{monday: 08:00-17:00, tuesday: 08:00-17:00, wednesday: 08:00-17:00, thursday: 08:00-17:00, friday: 08:00-17:00}",
            "{monday: 07:00-12:00, wednesday: 13:00-20:00}", "{sunday: 00:00-24:00}"}),
      "\ndefault: {owners: [ordering-provider, results-pool], each: 1 business day, expires: ",
      Pick({"2 business days", "30 h", "9 days"}),
      ", on_expiry: {escalate: {to: director, for: 1 business day, then: release_with_outreach}}}\n"
      "quarantine: {owners: [records], each: 1 business day, expires: 1 business day, on_expiry: {escalate: {to: director, for: "
      "1 business day, then: release}}}\n"
      // What the checks find in random rules is no news.
      "ignore:\n");
  for (const char* check : {"always-matches", "floor-past-ceiling", "never-matches", "pointless-rule"}) {
    absl::StrAppend(&file, "  - {check: ", check, ", reason: random}\n");
  }
  if (OneIn(2)) {
    std::vector<std::string> all = {"identity",        "statute",  "harm-determination", "privacy",
                                    "patient-request", "research", "organization-policy"};
    std::shuffle(all.begin(), all.end(), random_);
    absl::StrAppend(&file, "precedence: [", absl::StrJoin(all, ", "), "]\nprecedence_reason: random\n");
  }
  if (OneIn(2)) {
    absl::StrAppend(&file, "facilities: [{names: [NORTH  CLINIC], time_zone: ", Pick({"America/Los_Angeles", "Pacific/Auckland"}),
                    Pick({"", ", staffed_hours: {tuesday: 06:00-22:00}"}), "}]\n");
  }
  if (!facts || OneIn(2)) return file;
  absl::StrAppend(&file, "facts:\n");
  const auto fact = [&](const char* line) {
    if (OneIn(2)) absl::StrAppend(&file, "  - {fact: ", line, ", reason: r, approved_by: a}\n");
  };
  absl::StrAppend(&file, "  - {fact: order.jurisdictions, absent_means: [US-OH], reason: r, approved_by: a}\n");
  fact("patient.known_conditions, absent_means: []");
  fact("patient.gender, absent_means: female");
  fact("order.encounter_class, absent_means: ambulatory");
  return file;
}

std::string RandomWorld::Atom(bool asks_has) {
  if (asks_has && OneIn(8)) {
    return absl::StrCat("has(",
                        Pick({"observation", "patient.birth_date", "patient.gender", "patient.known_conditions", "report.issued",
                              "order.jurisdictions", "order.encounter_class", "patient.preference"}),
                        ")");
  }
  switch (Below(8)) {
    case 0:
      return absl::StrCat(Pick({"report.code", "observation.code", "order.code", "report.conclusion_codes"}), " in valueset(\"",
                          OneIn(5) ? "malignant" : absl::StrCat("set-", Below(std::size(kSetSizes))).c_str(), "\")");
    case 1:
      return absl::StrCat("age(patient) ", Pick({"<", "<=", ">", ">=", "==", "!="}), " ", Pick({12, 18, 26, 65}));
    case 2:
      return Pick({"report.section == PATHOLOGY", "report.section in [LABORATORY, GENETICS]", "observation.status == FINAL",
                   "report.status != PRELIMINARY", "patient.gender == FEMALE", "patient.gender != MALE",
                   "order.encounter_class in [INPATIENT, EMERGENCY]", "order.encounter_class != AMBULATORY",
                   "observation.interpretation in [HIGH, CRITICAL_HIGH]", "observation.interpretation == NORMAL",
                   "audience == DELEGATE", "audience != PATIENT", "patient.preference.timing == IMMEDIATE"});
    case 3:
      return Pick({"report.sender.startsWith(\"LAB\")", "report.sender.endsWith(\"SOUTH\")", "order.facility.contains(\"linic\")",
                   "report.sender.matches(\"^(LAB|RAD).*\")", "order.code.codings.exists(c, c.code.startsWith(\"T0\"))",
                   "order.jurisdictions.exists(j, j.startsWith(\"US-T\"))"});
    case 4:
      return Pick({"double(observation.quantity.value) > 5.0", "double(observation.quantity.value) <= 7.5",
                   "size(report.observations) > 2", "size(order.jurisdictions) > 1", "10 / size(report.notes) > 3",
                   "observation.quantity.unit == \"mg\"", "size(report.notes) + size(report.observations) < 3"});
    case 5:
      return Pick({"patient.known_conditions.exists(c, c in valueset(\"malignant\"))",
                   "patient.known_conditions.all(c, !(c in valueset(\"malignant\")))",
                   "report.conclusion_codes.exists(c, c in valueset(\"malignant\") && !(c in patient.known_conditions))",
                   "order.reason_codes.exists(r, r in valueset(\"malignant\"))",
                   "report.observations.exists(o, o.code in valueset(\"set-2\"))",
                   "report.observations.all(o, o.status == FINAL)",
                   "report.observations.exists_one(o, o.interpretation == HIGH)"});
    case 6:
      return Pick({"\"US-KY\" in order.jurisdictions", "!(\"US-OH\" in order.jurisdictions)", "patient.deceased",
                   "(patient.deceased ? audience == DELEGATE : true)", "order.jurisdictions.exists_one(j, j == \"US-TX\")"});
    default:
      return Pick({"report.issued < timestamp(\"2026-03-05T12:00:00Z\")", "now - report.issued > duration(\"24h\")",
                   "now.getHours() >= 8", "now.getDayOfWeek() == 6", "report.effective < report.issued", "true", "false"});
  }
}

std::string RandomWorld::Condition(int depth, bool asks_has) {
  if (depth == 0 || OneIn(4)) return Atom(asks_has);
  const std::string a = Condition(depth - 1, asks_has);
  if (OneIn(5)) return absl::StrCat("!(", a, ")");
  const std::string b = Condition(depth - 1, asks_has);
  if (OneIn(8)) return absl::StrCat("(", a, " ? ", b, " : ", Atom(asks_has), ")");
  return absl::StrCat("(", a, OneIn(2) ? " && " : " || ", b, ")");
}

std::string RandomWorld::Match() {
  std::vector<std::string> keys;
  const auto key = [&](size_t chances, const char* name, const std::string& values) {
    if (OneIn(chances)) keys.push_back(absl::StrCat(name, ": [", values, "]"));
  };
  if (!OneIn(4)) keys.push_back(absl::StrCat("codes: [", Sets(), "]"));
  key(4, "section", Some({"laboratory", "pathology", "genetics", "imaging", "unclassified"}, 3));
  key(8, "status", Some({"final", "corrected", "preliminary", "cancelled"}, 3));
  key(8, "interpretation", Some({"normal", "high", "critical-high", "detected"}, 2));
  key(8, "encounter_class", Some({"ambulatory", "inpatient", "emergency"}, 2));
  key(6, "jurisdiction", Some({"US-KY", "US-TX", "US-OH"}, 2));
  if (OneIn(8)) keys.push_back(Pick({"unit: observation", "unit: document"}));
  return absl::StrJoin(keys, ", ");
}

std::string RandomWorld::Then(const RuleOptions& options, bool* restricts, bool* needs_basis) {
  std::vector<std::string> asks;
  while (asks.empty()) {
    if (options.permits && OneIn(3)) asks.push_back(OneIn(5) ? "release: preliminary" : "release: now");
    const size_t before = asks.size();
    if (options.restricts) {
      if (OneIn(4)) {
        asks.push_back(
            absl::StrCat("delay: ", options.business_days && OneIn(4)
                                        ? "3 business days"
                                        : Pick({"72 h", "3 days", "1 day", "next business morning", "15 min", "20 days"})));
      }
      if (OneIn(4)) asks.push_back("review: " + ReviewOf(options.asks_has));
      if (OneIn(10)) asks.push_back(absl::StrCat("withhold: {until: ", Pick({"9 days", "12 h", "2 business days"}), "}"));
    }
    *restricts = asks.size() > before;
    if (options.limits && OneIn(6)) {
      asks.push_back(absl::StrCat(
          "deadline: {within: ", options.business_days && OneIn(4) ? "4 business days" : Pick({"24 h", "30 days", "96 h"}),
          ", duty: ", OneIn(3) ? "notice" : "release", "}"));
    }
    *needs_basis = *restricts || (!asks.empty() && asks.back().rfind("deadline", 0) == 0);
    if (options.next_steps && OneIn(5)) {
      asks.push_back(absl::StrCat(
          "next_step: ", Pick({"none", "message", "call within 9 days", "call within 2 days", "call today", "emergency"})));
    }
  }
  return absl::StrJoin(asks, ", ");
}

RandomRule RandomWorld::Rule(const RuleOptions& options) {
  RandomRule rule;
  do {
    rule.id = absl::StrFormat("r%05d", Below(100000));
  } while (!ids_.insert(rule.id).second);
  rule.yaml = absl::StrCat("  - id: ", rule.id, "\n    title: t\n");
  const auto line = [&rule](const std::string& key, const std::string& value) {
    absl::StrAppend(&rule.yaml, "    ", key, ": ", value, "\n");
  };
  if (OneIn(3)) line("audiences", absl::StrCat("[", Some({"patient", "representative", "delegate"}, 2), "]"));
  const std::string match = Match();
  if (!match.empty()) line("match", absl::StrCat("{", match, "}"));
  if (match.empty() || OneIn(2)) line("when", absl::StrCat("'", Condition(static_cast<int>(Below(3)), options.asks_has), "'"));
  bool restricts = false;
  bool needs_basis = false;
  line("then", absl::StrCat("{", Then(options, &restricts, &needs_basis), "}"));
  line("outcome_dependent", "random rules may");
  if (restricts && OneIn(5)) line("together", Pick({"report", "order"}));
  if (restricts && OneIn(2)) line("lifted_by", absl::StrCat("[", Some({"provider", "patient"}, 2), "]"));
  if (options.dates && OneIn(8)) line("effective", Pick({"2026-03-06", "2026-03-04"}));
  if (options.dates && OneIn(8)) line("expires", Pick({"2026-03-07", "2027-01-01"}));
  if (needs_basis) {
    line("basis", absl::StrCat("{type: ",
                               Pick({"identity", "statute", "harm-determination", "privacy", "patient-request", "research",
                                     "organization-policy"}),
                               ", citation: c}"));
  }
  return rule;
}

std::vector<RandomRule> RandomWorld::Rules(size_t count, const RuleOptions& options) {
  std::vector<RandomRule> rules;
  while (rules.size() < count) rules.push_back(Rule(options));
  return rules;
}

std::shared_ptr<const Pack> RandomWorld::Load(const std::string& pack_file, const std::vector<std::vector<RandomRule>>& files) {
  const std::string folder = absl::StrCat("pack", ++packs_);
  folder_.Write(absl::StrCat(folder, "/pack.yaml"), pack_file);
  std::string all;
  for (size_t i = 0; i < files.size(); ++i) {
    std::string content = files[i].empty() ? "rules: []\n" : "rules:\n";
    for (const RandomRule& rule : files[i]) content += rule.yaml;
    folder_.Write(absl::StrCat(folder, "/rules", i, ".yaml"), content);
    all += content;
  }
  base::FileIssues issues;
  LoadOptions options;
  options.allow_unverified = true;
  auto pack = Pack::Load(absl::StrCat(folder_.path(), "/", folder), absl::StrCat(folder_.path(), "/calendars"), value_sets_,
                         &issues, options);
  EXPECT_NE(pack, nullptr) << base::Format(issues) << pack_file << all;
  return pack;
}

void RandomWorld::FillConcept(v1::CodeableConcept* code) {
  do {
    v1::Coding* coding = code->add_codings();
    coding->set_system(OneIn(12) ? "urn:v2:L" : kLocal);
    coding->set_code(OneIn(12) ? "nobody-knows" : LocalCode(Below(OneIn(4) ? kCodes : 20)));
  } while (OneIn(5));
}

void RandomWorld::FillDiagnosis(v1::CodeableConcept* code) {
  v1::Coding* coding = code->add_codings();
  coding->set_system(kIcd10Cm);
  coding->set_code(Pick({"C50.911", "C50", "D05.1", "E11.9", "Z85.3"}));
}

void RandomWorld::AddObservation(v1::DiagnosticReport* report) {
  v1::Observation* observation = report->add_observations();
  observation->set_id(absl::StrCat("o", report->observations_size()));
  if (!OneIn(10)) FillConcept(observation->mutable_code());
  observation->set_status(OneIn(3) ? static_cast<v1::ResultStatus>(Below(v1::ResultStatus_ARRAYSIZE)) : v1::RESULT_STATUS_FINAL);
  switch (Below(4)) {
    case 0:
      break;
    case 1:
      observation->set_text("clear");
      break;
    case 2:
      FillDiagnosis(observation->mutable_codeable_concept());
      break;
    default:
      observation->mutable_quantity()->set_value(Pick({"4.2", "7.10", "12", "many"}));
      observation->mutable_quantity()->set_unit(Pick({"mg", "mmol/L"}));
  }
  if (!OneIn(3)) observation->set_interpretation(static_cast<v1::Interpretation>(1 + Below(v1::Interpretation_ARRAYSIZE - 1)));
}

v1::DiagnosticReport RandomWorld::Report() {
  v1::DiagnosticReport report;
  report.set_sender(Pick({"LAB|NORTH", "RAD|SOUTH", "PATH|NORTH"}));
  report.set_status(OneIn(5) ? static_cast<v1::ResultStatus>(Below(v1::ResultStatus_ARRAYSIZE)) : v1::RESULT_STATUS_FINAL);
  report.set_section(static_cast<v1::Section>(1 + Below(v1::Section_ARRAYSIZE - 1)));
  if (!OneIn(8)) FillConcept(report.mutable_code());
  if (!OneIn(6)) {
    const absl::Duration before = Pick({absl::Minutes(30), absl::Hours(5), absl::Hours(30), absl::Hours(80), absl::Hours(24 * 12),
                                        absl::Hours(24 * 40), -absl::Hours(50)});
    *report.mutable_issued() = base::ToProto(At(kMorning) - before);
  }
  if (OneIn(2)) *report.mutable_effective() = base::ToProto(At(kMorning) - absl::Hours(Below(99)));
  for (size_t count = Below(5); count > 0; --count) AddObservation(&report);
  if (OneIn(4)) report.set_narrative("words");
  if (OneIn(6)) report.set_conclusion("words");
  if (OneIn(4)) FillDiagnosis(report.add_conclusion_codes());
  for (size_t count = Below(3); count > 0; --count) report.add_notes("a remark");
  if (OneIn(6)) FillConcept(report.add_presented_forms()->mutable_code());

  v1::Patient* patient = report.mutable_patient();
  patient->add_identifiers()->set_value("p1");
  if (!OneIn(4)) patient->set_birth_date(Pick({"2015-01-01", "2009-06", "2008", "1990-03-06", "1950-12-31"}));
  if (!OneIn(4)) patient->set_gender(static_cast<v1::AdministrativeGender>(1 + Below(3)));
  if (OneIn(2)) {
    auto* conditions = patient->mutable_known_conditions();
    for (size_t count = Below(3); count > 0; --count) FillDiagnosis(conditions->add_values());
  }
  if (OneIn(2)) patient->set_deceased(OneIn(6));
  if (OneIn(3)) {
    auto* preference = patient->mutable_preference();
    preference->set_timing(static_cast<v1::ReleasePreference::Timing>(1 + Below(3)));
    preference->set_after_days(static_cast<int>(1 + Below(20)));
  }
  // Each category once, as the gate keeps them; one of a pack that is gone.
  const bool has_categories = OneIn(6);
  for (const char* category : {"set-0", "set-3", "set-7", "gone", ""}) {
    if (!has_categories || !OneIn(3)) continue;
    auto* preference = patient->add_category_preferences();
    preference->set_category(category);
    preference->set_timing(static_cast<v1::ReleasePreference::Timing>(1 + Below(3)));
    preference->set_after_days(static_cast<int>(1 + Below(20)));
  }
  v1::ServiceRequest* order = report.mutable_order();
  if (OneIn(2)) FillConcept(order->mutable_code());
  if (OneIn(3)) FillDiagnosis(order->add_reason_codes());
  if (!OneIn(4)) order->mutable_ordering_provider()->set_value("1234567893");
  if (!OneIn(3)) order->set_encounter_class(static_cast<v1::EncounterClass>(1 + Below(4)));
  if (OneIn(2)) {
    auto* places = order->mutable_jurisdictions();
    for (size_t count = Below(3); count > 0; --count) places->add_values(Pick({"US-KY", "US-OH", "US-TX"}));
  }
  order->set_facility(Pick({"", "North Clinic", "South"}));
  return report;
}

void RandomWorld::FillDetermination(const v1::DiagnosticReport& report, absl::Time now, int id,
                                    v1::Determination* determination) {
  determination->set_id(id);
  determination->set_type(
      Pick({v1::BASIS_TYPE_HARM_DETERMINATION, v1::BASIS_TYPE_PRIVACY, v1::BASIS_TYPE_PATIENT_REQUEST, v1::BASIS_TYPE_RESEARCH}));
  determination->set_determined_by("dr-1");
  determination->set_reason("said so");
  *determination->mutable_until() = base::ToProto(now + absl::Hours(24) * (static_cast<int>(Below(12)) - 2));
  for (const v1::Observation& observation : report.observations()) {
    if (OneIn(3)) determination->add_unit_ids(observation.id());
  }
  if (OneIn(3)) determination->add_audiences(static_cast<v1::Audience>(1 + Below(3)));
}

Situation RandomWorld::MakeSituation(const Pack& pack, const v1::DiagnosticReport& report) {
  Situation situation;
  situation.now = At(kMorning) + Pick({absl::Minutes(0), absl::Hours(7), absl::Hours(40), absl::Hours(55), absl::Hours(24 * 9)});
  Context& context = situation.context;
  context.received_at = situation.now - (OneIn(3) ? absl::Hours(Below(100)) : absl::ZeroDuration());
  if (OneIn(5)) context.acted.push_back(v1::LIFTER_PROVIDER);
  if (OneIn(5)) context.acted.push_back(v1::LIFTER_PATIENT);
  if (OneIn(15)) context.quarantine = "two versions differ";
  if (OneIn(3)) {
    // Another report of the order, which came at another time.
    Context other;
    other.received_at = context.received_at + absl::Hours(Below(30)) - absl::Hours(15);
    context.order_holds = OrderHoldsOf(pack, Report(), other, other.received_at);
  }
  if (OneIn(8)) {
    auto determinations = std::make_shared<Determinations>();
    for (int id = 1; id <= static_cast<int>(1 + Below(3)); ++id)
      FillDetermination(report, situation.now, id, determinations->Add());
    situation.determinations = std::move(determinations);
    context.determinations = situation.determinations.get();
  }
  if (!OneIn(3)) return situation;

  // An earlier version: shorter, earlier, less final.
  v1::DiagnosticReport earlier = report;
  if (earlier.observations_size() > 1 && OneIn(2)) earlier.mutable_observations()->RemoveLast();
  for (v1::Observation& observation : *earlier.mutable_observations()) {
    if (OneIn(3)) observation.set_status(v1::RESULT_STATUS_PRELIMINARY);
    if (OneIn(3)) observation.mutable_code()->clear_codings();
  }
  Context before;
  before.received_at = context.received_at - absl::Hours(Below(60));
  if (earlier.has_issued()) *earlier.mutable_issued() = base::ToProto(base::FromProto(earlier.issued()) - absl::Hours(20));
  auto previous = std::make_shared<v1::Decision>(Decide(pack, earlier, before, before.received_at));
  const bool approved = OneIn(6);  // as a person does: for every audience
  for (v1::Outcome& outcome : *previous->mutable_outcomes()) {
    if (outcome.has_review() && approved) *outcome.mutable_review()->mutable_approved_at() = base::ToProto(before.received_at);
    if (outcome.disposition() == v1::DISPOSITION_RELEASE) outcome.set_state(v1::OUTCOME_STATE_RELEASED);
  }
  if (previous->has_clock_start()) context.clock_start = base::FromProto(previous->clock_start());
  situation.previous = std::move(previous);
  context.previous = situation.previous.get();
  return situation;
}

absl::Time EarliestByItself(const v1::Outcome& outcome) {
  switch (outcome.disposition()) {
    case v1::DISPOSITION_RELEASE:
      return absl::InfinitePast();
    case v1::DISPOSITION_DELAY:
      return base::FromProto(outcome.not_before());
    case v1::DISPOSITION_REVIEW: {
      const v1::Review& review = outcome.review();
      absl::Time ends = base::FromProto(review.expires_at());
      if (review.on_expiry() == v1::ON_EXPIRY_ESCALATE) ends += base::FromProto(review.escalate_for());
      return outcome.has_not_before() ? std::max(ends, base::FromProto(outcome.not_before())) : ends;
    }
    default:
      return absl::InfiniteFuture();
  }
}

}  // namespace resultgate::policy

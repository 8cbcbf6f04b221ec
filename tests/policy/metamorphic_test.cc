// What must hold between two decisions: the order of rules and files changes nothing, and a fact that is missing never makes
// anything go earlier. (That a further restriction never does is held in decide_test.cc.)
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <random>

#include "absl/strings/str_join.h"
#include "server/policy/assumed_facts.h"
#include "tests/policy/decide_fixture.h"
#include "tests/testing/rounds.h"

namespace resultgate::policy {
namespace {

class MetamorphicTest : public DecideTest {
 protected:
  std::mt19937 random_{20261124};

  const char* Pick(std::initializer_list<const char*> from) { return *(from.begin() + random_() % from.size()); }

  // Conditions of every kind, none of which asks has() of a fact.
  std::string RandomRule(int number) {
    const std::string condition =
        Pick({"match: {codes: [routine]}", "match: {codes: [sensitive, tissue]}", "match: {section: [laboratory]}",
              "match: {encounter_class: [inpatient, emergency]}", "match: {jurisdiction: [US-KY]}",
              "match: {codes: [routine], jurisdiction: [US-KY, US-TX]}", "match: {unit: document}", "when: age(patient) < 18",
              "when: 'patient.gender == FEMALE || age(patient) >= 65'", "when: 'order.encounter_class != INPATIENT'",
              "when: '!(\"US-OH\" in order.jurisdictions)'",
              "when: 'patient.known_conditions.all(c, !(c in valueset(\"malignant\")))'",
              "when: 'patient.known_conditions.exists(c, c in valueset(\"malignant\")) && age(patient) > 40'",
              "when: 'patient.deceased ? audience == DELEGATE : true'", "when: 'size(order.jurisdictions) > 1'"});
    const bool permit = random_() % 3 == 0;
    const std::string then =
        permit ? "release: now"
               : Pick({"delay: 72 h", "delay: 3 business days", "withhold: {until: 9 days}",
                       "review: {owners: [results-pool], each: 1 business day, expires: 2 business days, on_expiry: release}",
                       "review: {owners: [director], each: 1 business day, expires: 1 business day, on_expiry: release}"});
    const std::string audience = Pick({"", "", "audiences: [delegate], ", "audiences: [patient], "});
    const std::string together = permit ? "" : Pick({"", "", "together: report, "});
    return absl::StrCat(
        "  - {id: r", number, ", title: t, ", audience, together, condition, ", then: {", then, "}",
        permit ? "" : absl::StrCat(", basis: {type: ", Pick({"statute", "privacy", "research"}), ", citation: c}"), "}\n");
  }

  v1::DiagnosticReport RandomReport() {
    v1::DiagnosticReport report = Report(Pick({"58410-2", "60567-5", "99999-9"}));
    for (const char* code : {"718-7", "56888-1", "33914-3"}) {
      if (random_() % 2 == 0) AddObservation(&report, code);
    }
    if (random_() % 3 == 0) report.set_narrative("words");
    v1::Patient* patient = report.mutable_patient();
    patient->set_birth_date(Pick({"2015-01-01", "1950-06-01", "1990-01-01"}));
    patient->set_gender(random_() % 2 == 0 ? v1::ADMINISTRATIVE_GENDER_FEMALE : v1::ADMINISTRATIVE_GENDER_MALE);
    patient->set_deceased(random_() % 4 == 0);
    patient->mutable_known_conditions();
    if (random_() % 2 == 0) {
      v1::Coding* coding = patient->mutable_known_conditions()->add_values()->add_codings();
      coding->set_system("http://hl7.org/fhir/sid/icd-10-cm");
      coding->set_code("C50.9");
    }
    v1::ServiceRequest* order = report.mutable_order();
    order->set_encounter_class(random_() % 2 == 0 ? v1::ENCOUNTER_CLASS_INPATIENT : v1::ENCOUNTER_CLASS_AMBULATORY);
    order->mutable_jurisdictions()->add_values(Pick({"US-KY", "US-OH", "US-TX"}));
    return report;
  }

  // When it goes without anybody's action, at the earliest. A withholding ends with a person.
  static absl::Time Earliest(const v1::Outcome& outcome) {
    if (outcome.disposition() == v1::DISPOSITION_RELEASE) return absl::InfinitePast();
    if (outcome.disposition() == v1::DISPOSITION_WITHHOLD) return absl::InfiniteFuture();
    absl::Time at = outcome.has_not_before() ? base::FromProto(outcome.not_before()) : absl::InfinitePast();
    if (outcome.has_review()) at = std::max(at, base::FromProto(outcome.review().expires_at()));
    return at;
  }
};

TEST_F(MetamorphicTest, TheOrderOfRulesChangesNothing) {
  for (int round = 0; round < ::resultgate::testing::Rounds(60); ++round) {
    std::vector<std::string> rules;
    for (int i = 0; i < 8; ++i) rules.push_back(RandomRule(i));
    const v1::DiagnosticReport report = RandomReport();
    Decide(absl::StrJoin(rules, ""), report);
    v1::Decision before = decision_;
    std::shuffle(rules.begin(), rules.end(), random_);
    Decide(absl::StrJoin(rules, ""), report);
    before.clear_pack_digest();
    decision_.clear_pack_digest();
    ASSERT_EQ(before.SerializeAsString(), decision_.SerializeAsString()) << absl::StrJoin(rules, "");
  }
}

TEST_F(MetamorphicTest, AMissingFactNeverMakesAnythingEarlier) {
  std::vector<std::string> facts = OptionalFacts();
  facts.emplace_back("patient.birth_date");
  // Whom nobody called dead is alive: the one fact of which absence is the ordinary answer.
  facts.erase(std::remove(facts.begin(), facts.end(), "patient.deceased"), facts.end());
  int differing = 0;
  for (int round = 0; round < ::resultgate::testing::Rounds(150); ++round) {
    std::string rules;
    for (int i = 0; i < 6; ++i) rules += RandomRule(i);
    const v1::DiagnosticReport report = RandomReport();
    Decide(rules, report);
    const auto before = cells_;
    for (const std::string& fact : facts) {
      v1::DiagnosticReport without = report;
      const bool of_patient = fact.rfind("patient.", 0) == 0;
      google::protobuf::Message* owner = of_patient ? static_cast<google::protobuf::Message*>(without.mutable_patient())
                                                    : static_cast<google::protobuf::Message*>(without.mutable_order());
      owner->GetReflection()->ClearField(owner, owner->GetDescriptor()->FindFieldByName(fact.substr(fact.find('.') + 1)));
      Context context;
      context.received_at = At(kNow);
      const v1::Decision decision = policy::Decide(*pack_, without, context, At(kNow));
      for (const Cell& cell : ToCells(decision.outcomes())) {
        const v1::Outcome& with = before.at({cell.unit_id, cell.audience});
        // An unknown withholding is a review instead: it holds, with an owner, until a person decides or its time is over.
        if (with.disposition() == v1::DISPOSITION_WITHHOLD && cell.outcome.disposition() == v1::DISPOSITION_REVIEW) continue;
        ASSERT_GE(Earliest(cell.outcome), Earliest(with)) << cell.unit_id << " without " << fact << "\n" << rules;
        if (Earliest(cell.outcome) > Earliest(with)) ++differing;
      }
    }
  }
  std::cout << differing << " outcomes were later for want of a fact\n";
  EXPECT_GT(differing, ::resultgate::testing::Rounds(100)) << "the packs and reports exercise too little";
}

}  // namespace
}  // namespace resultgate::policy

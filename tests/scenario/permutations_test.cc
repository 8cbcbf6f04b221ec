// I7: any permutation and duplication of the same messages ends in the same published state. Sets of up to six messages from the
// scenarios, in every order, each message twice.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "server/base/proto_time.h"
#include "server/gate/state_machine.h"
#include "server/intake/intake.h"
#include "server/intake/tables.h"
#include "server/policy/outcomes.h"
#include "tests/scenario/bare_gate.h"
#include "tests/scenario/world.h"

namespace resultgate::scenario {
namespace {

using testing::AddObservation;
using testing::Biopsy;
using testing::Cbc;
using testing::Later;
using testing::Report;

struct MessageSet {
  std::string name;
  std::vector<v1::DiagnosticReport> messages;
};

v1::DiagnosticReport With(v1::ResultStatus status, v1::DiagnosticReport report, int minutes) {
  report.set_status(status);
  for (v1::Observation& observation : *report.mutable_observations()) observation.set_status(status);
  return Later(std::move(report), absl::Minutes(minutes));
}

v1::DiagnosticReport Of(const std::string& patient, v1::DiagnosticReport report) {
  report.mutable_patient()->mutable_identifiers(0)->set_value(patient);
  return report;
}

v1::DiagnosticReport Part(const std::string& loinc, const std::string& value, int minutes) {
  v1::DiagnosticReport report = Later(Report("F", "58410-2"), absl::Minutes(minutes));
  AddObservation(&report, loinc, value);
  return report;
}

v1::DiagnosticReport Text(const std::string& narrative, int minutes) {
  v1::DiagnosticReport report = Later(Report("F", "58410-2"), absl::Minutes(minutes));
  report.set_narrative(narrative);
  return report;
}

// As a FHIR DiagnosticReport: it says all that stands.
v1::DiagnosticReport Whole(v1::DiagnosticReport report, const std::string& narrative = "", const std::string& conclusion = "") {
  report.set_snapshot(true);
  report.set_narrative(narrative);
  report.set_conclusion(conclusion);
  return report;
}

v1::DiagnosticReport Confirmation(int minutes) {
  v1::DiagnosticReport report = Later(Cbc("F"), absl::Minutes(minutes));
  report.mutable_observations(0)->clear_value();
  report.mutable_observations(0)->clear_interpretation();
  report.mutable_observations(0)->set_status(v1::RESULT_STATUS_UNKNOWN);
  report.mutable_observations(0)->set_data_absent_reason(intake::kSentEarlier);
  return report;
}

v1::DiagnosticReport Malignant(v1::DiagnosticReport report) {
  v1::Coding* coding = report.add_conclusion_codes()->add_codings();
  coding->set_system("http://hl7.org/fhir/sid/icd-10-cm");
  coding->set_code("C50.912");
  return report;
}

v1::DiagnosticReport Benign(v1::DiagnosticReport report) {
  v1::Coding* coding = report.add_conclusion_codes()->add_codings();
  coding->set_system("http://hl7.org/fhir/sid/icd-10-cm");
  coding->set_code("Z00.00");
  return report;
}

v1::DiagnosticReport WithoutTimes(v1::DiagnosticReport report) {
  report.clear_issued();
  return report;
}

// Another service under the same order.
v1::DiagnosticReport Service(const std::string& loinc, v1::DiagnosticReport report) {
  report.clear_code();
  testing::SetLoinc(report.mutable_code(), loinc);
  return report;
}

// Nothing says of what kind it is.
v1::DiagnosticReport Unclassified(v1::DiagnosticReport report) {
  report.set_section(v1::SECTION_UNCLASSIFIED);
  report.mutable_code()->mutable_codings(0)->set_system("urn:local:LAB|NORTH");
  report.mutable_code()->mutable_codings(0)->set_code("LETTER");
  return report;
}

// Under two numbers, in this order.
v1::DiagnosticReport Of(const std::string& first, const std::string& second, v1::DiagnosticReport report) {
  v1::Identifier* other = report.mutable_patient()->add_identifiers();
  *other = report.patient().identifiers(0);
  other->set_value(second);
  return Of(first, std::move(report));
}

// As it is read from a message.
v1::DiagnosticReport Hl7(const Oru& message) {
  const std::vector<intake::Message> messages = intake::ReadMessages(message.ToString(), intake::Options());
  EXPECT_EQ(messages.size(), 1u);
  EXPECT_EQ(messages[0].reports.size(), 1u);
  return messages[0].reports[0];
}

// Of OBR-25 and OBR-22, with these OBX as they stand in the message.
v1::DiagnosticReport Hl7(const std::string& status, int minute, const std::vector<std::string>& segments) {
  Oru message{.status = status, .issued = absl::StrFormat("202603061400%02d-0500", minute)};
  message.segments = segments;
  return Hl7(message);
}

std::string Pdf(const std::string& data, const std::string& status) {
  return absl::StrCat("OBX|1|ED|PDF^Report^L||", data.empty() ? "" : "^AP^PDF^A^", data, "||||||", status);
}

std::string Haemoglobin(const std::string& value, const std::string& status) {
  return absl::StrCat("OBX|2|NM|718-7^^LN||", value, "|||", value.empty() ? "" : "N", "|||", status);
}

std::vector<MessageSet> AllSets() {
  const v1::ResultStatus preliminary = v1::RESULT_STATUS_PRELIMINARY;
  const v1::ResultStatus final_status = v1::RESULT_STATUS_FINAL;
  const v1::ResultStatus corrected = v1::RESULT_STATUS_CORRECTED;
  const v1::ResultStatus wrong = v1::RESULT_STATUS_ENTERED_IN_ERROR;
  v1::DiagnosticReport addendum = With(v1::RESULT_STATUS_APPENDED, Biopsy("F"), 3);
  addendum.set_narrative("a second reading");
  return {
      {"1 to 3: preliminary, final, corrections, and a late preliminary",
       {With(preliminary, Cbc("F", "1"), 0), With(final_status, Cbc("F", "2"), 1), With(corrected, Cbc("F", "3"), 2),
        With(corrected, Cbc("F", "4"), 3), With(preliminary, Cbc("F", "1.5"), 1), Part("4544-3", "41", 2)}},
      {"2: a correction into a class that waits, and out of it",
       {With(final_status, Cbc("F", "1"), 0), With(corrected, Malignant(Cbc("F", "2")), 1),
        With(corrected, Benign(Cbc("F", "3")), 2)}},
      {"4: a status alone", {With(preliminary, Cbc("F", "1"), 0), Confirmation(1), With(corrected, Cbc("F", "2"), 2)}},
      {"4: a status alone and the value that it confirms", {With(preliminary, Cbc("F", "1"), 0), Confirmation(1)}},
      {"5: taken back, and sent again",
       {With(final_status, Cbc("F", "1"), 0), With(wrong, Cbc("F", "1"), 1), With(final_status, Cbc("F", "2"), 2),
        With(corrected, Cbc("F", "3"), 3), Part("4544-3", "41", 1)}},
      {"5: taken back for good",
       {With(final_status, Cbc("F", "1"), 0), With(preliminary, Cbc("F", "0"), -1), With(wrong, Cbc("F", "1"), 1)}},
      {"5: moved to another patient",
       {Of("p1", With(preliminary, Cbc("F", "1"), 0)), Of("p1", With(final_status, Cbc("F", "2"), 1)),
        Of("p2", With(corrected, Cbc("F", "2"), 2)), Of("p2", With(corrected, Cbc("F", "3"), 3))}},
      {"5: another patient under the same order, nothing said",
       {Of("p1", With(final_status, Cbc("F", "1"), 0)), Of("p2", With(final_status, Cbc("F", "2"), 1)),
        Of("p1", With(corrected, Cbc("F", "3"), 2))}},
      {"5: a third patient's correction under an order of two",
       {Of("p1", With(final_status, Cbc("F", "1"), 0)), Of("p2", With(final_status, Cbc("F", "2"), 1)),
        Of("p3", With(corrected, Cbc("F", "3"), 2)), Of("p4", With(final_status, Cbc("F", "4"), 3))}},
      {"5: under two numbers, corrected and taken back",
       {Of("p1", With(final_status, Cbc("F", "1"), 0)), Of("p1", "q1", With(corrected, Cbc("F", "2"), 1)),
        Of("q1", "p1", With(corrected, Cbc("F", "3"), 2)), Of("p1", Part("4544-3", "41", 1)),
        Of("q1", "p1", With(wrong, Part("4544-3", "41", 0), 3))}},
      {"5: a PDF that is taken back",
       {Hl7("F", 0, {Pdf("a", "F"), Haemoglobin("13.9", "F")}), Hl7("C", 2, {Pdf("", "W")}),
        Hl7("C", 4, {Haemoglobin("14.0", "C")}), Hl7("P", 0, {Pdf("early", "P")})}},
      {"5: a PDF that is taken back and comes again",
       {Hl7("F", 0, {Pdf("a", "F")}), Hl7("C", 2, {Pdf("a", "D")}), Hl7("F", 4, {Pdf("a", "F"), Haemoglobin("13.9", "F")})}},
      {"5: a PDF that is taken back for another, and one that never was made",
       {Hl7("F", 0, {Pdf("a", "F")}), Hl7("C", 2, {Pdf("a", "W"), Pdf("b", "F")}), Hl7("C", 4, {Pdf("", "X")}),
        Hl7("C", 6, {Pdf("c", "C")})}},
      {"5: words and what they conclude, taken back",
       {Hl7("F", 0, {"OBX|1|CE|22637-3^^LN||Z00.00^^I10C||||||F", "OBX|2|TX|22634-0^^LN||words||||||F"}),
        Hl7("C", 2, {"OBX|1|CE|22637-3^^LN||||||||W", "OBX|2|TX|22634-0^^LN||||||||D"}), Hl7("C", 3, {Haemoglobin("1", "F")})}},
      {"V: what was verified and did not change, with its value and without",
       {Hl7("P", 0, {Haemoglobin("13.9", "P")}), Hl7("F", 2, {Haemoglobin("", "V")}), Hl7("F", 4, {Haemoglobin("13.9", "V")}),
        Hl7("C", 6, {Haemoglobin("14.0", "C")}), Hl7("F", 8, {Haemoglobin("", "V")})}},
      {"V: nothing is there that it verifies", {Hl7("F", 2, {Haemoglobin("", "V")}), Hl7("F", 4, {Haemoglobin("", "U")})}},
      {"6: cancelled",
       {With(preliminary, Cbc("F", "1"), 0), With(final_status, Cbc("F", "2"), 1),
        With(v1::RESULT_STATUS_CANCELLED, Cbc("F", "2"), 2), Part("4544-3", "41", 1)}},
      {"3 and 7: a biopsy, its correction and its addendum",
       {With(preliminary, Biopsy("F"), 0), With(final_status, Biopsy("F"), 1), With(corrected, Malignant(Biopsy("F")), 2),
        addendum, Malignant(addendum)}},
      {"9: two versions that nobody can put in order", {Cbc("F", "1"), Cbc("F", "2")}},
      {"9: the same, and a later one",
       {Cbc("F", "1"), Cbc("F", "2"), Cbc("F", "3"), With(corrected, Cbc("F", "4"), 1), With(preliminary, Cbc("F", "0"), -1)}},
      {"9: no times at all",
       {WithoutTimes(With(preliminary, Cbc("F", "1"), 0)), WithoutTimes(With(final_status, Cbc("F", "2"), 0)),
        WithoutTimes(With(corrected, Cbc("F", "3"), 0)), With(final_status, Cbc("F", "2.5"), 5)}},
      {"10 to 13: a panel in parts, with text, a class that waits, and what follows from it",
       {Part("718-7", "13.9", 0), Part("4544-3", "41", 1), Text("first text", 0), Text("second text", 2), Part("56888-1", "1", 3),
        Part("718-7", "14.0", 4)}},
      {"FHIR: words that a correction leaves out, and others that come",
       {Whole(With(preliminary, Cbc("F", "1"), -1), "early"), Whole(Cbc("F", "1"), "old", "old"),
        Whole(With(corrected, Cbc("F", "1"), 1)), Part("4544-3", "41", 2), Whole(With(corrected, Cbc("F", "1"), 3), "", "new")}},
      {"FHIR: words left out for good, and an addendum",
       {Whole(Cbc("F", "1"), "old", "old"), Whole(With(corrected, Cbc("F", "1"), 1)),
        Whole(With(v1::RESULT_STATUS_APPENDED, Cbc("F", "1"), 2), "added"), Whole(With(corrected, Cbc("F", "2"), 3))}},
      {"FHIR: with the words and without, at one time", {Whole(Cbc("F", "1"), "old"), Whole(Cbc("F", "1"))}},
      {"FHIR: the same, with what was before and what comes later",
       {Whole(With(preliminary, Cbc("F", "1"), 0), "early", "early"), Whole(Cbc("F", "1"), "old"), Whole(Cbc("F", "1")),
        Part("4544-3", "41", 0), Whole(With(corrected, Cbc("F", "1"), 1), "", "new")}},
      {"FHIR: taken back in no words",
       {Whole(Cbc("F", "1"), "old", "old"), Whole(With(wrong, Cbc("F", "1"), 1)), Whole(With(preliminary, Cbc("F", "1"), -1))}},
      {"6: a biopsy that was not performed, and was after all",
       {With(preliminary, Biopsy("F"), 0), With(v1::RESULT_STATUS_CANCELLED, Report("F", "60567-5"), 1),
        With(final_status, Biopsy("F"), 2)}},
      {"12: unclassified words before their codes",
       {Unclassified(Text("first text", 0)), Unclassified(Part("718-7", "13.9", 1)), Unclassified(Benign(Text("", 2))),
        Unclassified(Text("second text", 3)), Unclassified(Part("56888-1", "1", 4))}},
      {"13: what follows from it, as a service of its own under one order",
       {With(preliminary, Cbc("F", "1"), 0), With(final_status, Cbc("F", "2"), 1),
        Service("56888-1", With(preliminary, Part("56888-1", "1", 0), 2)), Service("56888-1", Part("56888-1", "1", 3)),
        Service("56888-1", With(corrected, Part("56888-1", "2", 0), 4)), With(corrected, Cbc("F", "3"), 5)}},
      {"14: under two numbers that are one patient's",
       {Of("survivor", With(preliminary, Cbc("F", "1"), 0)), Of("merged", With(final_status, Cbc("F", "2"), 1)),
        Of("survivor", With(corrected, Cbc("F", "3"), 2)), Of("merged", Part("4544-3", "41", 3)), Of("merged", Biopsy("F"))}},
      {"14: the same, taken back",
       {Of("survivor", With(final_status, Cbc("F", "1"), 0)), Of("merged", With(wrong, Cbc("F", "1"), 1)),
        Of("merged", With(preliminary, Cbc("F", "0"), -1))}},
  };
}

// Of a class that waits, in ways in which a notice of it begins, changes and ends.
std::vector<MessageSet> TissueSets() {
  const v1::ResultStatus preliminary = v1::RESULT_STATUS_PRELIMINARY;
  const v1::ResultStatus corrected = v1::RESULT_STATUS_CORRECTED;
  v1::DiagnosticReport addendum = With(v1::RESULT_STATUS_APPENDED, Biopsy("F"), 3);
  addendum.set_narrative("a second reading");
  return {
      {"a biopsy, its correction and its addendum",
       {With(preliminary, Biopsy("F"), 0), Later(Biopsy("F"), absl::Minutes(1)), With(corrected, Malignant(Biopsy("F")), 2),
        addendum}},
      {"not final yet", {With(preliminary, Biopsy("F"), 0), With(preliminary, Malignant(Biopsy("F")), 1)}},
      {"taken back", {Biopsy("F"), With(v1::RESULT_STATUS_ENTERED_IN_ERROR, Biopsy("F"), 1)}},
      {"moved to another patient", {Of("p1", Biopsy("F")), Of("p2", With(corrected, Biopsy("F"), 1))}},
      {"no times at all", {WithoutTimes(With(preliminary, Biopsy("F"), 0)), WithoutTimes(Biopsy("F"))}},
  };
}

// What is shown, and what is decided of what is held; a notice that a correction is on its way tells those who have seen what was
// wrong, and is nothing that is published.
class Published {
 public:
  // Which of a person's numbers a release names hangs on the last message; whose it is does not.
  static std::string PersonOf(const v1::Identifier& number) {
    return number.value() == "merged" ? "survivor" : number.value() == "q1" ? "p1" : number.value();
  }

  void Take(const v1::Release& release) {
    for (const int audience : release.audiences()) {
      const std::string notice = absl::StrCat(PersonOf(release.patient_identifiers(0)), " in process ", audience);
      shown_.erase(notice);
      if (release.kind() == v1::RELEASE_KIND_IN_PROCESS) shown_[notice] = release.expected_by().ShortDebugString();
      for (const std::string& unit : release.unit_ids()) {
        const std::string place = absl::StrCat(PersonOf(release.patient_identifiers(0)), " ", unit, " ", audience);
        shown_.erase(place);
        if (release.kind() == v1::RELEASE_KIND_CANCELLED) shown_[place] = "not performed";
        if (release.kind() != v1::RELEASE_KIND_RESULT) continue;
        std::string content = absl::StrCat(release.content().narrative(), release.content().conclusion());
        for (const v1::Attachment& file : release.content().presented_forms()) content += file.data();
        for (const v1::Observation& observation : release.content().observations()) {
          if (observation.id() == unit) content = observation.ShortDebugString();
        }
        shown_[place] = content;
      }
    }
  }
  void Take(const v1::Result& result) {
    for (const policy::Cell& cell : policy::ToCells(result.decision().outcomes())) {
      const std::string place =
          absl::StrCat(PersonOf(result.report().patient().identifiers(0)), " ", cell.unit_id, " ", cell.audience);
      // Two releases may stand one after the other: what was corrected and what never was differ in their words alone.
      any_ = true;
      const gate::Phase phase = gate::StateOf(cell.outcome).phase;
      // People end that, and which reports they have to tell apart hangs on which came first: nothing of them is shown.
      if (phase == gate::Phase::kQuarantined) continue;
      std::string state = gate::Name(phase);
      if (phase != gate::Phase::kReleased) {
        absl::StrAppend(&state, " ", base::FormatUtc(base::FromProto(cell.outcome.not_before())), " ",
                        base::FormatUtc(base::FromProto(cell.outcome.review().expires_at())));
      }
      decided_[place] = state;
    }
  }

  bool operator==(const Published& other) const { return shown_ == other.shown_ && decided_ == other.decided_; }
  bool empty() const { return !any_; }
  friend std::ostream& operator<<(std::ostream& out, const Published& published) {
    for (const auto& [place, content] : published.shown_) out << "\n  " << place << " shows " << content;
    for (const auto& [place, state] : published.decided_) out << "\n  " << place << " is " << state;
    return out;
  }

 private:
  std::map<std::string, std::string> shown_;
  std::map<std::string, std::string> decided_;
  bool any_ = false;  // a result was taken
};

// Plays every order of every set; says what comes out differently.
void ExpectTheSame(BareGate& gate, const std::vector<MessageSet>& sets) {
  int number = 0;
  int64_t seen = 0;
  int64_t first_result = 1;
  size_t orders = 0;
  for (const MessageSet& set : sets) {
    SCOPED_TRACE(set.name);
    const int size = static_cast<int>(set.messages.size());
    ASSERT_LE(size, 6);
    std::vector<std::vector<int>> permutations;
    std::vector<int> order(set.messages.size());
    std::iota(order.begin(), order.end(), 0);
    do {
      permutations.push_back(order);
    } while (std::next_permutation(order.begin(), order.end()));
    orders += permutations.size();
    // Each order has a laboratory number of its own, so that all go through the gate side by side; twice.
    const int first_number = number;
    for (int round = 0; round < 2 * size; ++round) {
      for (size_t p = 0; p < permutations.size(); ++p) {
        v1::DiagnosticReport message = set.messages[static_cast<size_t>(permutations[p][static_cast<size_t>(round % size)])];
        message.mutable_order()->set_filler_order_number(absl::StrCat("F", first_number + static_cast<int>(p)));
        gate.Queue(message);
      }
      gate.Wait();
    }
    number += static_cast<int>(permutations.size());

    // What each order came to; results and releases tell by the laboratory's number.
    std::map<std::string, Published> by_order;
    std::map<int64_t, std::string> order_of_result;
    for (;;) {
      const auto results = gate.store().ListResults(first_result - 1, 500);
      ASSERT_TRUE(results.ok());
      if (results->empty()) break;
      for (const v1::Result& result : *results) {
        first_result = result.id() + 1;
        order_of_result[result.id()] = result.report().order().filler_order_number();
        by_order[result.report().order().filler_order_number()].Take(result);
      }
    }
    for (const v1::Release& release : gate.Releases(seen)) {
      seen = std::max<int64_t>(seen, release.sequence());
      by_order[order_of_result[release.result_id()]].Take(release);
    }
    ASSERT_EQ(by_order.size(), permutations.size());
    const Published& expected = by_order[absl::StrCat("F", first_number)];
    ASSERT_FALSE(expected.empty());
    for (size_t p = 1; p < permutations.size(); ++p) {
      const Published& published = by_order[absl::StrCat("F", first_number + static_cast<int>(p))];
      if (published == expected) continue;
      std::string sequence;
      for (const int i : permutations[p]) absl::StrAppend(&sequence, " ", i);
      FAIL() << "the order" << sequence << " comes to" << published << "\nthe order of the list comes to" << expected;
    }
  }
  std::cout << orders << " orders of " << sets.size() << " sets\n";
}

TEST(Permutations, EveryOrderEndsInTheSamePublishedState) {
  BareGate gate(testing::LoadPackWithFiles("policies/default"));
  v1::MergePatientsRequest merge;
  merge.set_actor("him-1");
  merge.mutable_survivor()->set_system("MRN");
  merge.mutable_survivor()->set_value("survivor");
  merge.mutable_merged()->set_system("MRN");
  merge.mutable_merged()->set_value("merged");
  gate.Ask(&gate::Gate::MergePatients, merge);
  ExpectTheSame(gate, AllSets());
}

// With notices that tissue is in process, whose day hangs on the first final version, whenever that came.
TEST(Permutations, EveryOrderEndsInTheSameNotice) {
  v1::PackFiles files = *testing::LoadPackWithFiles("policies/default").files;
  for (v1::PackFiles::File& file : *files.mutable_files()) {
    if (absl::EndsWith(file.path(), "/pack.yaml")) file.mutable_content()->append("in_process:\n  - section: [pathology]\n");
  }
  BareGate gate(files);
  ExpectTheSame(gate, TissueSets());
  bool told = false;
  for (const v1::Release& release : gate.Releases()) told = told || release.kind() == v1::RELEASE_KIND_IN_PROCESS;
  EXPECT_TRUE(told);
}

}  // namespace
}  // namespace resultgate::scenario

#include "server/app/decision_table.h"

#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "server/app/words.h"

namespace resultgate::app {
namespace {

bool HasGone(const v1::Outcome& outcome) {
  return outcome.state() == v1::OUTCOME_STATE_RELEASED || outcome.state() == v1::OUTCOME_STATE_PUBLISHED;
}

// The comment of each outcome: comments come one for each set of audiences that something was released to, in the order of the
// outcomes. Where nothing was released, a comment about the whole report (cancelled, being corrected) goes with the first row.
std::vector<std::string> CommentLines(const v1::Decision& decision,
                                      const google::protobuf::RepeatedPtrField<v1::Comment>& comments) {
  std::vector<std::string> lines(static_cast<size_t>(decision.outcomes_size()));
  if (comments.empty() || lines.empty()) return lines;
  absl::flat_hash_map<std::string, int> of_audiences;
  for (int i = 0; i < decision.outcomes_size(); ++i) {
    const v1::Outcome& outcome = decision.outcomes(i);
    if (!HasGone(outcome)) continue;
    const int next = static_cast<int>(of_audiences.size());
    const int at = of_audiences.try_emplace(AudiencesText(outcome.audiences()), next).first->second;
    lines[static_cast<size_t>(i)] = FirstLine(comments[at < comments.size() ? at : 0].text());
  }
  if (of_audiences.empty()) lines[0] = FirstLine(comments[0].text());
  return lines;
}

}  // namespace

Table DecisionTable() {
  return Table({{"TIME", 15},
                {"PATIENT", 10},
                {"REPORT", 22},
                {"UNITS", 18},
                {"AUDIENCES", 14},
                {"DECISION", 19},
                {"NOT BEFORE", 18},
                {"OWNER NOW", 24},
                {"RULES", 24},
                {"COMMENT", 32}});
}

void AddDecision(const v1::DiagnosticReport& report, const v1::Decision& decision,
                 const google::protobuf::RepeatedPtrField<v1::Comment>& comments, const std::string& note, absl::TimeZone zone,
                 absl::Time now, Table* table) {
  const std::vector<std::string> lines = CommentLines(decision, comments);
  const std::string time = ShortTime(decision.decided_at(), zone);
  const std::string patient = PatientText(report.patient());
  const std::string name = ConceptText(report.code());
  for (int i = 0; i < decision.outcomes_size(); ++i) {
    const v1::Outcome& outcome = decision.outcomes(i);
    std::string decided = OutcomeText(outcome);
    if (!note.empty()) absl::StrAppend(&decided, ", ", note);
    table->AddRow({time, patient, name, UnitsText(report, outcome.unit_ids()), AudiencesText(outcome.audiences()), decided,
                   NotBeforeText(outcome, zone), OwnerText(OwnerAt(outcome, now)), RulesText(outcome),
                   lines[static_cast<size_t>(i)]});
  }
  if (decision.outcomes().empty()) table->AddRow({time, patient, name, "", "", note, "", "", "", ""});
}

}  // namespace resultgate::app

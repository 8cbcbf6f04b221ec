#include "server/policy/rule_coverage.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/time/civil_time.h"
#include "absl/types/span.h"
#include "server/policy/asks.h"
#include "server/policy/rule_parts.h"
#include "server/policy/units.h"

namespace resultgate::policy {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using Parts = std::vector<v1::ExplainedPart>;

// Leaves out the field at `path` below `message`, if its absence can be told.
void Clear(absl::Span<const std::string> path, Message* message) {
  const FieldDescriptor* field = path.empty() ? nullptr : message->GetDescriptor()->FindFieldByName(path[0]);
  if (field == nullptr || field->is_repeated()) return;
  if (path.size() == 1) {
    if (field->has_presence()) message->GetReflection()->ClearField(message, field);
    return;
  }
  if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE || !message->GetReflection()->HasField(*message, field)) return;
  Clear(path.subspan(1), message->GetReflection()->MutableMessage(message, field));
}

v1::DiagnosticReport Without(v1::DiagnosticReport report, const std::string& fact) {
  const std::vector<std::string> path = absl::StrSplit(fact, '.');
  const absl::Span<const std::string> fields = absl::MakeConstSpan(path).subspan(1);
  if (path[0] == "report") Clear(fields, &report);
  if (path[0] == "patient") Clear(fields, report.mutable_patient());
  if (path[0] == "order") Clear(fields, report.mutable_order());
  for (v1::Observation& observation : *report.mutable_observations()) {
    if (path[0] == "observation") Clear(fields, &observation);
  }
  return report;
}

// The facts that the rule reads and that may be absent; others are among them, and do no harm.
std::set<std::string> FactsOf(const Rule& rule) {
  std::set<std::string> facts;
  if (!rule.match.interpretations.empty()) facts.insert("observation.interpretation");
  if (!rule.match.encounter_classes.empty()) facts.insert("order.encounter_class");
  if (!rule.match.jurisdictions.empty()) facts.insert("order.jurisdictions");
  for (const expr::Program* condition : ConditionsOf(rule)) {
    facts.insert(condition->fields().begin(), condition->fields().end());
  }
  return facts;
}

void Mark(v1::Truth truth, Branches* branches) {
  branches->when_true = branches->when_true || truth == v1::TRUTH_TRUE;
  branches->when_false = branches->when_false || truth == v1::TRUTH_FALSE;
  branches->when_unknown = branches->when_unknown || truth == v1::TRUTH_UNKNOWN;
  branches->can_be_unknown = branches->can_be_unknown || truth == v1::TRUTH_UNKNOWN;
}

// The parts that are covered: those of the whole, and what an `||` among them joins.
Parts Covered(const Parts& parts) {
  Parts covered;
  std::copy_if(parts.begin(), parts.end(), std::back_inserter(covered), [](const auto& part) { return part.depth() <= 1; });
  return covered;
}

// True if nothing beside `parts[i]` settles the rule: all other parts of the whole may hold, and of an `||` none other does.
bool Decides(const Parts& parts, size_t i) {
  size_t above = i;  // the part of the whole that it is, or is in
  while (parts[above].depth() > 0) --above;
  for (size_t j = 0; j < parts.size(); ++j) {
    if (parts[j].depth() == 0 && j != above && parts[j].truth() == v1::TRUTH_FALSE) return false;
  }
  if (parts[i].depth() == 0) return true;
  for (size_t j = above + 1; j < parts.size() && parts[j].depth() > 0; ++j) {
    if (j != i && parts[j].truth() == v1::TRUTH_TRUE) return false;
  }
  return true;
}

// The parts of one rule for one unit and audience, its dates among them.
Parts PartsWithDates(const Rule& rule, const Pack& pack, const v1::DiagnosticReport& report, const Context& context,
                     const Unit& unit, v1::Audience audience, absl::Time now) {
  const absl::TimeZone& zone = pack.CalendarFor(report.order()).zone();
  Parts parts = Covered(PartsOf(rule, report, unit, audience, now, zone));
  if (!rule.effective && !rule.expires) return parts;
  v1::ExplainedPart dates;
  dates.set_text(absl::StrCat(rule.effective ? absl::StrCat("effective: ", absl::FormatCivilTime(*rule.effective)) : "",
                              rule.effective && rule.expires ? ", " : "",
                              rule.expires ? absl::StrCat("expires: ", absl::FormatCivilTime(*rule.expires)) : ""));
  const bool in_force = IsInForce(rule, absl::ToCivilDay(ClockStart(report, context).value_or(context.received_at), zone));
  dates.set_truth(in_force ? v1::TRUTH_TRUE : v1::TRUTH_FALSE);
  parts.insert(parts.begin(), std::move(dates));
  return parts;
}

Parts ProtocolParts(const Rule& rule, const Pack& pack, const v1::DiagnosticReport& report, const Unit& unit,
                    v1::Audience audience, absl::Time now) {
  return Covered(ProtocolPartsOf(rule, report, unit, audience, now, pack.CalendarFor(report.order()).zone()));
}

bool ReadsAudience(const Rule& rule) {
  const std::vector<const expr::Program*> conditions = ConditionsOf(rule);
  return std::any_of(conditions.begin(), conditions.end(), [](const expr::Program* condition) {
    return std::find(condition->fields().begin(), condition->fields().end(), "audience") != condition->fields().end();
  });
}

// Counts the parts that decide something, which stand in `covered` from `first` on.
void MarkParts(const Parts& parts, size_t first, std::vector<CoveredPart>* covered) {
  for (size_t i = 0; i < parts.size(); ++i) {
    if (Decides(parts, i)) Mark(parts[i].truth(), &(*covered)[first + i].branches);
  }
}

// Notes which of them can be unknown.
void MarkUnknown(const Parts& parts, size_t first, std::vector<CoveredPart>* covered) {
  for (size_t i = 0; i < parts.size(); ++i) {
    if (parts[i].truth() == v1::TRUTH_UNKNOWN) (*covered)[first + i].branches.can_be_unknown = true;
  }
}

bool HasBranches(const CoveredPart& part) {
  return part.text != "true" && part.text != "covers: true";
}

}  // namespace

RuleCoverageCounter::RuleCoverageCounter(const Pack& pack) : pack_(pack) {
  for (const Rule& rule : pack.rules()) {
    rules_.emplace_back();
    rules_.back().rule = &rule;
  }
}

void RuleCoverageCounter::Add(const v1::DiagnosticReport& sent, const Context& context, absl::Time now) {
  v1::DiagnosticReport report;
  std::vector<std::string> filled;
  if (!pack_.FillAssumedFacts(sent, &report, &filled)) report = sent;
  const Units units(pack_.value_sets(), report);
  for (RuleCoverage& coverage : rules_) {
    const Rule& rule = *coverage.rule;
    std::vector<v1::DiagnosticReport> without;
    for (const std::string& fact : FactsOf(rule)) without.push_back(Without(report, fact));
    for (size_t u = 0; u < units.size(); ++u) {
      // A rule that reads an observation says nothing of a document.
      if (rule.observations_only && units[u].observation == nullptr) continue;
      for (const v1::Audience audience : rule.audiences) {
        const Parts parts = PartsWithDates(rule, pack_, report, context, units[u], audience, now);
        const Parts protocol = ProtocolParts(rule, pack_, report, units[u], audience, now);
        Mark(Together(parts), &coverage.whole);
        if (coverage.parts.empty()) {
          for (const v1::ExplainedPart& part : parts) coverage.parts.push_back({part.text(), part.depth(), {}});
          for (const v1::ExplainedPart& part : protocol) coverage.parts.push_back({part.text(), part.depth(), {}});
        }
        MarkParts(parts, 0, &coverage.parts);
        if (Together(parts) != v1::TRUTH_FALSE) MarkParts(protocol, parts.size(), &coverage.parts);
        for (const v1::DiagnosticReport& other : without) {
          const Units other_units(pack_.value_sets(), other);
          const Parts others = PartsWithDates(rule, pack_, other, context, other_units[u], audience, now);
          if (Together(others) == v1::TRUTH_UNKNOWN) coverage.whole.can_be_unknown = true;
          MarkUnknown(others, 0, &coverage.parts);
          MarkUnknown(ProtocolParts(rule, pack_, other, other_units[u], audience, now), others.size(), &coverage.parts);
        }
        if (!ReadsAudience(rule)) break;
      }
    }
  }
}

int TriedBranches(const std::vector<RuleCoverage>& rules) {
  int tried = 0;
  for (const RuleCoverage& rule : rules) {
    for (const CoveredPart& part : rule.parts) tried += HasBranches(part) ? part.branches.tried() : 0;
  }
  return tried;
}

int AllBranches(const std::vector<RuleCoverage>& rules) {
  int all = 0;
  for (const RuleCoverage& rule : rules) {
    for (const CoveredPart& part : rule.parts) all += HasBranches(part) ? part.branches.all() : 0;
  }
  return all;
}

std::vector<std::string> Untried(const std::vector<RuleCoverage>& rules) {
  std::vector<std::string> lines;
  for (const RuleCoverage& rule : rules) {
    const std::string where = absl::StrCat(rule.rule->place.file, ":", rule.rule->place.line, ": ", rule.rule->id, ": no test ");
    if (rule.parts.empty()) lines.push_back(absl::StrCat(where, "has a unit that it could speak of"));
    for (const CoveredPart& part : rule.parts) {
      if (!HasBranches(part)) continue;
      std::vector<std::string> ways;
      if (!part.branches.when_true) ways.emplace_back("true");
      if (!part.branches.when_false) ways.emplace_back("false");
      if (part.branches.can_be_unknown && !part.branches.when_unknown) ways.emplace_back("unknown");
      if (!ways.empty()) lines.push_back(absl::StrCat(where, "makes this ", absl::StrJoin(ways, " or "), ": ", part.text));
    }
  }
  return lines;
}

}  // namespace resultgate::policy

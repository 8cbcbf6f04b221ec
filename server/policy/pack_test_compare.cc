#include "server/policy/pack_test_compare.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "server/base/proto_time.h"
#include "server/nextstep/next_step.h"
#include "server/policy/asks.h"
#include "server/policy/explain.h"
#include "server/policy/names.h"
#include "server/policy/outcomes.h"
#include "server/policy/review_plan.h"
#include "server/policy/rule_parts.h"
#include "server/policy/units.h"
#include "server/policy/verdict.h"
#include "server/policy/whatif/forecast.h"

namespace resultgate::policy {
namespace {

using Ids = std::set<std::string>;

std::string Listed(const Ids& words) {
  return absl::StrCat("[", absl::StrJoin(words, ", "), "]");
}

Ids RuleIds(const v1::Outcome& outcome) {
  Ids ids;
  for (const v1::AppliedRule& rule : outcome.rules()) ids.insert(rule.rule_id());
  return ids;
}

class Comparison {
 public:
  Comparison(const Pack& pack, const PackTest& test, const Context& context, const v1::Decision& decision)
      : pack_(pack),
        calendar_(pack.CalendarFor(test.report.order())),
        test_(test),
        context_(context),
        cells_(ToCells(decision.outcomes())) {
    std::vector<std::string> filled;
    if (!pack.FillAssumedFacts(test.report, &report_, &filled)) report_ = test.report;
    units_.Fill(pack.value_sets(), report_);
  }

  std::vector<std::string> Run() {
    for (const Expectation& expected : test_.expectations) {
      // What differs, with the units and audiences that it differs for.
      struct Difference {
        std::vector<std::string> lines;
        std::vector<std::string> units;
        google::protobuf::RepeatedField<int> audiences;
      };
      std::vector<Difference> differences;
      for (const std::string& unit : expected.units) {
        std::vector<Difference> of_unit;
        for (const v1::Audience audience : expected.audiences) {
          std::vector<std::string> lines = OfCell(expected, unit, audience);
          if (lines.empty()) continue;
          auto same = std::find_if(of_unit.begin(), of_unit.end(), [&](const Difference& d) { return d.lines == lines; });
          if (same == of_unit.end()) same = of_unit.insert(same, {std::move(lines), {unit}, {}});
          same->audiences.Add(audience);
        }
        for (Difference& difference : of_unit) {
          const auto same = std::find_if(differences.begin(), differences.end(), [&difference](const Difference& d) {
            return d.lines == difference.lines &&
                   std::equal(d.audiences.begin(), d.audiences.end(), difference.audiences.begin(), difference.audiences.end());
          });
          if (same == differences.end()) {
            differences.push_back(std::move(difference));
          } else {
            same->units.push_back(unit);
          }
        }
      }
      for (Difference& difference : differences) {
        lines_.push_back(absl::StrCat(absl::StrJoin(difference.units, ", "), ", for ", AudienceWords(difference.audiences),
                                      ", expected at ", expected.place.file, ":", expected.place.line));
        for (std::string& line : difference.lines) lines_.push_back(absl::StrCat("  ", line));
      }
    }
    return std::move(lines_);
  }

 private:
  // What differs for one unit and audience, a line each.
  std::vector<std::string> OfCell(const Expectation& expected, const std::string& unit, v1::Audience audience) const {
    std::vector<std::string> lines;
    const auto cell =
        std::find_if(cells_.begin(), cells_.end(), [&](const Cell& c) { return c.unit_id == unit && c.audience == audience; });
    if (cell == cells_.end()) {
      Ids known;
      for (const Cell& c : cells_) known.insert(c.unit_id);
      return {absl::StrCat("the report has no such unit; it has ", Listed(known))};
    }
    const v1::Outcome& outcome = cell->outcome;
    const auto differ = [&lines](absl::string_view what, const std::string& expected_words, const std::string& got) {
      if (expected_words == got) return;
      lines.push_back(absl::StrCat(what, ": expected ", expected_words, ", got ", got));
    };
    const auto differ_time = [&](absl::string_view what, const std::optional<absl::Time>& time, bool has,
                                 const google::protobuf::Timestamp& got) {
      if (time) differ(what, Local(*time), has ? Local(base::FromProto(got)) : "none");
    };
    if (expected.decision != outcome.disposition()) {
      differ("decision", EnumWord(v1::Disposition_descriptor(), expected.decision),
             absl::StrCat(EnumWord(v1::Disposition_descriptor(), outcome.disposition()), " (",
                          InWords(outcome, calendar_, test_.now), ")"));
    }
    differ("rules", Listed(expected.rules), Listed(RuleIds(outcome)));
    AddRules(expected.rules, RuleIds(outcome), unit, audience, &lines);
    if (expected.unknown_facts) {
      differ("unknown facts", Listed(*expected.unknown_facts),
             Listed({outcome.unknown_facts().begin(), outcome.unknown_facts().end()}));
    }
    const v1::Review& review = outcome.review();
    if (!expected.owner.empty()) {
      differ("owner", expected.owner, outcome.has_review() ? CurrentTurn(review, test_.now).owner().role() : "nobody");
    }
    if (expected.on_expiry) {
      differ("on_expiry", EnumWord(v1::OnExpiry_descriptor(), *expected.on_expiry),
             outcome.has_review() ? EnumWord(v1::OnExpiry_descriptor(), review.on_expiry()) : "no review");
    }
    if (expected.next_step) {
      differ("next_step", *expected.next_step,
             outcome.has_next_step() ? nextstep::ToString(outcome.next_step()) : std::string(kTemplateStep));
    }
    differ_time("not_before", expected.not_before, outcome.has_not_before(), outcome.not_before());
    differ_time("not_after", expected.not_after, outcome.has_not_after(), outcome.not_after());
    differ_time("expires", expected.expires, outcome.has_review(), review.expires_at());
    differ_time("withheld_until", expected.withheld_until, outcome.has_withheld_until(), outcome.withheld_until());
    for (const ExpectedReason& reason : expected.reasons) AddReason(reason, outcome, &lines);
    return lines;
  }

  // For a rule that is expected and has no part, or has one and is not expected: how its condition came out.
  void AddRules(const Ids& expected, const Ids& got, const std::string& unit, v1::Audience audience,
                std::vector<std::string>* lines) const {
    for (const std::string& id : expected) {
      if (got.count(id) == 0) AddParts(id, "has no part in it", unit, audience, lines);
    }
    for (const std::string& id : got) {
      if (expected.count(id) == 0) AddParts(id, "was not expected", unit, audience, lines);
    }
  }

  void AddParts(const std::string& id, absl::string_view what, const std::string& unit_id, v1::Audience audience,
                std::vector<std::string>* lines) const {
    const auto& rules = pack_.rules();
    const auto rule = std::find_if(rules.begin(), rules.end(), [&id](const Rule& r) { return r.id == id; });
    if (rule == rules.end()) {
      const bool own = IsReservedRuleId(id);
      std::vector<std::string> ids;
      for (const Rule& known : rules) ids.push_back(known.id);
      const std::string suggestion = own ? "" : base::Suggest(id, ids);
      lines->push_back(
          absl::StrCat("  ", id, " ", own ? what : "is no rule of this pack", suggestion.empty() ? "" : "; ", suggestion));
      return;
    }
    lines->push_back(absl::StrCat("  ", id, " ", what, " (", rule->place.file, ":", rule->place.line, "):"));
    const auto unit = std::find_if(units_.begin(), units_.end(), [&](const Unit& u) { return u.id == unit_id; });
    if (unit == units_.end()) return;
    const auto& zone = calendar_.zone();
    google::protobuf::RepeatedPtrField<v1::ExplainedPart> parts;
    for (v1::ExplainedPart& part : PartsOf(*rule, report_, *unit, audience, test_.now, zone)) *parts.Add() = std::move(part);
    if (std::find(rule->audiences.begin(), rule->audiences.end(), audience) == rule->audiences.end()) {
      const google::protobuf::RepeatedField<int> audiences(rule->audiences.begin(), rule->audiences.end());
      lines->push_back(absl::StrCat("    it speaks for the ", AudienceWords(audiences), " only"));
    }
    if (!IsInForce(*rule, absl::ToCivilDay(ClockStart(report_, context_).value_or(context_.received_at), zone))) {
      lines->push_back("    false   in force at that date");
    }
    for (absl::string_view line : absl::StrSplit(PartLines(parts, 4), '\n', absl::SkipEmpty())) lines->emplace_back(line);
  }

  void AddReason(const ExpectedReason& expected, const v1::Outcome& outcome, std::vector<std::string>* lines) const {
    const auto fits = [&expected](const v1::AppliedRule& rule) {
      return rule.rule_id() == expected.rule && (!expected.effect || rule.effect() == *expected.effect);
    };
    const auto applied = std::find_if(outcome.rules().begin(), outcome.rules().end(), fits);
    const std::string what = absl::StrCat(
        "reason of ", expected.rule,
        expected.effect ? absl::StrCat(" (", EnumWord(v1::RuleEffect_descriptor(), *expected.effect), ")") : std::string());
    if (applied == outcome.rules().end()) {
      lines->push_back(absl::StrCat(what, ": it has no such part"));
      return;
    }
    const auto differ = [&](absl::string_view key, const std::string& words, const std::string& got) {
      if (words != got) lines->push_back(absl::StrCat(what, ": ", key, ": expected ", words, ", got ", got));
    };
    if (expected.unknown_facts) {
      differ("unknown_facts", Listed(*expected.unknown_facts),
             Listed({applied->unknown_facts().begin(), applied->unknown_facts().end()}));
    }
    if (expected.basis) {
      differ("basis", EnumWord(v1::BasisType_descriptor(), *expected.basis),
             EnumWord(v1::BasisType_descriptor(), applied->basis().type()));
    }
    if (expected.lifted) differ("lifted", *expected.lifted ? "true" : "false", applied->lifted() ? "true" : "false");
  }

  std::string Local(absl::Time time) const { return absl::FormatTime("%a %Y-%m-%d %H:%M:%S", time, calendar_.zone()); }

  const Pack& pack_;
  const calendar::Calendar& calendar_;
  const PackTest& test_;
  const Context& context_;
  const std::vector<Cell> cells_;
  v1::DiagnosticReport report_;  // with the pack's assumed facts
  Units units_;
  std::vector<std::string> lines_;
};

}  // namespace

std::vector<std::string> Compare(const Pack& pack, const PackTest& test, const Context& context, const v1::Decision& decision) {
  return Comparison(pack, test, context, decision).Run();
}

}  // namespace resultgate::policy

#include "server/policy/explain.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/base/proto_time.h"
#include "server/policy/match.h"
#include "server/policy/model_environment.h"
#include "server/policy/names.h"

namespace resultgate::policy {
namespace {

using expr::Truth;

Truth ToTruth(bool value) {
  return value ? Truth::kTrue : Truth::kFalse;
}

// What stands under a key of `match`.
std::string Listed(MatchKey key, const Match& match) {
  std::vector<std::string> words;
  const auto add = [&words](const auto& values, const google::protobuf::EnumDescriptor* type) {
    for (const auto value : values) words.push_back(EnumWord(type, value));
  };
  switch (key) {
    case MatchKey::kUnit:
      return match.unit == Match::Unit::kDocument ? "document" : "observation";
    case MatchKey::kSection:
      add(match.sections, v1::Section_descriptor());
      break;
    case MatchKey::kStatus:
      add(match.statuses, v1::ResultStatus_descriptor());
      break;
    case MatchKey::kInterpretation:
      add(match.interpretations, v1::Interpretation_descriptor());
      break;
    case MatchKey::kEncounterClass:
      add(match.encounter_classes, v1::EncounterClass_descriptor());
      break;
    case MatchKey::kJurisdiction:
      words = match.jurisdictions;
      break;
  }
  return absl::StrCat("[", absl::StrJoin(words, ", "), "]");
}

class Explainer {
 public:
  Explainer(const Pack& pack, const v1::DiagnosticReport& report, const Context& context, absl::Time now)
      : pack_(pack), report_(report), context_(context), now_(now), units_(pack.value_sets(), report) {}

  ExplainedOutcome Of(const v1::Outcome& outcome) {
    ExplainedOutcome explained;
    explained.outcome = outcome;
    const auto unit = std::find_if(units_.begin(), units_.end(), [&](const Unit& u) { return u.id == outcome.unit_ids(0); });
    if (unit == units_.end()) return explained;
    const auto audience = static_cast<v1::Audience>(outcome.audiences(0));
    for (const Rule& rule : pack_.rules()) explained.rules.push_back(OfRule(rule, *unit, audience, outcome));
    AddClock(outcome, &explained.clock);
    return explained;
  }

 private:
  ExplainedRule OfRule(const Rule& rule, const Unit& unit, v1::Audience audience, const v1::Outcome& outcome) const {
    ExplainedRule explained;
    explained.rule = &rule;
    explained.has_part = std::any_of(outcome.rules().begin(), outcome.rules().end(),
                                     [&rule](const v1::AppliedRule& applied) { return applied.rule_id() == rule.id; });
    explained.in_force =
        IsInForce(rule, absl::ToCivilDay(ClockStart(report_, context_).value_or(context_.received_at), pack_.calendar().zone()));
    if (!rule.match.codes.empty()) {
      std::vector<std::string> names;
      for (const valueset::ValueSet* set : rule.match.codes) names.push_back(set->name());
      explained.parts.push_back({absl::StrCat("codes: [", absl::StrJoin(names, ", "), "]"),
                                 0,
                                 ToTruth(CodesHold(rule.match, unit, !rule.then.restricts())),
                                 {}});
    }
    for (const MatchKey key : kMatchKeys) {
      if (!IsGiven(key, rule.match)) continue;
      const Truth truth = KeyHolds(key, rule.match, report_, unit);
      ExplainedPart part{absl::StrCat(NameOf(key), ": ", Listed(key, rule.match)), 0, truth, {}};
      if (truth == Truth::kUnknown) part.missing.push_back(FactOf(key));
      explained.parts.push_back(std::move(part));
    }
    if (rule.observations_only && unit.observation == nullptr) {
      explained.parts.push_back({"it reads an observation, and this is the document", 0, Truth::kFalse, {}});
    } else if (rule.when != nullptr) {
      const auto activation = ModelEnvironment::Activate(report_, unit.observation, audience, now_, pack_.calendar().zone());
      for (const expr::PartTruth& part : rule.when->EvaluateParts(activation)) {
        ExplainedPart own{part.text, part.depth, part.evaluation.truth, part.evaluation.unknown_facts};
        if (!part.evaluation.error.empty()) own.missing.push_back(absl::StrCat("error: ", part.evaluation.error));
        explained.parts.push_back(std::move(own));
      }
    }
    return explained;
  }

  std::string Local(absl::Time time) const { return absl::FormatTime("%a %Y-%m-%d %H:%M", time, pack_.calendar().zone()); }

  void AddClock(const v1::Outcome& outcome, std::vector<std::string>* lines) const {
    const std::optional<absl::Time> start = ClockStart(report_, context_);
    if (!start) {
      lines->push_back("nothing is final yet, so no clock runs");
      return;
    }
    const bool issued = report_.has_issued() && base::FromProto(report_.issued()) == *start;
    lines->push_back(absl::StrCat("first final ", Local(*start), issued ? ", when it was issued" : ", when it was received"));
    for (const v1::AppliedRule& applied : outcome.rules()) AddSpan(applied, *start, lines);
    if (outcome.has_review()) AddReview(outcome, lines);
    if (outcome.has_not_before()) lines->push_back(absl::StrCat("so not before ", Local(base::FromProto(outcome.not_before()))));
    if (outcome.has_not_after()) lines->push_back(absl::StrCat("and not after ", Local(base::FromProto(outcome.not_after()))));
    for (const std::string& conflict : outcome.conflicts()) lines->push_back(absl::StrCat("conflict: ", conflict));
  }

  void AddSpan(const v1::AppliedRule& applied, absl::Time start, std::vector<std::string>* lines) const {
    const auto& rules = pack_.rules();
    const auto rule = std::find_if(rules.begin(), rules.end(), [&](const Rule& r) { return r.id == applied.rule_id(); });
    if (rule == rules.end()) return;
    const auto add = [&](const calendar::Span& span, absl::string_view what) {
      lines->push_back(absl::StrCat(rule->id, ": ", what, " ", Local(start), " + ", calendar::ToString(span), " = ",
                                    Local(pack_.calendar().Add(start, span)), applied.lifted() ? ", ended by who may" : ""));
    };
    const Asks& asks = rule->then;
    if (applied.effect() == v1::RULE_EFFECT_DELAY && asks.delay) add(*asks.delay, "not before");
    if (applied.effect() == v1::RULE_EFFECT_WITHHOLD && asks.withhold_until) add(*asks.withhold_until, "nothing until");
    if (applied.effect() == v1::RULE_EFFECT_DEADLINE && asks.deadline) add(asks.deadline->within, "not after");
    if (applied.effect() == v1::RULE_EFFECT_NOTICE && asks.deadline) add(asks.deadline->within, "a notice by");
  }

  void AddReview(const v1::Outcome& outcome, std::vector<std::string>* lines) const {
    const v1::Review& review = outcome.review();
    lines->push_back(absl::StrCat("review since ", Local(base::FromProto(review.started_at()))));
    for (const v1::ReviewTurn& turn : review.turns()) {
      lines->push_back(absl::StrCat("  ", turn.owner().role(), " until ", Local(base::FromProto(turn.until()))));
    }
    std::string then = EnumWord(v1::OnExpiry_descriptor(), review.on_expiry());
    if (review.on_expiry() == v1::ON_EXPIRY_ESCALATE) {
      absl::StrAppend(&then, " to ", review.escalate_to().role(), " until ",
                      Local(base::FromProto(review.expires_at()) + base::FromProto(review.escalate_for())), ", then ",
                      EnumWord(v1::OnExpiry_descriptor(), review.after_escalation()));
    }
    lines->push_back(absl::StrCat("  at its end, ", Local(base::FromProto(review.expires_at())), ": ", then));
  }

  const Pack& pack_;
  const v1::DiagnosticReport& report_;
  const Context& context_;
  const absl::Time now_;
  const Units units_;
};

std::string Word(Truth truth) {
  return truth == Truth::kTrue ? "true   " : truth == Truth::kFalse ? "false  " : "unknown";
}

void AppendRule(const ExplainedRule& rule, const v1::Outcome& outcome, std::string* text) {
  absl::StrAppend(text, "    ", rule.rule->id, ": ", rule.rule->title, "\n");
  for (const v1::AppliedRule& applied : outcome.rules()) {
    if (applied.rule_id() != rule.rule->id) continue;
    absl::StrAppend(text, "      ", EnumWord(v1::RuleEffect_descriptor(), applied.effect()));
    if (applied.has_basis() && applied.effect() != v1::RULE_EFFECT_PERMIT) {
      absl::StrAppend(text, ", ", EnumWord(v1::BasisType_descriptor(), applied.basis().type()), ": ", applied.basis().citation());
    }
    absl::StrAppend(text, applied.unverified() ? " (not verified)" : "", applied.lifted() ? " (lifted)" : "", "\n");
  }
  if (!rule.in_force) absl::StrAppend(text, "      false   not in force at that date\n");
  for (const ExplainedPart& part : rule.parts) {
    absl::StrAppend(text, "      ", Word(part.truth), " ", std::string(static_cast<size_t>(2 * part.depth), ' '), part.text);
    if (!part.missing.empty()) absl::StrAppend(text, "  (missing: ", absl::StrJoin(part.missing, ", "), ")");
    text->push_back('\n');
  }
}

}  // namespace

Explanation Explain(const Pack& pack, const v1::DiagnosticReport& report, const Context& context, absl::Time now) {
  Explanation explanation;
  explanation.decision = Decide(pack, report, context, now);
  v1::DiagnosticReport with_facts;
  std::vector<std::string> filled;
  const bool assumed = pack.FillAssumedFacts(report, &with_facts, &filled);
  Explainer explainer(pack, assumed ? with_facts : report, context, now);
  for (const v1::Outcome& outcome : explanation.decision.outcomes()) explanation.outcomes.push_back(explainer.Of(outcome));
  return explanation;
}

std::string ToText(const Pack& pack, const Explanation& explanation, bool all) {
  std::string text;
  for (const std::string& fact : explanation.decision.assumed_facts()) {
    absl::StrAppend(&text, "  assumed, because the report lacks it: ", fact, "\n");
  }
  for (const ExplainedOutcome& explained : explanation.outcomes) {
    const v1::Outcome& outcome = explained.outcome;
    std::vector<std::string> audiences;
    for (const int audience : outcome.audiences()) audiences.push_back(EnumWord(v1::Audience_descriptor(), audience));
    absl::StrAppend(&text, "  ", absl::StrJoin(outcome.unit_ids(), ", "), " for ", absl::StrJoin(audiences, ", "), ": ",
                    EnumWord(v1::Disposition_descriptor(), outcome.disposition()), "\n");
    for (const std::string& line : explained.clock) absl::StrAppend(&text, "    ", line, "\n");
    if (!outcome.unknown_facts().empty()) {
      absl::StrAppend(&text, "    it would be decided with more certainty if these were known: ",
                      absl::StrJoin(outcome.unknown_facts(), ", "), "\n");
    }
    for (const v1::AppliedRule& applied : outcome.rules()) {
      const auto& rules = pack.rules();
      const auto own = [&applied](const Rule& rule) { return rule.id == applied.rule_id(); };
      if (std::none_of(rules.begin(), rules.end(), own)) {
        absl::StrAppend(&text, "    ", applied.rule_id(), ": ", EnumWord(v1::BasisType_descriptor(), applied.basis().type()),
                        ": ", applied.basis().citation(), "\n");
      }
    }
    size_t silent = 0;
    for (const ExplainedRule& rule : explained.rules) {
      if (rule.has_part || all) {
        AppendRule(rule, outcome, &text);
      } else {
        ++silent;
      }
    }
    if (silent > 0) absl::StrAppend(&text, "    ", silent, " other rules do not speak for it\n");
  }
  return text;
}

}  // namespace resultgate::policy

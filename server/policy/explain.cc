#include "server/policy/explain.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/civil_time.h"
#include "server/base/proto_time.h"
#include "server/nextstep/next_step.h"
#include "server/policy/asks.h"
#include "server/policy/match.h"
#include "server/policy/names.h"
#include "server/policy/outcomes.h"
#include "server/policy/personal.h"
#include "server/policy/rule_parts.h"
#include "server/policy/units.h"
#include "server/policy/verdict.h"
#include "server/policy/whatif/forecast.h"

namespace resultgate::policy {
namespace {

class Explainer {
 public:
  Explainer(const Pack& pack, const v1::DiagnosticReport& report, const Context& context, absl::Time now)
      : pack_(pack),
        calendar_(pack.CalendarFor(report.order())),
        report_(report),
        context_(context),
        now_(now),
        units_(pack.value_sets(), report) {}

  v1::ExplainedOutcome Of(const v1::Outcome& outcome) {
    v1::ExplainedOutcome explained;
    *explained.mutable_outcome() = outcome;
    explained.set_summary(InWords(outcome, calendar_, now_));
    const auto unit = std::find_if(units_.begin(), units_.end(), [&](const Unit& u) { return u.id == outcome.unit_ids(0); });
    if (unit == units_.end()) return explained;
    const auto audience = static_cast<v1::Audience>(outcome.audiences(0));
    if (unit->status == v1::RESULT_STATUS_CANCELLED) {
      explained.add_clock("the test was not performed: delays and reviews of its value hold nothing");
    }
    for (const Rule& rule : pack_.rules()) *explained.add_rules() = OfRule(rule, *unit, audience, outcome);
    AddClock(outcome, &explained);
    return explained;
  }

 private:
  v1::ExplainedRule OfRule(const Rule& rule, const Unit& unit, v1::Audience audience, const v1::Outcome& outcome) const {
    v1::ExplainedRule explained;
    explained.set_rule_id(rule.id);
    explained.set_title(rule.title);
    explained.set_place(absl::StrCat(rule.place.file, ":", rule.place.line));
    explained.set_has_part(std::any_of(outcome.rules().begin(), outcome.rules().end(),
                                       [&rule](const v1::AppliedRule& applied) { return applied.rule_id() == rule.id; }));
    explained.set_in_force(
        IsInForce(rule, absl::ToCivilDay(ClockStart(report_, context_).value_or(context_.received_at), calendar_.zone())));
    for (v1::ExplainedPart& part : PartsOf(rule, report_, unit, audience, now_, calendar_.zone())) {
      *explained.add_parts() = std::move(part);
    }
    return explained;
  }

  std::string Local(absl::Time time) const { return LocalTime(time, calendar_.zone()); }

  void AddClock(const v1::Outcome& outcome, v1::ExplainedOutcome* lines) const {
    if (!pack_.facilities().empty()) lines->add_clock(WhoseClock());
    const std::optional<absl::Time> start = ClockStart(report_, context_);
    if (!start) {
      lines->add_clock("nothing is final yet, so no clock runs");
    } else {
      const bool issued = report_.has_issued() && base::FromProto(report_.issued()) == *start;
      const absl::string_view doubt = WhyNotFromIssue(report_, context_);
      lines->add_clock(absl::StrCat("first final ", Local(*start), issued ? ", when it was issued" : ", when it was received",
                                    doubt.empty() ? "" : ": ", doubt));
      for (const v1::AppliedRule& applied : outcome.rules()) AddSpan(applied, *start, lines);
    }
    if (outcome.has_review()) AddReview(outcome, lines);
    if (outcome.has_not_before()) {
      lines->add_clock(absl::StrCat("so not before ", Local(base::FromProto(outcome.not_before()))));
    }
    if (outcome.has_not_after()) lines->add_clock(absl::StrCat("and not after ", Local(base::FromProto(outcome.not_after()))));
    for (const std::string& conflict : outcome.conflicts()) lines->add_clock(absl::StrCat("conflict: ", conflict));
    AddInProcess(outcome, start, lines);
  }

  // What the patient reads meanwhile, where the pack says so.
  void AddInProcess(const v1::Outcome& outcome, std::optional<absl::Time> start, v1::ExplainedOutcome* lines) const {
    const auto& audiences = outcome.audiences();
    const bool of_patient = std::find(audiences.begin(), audiences.end(), v1::AUDIENCE_PATIENT) != audiences.end();
    const bool waits = outcome.disposition() != v1::DISPOSITION_RELEASE;
    const std::optional<InProcess> told = InProcessOf(pack_, report_, start, context_.received_at, now_);
    if (!of_patient || !waits || !told || !MayBeTold(outcome)) return;
    lines->add_clock(absl::StrCat("until then the patient reads that it is in process",
                                  told->expected_by ? absl::StrCat(", expected by ", Day(*told->expected_by)) : ""));
  }

  // The day that ends then.
  std::string Day(absl::Time midnight) const {
    return absl::FormatTime("%a %Y-%m-%d", midnight - absl::Seconds(1), calendar_.zone());
  }

  const Rule* Find(const std::string& id) const {
    const auto& rules = pack_.rules();
    const auto rule = std::find_if(rules.begin(), rules.end(), [&](const Rule& r) { return r.id == id; });
    return rule == rules.end() ? nullptr : &*rule;
  }

  // In a pack of several clocks, by which one time is counted here.
  std::string WhoseClock() const {
    const Facility* facility = pack_.FacilityOf(report_.order());
    if (facility != nullptr) return absl::StrCat("by the clock of ", facility->name, ", ", facility->time_zone_name);
    const std::string& name = report_.order().facility();
    const std::string why =
        name.empty() ? "the order names no facility" : absl::StrCat("`", name, "` is none of the pack's facilities");
    return absl::StrCat("by the pack's own clock, ", pack_.time_zone_name(), ": ", why);
  }

  // `biopsy-review: not before Fri 14:00 + 72 h = Mon 14:00`.
  void AddSum(const v1::AppliedRule& applied, absl::string_view what, absl::Time start, const calendar::Span& span,
              v1::ExplainedOutcome* lines) const {
    lines->add_clock(absl::StrCat(applied.rule_id(), ": ", what, " ", Local(start), " + ", calendar::ToString(span), " = ",
                                  Local(calendar_.Add(start, span)), applied.lifted() ? ", ended by who may" : ""));
  }

  void AddSpan(const v1::AppliedRule& applied, absl::Time start, v1::ExplainedOutcome* lines) const {
    const Rule* rule = Find(applied.rule_id());
    if (rule == nullptr) return;
    const Asks& asks = rule->then;
    if (applied.effect() == v1::RULE_EFFECT_DELAY && asks.delay) AddSum(applied, "not before", start, *asks.delay, lines);
    if (applied.effect() == v1::RULE_EFFECT_WITHHOLD && asks.withhold_until) {
      AddSum(applied, "nothing until", start, *asks.withhold_until, lines);
    }
    if (applied.effect() == v1::RULE_EFFECT_DEADLINE && asks.deadline) {
      AddSum(applied, "not after", start, asks.deadline->within, lines);
    }
    if (applied.effect() == v1::RULE_EFFECT_NOTICE && asks.deadline) {
      AddSum(applied, "a notice by", start, asks.deadline->within, lines);
    }
    if (applied.effect() == v1::RULE_EFFECT_NEXT_STEP && asks.next_step) {
      lines->add_clock(
          absl::StrCat(applied.rule_id(), ": the comment's next step is `", nextstep::ToString(*asks.next_step), "`"));
    }
  }

  // Whether its pool is asked first, and if not, why.
  void AddProtocol(const Rule& rule, const v1::Outcome& outcome, v1::ExplainedOutcome* lines) const {
    const std::string& pool = rule.protocol()->pool;
    const v1::ReviewTurn& first = outcome.review().turns(0);
    if (first.owner().role() == pool) {
      lines->add_clock(absl::StrCat(rule.id, ": its protocol covers this, first turn ", pool, " until ",
                                    Local(base::FromProto(first.until())), ", then the owners"));
      return;
    }
    const auto unit = std::find_if(units_.begin(), units_.end(), [&](const Unit& u) { return u.id == outcome.unit_ids(0); });
    std::vector<std::string> reasons;
    for (const v1::ExplainedPart& part :
         ProtocolPartsOf(rule, report_, *unit, static_cast<v1::Audience>(outcome.audiences(0)), now_, calendar_.zone())) {
      if (part.depth() > 0 || part.truth() == v1::TRUTH_TRUE) continue;
      reasons.push_back(absl::StrCat(part.truth() == v1::TRUTH_FALSE ? "false" : "unknown", " ", part.text(),
                                     part.missing().empty() ? "" : "  (missing: ", absl::StrJoin(part.missing(), ", "),
                                     part.missing().empty() ? "" : ")"));
    }
    lines->add_clock(absl::StrCat(rule.id, ": no turn of ", pool, ", the owners have it at once: ",
                                  reasons.empty()
                                      ? "its protocol does not cover all that this waits for, or not every review is by it"
                                      : absl::StrJoin(reasons, "; ")));
  }

  void AddReview(const v1::Outcome& outcome, v1::ExplainedOutcome* lines) const {
    const v1::Review& review = outcome.review();
    const absl::Time begins = base::FromProto(review.started_at());
    const bool waits = begins > context_.received_at;
    lines->add_clock(absl::StrCat("the review begins ", Local(begins), waits ? ", when somebody is there to see it" : ""));
    for (const v1::AppliedRule& applied : outcome.rules()) {
      const Rule* rule = Find(applied.rule_id());
      if (applied.effect() != v1::RULE_EFFECT_REVIEW || applied.lifted()) continue;
      if (rule != nullptr && rule->then.review) AddSum(applied, "reviewed within", begins, rule->then.review->expires, lines);
      if (rule != nullptr && rule->protocol() != nullptr) AddProtocol(*rule, outcome, lines);
      if (applied.rule_id() == kDefaultRule) {
        AddSum(applied, "reviewed within", begins, pack_.default_review().expires, lines);
      }
    }
    for (const v1::ReviewTurn& turn : review.turns()) {
      lines->add_clock(absl::StrCat("  ", turn.owner().role(), " until ", Local(base::FromProto(turn.until()))));
    }
    std::string then = EnumWord(v1::OnExpiry_descriptor(), review.on_expiry());
    if (review.on_expiry() == v1::ON_EXPIRY_ESCALATE) {
      absl::StrAppend(&then, " to ", review.escalate_to().role(), " until ",
                      Local(base::FromProto(review.expires_at()) + base::FromProto(review.escalate_for())), ", then ",
                      EnumWord(v1::OnExpiry_descriptor(), review.after_escalation()));
    }
    lines->add_clock(absl::StrCat("  at its end, ", Local(base::FromProto(review.expires_at())), ": ", then));
  }

  const Pack& pack_;
  const calendar::Calendar& calendar_;
  const v1::DiagnosticReport& report_;
  const Context& context_;
  const absl::Time now_;
  const Units units_;
};

std::string Word(v1::Truth truth) {
  return truth == v1::TRUTH_TRUE ? "true   " : truth == v1::TRUTH_FALSE ? "false  " : "unknown";
}

void AppendApplied(const v1::AppliedRule& applied, std::string* text) {
  absl::StrAppend(text, "      ", EnumWord(v1::RuleEffect_descriptor(), applied.effect()));
  if (applied.has_basis() && applied.effect() != v1::RULE_EFFECT_PERMIT) {
    absl::StrAppend(text, ", ", EnumWord(v1::BasisType_descriptor(), applied.basis().type()), ": ", applied.basis().citation());
  }
  absl::StrAppend(text, applied.unverified() ? " (not verified)" : "", applied.lifted() ? " (lifted)" : "", "\n");
}

void AppendRule(const v1::ExplainedRule& rule, const v1::Outcome& outcome, std::string* text) {
  absl::StrAppend(text, "    ", rule.rule_id(), ": ", rule.title(), "\n");
  for (const v1::AppliedRule& applied : outcome.rules()) {
    if (applied.rule_id() == rule.rule_id()) AppendApplied(applied, text);
  }
  if (!rule.in_force()) absl::StrAppend(text, "      false   not in force at that date\n");
  absl::StrAppend(text, PartLines(rule.parts(), 6));
}

// What holds by the engine's or the pack's own floors, in words.
std::string OwnFloor(const std::string& id) {
  if (id == kDefaultRule) return "nothing lets this code go and no rule asks for a review: the pack's default review";
  if (id == kNotFinalRule) return "only final results go";
  if (id == kQuarantineRule) return "it cannot be told apart from another result";
  if (id == kPreferenceRule) return "the patient asked to wait";
  if (id == kDeceasedRule) return "the patient has died";
  if (id == kConfidentialRule) return "it is confidential from them, by the patient's record";
  if (absl::StartsWith(id, kDeterminationPrefix)) return "a person determined it for this one result";
  return "";
}

}  // namespace

std::string PartLines(const google::protobuf::RepeatedPtrField<v1::ExplainedPart>& parts, int indent) {
  std::string text;
  for (const v1::ExplainedPart& part : parts) {
    absl::StrAppend(&text, std::string(static_cast<size_t>(indent), ' '), Word(part.truth()), " ",
                    std::string(static_cast<size_t>(2 * part.depth()), ' '), part.text());
    if (!part.missing().empty()) absl::StrAppend(&text, "  (missing: ", absl::StrJoin(part.missing(), ", "), ")");
    text.push_back('\n');
  }
  return text;
}

std::string AudienceWords(const google::protobuf::RepeatedField<int>& audiences) {
  if (audiences.size() == static_cast<int>(std::size(kAudiences))) return "everybody";
  std::vector<std::string> words;
  for (const int audience : audiences) words.push_back(EnumWord(v1::Audience_descriptor(), audience));
  return absl::StrJoin(words, ", ");
}

v1::Explanation Explain(const Pack& pack, const v1::DiagnosticReport& report, const Context& context, absl::Time now) {
  v1::Explanation explanation;
  *explanation.mutable_decision() = Decide(pack, report, context, now);
  v1::DiagnosticReport with_facts;
  std::vector<std::string> filled;
  const bool assumed = pack.FillAssumedFacts(report, &with_facts, &filled);
  Explainer explainer(pack, assumed ? with_facts : report, context, now);
  for (const v1::Outcome& outcome : explanation.decision().outcomes()) *explanation.add_outcomes() = explainer.Of(outcome);
  return explanation;
}

std::string ToText(const v1::Explanation& explanation, bool all) {
  std::string text;
  for (const std::string& fact : explanation.decision().assumed_facts()) {
    absl::StrAppend(&text, "  assumed, because the report lacks it: ", fact, "\n");
  }
  for (const v1::ExplainedOutcome& explained : explanation.outcomes()) {
    const v1::Outcome& outcome = explained.outcome();
    absl::StrAppend(&text, "  ", absl::StrJoin(outcome.unit_ids(), ", "), ", for ", AudienceWords(outcome.audiences()), ": ",
                    explained.summary(), "\n");
    for (const std::string& line : explained.clock()) absl::StrAppend(&text, "    ", line, "\n");
    if (!outcome.unknown_facts().empty()) {
      absl::StrAppend(&text, "    it would be decided with more certainty if these were known: ",
                      absl::StrJoin(outcome.unknown_facts(), ", "), "\n");
    }
    for (const v1::AppliedRule& applied : outcome.rules()) {
      const auto own = [&applied](const v1::ExplainedRule& rule) { return rule.rule_id() == applied.rule_id(); };
      if (std::any_of(explained.rules().begin(), explained.rules().end(), own)) continue;
      const std::string words = OwnFloor(applied.rule_id());
      absl::StrAppend(&text, "    ", applied.rule_id(), words.empty() ? "" : ": ", words, "\n");
      AppendApplied(applied, &text);
    }
    int silent = 0;
    for (const v1::ExplainedRule& rule : explained.rules()) {
      if (rule.has_part() || all) {
        AppendRule(rule, outcome, &text);
      } else {
        ++silent;
      }
    }
    if (silent == 1) absl::StrAppend(&text, "    1 other rule does not speak for it\n");
    if (silent > 1) absl::StrAppend(&text, "    ", silent, " other rules do not speak for it\n");
  }
  return text;
}

}  // namespace resultgate::policy

#include "server/policy/pack_checks.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "server/expr/analysis.h"
#include "server/expr/implication_index.h"
#include "server/nextstep/next_step.h"
#include "server/policy/conditions.h"
#include "server/policy/names.h"
#include "server/policy/set_checks.h"
#include "server/policy/units.h"

namespace resultgate::policy {
namespace {

using Severity = Findings::Severity;
using calendar::Span;

bool Same(const Span& a, const Span& b) {
  return a.kind == b.kind && a.elapsed == b.elapsed && a.count == b.count;
}

// The same kind of span and no longer.
bool NoLonger(const std::optional<Span>& a, const std::optional<Span>& b) {
  if (!a) return true;
  return b && a->kind == b->kind && a->elapsed <= b->elapsed && a->count <= b->count;
}

bool Same(const std::optional<ReviewAsk::Protocol>& a, const std::optional<ReviewAsk::Protocol>& b) {
  if (!a || !b) return a.has_value() == b.has_value();
  return a->pool == b->pool && Same(a->each, b->each) && a->covers->text() == b->covers->text();
}

bool Same(const ReviewAsk& a, const ReviewAsk& b) {
  return Same(a.protocol, b.protocol) && a.owners == b.owners && Same(a.each, b.each) && Same(a.expires, b.expires) &&
         a.on_expiry == b.on_expiry && a.escalate_to == b.escalate_to && Same(a.escalate_for, b.escalate_for) &&
         a.after_escalation == b.after_escalation;
}

template <typename T>
bool Subset(const std::vector<T>& inner, const std::vector<T>& outer) {
  return std::all_of(inner.begin(), inner.end(),
                     [&outer](const T& x) { return std::find(outer.begin(), outer.end(), x) != outer.end(); });
}

// Where time is counted.
struct Site {
  const Facility* facility;  // nullptr: wherever the pack knows no facility
  const calendar::Calendar* calendar;
};

class PackChecker {
 public:
  PackChecker(const Pack& pack, const std::optional<absl::Time>& now, Findings* findings)
      : pack_(pack), now_(now), findings_(*findings), sites_{{nullptr, &pack.calendar()}} {
    for (const Facility& facility : pack.facilities()) {
      const auto same = [&facility](const Site& site) { return site.calendar == facility.calendar.get(); };
      if (std::none_of(sites_.begin(), sites_.end(), same)) sites_.push_back({&facility, facility.calendar.get()});
    }
  }

  void Check() {
    for (const Rule& rule : pack_.rules()) {
      if (rule.then.deadline && !rule.then.deadline->notice) limits_.push_back(conditions_.size());
      conditions_.push_back(ConditionOf(rule));
    }
    const expr::ImplicationIndex implied(conditions_);
    for (size_t i = 0; i < conditions_.size(); ++i) {
      const Rule& rule = pack_.rules()[i];
      CheckCondition(rule, conditions_[i]);
      if (rule.protocol() != nullptr) CheckProtocol(rule, conditions_[i]);
      CheckLaw(rule);
      CheckDates(rule);
      CheckIdle(rule);
      CheckHeader(rule);
      CheckPointless(i, implied.Candidates(conditions_[i]));
      if (rule.then.delay) CheckCeilings(i, {*rule.then.delay});
      if (rule.then.review) CheckCeilings(i, LengthOf(*rule.then.review));
    }
    for (const InProcessClass& of : pack_.in_process()) CheckInProcess(of);
    CheckCalendars();
  }

 private:
  void CheckCondition(const Rule& rule, const expr::Condition& condition) {
    if (condition.NeverHolds()) {
      findings_.Report(rule, kNeverMatches, Severity::kError,
                       absl::StrCat("rule `", rule.id, "` can never match: its conditions contradict each other"),
                       "leave out the condition that is wrong, or the rule");
    }
    if (rule.when == nullptr || rule.when->text() == "true") return;
    if (expr::Condition::Of(*rule.when).AlwaysHolds()) {
      findings_.Report(rule, kAlwaysMatches, Severity::kWarning,
                       absl::StrCat("`when` of rule `", rule.id, "` holds for every report, so it decides nothing"),
                       "leave it out, or write `when: \"true\"` if the rule is meant for everything");
    }
  }

  void CheckProtocol(const Rule& rule, const expr::Condition& condition) {
    const ReviewAsk::Protocol& protocol = *rule.protocol();
    const expr::Condition covers = expr::Condition::Of(*protocol.covers);
    if (condition.NeverHolds()) {
      // The rule has its own finding.
    } else if (covers.NeverHolds() || condition.Excludes(covers)) {
      findings_.Report(rule, kNeverMatches, Severity::kError,
                       absl::StrCat("the protocol of rule `", rule.id, "` covers nothing of what the rule is about"),
                       "leave out the condition that is wrong, or `protocol`");
    } else if (covers.AlwaysHolds() || condition.Implies(covers)) {
      findings_.Report(
          rule, kAlwaysMatches, Severity::kWarning,
          absl::StrCat("the protocol of rule `", rule.id, "` covers all that the rule is about, so it passes nothing on"),
          absl::StrCat("write `", protocol.pool, "` first among the `owners` instead"));
    }
    const std::string start = FirstStart([&](absl::Time at, const calendar::Calendar& calendar) {
      at = calendar.NextStaffed(at);
      return calendar.Add(at, protocol.each) >= calendar.Add(at, rule.then.review->expires);
    });
    if (start.empty()) return;
    findings_.Report(rule, kProtocolTakesAll, Severity::kWarning,
                     absl::StrCat("`", protocol.pool, "` can have the review of rule `", rule.id,
                                  "` until it ends: of what comes on ", start, " no owner is asked"),
                     "give the protocol a shorter `each`, or the review a longer `expires`");
  }

  // Only an individual reason, a law, or doubt about whose result it is lets a US actor hold a result back.
  void CheckLaw(const Rule& rule) {
    if (!IsAmerican(pack_) || !rule.then.restricts()) return;
    const char* how = nullptr;
    switch (rule.basis.type()) {
      case v1::BASIS_TYPE_ORGANIZATION_POLICY:
        how = "by the organisation's own policy";
        break;
      case v1::BASIS_TYPE_PATIENT_REQUEST:
        // Who asked for nothing has no preference: unknown, which would hold.
        if (!AsksHas(rule, "patient.preference"))
          how = "as if patients had asked for it, but does not ask `has(patient.preference)`";
        break;
      case v1::BASIS_TYPE_HARM_DETERMINATION:
        if (!Reads(rule, "patient"))
          how = "as harmful, but asks nothing about the patient: that is decided for one person at a time";
        break;
      default:
        break;
    }
    if (how == nullptr) return;
    findings_.Report(rule, kUnlawfulHold, Severity::kError,
                     absl::StrCat("rule `", rule.id, "` holds results ", how,
                                  ": in the United States that is likely information blocking (45 CFR part 171)"),
                     "name the statute, the patient's request or another individual reason as its basis, or have counsel sign "
                     "`ignore: [{check: unlawful-hold, reason: …}]`");
  }

  // True if its `when` reads the fact, or one below it.
  static bool Reads(const Rule& rule, absl::string_view fact) {
    const auto is_below = [fact](absl::string_view path) {
      return absl::ConsumePrefix(&path, fact) && (path.empty() || path[0] == '.');
    };
    return rule.when != nullptr && std::any_of(rule.when->fields().begin(), rule.when->fields().end(), is_below);
  }

  static bool SpeaksTo(const Rule& rule, v1::Audience audience) {
    return std::find(rule.audiences.begin(), rule.audiences.end(), audience) != rule.audiences.end();
  }

  static bool AsksHas(const Rule& rule, absl::string_view fact) {
    return rule.when != nullptr && absl::StrContains(rule.when->text(), absl::StrCat("has(", fact));
  }

  // What the engine lets a rule say in vain.
  void CheckIdle(const Rule& rule) {
    if (rule.then.deadline && !SpeaksTo(rule, v1::AUDIENCE_PATIENT)) {
      findings_.Report(rule, kPointlessRule, Severity::kWarning,
                       absl::StrCat("the deadline of rule `", rule.id,
                                    "` leaves the patient out, so it limits nothing: nobody sees more than the patient does"),
                       "add `patient` to its `audiences`, or leave `deadline` out");
    }
    const auto goes = [](v1::ResultStatus status) { return IsFinal(status) || status == v1::RESULT_STATUS_CANCELLED; };
    const auto& statuses = rule.match.statuses;
    if (!rule.then.permit || rule.then.permit_preliminary || statuses.empty()) return;
    if (std::any_of(statuses.begin(), statuses.end(), goes)) return;
    findings_.Report(rule, kPointlessRule, Severity::kWarning,
                     absl::StrCat("rule `", rule.id, "` says `release: now` of what is not final, which lets nothing go"),
                     "write `release: preliminary`, or name a final `status`");
  }

  // `match: codes` of a permit looks at the unit's own code; a condition on the report's brings the stowaways back.
  void CheckHeader(const Rule& rule) {
    if (!rule.then.permit || !rule.match.codes.empty() || rule.match.unit == Match::Unit::kDocument) return;
    const bool by_header = Reads(rule, "report.code") || Reads(rule, "order.code");
    if (!by_header || Reads(rule, "observation.code")) return;
    findings_.Report(rule, kPermitByHeader, Severity::kWarning,
                     absl::StrCat("rule `", rule.id, "` lets go whatever such a report holds, known or not"),
                     "name what may go: `match: {codes: […]}`, or `unit: document` for the document alone");
  }

  // True if rule `a` asks for nothing beyond what `b` asks for.
  static bool AsksNoMore(const Rule& a, const Rule& b) {
    const Asks& x = a.then;
    const Asks& y = b.then;
    const bool permit = (!x.permit || y.permit) && (!x.permit_preliminary || y.permit_preliminary);
    const bool review = !x.review || (y.review && Same(*x.review, *y.review));
    const bool deadline =
        !x.deadline || (y.deadline && x.deadline->notice == y.deadline->notice && Same(x.deadline->within, y.deadline->within));
    const bool step = !x.next_step || (y.next_step && !nextstep::IsMoreUrgent(*x.next_step, *y.next_step));
    return permit && review && deadline && step && NoLonger(x.delay, y.delay) && NoLonger(x.withhold_until, y.withhold_until);
  }

  // `implied`: the rules among which all are whose conditions follow from that of rule `i`.
  void CheckPointless(size_t i, const std::vector<size_t>& implied) {
    const Rule& rule = pack_.rules()[i];
    if (conditions_[i].NeverHolds()) return;
    for (const size_t j : implied) {
      const Rule& other = pack_.rules()[j];
      if (i == j || !AsksNoMore(rule, other)) continue;
      // What the other one's hold may be lifted by, or gives way to, must be no more.
      const bool binds_as_much = !rule.then.restricts() || (Subset(other.lifted_by, rule.lifted_by) &&
                                                            pack_.RankOf(other.basis.type()) <= pack_.RankOf(rule.basis.type()));
      const bool same_deadline = !rule.then.deadline || other.basis.type() == rule.basis.type();
      const bool same_reach = Subset(rule.audiences, other.audiences) && rule.together <= other.together &&
                              rule.then.restricts() == other.then.restricts();
      const bool whole_time = (!other.effective || (rule.effective && *rule.effective >= *other.effective)) &&
                              (!other.expires || (rule.expires && *rule.expires <= *other.expires));
      if (!binds_as_much || !same_deadline || !same_reach || !whole_time || !conditions_[i].Implies(conditions_[j])) continue;
      // Of two that say the same, the later one is pointless.
      if (j > i && AsksNoMore(other, rule) && conditions_[j].Implies(conditions_[i])) continue;
      findings_.Report(
          rule, kPointlessRule, Severity::kWarning,
          absl::StrCat("rule `", rule.id, "` asks for nothing that `", other.id, "` does not ask for already wherever it speaks"),
          absl::StrCat("leave it out, or change what it is about; `", other.id, "` stands at ", other.place.file, ":",
                       other.place.line));
      return;
    }
  }

  // How long a review may take, one span after the other.
  static std::vector<Span> LengthOf(const ReviewAsk& review) {
    if (review.on_expiry != v1::ON_EXPIRY_ESCALATE) return {review.expires};
    return {review.expires, review.escalate_for};
  }

  // A start of a year for which it holds, as the clock on the wall shows it and where; empty if there is none. Any year would do
  // that has its weekends, holidays and changes of clocks.
  template <typename Holds>
  std::string FirstStart(const Holds& holds) const {
    const absl::CivilDay first(2026, 1, 1);
    for (const Site& site : sites_) {
      for (int day = 0; day < 366; ++day) {
        for (const int hour : {0, 12, 23}) {
          const absl::Time start = absl::FromCivil(absl::CivilHour(first + day) + hour, site.calendar->zone());
          if (!holds(start, *site.calendar)) continue;
          return absl::StrCat(absl::FormatTime("%Y-%m-%d %H:%M", start, site.calendar->zone()),
                              site.facility == nullptr ? "" : absl::StrCat(" at `", site.facility->name, "`"));
        }
      }
    }
    return "";
  }

  // A start at which the hold would end after the ceiling. Worked out once for each pair.
  const std::string& Crossing(const std::vector<Span>& hold, const Span& ceiling) {
    std::string length;
    for (const Span& span : hold) absl::StrAppend(&length, calendar::ToString(span), ", ");
    const auto [known, is_new] = crossings_.try_emplace({length, calendar::ToString(ceiling)});
    if (!is_new) return known->second;
    known->second = FirstStart([&](absl::Time start, const calendar::Calendar& calendar) {
      absl::Time end = start;
      for (const Span& span : hold) end = calendar.Add(end, span);
      return end > calendar.Add(start, ceiling);
    });
    return known->second;
  }

  // True if both speak for some audience on some day.
  static bool MeetInTimeAndAudience(const Rule& rule, const Rule& limit) {
    if ((rule.expires && limit.effective && *rule.expires <= *limit.effective) ||
        (limit.expires && rule.effective && *limit.expires <= *rule.effective)) {
      return false;
    }
    if (!SpeaksTo(limit, v1::AUDIENCE_PATIENT)) return false;
    // What holds the patient's results holds everybody's.
    return SpeaksTo(rule, v1::AUDIENCE_PATIENT) || std::any_of(limit.audiences.begin(), limit.audiences.end(),
                                                               [&](v1::Audience audience) { return SpeaksTo(rule, audience); });
  }

  // `hold`: how long the rule may hold a result.
  void CheckCeilings(size_t i, const std::vector<Span>& hold) {
    const Rule& rule = pack_.rules()[i];
    for (const size_t j : limits_) {
      const Rule& limit = pack_.rules()[j];
      // Laws of different places meet only in an order of both; then the strictest floor stands, and the conflict is logged.
      if (!rule.match.jurisdictions.empty() && !limit.match.jurisdictions.empty() &&
          !Subset(rule.match.jurisdictions, limit.match.jurisdictions)) {
        continue;
      }
      const bool statutes = rule.basis.type() == v1::BASIS_TYPE_STATUTE && limit.basis.type() == v1::BASIS_TYPE_STATUTE;
      // A ceiling of a stronger basis cuts the hold: that is its purpose.
      if (!statutes && pack_.RankOf(rule.basis.type()) > pack_.RankOf(limit.basis.type())) continue;
      if (!MeetInTimeAndAudience(rule, limit)) continue;
      const std::string& start = Crossing(hold, limit.then.deadline->within);
      if (start.empty() || conditions_[i].Excludes(conditions_[j])) continue;
      findings_.Report(rule, kFloorPastCeiling, statutes ? Severity::kError : Severity::kWarning,
                       absl::StrCat("rule `", rule.id, "` can hold a result past the deadline of `", limit.id,
                                    "`: for one that became final on ", start, " there is no lawful time"),
                       absl::StrCat("shorten one of them, or make sure that they never speak for the same result; `", limit.id,
                                    "` stands at ", limit.place.file, ":", limit.place.line));
    }
  }

  // A rule speaks for what became final while it was in force, so it may go on holding for a while after its end; what is first
  // final now it holds no more.
  void CheckDates(const Rule& rule) {
    if (!now_) return;
    const absl::CivilDay today = absl::ToCivilDay(*now_, pack_.calendar().zone());
    if (rule.expires && *rule.expires <= today) {
      findings_.Report(rule, kExpiredRule, Severity::kWarning,
                       absl::StrCat("rule `", rule.id, "` is over since ", absl::FormatCivilTime(*rule.expires)),
                       "leave it out, or give it a later `expires`");
    }
    if (rule.effective && *rule.effective > today) {
      findings_.Report(rule, kNotYetInForce, Severity::kWarning,
                       absl::StrCat("rule `", rule.id, "` speaks for nothing before ", absl::FormatCivilTime(*rule.effective)),
                       "");
    }
  }

  void CheckInProcess(const InProcessClass& of) {
    for (const Rule* rule : RulesThatTell(pack_, of)) {
      findings_.Report(*rule, kInProcessTells, Severity::kError,
                       absl::StrCat("by rule `", rule->id, "` it depends on what was found whether a result of the class at ",
                                    of.place.file, ":", of.place.line, " waits, so that `in_process` would tell it"),
                       "hold the whole class by a rule that asks for nothing else, or leave the class out of `in_process`");
    }
  }

  void CheckCalendars() {
    for (const Site& site : sites_) {
      const std::optional<int> last = site.calendar->LastKnownYear();
      if (!last) continue;
      const std::string whose =
          site.facility == nullptr ? "the pack's calendar" : absl::StrCat("the calendar of `", site.facility->name, "`");
      findings_.Report(
          kCalendarEnds, Severity::kWarning,
          absl::StrCat(whose, " knows no holiday after ", *last, ": from then on every holiday counts as a business day"),
          "give its holidays by rule, as `date: third Monday of January`");
    }
  }

  const Pack& pack_;
  const std::optional<absl::Time>& now_;
  Findings& findings_;
  std::vector<expr::Condition> conditions_;  // of the rules, in their order
  std::vector<size_t> limits_;               // the rules with a duty to release by a time
  std::vector<Site> sites_;                  // with different clocks, the pack's own first
  std::map<std::pair<std::string, std::string>, std::string> crossings_;
};

// The value sets that errors propose in place of a misspelt name: that rule is not among the pack's, but meant to name them.
std::set<std::string> MeantValueSets(const Pack& pack, const base::FileIssues& issues) {
  std::set<std::string> meant;
  for (const std::string& name : pack.value_sets().Names()) {
    const std::string quoted = absl::StrCat("did you mean `", name, "`");
    if (std::any_of(issues.begin(), issues.end(),
                    [&quoted](const base::FileIssue& issue) { return absl::StrContains(issue.suggestion, quoted); })) {
      meant.insert(name);
    }
  }
  return meant;
}

}  // namespace

bool IsAmerican(const Pack& pack) {
  return pack.jurisdiction() == "US" || absl::StartsWith(pack.jurisdiction(), "US-");
}

const std::vector<std::string>& CheckNames() {
  static const auto* const kNames = new std::vector<std::string>{
      kAlwaysMatches, kCalendarEnds,   kExpiredRule,    kFloorPastCeiling, kInProcessTells, kNeverMatches,
      kNotYetInForce, kPermitByHeader, kPointlessRule,  kProtocolTakesAll, kRedundantCodes, kSameValueSets,
      kUnlawfulHold,  kUnusedIgnore,   kUnusedValueSet, kWrongClass};
  return *kNames;
}

void CheckPack(const Pack& pack, const std::string& folder, const FileLines& lines, const std::optional<absl::Time>& now,
               base::FileIssues* issues) {
  const std::set<std::string> meant = MeantValueSets(pack, *issues);
  Findings findings(pack, lines, issues);
  PackChecker(pack, now, &findings).Check();
  CheckValueSets(pack, folder, meant, &findings);
  std::set<std::string> not_asked;
  if (!now) not_asked = {kExpiredRule, kNotYetInForce};
  findings.ReportUnusedIgnores(not_asked);
}

}  // namespace resultgate::policy

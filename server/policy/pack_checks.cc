#include "server/policy/pack_checks.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/expr/analysis.h"
#include "server/policy/conditions.h"
#include "server/policy/names.h"

namespace resultgate::policy {
namespace {

using base::FileIssue;
using calendar::Span;

constexpr char kAlwaysMatches[] = "always-matches";
constexpr char kFloorPastCeiling[] = "floor-past-ceiling";
constexpr char kNeverMatches[] = "never-matches";
constexpr char kPointlessRule[] = "pointless-rule";
constexpr char kUnlawfulHold[] = "unlawful-hold";
constexpr char kUnusedIgnore[] = "unused-ignore";

bool Same(const Span& a, const Span& b) {
  return a.kind == b.kind && a.elapsed == b.elapsed && a.count == b.count;
}

// The same kind of span and no longer.
bool NoLonger(const std::optional<Span>& a, const std::optional<Span>& b) {
  if (!a) return true;
  return b && a->kind == b->kind && a->elapsed <= b->elapsed && a->count <= b->count;
}

bool Same(const ReviewAsk& a, const ReviewAsk& b) {
  return a.owners == b.owners && Same(a.each, b.each) && Same(a.expires, b.expires) && a.on_expiry == b.on_expiry &&
         a.escalate_to == b.escalate_to && Same(a.escalate_for, b.escalate_for) && a.after_escalation == b.after_escalation;
}

template <typename T>
bool Subset(const std::vector<T>& inner, const std::vector<T>& outer) {
  return std::all_of(inner.begin(), inner.end(),
                     [&outer](const T& x) { return std::find(outer.begin(), outer.end(), x) != outer.end(); });
}

class PackChecker {
 public:
  PackChecker(const Pack& pack, const std::map<std::string, std::vector<std::string>>& lines, base::FileIssues* issues)
      : pack_(pack), lines_(lines), issues_(issues) {}

  void Check() {
    for (const Rule& rule : pack_.rules()) conditions_.push_back(ConditionOf(rule));
    for (size_t i = 0; i < conditions_.size(); ++i) {
      const Rule& rule = pack_.rules()[i];
      CheckCondition(rule, conditions_[i]);
      CheckLaw(rule);
      CheckPointless(i);
      if (rule.then.delay) CheckCeilings(i);
    }
    CheckIgnores();
  }

 private:
  void Report(const Rule& rule, const char* check, FileIssue::Severity severity, const std::string& message,
              std::string suggestion) {
    bool ignored = false;
    for (const std::vector<Ignore>* list : {&rule.ignores, &pack_.ignores()}) {
      for (const Ignore& ignore : *list) {
        if (ignore.check != check) continue;
        used_.insert(&ignore);
        ignored = true;
      }
    }
    if (!ignored) Add(rule.place, check, severity, message, std::move(suggestion));
  }

  void Add(const base::Place& place, const char* check, FileIssue::Severity severity, const std::string& message,
           std::string suggestion) {
    const auto file = lines_.find(place.file);
    const auto line = static_cast<size_t>(place.line);
    const bool known = file != lines_.end() && line >= 1 && line <= file->second.size();
    issues_->push_back(
        {severity, place, absl::StrCat(message, " [", check, "]"), std::move(suggestion), known ? file->second[line - 1] : ""});
  }

  void CheckCondition(const Rule& rule, const expr::Condition& condition) {
    if (condition.NeverHolds()) {
      Report(rule, kNeverMatches, FileIssue::Severity::kError,
             absl::StrCat("rule `", rule.id, "` can never match: its conditions contradict each other"),
             "leave out the condition that is wrong, or the rule");
    }
    if (rule.when == nullptr || rule.when->text() == "true") return;
    if (expr::Condition::Of(*rule.when).AlwaysHolds()) {
      Report(rule, kAlwaysMatches, FileIssue::Severity::kWarning,
             absl::StrCat("`when` of rule `", rule.id, "` holds for every report, so it decides nothing"),
             "leave it out, or write `when: \"true\"` if the rule is meant for everything");
    }
  }

  // Only an individual reason, a law, or doubt about whose result it is lets a US actor hold a result back.
  void CheckLaw(const Rule& rule) {
    const bool us = pack_.jurisdiction() == "US" || absl::StartsWith(pack_.jurisdiction(), "US-");
    if (!us || !rule.then.restricts() || rule.basis.type() != v1::BASIS_TYPE_ORGANIZATION_POLICY) return;
    Report(
        rule, kUnlawfulHold, FileIssue::Severity::kError,
        absl::StrCat("rule `", rule.id,
                     "` holds results by the organisation's own policy: in the United States that is likely information blocking "
                     "(45 CFR part 171)"),
        "name the statute, the patient's request or another individual reason as its basis, or have counsel sign "
        "`ignore: [{check: unlawful-hold, reason: …}]`");
  }

  // True if rule `a` asks for nothing beyond what `b` asks for.
  static bool AsksNoMore(const Rule& a, const Rule& b) {
    const Asks& x = a.then;
    const Asks& y = b.then;
    const bool permit = (!x.permit || y.permit) && (!x.permit_preliminary || y.permit_preliminary);
    const bool review = !x.review || (y.review && Same(*x.review, *y.review));
    const bool deadline =
        !x.deadline || (y.deadline && x.deadline->notice == y.deadline->notice && Same(x.deadline->within, y.deadline->within));
    return permit && review && deadline && NoLonger(x.delay, y.delay) && NoLonger(x.withhold_until, y.withhold_until);
  }

  void CheckPointless(size_t i) {
    const Rule& rule = pack_.rules()[i];
    if (conditions_[i].NeverHolds()) return;
    for (size_t j = 0; j < conditions_.size(); ++j) {
      const Rule& other = pack_.rules()[j];
      if (i == j || !AsksNoMore(rule, other)) continue;
      // What the other one's hold may be lifted by, or gives way to, must be no more.
      const bool binds_as_much = !rule.then.restricts() || (Subset(other.lifted_by, rule.lifted_by) &&
                                                            pack_.RankOf(other.basis.type()) <= pack_.RankOf(rule.basis.type()));
      const bool same_deadline = !rule.then.deadline || other.basis.type() == rule.basis.type();
      const bool same_reach = Subset(rule.audiences, other.audiences) && (!rule.together || other.together) &&
                              rule.then.restricts() == other.then.restricts();
      const bool whole_time = (!other.effective || (rule.effective && *rule.effective >= *other.effective)) &&
                              (!other.expires || (rule.expires && *rule.expires <= *other.expires));
      if (!binds_as_much || !same_deadline || !same_reach || !whole_time || !conditions_[i].Implies(conditions_[j])) continue;
      // Of two that say the same, the later one is pointless.
      if (j > i && AsksNoMore(other, rule) && conditions_[j].Implies(conditions_[i])) continue;
      Report(
          rule, kPointlessRule, FileIssue::Severity::kWarning,
          absl::StrCat("rule `", rule.id, "` asks for nothing that `", other.id, "` does not ask for already wherever it speaks"),
          absl::StrCat("leave it out, or change what it is about; `", other.id, "` stands at ", other.place.file, ":",
                       other.place.line));
      return;
    }
  }

  // A start at which the floor would end after the ceiling, from a year of starts.
  std::optional<absl::Time> Crossing(const Span& floor, const Span& ceiling) const {
    const calendar::Calendar& calendar = pack_.calendar();
    // Any year would do that has its weekends, holidays and changes of clocks.
    const absl::CivilDay first(2026, 1, 1);
    for (int day = 0; day < 366; ++day) {
      for (const int hour : {0, 12, 23}) {
        const absl::Time start = absl::FromCivil(absl::CivilHour(first + day) + hour, calendar.zone());
        if (calendar.Add(start, floor) > calendar.Add(start, ceiling)) return start;
      }
    }
    return std::nullopt;
  }

  void CheckCeilings(size_t i) {
    const Rule& rule = pack_.rules()[i];
    for (size_t j = 0; j < conditions_.size(); ++j) {
      const Rule& limit = pack_.rules()[j];
      if (!limit.then.deadline || limit.then.deadline->notice) continue;
      // Laws of different places meet only in an order of both; then the strictest floor stands, and the conflict is logged.
      if (!rule.match.jurisdictions.empty() && !limit.match.jurisdictions.empty() &&
          !Subset(rule.match.jurisdictions, limit.match.jurisdictions)) {
        continue;
      }
      const bool statutes = rule.basis.type() == v1::BASIS_TYPE_STATUTE && limit.basis.type() == v1::BASIS_TYPE_STATUTE;
      // A ceiling of a stronger basis cuts the floor: that is its purpose.
      if (!statutes && pack_.RankOf(rule.basis.type()) > pack_.RankOf(limit.basis.type())) continue;
      if (conditions_[i].Excludes(conditions_[j])) continue;
      const std::optional<absl::Time> start = Crossing(*rule.then.delay, limit.then.deadline->within);
      if (!start) continue;
      Report(rule, kFloorPastCeiling, statutes ? FileIssue::Severity::kError : FileIssue::Severity::kWarning,
             absl::StrCat("rule `", rule.id, "` can hold a result past the deadline of `", limit.id,
                          "`: for one that became final on ", absl::FormatTime("%Y-%m-%d %H:%M", *start, pack_.calendar().zone()),
                          " there is no lawful time"),
             absl::StrCat("shorten one of them, or make sure that they never speak for the same result; `", limit.id,
                          "` stands at ", limit.place.file, ":", limit.place.line));
    }
  }

  void CheckIgnores() {
    const auto check = [this](const Ignore& ignore) {
      const std::vector<std::string>& names = CheckNames();
      if (std::find(names.begin(), names.end(), ignore.check) == names.end()) {
        Add(ignore.place, kUnusedIgnore, FileIssue::Severity::kError, absl::StrCat("no check is named `", ignore.check, "`"),
            base::Suggest(ignore.check, names));
      } else if (used_.count(&ignore) == 0) {
        Add(ignore.place, kUnusedIgnore, FileIssue::Severity::kWarning,
            absl::StrCat("`ignore` of `", ignore.check, "` silences nothing"), "leave it out");
      }
    };
    for (const Rule& rule : pack_.rules()) std::for_each(rule.ignores.begin(), rule.ignores.end(), check);
    std::for_each(pack_.ignores().begin(), pack_.ignores().end(), check);
  }

  const Pack& pack_;
  const std::map<std::string, std::vector<std::string>>& lines_;
  base::FileIssues* const issues_;
  std::vector<expr::Condition> conditions_;  // of the rules, in their order
  std::set<const Ignore*> used_;
};

}  // namespace

const std::vector<std::string>& CheckNames() {
  static const auto* const kNames = new std::vector<std::string>{kAlwaysMatches, kFloorPastCeiling, kNeverMatches,
                                                                 kPointlessRule, kUnlawfulHold,     kUnusedIgnore};
  return *kNames;
}

void CheckPack(const Pack& pack, const std::map<std::string, std::vector<std::string>>& lines, base::FileIssues* issues) {
  PackChecker(pack, lines, issues).Check();
}

}  // namespace resultgate::policy

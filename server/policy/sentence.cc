#include "server/policy/sentence.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "server/nextstep/next_step.h"
#include "server/policy/names.h"
#include "server/policy/verdict.h"

namespace resultgate::policy {
namespace {

using Words = std::vector<std::string>;

// `a`, `a or b`, `a, b or c`.
std::string Listed(const Words& words, absl::string_view last) {
  if (words.size() < 2) return absl::StrJoin(words, "");
  return absl::StrCat(absl::StrJoin(words.begin(), words.end() - 1, ", "), " ", last, " ", words.back());
}

template <typename Enum>
std::string AnyOf(const std::vector<Enum>& values, const google::protobuf::EnumDescriptor* type) {
  Words words;
  for (const Enum value : values) words.push_back(EnumWord(type, value));
  return Listed(words, "or");
}

// As its author wrote it, on one line.
std::string Condition(const expr::Program& condition) {
  std::string text = condition.text();
  absl::RemoveExtraAsciiWhitespace(&text);
  return text;
}

std::string About(const Rule& rule) {
  const Match& match = rule.match;
  std::string text = match.unit == Match::Unit::kDocument                                ? "Documents"
                     : match.unit == Match::Unit::kObservation || rule.observations_only ? "Observations"
                                                                                         : "Results";
  if (!match.codes.empty()) {
    Words titles;
    for (const valueset::ValueSet* set : match.codes) titles.push_back(absl::StrCat("\"", set->title(), "\""));
    absl::StrAppend(
        &text,
        rule.then.restricts() ? " with a code, their own or their report's or order's, from " : " with a code of their own from ",
        Listed(titles, "or"));
  }
  const auto add = [&text](absl::string_view what, const std::string& words) {
    if (!words.empty()) absl::StrAppend(&text, ", ", what, " ", words);
  };
  add("from", AnyOf(match.sections, v1::Section_descriptor()));
  add("with the status", AnyOf(match.statuses, v1::ResultStatus_descriptor()));
  add("flagged", AnyOf(match.interpretations, v1::Interpretation_descriptor()));
  add("of a patient who is", AnyOf(match.encounter_classes, v1::EncounterClass_descriptor()));
  add("ordered in", Listed(match.jurisdictions, "or"));
  if (rule.when != nullptr && rule.when->text() != "true") {
    absl::StrAppend(&text, ", where ", Condition(*rule.when));
  }
  return text;
}

std::string AfterReview(v1::OnExpiry ending) {
  return ending == v1::ON_EXPIRY_RELEASE ? "they are released" : "they are released and somebody reaches out to the patient";
}

std::string ReviewWords(const ReviewAsk& review) {
  std::string text = "wait for a review ";
  if (review.protocol) {
    absl::StrAppend(&text, "by ", review.protocol->pool, " for ", calendar::ToString(review.protocol->each), " where ",
                    Condition(*review.protocol->covers), ", and then or else ");
  }
  absl::StrAppend(&text, "by ", absl::StrJoin(review.owners, ", then "), ", ", calendar::ToString(review.each), " each and ",
                  calendar::ToString(review.expires), " in all; then ");
  if (review.on_expiry == v1::ON_EXPIRY_ESCALATE) {
    absl::StrAppend(&text, "they go to ", review.escalate_to, " for ", calendar::ToString(review.escalate_for), ", after which ",
                    AfterReview(review.after_escalation));
  } else {
    absl::StrAppend(&text, AfterReview(review.on_expiry));
  }
  return text;
}

std::string AskedFor(const Asks& asks) {
  Words parts;
  if (asks.delay) {
    const bool morning = asks.delay->kind == calendar::Span::Kind::kNextBusinessMorning;
    parts.push_back(morning ? "wait until the next business morning after they are first final"
                            : absl::StrCat("wait ", calendar::ToString(*asks.delay), " from when they are first final"));
  }
  if (asks.review) parts.push_back(ReviewWords(*asks.review));
  if (asks.withhold_until)
    parts.push_back(absl::StrCat("are kept back for ", calendar::ToString(*asks.withhold_until), ", then a person decides"));
  if (asks.deadline) {
    parts.push_back(absl::StrCat(asks.deadline->notice ? "need a notice within " : "go at the latest within ",
                                 calendar::ToString(asks.deadline->within)));
  }
  if (asks.permit_preliminary) {
    parts.emplace_back("may go, final or not");
  } else if (asks.permit) {
    parts.emplace_back(parts.empty() ? "may go as soon as they are final" : "then may go");
  }
  if (asks.next_step) {
    const std::string step = nextstep::ToString(*asks.next_step);
    parts.push_back(absl::StrCat("come with a comment that tells the reader ",
                                 step == "none" ? "to do nothing" : absl::StrCat("what to do: ", step)));
  }
  return Listed(parts, "and");
}

// What an author wrote over several lines, a condition or a citation, goes on in the sentence.
std::string OnOneLine(absl::string_view text) {
  Words lines;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    line = absl::StripAsciiWhitespace(line);
    if (!line.empty()) lines.emplace_back(line);
  }
  return absl::StrJoin(lines, " ");
}

std::string Day(absl::CivilDay day) {
  return absl::FormatCivilTime(day);
}

}  // namespace

std::string Sentence(const Rule& rule) {
  std::string text = absl::StrCat(About(rule), ", ", AskedFor(rule.then), ".");
  if (rule.audiences.size() < 3) {
    absl::StrAppend(&text, " This is for the ", AnyOf(rule.audiences, v1::Audience_descriptor()), " only.");
  }
  if (rule.together == Rule::Together::kReport) absl::StrAppend(&text, " The whole report waits with them.");
  if (rule.together == Rule::Together::kOrder) {
    absl::StrAppend(&text, " The whole report waits with them, and so do all reports of the same order.");
  }
  if (rule.then.restricts()) {
    Words lifters;
    const auto names = [&rule](v1::Lifter lifter) {
      return std::find(rule.lifted_by.begin(), rule.lifted_by.end(), lifter) != rule.lifted_by.end();
    };
    if (names(v1::LIFTER_PROVIDER)) lifters.emplace_back("a provider");
    if (names(v1::LIFTER_PATIENT) || rule.basis.type() == v1::BASIS_TYPE_ORGANIZATION_POLICY) lifters.emplace_back("the patient");
    absl::StrAppend(
        &text, lifters.empty() ? " Nobody may end it early." : absl::StrCat(" It ends early by ", Listed(lifters, "or"), "."));
  }
  if (rule.effective) absl::StrAppend(&text, " From ", Day(*rule.effective), ".");
  if (rule.expires) absl::StrAppend(&text, " Until before ", Day(*rule.expires), ".");
  if (rule.then.restricts() || rule.then.deadline) {
    absl::StrAppend(&text, " Basis: ", absl::StrReplaceAll(EnumWord(v1::BasisType_descriptor(), rule.basis.type()), {{"-", " "}}),
                    ", ", rule.basis.citation(), rule.unverified() ? " (not verified)." : ".");
  }
  if (!rule.policy_owner.empty()) absl::StrAppend(&text, " Answers for it: ", rule.policy_owner, ".");
  return OnOneLine(text);
}

std::string AskedSpan(const Pack& pack, absl::string_view rule_id, v1::RuleEffect effect) {
  const Rule* rule = pack.FindRule(rule_id);
  const auto text = [](const calendar::Span& span) { return calendar::ToString(span); };
  switch (effect) {
    case v1::RULE_EFFECT_DELAY:
      return rule != nullptr && rule->then.delay ? text(*rule->then.delay) : "";
    case v1::RULE_EFFECT_WITHHOLD:
      return rule != nullptr && rule->then.withhold_until ? text(*rule->then.withhold_until) : "";
    case v1::RULE_EFFECT_DEADLINE:
    case v1::RULE_EFFECT_NOTICE:
      return rule != nullptr && rule->then.deadline ? text(rule->then.deadline->within) : "";
    case v1::RULE_EFFECT_REVIEW: {
      const ReviewAsk* review = rule_id == kDefaultRule                ? &pack.default_review()
                                : rule_id == kQuarantineRule           ? &pack.quarantine_review()
                                : rule != nullptr && rule->then.review ? &*rule->then.review
                                                                       : nullptr;
      return review == nullptr ? "" : absl::StrCat(text(review->each), " each and ", text(review->expires), " in all");
    }
    default:
      return "";
  }
}

}  // namespace resultgate::policy

// A policy pack: a folder of rules with its `pack.yaml`, loaded, checked and compiled whole or not at all.
//
// Format: policies/README.md. A pack is immutable; threads share it without locks.
#ifndef RESULTGATE_POLICY_PACK_H_
#define RESULTGATE_POLICY_PACK_H_

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "resultgate/v1/comment.pb.h"
#include "resultgate/v1/decision.pb.h"
#include "resultgate/v1/model.pb.h"
#include "resultgate/v1/policy_service.pb.h"
#include "server/base/file.h"
#include "server/base/file_issue.h"
#include "server/calendar/calendar.h"
#include "server/expr/expr.h"
#include "server/policy/facility.h"
#include "server/policy/in_process.h"
#include "server/valueset/valueset.h"

namespace resultgate::policy {

class ModelEnvironment;
class RuleIndex;

// `review:` of a rule or of the pack's default.
struct ReviewAsk {
  std::vector<std::string> owners;  // roles, in the order in which they are asked
  calendar::Span each;              // one owner's turn
  calendar::Span expires;           // the whole review
  v1::OnExpiry on_expiry = v1::ON_EXPIRY_RELEASE;
  std::string escalate_to;  // ESCALATE
  calendar::Span escalate_for;
  v1::OnExpiry after_escalation = v1::ON_EXPIRY_RELEASE;

  // `protocol`: what a pool may decide before the owners are asked. Of what is not certainly covered it is not asked at all.
  struct Protocol {
    std::string pool;
    std::shared_ptr<const expr::Program> covers;  // over the unit, as a rule's `when`
    calendar::Span each;                          // the pool's turn
  };
  std::optional<Protocol> protocol;  // of a rule only
};

// What `then` asks for. Every part may be absent; at least one is there.
struct Asks {
  bool permit = false;
  bool permit_preliminary = false;  // `release: preliminary`: not final goes too
  std::optional<calendar::Span> delay;
  std::optional<ReviewAsk> review;
  std::optional<calendar::Span> withhold_until;
  struct Deadline {
    calendar::Span within;
    bool notice = false;  // a duty to notify, not to release
  };
  std::optional<Deadline> deadline;
  // What the comment tells its reader to do. Neither permits nor holds, so it may hang on what was found: it changes no time.
  std::optional<v1::NextStep> next_step;

  bool restricts() const { return delay || review || withhold_until; }
  // Something counts for the codes that are the unit's own only.
  bool allows() const { return permit || deadline || next_step; }
};

// `match` of a rule: every key given must hold, any entry of a key suffices.
struct Match {
  std::vector<const valueset::ValueSet*> codes;  // which codings count depends on the rule: design, "The rule language"
  std::vector<v1::Section> sections;
  std::vector<v1::ResultStatus> statuses;             // the unit's own
  std::vector<v1::Interpretation> interpretations;    // an absent one is unknown
  std::vector<v1::EncounterClass> encounter_classes;  // an absent one is unknown
  std::vector<std::string> jurisdictions;             // ISO 3166-2, any of the order's; absent ones are unknown
  enum class Unit { kAny, kObservation, kDocument };
  Unit unit = Unit::kAny;
};

// `ignore:` of a rule or pack: a named check of the whole pack that is silenced where it stands, and why.
struct Ignore {
  std::string check;
  std::string of;  // in a pack: only for the rule or value set of that name; empty: for all
  std::string reason;
  base::Place place;
};

// `verified:` of a rule whose basis is a statute: who compared the rule with the law's own text, when, and the digest of that
// text, so that a change of the law can be noticed.
struct Verified {
  std::string by;
  absl::CivilDay on;
  std::string text_digest;  // `sha256:` and 64 hexadecimal digits
};

struct Rule {
  std::string id;
  std::string title;
  base::Place place;
  std::string policy_owner;  // who answers for the rule; empty where the file names nobody
  // The rule speaks for results whose legal clock starts on `effective` or later and before `expires`, as dates where the
  // facility is: a law holds for what was final when it was in force. Absent: always.
  std::optional<absl::CivilDay> effective;
  std::optional<absl::CivilDay> expires;
  std::optional<Verified> verified;
  std::vector<Ignore> ignores;
  // `together`: what it holds back of one unit, it holds back of every unit of the report, or of every report of the order.
  enum class Together { kUnit, kReport, kOrder };
  Together together = Together::kUnit;
  Match match;
  std::shared_ptr<const expr::Program> when;  // may be null
  bool reads_observation = false;             // `when` may come out differently for each unit
  bool reads_audience = false;                // `when` may come out differently for each audience
  bool observations_only = false;             // `when` reads `observation` without asking has(observation)
  bool outcome_dependent = false;             // it says why what goes when may tell what was found
  std::vector<v1::Audience> audiences;        // the rule speaks for these; all where the file names none
  Asks then;
  v1::Basis basis;
  std::vector<v1::Lifter> lifted_by;

  const ReviewAsk::Protocol* protocol() const { return then.review && then.review->protocol ? &*then.review->protocol : nullptr; }
  // True for a rule that rests on a statute whose text nobody has compared it with.
  bool unverified() const { return basis.type() == v1::BASIS_TYPE_STATUTE && !verified.has_value(); }
};

// What is written in the rule as an expression: its `when`, and what its protocol covers.
std::vector<const expr::Program*> ConditionsOf(const Rule& rule);

// One of the pack's `facts:`: what this site's feeds never send, and what its absence then means.
struct AssumedFact {
  std::string path;  // `patient.known_conditions`
  std::string reason;
  std::string approved_by;
  base::Place place;
};

struct LoadOptions {
  // Rules that rest on a statute without `verified:` are an error, because they hold results in a law's name. True: they load,
  // and every decision that they have a part in says so.
  bool allow_unverified = false;
  // The time to hold dates of effect against; absent: they are not looked at. A gate that starts has no use for it.
  std::optional<absl::Time> now = std::nullopt;
};

class Pack {
 public:
  ~Pack();

  // Reads `folder`/pack.yaml and every other .yaml below `folder` but those in its folders `tests`, `valuesets` and `calendars`.
  // Mistakes are appended to `issues`; on an error the result is null. `calendars` is the folder of calendars that `calendar:`
  // names. The packs that `requires:` names are its sibling folders: their rules count as this pack's own.
  static std::shared_ptr<const Pack> Load(const std::string& folder, const std::string& calendars,
                                          std::shared_ptr<const valueset::Registry> value_sets, base::FileIssues* issues,
                                          const LoadOptions& options = {}, const base::Files& files = {});

  const std::string& name() const { return name_; }
  // Where its pack.yaml begins.
  const base::Place& place() const { return place_; }
  // As `US` or `US-KY`; `none` for a pack of no place.
  const std::string& jurisdiction() const { return jurisdiction_; }
  // Who wrote it, and who approved it when; empty or absent where the file does not say.
  const std::string& author() const { return author_; }
  const std::string& approved_by() const { return approved_by_; }
  const std::optional<absl::CivilDay>& approved_on() const { return approved_on_; }
  // The packs whose rules are among this one's.
  const std::vector<std::string>& required_packs() const { return required_packs_; }
  const std::vector<Ignore>& ignores() const { return ignores_; }
  // Digest of the pack's files, its calendars and its value sets.
  const std::string& digest() const { return digest_; }
  const std::string& time_zone_name() const { return time_zone_name_; }
  const std::string& language() const { return language_; }
  // Business days within which the clinic answers a patient's message; 0 where the file does not say.
  int answer_days() const { return answer_days_; }
  // The pack's own: for orders of no facility that it knows. Whoever counts time for a result asks CalendarFor.
  const calendar::Calendar& calendar() const { return *calendar_; }
  // In order of name; one for each name.
  const std::vector<Facility>& facilities() const { return facilities_; }
  // The facility of the order, or nullptr where the pack knows none of that name.
  const Facility* FacilityOf(const v1::ServiceRequest& order) const { return FindFacility(facilities_, order.facility()); }
  // Its calendar, else the pack's own: by this all times of a result are counted. Allocates nothing.
  const calendar::Calendar& CalendarFor(const v1::ServiceRequest& order) const;
  // In whose hours people are told of something new of the order: its facility's, else the pack's; nullptr: at any time.
  const calendar::Calendar* NotificationCalendarFor(const v1::ServiceRequest& order) const;
  // How long what comes of one visit waits for more, to be told at once; zero: not at all.
  absl::Duration notifications_together() const { return notifications_together_; }
  // `in_process`: the classes of which patients read that a result waits.
  const std::vector<InProcessClass>& in_process() const { return in_process_; }
  const ReviewAsk& default_review() const { return default_review_; }
  const ReviewAsk& quarantine_review() const { return quarantine_review_; }
  // The pool that looks into messages nobody could read: the first pool among the quarantine's owners.
  const std::string& refusal_owner() const { return refusal_owner_; }
  // How much a basis binds where obligations conflict: 0 binds most. The order of BasisType, unless the pack says another.
  int RankOf(v1::BasisType basis) const { return ranks_[static_cast<size_t>(basis)]; }
  // In order of path.
  const std::vector<AssumedFact>& assumed_facts() const { return assumed_facts_; }
  // Fills what `report` lacks and the pack's `facts:` know, and appends the paths filled to `filled`. False, and nothing is
  // done, where nothing is lacking.
  bool FillAssumedFacts(const v1::DiagnosticReport& report, v1::DiagnosticReport* with_facts,
                        std::vector<std::string>* filled) const;
  // In order of id.
  const std::vector<Rule>& rules() const { return rules_; }
  // The rule of that id, or nullptr.
  const Rule* FindRule(absl::string_view id) const;
  // Finds those that can speak for a unit.
  const RuleIndex& index() const { return *index_; }
  // True if a rule holds the units of a report, or the reports of an order, together.
  bool holds_reports_together() const { return holds_reports_together_; }
  bool holds_orders_together() const { return holds_orders_together_; }
  const valueset::Registry& value_sets() const { return *value_sets_; }
  // The value sets that rules name, in order.
  const std::vector<std::string>& used_value_sets() const { return used_value_sets_; }

 private:
  friend class PackLoader;
  Pack();

  std::string name_;
  base::Place place_;
  std::string digest_;
  std::string jurisdiction_;
  std::string author_;
  std::string approved_by_;
  std::optional<absl::CivilDay> approved_on_;
  std::vector<std::string> required_packs_;
  std::vector<Ignore> ignores_;
  std::array<int, v1::BasisType_ARRAYSIZE> ranks_{};
  std::vector<AssumedFact> assumed_facts_;
  v1::DiagnosticReport assumed_;  // holds what the facts mean, at their paths
  std::string time_zone_name_;
  std::string language_;
  int answer_days_ = 0;
  std::shared_ptr<const calendar::Calendar> calendar_;
  std::shared_ptr<const calendar::Calendar> notification_calendar_;
  absl::Duration notifications_together_;
  std::vector<Facility> facilities_;
  ReviewAsk default_review_;
  ReviewAsk quarantine_review_;
  std::string refusal_owner_;
  std::vector<Rule> rules_;
  std::unique_ptr<const RuleIndex> index_;
  bool holds_reports_together_ = false;
  bool holds_orders_together_ = false;
  std::shared_ptr<const valueset::Registry> value_sets_;
  std::unique_ptr<const ModelEnvironment> environment_;  // what the rules' programs point to
  std::vector<std::string> used_value_sets_;
  std::vector<InProcessClass> in_process_;
};

// The pack for a reader: its rules with what they ask for and why.
v1::PackSummary Summarize(const Pack& pack);

}  // namespace resultgate::policy

#endif  // RESULTGATE_POLICY_PACK_H_

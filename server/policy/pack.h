// A policy pack: a folder of rules with its `pack.yaml`, loaded, checked and compiled whole or not at all.
//
// Format: policies/README.md. A pack is immutable; threads share it without locks.
#ifndef RESULTGATE_POLICY_PACK_H_
#define RESULTGATE_POLICY_PACK_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "resultgate/v1/decision.pb.h"
#include "resultgate/v1/policy_service.pb.h"
#include "server/base/file_issue.h"
#include "server/calendar/calendar.h"
#include "server/expr/expr.h"
#include "server/valueset/valueset.h"

namespace resultgate::policy {

class ModelEnvironment;

// `review:` of a rule or of the pack's default.
struct ReviewAsk {
  std::vector<std::string> owners;  // roles, in the order in which they are asked
  calendar::Span each;              // one owner's turn
  calendar::Span expires;           // the whole review
  v1::OnExpiry on_expiry = v1::ON_EXPIRY_RELEASE;
  std::string escalate_to;  // ESCALATE
  calendar::Span escalate_for;
  v1::OnExpiry after_escalation = v1::ON_EXPIRY_RELEASE;
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

  bool restricts() const { return delay || review || withhold_until; }
};

// `match` of a rule: every key given must hold, any entry of a key suffices.
struct Match {
  std::vector<const valueset::ValueSet*> codes;  // which codings count depends on the rule: design, "The rule language"
  std::vector<v1::Section> sections;
  std::vector<v1::ResultStatus> statuses;             // the unit's own
  std::vector<v1::Interpretation> interpretations;    // an absent one is unknown
  std::vector<v1::EncounterClass> encounter_classes;  // an absent one is unknown
  enum class Unit { kAny, kObservation, kDocument };
  Unit unit = Unit::kAny;
};

struct Rule {
  std::string id;
  std::string title;
  base::Place place;
  Match match;
  std::shared_ptr<const expr::Program> when;  // may be null
  bool reads_observation = false;             // `when` may come out differently for each unit
  bool reads_audience = false;                // `when` may come out differently for each audience
  bool observations_only = false;             // `when` reads `observation` without asking has(observation)
  std::vector<v1::Audience> audiences;        // the rule speaks for these; all where the file names none
  Asks then;
  v1::Basis basis;
  std::vector<v1::Lifter> lifted_by;
};

class Pack {
 public:
  ~Pack();

  // Reads `folder`/pack.yaml and every other .yaml below `folder` but those below a folder `tests`. Mistakes are appended to
  // `issues`; on an error the result is null. `calendars` is the folder of calendars that `calendar:` names.
  static std::shared_ptr<const Pack> Load(const std::string& folder, const std::string& calendars,
                                          std::shared_ptr<const valueset::Registry> value_sets, base::FileIssues* issues);

  const std::string& name() const { return name_; }
  // Digest of the pack's files, its calendar and its value sets.
  const std::string& digest() const { return digest_; }
  const std::string& time_zone_name() const { return time_zone_name_; }
  const std::string& language() const { return language_; }
  const calendar::Calendar& calendar() const { return *calendar_; }
  const ReviewAsk& default_review() const { return default_review_; }
  const ReviewAsk& quarantine_review() const { return quarantine_review_; }
  // The pool that looks into messages nobody could read: the first pool among the quarantine's owners.
  const std::string& refusal_owner() const { return refusal_owner_; }
  // In order of id.
  const std::vector<Rule>& rules() const { return rules_; }
  const valueset::Registry& value_sets() const { return *value_sets_; }
  // The value sets that rules name, in order.
  const std::vector<std::string>& used_value_sets() const { return used_value_sets_; }

 private:
  friend class PackLoader;
  Pack();

  std::string name_;
  std::string digest_;
  std::string time_zone_name_;
  std::string language_;
  std::unique_ptr<const calendar::Calendar> calendar_;
  ReviewAsk default_review_;
  ReviewAsk quarantine_review_;
  std::string refusal_owner_;
  std::vector<Rule> rules_;
  std::shared_ptr<const valueset::Registry> value_sets_;
  std::unique_ptr<const ModelEnvironment> environment_;  // what the rules' programs point to
  std::vector<std::string> used_value_sets_;
};

// The pack for a reader: its rules with what they ask for and why.
v1::PackSummary Summarize(const Pack& pack);

}  // namespace resultgate::policy

#endif  // RESULTGATE_POLICY_PACK_H_

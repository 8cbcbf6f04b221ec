#include "server/app/words.h"

#include <algorithm>
#include <map>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "server/base/proto_time.h"
#include "server/policy/decide.h"
#include "server/policy/review_plan.h"

namespace resultgate::app {
namespace {

constexpr int kMostNames = 3;
// `sha256:` and what tells packs apart.
constexpr size_t kShortDigest = 19;

// `RELEASE_KIND_BEING_CORRECTED` without its prefix, as a person writes it: `being corrected`.
std::string EnumWord(absl::string_view name, absl::string_view prefix) {
  name.remove_prefix(std::min(prefix.size(), name.size()));
  return absl::StrReplaceAll(absl::AsciiStrToLower(name), {{"_", " "}});
}

bool Holds(v1::RuleEffect effect) {
  return effect != v1::RULE_EFFECT_PERMIT && effect != v1::RULE_EFFECT_NEXT_STEP;
}

// `2 units review, 1 unit released`, in the order in which the words first occur.
template <typename Outcomes>
std::string Counts(const Outcomes& outcomes) {
  std::vector<std::pair<std::string, int>> counts;
  for (const v1::Outcome& outcome : outcomes) {
    const std::string word = OutcomeText(outcome);
    auto found = std::find_if(counts.begin(), counts.end(), [&word](const auto& count) { return count.first == word; });
    if (found == counts.end()) found = counts.insert(counts.end(), {word, 0});
    found->second += outcome.unit_ids_size();
  }
  return absl::StrJoin(counts, ", ", [](std::string* out, const auto& count) {
    absl::StrAppend(out, count.second, count.second == 1 ? " unit " : " units ", count.first);
  });
}

template <typename Issues>
std::string Places(const Issues& issues) {
  return absl::StrJoin(issues, "; ", [](std::string* out, const v1::Issue& issue) {
    absl::StrAppend(out, issue.place(), issue.place().empty() ? "" : ": ", issue.message());
  });
}

// `handed over: 1 unit review; not mine`.
std::string ReviewedText(const v1::Entry::Reviewed& reviewed) {
  std::string text = EnumWord(v1::ReviewAction_Name(reviewed.action()), "REVIEW_ACTION_");
  const std::string counts = Counts(reviewed.outcomes());
  if (!counts.empty()) absl::StrAppend(&text, ": ", counts);
  if (!reviewed.reason().empty()) absl::StrAppend(&text, "; ", reviewed.reason());
  return text;
}

std::string Plural(int64_t count, absl::string_view one) {
  return absl::StrCat(count, " ", one, count == 1 ? "" : "s");
}

}  // namespace

std::string LocalTime(const google::protobuf::Timestamp& time, absl::TimeZone zone) {
  return absl::FormatTime("%a %Y-%m-%d %H:%M", base::FromProto(time), zone);
}

std::string ShortTime(const google::protobuf::Timestamp& time, absl::TimeZone zone) {
  return absl::FormatTime("%a %m-%d %H:%M", base::FromProto(time), zone);
}

std::string ConceptText(const v1::CodeableConcept& codeable_concept) {
  if (!codeable_concept.text().empty()) return codeable_concept.text();
  for (const v1::Coding& coding : codeable_concept.codings()) {
    if (!coding.display().empty()) return coding.display();
  }
  return codeable_concept.codings().empty() ? "" : codeable_concept.codings(0).code();
}

std::string PatientText(const v1::Patient& patient) {
  return patient.identifiers().empty() ? "" : patient.identifiers(0).value();
}

std::string UnitsText(const v1::DiagnosticReport& report, const google::protobuf::RepeatedPtrField<std::string>& unit_ids) {
  const int all = report.observations_size() + (policy::HasDocument(report) ? 1 : 0);
  if (unit_ids.size() > kMostNames) {
    return unit_ids.size() == all ? absl::StrCat("all ", all) : absl::StrCat(unit_ids.size(), " of ", all);
  }
  std::vector<std::string> names;
  for (const std::string& id : unit_ids) {
    const auto found = std::find_if(report.observations().begin(), report.observations().end(),
                                    [&id](const v1::Observation& observation) { return observation.id() == id; });
    const std::string name = found == report.observations().end() ? "" : ConceptText(found->code());
    names.push_back(name.empty() ? id : name);
  }
  return absl::StrJoin(names, ", ");
}

std::string AudiencesText(const google::protobuf::RepeatedField<int>& audiences) {
  std::vector<std::string> names;
  for (const int audience : {v1::AUDIENCE_PATIENT, v1::AUDIENCE_REPRESENTATIVE, v1::AUDIENCE_DELEGATE}) {
    if (std::find(audiences.begin(), audiences.end(), audience) == audiences.end()) continue;
    names.push_back(EnumWord(v1::Audience_Name(audience), "AUDIENCE_"));
  }
  return names.size() == 3 ? "" : absl::StrJoin(names, ", ");
}

std::string ValueText(const v1::Observation& observation) {
  switch (observation.value_case()) {
    case v1::Observation::kQuantity: {
      const v1::Quantity& quantity = observation.quantity();
      return absl::StrCat(quantity.comparator(), quantity.value(), quantity.unit().empty() ? "" : " ", quantity.unit());
    }
    case v1::Observation::kCodeableConcept:
      return ConceptText(observation.codeable_concept());
    case v1::Observation::kText:
      return observation.text();
    case v1::Observation::VALUE_NOT_SET:
      break;
  }
  return observation.data_absent_reason();
}

std::string FlagText(const v1::Observation& observation) {
  if (!observation.has_interpretation()) return "";
  return EnumWord(v1::Interpretation_Name(observation.interpretation()), "INTERPRETATION_");
}

std::string StatusText(v1::ResultStatus status) {
  return EnumWord(v1::ResultStatus_Name(status), "RESULT_STATUS_");
}

std::string ExpiryText(const v1::Outcome& outcome, absl::TimeZone zone) {
  const v1::Review& review = outcome.review();
  const std::string expires = absl::StrCat("expires ", LocalTime(review.expires_at(), zone), ", then ");
  const bool by_time = outcome.disposition() == v1::DISPOSITION_REVIEW;
  if (review.on_expiry() == v1::ON_EXPIRY_ESCALATE && !review.escalated()) {
    return absl::StrCat(expires, "goes to ", OwnerText(review.escalate_to()));
  }
  return absl::StrCat(expires, by_time ? "released not yet reviewed" : "comes back to its owner");
}

std::string OutcomeText(const v1::Outcome& outcome) {
  switch (outcome.state()) {
    case v1::OUTCOME_STATE_RELEASED:
      return outcome.released_unreviewed() ? "released unreviewed" : "released";
    case v1::OUTCOME_STATE_PUBLISHED:
      return outcome.released_unreviewed() ? "published unreviewed" : "published";
    case v1::OUTCOME_STATE_CLOSED:
      return outcome.disposition() == v1::DISPOSITION_NEVER ? "never" : "closed";
    default:
      break;
  }
  switch (outcome.disposition()) {
    case v1::DISPOSITION_DELAY:
      return "delayed";
    case v1::DISPOSITION_WITHHOLD:
      return "withheld";
    case v1::DISPOSITION_REVIEW:
      return outcome.review().has_approved_at() ? "approved" : "review";
    default:
      return EnumWord(v1::Disposition_Name(outcome.disposition()), "DISPOSITION_");
  }
}

std::string NotBeforeText(const v1::Outcome& outcome, absl::TimeZone zone) {
  if (outcome.state() != v1::OUTCOME_STATE_HELD && outcome.state() != v1::OUTCOME_STATE_UNSPECIFIED) return "";
  switch (outcome.disposition()) {
    case v1::DISPOSITION_WITHHOLD:
      return outcome.has_withheld_until() ? ShortTime(outcome.withheld_until(), zone) : "";
    case v1::DISPOSITION_REVIEW:
    case v1::DISPOSITION_QUARANTINE:
      if (outcome.has_review() && !outcome.review().has_approved_at()) {
        return absl::StrCat("by ", ShortTime(outcome.review().expires_at(), zone));
      }
      break;
    default:
      break;
  }
  return outcome.has_not_before() ? ShortTime(outcome.not_before(), zone) : "";
}

std::string OwnerText(const v1::Owner& owner) {
  return owner.person().value().empty() ? owner.role() : absl::StrCat(owner.role(), " (", owner.person().value(), ")");
}

v1::Owner OwnerAt(const v1::Outcome& outcome, absl::Time now) {
  const v1::Review& review = outcome.review();
  const bool held = outcome.state() == v1::OUTCOME_STATE_HELD || outcome.state() == v1::OUTCOME_STATE_UNSPECIFIED;
  if (!held || review.has_approved_at() || review.turns().empty()) return {};
  return policy::CurrentTurn(review, now).owner();
}

std::string RulesText(const v1::Outcome& outcome) {
  std::vector<std::string> ids;
  const auto add = [&ids](const v1::AppliedRule& rule) {
    std::string id = rule.lifted() ? absl::StrCat("(", rule.rule_id(), ")") : rule.rule_id();
    if (std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(std::move(id));
  };
  for (const v1::AppliedRule& rule : outcome.rules()) {
    if (Holds(rule.effect())) add(rule);
  }
  for (const v1::AppliedRule& rule : outcome.rules()) {
    if (!Holds(rule.effect())) add(rule);
  }
  return absl::StrJoin(ids, ", ");
}

std::string DisposalText(v1::SubmitResultResponse::Disposal disposal, int version) {
  if (disposal == v1::SubmitResultResponse::DISPOSAL_NEW_VERSION) return absl::StrCat("version ", version);
  return EnumWord(v1::SubmitResultResponse::Disposal_Name(disposal), "DISPOSAL_");
}

std::string ReleaseKindText(v1::ReleaseKind kind) {
  return EnumWord(v1::ReleaseKind_Name(kind), "RELEASE_KIND_");
}

std::string EntryText(const v1::Entry& entry) {
  switch (entry.event_case()) {
    case v1::Entry::kDecided: {
      const std::string disposal = DisposalText(entry.decided().disposal(), entry.version());
      const std::string counts = Counts(entry.decided().decision().outcomes());
      return counts.empty() ? disposal : absl::StrCat(disposal, ": ", counts);
    }
    case v1::Entry::kAdvanced:
      return absl::StrCat(Counts(entry.advanced().outcomes()), entry.advanced().reasons().empty() ? "" : "; ",
                          absl::StrJoin(entry.advanced().reasons(), "; "));
    case v1::Entry::kApproved:
      return Counts(entry.approved().outcomes());
    case v1::Entry::kAcknowledged:
      return absl::StrCat("releases ", absl::StrJoin(entry.acknowledged().release_sequences(), ", "));
    case v1::Entry::kRefused:
      return absl::StrCat(entry.refused().sender(), ": ", Places(entry.refused().issues()));
    case v1::Entry::kStarted:
      return absl::StrCat("version ", entry.started().software_version(), ", pack ", entry.started().pack(),
                          entry.started().development() ? ", development mode" : "");
    case v1::Entry::kActivated:
      return ActivationText(entry.activated());
    case v1::Entry::kActivationRefused: {
      const v1::Entry::ActivationRefused& refused = entry.activation_refused();
      return absl::StrCat(refused.pack().empty() ? "pack" : refused.pack(), " refused: ", refused.reason(),
                          refused.issues().empty() ? "" : ": ", Places(refused.issues()));
    }
    case v1::Entry::kRedecision: {
      const v1::Entry::Redecision& redecision = entry.redecision();
      if (redecision.completed()) {
        return absl::StrCat("done: ", Plural(redecision.results(), "result"), " changed, ", Plural(redecision.released(), "unit"),
                            " released",
                            redecision.left() == 0 ? "" : absl::StrCat(", ", Plural(redecision.left(), "result"), " left"));
      }
      return absl::StrCat(
          "what is held is decided anew by ", redecision.pack(),
          redecision.has_release_held() ? absl::StrCat(", ", Plural(redecision.release_held(), "unit"), " to release") : "",
          redecision.tighten() ? ", tightened" : "");
    }
    case v1::Entry::kRedecided:
      return Counts(entry.redecided().outcomes());
    case v1::Entry::kIncident: {
      const v1::Entry::Incident& incident = entry.incident();
      return absl::StrCat(incident.reason(), "; ",
                          incident.unit_ids().empty() ? "nothing had been shown"
                                                      : absl::StrCat(Plural(incident.unit_ids_size(), "unit"), " shown for ",
                                                                     Plural(incident.minutes_exposed(), "minute")),
                          "; for ", incident.owner().role());
    }
    case v1::Entry::kOverdue:
      return absl::StrCat(Plural(entry.overdue().results(), "result"), " came due while the gate was not running");
    case v1::Entry::kPatientChanged: {
      const v1::Entry::PatientChanged& changed = entry.patient_changed();
      return absl::StrCat("patient ", changed.patient_id(), ": ", absl::StrJoin(changed.facts(), ", "));
    }
    case v1::Entry::kPatientsMerged: {
      const v1::Entry::PatientsMerged& merged = entry.patients_merged();
      return absl::StrCat("patient ", merged.merged_id(), merged.undone() ? " is no longer one with " : " is one with patient ",
                          merged.survivor_id());
    }
    case v1::Entry::kReconsidered:
      return absl::StrCat(Counts(entry.reconsidered().outcomes()), entry.reconsidered().reasons().empty() ? "" : "; ",
                          absl::StrJoin(entry.reconsidered().reasons(), "; "));
    case v1::Entry::kDirectoryChanged:
      return absl::StrCat(entry.directory_changed().owner().id(), entry.directory_changed().removed() ? ", taken away" : "");
    case v1::Entry::kReviewed:
      return ReviewedText(entry.reviewed());
    case v1::Entry::kReleaseRequested: {
      const std::string counts = Counts(entry.release_requested().outcomes());
      return absl::StrCat("by the ", EnumWord(v1::Audience_Name(entry.release_requested().audience()), "AUDIENCE_"),
                          counts.empty() ? "; nothing went" : absl::StrCat(": ", counts));
    }
    case v1::Entry::kFollowedUp: {
      const v1::Entry::FollowedUp& followed_up = entry.followed_up();
      return absl::StrCat(EnumWord(v1::FollowUpKind_Name(followed_up.kind()), "FOLLOW_UP_KIND_"),
                          followed_up.category().empty() ? "" : absl::StrCat(": ", followed_up.category()));
    }
    case v1::Entry::EVENT_NOT_SET:
      break;
  }
  return "";
}

std::string ActivationText(const v1::Activation& activation) {
  std::string text = absl::StrCat(activation.pack(), " ", activation.pack_digest().substr(0, kShortDigest));
  switch (activation.cause()) {
    case v1::ACTIVATION_CAUSE_FIRST_START:
      absl::StrAppend(&text, ", the first");
      break;
    case v1::ACTIVATION_CAUSE_ROLLBACK:
      absl::StrAppend(&text, ", again");
      break;
    case v1::ACTIVATION_CAUSE_DEVELOPMENT:
      absl::StrAppend(&text, ", from its folder in development mode");
      break;
    default:
      break;
  }
  if (!activation.author().empty()) absl::StrAppend(&text, ", by ", activation.author());
  if (!activation.approver().empty()) absl::StrAppend(&text, ", approved by ", activation.approver());
  if (activation.has_held()) absl::StrAppend(&text, "; of what is held: ", HeldText(activation.held()));
  return text;
}

std::string HeldText(const v1::HeldPreview& held) {
  std::vector<std::string> parts;
  const auto add = [&parts](int64_t units, absl::string_view what) {
    if (units > 0) parts.push_back(absl::StrCat(units, " ", what));
  };
  add(held.earlier(), "would go earlier");
  add(held.later(), "later");
  add(held.new_hold(), "would wait for something new");
  add(held.same(), "the same");
  return parts.empty() ? "nothing" : absl::StrJoin(parts, ", ");
}

std::string HeldChangeText(v1::HeldChange change) {
  return EnumWord(v1::HeldChange_Name(change), "HELD_CHANGE_");
}

std::string CauseText(v1::ActivationCause cause) {
  return EnumWord(v1::ActivationCause_Name(cause), "ACTIVATION_CAUSE_");
}

std::string SectionText(v1::Section section) {
  return EnumWord(v1::Section_Name(section), "SECTION_");
}

std::string EntryKindText(const v1::Entry& entry) {
  const google::protobuf::OneofDescriptor* event = v1::Entry::descriptor()->FindOneofByName("event");
  const google::protobuf::FieldDescriptor* field = entry.GetReflection()->GetOneofFieldDescriptor(entry, event);
  return field == nullptr ? "" : field->name();
}

v1::EntryKind ParseEntryKind(absl::string_view word) {
  v1::EntryKind kind = v1::ENTRY_KIND_UNSPECIFIED;
  v1::EntryKind_Parse(absl::StrCat("ENTRY_KIND_", absl::AsciiStrToUpper(word)), &kind);
  return kind;
}

std::string FirstLine(absl::string_view text) {
  return std::string(text.substr(0, text.find('\n')));
}

}  // namespace resultgate::app

#include "server/audit/entry_words.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "server/audit/entry_facts.h"
#include "server/base/proto_time.h"

namespace resultgate::audit {
namespace {

// `sha256:` and what tells packs apart.
constexpr size_t kShortDigest = 19;

// `BEING_CORRECTED` as a person writes it: `being corrected`.
std::string Words(absl::string_view name, absl::string_view prefix) {
  return absl::StrReplaceAll(EnumWord(name, prefix), {{"-", " "}});
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
  std::string text = Words(v1::ReviewAction_Name(reviewed.action()), "REVIEW_ACTION_");
  const std::string counts = Counts(reviewed.outcomes());
  if (!counts.empty()) absl::StrAppend(&text, ": ", counts);
  if (!reviewed.reason().empty()) absl::StrAppend(&text, "; ", reviewed.reason());
  return text;
}

std::string Plural(int64_t count, absl::string_view one) {
  return absl::StrCat(count, " ", one, count == 1 ? "" : "s");
}

// A public key `NAME+HASH+BASE64` as people tell keys apart: `NAME+HASH`.
absl::string_view KeyName(absl::string_view key) {
  const size_t hash = key.find('+');
  return hash == absl::string_view::npos ? key : key.substr(0, key.find('+', hash + 1));
}

// `ApproveReview: FAILED_PRECONDITION; reviewer, version; 12 more were only counted`.
std::string CallRefusedText(const v1::Entry::CallRefused& refused) {
  if (refused.call().empty()) return absl::StrCat(Plural(refused.left_out(), "more refused call"), ", only counted");
  std::string text = absl::StrCat(refused.call(), ": ", refused.code());
  if (!refused.fields().empty()) absl::StrAppend(&text, "; ", absl::StrJoin(refused.fields(), ", "));
  if (refused.left_out() > 0)
    absl::StrAppend(&text, "; ", Plural(refused.left_out(), "more refused call"), " before, only counted");
  return text;
}

// `clock: none, now 2026-03-06T21:05:00-05:00; listen: 127.0.0.1:1, now 127.0.0.1:2`.
std::string ConfigurationText(const v1::Entry::ConfigurationChanged& changed) {
  const auto value = [](bool has, const std::string& text) { return !has ? "none" : text.empty() ? "empty" : text; };
  return absl::StrJoin(changed.changes(), "; ", [&value](std::string* out, const auto& change) {
    absl::StrAppend(out, change.name(), ": ", value(change.has_before(), change.before()), ", now ",
                    value(change.has_now(), change.now()));
  });
}

std::string QueryText(const v1::Entry::Queried& queried) {
  std::string text = Words(v1::Query_Name(queried.query()), "QUERY_");
  if (queried.report() != v1::REPORT_KIND_UNSPECIFIED) {
    absl::StrAppend(&text, " ", EnumWord(v1::ReportKind_Name(queried.report()), "REPORT_KIND_"));
  }
  if (!queried.format().empty()) absl::StrAppend(&text, " as ", queried.format());
  if (queried.kind() != v1::ENTRY_KIND_UNSPECIFIED) {
    absl::StrAppend(&text, " of kind ", EnumWord(v1::EntryKind_Name(queried.kind()), "ENTRY_KIND_"));
  }
  if (!queried.filter().empty()) absl::StrAppend(&text, " where ", queried.filter());
  return absl::StrCat(text, ", ", queried.answered(), " given");
}

// `releases 3, 4, 5 sent, to portal-1`; of many their number.
std::string DeliveredText(const v1::Entry::Delivered& delivered) {
  constexpr int kMostNamed = 6;
  const auto& sequences = delivered.release_sequences();
  const std::string which = sequences.size() > kMostNamed
                                ? Plural(sequences.size(), "release")
                                : absl::StrCat(sequences.size() == 1 ? "release " : "releases ", absl::StrJoin(sequences, ", "));
  return absl::StrCat(which, delivered.broken() ? " not written: the stream broke" : " sent",
                      delivered.consumer().empty() ? "" : absl::StrCat(", to ", delivered.consumer()));
}

// `laboratory, final, 58410-2, 14 observations`.
std::string FactsText(const v1::Entry::DecisionFacts& facts) {
  std::vector<std::string> parts = {EnumWord(v1::Section_Name(facts.section()), "SECTION_"),
                                    EnumWord(v1::ResultStatus_Name(facts.status()), "RESULT_STATUS_")};
  for (const v1::Coding& coding : facts.codes()) parts.push_back(coding.code());
  if (!facts.units().empty()) parts.push_back(Plural(facts.units_size(), "observation"));
  return absl::StrJoin(parts, ", ");
}

std::string ErasedText(const v1::Entry::Erased& erased) {
  std::vector<std::string> parts = {Plural(erased.reports(), "report")};
  if (erased.comments() > 0) parts.push_back(Plural(erased.comments(), "comment"));
  if (erased.releases() > 0) parts.push_back(Plural(erased.releases(), "release"));
  parts.push_back(Plural(erased.keys(), "key"));
  const std::string why = erased.cause() == v1::ERASURE_CAUSE_RETENTION
                              ? absl::StrCat("after ", erased.retention())
                              : absl::StrCat("approved by ", erased.approved_by(), ": ", erased.reason());
  std::string text = absl::StrCat("contents erased, ", why, "; ", absl::StrJoin(parts, ", "));
  if (erased.has_facts()) absl::StrAppend(&text, "; of ", FactsText(erased.facts()));
  return text;
}

// Who is known to have seen it, each once, with how often.
std::string ViewsText(const google::protobuf::RepeatedPtrField<v1::Entry::View>& views) {
  std::map<std::string, int64_t> times;
  for (const v1::Entry::View& view : views) {
    const std::string as =
        view.audience() == v1::AUDIENCE_UNSPECIFIED ? "clinician" : EnumWord(v1::Audience_Name(view.audience()), "AUDIENCE_");
    ++times[view.actor().empty() ? as : absl::StrCat(as, " ", view.actor())];
  }
  if (times.empty()) return "seen by nobody who is known";
  return absl::StrCat("seen by ", absl::StrJoin(times, ", ", [](std::string* out, const auto& seen) {
                        absl::StrAppend(out, seen.first, seen.second > 1 ? absl::StrCat(" (", seen.second, " times)") : "");
                      }));
}

}  // namespace

std::string LocalTime(const google::protobuf::Timestamp& time, absl::TimeZone zone) {
  return absl::FormatTime("%a %Y-%m-%d %H:%M", base::FromProto(time), zone);
}

std::string AudiencesText(const google::protobuf::RepeatedField<int>& audiences) {
  std::vector<std::string> names;
  for (const int audience : {v1::AUDIENCE_PATIENT, v1::AUDIENCE_REPRESENTATIVE, v1::AUDIENCE_DELEGATE}) {
    if (std::find(audiences.begin(), audiences.end(), audience) == audiences.end()) continue;
    names.push_back(Words(v1::Audience_Name(audience), "AUDIENCE_"));
  }
  return names.size() == 3 ? "" : absl::StrJoin(names, ", ");
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
      return Words(v1::Disposition_Name(outcome.disposition()), "DISPOSITION_");
  }
}

std::string OwnerText(const v1::Owner& owner) {
  return owner.person().value().empty() ? owner.role() : absl::StrCat(owner.role(), " (", owner.person().value(), ")");
}

std::string DisposalText(v1::SubmitResultResponse::Disposal disposal, int version) {
  if (disposal == v1::SubmitResultResponse::DISPOSAL_NEW_VERSION) return absl::StrCat("version ", version);
  return Words(v1::SubmitResultResponse::Disposal_Name(disposal), "DISPOSAL_");
}

std::string ReleaseKindText(v1::ReleaseKind kind) {
  return Words(v1::ReleaseKind_Name(kind), "RELEASE_KIND_");
}

std::string CodesText(const google::protobuf::RepeatedPtrField<v1::Coding>& codes) {
  return absl::StrJoin(codes, ", ", [](std::string* out, const v1::Coding& coding) {
    absl::StrAppend(out, coding.code(), coding.system().empty() ? "" : absl::StrCat(" (", coding.system(), ")"));
  });
}

std::string PeerText(const v1::Entry& entry) {
  const std::string& peer = entry.peer().empty() ? entry.call_refused().peer() : entry.peer();
  absl::string_view address = peer;
  if (!absl::ConsumePrefix(&address, "ipv4:") && !absl::ConsumePrefix(&address, "ipv6:")) return peer;
  // One of version 6 stands in brackets, and those as in a URL.
  return absl::StrReplaceAll(address, {{"%5B", ""}, {"%5D", ""}, {"[", ""}, {"]", ""}, {"%25", "%"}});
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
      return absl::StrCat(entry.acknowledged().release_sequences_size() == 1 ? "release " : "releases ",
                          absl::StrJoin(entry.acknowledged().release_sequences(), ", "));
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
                          incident.unit_ids().empty()
                              ? "nothing had been shown"
                              : absl::StrCat(Plural(incident.unit_ids_size(), "unit"), " shown for ",
                                             Plural(incident.minutes_exposed(), "minute"), ", ", ViewsText(incident.views())),
                          "; for ", incident.owner().role());
    }
    case v1::Entry::kOverdue:
      return absl::StrCat(Plural(entry.overdue().results(), "result"), " came due while the gate was not running");
    case v1::Entry::kPatientChanged: {
      const v1::Entry::PatientChanged& changed = entry.patient_changed();
      return absl::StrCat("patient ", changed.patient_id(), ": ",
                          changed.facts().empty() ? "told again, nothing new" : absl::StrJoin(changed.facts(), ", "));
    }
    case v1::Entry::kPatientsMerged: {
      const v1::Entry::PatientsMerged& merged = entry.patients_merged();
      return absl::StrCat("patient ", merged.merged_id(), merged.undone() ? " is no longer one with " : " is one with patient ",
                          merged.survivor_id());
    }
    case v1::Entry::kReconsidered:
      return absl::StrCat(Counts(entry.reconsidered().outcomes()),
                          entry.reconsidered().outcomes().empty() || entry.reconsidered().reasons().empty() ? "" : "; ",
                          absl::StrJoin(entry.reconsidered().reasons(), "; "));
    case v1::Entry::kDirectoryChanged:
      return absl::StrCat(entry.directory_changed().owner().id(), entry.directory_changed().removed() ? ", taken away" : "");
    case v1::Entry::kReviewed:
      return ReviewedText(entry.reviewed());
    case v1::Entry::kReleaseRequested: {
      const std::string counts = Counts(entry.release_requested().outcomes());
      const auto& reviewed = entry.release_requested().reviewed_determination_ids();
      return absl::StrCat(
          "by the ", Words(v1::Audience_Name(entry.release_requested().audience()), "AUDIENCE_"),
          counts.empty() ? "; nothing went" : absl::StrCat(": ", counts),
          reviewed.empty() ? "" : absl::StrCat("; another clinician is to review determination ", absl::StrJoin(reviewed, ", ")));
    }
    case v1::Entry::kFollowedUp: {
      const v1::Entry::FollowedUp& followed_up = entry.followed_up();
      const std::string audience = Words(v1::Audience_Name(followed_up.audience()), "AUDIENCE_");
      return absl::StrCat(Words(v1::FollowUpKind_Name(followed_up.kind()), "FOLLOW_UP_KIND_"),
                          followed_up.kind() == v1::FOLLOW_UP_KIND_VIEWED ? absl::StrCat(" as ", audience) : "",
                          followed_up.category().empty() ? "" : absl::StrCat(": ", followed_up.category()));
    }
    case v1::Entry::kQueried:
      return QueryText(entry.queried());
    case v1::Entry::kCallRefused:
      return CallRefusedText(entry.call_refused());
    case v1::Entry::kConfigurationChanged:
      return ConfigurationText(entry.configuration_changed());
    case v1::Entry::kLogKeyChanged:
      return absl::StrCat("signed by ", KeyName(entry.log_key_changed().now()), ", before by ",
                          KeyName(entry.log_key_changed().before()));
    case v1::Entry::kErased:
      return ErasedText(entry.erased());
    case v1::Entry::kLegalHoldChanged: {
      const v1::Entry::LegalHoldChanged& changed = entry.legal_hold_changed();
      return absl::StrCat("legal hold ", changed.legal_hold_id(), changed.ended() ? " ended" : " placed",
                          changed.patient_id() == 0 ? "" : absl::StrCat(", on the results of patient ", changed.patient_id()),
                          changed.kept_of() == 0 ? "" : absl::StrCat(", who was found to be two, as hold ", changed.kept_of()),
                          ": ", changed.reason());
    }
    case v1::Entry::kDelivered:
      return DeliveredText(entry.delivered());
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

}  // namespace resultgate::audit

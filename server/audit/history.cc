#include "server/audit/history.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/audit/entry_facts.h"
#include "server/audit/entry_words.h"
#include "server/base/proto_time.h"

namespace resultgate::audit {
namespace {

constexpr int kMostUnits = 6;

std::string Units(const google::protobuf::RepeatedPtrField<std::string>& ids) {
  if (ids.size() > kMostUnits) return absl::StrCat(ids.size(), " units");
  return absl::StrCat(ids.size() == 1 ? "unit " : "units ", absl::StrJoin(ids, ", "));
}

std::string Audiences(const google::protobuf::RepeatedField<int>& audiences) {
  const std::string text = AudiencesText(audiences);
  return text.empty() ? "everybody" : text;
}

// What is known when an entry is told.
struct Told {
  absl::TimeZone zone;
  AskedBy asked_by;
  std::string pack_digest;                // of the pack that decided the result last
  std::optional<absl::Time> clock_start;  // of the version before
  std::set<absl::Time> received;          // when versions came
  std::map<int64_t, std::string> releases;
};

std::string BasisText(const v1::Basis& basis) {
  std::string text = EnumWord(v1::BasisType_Name(basis.type()), "BASIS_TYPE_");
  if (!basis.citation().empty()) absl::StrAppend(&text, ": ", basis.citation());
  return text;
}

// How long a rule asks for, and from when on.
std::string AskedText(const v1::AppliedRule& rule, const v1::Outcome& outcome, const Told& told) {
  const std::string asked = told.asked_by == nullptr ? "" : told.asked_by(told.pack_digest, rule.rule_id(), rule.effect());
  std::string text = asked.empty() ? "" : absl::StrCat("; asks for ", asked);
  const bool of_review = rule.effect() == v1::RULE_EFFECT_REVIEW && outcome.review().has_started_at();
  if (!of_review && !rule.has_clock_start()) return text;
  return absl::StrCat(text, asked.empty() ? "; from " : " from ",
                      LocalTime(of_review ? outcome.review().started_at() : rule.clock_start(), told.zone), " on");
}

// Why it waits, a line for each rule that holds it.
void AddReasons(const v1::Outcome& outcome, const Told& told, std::vector<std::string>* lines) {
  for (const v1::AppliedRule& rule : outcome.rules()) {
    if (rule.effect() == v1::RULE_EFFECT_PERMIT || rule.effect() == v1::RULE_EFFECT_NEXT_STEP) continue;
    std::string line = absl::StrCat("  because of rule ", rule.rule_id(), " (",
                                    EnumWord(v1::RuleEffect_Name(rule.effect()), "RULE_EFFECT_"), ")");
    if (rule.has_basis() && rule.basis().type() != v1::BASIS_TYPE_UNSPECIFIED) {
      absl::StrAppend(&line, ", basis ", BasisText(rule.basis()));
    }
    absl::StrAppend(&line, AskedText(rule, outcome, told));
    if (rule.lifted()) absl::StrAppend(&line, "; lifted");
    if (!rule.unknown_facts().empty()) absl::StrAppend(&line, "; not known: ", absl::StrJoin(rule.unknown_facts(), ", "));
    lines->push_back(std::move(line));
  }
  if (outcome.has_review()) {
    const v1::Review& review = outcome.review();
    for (const v1::ReviewTurn& turn : review.turns()) {
      lines->push_back(absl::StrCat("  waits for ", OwnerText(turn.owner()), " until ", LocalTime(turn.until(), told.zone)));
    }
    lines->push_back(absl::StrCat("  the review ends by itself ", LocalTime(review.expires_at(), told.zone)));
    if (review.overruns() > 0) {
      lines->push_back(
          absl::StrCat("  its time was over ", review.overruns() == 1 ? "once" : absl::StrCat(review.overruns(), " times")));
    }
  }
  for (const std::string& conflict : outcome.conflicts()) lines->push_back(absl::StrCat("  conflict: ", conflict));
}

void AddOutcome(const v1::Outcome& outcome, const Told& told, std::vector<std::string>* lines) {
  const absl::TimeZone zone = told.zone;
  std::string line = absl::StrCat(Units(outcome.unit_ids()), " for ", Audiences(outcome.audiences()), ": ", OutcomeText(outcome));
  const bool held = outcome.state() == v1::OUTCOME_STATE_HELD;
  if (held && outcome.has_not_before()) absl::StrAppend(&line, ", not before ", LocalTime(outcome.not_before(), zone));
  if (held && outcome.has_withheld_until()) absl::StrAppend(&line, ", until ", LocalTime(outcome.withheld_until(), zone));
  if (held && outcome.has_not_after()) absl::StrAppend(&line, ", not after ", LocalTime(outcome.not_after(), zone));
  if (outcome.review().has_approved_at()) {
    absl::StrAppend(&line, ", approved by ", outcome.review().approved_by(), " ",
                    LocalTime(outcome.review().approved_at(), zone));
  }
  lines->push_back(std::move(line));
  if (held) AddReasons(outcome, told, lines);
}

// Where legal times run from, and why.
void AddClock(const v1::Entry& entry, const Told& told, std::vector<std::string>* lines) {
  const v1::Decision& decision = entry.decided().decision();
  if (!decision.has_clock_start()) {
    lines->emplace_back("legal times do not run yet: nothing final has come");
    return;
  }
  const absl::Time start = base::FromProto(decision.clock_start());
  std::string why;
  if (told.clock_start == start) {
    why = "as for the version before";
  } else if (told.received.count(start) > 0) {
    why = "when an earlier version came";
  } else if (start == base::FromProto(entry.time())) {
    why = "when it came";
  } else {
    why = told.received.empty() ? "when it was issued" : "when it, or an earlier version, was issued";
  }
  for (const v1::Issue& issue : entry.decided().issues()) {
    if (issue.place() == "issued") absl::StrAppend(&why, "; ", issue.message());
  }
  lines->push_back(absl::StrCat("legal times run from ", LocalTime(decision.clock_start(), told.zone), ", ", why));
}

// The facts that outlive the contents.
void AddFacts(const v1::Entry::DecisionFacts& facts, absl::TimeZone zone, std::vector<std::string>* lines) {
  const auto issued = [zone](const auto& part) {
    return part.has_issued() ? absl::StrCat(", issued ", LocalTime(part.issued(), zone)) : "";
  };
  const auto codes = [](const auto& part) { return part.codes().empty() ? "" : absl::StrCat(", ", CodesText(part.codes())); };
  const auto status = [](v1::ResultStatus value) { return EnumWord(v1::ResultStatus_Name(value), "RESULT_STATUS_"); };
  lines->push_back(absl::StrCat("what was erased was of ", EnumWord(v1::Section_Name(facts.section()), "SECTION_"), ", ",
                                status(facts.status()), issued(facts), codes(facts)));
  for (const v1::Entry::DecisionFacts::Unit& unit : facts.units()) {
    lines->push_back(absl::StrCat("  unit ", unit.unit_id(), ": ", status(unit.status()), issued(unit), codes(unit)));
  }
}

void AddRelease(const v1::ReleaseNote& note, absl::TimeZone zone, std::vector<std::string>* lines) {
  std::string line = absl::StrCat("release ", note.sequence(), " (", ReleaseKindText(note.kind()), "): ", Units(note.unit_ids()),
                                  " to ", Audiences(note.audiences()));
  if (note.has_expected_by()) absl::StrAppend(&line, ", expected by ", LocalTime(note.expected_by(), zone));
  if (!note.template_id().empty()) absl::StrAppend(&line, ", comment ", note.template_id(), " in ", note.language());
  if (note.parts_size() > 0) {
    absl::StrAppend(&line, " with parts of ", absl::StrJoin(note.parts(), ", ", [](std::string* out, const auto& part) {
      absl::StrAppend(out, part.template_id());
    }));
  }
  if (!note.clinician().empty()) absl::StrAppend(&line, ", with words of ", note.clinician());
  lines->push_back(std::move(line));
}

// What people write may go over several lines; nothing that they write looks like a line of the log.
std::string OneLine(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < ' ' || c == 0x7F; }, ' ');
  return text;
}

std::string ReleaseText(int64_t sequence, const Told& told) {
  const auto found = told.releases.find(sequence);
  return absl::StrCat("release ", sequence, found == told.releases.end() ? "" : absl::StrCat(": ", found->second));
}

// What else an entry tells, beside outcomes and releases.
void AddRest(const v1::Entry& entry, const Told& told, std::vector<std::string>* lines) {
  for (const int64_t sequence : entry.delivered().release_sequences()) {
    lines->push_back(absl::StrCat(entry.delivered().broken() ? "not written: " : "sent: ", ReleaseText(sequence, told)));
  }
  for (const int64_t sequence : entry.acknowledged().release_sequences()) {
    lines->push_back(absl::StrCat("since then the portal shows ", ReleaseText(sequence, told)));
  }
  if (entry.reviewed().has_determination()) {
    const v1::Determination& determination = entry.reviewed().determination();
    lines->push_back(absl::StrCat("determination ", determination.id(), " (",
                                  EnumWord(v1::BasisType_Name(determination.type()), "BASIS_TYPE_"), ") of ",
                                  determination.determined_by(), ", until ", LocalTime(determination.until(), told.zone)));
  }
  if (entry.followed_up().has_happened_at()) {
    const std::string happened = LocalTime(entry.followed_up().happened_at(), told.zone);
    if (happened != LocalTime(entry.time(), told.zone)) lines->push_back(absl::StrCat("it happened ", happened));
  }
  if (entry.release_requested().has_answered_until()) {
    lines->push_back(absl::StrCat("told that it waits until ", LocalTime(entry.release_requested().answered_until(), told.zone)));
  }
  for (const v1::Entry::View& view : entry.incident().views()) {
    lines->push_back(absl::StrCat(
        "seen by ", view.actor().empty() ? "somebody" : view.actor(), " as ",
        view.audience() == v1::AUDIENCE_UNSPECIFIED ? "clinician" : EnumWord(v1::Audience_Name(view.audience()), "AUDIENCE_"),
        " ", LocalTime(view.time(), told.zone)));
  }
  if (entry.erased().has_facts()) AddFacts(entry.erased().facts(), told.zone, lines);
}

// What later entries are told by.
void Learn(const v1::Entry& entry, Told* told) {
  const v1::Decision& decision = entry.has_approved() ? entry.approved().decided() : entry.decided().decision();
  if (!decision.pack_digest().empty()) told->pack_digest = decision.pack_digest();
  if (entry.redecided().whole()) told->pack_digest = entry.redecided().pack_digest();
}

}  // namespace

v1::GetHistoryResponse HistoryOf(const std::vector<v1::Entry>& entries, absl::TimeZone zone, const AskedBy& asked_by) {
  v1::GetHistoryResponse history;
  Told told;
  told.zone = zone;
  told.asked_by = asked_by;
  for (const v1::Entry& entry : entries) {
    v1::GetHistoryResponse::Event* event = history.add_events();
    event->set_sequence(entry.sequence());
    *event->mutable_time() = entry.time();
    event->set_actor(entry.actor());
    event->set_kind(KindWord(entry));
    event->set_version(entry.version());
    event->set_text(EntryText(entry));
    Learn(entry, &told);
    std::vector<std::string> lines;
    const EntryFacts facts = FactsOf(entry);
    for (const v1::Outcome* outcome : facts.outcomes) AddOutcome(*outcome, told, &lines);
    for (const v1::ReleaseNote* note : facts.releases) {
      AddRelease(*note, zone, &lines);
      told.releases[note->sequence()] =
          absl::StrCat(Units(note->unit_ids()), " (", ReleaseKindText(note->kind()), "), ", Audiences(note->audiences()));
    }
    AddRest(entry, told, &lines);
    if (entry.has_decided() && !entry.decided().decision().pack().empty()) {
      const v1::Decision& decision = entry.decided().decision();
      AddClock(entry, told, &lines);
      lines.push_back(absl::StrCat("decided by pack ", decision.pack(), " ", decision.pack_digest()));
      told.clock_start = decision.has_clock_start() ? std::optional(base::FromProto(decision.clock_start())) : std::nullopt;
    }
    if (entry.has_decided()) told.received.insert(base::FromProto(entry.time()));
    const std::string peer = PeerText(entry);
    absl::StrAppend(history.mutable_text(), LocalTime(entry.time(), zone), "  ", OneLine(event->actor()),
                    entry.on_behalf_of().empty() ? "" : absl::StrCat(" for ", OneLine(entry.on_behalf_of())), ": ", event->kind(),
                    ", ", OneLine(event->text()), "  [entry ", event->sequence(),
                    event->version() > 0 ? absl::StrCat(", version ", event->version()) : "",
                    peer.empty() ? "" : absl::StrCat(", from ", OneLine(peer)), "]\n");
    for (std::string& line : lines) {
      absl::StrAppend(history.mutable_text(), "  ", OneLine(line), "\n");
      event->add_details(std::move(line));
    }
  }
  return history;
}

}  // namespace resultgate::audit

#include "server/audit/history.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/audit/entry_facts.h"
#include "server/audit/entry_words.h"

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

std::string BasisText(const v1::Basis& basis) {
  std::string text = EnumWord(v1::BasisType_Name(basis.type()), "BASIS_TYPE_");
  if (!basis.citation().empty()) absl::StrAppend(&text, ": ", basis.citation());
  return text;
}

// Why it waits, a line for each rule that holds it.
void AddReasons(const v1::Outcome& outcome, absl::TimeZone zone, std::vector<std::string>* lines) {
  for (const v1::AppliedRule& rule : outcome.rules()) {
    if (rule.effect() == v1::RULE_EFFECT_PERMIT || rule.effect() == v1::RULE_EFFECT_NEXT_STEP) continue;
    std::string line = absl::StrCat("  because of rule ", rule.rule_id(), " (",
                                    EnumWord(v1::RuleEffect_Name(rule.effect()), "RULE_EFFECT_"), ")");
    if (rule.has_basis() && rule.basis().type() != v1::BASIS_TYPE_UNSPECIFIED) {
      absl::StrAppend(&line, ", basis ", BasisText(rule.basis()));
    }
    if (rule.lifted()) absl::StrAppend(&line, "; lifted");
    if (!rule.unknown_facts().empty()) absl::StrAppend(&line, "; not known: ", absl::StrJoin(rule.unknown_facts(), ", "));
    lines->push_back(std::move(line));
  }
  if (outcome.has_review()) {
    const v1::Review& review = outcome.review();
    for (const v1::ReviewTurn& turn : review.turns()) {
      lines->push_back(absl::StrCat("  waits for ", OwnerText(turn.owner()), " until ", LocalTime(turn.until(), zone)));
    }
    lines->push_back(absl::StrCat("  the review ends by itself ", LocalTime(review.expires_at(), zone)));
    if (review.overruns() > 0) lines->push_back(absl::StrCat("  its time was over ", review.overruns(), " times"));
  }
  for (const std::string& conflict : outcome.conflicts()) lines->push_back(absl::StrCat("  conflict: ", conflict));
}

void AddOutcome(const v1::Outcome& outcome, absl::TimeZone zone, std::vector<std::string>* lines) {
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
  if (held) AddReasons(outcome, zone, lines);
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

}  // namespace

v1::GetHistoryResponse HistoryOf(const std::vector<v1::Entry>& entries, absl::TimeZone zone) {
  v1::GetHistoryResponse history;
  std::map<int64_t, std::string> shown_to;  // by release
  for (const v1::Entry& entry : entries) {
    v1::GetHistoryResponse::Event* event = history.add_events();
    event->set_sequence(entry.sequence());
    *event->mutable_time() = entry.time();
    event->set_actor(entry.actor());
    event->set_kind(KindWord(entry));
    event->set_version(entry.version());
    event->set_text(EntryText(entry));
    std::vector<std::string> lines;
    const EntryFacts facts = FactsOf(entry);
    for (const v1::Outcome* outcome : facts.outcomes) AddOutcome(*outcome, zone, &lines);
    for (const v1::ReleaseNote* note : facts.releases) {
      AddRelease(*note, zone, &lines);
      shown_to[note->sequence()] =
          absl::StrCat(Units(note->unit_ids()), " (", ReleaseKindText(note->kind()), "), ", Audiences(note->audiences()));
    }
    for (const int64_t sequence : entry.acknowledged().release_sequences()) {
      const auto found = shown_to.find(sequence);
      lines.push_back(absl::StrCat("since then the portal shows release ", sequence,
                                   found == shown_to.end() ? "" : absl::StrCat(": ", found->second)));
    }
    if (entry.reviewed().has_determination()) {
      const v1::Determination& determination = entry.reviewed().determination();
      lines.push_back(absl::StrCat("determination ", determination.id(), " (",
                                   EnumWord(v1::BasisType_Name(determination.type()), "BASIS_TYPE_"), ") of ",
                                   determination.determined_by(), ", until ", LocalTime(determination.until(), zone)));
    }
    if (entry.has_decided() && !entry.decided().decision().pack().empty()) {
      const v1::Decision& decision = entry.decided().decision();
      lines.push_back(absl::StrCat("decided by pack ", decision.pack(), " ", decision.pack_digest()));
    }
    absl::StrAppend(history.mutable_text(), LocalTime(entry.time(), zone), "  ", OneLine(event->actor()), ": ", event->kind(),
                    ", ", OneLine(event->text()), "  [entry ", event->sequence(),
                    event->version() > 0 ? absl::StrCat(", version ", event->version()) : "", "]\n");
    for (std::string& line : lines) {
      absl::StrAppend(history.mutable_text(), "  ", OneLine(line), "\n");
      event->add_details(std::move(line));
    }
  }
  return history;
}

}  // namespace resultgate::audit

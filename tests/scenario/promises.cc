#include "tests/scenario/promises.h"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <set>
#include <tuple>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/base/digest.h"
#include "server/base/proto_time.h"
#include "server/policy/outcomes.h"
#include "server/policy/review_plan.h"
#include "server/policy/units.h"
#include "tests/gate/small_packs.h"

namespace resultgate::scenario {
namespace {

using base::FromProto;
using policy::kDocument;

constexpr absl::Duration kImagingFloor = absl::Hours(72);
constexpr absl::Duration kLetterFloor = absl::Hours(24);
constexpr absl::Duration kTissueCeiling = absl::Hours(40);
constexpr absl::Duration kPrivateFromParents = absl::Hours(24 * 29);  // 30 local days, and one for time zones
constexpr absl::Duration kShortestReview = absl::Hours(20);           // a working day

int Rank(v1::ResultStatus status) {
  switch (status) {
    case v1::RESULT_STATUS_PRELIMINARY:
      return 2;
    case v1::RESULT_STATUS_FINAL:
      return 3;
    case v1::RESULT_STATUS_CORRECTED:
    case v1::RESULT_STATUS_APPENDED:
      return 4;
    case v1::RESULT_STATUS_CANCELLED:
      return 5;
    case v1::RESULT_STATUS_ENTERED_IN_ERROR:
      return 6;
    default:
      return 0;
  }
}

bool IsFinal(v1::ResultStatus status) {
  return status == v1::RESULT_STATUS_FINAL || status == v1::RESULT_STATUS_CORRECTED || status == v1::RESULT_STATUS_APPENDED;
}

const std::string& PatientOf(const v1::DiagnosticReport& report) {
  return report.patient().identifiers(0).value();
}

// The patient's numbers that the order's messages had, as far as they were one patient's when the later of two came. What was
// said under one of them was said of the patient. `separated`: when two of them first were two patients again.
struct Numbers {
  std::set<std::string> all;
  absl::Time separated = absl::InfiniteFuture();

  bool Has(const v1::DiagnosticReport& report) const { return all.count(PatientOf(report)) > 0; }
};

Numbers NumbersOf(const View& view, const std::string& mrn) {
  Numbers numbers;
  numbers.all = {mrn};
  const bool one_number = std::all_of(view.order.sent.begin(), view.order.sent.end(),
                                      [&](const Sent& sent) { return PatientOf(sent.report) == mrn; });
  if (one_number) return numbers;
  for (size_t before = 0; before != numbers.all.size();) {
    before = numbers.all.size();
    for (size_t i = 0; i < view.order.sent.size(); ++i) {
      for (size_t j = 0; j < i; ++j) {
        const std::string& later = PatientOf(view.order.sent[i].report);
        const std::string& earlier = PatientOf(view.order.sent[j].report);
        const absl::Time at = view.order.sent[i].received;
        if (later == earlier || view.people.FamilyAt(later, at).count(earlier) == 0) continue;
        if (numbers.all.count(later) + numbers.all.count(earlier) == 0) continue;
        numbers.all.insert({later, earlier});
        numbers.separated = std::min(numbers.separated, view.people.AreTwoAfter(later, earlier, at));
      }
    }
  }
  return numbers;
}

// Once they are two again, what was said of whom nobody can say.
bool IsTangled(const View& view, const std::string& mrn) {
  return NumbersOf(view, mrn).separated <= view.now;
}

// The last word of the sender on a unit of one patient's report, by time, then by status.
struct LastWord {
  const v1::Observation* observation = nullptr;
  v1::ResultStatus status = v1::RESULT_STATUS_UNSPECIFIED;
  bool disputed = false;  // two messages of one time and status
};

using When = std::tuple<absl::Time, int>;

When WhenOf(const v1::DiagnosticReport& report) {
  return {FromProto(report.issued()), Rank(report.status())};
}

LastWord LastWordOn(const View& view, const std::string& mrn, const std::string& unit) {
  const Order& order = view.order;
  const Numbers numbers = NumbersOf(view, mrn);
  LastWord last;
  When when(absl::InfinitePast(), 0);
  When report_when = when;
  v1::ResultStatus report_status = v1::RESULT_STATUS_UNSPECIFIED;
  for (const Sent& sent : order.sent) {
    if (!numbers.Has(sent.report)) continue;
    const When at = WhenOf(sent.report);
    // Of one that corrects and one that adds, of one time, nobody can tell which is the last.
    const bool adds = sent.report.status() == v1::RESULT_STATUS_APPENDED;
    if (at > report_when || (at == report_when && adds)) {
      report_when = at;
      report_status = sent.report.status();
    }
    for (const v1::Observation& observation : sent.report.observations()) {
      if (observation.id() != unit) continue;
      const bool same_time = at == when && last.observation != nullptr;
      if (same_time && last.observation->quantity().value() != observation.quantity().value()) last.disputed = true;
      if (same_time && adds) last.status = sent.report.status();
      if (at <= when) continue;
      when = at;
      last = {&observation, sent.report.status(), false};
    }
  }
  if (unit == kDocument) last.status = report_status;
  // What is said of the whole report is said of all that it holds.
  if (report_status == v1::RESULT_STATUS_ENTERED_IN_ERROR || report_status == v1::RESULT_STATUS_CANCELLED) {
    if (last.status != v1::RESULT_STATUS_ENTERED_IN_ERROR) last.status = report_status;
  }
  return last;
}

// The document is no further than any observation of its report.
v1::ResultStatus LastStatusOf(const View& view, const std::string& mrn, const std::string& unit) {
  v1::ResultStatus status = LastWordOn(view, mrn, unit).status;
  if (unit != kDocument || !IsFinal(status)) return status;
  for (const v1::Observation& observation : view.result.report().observations()) {
    const v1::ResultStatus other = LastWordOn(view, mrn, observation.id()).status;
    if (Rank(other) < Rank(v1::RESULT_STATUS_FINAL)) status = other;
  }
  return status;
}

// True if what it lacks of a document stands no more after versions of that rank: it is sent whole, and corrects, or is of a
// later stage. An addendum only adds; and what says that all of it was wrong, or was not made, need not say again what that was.
bool TakesOut(const v1::DiagnosticReport& report, int rank_before) {
  const bool tells_what_it_is = report.status() == v1::RESULT_STATUS_PRELIMINARY || report.status() == v1::RESULT_STATUS_FINAL;
  const bool is_later = tells_what_it_is && Rank(report.status()) > rank_before;
  return report.snapshot() && (is_later || report.status() == v1::RESULT_STATUS_CORRECTED);
}

// What stands of one part of a document: the sender's last words, and what was added to them since.
struct LastWords {
  std::vector<std::string> words;
  bool disputed = false;  // two messages of one time and status
};

// `said`: by all messages of one time and status. An addendum does not tell which of two words before it is right.
void Hear(const std::vector<const v1::DiagnosticReport*>& said, size_t part, int rank_before, LastWords* last) {
  std::set<std::string> words;
  bool only_adds = true;
  for (const v1::DiagnosticReport* report : said) {
    const std::string of_report = WordsOf(*report)[part];
    if (of_report.empty() && !TakesOut(*report, rank_before)) continue;
    words.insert(of_report);
    only_adds = only_adds && report->status() == v1::RESULT_STATUS_APPENDED;
  }
  if (words.empty()) return;
  if (!only_adds) *last = {};
  last->disputed = last->disputed || words.size() > 1;
  const std::string& one = *words.rbegin();
  const bool is_new = std::find(last->words.begin(), last->words.end(), one) == last->words.end();
  if (!one.empty() && is_new) last->words.push_back(one);
}

// On the document of one patient's report, part by part.
using LastDocument = std::array<LastWords, std::tuple_size<Words>::value>;

LastDocument LastDocumentOf(const View& view, const std::string& mrn) {
  const Numbers numbers = NumbersOf(view, mrn);
  std::map<When, std::vector<const v1::DiagnosticReport*>> said;
  for (const Sent& sent : view.order.sent) {
    if (numbers.Has(sent.report)) said[WhenOf(sent.report)].push_back(&sent.report);
  }
  LastDocument last;
  int rank_before = std::numeric_limits<int>::max();  // before the first there is no stage
  for (const auto& [when, reports] : said) {
    for (size_t part = 0; part < last.size(); ++part) Hear(reports, part, rank_before, &last[part]);
    rank_before = std::get<int>(when);
  }
  return last;
}

// True if the text is these words, or, where not `all`, some of them; what stands between them is not the sender's.
bool Says(std::string text, const std::vector<std::string>& words, bool all) {
  for (const std::string& one : words) {
    const size_t at = text.find(one);
    if (at != std::string::npos) text.erase(at, one.size());
    if (at == std::string::npos && all) return false;
  }
  return std::all_of(text.begin(), text.end(), absl::ascii_isspace);
}

// The gate starts anew with what moves a report to another patient, and back: of what was said before it need not know.
bool WasMoved(const View& view, const std::string& mrn) {
  const Numbers numbers = NumbersOf(view, mrn);
  return std::any_of(view.order.sent.begin(), view.order.sent.end(),
                     [&numbers](const Sent& sent) { return !numbers.Has(sent.report); });
}

// When something of the patient's report was first final, of all that had come by then.
absl::Time FirstFinal(const View& view, const std::string& mrn, absl::Time by) {
  const Numbers numbers = NumbersOf(view, mrn);
  absl::Time first = absl::InfiniteFuture();
  for (const Sent& sent : view.order.sent) {
    if (!numbers.Has(sent.report) || sent.received > by || !IsFinal(sent.report.status())) continue;
    first = std::min({first, FromProto(sent.report.issued()), sent.received});
  }
  return first;
}

bool AnyBy(const std::map<int64_t, std::vector<absl::Time>>& times, int64_t result_id, absl::Time by) {
  const auto found = times.find(result_id);
  return found != times.end() &&
         std::any_of(found->second.begin(), found->second.end(), [by](absl::Time at) { return at <= by; });
}

// How often somebody approved it, or its provider released it.
size_t CountBy(const Order& order, int64_t result_id, absl::Time by) {
  const auto approvals = order.approvals.find(result_id);
  const auto releases = order.released_by_provider.find(result_id);
  size_t count = 0;
  if (approvals != order.approvals.end()) {
    count +=
        std::count_if(approvals->second.begin(), approvals->second.end(), [by](const Approval& one) { return one.at <= by; });
  }
  if (releases != order.released_by_provider.end()) {
    count += std::count_if(releases->second.begin(), releases->second.end(), [by](absl::Time at) { return at <= by; });
  }
  return count;
}

bool ApprovedBy(const Order& order, int64_t result_id, absl::Time by) {
  const auto found = order.approvals.find(result_id);
  if (found == order.approvals.end()) return false;
  return std::any_of(found->second.begin(), found->second.end(), [by](const Approval& approval) { return approval.at <= by; });
}

// Who approved the result after this many messages had come, and at this time or later.
std::set<std::string> VoicesSince(const Order& order, int64_t result_id, size_t messages,
                                  absl::Time since = absl::InfinitePast()) {
  std::set<std::string> people;
  const auto found = order.approvals.find(result_id);
  if (found == order.approvals.end()) return people;
  for (const Approval& approval : found->second) {
    if (approval.messages >= messages && approval.at >= since) people.insert(approval.reviewer);
  }
  return people;
}

bool MayRestore(const std::set<std::string>& voices) {
  return voices.size() >= 2 && voices.count(kRestorer) > 0;
}

// How many messages had come when whose it is last came into doubt: it was taken back, or another patient's report came for the
// first time. 0: never.
size_t LastDoubt(const View& view, const std::string& mrn) {
  const Order& order = view.order;
  const Numbers numbers = NumbersOf(view, mrn);
  size_t last = 0;
  std::set<std::string> others;
  for (size_t i = 0; i < order.sent.size(); ++i) {
    const v1::DiagnosticReport& report = order.sent[i].report;
    const bool mine = numbers.Has(report);
    const bool taken_back = mine && report.status() == v1::RESULT_STATUS_ENTERED_IN_ERROR;
    const bool others_first = !mine && others.count(PatientOf(report)) == 0;
    // Under another number of somebody whose report had come it puts nobody else's in doubt.
    if (others_first) others.merge(NumbersOf(view, PatientOf(report)).all);
    if (taken_back || others_first) last = i + 1;
  }
  // Before this patient's first message there was nothing to doubt, but from then on there is.
  for (size_t i = 0; last > 0 && i < order.sent.size(); ++i) {
    if (numbers.Has(order.sent[i].report)) return std::max(last, i + 1);
  }
  return last;
}

// True if ever nobody could tell whose it is, or which of two messages of one time and status is right.
bool WasInDoubt(const View& view, const std::string& mrn) {
  const Numbers numbers = NumbersOf(view, mrn);
  std::set<When> times;
  for (const Sent& sent : view.order.sent) {
    if (numbers.Has(sent.report) && !times.insert(WhenOf(sent.report)).second) return true;
  }
  return LastDoubt(view, mrn) > 0;
}

// True if something came late after people had said which words stand. They may stay as those people saw them: words have no time
// of their own.
bool CameLateAfterADoubt(const View& view, const std::string& mrn) {
  const auto approvals = view.order.approvals.find(view.result.id());
  if (approvals == view.order.approvals.end() || !WasInDoubt(view, mrn)) return false;
  const Numbers numbers = NumbersOf(view, mrn);
  const size_t messages = approvals->second.front().messages;
  When latest(absl::InfinitePast(), 0);
  for (size_t i = 0; i < view.order.sent.size(); ++i) {
    if (!numbers.Has(view.order.sent[i].report)) continue;
    const When when = WhenOf(view.order.sent[i].report);
    if (i >= messages && when < latest) return true;
    latest = std::max(latest, when);
  }
  return false;
}

// When its document can first have been final: not before there was one, for what holds it did not hold the report before.
absl::Time DocumentFirstFinal(const View& view, const std::string& mrn, absl::Time by) {
  const Numbers numbers = NumbersOf(view, mrn);
  absl::Time first = absl::InfiniteFuture();
  for (const Sent& sent : view.order.sent) {
    const bool has_document = WordsOf(sent.report) != Words() || sent.report.observations().empty();
    if (!numbers.Has(sent.report) || sent.received > by || !has_document) continue;
    first = std::min({first, FromProto(sent.report.issued()), sent.received});
  }
  return std::max(first, FirstFinal(view, mrn, by));
}

std::string Where(const View& view, const std::string& unit) {
  return absl::StrCat("result ", view.result.id(), " version ", view.result.version(), ", ", unit, " at ",
                      base::FormatUtc(view.now), ": ");
}

// What a new version makes due at once is done within a minute.
bool GoesAtOnce(const View& view, const v1::Outcome& outcome) {
  const absl::Time due = FromProto(view.result.due_at());
  return FromProto(outcome.due_at()) <= view.now && due > view.now && due <= view.now + absl::Minutes(1);
}

// A document of which nothing else is to be waited for than observations, held for each that it is held for.
bool WaitsForItsReport(const View& view, const v1::Outcome& document) {
  if (document.unit_ids_size() != 1 || document.unit_ids(0) != kDocument) return false;
  const auto& outcomes = view.result.decision().outcomes();
  return std::all_of(document.audiences().begin(), document.audiences().end(), [&outcomes](int audience) {
    return std::any_of(outcomes.begin(), outcomes.end(), [audience](const v1::Outcome& other) {
      const bool of_observation = std::any_of(other.unit_ids().begin(), other.unit_ids().end(),
                                              [](const std::string& unit) { return unit != kDocument; });
      const bool is_for = std::find(other.audiences().begin(), other.audiences().end(), audience) != other.audiences().end();
      return other.state() == v1::OUTCOME_STATE_HELD && of_observation && is_for;
    });
  });
}

bool ShowsContent(const Placed& placed) {
  return placed.kind == v1::RELEASE_KIND_RESULT;
}

absl::Time FirstShown(const Placed& placed) {
  return std::min(placed.first_shown, placed.released_at);
}

const std::string& FirstNumber(const Placed& placed) {
  return placed.first_shown_as.empty() ? placed.mrn : placed.first_shown_as;
}

// What the pack says of the report's document.
const std::string& CodeOf(const View& view) {
  return view.result.report().code().codings(0).code();
}

}  // namespace

Words WordsOf(const v1::DiagnosticReport& report) {
  std::string files;
  for (const v1::Attachment& file : report.presented_forms()) absl::StrAppend(&files, file.data(), "\n");
  return {report.narrative(), report.conclusion(), files};
}

v1::PackFiles ReferencePack(const std::string& more) {
  const std::string rules = absl::StrCat(gate::kRoutine, R"yaml(  - id: imaging-delay
    title: t
    match: {codes: [imaging]}
    then: {release: now, delay: 72 h}
    lifted_by: [patient]
    basis: {type: organization-policy, citation: c}
  - id: tissue-review
    title: t
    match: {codes: [tissue]}
    then:
      review: {owners: [pathology-pool], each: 1 business day, expires: 2 business days, on_expiry: release}
    lifted_by: [provider]
    basis: {type: organization-policy, citation: c}
  - id: tissue-deadline
    title: t
    match: {codes: [tissue]}
    then:
      deadline: {within: 40 h, duty: release}
    basis: {type: privacy, citation: c}
  - {id: private-release, title: t, match: {codes: [private]}, then: {release: now}}
  - id: minor-private
    title: t
    audiences: [representative, delegate]
    match: {codes: [private]}
    when: age(patient) < 18
    then:
      withhold: {until: 30 days}
    lifted_by: [patient]
    basis: {type: privacy, citation: c}
  - id: birth-date-unknown
    title: t
    audiences: [representative, delegate]
    when: "!has(patient.birth_date)"
    then:
      review: {owners: [records], each: 1 business day, expires: 1 business day, on_expiry: release}
    lifted_by: [patient]
    basis: {type: privacy, citation: c}
  - {id: document-release, title: t, match: {codes: [panel], unit: document}, then: {release: now}}
  - id: letter-delay
    title: t
    match: {codes: [letter], unit: document}
    then: {release: now, delay: 24 h}
    lifted_by: [patient]
    basis: {type: organization-policy, citation: c}
)yaml",
                                         more);
  v1::PackFiles files = gate::MakePack(rules);
  for (v1::PackFiles::File& file : *files.mutable_files()) {
    if (!absl::EndsWith(file.path(), "valuesets/routine.yaml")) continue;
    file.set_content(absl::StrCat(file.content(), "  - {display: d, system: loinc, code: ", kSecondUnit, "}\n"));
  }
  gate::AddSet("private", kPrivateUnit, &files);
  gate::AddSet("panel", kPanel, &files);
  gate::AddSet("letter", kLetter, &files);
  return files;
}

std::string NothingBeforeItsFloor(const View& view) {
  for (const Placed& placed : view.portal) {
    if (!ShowsContent(placed) || IsTangled(view, placed.mrn)) continue;
    const absl::Time first = FirstFinal(view, placed.mrn, placed.released_at);
    const bool approved = ApprovedBy(view.order, view.result.id(), placed.released_at);
    // What the house holds of its own policy, the patient may always end.
    const bool asked_for = view.people.WantsAllAt(FirstNumber(placed), FirstShown(placed)) ||
                           AnyBy(view.order.asked_by_patient, view.result.id(), placed.released_at);
    const bool by_provider = AnyBy(view.order.released_by_provider, view.result.id(), placed.released_at);
    if (placed.unit == kImagingUnit && !asked_for && placed.released_at < first + kImagingFloor) {
      return absl::StrCat(Where(view, placed.unit), "released before its floor");
    }
    if (placed.unit == kTissueUnit && !approved && !by_provider && !asked_for && placed.released_at < first + kTissueCeiling) {
      return absl::StrCat(Where(view, placed.unit), "released before its review was over");
    }
    if (placed.unit != kDocument) continue;
    const absl::Time document_first = DocumentFirstFinal(view, placed.mrn, placed.released_at);
    if (CodeOf(view) == kLetter && !asked_for && placed.released_at < document_first + kLetterFloor) {
      return absl::StrCat(Where(view, placed.unit), "released before its floor");
    }
    // Who wants everything at once could not mean what no rule knows.
    const bool wanted = approved || by_provider || AnyBy(view.order.asked_by_patient, view.result.id(), placed.released_at);
    if (CodeOf(view) == kOddment && !wanted && placed.released_at < document_first + kShortestReview) {
      return absl::StrCat(Where(view, placed.unit), "released before its review was over");
    }
  }
  return "";
}

std::string NothingSilentlyPastItsCeiling(const View& view) {
  for (const v1::Outcome& outcome : view.result.decision().outcomes()) {
    if (outcome.state() != v1::OUTCOME_STATE_HELD || !outcome.has_not_after()) continue;
    if (view.now <= FromProto(outcome.not_after())) continue;
    if (GoesAtOnce(view, outcome)) continue;
    const bool told = outcome.review().overruns() > 0 || outcome.conflicts_size() > 0 || outcome.review().escalated();
    if (!told)
      return absl::StrCat(Where(view, outcome.unit_ids(0)),
                          "held past its ceiling, and nobody is told: ", outcome.ShortDebugString());
  }
  return "";
}

std::string EveryHoldHasBasisOwnerAndEnd(const View& view) {
  for (const v1::Outcome& outcome : view.result.decision().outcomes()) {
    if (outcome.state() != v1::OUTCOME_STATE_HELD) continue;
    const std::string where = Where(view, outcome.unit_ids(0));
    // Of what only waits for its report, basis and owner are those of what it waits for.
    const bool may_go = outcome.disposition() == v1::DISPOSITION_RELEASE;
    if (may_go && !WaitsForItsReport(view, outcome)) return absl::StrCat(where, "may go, and does not");
    const bool has_basis = std::any_of(outcome.rules().begin(), outcome.rules().end(), [](const v1::AppliedRule& rule) {
      return rule.basis().type() != v1::BASIS_TYPE_UNSPECIFIED && !rule.basis().citation().empty();
    });
    if (!has_basis && !may_go) return absl::StrCat(where, "held without a basis");
    if (!outcome.has_due_at()) return absl::StrCat(where, "held without an end");
    if (FromProto(outcome.due_at()) <= view.now && !GoesAtOnce(view, outcome))
      return absl::StrCat(where, "its end has passed and nothing happened");
    if (outcome.disposition() == v1::DISPOSITION_DELAY || may_go) continue;
    if (outcome.review().turns().empty()) return absl::StrCat(where, "held without an owner");
    if (policy::CurrentTurn(outcome.review(), view.now).owner().role().empty())
      return absl::StrCat(where, "its owner has no name");
  }
  return "";
}

std::string NothingThatAPersonHolds(const View& view) {
  const auto found = view.order.determined.find(view.result.id());
  if (found == view.order.determined.end()) return "";
  for (const Determined& determined : found->second) {
    for (const Placed& placed : view.portal) {
      const absl::Time shown = FirstShown(placed);
      if (!ShowsContent(placed) || shown <= determined.from || shown >= determined.until) continue;
      // The deadline binds more than what the patient asked for: its basis is privacy.
      if (placed.unit == kTissueUnit && shown >= FirstFinal(view, placed.mrn, shown) + kTissueCeiling) continue;
      return absl::StrCat(Where(view, placed.unit), "shown, although a person holds it");
    }
  }
  return "";
}

std::string NothingThatIsNotFinal(const View& view) {
  for (const Placed& placed : view.portal) {
    if (!ShowsContent(placed) || IsTangled(view, placed.mrn)) continue;
    if (IsFinal(LastStatusOf(view, placed.mrn, placed.unit))) continue;
    return absl::StrCat(Where(view, placed.unit), "shown, although it is not final");
  }
  return "";
}

std::string NoDocumentBeforeItsReport(const View& view) {
  for (const Placed& placed : view.portal) {
    if (placed.unit != kDocument || !ShowsContent(placed) || IsTangled(view, placed.mrn)) continue;
    for (const v1::Observation& observation : view.result.report().observations()) {
      // What was taken back is waited for by nobody.
      if (LastWordOn(view, placed.mrn, observation.id()).status == v1::RESULT_STATUS_ENTERED_IN_ERROR) continue;
      const bool is_out = std::any_of(view.portal.begin(), view.portal.end(), [&](const Placed& other) {
        return other.unit == observation.id() && other.mrn == placed.mrn && other.audience == placed.audience &&
               (ShowsContent(other) || other.kind == v1::RELEASE_KIND_CANCELLED);
      });
      if (!is_out) return absl::StrCat(Where(view, placed.unit), "shown, although ", observation.id(), " is held");
    }
  }
  return "";
}

std::string NobodyElsesResult(const View& view) {
  for (const Placed& placed : view.portal) {
    if (!ShowsContent(placed)) continue;
    const size_t doubt = LastDoubt(view, placed.mrn);
    if (doubt > 0 && !IsTangled(view, placed.mrn) && !MayRestore(VoicesSince(view.order, view.result.id(), doubt))) {
      return absl::StrCat(Where(view, placed.unit), "shown, although whose it is was in doubt and two people have not said so");
    }
  }
  return "";
}

std::string ShownUnderItsNumberAlone(const View& view) {
  for (const Placed& placed : view.portal) {
    if (placed.mrn == PatientOf(view.result.report())) continue;
    return absl::StrCat(Where(view, placed.unit), "still shown under a number that its last version does not have");
  }
  return "";
}

std::string NobodysAfterASeparation(const View& view) {
  for (const Placed& placed : view.portal) {
    const absl::Time separated = NumbersOf(view, placed.mrn).separated;
    // Whoever ended another doubt before has said which version stands, and with it whose.
    const auto approvals = view.order.approvals.find(view.result.id());
    const bool settled =
        approvals != view.order.approvals.end() &&
        std::any_of(approvals->second.begin(), approvals->second.end(), [&](const Approval& one) { return one.at < separated; });
    if (!ShowsContent(placed) || separated > view.now || settled) continue;
    if (!MayRestore(VoicesSince(view.order, view.result.id(), 0, separated))) {
      return absl::StrCat(Where(view, placed.unit), "shown, although it is of two patients and two people have not said whose");
    }
  }
  return "";
}

std::string NotTheLastWords(const View& view, const Placed& placed) {
  const LastDocument last = LastDocumentOf(view, placed.mrn);
  const bool settled = !VoicesSince(view.order, view.result.id(), 0).empty();
  const bool all = !WasMoved(view, placed.mrn);
  const bool late = CameLateAfterADoubt(view, placed.mrn);
  for (size_t part = 0; part < last.size(); ++part) {
    const LastWords& words = last[part];
    if (words.disputed && !settled)
      return absl::StrCat(Where(view, placed.unit), "shown, and two messages contradict each other");
    if (words.disputed || late || Says(placed.words[part], words.words, all)) continue;
    return absl::StrCat(Where(view, placed.unit), "shown with \"", placed.words[part], "\", and the sender's last words are \"",
                        absl::StrJoin(words.words, "\" and \""), "\"");
  }
  return "";
}

std::string NotTheLastWord(const View& view, const Placed& placed) {
  if (placed.unit == kDocument) return NotTheLastWords(view, placed);
  const LastWord last = LastWordOn(view, placed.mrn, placed.unit);
  if (last.observation == nullptr) return absl::StrCat(Where(view, placed.unit), "shown, and never sent");
  const bool settled = !VoicesSince(view.order, view.result.id(), 0).empty();
  if (last.disputed && !settled) return absl::StrCat(Where(view, placed.unit), "shown, and two messages contradict each other");
  if (!last.disputed && placed.content.quantity().value() != last.observation->quantity().value()) {
    return absl::StrCat(Where(view, placed.unit), "shown with other content than the sender's last word");
  }
  return "";
}

// True if by the pack nothing of the result keeps the unit.
bool MayGoAtOnce(const View& view, const std::string& unit) {
  if (unit != kDocument) return unit == kRoutineUnit || unit == kSecondUnit;
  const auto& observations = view.result.report().observations();
  return CodeOf(view) == kPanel && std::all_of(observations.begin(), observations.end(),
                                               [&view](const v1::Observation& one) { return MayGoAtOnce(view, one.id()); });
}

// The units that the sender spoke of last; the document only where something is left of it.
std::vector<std::string> StandingUnits(const View& view, const std::string& mrn) {
  std::vector<std::string> units;
  for (const v1::Observation& observation : view.result.report().observations()) units.push_back(observation.id());
  const LastDocument last = LastDocumentOf(view, mrn);
  const bool has_words = std::any_of(last.begin(), last.end(), [](const LastWords& part) { return !part.words.empty(); });
  if (units.empty() || has_words) units.push_back(kDocument);
  return units;
}

// What a person holds, or what the patient did not get on asking, because it was not final then, and the person held it.
bool IsDetermined(const View& view, const std::string& mrn, const std::string& unit) {
  const auto found = view.order.determined.find(view.result.id());
  if (found == view.order.determined.end()) return false;
  return std::any_of(found->second.begin(), found->second.end(), [&](const Determined& one) {
    if (one.until > view.now) return true;
    if (one.rest_until <= view.now) return false;
    View then = view;
    auto& sent = then.order.sent;
    const auto came_later = [&one](const Sent& message) { return message.received >= one.until; };
    sent.erase(std::remove_if(sent.begin(), sent.end(), came_later), sent.end());
    return !IsFinal(LastStatusOf(then, mrn, unit));
  });
}

std::string TheLatestWordOfTheSender(const View& view) {
  for (const Placed& placed : view.portal) {
    if (!ShowsContent(placed) || IsTangled(view, placed.mrn)) continue;
    if (std::string words = NotTheLastWord(view, placed); !words.empty()) return words;
  }
  // And the other way round: what may go at once, and nobody doubts, is there.
  const std::string& mrn = PatientOf(view.result.report());
  if (LastDoubt(view, mrn) > 0 || view.people.IsKnown(mrn)) return "";
  const std::vector<std::string> units = StandingUnits(view, mrn);
  const LastDocument document = LastDocumentOf(view, mrn);
  const bool disputed =
      std::any_of(document.begin(), document.end(), [](const LastWords& part) { return part.disputed; }) ||
      std::any_of(units.begin(), units.end(), [&](const std::string& unit) { return LastWordOn(view, mrn, unit).disputed; });
  for (const std::string& unit : units) {
    if (disputed || !MayGoAtOnce(view, unit) || !IsFinal(LastStatusOf(view, mrn, unit))) continue;
    if (IsDetermined(view, mrn, unit)) continue;
    const bool shown = std::any_of(view.portal.begin(), view.portal.end(), [&](const Placed& placed) {
      return ShowsContent(placed) && placed.unit == unit && placed.audience == v1::AUDIENCE_PATIENT;
    });
    if (!shown) return absl::StrCat(Where(view, unit), "final, permitted, and not shown");
  }
  return "";
}

// When the patient first saw what is shown to somebody else; when that one did where the patient does not.
absl::Time ShownToPatient(const View& view, const Placed& placed) {
  absl::Time first = placed.released_at;
  for (const Placed& other : view.portal) {
    const bool is_patients = other.audience == v1::AUDIENCE_PATIENT && other.unit == placed.unit && other.mrn == placed.mrn;
    if (is_patients && ShowsContent(other)) first = std::min(first, FirstShown(other));
  }
  return first;
}

std::string OthersSeeNoMoreThanThePatient(const View& view) {
  for (const Placed& placed : view.portal) {
    if (!ShowsContent(placed) || placed.audience == v1::AUDIENCE_PATIENT) continue;
    const bool patient_too = std::any_of(view.portal.begin(), view.portal.end(), [&placed](const Placed& other) {
      return ShowsContent(other) && other.audience == v1::AUDIENCE_PATIENT && other.unit == placed.unit &&
             other.mrn == placed.mrn;
    });
    if (!patient_too) return absl::StrCat(Where(view, placed.unit), "shown to another person and not to the patient");
    if (IsTangled(view, placed.mrn)) continue;
    const v1::Patient& patient = view.result.report().patient();
    const absl::Time first = FirstFinal(view, placed.mrn, placed.released_at);
    const bool asked_for = AnyBy(view.order.asked_by_patient, view.result.id(), placed.released_at);
    // Where the patient's waits for another owner, the first word ends only that. What the dead left, one has all of, and what
    // the patient wants reviewed has its owners for everybody.
    const std::vector<v1::ReleasePreference> wishes = view.people.WaitsAt(placed.mrn, placed.released_at);
    const bool wants_review = std::any_of(wishes.begin(), wishes.end(), [](const v1::ReleasePreference& wish) {
      return wish.timing() == v1::ReleasePreference::TIMING_AFTER_REVIEW;
    });
    // Who wants everything at once has ended what is held for relatives alone. What the patient sees already waits for one word.
    const absl::Time seen = ShownToPatient(view, placed);
    const size_t since = CountBy(view.order, view.result.id(), placed.released_at) - CountBy(view.order, view.result.id(), seen);
    const bool two_owners = placed.unit == kTissueUnit && !wants_review &&
                            !view.people.WantsAllAt(placed.mrn, placed.released_at) &&
                            !view.people.IsDeadAt(placed.mrn, placed.released_at) && since == 0;
    const bool approved = asked_for || CountBy(view.order, view.result.id(), placed.released_at) > (two_owners ? 1 : 0);
    const bool minor = patient.has_birth_date() && patient.birth_date() > "2010";
    if (minor && placed.unit == kPrivateUnit && placed.released_at < first + kPrivateFromParents) {
      return absl::StrCat(Where(view, placed.unit), "a minor's private result is shown to others");
    }
    if (!patient.has_birth_date() && !approved && placed.released_at < first + kShortestReview) {
      return absl::StrCat(Where(view, placed.unit), "shown to others, although nobody knows how old the patient is");
    }
  }
  return "";
}

std::string WishesToWaitAreKept(const View& view) {
  for (const Placed& placed : view.portal) {
    if (!ShowsContent(placed) || IsTangled(view, placed.mrn)) continue;
    const absl::Time shown = FirstShown(placed);
    const absl::Time first = FirstFinal(view, placed.mrn, shown);
    // The deadline binds more than a wish: its basis is privacy.
    if (placed.unit == kTissueUnit && shown >= first + kTissueCeiling) continue;
    // Who asks to have it now wishes otherwise.
    if (AnyBy(view.order.asked_by_patient, view.result.id(), shown)) continue;
    for (const v1::ReleasePreference& wish : view.people.WaitsAt(FirstNumber(placed), shown)) {
      const std::string where = Where(view, placed.unit);
      // Local days, and the first one may have been short.
      const absl::Duration days = absl::Hours(24 * (wish.after_days() - 1));
      if (wish.timing() == v1::ReleasePreference::TIMING_AFTER_DAYS && shown < first + days) {
        return absl::StrCat(where, "shown before the days that the patient wants to wait");
      }
      if (wish.timing() == v1::ReleasePreference::TIMING_AFTER_REVIEW && shown < first + kShortestReview &&
          CountBy(view.order, view.result.id(), shown) == 0) {
        return absl::StrCat(where, "shown before a review that the patient wants");
      }
    }
  }
  return "";
}

std::string NothingIsPublishedOfTheDead(const View& view) {
  for (const Placed& placed : view.portal) {
    if (!ShowsContent(placed) || !view.people.IsDeadAt(placed.mrn, placed.released_at)) continue;
    // What was shown under another number of the patient, and goes along, is not published by it; nor what comes back so to the
    // number under which it was shown first.
    if (!placed.first_shown_as.empty() || placed.moved) continue;
    // A person may say whom it goes to.
    if (!ApprovedBy(view.order, view.result.id(), placed.released_at)) {
      return absl::StrCat(Where(view, placed.unit), "published after the patient had died");
    }
  }
  return "";
}

std::string CommentsFitWhatTheyStandBeside(const View& view) {
  for (const Placed& placed : view.portal) {
    const std::string where = Where(view, placed.unit);
    if (placed.comment.text().empty()) return absl::StrCat(where, "shown without a comment");
    const v1::Patient& patient = view.result.report().patient();
    const std::string language = patient.has_language() ? patient.language() : "en";
    if (placed.comment.language() != language) return absl::StrCat(where, "the comment is in another language");
    const std::string& variant = placed.comment.variant();
    const bool cancelled = absl::StrContains(variant, "cancelled");
    const bool being_corrected = absl::StrContains(variant, "being-corrected");
    if (cancelled != (placed.kind == v1::RELEASE_KIND_CANCELLED)) return absl::StrCat(where, "the comment fits no cancellation");
    if (being_corrected != (placed.kind == v1::RELEASE_KIND_BEING_CORRECTED)) {
      return absl::StrCat(where, "the comment fits no notice of a correction");
    }
    if (!ShowsContent(placed) || IsTangled(view, placed.mrn)) continue;
    const bool says_corrected = absl::StrContains(variant, "corrected");
    if (LastStatusOf(view, placed.mrn, placed.unit) == v1::RESULT_STATUS_CORRECTED && !says_corrected) {
      return absl::StrCat(where, "corrected, and the comment does not say so");
    }
  }
  return "";
}

std::string SameInputsSameDecision(const v1::Decision& first, const v1::Decision& second) {
  const auto bare = [](v1::Decision decision) {
    std::vector<policy::Cell> cells = policy::ToCells(decision.outcomes());
    for (policy::Cell& cell : cells) cell.outcome.clear_release_sequence();
    *decision.mutable_outcomes() = policy::ToOutcomes(cells);
    return decision.SerializeAsString();
  };
  return bare(first) == bare(second) ? "" : "the same inputs came to another decision";
}

std::string TheLogOnlyGrows(const std::vector<std::string>& before, const std::vector<v1::Entry>& now) {
  if (now.size() < before.size()) return "entries are missing from the log";
  for (size_t i = 0; i < now.size(); ++i) {
    if (now[i].sequence() != static_cast<int64_t>(i) + 1) return absl::StrCat("entry ", i + 1, " is out of order");
    if (i < before.size() && base::Sha256(now[i].SerializeAsString()) != before[i]) {
      return absl::StrCat("entry ", i + 1, " was changed");
    }
  }
  return "";
}

std::string AddingARestrictionShortensNothing(const v1::Decision& without, const v1::Decision& with, absl::Time now) {
  // When a unit goes by itself at the latest; never where time does not release it.
  const auto goes_by = [now](const v1::Outcome& outcome) {
    if (outcome.disposition() == v1::DISPOSITION_RELEASE) return now;
    const absl::Time floor = outcome.has_not_before() ? FromProto(outcome.not_before()) : absl::InfinitePast();
    if (outcome.disposition() == v1::DISPOSITION_DELAY) return floor;
    if (outcome.disposition() != v1::DISPOSITION_REVIEW) return absl::InfiniteFuture();
    return std::max(floor, policy::EndOf(outcome.review()));
  };
  std::map<std::pair<std::string, v1::Audience>, absl::Time> before;
  for (const policy::Cell& cell : policy::ToCells(without.outcomes()))
    before[{cell.unit_id, cell.audience}] = goes_by(cell.outcome);
  for (const policy::Cell& cell : policy::ToCells(with.outcomes())) {
    if (goes_by(cell.outcome) < before[{cell.unit_id, cell.audience}]) {
      return absl::StrCat(cell.unit_id, ": with a restriction more it goes earlier");
    }
  }
  return "";
}

std::string AnsweredAtOnce(const v1::SubmitResultResponse& answer, absl::Time sent, absl::Time answered) {
  if (answered != sent) return "the sender waited";
  return answer.result_id() > 0 && answer.decision().outcomes_size() > 0 ? "" : "the sender was told nothing of its result";
}

std::string AnActivationPublishesNothing(size_t releases_before, size_t releases_after) {
  return releases_before == releases_after ? "" : "a change of pack published what was held";
}

std::string AMergePublishesNothing(const std::vector<v1::Release>& releases) {
  const bool any = std::any_of(releases.begin(), releases.end(),
                               [](const v1::Release& release) { return release.kind() == v1::RELEASE_KIND_RESULT; });
  return any ? "a merge of two patients published what was held" : "";
}

std::string NothingAfterAnErasureWithoutTwoPeople(const View& view) {
  const auto approvals = view.order.approvals.find(view.result.id());
  for (const Placed& placed : view.portal) {
    if (!ShowsContent(placed)) continue;
    std::set<std::string> voices;
    if (approvals != view.order.approvals.end()) {
      for (const Approval& approval : approvals->second) {
        if (approval.at <= placed.released_at) voices.insert(approval.reviewer);
      }
    }
    if (voices.size() < 2 || voices.count(kRestorer) == 0) {
      return absl::StrCat(Where(view, placed.unit), "a version of what was erased is shown without two people's word");
    }
  }
  return "";
}

std::vector<std::string> BrokenPromises(const View& view) {
  std::vector<std::string> broken;
  const std::pair<const char*, std::string> results[] = {{"I1", NothingBeforeItsFloor(view)},
                                                         {"I2", NothingSilentlyPastItsCeiling(view)},
                                                         {"I3", EveryHoldHasBasisOwnerAndEnd(view)},
                                                         {"I3", NothingThatAPersonHolds(view)},
                                                         {"I4", NothingThatIsNotFinal(view)},
                                                         {"documents", NoDocumentBeforeItsReport(view)},
                                                         {"I5", NobodyElsesResult(view)},
                                                         {"I5", ShownUnderItsNumberAlone(view)},
                                                         {"I5", NobodysAfterASeparation(view)},
                                                         {"I7", TheLatestWordOfTheSender(view)},
                                                         {"I8", OthersSeeNoMoreThanThePatient(view)},
                                                         {"wishes", WishesToWaitAreKept(view)},
                                                         {"deaths", NothingIsPublishedOfTheDead(view)},
                                                         {"I12", CommentsFitWhatTheyStandBeside(view)}};
  for (const auto& [name, words] : results) {
    if (!words.empty()) broken.push_back(absl::StrCat(name, ": ", words));
  }
  return broken;
}

}  // namespace resultgate::scenario

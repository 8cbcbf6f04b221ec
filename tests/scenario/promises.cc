#include "tests/scenario/promises.h"

#include <algorithm>
#include <optional>
#include <set>
#include <tuple>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/base/digest.h"
#include "server/base/proto_time.h"
#include "server/policy/outcomes.h"
#include "server/policy/review_plan.h"
#include "tests/gate/small_packs.h"

namespace resultgate::scenario {
namespace {

using base::FromProto;

constexpr absl::Duration kImagingFloor = absl::Hours(72);
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
  return status == v1::RESULT_STATUS_FINAL || status == v1::RESULT_STATUS_CORRECTED;
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

LastWord LastWordOn(const View& view, const std::string& mrn, const std::string& unit) {
  const Order& order = view.order;
  const Numbers numbers = NumbersOf(view, mrn);
  LastWord last;
  std::tuple<absl::Time, int> when(absl::InfinitePast(), 0);
  std::tuple<absl::Time, int> report_when = when;
  v1::ResultStatus report_status = v1::RESULT_STATUS_UNSPECIFIED;
  for (const Sent& sent : order.sent) {
    if (!numbers.Has(sent.report)) continue;
    const std::tuple<absl::Time, int> at(FromProto(sent.report.issued()), Rank(sent.report.status()));
    if (at > report_when) {
      report_when = at;
      report_status = sent.report.status();
    }
    for (const v1::Observation& observation : sent.report.observations()) {
      if (observation.id() != unit) continue;
      const bool same_time = at == when && last.observation != nullptr;
      if (same_time && last.observation->quantity().value() != observation.quantity().value()) last.disputed = true;
      if (at <= when) continue;
      when = at;
      last = {&observation, sent.report.status(), false};
    }
  }
  // What is said of the whole report is said of all that it holds.
  if (report_status == v1::RESULT_STATUS_ENTERED_IN_ERROR || report_status == v1::RESULT_STATUS_CANCELLED) {
    if (last.status != v1::RESULT_STATUS_ENTERED_IN_ERROR) last.status = report_status;
  }
  return last;
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

std::string Where(const View& view, const std::string& unit) {
  return absl::StrCat("result ", view.result.id(), " version ", view.result.version(), ", ", unit, " at ",
                      base::FormatUtc(view.now), ": ");
}

// What a new version makes due at once is done within a minute.
bool GoesAtOnce(const View& view, const v1::Outcome& outcome) {
  const absl::Time due = FromProto(view.result.due_at());
  return FromProto(outcome.due_at()) <= view.now && due > view.now && due <= view.now + absl::Minutes(1);
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

}  // namespace

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
)yaml",
                                         more);
  v1::PackFiles files = gate::MakePack(rules);
  for (v1::PackFiles::File& file : *files.mutable_files()) {
    if (!absl::EndsWith(file.path(), "valuesets/routine.yaml")) continue;
    file.set_content(absl::StrCat(file.content(), "  - {display: d, system: loinc, code: ", kSecondUnit, "}\n"));
  }
  gate::AddSet("private", kPrivateUnit, &files);
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
    const bool has_basis = std::any_of(outcome.rules().begin(), outcome.rules().end(), [](const v1::AppliedRule& rule) {
      return rule.basis().type() != v1::BASIS_TYPE_UNSPECIFIED && !rule.basis().citation().empty();
    });
    if (!has_basis) return absl::StrCat(where, "held without a basis");
    if (!outcome.has_due_at()) return absl::StrCat(where, "held without an end");
    if (FromProto(outcome.due_at()) <= view.now && !GoesAtOnce(view, outcome))
      return absl::StrCat(where, "its end has passed and nothing happened");
    if (outcome.disposition() == v1::DISPOSITION_DELAY || outcome.disposition() == v1::DISPOSITION_RELEASE) continue;
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
    const LastWord last = LastWordOn(view, placed.mrn, placed.unit);
    if (!IsFinal(last.status)) return absl::StrCat(Where(view, placed.unit), "shown, although it is not final");
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

std::string TheLatestWordOfTheSender(const View& view) {
  for (const Placed& placed : view.portal) {
    if (!ShowsContent(placed) || IsTangled(view, placed.mrn)) continue;
    const LastWord last = LastWordOn(view, placed.mrn, placed.unit);
    if (last.observation == nullptr) return absl::StrCat(Where(view, placed.unit), "shown, and never sent");
    const bool settled = !VoicesSince(view.order, view.result.id(), 0).empty();
    if (last.disputed && !settled) return absl::StrCat(Where(view, placed.unit), "shown, and two messages contradict each other");
    if (!last.disputed && placed.content.quantity().value() != last.observation->quantity().value()) {
      return absl::StrCat(Where(view, placed.unit), "shown with other content than the sender's last word");
    }
  }
  // And the other way round: what may go at once, and nobody doubts, is there.
  const std::string& mrn = PatientOf(view.result.report());
  const auto determined = view.order.determined.find(view.result.id());
  const bool held =
      determined != view.order.determined.end() && std::any_of(determined->second.begin(), determined->second.end(),
                                                               [&](const Determined& one) { return one.until > view.now; });
  if (LastDoubt(view, mrn) > 0 || view.people.IsKnown(mrn) || held) return "";
  const bool disputed =
      std::any_of(view.result.report().observations().begin(), view.result.report().observations().end(),
                  [&](const v1::Observation& observation) { return LastWordOn(view, mrn, observation.id()).disputed; });
  for (const v1::Observation& observation : view.result.report().observations()) {
    if (disputed || (observation.id() != kRoutineUnit && observation.id() != kSecondUnit)) continue;
    if (!IsFinal(LastWordOn(view, mrn, observation.id()).status)) continue;
    const bool shown = std::any_of(view.portal.begin(), view.portal.end(), [&](const Placed& placed) {
      return ShowsContent(placed) && placed.unit == observation.id() && placed.audience == v1::AUDIENCE_PATIENT;
    });
    if (!shown) return absl::StrCat(Where(view, observation.id()), "final, permitted, and not shown");
  }
  return "";
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
    // Who wants everything at once has ended what is held for relatives alone.
    const bool two_owners = placed.unit == kTissueUnit && !wants_review &&
                            !view.people.WantsAllAt(placed.mrn, placed.released_at) &&
                            !view.people.IsDeadAt(placed.mrn, placed.released_at);
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
    if (LastWordOn(view, placed.mrn, placed.unit).status == v1::RESULT_STATUS_CORRECTED && !says_corrected) {
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
  const std::pair<const char*, std::string> results[] = {
      {"I1", NothingBeforeItsFloor(view)},          {"I2", NothingSilentlyPastItsCeiling(view)},
      {"I3", EveryHoldHasBasisOwnerAndEnd(view)},   {"I3", NothingThatAPersonHolds(view)},
      {"I4", NothingThatIsNotFinal(view)},          {"I5", NobodyElsesResult(view)},
      {"I5", ShownUnderItsNumberAlone(view)},       {"I5", NobodysAfterASeparation(view)},
      {"I7", TheLatestWordOfTheSender(view)},       {"I8", OthersSeeNoMoreThanThePatient(view)},
      {"wishes", WishesToWaitAreKept(view)},        {"deaths", NothingIsPublishedOfTheDead(view)},
      {"I12", CommentsFitWhatTheyStandBeside(view)}};
  for (const auto& [name, words] : results) {
    if (!words.empty()) broken.push_back(absl::StrCat(name, ": ", words));
  }
  return broken;
}

}  // namespace resultgate::scenario

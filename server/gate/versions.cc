#include "server/gate/versions.h"

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "server/base/proto_time.h"
#include "server/gate/attached_files.h"
#include "server/gate/document_words.h"
#include "server/gate/keys.h"
#include "server/intake/codes.h"
#include "server/intake/tables.h"
#include "server/policy/decide.h"

namespace resultgate::gate {
namespace {

// A sender's clock may be a little ahead; a day is more than any zone's mistake.
constexpr absl::Duration kFurthestAhead = absl::Hours(24);

// The report's own time: its time of status, else its message's.
std::optional<absl::Time> TimeOfReport(const v1::DiagnosticReport& report) {
  if (report.has_issued()) return base::FromProto(report.issued());
  if (report.has_message_time()) return base::FromProto(report.message_time());
  return std::nullopt;
}

// The latest time that the report or one of its observations has.
std::optional<absl::Time> LatestTime(const v1::DiagnosticReport& report) {
  std::optional<absl::Time> latest = report.has_issued() ? TimeOfReport(report) : std::nullopt;
  for (const v1::Observation& observation : report.observations()) {
    if (!observation.has_status_time()) continue;
    const absl::Time time = base::FromProto(observation.status_time());
    latest = std::max(latest.value_or(time), time);
  }
  return latest ? latest : TimeOfReport(report);
}

int RankOf(const v1::Observation& observation) {
  return StageOf(OnlyConfirms(observation) ? v1::RESULT_STATUS_FINAL : observation.status());
}

// How the state of an observation in `a` stands to that in `b`: positive for later, negative for earlier, 0 where nobody can
// tell.
int CompareStates(const v1::Observation& a, const v1::Observation& b) {
  if (a.has_status_time() && b.has_status_time()) {
    const absl::Time time_of_a = base::FromProto(a.status_time());
    const absl::Time time_of_b = base::FromProto(b.status_time());
    if (time_of_a != time_of_b) return time_of_a > time_of_b ? 1 : -1;
  }
  return RankOf(a) - RankOf(b);
}

const v1::Observation* Find(const v1::DiagnosticReport& report, const std::string& id) {
  for (const v1::Observation& observation : report.observations()) {
    if (observation.id() == id) return &observation;
  }
  return nullptr;
}

std::string Bytes(const google::protobuf::MessageLite& message) {
  return message.SerializeAsString();
}
const std::string& Bytes(const std::string& text) {
  return text;
}

std::string WithoutTime(const v1::Observation* observation) {
  v1::Observation copy = *observation;
  copy.clear_issued();
  copy.clear_status_time();
  return copy.SerializeAsString();
}

bool ContentDiffers(const v1::DiagnosticReport& a, const v1::DiagnosticReport& b) {
  const bool observations_differ =
      std::any_of(a.observations().begin(), a.observations().end(), [&b](const v1::Observation& observation) {
        const v1::Observation* other = Find(b, observation.id());
        return other != nullptr && CompareStates(observation, *other) == 0 && WithoutTime(&observation) != WithoutTime(other);
      });
  return observations_differ || (SpeaksOfDocument(a) && SpeaksOfDocument(b) && !SameContent(a, b, policy::kDocument));
}

// What the gate knows of the patient besides must not put versions in another order.
std::string DigestForOrder(v1::DiagnosticReport report) {
  report.clear_patient();
  return ReportDigest(report);
}

// Adds to a text what was appended, unless the sender repeated what stood before.
void AppendText(const std::string& addition, std::string* text) {
  if (text->empty() || absl::StrContains(addition, *text)) {
    *text = addition;
  } else if (!absl::StrContains(*text, addition)) {
    absl::StrAppend(text, "\n\n", addition);
  }
}

// Adds what a list does not hold yet.
template <typename List>
void AppendNew(const List& additions, List* list) {
  for (const auto& addition : additions) {
    const auto is_same = [&addition](const auto& known) { return Bytes(known) == Bytes(addition); };
    if (std::none_of(list->begin(), list->end(), is_same)) *list->Add() = addition;
  }
}

// Versions being put together, the oldest first.
class Together {
 public:
  explicit Together(const std::vector<v1::DiagnosticReport>& versions) {
    for (const v1::DiagnosticReport& version : versions) Add(version);
  }

  Standing Take() {
    PutInOrderOf(*last_);
    const v1::DiagnosticReport& report = standing_.report;
    const auto back = [&](const std::string& unit) {
      return (all_wrong_ || wrong_.count(unit) > 0) && policy::UnitStatus(report, unit) != v1::RESULT_STATUS_ENTERED_IN_ERROR;
    };
    const auto& observations = report.observations();
    TakeBackConclusions();
    if (std::any_of(observations.begin(), observations.end(), [&](const auto& o) { return back(o.id()); }) ||
        (policy::HasDocument(report) && back(policy::kDocument)) || files_.CameAgain()) {
      standing_.doubt = kTakenBack;
    } else if (std::any_of(observations.begin(), observations.end(), OnlyConfirms)) {
      standing_.doubt = kNothingToConfirm;
    } else if (!unclear_.empty()) {
      standing_.doubt = kUnclearOrder;
    }
    return std::move(standing_);
  }

 private:
  // The observations in the order of this version, the ones that it does not mention last.
  void PutInOrderOf(const v1::DiagnosticReport& version) {
    absl::flat_hash_map<std::string, int> place;
    for (const v1::Observation& observation : version.observations()) place.emplace(observation.id(), place.size());
    const auto place_of = [&place](const v1::Observation& observation) {
      const auto found = place.find(observation.id());
      return found == place.end() ? static_cast<int>(place.size()) : found->second;
    };
    auto* observations = standing_.report.mutable_observations();
    std::stable_sort(observations->pointer_begin(), observations->pointer_end(),
                     [&](const v1::Observation* a, const v1::Observation* b) { return place_of(*a) < place_of(*b); });
  }

  // True if nobody can tell whether the version before is older than this one.
  bool HasTwin(const v1::DiagnosticReport& version) const {
    if (last_ == nullptr || StageOf(last_->status()) != StageOf(version.status())) return false;
    const std::optional<absl::Time> before = LatestTime(*last_);
    const std::optional<absl::Time> now = LatestTime(version);
    return !before || !now || *before == *now;
  }

  void Add(const v1::DiagnosticReport& version) {
    const bool has_twin = HasTwin(version);
    AddDocument(version, has_twin);
    for (const v1::Observation& observation : version.observations()) {
      AddObservation(observation, has_twin);
      if (observation.status() == v1::RESULT_STATUS_ENTERED_IN_ERROR) wrong_.insert(observation.id());
    }
    all_wrong_ = all_wrong_ || version.status() == v1::RESULT_STATUS_ENTERED_IN_ERROR;
    last_ = &version;
  }

  // Everything but the observations.
  void AddDocument(const v1::DiagnosticReport& version, bool has_twin) {
    v1::DiagnosticReport& report = standing_.report;
    v1::DiagnosticReport before = Document(report);
    if (!has_twin && last_ != nullptr) stage_before_ = StageOf(last_->status());
    const bool says_all = SaysAllAfter(stage_before_, version);
    const bool speaks = HasDocumentContent(version) || says_all;
    const bool twin_speaks = has_twin && last_speaks_;
    if (!has_twin) said_.clear();
    for (const auto& [part, bytes] : SaidOfDocument(version, says_all)) {
      const auto [found, first] = said_.emplace(part, bytes);
      // What is added does not tell which of two words before it is right.
      if (first && version.status() != v1::RESULT_STATUS_APPENDED) unclear_.erase(part);
      if (found->second != bytes) unclear_.insert(part);
    }
    last_speaks_ = speaks || twin_speaks;
    // Words that a twin has stay, in doubt: whoever looks into it must see them.
    const bool is_all = says_all && !twin_speaks;
    google::protobuf::RepeatedPtrField<v1::Observation> observations;
    observations.Swap(report.mutable_observations());
    report = version;
    report.mutable_observations()->Swap(&observations);
    if (version.status() == v1::RESULT_STATUS_APPENDED) {
      AppendText(version.narrative(), before.mutable_narrative());
      AppendText(version.conclusion(), before.mutable_conclusion());
      AppendNew(version.conclusion_codes(), before.mutable_conclusion_codes());
      AppendNew(version.notes(), before.mutable_notes());
    } else {
      if (is_all || !version.narrative().empty()) before.set_narrative(version.narrative());
      if (is_all || !version.conclusion().empty()) before.set_conclusion(version.conclusion());
      if (is_all || !version.conclusion_codes().empty()) *before.mutable_conclusion_codes() = version.conclusion_codes();
      if (is_all || !version.notes().empty()) *before.mutable_notes() = version.notes();
    }
    report.set_narrative(before.narrative());
    report.set_conclusion(before.conclusion());
    report.mutable_conclusion_codes()->Swap(before.mutable_conclusion_codes());
    report.mutable_notes()->Swap(before.mutable_notes());
    files_.Add(version, is_all);
    *report.mutable_presented_forms() = files_.Take();
  }

  // A coded final diagnosis (OBX) that was taken back is no conclusion of the report any more.
  void TakeBackConclusions() {
    std::set<std::string> stand;
    std::set<std::string> gone;
    for (const v1::Observation& observation : standing_.report.observations()) {
      const auto said = diagnoses_.find(observation.id());
      if (said == diagnoses_.end()) continue;
      const bool is_void =
          observation.status() == v1::RESULT_STATUS_ENTERED_IN_ERROR || observation.status() == v1::RESULT_STATUS_CANCELLED;
      if (is_void) gone.insert(said->second.begin(), said->second.end());
      if (!is_void && observation.has_codeable_concept()) stand.insert(Bytes(observation.codeable_concept()));
    }
    auto* codes = standing_.report.mutable_conclusion_codes();
    codes->erase(std::remove_if(codes->begin(), codes->end(),
                                [&](const v1::CodeableConcept& code) {
                                  return gone.count(Bytes(code)) > 0 && stand.count(Bytes(code)) == 0;
                                }),
                 codes->end());
  }

  void AddObservation(const v1::Observation& observation, bool has_twin) {
    v1::DiagnosticReport& report = standing_.report;
    if (observation.has_codeable_concept() && intake::NamesFinalDiagnosis(observation.code())) {
      diagnoses_[observation.id()].insert(Bytes(observation.codeable_concept()));
    }
    const auto [found, inserted] = position_.emplace(observation.id(), report.observations_size());
    if (inserted) {
      *report.add_observations() = observation;
      return;
    }
    v1::Observation* stood = report.mutable_observations(found->second);
    const int order = CompareStates(observation, *stood);
    if (order < 0) return;
    const bool equal = order == 0 && has_twin;
    if (!equal) unclear_.erase(observation.id());
    if (equal && WithoutTime(&observation) != WithoutTime(stood)) unclear_.insert(observation.id());
    v1::Observation now = observation;
    if (OnlyConfirms(now) && stood->value_case() != v1::Observation::VALUE_NOT_SET) {
      now = *stood;
      now.set_status(v1::RESULT_STATUS_FINAL);
      if (observation.has_status_time()) *now.mutable_status_time() = observation.status_time();
      if (observation.has_issued()) *now.mutable_issued() = observation.issued();
    } else if (now.status() == v1::RESULT_STATUS_APPENDED && stood->value_case() == v1::Observation::kText &&
               now.value_case() == v1::Observation::kText) {
      std::string text = stood->text();
      AppendText(now.text(), &text);
      now.set_text(text);
    }
    *stood = std::move(now);
  }

  Standing standing_;
  const v1::DiagnosticReport* last_ = nullptr;
  bool last_speaks_ = false;                 // it, or one of its twins, speaks of the document
  std::map<std::string, std::string> said_;  // by it and its twins, of the document, by part
  // Of the version before it and its twins; before the first nothing is of an earlier stage.
  int stage_before_ = std::numeric_limits<int>::max();
  absl::flat_hash_map<std::string, int> position_;                     // of observations, by id
  absl::flat_hash_map<std::string, std::set<std::string>> diagnoses_;  // final ones that an observation has named, as bytes
  AttachedFiles files_;
  std::set<std::string> unclear_;  // units of which two versions say different things
  std::set<std::string> wrong_;    // units that some version took back
  bool all_wrong_ = false;         // some version took everything back
};

}  // namespace

bool OnlyConfirms(const v1::Observation& observation) {
  return observation.data_absent_reason() == intake::kSentEarlier && observation.value_case() == v1::Observation::VALUE_NOT_SET;
}

VersionOrder CompareVersions(const v1::DiagnosticReport& submitted, const v1::DiagnosticReport& standing) {
  const std::optional<absl::Time> submitted_time = LatestTime(submitted);
  const std::optional<absl::Time> standing_time = LatestTime(standing);
  if (submitted_time && standing_time && *submitted_time != *standing_time) {
    return *submitted_time > *standing_time ? VersionOrder::kNewer : VersionOrder::kOlder;
  }
  const int submitted_rank = StageOf(submitted.status());
  const int standing_rank = StageOf(standing.status());
  if (submitted_rank != standing_rank) return submitted_rank > standing_rank ? VersionOrder::kNewer : VersionOrder::kOlder;
  return ContentDiffers(submitted, standing) ? VersionOrder::kUnclear : VersionOrder::kNewer;
}

void StampTimes(v1::DiagnosticReport* report, absl::Time received) {
  const auto is_ahead = [received](const google::protobuf::Timestamp& time) {
    return base::FromProto(time) > received + kFurthestAhead;
  };
  const auto warn = [report](const std::string& place) {
    v1::Issue* issue = report->add_issues();
    issue->set_severity(v1::Issue::SEVERITY_WARNING);
    issue->set_place(place);
    issue->set_message("the time of status lies in the future and was dropped; the time of receipt counts");
  };
  if (report->has_issued() && is_ahead(report->issued())) {
    report->clear_issued();
    warn("issued");
  }
  if (report->has_message_time() && is_ahead(report->message_time())) report->clear_message_time();
  const std::optional<absl::Time> time = TimeOfReport(*report);
  for (v1::Observation& observation : *report->mutable_observations()) {
    if (observation.has_issued() && is_ahead(observation.issued())) {
      observation.clear_issued();
      warn("observations.issued");
    }
    observation.clear_status_time();
    if (observation.has_issued()) {
      *observation.mutable_status_time() = observation.issued();
    } else if (time) {
      *observation.mutable_status_time() = base::ToProto(*time);
    }
  }
}

void InsertVersion(v1::DiagnosticReport version, std::vector<v1::DiagnosticReport>* versions) {
  versions->push_back(std::move(version));
  struct Keyed {
    std::optional<absl::Time> time;
    int rank;
    bool takes_back;  // a file
    v1::DiagnosticReport* report;
  };
  std::vector<Keyed> keyed;
  for (v1::DiagnosticReport& report : *versions) {
    const auto& files = report.presented_forms();
    const bool takes_back = std::any_of(files.begin(), files.end(), policy::IsVoid);
    keyed.push_back({LatestTime(report), StageOf(report.status()), takes_back, &report});
  }
  const bool timed = std::all_of(keyed.begin(), keyed.end(), [](const Keyed& key) { return key.time.has_value(); });
  std::stable_sort(keyed.begin(), keyed.end(), [timed](const Keyed& a, const Keyed& b) {
    // Where a version has no time, the status counts before the times of the others: a correction without a time corrects.
    if (timed && a.time != b.time) return a.time < b.time;
    if (a.rank != b.rank) return a.rank < b.rank;
    if (a.time != b.time) return a.time < b.time;
    if (a.takes_back != b.takes_back) return b.takes_back;
    return DigestForOrder(*a.report) < DigestForOrder(*b.report);
  });
  std::vector<v1::DiagnosticReport> sorted;
  for (const Keyed& key : keyed) sorted.push_back(std::move(*key.report));
  *versions = std::move(sorted);
}

Standing PutTogether(const std::vector<v1::DiagnosticReport>& versions) {
  return Together(versions).Take();
}

bool SamePatient(const v1::Patient& a, const v1::Patient& b) {
  return std::any_of(a.identifiers().begin(), a.identifiers().end(), [&b](const v1::Identifier& mine) {
    return std::any_of(b.identifiers().begin(), b.identifiers().end(), [&mine](const v1::Identifier& theirs) {
      return !mine.value().empty() && mine.value() == theirs.value() && mine.system() == theirs.system();
    });
  });
}

bool SameContent(const v1::DiagnosticReport& a, const v1::DiagnosticReport& b, const std::string& unit_id) {
  if (unit_id == policy::kDocument) {
    return Document(a).SerializeAsString() == Document(b).SerializeAsString() &&
           policy::UnitStatus(a, unit_id) == policy::UnitStatus(b, unit_id);
  }
  const v1::Observation* in_a = Find(a, unit_id);
  const v1::Observation* in_b = Find(b, unit_id);
  if (in_a == nullptr || in_b == nullptr) return in_a == in_b;
  return policy::EffectiveStatus(a, *in_a) == policy::EffectiveStatus(b, *in_b) && WithoutTime(in_a) == WithoutTime(in_b);
}

}  // namespace resultgate::gate

#include "server/gate/stored_times.h"

#include <algorithm>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "server/audit/entry_facts.h"
#include "server/base/proto_time.h"
#include "server/gate/patient_facts.h"
#include "server/gate/result_commit.h"
#include "server/gate/transition.h"

namespace resultgate::gate {
namespace {

// Whoever was not told of would be, and nothing is left to do about who was. Each time must be one that was logged; one that is
// absent only leaves more to do.
void FindFollowUp(const v1::Result& kept, const std::vector<v1::Entry>& entries, std::vector<std::string>* findings) {
  const v1::FollowUp& done = kept.follow_up();
  int messages = 0;
  bool taken_away = !done.has_withdrawn_at();
  std::map<v1::FollowUpKind, std::set<absl::Time>> logged;
  for (const v1::Entry& entry : entries) {
    const v1::Entry::FollowedUp& told = entry.followed_up();
    if (done.has_withdrawn_at() && base::FromProto(entry.time()) == base::FromProto(done.withdrawn_at())) {
      const auto releases = audit::FactsOf(entry).releases;
      taken_away = taken_away || std::any_of(releases.begin(), releases.end(), [](const v1::ReleaseNote* note) {
                     return note->kind() == v1::RELEASE_KIND_RETRACTION;
                   });
    }
    if (entry.approved().has_discussed_at()) {
      logged[v1::FOLLOW_UP_KIND_CONTACTED].insert(base::FromProto(entry.approved().discussed_at()));
    }
    if (!entry.has_followed_up()) continue;
    messages += told.kind() == v1::FOLLOW_UP_KIND_MESSAGE ? 1 : 0;
    logged[told.kind()].insert(base::FromProto(told.has_happened_at() ? told.happened_at() : entry.time()));
  }
  const auto is_logged = [&](bool has, const google::protobuf::Timestamp& time, v1::FollowUpKind kind) {
    return !has || logged[kind].count(base::FromProto(time)) > 0;
  };
  if (!is_logged(done.has_first_viewed_at(), done.first_viewed_at(), v1::FOLLOW_UP_KIND_VIEWED) ||
      !is_logged(done.has_last_viewed_at(), done.last_viewed_at(), v1::FOLLOW_UP_KIND_VIEWED) ||
      !is_logged(done.has_clinician_viewed_at(), done.clinician_viewed_at(), v1::FOLLOW_UP_KIND_CLINICIAN_VIEWED) ||
      !is_logged(done.has_contacted_at(), done.contacted_at(), v1::FOLLOW_UP_KIND_CONTACTED) || done.messages() > messages) {
    findings->emplace_back(
        "follow_up: somebody is said to have seen it, been reached or written about it of whom no entry tells");
  }
  if (!taken_away) findings->emplace_back("follow_up: something is said to have been withdrawn when no entry took anything away");
}

}  // namespace

std::vector<std::string> TimeFindings(const v1::Result& kept, const Notices& notices, const std::vector<v1::Entry>& entries) {
  std::vector<std::string> findings;
  const absl::Time birthday = kept.has_reconsider_at() ? base::FromProto(kept.reconsider_at()) : absl::InfiniteFuture();
  const auto& outcomes = kept.decision().outcomes();
  const absl::Time due = std::min({EarliestDue(outcomes), birthday, NextLapse(outcomes, notices)});
  const absl::Time kept_due = kept.has_due_at() ? base::FromProto(kept.due_at()) : absl::InfiniteFuture();
  const bool was_due_then = std::any_of(entries.begin(), entries.end(), [due, kept_due](const v1::Entry& entry) {
    const absl::Time time = base::FromProto(entry.time());
    return due <= time && kept_due == time + kLeastWait;
  });
  if (due != kept_due && !was_due_then) {
    findings.push_back(absl::StrCat("due_at: something of it is due ", absl::FormatTime(due, absl::UTCTimeZone()), ", kept ",
                                    absl::FormatTime(kept_due, absl::UTCTimeZone())));
  }
  bool shown = false;
  bool taken_away = false;
  bool then = false;
  for (const v1::Entry& entry : entries) {
    for (const v1::ReleaseNote* note : audit::FactsOf(entry).releases) {
      shown = shown || note->kind() == v1::RELEASE_KIND_RESULT;
      taken_away = taken_away || note->kind() == v1::RELEASE_KIND_RETRACTION;
      then = then || (note->kind() == v1::RELEASE_KIND_RESULT && kept.has_first_released_at() &&
                      base::FromProto(entry.time()) == base::FromProto(kept.first_released_at()));
    }
  }
  if (kept.has_first_released_at() ? !then : shown && !taken_away) {
    findings.emplace_back("first_released_at is the time of no entry that released something of it");
  }
  FindFollowUp(kept, entries, &findings);
  return findings;
}

std::vector<std::string> BirthdayFindings(const v1::Result& kept, absl::Time last,
                                          const std::vector<const policy::Pack*>& packs) {
  if (packs.empty()) return {};
  const absl::Time birthday = kept.has_reconsider_at() ? base::FromProto(kept.reconsider_at()) : absl::InfiniteFuture();
  v1::DiagnosticReport scratch;
  const v1::DiagnosticReport& report = ReportInForce(kept, &scratch);
  const auto fits = [&](const absl::TimeZone& zone) {
    absl::Time next = base::FromProto(kept.received_at());
    do {
      next = NextBirthday(report.patient(), zone, next);
    } while (next != birthday && next <= last);
    return next == birthday;
  };
  const bool is_one = SeesForPatient(kept.decision().outcomes())
                          ? std::any_of(packs.begin(), packs.end(),
                                        [&](const policy::Pack* pack) {
                                          // An older program took the organisation's zone, whatever the facility's.
                                          return fits(pack->CalendarFor(report.order()).zone()) || fits(pack->calendar().zone());
                                        })
                          : birthday == absl::InfiniteFuture();
  if (is_one) return {};
  return {"reconsider_at is not the next birthday of its patient at which somebody may lose the right to see for them"};
}

}  // namespace resultgate::gate

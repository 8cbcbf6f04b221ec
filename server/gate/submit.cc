#include "server/gate/submit.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "server/base/proto_time.h"
#include "server/base/status_macros.h"
#include "server/gate/attached_files.h"
#include "server/gate/decision_before.h"
#include "server/gate/decision_facts.h"
#include "server/gate/decision_for_next.h"
#include "server/gate/erasure.h"
#include "server/gate/incident.h"
#include "server/gate/patient_facts.h"
#include "server/gate/patients.h"
#include "server/gate/result_commit.h"
#include "server/gate/transition.h"
#include "server/gate/versions.h"
#include "server/policy/decide.h"

namespace resultgate::gate {
namespace {

using Response = v1::SubmitResultResponse;

// More than this a result does not hold, as a report does not: more would make every further version slower.
constexpr int kMostObservations = 1000;
constexpr char kTooLarge[] = "with this part the result would hold more observations than any report may";
constexpr char kSeveralResults[] = "the report is a version of several results, so nobody can tell of which";

std::string DigestText(const std::string& digest) {
  return absl::StrCat("sha256:", absl::BytesToHexString(digest));
}

// True if the report says of itself that it puts right what was said before.
bool SaysItCorrects(const v1::DiagnosticReport& report) {
  const auto corrects = [](v1::ResultStatus status) {
    return status == v1::RESULT_STATUS_CORRECTED || status == v1::RESULT_STATUS_AMENDED ||
           status == v1::RESULT_STATUS_ENTERED_IN_ERROR;
  };
  return corrects(report.status()) || TakesFileBack(report) ||
         std::any_of(report.observations().begin(), report.observations().end(),
                     [&corrects](const v1::Observation& observation) { return corrects(observation.status()); });
}

bool HoldsSomething(const v1::Result& result) {
  const auto& outcomes = result.decision().outcomes();
  return std::any_of(outcomes.begin(), outcomes.end(), [](const auto& o) { return o.state() == v1::OUTCOME_STATE_HELD; });
}

// What is known of the patient, what we said of the reading, and how much a message may say, aside.
bool SaysTheSame(v1::DiagnosticReport a, v1::DiagnosticReport b) {
  for (v1::DiagnosticReport* report : {&a, &b}) {
    report->clear_patient();
    report->clear_snapshot();
    report->clear_issues();
  }
  return a.SerializeAsString() == b.SerializeAsString();
}

// True if every version of it puts right what was said before: the report that it corrects is not among them.
bool CorrectsWhatIsNotHere(const v1::Result& result) {
  const std::vector<v1::DiagnosticReport> versions = VersionsOf(result);
  return std::all_of(versions.begin(), versions.end(), SaysItCorrects);
}

// True if it stands until people end it, whatever versions come.
bool EndsByPeopleOnly(const std::string& quarantine) {
  return NeedsTwoPeople(quarantine) || quarantine == kSeveralResults || quarantine == kTooLarge;
}

}  // namespace

bool NeedsTwoPeople(const std::string& quarantine) {
  return quarantine == kOtherPatient || quarantine == kOrderReused || quarantine == kTakenBack || quarantine == kErasedBefore;
}

std::string StandingQuarantine(const v1::Result& result) {
  for (const v1::Outcome& outcome : result.decision().outcomes()) {
    if (outcome.disposition() != v1::DISPOSITION_QUARANTINE || outcome.state() != v1::OUTCOME_STATE_HELD) continue;
    for (const v1::AppliedRule& rule : outcome.rules()) {
      if (rule.rule_id() == "quarantine") return rule.basis().citation();
    }
  }
  return "";
}

Submission::Submission(v1::SubmitResultRequest request, NewSalt new_salt)
    : request_(std::move(request)),
      new_salt_(std::move(new_salt)),
      digest_(ReportDigest(request_.report())),
      duplicate_key_(DuplicateKey(request_.report(), digest_)),
      key_before_(DuplicateKeyBefore(request_.report())),
      identity_(IdentityOf(request_.report())) {}

absl::StatusOr<Response> Submission::TakeAnswer() {
  return refused_.ok() ? absl::StatusOr<Response>(std::move(response_)) : refused_;
}

absl::Status Submission::Run(store::Batch& batch, const Rulebook& rulebook, const SameOrder& same_order, absl::Time now) {
  same_order_ = &same_order;
  const int issues = request_.report().issues_size();
  StampTimes(request_.mutable_report(), now);
  DropWhatReportsDoNotSay(request_.mutable_report());
  if (request_.report().issues_size() > issues) {
    kept_digest_ = ReportDigest(request_.report());
    kept_key_ = DuplicateKey(request_.report(), kept_digest_);
  }
  const v1::DiagnosticReport& report = request_.report();
  if (report.test_message() && !request_.accept_test_message()) {
    return Refuse(batch, rulebook, now, "the message is marked as a test (MSH-11 T or D, FHIR HTEST), and tests are not taken");
  }
  RG_ASSIGN_OR_RETURN(std::vector<int64_t> duplicates, batch.FindByKey(duplicate_key_));
  if (duplicates.empty() && !key_before_.empty()) {
    RG_ASSIGN_OR_RETURN(duplicates, batch.FindByKey(key_before_));
  }
  if (!duplicates.empty()) return AnswerDuplicate(batch, duplicates.front(), now);
  RG_ASSIGN_OR_RETURN(std::vector<v1::Result> same, FindSameResult(batch));
  // Of what was erased nobody knows any more whose it was. What came of it since stands for itself.
  const auto kept_end =
      std::stable_partition(same.begin(), same.end(), [](const v1::Result& result) { return !result.has_erased(); });
  const std::vector<v1::Result> erased(kept_end, same.end());
  same.erase(kept_end, same.end());
  if (same.empty() && !erased.empty()) {
    RG_RETURN_IF_ERROR(TakeNew(batch, rulebook, now, kErasedBefore));
    return TellOfErased(batch, now, rulebook.pack->refusal_owner(), response_.result_id(), erased);
  }
  if (same.size() > 1) {
    // The patient is no part of a key, but tells apart what keys do not.
    std::vector<v1::Result> of_patient;
    for (v1::Result& result : same) {
      RG_ASSIGN_OR_RETURN(const bool is_theirs, SamePatientAfterMerges(batch, result.report().patient(), report.patient()));
      if (is_theirs) of_patient.push_back(std::move(result));
    }
    if (of_patient.empty()) return TakeStrangers(batch, rulebook, now, same);
    same = std::move(of_patient);
    if (same.size() != 1) return TakeNew(batch, rulebook, now, kSeveralResults);
  }
  if (same.size() == 1) return TakeVersion(batch, rulebook, now, same.front());
  const auto& observations = report.observations();
  const bool confirms_nothing = std::any_of(observations.begin(), observations.end(), OnlyConfirms);
  return TakeNew(batch, rulebook, now, confirms_nothing ? kNothingToConfirm : "");
}

absl::Status Submission::Refuse(store::Batch& batch, const Rulebook& rulebook, absl::Time now, const std::string& why) {
  refused_ = absl::FailedPreconditionError(why);
  v1::Entry entry;
  v1::Entry::Refused* refused = entry.mutable_refused();
  refused->set_sender(request_.report().sender());
  refused->set_message_id(request_.report().message_id());
  refused->set_message_digest(DigestText(digest_));
  v1::Issue* issue = refused->add_issues();
  issue->set_severity(v1::Issue::SEVERITY_ERROR);
  issue->set_place("test_message");
  issue->set_message(why);
  refused->mutable_owner()->set_role(rulebook.pack->refusal_owner());
  return AppendEntry(batch, now, request_.report().sender(), std::move(entry));
}

absl::Status Submission::AnswerDuplicate(store::Batch& batch, int64_t result_id, absl::Time now) {
  RG_ASSIGN_OR_RETURN(std::optional<v1::Result> standing, batch.FindResult(result_id));
  if (!standing) return absl::DataLossError(absl::StrCat("a key leads to result ", result_id, ", which is not there"));
  response_.set_result_id(standing->id());
  response_.set_version(standing->version());
  response_.set_disposal(Response::DISPOSAL_DUPLICATE);
  *response_.mutable_decision() = standing->decision();
  std::set<int64_t> sequences;
  for (const v1::Outcome& outcome : standing->decision().outcomes()) {
    if (outcome.release_sequence() > 0) sequences.insert(outcome.release_sequence());
  }
  for (const int64_t sequence : sequences) {
    RG_ASSIGN_OR_RETURN(std::optional<store::OutboxRow> row, batch.FindRelease(sequence));
    if (row && row->release.has_comment()) *response_.add_comments() = row->release.comment();
  }
  v1::Entry entry;
  entry.set_result_id(standing->id());
  entry.set_version(standing->version());
  entry.mutable_decided()->set_disposal(Response::DISPOSAL_DUPLICATE);
  entry.mutable_decided()->set_report_digest(ReportName(standing->salt(), duplicate_key_, digest_));
  return AppendEntry(batch, now, request_.report().sender(), std::move(entry));
}

absl::StatusOr<std::vector<v1::Result>> Submission::FindSameResult(store::Batch& batch) const {
  for (int tier = 0; tier < IdentityKeys::kTiers; ++tier) {
    std::set<int64_t> ids;
    for (const store::Key& key : identity_.tiers[tier]) {
      RG_ASSIGN_OR_RETURN(const std::vector<int64_t> found, batch.FindByKey(key));
      ids.insert(found.begin(), found.end());
    }
    std::vector<v1::Result> candidates;
    for (const int64_t id : ids) {
      RG_ASSIGN_OR_RETURN(std::optional<v1::Result> result, batch.FindResult(id));
      if (!result) return absl::DataLossError(absl::StrCat("a key leads to result ", id, ", which is not there"));
      // It has a more telling key of a tier in which we have one too, and the two differ: another result.
      const IdentityKeys theirs = IdentityOf(result->report());
      const bool differs = [&] {
        for (int higher = 0; higher < tier; ++higher) {
          if (!identity_.tiers[higher].empty() && !theirs.tiers[higher].empty()) return true;
        }
        return false;
      }();
      if (!differs) candidates.push_back(*std::move(result));
    }
    if (!candidates.empty()) return candidates;
  }
  return std::vector<v1::Result>();
}

absl::Status Submission::TakeNew(store::Batch& batch, const Rulebook& rulebook, absl::Time now, const std::string& quarantine) {
  v1::Result result;
  result.set_id(batch.NextResultId());
  result.set_version(1);
  *result.mutable_report() = std::move(*request_.mutable_report());
  *result.mutable_first_received_at() = base::ToProto(now);
  *result.mutable_received_at() = result.first_received_at();
  return DecideAndWrite(batch, rulebook, now, nullptr, quarantine, std::move(result), Response::DISPOSAL_NEW);
}

absl::Status Submission::TakeVersion(store::Batch& batch, const Rulebook& rulebook, absl::Time now, const v1::Result& standing) {
  const v1::DiagnosticReport& submitted = request_.report();
  RG_ASSIGN_OR_RETURN(merged_, SamePatientAfterMerges(batch, submitted.patient(), standing.report().patient()));
  if (!merged_) {
    return TakeOtherPatient(batch, rulebook, now, standing, CompareVersions(submitted, standing.report()));
  }
  std::vector<v1::DiagnosticReport> versions = VersionsOf(standing);
  InsertVersion(submitted, &versions);
  const bool latest = versions.back().SerializeAsString() == submitted.SerializeAsString();
  // Before all of them are put together, so that the report is what the kept ones come to.
  if (versions.size() > kMostVersions) {
    versions[1] = PutTogether({versions[0], versions[1]}).report;
    versions.erase(versions.begin());
    base_ = versions[0];
  }
  Standing together = PutTogether(versions);
  if (together.report.observations_size() > kMostObservations) {
    base_.reset();
    return TakeNew(batch, rulebook, now, kTooLarge);
  }
  v1::Result result = standing;
  *result.mutable_report() = std::move(together.report);
  *result.mutable_versions() = {versions.begin(), versions.end()};
  const std::string before = StandingQuarantine(standing);
  const std::string quarantine = EndsByPeopleOnly(before) ? before : together.doubt;
  // What comes late may put in doubt what people are about to say of the rest.
  const bool says_nothing_new = !latest && quarantine == before && SaysTheSame(result.report(), standing.report()) &&
                                PutTogether(VersionsOf(standing)).doubt == together.doubt;
  if (!says_nothing_new) return TakeNextVersion(batch, rulebook, now, standing, quarantine, std::move(result));
  const std::optional<absl::Time> clock = ClockWith(request_.report(), standing.decision(), now);
  if (clock != ClockOf(standing.decision()) && HoldsSomething(standing)) {
    // It says nothing new of the result, but it was final earlier: what waits waits from then on.
    RG_RETURN_IF_ERROR(TakeNextVersion(batch, rulebook, now, standing, quarantine, std::move(result)));
    response_.set_disposal(Response::DISPOSAL_OLDER_VERSION);
    return absl::OkStatus();
  }
  if (clock) *result.mutable_decision()->mutable_clock_start() = base::ToProto(*clock);
  *result.mutable_report() = standing.report();
  RG_RETURN_IF_ERROR(NoteMessage(&result));
  return LogOlder(batch, result, SetBackUnits(submitted, standing.decision(), now), now);
}

absl::Status Submission::TakeOtherPatient(store::Batch& batch, const Rulebook& rulebook, absl::Time now,
                                          const v1::Result& standing, VersionOrder order) {
  const v1::DiagnosticReport& submitted = request_.report();
  if (order == VersionOrder::kOlder && CorrectsWhatIsNotHere(standing)) {
    // The report was another patient's before: whose it is was in doubt, whichever message came first.
    RG_RETURN_IF_ERROR(TakeNextVersion(batch, rulebook, now, standing, kOtherPatient, standing));
    response_.set_disposal(Response::DISPOSAL_OLDER_VERSION);
    return absl::OkStatus();
  }
  if (order != VersionOrder::kOlder && SaysItCorrects(submitted)) {
    v1::Result result = standing;
    *result.mutable_report() = submitted;
    result.clear_versions();
    base_ = submitted;
    // What people determined was about the other patient.
    for (v1::Determination& determination : *result.mutable_determinations()) {
      if (base::FromProto(determination.until()) > now) *determination.mutable_until() = base::ToProto(now);
    }
    return TakeNextVersion(batch, rulebook, now, standing, kOtherPatient, std::move(result));
  }
  // A correction that does not say so, or an order number that was used again: neither patient's report may be lost or shown
  // until somebody has looked.
  RG_RETURN_IF_ERROR(TakeNextVersion(batch, rulebook, now, standing, kOrderReused, standing));
  response_.Clear();
  return TakeNew(batch, rulebook, now, kOrderReused);
}

absl::Status Submission::TakeStrangers(store::Batch& batch, const Rulebook& rulebook, absl::Time now,
                                       const std::vector<v1::Result>& candidates) {
  // It may put right any of them: whose each one is was in doubt, whichever message came first.
  for (const v1::Result& standing : candidates) {
    RG_RETURN_IF_ERROR(TakeNextVersion(batch, rulebook, now, standing, kOrderReused, standing));
  }
  response_.Clear();
  return TakeNew(batch, rulebook, now, kOrderReused);
}

absl::Status Submission::TakeNextVersion(store::Batch& batch, const Rulebook& rulebook, absl::Time now,
                                         const v1::Result& standing, const std::string& quarantine, v1::Result result) {
  result.set_version(standing.version() + 1);
  if (!SaysTheSame(result.report(), standing.report()) || quarantine == kOtherPatient) {
    result.clear_discussed_at();
    result.clear_discussed_how();
  }
  // What one patient has asked for is not told to another.
  if (quarantine == kOtherPatient) result.clear_determination_reviews();
  *result.mutable_received_at() = base::ToProto(now);
  return DecideAndWrite(batch, rulebook, now, &standing, quarantine, std::move(result), Response::DISPOSAL_NEW_VERSION);
}

absl::Status Submission::LogOlder(store::Batch& batch, const v1::Result& standing, const std::vector<std::string>& set_back,
                                  absl::Time now) {
  response_.set_result_id(standing.id());
  response_.set_version(standing.version());
  response_.set_disposal(Response::DISPOSAL_OLDER_VERSION);
  *response_.mutable_decision() = standing.decision();
  v1::Entry entry;
  entry.set_result_id(standing.id());
  entry.set_version(standing.version());
  v1::Entry::Decided* decided = entry.mutable_decided();
  decided->set_disposal(Response::DISPOSAL_OLDER_VERSION);
  NoteDigests(standing.salt(), decided);
  if (standing.decision().has_clock_start()) *decided->mutable_clock_start() = standing.decision().clock_start();
  decided->mutable_set_back_unit_ids()->Assign(set_back.begin(), set_back.end());
  RG_RETURN_IF_ERROR(batch.PutResult(standing));
  decided->set_merged(ComesUnderOtherNumber(standing.report()));
  RG_RETURN_IF_ERROR(PutPatientKeys(batch, request_.report().patient(), standing.id()));
  RG_RETURN_IF_ERROR(AppendEntry(batch, now, request_.report().sender(), std::move(entry)));
  return batch.PutKey(duplicate_key_, standing.id());
}

absl::Status Submission::DecideAndWrite(store::Batch& batch, const Rulebook& rulebook, absl::Time now, const v1::Result* before,
                                        const std::string& quarantine, v1::Result result, Response::Disposal disposal) {
  RG_RETURN_IF_ERROR(FillKnown(batch, *rulebook.pack, &result));
  policy::Context context;
  context.received_at = now;
  context.quarantine = quarantine;
  const std::vector<std::string> begun =
      before == nullptr ? std::vector<std::string>() : BegunUnits(before->report(), result.report());
  std::vector<std::string> set_back;
  v1::Decision decision_before;
  bool resumes = false;
  // Whom a correction moves it to has waited for nothing yet; whose other number it comes under has.
  const bool same_numbers = before != nullptr && SamePatient(before->report().patient(), result.report().patient());
  if (before != nullptr && (merged_ || same_numbers)) {
    resumes = quarantine.empty() && !StandingQuarantine(*before).empty();
    RG_ASSIGN_OR_RETURN(decision_before, resumes ? DecisionBeforeDoubt(batch, *before) : before->decision());
    context.clock_start = ClockOf(before->decision());
    if (merged_) {  // another patient's report starts nobody else's clock
      context.clock_start = ClockWith(request_.report(), before->decision(), now);
      set_back = SetBackUnits(request_.report(), before->decision(), now);
    }
    decision_before = DecisionForNext(std::move(decision_before), begun, set_back, context.clock_start);
    context.previous = &decision_before;
  }
  if (rulebook.pack->holds_orders_together() && quarantine.empty()) {
    RG_ASSIGN_OR_RETURN(context.order_holds, same_order_->HoldsOn(batch, result.report(), result.id(), now));
  }
  NoteDoubtOfIssue(context, result.mutable_report());
  v1::Decision decision = DecideStanding(*rulebook.pack, result, context, now);
  Transition transition = gate::TakeVersion(before, result.report(), decision, now, merged_);
  decision.clear_outcomes();
  *result.mutable_decision() = std::move(decision);
  RG_RETURN_IF_ERROR(PrepareErasure(rulebook, &result));
  const v1::Patient previous_patient = before == nullptr ? v1::Patient() : before->report().patient();
  RG_ASSIGN_OR_RETURN(Committed committed, CommitTransition(batch, *rulebook.comments, *rulebook.pack, std::move(transition),
                                                            previous_patient, now, &result));
  released_ = released_ || !committed.notes.empty();
  RG_RETURN_IF_ERROR(PutKeys(batch, result));
  RG_RETURN_IF_ERROR(same_order_->PutKeys(batch, result));
  changed_.push_back(result.id());

  v1::Entry entry;
  entry.set_result_id(result.id());
  entry.set_version(result.version());
  v1::Entry::Decided* decided = entry.mutable_decided();
  decided->set_disposal(disposal);
  *decided->mutable_decision() = result.decision();
  NoteDigests(result.salt(), decided);
  decided->set_facts_digest(FactsDigest(result));
  decided->set_merged(before != nullptr && ((merged_ && !same_numbers) || ComesUnderOtherNumber(before->report())));
  decided->mutable_begun_unit_ids()->Assign(begun.begin(), begun.end());
  decided->set_starts_over(before != nullptr && context.previous == nullptr);
  decided->set_resumes(resumes);
  decided->mutable_set_back_unit_ids()->Assign(set_back.begin(), set_back.end());
  entry.set_known_digest(KnownDigest(result));
  for (const policy::OrderHold& hold : context.order_holds) *decided->add_order_holds() = ToProto(hold);
  for (v1::ReleaseNote& note : committed.notes) *decided->add_releases() = std::move(note);
  *decided->mutable_issues() = result.report().issues();
  RG_RETURN_IF_ERROR(AppendEntry(batch, now, result.report().sender(), std::move(entry)));
  if (before != nullptr) {
    RG_RETURN_IF_ERROR(
        OpenIncident(batch, now, result.report().sender(), rulebook.pack->refusal_owner(), *before, merged_, quarantine, result));
  }

  response_.set_result_id(result.id());
  response_.set_version(result.version());
  response_.set_disposal(disposal);
  response_.mutable_decision()->Swap(result.mutable_decision());
  for (v1::Comment& comment : committed.comments) *response_.add_comments() = std::move(comment);
  return absl::OkStatus();
}

bool Submission::ComesUnderOtherNumber(const v1::DiagnosticReport& standing) const {
  return merged_ && !SamePatient(standing.patient(), request_.report().patient());
}

absl::Status Submission::NoteMessage(v1::Result* result) const {
  if (result->salt().empty()) {
    RG_ASSIGN_OR_RETURN(*result->mutable_salt(), new_salt_());
  }
  NoteErasedKey(duplicate_key_, result);
  if (merged_) NoteErasedPatient(request_.report().patient(), result);
  return absl::OkStatus();
}

absl::Status Submission::PrepareErasure(const Rulebook& rulebook, v1::Result* result) const {
  RG_RETURN_IF_ERROR(NoteMessage(result));
  NoteErasedPatient(result->report().patient(), result);
  if (!rulebook.pack->holds_orders_together()) return absl::OkStatus();
  for (const store::Key& key : OrderKeys(result->report())) NoteErasedKey(key, result);
  return absl::OkStatus();
}

void Submission::NoteDigests(const std::string& salt, v1::Entry::Decided* decided) const {
  decided->set_report_digest(ReportName(salt, duplicate_key_, digest_));
  if (base_) decided->set_base_digest(BaseDigest(salt, *base_));
  if (!kept_digest_.empty()) decided->set_kept_digest(ReportName(salt, kept_key_, kept_digest_));
}

absl::Status Submission::PutKeys(store::Batch& batch, const v1::Result& result) const {
  const int64_t result_id = result.id();
  RG_RETURN_IF_ERROR(batch.PutKey(duplicate_key_, result_id));
  RG_RETURN_IF_ERROR(PutPatientKeys(batch, result.report().patient(), result_id));
  // Under whichever number of the patient it came: should they be two after all, that is told by this.
  if (merged_) RG_RETURN_IF_ERROR(PutPatientKeys(batch, request_.report().patient(), result_id));
  for (int tier = 0; tier < IdentityKeys::kTiers; ++tier) {
    // Observations are many and their keys random: they are kept only where the order says nothing.
    const bool order_tells = !identity_.tiers[0].empty() || !identity_.tiers[1].empty();
    if (tier >= 2 && order_tells) break;
    for (const store::Key& key : identity_.tiers[tier]) RG_RETURN_IF_ERROR(batch.PutKey(key, result_id));
  }
  return absl::OkStatus();
}

}  // namespace resultgate::gate

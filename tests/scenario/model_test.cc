// Random lives of results: messages in any order, reviews, clock steps, restarts, changes of pack, each followed by the checks of
// all promises against the plain reference of promises.h.
//
//   RESULTGATE_MODEL_SEED   the seed, printed at the start; default: the same every day, so that a failure is found again
//   RESULTGATE_MODEL_STEPS  how many steps; default 100,000
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <iterator>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "server/base/digest.h"
#include "server/base/proto_time.h"
#include "server/gate/replay_log.h"
#include "server/gate/retention.h"
#include "server/gate/stored_check.h"
#include "server/gate/transition.h"
#include "server/gate/versions.h"
#include "server/policy/decide.h"
#include "server/policy/units.h"
#include "server/store/sqlite/log_file.h"
#include "tests/scenario/bare_gate.h"
#include "tests/scenario/promises.h"

namespace resultgate::scenario {
namespace {

using base::FromProto;

int64_t FromEnvironment(const char* name, int64_t otherwise) {
  const char* text = getenv(name);
  int64_t number = 0;
  return text != nullptr && absl::SimpleAtoi(text, &number) ? number : otherwise;
}

// Messages are about the last so many orders; what is older lives on with the clock alone.
constexpr size_t kOrdersAtATime = 12;
constexpr int kStepsPerGate = 2'500;

constexpr char kStricter[] = R"(  - id: stricter
    title: t
    match: {codes: [routine, imaging, private]}
    then:
      review: {owners: [results-pool], each: 1 business day, expires: 1 business day, on_expiry: release}
    lifted_by: [provider]
    basis: {type: organization-policy, citation: c}
)";

// What happened, for the end.
struct Counts {
  int64_t messages = 0, approvals = 0, clock_steps = 0, restarts = 0, activations = 0, acknowledgements = 0;
  int64_t acts = 0, wishes = 0, deaths = 0, merges = 0, unmerges = 0, other_numbers = 0;
  int64_t erased_by_time = 0, erased_by_people = 0, after_erasure = 0;
  int64_t releases = 0, documents = 0, taken_out = 0, entries = 0, checks = 0, replayed = 0;
  std::map<std::string, int64_t> not_replayed;
};

class Life {
 public:
  Life(uint64_t seed, const policy::LoadedPack& stricter, Counts* counts)
      : random_(seed), gate_(ReferencePack(), Keeping()), stricter_(stricter), counts_(*counts) {
    gate_.RecordRestorer(kRestorer);
  }

  // One step and its checks; false where a promise is broken.
  bool Step() {
    const int dice = Roll(1000);
    what_ = "";
    if (dice < 620) {
      SendMessage();
    } else if (dice < 740) {
      Approve();
    } else if (dice < 780) {
      ActOnResult();
    } else if (dice < 870) {
      MoveClock();
    } else if (dice < 900) {
      TellOfPatients();
    } else if (dice < 908) {
      Erase();
    } else if (dice < 996) {
      Acknowledge();
    } else if (dice < 999) {
      Restart();
    } else {
      ActivateAnother();
    }
    gate_.Settle();
    CatchUp();
    if (Roll(2000) == 0) CheckAll();
    return complaints_.empty();
  }

  void CheckAll() {
    for (const auto& [id, order] : order_of_result_) Check(id);
  }

  // All that was decided comes out the same when it is decided again, and the tables are what the log says.
  void CheckLog() {
    const auto log = store::OpenLogFile(gate_.database());
    ASSERT_TRUE(log.ok()) << log.status();
    const auto replayed = gate::ReplayLog(**log, {}, nullptr);
    ASSERT_TRUE(replayed.ok()) << replayed.status();
    for (const gate::Replayed& difference : replayed->differences) {
      Complain(absl::StrCat("entry ", difference.sequence, " (", difference.kind, ", result ", difference.result_id,
                            ") comes out otherwise: ", absl::StrJoin(difference.details, "; ")));
    }
    if (!replayed->differences.empty()) TellStory(replayed->differences.front().result_id, Order());
    counts_.replayed += replayed->same;
    for (const auto& [reason, count] : replayed->reasons) counts_.not_replayed[reason] += count;
    const auto stored = gate::CheckStored(**log, nullptr);
    ASSERT_TRUE(stored.ok()) << stored.status();
    for (const std::string& finding : stored->findings) {
      Complain(finding);
      if (const int64_t id = ResultOf(finding); id > 0 && stories_.empty()) TellStory(id, orders_[order_of_result_[id]]);
    }
  }

  bool broken() const { return !complaints_.empty(); }
  std::string Complaints() const { return absl::StrCat(what_, "\n", absl::StrJoin(complaints_, "\n"), "\n", stories_); }

 private:
  // Lives are longer than results are kept.
  static gate::Options Keeping() {
    gate::Options options;
    options.retention = *gate::ParseRetention("90d");
    return options;
  }

  int Roll(int sides) { return static_cast<int>(random_() % static_cast<uint64_t>(sides)); }

  void Complain(const std::string& words) {
    if (!words.empty()) complaints_.push_back(words);
  }

  // Of "result 7: ...", 7; 0 where it is about none.
  static int64_t ResultOf(absl::string_view finding) {
    int64_t id = 0;
    const bool is_about_one =
        absl::ConsumePrefix(&finding, "result ") && absl::SimpleAtoi(finding.substr(0, finding.find(':')), &id);
    return is_about_one ? id : 0;
  }

  // A further message of an order, or the first of a new one.
  void SendMessage() {
    if (open_.empty() || (open_.size() < kOrdersAtATime ? Roll(3) == 0 : Roll(8) == 0)) {
      open_.push_back(absl::StrCat("F", ++last_order_));
      if (open_.size() > kOrdersAtATime) open_.erase(open_.begin());
    }
    const std::string number = open_[static_cast<size_t>(Roll(static_cast<int>(open_.size())))];
    Order& order = orders_[number];
    v1::DiagnosticReport report;
    const bool again = !order.sent.empty() && Roll(8) == 0;
    if (again) {
      report = order.sent[static_cast<size_t>(Roll(static_cast<int>(order.sent.size())))].report;
      report.set_message_id("again");
    } else {
      report = NewVersion(number, order);
    }
    const absl::Time sent_at = gate_.clock().Now();
    v1::DecideRequest asked;
    *asked.mutable_report() = report;
    // A dry run knows of the patient what the report says.
    const bool first = order.sent.empty() && !people_.IsKnown(report.patient().identifiers(0).value());
    const v1::Decision expected = first ? gate_.gate().DryRun(asked).decision() : v1::Decision();
    const v1::SubmitResultResponse response = gate_.Submit(report);
    what_ = absl::StrCat("message of ", number, ", ", v1::ResultStatus_Name(report.status()), ", issued ",
                         base::FormatUtc(FromProto(report.issued())), again ? ", again" : "");
    ++counts_.messages;
    Complain(AnsweredAtOnce(response, sent_at, gate_.clock().Now()));
    if (first) Complain(SameInputsSameDecision(expected, response.decision()));
    if (!again) order.sent.push_back({report, sent_at});
    if (Roll(4) == 0) CheckRestriction(report);
  }

  // What is the same in all that comes of one order: one of so many.
  static size_t KindOf(const std::string& number, const std::string& of_what, size_t kinds) {
    return std::hash<std::string>{}(number + of_what) % kinds;
  }

  static const char* CodeOf(const std::string& number) {
    static constexpr const char* kCodes[] = {kPanel, kPanel, kLetter, kOddment};
    return kCodes[KindOf(number, "code", std::size(kCodes))];
  }
  static bool HasDocument(const std::string& number) { return KindOf(number, "document", 5) < 3; }
  static bool HasDocumentAlone(const std::string& number) { return KindOf(number, "document", 5) == 0; }

  // Something of the document, or nothing: where it is sent whole, that takes out what it lacks. Words come again, too.
  void AddDocument(v1::DiagnosticReport* report) {
    if (Roll(4) == 0) return;
    const auto words = [this] { return absl::StrCat("words ", Roll(40), "."); };
    if (Roll(2) == 0) report->set_narrative(words());
    if (Roll(2) == 0) report->set_conclusion(words());
    if (Roll(4) > 0) return;
    v1::Attachment* file = report->add_presented_forms();
    file->set_content_type("application/pdf");
    file->set_title("Report");
    file->set_data(words());
  }

  v1::DiagnosticReport NewVersion(const std::string& number, const Order& order) {
    const bool first = order.sent.empty();
    static const std::vector<std::vector<std::string>> kServices = {
        {kRoutineUnit, kSecondUnit}, {kRoutineUnit, kPrivateUnit}, {kImagingUnit}, {kTissueUnit}, {kRoutineUnit}};
    const std::vector<std::string>& units = kServices[KindOf(number, "", kServices.size())];
    static const std::vector<v1::ResultStatus> kStatuses = {v1::RESULT_STATUS_PRELIMINARY, v1::RESULT_STATUS_FINAL,
                                                            v1::RESULT_STATUS_FINAL,       v1::RESULT_STATUS_FINAL,
                                                            v1::RESULT_STATUS_CORRECTED,   v1::RESULT_STATUS_CORRECTED};
    v1::ResultStatus status = first ? kStatuses[static_cast<size_t>(Roll(4))] : kStatuses[static_cast<size_t>(Roll(6))];
    if (HasDocument(number) && !first && Roll(8) == 0) status = v1::RESULT_STATUS_APPENDED;
    if (Roll(25) == 0) status = v1::RESULT_STATUS_CANCELLED;
    if (Roll(40) == 0) status = v1::RESULT_STATUS_ENTERED_IN_ERROR;
    v1::DiagnosticReport report = testing::Report(number, HasDocument(number) ? CodeOf(number) : kPanel);
    report.set_status(status);
    // FHIR, or HL7 v2, of which a message may hold only what changed.
    report.set_snapshot(KindOf(number, "sender", 2) == 0);
    const std::string own = absl::StrCat("p", number);
    report.mutable_patient()->mutable_identifiers(0)->set_value(Roll(60) == 0 ? own + "x" : NumberOf(own));
    const size_t person = KindOf(number, "age", 4);
    if (person == 0) report.mutable_patient()->clear_birth_date();
    if (person == 1) report.mutable_patient()->set_birth_date("2012-04-05");
    if (person == 2) report.mutable_patient()->set_language("es");
    // Times within an hour before now; two messages of one time are rare, and then nobody can tell.
    const absl::Time now = absl::FromUnixSeconds(absl::ToUnixSeconds(gate_.clock().Now()));
    absl::Time issued = now - absl::Seconds(Roll(3600));
    if (!first && Roll(50) == 0) issued = FromProto(order.sent.back().report.issued());
    *report.mutable_issued() = base::ToProto(issued);
    if (HasDocument(number)) AddDocument(&report);
    const bool alone = HasDocumentAlone(number) && Roll(8) > 0;
    for (const std::string& unit : units) {
      if (alone || (units.size() > 1 && Roll(4) == 0)) continue;
      v1::Observation* observation = testing::AddObservation(&report, unit, absl::StrCat(10 + Roll(90)), status);
      if (status == v1::RESULT_STATUS_CANCELLED) {
        observation->clear_value();
        observation->clear_interpretation();
      }
    }
    if (report.observations().empty() && !alone) testing::AddObservation(&report, units[0], "5", status);
    return report;
  }

  // The patient's number; where others were merged with it, at times one of theirs.
  std::string NumberOf(const std::string& own) {
    const std::set<std::string> family = people_.FamilyAt(own, gate_.clock().Now());
    if (family.size() < 2 || Roll(3) > 0) return own;
    const std::string& number = *std::next(family.begin(), Roll(static_cast<int>(family.size())));
    if (number != own) ++counts_.other_numbers;
    return number;
  }

  void CheckRestriction(const v1::DiagnosticReport& report) {
    policy::Context context;
    context.received_at = gate_.clock().Now();
    const v1::Decision without = policy::Decide(*gate_.pack().pack, report, context, context.received_at);
    const v1::Decision with = policy::Decide(*stricter_.pack, report, context, context.received_at);
    Complain(AddingARestrictionShortensNothing(without, with, context.received_at));
  }

  // Mostly what is new, because that is held; 0 where it was erased. There must be one.
  int64_t AResult() {
    auto at = order_of_result_.end();
    for (int back = Roll(std::min<int>(20, static_cast<int>(order_of_result_.size()))) + 1; back > 0; --back) --at;
    return erased_.count(at->first) > 0 ? 0 : at->first;
  }

  void Approve() {
    if (order_of_result_.empty()) return;
    const int64_t id = AResult();
    if (id == 0) return;
    const auto result = gate_.store().FindResult(id);
    ASSERT_TRUE(result.ok() && result->has_value());
    const std::string reviewer = absl::StrCat("reviewer-", Roll(3));
    const int version = (*result)->version() - (Roll(20) == 0 ? 1 : 0);
    const absl::Status status = gate_.Approve(id, version, reviewer);
    what_ = absl::StrCat("approval of ", id, ": ", std::string(status.message()));
    if (!status.ok()) return;
    ++counts_.approvals;
    Order& order = orders_[order_of_result_[id]];
    order.approvals[id].push_back({reviewer, gate_.clock().Now(), order.sent.size()});
  }

  // Somebody claims a review, hands it over or gives it back, holds a result or ends that, or asks to have it now. No two at one
  // time.
  void ActOnResult() {
    if (order_of_result_.empty()) return;
    gate_.MoveTo(gate_.clock().Now() + absl::Seconds(1));
    const int64_t id = AResult();
    if (id == 0) return;
    Order& order = orders_[order_of_result_[id]];
    const std::string reviewer = absl::StrCat("reviewer-", Roll(3));
    const absl::Time now = gate_.clock().Now();
    const int dice = Roll(10);
    if (dice < 2) {
      Act("claim", id, &gate::Gate::Claim, About<v1::ClaimReviewRequest>(id, reviewer));
    } else if (dice < 4) {
      auto request = About<v1::HandOverReviewRequest>(id, reviewer);
      request.mutable_to()->mutable_person()->set_value(absl::StrCat("reviewer-", Roll(3)));
      Act("hand-over", id, &gate::Gate::HandOver, request);
    } else if (dice < 5) {
      Act("refusal", id, &gate::Gate::RefuseReview, About<v1::RefuseReviewRequest>(id, reviewer));
    } else if (dice < 7) {
      auto request = About<v1::HoldResultRequest>(id, reviewer);
      request.set_type(v1::BASIS_TYPE_PATIENT_REQUEST);
      request.set_reason("asked by telephone");
      const absl::Time until = now + absl::Hours(1 + Roll(100));
      *request.mutable_until() = base::ToProto(until);
      if (Act("hold", id, &gate::Gate::Hold, request)) order.determined[id].push_back({now, until});
    } else if (dice < 8) {
      auto request = About<v1::EndHoldRequest>(id, reviewer);
      request.set_reason("asked by telephone");
      std::vector<Determined>& determined = order.determined[id];
      if (determined.empty()) return;
      const int which = Roll(static_cast<int>(determined.size()));
      request.set_determination_id(which + 1);
      Determined& ends = determined[static_cast<size_t>(which)];
      if (Act("end of a hold", id, &gate::Gate::EndHold, request)) {
        ends.until = std::min(ends.until, now);
        ends.rest_until = std::min(ends.rest_until, now);
      }
    } else if (dice < 9) {
      if (Act("release by the provider", id, &gate::Gate::ReleaseNow, About<v1::ReleaseNowRequest>(id, reviewer))) {
        order.released_by_provider[id].push_back(now);
      }
    } else {
      AskForRelease(id, &order);
    }
  }

  template <typename Request>
  Request About(int64_t id, const std::string& reviewer) {
    v1::GetReviewRequest read;
    read.set_result_id(id);
    const auto review = gate_.gate().GetReview(read);
    EXPECT_TRUE(review.ok()) << review.status();
    Request request;
    request.set_result_id(id);
    request.set_reviewer(reviewer);
    if (review.ok()) request.set_etag(review->etag());
    return request;
  }

  // False where it may not be done, as it stands; anything else is a complaint.
  template <typename Request, typename Response>
  bool Act(const std::string& what, int64_t id,
           void (gate::Gate::*method)(Request, gate::Callback<Response>, const gate::Caller&), const Request& request) {
    const absl::Status status = gate_.Call(method, request).status();
    what_ = absl::StrCat(what, " of ", id, ": ", std::string(status.message()));
    if (status.ok()) ++counts_.acts;
    if (!status.ok() && status.code() != absl::StatusCode::kFailedPrecondition && status.code() != absl::StatusCode::kNotFound) {
      Complain(absl::StrCat(what, ": ", status.ToString()));
    }
    return status.ok();
  }

  void AskForRelease(int64_t id, Order* order) {
    const auto result = gate_.store().FindResult(id);
    ASSERT_TRUE(result.ok() && result->has_value());
    v1::RequestReleaseRequest request;
    request.set_result_id(id);
    *request.mutable_patient() = (*result)->report().patient().identifiers(0);
    request.set_audience(v1::AUDIENCE_PATIENT);
    request.set_requested_by("portal-1");
    const absl::Time now = gate_.clock().Now();
    if (!Act("request", id, &gate::Gate::RequestRelease, request)) return;
    order->asked_by_patient[id].push_back(now);
    // What was held because the patient had asked for that, the patient may have after all.
    for (Determined& determined : order->determined[id]) {
      if (determined.until <= now) continue;
      determined.rest_until = determined.until;
      determined.until = now;
    }
  }

  // Two people have the contents of a result erased of whose order nothing more comes; at times something does, after all.
  void Erase() {
    if (!erased_.empty() && Roll(3) == 0) return SendAfterErasure();
    std::vector<int64_t> closed;
    for (const auto& [id, number] : order_of_result_) {
      if (erased_.count(id) == 0 && std::find(open_.begin(), open_.end(), number) == open_.end()) closed.push_back(id);
    }
    if (closed.empty()) return;
    v1::EraseResultRequest request;
    request.set_requested_by("records-1");
    request.set_approved_by("records-2");
    request.set_reason("court order 9");
    // Of many something is held, or left to do.
    bool erased = false;
    for (int tries = 0; !erased && tries < 4; ++tries) {
      request.set_result_id(closed[static_cast<size_t>(Roll(static_cast<int>(closed.size())))]);
      erased = Act("erasure", request.result_id(), &gate::Gate::EraseResult, request);
    }
  }

  // A version of what was erased: nobody knows any more whose that was, so two people must say so of this one.
  void SendAfterErasure() {
    const int64_t id = *std::next(erased_.begin(), Roll(static_cast<int>(erased_.size())));
    const std::string& number = order_of_result_[id];
    for (const auto& [other, of] : order_of_result_) {
      if (of == number && erased_.count(other) == 0 && after_erasure_.count(other) == 0) return;
    }
    const v1::SubmitResultResponse response = gate_.Submit(NewVersion(number, orders_[number]));
    what_ = absl::StrCat("a message of ", number, ", whose result ", id, " was erased");
    after_erasure_.insert(response.result_id());
    ++counts_.after_erasure;
    if (erased_.count(response.result_id()) > 0) Complain("a version was taken into a result whose contents were erased");
    if (response.disposal() != v1::SubmitResultResponse::DISPOSAL_NEW) return;
    for (const v1::Outcome& outcome : response.decision().outcomes()) {
      const bool doubted = outcome.disposition() == v1::DISPOSITION_QUARANTINE || outcome.disposition() == v1::DISPOSITION_NEVER;
      if (!doubted) Complain("a version of what was erased is not held for two people");
    }
  }

  void MoveClock() {
    static const absl::Duration kSteps[] = {absl::Minutes(1), absl::Minutes(90), absl::Hours(5), absl::Hours(13),
                                            absl::Hours(41)};
    const absl::Time then = gate_.clock().Now() + kSteps[Roll(5)];
    if (Roll(4) == 0) {
      gate_.JumpTo(then);
    } else {
      gate_.MoveTo(then);
    }
    what_ = "the clock moves";
    ++counts_.clock_steps;
  }

  // A wish, a death or its contrary, a merge or its undoing, of patients whose orders are open. No two at one time.
  void TellOfPatients() {
    if (open_.size() < 2) return;
    gate_.MoveTo(gate_.clock().Now() + absl::Seconds(1));
    const std::string mrn = absl::StrCat("p", open_[static_cast<size_t>(Roll(static_cast<int>(open_.size())))]);
    const int dice = Roll(10);
    if (dice < 4) {
      TellOfWish(mrn);
    } else if (dice < 6) {
      TellOfDeath(mrn);
    } else if (dice < 8 || merged_.empty()) {
      Merge(mrn);
    } else {
      Unmerge();
    }
  }

  static v1::Identifier Mrn(const std::string& mrn) {
    v1::Identifier identifier;
    identifier.set_system("MRN");
    identifier.set_value(mrn);
    return identifier;
  }

  void TellOfWish(const std::string& mrn) {
    v1::SetPreferenceRequest request;
    *request.mutable_patient() = Mrn(mrn);
    v1::ReleasePreference* wish = request.mutable_preference();
    wish->set_timing(static_cast<v1::ReleasePreference::Timing>(Roll(4)));
    if (wish->timing() == v1::ReleasePreference::TIMING_AFTER_DAYS) wish->set_after_days(1 + Roll(5));
    wish->set_recorded_by("nurse-1");
    what_ = absl::StrCat("wish of ", mrn, ": ", wish->ShortDebugString());
    people_.Wishes(mrn, *wish, gate_.clock().Now());
    gate_.Ask(&gate::Gate::SetPreference, request);
    ++counts_.wishes;
  }

  void TellOfDeath(const std::string& mrn) {
    v1::UpdatePatientRequest request;
    request.set_actor("adt");
    *request.mutable_facts()->add_identifiers() = Mrn(mrn);
    request.mutable_facts()->set_deceased(Roll(2) == 0);
    what_ = absl::StrCat("death of ", mrn, ": ", request.facts().deceased());
    people_.Dies(mrn, request.facts().deceased(), gate_.clock().Now());
    gate_.Ask(&gate::Gate::UpdatePatient, request);
    ++counts_.deaths;
  }

  void Merge(const std::string& mrn) {
    const std::string other = absl::StrCat("p", open_[static_cast<size_t>(Roll(static_cast<int>(open_.size())))]);
    const absl::Time now = gate_.clock().Now();
    if (people_.FamilyAt(mrn, now).count(other) > 0) return;
    for (const auto& [survivor, merged] : merged_) {
      if (merged == other) return;
    }
    v1::MergePatientsRequest request;
    request.set_actor("him-1");
    *request.mutable_survivor() = Mrn(mrn);
    *request.mutable_merged() = Mrn(other);
    what_ = absl::StrCat("merge of ", other, " into ", mrn);
    // What came due until now is not the merge's.
    const std::vector<v1::Release> due = gate_.Releases(last_release_);
    const int64_t last_release = due.empty() ? last_release_ : due.back().sequence();
    people_.Merge(mrn, other, now);
    gate_.Ask(&gate::Gate::MergePatients, request);
    const std::vector<v1::Release> releases = gate_.Releases(last_release);
    const std::string published = AMergePublishesNothing(releases);
    Complain(published);
    if (!published.empty()) TellStory(releases.front().result_id(), Order());
    merged_.emplace_back(mrn, other);
    ++counts_.merges;
  }

  void Unmerge() {
    const auto at = merged_.begin() + Roll(static_cast<int>(merged_.size()));
    v1::UnmergePatientsRequest request;
    request.set_actor("him-1");
    *request.mutable_survivor() = Mrn(at->first);
    *request.mutable_merged() = Mrn(at->second);
    what_ = absl::StrCat("unmerge of ", at->second, " from ", at->first);
    people_.Unmerge(at->first, at->second, gate_.clock().Now());
    gate_.Ask(&gate::Gate::UnmergePatients, request);
    merged_.erase(at);
    ++counts_.unmerges;
  }

  void Acknowledge() {
    what_ = "acknowledged";
    if (unacknowledged_.empty()) return;
    gate_.Acknowledge(unacknowledged_);
    unacknowledged_.clear();
    ++counts_.acknowledgements;
  }

  void Restart() {
    what_ = "restart";
    gate_.Restart();
    ++counts_.restarts;
    // The whole log, from the file.
    std::vector<v1::Entry> log;
    for (;;) {
      const auto entries = gate_.store().ListEntries(static_cast<int64_t>(log.size()), 0, 1000);
      ASSERT_TRUE(entries.ok()) << entries.status();
      if (entries->empty()) break;
      log.insert(log.end(), entries->begin(), entries->end());
    }
    Complain(TheLogOnlyGrows(log_, log));
  }

  // Another pack becomes active, and the one before again: what is held is not touched by either.
  void ActivateAnother() {
    what_ = "another pack";
    const size_t before = CountReleases();
    v1::ActivatePackRequest request;
    *request.mutable_files() = ReferencePack("  - {id: another, title: t, match: {codes: [tissue]}, then: {release: now}}\n");
    request.set_approver("approver-1");
    const auto activated = gate_.gate().ActivatePack(request);
    EXPECT_TRUE(activated.ok()) << activated.status();
    v1::RollbackPackRequest back;
    back.set_approver("approver-1");
    const auto rolled_back = gate_.gate().RollbackPack(back);
    EXPECT_TRUE(rolled_back.ok()) << rolled_back.status();
    Complain(AnActivationPublishesNothing(before, CountReleases()));
    ++counts_.activations;
  }

  size_t CountReleases() {
    const auto rows = gate_.store().ListOutbox(last_release_, false, 1000);
    EXPECT_TRUE(rows.ok());
    return rows.ok() ? rows->size() : 0;
  }

  // Takes in what the step brought, and checks every result that it concerned.
  void CatchUp() {
    std::set<int64_t> touched;
    for (;;) {
      const auto entries = gate_.store().ListEntries(static_cast<int64_t>(log_.size()), 0, 1000);
      ASSERT_TRUE(entries.ok()) << entries.status();
      if (entries->empty()) break;
      for (const v1::Entry& entry : *entries) {
        if (entry.sequence() != static_cast<int64_t>(log_.size()) + 1) Complain("the log has a gap");
        log_.push_back(base::Sha256(entry.SerializeAsString()));
        if (entry.result_id() != 0) touched.insert(entry.result_id());
        if (entry.has_erased()) {
          erased_.insert(entry.result_id());
          const bool by_time = entry.erased().cause() == v1::ERASURE_CAUSE_RETENTION;
          ++(by_time ? counts_.erased_by_time : counts_.erased_by_people);
        }
        ++counts_.entries;
      }
    }
    for (const v1::Release& release : gate_.Releases(last_release_)) {
      last_release_ = std::max<int64_t>(last_release_, release.sequence());
      unacknowledged_.push_back(release.sequence());
      Place(release);
      ++counts_.releases;
    }
    for (const int64_t id : touched) Check(id);
  }

  void Place(const v1::Release& release) {
    // All that was released before had been acknowledged, and so was placed.
    if (erased_.count(release.result_id()) > 0) {
      Complain(absl::StrCat("result ", release.result_id(), ": released after its contents were erased"));
    }
    std::vector<Placed>& portal = portal_[release.result_id()];
    for (const int number : release.audiences()) {
      const auto audience = static_cast<v1::Audience>(number);
      for (const std::string& unit : release.unit_ids()) {
        const std::string& mrn = release.patient_identifiers(0).value();
        const auto is_it = [&](const Placed& placed) {
          return placed.mrn == mrn && placed.unit == unit && placed.audience == audience;
        };
        const auto stands = std::find_if(portal.begin(), portal.end(), is_it);
        const bool showed = stands != portal.end() && stands->kind == v1::RELEASE_KIND_RESULT;
        portal.erase(std::remove_if(portal.begin(), portal.end(), is_it), portal.end());
        const bool is_document = unit == policy::kDocument && audience == v1::AUDIENCE_PATIENT;
        if (is_document && release.kind() == v1::RELEASE_KIND_RESULT) ++counts_.documents;
        if (is_document && release.kind() == v1::RELEASE_KIND_RETRACTION) ++counts_.taken_out;
        Shown& taken_away = taken_away_[{release.result_id(), unit, audience}];
        if (release.kind() == v1::RELEASE_KIND_RETRACTION) {
          if (showed) taken_away = {FromProto(release.released_at()), mrn};
          continue;
        }
        Placed placed{mrn, unit, audience, release.kind(), {}, release.comment(), FromProto(release.released_at())};
        if (placed.kind == v1::RELEASE_KIND_RESULT) {
          Shown& first =
              first_shown_.try_emplace({release.result_id(), mrn, unit, audience}, Shown{placed.released_at, mrn}).first->second;
          // Under the patient's other number it is nothing new.
          for (const std::string& other : people_.FamilyAt(mrn, placed.released_at)) {
            const auto before = first_shown_.find({release.result_id(), other, unit, audience});
            if (before != first_shown_.end() && before->second.at < first.at) first = before->second;
          }
          placed.first_shown = first.at;
          if (first.as != mrn) placed.first_shown_as = first.as;
          const std::set<std::string> family = people_.FamilyAt(mrn, placed.released_at);
          placed.moved = taken_away.at == placed.released_at && taken_away.as != mrn && family.count(taken_away.as) > 0;
        }
        for (const v1::Observation& observation : release.content().observations()) {
          if (observation.id() == unit) placed.content = observation;
        }
        if (unit == policy::kDocument) placed.words = WordsOf(release.content());
        portal.push_back(std::move(placed));
      }
    }
  }

  void Check(int64_t id) {
    const auto result = gate_.store().FindResult(id);
    ASSERT_TRUE(result.ok() && result->has_value()) << result.status();
    View view;
    view.result = **result;
    if (view.result.has_erased()) {
      if (view.result.has_report() || view.result.versions_size() > 0 || !view.result.salt().empty()) {
        Complain(absl::StrCat("result ", id, ": it was erased, and something of its contents is there"));
      }
      if (gate::EarliestDue(view.result.decision().outcomes()) < absl::InfiniteFuture()) {
        Complain(absl::StrCat("result ", id, ": it was erased, and something of it is still to go"));
      }
      return;
    }
    const std::string number = view.result.report().order().filler_order_number();
    order_of_result_[id] = number;
    view.now = gate_.clock().Now();
    view.order = orders_[number];
    view.portal = portal_[id];
    view.people = people_;
    // Of what came before an erasure the reference would know more than the gate may.
    std::vector<std::string> broken;
    if (after_erasure_.count(id) == 0) broken = BrokenPromises(view);
    if (const std::string words = NothingAfterAnErasureWithoutTwoPeople(view); after_erasure_.count(id) > 0 && !words.empty()) {
      broken.push_back(words);
    }
    if (!broken.empty()) TellStory(id, view.order);
    for (std::string& words : broken) complaints_.push_back(std::move(words));
    CheckOrderOfArrival(view);
    ++counts_.checks;
  }

  // For who looks into a broken promise: what came, and what the log says of the result and of patients.
  void TellStory(int64_t id, const Order& order) {
    for (const Sent& sent : order.sent) {
      absl::StrAppend(&stories_, "sent ", base::FormatUtc(sent.received), ": ", sent.report.ShortDebugString(), "\n");
    }
    for (int64_t after = 0;;) {
      const auto entries = gate_.store().ListEntries(after, 0, 1000);
      ASSERT_TRUE(entries.ok()) << entries.status();
      if (entries->empty()) return;
      after = entries->back().sequence();
      for (const v1::Entry& entry : *entries) {
        if (entry.result_id() != id && !IsOfPatients(entry)) continue;
        absl::StrAppend(&stories_, base::FormatUtc(FromProto(entry.time())), ": ", entry.ShortDebugString(), "\n");
      }
    }
  }
  static bool IsOfPatients(const v1::Entry& entry) { return entry.has_patient_changed() || entry.has_patients_merged(); }

  // I7: the standing report is what its versions come to in any other order, too.
  void CheckOrderOfArrival(const View& view) {
    std::vector<v1::DiagnosticReport> versions(view.result.versions().begin(), view.result.versions().end());
    if (versions.size() < 2) return;
    std::shuffle(versions.begin(), versions.end(), random_);
    std::vector<v1::DiagnosticReport> in_order;
    for (v1::DiagnosticReport& version : versions) gate::InsertVersion(std::move(version), &in_order);
    v1::DiagnosticReport together = gate::PutTogether(in_order).report;
    v1::DiagnosticReport standing = view.result.report();
    together.clear_patient();
    standing.clear_patient();
    if (together.SerializeAsString() != standing.SerializeAsString()) {
      Complain(absl::StrCat("I7: result ", view.result.id(), " hangs on the order in which its versions came"));
    }
  }

  std::mt19937_64 random_;
  BareGate gate_;
  const policy::LoadedPack& stricter_;
  Counts& counts_;
  int last_order_ = 0;
  std::vector<std::string> open_;
  std::map<std::string, Order> orders_;
  std::map<int64_t, std::string> order_of_result_;
  std::map<int64_t, std::vector<Placed>> portal_;
  // When, and under which number of the patient.
  struct Shown {
    absl::Time at;
    std::string as;
  };
  std::map<std::tuple<int64_t, std::string, std::string, v1::Audience>, Shown> first_shown_;
  std::map<std::tuple<int64_t, std::string, v1::Audience>, Shown> taken_away_;
  People people_;
  std::vector<std::pair<std::string, std::string>> merged_;  // survivor and merged, that stand
  std::set<int64_t> erased_;                                 // results whose contents are gone
  std::set<int64_t> after_erasure_;                          // results of their orders that came since
  std::vector<std::string> log_;                             // digests of its entries
  int64_t last_release_ = 0;
  std::vector<int64_t> unacknowledged_;
  std::string what_;
  std::vector<std::string> complaints_;
  std::string stories_;
};

TEST(Model, RandomLivesKeepAllPromises) {
  const uint64_t seed = static_cast<uint64_t>(FromEnvironment("RESULTGATE_MODEL_SEED", 20260306));
  const int64_t steps = FromEnvironment("RESULTGATE_MODEL_STEPS", 100'000);
  std::cout << "seed " << seed << ", " << steps << " steps\n";
  base::FileIssues issues;
  const policy::LoadedPack stricter = policy::LoadPackFiles(ReferencePack(kStricter), &issues);
  ASSERT_NE(stricter.pack, nullptr) << base::Format(issues);
  Counts counts;
  for (int64_t done = 0; done < steps;) {
    Life life(seed + static_cast<uint64_t>(done), stricter, &counts);
    for (int i = 0; i < kStepsPerGate && done < steps; ++i, ++done) {
      ASSERT_TRUE(life.Step()) << "seed " << seed << ", step " << done << ": " << life.Complaints();
      ASSERT_FALSE(HasFatalFailure()) << "seed " << seed << ", step " << done;
    }
    life.CheckAll();
    life.CheckLog();
    ASSERT_FALSE(life.broken()) << "seed " << seed << ", at step " << done << ": " << life.Complaints();
  }
  std::cout << counts.messages << " messages, " << counts.approvals << " approvals, " << counts.clock_steps << " clock steps, "
            << counts.acknowledgements << " acknowledgements, " << counts.restarts << " restarts, " << counts.activations
            << " activations, " << counts.acts << " acts of reviewers and patients, " << counts.wishes << " wishes, "
            << counts.deaths << " words on deaths, " << counts.merges << " merges, " << counts.unmerges << " undone, "
            << counts.other_numbers << " messages under another number, " << counts.erased_by_time
            << " results erased by their time, " << counts.erased_by_people << " by two people, " << counts.after_erasure
            << " messages of those; " << counts.entries << " entries, " << counts.releases << " releases, " << counts.documents
            << " documents shown and " << counts.taken_out << " taken away, " << counts.checks << " results checked; "
            << counts.replayed << " decisions decided again\n";
  int64_t not_replayed = 0;
  for (const auto& [reason, count] : counts.not_replayed) {
    std::cout << count << " not decided again: " << reason << "\n";
    not_replayed += count;
  }
  EXPECT_GT(counts.replayed, 3 * not_replayed);
  EXPECT_GT(counts.releases, steps / 10);
  EXPECT_GT(counts.documents, steps / 50);
  EXPECT_GT(counts.taken_out, steps / 500);
  EXPECT_GT(counts.approvals, steps / 100);
  EXPECT_GE(counts.erased_by_people, steps / 2000);
}

}  // namespace
}  // namespace resultgate::scenario

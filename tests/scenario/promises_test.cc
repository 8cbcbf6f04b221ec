// Each promise's check can fail: what was seen is changed so that the promise is broken, and the check says so.
#include "tests/scenario/promises.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "server/base/digest.h"
#include "server/base/proto_time.h"
#include "server/policy/units.h"
#include "tests/scenario/bare_gate.h"

namespace resultgate::scenario {
namespace {

using testing::AddObservation;
using testing::Report;

v1::DiagnosticReport Of(const std::string& unit, const std::string& value, v1::ResultStatus status = v1::RESULT_STATUS_FINAL) {
  v1::DiagnosticReport report = Report("F1", unit);
  report.set_status(status);
  AddObservation(&report, unit, value, status);
  return report;
}

// Of words, and of an observation unless there is none.
v1::DiagnosticReport Document(const std::string& code, const std::string& conclusion, const std::string& unit = "",
                              v1::ResultStatus status = v1::RESULT_STATUS_FINAL) {
  v1::DiagnosticReport report = Report("F1", code);
  report.set_status(status);
  report.set_conclusion(conclusion);
  if (!unit.empty()) AddObservation(&report, unit, "1", status);
  return report;
}

// As a FHIR resource says it.
v1::DiagnosticReport Whole(v1::DiagnosticReport report) {
  report.set_snapshot(true);
  return report;
}

// What a gate makes of one report, until `later`.
View Seen(const v1::DiagnosticReport& report, absl::Duration later = absl::ZeroDuration()) {
  BareGate gate(ReferencePack());
  View view;
  view.order.sent.push_back({report, gate.clock().Now()});
  const v1::SubmitResultResponse response = gate.Submit(report);
  if (later > absl::ZeroDuration()) gate.MoveTo(gate.clock().Now() + later);
  view.now = gate.clock().Now();
  view.result = **gate.store().FindResult(response.result_id());
  for (const v1::Release& release : gate.Releases()) {
    for (const int audience : release.audiences()) {
      for (const std::string& unit : release.unit_ids()) {
        Placed placed{release.patient_identifiers(0).value(),
                      unit,
                      static_cast<v1::Audience>(audience),
                      release.kind(),
                      {},
                      release.comment(),
                      base::FromProto(release.released_at())};
        for (const v1::Observation& observation : release.content().observations()) {
          if (observation.id() == unit) placed.content = observation;
        }
        if (unit == policy::kDocument) placed.words = WordsOf(release.content());
        view.portal.push_back(placed);
      }
    }
  }
  EXPECT_EQ(BrokenPromises(view), std::vector<std::string>());
  return view;
}

struct Broken {
  std::string promise;
  std::string how;
  std::function<std::string()> complaint;
};

std::string With(View view, const std::function<void(View*)>& change, std::string (*check)(const View&)) {
  EXPECT_EQ(check(view), "");
  change(&view);
  return check(view);
}

TEST(Promises, EachCheckSaysWhereItsPromiseIsBroken) {
  const View routine = Seen(Of(kRoutineUnit, "13.9"));
  const View imaging = Seen(Of(kImagingUnit, "1"), absl::Hours(73));
  const View held = Seen(Of(kTissueUnit, "1"));
  const View tissue = Seen(Of(kTissueUnit, "1"), absl::Hours(80));
  ASSERT_FALSE(routine.portal.empty());
  ASSERT_FALSE(imaging.portal.empty());
  ASSERT_FALSE(tissue.portal.empty());
  ASSERT_TRUE(held.portal.empty());
  const View document = Seen(Document(kPanel, "words", kRoutineUnit));
  const View letter = Seen(Document(kLetter, "words"), absl::Hours(25));
  const View oddment = Seen(Document(kOddment, "words"), absl::Hours(24 * 10));
  View waiting = Seen(Document(kPanel, "words", kImagingUnit));
  ASSERT_FALSE(document.portal.empty());
  ASSERT_FALSE(letter.portal.empty());
  ASSERT_FALSE(oddment.portal.empty());
  ASSERT_TRUE(waiting.portal.empty());
  const auto outcome = [](View* view) { return view->result.mutable_decision()->mutable_outcomes(0); };
  const auto send = [](View* view, v1::DiagnosticReport report, v1::ResultStatus status, const std::string& mrn) {
    report.set_status(status);
    *report.mutable_issued() = base::ToProto(base::FromProto(report.issued()) + absl::Minutes(5));
    report.mutable_patient()->mutable_identifiers(0)->set_value(mrn);
    view->order.sent.push_back({report, view->now});
  };
  const v1::Decision decision = routine.result.decision();
  std::vector<v1::Entry> log(2);
  log[0].set_sequence(1);
  log[1].set_sequence(2);
  const std::vector<std::string> hashes = {base::Sha256(log[0].SerializeAsString()), base::Sha256(log[1].SerializeAsString())};
  const std::vector<Broken> variants = {
      {"I1", "an imaging result an hour early",
       [&] {
         return With(
             imaging, [](View* view) { view->portal[0].released_at -= absl::Hours(2); }, NothingBeforeItsFloor);
       }},
      {"I1", "tissue that nobody approved",
       [&] {
         return With(
             tissue, [](View* view) { view->portal[0].released_at -= absl::Hours(60); }, NothingBeforeItsFloor);
       }},
      {"I1", "a letter an hour early",
       [&] {
         return With(
             letter, [](View* view) { view->portal[0].released_at -= absl::Hours(2); }, NothingBeforeItsFloor);
       }},
      {"I1", "words that no rule knows and nobody approved",
       [&] {
         return With(
             oddment, [](View* view) { view->portal[0].released_at -= absl::Hours(24 * 9 + 5); }, NothingBeforeItsFloor);
       }},
      {"I1", "a letter that came after the rest of its report, and was held as if it had come with it",
       [&] {
         return With(
             letter,
             [&](View* view) {
               Sent words = view->order.sent[0];
               *words.report.mutable_issued() = base::ToProto(base::FromProto(words.report.issued()) + absl::Minutes(90));
               words.received += absl::Hours(2);
               view->order.sent = {{Of(kRoutineUnit, "1"), words.received - absl::Hours(2)}, words};
             },
             NothingBeforeItsFloor);
       }},
      {"I2", "a hold that outlasts its ceiling",
       [&] {
         return With(
             held, [](View* view) { view->now += absl::Hours(200); }, NothingSilentlyPastItsCeiling);
       }},
      {"I3", "no basis",
       [&] {
         return With(
             held, [&](View* view) { outcome(view)->clear_rules(); }, EveryHoldHasBasisOwnerAndEnd);
       }},
      {"I3", "no owner",
       [&] {
         return With(
             held, [&](View* view) { outcome(view)->mutable_review()->clear_turns(); }, EveryHoldHasBasisOwnerAndEnd);
       }},
      {"I3", "no end",
       [&] {
         return With(
             held, [&](View* view) { outcome(view)->clear_due_at(); }, EveryHoldHasBasisOwnerAndEnd);
       }},
      {"I3", "a document that waits for nothing",
       [&] {
         for (v1::Outcome& outcome : *waiting.result.mutable_decision()->mutable_outcomes()) {
           if (outcome.unit_ids(0) == policy::kDocument) outcome.set_disposition(v1::DISPOSITION_RELEASE);
         }
         return With(
             waiting, [&](View* view) { outcome(view)->set_state(v1::OUTCOME_STATE_RELEASED); }, EveryHoldHasBasisOwnerAndEnd);
       }},
      {"I3", "shown while a person holds it",
       [&] {
         return With(
             routine,
             [](View* view) {
               const absl::Time shown = view->portal[0].released_at;
               view->order.determined[view->result.id()] = {{shown - absl::Seconds(1), shown + absl::Seconds(1)}};
             },
             NothingThatAPersonHolds);
       }},
      {"I4", "shown while preliminary",
       [&] {
         return With(
             routine, [](View* view) { view->order.sent[0].report.set_status(v1::RESULT_STATUS_PRELIMINARY); },
             NothingThatIsNotFinal);
       }},
      {"I4", "a document of which the report is preliminary",
       [&] {
         return With(
             letter, [&](View* view) { send(view, Document(kLetter, "words"), v1::RESULT_STATUS_PRELIMINARY, "p1"); },
             NothingThatIsNotFinal);
       }},
      {"I4", "a document of which an observation is preliminary",
       [&] {
         return With(
             document,
             [&](View* view) {
               send(view, Of(kSecondUnit, "1"), v1::RESULT_STATUS_PRELIMINARY, "p1");
               send(view, Document(kPanel, "words", kRoutineUnit), v1::RESULT_STATUS_FINAL, "p1");
               view->order.sent[1].report.mutable_issued()->set_seconds(view->order.sent[2].report.issued().seconds() - 1);
               AddObservation(view->result.mutable_report(), kSecondUnit, "1", v1::RESULT_STATUS_PRELIMINARY);
             },
             NothingThatIsNotFinal);
       }},
      {"documents", "words that may tell what is held",
       [&] {
         return With(
             document,
             [](View* view) {
               const auto is_observation = [](const Placed& placed) { return placed.unit == kRoutineUnit; };
               view->portal.erase(std::remove_if(view->portal.begin(), view->portal.end(), is_observation), view->portal.end());
             },
             NoDocumentBeforeItsReport);
       }},
      {"documents", "words to one to whom the rest is not shown",
       [&] {
         return With(
             document,
             [](View* view) {
               for (Placed& placed : view->portal) {
                 if (placed.unit != policy::kDocument) placed.audience = v1::AUDIENCE_PATIENT;
               }
             },
             NoDocumentBeforeItsReport);
       }},
      {"I5", "shown after it was taken back",
       [&] {
         return With(
             routine, [&](View* view) { send(view, Of(kRoutineUnit, "1"), v1::RESULT_STATUS_ENTERED_IN_ERROR, "p1"); },
             NobodyElsesResult);
       }},
      {"I5", "shown after it turned up with another patient",
       [&] {
         return With(
             routine, [&](View* view) { send(view, Of(kRoutineUnit, "1"), v1::RESULT_STATUS_FINAL, "p2"); }, NobodyElsesResult);
       }},
      {"I5", "on one person's word, twice",
       [&] {
         return With(
             routine,
             [&](View* view) {
               send(view, Of(kRoutineUnit, "1"), v1::RESULT_STATUS_FINAL, "p2");
               view->order.approvals[view->result.id()] = {{"reviewer-1", view->now, 2}, {"reviewer-1", view->now, 2}};
             },
             NobodyElsesResult);
       }},
      {"I5", "on the word of two who are not there to look into it",
       [&] {
         return With(
             routine,
             [&](View* view) {
               send(view, Of(kRoutineUnit, "1"), v1::RESULT_STATUS_FINAL, "p2");
               view->order.approvals[view->result.id()] = {{"reviewer-1", view->now, 2}, {"reviewer-2", view->now, 2}};
             },
             NobodyElsesResult);
       }},
      {"I5", "shown under the number of before",
       [&] {
         return With(
             routine,
             [](View* view) { view->result.mutable_report()->mutable_patient()->mutable_identifiers(0)->set_value("p2"); },
             ShownUnderItsNumberAlone);
       }},
      {"I5", "shown after the two whose messages it has are two again",
       [&] {
         return With(
             routine,
             [&](View* view) {
               view->people.Merge("p1", "p2", absl::UnixEpoch());
               send(view, Of(kRoutineUnit, "1"), v1::RESULT_STATUS_CORRECTED, "p2");
               view->now += absl::Seconds(1);
               view->people.Unmerge("p1", "p2", view->now);
             },
             NobodysAfterASeparation);
       }},
      {"I6", "another decision",
       [&] {
         v1::Decision other = decision;
         other.mutable_outcomes(0)->set_disposition(v1::DISPOSITION_REVIEW);
         EXPECT_EQ(SameInputsSameDecision(decision, decision), "");
         return SameInputsSameDecision(decision, other);
       }},
      {"I7", "an older value than the sender's last",
       [&] {
         return With(
             routine, [&](View* view) { send(view, Of(kRoutineUnit, "14.0"), v1::RESULT_STATUS_CORRECTED, "p1"); },
             TheLatestWordOfTheSender);
       }},
      {"I7", "a result that got lost",
       [&] {
         return With(
             routine, [](View* view) { view->portal.clear(); }, TheLatestWordOfTheSender);
       }},
      {"I7", "words that the sender has replaced",
       [&] {
         return With(
             document, [&](View* view) { send(view, Document(kPanel, "others"), v1::RESULT_STATUS_CORRECTED, "p1"); },
             TheLatestWordOfTheSender);
       }},
      {"I7", "words that the sender has taken out",
       [&] {
         return With(
             document, [&](View* view) { send(view, Whole(Of(kRoutineUnit, "1")), v1::RESULT_STATUS_CORRECTED, "p1"); },
             TheLatestWordOfTheSender);
       }},
      {"I7", "words that nobody took out, and are gone",
       [&] {
         return With(
             document,
             [&](View* view) {
               send(view, Of(kRoutineUnit, "1"), v1::RESULT_STATUS_CORRECTED, "p1");
               for (Placed& placed : view->portal) placed.words = {};
             },
             TheLatestWordOfTheSender);
       }},
      {"I7", "one of two words of one time",
       [&] {
         return With(
             document,
             [&](View* view) {
               view->order.sent.push_back({Document(kPanel, "others"), view->now});
             },
             TheLatestWordOfTheSender);
       }},
      {"I7", "one of two words of one time, of which what came later says nothing",
       [&] {
         return With(
             document,
             [&](View* view) {
               view->order.sent.push_back({Document(kPanel, "others"), view->now});
               v1::DiagnosticReport later = Of(kRoutineUnit, "1");
               later.set_narrative("of something else");
               send(view, later, v1::RESULT_STATUS_FINAL, "p1");
               for (Placed& placed : view->portal) placed.words[0] = later.narrative();
             },
             TheLatestWordOfTheSender);
       }},
      {"I7", "words without what was added to them",
       [&] {
         return With(
             document,
             [&](View* view) { send(view, Document(kPanel, "an addendum", kRoutineUnit), v1::RESULT_STATUS_APPENDED, "p1"); },
             TheLatestWordOfTheSender);
       }},
      {"I7", "words of a preliminary report that the final one lacks",
       [&] {
         return With(
             document,
             [&](View* view) {
               view->order.sent[0].report.set_status(v1::RESULT_STATUS_PRELIMINARY);
               send(view, Whole(Of(kRoutineUnit, "1")), v1::RESULT_STATUS_FINAL, "p1");
             },
             TheLatestWordOfTheSender);
       }},
      {"I7", "a document that got lost",
       [&] {
         return With(
             document,
             [](View* view) {
               const auto is_document = [](const Placed& placed) { return placed.unit == policy::kDocument; };
               view->portal.erase(std::remove_if(view->portal.begin(), view->portal.end(), is_document), view->portal.end());
             },
             TheLatestWordOfTheSender);
       }},
      {"I8", "a delegate alone",
       [&] {
         return With(
             routine,
             [](View* view) {
               Placed placed = view->portal[0];
               placed.audience = v1::AUDIENCE_DELEGATE;
               view->portal = {placed};
             },
             OthersSeeNoMoreThanThePatient);
       }},
      {"I8", "parents of a minor",
       [&] {
         return With(
             routine,
             [](View* view) {
               view->result.mutable_report()->mutable_patient()->set_birth_date("2012-01-01");
               for (Placed& placed : view->portal) placed.unit = kPrivateUnit;
             },
             OthersSeeNoMoreThanThePatient);
       }},
      {"wishes", "days that the patient wants to wait",
       [&] {
         return With(
             routine,
             [](View* view) {
               v1::ReleasePreference wish;
               wish.set_timing(v1::ReleasePreference::TIMING_AFTER_DAYS);
               wish.set_after_days(3);
               view->people.Wishes("p1", wish, absl::UnixEpoch());
             },
             WishesToWaitAreKept);
       }},
      {"wishes", "a review that another record of the patient asks for",
       [&] {
         return With(
             routine,
             [](View* view) {
               v1::ReleasePreference wish;
               wish.set_timing(v1::ReleasePreference::TIMING_AFTER_REVIEW);
               view->people.Wishes("p2", wish, absl::UnixEpoch());
               wish.set_timing(v1::ReleasePreference::TIMING_IMMEDIATE);
               view->people.Wishes("p1", wish, absl::UnixEpoch() + absl::Seconds(1));
               view->people.Merge("p1", "p2", absl::UnixEpoch() + absl::Seconds(2));
             },
             WishesToWaitAreKept);
       }},
      {"deaths", "published after a death",
       [&] {
         return With(
             routine, [](View* view) { view->people.Dies("p1", true, absl::UnixEpoch()); }, NothingIsPublishedOfTheDead);
       }},
      {"merges", "a merge that publishes",
       [&] {
         v1::Release release;
         release.set_kind(v1::RELEASE_KIND_RETRACTION);
         EXPECT_EQ(AMergePublishesNothing({release}), "");
         release.set_kind(v1::RELEASE_KIND_RESULT);
         return AMergePublishesNothing({release});
       }},
      {"I9", "a changed entry",
       [&] {
         EXPECT_EQ(TheLogOnlyGrows(hashes, log), "");
         std::vector<v1::Entry> changed = log;
         changed[0].set_actor("somebody else");
         return TheLogOnlyGrows(hashes, changed);
       }},
      {"I9", "a missing entry", [&] { return TheLogOnlyGrows(hashes, {log[0]}); }},
      {"I9", "a gap",
       [&] {
         std::vector<v1::Entry> gap = log;
         gap.push_back(log[1]);
         gap[2].set_sequence(4);
         return TheLogOnlyGrows(hashes, gap);
       }},
      {"I10", "a restriction that shortens",
       [&] {
         EXPECT_EQ(AddingARestrictionShortensNothing(decision, held.result.decision(), held.now), "");
         return AddingARestrictionShortensNothing(
             [&] {
               v1::Decision waits = decision;
               waits.mutable_outcomes(0)->set_disposition(v1::DISPOSITION_DELAY);
               *waits.mutable_outcomes(0)->mutable_not_before() = base::ToProto(held.now + absl::Hours(1));
               return waits;
             }(),
             decision, held.now);
       }},
      {"I11", "an answer that waited",
       [&] {
         v1::SubmitResultResponse answer;
         answer.set_result_id(1);
         answer.mutable_decision()->add_outcomes();
         EXPECT_EQ(AnsweredAtOnce(answer, held.now, held.now), "");
         return AnsweredAtOnce(answer, held.now, held.now + absl::Seconds(1));
       }},
      {"I12", "words for another occasion",
       [&] {
         return With(
             routine, [](View* view) { view->portal[0].comment.set_variant("cancelled"); }, CommentsFitWhatTheyStandBeside);
       }},
      {"I12", "another language",
       [&] {
         return With(
             routine, [](View* view) { view->portal[0].comment.set_language("es"); }, CommentsFitWhatTheyStandBeside);
       }},
      {"I12", "corrected, and not said",
       [&] {
         return With(
             routine, [](View* view) { view->order.sent[0].report.set_status(v1::RESULT_STATUS_CORRECTED); },
             CommentsFitWhatTheyStandBeside);
       }},
      {"I12", "words that were corrected, and not said",
       [&] {
         return With(
             letter, [](View* view) { view->order.sent[0].report.set_status(v1::RESULT_STATUS_CORRECTED); },
             CommentsFitWhatTheyStandBeside);
       }},
      {"I5", "what was erased comes again on one person's word",
       [&] {
         return With(
             held,
             [&](View* view) {
               view->portal = tissue.portal;
               view->order.approvals[view->result.id()] = {{kRestorer, view->now}};
             },
             NothingAfterAnErasureWithoutTwoPeople);
       }},
      {"I5", "on the word of two of whom none looks into it",
       [&] {
         return With(
             held,
             [&](View* view) {
               view->portal = tissue.portal;
               view->order.approvals[view->result.id()] = {{"reviewer-1", view->now}, {"reviewer-2", view->now}};
             },
             NothingAfterAnErasureWithoutTwoPeople);
       }},
      {"I13", "an activation that publishes",
       [&] {
         EXPECT_EQ(AnActivationPublishesNothing(3, 3), "");
         return AnActivationPublishesNothing(3, 4);
       }},
  };
  for (const Broken& variant : variants) EXPECT_NE(variant.complaint(), "") << variant.promise << ": " << variant.how;
}

}  // namespace
}  // namespace resultgate::scenario

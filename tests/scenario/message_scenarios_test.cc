// Scenarios 8, 9, 12 and 13: the same message again, messages out of order, a report in pieces, a test that follows from another;
// and what a FHIR report says by what it lacks.
#include <gmock/gmock.h>

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "server/base/proto_time.h"
#include "tests/gate/small_packs.h"
#include "tests/scenario/world.h"

namespace resultgate::scenario {
namespace {

using testing::AddObservation;
using testing::Cbc;
using testing::Later;

class ScenarioMessage : public ScenarioTest {};

// A blood count of 2026-03-06, issued in that minute of 14 o'clock, with haemoglobin unless `members` are all of it.
std::string Fhir(const std::string& status, const std::string& minute, const std::string& members, bool with_result = true) {
  return absl::StrReplaceAll(
      absl::StrCat("{'resourceType':'Bundle','type':'collection','entry':["
                   "{'resource':{'resourceType':'Patient','id':'p','birthDate':'1970-05-04','gender':'female',"
                   "'identifier':[{'system':'MRN','value':'p1'}]}},"
                   "{'resource':{'resourceType':'DiagnosticReport','id':'r','status':'",
                   status, "','issued':'2026-03-06T14:", minute, ":00-05:00',", members,
                   "'subject':{'reference':'Patient/p'},'performer':[{'reference':'Organization/lab'}],"
                   "'basedOn':[{'identifier':{'type':{'coding':[{'code':'FILL'}]},'value':'F1'}}],"
                   "'category':[{'coding':[{'system':'http://terminology.hl7.org/CodeSystem/v2-0074','code':'HM'}]}],"
                   "'code':{'coding':[{'system':'http://loinc.org','code':'58410-2'}]}",
                   with_result ? ",'result':[{'reference':'Observation/718-7'}]}},"
                                 "{'resource':{'resourceType':'Observation','id':'718-7','status':'final',"
                                 "'subject':{'reference':'Patient/p'},"
                                 "'code':{'coding':[{'system':'http://loinc.org','code':'718-7'}]},"
                                 "'valueQuantity':{'value':13.9,'unit':'g/dL'},'interpretation':[{'coding':[{'code':'N'}]}]"
                               : "",
                   "}}]}"),
      {{"'", "\""}});
}

// In words and, so that they are seen, in the text of the resource.
std::string Words(const std::string& conclusion) {
  return absl::StrCat("'conclusion':'", conclusion, "','text':{'status':'additional','div':'<div>", conclusion, "</div>'},");
}

TEST_F(ScenarioMessage, Scenario08AResentMessageChangesNothingUnderWhateverMessageId) {
  const Oru message{.observations = {{.loinc = "718-7", .value = "13.9"}}};
  const Response first = Submit(message);
  EXPECT_EQ(See("718-7"), "13.9");
  for (const std::string id : {"M1", "M2"}) {
    Oru resent = message;
    resent.message_id = id;
    const Response again = Submit(resent);
    EXPECT_EQ(again.disposal(), Response::DISPOSAL_DUPLICATE) << id;
    EXPECT_EQ(again.result_id(), first.result_id());
    EXPECT_EQ(again.version(), 1);
  }
  EXPECT_EQ(portal().Read(), 0);
}

TEST_F(ScenarioMessage, Scenario08OneMessageIdForTwoResultsIsNoDuplicate) {
  const Response first = Submit(Oru{.observations = {{.loinc = "718-7", .value = "13.9"}}});
  const Response second = Submit(Oru{.filler = "F2", .mrn = "p2", .observations = {{.loinc = "718-7", .value = "11.1"}}});
  EXPECT_EQ(second.disposal(), Response::DISPOSAL_NEW);
  EXPECT_NE(second.result_id(), first.result_id());
  EXPECT_EQ(See("718-7", "p2"), "11.1");
}

TEST_F(ScenarioMessage, Scenario09ALateFinalDoesNotReplaceTheCorrectionThatCameBefore) {
  Submit(
      Oru{.status = "C", .issued = "20260306143000-0500", .observations = {{.loinc = "718-7", .value = "13.9", .status = "C"}}});
  EXPECT_EQ(See("718-7"), "13.9");
  const Response late = Submit(Oru{.observations = {{.loinc = "718-7", .value = "3.9"}}});
  EXPECT_EQ(See("718-7"), "13.9");
  EXPECT_EQ(base::FromProto(Get(late.result_id()).decision().clock_start()), testing::At("2026-03-06T14:00:00-05:00"))
      << "but it was the first final, and legal clocks start there";
}

TEST_F(ScenarioMessage, Scenario09ALateFinalDoesNotBringBackWhatWasTakenBack) {
  Submit(Oru{.status = "C", .issued = "20260306143000-0500", .observations = {{.loinc = "718-7", .value = "", .status = "W"}}});
  const Response late = Submit(Oru{.observations = {{.loinc = "718-7", .value = "3.9"}}});
  EXPECT_EQ(See("718-7"), "");
  EXPECT_EQ(OutcomeOf(late.result_id(), "718-7").disposition(), v1::DISPOSITION_NEVER);
}

TEST_F(ScenarioMessage, Scenario09ALatePreliminaryIsLoggedAndNotShown) {
  Submit(Oru{.issued = "20260306143000-0500", .observations = {{.loinc = "718-7", .value = "13.9"}}});
  const Response late = Submit(Oru{.status = "P", .observations = {{.loinc = "718-7", .value = "3.9", .status = "P"}}});
  EXPECT_EQ(late.disposal(), Response::DISPOSAL_OLDER_VERSION);
  EXPECT_EQ(See("718-7"), "13.9");
  EXPECT_EQ(Entries(v1::ENTRY_KIND_DECIDED, late.result_id()).back().decided().disposal(), Response::DISPOSAL_OLDER_VERSION);
}

TEST_F(ScenarioMessage, Scenario02WordsThatACorrectedFhirReportLacksAreTakenAwayAtOnce) {
  const Response first = Submit(Read(Fhir("final", "00", Words("No sign of it."))));
  EXPECT_EQ(See("718-7"), "13.9");
  EXPECT_EQ(See("document"), "No sign of it.");
  portal().Acknowledge();
  const Response corrected = Submit(Read(Fhir("corrected", "30", "")));
  EXPECT_EQ(corrected.result_id(), first.result_id());
  EXPECT_EQ(corrected.version(), 2);
  EXPECT_EQ(See("document"), "");
  EXPECT_EQ(portal().ShownTo("p1", "document").kind, v1::RELEASE_KIND_UNSPECIFIED) << "there is no document any more";
  EXPECT_EQ(See("718-7"), "13.9") << "of which nothing was corrected";
  EXPECT_EQ(Get(first.result_id()).report().conclusion(), "");
  EXPECT_TRUE(Reviews().empty()) << "nothing waits";
  const Response late = Submit(Read(Fhir("preliminary", "10", Words("Perhaps."))));
  EXPECT_EQ(late.disposal(), Response::DISPOSAL_OLDER_VERSION);
  EXPECT_EQ(See("document"), "") << "what was withdrawn does not come back with what is older";
  Submit(Read(Fhir("corrected", "45", Words("A sign of it."))));
  EXPECT_EQ(See("document"), "A sign of it.");
}

TEST_F(ScenarioMessage, Scenario02AFhirReportOfWordsAloneIsReplacedWithItsFile) {
  const std::string file = "'presentedForm':[{'contentType':'text/plain','data':'b2xk'}],";
  const Response first = Submit(Read(Fhir("final", "00", file, /*with_result=*/false)));
  EXPECT_EQ(See("document"), "old");
  Submit(Read(Fhir("corrected", "15", Words("New words."), /*with_result=*/false)));
  EXPECT_EQ(See("document"), "New words.");
  EXPECT_EQ(Get(first.result_id()).report().presented_forms_size(), 0) << "it may say what the words do not any more";
  Submit(Read(Fhir("corrected", "30", "", /*with_result=*/false)));
  EXPECT_EQ(See("document"), "");
  EXPECT_EQ(portal().ShownTo("p1", "document").version, 3) << "an empty report in its place";
}

TEST_F(ScenarioMessage, Scenario05AFhirReportThatOnlySaysThatItWasWrongIsTakenBack) {
  const Response first = Submit(Read(Fhir("final", "00", Words("No sign of it."))));
  EXPECT_EQ(See("document"), "No sign of it.");
  Submit(Read(Fhir("entered-in-error", "30", "", /*with_result=*/false)));
  EXPECT_EQ(See("document"), "");
  EXPECT_EQ(See("718-7"), "");
  EXPECT_EQ(OutcomeOf(first.result_id(), "document").state(), v1::OUTCOME_STATE_CLOSED);
  EXPECT_EQ(Entries(v1::ENTRY_KIND_INCIDENT, first.result_id()).size(), 1u);
}

TEST_F(ScenarioMessage, Scenario09WithItsWordsAndWithoutAtOneTimeNobodyKnowsWhichIsRight) {
  Submit(Read(Fhir("corrected", "00", Words("No sign of it."))));
  EXPECT_EQ(See("document"), "No sign of it.");
  const Response second = Submit(Read(Fhir("corrected", "00", "")));
  EXPECT_EQ(OutcomeOf(second.result_id(), "document").disposition(), v1::DISPOSITION_QUARANTINE);
  EXPECT_EQ(See("document"), "being corrected");
  EXPECT_EQ(Get(second.result_id()).report().conclusion(), "No sign of it.") << "for whoever looks into it";
  ASSERT_TRUE(Approve(second.result_id(), second.version()).ok());
  EXPECT_EQ(See("document"), "No sign of it.");
}

TEST_F(ScenarioMessage, Scenario12WordsAndValuesOfOneReportInTwoFhirResourcesAreOneResult) {
  for (const bool words_first : {true, false}) {
    SCOPED_TRACE(words_first);
    const std::string words = Fhir("final", words_first ? "00" : "05", Words("No sign of it."), /*with_result=*/false);
    const std::string values = Fhir("final", words_first ? "05" : "00", "");
    const Response first = Submit(Read(words_first ? words : values));
    EXPECT_EQ(Submit(Read(words_first ? values : words)).result_id(), first.result_id());
    EXPECT_EQ(See("document"), "No sign of it.");
    EXPECT_EQ(See("718-7"), "13.9");
  }
}

TEST_F(ScenarioMessage, Scenario12TextAndCodesOfOneReportInTwoMessagesAreOneResult) {
  v1::DiagnosticReport text = testing::Report("F1", "60567-5");
  text.mutable_code()->clear_codings();
  text.mutable_code()->set_text("Report");
  text.set_section(v1::SECTION_UNCLASSIFIED);
  text.set_narrative("Sections show a lesion.");
  const Response first = Submit(text);
  EXPECT_EQ(OutcomeOf(first.result_id(), "document").disposition(), v1::DISPOSITION_REVIEW)
      << "a text that nothing classifies goes nowhere by itself";
  v1::DiagnosticReport codes = Later(text, absl::Minutes(5));
  codes.clear_narrative();
  codes.set_section(v1::SECTION_PATHOLOGY);
  AddObservation(&codes, "22637-3", "1");
  const Response second = Submit(codes);
  EXPECT_EQ(second.result_id(), first.result_id()) << "linked by the filler's number";
  EXPECT_EQ(Get(first.result_id()).report().narrative(), "Sections show a lesion.");
  EXPECT_EQ(OutcomeOf(first.result_id(), "document").disposition(), v1::DISPOSITION_REVIEW);
  EXPECT_EQ(See("document"), "");
  ASSERT_TRUE(Approve(first.result_id(), 2).ok());
  EXPECT_EQ(See("document"), "Sections show a lesion.");
}

TEST_F(ScenarioMessage, Scenario12ATextThatComesAfterItsCodesWaitsWithWhatIsHeld) {
  v1::DiagnosticReport codes = Cbc("F1");
  AddObservation(&codes, "56888-1", "1");
  Submit(codes);
  EXPECT_EQ(See("718-7"), "13.9");
  v1::DiagnosticReport text = Later(testing::Report("F1", "58410-2"), absl::Minutes(5));
  text.set_narrative("HIV screen reactive.");
  Submit(text);
  EXPECT_EQ(See("document"), "") << "it may tell what is held";
}

TEST_F(ScenarioMessage, Scenario13ATestThatFollowsIsAUnitOfItsOwn) {
  const Response screen = Submit(Oru{.observations = {{.loinc = "718-7", .value = "13.9"}}});
  EXPECT_EQ(See("718-7"), "13.9");
  const Response reflex = Submit(Oru{.issued = "20260306144500-0500", .observations = {{.loinc = "56888-1", .value = "1"}}});
  EXPECT_EQ(reflex.result_id(), screen.result_id()) << "the same order and service";
  EXPECT_EQ(See("718-7"), "13.9") << "what is out stays";
  EXPECT_EQ(See("56888-1"), "") << "what follows goes by its own class";
  const Response apart =
      Submit(Oru{.issued = "20260306145000-0500", .service = "56888-1", .observations = {{.loinc = "7918-6", .value = "1"}}});
  EXPECT_NE(apart.result_id(), screen.result_id()) << "another service of the order is another result";
  EXPECT_EQ(See("7918-6"), "");
}

// The trap: a screen is out while its confirmation is still to come. A pack may let the screen wait, with an end.
TEST_F(ScenarioMessage, Scenario13AScreenMayWaitForItsConfirmationButNotForEver) {
  UsePack(
      gate::MakePack(std::string(gate::kRoutine) +
                     "  - id: wait-for-confirmation\n    title: t\n    match: {codes: [tissue]}\n    then:\n"
                     "      release: now\n      delay: 3 days\n"
                     "    together: report\n    lifted_by: [provider]\n    basis: {type: organization-policy, citation: c}\n"));
  v1::DiagnosticReport screen = testing::Report("F1", "60567-5");
  AddObservation(&screen, "718-7", "1");
  Submit(screen);
  EXPECT_EQ(See("718-7"), "");
  v1::DiagnosticReport with_reflex = Later(screen, absl::Minutes(30));
  AddObservation(&with_reflex, "60567-5", "2", v1::RESULT_STATUS_PRELIMINARY);
  Submit(with_reflex);
  EXPECT_EQ(See("718-7"), "");
  MoveTo("2026-03-09T00:00:00-04:00");
  EXPECT_EQ(See("718-7"), "1") << "the end of the wait";
  EXPECT_EQ(See("60567-5"), "") << "what is not final does not go with it";
}

}  // namespace
}  // namespace resultgate::scenario

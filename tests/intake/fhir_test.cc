// FHIR R4, quirk by quirk, on small messages of our own.
#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "server/intake/fhir_bundle.h"
#include "server/intake/intake.h"

namespace resultgate::intake {
namespace {

// Tests write JSON with single quotes.
std::string Json(const std::string& text) {
  return absl::StrReplaceAll(text, {{"'", "\""}});
}

Message ReadOne(const std::string& text) {
  std::vector<Message> messages = ReadMessages(Json(text), Options());
  EXPECT_EQ(messages.size(), 1u);
  return messages.empty() ? Message() : messages[0];
}

// The only report of an Observation with these members besides id and subject.
v1::DiagnosticReport Observed(const std::string& members) {
  const Message message = ReadOne("{'resourceType':'Observation','id':'o1','subject':{'reference':'Patient/p1'}" +
                                  (members.empty() ? "" : "," + members) + "}");
  EXPECT_EQ(message.reports.size(), 1u) << (message.refused.empty() ? "" : message.refused[0].ShortDebugString());
  return message.reports.empty() ? v1::DiagnosticReport() : message.reports[0];
}

bool Warns(const v1::DiagnosticReport& report, const std::string& place) {
  for (const v1::Issue& issue : report.issues()) {
    if (issue.place() == place) return true;
  }
  return false;
}

std::string Ids(const v1::DiagnosticReport& report) {
  std::vector<std::string> ids;
  for (const v1::Observation& observation : report.observations()) ids.push_back(observation.id());
  return absl::StrJoin(ids, " ");
}

std::string Bundle(const std::vector<std::string>& resources) {
  std::vector<std::string> entries;
  for (const std::string& resource : resources) entries.push_back("{'resource':" + resource + "}");
  return "{'resourceType':'Bundle','type':'collection','entry':[" + absl::StrJoin(entries, ",") + "]}";
}

const std::string kPatient =
    "{'resourceType':'Patient','id':'p1','name':[{'family':'NOBODY'}],'gender':'female','birthDate':'1980-01','identifier':[{'"
    "system':'s','value':'1'},"
    "{'type':{'coding':[{'code':'MR'}]},'system':'urn:mrn','value':'777'}],'communication':[{'language':{'coding':[{'code':'es-"
    "MX'}]},'preferred':true}],'deceasedBoolean':false}";
const std::string kSubject = "'subject':{'reference':'Patient/p1'}";

TEST(FhirTest, ReadsTheConditionOfTheSpecimen) {
  const Message message = ReadOne(Bundle(
      {"{'resourceType':'Specimen','id':'s1','condition':[{'coding':[{'system':'http://terminology.hl7.org/CodeSystem/v2-0493',"
       "'code':'HEM'}]},{'text':'short draw'}]}",
       "{'resourceType':'DiagnosticReport','id':'r1'," + kSubject +
           ",'status':'final','code':{'text':'x'},'specimen':[{'reference':'Specimen/s1'}],'result':[{'reference':'Observation/"
           "o1'}]}",
       "{'resourceType':'Observation','id':'o1','status':'final'," + kSubject +
           ",'code':{'coding':[{'system':'http://loinc.org','code':'2823-3'}]},'specimen':{'reference':'Specimen/s1'},"
           "'valueString':'5.9'}",
       kPatient}));
  ASSERT_EQ(message.reports.size(), 1u);
  const v1::DiagnosticReport& report = message.reports[0];
  ASSERT_EQ(report.specimen_conditions_size(), 2) << report.DebugString();  // once, however many name the specimen
  EXPECT_EQ(report.specimen_conditions(0).codings(0).code(), "HEM");
  EXPECT_EQ(report.specimen_conditions(1).text(), "short draw");
}

TEST(FhirTest, ReadsABundle) {
  const Message message = ReadOne(
      "{'resourceType':'Bundle','identifier':{'value':'B1'},'timestamp':'2026-03-06T16:05:00-05:00','type':'transaction','entry':"
      "[{'resource':" +
      kPatient + "},{'resource':{'resourceType':'Condition'," + kSubject +
      ",'code':{'text':'x'}}},"
      "{'resource':{'resourceType':'ServiceRequest','id':'sr1','identifier':[{'type':{'coding':[{'code':'PLAC'}]},'value':'PL1'},"
      "{'type':{'coding':[{'code':'FILL'}]},'value':'FI1'}],"
      "'reasonCode':[{'coding':[{'system':'http://hl7.org/fhir/sid/"
      "icd-10-cm','code':'D50'}]}],'requester':{'reference':'Practitioner/d1'},'encounter':{'reference':'Encounter/e1'}}},"
      "{'resource':{'resourceType':'Practitioner','id':'d1','name':[{'family':'NOBODY'}],'identifier':[{'value':'x'},{'system':'"
      "http://hl7.org/fhir/sid/us-npi','value':'42'}]}},"
      "{'resource':{'resourceType':'Encounter','id':'e1','identifier':[{'system':'urn:visits','value':'V123'}],'class':{'code':'"
      "EMER'},'serviceProvider':{'display':'Main hospital'}}},"
      "{'resource':{'resourceType':'Organization','id':'lab','identifier':[{'system':'urn:lab','value':'L1'}]}},"
      "{'resource':{'resourceType':'Specimen','id':'s1','accessionIdentifier':{'value':'S-1'}}},"
      "{'resource':{'resourceType':'DiagnosticReport','id':'r1'," +
      kSubject +
      ",'status':'final','category':[{'coding':[{'system':'http://terminology.hl7.org/CodeSystem/v2-0074','code':'HM'}]}],"
      "'code':{'coding':[{'system':'http://loinc.org','code':'58410-2'}],'text':'CBC'},'basedOn':[{'reference':'ServiceRequest/"
      "sr1'}],'performer':[{'reference':'Organization/lab'}],"
      "'issued':'2026-03-06T16:00:00-05:00','effectiveDateTime':'2026-03-06','specimen':[{'reference':'Specimen/"
      "s1'}],'result':[{'reference':'Observation/panel'}],'conclusion':'fine',"
      "'conclusionCode':[{'coding':[{'system':'http://snomed.info/sct','code':'1'}]}],'presentedForm':[{'contentType':'text/"
      "plain','data':'aGk=','title':'t'},{'url':'https://x.example/r.pdf'}],"
      "'text':{'status':'generated','div':'<div><p>CBC</p><p>5 &lt; 6</p></div>'}}},"
      "{'resource':{'resourceType':'Observation','id':'panel','status':'final'," +
      kSubject +
      ",'code':{'coding':[{'system':'http://loinc.org','code':'57021-8'}]},"
      "'hasMember':[{'reference':'Observation/hb'},{'reference':'Observation/bp'},{'reference':'Observation/hb'}]}},"
      "{'resource':{'resourceType':'Observation','id':'hb','status':'amended'," +
      kSubject +
      ",'code':{'coding':[{'system':'http://loinc.org','code':'718-7'}]},"
      "'valueQuantity':{'value':7.10,'comparator':'<','unit':'g/dL','system':'http://unitsofmeasure.org','code':'g/"
      "dL'},'interpretation':[{'coding':[{'code':'LL'}]}],"
      "'referenceRange':[{'low':{'value':12.0,'unit':'g/dL'},'high':{'value':16.0,'unit':'g/"
      "dL'}}],'note':[{'text':'checked'}],'issued':'2026-03-06T15:59:00-05:00'}},"
      "{'resource':{'resourceType':'Observation','id':'bp','status':'final'," +
      kSubject +
      ",'code':{'text':'pressure'},'component':[{'code':{'coding':[{'code':'8480-6'}]},'valueInteger':120},{'code':{'coding':[{'"
      "code':'8462-4'}]},"
      "'dataAbsentReason':{'coding':[{'code':'error'}]}}]}}]}");
  ASSERT_EQ(message.reports.size(), 1u);
  EXPECT_TRUE(message.refused.empty());
  EXPECT_EQ(message.message_id, "B1");
  EXPECT_EQ(message.sender, "urn:lab|L1");
  const v1::DiagnosticReport& report = message.reports[0];
  EXPECT_EQ(report.sender(), "urn:lab|L1");
  EXPECT_EQ(report.report_id(), "r1");
  EXPECT_EQ(report.status(), v1::RESULT_STATUS_FINAL);
  EXPECT_EQ(report.section(), v1::SECTION_LABORATORY);
  EXPECT_EQ(report.patient().identifiers(0).value(), "777");
  EXPECT_EQ(report.patient().birth_date(), "1980-01");
  EXPECT_EQ(report.patient().language(), "es-MX");
  EXPECT_TRUE(report.patient().has_deceased());
  EXPECT_FALSE(report.patient().deceased());
  EXPECT_FALSE(report.patient().has_known_conditions());
  EXPECT_FALSE(absl::StrContains(report.DebugString(), "NOBODY"));
  EXPECT_EQ(report.order().placer_order_number(), "PL1");
  EXPECT_EQ(report.order().filler_order_number(), "FI1");
  EXPECT_EQ(report.order().ordering_provider().value(), "42");
  EXPECT_EQ(report.order().encounter_class(), v1::ENCOUNTER_CLASS_EMERGENCY);
  EXPECT_EQ(report.order().facility(), "Main hospital");
  EXPECT_EQ(report.order().encounter().system(), "urn:visits");
  EXPECT_EQ(report.order().encounter().value(), "V123");
  EXPECT_EQ(report.order().reason_codes_size(), 1);
  EXPECT_EQ(report.specimen_id(), "S-1");
  EXPECT_TRUE(report.has_issued() && report.has_effective() && report.has_message_time());
  EXPECT_EQ(report.conclusion(), "fine");
  EXPECT_EQ(report.conclusion_codes_size(), 1);
  EXPECT_EQ(report.narrative(), "CBC\n5 < 6");
  ASSERT_EQ(report.presented_forms_size(), 2);
  EXPECT_EQ(report.presented_forms(0).data(), "hi");
  EXPECT_EQ(Ids(report), "57021-8 hb bp bp/8480-6 bp/8462-4");
  const v1::Observation& hemoglobin = report.observations(1);
  EXPECT_EQ(hemoglobin.status(), v1::RESULT_STATUS_AMENDED);
  EXPECT_EQ(hemoglobin.quantity().value(), "7.10");
  EXPECT_EQ(hemoglobin.quantity().comparator(), "<");
  EXPECT_EQ(hemoglobin.interpretation(), v1::INTERPRETATION_CRITICAL_LOW);
  EXPECT_EQ(hemoglobin.reference_range().low(), "12.0");
  EXPECT_EQ(hemoglobin.reference_range().text(), "12.0 - 16.0 g/dL");
  EXPECT_EQ(report.observations(3).quantity().value(), "120");
  EXPECT_EQ(report.observations(4).data_absent_reason(), "error");
  EXPECT_EQ(report.issues_size(), 0) << report.issues(0).ShortDebugString();
}

TEST(FhirTest, RefusesWithThePlace) {
  const struct {
    std::string text, place;
  } cases[] = {
      {"{'resourceType':'Patient','id':'x'}", "resourceType"},
      {"{}", "resourceType"},
      {"[]", "resourceType"},
      {"{'a':1,}", "1:8"},
      {"{'a':1,\n'a':2}", "2:3"},
      {"{'resourceType':'Observation','status':'final'}", "subject"},
      {"{'resourceType':'Observation','subject':{'display':'x'}}", "subject"},
      {"{'resourceType':'Observation','subject':{'reference':'Device/1'}}", "subject"},
      {"{'resourceType':'Observation','subject':{'reference':'urn:uuid:1'}}", "subject"},
      {Bundle({"{'resourceType':'Patient'}", "{'resourceType':'DiagnosticReport'}"}), "entry[1].resource.subject"},
      // Two patients, and nothing says which.
      {Bundle({kPatient, "{'resourceType':'Patient','id':'p2'}", "{'resourceType':'Observation','id':'o'}"}),
       "entry[2].resource.subject"},
  };
  for (const auto& test : cases) {
    SCOPED_TRACE(test.text);
    const Message message = ReadOne(test.text);
    EXPECT_TRUE(message.reports.empty());
    ASSERT_EQ(message.refused.size(), 1u);
    EXPECT_EQ(message.refused[0].place(), test.place) << message.refused[0].message();
  }
}

TEST(FhirTest, StatusIsNeverFinalByAccident) {
  const struct {
    const char* members;
    v1::ResultStatus status;
    const char* warns;
  } cases[] = {{"'status':'final'", v1::RESULT_STATUS_FINAL, ""},
               {"'status':'unknown'", v1::RESULT_STATUS_UNKNOWN, ""},
               {"'status':'partial'", v1::RESULT_STATUS_PRELIMINARY, ""},
               {"'status':'Final'", v1::RESULT_STATUS_UNKNOWN, "status"},
               {"'status':true", v1::RESULT_STATUS_UNSPECIFIED, "status"},
               {"'code':{}", v1::RESULT_STATUS_UNSPECIFIED, "status"},
               {"'status':'final','valueString':'a','valueInteger':1", v1::RESULT_STATUS_UNKNOWN, "valueInteger"},
               {"'status':'final','valueAttachment':{}", v1::RESULT_STATUS_UNKNOWN, "valueAttachment"},
               {"'status':'final','modifierExtension':[{'url':'x'}]", v1::RESULT_STATUS_UNKNOWN, "modifierExtension"}};
  for (const auto& test : cases) {
    const v1::DiagnosticReport report = Observed(test.members);
    EXPECT_EQ(report.observations(0).status(), test.status) << test.members;
    EXPECT_EQ(report.issues_size() > 0, *test.warns != 0) << test.members;
    if (*test.warns != 0) {
      EXPECT_TRUE(Warns(report, test.warns)) << test.members;
    }
  }
}

TEST(FhirTest, Values) {
  const struct {
    const char *value, *text;
  } cases[] = {{"'valueQuantity':{'value':1.00E-245}", "1.00E-245"},
               {"'valueInteger':12", "12"},
               {"'valueString':'x y'", "x y"},
               {"'valueBoolean':true", "true"},
               {"'valueRange':{'low':{'value':1.0},'high':{'value':2,'unit':'mg'}}", "1.0 - 2 mg"},
               {"'valueRatio':{'numerator':{'value':1},'denominator':{'value':128}}", "1:128"},
               {"'valueDateTime':'2026-03-06'", "2026-03-06"},
               {"'valuePeriod':{'start':'2026','end':'2027'}", "2026 - 2027"},
               {"'valueCodeableConcept':{'text':'pos','coding':[{'system':'http://loinc.org','code':'LA6576-8'}]}", "pos"},
               {"'dataAbsentReason':{'text':'x'}", ""}};
  for (const auto& test : cases) {
    const v1::DiagnosticReport report = Observed(absl::StrCat("'status':'final',", test.value));
    const v1::Observation& observation = report.observations(0);
    const std::string text = observation.has_quantity()           ? observation.quantity().value()
                             : observation.has_codeable_concept() ? observation.codeable_concept().text()
                                                                  : observation.text();
    EXPECT_EQ(text, test.text);
    EXPECT_EQ(report.issues_size(), 0) << test.value;
  }
  EXPECT_EQ(Observed("'dataAbsentReason':{'text':'x'}").observations(0).data_absent_reason(), "unknown");
}

TEST(FhirTest, FlagsAndRanges) {
  const auto flag = [](const std::string& interpretation) {
    const v1::DiagnosticReport report = Observed("'interpretation':" + interpretation);
    return report.observations(0).has_interpretation() ? static_cast<int>(report.observations(0).interpretation()) : -1;
  };
  EXPECT_EQ(flag("[]"), -1);
  EXPECT_EQ(flag("[{'coding':[{'system':'http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation','code':'N'}]}]"),
            v1::INTERPRETATION_NORMAL);
  EXPECT_EQ(flag("{'coding':[{'code':'H'}]}"), v1::INTERPRETATION_HIGH);  // an object where a list belongs
  EXPECT_EQ(flag("[{'coding':[{'code':'N'},{'code':'AA'}]}]"), v1::INTERPRETATION_CRITICAL_ABNORMAL);
  EXPECT_EQ(flag("[{'coding':[{'system':'urn:local','code':'N'}]}]"), v1::INTERPRETATION_OTHER);
  EXPECT_EQ(flag("[{'text':'normal'}]"), v1::INTERPRETATION_OTHER);
  const v1::DiagnosticReport report =
      Observed("'referenceRange':[{'text':'1 - 2','appliesTo':[{'text':'men'}]},{'low':{'value':3.0}}]");
  EXPECT_EQ(report.observations(0).reference_range().text(), "1 - 2; >= 3.0");
  EXPECT_EQ(report.observations(0).reference_range().low(), "");
  EXPECT_TRUE(Warns(report, "referenceRange"));
}

TEST(FhirTest, InvalidLoincIsNoLoinc) {
  const v1::DiagnosticReport report =
      Observed("'code':{'coding':[{'system':'http://loinc.org','code':'718-8'},{'system':'http://loinc.org','code':'718-7'}]}");
  EXPECT_EQ(report.observations(0).code().codings(0).system(), "urn:v2:LN-invalid");
  EXPECT_EQ(report.observations(0).code().codings(1).system(), "http://loinc.org");
  EXPECT_TRUE(Warns(report, "code.coding[0].code"));
}

TEST(FhirTest, EveryFormOfReferenceIsResolved) {
  const auto entry = [](const std::string& full_url, const std::string& id) {
    return "{'fullUrl':'" + full_url + "','resource':{'resourceType':'Patient','id':'" + id +
           "','meta':{'versionId':'3'},'identifier':[{'system':'urn:mrn','value':'777'}]}}";
  };
  const struct {
    std::string full_url, reference;
    bool found;
  } cases[] = {{"urn:uuid:aa", "{'reference':'urn:uuid:aa'}", true},
               {"", "{'reference':'Patient/p1'}", true},
               {"Patient/p1", "{'reference':'Patient/p1'}", true},
               {"http://a.example/fhir/Patient/p1", "{'reference':'Patient/p1'}", true},
               {"http://a.example/fhir/Patient/p1", "{'reference':'http://a.example/fhir/Patient/p1'}", true},
               {"http://a.example/fhir/Patient/p1", "{'reference':'http://a.example/fhir/Patient/p1/_history/3'}", true},
               {"http://a.example/fhir/Patient/p1", "{'reference':'Patient/p1/_history/2'}", false},
               {"http://a.example/fhir/Patient/p1", "{'reference':'http://b.example/fhir/Patient/p1'}", false},
               {"", "{'reference':'http://b.example/fhir/Patient/p1'}", true},
               {"", "{'reference':'Patient?identifier=urn:mrn|777'}", true},
               {"", "{'type':'Patient','identifier':{'system':'urn:mrn','value':'777'}}", true},
               {"", "{'reference':'#c'}", false},
               {"", "{'reference':'Patient/p2'}", false},
               {"", "{'reference':''}", false},
               {"", "{}", false}};
  for (const auto& test : cases) {
    SCOPED_TRACE(test.full_url + " " + test.reference);
    json::Error error;
    const auto document = json::Document::Parse(
        Json("{'resourceType':'Bundle','entry':[" + entry(test.full_url, "p1") +
             ",{'fullUrl':'http://a.example/fhir/Observation/o','resource':{'resourceType':'Observation','subject':" +
             test.reference + "}}]}"),
        json::Limits(), &error);
    ASSERT_NE(document, nullptr);
    const FhirBundle bundle(document->root());
    EXPECT_EQ(bundle.Resolve(bundle.OfType("Observation")[0]["subject"]).IsPresent(), test.found);
  }
}

TEST(FhirTest, ContainedNestedAndLooseResources) {
  // Contained results, one of them named by nobody.
  const Message contained = ReadOne("{'resourceType':'DiagnosticReport','status':'final'," + kSubject +
                                    ",'contained':[{'resourceType':'Observation','id':'c1','status':'final'},{'resourceType':'"
                                    "Observation','id':'c2','status':'final'}],'result':[{'reference':'#c1'}]}");
  ASSERT_EQ(contained.reports.size(), 1u);
  EXPECT_EQ(Ids(contained.reports[0]), "#c1 #c2");
  EXPECT_EQ(contained.reports[0].patient().identifiers(0).system(), "fhir:Patient");
  EXPECT_EQ(contained.reports[0].patient().identifiers(0).value(), "p1");
  // A Bundle in a Bundle; the outer one holds the patient.
  const Message nested =
      ReadOne(Bundle({kPatient, Bundle({"{'resourceType':'Observation','id':'o1','status':'final'," + kSubject + "}"})}));
  ASSERT_EQ(nested.reports.size(), 1u);
  EXPECT_EQ(nested.reports[0].patient().identifiers(0).value(), "777");
  // A list without a Bundle, and Parameters.
  EXPECT_EQ(ReadOne("[" + kPatient + ",{'resourceType':'Observation'," + kSubject + "}]").reports.size(), 1u);
  EXPECT_EQ(ReadOne("{'resourceType':'Parameters','parameter':[{'resource':{'resourceType':'Observation'," + kSubject + "}}]}")
                .reports.size(),
            1u);
}

TEST(FhirTest, NoObservationIsLostOrReadTwice) {
  const auto observation = [](const std::string& id, const std::string& members) {
    std::vector<std::string> references;
    for (const char c : members) references.push_back(std::string("{'reference':'Observation/") + c + "'}");
    return "{'resourceType':'Observation','id':'" + id + "','status':'final','valueString':'v'," + kSubject + ",'hasMember':[" +
           absl::StrJoin(references, ",") + "]}";
  };
  const Message message =
      ReadOne(Bundle({kPatient,
                      "{'resourceType':'DiagnosticReport','status':'final'," + kSubject +
                          ",'result':[{'reference':'Observation/a'},{'reference':'Observation/none'}]}",
                      observation("a", "bc"), observation("b", ""), observation("c", "a"), observation("d", "e"),
                      observation("e", ""), observation("f", "g"), observation("g", "f"), observation("h", "")}));
  std::vector<std::string> ids;
  for (const v1::DiagnosticReport& report : message.reports) ids.push_back(Ids(report));
  EXPECT_EQ(absl::StrJoin(ids, ", "), "a b c, d e, h, f g");
  EXPECT_TRUE(Warns(message.reports[0], "entry[1].resource.result[1]"));
}

TEST(FhirTest, ADiagnosticReportSaysAllThatStandsAndAnObservationDoesNot) {
  const Message message = ReadOne(Bundle({kPatient, "{'resourceType':'DiagnosticReport','status':'final'," + kSubject + "}",
                                          "{'resourceType':'Observation','id':'a','status':'final'," + kSubject + "}"}));
  ASSERT_EQ(message.reports.size(), 2u);
  const Message subset = ReadOne(Bundle({kPatient,
                                         "{'resourceType':'DiagnosticReport','status':'final',"
                                         "'meta':{'tag':[{'code':'SUBSETTED'}]}," +
                                             kSubject + "}"}));
  ASSERT_EQ(subset.reports.size(), 1u);
  EXPECT_FALSE(subset.reports[0].snapshot()) << "it says itself that it is a part";
  EXPECT_TRUE(message.reports[0].snapshot());
  EXPECT_FALSE(message.reports[1].snapshot()) << "it may be a part of what another message told";
}

TEST(FhirTest, AnotherPatientsObservationStaysOut) {
  const Message message =
      ReadOne(Bundle({kPatient,
                      "{'resourceType':'DiagnosticReport','status':'final'," + kSubject +
                          ",'result':[{'reference':'Observation/a'},{'reference':'Observation/b'}]}",
                      "{'resourceType':'Observation','id':'a','status':'final'," + kSubject + "}",
                      "{'resourceType':'Observation','id':'b','status':'final','subject':{'reference':'Patient/p2'}}"}));
  ASSERT_EQ(message.reports.size(), 1u);
  EXPECT_EQ(Ids(message.reports[0]), "a");
  ASSERT_EQ(message.refused.size(), 1u);
  EXPECT_EQ(message.refused[0].place(), "entry[3].resource.subject");
}

TEST(FhirTest, SubjectOfTheRestOfTheMessage) {
  const Message message = ReadOne(Bundle({kPatient, "{'resourceType':'DiagnosticReport','status':'final'}"}));
  ASSERT_EQ(message.reports.size(), 1u);
  EXPECT_EQ(message.reports[0].patient().identifiers(0).value(), "777");
  EXPECT_TRUE(Warns(message.reports[0], "entry[1].resource.subject"));
}

TEST(FhirTest, TestData) {
  EXPECT_FALSE(Observed("'status':'final'").test_message());
  EXPECT_TRUE(Observed("'meta':{'security':[{'code':'HTEST'}]}").test_message());
  EXPECT_TRUE(
      ReadOne(
          "{'resourceType':'Bundle','meta':{'security':[{'code':'HTEST'}]},'entry':[{'resource':{'resourceType':'Observation'," +
          kSubject + "}}]}")
          .reports[0]
          .test_message());
  EXPECT_TRUE(ReadOne(Bundle({"{'resourceType':'MessageHeader','meta':{'tag':[{'system':'http://terminology.hl7.org/CodeSystem/"
                              "v2-0103','code':'T'}]}}",
                              "{'resourceType':'Observation'," + kSubject + "}"}))
                  .reports[0]
                  .test_message());
  EXPECT_TRUE(Warns(Observed("'meta':{'security':[{'code':'R'}]}"), "meta.security[0]"));
}

TEST(FhirTest, Senders) {
  const auto sender = [](const std::string& members, const std::string& other) {
    return ReadOne(Bundle({"{'resourceType':'Observation'," + kSubject + members + "}", other.empty() ? "{}" : other}))
        .reports.at(0)
        .sender();
  };
  EXPECT_EQ(sender("", ""), "unknown-fhir-sender");
  EXPECT_EQ(sender("", "{'resourceType':'MessageHeader','source':{'name':'n','endpoint':'urn:x'}}"), "urn:x");
  EXPECT_EQ(sender(",'performer':[{'reference':'Practitioner/1'},{'reference':'Organization/2'}]", ""), "Organization/2");
  EXPECT_EQ(sender(",'performer':[{'reference':'Practitioner/1'}]", ""), "Practitioner/1");
  EXPECT_EQ(sender(",'performer':[{'reference':'Practitioner/1'}],'meta':{'source':'http://lab.example#v7'}", ""),
            "http://lab.example");
  EXPECT_EQ(sender(",'performer':[{'reference':'urn:uuid:5'}]", ""), "unknown-fhir-sender");
  EXPECT_EQ(sender(",'performer':[{'reference':'Organization/2'}]", "{'resourceType':'Organization','id':'2','name':'Lab'}"),
            "Lab");
  EXPECT_EQ(sender("", "{'resourceType':'Composition','author':[{'identifier':{'value':'A'},'type':'Organization'}]}"), "A");
}

TEST(FhirTest, OrdersByReferenceAndByIdentifier) {
  const auto order = [](const std::string& based_on) { return Observed("'basedOn':[" + based_on + "]").order(); };
  EXPECT_EQ(order("{'reference':'ServiceRequest/9'}").filler_order_number(), "9");
  EXPECT_EQ(order("{'identifier':{'value':'P'}}").placer_order_number(), "P");
  EXPECT_EQ(order("{'identifier':{'type':{'coding':[{'code':'ACSN'}]},'value':'A'}}").accession_number(), "A");
  EXPECT_EQ(order("{'reference':'urn:uuid:9'}").filler_order_number(), "");
}

TEST(FhirTest, SharedPanelsCannotBecomeMemory) {
  std::vector<std::string> resources = {kPatient};
  std::string members;
  for (int i = 0; i < 900; ++i) {
    absl::StrAppend(&members, i == 0 ? "" : ",", "{'reference':'Observation/m", i, "'}");
    resources.push_back(absl::StrCat("{'resourceType':'Observation','id':'m", i, "','status':'final',", kSubject, "}"));
  }
  resources.push_back("{'resourceType':'Observation','id':'panel','status':'final'," + kSubject + ",'hasMember':[" + members +
                      "]}");
  for (int i = 0; i < 1500; ++i)
    resources.push_back("{'resourceType':'DiagnosticReport','status':'final'," + kSubject +
                        ",'result':[{'reference':'Observation/panel'}]}");
  Options small;
  small.largest_message_bytes = 1 << 20;
  const std::vector<Message> messages = ReadMessages(Json(Bundle(resources)), small);
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_FALSE(messages[0].refused.empty());
  EXPECT_LT(messages[0].reports.size(), 500u);
  EXPECT_GT(messages[0].reports.size(), 100u);
  EXPECT_EQ(messages[0].refused.size(), 1u);
}

}  // namespace
}  // namespace resultgate::intake

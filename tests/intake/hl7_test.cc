// HL7 v2, quirk by quirk, on small messages of our own.
#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/base/proto_time.h"
#include "server/intake/hl7_message.h"
#include "server/intake/intake.h"

namespace resultgate::intake {
namespace {

const std::string kMsh = "MSH|^~\\&|LAB|NORTH|HUB|X|20260306160500-0500||ORU^R01^ORU_R01|M1|P|2.5.1";
const std::string kPid = "PID|1||777^^^NORTH^MR||||19800131|F";
const std::string kObr = "OBR|1|PL1|FI1|718-7^Hemoglobin^LN|||20260306150000-0500|||||||||||||||20260306160000-0500||HM|F";

std::string Join(const std::vector<std::string>& segments) {
  return absl::StrJoin(segments, "\r") + "\r";
}

// The only message of `bytes`.
Message ReadOne(const std::string& bytes) {
  std::vector<Message> messages = ReadMessages(bytes, Options());
  EXPECT_EQ(messages.size(), 1u);
  return messages.empty() ? Message() : messages[0];
}

// The only report of a message with these segments after PID and OBR.
v1::DiagnosticReport Report(const std::vector<std::string>& segments, const std::string& obr = kObr) {
  std::vector<std::string> all = {kMsh, kPid, obr};
  all.insert(all.end(), segments.begin(), segments.end());
  const Message message = ReadOne(Join(all));
  EXPECT_EQ(message.reports.size(), 1u) << (message.refused.empty() ? "" : message.refused[0].ShortDebugString());
  return message.reports.empty() ? v1::DiagnosticReport() : message.reports[0];
}

bool Warns(const v1::DiagnosticReport& report, const std::string& place) {
  for (const v1::Issue& issue : report.issues()) {
    if (issue.place() == place) return true;
  }
  return false;
}

// SPM-24, HL7 table 0493: repeated, with and without the table's name, or in words.
TEST(Hl7Test, ReadsTheConditionOfTheSpecimen) {
  const v1::DiagnosticReport report = Report(
      {"SPM|1|S1||||||||||||||||||||||HEM^Hemolyzed^HL70493~COOL~slightly lipemic", "OBX|1|NM|2823-3^K^LN||5.9|mmol/L||N|||F"});
  ASSERT_EQ(report.specimen_conditions_size(), 3);
  EXPECT_EQ(report.specimen_conditions(0).codings(0).system(), "http://terminology.hl7.org/CodeSystem/v2-0493");
  EXPECT_EQ(report.specimen_conditions(0).codings(0).code(), "HEM");
  EXPECT_EQ(report.specimen_conditions(0).codings(0).display(), "Hemolyzed");
  EXPECT_EQ(report.specimen_conditions(1).codings(0).code(), "COOL");
  EXPECT_EQ(report.specimen_conditions(2).text(), "slightly lipemic");
}

TEST(Hl7Test, ReadsTheHeader) {
  const Message message = ReadOne(Join(
      {kMsh, "PID|1|OLD|888^^^OTHER^PI~777^^^NORTH&1.2.3&ISO^MR||NOBODY^X||198001|F|||||||spa^Spanish^ISO639|||||||||||||||Y",
       "PV1|1|E|WARD^^^MAIN HOSPITAL||||||||||||||||V123^^^NORTH", "ORC|RE|PLORC|FIORC|||||||||42^X^^^^^^^NPI",
       ("OBR|1||FI1^LAB|718-7^Hemoglobin^LN^HGB^Hb^L|||20260306|||||||||||AC12345||||20260306160000-0500||HM|F||||||"
        "D50^Anemia^I10C"),
       "SPM|1|P9&A^F9&LAB", "OBX|1|NM|718-7^Hemoglobin^LN||7.10|g/dL^^UCUM|12.0-16.0|LL|||F||||||||20260306155900-0500",
       "NTE|1||checked~twice"}));
  ASSERT_EQ(message.reports.size(), 1u);
  EXPECT_EQ(message.sender, "LAB|NORTH");
  EXPECT_EQ(message.message_id, "M1");
  const v1::DiagnosticReport& report = message.reports[0];
  EXPECT_EQ(report.sender(), "LAB|NORTH");
  EXPECT_EQ(base::FormatUtc(base::FromProto(report.message_time())), "2026-03-06T21:05:00Z");
  EXPECT_EQ(base::FormatUtc(base::FromProto(report.issued())), "2026-03-06T21:00:00Z");
  EXPECT_FALSE(report.test_message());
  EXPECT_FALSE(report.snapshot()) << "it may hold only what changed";
  EXPECT_EQ(report.status(), v1::RESULT_STATUS_FINAL);
  EXPECT_EQ(report.section(), v1::SECTION_LABORATORY);
  EXPECT_EQ(report.specimen_id(), "F9");
  ASSERT_EQ(report.patient().identifiers_size(), 2);
  EXPECT_EQ(report.patient().identifiers(0).value(), "777");  // the record number first
  EXPECT_EQ(report.patient().identifiers(0).system(), "NORTH");
  EXPECT_EQ(report.patient().birth_date(), "1980-01");
  EXPECT_EQ(report.patient().gender(), v1::ADMINISTRATIVE_GENDER_FEMALE);
  EXPECT_EQ(report.patient().language(), "es");
  EXPECT_TRUE(report.patient().deceased());
  EXPECT_FALSE(absl::StrContains(report.DebugString(), "NOBODY"));
  EXPECT_EQ(report.order().placer_order_number(), "PLORC");
  EXPECT_EQ(report.order().filler_order_number(), "FI1");
  EXPECT_EQ(report.order().accession_number(), "AC12345");
  EXPECT_EQ(report.order().ordering_provider().system(), "http://hl7.org/fhir/sid/us-npi");
  EXPECT_EQ(report.order().ordering_provider().value(), "42");
  EXPECT_EQ(report.order().encounter_class(), v1::ENCOUNTER_CLASS_EMERGENCY);
  EXPECT_EQ(report.order().facility(), "MAIN HOSPITAL");
  EXPECT_EQ(report.order().encounter().system(), "NORTH");
  EXPECT_EQ(report.order().encounter().value(), "V123");
  EXPECT_EQ(report.order().reason_codes(0).codings(0).system(), "http://hl7.org/fhir/sid/icd-10-cm");
  ASSERT_EQ(report.code().codings_size(), 2);
  EXPECT_EQ(report.code().codings(1).system(), "urn:local:LAB|NORTH");
  ASSERT_EQ(report.observations_size(), 1);
  const v1::Observation& observation = report.observations(0);
  EXPECT_EQ(observation.id(), "718-7");
  EXPECT_EQ(observation.quantity().value(), "7.10");
  EXPECT_EQ(observation.quantity().unit_code(), "g/dL");
  EXPECT_EQ(observation.interpretation(), v1::INTERPRETATION_CRITICAL_LOW);
  EXPECT_EQ(observation.reference_range().low(), "12.0");
  EXPECT_TRUE(observation.has_issued());
  ASSERT_EQ(observation.notes_size(), 1);
  EXPECT_EQ(observation.notes(0), "checked\ntwice");
  EXPECT_EQ(report.issues_size(), 0) << report.issues(0).ShortDebugString();
}

TEST(Hl7Test, RefusesWithThePlace) {
  const struct {
    std::string bytes, place;
  } cases[] = {
      {"", "1:1"},
      {" \r\n ", "1:1"},
      {"hello", "1:1"},
      {"<Bundle/>", "1:1"},
      {"MSH", "1:1"},
      {"MSH|\x1C\r", "MSH-2"},
      {"MSH|^~|LAB|", "MSH-2"},
      {"MSH|~\\&|LAB|", "MSH-2"},
      {"MSH|^^\\&|LAB|", "MSH-2"},
      {"MSH|^~\\&|LAB|NORTH|||||ADT^A01|M1|P|2.5", "MSH-9"},
      {"MSH|^~\\&|LAB|NORTH|||||OUR^R01|M1|P|2.5", "MSH-9"},
      {"MSH|^~\\&|LAB|NORTH|||||\"\"|M1|P|2.5", "MSH-9"},
      {kMsh + "\r" + kPid, "OBR"},
      {kMsh + "\r" + kObr, "PID-3"},
      {kMsh + "\rPID|1||^^^NORTH^MR\r" + kObr, "PID-3"},
      {kMsh + "\rPID|1||\"\"\r" + kObr, "PID-3"},
      {Join({kMsh, "<<<<<<< HEAD", kPid, "=======", "PID|1||999", ">>>>>>> other", kObr}), "MSH"},
  };
  for (const auto& test : cases) {
    SCOPED_TRACE(test.bytes);
    const Message message = ReadOne(test.bytes);
    EXPECT_TRUE(message.reports.empty());
    ASSERT_EQ(message.refused.size(), 1u);
    EXPECT_EQ(message.refused[0].place(), test.place) << message.refused[0].message();
    EXPECT_EQ(message.refused[0].severity(), v1::Issue::SEVERITY_ERROR);
  }
  Options small;
  small.largest_message_bytes = 10;
  EXPECT_EQ(ReadMessages(kMsh, small)[0].refused.size(), 1u);
}

TEST(Hl7Test, StatusIsNeverFinalByAccident) {
  const struct {
    std::string obx11, value;
    v1::ResultStatus status;
    bool warns;
  } cases[] = {{"F", "1", v1::RESULT_STATUS_FINAL, false},
               {"F", "", v1::RESULT_STATUS_FINAL, false},
               {"F^Final results^HL70085", "1", v1::RESULT_STATUS_FINAL, false},
               {"C^Record coming over is a correction^HL70085", "1", v1::RESULT_STATUS_CORRECTED, false},
               {"", "1", v1::RESULT_STATUS_UNSPECIFIED, true},
               {"\"\"", "1", v1::RESULT_STATUS_UNSPECIFIED, true},
               {"f", "1", v1::RESULT_STATUS_UNKNOWN, true},
               {"Final", "1", v1::RESULT_STATUS_UNKNOWN, true},
               {"HM", "1", v1::RESULT_STATUS_UNKNOWN, true},
               {"^F", "1", v1::RESULT_STATUS_UNSPECIFIED, true},
               {"U", "1", v1::RESULT_STATUS_FINAL, false},
               {"U", "", v1::RESULT_STATUS_UNKNOWN, true},
               {"V", "\"\"", v1::RESULT_STATUS_UNKNOWN, true},
               {"P", "1", v1::RESULT_STATUS_PRELIMINARY, false},
               {"W", "1", v1::RESULT_STATUS_ENTERED_IN_ERROR, false},
               {"X", "", v1::RESULT_STATUS_CANCELLED, false}};
  for (const auto& test : cases) {
    SCOPED_TRACE(test.obx11);
    const v1::DiagnosticReport report = Report({absl::StrCat("OBX|1|NM|718-7^Hb^LN||", test.value, "||||||", test.obx11)});
    ASSERT_EQ(report.observations_size(), 1);
    EXPECT_EQ(report.observations(0).status(), test.status);
    EXPECT_EQ(Warns(report, "OBX[1]-11"), test.warns);
  }
  const std::string without = kObr.substr(0, kObr.size() - 1);
  EXPECT_EQ(Report({}, without).status(), v1::RESULT_STATUS_UNSPECIFIED);
  EXPECT_EQ(Report({}, without + "|F").status(), v1::RESULT_STATUS_UNSPECIFIED);  // one field too far on
  EXPECT_EQ(Report({}, without + "Z").status(), v1::RESULT_STATUS_UNKNOWN);
  EXPECT_EQ(Report({}, without + "F^Final results^HL70123").status(), v1::RESULT_STATUS_FINAL);
}

TEST(Hl7Test, AFinalReportIsNoFurtherThanItsParts) {
  EXPECT_EQ(Report({"OBX|1|NM|1||1||||||F", "OBX|2|NM|2||2||||||P"}).status(), v1::RESULT_STATUS_PRELIMINARY);
  EXPECT_EQ(Report({"OBX|1|NM|1||1||||||I", "OBX|2|NM|2||2||||||P"}).status(), v1::RESULT_STATUS_REGISTERED);
  EXPECT_EQ(Report({"OBX|1|NM|1||1||||||F", "OBX|2|NM|2||||||||X"}).status(), v1::RESULT_STATUS_FINAL);
  EXPECT_EQ(Report({"OBX|1|ED|PDF||^application^pdf^Base64^aGk=||||||P"}).status(), v1::RESULT_STATUS_PRELIMINARY);
  EXPECT_EQ(Report({"OBX|1|ED|PDF||^application^pdf^Base64^aGk=||||||"}).status(), v1::RESULT_STATUS_UNSPECIFIED);
}

TEST(Hl7Test, Values) {
  const struct {
    std::string type, value;
    const char *quantity, *text, *code;
  } cases[] = {{"NM", "7.10", "7.10", "", ""},
               {"NM", "<15", "<15", "", ""},
               {"NM", "None", "", "None mg", ""},
               {"NM", "27~25", "", "27; 25 mg", ""},
               {"NM", "0 .07", "", "0 .07 mg", ""},
               {"SN", ">^90", ">90", "", ""},
               {"SN", "^42.5", "42.5", "", ""},
               {"SN", "=^5", "5", "", ""},
               {"SN", "^100^-^200", "", "100-200 mg", ""},
               {"SN", "^1^:^128", "", "1:128 mg", ""},
               {"SN", "-^1^-^3", "", "-1-3 mg", ""},
               {"ST", "7.5", "", "7.5", ""},
               {"ST", "R^Resistant", "", "R^Resistant", ""},
               {"ST", "IgG~IgM", "", "IgG; IgM", ""},
               {"", "plain", "", "plain", ""},
               {"DT", "20260101", "", "20260101", ""},
               {"CWE^^HL70125", "260373001^Detected^SCT", "", "Detected", "260373001"},
               {"CE", "POS", "", "POS", "POS"},
               {"CWE", "words are no code", "", "words are no code", ""},
               {"CWE", "LA6576-8^Positive^LN^POS^Pos^L", "", "Positive", "LA6576-8"},
               {"CE", "1^one^L~2^two^L", "", "one; two", "1"},
               {"ST", "\"\"", "", "", ""},
               {"NM", "  ", "", "", ""}};
  for (const auto& test : cases) {
    SCOPED_TRACE(test.type + " " + test.value);
    const v1::DiagnosticReport report = Report({absl::StrCat("OBX|1|", test.type, "|718-7^Hb^LN||", test.value, "|mg|||||F")});
    ASSERT_EQ(report.observations_size(), 1);
    const v1::Observation& observation = report.observations(0);
    const bool coded = observation.has_codeable_concept();
    EXPECT_EQ(observation.quantity().comparator() + observation.quantity().value(), test.quantity);
    EXPECT_EQ(coded ? observation.codeable_concept().text() : observation.text(), test.text);
    EXPECT_EQ(observation.codeable_concept().codings_size() > 0 ? observation.codeable_concept().codings(0).code() : "",
              test.code);
    if (std::string(test.quantity).empty() && std::string(test.text).empty()) {
      EXPECT_EQ(observation.value_case(), v1::Observation::VALUE_NOT_SET);
    }
  }
}

TEST(Hl7Test, FlagsAreNeverNormalByAccident) {
  const struct {
    const char* flag;
    int interpretation;  // -1: absent
  } cases[] = {{"", -1},
               {"\"\"", -1},
               {"N", v1::INTERPRETATION_NORMAL},
               {"N~H", v1::INTERPRETATION_HIGH},
               {"H^Above High Normal^HL70078", v1::INTERPRETATION_HIGH},
               {"^^^HH^^HL70078", v1::INTERPRETATION_CRITICAL_HIGH},
               {"A^A^HL7nnnn~B^B", v1::INTERPRETATION_ABNORMAL},
               {"N^Nix^L", v1::INTERPRETATION_OTHER},
               {"None", v1::INTERPRETATION_OTHER},
               {"n", v1::INTERPRETATION_OTHER},
               {"<", v1::INTERPRETATION_CRITICAL_LOW},
               {"ND", v1::INTERPRETATION_NOT_DETECTED},
               {"1^^UCUM", v1::INTERPRETATION_OTHER}};
  for (const auto& test : cases) {
    const v1::DiagnosticReport report = Report({absl::StrCat("OBX|1|NM|718-7^Hb^LN||1|||", test.flag, "|||F")});
    const v1::Observation& observation = report.observations(0);
    EXPECT_EQ(observation.has_interpretation() ? observation.interpretation() : -1, test.interpretation) << test.flag;
  }
}

TEST(Hl7Test, CodesThatCannotBeTrusted) {
  const struct {
    const char *obx3, *id, *system;
  } cases[] = {{"718-7^Hemoglobin^LN", "718-7", "http://loinc.org"},
               {"718-8^Hemoglobin^LN", "718-8", "urn:v2:LN-invalid"},
               {"GLU^Glucose^LN", "GLU", "urn:v2:LN-invalid"},
               {"LA14020-4^Method^LN", "LA14020-4", "urn:v2:LN-invalid"},
               {"718-7^Hemoglobin^LOINC", "718-7", "http://loinc.org"},
               {"718-7^Hemoglobin^L", "718-7", "urn:local:LAB|NORTH"},
               {"718-7^Hemoglobin", "718-7", "urn:local:LAB|NORTH"},
               {"^^^HB^Hemoglobin^L", "HB", "urn:local:LAB|NORTH"},
               {"^LOINC^LN^190109^NOTE:", "190109", "urn:local:LAB|NORTH"},
               {"^Hemoglobin", "Hemoglobin", ""},
               {"", "uncoded", ""},
               {"document^Report^L", "document#2", "urn:local:LAB|NORTH"}};
  for (const auto& test : cases) {
    SCOPED_TRACE(test.obx3);
    const v1::DiagnosticReport report = Report({absl::StrCat("OBX|1|ST|", test.obx3, "||x||||||F")});
    ASSERT_EQ(report.observations_size(), 1);
    EXPECT_EQ(report.observations(0).id(), test.id);
    const v1::CodeableConcept& code = report.observations(0).code();
    EXPECT_EQ(code.codings_size() > 0 ? code.codings(0).system() : "", test.system);
  }
  EXPECT_EQ(Report({"OBX|1|ST|6690-2^LOINC^LN^005025^WBC||x||||||F"}).observations(0).code().text(), "WBC");
  const std::string long_code(300, '7');
  EXPECT_EQ(Report({"OBX|1|ST|" + long_code + "^x^LN||x||||||F"}).observations(0).code().codings_size(), 0);
}

TEST(Hl7Test, TextLinesOfOneIdentityAreOneObservation) {
  const v1::DiagnosticReport report =
      Report({"OBX|1|TX|IMP^Impression^L||first line||||||F",
              "OBX|2|TX|IMP^Impression^L||second\\.br\\line||||||F||||||||20260306160000-0500",
              "OBX|3|FT|IMP^Impression^L||third~fourth||||||P", "OBX|4|TX|IMP^Impression^L|2|other||||||F",
              "OBX|5|TX|IMP^Impression^L||wrong||||||W", "OBX|6|ST|IMP^Impression^L||a value||||||F"});
  ASSERT_EQ(report.observations_size(), 4);
  EXPECT_EQ(report.observations(0).text(), "first line\nsecond\nline\nthird\nfourth");
  EXPECT_EQ(report.observations(0).status(), v1::RESULT_STATUS_PRELIMINARY);
  EXPECT_TRUE(report.observations(0).has_issued());
  EXPECT_EQ(report.observations(1).id(), "IMP/2");
  EXPECT_EQ(report.observations(2).id(), "IMP#2");  // what was taken back is no part of the text
  EXPECT_EQ(report.observations(2).status(), v1::RESULT_STATUS_ENTERED_IN_ERROR);
  EXPECT_EQ(report.observations(3).id(), "IMP#3");
  EXPECT_TRUE(Warns(report, "OBX[6]-3"));
}

TEST(Hl7Test, NotesFindTheirHome) {
  const Message message = ReadOne(
      Join({kMsh, kPid, "NTE|1||about the patient", "ORC|RE", "NTE|1||about the order", kObr, "NTE|1||about the report",
            "OBX|1|NM|718-7^Hb^LN||1||||||F", "NTE|1||about the value", "NTE|2||", "OBX|2|ED|PDF||^AP^PDF^Base64^aGk=||||||F",
            "NTE|1||about the file", "SPM|1|S1", "NTE|1||about the specimen"}));
  ASSERT_EQ(message.reports.size(), 1u);
  const v1::DiagnosticReport& report = message.reports[0];
  EXPECT_EQ(absl::StrJoin(report.notes(), "|"), "about the order|about the report|about the file|about the specimen");
  EXPECT_EQ(absl::StrJoin(report.observations(0).notes(), "|"), "about the value");
  EXPECT_EQ(report.presented_forms(0).content_type(), "application/pdf");
  EXPECT_EQ(report.presented_forms(0).data(), "hi");
  EXPECT_EQ(report.presented_forms(0).code().codings(0).code(), "PDF");
}

TEST(Hl7Test, Documents) {
  const v1::DiagnosticReport report =
      Report({"OBX|1|ED|1^Page^L||LAB^TEXT^html^Base64^PGI+\r\naGk8L2I+||||||F", "OBX|2|ED|2||^AP^PDF^Base64^||||||F",
              "OBX|3|ED|3||^AP^PDF^Base64^***||||||F", "OBX|4|RP|4^Image^L||https://x.example/a\\T\\b^^IM^JPEG||||||F",
              "OBX|5|ED|5||^AP^PDF^Base64^aGk=||||||W"});
  ASSERT_EQ(report.presented_forms_size(), 3);
  EXPECT_EQ(report.presented_forms(0).content_type(), "text/html");
  EXPECT_EQ(report.presented_forms(0).status(), v1::RESULT_STATUS_FINAL);
  EXPECT_EQ(report.presented_forms(0).data(), "<b>hi</b>");
  EXPECT_EQ(report.presented_forms(0).title(), "Page");
  EXPECT_EQ(report.presented_forms(1).url(), "https://x.example/a&b");
  v1::Attachment taken_back;
  taken_back.mutable_code()->add_codings()->set_code("5");
  taken_back.mutable_code()->mutable_codings(0)->set_system(report.presented_forms(2).code().codings(0).system());
  taken_back.set_status(v1::RESULT_STATUS_ENTERED_IN_ERROR);
  EXPECT_EQ(report.presented_forms(2).SerializeAsString(), taken_back.SerializeAsString())
      << "which one it is, and nothing of it";
  for (const char* place : {"OBX[2]-5", "OBX[3]-5", "OBX[5]-11"}) EXPECT_TRUE(Warns(report, place)) << place;
  EXPECT_EQ(report.observations_size(), 0);
}

// Versions before have the document: that it is taken back must be known, whatever else of it is sent.
TEST(Hl7Test, ADocumentThatIsTakenBackIsKeptAsAMark) {
  const struct {
    std::string type, value, status;
    v1::ResultStatus expected;
  } cases[] = {{"ED", "^AP^PDF^Base64^aGk=", "W", v1::RESULT_STATUS_ENTERED_IN_ERROR},
               {"ED", "", "W", v1::RESULT_STATUS_ENTERED_IN_ERROR},
               {"ED", "", "D", v1::RESULT_STATUS_ENTERED_IN_ERROR},
               {"RP", "", "D", v1::RESULT_STATUS_ENTERED_IN_ERROR},
               {"ED", "\"\"", "X", v1::RESULT_STATUS_CANCELLED}};
  for (const auto& test : cases) {
    SCOPED_TRACE(test.type + test.value + test.status);
    const v1::DiagnosticReport report =
        Report({absl::StrCat("OBX|1|", test.type, "|PDF^Page^L||", test.value, "||||||", test.status), "NTE|1||about the file",
                "OBX|2|NM|718-7^Hb^LN||1||||||F", "NTE|1||about the value"});
    ASSERT_EQ(report.presented_forms_size(), 1);
    const v1::Attachment& mark = report.presented_forms(0);
    EXPECT_EQ(mark.status(), test.expected);
    EXPECT_EQ(mark.code().codings(0).code(), "PDF");
    EXPECT_EQ(mark.title(), "Page");
    EXPECT_EQ(mark.data(), "");
    EXPECT_EQ(mark.url(), "");
    EXPECT_EQ(report.status(), v1::RESULT_STATUS_FINAL) << "what is left is as final as it was";
    EXPECT_EQ(report.notes_size(), 0) << "the remark is on what is gone";
    EXPECT_EQ(report.observations(0).notes_size(), 1);
  }
}

TEST(Hl7Test, GroupsAndOccurrences) {
  const Message message =
      ReadOne(Join({kMsh, kPid, "OBX|1|NM|8867-4^Heart rate^LN||60||||||F", "ORC|RE|P1|F1",
                    "OBR|1|||A^a^L||||||||||||||||||||||F", "OBX|1|NM|1||1||||||F", "OBR|2|||A^a^L||||||||||||||||||||||F",
                    "OBR|3|||B^b^L||||||||||||||||||||||F", "PID|2||", kObr, "PID|3||999", kObr}));
  ASSERT_EQ(message.reports.size(), 5u);
  EXPECT_EQ(message.reports[0].status(), v1::RESULT_STATUS_UNSPECIFIED);  // without an OBR
  EXPECT_EQ(message.reports[1].occurrence(), 0);
  EXPECT_EQ(message.reports[1].order().filler_order_number(), "F1");
  EXPECT_EQ(message.reports[2].occurrence(), 1);
  EXPECT_EQ(message.reports[3].occurrence(), 0);
  EXPECT_EQ(message.reports[4].patient().identifiers(0).value(), "999");
  ASSERT_EQ(message.refused.size(), 1u);
  EXPECT_EQ(message.refused[0].place(), "PID[2]-3");
}

TEST(Hl7Test, SpecimenComesFirstInOul) {
  const Message message = ReadOne(Join({"MSH|^~\\&|LAB|NORTH|||20260306160500||OUL^R22^OUL_R22|M1|P|2.5.1", kPid, "SPM|1|^S1",
                                        "OBX|1|NM|1||1||||||F", "OBR|1||F1|A^a^L||||||||||||||||||||||F", "ORC|SC|P1",
                                        "OBX|1|NM|2||2||||||F", "SPM|2|^S2", "OBR|2||F2|A^a^L||||||||||||||||||||||F"}));
  ASSERT_EQ(message.reports.size(), 2u);
  EXPECT_EQ(message.reports[0].specimen_id(), "S1");
  EXPECT_EQ(message.reports[0].observations_size(), 2);
  EXPECT_EQ(message.reports[0].order().placer_order_number(), "P1");
  EXPECT_EQ(message.reports[1].specimen_id(), "S2");
}

TEST(Hl7Test, FramesEnvelopesAndLineEndsDoNotMatter) {
  const std::vector<std::string> segments = {kMsh, kPid, kObr, "OBX|1|NM|718-7^Hb^LN||1||||||F"};
  const std::string plain = absl::StrJoin(segments, "\r");
  for (const std::string& bytes :
       {plain, plain + "\r", absl::StrJoin(segments, "\n"), absl::StrJoin(segments, "\r\n") + "\r\n",
        absl::StrJoin(segments, "\n\n"), "\xEF\xBB\xBF" + plain, "\x0B" + plain + "\r\x1C\r", "# a comment\nrubbish\n" + plain,
        absl::StrCat("FHS|^~\\&|A\rBHS|^~\\&|A\r", plain, "\rBTS|1\rFTS|1\r")}) {
    const Message message = ReadOne(bytes);
    ASSERT_EQ(message.reports.size(), 1u) << bytes;
    EXPECT_EQ(message.reports[0].observations(0).quantity().value(), "1") << bytes;
    EXPECT_EQ(message.reports[0].issues_size(), 0) << bytes;
  }
  EXPECT_EQ(ReadMessages(absl::StrCat("\x0B", plain, "\r\x1C\r\x0B", plain, "\r\x1C\r", plain), Options()).size(), 3u);
  // One bad message of a batch is one entry.
  const std::vector<Message> messages = ReadMessages(plain + "\rMSH|^~|BAD\r" + plain, Options());
  ASSERT_EQ(messages.size(), 3u);
  EXPECT_TRUE(messages[1].reports.empty());
  EXPECT_EQ(messages[0].digest, messages[2].digest);
  EXPECT_EQ(ReadOne(plain).digest, messages[0].digest);
}

TEST(Hl7Test, LineBreaksInsideFieldsAndSmallLetters) {
  const v1::DiagnosticReport report = Report({"OBX|1|TX|IMP^Impression^L||one", "two||||||F", "obx|2|NM|1||1||||||F"});
  ASSERT_EQ(report.observations_size(), 2);
  EXPECT_EQ(report.observations(0).text(), "one\ntwo");
  EXPECT_EQ(report.observations(0).status(), v1::RESULT_STATUS_FINAL);
  EXPECT_TRUE(Warns(report, "OBX[1]"));
  EXPECT_TRUE(Warns(report, "OBX[2]"));
}

TEST(Hl7Test, Escapes) {
  const struct {
    const char *sent, *read;
  } cases[] = {{"a\\F\\b\\S\\c\\R\\d\\T\\e\\E\\f", "a|b^c~d&e\\f"},
               {"a\\.br\\b\\.sp\\c\\.sp2\\d", "a\nb\nc\n\nd"},
               {"a\\X0d0a\\b\\X41\\", "a\nbA"},
               {"\\XC2B5\\g", "\xC2\xB5g"},
               {"\\H\\hot\\N\\ \\.in+4\\\\.fi\\x", "hot x"},
               {"C:\\temp", "C:\\temp"},
               {"\\T\\#8805;", "&#8805;"},
               {"cut\\P\\", "cut#"},
               {"\\C2842\\x", "\xEF\xBF\xBDx"},
               {"\\.sp999999999\\", ""},
               {"\\Q\\", "\\Q\\"}};
  for (const auto& test : cases) {
    const v1::DiagnosticReport report = Report({absl::StrCat("OBX|1|TX|1||", test.sent, "||||||F")});
    if (*test.read != 0) {
      EXPECT_EQ(report.observations(0).text(), test.read) << test.sent;
    }
    EXPECT_LE(report.observations(0).text().size(), 100u);
  }
  const Message hash =
      ReadOne("MSH$%*!@$LAB$NORTH$$$$$ORU%R01$M1$P$2.5\rPID$1$$7\rOBR$1$$F1$A%a%L\rOBX$1$ST$B%b%L$$x|^!F!$$$$$$F");
  ASSERT_EQ(hash.reports.size(), 1u);
  EXPECT_EQ(hash.reports[0].observations(0).text(), "x|^$");
}

TEST(Hl7Test, CharacterSets) {
  const auto read = [](const std::string& charset, const std::string& value) {
    const Message message = ReadOne(Join({kMsh + "||||||" + charset, kPid, kObr, "OBX|1|ST|1^x^L||" + value + "||||||F"}));
    return message.reports.at(0);
  };
  EXPECT_EQ(read("UNICODE UTF-8", "\xC2\xB5g").observations(0).text(), "\xC2\xB5g");
  EXPECT_EQ(read("", "\xC2\xB5g").observations(0).text(), "\xC2\xB5g");
  EXPECT_EQ(read("8859/1", "\xB5g").observations(0).text(), "\xC2\xB5g");
  EXPECT_FALSE(Warns(read("8859/1", "\xB5g"), "MSH-18"));
  EXPECT_EQ(read("~8859/1", "\xB5g").observations(0).text(), "\xC2\xB5g");
  EXPECT_EQ(read("8859/1", "\xC2\xB5g").observations(0).text(), "\xC2\xB5g");  // says one thing and is another
  EXPECT_TRUE(Warns(read("8859/1", "\xC2\xB5g"), "MSH-18"));
  EXPECT_EQ(read("", "\xB5g").observations(0).text(), "\xEF\xBF\xBDg");
  EXPECT_TRUE(Warns(read("", "\xB5g"), "MSH-18"));
  EXPECT_TRUE(Warns(read("ISO IR 999", "g"), "MSH-18"));
  std::string utf16;
  for (const char c : Join({kMsh, kPid, kObr})) utf16 += std::string(1, c) + std::string(1, '\0');
  EXPECT_EQ(ReadOne("\xFF\xFE" + utf16).reports.size(), 1u);
}

TEST(Hl7Test, TestMessagesAndTimesWithoutHours) {
  for (const char* id : {"T", "D", "P", ""}) {
    const Message message =
        ReadOne(Join({absl::StrCat("MSH|^~\\&|LAB|NORTH|||20260306||ORU^R01|M1|", id, "|2.5"), "PID|1||7||||DOB|U",
                      "OBR|1||F1|A^a^L|||20260306|||||||||||||||20260306||LAB|F", "OBX|1|NM|1||1||||||F||||||||20260306"}));
    ASSERT_EQ(message.reports.size(), 1u);
    const v1::DiagnosticReport& report = message.reports[0];
    EXPECT_EQ(report.test_message(), *id == 'T' || *id == 'D');
    EXPECT_FALSE(report.has_issued());
    EXPECT_FALSE(report.has_message_time());
    EXPECT_TRUE(report.has_effective());
    EXPECT_FALSE(report.observations(0).has_issued());
    EXPECT_FALSE(report.patient().has_birth_date());
    EXPECT_FALSE(report.patient().has_gender());
    for (const char* place : {"MSH-7", "OBR[1]-22", "OBX[1]-19", "PID[1]-7"}) EXPECT_TRUE(Warns(report, place)) << place;
  }
}

TEST(Hl7Test, IdentifiersInOlderPlacesAndNumbersThatAreNoAccession) {
  const Message message = ReadOne(Join({kMsh, "PID|1|222||444", "OBR|1||F1|A^a^L||||||||||||||RN||19528512^X"}));
  ASSERT_EQ(message.reports.size(), 1u);
  EXPECT_EQ(message.reports[0].patient().identifiers(0).value(), "222");
  EXPECT_TRUE(Warns(message.reports[0], "PID[1]-3"));
  EXPECT_EQ(message.reports[0].order().accession_number(), "");
}

TEST(Hl7Test, FinalDiagnosesAreConclusions) {
  const v1::DiagnosticReport report =
      Report({"OBX|1|CWE|22637-3^Final diagnosis^LN||C50.9^Breast^I10C||||||F",
              "OBX|2|CWE|22637-3^Final diagnosis^LN|2|C18^Colon^I10C||||||W",
              "OBX|3|ST|22637-3^Final diagnosis^LN|3|words||||||F", "OBX|4|CWE|718-7^x^LN||C61^x^I10C||||||F"});
  ASSERT_EQ(report.conclusion_codes_size(), 1);
  EXPECT_EQ(report.conclusion_codes(0).codings(0).code(), "C50.9");
  EXPECT_EQ(report.observations_size(), 4);
}

TEST(Hl7Test, LimitsAreRefusedAtTheirPlace) {
  std::vector<std::string> segments = {kMsh, kPid, kObr};
  for (int i = 0; i < 1001; ++i) segments.push_back(absl::StrCat("OBX|1|NM|", i, "||1||||||F"));
  segments.push_back(kObr);
  const Message message = ReadOne(Join(segments));
  ASSERT_EQ(message.refused.size(), 1u);
  EXPECT_EQ(message.refused[0].place(), "OBR[1]");
  EXPECT_EQ(message.reports.size(), 1u);
  // Many reports that share one large part.
  std::vector<std::string> bomb = {kMsh, "PID|1||"};
  for (int i = 0; i < 3000; ++i) absl::StrAppend(&bomb[1], i, std::string(100, 'x'), "~");
  for (int i = 0; i < 300; ++i) bomb.push_back(kObr);
  Options small;
  small.largest_message_bytes = 400000;
  const std::vector<Message> large = ReadMessages(Join(bomb), small);
  ASSERT_EQ(large.size(), 1u);
  EXPECT_EQ(large[0].refused.size(), 1u);
  EXPECT_LT(large[0].reports.size(), 300u);
  EXPECT_EQ(large[0].reports.at(0).patient().identifiers_size(), 100);
}

}  // namespace
}  // namespace resultgate::intake

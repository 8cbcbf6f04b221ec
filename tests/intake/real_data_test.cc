// Real messages that others wrote, read in place; skipped where they are not there.
#include <gtest/gtest.h>

#include <chrono>
#include <iostream>
#include <map>
#include <random>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/base/file.h"
#include "server/intake/intake.h"

namespace resultgate::intake {
namespace {

constexpr char kData[] = "../shared/data";

std::vector<std::string> Files(const std::string& folder) {
  return base::ListFiles(absl::StrCat(kData, "/", folder), "").value_or(std::vector<std::string>());
}

std::vector<Message> Read(const std::string& path) {
  Options options;
  EXPECT_TRUE(absl::LoadTimeZone("America/New_York", &options.zone));
  return ReadMessages(base::ReadFile(path).value(), options);
}

// What must hold for everything that is read, whatever was sent.
void CheckMessage(const std::string& path, const Message& message) {
  SCOPED_TRACE(path);
  EXPECT_TRUE(!message.reports.empty() || !message.refused.empty()) << "nothing was said of a message";
  EXPECT_EQ(message.digest.size(), 71u);
  for (const v1::Issue& issue : message.refused) {
    EXPECT_EQ(issue.severity(), v1::Issue::SEVERITY_ERROR);
    EXPECT_FALSE(issue.message().empty());
  }
  for (const v1::DiagnosticReport& report : message.reports) {
    EXPECT_FALSE(report.sender().empty());
    EXPECT_GE(report.patient().identifiers_size(), 1);
    EXPECT_FALSE(report.patient().has_known_conditions());
    EXPECT_NE(report.section(), v1::SECTION_UNSPECIFIED);
    EXPECT_LE(report.observations_size(), 1000);
    std::string bytes;
    EXPECT_TRUE(report.SerializeToString(&bytes));  // false if a string is not UTF-8
    std::set<std::string> ids = {"document"};
    for (const v1::Observation& observation : report.observations()) {
      EXPECT_FALSE(observation.id().empty());
      EXPECT_TRUE(ids.insert(observation.id()).second) << observation.id();
      EXPECT_TRUE(!observation.has_reference_range() || !observation.reference_range().text().empty());
      for (const v1::Coding& coding : observation.code().codings()) EXPECT_FALSE(coding.code().empty());
    }
    for (const v1::Issue& issue : report.issues()) {
      EXPECT_EQ(issue.severity(), v1::Issue::SEVERITY_WARNING);
      EXPECT_FALSE(issue.message().empty());
    }
  }
}

struct Counts {
  int files = 0, messages = 0, reports = 0, observations = 0, refused_messages = 0;
  std::map<std::string, int> reasons, warnings;
};

Counts ReadFolder(const std::string& folder) {
  Counts counts;
  for (const std::string& path : Files(folder)) {
    ++counts.files;
    for (const Message& message : Read(path)) {
      CheckMessage(path, message);
      ++counts.messages;
      counts.reports += static_cast<int>(message.reports.size());
      if (message.reports.empty()) ++counts.refused_messages;
      for (const v1::Issue& issue : message.refused) {
        ++counts.reasons[issue.message()];
        std::cout << "  refused " << path.substr(sizeof(kData)) << " " << issue.place() << ": " << issue.message() << "\n";
      }
      for (const v1::DiagnosticReport& report : message.reports) {
        counts.observations += report.observations_size();
        for (const v1::Issue& issue : report.issues()) ++counts.warnings[issue.message()];
      }
    }
  }
  std::cout << folder << ": " << counts.files << " files, " << counts.messages << " messages, " << counts.reports << " reports, "
            << counts.observations << " observations, " << counts.refused_messages << " messages refused\n";
  for (const auto& [reason, count] : counts.reasons) std::cout << "  refused " << count << "x: " << reason << "\n";
  for (const auto& [warning, count] : counts.warnings) std::cout << "  warned " << count << "x: " << warning << "\n";
  return counts;
}

class RealDataTest : public testing::Test {
 protected:
  void SetUp() override {
    if (Files("hl7v2").empty()) GTEST_SKIP() << "no real messages at " << kData;
  }
};

TEST_F(RealDataTest, Hl7) {
  const Counts counts = ReadFolder("hl7v2");
  EXPECT_GE(counts.files, 130);
  EXPECT_GE(counts.messages, 146);
  EXPECT_GE(counts.reports, 230);
  EXPECT_GE(counts.observations, 1100);
  const Counts mpl = ReadFolder("hl7v2-mpl");
  EXPECT_GE(mpl.reports, 8);
}

TEST_F(RealDataTest, Fhir) {
  const Counts counts = ReadFolder("fhir");
  EXPECT_GE(counts.files, 110);
  EXPECT_GE(counts.reports, 240);
  EXPECT_GE(counts.observations, 1500);
  ReadFolder("fhir-cc-by");
}

TEST_F(RealDataTest, MalformedFilesAreRefusedWithTheirPlace) {
  const std::map<std::string, std::string> places = {{"bad-json-close-1.json", "15:11"},
                                                     {"json-comma-bad-1.json", "7:13"},
                                                     {"json-comments-1.json", "1:1"},
                                                     {"json-no-quotes-2.json", "8:9"},
                                                     {"observation-with-trailing-dot.json", "22:22"},
                                                     {"patient-duplicate.json", "9:10"},
                                                     {"pat-security-bad-xhtml.json", "resourceType"}};
  int checked = 0;
  for (const std::string& path : Files("fhir-malformed")) {
    const std::vector<Message> messages = Read(path);
    ASSERT_EQ(messages.size(), 1u) << path;
    EXPECT_TRUE(messages[0].reports.empty()) << path;
    ASSERT_EQ(messages[0].refused.size(), 1u) << path;
    const auto expected = places.find(path.substr(path.rfind('/') + 1));
    ASSERT_NE(expected, places.end()) << path;
    EXPECT_EQ(messages[0].refused[0].place(), expected->second) << path << ": " << messages[0].refused[0].message();
    ++checked;
  }
  EXPECT_EQ(checked, static_cast<int>(places.size()));
}

// One order, sent six times; see the data's QUIRKS.md.
TEST_F(RealDataTest, VersionsOfOneReportShareTheirKeysAndNotTheirPatient) {
  std::vector<v1::DiagnosticReport> versions;
  for (const char* name : {"6A1_bundle_2204051556", "6A2_bundle_2204051559", "6B_bundle_2204051602", "6C_bundle_2204051607",
                           "6D_bundle_2204051609", "6E_bundle_2204051632"}) {
    const std::vector<Message> messages = Read(absl::StrCat(kData, "/fhir/hl7-be__lab/", name, ".json"));
    ASSERT_EQ(messages.size(), 1u) << name;
    ASSERT_EQ(messages[0].reports.size(), 1u) << name;
    versions.push_back(messages[0].reports[0]);
  }
  const auto ids = [](const v1::DiagnosticReport& report) {
    std::set<std::string> result;
    for (const v1::Observation& observation : report.observations()) result.insert(observation.id());
    return result;
  };
  std::vector<std::string> patients;
  for (const v1::DiagnosticReport& version : versions) {
    EXPECT_EQ(version.sender(), versions[0].sender());
    EXPECT_EQ(version.order().placer_order_number(), "00220406-0001");
    EXPECT_EQ(version.specimen_id(), "00220406000101");
    EXPECT_EQ(version.occurrence(), 0);
    EXPECT_EQ(ids(version), ids(versions[0]));
    EXPECT_TRUE(ids(version).contains("389061070"));
    EXPECT_TRUE(version.has_issued());
    ASSERT_EQ(version.patient().identifiers_size(), 1);
    patients.push_back(version.patient().identifiers(0).value());
  }
  EXPECT_NE(versions[0].sender(), "unknown-fhir-sender");
  EXPECT_EQ(patients, (std::vector<std::string>{"1988184", "1988184", "1988184", "1987919", "1987919", "1987919"}));
  EXPECT_EQ(versions[0].status(), v1::RESULT_STATUS_PRELIMINARY);
  EXPECT_EQ(versions[3].status(), v1::RESULT_STATUS_CORRECTED);
  EXPECT_NE(versions[4].patient().birth_date(), versions[5].patient().birth_date());
  EXPECT_NE(versions[0].message_id(), versions[1].message_id());
}

const v1::Observation* Find(const std::vector<Message>& messages, const std::string& id) {
  for (const Message& message : messages) {
    for (const v1::DiagnosticReport& report : message.reports) {
      for (const v1::Observation& observation : report.observations()) {
        if (observation.id() == id) return &observation;
      }
    }
  }
  return nullptr;
}

TEST_F(RealDataTest, StatusesOfOneReportStayApart) {
  const std::vector<Message> messages = Read(absl::StrCat(kData, "/hl7v2/microsoft__FHIR-Converter/LAB-ORU-1.hl7"));
  ASSERT_EQ(messages.size(), 1u);
  ASSERT_EQ(messages[0].reports.size(), 2u);
  const v1::DiagnosticReport& first = messages[0].reports[0];
  EXPECT_TRUE(first.test_message());
  EXPECT_EQ(first.order().filler_order_number(), "82503246");
  // OBR-25 says final, the observations say in process, preliminary and final.
  EXPECT_EQ(first.status(), v1::RESULT_STATUS_REGISTERED);
  EXPECT_EQ(first.observations(0).status(), v1::RESULT_STATUS_REGISTERED);
  EXPECT_EQ(first.observations(1).status(), v1::RESULT_STATUS_PRELIMINARY);
  EXPECT_EQ(first.observations(4).status(), v1::RESULT_STATUS_FINAL);
  // In the second OBR the status stands one field too far on.
  EXPECT_EQ(messages[0].reports[1].status(), v1::RESULT_STATUS_UNSPECIFIED);
}

TEST_F(RealDataTest, DrugScreenWithWrongCheckDigitsHasNoLoinc) {
  const std::vector<Message> messages =
      Read(absl::StrCat(kData, "/hl7v2/amhest__Machete/HL7_SAMPLE_139_ORU_drug_screen_toxicology.hl7"));
  ASSERT_EQ(messages[0].reports.size(), 1u);
  int invalid = 0;
  for (const v1::Observation& observation : messages[0].reports[0].observations()) {
    invalid += observation.code().codings(0).system() == "urn:v2:LN-invalid" ? 1 : 0;
  }
  EXPECT_EQ(invalid, 6);
}

TEST_F(RealDataTest, DecimalsStayAsWritten) {
  const std::vector<Message> messages = Read(absl::StrCat(kData, "/fhir/hl7-be__lab/6A1_bundle_2204051556.json"));
  const v1::Observation* potassium = Find(messages, "389061071");
  ASSERT_NE(potassium, nullptr);
  EXPECT_EQ(potassium->quantity().value(), "6.0");
  EXPECT_EQ(potassium->interpretation(), v1::INTERPRETATION_HIGH);
}

// Broken at random: it must say something sensible of every input, and quickly.
TEST_F(RealDataTest, SurvivesTruncationsAndMutations) {
  const unsigned seed = 20260228;
  std::cout << "seed " << seed << "\n";
  std::mt19937 random(seed);
  std::vector<std::string> inputs;
  for (const std::string folder : {"hl7v2", "hl7v2-mpl", "fhir", "fhir-cc-by", "fhir-malformed"}) {
    for (const std::string& path : Files(folder)) {
      std::string bytes = base::ReadFile(path).value();
      if (bytes.size() < 20000) inputs.push_back(std::move(bytes));
    }
  }
  const auto start = std::chrono::steady_clock::now();
  int runs = 0, reports = 0;
  const std::string signs =
      "|^~\\&\r\n\"{}[]:,#/\x0B\x1C\xFF\xEF"
      "0F";
  while (std::chrono::steady_clock::now() - start < std::chrono::seconds(4) && runs < 20000) {
    std::string bytes = inputs[random() % inputs.size()];
    if (bytes.empty()) continue;
    const int kind = random() % 4;
    if (kind == 0) bytes.resize(random() % bytes.size());
    for (int i = kind == 0 ? 0 : 1 + random() % 8; i > 0; --i) {
      const size_t at = random() % bytes.size();
      if (kind == 1) bytes[at] = signs[random() % signs.size()];
      if (kind == 2) bytes[at] = static_cast<char>(random());
      if (kind == 3) bytes.erase(at, std::min<size_t>(bytes.size() - at - 1, random() % 40));
    }
    for (const Message& message : ReadMessages(bytes, Options())) {
      CheckMessage(absl::StrCat("run ", runs), message);
      reports += static_cast<int>(message.reports.size());
    }
    ++runs;
    if (HasFailure()) break;
  }
  std::cout << runs << " runs, " << reports << " reports\n";
}

}  // namespace
}  // namespace resultgate::intake

// The JSON Schema, held by another project's validator: it takes every file that the project ships, and refuses what it can know
// to be wrong.
#include "server/policy/schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "server/base/file.h"
#include "server/policy/pack_checks.h"
#include "tests/testing/packs.h"

namespace resultgate::policy {
namespace {

using nlohmann::json;
using valijson::adapters::NlohmannJsonAdapter;

// As an editor reads it: YAML 1.2, in which what is not in quotes may be a number or a truth value.
json ToJson(const yaml::Node& node) {
  if (node.IsNull()) return nullptr;
  if (node.IsList()) {
    json list = json::array();
    for (const yaml::Node& item : node.items) list.push_back(ToJson(item));
    return list;
  }
  if (node.IsMap()) {
    json map = json::object();
    for (const yaml::Node::Entry& entry : node.entries) map[entry.key] = ToJson(entry.value);
    return map;
  }
  if (!node.quoted && (node.text == "true" || node.text == "false")) return node.text == "true";
  char* end = nullptr;
  const double number = std::strtod(node.text.c_str(), &end);
  const bool is_number =
      !node.quoted && !node.text.empty() && *end == '\0' && node.text.find_first_not_of("0123456789.+-eE") == std::string::npos;
  if (!is_number) return node.text;
  return node.text.find_first_of(".eE") == std::string::npos ? json(std::strtoll(node.text.c_str(), nullptr, 10)) : json(number);
}

json ReadYaml(const std::string& path) {
  base::FileIssues issues;
  const std::optional<yaml::Document> document = yaml::Parse(path, base::ReadFile(path).value(), &issues);
  EXPECT_TRUE(document) << base::Format(issues);
  return document ? ToJson(document->root) : json();
}

class Checker {
 public:
  explicit Checker(const Vocabulary& vocabulary) : text_(json::parse(JsonSchema(vocabulary))) {
    valijson::SchemaParser parser;
    parser.populateSchema(NlohmannJsonAdapter(text_), schema_);
  }

  // What is wrong, one line each; empty where nothing is.
  std::string Wrong(const json& file) const {
    valijson::Validator validator;
    valijson::ValidationResults results;
    const NlohmannJsonAdapter target(file);
    if (validator.validate(schema_, target, &results)) return "";
    std::vector<std::string> lines;
    valijson::ValidationResults::Error error;
    while (results.popError(error)) lines.push_back(absl::StrJoin(error.context, "") + ": " + error.description);
    return absl::StrJoin(lines, "\n");
  }

  const json& text() const { return text_; }

 private:
  json text_;
  valijson::Schema schema_;
};

Vocabulary ShippedNames(const std::string& pack) {
  base::FileIssues issues;
  const std::optional<yaml::Document> document = yaml::Parse(pack, base::ReadFile(pack + "/pack.yaml").value(), &issues);
  return VocabularyOf(document.value().root, testing::ShippedValueSets()->Names());
}

TEST(Schema, TakesEveryFileOfTheShippedPacks) {
  for (const char* pack : {"policies/default", "policies/us"}) {
    const Checker checker(ShippedNames(pack));
    std::vector<std::string> files;
    for (const char* folder : {pack, "policies/valuesets", "policies/calendars"}) {
      std::vector<std::string> paths = base::ListFiles(folder, ".yaml").value();
      files.insert(files.end(), paths.begin(), paths.end());
    }
    EXPECT_GT(files.size(), 50u);
    for (const std::string& path : files) EXPECT_EQ(checker.Wrong(ReadYaml(path)), "") << path;
  }
}

// Each broken file is refused as a whole, and of its rules each that a schema can know to be wrong.
TEST(Schema, RefusesTheBrokenExamplesThatItCanKnow) {
  const std::string folder = "tests/policy/broken_examples/";
  const Checker checker(VocabularyOf({}, {"blood-count"}));
  for (const char* file : {"pack.yaml", "calendars/weekdays.yaml"}) {
    EXPECT_NE(checker.Wrong(ReadYaml(folder + file)), "") << file;
  }
  const std::set<std::string> known_wrong = {
      "misspelt-key", "Unknown Value Set", "wrong-section",       "too-long", "no-basis", "nobody", "everything", "nothing",
      "no-place",     "protocols",         "protocol-of-an-owner"};
  std::set<std::string> refused;
  const json structure = ReadYaml(folder + "structure.yaml");
  for (const json& rule : structure["rules"]) {
    if (!checker.Wrong({{"rules", {rule}}}).empty()) refused.insert(rule["id"]);
  }
  EXPECT_EQ(refused, known_wrong);
}

// What `enum` and a closed list of keys would let an editor say.
TEST(Schema, OffersTheNamesOfThePackAndTheWordsOfEveryEnumeration) {
  const Checker checker(ShippedNames("policies/default"));
  const std::string text = checker.text().dump();
  for (const char* name : {"pathology-pool", "ordering-provider", "biopsy", "critical-high", "organization-policy",
                           "release_with_outreach", "order.jurisdictions", "representative"}) {
    EXPECT_THAT(text, ::testing::HasSubstr("\"" + std::string(name) + "\"")) << name;
  }
  for (const std::string& check : CheckNames()) EXPECT_THAT(text, ::testing::HasSubstr("\"" + check + "\""));
  const json rule = {{"id", "a"}, {"title", "t"}, {"match", {{"section", "PATHOLOGY"}}}, {"then", {{"release", "now"}}}};
  EXPECT_EQ(checker.Wrong({{"rules", {rule}}}), "") << "enumerations are read in any case";
}

// Every key is explained, and so is every fact that a test's report or a condition may have.
TEST(Schema, ExplainsEveryKey) {
  const Checker checker({});
  const std::function<void(const json&, const std::string&)> walk = [&](const json& node, const std::string& at) {
    if (node.is_object() && node.contains("properties") && node.contains("additionalProperties")) {
      for (const auto& [name, property] : node["properties"].items()) {
        EXPECT_TRUE(property.contains("description")) << at << "/" << name;
      }
    }
    if (!node.is_structured()) return;
    for (const auto& [name, child] : node.items()) walk(child, at + "/" + name);
  };
  walk(checker.text(), "");
  const std::string help =
      checker.text()["definitions"]["rules"]["properties"]["rules"]["items"]["properties"]["when"]["markdownDescription"];
  EXPECT_THAT(help, ::testing::AllOf(::testing::HasSubstr("`patient.birth_date` (may be unknown)"),
                                     ::testing::HasSubstr("`observation.interpretation` (may be unknown)"),
                                     ::testing::HasSubstr("`age(patient)`")));
}

TEST(Schema, IsTheSameEveryTime) {
  EXPECT_EQ(JsonSchema({}), JsonSchema({}));
}

}  // namespace
}  // namespace resultgate::policy

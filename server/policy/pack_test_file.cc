#include "server/policy/pack_test_file.h"

#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/proto_time.h"
#include "server/nextstep/next_step.h"
#include "server/policy/names.h"
#include "server/policy/outcomes.h"
#include "server/policy/yaml_message.h"

namespace resultgate::policy {
namespace {

using base::FileIssues;
using yaml::Document;
using yaml::MapReader;
using yaml::Node;

class TestReader {
 public:
  TestReader(const Document& document, FileIssues* issues) : document_(document), issues_(issues) {}

  std::optional<PackTest> Read(const Node& node) {
    const size_t issues_before = issues_->size();
    MapReader map(document_, node, "a test", issues_);
    PackTest test;
    test.place = node.place;
    test.name = map.RequiredText("name");
    map.Required("now");
    const std::optional<absl::Time> now = ReadTime(&map, "now");
    const std::optional<absl::Time> received = ReadTime(&map, "received");
    if (const Node* report = map.Required("report"); report != nullptr) FillFromYaml(document_, *report, &test.report, issues_);
    for (const std::string& word : map.OptionalTexts("acted")) {
      const auto lifter = ReadEnum<v1::Lifter>(map, "acted", word, v1::Lifter_descriptor(), "is nobody who may lift a hold");
      if (lifter) test.acted.push_back(*lifter);
    }
    test.quarantine = map.OptionalText("quarantine");
    if (const Node* earlier = map.Optional("earlier_version"); earlier != nullptr) test.earlier = ReadEarlier(*earlier);
    if (const Node* others = map.Optional("same_order"); others != nullptr) {
      if (!others->IsList()) document_.Error(others->place, "`same_order` must be a list of reports", "", issues_);
      for (const Node& other : others->items) test.same_order.push_back(ReadOrderReport(other));
    }
    const Node* expect = map.Required("expect");
    map.RefuseUnknownKeys();
    if (expect != nullptr && !expect->IsList()) document_.Error(expect->place, "`expect` must be a list", "", issues_);
    if (expect != nullptr) {
      for (const Node& item : expect->items) test.expectations.push_back(ReadExpectation(item));
    }
    if (issues_->size() != issues_before || !now) return std::nullopt;
    test.now = *now;
    test.received = received.value_or(*now);
    return test;
  }

 private:
  std::optional<absl::Time> ReadTime(MapReader* map, absl::string_view key) {
    const std::string text = map->OptionalText(key);
    if (text.empty()) return std::nullopt;
    absl::Time time;
    if (base::ParseRfc3339(text, &time)) return time;
    document_.Error(map->node().Find(key)->place, absl::StrCat("`", text, "` is no time"),
                    "write it as `2026-03-06T15:00:00-05:00`", issues_);
    return std::nullopt;
  }

  template <typename Enum>
  std::optional<Enum> ReadEnum(const MapReader& map, absl::string_view key, const std::string& word,
                               const google::protobuf::EnumDescriptor* type, absl::string_view what_is_wrong) {
    if (word.empty()) return std::nullopt;
    if (const std::optional<int> number = EnumNumber(type, word)) return static_cast<Enum>(*number);
    document_.Error(map.node().Find(key)->place, absl::StrCat("`", word, "` ", what_is_wrong),
                    base::Suggest(word, EnumWords(type)), issues_);
    return std::nullopt;
  }

  // Absent, which is not compared, is not an empty list, which is.
  static std::optional<std::set<std::string>> ReadSet(MapReader* map, absl::string_view key) {
    if (map->Optional(key) == nullptr) return std::nullopt;
    const std::vector<std::string> words = map->OptionalTexts(key);
    return std::set<std::string>(words.begin(), words.end());
  }

  std::optional<EarlierVersion> ReadEarlier(const Node& node) {
    MapReader map(document_, node, "an earlier version", issues_);
    EarlierVersion earlier;
    map.Required("now");
    const std::optional<absl::Time> now = ReadTime(&map, "now");
    const std::optional<absl::Time> received = ReadTime(&map, "received");
    if (const Node* report = map.Required("report"); report != nullptr) {
      FillFromYaml(document_, *report, &earlier.report, issues_);
    }
    map.RefuseUnknownKeys();
    if (!now) return std::nullopt;
    earlier.now = *now;
    earlier.received = received.value_or(*now);
    return earlier;
  }

  OrderReport ReadOrderReport(const Node& node) {
    MapReader map(document_, node, "a report of the same order", issues_);
    OrderReport other;
    if (!map.valid()) return other;
    other.received = ReadTime(&map, "received");
    if (const Node* report = map.Required("report"); report != nullptr) FillFromYaml(document_, *report, &other.report, issues_);
    map.RefuseUnknownKeys();
    return other;
  }

  Expectation ReadExpectation(const Node& node) {
    MapReader map(document_, node, "an expectation", issues_);
    Expectation expected;
    expected.place = node.place;
    if (!map.valid()) return expected;
    map.Required("units");
    expected.units = map.OptionalTexts("units");
    for (const std::string& word : map.OptionalTexts("audiences")) {
      const auto audience = ReadEnum<v1::Audience>(map, "audiences", word, v1::Audience_descriptor(), "is no audience");
      if (audience) expected.audiences.push_back(*audience);
    }
    if (expected.audiences.empty()) expected.audiences.assign(std::begin(kAudiences), std::end(kAudiences));
    expected.decision =
        ReadEnum<v1::Disposition>(map, "decision", map.RequiredText("decision"), v1::Disposition_descriptor(), "is no decision")
            .value_or(v1::DISPOSITION_UNSPECIFIED);
    map.Required("rules");
    expected.rules = ReadSet(&map, "rules").value_or(std::set<std::string>());
    expected.unknown_facts = ReadSet(&map, "unknown_facts");
    expected.owner = map.OptionalText("owner");
    expected.on_expiry = ReadEnum<v1::OnExpiry>(map, "on_expiry", map.OptionalText("on_expiry"), v1::OnExpiry_descriptor(),
                                                "is no end of a review");
    if (const Node* step = map.Optional("next_step"); step != nullptr) {
      expected.next_step = step->text;
      if (!step->IsScalar() || (step->text != kTemplateStep && !nextstep::Parse(step->text))) {
        document_.Error(step->place, absl::StrCat("`", step->text, "` is no next step"),
                        absl::StrCat("one of ", nextstep::kForms, "; `", kTemplateStep, "` where no rule says it"), issues_);
      }
    }
    expected.not_before = ReadTime(&map, "not_before");
    expected.not_after = ReadTime(&map, "not_after");
    expected.expires = ReadTime(&map, "expires");
    expected.withheld_until = ReadTime(&map, "withheld_until");
    if (const Node* reasons = map.Optional("reasons"); reasons != nullptr) {
      if (!reasons->IsList()) document_.Error(reasons->place, "`reasons` must be a list", "", issues_);
      for (const Node& item : reasons->items) expected.reasons.push_back(ReadReason(item));
    }
    map.RefuseUnknownKeys();
    return expected;
  }

  ExpectedReason ReadReason(const Node& node) {
    MapReader map(document_, node, "a reason", issues_);
    ExpectedReason reason;
    if (!map.valid()) return reason;
    reason.rule = map.RequiredText("rule");
    reason.effect = ReadEnum<v1::RuleEffect>(map, "effect", map.OptionalText("effect"), v1::RuleEffect_descriptor(),
                                             "is nothing that a rule does");
    reason.unknown_facts = ReadSet(&map, "unknown_facts");
    reason.basis =
        ReadEnum<v1::BasisType>(map, "basis", map.OptionalText("basis"), v1::BasisType_descriptor(), "is no kind of basis");
    if (map.Optional("lifted") != nullptr) reason.lifted = map.OptionalBool("lifted", false);
    map.RefuseUnknownKeys();
    return reason;
  }

  const Document& document_;
  FileIssues* const issues_;
};

}  // namespace

std::vector<PackTest> ReadPackTests(const Document& document, FileIssues* issues) {
  std::vector<PackTest> read;
  MapReader map(document, document.root, "a test file", issues);
  const Node* tests = map.Required("tests");
  map.RefuseUnknownKeys();
  if (tests == nullptr) return read;
  TestReader reader(document, issues);
  for (const Node& node : tests->items) {
    if (std::optional<PackTest> test = reader.Read(node)) read.push_back(*std::move(test));
  }
  return read;
}

}  // namespace resultgate::policy

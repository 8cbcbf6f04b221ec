// The environment that a pack gives its rules, over the real model, and values for it from text format.
#ifndef RESULTGATE_TESTS_EXPR_FIXTURE_H_
#define RESULTGATE_TESTS_EXPR_FIXTURE_H_

#include <google/protobuf/text_format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"
#include "resultgate/v1/decision.pb.h"
#include "resultgate/v1/model.pb.h"
#include "server/expr/expr.h"

namespace resultgate::expr {

class TestCodeSet : public CodeSet {
 public:
  using Codes = std::set<std::pair<std::string, std::string>>;

  explicit TestCodeSet(Codes codes) : codes_(std::move(codes)) {}
  bool Contains(absl::string_view system, absl::string_view code) const override {
    // Without making texts: evaluation is held to allocating nothing.
    return std::any_of(codes_.begin(), codes_.end(),
                       [&](const auto& entry) { return entry.first == system && entry.second == code; });
  }

 private:
  Codes codes_;
};

inline const std::map<std::string, TestCodeSet>& CodeSets() {
  static const auto* const kSets = new std::map<std::string, TestCodeSet>{
      {"malignant-neoplasm",
       TestCodeSet(TestCodeSet::Codes{{"http://hl7.org/fhir/sid/icd-10", "C50.9"}, {"http://snomed.info/sct", "254837009"}})},
      {"genetic-test", TestCodeSet(TestCodeSet::Codes{{"http://loinc.org", "21636-6"}, {"http://loinc.org", ""}})},
      {"potassium", TestCodeSet(TestCodeSet::Codes{{"http://loinc.org", "2823-3"}})},
  };
  return *kSets;
}

inline Environment TestEnvironment() {
  using Kind = Environment::Variable::Kind;
  Environment environment;
  environment.variables = {
      {"report", Kind::kMessage, v1::DiagnosticReport::descriptor(), nullptr},
      {"observation", Kind::kMessage, v1::Observation::descriptor(), nullptr},
      {"patient", Kind::kMessage, v1::Patient::descriptor(), nullptr},
      {"order", Kind::kMessage, v1::ServiceRequest::descriptor(), nullptr},
      {"audience", Kind::kEnum, nullptr, v1::Audience_descriptor()},
      {"now", Kind::kTimestamp, nullptr, nullptr},
  };
  environment.find_code_set = [](absl::string_view name) -> const CodeSet* {
    const auto found = CodeSets().find(std::string(name));
    return found == CodeSets().end() ? nullptr : &found->second;
  };
  for (const auto& [name, set] : CodeSets()) environment.code_set_names.push_back(name);
  return environment;
}

// A report with its parts, bound to the variables of TestEnvironment.
struct Case {
  v1::DiagnosticReport report;
  bool has_observation = true;                         // binds the report's first one
  absl::Time now = absl::FromUnixSeconds(1772831100);  // 2026-03-06T21:05:00Z
  absl::TimeZone zone = absl::UTCTimeZone();

  explicit Case(const std::string& text) {
    if (!google::protobuf::TextFormat::ParseFromString(text, &report)) ADD_FAILURE() << "bad text format: " << text;
  }

  Activation activation() const {
    Activation activation;
    const bool bound = has_observation && report.observations_size() > 0;
    activation.bindings = {&report,         bound ? &report.observations(0) : nullptr, &report.patient(),
                           &report.order(), static_cast<int>(v1::AUDIENCE_PATIENT),    now};
    activation.now = now;
    activation.zone = zone;
    return activation;
  }
};

// A potassium with its flag, a biopsy's conclusion, an order; much is left out on purpose.
inline constexpr char kReport[] = R"pb(
  sender: "LAB|NORTH"
  status: RESULT_STATUS_FINAL
  section: SECTION_LABORATORY
  code { codings { system: "http://loinc.org" code: "24323-8" display: "Panel" } }
  patient {
    identifiers { system: "urn:mrn" value: "1" }
    birth_date: "2008-03-07"
    known_conditions {
      values {
        codings { system: "http://hl7.org/fhir/sid/icd-10" code: "C50.9" }
        codings { system: "" code: "" }
      }
    }
    deceased: false
  }
  order {
    code { text: "panel" }
    jurisdictions { values: "US-KY" values: "US-CA" }
  }
  issued { seconds: 1772571600 }  # 2026-03-03T21:00:00Z
  observations {
    id: "2823-3"
    code { codings { system: "http://loinc.org" code: "2823-3" } }
    status: RESULT_STATUS_FINAL
    quantity { value: "6.10" unit: "mmol/L" }
    interpretation: INTERPRETATION_HIGH
    notes: "héllo"
  }
  observations { id: "600-7" status: RESULT_STATUS_PRELIMINARY text: "pending" }
  conclusion_codes {
    codings { system: "urn:local" code: "x" }
    codings { system: "http://snomed.info/sct" code: "254837009" }
  }
  conclusion_codes { text: "no codings" }
  conclusion: "malignant"
)pb";

// `true`, `false`, `unknown: patient.birth_date, …`, `error: …`, all mistakes of the text, or `nothing`.
inline std::string Outcome(const std::string& text, const Case& values, const Limits& limits = {}) {
  Environment environment = TestEnvironment();
  environment.limits = limits;
  base::FileIssues issues;
  const auto program = Program::Compile(environment, {text, "rules.yaml"}, &issues);
  if (program == nullptr) return absl::StrCat("does not compile: ", base::Format(issues));
  EXPECT_TRUE(issues.empty());
  const Evaluation evaluation = program->Evaluate(values.activation());
  if (evaluation.truth == Truth::kTrue) return "true";
  if (evaluation.truth == Truth::kFalse) return "false";
  if (!evaluation.error.empty()) return absl::StrCat("error: ", evaluation.error);
  return evaluation.unknown_facts.empty() ? "nothing" : absl::StrCat("unknown: ", absl::StrJoin(evaluation.unknown_facts, ", "));
}

}  // namespace resultgate::expr

#endif  // RESULTGATE_TESTS_EXPR_FIXTURE_H_

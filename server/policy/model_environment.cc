#include "server/policy/model_environment.h"

#include <map>

namespace resultgate::policy {
namespace {

using Variable = expr::Environment::Variable;

class ValueSetCodes final : public expr::CodeSet {
 public:
  explicit ValueSetCodes(const valueset::ValueSet* set) : set_(set) {}
  bool Contains(absl::string_view system, absl::string_view code) const override { return set_->Contains(system, code); }

 private:
  const valueset::ValueSet* const set_;
};

}  // namespace

ModelEnvironment::ModelEnvironment(std::shared_ptr<const valueset::Registry> value_sets) : value_sets_(std::move(value_sets)) {
  environment_.variables = {
      {"report", Variable::Kind::kMessage, v1::DiagnosticReport::descriptor(), nullptr},
      {"observation", Variable::Kind::kMessage, v1::Observation::descriptor(), nullptr},
      {"patient", Variable::Kind::kMessage, v1::Patient::descriptor(), nullptr},
      {"order", Variable::Kind::kMessage, v1::ServiceRequest::descriptor(), nullptr},
      {"audience", Variable::Kind::kEnum, nullptr, v1::Audience_descriptor()},
      {"now", Variable::Kind::kTimestamp, nullptr, nullptr},
  };
  environment_.code_set_names = value_sets_->Names();
  std::map<std::string, const expr::CodeSet*> by_name;
  for (const std::string& name : environment_.code_set_names) {
    code_sets_.push_back(std::make_unique<ValueSetCodes>(value_sets_->Find(name)));
    by_name[name] = code_sets_.back().get();
  }
  environment_.find_code_set = [by_name = std::move(by_name)](absl::string_view name) -> const expr::CodeSet* {
    const auto found = by_name.find(std::string(name));
    return found == by_name.end() ? nullptr : found->second;
  };
}

ModelEnvironment::~ModelEnvironment() = default;

expr::Activation ModelEnvironment::Activate(const v1::DiagnosticReport& report, const v1::Observation* observation,
                                            v1::Audience audience, absl::Time now, const absl::TimeZone& zone) {
  expr::Activation activation;
  Activate(report, observation, audience, now, zone, &activation);
  return activation;
}

void ModelEnvironment::Activate(const v1::DiagnosticReport& report, const v1::Observation* observation, v1::Audience audience,
                                absl::Time now, const absl::TimeZone& zone, expr::Activation* activation) {
  auto& bindings = activation->bindings;
  bindings.resize(kNow + 1);
  bindings[kReport].Rebind(&report);
  bindings[kObservation].Rebind(observation);
  bindings[kPatient].Rebind(&report.patient());
  bindings[kOrder].Rebind(&report.order());
  bindings[kAudience] = static_cast<int>(audience);
  bindings[kNow] = now;
  activation->now = now;
  activation->zone = zone;
}

}  // namespace resultgate::policy

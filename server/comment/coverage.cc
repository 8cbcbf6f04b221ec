#include "server/comment/coverage.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "server/comment/choose.h"
#include "server/comment/template.h"
#include "server/comment/variant.h"
#include "server/comment/verdict.h"

namespace resultgate::comment {
namespace {

const v1::Coding* ValidLoinc(const v1::CodeableConcept& code) {
  static const auto* const loinc = new std::string(valueset::SystemUri("loinc"));
  const auto found = std::find_if(code.codings().begin(), code.codings().end(), [](const v1::Coding& coding) {
    return coding.system() == *loinc && valueset::HasValidLoincCheckDigit(coding.code());
  });
  return found == code.codings().end() ? nullptr : &*found;
}

bool IsGeneric(const std::string& template_id) {
  return std::any_of(kVariants.begin(), kVariants.end(), [&](const VariantInfo& info) { return template_id == info.generic; });
}

bool IsOfPart(const v1::Comment& comment, const std::string& unit_id) {
  return std::any_of(comment.parts().begin(), comment.parts().end(), [&](const v1::CommentPart& part) {
    return std::find(part.unit_ids().begin(), part.unit_ids().end(), unit_id) != part.unit_ids().end();
  });
}

// The report with this observation alone.
v1::DiagnosticReport Alone(const v1::Observation& observation, v1::Section section) {
  v1::DiagnosticReport report;
  report.set_section(section);
  *report.add_observations() = observation;
  return report;
}

bool KnowsOneOf(const Templates& templates, const valueset::ValueSet& set) {
  std::vector<CodeIndex::Hit> hits;
  return std::any_of(set.entries().begin(), set.entries().end(), [&](const valueset::ValueSet::Entry& entry) {
    v1::CodeableConcept code;
    v1::Coding* const coding = code.add_codings();
    coding->set_system(entry.system);
    coding->set_code(entry.code);
    templates.codes.Find(code, &hits);
    return !hits.empty();
  });
}

}  // namespace

Coverage::Coverage(const Library& library, const valueset::Registry& value_sets, absl::TimeZone zone)
    : library_(library), value_sets_(value_sets), zone_(zone) {
  for (const std::string& name : value_sets.Names()) {
    const valueset::ValueSet& set = *value_sets.Find(name);
    if (KnowsOneOf(library.templates(), set)) served_sets_.Add(set.number());
  }
}

void Coverage::Add(const v1::DiagnosticReport& report) {
  Request request;
  request.report = &report;
  request.zone = zone_;
  const v1::Comment comment = library_.Render(request);
  const bool specific = !IsGeneric(comment.template_id());
  ++reports_;
  specific_reports_ += specific ? 1 : 0;
  Use& use = uses_[absl::StrCat(comment.template_id(), "/", comment.variant(), "/", comment.language())];
  use = {comment.template_id(), comment.variant(), comment.language(), specific, use.reports + 1};

  const bool report_known = !Choose(library_.templates(), report).candidates.empty();
  for (const v1::Observation& observation : report.observations()) {
    const v1::Coding* code = ValidLoinc(observation.code());
    const bool laboratory = report.section() != v1::SECTION_IMAGING && report.section() != v1::SECTION_PATHOLOGY &&
                            report.section() != v1::SECTION_CYTOLOGY && report.section() != v1::SECTION_GENETICS;
    if (code == nullptr || !IsFinal(observation.status()) || !laboratory) continue;
    ++observations_;
    const int commented = specific || IsOfPart(comment, observation.id()) ? 1 : 0;
    commented_observations_ += commented;
    bool served = false;
    value_sets_.SetsThatHold(observation.code()).ForEach([&](size_t number) { served = served || served_sets_.Has(number); });
    served_observations_ += served ? 1 : 0;
    served_commented_observations_ += served ? commented : 0;
    if (report_known || !Choose(library_.templates(), Alone(observation, report.section())).candidates.empty()) {
      ++covered_observations_;
      continue;
    }
    Missing& missing = missing_[absl::StrCat(code->system(), "|", code->code())];
    missing = {code->system(), code->code(), code->display().empty() ? observation.code().text() : code->display(),
               missing.observations + 1};
  }
}

std::vector<Coverage::Use> Coverage::Uses() const {
  std::vector<Use> uses;
  for (const auto& [key, use] : uses_) uses.push_back(use);
  std::stable_sort(uses.begin(), uses.end(), [](const Use& a, const Use& b) { return a.reports > b.reports; });
  return uses;
}

std::vector<Coverage::Missing> Coverage::WithoutTemplate() const {
  std::vector<Missing> missing;
  for (const auto& [key, one] : missing_) missing.push_back(one);
  std::stable_sort(missing.begin(), missing.end(),
                   [](const Missing& a, const Missing& b) { return a.observations > b.observations; });
  return missing;
}

}  // namespace resultgate::comment

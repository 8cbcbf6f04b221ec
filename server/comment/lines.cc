#include "server/comment/lines.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/text/plain.h"

namespace resultgate::comment {
namespace {

std::string WholeOrNothing(absl::string_view text) {
  text::Plain plain = text::PlainLine(text, kLongestValue);
  return plain.cut ? "" : std::move(plain.text);
}

absl::string_view FlagName(v1::Interpretation interpretation) {
  switch (interpretation) {
    case v1::INTERPRETATION_LOW:
      return "low";
    case v1::INTERPRETATION_HIGH:
      return "high";
    case v1::INTERPRETATION_CRITICAL_LOW:
      return "critical_low";
    case v1::INTERPRETATION_CRITICAL_HIGH:
      return "critical_high";
    case v1::INTERPRETATION_CRITICAL_ABNORMAL:
      return "critical";
    case v1::INTERPRETATION_DETECTED:
      return "detected";
    default:
      return "abnormal";
  }
}

bool HasRange(const v1::Observation& observation) {
  const v1::ReferenceRange& range = observation.reference_range();
  return !range.text().empty() || !range.low().empty() || !range.high().empty();
}

// A value that has a range is shown with it, or not at all.
absl::StatusOr<std::string> LineOf(const v1::Observation& observation, const Pattern& without_range, const Pattern& with_range,
                                   const SharedWords& words) {
  std::string name = NameOf(observation.code());
  name = name.empty() ? words.unnamed : Isolated(std::move(name), words);
  const std::string value = Isolated(ValueOf(observation), words);
  const std::string range = Isolated(RangeOf(observation), words);
  if (value.empty() || (range.empty() && HasRange(observation))) return name;
  return (range.empty() ? without_range : with_range)
      .Render({{"name", name}, {"value", value}, {"range", range}, {"flag", FlagName(observation.interpretation())}});
}

}  // namespace

std::string NameOf(const v1::CodeableConcept& codeable_concept) {
  std::string name = text::PlainLine(codeable_concept.text(), kLongestName).text;
  for (int i = 0; name.empty() && i < codeable_concept.codings_size(); ++i) {
    name = text::PlainLine(codeable_concept.codings(i).display(), kLongestName).text;
  }
  return name;
}

std::string ValueOf(const v1::Observation& observation) {
  if (observation.has_quantity()) {
    const v1::Quantity& quantity = observation.quantity();
    if (quantity.value().empty()) return "";
    return WholeOrNothing(
        absl::StrCat(quantity.comparator(), quantity.value(), quantity.unit().empty() ? "" : " ", quantity.unit()));
  }
  if (observation.has_text()) return WholeOrNothing(observation.text());
  if (!observation.has_codeable_concept()) return "";
  const v1::CodeableConcept& answer = observation.codeable_concept();
  if (!answer.text().empty() || answer.codings_size() == 0) return WholeOrNothing(answer.text());
  return WholeOrNothing(answer.codings(0).display());
}

std::string RangeOf(const v1::Observation& observation) {
  const v1::ReferenceRange& range = observation.reference_range();
  if (!range.text().empty()) return WholeOrNothing(range.text());
  // Both ends belong to the range (FHIR R4, Observation.referenceRange).
  if (range.high().empty()) return range.low().empty() ? "" : WholeOrNothing(absl::StrCat("≥ ", range.low()));
  if (range.low().empty()) return WholeOrNothing(absl::StrCat("≤ ", range.high()));
  return WholeOrNothing(absl::StrCat(range.low(), " - ", range.high()));
}

std::string Isolated(std::string text, const SharedWords& words) {
  return words.right_to_left && !text.empty() ? text::Isolate(text) : text;
}

absl::StatusOr<std::vector<std::string>> ListObservations(const v1::DiagnosticReport& report, const std::vector<int>& listed,
                                                          const SharedWords& words) {
  std::vector<std::string> lines;
  const size_t shown = listed.size() > kMostLines ? kMostLines : listed.size();
  for (size_t i = 0; i < shown; ++i) {
    RG_ASSIGN_OR_RETURN(std::string line, LineOf(report.observations(listed[i]), words.line, words.line_with_range, words));
    lines.push_back(std::move(line));
  }
  if (listed.size() > shown) {
    RG_ASSIGN_OR_RETURN(std::string more, words.more.Render({{"count", static_cast<int64_t>(listed.size() - shown)}}));
    lines.push_back(std::move(more));
  }
  return lines;
}

absl::StatusOr<std::vector<std::string>> ListEverything(const v1::DiagnosticReport& report, const std::vector<int>& marked,
                                                        const std::vector<bool>& hidden, const SharedWords& words) {
  std::vector<std::string> lines;
  for (int i = 0; i < report.observations_size(); ++i) {
    const v1::Observation& observation = report.observations(i);
    const bool gone =
        observation.status() == v1::RESULT_STATUS_CANCELLED || observation.status() == v1::RESULT_STATUS_ENTERED_IN_ERROR;
    if (gone || hidden[static_cast<size_t>(i)]) continue;
    const bool is_marked = std::find(marked.begin(), marked.end(), i) != marked.end();
    RG_ASSIGN_OR_RETURN(std::string line, LineOf(observation, is_marked ? words.line : words.letter_line,
                                                 is_marked ? words.line_with_range : words.letter_line_with_range, words));
    lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace resultgate::comment

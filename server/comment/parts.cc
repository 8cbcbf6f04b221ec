#include "server/comment/parts.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/nextstep/next_step.h"

namespace resultgate::comment {
namespace {

const Template& Of(const Whole& whole, const Part& part) {
  return whole.templates.templates[static_cast<size_t>(part.template_index)];
}

const Translation& WordsOf(const Whole& whole, const Part& part) {
  return Of(whole, part).translations[whole.language];
}

bool IsGeneric(const Whole& whole) {
  const int index = whole.templates.generic[static_cast<size_t>(whole.variant)];
  return &whole.made == &whole.templates.templates[static_cast<size_t>(index)];
}

bool IsMarked(const Whole& whole, int observation) {
  const std::vector<int>& findings = whole.verdict.findings;
  return std::find(findings.begin(), findings.end(), observation) != findings.end();
}

// By template, each with what it has something to say of.
std::vector<Part> ByTemplate(const Whole& whole) {
  const bool critical = IsCritical(whole.verdict.variant), generic = IsGeneric(whole);
  std::vector<Part> parts;
  parts.reserve(whole.verdict.findings.size());
  for (int i = 0; i < whole.report.observations_size(); ++i) {
    const auto at = static_cast<size_t>(i);
    const bool marked = IsMarked(whole, i) && (!critical || IsCritical(whole.verdict.grades[at]));
    if (!marked && (critical || !(generic || !whole.choice.judged[at]))) continue;
    const int own = whole.own[at];
    const v1::ResultStatus status = whole.report.observations(i).status();
    const bool gone = status == v1::RESULT_STATUS_CANCELLED || status == v1::RESULT_STATUS_ENTERED_IN_ERROR;
    if (own < 0 || gone || whole.choice.hidden[at]) continue;
    if (&whole.templates.templates[static_cast<size_t>(own)] == &whole.made) continue;
    auto part = std::find_if(parts.begin(), parts.end(), [own](const Part& p) { return p.template_index == own; });
    if (part == parts.end()) {
      part = parts.insert(parts.end(), Part());
      part->template_index = own;
    }
    part->observations.push_back(i);
    if (marked) part->findings.push_back(i);
  }
  return parts;
}

// The wording in which the part's template explains its observations.
std::optional<Variant> MeaningOf(const Whole& whole, const Part& part) {
  const Translation& translation = WordsOf(whole, part);
  if (!part.findings.empty()) return WrittenFor(translation, VariantOf(whole.verdict.grades, part.findings));
  // Has a goal of its own, whatever the rest is. What is not graded for another reason is explained by nobody.
  const bool unjudged = std::none_of(part.observations.begin(), part.observations.end(),
                                     [&](int i) { return whole.choice.judged[static_cast<size_t>(i)]; });
  const Wording& wording = translation.wordings[static_cast<size_t>(Variant::kNoVerdict)];
  const base::Place& of_meaning = wording.sections[static_cast<size_t>(Section::kMeaning)].place();
  const bool in_own_words = wording.written && of_meaning.file != whole.templates.languages[whole.language].file;
  return unjudged && in_own_words ? std::optional(Variant::kNoVerdict) : std::nullopt;
}

// What was tested is said alike in all wordings of a template.
Variant AnyWritten(const Translation& translation) {
  const auto at = std::find_if(translation.wordings.begin(), translation.wordings.end(),
                               [](const Wording& wording) { return wording.written; });
  return static_cast<Variant>(at == translation.wordings.end() ? 0 : at - translation.wordings.begin());
}

// Those of the report's wording become the part's.
void SetArguments(const Part& part, const Translation& translation, std::vector<text::Message::NamedValue>* arguments) {
  for (text::Message::NamedValue& argument : *arguments) {
    if (argument.name == "test" && !translation.title.empty()) argument.value = absl::string_view(translation.title);
    if (argument.name == "count") argument.value = static_cast<int64_t>(part.findings.size());
    if (argument.name == "total") argument.value = static_cast<int64_t>(part.observations.size());
  }
}

// Of a part that explains something.
const v1::NextStep& StepOfPart(const Whole& whole, const Part& part) {
  return Of(whole, part).next_steps[static_cast<size_t>(*part.meaning)];
}

bool IsFirst(const Whole& whole, const Part& a, const Part& b) {
  if (a.meaning.has_value() != b.meaning.has_value()) return a.meaning.has_value();
  return a.meaning && nextstep::IsMoreUrgent(StepOfPart(whole, a), StepOfPart(whole, b));
}

// The words beside which they stand are a generic template's, and nothing is left to these.
bool ExplainEveryFinding(const Whole& whole, const std::vector<Part>& parts) {
  size_t explained = 0;
  for (const Part& part : parts) explained += part.meaning ? part.findings.size() : 0;
  return IsGeneric(whole) && !IsCritical(whole.verdict.variant) && explained > 0 && explained == whole.verdict.findings.size();
}

v1::NextStep MostUrgent(const Whole& whole, const std::vector<Part>& parts) {
  const v1::NextStep* most_urgent = nullptr;
  for (const Part& part : parts) {
    if (!part.meaning) continue;
    const v1::NextStep& step = StepOfPart(whole, part);
    if (most_urgent == nullptr || nextstep::IsMoreUrgent(step, *most_urgent)) most_urgent = &step;
  }
  return *most_urgent;
}

}  // namespace

std::vector<Part> PartsOf(const Whole& whole) {
  const bool generic = IsGeneric(whole);
  std::vector<Part> parts = ByTemplate(whole);
  const auto end = std::remove_if(parts.begin(), parts.end(), [&](Part& part) {
    part.meaning = MeaningOf(whole, part);
    return !generic && !part.meaning;
  });
  parts.erase(end, parts.end());
  if (parts.size() > kMostParts) {
    std::stable_sort(parts.begin(), parts.end(), [&](const Part& a, const Part& b) { return IsFirst(whole, a, b); });
    parts.resize(kMostParts);
    std::sort(parts.begin(), parts.end(),
              [](const Part& a, const Part& b) { return a.observations.front() < b.observations.front(); });
  }
  return parts;
}

v1::NextStep StepOf(const Whole& whole, const std::vector<Part>& parts) {
  v1::NextStep step = whole.made.next_steps[static_cast<size_t>(whole.variant)];
  if (!SpeaksOfResults(whole.variant) && !IsCritical(whole.variant)) return step;
  const bool generic = IsGeneric(whole);
  if (ExplainEveryFinding(whole, parts)) step = MostUrgent(whole, parts);
  for (int i = 0; i < whole.report.observations_size(); ++i) {
    const auto at = static_cast<size_t>(i);
    std::optional<Variant> alone = VariantAlone(whole.report.observations(i), whole.verdict.grades[at], whole.choice.judged[at]);
    const int own = whole.choice.own[at];
    // What only a panel knows, its template speaks for.
    if (!alone || (own < 0 && !generic)) continue;
    const int index = own < 0 ? whole.templates.generic[static_cast<size_t>(*alone)] : own;
    const Template& made = whole.templates.templates[static_cast<size_t>(index)];
    while (alone && !made.has_variant[static_cast<size_t>(*alone)]) alone = Info(*alone).instead;
    if (!alone) continue;
    const v1::NextStep& asked = made.next_steps[static_cast<size_t>(*alone)];
    if (nextstep::IsMoreUrgent(asked, step)) step = asked;
  }
  return step;
}

absl::Status AddParts(const Whole& whole, const std::vector<Part>& parts, bool in_hospital,
                      std::vector<text::Message::NamedValue>* arguments,
                      google::protobuf::RepeatedPtrField<v1::CommentSection>* sections) {
  const bool generic = IsGeneric(whole);
  for (const Part& part : parts) {
    const Translation& translation = WordsOf(whole, part);
    const auto& texts = translation.wordings[static_cast<size_t>(part.meaning.value_or(AnyWritten(translation)))].sections;
    const auto add = [&](Section section, v1::CommentSection::Kind kind) -> absl::Status {
      const Pattern& pattern = texts[static_cast<size_t>(section)];
      const auto at = std::find_if(sections->begin(), sections->end(), [kind](const auto& s) { return s.kind() == kind; });
      if (pattern.empty() || at == sections->end()) return absl::OkStatus();
      if (!pattern.message()->arguments().empty()) SetArguments(part, translation, arguments);
      RG_ASSIGN_OR_RETURN(std::string text, pattern.Render(*arguments));
      for (size_t line = text.find('\n'); line != std::string::npos; line = text.find('\n', line)) text[line] = ' ';
      at->add_items(translation.title.empty() ? std::move(text) : absl::StrCat(translation.title, ": ", text));
      return absl::OkStatus();
    };
    if (generic) RG_RETURN_IF_ERROR(add(Section::kTested, v1::CommentSection::KIND_TESTED));
    if (!part.meaning) continue;
    RG_RETURN_IF_ERROR(add(Section::kMeaning, v1::CommentSection::KIND_MEANING));
    if (!in_hospital) RG_RETURN_IF_ERROR(add(Section::kUrgent, v1::CommentSection::KIND_TO_DO));
  }
  return absl::OkStatus();
}

void RecordParts(const Whole& whole, const std::vector<Part>& parts, v1::Comment* comment) {
  for (const Part& part : parts) {
    v1::CommentPart* said = comment->add_parts();
    said->set_template_id(Of(whole, part).id);
    said->set_template_digest(Of(whole, part).digest);
    if (part.meaning) said->set_variant(Name(*part.meaning));
    for (const int i : part.observations) said->add_unit_ids(whole.report.observations(i).id());
  }
}

std::optional<Variant> WrittenFor(const Translation& translation, Variant variant) {
  std::optional<Variant> written = variant;
  while (written && !translation.wordings[static_cast<size_t>(*written)].written) written = Info(*written).instead;
  return written;
}

}  // namespace resultgate::comment

#include "server/comment/parts.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "server/base/status_macros.h"
#include "server/nextstep/next_step.h"

namespace resultgate::comment {
namespace {

bool IsFinding(Variant variant) {
  return variant == Variant::kLow || variant == Variant::kHigh || variant == Variant::kDetected ||
         variant == Variant::kAbnormal || IsCritical(variant);
}

// What the part's own verdict lets its template explain.
std::optional<Variant> MeaningOf(const Verdict& own, const std::vector<bool>& judged, const std::vector<int>& observations,
                                 const Verdict& whole) {
  if (IsFinding(own.variant)) return IsFinding(whole.variant) ? std::optional(own.variant) : std::nullopt;
  // Has a goal of its own, whatever the rest is. What is not graded for another reason is explained by nobody.
  const bool unjudged =
      std::none_of(observations.begin(), observations.end(), [&](int i) { return judged[static_cast<size_t>(i)]; });
  return own.variant == Variant::kNoVerdict && unjudged ? std::optional(own.variant) : std::nullopt;
}

const Template& Of(const Templates& templates, const Part& part) {
  return templates.templates[static_cast<size_t>(part.template_index)];
}

// What was tested is said alike in all wordings of a template.
Variant AnyWritten(const Translation& translation) {
  const auto at = std::find_if(translation.wordings.begin(), translation.wordings.end(),
                               [](const Wording& wording) { return wording.written; });
  return static_cast<Variant>(at == translation.wordings.end() ? 0 : at - translation.wordings.begin());
}

}  // namespace

std::vector<Part> PartsOf(const Templates& templates, const v1::DiagnosticReport& report, const Choice& choice,
                          const Verdict& whole) {
  std::vector<Part> parts;
  for (int i = 0; i < report.observations_size(); ++i) {
    const int own = choice.own[static_cast<size_t>(i)];
    const v1::ResultStatus status = report.observations(i).status();
    const bool gone = status == v1::RESULT_STATUS_CANCELLED || status == v1::RESULT_STATUS_ENTERED_IN_ERROR;
    if (own < 0 || gone || templates.templates[static_cast<size_t>(own)].hides_names) continue;
    auto at = std::find_if(parts.begin(), parts.end(), [own](const Part& part) { return part.template_index == own; });
    if (at == parts.end()) {
      at = parts.insert(parts.end(), Part());
      at->template_index = own;
    }
    at->observations.push_back(i);
  }
  const auto all = static_cast<size_t>(report.observations_size());
  if (parts.size() == 1 && parts.front().observations.size() == all) return {};
  for (Part& part : parts) {
    const Verdict own = JudgeSome(report, choice.judged, part.observations);
    part.findings = own.findings;
    part.meaning = MeaningOf(own, choice.judged, part.observations, whole);
  }
  if (parts.size() > kMostParts) {
    std::stable_partition(parts.begin(), parts.end(), [](const Part& part) { return part.meaning.has_value(); });
    parts.resize(kMostParts);
    std::sort(parts.begin(), parts.end(),
              [](const Part& a, const Part& b) { return a.observations.front() < b.observations.front(); });
  }
  return parts;
}

v1::NextStep StepOf(const Templates& templates, const Template& made, Variant variant, const std::vector<Part>& parts,
                    const Verdict& whole) {
  std::optional<v1::NextStep> most_urgent;
  size_t explained = 0;
  for (const Part& part : parts) {
    if (!part.meaning) continue;
    const v1::NextStep& step = Of(templates, part).next_steps[static_cast<size_t>(*part.meaning)];
    if (!most_urgent || nextstep::IsMoreUrgent(step, *most_urgent)) most_urgent = step;
    explained += part.findings.size();
  }
  const v1::NextStep& of_generic = made.next_steps[static_cast<size_t>(variant)];
  const bool all = !whole.findings.empty() && explained == whole.findings.size() && !IsCritical(variant);
  return most_urgent && (all || nextstep::IsMoreUrgent(*most_urgent, of_generic)) ? *most_urgent : of_generic;
}

absl::Status AddParts(const Templates& templates, const std::vector<Part>& parts, size_t language, bool in_hospital,
                      std::vector<text::Message::NamedValue> arguments,
                      google::protobuf::RepeatedPtrField<v1::CommentSection>* sections) {
  for (const Part& part : parts) {
    const Translation& translation = Of(templates, part).translations[language];
    for (text::Message::NamedValue& argument : arguments) {
      if (argument.name == "test" && !translation.title.empty()) argument.value = absl::string_view(translation.title);
      if (argument.name == "count") argument.value = static_cast<int64_t>(part.findings.size());
      if (argument.name == "total") argument.value = static_cast<int64_t>(part.observations.size());
    }
    const auto& texts = translation.wordings[static_cast<size_t>(part.meaning.value_or(AnyWritten(translation)))].sections;
    const auto add = [&](Section section, v1::CommentSection::Kind kind) -> absl::Status {
      const Pattern& pattern = texts[static_cast<size_t>(section)];
      const auto at = std::find_if(sections->begin(), sections->end(), [kind](const auto& s) { return s.kind() == kind; });
      if (pattern.empty() || at == sections->end()) return absl::OkStatus();
      RG_ASSIGN_OR_RETURN(const std::string text, pattern.Render(arguments));
      const std::string line = absl::StrReplaceAll(text, {{"\n", " "}});
      at->add_items(translation.title.empty() ? line : absl::StrCat(translation.title, ": ", line));
      return absl::OkStatus();
    };
    RG_RETURN_IF_ERROR(add(Section::kTested, v1::CommentSection::KIND_TESTED));
    if (!part.meaning) continue;
    RG_RETURN_IF_ERROR(add(Section::kMeaning, v1::CommentSection::KIND_MEANING));
    if (!in_hospital) RG_RETURN_IF_ERROR(add(Section::kUrgent, v1::CommentSection::KIND_TO_DO));
  }
  return absl::OkStatus();
}

void RecordParts(const Templates& templates, const v1::DiagnosticReport& report, const std::vector<Part>& parts,
                 v1::Comment* comment) {
  for (const Part& part : parts) {
    v1::CommentPart* said = comment->add_parts();
    said->set_template_id(Of(templates, part).id);
    said->set_template_digest(Of(templates, part).digest);
    if (part.meaning) said->set_variant(Name(*part.meaning));
    for (const int i : part.observations) said->add_unit_ids(report.observations(i).id());
  }
}

std::optional<Variant> WrittenFor(const Translation& translation, Variant variant) {
  std::optional<Variant> written = variant;
  while (written && !translation.wordings[static_cast<size_t>(*written)].written) written = Info(*written).instead;
  return written;
}

}  // namespace resultgate::comment

#include "server/comment/preview.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "server/comment/check.h"
#include "server/comment/format.h"
#include "server/comment/template.h"
#include "server/comment/variant.h"
#include "server/nextstep/next_step.h"

namespace resultgate::comment {
namespace {

constexpr char kPageStyle[] =
    "body{font:16px/1.5 sans-serif;max-width:72em;margin:0 auto;padding:1em;color:#222;background:#f4f4f4}"
    "article{background:#fff;border:1px solid #ccc;border-radius:8px;padding:0 1.2em 1em;margin:.5em 0;break-inside:avoid}"
    ".row{display:grid;grid-template-columns:repeat(auto-fit,minmax(20em,1fr));gap:1em}h2{break-after:avoid}h3{font-size:1.2em}"
    "h4{font-size:1em;margin:.8em 0 0}article p,article ul{margin:.1em 0}.inside{border-inline-start:4px solid "
    "#888;padding-inline-start:1em;margin:0}.number{white-space:nowrap}.note{color:#555;font-size:.85em;"
    "overflow-wrap:anywhere}nav a{margin-inline-end:1em}@media print{nav{display:none}.row{display:block}body{background:#fff}}";

struct Sample {
  v1::Interpretation interpretation;
  const char* value;
};

// A made-up value that leads to the variant.
Sample SampleOf(Variant variant) {
  switch (variant) {
    case Variant::kNormal:
      return {v1::INTERPRETATION_NORMAL, "50"};
    case Variant::kNotDetected:
      return {v1::INTERPRETATION_NOT_DETECTED, ""};
    case Variant::kLow:
      return {v1::INTERPRETATION_LOW, "5"};
    case Variant::kHigh:
      return {v1::INTERPRETATION_HIGH, "500"};
    case Variant::kDetected:
      return {v1::INTERPRETATION_DETECTED, ""};
    case Variant::kAbnormal:
      return {v1::INTERPRETATION_ABNORMAL, "500"};
    case Variant::kCriticalLow:
      return {v1::INTERPRETATION_CRITICAL_LOW, "1"};
    case Variant::kCriticalHigh:
      return {v1::INTERPRETATION_CRITICAL_HIGH, "900"};
    case Variant::kCritical:
      return {v1::INTERPRETATION_CRITICAL_ABNORMAL, "900"};
    default:
      return {v1::INTERPRETATION_OTHER, "50"};
  }
}

v1::DiagnosticReport MadeUpReport(Variant variant, const Template& made, const std::string& language) {
  v1::DiagnosticReport report;
  report.set_status(v1::RESULT_STATUS_FINAL);
  report.mutable_patient()->set_language(language);
  v1::Observation* observation = report.add_observations();
  observation->set_id("sample");
  observation->set_status(variant == Variant::kPreliminary ? v1::RESULT_STATUS_PRELIMINARY : v1::RESULT_STATUS_FINAL);
  observation->mutable_code()->set_text(made.title);
  report.mutable_code()->set_text(made.title);
  const Sample sample = SampleOf(variant);
  observation->set_interpretation(sample.interpretation);
  if (*sample.value == '\0') {
    observation->set_text(sample.interpretation == v1::INTERPRETATION_DETECTED ? "Detected" : "Not found");
  } else {
    observation->mutable_quantity()->set_value(sample.value);
    observation->mutable_quantity()->set_unit("mg/dL");
    observation->mutable_reference_range()->set_text("10 - 100");
  }
  if (variant == Variant::kMayNeedRepeating) observation->add_notes("hemolyzed");
  return report;
}

const char* Count(const std::string& text, const char* none, const char* some) {
  return text.empty() ? none : some;
}

}  // namespace

std::vector<Preview> Previews(const Library& library, absl::string_view id) {
  std::vector<Preview> previews;
  const Templates& templates = library.templates();
  for (const Library::Wording& wording : library.Wordings()) {
    if (!id.empty() && id != wording.template_id) continue;
    const int index = templates.by_id.at(wording.template_id);
    const Variant variant = *VariantNamed(wording.variant);
    v1::DiagnosticReport report = MadeUpReport(variant, templates.templates[static_cast<size_t>(index)], wording.language);
    Request request;
    request.report = &report;
    request.zone = absl::UTCTimeZone();
    request.not_yet_reviewed = variant == Variant::kNotYetReviewed;
    if (variant == Variant::kCorrected) request.occasion = Occasion::kCorrected;
    if (variant == Variant::kBeingCorrected) request.occasion = Occasion::kBeingCorrected;
    if (variant == Variant::kCancelled) request.occasion = Occasion::kCancelled;
    if (IsInProcess(variant)) request.occasion = Occasion::kInProcess;
    if (variant == Variant::kInProcess) request.expected_by = absl::CivilDay(2026, 3, 12);
    // A sentence before another wording is seen before the generic one; every other wording is its template's.
    const auto render = [&] {
      return IsPrefix(variant) ? library.Render(request) : library.RenderAs(request, wording.template_id);
    };
    Preview preview{wording.template_id, wording.variant, render(), {}, {}};
    report.mutable_order()->set_encounter_class(v1::ENCOUNTER_CLASS_INPATIENT);
    if (v1::Comment inside = render(); inside.text() != preview.comment.text()) preview.in_hospital = std::move(inside);
    report.clear_order();
    preview.report = std::move(report);
    previews.push_back(std::move(preview));
  }
  return previews;
}

std::string ToDoInHospital(const Preview& preview) {
  for (const v1::CommentSection& section : preview.in_hospital.sections()) {
    if (section.kind() == v1::CommentSection::KIND_TO_DO) return section.text();
  }
  return "";
}

std::string PreviewPage(const Library& library, const std::vector<Preview>& previews) {
  const Templates& templates = library.templates();
  std::string links, body, at, row;
  for (const Preview& preview : previews) {
    const auto words = std::find_if(templates.languages.begin(), templates.languages.end(),
                                    [&](const SharedWords& candidate) { return candidate.tag == preview.comment.language(); });
    if (words == templates.languages.end()) continue;
    const std::string id = EscapeHtml(absl::StrCat(preview.template_id, "-", preview.variant));
    if (preview.template_id != at) {
      at = preview.template_id;
      absl::StrAppend(&links, "<a href=\"#", id, "\">", EscapeHtml(at), "</a>\n");
    }
    if (id != row) {
      absl::StrAppend(&body, row.empty() ? "" : "</div>\n", "<h2 id=\"", id, "\">", EscapeHtml(preview.template_id), " / ",
                      EscapeHtml(preview.variant), "</h2>\n<div class=\"row\">\n");
      row = id;
    }
    const ReadingLevel level = ReadingLevelOf(preview.comment.text(), words->tag);
    const Template& made = templates.templates[static_cast<size_t>(templates.by_id.at(preview.template_id))];
    const Translation& read = made.translations[static_cast<size_t>(words - templates.languages.begin())];
    absl::StrAppend(&body, "<div>\n<p class=\"note\">", EscapeHtml(words->tag), ", ",
                    EscapeHtml(nextstep::ToString(preview.comment.next_step())), Count(level.measures, "", "; whole text: "),
                    EscapeHtml(level.measures), read.signed_off ? "; signed off as " : "; to sign: ", EscapeHtml(read.digest),
                    "</p>\n", HtmlFragment(preview.comment, *words, 3));
    if (const std::string inside = ToDoInHospital(preview); !inside.empty()) {
      absl::StrAppend(&body, "<p class=\"note\">In hospital (", EscapeHtml(nextstep::ToString(preview.in_hospital.next_step())),
                      "):</p>\n<p class=\"inside\" lang=\"", EscapeHtml(words->tag), "\" dir=\"",
                      words->right_to_left ? "rtl" : "ltr", "\">", EscapeHtml(inside), "</p>\n");
    }
    body += "</div>\n";
  }
  return absl::StrCat(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
      "content=\"width=device-width\">\n<title>Patient comments</title>\n<style>",
      kPageStyle, "</style>\n</head>\n<body>\n<h1>Patient comments</h1>\n<p class=\"note\">", EscapeHtml(library.digest()),
      ". Values and telephone numbers are made up.</p>\n<nav>\n", links, "</nav>\n", body, row.empty() ? "" : "</div>\n",
      "</body>\n</html>\n");
}

}  // namespace resultgate::comment

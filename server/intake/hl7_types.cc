#include "server/intake/hl7_types.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/intake/issues.h"
#include "server/intake/times.h"

namespace resultgate::intake {
namespace {

std::string Stripped(const Hl7Field& field) {
  return std::string(absl::StripAsciiWhitespace(field.Text()));
}

}  // namespace

void AddCwe(const Hl7Field& cwe, CodeUse use, absl::string_view place, v1::CodeableConcept* codeable_concept,
            v1::DiagnosticReport* report) {
  if (cwe.empty()) return;
  const std::vector<Hl7Field> components = cwe.Components();
  const auto component = [&](size_t number) { return number <= components.size() ? components[number - 1] : Hl7Field(); };
  std::string text = Stripped(component(9));
  // Words where a code belongs are text.
  const bool words = use == CodeUse::kValue && components.size() == 1 &&
                     absl::StripAsciiWhitespace(cwe.raw()).find(' ') != absl::string_view::npos;
  if (words) text = Stripped(component(1));
  for (const int first : {1, 4, 10}) {
    if (words) break;
    const std::string code = Stripped(component(first).Subcomponent(1));
    const std::string display = Stripped(component(first + 1));
    // Some senders write the name of the coding system where the name of the code belongs.
    const bool named = !display.empty() && !absl::EqualsIgnoreCase(display, "LOINC");
    if (named && text.empty()) text = display;
    if (code.empty()) continue;
    if (code.size() > kLongestCode) {
      Warn(place, "a code is longer than 256 bytes and was read as text; expected a code", report);
      absl::StrAppend(&text, text.empty() ? "" : " ", code);
      continue;
    }
    v1::Coding* coding = codeable_concept->add_codings();
    coding->set_system(SystemFromV2(component(first + 2).Text(), report->sender()));
    coding->set_code(code);
    if (named) coding->set_display(display);
    if (CheckLoinc(use, coding))
      Warn(place, "a code that is said to be LOINC is none (shape or check digit); it was filed as an unknown code", report);
  }
  if (text.empty() && use == CodeUse::kValue && components.size() == 1) text = Stripped(component(1));
  if (text.empty()) return;
  const std::string before = codeable_concept->text();
  codeable_concept->set_text(before.empty() ? text : absl::StrCat(before, "; ", text));
}

std::optional<absl::Time> ReadDtm(const Hl7Field& dtm, absl::TimeZone zone, bool hour_needed, absl::string_view place,
                                  v1::DiagnosticReport* report) {
  const std::string text = dtm.Code();
  if (text.empty()) return std::nullopt;
  const std::optional<ReadTime> time = ParseTime(text, zone);
  if (!time.has_value()) {
    Warn(place, "the time cannot be read and counts as not sent; expected YYYYMMDDHHMM[SS][+/-ZZZZ]", report);
    return std::nullopt;
  }
  if (hour_needed && !time->HasHour()) {
    Warn(place, "the time is a date only and counts as not sent; expected at least the hour", report);
    return std::nullopt;
  }
  return time->time;
}

}  // namespace resultgate::intake

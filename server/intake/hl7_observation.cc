#include "server/intake/hl7_observation.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/base/proto_time.h"
#include "server/intake/attachments.h"
#include "server/intake/codes.h"
#include "server/intake/hl7_types.h"
#include "server/intake/issues.h"
#include "server/intake/tables.h"
#include "server/intake/values.h"

namespace resultgate::intake {
namespace {

std::string Stripped(const Hl7Field& field) {
  return std::string(absl::StripAsciiWhitespace(field.Text()));
}

bool IsText(absl::string_view type) {
  return type == "TX" || type == "FT";
}
bool IsCoded(absl::string_view type) {
  return type == "CE" || type == "CWE" || type == "CNE" || type == "CF" || type == "IS" || type == "ID";
}

// More coded answers than this in one OBX are no answers; they stay text.
constexpr size_t kMostAnswers = 100;

// Taken back or never done: such lines are no part of a text that stands.
bool IsVoid(v1::ResultStatus status) {
  return status == v1::RESULT_STATUS_ENTERED_IN_ERROR || status == v1::RESULT_STATUS_CANCELLED;
}

// All repetitions as sent, a line each for texts.
std::string JoinedText(const Hl7Field& field, absl::string_view separator) {
  std::vector<std::string> texts;
  for (const Hl7Field& repetition : field.Repetitions()) texts.push_back(repetition.Text());
  return absl::StrJoin(texts, separator);
}

std::string Unit(const Hl7Field& units) {
  const std::string code = Stripped(units.Component(1));
  return code.empty() ? Stripped(units.Component(2)) : code;
}

void SetUnit(const Hl7Field& units, v1::Quantity* quantity) {
  quantity->set_unit(Unit(units));
  if (absl::EqualsIgnoreCase(Stripped(units.Component(3)), "UCUM")) quantity->set_unit_code(Stripped(units.Component(1)));
}

void SetTextWithUnit(std::string text, const Hl7Field& units, v1::Observation* observation) {
  const std::string unit = Unit(units);
  if (!unit.empty()) absl::StrAppend(&text, " ", unit);
  observation->set_text(std::move(text));
}

void ReadNumber(const Hl7Segment& obx, v1::Observation* observation, v1::DiagnosticReport* report) {
  v1::Quantity quantity;
  const std::string text = Stripped(obx[5]);
  if (ParseAmount(text, &quantity)) {
    SetUnit(obx[6], &quantity);
    *observation->mutable_quantity() = std::move(quantity);
    return;
  }
  Warn(obx.Place(5), "the value is said to be a number (NM) and is none; it was read as text", report);
  SetTextWithUnit(JoinedText(obx[5], "; "), obx[6], observation);
}

// SN: comparator, number, separator, number. One bound is a quantity; ranges, ratios and titres stay text.
void ReadStructuredNumber(const Hl7Segment& obx, v1::Observation* observation) {
  const Hl7Field value = obx[5];
  const std::string comparator = Stripped(value.Component(1));
  const std::string number = Stripped(value.Component(2));
  const std::string rest = absl::StrCat(Stripped(value.Component(3)), Stripped(value.Component(4)));
  v1::Quantity quantity;
  const bool bound = comparator.empty() || comparator == "=" || comparator == "<" || comparator == "<=" || comparator == ">" ||
                     comparator == ">=";
  if (bound && rest.empty() && IsNumber(number)) {
    quantity.set_value(number);
    if (comparator != "=") quantity.set_comparator(comparator);
    SetUnit(obx[6], &quantity);
    *observation->mutable_quantity() = std::move(quantity);
    return;
  }
  SetTextWithUnit(absl::StrCat(comparator, number, rest), obx[6], observation);
}

void ReadValue(const Hl7Segment& obx, absl::string_view type, v1::Observation* observation, v1::DiagnosticReport* report) {
  const Hl7Field value = obx[5];
  if (value.empty()) return;
  if (type.empty()) Warn(obx.Place(2), "the value has no type and was read as text; expected one of table 0125", report);
  if (type == "NM") {
    ReadNumber(obx, observation, report);
  } else if (type == "SN" && value.Repetitions().size() == 1) {
    ReadStructuredNumber(obx, observation);
  } else if (const std::vector<Hl7Field> repetitions = value.Repetitions(); IsCoded(type) && repetitions.size() <= kMostAnswers) {
    for (const Hl7Field& repetition : repetitions) {
      AddCwe(repetition, CodeUse::kValue, obx.Place(5), observation->mutable_codeable_concept(), report);
    }
    if (repetitions.size() > 1) Warn(obx.Place(5), "several coded answers were read as one; expected an OBX for each", report);
  } else {
    observation->set_text(JoinedText(value, IsText(type) ? "\n" : "; "));
  }
}

void ReadFlags(const Hl7Segment& obx, v1::Observation* observation, v1::DiagnosticReport* report) {
  for (const Hl7Field& flag : obx[8].Repetitions()) {
    if (flag.empty()) continue;
    const int first = flag.Code().empty() ? 4 : 1;
    const std::string code = Stripped(flag.Component(first));
    if (code.empty() || code == "\"\"") continue;
    v1::Interpretation interpretation = InterpretationFromCode(code);
    // Another system's `N` need not be table 0078's.
    const std::string system = Stripped(flag.Component(first + 2));
    const bool harmless = interpretation == v1::INTERPRETATION_NORMAL || interpretation == v1::INTERPRETATION_NOT_DETECTED;
    if (harmless && !system.empty() && !absl::StartsWith(system, "HL7")) interpretation = v1::INTERPRETATION_OTHER;
    if (interpretation == v1::INTERPRETATION_OTHER)
      Warn(obx.Place(8), "a flag grades nothing in table 0078 and was read as `other`, not as normal", report);
    observation->set_interpretation(observation->has_interpretation() ? MoreSevere(observation->interpretation(), interpretation)
                                                                      : interpretation);
  }
}

v1::ResultStatus ReadStatus(const Hl7Segment& obx, bool has_value, v1::DiagnosticReport* report) {
  const std::string code = obx[11].Code();
  if (code.empty()) {
    Warn(obx.Place(11), "the observation has no status and does not count as final; expected a code of table 0085", report);
    return v1::RESULT_STATUS_UNSPECIFIED;
  }
  const v1::ResultStatus status = ObservationStatusFromV2(code, has_value);
  if (status == v1::RESULT_STATUS_UNKNOWN) {
    Warn(obx.Place(11),
         ConfirmsEarlierValue(code) ? "a value sent earlier is confirmed; it is final if that value came, and waits for it if not"
                                    : "the status is not one of table 0085 and does not count as final",
         report);
  }
  return status;
}

// The identity of what was observed: code and sub-id, as the sender repeats them in every version.
std::string Identity(const Hl7Segment& obx, const v1::Observation& observation) {
  const v1::CodeableConcept& code = observation.code();
  std::string id = code.codings_size() > 0 ? code.codings(0).code() : code.text();
  if (id.empty()) id = "uncoded";
  const std::string sub_id = Stripped(obx[4]);
  if (!sub_id.empty()) absl::StrAppend(&id, "/", sub_id);
  return id;
}

// One more line of the same text.
void Join(const v1::Observation& line, v1::Observation* whole) {
  if (!whole->text().empty() || !line.text().empty()) {
    if (whole->value_case() == v1::Observation::kText) *whole->mutable_text() += '\n';
    *whole->mutable_text() += line.text();
  }
  whole->set_status(LeastFinal(whole->status(), line.status()));
  if (line.has_interpretation()) {
    whole->set_interpretation(whole->has_interpretation() ? MoreSevere(whole->interpretation(), line.interpretation())
                                                          : line.interpretation());
  }
  if (line.has_issued() && (!whole->has_issued() || base::FromProto(line.issued()) > base::FromProto(whole->issued()))) {
    *whole->mutable_issued() = line.issued();
  }
  if (line.has_reference_range() && !whole->has_reference_range()) *whole->mutable_reference_range() = line.reference_range();
}

}  // namespace

void Hl7Observations::AddObx(const Hl7Segment& obx) {
  const std::string type = absl::AsciiStrToUpper(obx[2].Code());
  if (type == "ED" || type == "RP") {
    AddDocument(obx, type == "RP");
  } else if (report_->observations_size() <= kMostObservations) {
    AddObservation(obx, type);
  }
}

void Hl7Observations::AddDocument(const Hl7Segment& obx, bool pointer) {
  EndObservation();
  const v1::ResultStatus status = ReadStatus(obx, !obx[5].empty(), report_);
  v1::Attachment attachment;
  AddCwe(obx[3], CodeUse::kObserved, obx.Place(3), attachment.mutable_code(), report_);
  attachment.set_title(attachment.code().text());
  attachment.set_status(status);
  after_void_document_ = IsVoid(status);
  if (after_void_document_) {
    // That it is taken back, and which one, is kept without its data: versions before have it.
    Warn(obx.Place(11), "an attached document is cancelled or wrong; what was sent of it is not shown", report_);
    *report_->add_presented_forms() = std::move(attachment);
    return;
  }
  const Hl7Field value = obx[5];
  if (pointer) {
    attachment.set_url(Stripped(value.Component(1).Subcomponent(1)));
    // RP-3 and RP-4 are type and subtype; a media type in one piece is tolerated.
    attachment.set_content_type(MimeTypeFromV2(value.Component(3).Text(), value.Component(4).Text()));
    if (attachment.url().empty()) {
      Warn(obx.Place(5), "an attached document has no address and was left out; expected one in the first component", report_);
      return;
    }
  } else {
    attachment.set_content_type(MimeTypeFromV2(value.Component(2).Text(), value.Component(3).Text()));
    const std::string encoding = absl::AsciiStrToUpper(Stripped(value.Component(4)));
    const AttachmentEncoding how = encoding == "HEX" ? AttachmentEncoding::kHex
                                   : encoding == "A" ? AttachmentEncoding::kNone
                                                     : AttachmentEncoding::kBase64;
    // A plain-text document may hold escapes; encoded data are taken as they are.
    const std::string data = how == AttachmentEncoding::kNone ? value.Component(5).Text() : std::string(value.Component(5).raw());
    if (!SetAttachmentData(data, how, obx.Place(5), &attachment, report_)) return;
  }
  *report_->add_presented_forms() = std::move(attachment);
  if (!IsFinalLike(status) && LeastFinal(report_->status(), status) != report_->status()) {
    Warn(obx.Place(11), "an attached document is not final; the report was read as the least final of the two", report_);
    report_->set_status(status);
  }
}

void Hl7Observations::AddObservation(const Hl7Segment& obx, const std::string& type) {
  EndObservation();
  v1::Observation observation;
  AddCwe(obx[3], CodeUse::kObserved, obx.Place(3), observation.mutable_code(), report_);
  if (observation.code().codings_size() == 0)
    Warn(obx.Place(3), "what was observed has no code; no rule about codes can know it", report_);
  ReadValue(obx, type, &observation, report_);
  observation.set_status(ReadStatus(obx, !obx[5].empty(), report_));
  if (obx[5].empty() && ConfirmsEarlierValue(obx[11].Code())) observation.set_data_absent_reason(kSentEarlier);
  ReadFlags(obx, &observation, report_);
  if (!obx[7].empty()) *observation.mutable_reference_range() = ParseReferenceRange(obx[7].Text());
  if (const auto time = ReadDtm(obx[19], zone_, /*hour_needed=*/true, obx.Place(19), report_))
    *observation.mutable_issued() = base::ToProto(*time);
  if (NamesFinalDiagnosis(observation.code()) && observation.codeable_concept().codings_size() > 0 &&
      !IsVoid(observation.status())) {
    *report_->add_conclusion_codes() = observation.codeable_concept();
  }
  const std::string identity = Identity(obx, observation);
  if (const auto text = texts_.find(identity); IsText(type) && text != texts_.end()) {
    v1::Observation* whole = report_->mutable_observations(text->second);
    if (IsVoid(whole->status()) == IsVoid(observation.status())) {
      Join(observation, whole);
      last_ = text->second;
      return;
    }
  }
  bool repeated = false;
  observation.set_id(ids_.Unique(identity, &repeated));
  if (repeated)
    Warn(obx.Place(3), "the same code and sub-id stand twice in one report; each was kept as an observation of its own", report_);
  last_ = report_->observations_size();
  if (IsText(type)) texts_.try_emplace(identity, last_);
  *report_->add_observations() = std::move(observation);
}

void Hl7Observations::AddNote(const Hl7Segment& nte) {
  std::string text = JoinedText(nte[3], "\n");
  if (absl::StripAsciiWhitespace(text).empty()) return;
  if (after_void_document_) {
    Warn(nte.Place(3), "a remark on an attached document that is cancelled or wrong was left out", report_);
  } else if (last_ >= 0) {
    report_->mutable_observations(last_)->add_notes(std::move(text));
  } else {
    report_->add_notes(std::move(text));
  }
}

}  // namespace resultgate::intake

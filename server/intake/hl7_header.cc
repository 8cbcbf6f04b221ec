#include "server/intake/hl7_header.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/base/proto_time.h"
#include "server/intake/codes.h"
#include "server/intake/hl7_types.h"
#include "server/intake/issues.h"
#include "server/intake/tables.h"
#include "server/intake/times.h"
#include "server/text/plain.h"

namespace resultgate::intake {
namespace {

std::string Stripped(const Hl7Field& field) {
  return std::string(absl::StripAsciiWhitespace(field.Text()));
}

// The name of an HD, else its universal id. `part` gives its parts: components of a field, or subcomponents of a component.
std::string HdOfField(const Hl7Field& hd) {
  const std::string name = hd.Code();
  return name.empty() ? Stripped(hd.Component(2)) : name;
}
std::string HdOfComponent(const Hl7Field& hd) {
  const std::string name = Stripped(hd.Subcomponent(1));
  return name.empty() ? Stripped(hd.Subcomponent(2)) : name;
}

// More reasons than this are no reasons for one test.
constexpr int kMostReasons = 100;

// More identifiers than this are no person's.
constexpr int kMostIdentifiers = 100;

void AddIdentifier(std::string value, std::string system, bool first, v1::Patient* patient) {
  for (const v1::Identifier& known : patient->identifiers()) {
    if (known.value() == value && known.system() == system) return;
  }
  v1::Identifier* identifier = patient->add_identifiers();
  identifier->set_value(std::move(value));
  identifier->set_system(std::move(system));
  if (!first) return;
  for (int i = patient->identifiers_size() - 1; i > 0; --i) patient->mutable_identifiers()->SwapElements(i, i - 1);
}

void AddIdentifiers(const Hl7Field& field, v1::Patient* patient) {
  bool has_record_number = false;
  for (const Hl7Field& cx : field.Repetitions()) {
    std::string value = cx.Code();
    if (value.empty() || cx.empty() || value.size() > kLongestCode) continue;
    if (patient->identifiers_size() >= kMostIdentifiers) break;
    std::string system = HdOfComponent(cx.Component(4));
    const std::string type = Stripped(cx.Component(5));
    if (system.empty()) system = type;
    const bool record_number = type == "MR" && !has_record_number;
    AddIdentifier(std::move(value), std::move(system), record_number, patient);
    has_record_number = has_record_number || record_number;
  }
}

// ORC-21.1, PV1-3.4 and others name the facility in words.
void SetFacility(std::string name, v1::ServiceRequest* order) {
  if (!name.empty()) order->set_facility(std::move(name));
}

// An XCN's identifier, without the name beside it.
bool ReadProvider(const Hl7Field& field, v1::Identifier* provider) {
  for (const Hl7Field& xcn : field.Repetitions()) {
    const std::string id = xcn.Code();
    if (id.empty()) continue;
    provider->set_value(id);
    const Hl7Field authority = xcn.Component(9);
    const bool npi = Stripped(xcn.Component(13)) == "NPI" || absl::StrContains(authority.raw(), "NPI") ||
                     absl::StrContains(authority.raw(), "2.16.840.1.113883.4.6");
    provider->set_system(npi ? std::string(kNpi) : HdOfComponent(authority));
    return true;
  }
  return false;
}

// OBR-18 and OBR-20 are free for any use; an accession number is told by its looks, because a constant would join the reports of
// strangers.
std::string Accession(const Hl7Field& field) {
  if (field.Components().size() != 1) return "";
  std::string value = field.Code();
  const bool digit = std::any_of(value.begin(), value.end(), absl::ascii_isdigit);
  return digit && value.size() >= 4 ? value : "";
}

}  // namespace

std::string SenderFromMsh(const Hl7Segment& msh) {
  const std::string application = HdOfField(msh[3]);
  const std::string facility = HdOfField(msh[4]);
  return application.empty() && facility.empty() ? "" : absl::StrCat(application, "|", facility);
}

bool AnnouncesResults(const Hl7Segment& msh) {
  const std::string code = msh[9].Code();
  const std::string trigger = Stripped(msh[9].Component(2));
  if (code == "ORU") return trigger.empty() || trigger == "R01" || trigger == "R30" || trigger == "R31" || trigger == "R32";
  return code == "OUL" && (trigger == "R20" || trigger == "R21" || trigger == "R22" || trigger == "R23" || trigger == "R24");
}

void ReadMsh(const Hl7Segment& msh, absl::TimeZone zone, v1::DiagnosticReport* report) {
  std::string sender = SenderFromMsh(msh);
  report->set_sender(sender.empty() ? "unknown" : std::move(sender));
  if (report->sender() == "unknown")
    Warn("MSH-3", "nobody is named as sender; expected the sending application and, in MSH-4, its facility", report);
  report->set_message_id(msh[10].Code());
  if (report->message_id().empty()) Warn("MSH-10", "the message has no id; expected one", report);
  if (const auto time = ReadDtm(msh[7], zone, /*hour_needed=*/true, "MSH-7", report))
    *report->mutable_message_time() = base::ToProto(*time);
  const std::string processing = msh[11].Code();
  report->set_test_message(processing == "T" || processing == "D");
  if (processing != "P" && !report->test_message())
    Warn("MSH-11", "it is not said whether this is production or test; expected `P`, `T` or `D`", report);
}

bool ReadPid(const Hl7Segment& pid, v1::DiagnosticReport* report) {
  v1::Patient* patient = report->mutable_patient();
  AddIdentifiers(pid[3], patient);
  for (const int older : {2, 4}) {
    if (patient->identifiers_size() > 0) break;
    AddIdentifiers(pid[older], patient);
    if (patient->identifiers_size() > 0)
      Warn(pid.Place(3), absl::StrCat("the patient's identifier was taken from PID-", older, "; expected it here"), report);
  }
  const std::string birth_date = pid[7].Code();
  if (!birth_date.empty()) {
    const std::string date = ParseDate(birth_date);
    if (date.empty()) {
      Warn(pid.Place(7), "the date of birth cannot be read and counts as not known; expected YYYY[MM[DD]]", report);
    } else {
      patient->set_birth_date(date);
    }
  }
  const std::string sex = pid[8].Code();
  if (sex == "M") patient->set_gender(v1::ADMINISTRATIVE_GENDER_MALE);
  if (sex == "F") patient->set_gender(v1::ADMINISTRATIVE_GENDER_FEMALE);
  if (sex == "O" || sex == "A") patient->set_gender(v1::ADMINISTRATIVE_GENDER_OTHER);
  const std::string language = text::CanonicalLanguage(pid[15].Code());
  if (!language.empty() && language != "und") patient->set_language(language);
  const std::string deceased = pid[30].Code();
  if (deceased == "Y" || !pid[29].empty()) {
    patient->set_deceased(true);
  } else if (deceased == "N") {
    patient->set_deceased(false);
  }
  return patient->identifiers_size() > 0;
}

void ReadPv1(const Hl7Segment& pv1, v1::ServiceRequest* order) {
  if (const auto encounter_class = EncounterClassFromV2(pv1[2].Code())) order->set_encounter_class(*encounter_class);
  const std::string visit = pv1[19].Code();
  if (!visit.empty()) {
    order->mutable_encounter()->set_value(visit);
    order->mutable_encounter()->set_system(HdOfComponent(pv1[19].Component(4)));
  }
  SetFacility(pv1[39].Code(), order);
  SetFacility(HdOfComponent(pv1[3].Component(4)), order);
}

void ReadOrder(const Hl7Segment* orc, const Hl7Segment* obr, absl::TimeZone zone, v1::DiagnosticReport* report) {
  v1::ServiceRequest* order = report->mutable_order();
  if (orc != nullptr) {
    order->set_placer_order_number((*orc)[2].Code());
    order->set_filler_order_number((*orc)[3].Code());
    SetFacility((*orc)[21].Code(), order);
  }
  if (obr != nullptr) {
    if (std::string placer = (*obr)[2].Code(); !placer.empty()) order->set_placer_order_number(placer);
    if (std::string filler = (*obr)[3].Code(); !filler.empty()) order->set_filler_order_number(filler);
    order->set_accession_number(Accession((*obr)[18]));
    if (order->accession_number().empty()) order->set_accession_number(Accession((*obr)[20]));
    AddCwe((*obr)[4], CodeUse::kObserved, obr->Place(4), report->mutable_code(), report);
    for (const Hl7Field& reason : (*obr)[31].Repetitions()) {
      if (order->reason_codes_size() >= kMostReasons) break;
      v1::CodeableConcept concept_read;
      AddCwe(reason, CodeUse::kValue, obr->Place(31), &concept_read, report);
      if (concept_read.codings_size() > 0 || !concept_read.text().empty()) *order->add_reason_codes() = std::move(concept_read);
    }
    if (const auto time = ReadDtm((*obr)[22], zone, /*hour_needed=*/true, obr->Place(22), report))
      *report->mutable_issued() = base::ToProto(*time);
    if (const auto time = ReadDtm((*obr)[7], zone, /*hour_needed=*/false, obr->Place(7), report))
      *report->mutable_effective() = base::ToProto(*time);
  }
  if (report->has_code()) *order->mutable_code() = report->code();
  v1::Identifier provider;
  if ((obr != nullptr && ReadProvider((*obr)[16], &provider)) || (orc != nullptr && ReadProvider((*orc)[12], &provider))) {
    *order->mutable_ordering_provider() = std::move(provider);
  }
}

}  // namespace resultgate::intake

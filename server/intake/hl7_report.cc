#include "server/intake/hl7_report.h"

#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "server/base/digest.h"
#include "server/intake/codes.h"
#include "server/intake/finish.h"
#include "server/intake/hl7_header.h"
#include "server/intake/hl7_message.h"
#include "server/intake/hl7_observation.h"
#include "server/intake/hl7_types.h"
#include "server/intake/issues.h"
#include "server/intake/tables.h"

namespace resultgate::intake {
namespace {

// An OBX or NTE of a group; a note of the order stands for the whole report.
struct Part {
  const Hl7Segment* segment;
  bool of_order;
};

// The segments of one report. `obr` is null where observations stand alone.
struct Group {
  const Hl7Segment* pid = nullptr;
  const Hl7Segment* pv1 = nullptr;
  const Hl7Segment* orc = nullptr;
  const Hl7Segment* obr = nullptr;
  const Hl7Segment* spm = nullptr;
  std::vector<Part> parts;
};

// Sorts a message's segments into groups. In ORU the order (ORC) comes before its OBR and the specimen after it, in OUL the other
// way round.
class Grouper {
 public:
  explicit Grouper(bool specimen_first) : specimen_first_(specimen_first) {}

  std::vector<Group> Run(const Hl7Message& message) {
    for (const Hl7Segment& segment : message.segments()) Take(segment);
    Flush();
    return std::move(groups_);
  }

 private:
  enum class NoteHome { kPatient, kOrder, kObservation };

  void Take(const Hl7Segment& segment) {
    const std::string& id = segment.id();
    if (id == "PID") {
      Close();
      next_ = Group();
      next_.pid = &segment;
      home_ = NoteHome::kPatient;
    } else if (id == "PV1") {
      next_.pv1 = &segment;
    } else if (id == "ORC") {
      if (specimen_first_ && open_) {
        if (groups_.back().orc == nullptr) groups_.back().orc = &segment;
      } else {
        Close();
        next_.orc = &segment;
      }
      home_ = NoteHome::kOrder;
    } else if (id == "SPM") {
      if (specimen_first_) {
        Close();
        next_.spm = &segment;
      } else if (open_ && groups_.back().spm == nullptr) {
        groups_.back().spm = &segment;
      }
      home_ = NoteHome::kOrder;
    } else if (id == "OBR") {
      Open(segment);
    } else if (id == "OBX") {
      Parts().push_back({&segment, false});
      home_ = NoteHome::kObservation;
    } else if (id == "NTE" && home_ != NoteHome::kPatient) {
      // Notes about the patient are about a person and no result; they are not taken in.
      Parts().push_back({&segment, home_ == NoteHome::kOrder});
    }
  }

  std::vector<Part>& Parts() { return open_ ? groups_.back().parts : next_.parts; }

  void Open(const Hl7Segment& obr) {
    // Without an order or specimen before them, observations so far are the patient's own.
    if (!open_ && next_.orc == nullptr && next_.spm == nullptr) Flush();
    Group group = next_;
    next_.parts.clear();
    group.obr = &obr;
    groups_.push_back(std::move(group));
    open_ = true;
    home_ = NoteHome::kOrder;
  }

  void Close() {
    open_ = false;
    Flush();
  }

  // Observations that no OBR came for.
  void Flush() {
    bool any = false;
    for (const Part& part : next_.parts) any = any || part.segment->id() == "OBX";
    if (any) groups_.push_back(next_);
    next_.parts.clear();
  }

  const bool specimen_first_;
  std::vector<Group> groups_;
  Group next_;
  bool open_ = false;  // the last group takes more
  NoteHome home_ = NoteHome::kPatient;
};

void ReadObrStatus(const Group& group, v1::DiagnosticReport* report) {
  if (group.obr == nullptr) {
    Warn(group.parts.front().segment->Place(0),
         "observations stand without an OBR; they were read as a report without order and status", report);
    return;
  }
  const std::string status = (*group.obr)[25].Code();
  if (status.empty()) {
    Warn(group.obr->Place(25), "the report has no status and does not count as final; expected a code of table 0123", report);
  } else {
    report->set_status(ReportStatusFromV2(status));
    if (report->status() == v1::RESULT_STATUS_UNKNOWN)
      Warn(group.obr->Place(25), "the status is not one of table 0123 and does not count as final", report);
  }
  const std::string section = (*group.obr)[24].Code();
  report->set_section(SectionFromV2(section));
  if (!section.empty() && report->section() == v1::SECTION_UNCLASSIFIED) {
    Warn(group.obr->Place(24), "the section is not one of table 0074 and the report counts as unclassified", report);
  }
}

constexpr int kMostSpecimenConditions = 20;

// The laboratory's own specimen number, else the one of whoever took it.
std::string SpecimenId(const Hl7Segment& spm) {
  const Hl7Field number = spm[2];
  const std::string filler(absl::StripAsciiWhitespace(number.Component(2).Subcomponent(1).Text()));
  return filler.empty() ? number.Code() : filler;
}

void ReadGroup(const Group& group, absl::TimeZone zone, v1::DiagnosticReport* report) {
  if (group.pv1 != nullptr) ReadPv1(*group.pv1, report->mutable_order());
  ReadOrder(group.orc, group.obr, zone, report);
  ReadObrStatus(group, report);
  if (group.spm != nullptr) {
    report->set_specimen_id(SpecimenId(*group.spm));
    for (const Hl7Field& condition : (*group.spm)[24].Repetitions()) {
      if (report->specimen_conditions_size() >= kMostSpecimenConditions) break;
      v1::CodeableConcept read;
      AddCwe(condition, CodeUse::kValue, group.spm->Place(24), &read, report);
      if (read.codings_size() > 0 || !read.text().empty()) *report->add_specimen_conditions() = std::move(read);
    }
  }
  Hl7Observations observations(zone, report);
  for (const Part& part : group.parts) {
    if (part.of_order) observations.EndObservation();
    if (part.segment->id() == "OBX") {
      observations.AddObx(*part.segment);
    } else {
      observations.AddNote(*part.segment);
    }
  }
}

std::string GroupPlace(const Group& group) {
  return group.obr != nullptr ? group.obr->Place(0) : group.parts.front().segment->Place(0);
}

// Most messages have one PID, or should have.
std::string PidPlace(const Hl7Segment* pid) {
  return pid == nullptr || pid->ordinal() == 1 ? "PID-3" : pid->Place(3);
}

}  // namespace

Message ReadHl7(const Hl7Text& text, const Options& options) {
  Message result;
  result.digest = base::DigestText(text.raw);
  Hl7Message message;
  v1::Issue refusal;
  if (!message.Parse(text.utf8, text.charset, &refusal)) {
    result.refused.push_back(refusal);
    return result;
  }
  v1::DiagnosticReport header;
  ReadMsh(message.msh(), options.zone, &header);
  result.sender = header.sender();
  result.message_id = header.message_id();
  if (!AnnouncesResults(message.msh())) {
    result.refused.push_back(Refusal("MSH-9", "this is no result message; expected ORU^R01, R30 to R32, or OUL^R20 to R24"));
    return result;
  }
  for (const std::vector<v1::Issue>* warnings : {&text.warnings, &message.warnings()}) {
    for (const v1::Issue& warning : *warnings) Warn(warning.place(), warning.message(), &header);
  }
  const std::vector<Group> groups = Grouper(message.msh()[9].Code() == "OUL").Run(message);
  if (groups.empty()) result.refused.push_back(Refusal("OBR", "the message holds no result; expected at least one OBR"));
  std::vector<std::string> places;
  absl::flat_hash_map<const Hl7Segment*, v1::DiagnosticReport> patients;  // the header with the patient; read once for each PID
  Budget budget(options.largest_message_bytes);
  for (const Group& group : groups) {
    const auto [patient, first] = patients.try_emplace(group.pid, header);
    if (first && (group.pid == nullptr || !ReadPid(*group.pid, &patient->second))) {
      result.refused.push_back(
          Refusal(PidPlace(group.pid), "nobody can be told whose results these are; expected a patient identifier"));
    }
    if (result.refused.size() >= Budget::kMostReports) {
      result.refused.push_back(Refusal(GroupPlace(group), kOverBudget));
      break;
    }
    if (patient->second.patient().identifiers_size() == 0) continue;
    v1::DiagnosticReport report = patient->second;
    ReadGroup(group, options.zone, &report);
    if (!budget.Take(report)) {
      result.refused.push_back(Refusal(GroupPlace(group), kOverBudget));
      break;
    }
    places.push_back(GroupPlace(group));
    result.reports.push_back(std::move(report));
  }
  FinishReports(places, &result.reports, &result.refused);
  return result;
}

}  // namespace resultgate::intake

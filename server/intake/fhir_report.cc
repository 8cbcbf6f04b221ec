#include "server/intake/fhir_report.h"

#include <optional>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/base/digest.h"
#include "server/base/proto_time.h"
#include "server/intake/attachments.h"
#include "server/intake/fhir_bundle.h"
#include "server/intake/fhir_observation.h"
#include "server/intake/fhir_order.h"
#include "server/intake/fhir_patient.h"
#include "server/intake/fhir_sender.h"
#include "server/intake/fhir_types.h"
#include "server/intake/finish.h"
#include "server/intake/html.h"
#include "server/intake/issues.h"
#include "server/json/json.h"

namespace resultgate::intake {
namespace {

using json::Value;

// Steps along references that one message may cost: panels may share members, and a hostile message may make them share many.
constexpr int kMostSteps = 200000;

class Reader {
 public:
  Reader(Value root, const Options& options, Message* result) : root_(root), options_(options), bundle_(root), result_(*result) {}

  void Run() {
    ReadHeader();
    const std::vector<Value> reports = bundle_.OfType("DiagnosticReport");
    const std::vector<Value> observations = bundle_.OfType("Observation");
    if (reports.empty() && observations.empty()) {
      Refuse(root_.PathOf("resourceType"),
             "the message holds no result; expected a DiagnosticReport or an Observation, alone or in a Bundle");
      return;
    }
    for (const Value& report : reports) ReadReport(report, report["result"].AsList());
    absl::flat_hash_set<Value> members;
    for (const Value& observation : observations) {
      for (const Value& reference : observation["hasMember"].AsList()) members.insert(bundle_.Resolve(reference));
    }
    for (const Value& observation : observations) {
      if (!reached_.contains(observation) && !members.contains(observation)) ReadReport(observation, {});
    }
    // What is left are members of each other.
    for (const Value& observation : observations) {
      if (!reached_.contains(observation)) ReadReport(observation, {});
    }
    FinishReports(places_, &result_.reports, &result_.refused);
  }

 private:
  void Refuse(const std::string& place, absl::string_view message) { result_.refused.push_back(Refusal(place, message)); }

  // Nothing more is read: what is left is refused as a whole.
  void Stop(Value resource) {
    stopped_ = true;
    Refuse(resource.Path(), kOverBudget);
  }

  void ReadHeader() {
    v1::Identifier identifier;
    if (ReadIdentifier(root_["identifier"], &identifier)) header_.set_message_id(identifier.value());
    bool test = IsTestData(root_);
    for (const absl::string_view type : {"MessageHeader", "Composition"}) {
      for (const Value& resource : bundle_.OfType(type)) {
        test = test || IsTestData(resource);
        if (header_.message_id().empty() && type == "MessageHeader") header_.set_message_id(std::string(resource["id"].string()));
      }
    }
    for (const Value& bundle : bundle_.OfType("Bundle")) test = test || IsTestData(bundle);
    if (header_.message_id().empty()) header_.set_message_id(std::string(root_["id"].string()));
    header_.set_test_message(test);
    if (const auto time = ReadDateTime(root_["timestamp"], options_.zone, /*hour_needed=*/true, &header_))
      *header_.mutable_message_time() = base::ToProto(*time);
    const std::vector<Value> compositions = bundle_.OfType("Composition");
    if (!header_.has_message_time() && !compositions.empty()) {
      if (const auto time = ReadDateTime(compositions.front()["date"], options_.zone, /*hour_needed=*/true, &header_))
        *header_.mutable_message_time() = base::ToProto(*time);
    }
    result_.message_id = header_.message_id();
  }

  // `observation` and, after it, its members, each once.
  void Collect(Value observation, absl::flat_hash_set<Value>* seen, std::vector<Value>* collected, v1::DiagnosticReport* report) {
    std::vector<Value> open = {observation};
    while (!open.empty()) {
      const Value next = open.back();
      open.pop_back();
      if (++steps_ > kMostSteps || !seen->insert(next).second) continue;
      reached_.insert(next);
      collected->push_back(next);
      const std::vector<Value> members = next["hasMember"].AsList();
      for (auto member = members.rbegin(); member != members.rend(); ++member) {
        if (const Value resolved = ResolveObservation(*member, report); resolved.IsPresent()) open.push_back(resolved);
      }
    }
  }

  Value ResolveObservation(Value reference, v1::DiagnosticReport* report) {
    const Value resolved = bundle_.Resolve(reference);
    if (resolved["resourceType"].string() == "Observation") return resolved;
    // A member may be an answered questionnaire or a molecular sequence, which is no result that is read here.
    Warn(reference.Path(),
         "the Observation that is named here is not in the message, or is not the only one of that name; nothing of it was read",
         report);
    return Value();
  }

  // `resource` is a DiagnosticReport with its results, or an Observation.
  void ReadReport(Value resource, const std::vector<Value>& results) {
    if (stopped_) return;
    const bool is_report = resource["resourceType"].string() == "DiagnosticReport";
    v1::DiagnosticReport report = header_;
    absl::flat_hash_set<Value> seen;
    std::vector<Value> observations;
    if (!is_report) Collect(resource, &seen, &observations, &report);
    for (const Value& reference : results) {
      if (const Value observation = ResolveObservation(reference, &report); observation.IsPresent())
        Collect(observation, &seen, &observations, &report);
    }
    // Nothing that was sent inside the report may be lost because no result names it.
    for (const Value& contained : resource["contained"].AsList()) {
      if (contained["resourceType"].string() == "Observation") Collect(contained, &seen, &observations, &report);
    }
    if (steps_ > kMostSteps) {
      Stop(resource);
      return;
    }
    report.set_sender(FhirSender(bundle_, root_, resource));
    if (result_.sender == "unknown") result_.sender = report.sender();
    const Subject subject = SubjectOf(resource, observations, &report);
    if (subject.other) {
      Refuse(resource.PathOf("subject"), "the subject is no patient; expected a reference to a Patient");
      return;
    }
    if (!subject.IsPatient() || !ReadPatient(subject, &report)) {
      Refuse(resource.PathOf("subject"),
             "nobody can be told whose result this is; expected a reference to a Patient with an identifier");
      return;
    }
    ReadHead(resource, is_report, &report);
    if (IsTestData(subject.patient)) report.set_test_message(true);
    ObservationIds ids;
    for (const Value& observation : observations) {
      const Subject of = ReadSubject(bundle_, observation["subject"]);
      if (of.other || (of.IsPatient() && !of.IsSameAs(subject))) {
        Refuse(observation.PathOf("subject"),
               "the observation is about another subject than its report and was left out of it; expected the same");
        continue;
      }
      if (report.observations_size() <= kMostObservations) AddFhirObservation(observation, options_.zone, &ids, &report);
      if (report.specimen_id().empty()) report.set_specimen_id(ReadSpecimenId(bundle_, observation));
      ReadSpecimenConditions(bundle_, observation, &report);
    }
    if (!budget_.Take(report)) {
      Stop(resource);
      return;
    }
    places_.push_back(resource.Path());
    result_.reports.push_back(std::move(report));
  }

  // The resource's own subject, else the one that all its observations share, else the only Patient of the message.
  Subject SubjectOf(Value resource, const std::vector<Value>& observations, v1::DiagnosticReport* report) {
    Subject subject = ReadSubject(bundle_, resource["subject"]);
    if (subject.other || subject.IsPatient() || resource["subject"].IsPresent()) return subject;
    for (const Value& observation : observations) {
      const Subject of = ReadSubject(bundle_, observation["subject"]);
      if (of.other || !of.IsPatient()) continue;
      if (subject.IsPatient() && !subject.IsSameAs(of)) return Subject();
      subject = of;
    }
    const std::vector<Value> patients = bundle_.OfType("Patient");
    if (!subject.IsPatient() && patients.size() == 1) subject.patient = patients.front();
    if (subject.IsPatient())
      Warn(resource.PathOf("subject"),
           "the subject is missing and was taken from the rest of the message; expected a reference to a Patient", report);
    return subject;
  }

  void ReadHead(Value resource, bool is_report, v1::DiagnosticReport* report) {
    report->set_status(ReadFhirStatus(resource, report));
    if (WarnOfLabels(resource, report)) report->set_status(v1::RESULT_STATUS_UNKNOWN);
    if (IsTestData(resource)) report->set_test_message(true);
    v1::Identifier identifier;
    for (const Value& element : resource["identifier"].AsList()) {
      if (identifier.value().empty()) ReadIdentifier(element, &identifier);
    }
    const absl::string_view id = resource["id"].string();
    report->set_report_id(id.empty() ? identifier.value() : std::string(id));
    report->set_section(ReadCategories(resource));
    *report->mutable_code() = ReadCodeableConcept(resource["code"], CodeUse::kObserved, report);
    ReadFhirOrder(bundle_, resource, report);
    report->set_specimen_id(ReadSpecimenId(bundle_, resource));
    ReadSpecimenConditions(bundle_, resource, report);
    if (const auto time = ReadDateTime(resource["issued"], options_.zone, /*hour_needed=*/true, report))
      *report->mutable_issued() = base::ToProto(*time);
    for (const Value& effective :
         {resource["effectiveDateTime"], resource["effectiveInstant"], resource["effectivePeriod"]["start"]}) {
      if (const auto time = ReadDateTime(effective, options_.zone, /*hour_needed=*/false, report))
        *report->mutable_effective() = base::ToProto(*time);
    }
    const absl::string_view text_status = resource["text"]["status"].string();
    // An Observation's generated text only says again what its elements say.
    if (text_status != "empty" && (is_report || text_status != "generated")) {
      report->set_narrative(PlainTextOfHtml(resource["text"]["div"].string()));
    }
    if (is_report) ReadDocument(resource, report);
  }

  void ReadDocument(Value resource, v1::DiagnosticReport* report) {
    // What a whole resource lacks it does not say any more.
    report->set_snapshot(!IsSubset(resource));
    report->set_conclusion(std::string(resource["conclusion"].string()));
    // `codedDiagnosis` was its name before R4.
    for (const absl::string_view key : {"conclusionCode", "codedDiagnosis"}) {
      for (const Value& code : resource[key].AsList())
        *report->add_conclusion_codes() = ReadCodeableConcept(code, CodeUse::kValue, report);
    }
    // `note` is R5's; before it, senders use an extension of type Annotation.
    for (const Value& note : resource["note"].AsList()) {
      if (!note["text"].string().empty()) report->add_notes(std::string(note["text"].string()));
    }
    for (const Value& extension : resource["extension"].AsList()) {
      const absl::string_view text = extension["valueAnnotation"]["text"].string();
      if (!text.empty()) report->add_notes(std::string(text));
    }
    for (const Value& form : resource["presentedForm"].AsList()) {
      v1::Attachment attachment;
      attachment.set_content_type(std::string(form["contentType"].string()));
      attachment.set_title(std::string(form["title"].string()));
      attachment.set_url(std::string(form["url"].string()));
      const Value data = form["data"];
      const bool has_data =
          data.IsPresent() && SetAttachmentData(data.string(), AttachmentEncoding::kBase64, data.Path(), &attachment, report);
      if (has_data || !attachment.url().empty()) *report->add_presented_forms() = std::move(attachment);
    }
  }

  const Value root_;
  const Options& options_;
  const FhirBundle bundle_;
  Message& result_;
  v1::DiagnosticReport header_;
  std::vector<std::string> places_;
  absl::flat_hash_set<Value> reached_;
  int steps_ = 0;
  Budget budget_{options_.largest_message_bytes};
  bool stopped_ = false;
};

}  // namespace

Message ReadFhir(absl::string_view text, const Options& options) {
  Message result;
  result.digest = base::DigestText(text);
  json::Error error;
  const std::unique_ptr<const json::Document> document = json::Document::Parse(text, json::Limits(), &error);
  if (document == nullptr) {
    result.refused.push_back(
        Refusal(absl::StrCat(error.line, ":", error.column), absl::StrCat("this is no well-formed JSON: ", error.message)));
    return result;
  }
  Reader(document->root(), options, &result).Run();
  return result;
}

}  // namespace resultgate::intake

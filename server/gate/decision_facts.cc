#include "server/gate/decision_facts.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/base/proto_time.h"
#include "server/gate/content_digest.h"
#include "server/policy/outcomes.h"

namespace resultgate::gate {
namespace {

constexpr char kIssued[] = "issued";

std::string KnownBytes(const v1::Result& result) {
  v1::Result known;
  CopyKnown(result, &known);
  return known.SerializeAsString();
}

// Without the sender's words for them.
void AddCodes(const v1::CodeableConcept& of, google::protobuf::RepeatedPtrField<v1::Coding>* codes) {
  for (const v1::Coding& coding : of.codings()) {
    if (coding.code().empty()) continue;
    v1::Coding* code = codes->Add();
    code->set_system(coding.system());
    code->set_code(coding.code());
  }
}

}  // namespace

std::string FactsDigest(const v1::Result& result) {
  return ContentDigest(result.salt(), result.report().SerializeAsString());
}

bool IsFactsDigest(const std::string& digest, const v1::Result& result) {
  return IsContentDigest(digest, result.salt(), result.report().SerializeAsString());
}

std::string BaseDigest(const std::string& salt, v1::DiagnosticReport report) {
  report.clear_issues();
  return ContentDigest(salt, report.SerializeAsString());
}

bool IsBaseDigest(const std::string& digest, const std::string& salt, v1::DiagnosticReport report) {
  report.clear_issues();
  return IsContentDigest(digest, salt, report.SerializeAsString());
}

void CopyKnown(const v1::Result& from, v1::Result* to) {
  if (from.has_known_patient()) *to->mutable_known_patient() = from.known_patient();
  *to->mutable_confidential() = from.confidential();
  *to->mutable_determinations() = from.determinations();
  if (from.has_discussed_at()) *to->mutable_discussed_at() = from.discussed_at();
  to->set_discussed_how(from.discussed_how());
}

std::string KnownDigest(const v1::Result& result) {
  const std::string bytes = KnownBytes(result);
  return bytes.empty() ? "" : ContentDigest(result.salt(), bytes);
}

bool IsKnownDigest(const std::string& digest, const v1::Result& result) {
  const std::string bytes = KnownBytes(result);
  return bytes.empty() ? digest.empty() : IsContentDigest(digest, result.salt(), bytes);
}

std::vector<v1::DiagnosticReport> VersionsOf(const v1::Result& result) {
  if (result.versions().empty()) return {result.report()};
  return {result.versions().begin(), result.versions().end()};
}

void NoteDoubtOfIssue(const policy::Context& context, v1::DiagnosticReport* report) {
  const absl::string_view why = policy::WhyNotFromIssue(*report, context);
  const auto& issues = report->issues();
  const auto says_so = [](const v1::Issue& issue) { return issue.place() == kIssued; };
  if (why.empty() || std::any_of(issues.begin(), issues.end(), says_so)) return;
  v1::Issue* issue = report->add_issues();
  issue->set_severity(v1::Issue::SEVERITY_WARNING);
  issue->set_place(kIssued);
  issue->set_message(absl::StrCat(why, ", so legal times run from the receipt"));
}

v1::Entry::DecisionFacts LastingFacts(const v1::DiagnosticReport& report) {
  v1::Entry::DecisionFacts facts;
  AddCodes(report.code(), facts.mutable_codes());
  facts.set_section(report.section());
  facts.set_status(report.status());
  if (report.has_issued()) *facts.mutable_issued() = report.issued();
  for (const v1::Observation& observation : report.observations()) {
    v1::Entry::DecisionFacts::Unit* unit = facts.add_units();
    unit->set_unit_id(observation.id());
    AddCodes(observation.code(), unit->mutable_codes());
    unit->set_status(observation.status());
    if (observation.has_issued()) *unit->mutable_issued() = observation.issued();
  }
  return facts;
}

v1::Entry::OrderHold ToProto(const policy::OrderHold& hold) {
  v1::Entry::OrderHold proto;
  proto.set_rule_id(hold.rule_id);
  proto.set_audience(hold.audience);
  *proto.mutable_start() = base::ToProto(hold.start);
  if (hold.review_started != absl::Time()) *proto.mutable_review_started() = base::ToProto(hold.review_started);
  for (const std::string& fact : hold.unknown_facts) proto.add_unknown_facts(fact);
  proto.set_covered(hold.covered);
  return proto;
}

policy::OrderHold FromProto(const v1::Entry::OrderHold& proto) {
  policy::OrderHold hold;
  hold.rule_id = proto.rule_id();
  hold.audience = proto.audience();
  hold.start = base::FromProto(proto.start());
  if (proto.has_review_started()) hold.review_started = base::FromProto(proto.review_started());
  hold.unknown_facts = {proto.unknown_facts().begin(), proto.unknown_facts().end()};
  hold.covered = proto.covered();
  return hold;
}

}  // namespace resultgate::gate

#include "server/gate/validate.h"

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "server/policy/decide.h"
#include "server/policy/place_codes.h"

namespace resultgate::gate {
namespace {

constexpr int kMostObservations = 1000;
constexpr size_t kLongestId = 256;
constexpr size_t kMostAttachmentBytes = 3 * 1024 * 1024;

class Validator {
 public:
  std::vector<Violation> Validate(const v1::DiagnosticReport& report) {
    Text("sender", report.sender(), /*required=*/true);
    CheckPatient(report.patient());
    CheckOrder(report.order());
    if (report.occurrence() < 0) Add("occurrence", "must not be negative");
    if (report.has_issued()) CheckTime("issued", report.issued());
    if (report.has_effective()) CheckTime("effective", report.effective());
    if (report.has_message_time()) CheckTime("message_time", report.message_time());
    CheckObservations(report);
    for (int i = 0; i < report.presented_forms_size(); ++i) {
      if (report.presented_forms(i).data().size() > kMostAttachmentBytes) {
        Add(absl::StrCat("presented_forms[", i, "].data"), absl::StrCat("is larger than ", kMostAttachmentBytes, " bytes"));
      }
    }
    return std::move(violations_);
  }

 private:
  void Add(std::string field, std::string description) { violations_.push_back({std::move(field), std::move(description)}); }

  void Text(const std::string& field, const std::string& text, bool required) {
    if (required && text.empty()) Add(field, "must not be empty");
    if (text.size() > kLongestId) Add(field, absl::StrCat("is longer than ", kLongestId, " bytes"));
  }

  // The range of protobuf's own Timestamp: years 1 to 9999.
  void CheckTime(const std::string& field, const google::protobuf::Timestamp& time) {
    constexpr int64_t kFirst = -62135596800;
    constexpr int64_t kLast = 253402300799;
    if (time.seconds() < kFirst || time.seconds() > kLast || time.nanos() < 0 || time.nanos() > 999'999'999) {
      Add(field, "is no time between the years 1 and 9999");
    }
  }

  void CheckPatient(const v1::Patient& patient) {
    if (patient.identifiers().empty()) Add("patient.identifiers", "must hold at least one identifier: whose result is it");
    for (int i = 0; i < patient.identifiers_size(); ++i) {
      Text(absl::StrCat("patient.identifiers[", i, "].value"), patient.identifiers(i).value(), /*required=*/true);
    }
  }

  // A place that nobody can read binds no law, and would let go what a law holds.
  void CheckOrder(const v1::ServiceRequest& order) {
    if (order.has_jurisdictions() && order.jurisdictions().values().empty()) {
      Add("order.jurisdictions", "must name a place; leave it out where none is known");
    }
    for (int i = 0; i < order.jurisdictions().values_size(); ++i) {
      const std::string& place = order.jurisdictions().values(i);
      if (!policy::IsPlaceCode(place)) {
        Add(absl::StrCat("order.jurisdictions.values[", i, "]"),
            absl::StrCat("is no code of a place: ", policy::SuggestPlaceCode(place)));
      }
    }
  }

  void CheckObservations(const v1::DiagnosticReport& report) {
    if (report.observations_size() > kMostObservations) {
      Add("observations",
          absl::StrCat("has ", report.observations_size(), " entries, at most ", kMostObservations, " are taken"));
    }
    absl::flat_hash_set<std::string> ids;
    for (int i = 0; i < report.observations_size(); ++i) {
      const v1::Observation& observation = report.observations(i);
      const std::string path = absl::StrCat("observations[", i, "]");
      Text(path + ".id", observation.id(), /*required=*/true);
      if (observation.id() == policy::kDocument) Add(path + ".id", "must not be `document`, which names the report's document");
      if (!observation.id().empty() && !ids.insert(observation.id()).second) {
        Add(path + ".id", "stands twice in the report; ids must be unique in it");
      }
      if (observation.has_issued()) CheckTime(path + ".issued", observation.issued());
    }
  }

  std::vector<Violation> violations_;
};

}  // namespace

std::vector<Violation> Validate(const v1::DiagnosticReport& report) {
  return Validator().Validate(report);
}

}  // namespace resultgate::gate

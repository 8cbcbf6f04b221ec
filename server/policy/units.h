// The units of a report, as rules see them.
#ifndef RESULTGATE_POLICY_UNITS_H_
#define RESULTGATE_POLICY_UNITS_H_

#include <cstddef>

#include "absl/strings/string_view.h"
#include "resultgate/v1/model.pb.h"
#include "server/policy/pool.h"
#include "server/valueset/valueset.h"

namespace resultgate::policy {

// The unit id of a report's document: narrative, conclusion, notes and attached files.
inline constexpr char kDocument[] = "document";

struct Unit {
  absl::string_view id;
  const v1::Observation* observation = nullptr;  // nullptr: the document
  v1::ResultStatus status = v1::RESULT_STATUS_UNSPECIFIED;
  valueset::Membership own_sets;  // value sets that hold one of the unit's own codings: these let it go
  valueset::Membership any_sets;  // or one of its report's, order's or, for a document, files': these can hold it
};

// They point into the report and must not outlive it. Memory is used again when it is filled again. One thread at a time.
class Units {
 public:
  Units() = default;
  Units(const valueset::Registry& value_sets, const v1::DiagnosticReport& report) { Fill(value_sets, report); }
  Units(const Units&) = delete;
  Units& operator=(const Units&) = delete;

  // The units in the report's order, the document last.
  void Fill(const valueset::Registry& value_sets, const v1::DiagnosticReport& report);

  size_t size() const { return units_.size(); }
  const Unit& operator[](size_t i) const { return units_[i]; }
  const Unit& back() const { return units_[size() - 1]; }
  auto begin() const { return units_.begin(); }
  auto end() const { return units_.end(); }

 private:
  void Add(absl::string_view id, const v1::Observation* observation, v1::ResultStatus status, const valueset::Membership& own);

  Pool<Unit> units_;
  valueset::Membership of_report_, of_header_, of_observation_;
};

// True if the sender took the attached file back, or it could not be made: nothing of it is shown.
bool IsVoid(const v1::Attachment& file);

// True if the report has a document unit.
bool HasDocument(const v1::DiagnosticReport& report);

// The status of an observation: its own, but a report that is cancelled or entered in error takes all of its observations with
// it, for a withdrawal may come as the report's status alone (HL7 v2 OBR-25 X; FHIR entered-in-error).
v1::ResultStatus EffectiveStatus(const v1::DiagnosticReport& report, const v1::Observation& observation);

// The status of a unit: an observation's effective one; for the document the least final of the report's and its observations'.
// A document of which nothing is left but files that were taken back is as they are; remarks do not outlive a file that was
// wrong, because nobody can tell whether they are about it.
v1::ResultStatus UnitStatus(const v1::DiagnosticReport& report, absl::string_view unit_id);

// True for FINAL, AMENDED, CORRECTED and APPENDED.
bool IsFinal(v1::ResultStatus status);

}  // namespace resultgate::policy

#endif  // RESULTGATE_POLICY_UNITS_H_

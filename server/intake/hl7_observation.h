// OBX segments and their notes to observations and attached documents. Not thread-safe; one per report.
#ifndef RESULTGATE_INTAKE_HL7_OBSERVATION_H_
#define RESULTGATE_INTAKE_HL7_OBSERVATION_H_

#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "resultgate/v1/model.pb.h"
#include "server/intake/finish.h"
#include "server/intake/hl7_message.h"

namespace resultgate::intake {

// Fills one report. An observation is what OBX-3 and OBX-4 name; lines of text that name the same are one observation, because it
// is decided on as one; anything else that repeats them becomes an observation of its own.
class Hl7Observations {
 public:
  // `report` must outlive this; its sender must be set.
  Hl7Observations(absl::TimeZone zone, v1::DiagnosticReport* report) : zone_(zone), report_(report) {}

  void AddObx(const Hl7Segment& obx);
  // An NTE: belongs to the last OBX, or to the report where there was none or where that was a document. One that follows a
  // document that was taken back is left out with it.
  void AddNote(const Hl7Segment& nte);
  // What follows belongs to the report again.
  void EndObservation() {
    last_ = -1;
    after_void_document_ = false;
  }

 private:
  void AddDocument(const Hl7Segment& obx, bool pointer);
  void AddObservation(const Hl7Segment& obx, const std::string& type);

  const absl::TimeZone zone_;
  v1::DiagnosticReport* const report_;
  ObservationIds ids_;
  absl::flat_hash_map<std::string, int> texts_;  // position of the observation that lines of text of this identity joined
  int last_ = -1;                                // position of the last OBX's observation, or -1
  bool after_void_document_ = false;             // the last OBX was a document that is cancelled or wrong
};

}  // namespace resultgate::intake

#endif  // RESULTGATE_INTAKE_HL7_OBSERVATION_H_

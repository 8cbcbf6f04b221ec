// One HL7 v2 message to reports: which segments belong together (v2 chapter 7: ORU_R01, ORU_R30, OUL_R22 to R24). Pure,
// thread-safe.
#ifndef RESULTGATE_INTAKE_HL7_REPORT_H_
#define RESULTGATE_INTAKE_HL7_REPORT_H_

#include "server/intake/hl7_split.h"
#include "server/intake/intake.h"

namespace resultgate::intake {

// Every OBR with what follows it is a report, and so are observations that stand before the first one.
Message ReadHl7(const Hl7Text& text, const Options& options);

}  // namespace resultgate::intake

#endif  // RESULTGATE_INTAKE_HL7_REPORT_H_

// What surrounds the results of an HL7 v2 message: MSH, PID, PV1, ORC and OBR. Pure, thread-safe.
#ifndef RESULTGATE_INTAKE_HL7_HEADER_H_
#define RESULTGATE_INTAKE_HL7_HEADER_H_

#include <string>

#include "absl/time/time.h"
#include "resultgate/v1/model.pb.h"
#include "server/intake/hl7_message.h"

namespace resultgate::intake {

// `MSH-3.1|MSH-4.1`, each from its universal id where it has no name; empty where both are.
std::string SenderFromMsh(const Hl7Segment& msh);

// True if MSH-9 announces results: ORU^R01, R30 to R32, OUL^R20 to R24.
bool AnnouncesResults(const Hl7Segment& msh);

// MSH: sender, message id and time, test flag.
void ReadMsh(const Hl7Segment& msh, absl::TimeZone zone, v1::DiagnosticReport* report);

// PID, without names, addresses and telephone numbers. False if it holds no identifier.
bool ReadPid(const Hl7Segment& pid, v1::DiagnosticReport* report);

// PV1: class of encounter, facility.
void ReadPv1(const Hl7Segment& pv1, v1::ServiceRequest* order);

// ORC and OBR; either may be null, and OBR's own word counts where both speak.
void ReadOrder(const Hl7Segment* orc, const Hl7Segment* obr, absl::TimeZone zone, v1::DiagnosticReport* report);

}  // namespace resultgate::intake

#endif  // RESULTGATE_INTAKE_HL7_HEADER_H_

// What the laboratory says in words: that it doubts the specimen, or that it found something. Pure functions, thread-safe.
#ifndef RESULTGATE_COMMENT_SPECIMEN_H_
#define RESULTGATE_COMMENT_SPECIMEN_H_

#include "absl/strings/string_view.h"
#include "resultgate/v1/model.pb.h"

namespace resultgate::comment {

// True if a condition of the specimen is coded as haemolysed, clotted or contaminated (HL7 table 0493: HEM, CLOT, CON), or if its
// text or a remark of the laboratory says so in English or Spanish. `No hemolysis` does not. Errs to the careful side: then the
// comment says that the test may need repeating, and never that all is as usual.
bool IsSpecimenInDoubt(const v1::DiagnosticReport& report);

// The same for one remark.
bool DoubtsSpecimen(absl::string_view remark);

// True if an answer in words is a finding (`weakly POSITIVE`, `Indeterminado`), or says that there is none (`Not performed`,
// `pending`): nothing that a flag could call normal. English and Spanish; `not detected`, `no growth` are neither. Errs to the
// careful side: a blood group `positive` gets no verdict.
bool IsFindingOrNone(absl::string_view answer);

}  // namespace resultgate::comment

#endif  // RESULTGATE_COMMENT_SPECIMEN_H_

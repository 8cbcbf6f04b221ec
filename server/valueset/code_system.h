// Code systems: their names, and what the form of a code tells without a copy of the system.
//
// Pure functions, thread-safe.
#ifndef RESULTGATE_VALUESET_CODE_SYSTEM_H_
#define RESULTGATE_VALUESET_CODE_SYSTEM_H_

#include <string>

#include "absl/strings/string_view.h"

namespace resultgate::valueset {

// The URI of a system that value-set files name by a short word (`loinc`, `snomed`, `icd10cm`, `icd10`, `icdo3`, `v2-0074`,
// `cpt`, `radlex`, …) or by its OID (`urn:oid:2.16.840.1.113883.6.1`); any other full URI stays as it is. Empty if `word` is
// neither.
std::string SystemUri(absl::string_view word);

// True for the URI of a system that has a short word.
bool IsKnownSystem(absl::string_view uri);

// The URI that `uri` most likely was meant to be (`https://www.loinc.org/` is LOINC's, and would match nothing), or empty.
std::string MeantSystem(absl::string_view uri);

// True for the systems of the ICD family, in which the codes below a code begin with it.
bool NestsByPrefix(absl::string_view uri);

// True if the last digit of `code`, as `718-7`, is the check digit of the ones before (LOINC Users' Guide, appendix C: mod 10).
bool HasValidLoincCheckDigit(absl::string_view code);

// True if `code` is made as an SNOMED CT identifier is: 6 to 18 digits, the last of which is the check digit of the ones before
// (SNOMED CT Release File Specifications, "SCTID"; Verhoeff's dihedral check).
bool HasValidSnomedCheckDigit(absl::string_view code);

// True if a code of that system can look so; true for every code of a system whose forms are not known here.
bool LooksLikeCode(absl::string_view uri, absl::string_view code);

// What is wrong with a code, by its form alone; empty where nothing can be told. As "`LP6827-2` is a LOINC part: …".
struct WrongForm {
  std::string message;
  std::string suggestion;
};
WrongForm FindWrongForm(absl::string_view uri, absl::string_view code);

// False for what never says what was observed: diagnoses (the ICD family), answers (LOINC's LA codes), interpretations and
// units. They stand where a conclusion, a condition or a value is asked for.
bool CanNameAnObservation(absl::string_view uri, absl::string_view code);

}  // namespace resultgate::valueset

#endif  // RESULTGATE_VALUESET_CODE_SYSTEM_H_

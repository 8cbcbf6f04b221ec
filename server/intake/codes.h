// Codes and the systems they are of. Pure, thread-safe.
#ifndef RESULTGATE_INTAKE_CODES_H_
#define RESULTGATE_INTAKE_CODES_H_

#include <string>

#include "absl/strings/string_view.h"
#include "resultgate/v1/model.pb.h"

namespace resultgate::intake {

inline constexpr absl::string_view kLoinc = "http://loinc.org";
// What a code is filed under that its sender calls LOINC and that is none, so that no rule takes it for the LOINC code it looks
// like.
inline constexpr absl::string_view kInvalidLoinc = "urn:v2:LN-invalid";
inline constexpr absl::string_view kNpi = "http://hl7.org/fhir/sid/us-npi";

// Longer codes are no codes; see Coding.code.
inline constexpr size_t kLongestCode = 256;

// One to seven digits, a hyphen and the check digit of the ones before (LOINC Users' Guide: mod 10, every other digit doubled).
bool IsLoinc(absl::string_view code);

// `LA`, `LP` or `LG`, digits, hyphen, digit: a LOINC answer, part or group. Right in a value or a category, wrong as what was
// observed.
bool IsLoincPart(absl::string_view code);

// The URI of the coding system that v2 calls `name` (table 0396 and the spellings found in the wild), `urn:local:<sender>` for a
// local or empty one, `urn:v2:<name>` for one without a known URI.
std::string SystemFromV2(absl::string_view name, absl::string_view sender);

// What a coding is for: a LOINC part is right as an answer only.
enum class CodeUse { kObserved, kValue };

// Files a coding that says LOINC and is none under kInvalidLoinc. True if it had to.
bool CheckLoinc(CodeUse use, v1::Coding* coding);

// True if the coding names a final diagnosis: its coded values are conclusions of the whole report.
bool NamesFinalDiagnosis(const v1::CodeableConcept& code);

}  // namespace resultgate::intake

#endif  // RESULTGATE_INTAKE_CODES_H_

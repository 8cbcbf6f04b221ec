// What a comment shows of the report's own words: names and values, cleaned (text::PlainLine) and never altered beyond that.
// Internal to this folder. Pure functions, thread-safe.
#ifndef RESULTGATE_COMMENT_LINES_H_
#define RESULTGATE_COMMENT_LINES_H_

#include <string>
#include <vector>

#include "resultgate/v1/model.pb.h"
#include "server/comment/template.h"

namespace resultgate::comment {

// At most so many observations are listed; the rest is counted.
inline constexpr size_t kMostLines = 12;
// Characters. A longer name is cut; of a longer value or range nothing is shown, because a part of it could mislead.
inline constexpr size_t kLongestName = 80;
inline constexpr size_t kLongestValue = 80;

// The concept's text, else the first display, else empty.
std::string NameOf(const v1::CodeableConcept& codeable_concept);

// `text` by itself in a text of the other direction of writing, so that neither disorders the other; as it is elsewhere.
std::string Isolated(std::string text, const SharedWords& words);

// The value as reported with comparator and unit, as `<0.5 mg/dL`; empty if there is none or it is too long.
std::string ValueOf(const v1::Observation& observation);

// The range as printed, else from its ends; empty if there is none or it is too long.
std::string RangeOf(const v1::Observation& observation);

// `listed` are indexes of observations. One line each, then one that counts the rest. A value is shown with its range, where it
// has one, or not at all.
absl::StatusOr<std::vector<std::string>> ListObservations(const v1::DiagnosticReport& report, const std::vector<int>& listed,
                                                          const SharedWords& words);

// Every result that may be named, for whoever sees nothing but this text; those of `marked` with their mark.
absl::StatusOr<std::vector<std::string>> ListEverything(const v1::DiagnosticReport& report, const std::vector<int>& marked,
                                                        const std::vector<bool>& hidden, const SharedWords& words);

}  // namespace resultgate::comment

#endif  // RESULTGATE_COMMENT_LINES_H_

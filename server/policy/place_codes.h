// Codes of places, as orders, rules and packs name them: ISO 3166-2 (`US-KY`), or a country alone (ISO 3166-1 alpha-2, `US`).
//
// A law binds where its place is named, letter by letter: `us-ky` or `US-KT` would be nobody's law and let everything go. So
// those are refused wherever they are written. Pure functions, thread-safe.
#ifndef RESULTGATE_POLICY_PLACE_CODES_H_
#define RESULTGATE_POLICY_PLACE_CODES_H_

#include <string>

#include "absl/strings/string_view.h"

namespace resultgate::policy {

// True for a code of that form; in the United States (whose law is in policies/us) for those of ISO 3166-2:US only.
bool IsPlaceCode(absl::string_view code);

// True for `KY`: in a pack for the United States it means Kentucky, as a code it is the Cayman Islands.
bool IsBareState(absl::string_view code);

// What to write instead of a word that is no code, or that is a bare state.
std::string SuggestPlaceCode(absl::string_view word);

}  // namespace resultgate::policy

#endif  // RESULTGATE_POLICY_PLACE_CODES_H_

#include "server/audit/filter_values.h"

#include "absl/strings/str_cat.h"

namespace resultgate::audit {

bool HasText(FilterField field) {
  return field == FilterField::kActor || field == FilterField::kRule;
}

std::string TermPrefix(FilterField field) {
  switch (field) {
    case FilterField::kActor:
      return "actor=";
    case FilterField::kAudience:
      return "audience=";
    case FilterField::kBasis:
      return "basis=";
    case FilterField::kDisposition:
      return "disposition=";
    case FilterField::kKind:
      return "kind=";
    case FilterField::kRule:
      return "rule=";
    default:
      return "state=";
  }
}

std::string TermOf(FilterField field, int64_t number, const std::string& text) {
  return HasText(field) ? TermPrefix(field) + text : absl::StrCat(TermPrefix(field), number);
}

}  // namespace resultgate::audit

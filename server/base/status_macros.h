// Passing a failure on: absl 20220623 has no macros of its own for it.
#ifndef RESULTGATE_BASE_STATUS_MACROS_H_
#define RESULTGATE_BASE_STATUS_MACROS_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// Returns from the enclosing function if `expression`, an absl::Status, is not OK.
#define RG_RETURN_IF_ERROR(expression)                                            \
  do {                                                                            \
    if (absl::Status rg_status = (expression); !rg_status.ok()) return rg_status; \
  } while (false)

#define RG_CONCAT_INNER(a, b) a##b
#define RG_CONCAT(a, b) RG_CONCAT_INNER(a, b)

// `RG_ASSIGN_OR_RETURN(auto x, F());` declares x, or returns F's error from the enclosing function.
#define RG_ASSIGN_OR_RETURN(declaration, expression) \
  RG_ASSIGN_OR_RETURN_INNER(RG_CONCAT(rg_statusor_, __LINE__), declaration, expression)
#define RG_ASSIGN_OR_RETURN_INNER(statusor, declaration, expression) \
  auto statusor = (expression);                                      \
  if (!statusor.ok()) return std::move(statusor).status();           \
  declaration = *std::move(statusor)

#endif  // RESULTGATE_BASE_STATUS_MACROS_H_

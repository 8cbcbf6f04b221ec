// Decisions as a table: one row per report and distinct decision.
#ifndef RESULTGATE_APP_DECISION_TABLE_H_
#define RESULTGATE_APP_DECISION_TABLE_H_

#include <google/protobuf/repeated_ptr_field.h>

#include <string>

#include "absl/time/time.h"
#include "resultgate/v1/comment.pb.h"
#include "resultgate/v1/decision.pb.h"
#include "resultgate/v1/model.pb.h"
#include "server/app/table.h"

namespace resultgate::app {

// The columns, about 200 characters wide together.
Table DecisionTable();

// A row per outcome, with whose turn it is at `now`. `note` stands beside what is decided where it says more than "new", as
// `version 2`.
void AddDecision(const v1::DiagnosticReport& report, const v1::Decision& decision,
                 const google::protobuf::RepeatedPtrField<v1::Comment>& comments, const std::string& note, absl::TimeZone zone,
                 absl::Time now, Table* table);

}  // namespace resultgate::app

#endif  // RESULTGATE_APP_DECISION_TABLE_H_

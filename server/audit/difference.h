// Where two messages of the same type differ, in words for a person. Pure; thread-safe.
#ifndef RESULTGATE_AUDIT_DIFFERENCE_H_
#define RESULTGATE_AUDIT_DIFFERENCE_H_

#include <google/protobuf/message.h>

#include <string>
#include <vector>

namespace resultgate::audit {

// One line for each field that differs, in the order of fields: `review.expires_at: logged 2026-03-09T13:00:00Z, now
// 2026-03-10T13:00:00Z`. Empty where the messages are equal. What is meant for the log has no patient data, so neither has this.
std::vector<std::string> Differences(const google::protobuf::Message& logged, const google::protobuf::Message& now);

}  // namespace resultgate::audit

#endif  // RESULTGATE_AUDIT_DIFFERENCE_H_

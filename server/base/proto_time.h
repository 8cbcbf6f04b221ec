// Between absl::Time and protobuf's Timestamp and Duration, and how a time is written for people and files.
// Pure functions, thread-safe.
#ifndef RESULTGATE_BASE_PROTO_TIME_H_
#define RESULTGATE_BASE_PROTO_TIME_H_

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/timestamp.pb.h>

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace resultgate::base {

google::protobuf::Timestamp ToProto(absl::Time time);
absl::Time FromProto(const google::protobuf::Timestamp& timestamp);

google::protobuf::Duration ToProto(absl::Duration duration);
absl::Duration FromProto(const google::protobuf::Duration& duration);

// RFC 3339 in UTC, to the second, as `2026-03-06T21:05:00Z`.
std::string FormatUtc(absl::Time time);

// Reads RFC 3339 with a zone; false if `text` is none.
bool ParseRfc3339(absl::string_view text, absl::Time* time);

}  // namespace resultgate::base

#endif  // RESULTGATE_BASE_PROTO_TIME_H_

// A protobuf message as bytes that are the same each time. Pure functions, thread-safe.
#ifndef RESULTGATE_BASE_PROTO_BYTES_H_
#define RESULTGATE_BASE_PROTO_BYTES_H_

#include <google/protobuf/message_lite.h>

#include <string>

namespace resultgate::base {

// As `SerializeAsString`, with maps in the order of their keys.
std::string DeterministicBytes(const google::protobuf::MessageLite& message);

}  // namespace resultgate::base

#endif  // RESULTGATE_BASE_PROTO_BYTES_H_

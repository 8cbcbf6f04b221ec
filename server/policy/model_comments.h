// What the comments of the model's .proto files say of its fields and values: the documentation of the facts.
//
// The generated classes carry no comments. The build embeds the descriptors that protoc writes with --include_source_info.
// Immutable once read, thread-safe.
#ifndef RESULTGATE_POLICY_MODEL_COMMENTS_H_
#define RESULTGATE_POLICY_MODEL_COMMENTS_H_

#include <google/protobuf/descriptor.h>

#include <string>

namespace resultgate::policy {

// The comment before a field, value or message of model.proto and decision.proto, as one paragraph; empty where there is none.
std::string CommentOf(const google::protobuf::FieldDescriptor& field);
std::string CommentOf(const google::protobuf::EnumValueDescriptor& value);
std::string CommentOf(const google::protobuf::Descriptor& message);

// The first sentence of a comment.
std::string FirstSentence(const std::string& comment);

}  // namespace resultgate::policy

#endif  // RESULTGATE_POLICY_MODEL_COMMENTS_H_

#include "server/policy/model_comments.h"

#include <google/protobuf/descriptor.pb.h>

#include "absl/strings/ascii.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "server/policy/embedded.h"

namespace resultgate::policy {
namespace {

using google::protobuf::DescriptorPool;

const DescriptorPool& Pool() {
  static const DescriptorPool* const kPool = [] {
    google::protobuf::FileDescriptorSet files;
    const absl::string_view bytes = Embedded("model.descriptor");
    files.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
    auto* pool = new DescriptorPool;
    for (const google::protobuf::FileDescriptorProto& file : files.file()) pool->BuildFile(file);
    return pool;
  }();
  return *kPool;
}

template <typename Descriptor>
std::string Comment(const Descriptor* documented) {
  google::protobuf::SourceLocation location;
  if (documented == nullptr || !documented->GetSourceLocation(&location)) return "";
  return absl::StrJoin(absl::StrSplit(location.leading_comments, absl::ByAnyChar(" \n"), absl::SkipEmpty()), " ");
}

}  // namespace

std::string CommentOf(const google::protobuf::FieldDescriptor& field) {
  return Comment(Pool().FindFieldByName(field.full_name()));
}

std::string CommentOf(const google::protobuf::EnumValueDescriptor& value) {
  return Comment(Pool().FindEnumValueByName(value.full_name()));
}

std::string CommentOf(const google::protobuf::Descriptor& message) {
  return Comment(Pool().FindMessageTypeByName(message.full_name()));
}

std::string FirstSentence(const std::string& comment) {
  for (size_t at = comment.find(". "); at != std::string::npos; at = comment.find(". ", at + 1)) {
    if (at + 2 < comment.size() && !absl::ascii_islower(static_cast<unsigned char>(comment[at + 2])))
      return comment.substr(0, at + 1);
  }
  return comment;
}

}  // namespace resultgate::policy

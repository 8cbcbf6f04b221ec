// The style of the API: a comment on every element, and the names that buf's STANDARD lint asks for, as far as they can be seen
// in the descriptors. Pure functions; a problem is one line, `file:line: element: what is wrong`.
#ifndef RESULTGATE_TESTS_PROTO_STYLE_H_
#define RESULTGATE_TESTS_PROTO_STYLE_H_

#include <google/protobuf/descriptor.pb.h>

#include <string>
#include <vector>

namespace resultgate::style {

// All problems of the files of package resultgate.v1; the others (declared only because no Debian package has them) are left
// alone. `files` were made with --include_source_info.
std::vector<std::string> Check(const google::protobuf::FileDescriptorSet& files);

}  // namespace resultgate::style

#endif  // RESULTGATE_TESTS_PROTO_STYLE_H_

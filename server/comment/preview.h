// What every wording looks like: samples made up for each, because a person signs what they have seen. Pure functions,
// thread-safe.
#ifndef RESULTGATE_COMMENT_PREVIEW_H_
#define RESULTGATE_COMMENT_PREVIEW_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "resultgate/v1/comment.pb.h"
#include "resultgate/v1/model.pb.h"
#include "server/comment/library.h"

namespace resultgate::comment {

struct Preview {
  std::string template_id;
  std::string variant;
  v1::Comment comment;
  // As somebody in hospital reads it; empty where that is the same.
  v1::Comment in_hospital;
  v1::DiagnosticReport report;  // the values that were made up
};

// Every wording of a template (of all, where `id` is empty) in every language it has, with made-up values of the kind that leads
// to it. A sentence before another wording is shown before one.
std::vector<Preview> Previews(const Library& library, absl::string_view id);

// What somebody in hospital is told to do; empty where that is the same as elsewhere.
std::string ToDoInHospital(const Preview& preview);

// All of them on one page, in sections by template; complete HTML without outside parts.
std::string PreviewPage(const Library& library, const std::vector<Preview>& previews);

}  // namespace resultgate::comment

#endif  // RESULTGATE_COMMENT_PREVIEW_H_

// One comment, from a request to its sections. Internal to this folder. Pure functions, thread-safe.
#ifndef RESULTGATE_COMMENT_RENDER_H_
#define RESULTGATE_COMMENT_RENDER_H_

#include <vector>

#include "resultgate/v1/comment.pb.h"
#include "server/comment/library.h"
#include "server/comment/template.h"

namespace resultgate::comment {

// Library::Render. `contacts`: by language, as a text of it shows them.
v1::Comment Render(const Templates& templates, const std::vector<Contacts>& contacts, const Library::Options& options,
                   const Request& request);

// As if the report's codes led to this template alone.
v1::Comment RenderAs(const Templates& templates, const std::vector<Contacts>& contacts, const Library::Options& options,
                     const Request& request, int template_index);

}  // namespace resultgate::comment

#endif  // RESULTGATE_COMMENT_RENDER_H_

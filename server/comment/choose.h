// Which templates speak of a report, the most specific first. Internal to this folder. Pure functions, thread-safe.
#ifndef RESULTGATE_COMMENT_CHOOSE_H_
#define RESULTGATE_COMMENT_CHOOSE_H_

#include <string>
#include <vector>

#include "resultgate/v1/model.pb.h"
#include "server/comment/template.h"

namespace resultgate::comment {

struct Candidate {
  int template_index = 0;
  const char* because = "";
};

struct Choice {
  // By exact code of the report, of all observations, by value set of the report, of all observations, by section: the first
  // template of each step, each once. The generic template is not among them: it follows from the wording.
  std::vector<Candidate> candidates;
  // By observation: false where a template with `verdict: none` knows it, or its report; or one with `own_goal_with` a condition
  // that the patient is known to have, or that is the reason for the order.
  std::vector<bool> judged;
  // By observation: the template that knows its code best, exactly or by the narrowest value set; -1 if none does.
  std::vector<int> own;
  // By observation: true where a template with `names: hidden` knows it.
  std::vector<bool> hidden;
  // True if the report's own name must not be shown: it or one of its observations is hidden.
  bool hides_report = false;
};

Choice Choose(const Templates& templates, const v1::DiagnosticReport& report);

}  // namespace resultgate::comment

#endif  // RESULTGATE_COMMENT_CHOOSE_H_

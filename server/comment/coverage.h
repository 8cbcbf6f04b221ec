// Which templates real reports would get, and which codes have none of their own. Not thread-safe; one per run.
#ifndef RESULTGATE_COMMENT_COVERAGE_H_
#define RESULTGATE_COMMENT_COVERAGE_H_

#include <map>
#include <string>
#include <vector>

#include "resultgate/v1/model.pb.h"
#include "server/comment/library.h"
#include "server/valueset/valueset.h"

namespace resultgate::comment {

class Coverage {
 public:
  // `library`, in development mode, and the value sets that it was loaded with outlive this.
  Coverage(const Library& library, const valueset::Registry& value_sets, absl::TimeZone zone);

  // Renders the report as if all its final units were released to the patient now.
  void Add(const v1::DiagnosticReport& report);

  struct Use {
    std::string template_id;
    std::string variant;
    std::string language;
    bool specific = false;  // not the generic template of its wording
    int reports = 0;
  };
  // In order of count, then of name.
  std::vector<Use> Uses() const;

  // A code of which a single result would get a generic comment.
  struct Missing {
    std::string system;
    std::string code;
    std::string display;
    int observations = 0;
  };
  std::vector<Missing> WithoutTemplate() const;

  int reports() const { return reports_; }
  int specific_reports() const { return specific_reports_; }
  // Final laboratory and microbiology observations with a valid LOINC code; and of those, the ones whose code, or whose report's,
  // leads to a specific template.
  int observations() const { return observations_; }
  int covered_observations() const { return covered_observations_; }
  // Of those, the ones of which a specific template speaks: in the report's comment, or in its part of a generic one.
  int commented_observations() const { return commented_observations_; }
  // The same of those whose own code is of a class that templates serve: one of its value sets holds a code that a template
  // knows. What is left out are body measures, questionnaires and the like.
  int served_observations() const { return served_observations_; }
  int served_commented_observations() const { return served_commented_observations_; }

 private:
  const Library& library_;
  const valueset::Registry& value_sets_;
  valueset::Membership served_sets_;
  const absl::TimeZone zone_;
  std::map<std::string, Use> uses_;
  std::map<std::string, Missing> missing_;
  int reports_ = 0;
  int specific_reports_ = 0;
  int observations_ = 0;
  int covered_observations_ = 0;
  int commented_observations_ = 0;
  int served_observations_ = 0;
  int served_commented_observations_ = 0;
};

}  // namespace resultgate::comment

#endif  // RESULTGATE_COMMENT_COVERAGE_H_

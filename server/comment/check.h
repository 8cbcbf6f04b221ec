// Checks of wordings that need no reader: what `resultgate comment check` holds against templates that load.
//
// Every issue begins with the name of its check in brackets. Pure functions, thread-safe.
//
// - `reading-level`: English Flesch-Kincaid grade over 6; Spanish Fernández Huerta under 70 or INFLESZ not over 65. Of a
// template's
//   own words, without the language's shared ones, which are measured by themselves. For other languages there is no measure.
// - `sentence-length`: a sentence of more than 20 words; in a language without a measure, of more than 15.
// - `abbreviation`, `jargon`, `reassurance`, `diagnosis`: by the language's lists (`checks` in <language>.yaml).
// - `next-step`: a `to_do` of a template's own that leaves out when or where the step's words would have it.
// - `arguments`: a section that uses other arguments than the same section in another language.
// - `telephone`: a number in a wording.
// - `title`: none.
// - `sign-off`: missing (a warning where nothing at all is signed, else an error), of another text, or overdue.
#ifndef RESULTGATE_COMMENT_CHECK_H_
#define RESULTGATE_COMMENT_CHECK_H_

#include <string>
#include <vector>

#include "absl/time/civil_time.h"
#include "resultgate/v1/comment.pb.h"
#include "server/base/file_issue.h"
#include "server/comment/library.h"

namespace resultgate::comment {

// The grade that a text may have, and what says the same in Spanish.
inline constexpr double kHighestGrade = 6;
inline constexpr double kLowestFernandezHuerta = 70;
inline constexpr double kLowestInflesz = 65;
inline constexpr int kLongestSentence = 20;
inline constexpr int kLongestUnmeasuredSentence = 15;

// Everything that is wrong on the day `today`, in order of template.
void CheckWordings(const Library& library, absl::CivilDay today, base::FileIssues* issues);

// How a text reads: the measures of its language in words, and whether it is easy enough.
struct ReadingLevel {
  bool easy = true;
  std::string measures;  // `grade 7.2 (Flesch-Kincaid), 8.1 (SMOG)`; empty for a language without a measure
  std::string hardest;   // the sentence that drives it; empty where easy
};
ReadingLevel ReadingLevelOf(absl::string_view text, absl::string_view language, const std::vector<std::string>& exempt = {});

}  // namespace resultgate::comment

#endif  // RESULTGATE_COMMENT_CHECK_H_

#include "server/gate/page_token.h"

#include <vector>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "server/base/digest.h"

namespace resultgate::gate {
namespace {

constexpr size_t kQuestionBytes = 16;  // of its digest
constexpr char kNewest[] = "n";
constexpr char kOldest[] = "o";

// AT.SNAPSHOT.ORDER.QUESTION.LOG.CODE
enum Part { kAt, kSnapshot, kOrder, kQuestion, kLog, kCode, kParts };

std::string QuestionDigits(absl::string_view question) {
  return absl::BytesToHexString(base::Sha256(question).substr(0, kQuestionBytes));
}

std::string LogDigits(const store::LogReader& log) {
  return absl::BytesToHexString(log.key().id());
}

std::string CodeOf(const store::LogReader& log, absl::string_view said) {
  return absl::WebSafeBase64Escape(log.Authenticate(absl::StrCat("page token\n", said)));
}

absl::Status Refusal(absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("page_token ", why, "; begin again without one"));
}

}  // namespace

std::string MakePageToken(const store::LogReader& log, absl::string_view question, const PagePlace& place) {
  const std::string said = absl::StrCat(place.at, ".", place.snapshot, ".", place.newest_first ? kNewest : kOldest, ".",
                                        QuestionDigits(question), ".", LogDigits(log));
  return absl::StrCat(said, ".", CodeOf(log, said));
}

absl::StatusOr<PagePlace> OpenPageToken(const store::LogReader& log, absl::string_view question, absl::string_view token) {
  const std::vector<std::string> parts = absl::StrSplit(token, '.');
  PagePlace place;
  if (parts.size() != kParts || !absl::SimpleAtoi(parts[kAt], &place.at) ||
      !absl::SimpleAtoi(parts[kSnapshot], &place.snapshot) || place.at < 1 || place.snapshot < 0 ||
      (parts[kOrder] != kNewest && parts[kOrder] != kOldest)) {
    return Refusal("is none that this service gave");
  }
  place.newest_first = parts[kOrder] == kNewest;
  if (parts[kLog] != LogDigits(log)) return Refusal("is of another server, or from before the key of its log was changed");
  const absl::string_view said = token.substr(0, token.size() - parts[kCode].size() - 1);
  if (!base::EqualInConstantTime(parts[kCode], CodeOf(log, said))) return Refusal("was changed since this service gave it");
  if (parts[kQuestion] != QuestionDigits(question)) {
    return Refusal("belongs to another question: what is asked for, or who asks, is not what it was");
  }
  return place;
}

}  // namespace resultgate::gate

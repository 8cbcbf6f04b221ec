#include "server/gate/clinician_words.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/proto_time.h"
#include "server/comment/check.h"
#include "server/gate/content_digest.h"

namespace resultgate::gate {
namespace {

const v1::ClinicianComment* LatestWords(const v1::Result& result, const std::vector<std::string>& unit_ids) {
  for (int i = result.clinician_comments_size(); i-- > 0;) {
    const v1::ClinicianComment& words = result.clinician_comments(i);
    const bool about = std::find_first_of(words.unit_ids().begin(), words.unit_ids().end(), unit_ids.begin(), unit_ids.end()) !=
                       words.unit_ids().end();
    if (about && words.version() == result.version()) return &words;
  }
  return nullptr;
}

bool SeesAll(const v1::ClinicianComment& words, const policy::Outcomes& outcomes, v1::Audience audience) {
  std::set<std::string> unseen(words.unit_ids().begin(), words.unit_ids().end());
  for (const v1::Outcome& outcome : outcomes) {
    const bool out = outcome.state() == v1::OUTCOME_STATE_RELEASED || outcome.state() == v1::OUTCOME_STATE_PUBLISHED;
    if (!out || std::find(outcome.audiences().begin(), outcome.audiences().end(), audience) == outcome.audiences().end())
      continue;
    for (const std::string& unit : outcome.unit_ids()) unseen.erase(unit);
  }
  return unseen.empty();
}

}  // namespace

void KeepWords(const v1::ApproveReviewRequest& request, absl::Time now, v1::Result* result) {
  if (request.comment().text().empty()) return;
  std::set<std::string> about(request.unit_ids().begin(), request.unit_ids().end());
  if (about.empty()) {
    for (const v1::Outcome& outcome : result->decision().outcomes())
      about.insert(outcome.unit_ids().begin(), outcome.unit_ids().end());
  }
  v1::ClinicianComment* words = result->add_clinician_comments();
  words->set_text(request.comment().text());
  words->set_replaces_template(request.comment().replaces_template());
  words->set_author(request.reviewer());
  *words->mutable_written_at() = base::ToProto(now);
  for (const std::string& unit : about) words->add_unit_ids(unit);
  words->set_version(result->version());
}

const v1::ClinicianComment* WordsFor(const v1::Result& result, const policy::Outcomes& outcomes,
                                     const std::vector<std::string>& unit_ids, const std::vector<v1::Audience>& audiences) {
  const v1::ClinicianComment* words = LatestWords(result, unit_ids);
  if (words == nullptr) return nullptr;
  const bool all_see =
      std::all_of(audiences.begin(), audiences.end(), [&](v1::Audience audience) { return SeesAll(*words, outcomes, audience); });
  return all_see ? words : nullptr;
}

std::vector<PlannedRelease> CutByWords(const v1::Result& result, const policy::Outcomes& outcomes,
                                       std::vector<PlannedRelease> releases) {
  std::vector<PlannedRelease> cut;
  for (PlannedRelease& release : releases) {
    const v1::ClinicianComment* words = LatestWords(result, release.unit_ids);
    const auto others = std::stable_partition(release.audiences.begin(), release.audiences.end(), [&](v1::Audience audience) {
      return words == nullptr || release.kind == v1::RELEASE_KIND_RETRACTION || SeesAll(*words, outcomes, audience);
    });
    if (others != release.audiences.begin() && others != release.audiences.end()) {
      PlannedRelease without = release;
      without.audiences.assign(others, release.audiences.end());
      release.audiences.erase(others, release.audiences.end());
      cut.push_back(std::move(release));
      cut.push_back(std::move(without));
    } else {
      cut.push_back(std::move(release));
    }
  }
  return cut;
}

void NoteWords(const v1::ApproveReviewRequest& request, const std::string& salt, v1::Entry::Approved* approved) {
  if (request.comment().text().empty()) return;
  approved->set_comment_digest(ContentDigestText(salt, request.comment().text()));
  approved->set_comment_replaces_template(request.comment().replaces_template());
}

std::vector<std::string> ReadingHints(const v1::ApproveReviewRequest& request, const std::string& language) {
  const comment::ReadingLevel level = comment::ReadingLevelOf(request.comment().text(), language);
  if (level.easy) return {};
  return {absl::StrCat("your comment reads at ", level.measures, "; patients read best up to grade 6"),
          absl::StrCat("the hardest sentence is: ", level.hardest)};
}

}  // namespace resultgate::gate

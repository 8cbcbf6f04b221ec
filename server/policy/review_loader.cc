#include "server/policy/review_loader.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace resultgate::policy {
namespace {

using base::FileIssues;
using yaml::Document;
using yaml::MapReader;
using yaml::Node;

constexpr absl::string_view kOnExpiryForms = "`release`, `release_with_outreach` or `{escalate: {to: …, for: …, then: …}}`";

// One of the words of `on_expiry` that end a review.
std::optional<v1::OnExpiry> ReadEnding(const std::string& word) {
  if (word == "release") return v1::ON_EXPIRY_RELEASE;
  if (word == "release_with_outreach") return v1::ON_EXPIRY_RELEASE_WITH_OUTREACH;
  return std::nullopt;
}

}  // namespace

ReviewAsk LoadReview(const Document& document, const Node& node, const std::string& what,
                     const std::vector<std::string>& known_owners, FileIssues* issues) {
  ReviewAsk review;
  MapReader map(document, node, what, issues);
  if (!map.valid()) return review;
  const auto read_span = [&](MapReader* reader, absl::string_view key) {
    const std::string text = reader->RequiredText(key);
    const std::optional<calendar::Span> span = calendar::ParseSpan(text);
    if (!span.has_value() && !text.empty()) {
      document.Error(reader->node().Find(key)->place, absl::StrCat("`", text, "` is no length of time"),
                     absl::StrCat("write ", calendar::kSpanForms), issues);
    }
    return span.value_or(calendar::Span{});
  };
  const auto check_owner = [&](const std::string& owner, const base::Place& place) {
    if (std::find(known_owners.begin(), known_owners.end(), owner) != known_owners.end()) return;
    document.Error(place, absl::StrCat("`", owner, "` is neither a role nor one of the pack's `pools`"),
                   base::Suggest(owner, known_owners), issues);
  };
  if (const Node* owners = map.Required("owners"); owners != nullptr) {
    review.owners = map.OptionalTexts("owners");
    for (const std::string& owner : review.owners) check_owner(owner, owners->place);
    if (review.owners.empty()) document.Error(owners->place, "a review needs at least one owner", "", issues);
  }
  review.each = read_span(&map, "each");
  review.expires = read_span(&map, "expires");
  const Node* on_expiry = map.Required("on_expiry");
  if (on_expiry != nullptr && on_expiry->IsScalar()) {
    const std::optional<v1::OnExpiry> ending = ReadEnding(on_expiry->text);
    if (!ending) {
      document.Error(on_expiry->place, absl::StrCat("`", on_expiry->text, "` is no end of a review"),
                     absl::StrCat("write ", kOnExpiryForms), issues);
    }
    review.on_expiry = ending.value_or(v1::ON_EXPIRY_RELEASE);
  } else if (on_expiry != nullptr) {
    MapReader outer(document, *on_expiry, "`on_expiry`", issues);
    const Node* escalate = outer.Required("escalate");
    outer.RefuseUnknownKeys();
    if (escalate != nullptr) {
      MapReader inner(document, *escalate, "`escalate`", issues);
      review.on_expiry = v1::ON_EXPIRY_ESCALATE;
      review.escalate_to = inner.RequiredText("to");
      if (!review.escalate_to.empty()) check_owner(review.escalate_to, escalate->place);
      if (std::find(std::begin(kRoles), std::end(kRoles), review.escalate_to) != std::end(kRoles)) {
        document.Error(escalate->place, absl::StrCat("`", review.escalate_to, "` may be nobody, and nobody comes after"),
                       "escalate to one of the pack's `pools`", issues);
      }
      review.escalate_for = read_span(&inner, "for");
      const std::string then = inner.RequiredText("then");
      const std::optional<v1::OnExpiry> ending = ReadEnding(then);
      if (!ending && !then.empty()) {
        document.Error(escalate->place, absl::StrCat("`then: ", then, "` is no end of an escalation"),
                       "one of `release`, `release_with_outreach`", issues);
      }
      review.after_escalation = ending.value_or(v1::ON_EXPIRY_RELEASE);
      inner.RefuseUnknownKeys();
    }
  }
  map.RefuseUnknownKeys();
  return review;
}

}  // namespace resultgate::policy

#include "server/policy/review_loader.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "server/policy/condition_loader.h"

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

class ReviewReader {
 public:
  ReviewReader(const Document& document, const std::vector<std::string>& known_owners, const expr::Environment* environment,
               FileIssues* issues)
      : document_(document), known_owners_(known_owners), environment_(environment), issues_(issues) {}

  ReviewAsk Read(const Node& node, const std::string& what) {
    ReviewAsk review;
    MapReader map(document_, node, what, issues_);
    if (!map.valid()) return review;
    if (const Node* owners = map.Required("owners"); owners != nullptr) {
      review.owners = map.OptionalTexts("owners");
      for (const std::string& owner : review.owners) CheckOwner(owner, owners->place);
      if (review.owners.empty()) Error(owners->place, "a review needs at least one owner", "");
    }
    review.each = ReadSpan(&map, "each");
    review.expires = ReadSpan(&map, "expires");
    const Node* on_expiry = map.Required("on_expiry");
    if (on_expiry != nullptr) ReadOnExpiry(*on_expiry, &review);
    if (const Node* protocol = map.Optional("protocol"); protocol != nullptr) ReadProtocol(*protocol, what, &review);
    map.RefuseUnknownKeys();
    return review;
  }

 private:
  void Error(const base::Place& place, std::string message, std::string suggestion) {
    document_.Error(place, std::move(message), std::move(suggestion), issues_);
  }

  calendar::Span ReadSpan(MapReader* map, absl::string_view key) {
    const std::string text = map->RequiredText(key);
    const std::optional<calendar::Span> span = calendar::ParseSpan(text);
    if (!span.has_value() && !text.empty()) {
      Error(map->node().Find(key)->place, absl::StrCat("`", text, "` is no length of time"),
            absl::StrCat("write ", calendar::kSpanForms));
    }
    return span.value_or(calendar::Span{});
  }

  void CheckOwner(const std::string& owner, const base::Place& place) {
    if (std::find(known_owners_.begin(), known_owners_.end(), owner) != known_owners_.end()) return;
    Error(place, absl::StrCat("`", owner, "` is neither a role nor one of the pack's `pools`"),
          base::Suggest(owner, known_owners_));
  }

  void ReadOnExpiry(const Node& node, ReviewAsk* review) {
    if (node.IsScalar()) {
      const std::optional<v1::OnExpiry> ending = ReadEnding(node.text);
      if (!ending) {
        Error(node.place, absl::StrCat("`", node.text, "` is no end of a review"), absl::StrCat("write ", kOnExpiryForms));
      }
      review->on_expiry = ending.value_or(v1::ON_EXPIRY_RELEASE);
      return;
    }
    MapReader outer(document_, node, "`on_expiry`", issues_);
    const Node* escalate = outer.Required("escalate");
    outer.RefuseUnknownKeys();
    if (escalate != nullptr) ReadEscalation(*escalate, review);
  }

  void ReadEscalation(const Node& node, ReviewAsk* review) {
    MapReader map(document_, node, "`escalate`", issues_);
    review->on_expiry = v1::ON_EXPIRY_ESCALATE;
    review->escalate_to = map.RequiredText("to");
    if (!review->escalate_to.empty()) CheckOwner(review->escalate_to, node.place);
    if (IsRole(review->escalate_to)) {
      Error(node.place, absl::StrCat("`", review->escalate_to, "` may be nobody, and nobody comes after"),
            "escalate to one of the pack's `pools`");
    }
    review->escalate_for = ReadSpan(&map, "for");
    const std::string then = map.RequiredText("then");
    const std::optional<v1::OnExpiry> ending = ReadEnding(then);
    if (!ending && !then.empty()) {
      Error(node.place, absl::StrCat("`then: ", then, "` is no end of an escalation"),
            "one of `release`, `release_with_outreach`");
    }
    review->after_escalation = ending.value_or(v1::ON_EXPIRY_RELEASE);
    map.RefuseUnknownKeys();
  }

  void ReadProtocol(const Node& node, const std::string& what, ReviewAsk* review) {
    if (environment_ == nullptr) {
      Error(node.place, absl::StrCat(what, " can have no `protocol`: no rule says what it is about"),
            "write it into the review of a rule");
      return;
    }
    MapReader map(document_, node, "`protocol`", issues_);
    if (!map.valid()) return;
    ReviewAsk::Protocol protocol;
    protocol.pool = map.RequiredText("pool");
    if (!protocol.pool.empty()) CheckPool(protocol.pool, map.node().Find("pool")->place, *review);
    const Node* covers = map.Required("covers");
    if (covers != nullptr) protocol.covers = LoadCondition(document_, *covers, "`covers`", *environment_, issues_);
    protocol.each = ReadSpan(&map, "each");
    map.RefuseUnknownKeys();
    if (protocol.covers != nullptr) review->protocol = std::move(protocol);
  }

  void CheckPool(const std::string& pool, const base::Place& place, const ReviewAsk& review) {
    std::vector<std::string> pools = known_owners_;
    pools.erase(std::remove_if(pools.begin(), pools.end(), IsRole), pools.end());
    if (std::find(pools.begin(), pools.end(), pool) == pools.end()) {
      Error(place, absl::StrCat("`", pool, "` is none of the pack's `pools`"), base::Suggest(pool, pools));
    } else if (std::find(review.owners.begin(), review.owners.end(), pool) != review.owners.end()) {
      Error(place, absl::StrCat("`", pool, "` is one of the `owners` too, who decide whatever the protocol covers"),
            "leave it out of `owners`, or leave `protocol` out");
    }
  }

  const Document& document_;
  const std::vector<std::string>& known_owners_;
  const expr::Environment* const environment_;
  FileIssues* const issues_;
};

}  // namespace

bool IsRole(absl::string_view name) {
  return std::find(std::begin(kRoles), std::end(kRoles), name) != std::end(kRoles);
}

ReviewAsk LoadReview(const Document& document, const Node& node, const std::string& what,
                     const std::vector<std::string>& known_owners, const expr::Environment* environment, FileIssues* issues) {
  return ReviewReader(document, known_owners, environment, issues).Read(node, what);
}

}  // namespace resultgate::policy

#include <utility>

#include "server/comment/template.h"

namespace resultgate::comment {

Pattern::Pattern(std::shared_ptr<const text::Message> message, absl::string_view source, base::Place place)
    : message_(std::move(message)), source_(source), place_(std::move(place)) {
  if (message_ == nullptr || !message_->arguments().empty()) return;
  if (absl::StatusOr<std::string> text = message_->Format({}); text.ok()) fixed_ = *std::move(text);
}

absl::StatusOr<std::string> Pattern::Render(const std::vector<text::Message::NamedValue>& values) const {
  if (message_ == nullptr || message_->arguments().empty()) return fixed_;
  return message_->Format(values);
}

}  // namespace resultgate::comment

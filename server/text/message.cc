#include "server/text/message.h"

#include <unicode/datefmt.h>
#include <unicode/gregocal.h>
#include <unicode/locid.h>
#include <unicode/messagepattern.h>
#include <unicode/msgfmt.h>
#include <unicode/timezone.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <mutex>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"

namespace resultgate::text {
namespace {

constexpr absl::CivilDay kEpoch(1970, 1, 1);
constexpr double kMillisecondsOfDay = 86'400'000.0;

icu::UnicodeString FromUtf8(absl::string_view text) {
  return icu::UnicodeString::fromUTF8(icu::StringPiece(text.data(), static_cast<int32_t>(text.size())));
}

// Bytes of UTF-8 before the UTF-16 code unit `index`.
size_t ByteOffset(const icu::UnicodeString& text, int32_t index) {
  std::string before;
  text.tempSubString(0, index).toUTF8String(before);
  return before.size();
}

// Where ICU names no place: the brace that nothing closes (quoting left aside), and the first word that asks for an `other`.
size_t UnclosedBrace(absl::string_view pattern) {
  std::vector<size_t> open;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '{') open.push_back(i);
    if (pattern[i] == '}' && !open.empty()) open.pop_back();
  }
  return open.empty() ? 0 : open.back();
}

size_t FirstSelector(absl::string_view pattern) {
  const size_t first = std::min({pattern.find("plural"), pattern.find("select")});
  return first == absl::string_view::npos ? 0 : first;
}

const char* TypeName(Message::Type type) {
  switch (type) {
    case Message::Type::kAny:
    case Message::Type::kText:
      return "text";
    case Message::Type::kNumber:
      return "a number";
    case Message::Type::kDate:
      return "a date";
  }
  return "text";
}

bool Fits(Message::Type type, const Message::Value& value) {
  switch (type) {
    case Message::Type::kAny:
      return !std::holds_alternative<absl::CivilDay>(value);
    case Message::Type::kText:
      return std::holds_alternative<absl::string_view>(value);
    case Message::Type::kNumber:
      return std::holds_alternative<int64_t>(value);
    case Message::Type::kDate:
      return std::holds_alternative<absl::CivilDay>(value);
  }
  return false;
}

icu::Formattable ToFormattable(const Message::Value& value) {
  if (const auto* text = std::get_if<absl::string_view>(&value)) return icu::Formattable(FromUtf8(*text));
  if (const auto* number = std::get_if<int64_t>(&value)) return icu::Formattable(*number);
  const auto days = static_cast<double>(std::get<absl::CivilDay>(value) - kEpoch);
  return icu::Formattable(days * kMillisecondsOfDay, icu::Formattable::kIsDate);
}

// Reads a pattern's arguments; what we do not allow is an error at its offset.
class ArgumentReader {
 public:
  ArgumentReader(const icu::MessagePattern& pattern, const icu::UnicodeString& text) : pattern_(pattern), text_(text) {}

  absl::Status Read(std::vector<Message::Argument>* arguments, size_t* error_offset) {
    int depth = 0;
    for (int32_t i = 0; i < pattern_.countParts(); ++i) {
      const icu::MessagePattern::Part& part = pattern_.getPart(i);
      if (part.getType() == UMSGPAT_PART_TYPE_ARG_LIMIT) --depth;
      if (part.getType() != UMSGPAT_PART_TYPE_ARG_START) continue;
      absl::StatusOr<Message::Argument> argument = ReadOne(i, depth);
      ++depth;
      if (!argument.ok()) {
        *error_offset = ByteOffset(text_, part.getIndex());
        return argument.status();
      }
      auto known = std::find_if(arguments->begin(), arguments->end(), [&](const auto& a) { return a.name == argument->name; });
      if (known == arguments->end()) {
        arguments->push_back(*std::move(argument));
      } else if (known->type == Message::Type::kAny) {
        known->type = argument->type;
      } else if (argument->type != Message::Type::kAny && argument->type != known->type) {
        *error_offset = argument->offset;
        return absl::InvalidArgumentError(
            absl::StrCat("`", known->name, "` is used both as ", TypeName(known->type), " and as ", TypeName(argument->type)));
      }
    }
    return absl::OkStatus();
  }

 private:
  absl::StatusOr<Message::Argument> ReadOne(int32_t at, int depth) const {
    const UMessagePatternArgType kind = pattern_.getPart(at).getArgType();
    const icu::MessagePattern::Part& name = pattern_.getPart(at + 1);
    Message::Argument argument;
    pattern_.getSubstring(name).toUTF8String(argument.name);
    argument.offset = ByteOffset(text_, name.getIndex());
    if (name.getType() == UMSGPAT_PART_TYPE_ARG_NUMBER) {
      return absl::InvalidArgumentError(absl::StrCat("`{", argument.name, "}` has a number where a name must stand"));
    }
    switch (kind) {
      case UMSGPAT_ARG_TYPE_NONE:
        return argument;
      case UMSGPAT_ARG_TYPE_SELECT:
        argument.type = Message::Type::kText;
        return argument;
      case UMSGPAT_ARG_TYPE_PLURAL:
      case UMSGPAT_ARG_TYPE_SELECTORDINAL:
        argument.type = Message::Type::kNumber;
        return argument;
      case UMSGPAT_ARG_TYPE_CHOICE:
        return absl::InvalidArgumentError("`choice` is not read; write `plural` or `select`");
      case UMSGPAT_ARG_TYPE_SIMPLE:
        break;
    }
    std::string format;
    pattern_.getSubstring(pattern_.getPart(at + 2)).toUTF8String(format);
    if (format == "number") {
      argument.type = Message::Type::kNumber;
      return argument;
    }
    if (format == "date" && depth == 0) {
      argument.type = Message::Type::kDate;
      return argument;
    }
    if (format == "date") return absl::InvalidArgumentError("a date may not stand inside `plural` or `select`");
    return absl::InvalidArgumentError(absl::StrCat("`", format, "` is not read; one of `number`, `date`, `plural`, `select`"));
  }

  const icu::MessagePattern& pattern_;
  const icu::UnicodeString& text_;
};

// Dates are passed as midnight UTC of their day, so that is where they are printed.
absl::Status PrintDatesInUtc(const std::vector<Message::Argument>& arguments, icu::MessageFormat* format) {
  for (const Message::Argument& argument : arguments) {
    if (argument.type != Message::Type::kDate) continue;
    UErrorCode error = U_ZERO_ERROR;
    auto* date = dynamic_cast<icu::DateFormat*>(format->getFormat(FromUtf8(argument.name), error));
    if (U_FAILURE(error) || date == nullptr) return absl::InternalError("ICU has no format for a date");
    date->adoptTimeZone(icu::TimeZone::getGMT()->clone());
  }
  return absl::OkStatus();
}

}  // namespace

struct Message::Rep {
  std::unique_ptr<const icu::MessageFormat> original;  // only ever copied
  std::vector<Argument> arguments;
  std::vector<icu::UnicodeString> names;  // of `arguments`

  std::mutex mutex;
  std::vector<std::unique_ptr<icu::MessageFormat>> idle;  // guarded by mutex

  std::unique_ptr<icu::MessageFormat> Borrow() {
    const std::lock_guard<std::mutex> lock(mutex);
    if (idle.empty()) return std::unique_ptr<icu::MessageFormat>(original->clone());
    std::unique_ptr<icu::MessageFormat> format = std::move(idle.back());
    idle.pop_back();
    return format;
  }
  void Return(std::unique_ptr<icu::MessageFormat> format) {
    const std::lock_guard<std::mutex> lock(mutex);
    idle.push_back(std::move(format));
  }
};

Message::Message(std::unique_ptr<Rep> rep) : rep_(std::move(rep)) {}
Message::~Message() = default;

const std::vector<Message::Argument>& Message::arguments() const {
  return rep_->arguments;
}

absl::StatusOr<std::unique_ptr<const Message>> Message::Compile(absl::string_view pattern, absl::string_view locale,
                                                                size_t* error_offset) {
  size_t ignored = 0;
  if (error_offset == nullptr) error_offset = &ignored;
  *error_offset = 0;

  UErrorCode error = U_ZERO_ERROR;
  const icu::Locale icu_locale =
      icu::Locale::forLanguageTag(icu::StringPiece(locale.data(), static_cast<int32_t>(locale.size())), error);
  if (U_FAILURE(error) || icu_locale.isBogus())
    return absl::InvalidArgumentError(absl::StrCat("`", locale, "` is no language tag"));

  const icu::UnicodeString text = FromUtf8(pattern);
  UParseError place;
  place.offset = 0;
  const icu::MessagePattern parsed(text, &place, error);
  if (U_FAILURE(error)) {
    *error_offset = ByteOffset(text, std::max(place.offset, 0));
    if (error == U_UNMATCHED_BRACES) {
      *error_offset = UnclosedBrace(pattern);
      return absl::InvalidArgumentError("a brace is not closed");
    }
    if (error == U_DEFAULT_KEYWORD_MISSING) {
      *error_offset = FirstSelector(pattern);
      return absl::InvalidArgumentError("`plural` or `select` lacks its `other {…}`");
    }
    return absl::InvalidArgumentError(
        "not a message that ICU can read; an argument is written as `{name}`, `{name, number}` or "
        "`{name, plural, one {…} other {…}}`");
  }

  auto rep = std::make_unique<Rep>();
  RG_RETURN_IF_ERROR(ArgumentReader(parsed, text).Read(&rep->arguments, error_offset));
  auto format = std::make_unique<icu::MessageFormat>(text, icu_locale, place, error);
  if (U_FAILURE(error))
    return absl::InvalidArgumentError(absl::StrCat("not a message that ICU can read (", u_errorName(error), ")"));
  RG_RETURN_IF_ERROR(PrintDatesInUtc(rep->arguments, format.get()));
  for (const Argument& argument : rep->arguments) rep->names.push_back(FromUtf8(argument.name));
  rep->original = std::move(format);
  return std::unique_ptr<const Message>(new Message(std::move(rep)));
}

absl::StatusOr<std::string> Message::Format(const std::vector<NamedValue>& values) const {
  std::vector<icu::Formattable> formattables;
  formattables.reserve(rep_->arguments.size());
  for (const Argument& argument : rep_->arguments) {
    const auto found = std::find_if(values.begin(), values.end(), [&](const NamedValue& v) { return v.name == argument.name; });
    if (found == values.end()) return absl::InvalidArgumentError(absl::StrCat("no value for the argument `", argument.name, "`"));
    if (!Fits(argument.type, found->value)) {
      return absl::InvalidArgumentError(absl::StrCat("the value for `", argument.name, "` is not ", TypeName(argument.type)));
    }
    formattables.push_back(ToFormattable(found->value));
  }
  std::unique_ptr<icu::MessageFormat> format = rep_->Borrow();
  UErrorCode error = U_ZERO_ERROR;
  icu::UnicodeString text;
  format->format(rep_->names.data(), formattables.data(), static_cast<int32_t>(formattables.size()), text, error);
  rep_->Return(std::move(format));
  if (U_FAILURE(error)) return absl::InternalError(absl::StrCat("ICU could not format a message: ", u_errorName(error)));
  std::string utf8;
  text.toUTF8String(utf8);
  return utf8;
}

}  // namespace resultgate::text

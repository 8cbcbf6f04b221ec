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

#include "absl/container/flat_hash_map.h"
#include "absl/container/inlined_vector.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "server/base/status_macros.h"
#include "server/text/charset.h"

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

void AppendUtf8(absl::string_view bytes, std::string* text) {
  if (IsUtf8(bytes)) {
    text->append(bytes.data(), bytes.size());
  } else {
    text->append(Decode(bytes, "UTF-8").utf8);
  }
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

// What a message is for given numbers, dates and selected words: text with holes for the texts that are put in as they are.
struct Skeleton {
  struct Piece {
    std::string text;
    size_t hole = 0;  // the argument that follows the text
  };
  std::vector<Piece> pieces;
  std::string end;
};

// While a skeleton is made, an argument that becomes a hole has a noncharacter for its value: no pattern may hold one.
constexpr UChar kFirstHole = 0xFDD0;
constexpr size_t kMostHoles = 32;
bool IsHole(UChar c) {
  return c >= kFirstHole && c < kFirstHole + static_cast<UChar>(kMostHoles);
}

bool HoldsHole(const icu::UnicodeString& text) {
  for (int32_t i = 0; i < text.length(); ++i) {
    if (IsHole(text[i])) return true;
  }
  return false;
}

Skeleton Cut(const icu::UnicodeString& text) {
  Skeleton skeleton;
  int32_t from = 0;
  for (int32_t i = 0; i < text.length(); ++i) {
    if (!IsHole(text[i])) continue;
    skeleton.pieces.push_back({{}, static_cast<size_t>(text[i] - kFirstHole)});
    text.tempSubStringBetween(from, i).toUTF8String(skeleton.pieces.back().text);
    from = i + 1;
  }
  text.tempSubString(from).toUTF8String(skeleton.end);
  return skeleton;
}

// Skeletons kept of one message; one more, and all are made anew. A comment's counts are small numbers, and its dates are recent.
constexpr size_t kMostSkeletons = 256;

}  // namespace

struct Message::Rep {
  std::vector<Argument> arguments;
  std::vector<icu::UnicodeString> names;  // of `arguments`

  std::mutex mutex;
  std::unique_ptr<icu::MessageFormat> format;                                   // guarded by mutex
  absl::flat_hash_map<std::string, std::shared_ptr<const Skeleton>> skeletons;  // guarded by mutex

  // A text that is printed as it is.
  bool IsHoleFor(size_t argument, const Value& value) const {
    return argument < kMostHoles && arguments[argument].type == Type::kAny && std::holds_alternative<absl::string_view>(value);
  }

  // What a skeleton depends on.
  std::string KeyOf(absl::Span<const Value* const> values) const {
    std::string key;
    for (size_t i = 0; i < values.size(); ++i) {
      const Value& value = *values[i];
      if (IsHoleFor(i, value)) {
        key += '_';
      } else if (const auto* number = std::get_if<int64_t>(&value)) {
        absl::StrAppend(&key, "n", *number);
      } else if (const auto* day = std::get_if<absl::CivilDay>(&value)) {
        absl::StrAppend(&key, "d", *day - kEpoch);
      } else {
        const auto& text = std::get<absl::string_view>(value);
        absl::StrAppend(&key, "t", text.size(), ":", text);
      }
    }
    return key;
  }

  absl::StatusOr<std::shared_ptr<const Skeleton>> SkeletonFor(absl::Span<const Value* const> values) {
    std::string key = KeyOf(values);
    const std::lock_guard<std::mutex> lock(mutex);
    if (const auto known = skeletons.find(key); known != skeletons.end()) return known->second;
    std::vector<icu::Formattable> formattables;
    formattables.reserve(values.size());
    for (size_t i = 0; i < values.size(); ++i) {
      const bool is_hole = IsHoleFor(i, *values[i]);
      formattables.push_back(is_hole ? icu::Formattable(icu::UnicodeString(static_cast<UChar>(kFirstHole + i)))
                                     : ToFormattable(*values[i]));
    }
    UErrorCode error = U_ZERO_ERROR;
    icu::UnicodeString text;
    format->format(names.data(), formattables.data(), static_cast<int32_t>(formattables.size()), text, error);
    if (U_FAILURE(error)) return absl::InternalError(absl::StrCat("ICU could not format a message: ", u_errorName(error)));
    if (skeletons.size() >= kMostSkeletons) skeletons.clear();
    return skeletons[std::move(key)] = std::make_shared<const Skeleton>(Cut(text));
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
  if (HoldsHole(text)) return absl::InvalidArgumentError("a character that Unicode keeps for programs (U+FDD0 to U+FDEF)");
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
  rep->format = std::move(format);
  return std::unique_ptr<const Message>(new Message(std::move(rep)));
}

absl::StatusOr<std::string> Message::Format(const std::vector<NamedValue>& values) const {
  absl::InlinedVector<const Value*, 8> found;
  for (const Argument& argument : rep_->arguments) {
    const auto at = std::find_if(values.begin(), values.end(), [&](const NamedValue& v) { return v.name == argument.name; });
    if (at == values.end()) return absl::InvalidArgumentError(absl::StrCat("no value for the argument `", argument.name, "`"));
    if (!Fits(argument.type, at->value)) {
      return absl::InvalidArgumentError(absl::StrCat("the value for `", argument.name, "` is not ", TypeName(argument.type)));
    }
    found.push_back(&at->value);
  }
  RG_ASSIGN_OR_RETURN(const std::shared_ptr<const Skeleton> skeleton, rep_->SkeletonFor(found));
  size_t size = skeleton->end.size();
  for (const Skeleton::Piece& piece : skeleton->pieces)
    size += piece.text.size() + std::get<absl::string_view>(*found[piece.hole]).size();
  std::string text;
  text.reserve(size);
  for (const Skeleton::Piece& piece : skeleton->pieces) {
    text += piece.text;
    AppendUtf8(std::get<absl::string_view>(*found[piece.hole]), &text);
  }
  text += skeleton->end;
  return text;
}

}  // namespace resultgate::text

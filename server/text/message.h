// Messages: ICU MessageFormat patterns, compiled once for a locale and formatted with named arguments.
//
// An argument's value is never read as pattern text, whatever it holds. What ICU leaves to luck is an error here: a missing
// argument (ICU prints `{name}` and reports success), numbered arguments, `choice` and the other formats that nobody here needs.
//
// A Message may be shared by threads. It asks ICU once for each set of numbers, dates and selected words, and keeps what comes
// out, with holes where texts belong (a bounded number; ICU's formats are not thread-safe, so that is done under a lock). After
// that, formatting is copying.
#ifndef RESULTGATE_TEXT_MESSAGE_H_
#define RESULTGATE_TEXT_MESSAGE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"

namespace resultgate::text {

class Message {
 public:
  enum class Type {
    kAny,     // `{name}`: printed as it is; a number by the locale's habits
    kText,    // `{name, select, …}`
    kNumber,  // `{name, number}`, `{name, plural, …}`, `{name, selectordinal, …}`
    kDate,    // `{name, date}` and its styles, outside plural and select only
  };

  // An argument that the pattern asks for, the first place where it does so, and the strictest type that it asks for.
  struct Argument {
    std::string name;
    Type type = Type::kAny;
    size_t offset = 0;  // bytes from the pattern's beginning
  };

  // UTF-8 text, a whole number, or a day of the calendar (no time zone moves it).
  using Value = std::variant<absl::string_view, int64_t, absl::CivilDay>;
  struct NamedValue {
    absl::string_view name;
    Value value;
  };

  // `locale` is a BCP 47 tag. InvalidArgument says what is wrong with the pattern; then `error_offset`, where given, is the byte
  // of the pattern at which it shows.
  static absl::StatusOr<std::unique_ptr<const Message>> Compile(absl::string_view pattern, absl::string_view locale,
                                                                size_t* error_offset = nullptr);
  ~Message();
  Message(const Message&) = delete;
  Message& operator=(const Message&) = delete;

  // In order of their first place; each name once.
  const std::vector<Argument>& arguments() const;

  // InvalidArgument if an argument is missing or of another type. Values that the pattern does not ask for are ignored.
  // Text that is not UTF-8 comes out with U+FFFD in the broken places.
  absl::StatusOr<std::string> Format(const std::vector<NamedValue>& values) const;

 private:
  struct Rep;
  explicit Message(std::unique_ptr<Rep> rep);
  std::unique_ptr<Rep> rep_;
};

}  // namespace resultgate::text

#endif  // RESULTGATE_TEXT_MESSAGE_H_

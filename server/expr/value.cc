#include "server/expr/value.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "server/expr/fields.h"

namespace resultgate::expr {
namespace {

// 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z.
constexpr int64_t kFirstSecond = -62135596800;
constexpr int64_t kLastSecond = 253402300799;

std::partial_ordering CompareMixed(int64_t a, uint64_t b) {
  return a < 0 ? std::partial_ordering::less : static_cast<std::partial_ordering>(static_cast<uint64_t>(a) <=> b);
}

std::partial_ordering Reverse(std::partial_ordering order) {
  return std::is_lt(order) ? std::partial_ordering::greater : std::is_gt(order) ? std::partial_ordering::less : order;
}

// absl's times know `<` and `==` only.
template <typename T>
std::partial_ordering CompareTimes(T a, T b) {
  return a < b ? std::partial_ordering::less : a == b ? std::partial_ordering::equivalent : std::partial_ordering::greater;
}

bool IsNumber(const Value& value) {
  return value.kind >= Value::Kind::kInt && value.kind <= Value::Kind::kDouble;
}

double ToDouble(const Value& number) {
  if (const auto* integer = number.If<int64_t>()) return static_cast<double>(*integer);
  if (const auto* integer = number.If<uint64_t>()) return static_cast<double>(*integer);
  return number.number;
}

std::partial_ordering CompareNumbers(const Value& a, const Value& b) {
  if (const auto* x = a.If<int64_t>()) {
    if (const auto* y = b.If<int64_t>()) return *x <=> *y;
    if (const auto* y = b.If<uint64_t>()) return CompareMixed(*x, *y);
  } else if (const auto* u = a.If<uint64_t>()) {
    if (const auto* y = b.If<uint64_t>()) return *u <=> *y;
    if (const auto* y = b.If<int64_t>()) return Reverse(CompareMixed(*y, *u));
  }
  // One is a double. CEL's conformance cases (comparisons/lt_literal/not_lt_dyn_int_big_lossy_double) have the other rounded to
  // one too.
  return ToDouble(a) <=> ToDouble(b);
}

bool EqualLists(const Value& a, const Value& b) {
  const size_t size = SizeOf(a);
  if (size != SizeOf(b)) return false;
  for (size_t i = 0; i < size; ++i) {
    if (!Equal(ElementOf(a, i), ElementOf(b, i))) return false;
  }
  return true;
}

}  // namespace

Value MakeText(absl::string_view text, Arena* arena) {
  char* const bytes = arena->Take<char>(text.size());
  std::copy(text.begin(), text.end(), bytes);
  return Text(absl::string_view(bytes, text.size()));
}

bool InRange(absl::Time time) {
  return time >= absl::FromUnixSeconds(kFirstSecond) && time < absl::FromUnixSeconds(kLastSecond + 1);
}

bool InRange(absl::Duration duration) {
  return duration >= absl::Nanoseconds(std::numeric_limits<int64_t>::min()) &&
         duration <= absl::Nanoseconds(std::numeric_limits<int64_t>::max());
}

Value Checked(absl::Time time) {
  if (!InRange(time)) return MakeError("timestamp out of range");
  return time;
}

Value Checked(absl::Duration duration) {
  if (!InRange(duration)) return MakeError("duration out of range");
  return duration;
}

size_t SizeOf(const Value& list) {
  return list.is(Value::Kind::kArray) ? list.array.size : CountElements(*list.repeated.message, *list.repeated.reader);
}

Value ElementOf(const Value& list, size_t index) {
  if (list.is(Value::Kind::kArray)) return list.array.values[index];
  return ReadElement(*list.repeated.message, *list.repeated.reader, static_cast<int>(index));
}

bool Equal(const Value& a, const Value& b) {
  if (IsNumber(a) && IsNumber(b)) return std::is_eq(CompareNumbers(a, b));
  if (a.is_list() && b.is_list()) return EqualLists(a, b);
  if (a.kind != b.kind) return false;
  switch (a.kind) {
    case Value::Kind::kNull:
      return true;
    case Value::Kind::kEnum:
      return a.enumeration.number == b.enumeration.number;
    case Value::Kind::kText:
      return a.text.size == b.text.size && std::memcmp(a.text.data, b.text.data, a.text.size) == 0;
    default:
      return std::is_eq(Compare(a, b));
  }
}

std::partial_ordering Compare(const Value& a, const Value& b) {
  if (IsNumber(a) && IsNumber(b)) return CompareNumbers(a, b);
  if (a.kind != b.kind) return std::partial_ordering::unordered;
  switch (a.kind) {
    case Value::Kind::kText:
      // UTF-8 in order of bytes is in order of code points.
      return a.text.view().compare(b.text.view()) <=> 0;
    case Value::Kind::kBool:
      return a.truth <=> b.truth;
    case Value::Kind::kTime:
      return CompareTimes(a.time, b.time);
    case Value::Kind::kDuration:
      return CompareTimes(a.duration, b.duration);
    default:
      return std::partial_ordering::unordered;
  }
}

long Cost(const Value& value) {
  constexpr size_t kBytesAStep = 64;
  if (value.is(Value::Kind::kText)) return 1 + static_cast<long>(value.text.size / kBytesAStep);
  if (value.is(Value::Kind::kRepeated)) return 1 + static_cast<long>(SizeOf(value));
  if (!value.is(Value::Kind::kArray)) return 1;
  // Lists of lists are written in the source, or are short: what they hold is counted too.
  long cost = 1 + static_cast<long>(value.array.size);
  for (size_t i = 0; i < value.array.size; ++i) cost += Cost(value.array.values[i]);
  return cost;
}

int64_t CodePoints(absl::string_view text) {
  return std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
}

}  // namespace resultgate::expr

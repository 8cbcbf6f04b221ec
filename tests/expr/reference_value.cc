#include "tests/expr/reference_value.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/expr/conversion.h"
#include "server/expr/type.h"

namespace resultgate::expr::reference {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

namespace {

// 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z.
constexpr int64_t kFirstSecond = -62135596800;
constexpr int64_t kLastSecond = 253402300799;

Value OfText(const std::string& text, std::string* scratch) {
  // Reflection hands out the message's own string, or fills the scratch where it has none.
  if (&text == scratch) return MakeText(std::move(*scratch));
  return {Text{text, nullptr}};
}

Value ReadElement(const Message& message, const FieldDescriptor* field, int index) {
  const Reflection& reflection = *message.GetReflection();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return {reflection.GetRepeatedBool(message, field, index)};
    case FieldDescriptor::CPPTYPE_INT32:
      return {int64_t{reflection.GetRepeatedInt32(message, field, index)}};
    case FieldDescriptor::CPPTYPE_INT64:
      return {int64_t{reflection.GetRepeatedInt64(message, field, index)}};
    case FieldDescriptor::CPPTYPE_UINT32:
      return {uint64_t{reflection.GetRepeatedUInt32(message, field, index)}};
    case FieldDescriptor::CPPTYPE_UINT64:
      return {uint64_t{reflection.GetRepeatedUInt64(message, field, index)}};
    case FieldDescriptor::CPPTYPE_FLOAT:
      return {static_cast<double>(reflection.GetRepeatedFloat(message, field, index))};
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return {reflection.GetRepeatedDouble(message, field, index)};
    case FieldDescriptor::CPPTYPE_STRING: {
      std::string scratch;
      return OfText(reflection.GetRepeatedStringReference(message, field, index, &scratch), &scratch);
    }
    case FieldDescriptor::CPPTYPE_ENUM:
      return {EnumNumber{reflection.GetRepeatedEnumValue(message, field, index)}};
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return ReadMessage(reflection.GetRepeatedMessage(message, field, index));
  }
  return {Null()};
}

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
  return value.If<int64_t>() || value.If<uint64_t>() || value.If<double>();
}

double ToDouble(const Value& number) {
  if (const auto* integer = number.If<int64_t>()) return static_cast<double>(*integer);
  if (const auto* integer = number.If<uint64_t>()) return static_cast<double>(*integer);
  return number.As<double>();
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

using Op = Expr::Op;

constexpr char kOverflow[] = "overflow";
constexpr char kDivisionByZero[] = "division by zero";

template <typename Integer>
Value OfIntegers(Op op, Integer a, Integer b) {
  Integer result = 0;
  bool overflow = false;
  switch (op) {
    case Op::kAdd:
      overflow = __builtin_add_overflow(a, b, &result);
      break;
    case Op::kSubtract:
      overflow = __builtin_sub_overflow(a, b, &result);
      break;
    case Op::kMultiply:
      overflow = __builtin_mul_overflow(a, b, &result);
      break;
    default:
      if (b == 0) return MakeError(kDivisionByZero);
      // The one quotient that is out of range; its remainder too is undefined in C++.
      if (std::is_signed_v<Integer> && a == std::numeric_limits<Integer>::min() && b == static_cast<Integer>(-1)) {
        overflow = true;
      } else {
        result = op == Op::kDivide ? a / b : a % b;
      }
  }
  if (overflow) return MakeError(kOverflow);
  return {result};
}

Value OfDoubles(Op op, double a, double b) {
  switch (op) {
    case Op::kAdd:
      return {a + b};
    case Op::kSubtract:
      return {a - b};
    case Op::kMultiply:
      return {a * b};
    default:
      // IEEE 754: an infinity or NaN, no error.
      return {a / b};
  }
}

Value Concatenate(const List& a, const List& b) {
  auto values = std::make_shared<std::vector<Value>>();
  values->reserve(a.size() + b.size());
  for (const List* list : {&a, &b}) {
    for (size_t i = 0; i < list->size(); ++i) values->push_back(list->at(i));
  }
  return {List{nullptr, nullptr, std::move(values)}};
}

}  // namespace

size_t List::size() const {
  if (values != nullptr) return values->size();
  return message == nullptr ? 0 : static_cast<size_t>(message->GetReflection()->FieldSize(*message, field));
}

Value List::at(size_t index) const {
  if (values != nullptr) return (*values)[index];
  return ReadElement(*message, field, static_cast<int>(index));
}

void Unknown::Merge(const Unknown& other) {
  for (const std::string* fact : other.facts) {
    const bool here = std::any_of(facts.begin(), facts.end(), [&](const std::string* mine) { return *mine == *fact; });
    if (!here) facts.push_back(fact);
  }
}

Value MakeText(std::string text) {
  auto owner = std::make_shared<const std::string>(std::move(text));
  const absl::string_view view = *owner;
  return {Text{view, std::move(owner)}};
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
  return {time};
}

Value Checked(absl::Duration duration) {
  if (!InRange(duration)) return MakeError("duration out of range");
  return {duration};
}

Value ReadMessage(const Message& message) {
  using google::protobuf::Descriptor;
  const Descriptor* descriptor = message.GetDescriptor();
  const bool duration = descriptor->well_known_type() == Descriptor::WELLKNOWNTYPE_DURATION;
  if (duration || descriptor->well_known_type() == Descriptor::WELLKNOWNTYPE_TIMESTAMP) {
    // By reflection, so that messages of any pool will do. Both have the same two fields.
    const Reflection& reflection = *message.GetReflection();
    const int64_t seconds = reflection.GetInt64(message, descriptor->FindFieldByNumber(1));
    const int32_t nanos = reflection.GetInt32(message, descriptor->FindFieldByNumber(2));
    if (duration) return Checked(absl::Seconds(seconds) + absl::Nanoseconds(nanos));
    return Checked(absl::FromUnixSeconds(seconds) + absl::Nanoseconds(nanos));
  }
  if (const FieldDescriptor* values = ListField(descriptor)) return {List{&message, values, nullptr}};
  return {&message};
}

Value ReadField(const Message& message, const FieldDescriptor* field) {
  if (field->is_repeated()) return {List{&message, field, nullptr}};
  const Reflection& reflection = *message.GetReflection();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return {reflection.GetBool(message, field)};
    case FieldDescriptor::CPPTYPE_INT32:
      return {int64_t{reflection.GetInt32(message, field)}};
    case FieldDescriptor::CPPTYPE_INT64:
      return {int64_t{reflection.GetInt64(message, field)}};
    case FieldDescriptor::CPPTYPE_UINT32:
      return {uint64_t{reflection.GetUInt32(message, field)}};
    case FieldDescriptor::CPPTYPE_UINT64:
      return {uint64_t{reflection.GetUInt64(message, field)}};
    case FieldDescriptor::CPPTYPE_FLOAT:
      return {static_cast<double>(reflection.GetFloat(message, field))};
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return {reflection.GetDouble(message, field)};
    case FieldDescriptor::CPPTYPE_STRING: {
      std::string scratch;
      return OfText(reflection.GetStringReference(message, field, &scratch), &scratch);
    }
    case FieldDescriptor::CPPTYPE_ENUM:
      return {EnumNumber{reflection.GetEnumValue(message, field)}};
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return ReadMessage(reflection.GetMessage(message, field));
  }
  return {Null()};
}

bool Equal(const Value& a, const Value& b) {
  if (IsNumber(a) && IsNumber(b)) return std::is_eq(CompareNumbers(a, b));
  if (a.content.index() != b.content.index()) return false;
  if (a.If<Null>()) return true;
  if (const auto* x = a.If<EnumNumber>()) return x->number == b.As<EnumNumber>().number;
  if (const auto* x = a.If<List>()) {
    const List& y = b.As<List>();
    if (x->size() != y.size()) return false;
    for (size_t i = 0; i < x->size(); ++i) {
      if (!Equal(x->at(i), y.at(i))) return false;
    }
    return true;
  }
  return std::is_eq(Compare(a, b));
}

std::partial_ordering Compare(const Value& a, const Value& b) {
  if (IsNumber(a) && IsNumber(b)) return CompareNumbers(a, b);
  if (a.content.index() != b.content.index()) return std::partial_ordering::unordered;
  // UTF-8 in order of bytes is in order of code points.
  if (const auto* x = a.If<Text>()) return x->view.compare(b.As<Text>().view) <=> 0;
  if (const auto* x = a.If<bool>()) return *x <=> b.As<bool>();
  if (const auto* x = a.If<absl::Time>()) return CompareTimes(*x, b.As<absl::Time>());
  if (const auto* x = a.If<absl::Duration>()) return CompareTimes(*x, b.As<absl::Duration>());
  return std::partial_ordering::unordered;
}

long Cost(const Value& value) {
  constexpr size_t kBytesAStep = 64;
  if (const auto* text = value.If<Text>()) return 1 + static_cast<long>(text->view.size() / kBytesAStep);
  if (const auto* list = value.If<List>()) {
    long cost = 1 + static_cast<long>(list->size());
    // Lists of lists are written in the source, or are short: what they hold is counted too.
    if (list->values != nullptr) {
      for (const Value& element : *list->values) cost += Cost(element);
    }
    return cost;
  }
  return 1;
}

int64_t CodePoints(absl::string_view text) {
  return std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
}

Value Arithmetic(Op op, const Value& a, const Value& b) {
  if (const auto* x = a.If<int64_t>()) return OfIntegers(op, *x, b.As<int64_t>());
  if (const auto* x = a.If<uint64_t>()) return OfIntegers(op, *x, b.As<uint64_t>());
  if (const auto* x = a.If<double>()) return OfDoubles(op, *x, b.As<double>());
  if (const auto* x = a.If<Text>()) return MakeText(absl::StrCat(x->view, b.As<Text>().view));
  if (const auto* x = a.If<List>()) return Concatenate(*x, b.As<List>());
  const bool minus = op == Op::kSubtract;
  if (const auto* x = a.If<absl::Time>()) {
    if (const auto* y = b.If<absl::Time>()) return Checked(*x - *y);
    return Checked(minus ? *x - b.As<absl::Duration>() : *x + b.As<absl::Duration>());
  }
  const absl::Duration x = a.As<absl::Duration>();
  if (const auto* y = b.If<absl::Time>()) return Checked(*y + x);
  return Checked(minus ? x - b.As<absl::Duration>() : x + b.As<absl::Duration>());
}

Value Negate(const Value& value) {
  if (const auto* number = value.If<double>()) return {-*number};
  return OfIntegers<int64_t>(Op::kSubtract, 0, value.As<int64_t>());
}

Value Own(const expr::Value& value) {
  using Kind = expr::Value::Kind;
  switch (value.kind) {
    case Kind::kBool:
      return {value.truth};
    case Kind::kInt:
      return {value.integer};
    case Kind::kUint:
      return {value.natural};
    case Kind::kDouble:
      return {value.number};
    case Kind::kText:
      return MakeText(std::string(value.text.view()));
    case Kind::kTime:
      return {value.time};
    case Kind::kDuration:
      return {value.duration};
    case Kind::kEnum:
      return {EnumNumber{value.enumeration.number}};
    case Kind::kCodeSet:
      return {value.code_set};
    case Kind::kError:
      return {Error{value.error.text, value.error.offset}};
    default:
      return {Null()};
  }
}

Value Convert(Function function, const Value& value) {
  expr::Value view;
  if (const auto* v = value.If<bool>()) view = *v;
  if (const auto* v = value.If<int64_t>()) view = *v;
  if (const auto* v = value.If<uint64_t>()) view = *v;
  if (const auto* v = value.If<double>()) view = *v;
  if (const auto* v = value.If<Text>()) view = expr::Text(v->view);
  if (const auto* v = value.If<absl::Time>()) view = *v;
  if (const auto* v = value.If<absl::Duration>()) view = *v;
  Arena arena;
  return Own(expr::Convert(function, view, &arena));
}

}  // namespace resultgate::expr::reference

#include "tests/expr/generator.h"

#include <limits>

#include "absl/strings/str_cat.h"

namespace resultgate::expr {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using Kind = Type::Kind;

namespace {

constexpr int kDeepestMessage = 4;

bool SameType(const Type& a, const Type& b) {
  if (a.kind != b.kind || a.message != b.message || a.enumeration != b.enumeration) return false;
  return !a.is(Kind::kList) || SameType(*a.element, *b.element);
}

std::string RandomText(Random* random) {
  static const char* const kTexts[] = {"",
                                       "a",
                                       "LAB|NORTH",
                                       "héllo",
                                       "2008-03-07",
                                       "2024-02-29",
                                       "2008-03",
                                       "1950",
                                       "2999-01-01",
                                       "2023-02-30",
                                       "6.10",
                                       "-0",
                                       "+7",
                                       "9223372036854775808",
                                       "1e400",
                                       "nan",
                                       "true",
                                       "F",
                                       "72h",
                                       "-1.5s",
                                       "2026-03-06T21:05:00.25Z",
                                       "2026-03-06T21:05:00",
                                       "http://loinc.org",
                                       "http://snomed.info/sct",
                                       "http://hl7.org/fhir/sid/icd-10",
                                       "2823-3",
                                       "21636-6",
                                       "254837009",
                                       "C50.9",
                                       "US-KY",
                                       "es"};
  if (Below(40, random) == 0) return std::string(Below(400, random), 'x');
  return kTexts[Below(std::size(kTexts), random)];
}

int64_t RandomInt(Random* random) {
  static constexpr int64_t kInts[] = {
      0, 1, -1, 2, 7, 60, std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max(), int64_t{1} << 53};
  return kInts[Below(std::size(kInts), random)];
}

double RandomDouble(Random* random) {
  static constexpr double kDoubles[] = {0.0,
                                        -0.0,
                                        1.0,
                                        -1.5,
                                        6.1,
                                        1e308,
                                        5e-324,
                                        9007199254740993.0,
                                        9.3e18,
                                        std::numeric_limits<double>::infinity(),
                                        std::numeric_limits<double>::quiet_NaN()};
  return kDoubles[Below(std::size(kDoubles), random)];
}

// Seconds about the middle of the day that the tests decide at, or anywhere.
int64_t RandomSeconds(Random* random) {
  return Below(6, random) == 0 ? RandomInt(random) : 1'772'571'600 + static_cast<int64_t>(Below(400'000, random));
}

// Codings of the tests' value sets, some without a code: at random, a system and a code would hardly ever belong together.
void FillCoding(Message* message, const FieldDescriptor* system, const FieldDescriptor* code, Random* random) {
  static constexpr const char* kCodings[][2] = {{"http://loinc.org", "2823-3"},
                                                {"http://loinc.org", "21636-6"},
                                                {"http://loinc.org", ""},
                                                {"http://snomed.info/sct", "254837009"},
                                                {"http://hl7.org/fhir/sid/icd-10", "C50.9"},
                                                {"", ""}};
  const auto& coding = kCodings[Below(std::size(kCodings), random)];
  message->GetReflection()->SetString(message, system, coding[0]);
  message->GetReflection()->SetString(message, code, coding[1]);
}

void FillValue(Message* message, const FieldDescriptor* field, Random* random, int depth) {
  const Reflection& reflection = *message->GetReflection();
  const bool repeated = field->is_repeated();
  const int64_t integer = RandomInt(random);
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return repeated ? reflection.AddBool(message, field, integer % 2 != 0)
                      : reflection.SetBool(message, field, integer % 2 != 0);
    case FieldDescriptor::CPPTYPE_INT32: {
      const auto value = static_cast<int32_t>(integer);
      return repeated ? reflection.AddInt32(message, field, value) : reflection.SetInt32(message, field, value);
    }
    case FieldDescriptor::CPPTYPE_INT64:
      return repeated ? reflection.AddInt64(message, field, integer) : reflection.SetInt64(message, field, integer);
    case FieldDescriptor::CPPTYPE_UINT32: {
      const auto value = static_cast<uint32_t>(integer);
      return repeated ? reflection.AddUInt32(message, field, value) : reflection.SetUInt32(message, field, value);
    }
    case FieldDescriptor::CPPTYPE_UINT64: {
      const auto value = static_cast<uint64_t>(integer);
      return repeated ? reflection.AddUInt64(message, field, value) : reflection.SetUInt64(message, field, value);
    }
    case FieldDescriptor::CPPTYPE_FLOAT: {
      const auto value = static_cast<float>(RandomDouble(random));
      return repeated ? reflection.AddFloat(message, field, value) : reflection.SetFloat(message, field, value);
    }
    case FieldDescriptor::CPPTYPE_DOUBLE: {
      const double value = RandomDouble(random);
      return repeated ? reflection.AddDouble(message, field, value) : reflection.SetDouble(message, field, value);
    }
    case FieldDescriptor::CPPTYPE_STRING:
      return repeated ? reflection.AddString(message, field, RandomText(random))
                      : reflection.SetString(message, field, RandomText(random));
    case FieldDescriptor::CPPTYPE_ENUM: {
      const auto count = static_cast<size_t>(field->enum_type()->value_count());
      // Proto3 keeps numbers that the enumeration does not have.
      const bool open = field->file()->syntax() == google::protobuf::FileDescriptor::SYNTAX_PROTO3 && Below(10, random) == 0;
      const int value = open ? 99 : field->enum_type()->value(static_cast<int>(Below(count, random)))->number();
      return repeated ? reflection.AddEnumValue(message, field, value) : reflection.SetEnumValue(message, field, value);
    }
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return FillAtRandom(repeated ? reflection.AddMessage(message, field) : reflection.MutableMessage(message, field), random,
                          depth + 1);
  }
}

}  // namespace

void FillAtRandom(Message* message, Random* random, int depth) {
  const Descriptor* descriptor = message->GetDescriptor();
  const Reflection& reflection = *message->GetReflection();
  if (descriptor->well_known_type() == Descriptor::WELLKNOWNTYPE_TIMESTAMP ||
      descriptor->well_known_type() == Descriptor::WELLKNOWNTYPE_DURATION) {
    const bool time = descriptor->well_known_type() == Descriptor::WELLKNOWNTYPE_TIMESTAMP;
    reflection.SetInt64(message, descriptor->FindFieldByNumber(1), time ? RandomSeconds(random) : RandomInt(random));
    if (Below(3, random) == 0) reflection.SetInt32(message, descriptor->FindFieldByNumber(2), 250'000'000);
    return;
  }
  Type type = Simple(Kind::kMessage);
  type.message = descriptor;
  const CodingShape coding = ShapeOf(type);
  if (coding.found() && coding.codings == nullptr && Below(3, random) != 0) {
    return FillCoding(message, coding.system, coding.code, random);
  }
  for (int i = 0; i < descriptor->field_count(); ++i) {
    const FieldDescriptor* field = descriptor->field(i);
    const bool nested = field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
    if (field->is_map() || (nested && depth >= kDeepestMessage) || Below(5, random) < 2) continue;
    const size_t count = field->is_repeated() ? Below(depth > 1 ? 3 : 4, random) : 1;
    for (size_t n = 0; n < count; ++n) FillValue(message, field, random, depth);
  }
}

Generator::Generator(const Environment& environment, Random* random) : environment_(environment), random_(random) {
  for (const Environment::Variable& variable : environment_.variables) {
    Path path{variable.name, Simple(Kind::kTimestamp)};
    if (variable.kind == Environment::Variable::Kind::kMessage) path.type = TypeOf(variable.message);
    if (variable.kind == Environment::Variable::Kind::kEnum) {
      path.type = Simple(Kind::kEnum);
      path.type.enumeration = variable.enumeration;
    }
    AddPaths(path, 4, &paths_);
  }
}

void Generator::AddPaths(const Path& root, int depth, std::vector<Path>* paths) const {
  paths->push_back(root);
  if (!root.type.is(Kind::kMessage) || depth == 0) return;
  for (int i = 0; i < root.type.message->field_count(); ++i) {
    const FieldDescriptor* field = root.type.message->field(i);
    const Type type = TypeOf(field);
    if (!type.is(Kind::kUnreadable)) AddPaths({absl::StrCat(root.text, ".", field->name()), type}, depth - 1, paths);
  }
}

std::string Generator::PathOf(const Type& type) {
  // The innermost macro's variable is what its condition is about, most often.
  for (size_t i = locals_.size(); i-- > 0;) {
    std::vector<const Path*> found;
    for (const Path& path : locals_[i]) {
      if (SameType(path.type, type)) found.push_back(&path);
    }
    if (!found.empty() && !OneIn(4)) return found[Below(found.size())]->text;
  }
  std::vector<const Path*> found;
  for (const Path& path : paths_) {
    if (SameType(path.type, type)) found.push_back(&path);
  }
  return found.empty() ? "" : found[Below(found.size())]->text;
}

Type Generator::AnyType() {
  switch (Below(12)) {
    case 0:
      return Simple(Kind::kBool);
    case 1:
      return Simple(Kind::kInt);
    case 2:
      return Simple(Kind::kUint);
    case 3:
      return Simple(Kind::kDouble);
    case 4:
      return Simple(Kind::kString);
    case 5:
      return Simple(Kind::kTimestamp);
    case 6:
      return Simple(Kind::kDuration);
    case 7:
      return ListOf(Simple(Kind::kInt));
    default:
      return paths_[Below(paths_.size())].type;
  }
}

std::string Generator::Literal(const Type& type) {
  switch (type.kind) {
    case Kind::kNull:
      return "null";
    case Kind::kBool:
      return Pick({"true", "false"});
    case Kind::kInt:
      return Pick({"0", "1", "2", "-1", "18", "60", "9223372036854775807", "-9223372036854775808"});
    case Kind::kUint:
      return Pick({"0u", "1u", "7u", "18446744073709551615u"});
    case Kind::kDouble:
      return Pick({"0.0", "-0.0", "1.0", "6.1", "1e308", "9007199254740993.0"});
    case Kind::kString:
      return absl::StrCat("\"", RandomText(random_), "\"");
    case Kind::kTimestamp:
      return Pick({"timestamp(\"2026-03-06T21:05:00Z\")", "timestamp(\"0001-01-01T00:00:00Z\")",
                   "timestamp(\"9999-12-31T23:59:59.999999999Z\")"});
    case Kind::kDuration:
      return Pick({"duration(\"72h\")", "duration(\"-1.5s\")", "duration(\"2562047h\")", "duration(\"1ns\")"});
    case Kind::kEnum: {
      const std::vector<std::string> names = ShortNames(type.enumeration);
      return names[Below(names.size())];
    }
    case Kind::kList:
      return OneIn(4) ? "[]" : "";
    default:
      return "";
  }
}

std::string Generator::Of(const Type& type, int depth) {
  if (type.is(Kind::kBool) && depth > 0 && !OneIn(3)) return Condition(depth - 1);
  const bool compound = depth > 0 && !OneIn(3);
  std::string text = compound ? Compound(type, depth - 1) : "";
  if (text.empty() && !OneIn(3)) text = PathOf(type);
  if (text.empty()) text = Literal(type);
  return text.empty() ? PathOf(type) : text;
}

std::string Generator::Compound(const Type& type, int depth) {
  const auto of = [&](Kind kind) { return Of(Simple(kind), depth); };
  if (OneIn(5)) {
    const std::string yes = Of(type, depth), no = Of(type, depth);
    return yes.empty() || no.empty() ? "" : absl::StrCat("(", Condition(depth), " ? ", yes, " : ", no, ")");
  }
  if (OneIn(8)) {
    const std::string list = PathOf(ListOf(type));
    if (!list.empty()) return absl::StrCat(list, "[", OneIn(4) ? of(Kind::kInt) : Pick({"0", "1"}), "]");
  }
  switch (type.kind) {
    case Kind::kInt:
      switch (Below(9)) {
        case 0:
          return absl::StrCat("size(", of(Kind::kString), ")");
        case 1: {
          const Type list = AnyType();
          return list.is(Kind::kList) ? absl::StrCat("size(", Of(list, depth), ")") : "";
        }
        case 2:
          return absl::StrCat("int(", of(Pick({"i", "d"}) == "i" ? Kind::kUint : Kind::kDouble), ")");
        case 3:
          return absl::StrCat("int(", of(OneIn(2) ? Kind::kString : Kind::kTimestamp), ")");
        case 4:
          return absl::StrCat("-(", of(Kind::kInt), ")");
        case 5:
          return absl::StrCat("(", of(Kind::kTimestamp), ")",
                              Pick({".getFullYear(", ".getMonth(", ".getDate(", ".getDayOfMonth(", ".getDayOfWeek(",
                                    ".getDayOfYear(", ".getHours(", ".getMinutes(", ".getSeconds(", ".getMilliseconds("}),
                              Pick({"", "\"America/New_York\"", "\"+05:30\""}), ")");
        case 6:
          return absl::StrCat("(", of(Kind::kDuration), ")",
                              Pick({".getHours()", ".getMinutes()", ".getSeconds()", ".getMilliseconds()"}));
        case 7:
          return Age();
        default:
          return absl::StrCat("(", of(Kind::kInt), Pick({" + ", " - ", " * ", " / ", " % "}), of(Kind::kInt), ")");
      }
    case Kind::kUint:
      if (OneIn(3)) return absl::StrCat("uint(", of(OneIn(2) ? Kind::kInt : OneIn(2) ? Kind::kDouble : Kind::kString), ")");
      return absl::StrCat("(", of(Kind::kUint), Pick({" + ", " - ", " * ", " / ", " % "}), of(Kind::kUint), ")");
    case Kind::kDouble:
      if (OneIn(2)) return absl::StrCat("double(", of(OneIn(3) ? Kind::kInt : OneIn(2) ? Kind::kUint : Kind::kString), ")");
      return absl::StrCat("(", of(Kind::kDouble), Pick({" + ", " - ", " * ", " / "}), of(Kind::kDouble), ")");
    case Kind::kString: {
      static constexpr Kind kPrinted[] = {Kind::kBool, Kind::kInt, Kind::kUint, Kind::kDouble, Kind::kTimestamp, Kind::kDuration};
      if (OneIn(2)) return absl::StrCat("string(", of(kPrinted[Below(std::size(kPrinted))]), ")");
      return absl::StrCat("(", of(Kind::kString), " + ", of(Kind::kString), ")");
    }
    case Kind::kTimestamp:
      if (OneIn(3)) return absl::StrCat("timestamp(", of(OneIn(2) ? Kind::kInt : Kind::kString), ")");
      return absl::StrCat("(", of(Kind::kTimestamp), Pick({" + ", " - "}), of(Kind::kDuration), ")");
    case Kind::kDuration:
      if (OneIn(3)) return absl::StrCat("(", of(Kind::kTimestamp), " - ", of(Kind::kTimestamp), ")");
      if (OneIn(3)) return absl::StrCat("duration(", of(Kind::kString), ")");
      return absl::StrCat("(", of(Kind::kDuration), Pick({" + ", " - "}), of(Kind::kDuration), ")");
    case Kind::kList: {
      if (OneIn(3)) {
        const std::string first = Of(type, depth), second = Of(type, depth);
        return first.empty() || second.empty() ? "" : absl::StrCat("(", first, " + ", second, ")");
      }
      std::string text = "[";
      for (size_t i = 1 + Below(3); i > 0; --i) {
        const std::string element = Of(*type.element, depth);
        if (element.empty()) return "";
        absl::StrAppend(&text, element, i > 1 ? ", " : "]");
      }
      return text;
    }
    default:
      return "";
  }
}

std::string Generator::Age() {
  std::vector<const Path*> people;
  for (const Path& path : paths_) {
    if (path.type.is(Kind::kMessage) && path.type.message->FindFieldByName("birth_date") != nullptr) people.push_back(&path);
  }
  if (people.empty()) return "";
  return absl::StrCat("age(", people[Below(people.size())]->text, ")");
}

std::string Generator::Comparison(int depth) {
  // About the birthdays of RandomText.
  if (const std::string age = OneIn(12) ? Age() : ""; !age.empty()) {
    return absl::StrCat("(", age, Pick({" < ", " >= ", " == "}), Pick({"2", "17", "18", "19", "20", "76"}), ")");
  }
  Type type = AnyType();
  if (type.is(Kind::kMessage)) type = Simple(Kind::kString);
  if (type.numeric() && OneIn(3)) {
    // Numbers of different types.
    static constexpr Kind kNumbers[] = {Kind::kInt, Kind::kUint, Kind::kDouble};
    return absl::StrCat("(", Of(type, depth), Pick({" == ", " != ", " < ", " <= ", " > ", " >= "}),
                        Of(Simple(kNumbers[Below(3)]), depth), ")");
  }
  const bool ordered = !type.is(Kind::kList) && !type.is(Kind::kEnum);
  const std::string op = ordered ? Pick({" == ", " != ", " < ", " <= ", " > ", " >= "}) : Pick({" == ", " != "});
  const std::string left = Of(type, depth), right = OneIn(2) ? Literal(type) : Of(type, depth);
  if (left.empty() || right.empty()) return "true";
  return OneIn(4) ? absl::StrCat("(", right, op, left, ")") : absl::StrCat("(", left, op, right, ")");
}

std::string Generator::Membership(int depth) {
  const Type type = AnyType();
  const std::string value = Of(type, depth);
  if (value.empty()) return "false";
  if (ShapeOf(type.is(Kind::kList) ? *type.element : type).found() && OneIn(2)) {
    const std::string set = environment_.code_set_names[Below(environment_.code_set_names.size())];
    return absl::StrCat("(", value, " in valueset(\"", set, "\"))");
  }
  std::string list;
  if (!OneIn(3)) {
    // Constants, as rules have them.
    for (size_t i = 1 + Below(4); i > 0; --i) {
      const std::string element = Literal(type);
      if (!element.empty()) absl::StrAppend(&list, list.empty() ? "[" : ", ", element);
    }
    if (!list.empty()) list += "]";
  }
  if (list.empty()) list = Of(ListOf(type), depth);
  if (list.empty() && type.is(Kind::kMessage)) list = absl::StrCat("[", PathOf(type), "]");
  return list.empty() ? "true" : absl::StrCat("(", value, " in ", list, ")");
}

std::string Generator::Macro(int depth) {
  std::vector<const Path*> lists;
  for (const std::vector<Path>& local : locals_) {
    for (const Path& path : local) {
      if (path.type.is(Kind::kList)) lists.push_back(&path);
    }
  }
  for (const Path& path : paths_) {
    if (path.type.is(Kind::kList)) lists.push_back(&path);
  }
  Path list = *lists[Below(lists.size())];
  if (OneIn(6)) {
    const Type type = AnyType();
    list = {Of(ListOf(type), depth), ListOf(type)};
    if (list.text.empty()) return "true";
  }
  const std::string name = Pick({"x", "y", "z"});
  std::vector<Path> local;
  AddPaths({name, *list.type.element}, 3, &local);
  locals_.push_back(local);
  const std::string body = Condition(depth);
  locals_.pop_back();
  return absl::StrCat(list.text, Pick({".exists(", ".all(", ".exists_one("}), name, ", ", body, ")");
}

std::string Generator::Has() {
  const std::vector<Path>& paths = !locals_.empty() && OneIn(2) ? locals_.back() : paths_;
  const std::string& path = paths[Below(paths.size())].text;
  const bool element = &paths != &paths_ && path.find('.') == std::string::npos;
  return element ? "true" : absl::StrCat("has(", path, ")");
}

std::string Generator::TextTest(int depth) {
  const std::string text = Of(Simple(Kind::kString), depth);
  if (OneIn(4)) return absl::StrCat(text, ".matches(", Pick({"\"^[0-9.]+$\"", "\"(?i)l.B\"", "\"\"", "\"é|x{3,}\""}), ")");
  return absl::StrCat(text, Pick({".startsWith(", ".endsWith(", ".contains("}),
                      OneIn(2) ? Literal(Simple(Kind::kString)) : Of(Simple(Kind::kString), depth), ")");
}

std::string Generator::Condition(int depth) {
  if (depth <= 0) return OneIn(3) ? Of(Simple(Kind::kBool), 0) : OneIn(2) ? Comparison(0) : Membership(0);
  const auto next = [&] { return Condition(depth - 1); };
  switch (Below(14)) {
    case 0:
      return absl::StrCat("!(", next(), ")");
    case 1:
    case 2: {
      std::string text = absl::StrCat("(", next());
      for (size_t i = 1 + Below(3); i > 0; --i) absl::StrAppend(&text, " && ", next());
      return text + ")";
    }
    case 3:
    case 4: {
      std::string text = absl::StrCat("(", next());
      for (size_t i = 1 + Below(3); i > 0; --i) absl::StrAppend(&text, " || ", next());
      return text + ")";
    }
    case 5:
      return absl::StrCat("(", next(), " ? ", next(), " : ", next(), ")");
    case 6:
    case 7:
      return Macro(depth - 1);
    case 8:
    case 9:
      return Membership(depth - 1);
    case 10:
      return Has();
    case 11:
      return TextTest(depth - 1);
    default:
      return Comparison(depth - 1);
  }
}

}  // namespace resultgate::expr

#include "server/intake/hl7_message.h"

#include <algorithm>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "server/intake/issues.h"
#include "server/text/charset.h"

namespace resultgate::intake {
namespace {

// No line feeds of a value are worth more than this: `\.sp99999999\` must not become memory.
constexpr int kMostBlank = 100;

// `.sp3` and `.sk3`: how many.
int Count(absl::string_view digits) {
  int count = 1;
  if (!absl::SimpleAtoi(digits, &count)) return 1;
  return std::clamp(count, 0, kMostBlank);
}

// What the escape sequence with the content `name` stands for (v2 section 2.7). False if it is none.
bool Unescape(absl::string_view name, const Hl7Encoding& encoding, std::string* text) {
  if (name.size() == 1) {
    switch (name[0]) {
      case 'F':
        *text += encoding.field;
        return true;
      case 'S':
        *text += encoding.component;
        return true;
      case 'R':
        *text += encoding.repetition;
        return true;
      case 'T':
        *text += encoding.subcomponent;
        return true;
      case 'E':
        *text += encoding.escape;
        return true;
      case 'P':
        *text += encoding.truncation;
        return true;
      case 'H':  // highlighting begins and ends: no text
      case 'N':
        return true;
      default:
        return false;
    }
  }
  if (absl::ConsumePrefix(&name, "X")) {
    if (name.empty() || name.size() % 2 != 0 || !std::all_of(name.begin(), name.end(), absl::ascii_isxdigit)) return false;
    const std::string utf8 = text::Decode(absl::HexStringToBytes(name), encoding.charset).utf8;
    absl::StrAppend(text, absl::StrReplaceAll(utf8, {{"\r\n", "\n"}, {"\r", "\n"}}));
    return true;
  }
  if (absl::ConsumePrefix(&name, ".")) {
    if (name == "br" || name == "ce") {
      *text += '\n';
    } else if (absl::ConsumePrefix(&name, "sp")) {
      text->append(Count(name), '\n');
    } else if (absl::ConsumePrefix(&name, "sk")) {
      text->append(Count(name), ' ');
    } else if (!absl::StartsWith(name, "in") && !absl::StartsWith(name, "ti") && name != "fi" && name != "nf") {
      return false;
    }
    return true;
  }
  // A switch of the character set inside a text, and private sequences: what they say cannot be known here.
  if ((name[0] == 'C' && name.size() == 5) || (name[0] == 'M' && (name.size() == 5 || name.size() == 7))) {
    *text += "\xEF\xBF\xBD";
    return true;
  }
  return absl::StartsWith(name, "Z");
}

// Two to three letters and digits, as `PID` and `ZDS`.
bool IsSegmentId(absl::string_view id) {
  return id.size() == 3 && absl::ascii_isupper(id[0]) && (absl::ascii_isupper(id[1]) || absl::ascii_isdigit(id[1])) &&
         (absl::ascii_isupper(id[2]) || absl::ascii_isdigit(id[2]));
}

// The segments whose meaning this folder knows, so that they are recognised in lower case and without fields too.
bool IsKnownSegment(absl::string_view id) {
  for (const absl::string_view known :
       {"MSH", "PID", "PD1", "PV1", "PV2", "NTE", "ORC", "OBR", "OBX", "SPM", "NK1", "SFT", "TQ1", "DG1"}) {
    if (id == known) return true;
  }
  return false;
}

bool IsConflictMarker(absl::string_view line) {
  return absl::StartsWith(line, "<<<<<<< ") || absl::StartsWith(line, ">>>>>>> ") || line == "=======";
}

bool SetEncoding(absl::string_view msh, Hl7Encoding* encoding, v1::Issue* refused) {
  encoding->field = msh[3];
  const size_t end = std::min(msh.find(encoding->field, 4), msh.size());
  const absl::string_view characters = msh.substr(4, end - 4);
  std::string all = absl::StrCat(msh.substr(3, 1), characters);
  std::sort(all.begin(), all.end());
  const bool repeated = std::adjacent_find(all.begin(), all.end()) != all.end();
  const bool odd = std::any_of(all.begin(), all.end(), [](char c) {
    return absl::ascii_isalnum(c) || absl::ascii_isspace(c) || c == '"' || c == '.' || !absl::ascii_isprint(c);
  });
  if (characters.size() < 4 || characters.size() > 5 || repeated || odd) {
    *refused = Refusal("MSH-2", "the encoding characters cannot be told; expected four or five different signs, as `^~\\&`");
    return false;
  }
  encoding->component = characters[0];
  encoding->repetition = characters[1];
  encoding->escape = characters[2];
  encoding->subcomponent = characters[3];
  if (characters.size() == 5) encoding->truncation = characters[4];
  return true;
}

}  // namespace

bool Hl7Field::empty() const {
  return raw_ == "\"\"" || absl::StripAsciiWhitespace(raw_).empty();
}

std::vector<Hl7Field> Hl7Field::Split(char separator) const {
  std::vector<Hl7Field> parts;
  if (raw_.empty()) return parts;
  for (size_t start = 0;;) {
    const size_t end = raw_.find(separator, start);
    parts.emplace_back(raw_.substr(start, end == absl::string_view::npos ? end : end - start), encoding_);
    if (end == absl::string_view::npos) return parts;
    start = end + 1;
  }
}

Hl7Field Hl7Field::Part(char separator, int number) const {
  size_t start = 0;
  for (; number > 1; --number) {
    start = raw_.find(separator, start);
    if (start == absl::string_view::npos) return Hl7Field();
    ++start;
  }
  const size_t end = raw_.find(separator, start);
  return Hl7Field(raw_.substr(start, end == absl::string_view::npos ? end : end - start), encoding_);
}

std::vector<Hl7Field> Hl7Field::Repetitions() const {
  return encoding_ == nullptr ? std::vector<Hl7Field>() : Split(encoding_->repetition);
}

std::vector<Hl7Field> Hl7Field::Components() const {
  return encoding_ == nullptr ? std::vector<Hl7Field>() : Split(encoding_->component);
}

Hl7Field Hl7Field::Component(int number) const {
  if (encoding_ == nullptr) return Hl7Field();
  return Part(encoding_->repetition, 1).Part(encoding_->component, number);
}

Hl7Field Hl7Field::Subcomponent(int number) const {
  return encoding_ == nullptr ? Hl7Field() : Part(encoding_->subcomponent, number);
}

std::string Hl7Field::Text() const {
  std::string text;
  if (encoding_ == nullptr || raw_ == "\"\"") return text;
  for (size_t at = 0; at < raw_.size();) {
    const size_t escape = raw_.find(encoding_->escape, at);
    absl::StrAppend(&text, raw_.substr(at, escape == absl::string_view::npos ? escape : escape - at));
    if (escape == absl::string_view::npos) break;
    const size_t end = raw_.find(encoding_->escape, escape + 1);
    if (end != absl::string_view::npos && end > escape + 1 &&
        Unescape(raw_.substr(escape + 1, end - escape - 1), *encoding_, &text)) {
      at = end + 1;
    } else {
      text += raw_[escape];  // a lone escape character, as Windows paths have: kept as sent
      at = escape + 1;
    }
  }
  text.erase(std::remove(text.begin(), text.end(), '\0'), text.end());
  return text;
}

std::string Hl7Field::Code() const {
  return std::string(absl::StripAsciiWhitespace(Component(1).Subcomponent(1).Text()));
}

Hl7Field Hl7Segment::operator[](int number) const {
  if (id_ == "MSH") {
    if (number == 1) return Hl7Field(absl::string_view(text_).substr(0, 1), nullptr);
    --number;
  }
  size_t start = 0;
  for (; number > 0; --number) {
    start = text_.find(encoding_->field, start);
    if (start == std::string::npos) return Hl7Field();
    ++start;
  }
  const size_t end = text_.find(encoding_->field, start);
  return Hl7Field(absl::string_view(text_).substr(start, end == std::string::npos ? end : end - start), encoding_);
}

std::string Hl7Segment::Place(int number) const {
  std::string place = id_ == "MSH" ? id_ : absl::StrCat(id_, "[", ordinal_, "]");
  if (number > 0) absl::StrAppend(&place, "-", number);
  return place;
}

bool Hl7Message::Parse(absl::string_view text, absl::string_view charset, v1::Issue* refused) {
  encoding_.charset = std::string(charset);
  absl::flat_hash_map<std::string, int> ordinals;
  for (const absl::string_view line : Lines(text)) {
    if (absl::StripAsciiWhitespace(line).empty()) continue;
    if (segments_.empty()) {
      if (!SetEncoding(line, &encoding_, refused)) return false;
    } else if (IsConflictMarker(line)) {
      *refused = Refusal(
          segments_.back().Place(0),
          "a version control system's conflict markers follow this segment; expected one message, not two versions of it mixed");
      return false;
    }
    const absl::string_view id = line.substr(0, 3);
    const std::string upper = absl::AsciiStrToUpper(id);
    const bool has_fields = line.size() > 3 && line[3] == encoding_.field;
    const bool begins = has_fields ? IsSegmentId(id) || IsKnownSegment(upper) : line.size() == 3 && IsKnownSegment(id);
    if (!begins) {
      segments_.back().Append(line);
      const v1::Issue issue =
          Refusal(segments_.back().Place(0), "a line without a segment id follows; it was read as part of this segment");
      if (warnings_.empty() || warnings_.back().place() != issue.place()) warnings_.push_back(issue);
      continue;
    }
    segments_.emplace_back(upper, ++ordinals[upper], std::string(line.substr(3)), &encoding_);
    if (upper != id)
      warnings_.push_back(Refusal(segments_.back().Place(0), "the segment id is in lower case; expected capitals"));
  }
  return true;
}

std::vector<absl::string_view> Lines(absl::string_view text) {
  std::vector<absl::string_view> lines;
  size_t start = 0;
  while (start < text.size()) {
    const size_t end = text.find_first_of("\r\n", start);
    const absl::string_view line = text.substr(start, end == absl::string_view::npos ? end : end - start);
    if (!line.empty()) lines.push_back(line);
    if (end == absl::string_view::npos) break;
    start = end + 1;
  }
  return lines;
}

bool BeginsMessage(absl::string_view line) {
  return line.size() > 3 && absl::StartsWith(line, "MSH") && absl::ascii_ispunct(line[3]);
}

}  // namespace resultgate::intake

#include "server/intake/hl7_split.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "server/intake/hl7_message.h"
#include "server/intake/issues.h"
#include "server/text/charset.h"

namespace resultgate::intake {
namespace {

constexpr absl::string_view kByteOrderMark = "\xEF\xBB\xBF";

struct Charset {
  absl::string_view hl7;  // HL7 table 0211, upper case, and spellings found in the wild
  absl::string_view icu;
};

constexpr Charset kTable0211[] = {{"", "UTF-8"},
                                  {"ASCII", "UTF-8"},
                                  {"ISO IR6", "UTF-8"},
                                  {"UNICODE", "UTF-8"},
                                  {"UNICODE UTF-8", "UTF-8"},
                                  {"UTF-8", "UTF-8"},
                                  {"UTF8", "UTF-8"},
                                  {"8859/1", "ISO-8859-1"},
                                  {"8859/2", "ISO-8859-2"},
                                  {"8859/3", "ISO-8859-3"},
                                  {"8859/4", "ISO-8859-4"},
                                  {"8859/5", "ISO-8859-5"},
                                  {"8859/6", "ISO-8859-6"},
                                  {"8859/7", "ISO-8859-7"},
                                  {"8859/8", "ISO-8859-8"},
                                  {"8859/9", "ISO-8859-9"},
                                  {"8859/15", "ISO-8859-15"},
                                  {"ISO-8859-1", "ISO-8859-1"},
                                  {"ISO-8859-15", "ISO-8859-15"},
                                  {"WINDOWS-1252", "windows-1252"},
                                  {"ISO IR87", "ISO-2022-JP"},
                                  {"ISO IR159", "ISO-2022-JP"},
                                  {"GB 18030-2000", "GB18030"},
                                  {"KS X 1001", "EUC-KR"},
                                  {"BIG-5", "Big5"}};

bool IsAscii(absl::string_view bytes) {
  return std::none_of(bytes.begin(), bytes.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
}

// FHS, BHS, BTS, FTS: the envelope of a batch.
bool BeginsEnvelope(absl::string_view line) {
  const absl::string_view id = line.substr(0, 3);
  return (id == "FHS" || id == "BHS" || id == "BTS" || id == "FTS") && (line.size() == 3 || absl::ascii_ispunct(line[3]));
}

// MSH-18, first repetition, upper case, read before the message can be: separators are ASCII in every set of the table.
std::string CharsetName(absl::string_view message) {
  const absl::string_view line = message.substr(0, message.find_first_of("\r\n"));
  const std::vector<absl::string_view> fields = absl::StrSplit(line, line[3]);
  if (fields.size() < 18) return "";
  const absl::string_view repetitions = fields[17];
  const char repetition = fields[1].size() > 1 ? fields[1][1] : '~';
  for (const absl::string_view name : absl::StrSplit(repetitions, repetition)) {
    const absl::string_view stripped = absl::StripAsciiWhitespace(name);
    if (!stripped.empty()) return absl::AsciiStrToUpper(stripped);
  }
  return "";
}

// Whole input in UTF-16, told by its mark or by the zero bytes around `MSH`.
absl::string_view Utf16Name(absl::string_view bytes) {
  if (absl::StartsWith(bytes, "\xFF\xFE") || absl::StartsWith(bytes, absl::string_view("M\0S\0H\0", 6))) return "UTF-16LE";
  if (absl::StartsWith(bytes, "\xFE\xFF") || absl::StartsWith(bytes, absl::string_view("\0M\0S\0H", 6))) return "UTF-16BE";
  return "";
}

Hl7Text ReadText(absl::string_view raw, bool converted) {
  Hl7Text result;
  result.raw = std::string(raw);
  const std::string name = converted ? "UTF-8" : CharsetName(raw);
  const auto* row =
      std::find_if(std::begin(kTable0211), std::end(kTable0211), [&](const Charset& charset) { return charset.hl7 == name; });
  const auto warn = [&](absl::string_view message) { result.warnings.push_back(Refusal("MSH-18", message)); };
  result.charset = std::string(row == std::end(kTable0211) ? "UTF-8" : row->icu);
  if (row == std::end(kTable0211))
    warn("this character set is not known; the message was read as UTF-8; expected a code of table 0211");
  // What is well-formed UTF-8 beyond ASCII is practically never anything else.
  if (!IsAscii(raw) && text::IsUtf8(raw)) {
    if (result.charset != "UTF-8" || name == "ASCII" || name == "ISO IR6") {
      warn("the message is in UTF-8 although it says otherwise; expected `UNICODE UTF-8`");
    }
    result.charset = "UTF-8";
  }
  text::Decoded decoded = text::Decode(raw, result.charset);
  if (decoded.replaced > 0) {
    warn(absl::StrCat(decoded.replaced, " byte sequences are not of the message's character set and were replaced by U+FFFD"));
  }
  result.utf8 = std::move(decoded.utf8);
  return result;
}

}  // namespace

bool LooksLikeHl7(absl::string_view bytes) {
  if (!Utf16Name(bytes).empty()) return true;
  for (absl::string_view line : Lines(bytes)) {
    while (!line.empty() && (line.front() == '\x0B' || line.front() == '\x1C')) line.remove_prefix(1);
    absl::ConsumePrefix(&line, kByteOrderMark);
    if (BeginsMessage(line)) return true;
  }
  return false;
}

std::vector<Hl7Text> SplitHl7(absl::string_view bytes) {
  std::string converted;
  const absl::string_view utf16 = Utf16Name(bytes);
  if (!utf16.empty()) {
    converted = text::Decode(bytes, utf16).utf8;
    bytes = converted;
  }
  std::vector<Hl7Text> messages;
  absl::string_view current;  // the message so far: its first byte to the end of its last line
  const auto finish = [&] {
    if (!current.empty()) messages.push_back(ReadText(current, !utf16.empty()));
    current = absl::string_view();
  };
  for (absl::string_view line : Lines(bytes)) {
    // MLLP: a message stands between 0x0B and 0x1C.
    while (!line.empty() && (line.front() == '\x0B' || line.front() == '\x1C')) {
      finish();
      line.remove_prefix(1);
    }
    absl::ConsumePrefix(&line, kByteOrderMark);
    if (BeginsEnvelope(line) || BeginsMessage(line)) finish();
    // Before the first message stand comments and rubbish; after an envelope segment too.
    if (BeginsEnvelope(line) || (current.empty() && !BeginsMessage(line))) continue;
    const size_t end = line.find('\x1C');
    const char* first = current.empty() ? line.data() : current.data();
    current = absl::string_view(first, line.substr(0, end).data() + line.substr(0, end).size() - first);
    if (end != absl::string_view::npos) finish();
  }
  finish();
  return messages;
}

}  // namespace resultgate::intake

#include "server/intake/intake.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "server/base/digest.h"
#include "server/intake/fhir_report.h"
#include "server/intake/hl7_report.h"
#include "server/intake/hl7_split.h"
#include "server/intake/issues.h"

namespace resultgate::intake {
namespace {

Message Refused(absl::string_view bytes, absl::string_view message) {
  Message result;
  result.digest = base::DigestText(bytes);
  result.refused.push_back(Refusal("1:1", message));
  return result;
}

// The first character that is not white space, behind framing and byte order mark; 0 if there is none.
char FirstCharacter(absl::string_view bytes) {
  while (!bytes.empty() && (absl::ascii_isspace(bytes.front()) || bytes.front() == '\x0B')) bytes.remove_prefix(1);
  absl::ConsumePrefix(&bytes, "\xEF\xBB\xBF");
  bytes = absl::StripLeadingAsciiWhitespace(bytes);
  return bytes.empty() ? '\0' : bytes.front();
}

}  // namespace

std::vector<Message> ReadMessages(absl::string_view bytes, const Options& options) {
  if (bytes.size() > options.largest_message_bytes) {
    return {Refused(bytes, absl::StrCat("the input is too large; expected at most ", options.largest_message_bytes, " bytes"))};
  }
  const char first = FirstCharacter(bytes);
  if (first == '{' || first == '[') return {ReadFhir(bytes, options)};
  if (LooksLikeHl7(bytes)) {
    std::vector<Message> messages;
    for (const Hl7Text& text : SplitHl7(bytes)) messages.push_back(ReadHl7(text, options));
    if (!messages.empty()) return messages;
  }
  if (first == '\0') return {Refused(bytes, "the input is empty; expected an HL7 v2 message or FHIR JSON")};
  // JSON that begins with something else (a comment, a bare word) is told by the reader where it goes wrong.
  if (first == '/' || first == '"') return {ReadFhir(bytes, options)};
  if (first == '<') return {Refused(bytes, "XML is not read; expected an HL7 v2 message in its `|` form or FHIR JSON")};
  return {Refused(bytes, "this is neither an HL7 v2 message, which begins with `MSH|`, nor FHIR JSON, which begins with `{`")};
}

}  // namespace resultgate::intake

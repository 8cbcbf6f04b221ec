#include "server/intake/attachments.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/intake/issues.h"

namespace resultgate::intake {

bool SetAttachmentData(absl::string_view encoded, AttachmentEncoding encoding, absl::string_view place,
                       v1::Attachment* attachment, v1::DiagnosticReport* report) {
  std::string compact;
  if (encoding != AttachmentEncoding::kNone) {
    std::copy_if(encoded.begin(), encoded.end(), std::back_inserter(compact), [](char c) { return !absl::ascii_isspace(c); });
  }
  std::string data;
  bool decoded = true;
  if (encoding == AttachmentEncoding::kBase64) {
    decoded = absl::Base64Unescape(compact, &data);
  } else if (encoding == AttachmentEncoding::kHex) {
    decoded = compact.size() % 2 == 0 && std::all_of(compact.begin(), compact.end(), absl::ascii_isxdigit);
    if (decoded) data = absl::HexStringToBytes(compact);
  } else {
    data = std::string(encoded);
  }
  if (!decoded || data.empty()) {
    Warn(place, "an attached document is empty or damaged and was left out; expected its data in the encoding that is named",
         report);
    return false;
  }
  if (data.size() > kLargestAttachment) {
    Warn(place, "an attached document is too large and was left out; expected at most 3 MiB", report);
    return false;
  }
  attachment->set_data(std::move(data));
  return true;
}

std::string MimeTypeFromV2(absl::string_view type, absl::string_view subtype) {
  const std::string kind = absl::AsciiStrToLower(absl::StripAsciiWhitespace(type));
  const std::string form = absl::AsciiStrToLower(absl::StripAsciiWhitespace(subtype));
  if (form.empty()) return "";
  if (kind == "im" || kind == "image") return absl::StrCat("image/", form);
  if (kind == "text" || kind == "tx" || kind == "ft") return absl::StrCat("text/", form == "x-hl7-cda-level-one" ? "xml" : form);
  if (kind == "ap" || kind == "application" || kind.empty() || form == "pdf") return absl::StrCat("application/", form);
  if (kind == "audio" || kind == "au" || kind == "video") return absl::StrCat(kind == "au" ? "audio" : kind, "/", form);
  return "application/octet-stream";
}

}  // namespace resultgate::intake

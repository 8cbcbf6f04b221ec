// Documents that travel inside a message. Pure, thread-safe.
#ifndef RESULTGATE_INTAKE_ATTACHMENTS_H_
#define RESULTGATE_INTAKE_ATTACHMENTS_H_

#include <string>

#include "absl/strings/string_view.h"
#include "resultgate/v1/model.pb.h"

namespace resultgate::intake {

// See Attachment.data.
inline constexpr size_t kLargestAttachment = 3 * 1024 * 1024;

enum class AttachmentEncoding { kBase64, kHex, kNone };

// Fills `attachment->data()`. False, with a warning at `place`, if the data cannot be decoded or are too large.
bool SetAttachmentData(absl::string_view encoded, AttachmentEncoding encoding, absl::string_view place,
                       v1::Attachment* attachment, v1::DiagnosticReport* report);

// The MIME type of v2's type and subtype (tables 0191 and 0291), as `application/pdf` for `AP` and `PDF`.
std::string MimeTypeFromV2(absl::string_view type, absl::string_view subtype);

}  // namespace resultgate::intake

#endif  // RESULTGATE_INTAKE_ATTACHMENTS_H_

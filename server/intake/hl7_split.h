// From bytes to HL7 v2 messages in UTF-8: takes off what surrounds them (MLLP framing, byte order mark, batch envelopes, rubbish
// before MSH) and reads their character set. Pure, thread-safe.
#ifndef RESULTGATE_INTAKE_HL7_SPLIT_H_
#define RESULTGATE_INTAKE_HL7_SPLIT_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "resultgate/v1/issue.pb.h"

namespace resultgate::intake {

// True if a line of `bytes` begins an MSH segment.
bool LooksLikeHl7(absl::string_view bytes);

struct Hl7Text {
  // The message's bytes as received, from `MSH` on, without envelope.
  std::string raw;
  std::string utf8;
  // What ICU calls the character set that was used.
  std::string charset;
  // Doubts about the character set.
  std::vector<v1::Issue> warnings;
};

// Every message of `bytes`, in order.
std::vector<Hl7Text> SplitHl7(absl::string_view bytes);

}  // namespace resultgate::intake

#endif  // RESULTGATE_INTAKE_HL7_SPLIT_H_

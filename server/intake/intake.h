// From the messages that hospitals send to the model: HL7 v2 ORU^R01 and FHIR R4.
//
// Pure functions, thread-safe, no exception leaves this folder. Input is untrusted: nothing of it is trusted to be well formed,
// and nothing of it appears in an error text (only places and expectations do).
#ifndef RESULTGATE_INTAKE_INTAKE_H_
#define RESULTGATE_INTAKE_INTAKE_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "resultgate/v1/issue.pb.h"
#include "resultgate/v1/model.pb.h"

namespace resultgate::intake {

struct Options {
  // The zone of times that a message gives without one: the site's.
  absl::TimeZone zone = absl::UTCTimeZone();
  // Larger input is refused whole: no report needs more.
  size_t largest_message_bytes = 16 * 1024 * 1024;
};

// One message (an ORU^R01, or a FHIR resource or Bundle) and what could be read of it.
struct Message {
  // Reports that were read; several where the message holds several. Each carries its warnings in `issues`.
  std::vector<v1::DiagnosticReport> reports;
  // What could not be read, as errors: the whole message where `reports` is empty, else the parts that are missing (one report
  // out of several).
  std::vector<v1::Issue> refused;
  // Who sent it and its own id, as far as could be read.
  std::string sender = "unknown";
  std::string message_id;
  // Digest of its bytes, `sha256:` and 64 hexadecimal digits.
  std::string digest;
};

// Reads a file or a network payload: tells HL7 v2 (plain, MLLP-framed, batch; one or many messages) and FHIR JSON apart by
// content. Every message gives exactly one entry, in order; a message that is unreadable or holds no result gives one without
// reports and with at least one error. Never stops at the first bad one. An empty or unrecognisable input is one refused message.
std::vector<Message> ReadMessages(absl::string_view bytes, const Options& options);

}  // namespace resultgate::intake

#endif  // RESULTGATE_INTAKE_INTAKE_H_

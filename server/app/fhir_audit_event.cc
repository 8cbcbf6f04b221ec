#include "server/app/fhir_audit_event.h"

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "resultgate/v1/audit_service.pb.h"
#include "server/audit/entry_facts.h"
#include "server/audit/entry_words.h"
#include "server/base/proto_time.h"
#include "server/json/quote.h"

namespace resultgate::app {
namespace {

constexpr char kKindSystem[] = "urn:resultgate:entry-kind";

// AuditEvent.action: create, read, update, delete, execute.
const char* ActionOf(const v1::Entry& entry) {
  switch (entry.event_case()) {
    case v1::Entry::kDecided:
      return "C";
    case v1::Entry::kStarted:
    case v1::Entry::kCallRefused:
      return "E";
    case v1::Entry::kQueried:
    case v1::Entry::kDelivered:
      return "R";
    case v1::Entry::kFollowedUp: {
      const v1::FollowUpKind kind = entry.followed_up().kind();
      return kind == v1::FOLLOW_UP_KIND_VIEWED || kind == v1::FOLLOW_UP_KIND_CLINICIAN_VIEWED ? "R" : "U";
    }
    case v1::Entry::kErased:
      return "D";
    default:
      return "U";
  }
}

// AuditEvent.outcome: 0 success, 4 minor failure.
const char* OutcomeOf(const v1::Entry& entry) {
  const bool failed =
      entry.has_refused() || entry.has_activation_refused() || entry.has_call_refused() || entry.delivered().broken();
  return failed ? "4" : "0";
}

// AuditEvent.agent.network: from where, as an internet address; empty where the entry does not say.
std::string NetworkOf(const v1::Entry& entry) {
  const std::string& peer = entry.peer().empty() ? entry.call_refused().peer() : entry.peer();
  if (!absl::StartsWith(peer, "ipv4:") && !absl::StartsWith(peer, "ipv6:")) return "";
  return absl::StrCat(",\"network\":{\"address\":", json::Quote(audit::PeerText(entry)), ",\"type\":\"2\"}");
}

std::string Identifier(absl::string_view name, absl::string_view value) {
  return absl::StrCat("{\"identifier\":{\"system\":", json::Quote(absl::StrCat("urn:resultgate:", name)),
                      ",\"value\":", json::Quote(value), "}}");
}

// For whom the actor stood in, as an agent beside it; empty where for nobody.
std::string OnBehalfOf(const v1::Entry& entry) {
  if (entry.on_behalf_of().empty()) return "";
  return absl::StrCat(",{\"role\":[{\"text\":\"on whose behalf\"}],\"who\":", Identifier("actor", entry.on_behalf_of()),
                      ",\"requestor\":false}");
}

}  // namespace

absl::StatusOr<std::string> ToFhirAuditEvent(const audit::LogRow& row) {
  v1::Entry entry;
  if (!entry.ParseFromArray(row.bytes.data(), static_cast<int>(row.bytes.size()))) {
    return absl::DataLossError(absl::StrCat("entry ", row.sequence, " is damaged: its bytes are no entry"));
  }
  const std::string recorded = absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", base::FromProto(entry.time()), absl::UTCTimeZone());
  const std::string kind = audit::KindWord(entry);
  // The gate's own acts have no requestor.
  const bool by_gate = entry.actor() == "gate" || entry.actor().empty();
  std::string event =
      absl::StrCat("{\"resourceType\":\"AuditEvent\",\"id\":\"entry-", row.sequence,
                   "\",\"type\":{\"system\":\"http://terminology.hl7.org/CodeSystem/"
                   "audit-event-type\",\"code\":\"rest\",\"display\":\"RESTful "
                   "Operation\"},\"subtype\":[{\"system\":\"",
                   kKindSystem, "\",\"code\":", json::Quote(kind), "}],\"action\":\"", ActionOf(entry), "\",\"recorded\":\"",
                   recorded, "\",\"outcome\":\"", OutcomeOf(entry), "\",\"outcomeDesc\":", json::Quote(audit::EntryText(entry)),
                   ",\"agent\":[{\"who\":", Identifier("actor", entry.actor().empty() ? "gate" : entry.actor()),
                   ",\"requestor\":", by_gate ? "false" : "true", NetworkOf(entry), "}", OnBehalfOf(entry),
                   "],\"source\":{\"observer\":{\"display\":\"Resultgate\"}},\"entity\":[");
  if (entry.result_id() != 0) {
    absl::StrAppend(&event, "{\"what\":", Identifier("result", absl::StrCat(entry.result_id())),
                    ",\"detail\":[{\"type\":\"version\",", "\"valueString\":\"", entry.version(), "\"}]},");
  }
  absl::StrAppend(&event, "{\"what\":", Identifier("entry", absl::StrCat(row.sequence)),
                  ",\"detail\":[{\"type\":\"leaf-hash\",\"valueBase64Binary\":\"", absl::Base64Escape(row.leaf_hash),
                  "\"},{\"type\":\"bytes\",\"valueBase64Binary\":\"", absl::Base64Escape(row.bytes), "\"}]}]}");
  return event;
}

}  // namespace resultgate::app

#include "server/gate/desk.h"

#include "server/gate/review_turns.h"

namespace resultgate::gate {

absl::Status CheckEtag(const v1::Result& result, const std::string& etag) {
  if (etag.empty() || etag == ReviewEtag(result)) return absl::OkStatus();
  return absl::AbortedError("somebody has changed the review since it was read; read it again, and then decide");
}

v1::Entry EntryAbout(const v1::Result& result) {
  v1::Entry entry;
  entry.set_result_id(result.id());
  entry.set_version(result.version());
  return entry;
}

}  // namespace resultgate::gate

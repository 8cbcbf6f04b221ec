// The patient's side asks for a result: what the patient may lift ends, what a clinician determined to be a danger is reviewed by
// another one (determination_review.h), and what may be said of the rest is said.
#ifndef RESULTGATE_GATE_REQUEST_RELEASE_H_
#define RESULTGATE_GATE_REQUEST_RELEASE_H_

#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "resultgate/v1/release_service.pb.h"
#include "resultgate/v1/result.pb.h"
#include "server/gate/answer.h"
#include "server/gate/desk.h"

namespace resultgate::gate {

// Writer thread only. A failure is the store's; what may not be told, or done, is refused in the answer.
absl::Status RunRequestRelease(const Desk& desk, const v1::RequestReleaseRequest& request,
                               Answer<v1::RequestReleaseResponse>& answer);

// True if there is something of the result that `audience` sees, or may be told of. Pure. To nobody else is anything lifted.
bool MayBeToldOf(const v1::Result& result, v1::Audience audience, absl::Time now);

// What may be told to somebody of `audience` about what is still held from them: each date and law once. Nothing of what is
// quarantined, or withheld for anything but a danger to the patient (determination_review.h), and nothing that would tell how
// many things wait. `zone` is that of times in words. Pure.
std::vector<v1::WaitNotice> WaitNoticesFor(const v1::Result& result, v1::Audience audience, absl::TimeZone zone, absl::Time now);

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_REQUEST_RELEASE_H_

// What the portal, the record and people tell about a result after its release, made durable; and the list of what is left to do.
#ifndef RESULTGATE_GATE_OUTREACH_H_
#define RESULTGATE_GATE_OUTREACH_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "resultgate/v1/outreach_service.pb.h"
#include "server/gate/answer.h"
#include "server/gate/caller.h"
#include "server/gate/desk.h"
#include "server/gate/directory.h"
#include "server/gate/open_refusals.h"
#include "server/policy/pack.h"
#include "server/store/store.h"

namespace resultgate::gate {

// Writer thread only. A failure is the store's; what may not be done is refused in the answer.
absl::Status RunRecordView(const Desk& desk, const v1::RecordViewRequest& request, Answer<v1::RecordViewResponse>& answer);
absl::Status RunRecordClinicianView(const Desk& desk, const v1::RecordClinicianViewRequest& request,
                                    Answer<v1::RecordClinicianViewResponse>& answer);
// As Gate::LogReviewRead.
absl::Status RunReviewRead(const Desk& desk, const ReviewRead& read, Answer<v1::RecordClinicianViewResponse>& answer);
absl::Status RunRecordContact(const Desk& desk, const v1::RecordContactRequest& request,
                              Answer<v1::RecordContactResponse>& answer);
absl::Status RunRecordMessage(const Desk& desk, const v1::RecordMessageRequest& request,
                              Answer<v1::RecordMessageResponse>& answer);
absl::Status RunSettleRefusal(const Desk& desk, const v1::SettleRefusalRequest& request,
                              Answer<v1::SettleRefusalResponse>& answer);

// Thread-safe; blocks on the disk. `pack` gives working days and pools, `directory` who stands in for owners that are away: as
// with the turns of reviews, and the pack's last default owner for whom nobody covers.
absl::StatusOr<v1::ListOutreachResponse> ListOutreach(const store::Reader& reader, const policy::Pack& pack,
                                                      const Directory& directory, OpenRefusals& refusals,
                                                      const v1::ListOutreachRequest& request, absl::Time now);

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_OUTREACH_H_

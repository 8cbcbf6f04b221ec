// Where a request about one result is worked on, and the steps that such work has: read the result as the caller read it, write
// what comes of it, say so in the log and in the answer.
//
// Writer thread only.
#ifndef RESULTGATE_GATE_DESK_H_
#define RESULTGATE_GATE_DESK_H_

#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "resultgate/v1/audit_service.pb.h"
#include "resultgate/v1/result.pb.h"
#include "server/base/status_macros.h"
#include "server/gate/answer.h"
#include "server/gate/directory.h"
#include "server/gate/erasure.h"
#include "server/gate/pack_host.h"
#include "server/gate/result_commit.h"
#include "server/gate/transition.h"
#include "server/policy/outcomes.h"
#include "server/store/store.h"

namespace resultgate::gate {

// Valid for one piece of work.
struct Desk {
  store::Batch& batch;
  const store::Reader& reader;
  PackHost& packs;
  const Directory& directory;
  absl::Time now;
};

// Aborted if the etag is none of the result's reviews as they stand; an empty one is not compared.
absl::Status CheckEtag(const v1::Result& result, const std::string& etag);

// An entry about the result.
v1::Entry EntryAbout(const v1::Result& result);

// The result that a request is about, if it is still as the reviewer has read it; else the answer says why not.
template <typename Request, typename Response>
absl::StatusOr<std::optional<v1::Result>> FindAsRead(const Desk& desk, const Request& request, Answer<Response>& answer) {
  RG_ASSIGN_OR_RETURN(std::optional<v1::Result> result, desk.batch.FindResult(request.result_id()));
  answer.refused = result ? CheckNotErased(*result) : absl::NotFoundError(absl::StrCat("no result ", request.result_id()));
  if (answer.refused.ok()) answer.refused = CheckEtag(*result, request.etag());
  if (!answer.refused.ok()) result.reset();
  return result;
}

// Writes the result as a transition leaves it, without its entry.
template <typename Response>
absl::StatusOr<Committed> Write(const Desk& desk, const Transition& transition, v1::Result* result, Answer<Response>& answer) {
  const v1::Patient patient = result->report().patient();
  RG_ASSIGN_OR_RETURN(Committed committed, CommitTransition(desk.batch, *desk.packs.Deciding().comments,
                                                            *desk.packs.Deciding().pack, transition, patient, desk.now, result));
  answer.released = answer.released || !committed.notes.empty();
  answer.changed.push_back(result->id());
  return committed;
}

// What an entry says after it: `event` is the entry's.
template <typename Event>
void NoteChange(const policy::Outcomes& before, const v1::Result& result, Committed* committed, Event* event) {
  for (v1::Outcome& outcome : ChangedOutcomes(before, result.decision().outcomes())) *event->add_outcomes() = std::move(outcome);
  for (v1::ReleaseNote& note : committed->notes) *event->add_releases() = std::move(note);
}

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_DESK_H_

#include "server/gate/outreach.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "server/base/digest.h"
#include "server/base/proto_time.h"
#include "server/base/status_macros.h"
#include "server/gate/erasure.h"
#include "server/gate/follow_up.h"
#include "server/gate/open_refusals.h"
#include "server/gate/result_commit.h"

namespace resultgate::gate {
namespace {

constexpr int kDefaultPage = 100;
constexpr int kReadAhead = 256;
constexpr int kDefaultNotViewedHours = 72;

// The result that something is told about; else the answer says that there is none.
template <typename Request, typename Response>
absl::StatusOr<std::optional<v1::Result>> Find(const Desk& desk, const Request& request, Answer<Response>& answer) {
  RG_ASSIGN_OR_RETURN(std::optional<v1::Result> result, desk.batch.FindResult(request.result_id()));
  answer.refused = result ? CheckNotErased(*result) : absl::NotFoundError(absl::StrCat("no result ", request.result_id()));
  if (!answer.refused.ok()) result.reset();
  return result;
}

absl::Time TimeOr(bool has, const google::protobuf::Timestamp& time, absl::Time now) {
  return has ? std::min(base::FromProto(time), now) : now;
}

// Nobody has seen, or told of, what was not there. Whoever tells times in whole seconds is believed.
absl::Status CheckWasThere(const char* field, absl::Time time, const v1::Result& result) {
  const absl::Time first = base::FromProto(result.first_received_at());
  if (absl::ToUnixSeconds(time) >= absl::ToUnixSeconds(first)) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      field, " is ", absl::FormatTime(absl::RFC3339_sec, time, absl::UTCTimeZone()), ", but the result was first received at ",
      absl::FormatTime(absl::RFC3339_sec, first, absl::UTCTimeZone()), ": tell when it happened, or leave it out for now"));
}

// Whoever opened an older version, or told the patient of it, has not done so of this one.
bool IsOfThisVersion(absl::Time time, const v1::Result& result) {
  return absl::ToUnixSeconds(time) >= absl::ToUnixSeconds(base::FromProto(result.received_at()));
}

void MoveUpTo(absl::Time time, google::protobuf::Timestamp* last) {
  if (base::FromProto(*last) < time) *last = base::ToProto(time);
}

// Whatever was withdrawn before, somebody knows.
void NoteClinicianView(absl::Time viewed_at, v1::Result* result) {
  v1::FollowUp* done = result->mutable_follow_up();
  *done->mutable_clinician_viewed_at() = base::ToProto(viewed_at);
  done->clear_withdrawn_at();
}

// What something told of a result is known again by: a key, so that nothing of it is kept.
template <typename... Parts>
store::Key ToldKey(const v1::Result& result, const Parts&... parts) {
  std::string bytes = absl::StrCat(result.id());
  (absl::StrAppend(&bytes, "\n", parts), ...);
  return base::Sha256(bytes);
}

absl::StatusOr<bool> WasTold(const Desk& desk, const store::Key& key) {
  if (key.empty()) return false;
  RG_ASSIGN_OR_RETURN(const std::vector<int64_t> told, desk.batch.FindByKey(key));
  return !told.empty();
}

// Writes what was told, with its entry. `key` may be empty: it cannot be known again.
absl::Status Record(const Desk& desk, v1::FollowUpKind kind, absl::Time happened_at, const std::string& actor,
                    v1::Entry::FollowedUp followed_up, const store::Key& key, v1::Result* result) {
  result->mutable_follow_up()->set_open(!DutiesOf(*result, desk.now).empty());
  RG_RETURN_IF_ERROR(desk.batch.PutResult(*result));
  if (!key.empty()) {
    followed_up.set_told_digest(absl::StrCat("sha256:", absl::BytesToHexString(key)));
    RG_RETURN_IF_ERROR(desk.batch.PutKey(key, result->id()));
  }
  v1::Entry entry = EntryAbout(*result);
  followed_up.set_kind(kind);
  *followed_up.mutable_happened_at() = base::ToProto(happened_at);
  *entry.mutable_followed_up() = std::move(followed_up);
  return AppendEntry(desk.batch, desk.now, actor, std::move(entry));
}

// Gives the task to whoever has it now. Nobody reviews what they determined.
void GiveToWhoIsThere(const policy::Pack& pack, const Directory& directory, absl::Time now, v1::OutreachTask* task) {
  v1::Owner pool;
  pool.set_role(pack.default_review().owners.back());
  v1::Owner owner = directory.InChargeAt(task->owner(), base::FromProto(task->deadline()), pool, pack.calendar().zone(), now);
  const bool may_not = !task->determined_by().empty() && owner.person().value() == task->determined_by();
  if (!may_not) *task->mutable_owner() = std::move(owner);
}

bool IsOwners(const v1::Owner& task_owner, const std::string& owner) {
  return owner.empty() || task_owner.role() == owner || task_owner.person().value() == owner;
}

// Refused messages that nobody has settled, the oldest first.
absl::StatusOr<std::vector<v1::OutreachTask>> RefusedMessages(const store::Reader& reader, const policy::Pack& pack,
                                                              OpenRefusals& refusals) {
  RG_ASSIGN_OR_RETURN(const std::vector<int64_t> open, refusals.List(reader));
  calendar::Span day;
  day.kind = calendar::Span::Kind::kBusinessDays;
  day.count = 1;
  std::vector<v1::OutreachTask> tasks;
  for (const int64_t sequence : open) {
    RG_ASSIGN_OR_RETURN(const std::vector<v1::Entry> entries, reader.ListEntries(sequence - 1, 0, 1));
    if (entries.empty() || !entries[0].has_refused()) {
      return absl::DataLossError(absl::StrCat("entry ", sequence, " told a refusal, and does no more"));
    }
    const v1::Entry& entry = entries[0];
    v1::OutreachTask& task = tasks.emplace_back();
    task.set_kind(v1::OUTREACH_KIND_REFUSED_MESSAGE);
    *task.mutable_owner() = entry.refused().owner();
    *task.mutable_since() = entry.time();
    const absl::Time deadline = pack.calendar().Add(base::FromProto(entry.time()), day);
    *task.mutable_deadline() = base::ToProto(pack.calendar().NextStaffed(deadline));
    task.set_entry_sequence(sequence);
    task.set_sender(entry.refused().sender());
    task.set_message_id(entry.refused().message_id());
    *task.mutable_issues() = entry.refused().issues();
  }
  return tasks;
}

}  // namespace

absl::Status RunRecordView(const Desk& desk, const v1::RecordViewRequest& request, Answer<v1::RecordViewResponse>& answer) {
  RG_ASSIGN_OR_RETURN(std::optional<v1::Result> result, Find(desk, request, answer));
  if (!result) return absl::OkStatus();
  if (!IsOutFor(*result, request.audience())) {
    return answer.Refuse(absl::FailedPreconditionError("nothing of the result is released to them; the portal must not show it"));
  }
  const absl::Time viewed_at = TimeOr(request.has_viewed_at(), request.viewed_at(), desk.now);
  if (const absl::Status there = CheckWasThere("viewed_at", viewed_at, *result); !there.ok()) return answer.Refuse(there);
  store::Key key;
  if (request.has_viewed_at())
    key = ToldKey(*result, "viewed", request.audience(), absl::ToUnixMicros(viewed_at), request.viewer());
  RG_ASSIGN_OR_RETURN(const bool told, WasTold(desk, key));
  if (told) return absl::OkStatus();
  if (request.audience() != v1::AUDIENCE_DELEGATE && viewed_at >= LastReleasedTo(*result, request.audience())) {
    v1::FollowUp* done = result->mutable_follow_up();
    answer.response.set_first(!done->has_first_viewed_at());
    if (answer.response.first()) *done->mutable_first_viewed_at() = base::ToProto(viewed_at);
    MoveUpTo(viewed_at, done->mutable_last_viewed_at());
  }
  v1::Entry::FollowedUp followed_up;
  followed_up.set_audience(request.audience());
  return Record(desk, v1::FOLLOW_UP_KIND_VIEWED, viewed_at, request.viewer().empty() ? "portal" : request.viewer(),
                std::move(followed_up), key, &*result);
}

absl::Status RunRecordClinicianView(const Desk& desk, const v1::RecordClinicianViewRequest& request,
                                    Answer<v1::RecordClinicianViewResponse>& answer) {
  RG_ASSIGN_OR_RETURN(std::optional<v1::Result> result, Find(desk, request, answer));
  if (!result) return absl::OkStatus();
  const absl::Time viewed_at = TimeOr(request.has_viewed_at(), request.viewed_at(), desk.now);
  if (const absl::Status there = CheckWasThere("viewed_at", viewed_at, *result); !there.ok()) return answer.Refuse(there);
  store::Key key;
  if (request.has_viewed_at()) key = ToldKey(*result, "opened", absl::ToUnixMicros(viewed_at), request.clinician());
  RG_ASSIGN_OR_RETURN(const bool told, WasTold(desk, key));
  if (told) return absl::OkStatus();
  if (!result->follow_up().has_clinician_viewed_at() && IsOfThisVersion(viewed_at, *result)) {
    NoteClinicianView(viewed_at, &*result);
    answer.response.set_first(true);
  }
  return Record(desk, v1::FOLLOW_UP_KIND_CLINICIAN_VIEWED, viewed_at, request.clinician(), {}, key, &*result);
}

absl::Status RunReviewRead(const Desk& desk, const ReviewRead& read, Answer<v1::RecordClinicianViewResponse>& answer) {
  RG_ASSIGN_OR_RETURN(std::optional<v1::Result> result, desk.batch.FindResult(read.result_id));
  if (!result) return answer.Refuse(absl::NotFoundError(absl::StrCat("no result ", read.result_id)));
  const store::Key key = ToldKey(*result, "reviewed", read.version, read.reviewer);
  RG_ASSIGN_OR_RETURN(const bool told, WasTold(desk, key));
  if (told || read.version != result->version() || !CheckNotErased(*result).ok()) {
    v1::Entry entry = EntryAbout(*result);
    entry.set_version(read.version);
    entry.mutable_queried()->set_query(v1::QUERY_RESULT);
    entry.mutable_queried()->set_answered(1);
    return AppendEntry(desk.batch, desk.now, read.reviewer, std::move(entry));
  }
  answer.response.set_first(!result->follow_up().has_clinician_viewed_at());
  if (answer.response.first()) NoteClinicianView(desk.now, &*result);
  return Record(desk, v1::FOLLOW_UP_KIND_CLINICIAN_VIEWED, desk.now, read.reviewer, {}, key, &*result);
}

absl::Status RunRecordContact(const Desk& desk, const v1::RecordContactRequest& request,
                              Answer<v1::RecordContactResponse>& answer) {
  RG_ASSIGN_OR_RETURN(std::optional<v1::Result> result, Find(desk, request, answer));
  if (!result) return absl::OkStatus();
  const absl::Time contacted_at = TimeOr(request.has_contacted_at(), request.contacted_at(), desk.now);
  if (const absl::Status there = CheckWasThere("contacted_at", contacted_at, *result); !there.ok()) return answer.Refuse(there);
  store::Key key;
  if (request.has_contacted_at())
    key = ToldKey(*result, "contacted", absl::ToUnixMicros(contacted_at), request.contacted_by(), request.how());
  RG_ASSIGN_OR_RETURN(const bool told, WasTold(desk, key));
  if (told) return absl::OkStatus();
  if (IsOfThisVersion(contacted_at, *result)) MoveUpTo(contacted_at, result->mutable_follow_up()->mutable_contacted_at());
  v1::Entry::FollowedUp followed_up;
  followed_up.set_category(request.how());
  return Record(desk, v1::FOLLOW_UP_KIND_CONTACTED, contacted_at, request.contacted_by(), std::move(followed_up), key, &*result);
}

absl::Status RunRecordMessage(const Desk& desk, const v1::RecordMessageRequest& request,
                              Answer<v1::RecordMessageResponse>& answer) {
  RG_ASSIGN_OR_RETURN(std::optional<v1::Result> result, Find(desk, request, answer));
  if (!result) return absl::OkStatus();
  const store::Key key = ToldKey(*result, "message", request.message_id());
  RG_ASSIGN_OR_RETURN(const bool told, WasTold(desk, key));
  answer.response.set_messages(result->follow_up().messages() + (told ? 0 : 1));
  if (told) return absl::OkStatus();
  result->mutable_follow_up()->set_messages(answer.response.messages());
  v1::Entry::FollowedUp followed_up;
  followed_up.set_category(request.category());
  return Record(desk, v1::FOLLOW_UP_KIND_MESSAGE, TimeOr(request.has_sent_at(), request.sent_at(), desk.now), "portal",
                std::move(followed_up), key, &*result);
}

absl::Status RunSettleRefusal(const Desk& desk, const v1::SettleRefusalRequest& request,
                              Answer<v1::SettleRefusalResponse>& answer) {
  RG_ASSIGN_OR_RETURN(const std::vector<v1::Entry> refusal, desk.reader.ListEntries(request.entry_sequence() - 1, 0, 1));
  if (refusal.empty() || !refusal[0].has_refused()) {
    return answer.Refuse(absl::NotFoundError(absl::StrCat("entry ", request.entry_sequence(), " tells no refusal")));
  }
  RG_ASSIGN_OR_RETURN(const bool settled, IsSettled(desk.reader, request.entry_sequence()));
  if (settled) return absl::OkStatus();
  v1::Entry entry;
  v1::Entry::FollowedUp* followed_up = entry.mutable_followed_up();
  followed_up->set_kind(v1::FOLLOW_UP_KIND_REFUSAL_SETTLED);
  *followed_up->mutable_happened_at() = base::ToProto(desk.now);
  followed_up->set_category(request.how());
  followed_up->set_refusal_sequence(request.entry_sequence());
  return AppendEntry(desk.batch, desk.now, request.settled_by(), std::move(entry));
}

absl::StatusOr<v1::ListOutreachResponse> ListOutreach(const store::Reader& reader, const policy::Pack& pack,
                                                      const Directory& directory, OpenRefusals& refusals,
                                                      const v1::ListOutreachRequest& request, absl::Time now) {
  int64_t after = 0;
  if (!request.page_token().empty() && (!absl::SimpleAtoi(request.page_token(), &after) || after < 1)) {
    return absl::InvalidArgumentError("page_token is none that this service gave; begin again without one");
  }
  const int size = request.page_size() > 0 ? request.page_size() : kDefaultPage;
  const int hours = request.not_viewed_after_hours() > 0 ? request.not_viewed_after_hours() : kDefaultNotViewedHours;
  const auto wanted = [&request](const v1::OutreachTask& task) {
    return (request.kind() == v1::OUTREACH_KIND_UNSPECIFIED || request.kind() == task.kind()) &&
           IsOwners(task.owner(), request.owner());
  };
  v1::ListOutreachResponse response;
  const bool asks_refusals =
      request.kind() == v1::OUTREACH_KIND_UNSPECIFIED || request.kind() == v1::OUTREACH_KIND_REFUSED_MESSAGE;
  if (asks_refusals && request.page_token().empty()) {
    RG_ASSIGN_OR_RETURN(std::vector<v1::OutreachTask> refused, RefusedMessages(reader, pack, refusals));
    for (v1::OutreachTask& task : refused) {
      GiveToWhoIsThere(pack, directory, now, &task);
      if (wanted(task)) *response.add_tasks() = std::move(task);
    }
  }
  if (request.kind() == v1::OUTREACH_KIND_REFUSED_MESSAGE) return response;
  int results = 0;
  for (;;) {
    RG_ASSIGN_OR_RETURN(const std::vector<v1::Result> open, reader.ListOpen(after, kReadAhead));
    if (open.empty()) return response;
    for (const v1::Result& result : open) {
      const int before = response.tasks_size();
      for (v1::OutreachTask& task : TasksOf(result, pack, absl::Hours(hours), now)) {
        GiveToWhoIsThere(pack, directory, now, &task);
        if (wanted(task) && base::FromProto(task.since()) <= now) *response.add_tasks() = std::move(task);
      }
      after = result.id();
      if (response.tasks_size() > before && ++results == size) {
        response.set_next_page_token(absl::StrCat(after));
        return response;
      }
    }
  }
}

}  // namespace resultgate::gate

// The way of one result: from a submitted report to what is written (design, section 3). Start reading here.
#ifndef RESULTGATE_GATE_SUBMIT_H_
#define RESULTGATE_GATE_SUBMIT_H_

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "resultgate/v1/result_gate_service.pb.h"
#include "server/gate/content_digest.h"
#include "server/gate/keys.h"
#include "server/gate/rulebook.h"
#include "server/gate/same_order.h"
#include "server/gate/versions.h"
#include "server/store/store.h"

namespace resultgate::gate {

// So many versions of a result are kept one by one; what is older is put together in the first of them.
inline constexpr size_t kMostVersions = 32;

// Reasons of a quarantine whose end needs two people's word (I5): somebody may see what is not theirs.
inline constexpr char kOtherPatient[] = "the report moved to another patient";
inline constexpr char kOrderReused[] = "another patient's report came under the same order";
inline constexpr char kErasedBefore[] =
    "it is a version of a result whose contents were erased, so nobody can tell whose that was and what this one changes";

// True for these, and for what the sender took back as wrong and sends again.
bool NeedsTwoPeople(const std::string& quarantine);

// Why the standing version of a result is quarantined; empty if it is not.
std::string StandingQuarantine(const v1::Result& result);

// One submitted report on its way. Made on the caller's thread, where the costly digests are computed; Run() is the writer's
// part.
class Submission {
 public:
  // `new_salt` is called for each result that has no salt yet.
  Submission(v1::SubmitResultRequest request, NewSalt new_salt);

  // Decides the report against what the store holds, exactly, and writes everything that follows into the batch. Not OK only if
  // the store failed.
  absl::Status Run(store::Batch& batch, const Rulebook& rulebook, const SameOrder& same_order, absl::Time now);

  // After the batch is durable: the answer, or why the report was refused.
  absl::StatusOr<v1::SubmitResultResponse> TakeAnswer();
  bool released() const { return released_; }
  // The results that it changed.
  const std::vector<int64_t>& changed() const { return changed_; }

 private:
  absl::Status Refuse(store::Batch& batch, const Rulebook& rulebook, absl::Time now, const std::string& why);
  absl::Status AnswerDuplicate(store::Batch& batch, int64_t result_id, absl::Time now);
  // The results that the report is a version of: none, one, or several that nobody can choose from.
  absl::StatusOr<std::vector<v1::Result>> FindSameResult(store::Batch& batch) const;
  absl::Status TakeNew(store::Batch& batch, const Rulebook& rulebook, absl::Time now, const std::string& quarantine);
  absl::Status TakeVersion(store::Batch& batch, const Rulebook& rulebook, absl::Time now, const v1::Result& standing);
  // The report belongs to another patient than the standing version.
  absl::Status TakeOtherPatient(store::Batch& batch, const Rulebook& rulebook, absl::Time now, const v1::Result& standing,
                                VersionOrder order);
  // It is a version of one of several results, none of them its patient's.
  absl::Status TakeStrangers(store::Batch& batch, const Rulebook& rulebook, absl::Time now,
                             const std::vector<v1::Result>& candidates);
  absl::Status TakeNextVersion(store::Batch& batch, const Rulebook& rulebook, absl::Time now, const v1::Result& standing,
                               const std::string& quarantine, v1::Result result);
  absl::Status LogOlder(store::Batch& batch, const v1::Result& standing, const std::vector<std::string>& set_back,
                        absl::Time now);
  absl::Status DecideAndWrite(store::Batch& batch, const Rulebook& rulebook, absl::Time now, const v1::Result* before,
                              const std::string& quarantine, v1::Result result, v1::SubmitResultResponse::Disposal disposal);
  // The report has other identifiers of the patient than the standing version, who is the same by a merge.
  bool ComesUnderOtherNumber(const v1::DiagnosticReport& standing) const;
  // Gives the result what belongs to its contents alone: a salt, and that the message's key goes with them.
  absl::Status NoteMessage(v1::Result* result) const;
  // The same, with all of its keys that go. Before it is written.
  absl::Status PrepareErasure(const Rulebook& rulebook, v1::Result* result) const;
  // `salt` is the result's.
  void NoteDigests(const std::string& salt, v1::Entry::Decided* decided) const;
  absl::Status PutKeys(store::Batch& batch, const v1::Result& result) const;

  v1::SubmitResultRequest request_;
  const NewSalt new_salt_;
  const std::string digest_;
  const store::Key duplicate_key_;
  const store::Key key_before_;  // keys.h
  const IdentityKeys identity_;
  std::string kept_digest_;  // of the report without what was dropped of it; empty: nothing was
  store::Key kept_key_;      // its duplicate key
  // The report from which versions start, where this one makes it.
  std::optional<v1::DiagnosticReport> base_;
  absl::Status refused_;
  v1::SubmitResultResponse response_;
  bool released_ = false;
  std::vector<int64_t> changed_;
  const SameOrder* same_order_ = nullptr;  // while it runs
  bool merged_ = false;                    // the standing version's patient is the report's, by whatever identifiers
};

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_SUBMIT_H_

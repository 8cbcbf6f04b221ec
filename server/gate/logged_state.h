// A result as its log entries alone have it: what was decided of it last, and where each unit stands since. Whoever decides again
// (replay.h) starts from there, and what the database keeps is held against it (stored_check.h).
//
// Not thread-safe.
#ifndef RESULTGATE_GATE_LOGGED_STATE_H_
#define RESULTGATE_GATE_LOGGED_STATE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "resultgate/v1/audit_service.pb.h"
#include "resultgate/v1/result.pb.h"
#include "server/gate/in_process.h"

namespace resultgate::gate {

// Digest of the report that an entry took in, as it is kept.
const std::string& KeptDigest(const v1::Entry::Decided& decided);

class LoggedState {
 public:
  // Takes in the next entry of the result; the first one is its first.
  void Take(const v1::Entry& entry);

  // False before the first decision.
  bool decided() const { return decided_; }
  // Its id, version, times of receipt, decision and number of releases; not its report, of which the log has digests only.
  const v1::Result& result() const { return result_; }
  // What counted for the standing decision of what had been decided before, as that stood then; null where nothing did.
  const v1::Decision* previous() const { return previous_ ? &*previous_ : nullptr; }
  // The standing decision; while it is in doubt, what had been decided before that of what is in it (WithoutDoubt).
  const v1::Decision& settled() const { return settled_ ? *settled_ : result_.decision(); }
  // FactsDigest of the standing decision.
  const std::string& facts_digest() const { return facts_digest_; }
  // The notices that it is in process, those that are over too.
  const Notices& notices() const { return notices_; }
  // Digests of the reports that were taken in, repetitions aside, in the order in which they came.
  const std::vector<std::string>& report_digests() const { return report_digests_; }

 private:
  void Overlay(const v1::Entry& entry);

  bool decided_ = false;
  v1::Result result_;
  std::optional<v1::Decision> previous_;
  std::optional<v1::Decision> settled_;  // while there is a doubt
  std::string facts_digest_;
  std::vector<std::string> report_digests_;
  Notices notices_;
};

// Cells of outcomes by unit and audience, as far as the log has them: when a document is looked at again that only waits for its
// observations is not worth an entry, so that is left out.
using LoggedCells = std::map<std::pair<std::string, v1::Audience>, v1::Outcome>;
LoggedCells ToLoggedCells(const google::protobuf::RepeatedPtrField<v1::Outcome>& outcomes);

// Where two sets of cells differ, a line each: `718-7, patient: disposition: logged …, now …`.
std::vector<std::string> DifferencesOf(const LoggedCells& logged, const LoggedCells& now);

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_LOGGED_STATE_H_

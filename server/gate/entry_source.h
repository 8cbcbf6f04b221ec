// Entries of the log in the order that somebody asks for, a few at a time, without those that cannot be meant: by their result,
// by their patient, or by what they tell (audit/entry_terms.h). Thread-safe; blocks on the disk.
#ifndef RESULTGATE_GATE_ENTRY_SOURCE_H_
#define RESULTGATE_GATE_ENTRY_SOURCE_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "resultgate/v1/audit_service.pb.h"
#include "server/audit/filter.h"
#include "server/audit/term_query.h"
#include "server/store/store.h"

namespace resultgate::gate {

class EntrySource {
 public:
  // Of those in `range` that can match `filter`, be of `kind` and be about `result_id`; UNSPECIFIED and 0 ask for nothing. They
  // may be more than match, never fewer. `reader` must outlive it.
  static absl::StatusOr<EntrySource> Of(const store::Reader& reader, const audit::Filter& filter, v1::EntryKind kind,
                                        int64_t result_id, const audit::Filter::Range& range, bool newest_first);

  // Those that follow on entry `at`; none at the end.
  absl::StatusOr<std::vector<v1::Entry>> After(int64_t at) const;

 private:
  EntrySource(const store::Reader& reader, int64_t result_id, const audit::Filter::Range& range, bool newest_first)
      : reader_(reader), result_id_(result_id), range_(range), newest_first_(newest_first) {}

  // Those of a patient, whose sequences are known.
  absl::StatusOr<std::vector<v1::Entry>> AfterOfPatient(int64_t at) const;
  // Those with the terms, in the blocks that have theirs and then entry by entry, or the other way round.
  absl::StatusOr<std::vector<v1::Entry>> AfterByTerms(int64_t at) const;
  // Sequences of the first of them in the blocks.
  absl::StatusOr<std::vector<int64_t>> NextInBlocks(int64_t at) const;
  absl::StatusOr<std::vector<v1::Entry>> Read(const std::vector<int64_t>& sequences) const;

  const store::Reader& reader_;
  const int64_t result_id_;
  const audit::Filter::Range range_;
  const bool newest_first_;
  std::optional<std::vector<int64_t>> sequences_;  // of a patient's entries, in order
  audit::TermQuery terms_ = audit::TermQuery::All();
  int64_t in_blocks_ = 0;  // the last entry of the blocks that have their terms
};

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_ENTRY_SOURCE_H_

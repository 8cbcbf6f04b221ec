// Checkpoints: the signed heads of the log, in the format of c2sp.org/tlog-checkpoint. The text of the note is the log's origin,
// the number of its entries, and the root of its Merkle tree in base64, each on a line; further lines are allowed and ignored.
//
// Who keeps a checkpoint can later prove, with nothing else from that time, that the log still begins with the same entries. Pure
// functions, thread-safe.
#ifndef RESULTGATE_AUDIT_CHECKPOINT_H_
#define RESULTGATE_AUDIT_CHECKPOINT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "server/audit/key.h"
#include "server/merkle/hash.h"

namespace resultgate::audit {

struct Checkpoint {
  std::string origin;
  int64_t size = 0;
  merkle::Hash root{};
};

// The signed note. Its origin is the key's name.
absl::StatusOr<std::string> SignCheckpoint(int64_t size, const merkle::Hash& root, const SigningKey& key);

// What a note says, without a look at its signatures: for its size, or to name whose it is.
absl::StatusOr<Checkpoint> ReadCheckpoint(absl::string_view note);

// What a note says that `key` signed, about the log of that name. InvalidArgument, with what is wrong, otherwise.
absl::StatusOr<Checkpoint> VerifyCheckpoint(absl::string_view note, const VerifierKey& key);

// The checkpoints of a witness's file: notes that were kept elsewhere, one after the other, oldest or newest first. Each must be
// right, by any of `keys`: a log whose key was changed goes on under the next one, and what was kept of it before still counts.
// InvalidArgument says which is not. A file without any is an error too: it would prove nothing.
absl::StatusOr<std::vector<Checkpoint>> ReadWitness(absl::string_view file, absl::Span<const VerifierKey> keys);

}  // namespace resultgate::audit

#endif  // RESULTGATE_AUDIT_CHECKPOINT_H_

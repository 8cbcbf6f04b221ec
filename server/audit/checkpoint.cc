#include "server/audit/checkpoint.h"

#include <optional>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "server/audit/note.h"
#include "server/base/status_macros.h"

namespace resultgate::audit {
namespace {

absl::Status NoCheckpoint(absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("it is no checkpoint: ", why));
}

absl::StatusOr<Checkpoint> ParseText(absl::string_view text) {
  const std::vector<absl::string_view> lines = absl::StrSplit(text, '\n');  // the last one is empty
  if (lines.size() < 4) return NoCheckpoint("it has no three lines of origin, size and root");
  for (size_t i = 0; i + 1 < lines.size(); ++i) {
    if (lines[i].empty()) return NoCheckpoint(absl::StrCat("line ", i + 1, " is empty"));
  }
  Checkpoint checkpoint;
  checkpoint.origin = std::string(lines[0]);
  if (!absl::SimpleAtoi(lines[1], &checkpoint.size) || checkpoint.size < 0 || absl::StrCat(checkpoint.size) != lines[1]) {
    return NoCheckpoint("line 2 is no number of entries, in decimal without leading zeros");
  }
  std::string bytes;
  const bool is_base64 = absl::Base64Unescape(lines[2], &bytes) && absl::Base64Escape(bytes) == lines[2];
  const std::optional<merkle::Hash> root = merkle::FromBytes(bytes);
  if (!is_base64 || !root) return NoCheckpoint("line 3 is no root: 32 bytes in base64");
  checkpoint.root = *root;
  return checkpoint;
}

}  // namespace

absl::StatusOr<std::string> SignCheckpoint(int64_t size, const merkle::Hash& root, const SigningKey& key) {
  return SignNote(absl::StrCat(key.verifier().name(), "\n", size, "\n", absl::Base64Escape(merkle::Bytes(root)), "\n"), key);
}

absl::StatusOr<Checkpoint> ReadCheckpoint(absl::string_view note) {
  RG_ASSIGN_OR_RETURN(const std::string text, NoteText(note));
  return ParseText(text);
}

absl::StatusOr<Checkpoint> VerifyCheckpoint(absl::string_view note, const VerifierKey& key) {
  RG_ASSIGN_OR_RETURN(const std::string text, VerifyNote(note, key));
  RG_ASSIGN_OR_RETURN(Checkpoint checkpoint, ParseText(text));
  if (checkpoint.origin != key.name()) {
    return absl::InvalidArgumentError(absl::StrCat("it is about the log `", checkpoint.origin, "`, not `", key.name(), "`"));
  }
  return checkpoint;
}

absl::StatusOr<std::vector<Checkpoint>> ReadWitness(absl::string_view file, absl::Span<const VerifierKey> keys) {
  std::vector<Checkpoint> checkpoints;
  for (const std::string& note : SplitNotes(file)) {
    absl::StatusOr<Checkpoint> checkpoint = absl::InvalidArgumentError("there is no key to hold it against");
    // The newest key comes last: what is wrong by that one is said.
    for (const VerifierKey& key : keys) {
      checkpoint = VerifyCheckpoint(note, key);
      if (checkpoint.ok()) break;
    }
    if (!checkpoint.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("checkpoint ", checkpoints.size() + 1, " of the file: ", checkpoint.status().message()));
    }
    checkpoints.push_back(*std::move(checkpoint));
  }
  if (checkpoints.empty()) return absl::InvalidArgumentError("the file holds no checkpoint");
  return checkpoints;
}

}  // namespace resultgate::audit

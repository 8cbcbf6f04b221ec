// Signed notes (c2sp.org/signed-note): some lines of text, an empty line, and one line per signature, `— NAME BASE64`. Pure
// functions, thread-safe.
#ifndef RESULTGATE_AUDIT_NOTE_H_
#define RESULTGATE_AUDIT_NOTE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/audit/key.h"

namespace resultgate::audit {

// `text` with the key's signature. Requires that `text` ends with a line feed and has neither empty lines nor other control
// characters.
absl::StatusOr<std::string> SignNote(absl::string_view text, const SigningKey& key);

// The text of a note, without a look at its signatures. InvalidArgument, with what is wrong, if it is none.
absl::StatusOr<std::string> NoteText(absl::string_view note);

// The text of a note that `key` signed. Signatures of other keys, a witness's say, count neither way. InvalidArgument if it is no
// note, carries no signature of this key, or one that is not right.
absl::StatusOr<std::string> VerifyNote(absl::string_view note, const VerifierKey& key);

// The notes of a file that holds several, one after the other, with or without empty lines between them.
std::vector<std::string> SplitNotes(absl::string_view file);

}  // namespace resultgate::audit

#endif  // RESULTGATE_AUDIT_NOTE_H_

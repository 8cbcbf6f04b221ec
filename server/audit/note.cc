#include "server/audit/note.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "server/base/status_macros.h"

namespace resultgate::audit {
namespace {

constexpr absl::string_view kDash = "\xe2\x80\x94 ";  // an em dash and a blank
constexpr size_t kIdBytes = 4;
// Both are more than any note needs; a reader must not be kept busy by a file that somebody made up.
constexpr size_t kLargestNote = 1 << 20;
constexpr size_t kMostSignatures = 100;

struct Signature {
  std::string name;
  std::string id;
  std::string bytes;
};

struct Note {
  std::string text;
  std::vector<Signature> signatures;
};

absl::Status Malformed(absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("it is no signed note: ", why));
}

absl::StatusOr<Signature> ParseSignature(absl::string_view line) {
  if (!absl::ConsumePrefix(&line, kDash)) return Malformed("a line of signature begins with an em dash (U+2014) and a blank");
  const std::vector<absl::string_view> fields = absl::StrSplit(line, ' ');
  std::string bytes;
  if (fields.size() != 2 || fields[0].empty() || absl::StrContains(fields[0], '+') || !absl::Base64Unescape(fields[1], &bytes) ||
      absl::Base64Escape(bytes) != fields[1] || bytes.size() <= kIdBytes) {
    return Malformed("a line of signature is `— NAME BASE64`");
  }
  return Signature{std::string(fields[0]), bytes.substr(0, kIdBytes), bytes.substr(kIdBytes)};
}

absl::StatusOr<Note> Parse(absl::string_view bytes) {
  if (bytes.size() > kLargestNote) return Malformed("it has more than a megabyte");
  if (std::any_of(bytes.begin(), bytes.end(), [](char c) { return static_cast<unsigned char>(c) < ' ' && c != '\n'; })) {
    return Malformed("it has control characters");
  }
  const size_t end = bytes.rfind("\n\n");
  if (end == absl::string_view::npos) return Malformed("no empty line stands between text and signatures");
  Note note;
  note.text = std::string(bytes.substr(0, end + 1));
  absl::string_view rest = bytes.substr(end + 2);
  if (!absl::ConsumeSuffix(&rest, "\n")) return Malformed("the last line does not end");
  for (const absl::string_view line : absl::StrSplit(rest, '\n')) {
    if (note.signatures.size() == kMostSignatures) return Malformed("it has more than 100 signatures");
    RG_ASSIGN_OR_RETURN(Signature signature, ParseSignature(line));
    note.signatures.push_back(std::move(signature));
  }
  return note;
}

}  // namespace

absl::StatusOr<std::string> SignNote(absl::string_view text, const SigningKey& key) {
  RG_ASSIGN_OR_RETURN(const std::string signature, key.Sign(text));
  return absl::StrCat(text, "\n", kDash, key.verifier().name(), " ",
                      absl::Base64Escape(absl::StrCat(key.verifier().id(), signature)), "\n");
}

absl::StatusOr<std::string> NoteText(absl::string_view note) {
  RG_ASSIGN_OR_RETURN(Note parsed, Parse(note));
  return std::move(parsed.text);
}

absl::StatusOr<std::string> VerifyNote(absl::string_view note, const VerifierKey& key) {
  RG_ASSIGN_OR_RETURN(Note parsed, Parse(note));
  bool found = false;
  for (const Signature& signature : parsed.signatures) {
    if (signature.name != key.name() || signature.id != key.id()) continue;
    if (!base::VerifyEd25519(key.public_key(), parsed.text, signature.bytes)) {
      return absl::InvalidArgumentError(absl::StrCat("the signature of `", key.name(), "` is not right: the text was changed"));
    }
    found = true;
  }
  if (!found) return absl::InvalidArgumentError(absl::StrCat("it carries no signature of the key `", key.ToString(), "`"));
  return std::move(parsed.text);
}

std::vector<std::string> SplitNotes(absl::string_view file) {
  std::vector<std::string> notes;
  bool in_signatures = true;
  for (absl::string_view line : absl::StrSplit(file, '\n')) {
    const bool is_signature = absl::StartsWith(line, kDash);
    if (in_signatures && !is_signature) {
      if (line.empty()) continue;  // between notes
      notes.emplace_back();
    }
    if (is_signature && notes.empty()) notes.emplace_back();
    in_signatures = is_signature;
    absl::StrAppend(&notes.back(), line, "\n");
  }
  return notes;
}

}  // namespace resultgate::audit

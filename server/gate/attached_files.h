// The files of a report's document (a PDF) from version to version. A file has no number of its own: it is known again by what it
// is of (HL7 v2 OBX-3), else by its title. One that the sender took back stays as a mark without its data (Attachment.status), so
// that it is known whichever message comes first. Pure, thread-safe.
#ifndef RESULTGATE_GATE_ATTACHED_FILES_H_
#define RESULTGATE_GATE_ATTACHED_FILES_H_

#include <set>
#include <string>
#include <vector>

#include "resultgate/v1/model.pb.h"

namespace resultgate::gate {

using Files = google::protobuf::RepeatedPtrField<v1::Attachment>;

// True if the report takes a file back as wrong.
bool TakesFileBack(const v1::DiagnosticReport& report);

// True if a file that stands in `before` is gone in `now`, because the sender took it back as wrong.
bool FileWasTakenBack(const v1::DiagnosticReport& before, const v1::DiagnosticReport& now);

// Without marks, and without the status that each was sent with.
Files StandingFiles(const v1::DiagnosticReport& report);

// Files of versions being put together, the oldest first.
class AttachedFiles {
 public:
  // A version's marks take away what stood of the same name, or all where they have none. Its files take the place of what stood,
  // or, where it is appended, come beside it. Where it `is_all` that stands, nothing is left of files that it lacks: they say
  // what was withdrawn with the words. That takes nothing back as wrong.
  void Add(const v1::DiagnosticReport& version, bool is_all);

  // What stands, and all marks behind it.
  Files Take() const;

  // True if something stands that was taken back as wrong before: of the same name or contents. A version that takes a file back
  // and brings another in its place says itself which is right.
  bool CameAgain() const;

 private:
  struct File {
    v1::Attachment file;
    bool again = false;  // as CameAgain has it
  };

  std::vector<File> standing_;
  std::vector<v1::Attachment> marks_;
  std::vector<v1::Attachment> wrong_;     // marks of what is not to come again
  std::set<std::string> wrong_contents_;  // of what was taken back as wrong
};

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_ATTACHED_FILES_H_

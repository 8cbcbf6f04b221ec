// What a version says of its report's document: narrative, conclusion, codes, notes and files. A part of versions.h. Pure
// functions, thread-safe.
#ifndef RESULTGATE_GATE_DOCUMENT_WORDS_H_
#define RESULTGATE_GATE_DOCUMENT_WORDS_H_

#include <map>
#include <string>

#include "resultgate/v1/model.pb.h"

namespace resultgate::gate {

// A later stage of a result's life is a larger number; 0 where the status names none.
int StageOf(v1::ResultStatus status);

// True if something of a document stands in it.
bool HasDocumentContent(const v1::DiagnosticReport& report);

// True if, after versions of that stage, what it lacks of a document stands no more: it says all that stands (`snapshot`), and
// that it corrects, or it is of a later stage, as a final report after a preliminary one. Other snapshots may be the pieces of
// one report, its words in one resource and its values in the next. What is appended only adds; and what says that all of it was
// wrong, or was not made, need not say again what that was.
bool SaysAllAfter(int stage, const v1::DiagnosticReport& version);

// True if it says by itself what the document is, be it that there is none.
bool SpeaksOfDocument(const v1::DiagnosticReport& version);

// The document's fields alone, as far as they stand.
v1::DiagnosticReport Document(const v1::DiagnosticReport& report);

// What the version says of the document, as bytes, by part; the parts have names that no unit has. Where it `says_all`, it says
// of what it lacks that there is none.
std::map<std::string, std::string> SaidOfDocument(const v1::DiagnosticReport& version, bool says_all);

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_DOCUMENT_WORDS_H_

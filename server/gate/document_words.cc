#include "server/gate/document_words.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "server/gate/attached_files.h"
#include "server/policy/units.h"

namespace resultgate::gate {
namespace {

bool CorrectsAll(const v1::DiagnosticReport& version) {
  return version.snapshot() && (version.status() == v1::RESULT_STATUS_CORRECTED || version.status() == v1::RESULT_STATUS_AMENDED);
}

}  // namespace

int StageOf(v1::ResultStatus status) {
  switch (status) {
    case v1::RESULT_STATUS_REGISTERED:
      return 1;
    case v1::RESULT_STATUS_PRELIMINARY:
      return 2;
    case v1::RESULT_STATUS_FINAL:
      return 3;
    case v1::RESULT_STATUS_AMENDED:
    case v1::RESULT_STATUS_CORRECTED:
    case v1::RESULT_STATUS_APPENDED:
      return 4;
    case v1::RESULT_STATUS_CANCELLED:
      return 5;
    case v1::RESULT_STATUS_ENTERED_IN_ERROR:
      return 6;
    default:
      return 0;
  }
}

bool HasDocumentContent(const v1::DiagnosticReport& report) {
  const auto& files = report.presented_forms();
  return !report.narrative().empty() || !report.conclusion().empty() || report.conclusion_codes_size() > 0 ||
         report.notes_size() > 0 || !std::all_of(files.begin(), files.end(), policy::IsVoid);
}

bool SaysAllAfter(int stage, const v1::DiagnosticReport& version) {
  const bool is_void = version.status() == v1::RESULT_STATUS_CANCELLED || version.status() == v1::RESULT_STATUS_ENTERED_IN_ERROR;
  const bool adds = version.status() == v1::RESULT_STATUS_APPENDED;
  return CorrectsAll(version) || (version.snapshot() && !is_void && !adds && StageOf(version.status()) > stage);
}

bool SpeaksOfDocument(const v1::DiagnosticReport& version) {
  return HasDocumentContent(version) || CorrectsAll(version);
}

v1::DiagnosticReport Document(const v1::DiagnosticReport& report) {
  v1::DiagnosticReport document;
  document.set_narrative(report.narrative());
  document.set_conclusion(report.conclusion());
  *document.mutable_conclusion_codes() = report.conclusion_codes();
  *document.mutable_notes() = report.notes();
  *document.mutable_presented_forms() = StandingFiles(report);
  return document;
}

std::map<std::string, std::string> SaidOfDocument(const v1::DiagnosticReport& version, bool says_all) {
  std::map<std::string, std::string> said;
  const auto add = [&](const char* part, const std::string& bytes) {
    if (says_all || !bytes.empty()) said.emplace(absl::StrCat(policy::kDocument, " ", part), bytes);
  };
  const v1::DiagnosticReport document = Document(version);
  v1::DiagnosticReport codes, notes, files;
  *codes.mutable_conclusion_codes() = document.conclusion_codes();
  *notes.mutable_notes() = document.notes();
  *files.mutable_presented_forms() = document.presented_forms();
  add("narrative", document.narrative());
  add("conclusion", document.conclusion());
  add("codes", codes.SerializeAsString());
  add("notes", notes.SerializeAsString());
  add("files", files.SerializeAsString());
  return said;
}

}  // namespace resultgate::gate

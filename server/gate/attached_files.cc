#include "server/gate/attached_files.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "server/policy/units.h"

namespace resultgate::gate {
namespace {

bool IsWrong(const v1::Attachment& file) {
  return file.status() == v1::RESULT_STATUS_ENTERED_IN_ERROR;
}

std::string CodeOf(const v1::Attachment& file) {
  return file.code().codings_size() > 0 ? file.code().codings(0).code() : "";
}

bool SameName(const v1::Attachment& a, const v1::Attachment& b) {
  const std::string code_of_a = CodeOf(a);
  const std::string code_of_b = CodeOf(b);
  return code_of_a.empty() || code_of_b.empty() ? a.title() == b.title() : code_of_a == code_of_b;
}

// True if the mark is of this file: nobody can tell which one a mark without a name is of, so it is of each.
bool IsOf(const v1::Attachment& mark, const v1::Attachment& file) {
  return SameName(mark, file) || (CodeOf(mark).empty() && mark.title().empty());
}

std::string ContentsOf(const v1::Attachment& file) {
  return absl::StrCat(file.url().size(), ":", file.url(), file.data());
}

v1::Attachment WithoutStatus(v1::Attachment file) {
  file.clear_status();
  return file;
}

bool IsSame(const v1::Attachment& a, const v1::Attachment& b) {
  return WithoutStatus(a).SerializeAsString() == WithoutStatus(b).SerializeAsString();
}

bool Holds(const std::vector<v1::Attachment>& files, const v1::Attachment& file) {
  return std::any_of(files.begin(), files.end(),
                     [&file](const v1::Attachment& other) { return other.status() == file.status() && IsSame(other, file); });
}

std::vector<v1::Attachment> MarksOf(const v1::DiagnosticReport& report) {
  std::vector<v1::Attachment> marks;
  for (const v1::Attachment& file : report.presented_forms()) {
    if (!policy::IsVoid(file)) continue;
    marks.push_back(file);
    marks.back().clear_data();
    marks.back().clear_url();
  }
  return marks;
}

}  // namespace

bool TakesFileBack(const v1::DiagnosticReport& report) {
  return std::any_of(report.presented_forms().begin(), report.presented_forms().end(), IsWrong);
}

bool FileWasTakenBack(const v1::DiagnosticReport& before, const v1::DiagnosticReport& now) {
  if (!TakesFileBack(now)) return false;
  const std::vector<v1::Attachment> marks = MarksOf(now);
  const std::vector<v1::Attachment> marks_before = MarksOf(before);
  const Files standing = StandingFiles(now);
  for (const v1::Attachment& file : StandingFiles(before)) {
    const auto is_same = [&file](const v1::Attachment& other) { return IsSame(other, file); };
    const auto is_named_so = [&file](const v1::Attachment& other) { return SameName(other, file); };
    if (std::any_of(standing.begin(), standing.end(), is_same)) continue;
    // An old mark took back what was there before; what has its name was replaced since.
    const bool replaced = std::any_of(standing.begin(), standing.end(), is_named_so);
    for (const v1::Attachment& mark : marks) {
      if (IsWrong(mark) && IsOf(mark, file) && (!replaced || !Holds(marks_before, mark))) return true;
    }
  }
  return false;
}

Files StandingFiles(const v1::DiagnosticReport& report) {
  Files files;
  for (const v1::Attachment& file : report.presented_forms()) {
    if (!policy::IsVoid(file)) *files.Add() = WithoutStatus(file);
  }
  return files;
}

void AttachedFiles::Add(const v1::DiagnosticReport& version, bool is_all) {
  const std::vector<v1::Attachment> marks = MarksOf(version);
  for (const v1::Attachment& mark : marks) {
    for (const File& file : standing_) {
      if (IsWrong(mark) && IsOf(mark, file.file)) wrong_contents_.insert(ContentsOf(file.file));
    }
    const auto is_gone = [&mark](const File& file) { return IsOf(mark, file.file); };
    standing_.erase(std::remove_if(standing_.begin(), standing_.end(), is_gone), standing_.end());
    if (!Holds(marks_, mark)) marks_.push_back(mark);
  }
  std::vector<File> files;
  for (const v1::Attachment& file : version.presented_forms()) {
    if (policy::IsVoid(file)) continue;
    const bool again =
        (!wrong_contents_.empty() && wrong_contents_.count(ContentsOf(file)) > 0) ||
        std::any_of(wrong_.begin(), wrong_.end(), [&file](const v1::Attachment& mark) { return IsOf(mark, file); });
    files.push_back({file, again});
  }
  if (version.status() != v1::RESULT_STATUS_APPENDED && (is_all || !files.empty())) standing_.clear();
  for (File& file : files) {
    const auto is_same = [&file](const File& other) { return IsSame(other.file, file.file); };
    const auto known = std::find_if(standing_.begin(), standing_.end(), is_same);
    if (known == standing_.end() || version.status() != v1::RESULT_STATUS_APPENDED) {
      standing_.push_back(std::move(file));
    } else {
      known->again = known->again || file.again;
    }
  }
  for (const v1::Attachment& mark : marks) {
    const bool replaced =
        std::any_of(standing_.begin(), standing_.end(), [&mark](const File& file) { return IsOf(mark, file.file); });
    if (IsWrong(mark) && !replaced) wrong_.push_back(mark);
  }
}

Files AttachedFiles::Take() const {
  Files files;
  for (const File& file : standing_) *files.Add() = file.file;
  for (const v1::Attachment& mark : marks_) *files.Add() = mark;
  return files;
}

bool AttachedFiles::CameAgain() const {
  return std::any_of(standing_.begin(), standing_.end(), [](const File& file) { return file.again; });
}

}  // namespace resultgate::gate

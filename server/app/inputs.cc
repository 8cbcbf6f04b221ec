#include "server/app/inputs.h"

#include <filesystem>
#include <iostream>
#include <iterator>
#include <system_error>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "server/base/file.h"

namespace resultgate::app {
namespace {

absl::StatusOr<std::string> Read(const std::string& file) {
  if (file == "-") return std::string(std::istreambuf_iterator<char>(std::cin), {});
  std::error_code ignored;
  if (std::filesystem::is_directory(file, ignored)) return absl::InvalidArgumentError("is a folder; name the files in it");
  return base::ReadFile(file);
}

intake::Message Unreadable(const absl::Status& status) {
  intake::Message message;
  v1::Issue issue;
  issue.set_severity(v1::Issue::SEVERITY_ERROR);
  issue.set_message(std::string(status.message()));
  message.refused.push_back(std::move(issue));
  return message;
}

}  // namespace

std::string ToString(const Source& source, bool several) {
  return several ? absl::StrCat(source.file, " message ", source.message) : source.file;
}

void ForEachMessage(const std::vector<std::string>& files, const intake::Options& options,
                    const std::function<void(const Source& source, bool several, intake::Message message)>& take) {
  for (const std::string& file : files) {
    const absl::StatusOr<std::string> bytes = Read(file);
    std::vector<intake::Message> messages;
    if (bytes.ok()) {
      messages = intake::ReadMessages(*bytes, options);
    } else {
      messages.push_back(Unreadable(bytes.status()));
    }
    const bool several = messages.size() > 1;
    for (size_t i = 0; i < messages.size(); ++i) take({file, static_cast<int>(i) + 1}, several, std::move(messages[i]));
  }
}

}  // namespace resultgate::app

#include "server/gate/start_log.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "server/base/proto_time.h"
#include "server/base/status_macros.h"
#include "server/gate/result_commit.h"

namespace resultgate::gate {
namespace {

constexpr int kReadAhead = 256;
constexpr char kActor[] = "gate";

std::map<std::string, std::string> SettingsOf(const v1::Entry::Started& started) {
  std::map<std::string, std::string> settings;
  for (const v1::Entry::Setting& setting : started.settings()) settings[setting.name()] = setting.value();
  settings["software-version"] = started.software_version();
  settings["development"] = started.development() ? "true" : "false";
  return settings;
}

// Few entries are about no result, so that the last start is near however long the log is.
absl::StatusOr<std::optional<v1::Entry>> LastStart(const store::Reader& reader) {
  for (int64_t before = 0;;) {
    RG_ASSIGN_OR_RETURN(std::vector<v1::Entry> entries, reader.ListEntriesAboutNone(before, kReadAhead));
    if (entries.empty()) return std::nullopt;
    for (v1::Entry& entry : entries) {
      if (entry.has_started()) return std::move(entry);
      before = entry.sequence();
    }
  }
}

}  // namespace

v1::Entry::ConfigurationChanged DifferencesBetween(const v1::Entry::Started& before, const v1::Entry::Started& now) {
  const std::map<std::string, std::string> old = SettingsOf(before);
  const std::map<std::string, std::string> standing = SettingsOf(now);
  std::map<std::string, v1::Entry::ConfigurationChanged::Change> changes;
  for (const auto& [name, value] : old) changes[name].set_before(value);
  for (const auto& [name, value] : standing) changes[name].set_now(value);
  v1::Entry::ConfigurationChanged changed;
  for (auto& [name, change] : changes) {
    if (change.has_before() && change.has_now() && change.before() == change.now()) continue;
    change.set_name(name);
    *changed.add_changes() = std::move(change);
  }
  return changed;
}

absl::Status LogStart(const store::Reader& reader, store::Batch& batch, absl::Time now, const v1::Entry::Started& started) {
  RG_ASSIGN_OR_RETURN(const std::optional<v1::Entry> last, LastStart(reader));
  v1::Entry entry;
  *entry.mutable_started() = started;
  RG_RETURN_IF_ERROR(AppendEntry(batch, now, kActor, std::move(entry)));
  if (!last) return absl::OkStatus();
  v1::Entry::ConfigurationChanged changed = DifferencesBetween(last->started(), started);
  if (!changed.changes().empty()) {
    changed.set_previous_sequence(last->sequence());
    v1::Entry told;
    *told.mutable_configuration_changed() = std::move(changed);
    RG_RETURN_IF_ERROR(AppendEntry(batch, now, kActor, std::move(told)));
  }
  if (last->started().log_public_key() == started.log_public_key()) return absl::OkStatus();
  v1::Entry key;
  key.mutable_log_key_changed()->set_before(last->started().log_public_key());
  key.mutable_log_key_changed()->set_now(started.log_public_key());
  key.mutable_log_key_changed()->set_previous_sequence(last->sequence());
  return AppendEntry(batch, now, kActor, std::move(key));
}

absl::StatusOr<absl::Time> LastWritten(const store::Reader& reader, absl::Time now) {
  RG_ASSIGN_OR_RETURN(const int64_t last, reader.LastEntrySequence());
  if (last == 0) return now;
  RG_ASSIGN_OR_RETURN(const std::vector<v1::Entry> entries, reader.ListEntries(last - 1, 0, 1));
  return entries.empty() ? now : base::FromProto(entries.front().time());
}

}  // namespace resultgate::gate

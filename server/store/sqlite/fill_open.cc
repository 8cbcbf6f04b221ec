#include "server/store/sqlite/fill_open.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "server/base/status_macros.h"

namespace resultgate::store {
namespace {

// So many records are in memory at a time.
constexpr int kReadAtOnce = 1000;

}  // namespace

absl::Status FillOpen(Connection& connection, const std::function<bool(const v1::Result&)>& leaves_to_do) {
  for (int64_t after = 0;;) {
    std::vector<std::pair<int64_t, std::string>> open;
    int rows = 0;
    {
      RG_ASSIGN_OR_RETURN(Statement statement,
                          connection.Prepare("SELECT id, record FROM results WHERE id > ?1 AND open = 0 ORDER BY id LIMIT ?2"));
      statement.BindInt(1, after);
      statement.BindInt(2, kReadAtOnce);
      while (true) {
        RG_ASSIGN_OR_RETURN(const bool more, statement.Step());
        if (!more) break;
        ++rows;
        after = statement.Int(0);
        const absl::string_view record = statement.Blob(1);
        v1::Result result;
        if (!result.ParseFromArray(record.data(), static_cast<int>(record.size()))) continue;
        if (result.has_erased() || !result.has_report() || !leaves_to_do(result)) continue;
        result.mutable_follow_up()->set_open(true);
        open.emplace_back(after, result.SerializeAsString());
      }
    }
    if (rows == 0) return absl::OkStatus();
    for (const auto& [id, record] : open) {
      // Something is left to do about it, so its time has not begun to pass.
      RG_ASSIGN_OR_RETURN(Statement statement,
                          connection.Prepare("UPDATE results SET open = 1, settled_us = NULL, record = ?2 WHERE id = ?1"));
      statement.BindInt(1, id);
      statement.BindBlob(2, record);
      RG_RETURN_IF_ERROR(statement.Run());
    }
  }
}

}  // namespace resultgate::store

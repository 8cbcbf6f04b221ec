#include "server/store/sqlite/fill_columns.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "server/base/status_macros.h"
#include "server/store/sqlite/queries.h"

namespace resultgate::store {
namespace {

constexpr int kFilledAtOnce = 1000;

// Runs `update` (the id and the value) for each result that `select` (those after an id, so many) gives and that has a value.
absl::Status Fill(Connection& connection, const char* select, const char* update,
                  const std::function<std::optional<int64_t>(const v1::Result&)>& value_of) {
  for (int64_t after = 0;;) {
    std::vector<std::pair<int64_t, int64_t>> values;
    {
      RG_ASSIGN_OR_RETURN(Statement statement, connection.Prepare(select));
      statement.BindInt(1, after);
      statement.BindInt(2, kFilledAtOnce);
      int rows = 0;
      while (true) {
        RG_ASSIGN_OR_RETURN(const bool more, statement.Step());
        if (!more) break;
        ++rows;
        after = statement.Int(0);
        const absl::string_view record = statement.Blob(1);
        v1::Result result;
        if (!result.ParseFromArray(record.data(), static_cast<int>(record.size())) || result.id() != after) continue;
        if (const std::optional<int64_t> value = value_of(result)) values.emplace_back(after, *value);
      }
      if (rows == 0) return absl::OkStatus();
    }
    for (const auto& [id, value] : values) {
      RG_ASSIGN_OR_RETURN(Statement statement, connection.Prepare(update));
      statement.BindInt(1, id);
      statement.BindInt(2, value);
      RG_RETURN_IF_ERROR(statement.Run());
    }
  }
}

}  // namespace

absl::Status FillSettled(Connection& connection) {
  return Fill(connection, sql::kListResults, sql::kPutSettled, SettledMicros);
}

absl::Status FillHeld(Connection& connection) {
  return Fill(connection, "SELECT id, record FROM results WHERE id > ?1 AND held = 1 ORDER BY id LIMIT ?2",
              "UPDATE results SET held = ?2 WHERE id = ?1",
              [](const v1::Result& result) { return std::optional<int64_t>(HeldFor(result)); });
}

}  // namespace resultgate::store

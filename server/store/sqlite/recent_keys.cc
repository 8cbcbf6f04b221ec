#include "server/store/sqlite/recent_keys.h"

#include <algorithm>
#include <set>
#include <string>

#include "server/base/status_macros.h"
#include "server/store/sqlite/queries.h"

namespace resultgate::store {
namespace {

constexpr size_t kMovedForEachPut = 2;

using Bytes = RecentKeys::Bytes;

// Of one that the table would not take, the part that fits.
Bytes BytesOf(absl::string_view key) {
  Bytes bytes{};
  std::copy_n(key.begin(), std::min(key.size(), bytes.size()), bytes.begin());
  return bytes;
}

absl::string_view Text(const Bytes& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void AddIds(const RecentKeys::Rows& rows, const Bytes& key, std::vector<int64_t>* result_ids) {
  for (auto row = rows.lower_bound({key, 0}); row != rows.end() && row->first.first == key; ++row) {
    result_ids->push_back(row->first.second);
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<RecentKeys>> RecentKeys::Read(Connection& connection, size_t most) {
  std::unique_ptr<RecentKeys> recent(new RecentKeys(most));
  RG_ASSIGN_OR_RETURN(Statement statement, connection.Prepare(sql::kReadRecentKeys));
  while (true) {
    RG_ASSIGN_OR_RETURN(const bool more, statement.Step());
    if (!more) return recent;
    recent->last_row_ = statement.Int(0);
    recent->young_.emplace(std::pair(BytesOf(statement.Blob(1)), statement.Int(2)), recent->last_row_);
  }
}

void RecentKeys::Find(const Key& key, std::vector<int64_t>* result_ids) const {
  const Bytes bytes = BytesOf(key);
  const std::lock_guard<std::mutex> lock(mutex_);
  AddIds(young_, bytes, result_ids);
  AddIds(old_, bytes, result_ids);
}

absl::StatusOr<std::vector<int64_t>> KeyWrites::Find(const Key& key) const {
  RG_ASSIGN_OR_RETURN(std::vector<int64_t> ids, FindByKey(connection_, key));
  const size_t in_place = ids.size();
  const Bytes bytes = BytesOf(key);
  AddIds(put_, bytes, &ids);
  AddIds(recent_.young_, bytes, &ids);
  AddIds(recent_.old_, bytes, &ids);
  if (ids.size() == in_place) return ids;
  if (!removed_.empty()) {
    const auto is_removed = [&](int64_t id) { return put_.count({bytes, id}) == 0 && IsRemoved({bytes, id}); };
    ids.erase(std::remove_if(ids.begin() + static_cast<ptrdiff_t>(in_place), ids.end(), is_removed), ids.end());
  }
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

absl::Status KeyWrites::Put(const Key& key, int64_t result_id) {
  const Row row(BytesOf(key), result_id);
  if (RowOf(row).has_value()) return absl::OkStatus();
  RG_ASSIGN_OR_RETURN(Statement statement, connection_.Prepare(sql::kPutRecentKey));
  statement.BindInt(1, last_row_ + 1);
  statement.BindBlob(2, key);
  statement.BindInt(3, result_id);
  RG_RETURN_IF_ERROR(statement.Run());
  put_.emplace(row, ++last_row_);
  return absl::OkStatus();
}

absl::StatusOr<int> KeyWrites::Remove(const Key& first, const Key& last, int64_t result_id) {
  const Bytes last_bytes = BytesOf(last);
  std::set<Row> rows;
  for (const RecentKeys::Rows* some : {&put_, &recent_.young_, &recent_.old_}) {
    for (auto row = some->lower_bound({BytesOf(first), 0}); row != some->end() && row->first.first <= last_bytes; ++row) {
      if (row->first.second == result_id) rows.insert(row->first);
    }
  }
  int count = 0;
  for (const Row& row : rows) {
    const std::optional<int64_t> number = RowOf(row);
    if (!number) continue;
    RG_ASSIGN_OR_RETURN(const bool counted, IsInPlace(row));
    if (!counted) ++count;
    RG_ASSIGN_OR_RETURN(Statement statement, connection_.Prepare(sql::kRemoveRecentKey));
    statement.BindInt(1, *number);
    RG_RETURN_IF_ERROR(statement.Run());
    put_.erase(row);
    removed_.push_back(row);
  }
  RG_ASSIGN_OR_RETURN(Statement statement, connection_.Prepare(sql::kRemoveKeys));
  statement.BindBlob(1, first);
  statement.BindBlob(2, last);
  statement.BindInt(3, result_id);
  RG_RETURN_IF_ERROR(statement.Run());
  return count + connection_.Changes();
}

absl::Status KeyWrites::MoveSome() {
  const RecentKeys::Rows& old = recent_.old_;
  if (old.empty()) return absl::OkStatus();
  auto row = recent_.moved_to_ ? old.upper_bound(*recent_.moved_to_) : old.begin();
  for (size_t left = kMovedForEachPut * put_.size(); left > 0 && row != old.end(); --left, ++row) {
    moved_to_ = row->first;
    if (IsRemoved(row->first)) continue;
    RG_ASSIGN_OR_RETURN(Statement statement, connection_.Prepare(sql::kPutKey));
    statement.BindBlob(1, Text(row->first.first));
    statement.BindInt(2, row->first.second);
    RG_RETURN_IF_ERROR(statement.Run());
  }
  if (row != old.end()) return absl::OkStatus();
  RG_ASSIGN_OR_RETURN(Statement statement, connection_.Prepare(sql::kRemoveRecentKeys));
  statement.BindInt(1, recent_.last_old_row_);
  RG_RETURN_IF_ERROR(statement.Run());
  moved_all_ = true;
  return absl::OkStatus();
}

void KeyWrites::Committed() {
  if (put_.empty() && removed_.empty() && !moved_to_ && !moved_all_) return;
  const std::lock_guard<std::mutex> lock(recent_.mutex_);
  if (moved_to_) recent_.moved_to_ = std::move(moved_to_);
  if (moved_all_) {
    recent_.old_.clear();
    recent_.moved_to_.reset();
  }
  for (const Row& row : removed_) {
    recent_.young_.erase(row);
    recent_.old_.erase(row);
  }
  recent_.young_.insert(put_.begin(), put_.end());
  recent_.last_row_ = last_row_;
  if (!recent_.old_.empty() || recent_.young_.size() < recent_.most_) return;
  recent_.old_.swap(recent_.young_);
  recent_.last_old_row_ = last_row_;
}

std::optional<int64_t> KeyWrites::RowOf(const Row& row) const {
  if (const auto found = put_.find(row); found != put_.end()) return found->second;
  if (IsRemoved(row)) return std::nullopt;
  for (const RecentKeys::Rows* rows : {&recent_.young_, &recent_.old_}) {
    if (const auto found = rows->find(row); found != rows->end()) return found->second;
  }
  return std::nullopt;
}

bool KeyWrites::IsRemoved(const Row& row) const {
  return std::find(removed_.begin(), removed_.end(), row) != removed_.end();
}

absl::StatusOr<bool> KeyWrites::IsInPlace(const Row& row) const {
  RG_ASSIGN_OR_RETURN(const std::vector<int64_t> ids, FindByKey(connection_, Key(Text(row.first))));
  return std::binary_search(ids.begin(), ids.end(), row.second);
}

}  // namespace resultgate::store

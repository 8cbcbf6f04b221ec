#include "server/store/sqlite/log_tree.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/store/sqlite/queries.h"

namespace resultgate::store {
namespace {

constexpr int64_t kProgressEvery = 8192;
constexpr size_t kHashBytes = sizeof(merkle::Hash);

absl::StatusOr<std::string> ReadTileBytes(Connection& connection, int level, int64_t tile) {
  RG_ASSIGN_OR_RETURN(Statement statement, connection.Prepare(sql::kFindTile));
  statement.BindInt(1, level);
  statement.BindInt(2, tile);
  RG_ASSIGN_OR_RETURN(const bool found, statement.Step());
  return found ? std::string(statement.Blob(0)) : std::string();
}

// A tile grows by one hash at its end.
absl::Status LengthenTile(Connection& connection, const merkle::Node& node) {
  const int level = node.height / merkle::kTileHeight;
  const int64_t tile = node.index / merkle::kTileWidth;
  const int64_t place = node.index % merkle::kTileWidth;
  std::string hashes;
  if (place > 0) {
    RG_ASSIGN_OR_RETURN(hashes, ReadTileBytes(connection, level, tile));
  }
  if (hashes.size() != place * kHashBytes) {
    return absl::DataLossError(absl::StrCat("database: tile ", tile, " of level ", level, " of the log's tree is damaged"));
  }
  absl::StrAppend(&hashes, merkle::Bytes(node.hash));
  RG_ASSIGN_OR_RETURN(Statement statement, connection.Prepare(sql::kPutTile));
  statement.BindInt(1, level);
  statement.BindInt(2, tile);
  statement.BindBlob(3, hashes);
  return statement.Run();
}

absl::Status Damaged(absl::string_view what) {
  return absl::DataLossError(absl::StrCat(
      "the log does not hold: ", what, ". `resultgate audit verify --database FILE` says all that is wrong; restore a backup"));
}

}  // namespace

absl::Status ForEachEntry(Connection& connection, int64_t after_sequence,
                          const std::function<absl::Status(const audit::LogRow&)>& take) {
  RG_ASSIGN_OR_RETURN(Statement statement, connection.Prepare(sql::kReadEntries));
  statement.BindInt(1, after_sequence);
  while (true) {
    RG_ASSIGN_OR_RETURN(const bool more, statement.Step());
    if (!more) return absl::OkStatus();
    RG_RETURN_IF_ERROR(take({statement.Int(0), statement.Int(1), statement.Blob(2), statement.Blob(3)}));
  }
}

void LogEdge::Append(const merkle::Hash& leaf) {
  changed_ = true;
  tree_.Append(leaf, [this](const merkle::Node& node) {
    if (node.height % merkle::kTileHeight == 0) completed_.push_back(node);
  });
}

absl::Status LogEdge::Write(Connection& connection, const audit::SigningKey& key) {
  if (!changed_) return absl::OkStatus();
  for (const merkle::Node& node : completed_) RG_RETURN_IF_ERROR(LengthenTile(connection, node));
  RG_ASSIGN_OR_RETURN(const std::string head, audit::SignCheckpoint(tree_.size(), tree_.Root(), key));
  RG_ASSIGN_OR_RETURN(Statement statement, connection.Prepare(sql::kPutHead));
  statement.BindBlob(1, head);
  RG_RETURN_IF_ERROR(statement.Run());
  completed_.clear();
  changed_ = false;
  return absl::OkStatus();
}

absl::StatusOr<std::vector<merkle::Hash>> DatabaseTiles::ReadTile(int level, int64_t tile, int count) {
  std::vector<merkle::Hash> hashes;
  const auto add = [&hashes](absl::string_view bytes) {
    const std::optional<merkle::Hash> hash = merkle::FromBytes(bytes);
    if (hash) hashes.push_back(*hash);
  };
  if (level == 0) {
    RG_ASSIGN_OR_RETURN(Statement statement, connection_.Prepare(sql::kListLeafHashes));
    statement.BindInt(1, tile * merkle::kTileWidth);
    statement.BindInt(2, count);
    while (true) {
      RG_ASSIGN_OR_RETURN(const bool more, statement.Step());
      if (!more) return hashes;
      add(statement.Blob(0));
    }
  }
  RG_ASSIGN_OR_RETURN(const std::string bytes, ReadTileBytes(connection_, level, tile));
  for (size_t at = 0; at < std::min(bytes.size(), count * kHashBytes); at += kHashBytes) {
    add(absl::string_view(bytes).substr(at, kHashBytes));
  }
  return hashes;
}

absl::StatusOr<std::string> ReadHead(Connection& connection) {
  RG_ASSIGN_OR_RETURN(Statement statement, connection.Prepare(sql::kFindHead));
  RG_ASSIGN_OR_RETURN(const bool found, statement.Step());
  if (!found) return absl::DataLossError("database: the log has no signed head");
  return std::string(statement.Blob(0));
}

absl::Status BuildLog(Connection& connection, const audit::SigningKey& key) {
  LogEdge edge;
  std::vector<merkle::Hash> leaves;
  RG_RETURN_IF_ERROR(ForEachEntry(connection, 0, [&leaves](const audit::LogRow& row) -> absl::Status {
    if (row.sequence != static_cast<int64_t>(leaves.size()) + 1) {
      return Damaged(absl::StrCat("entry ", row.sequence, " stands where entry ", leaves.size() + 1, " belongs"));
    }
    leaves.push_back(merkle::HashLeaf(row.bytes));
    return absl::OkStatus();
  }));
  for (size_t i = 0; i < leaves.size(); ++i) {
    RG_ASSIGN_OR_RETURN(Statement statement, connection.Prepare(sql::kPutLeafHash));
    statement.BindInt(1, static_cast<int64_t>(i) + 1);
    statement.BindBlob(2, merkle::Bytes(leaves[i]));
    RG_RETURN_IF_ERROR(statement.Run());
    edge.Append(leaves[i]);
  }
  // An empty log has a head too.
  RG_ASSIGN_OR_RETURN(const std::string head, audit::SignCheckpoint(0, merkle::EmptyRoot(), key));
  {
    RG_ASSIGN_OR_RETURN(Statement statement, connection.Prepare(sql::kPutHead));
    statement.BindBlob(1, head);
    RG_RETURN_IF_ERROR(statement.Run());
  }
  return edge.Write(connection, key);
}

absl::StatusOr<LogEdge> OpenLog(Connection& connection, const audit::VerifierKey& key) {
  RG_ASSIGN_OR_RETURN(const std::string note, ReadHead(connection));
  const absl::StatusOr<audit::Checkpoint> head = audit::VerifyCheckpoint(note, key);
  if (!head.ok()) return Damaged(absl::StrCat("its signed head is not right: ", head.status().message()));
  RG_ASSIGN_OR_RETURN(const int64_t last, connection.QueryInt(sql::kLastEntrySequence));
  if (last < head->size) {
    return Damaged(absl::StrCat("it is cut off: its signed head has ", head->size, " entries, the last one here is ", last));
  }
  if (last > head->size) {
    return Damaged(
        absl::StrCat("entry ", head->size + 1, " came in beside the gate: its signed head has ", head->size, " entries"));
  }
  const int64_t tail = head->size - (head->size > 0 ? (head->size - 1) % merkle::kTileWidth + 1 : 0);
  int64_t expected = tail;
  RG_RETURN_IF_ERROR(ForEachEntry(connection, tail, [&](const audit::LogRow& row) -> absl::Status {
    ++expected;
    if (row.sequence != expected) return Damaged(absl::StrCat("entry ", expected, " is missing"));
    if (merkle::Bytes(merkle::HashLeaf(row.bytes)) != row.leaf_hash) {
      return Damaged(absl::StrCat("entry ", expected, " is not as it was logged: its bytes do not have the hash beside it"));
    }
    return absl::OkStatus();
  }));
  DatabaseTiles tiles(&connection);
  merkle::TiledTree tree(&tiles, head->size);
  absl::StatusOr<merkle::CompactRange> edge = tree.Edge();
  if (absl::IsDataLoss(edge.status())) return Damaged(edge.status().message());
  RG_RETURN_IF_ERROR(edge.status());
  if (edge->Root() != head->root) return Damaged("its entries do not lead to its signed head");
  return LogEdge(*std::move(edge));
}

absl::Status ReadWholeLog(Connection& connection, audit::LogVerifier* verifier,
                          const std::function<void(int64_t done)>& progress) {
  int64_t done = 0;
  RG_RETURN_IF_ERROR(ForEachEntry(connection, 0, [&](const audit::LogRow& row) {
    verifier->AddRow(row);
    if (++done % kProgressEvery == 0 && progress != nullptr) progress(done);
    return absl::OkStatus();
  }));
  if (progress != nullptr) progress(done);
  verifier->ExpectTiles();
  RG_ASSIGN_OR_RETURN(Statement statement, connection.Prepare(sql::kListTiles));
  while (true) {
    RG_ASSIGN_OR_RETURN(const bool more, statement.Step());
    if (!more) return absl::OkStatus();
    verifier->AddTile(static_cast<int>(statement.Int(0)), statement.Int(1), statement.Blob(2));
  }
}

}  // namespace resultgate::store

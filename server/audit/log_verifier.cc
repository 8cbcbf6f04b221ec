#include "server/audit/log_verifier.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "resultgate/v1/audit_service.pb.h"
#include "server/merkle/tiles.h"

namespace resultgate::audit {
namespace {

constexpr size_t kMostFindings = 100;
// Of a log in which nothing holds not everything is kept.
constexpr size_t kMostKept = 20'000;
constexpr int64_t kWidestGap = 1 << 20;

int64_t BlockOf(int64_t sequence) {
  return (sequence - 1) / merkle::kTileWidth;
}

std::string Entries(int64_t first, int64_t last) {
  return first == last ? absl::StrCat("entry ", first) : absl::StrCat("entries ", first, " to ", last);
}

}  // namespace

bool ReadIdentity(absl::string_view bytes, int64_t* sequence, int64_t* result_id) {
  using Wire = google::protobuf::internal::WireFormatLite;
  constexpr uint32_t kSequence = Wire::MakeTag(v1::Entry::kSequenceFieldNumber, Wire::WIRETYPE_VARINT);
  constexpr uint32_t kResult = Wire::MakeTag(v1::Entry::kResultIdFieldNumber, Wire::WIRETYPE_VARINT);
  google::protobuf::io::CodedInputStream in(reinterpret_cast<const uint8_t*>(bytes.data()), static_cast<int>(bytes.size()));
  *sequence = 0;
  *result_id = 0;
  while (const uint32_t tag = in.ReadTag()) {
    uint64_t number = 0;
    if (tag != kSequence && tag != kResult) {
      if (!Wire::SkipField(&in, tag)) return false;
      continue;
    }
    if (!in.ReadVarint64(&number)) return false;
    (tag == kSequence ? *sequence : *result_id) = static_cast<int64_t>(number);
  }
  return in.ConsumedEntireMessage();
}

LogVerifier::LogVerifier(absl::StatusOr<Checkpoint> head, std::vector<Checkpoint> witnessed) : head_(std::move(head)) {
  std::sort(witnessed.begin(), witnessed.end(), [](const Checkpoint& a, const Checkpoint& b) { return a.size < b.size; });
  for (Checkpoint& checkpoint : witnessed) witnessed_.push_back({std::move(checkpoint), false});
  CompareWithCheckpoints();
}

void LogVerifier::Find(int64_t first, int64_t last, std::string message) {
  for (int64_t block = BlockOf(first); first > 0 && block <= BlockOf(std::min(last, tree_.size() + kWidestGap)); ++block) {
    blamed_.resize(std::max(blamed_.size(), static_cast<size_t>(block) + 1));
    blamed_[block] = true;
  }
  if (report_.findings.size() < kMostKept) {
    report_.findings.push_back({first, last, std::move(message)});
  } else {
    ++report_.findings_left_out;
  }
}

void LogVerifier::CompareWithCheckpoints() {
  for (; next_witnessed_ < witnessed_.size() && witnessed_[next_witnessed_].checkpoint.size == tree_.size(); ++next_witnessed_) {
    Witnessed& witnessed = witnessed_[next_witnessed_];
    witnessed.holds = witnessed.checkpoint.root == tree_.Root();
  }
  if (head_.ok() && head_->size == tree_.size()) root_at_head_ = head_->root == tree_.Root();
}

void LogVerifier::AppendLeaf(const merkle::Hash& leaf) {
  tree_.Append(leaf, [this](const merkle::Node& node) {
    if (node.height % merkle::kTileHeight == 0) levels_[node.height / merkle::kTileHeight].push_back(node.hash);
  });
  CompareWithCheckpoints();
}

void LogVerifier::AddRow(const LogRow& row) {
  ++report_.entries;
  const int64_t expected = tree_.size() + 1;
  if (lost_count_) return;
  if (row.sequence < expected) {
    return Find(row.sequence, row.sequence, absl::StrCat("entry ", row.sequence, " stands where entry ", expected, " belongs"));
  }
  if (row.sequence > expected) {
    Find(expected, row.sequence - 1,
         absl::StrCat(Entries(expected, row.sequence - 1), row.sequence - 1 == expected ? " is" : " are", " missing"));
    if (row.sequence - expected > kWidestGap) {
      lost_count_ = true;
      return;
    }
    while (tree_.size() + 1 < row.sequence) AppendLeaf({});
  }
  int64_t sequence = 0;
  int64_t result_id = 0;
  const merkle::Hash leaf = merkle::HashLeaf(row.bytes);
  if (!ReadIdentity(row.bytes, &sequence, &result_id)) {
    Find(row.sequence, row.sequence, absl::StrCat("entry ", row.sequence, " is damaged: its bytes are no entry"));
  } else if (sequence != row.sequence) {
    Find(row.sequence, row.sequence, absl::StrCat("entry ", sequence, " stands where entry ", row.sequence, " belongs"));
  } else if (merkle::Bytes(leaf) != row.leaf_hash) {
    other_hash_.push_back(row.sequence);
  } else if (result_id != row.result_id) {
    Find(row.sequence, row.sequence,
         absl::StrCat("entry ", row.sequence, " is listed under result ", row.result_id, " and is about result ", result_id));
  }
  AppendLeaf(leaf);
}

void LogVerifier::AddTile(int level, int64_t tile, absl::string_view hashes) {
  tiles_[{level, tile}] = std::string(hashes);
}

bool LogVerifier::Blamed(int64_t first, int64_t last) const {
  for (int64_t block = BlockOf(first); block <= BlockOf(last) && block < static_cast<int64_t>(blamed_.size()); ++block) {
    if (blamed_[block]) return true;
  }
  return false;
}

// What the head says of the entries, and what it says of those whose hashes differ.
void LogVerifier::CheckHead() {
  if (!head_.ok()) Find(0, 0, absl::StrCat("the signed head does not hold: ", head_.status().message()));
  const int64_t size = head_.ok() ? head_->size : tree_.size();
  if (tree_.size() < size && !lost_count_) {
    Find(tree_.size() + 1, size,
         absl::StrCat("the log is cut off: the signed head has ", size, " entries, the last one here is ", tree_.size()));
  }
  if (tree_.size() > size) {
    Find(size + 1, tree_.size(),
         absl::StrCat(Entries(size + 1, tree_.size()), " came in beside the gate: the signed head has ", size, " entries"));
  }
  report_.head_holds = root_at_head_ && tree_.size() == size;
  for (const int64_t sequence : other_hash_) {
    if (root_at_head_ && sequence <= size) {
      Find(sequence, sequence, absl::StrCat("the hash beside entry ", sequence, " was changed; the entry itself holds"));
    } else {
      Find(sequence, sequence,
           absl::StrCat("entry ", sequence, " is not as it was logged: its bytes do not have the hash beside it"));
    }
  }
}

void LogVerifier::CheckTiles() {
  // Where entries are missing at the end, the tiles have more than can be computed.
  const bool is_cut = head_.ok() && tree_.size() < head_->size;
  const int64_t size = head_.ok() && !is_cut ? head_->size : tree_.size();
  int64_t span = 1;
  for (int level = 1;; ++level) {
    span *= merkle::kTileWidth;
    const int64_t complete = size / span;
    if (complete == 0) break;
    const std::vector<merkle::Hash>& computed = levels_[level];
    for (int64_t tile = 0; tile * merkle::kTileWidth < complete; ++tile) {
      const auto found = tiles_.find({level, tile});
      const int64_t count = std::min(merkle::kTileWidth, complete - tile * merkle::kTileWidth);
      const std::string kept = found == tiles_.end() ? "" : found->second;
      const int64_t belong = count * static_cast<int64_t>(sizeof(merkle::Hash));
      if (is_cut ? static_cast<int64_t>(kept.size()) < belong : static_cast<int64_t>(kept.size()) != belong) {
        Find(0, 0,
             absl::StrCat("tile ", tile, " of level ", level, " of the tree has ", kept.size() / sizeof(merkle::Hash),
                          " hashes where ", count, " belong"));
        continue;
      }
      for (int64_t i = 0; i < count; ++i) {
        const int64_t slot = tile * merkle::kTileWidth + i;
        const int64_t first = slot * span + 1;
        const int64_t last = first + span - 1;
        if (slot >= static_cast<int64_t>(computed.size()) || Blamed(first, last)) continue;
        if (absl::string_view(kept).substr(i * sizeof(merkle::Hash), sizeof(merkle::Hash)) == merkle::Bytes(computed[slot]))
          continue;
        if (root_at_head_) {
          Find(0, 0, absl::StrCat("the tree's hash of ", Entries(first, last), " was changed; the entries themselves hold"));
        } else {
          Find(first, last, absl::StrCat("one of ", Entries(first, last), " was changed along with the hash beside it"));
        }
      }
    }
  }
  if (is_cut) return;
  for (const auto& [place, hashes] : tiles_) {
    int64_t hashes_of_level = size;
    for (int i = 0; i < place.first; ++i) hashes_of_level /= merkle::kTileWidth;
    if (place.first < 1 || place.second < 0 || place.second * merkle::kTileWidth >= hashes_of_level) {
      Find(0, 0, absl::StrCat("tile ", place.second, " of level ", place.first, " of the tree does not belong there"));
    }
  }
}

LogReport LogVerifier::Finish() {
  CheckHead();
  if (tiles_expected_) CheckTiles();
  // Entries and hashes agree with each other, and not with the signed head: what is left is the last tile, of which the file
  // keeps no second hash, or the file was made anew by somebody without the key.
  if (head_.ok() && !root_at_head_ && tree_.size() >= head_->size && !Blamed(1, head_->size) && head_->size > 0) {
    const int64_t tail = tiles_expected_ ? head_->size / merkle::kTileWidth * merkle::kTileWidth + 1 : 1;
    Find(std::min(tail, head_->size), head_->size,
         absl::StrCat("the entries do not lead to the signed head: one of ", Entries(std::min(tail, head_->size), head_->size),
                      " was changed along with the hash beside it",
                      tail > 1 ? ", or an earlier one with all hashes above it" : ""));
  }
  for (const Witnessed& witnessed : witnessed_) {
    if (witnessed.holds) continue;
    const int64_t size = witnessed.checkpoint.size;
    if (tree_.size() < size) {
      Find(tree_.size() + 1, size,
           absl::StrCat("the log is cut off: a checkpoint kept elsewhere has ", size, " entries, the last one here is ",
                        tree_.size()));
    } else {
      Find(0, 0, absl::StrCat("the first ", size, " entries are not those of the checkpoint kept elsewhere"));
    }
  }
  std::stable_sort(report_.findings.begin(), report_.findings.end(),
                   [](const Finding& a, const Finding& b) { return a.first < b.first; });
  if (report_.findings.size() > kMostFindings) {
    report_.findings_left_out += static_cast<int64_t>(report_.findings.size() - kMostFindings);
    report_.findings.resize(kMostFindings);
  }
  report_.root = tree_.Root();
  report_.witnessed = std::move(witnessed_);
  return std::move(report_);
}

}  // namespace resultgate::audit

#include "server/gate/log_follower.h"

#include <future>
#include <limits>
#include <map>
#include <string>
#include <utility>

#include "server/base/status_macros.h"
#include "server/gate/turnarounds.h"

namespace resultgate::gate {
namespace {

// How much there is to follow is looked at after so many commits.
constexpr int kCommitsBetweenLooks = 16;
constexpr int kAboutNoneAtATime = 256;

// The terms of a block's entries.
class BlockTerms {
 public:
  void Take(const v1::Entry& entry) {
    const auto at = static_cast<size_t>((entry.sequence() - 1) % audit::kEntriesInBlock);
    for (const std::string& term : audit::TermsOf(entry)) entries_[term].set(at);
  }

  std::vector<store::TermEntries> Rows() const {
    std::vector<store::TermEntries> rows;
    for (const auto& [term, entries] : entries_) rows.push_back({term, audit::EncodeBlock(entries)});
    return rows;
  }

 private:
  std::map<std::string, audit::BlockEntries> entries_;
};

absl::Status TakeEntriesAboutNone(const store::Reader& reader, int64_t after, int64_t last, BlockTerms* terms) {
  for (int64_t before = last + 1;;) {
    RG_ASSIGN_OR_RETURN(const std::vector<v1::Entry> entries, reader.ListEntriesAboutNone(before, kAboutNoneAtATime));
    for (const v1::Entry& entry : entries) {
      before = entry.sequence();
      if (before <= after) return absl::OkStatus();
      terms->Take(entry);
    }
    if (entries.size() < kAboutNoneAtATime) return absl::OkStatus();
  }
}

}  // namespace

absl::StatusOr<std::optional<FollowedPiece>> ReadNextPiece(const store::Reader& reader) {
  RG_ASSIGN_OR_RETURN(const int64_t reach, reader.TurnaroundsReach());
  RG_ASSIGN_OR_RETURN(const int64_t block, reader.CountBlocks());
  RG_ASSIGN_OR_RETURN(const int64_t last, reader.LastEntrySequence());
  const int64_t before_block = block * audit::kEntriesInBlock;
  FollowedPiece piece;
  BlockTerms terms;
  if (before_block + audit::kEntriesInBlock <= reach) {
    // The times were made before there were terms.
    RG_ASSIGN_OR_RETURN(const std::vector<v1::Entry> entries,
                        reader.ListEntries(before_block, 0, static_cast<int>(audit::kEntriesInBlock)));
    for (const v1::Entry& entry : entries) terms.Take(entry);
    piece.block = block;
    piece.terms = terms.Rows();
    return piece;
  }
  if (last - reach < kEntriesFollowed) return std::nullopt;
  const int64_t to = reach + kEntriesFollowed;
  RG_ASSIGN_OR_RETURN(piece.turnarounds,
                      ReadTurnarounds(reader, reach, to, [&terms](const v1::Entry& entry) { terms.Take(entry); }));
  piece.reach = to;
  // Where times are made anew, terms are there.
  if (before_block != reach) return piece;
  RG_RETURN_IF_ERROR(TakeEntriesAboutNone(reader, reach, to, &terms));
  piece.block = block;
  piece.terms = terms.Rows();
  return piece;
}

absl::Status PutPiece(store::Batch& batch, const FollowedPiece& piece) {
  if (piece.reach) RG_RETURN_IF_ERROR(batch.PutTurnarounds(piece.turnarounds, *piece.reach));
  return piece.block ? batch.PutBlock(*piece.block, piece.terms) : absl::OkStatus();
}

void LogFollower::Stop() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void LogFollower::Start() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    commits_ = kCommitsBetweenLooks;  // what was left when the gate stopped
  }
  thread_ = std::thread([this] { Loop(); });
}

void LogFollower::Committed() {
  bool look = false;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    look = ++commits_ == kCommitsBetweenLooks;
  }
  if (look) wake_.notify_one();
}

void LogFollower::Loop() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return stopping_ || commits_ >= kCommitsBetweenLooks; });
    if (stopping_) return;
    commits_ = 0;
    lock.unlock();
    const absl::StatusOr<bool> more = Follow();
    lock.lock();
    if (more.ok() && *more) commits_ = kCommitsBetweenLooks;
  }
}

absl::StatusOr<bool> LogFollower::Follow() {
  RG_ASSIGN_OR_RETURN(const std::optional<FollowedPiece> piece, ReadNextPiece(reader_));
  if (!piece) return false;
  std::promise<absl::Status> put;
  writer_.Add({[&piece](store::Batch& batch) { return PutPiece(batch, *piece); },
               [&put](const absl::Status& status) { put.set_value(status); }});
  RG_RETURN_IF_ERROR(put.get_future().get());
  return true;
}

}  // namespace resultgate::gate

#include "server/gate/log_follower.h"

#include <future>
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
    for (const std::string& term : audit::TermsOf(entry)) Note(term, entry.sequence());
  }
  void TakeUnreadable(int64_t sequence) { Note(audit::kUnreadableTerm, sequence); }

  std::vector<store::TermEntries> Rows() const {
    std::vector<store::TermEntries> rows;
    for (const auto& [term, entries] : entries_) rows.push_back({term, audit::EncodeBlock(entries)});
    return rows;
  }

 private:
  void Note(const std::string& term, int64_t sequence) {
    entries_[term].set(static_cast<size_t>((sequence - 1) % audit::kEntriesInBlock));
  }

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

// One entry that is damaged must not hide the others.
absl::StatusOr<BlockTerms> ReadOneByOne(const store::Reader& reader, int64_t after, int64_t last) {
  BlockTerms terms;
  for (int64_t sequence = after + 1; sequence <= last; ++sequence) {
    const absl::StatusOr<std::vector<v1::Entry>> entry = reader.ListEntries(sequence - 1, 0, 1);
    if (absl::IsDataLoss(entry.status())) {
      terms.TakeUnreadable(sequence);
      continue;
    }
    RG_RETURN_IF_ERROR(entry.status());
    if (!entry->empty() && entry->front().sequence() == sequence) terms.Take(entry->front());
  }
  return terms;
}

absl::StatusOr<BlockTerms> ReadTogether(const store::Reader& reader, int64_t after, int64_t last) {
  const absl::StatusOr<std::vector<v1::Entry>> entries = reader.ListEntries(after, 0, static_cast<int>(last - after));
  if (absl::IsDataLoss(entries.status())) return ReadOneByOne(reader, after, last);
  RG_RETURN_IF_ERROR(entries.status());
  BlockTerms terms;
  for (const v1::Entry& entry : *entries) terms.Take(entry);
  return terms;
}

}  // namespace

absl::StatusOr<std::optional<FollowedPiece>> ReadNextPiece(const store::Reader& reader) {
  RG_ASSIGN_OR_RETURN(const int64_t reach, reader.TurnaroundsReach());
  RG_ASSIGN_OR_RETURN(const int64_t block, reader.CountBlocks());
  RG_ASSIGN_OR_RETURN(const int64_t last, reader.LastEntrySequence());
  const int64_t before_block = block * audit::kEntriesInBlock;
  FollowedPiece piece;
  if (last - reach >= kEntriesFollowed) {
    const int64_t to = reach + kEntriesFollowed;
    BlockTerms terms;
    RG_ASSIGN_OR_RETURN(piece.turnarounds,
                        ReadTurnarounds(reader, reach, to, [&terms](const v1::Entry& entry) { terms.Take(entry); }));
    piece.reach = to;
    // Terms may be behind, where the times were made before there were any, and before, where times are made anew.
    if (before_block != reach) return piece;
    const absl::Status rest = TakeEntriesAboutNone(reader, reach, to, &terms);
    if (absl::IsDataLoss(rest)) {
      RG_ASSIGN_OR_RETURN(terms, ReadOneByOne(reader, reach, to));
    } else {
      RG_RETURN_IF_ERROR(rest);
    }
    piece.block = block;
    piece.terms = terms.Rows();
    return piece;
  }
  // Figures do not wait for terms.
  if (before_block + audit::kEntriesInBlock > reach) return std::nullopt;
  RG_ASSIGN_OR_RETURN(const BlockTerms terms, ReadTogether(reader, before_block, before_block + audit::kEntriesInBlock));
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

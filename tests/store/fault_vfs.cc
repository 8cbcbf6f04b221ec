#include "tests/store/fault_vfs.h"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace resultgate::store {

namespace {

namespace fs = std::filesystem;
using Operation = FaultVfs::Operation;

std::string ContentOf(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream content;
  content << in.rdbuf();
  return content.str();
}

// SQLite allocates it with room for the real file behind it.
struct File {
  sqlite3_file base;
  FaultVfs* disk;
  bool is_wal;
  const char* path;  // null for one without a name

  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

File* Of(sqlite3_file* file) {
  return reinterpret_cast<File*>(file);
}
sqlite3_file* Real(sqlite3_file* file) {
  return Of(file)->real();
}
FaultVfs* DiskOf(sqlite3_vfs* vfs) {
  return static_cast<FaultVfs*>(vfs->pAppData);
}

int Close(sqlite3_file* file) {
  return Real(file)->pMethods->xClose(Real(file));
}

int Read(sqlite3_file* file, void* buffer, int size, sqlite3_int64 offset) {
  const int code = Of(file)->disk->Count(Operation::kRead);
  return code != SQLITE_OK ? code : Real(file)->pMethods->xRead(Real(file), buffer, size, offset);
}

int Write(sqlite3_file* file, const void* buffer, int size, sqlite3_int64 offset) {
  Of(file)->disk->NoteStep();
  const int code = Of(file)->disk->Count(Operation::kWrite, Of(file)->is_wal ? size : 0);
  if (code == SQLITE_OK) {
    if (Of(file)->path != nullptr) {
      Of(file)->disk->NoteWrite(Of(file)->path, offset, {static_cast<const char*>(buffer), static_cast<size_t>(size)});
    }
    return Real(file)->pMethods->xWrite(Real(file), buffer, size, offset);
  }
  Real(file)->pMethods->xWrite(Real(file), buffer, size / 2, offset);
  return code;
}

int Truncate(sqlite3_file* file, sqlite3_int64 size) {
  const int code = Of(file)->disk->Count(Operation::kWrite);
  if (code != SQLITE_OK) return code;
  if (Of(file)->path != nullptr) Of(file)->disk->NoteTruncation(Of(file)->path, size);
  return Real(file)->pMethods->xTruncate(Real(file), size);
}

// Crashes are played by copying files, and power cuts from what was recorded: a real sync would only cost time.
int Sync(sqlite3_file* file, int) {
  Of(file)->disk->NoteStep();
  const int code = Of(file)->disk->Count(Operation::kSync);
  if (code == SQLITE_OK && Of(file)->path != nullptr) Of(file)->disk->NoteSync(Of(file)->path);
  return code;
}

int FileSize(sqlite3_file* file, sqlite3_int64* size) {
  return Real(file)->pMethods->xFileSize(Real(file), size);
}
int Lock(sqlite3_file* file, int level) {
  return Real(file)->pMethods->xLock(Real(file), level);
}
int Unlock(sqlite3_file* file, int level) {
  return Real(file)->pMethods->xUnlock(Real(file), level);
}
int CheckReservedLock(sqlite3_file* file, int* reserved) {
  return Real(file)->pMethods->xCheckReservedLock(Real(file), reserved);
}
int FileControl(sqlite3_file* file, int op, void* arg) {
  return Real(file)->pMethods->xFileControl(Real(file), op, arg);
}
int SectorSize(sqlite3_file* file) {
  return Real(file)->pMethods->xSectorSize(Real(file));
}
int DeviceCharacteristics(sqlite3_file* file) {
  return Real(file)->pMethods->xDeviceCharacteristics(Real(file));
}
int ShmMap(sqlite3_file* file, int page, int size, int extend, void volatile** memory) {
  return Real(file)->pMethods->xShmMap(Real(file), page, size, extend, memory);
}
int ShmLock(sqlite3_file* file, int offset, int n, int flags) {
  return Real(file)->pMethods->xShmLock(Real(file), offset, n, flags);
}
void ShmBarrier(sqlite3_file* file) {
  Real(file)->pMethods->xShmBarrier(Real(file));
}
int ShmUnmap(sqlite3_file* file, int remove) {
  return Real(file)->pMethods->xShmUnmap(Real(file), remove);
}

// Version 2: with shared memory for the WAL, without memory-mapped reads, which no fault could reach.
const sqlite3_io_methods kMethods = {2,
                                     Close,
                                     Read,
                                     Write,
                                     Truncate,
                                     Sync,
                                     FileSize,
                                     Lock,
                                     Unlock,
                                     CheckReservedLock,
                                     FileControl,
                                     SectorSize,
                                     DeviceCharacteristics,
                                     ShmMap,
                                     ShmLock,
                                     ShmBarrier,
                                     ShmUnmap,
                                     nullptr,
                                     nullptr};

int OpenFile(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  FaultVfs* const disk = DiskOf(vfs);
  Of(file)->disk = disk;
  Of(file)->is_wal = (flags & SQLITE_OPEN_WAL) != 0;
  Of(file)->path = name;
  Real(file)->pMethods = nullptr;
  const int code = disk->real()->xOpen(disk->real(), name, Real(file), flags, out_flags);
  file->pMethods = Real(file)->pMethods == nullptr ? nullptr : &kMethods;
  return code;
}

int SleepMicros(sqlite3_vfs* vfs, int micros) {
  DiskOf(vfs)->Sleep();
  return micros;
}

}  // namespace

FaultVfs::FaultVfs() : real_(sqlite3_vfs_find(nullptr)), shim_(*real_) {
  shim_.zName = "resultgate-fault";
  shim_.pNext = nullptr;
  shim_.pAppData = this;
  shim_.szOsFile = static_cast<int>(sizeof(File)) + real_->szOsFile;
  shim_.xOpen = OpenFile;
  shim_.xSleep = SleepMicros;
  // The rest of the real one's functions work on names alone, except for these, which it finds through its own pAppData.
  shim_.xDelete = [](sqlite3_vfs* vfs, const char* name, int sync) {
    return DiskOf(vfs)->real()->xDelete(DiskOf(vfs)->real(), name, sync);
  };
  sqlite3_vfs_register(&shim_, 1);
}

FaultVfs::~FaultVfs() {
  sqlite3_vfs_unregister(&shim_);
  sqlite3_vfs_register(real_, 1);
}

void FaultVfs::Fail(Operation operation, int n, int code, bool lasting) {
  const std::lock_guard<std::mutex> lock(mutex_);
  failing_ = operation;
  until_failure_ = n;
  code_ = code;
  lasting_ = lasting;
  failures_ = 0;
}

void FaultVfs::Heal() {
  const std::lock_guard<std::mutex> lock(mutex_);
  failing_ = Operation::kNone;
}

void FaultVfs::Suspend() {
  const std::lock_guard<std::mutex> lock(mutex_);
  suspended_ = true;
}

void FaultVfs::Resume() {
  const std::lock_guard<std::mutex> lock(mutex_);
  suspended_ = false;
}

int FaultVfs::failures() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return failures_;
}

FaultVfs::Counts FaultVfs::counts() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return counts_;
}

void FaultVfs::Record(const std::string& database, std::function<void()> before_step) {
  const std::lock_guard<std::mutex> lock(mutex_);
  recording_ = true;
  for (const char* suffix : {"", "-wal"}) FileOf(absl::StrCat(database, suffix));
  before_step_ = std::move(before_step);
}

void FaultVfs::StopRecording() {
  const std::lock_guard<std::mutex> lock(mutex_);
  recording_ = false;
  before_step_ = nullptr;
  disk_.files_.clear();
}

PowerCut FaultVfs::Cut() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return disk_;
}

// SQLite spells the path of a file in its own way.
std::string PowerCut::NameOf(const std::string& path) {
  return fs::path(path).lexically_normal().string();
}

PowerCut::File& FaultVfs::FileOf(const std::string& path) {
  const auto [found, is_new] = disk_.files_.try_emplace(PowerCut::NameOf(path));
  if (is_new) found->second.synced = ContentOf(path);
  return found->second;
}

void FaultVfs::NoteStep() {
  std::function<void()> before_step;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!suspended_) before_step = before_step_;
  }
  if (before_step) before_step();
}

void FaultVfs::NoteWrite(const std::string& path, int64_t offset, absl::string_view bytes) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (recording_) FileOf(path).unsynced.push_back({false, offset, std::string(bytes)});
}

void FaultVfs::NoteTruncation(const std::string& path, int64_t size) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (recording_) FileOf(path).unsynced.push_back({true, size, ""});
}

void FaultVfs::NoteSync(const std::string& path) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!recording_) return;
  PowerCut::File& file = FileOf(path);
  for (const PowerCut::Change& change : file.unsynced) PowerCut::Apply(change, &file.synced);
  file.unsynced.clear();
}

void PowerCut::Apply(const Change& change, std::string* content) {
  if (change.truncates) {
    content->resize(static_cast<size_t>(change.offset));
    return;
  }
  const size_t end = static_cast<size_t>(change.offset) + change.bytes.size();
  if (content->size() < end) content->resize(end);
  content->replace(static_cast<size_t>(change.offset), change.bytes.size(), change.bytes);
}

void PowerCut::MakeImage(const std::string& from, const std::string& to, std::mt19937_64& random) const {
  constexpr size_t kSector = 512;
  // Of a hundred changes so many are there whole, and so many in part.
  const size_t whole = random() % 101;
  const size_t torn = random() % 101;
  for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(absl::StrCat(to, suffix));
  for (const char* suffix : {"", "-wal"}) {
    const auto found = files_.find(NameOf(absl::StrCat(from, suffix)));
    std::string content = found == files_.end() ? ContentOf(absl::StrCat(from, suffix)) : found->second.synced;
    if (found != files_.end()) {
      for (const Change& change : found->second.unsynced) {
        if (random() % 100 < whole) {
          Apply(change, &content);
        } else if (!change.truncates && random() % 100 < torn) {
          for (size_t at = 0; at < change.bytes.size(); at += kSector) {
            if (random() % 2 == 0) continue;
            Apply({false, change.offset + static_cast<int64_t>(at), change.bytes.substr(at, kSector)}, &content);
          }
        }
      }
    }
    std::ofstream(absl::StrCat(to, suffix), std::ios::binary) << content;
  }
  fs::copy_file(absl::StrCat(from, ".key"), absl::StrCat(to, ".key"), fs::copy_options::overwrite_existing);
}

void FaultVfs::OnSleep(std::function<void()> wake) {
  const std::lock_guard<std::mutex> lock(mutex_);
  wake_ = std::move(wake);
}

int FaultVfs::Count(Operation operation, int64_t wal_bytes) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (suspended_) return SQLITE_OK;
  if (operation == Operation::kRead) ++counts_.reads;
  if (operation == Operation::kWrite) ++counts_.writes;
  if (operation == Operation::kSync) ++counts_.syncs;
  counts_.wal_bytes += wal_bytes;
  if (operation != failing_) return SQLITE_OK;
  --until_failure_;
  if (until_failure_ > 0 || (until_failure_ < 0 && !lasting_)) return SQLITE_OK;
  ++failures_;
  return code_;
}

void FaultVfs::Sleep() {
  std::function<void()> wake;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    wake = wake_;
  }
  if (wake) wake();
}

}  // namespace resultgate::store

// What the store's tests share: messages, a folder of their own, and the whole of a store as one comparable value.
#ifndef RESULTGATE_TESTS_STORE_STORE_TESTING_H_
#define RESULTGATE_TESTS_STORE_STORE_TESTING_H_

#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/store/store.h"

namespace resultgate::store {

// A folder that is removed with everything in it.
class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  std::string File(absl::string_view name) const;

 private:
  std::string path_;
};

// A key that nothing else has.
Key MakeKey(absl::string_view name);

// A result with one outcome; `conclusion` makes it as long as needed.
v1::Result MakeResult(int64_t id, const std::string& conclusion = "", v1::Disposition disposition = v1::DISPOSITION_RELEASE,
                      v1::OutcomeState state = v1::OUTCOME_STATE_RELEASED);
v1::Result MakeDueResult(int64_t id, absl::Time due);
v1::Entry MakeEntry(int64_t sequence, int64_t result_id);
v1::Release MakeRelease(int64_t sequence, int64_t result_id);
v1::PatientRecord MakePatient(int64_t id, const std::string& language = "");
v1::DirectoryOwner MakeOwner(const std::string& id, const std::string& covered_by = "");

// All that readers see, as bytes.
struct Contents {
  std::vector<std::string> results;
  std::vector<int64_t> held;
  std::vector<std::string> entries;
  std::vector<std::pair<std::string, bool>> outbox;
  absl::Time earliest_due = absl::InfiniteFuture();
  std::vector<std::string> owners;

  bool operator==(const Contents& other) const;
};
std::ostream& operator<<(std::ostream& out, const Contents& contents);

// Fails the test where a read fails.
Contents ReadContents(const Store& store);

// Opens or fails the test.
std::unique_ptr<Store> Open(const std::string& path);

// Copies what a crash would leave: the file and its WAL, as they are now.
void CopyAfterCrash(const std::string& from, const std::string& to);

}  // namespace resultgate::store

#endif  // RESULTGATE_TESTS_STORE_STORE_TESTING_H_

#include "tests/store/store_testing.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "server/base/digest.h"
#include "server/base/proto_time.h"
#include "server/store/sqlite/sqlite_store.h"

namespace resultgate::store {

namespace fs = std::filesystem;

namespace {

constexpr int kAll = 1 << 30;

}  // namespace

TempFolder::TempFolder() {
  path_ = absl::StrCat(testing::TempDir(), "/resultgate-store-XXXXXX");
  if (mkdtemp(path_.data()) == nullptr) ADD_FAILURE() << "cannot make " << path_;
}

TempFolder::~TempFolder() {
  std::error_code error;
  fs::remove_all(path_, error);
}

std::string TempFolder::File(absl::string_view name) const {
  return absl::StrCat(path_, "/", name);
}

Key MakeKey(absl::string_view name) {
  return base::Sha256(name);
}

v1::Result MakeResult(int64_t id, const std::string& conclusion, v1::Disposition disposition, v1::OutcomeState state) {
  v1::Result result;
  result.set_id(id);
  result.set_version(1);
  result.mutable_report()->set_conclusion(conclusion);
  v1::Outcome* const outcome = result.mutable_decision()->add_outcomes();
  outcome->set_disposition(disposition);
  outcome->set_state(state);
  return result;
}

v1::Result MakeDueResult(int64_t id, absl::Time due) {
  v1::Result result = MakeResult(id, "", v1::DISPOSITION_DELAY, v1::OUTCOME_STATE_HELD);
  *result.mutable_due_at() = base::ToProto(due);
  return result;
}

v1::Entry MakeEntry(int64_t sequence, int64_t result_id) {
  v1::Entry entry;
  entry.set_sequence(sequence);
  entry.set_result_id(result_id);
  entry.set_actor("gate");
  entry.mutable_decided()->set_report_digest(absl::StrCat("digest of ", sequence));
  return entry;
}

v1::Release MakeRelease(int64_t sequence, int64_t result_id) {
  v1::Release release;
  release.set_sequence(sequence);
  release.set_result_id(result_id);
  release.set_kind(v1::RELEASE_KIND_RESULT);
  release.set_idempotency_key(absl::StrCat(result_id, "/", sequence));
  return release;
}

v1::PatientRecord MakePatient(int64_t id, const std::string& language) {
  v1::PatientRecord record;
  record.set_id(id);
  record.mutable_facts()->set_language(language);
  return record;
}

v1::DirectoryOwner MakeOwner(const std::string& id, const std::string& covered_by) {
  v1::DirectoryOwner owner;
  owner.set_id(id);
  owner.set_kind(v1::OWNER_KIND_CLINICIAN);
  owner.set_covered_by(covered_by);
  return owner;
}

bool Contents::operator==(const Contents& other) const {
  return results == other.results && held == other.held && entries == other.entries && outbox == other.outbox &&
         earliest_due == other.earliest_due && owners == other.owners;
}

std::ostream& operator<<(std::ostream& out, const Contents& contents) {
  return out << contents.results.size() << " results, " << contents.held.size() << " held, " << contents.entries.size()
             << " entries, " << contents.outbox.size() << " releases, " << contents.owners.size() << " owners, due "
             << contents.earliest_due;
}

Contents ReadContents(const Store& store) {
  Contents contents;
  const auto results = store.ListResults(0, kAll);
  EXPECT_TRUE(results.ok()) << results.status();
  if (results.ok()) {
    for (const v1::Result& result : *results) contents.results.push_back(result.SerializeAsString());
  }
  const auto held = store.ListHeldIds();
  EXPECT_TRUE(held.ok()) << held.status();
  if (held.ok()) contents.held = *held;
  const auto entries = store.ListEntries(0, 0, kAll);
  EXPECT_TRUE(entries.ok()) << entries.status();
  if (entries.ok()) {
    for (const v1::Entry& entry : *entries) contents.entries.push_back(entry.SerializeAsString());
  }
  const auto outbox = store.ListOutbox(0, false, kAll);
  EXPECT_TRUE(outbox.ok()) << outbox.status();
  if (outbox.ok()) {
    for (const OutboxRow& row : *outbox) contents.outbox.emplace_back(row.release.SerializeAsString(), row.acknowledged);
  }
  const auto due = store.EarliestDue();
  EXPECT_TRUE(due.ok()) << due.status();
  if (due.ok()) contents.earliest_due = *due;
  const auto owners = store.ListOwners("", kAll);
  EXPECT_TRUE(owners.ok()) << owners.status();
  if (owners.ok()) {
    for (const v1::DirectoryOwner& owner : *owners) contents.owners.push_back(owner.SerializeAsString());
  }
  return contents;
}

std::unique_ptr<Store> Open(const std::string& path) {
  auto store = OpenSqlite(path);
  EXPECT_TRUE(store.ok()) << store.status();
  return store.ok() ? *std::move(store) : nullptr;
}

void CopyAfterCrash(const std::string& from, const std::string& to) {
  for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(absl::StrCat(to, suffix));
  fs::copy_file(from, to);
  fs::copy_file(absl::StrCat(from, ".key"), absl::StrCat(to, ".key"), fs::copy_options::overwrite_existing);
  if (fs::exists(absl::StrCat(from, "-wal"))) fs::copy_file(absl::StrCat(from, "-wal"), absl::StrCat(to, "-wal"));
}

}  // namespace resultgate::store

// Random work against the store and against maps: they must never differ.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/base/proto_time.h"
#include "server/store/sqlite/sqlite_store.h"
#include "server/store/store.h"
#include "tests/store/fault_vfs.h"
#include "tests/store/store_testing.h"

namespace resultgate::store {
namespace {

constexpr int kSteps = 4000;

// What a store should hold, as plainly as can be.
struct Model {
  std::map<int64_t, v1::Result> results;
  std::map<Key, std::set<int64_t>> keys;
  std::vector<v1::Entry> entries;
  std::map<int64_t, OutboxRow> outbox;
  std::map<int64_t, v1::PatientRecord> patients;
  std::map<Key, int64_t> patient_keys;
  std::map<std::string, v1::DirectoryOwner> owners;

  std::vector<int64_t> Due(absl::Time now) const {
    std::vector<std::pair<absl::Time, int64_t>> due;
    for (const auto& [id, result] : results) {
      if (result.has_due_at() && base::FromProto(result.due_at()) <= now) due.emplace_back(base::FromProto(result.due_at()), id);
    }
    std::sort(due.begin(), due.end());
    std::vector<int64_t> ids;
    for (const auto& [time, id] : due) ids.push_back(id);
    return ids;
  }

  Contents AsContents() const {
    Contents contents;
    contents.earliest_due = absl::InfiniteFuture();
    for (const auto& [id, result] : results) {
      contents.results.push_back(result.SerializeAsString());
      const v1::Outcome& outcome = result.decision().outcomes(0);
      if (outcome.state() == v1::OUTCOME_STATE_HELD) contents.held.push_back(id);
      if (result.has_due_at()) contents.earliest_due = std::min(contents.earliest_due, base::FromProto(result.due_at()));
    }
    for (const v1::Entry& entry : entries) contents.entries.push_back(entry.SerializeAsString());
    for (const auto& [sequence, row] : outbox) contents.outbox.emplace_back(row.release.SerializeAsString(), row.acknowledged);
    for (const auto& [id, owner] : owners) contents.owners.push_back(owner.SerializeAsString());
    return contents;
  }
};

class ModelTest {
 public:
  explicit ModelTest(uint64_t seed) : random_(seed), store_(OpenIt()) {}

  void Run() {
    for (int step = 0; step < kSteps && !testing::Test::HasFailure(); ++step) {
      if (batch_ == nullptr) {
        if (OneIn(40)) Reopen();
        Begin();
      }
      Step();
      if (OneIn(8)) End();
    }
    batch_.reset();
    Reopen();
  }

 private:
  // Keys go to their places a few at a time, so that they stand here and there all the while.
  std::unique_ptr<Store> OpenIt() const {
    SqliteOptions options;
    options.recent_keys = 8;
    return *OpenSqlite(folder_.File("gate.db"), options);
  }
  int64_t Below(int64_t n) { return std::uniform_int_distribution<int64_t>(0, n - 1)(random_); }
  bool OneIn(int n) { return Below(n) == 0; }
  absl::Time SomeTime() { return absl::FromUnixMicros(Below(50)); }
  Key SomeKey() { return MakeKey(absl::StrCat(Below(60))); }
  // Mostly one that exists.
  int64_t SomeResult() { return 1 + Below(static_cast<int64_t>(working_.results.size()) + 1); }

  void Reopen() {
    EXPECT_EQ(ReadContents(*store_), committed_.AsContents());
    store_.reset();
    store_ = OpenIt();
    EXPECT_EQ(ReadContents(*store_), committed_.AsContents());
  }

  void Begin() {
    batch_ = *store_->Begin();
    working_ = committed_;
  }

  void End() {
    if (!OneIn(3)) {
      EXPECT_EQ(batch_->Commit(), absl::OkStatus());
      committed_ = working_;
    }
    batch_.reset();
    if (OneIn(4)) {
      EXPECT_EQ(ReadContents(*store_), committed_.AsContents());
    }
  }

  void Step() {
    switch (Below(15)) {
      case 0:
      case 1:
        return Put(batch_->NextResultId());
      case 2:
        return working_.results.empty() ? void() : Put(1 + Below(working_.results.size()));
      case 3:
      case 12:
        return PutKey();
      case 13:
        return RemoveKey();
      case 4:
        return AppendEntry();
      case 5:
        return AppendRelease();
      case 6:
        return Acknowledge();
      case 7:
        return Find();
      case 8:
        return FindDue();
      case 9:
        return PutPatient();
      case 10:
        return PutOwner();
      case 11:
        return FindPatient();
      default:
        return ReadBeside();
    }
  }

  void Put(int64_t id) {
    v1::Result result = MakeResult(id, std::string(Below(OneIn(10) ? 20'000 : 300), 'x'),
                                   static_cast<v1::Disposition>(1 + Below(7)), static_cast<v1::OutcomeState>(1 + Below(4)));
    if (OneIn(2)) *result.mutable_due_at() = base::ToProto(SomeTime());
    EXPECT_EQ(batch_->PutResult(result), absl::OkStatus());
    working_.results[id] = result;
  }

  void PutKey() {
    const Key key = SomeKey();
    const int64_t id = SomeResult();
    const bool known = working_.results.contains(id);
    EXPECT_EQ(batch_->PutKey(key, id).code(), known ? absl::StatusCode::kOk : absl::StatusCode::kInvalidArgument);
    if (known) working_.keys[key].insert(id);
  }

  void RemoveKey() {
    const Key key = SomeKey();
    const int64_t id = SomeResult();
    EXPECT_EQ(*batch_->RemoveKeys(key.substr(0, 8), id), static_cast<int>(working_.keys[key].erase(id)));
  }

  void AppendEntry() {
    const int64_t sequence = batch_->NextEntrySequence();
    EXPECT_EQ(sequence, static_cast<int64_t>(working_.entries.size()) + 1);
    const v1::Entry entry = MakeEntry(sequence, working_.results.empty() ? 0 : Below(working_.results.size() + 1));
    EXPECT_EQ(batch_->AppendEntry(entry), absl::OkStatus());
    working_.entries.push_back(entry);
  }

  void AppendRelease() {
    if (working_.results.empty()) return;
    const int64_t sequence = batch_->NextReleaseSequence();
    EXPECT_EQ(sequence, static_cast<int64_t>(working_.outbox.size()) + 1);
    const v1::Release release = MakeRelease(sequence, 1 + Below(working_.results.size()));
    EXPECT_EQ(batch_->AppendRelease(release), absl::OkStatus());
    working_.outbox[sequence] = {release, false};
  }

  void Acknowledge() {
    const int64_t sequence = 1 + Below(static_cast<int64_t>(working_.outbox.size()) + 1);
    const bool known = working_.outbox.contains(sequence);
    EXPECT_EQ(batch_->AcknowledgeRelease(sequence).code(), known ? absl::StatusCode::kOk : absl::StatusCode::kNotFound);
    if (known) working_.outbox[sequence].acknowledged = true;
  }

  void Find() {
    const Key key = SomeKey();
    const std::set<int64_t>& expected = working_.keys[key];
    EXPECT_EQ(*batch_->FindByKey(key), std::vector<int64_t>(expected.begin(), expected.end()));
    const int64_t id = SomeResult();
    const auto result = *batch_->FindResult(id);
    ASSERT_EQ(result.has_value(), working_.results.contains(id));
    if (result.has_value()) {
      EXPECT_EQ(result->SerializeAsString(), working_.results[id].SerializeAsString());
    }
    const auto row = *batch_->FindRelease(id);
    ASSERT_EQ(row.has_value(), working_.outbox.contains(id));
    if (row.has_value()) {
      EXPECT_EQ(row->acknowledged, working_.outbox[id].acknowledged);
    }
  }

  void FindDue() {
    const absl::Time now = SomeTime();
    std::vector<int64_t> expected = working_.Due(now);
    const size_t limit = 1 + Below(20);
    if (expected.size() > limit) expected.resize(limit);
    EXPECT_EQ(*batch_->FindDue(now, static_cast<int>(limit)), expected);
  }

  void PutPatient() {
    const bool is_new = working_.patients.empty() || OneIn(2);
    const int64_t id = is_new ? batch_->NextPatientId() : 1 + Below(static_cast<int64_t>(working_.patients.size()));
    if (is_new) {
      EXPECT_EQ(id, static_cast<int64_t>(working_.patients.size()) + 1);
    }
    const v1::PatientRecord record = MakePatient(id, absl::StrCat(Below(9)));
    EXPECT_EQ(batch_->PutPatient(record), absl::OkStatus());
    working_.patients[id] = record;
    const Key key = SomeKey();
    const int64_t to = 1 + Below(static_cast<int64_t>(working_.patients.size()) + 1);
    const bool known = working_.patients.contains(to);
    EXPECT_EQ(batch_->PutPatientKey(key, to).code(), known ? absl::StatusCode::kOk : absl::StatusCode::kInvalidArgument);
    if (known) working_.patient_keys[key] = to;
  }

  void PutOwner() {
    const std::string id = absl::StrCat("owner", Below(12));
    if (OneIn(3)) {
      const bool known = working_.owners.erase(id) > 0;
      EXPECT_EQ(batch_->RemoveOwner(id).code(), known ? absl::StatusCode::kOk : absl::StatusCode::kNotFound);
      return;
    }
    const v1::DirectoryOwner owner = MakeOwner(id, absl::StrCat(Below(9)));
    EXPECT_EQ(batch_->PutOwner(owner), absl::OkStatus());
    working_.owners[id] = owner;
    const auto found = *batch_->FindOwner(id);
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(found->SerializeAsString(), owner.SerializeAsString());
  }

  // In the batch as it is, and beside it as it was.
  void FindPatient() {
    const Key key = SomeKey();
    const int64_t id = 1 + Below(static_cast<int64_t>(working_.patients.size()) + 1);
    for (const bool beside : {false, true}) {
      const Model& model = beside ? committed_ : working_;
      const auto by_key = beside ? *store_->FindPatientByKey(key) : *batch_->FindPatientByKey(key);
      const auto expected = model.patient_keys.find(key);
      ASSERT_EQ(by_key.has_value(), expected != model.patient_keys.end());
      if (by_key.has_value()) {
        EXPECT_EQ(*by_key, expected->second);
      }
      const auto record = beside ? *store_->FindPatient(id) : *batch_->FindPatient(id);
      ASSERT_EQ(record.has_value(), model.patients.contains(id));
      if (record.has_value()) {
        EXPECT_EQ(record->SerializeAsString(), model.patients.at(id).SerializeAsString());
      }
    }
  }

  // A page in the middle, while the batch is open: readers see what is committed.
  void ReadBeside() {
    const Key key = SomeKey();
    const std::set<int64_t>& with_key = committed_.keys[key];
    EXPECT_EQ(*store_->FindByKey(key), std::vector<int64_t>(with_key.begin(), with_key.end()));
    const int64_t after = Below(static_cast<int64_t>(committed_.entries.size()) + 1);
    const int64_t result_id = Below(static_cast<int64_t>(committed_.results.size()) + 1);
    std::vector<std::string> expected;
    for (const v1::Entry& entry : committed_.entries) {
      if (entry.sequence() > after && (result_id == 0 || entry.result_id() == result_id) && expected.size() < 5) {
        expected.push_back(entry.SerializeAsString());
      }
    }
    std::vector<std::string> found;
    const std::vector<v1::Entry> entries = *store_->ListEntries(after, result_id, 5);
    for (const v1::Entry& entry : entries) found.push_back(entry.SerializeAsString());
    EXPECT_EQ(found, expected);
    std::vector<int64_t> waiting;
    for (const auto& [sequence, row] : committed_.outbox) {
      if (!row.acknowledged && sequence > after && waiting.size() < 5) waiting.push_back(sequence);
    }
    std::vector<int64_t> listed;
    const std::vector<OutboxRow> rows = *store_->ListOutbox(after, true, 5);
    for (const OutboxRow& row : rows) listed.push_back(row.release.sequence());
    EXPECT_EQ(listed, waiting);
  }

  FaultVfs disk_;  // for its speed: it does not sync
  const TempFolder folder_;
  std::mt19937_64 random_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Batch> batch_;
  Model committed_;
  Model working_;
};

TEST(StoreModelTest, RandomWorkMatchesTheModel) {
  const char* const chosen = std::getenv("RESULTGATE_SEED");
  const std::vector<uint64_t> seeds =
      chosen != nullptr ? std::vector<uint64_t>{std::stoull(chosen)} : std::vector<uint64_t>{1, 2};
  for (const uint64_t seed : seeds) {
    std::cout << "seed " << seed << " (RESULTGATE_SEED=" << seed << " repeats it)\n";
    SCOPED_TRACE(seed);
    ModelTest(seed).Run();
  }
}

}  // namespace
}  // namespace resultgate::store

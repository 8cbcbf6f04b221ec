// A store that passes everything on to another one: what a test wants otherwise it overrides.
#ifndef RESULTGATE_TESTS_TESTING_STORE_PROXY_H_
#define RESULTGATE_TESTS_TESTING_STORE_PROXY_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/store/store.h"

namespace resultgate::testing {

class StoreProxy : public store::Store {
 public:
  // The other one outlives it.
  explicit StoreProxy(store::Store* store) : store_(*store) {}

  absl::StatusOr<std::unique_ptr<store::Batch>> Begin() override { return store_.Begin(); }
  absl::StatusOr<absl::Time> EarliestDue() const override { return store_.EarliestDue(); }
  const store::LogReader& log() const override { return store_.log(); }
  absl::StatusOr<int64_t> CountDue(absl::Time now) const override { return store_.CountDue(now); }
  absl::StatusOr<std::optional<v1::Result>> FindResult(int64_t id) const override { return store_.FindResult(id); }
  absl::StatusOr<std::vector<int64_t>> FindByKey(const store::Key& key) const override { return store_.FindByKey(key); }
  absl::StatusOr<std::vector<v1::Result>> ListResults(int64_t a, int n) const override { return store_.ListResults(a, n); }
  absl::StatusOr<std::vector<int64_t>> ListHeldIds() const override { return store_.ListHeldIds(); }
  absl::StatusOr<std::vector<v1::Result>> ListAwaitingSomebody(int64_t a, int n) const override {
    return store_.ListAwaitingSomebody(a, n);
  }
  absl::StatusOr<std::optional<int64_t>> FindPatientByKey(const store::Key& key) const override {
    return store_.FindPatientByKey(key);
  }
  absl::StatusOr<std::optional<v1::PatientRecord>> FindPatient(int64_t id) const override { return store_.FindPatient(id); }
  absl::StatusOr<std::vector<v1::DirectoryOwner>> ListOwners(const std::string& a, int n) const override {
    return store_.ListOwners(a, n);
  }
  absl::StatusOr<std::vector<v1::Result>> ListOpen(int64_t a, int n) const override { return store_.ListOpen(a, n); }
  absl::StatusOr<int64_t> LastEntrySequence() const override { return store_.LastEntrySequence(); }
  absl::StatusOr<std::vector<v1::Entry>> ListEntries(int64_t a, int64_t r, int n) const override {
    return store_.ListEntries(a, r, n);
  }
  absl::StatusOr<std::vector<v1::Entry>> ListEntriesBackward(int64_t b, int64_t r, int n) const override {
    return store_.ListEntriesBackward(b, r, n);
  }
  absl::StatusOr<std::optional<v1::PackFiles>> FindPack(const std::string& digest) const override {
    return store_.FindPack(digest);
  }
  absl::StatusOr<std::vector<v1::Entry>> ListActivations(int64_t b, int n) const override { return store_.ListActivations(b, n); }
  absl::StatusOr<std::vector<v1::Entry>> ListEntriesAboutNone(int64_t b, int n) const override {
    return store_.ListEntriesAboutNone(b, n);
  }
  absl::StatusOr<std::vector<int64_t>> ListEntrySequences(int64_t r) const override { return store_.ListEntrySequences(r); }
  absl::StatusOr<std::vector<std::string>> ListAssigners(int n) const override { return store_.ListAssigners(n); }
  absl::StatusOr<std::vector<int64_t>> ListResultsTold(int64_t a, int64_t l) const override {
    return store_.ListResultsTold(a, l);
  }
  absl::Status ForEachTurnaround(absl::Time f, absl::Time u,
                                 const std::function<void(const v1::Turnaround&)>& take) const override {
    return store_.ForEachTurnaround(f, u, take);
  }
  absl::StatusOr<int64_t> TurnaroundsReach() const override { return store_.TurnaroundsReach(); }
  absl::StatusOr<int64_t> CountBlocks() const override { return store_.CountBlocks(); }
  absl::StatusOr<std::vector<std::string>> ListTerms(const std::string& p, int n) const override {
    return store_.ListTerms(p, n);
  }
  absl::StatusOr<audit::EntriesByBlock> FindTerm(const std::string& t, int64_t f, int64_t l) const override {
    return store_.FindTerm(t, f, l);
  }
  absl::StatusOr<std::optional<store::Settled>> FirstSettled(const store::Settled& after) const override {
    return store_.FirstSettled(after);
  }
  absl::StatusOr<bool> Forget() override { return store_.Forget(); }
  absl::StatusOr<std::vector<v1::LegalHold>> ListLegalHolds(int64_t a, int n) const override {
    return store_.ListLegalHolds(a, n);
  }
  absl::StatusOr<std::vector<store::OutboxRow>> ListOutbox(int64_t a, bool u, int n) const override {
    return store_.ListOutbox(a, u, n);
  }

 private:
  store::Store& store_;
};

}  // namespace resultgate::testing

#endif  // RESULTGATE_TESTS_TESTING_STORE_PROXY_H_

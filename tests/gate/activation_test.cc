// Which pack decides: activation, rollback, deciding anew, on a real database with simulated time.
#include "server/gate/activation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/cord.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "server/gate/gate.h"
#include "server/store/sqlite/sqlite_store.h"
#include "tests/gate/reports.h"
#include "tests/gate/small_packs.h"
#include "tests/testing/packs.h"
#include "tests/testing/simulated_clock.h"
#include "tests/testing/store_proxy.h"
#include "tests/testing/temp_folder.h"

namespace resultgate::gate {
namespace {

using ::resultgate::testing::At;
using ::resultgate::testing::Biopsy;
using ::resultgate::testing::Cbc;
using ::resultgate::testing::kFriday;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

policy::LoadedPack Load(const v1::PackFiles& files) {
  base::FileIssues issues;
  policy::LoadedPack loaded = policy::LoadPackFiles(files, &issues);
  EXPECT_NE(loaded.pack, nullptr) << base::Format(issues);
  return loaded;
}

std::string DigestOf(const v1::PackFiles& files) {
  return Load(files).pack->digest();
}

// The shipped words; small packs have no value sets that they could name.
std::shared_ptr<const comment::Library> ShippedWords() {
  static const auto* library = [] {
    base::FileIssues issues;
    comment::Library::Options options;
    options.development = true;
    return new std::shared_ptr<const comment::Library>(
        comment::Library::Load("templates", *resultgate::testing::ShippedValueSets(), options, &issues));
  }();
  return *library;
}

v1::DiagnosticReport ChestXRay(const std::string& order) {
  v1::DiagnosticReport report = resultgate::testing::Report(order, "36643-5");
  report.set_section(v1::SECTION_IMAGING);
  report.set_narrative("clear lungs");
  return report;
}

// A store whose commits can be made to fail: after `commits_left` of them, until it is set again. Negative: never.
class FailingStore final : public resultgate::testing::StoreProxy {
 public:
  using StoreProxy::StoreProxy;
  std::atomic<int> commits_left{-1};

  absl::StatusOr<std::unique_ptr<store::Batch>> Begin() override {
    auto batch = StoreProxy::Begin();
    if (!batch.ok()) return batch.status();
    return std::make_unique<FailingBatch>(this, *std::move(batch));
  }

 private:
  class FailingBatch final : public store::Batch {
   public:
    FailingBatch(FailingStore* store, std::unique_ptr<store::Batch> batch) : store_(store), batch_(std::move(batch)) {}
    int64_t NextResultId() override { return batch_->NextResultId(); }
    int64_t NextEntrySequence() override { return batch_->NextEntrySequence(); }
    int64_t NextReleaseSequence() override { return batch_->NextReleaseSequence(); }
    int64_t NextPatientId() override { return batch_->NextPatientId(); }
    absl::StatusOr<std::optional<int64_t>> FindPatientByKey(const store::Key& key) override {
      return batch_->FindPatientByKey(key);
    }
    absl::StatusOr<std::optional<v1::PatientRecord>> FindPatient(int64_t id) override { return batch_->FindPatient(id); }
    absl::StatusOr<std::optional<v1::DirectoryOwner>> FindOwner(const std::string& id) override { return batch_->FindOwner(id); }
    absl::Status PutPatient(const v1::PatientRecord& record) override { return batch_->PutPatient(record); }
    absl::Status PutPatientKey(const store::Key& key, int64_t id) override { return batch_->PutPatientKey(key, id); }
    absl::Status PutAssigner(const std::string& system) override { return batch_->PutAssigner(system); }
    absl::Status PutOwner(const v1::DirectoryOwner& owner) override { return batch_->PutOwner(owner); }
    absl::Status RemoveOwner(const std::string& id) override { return batch_->RemoveOwner(id); }
    absl::StatusOr<std::vector<int64_t>> FindByKey(const store::Key& key) override { return batch_->FindByKey(key); }
    absl::StatusOr<std::optional<v1::Result>> FindResult(int64_t id) override { return batch_->FindResult(id); }
    absl::StatusOr<std::optional<store::OutboxRow>> FindRelease(int64_t id) override { return batch_->FindRelease(id); }
    absl::StatusOr<std::vector<int64_t>> FindDue(absl::Time now, int n) override { return batch_->FindDue(now, n); }
    absl::StatusOr<std::vector<v1::Entry>> EntriesOf(int64_t id) override { return batch_->EntriesOf(id); }
    absl::StatusOr<std::vector<store::Settled>> FindSettled(const store::Settled& after, absl::Time until, int n) override {
      return batch_->FindSettled(after, until, n);
    }
    absl::StatusOr<std::optional<v1::LegalHold>> FindLegalHold(int64_t id) override { return batch_->FindLegalHold(id); }
    absl::StatusOr<std::vector<v1::LegalHold>> LegalHoldsOn(int64_t id) override { return batch_->LegalHoldsOn(id); }
    absl::StatusOr<bool> IsOnLegalHold(int64_t id, const std::vector<int64_t>& patients) override {
      return batch_->IsOnLegalHold(id, patients);
    }
    absl::StatusOr<int> RemoveKeys(const std::string& prefix, int64_t id) override { return batch_->RemoveKeys(prefix, id); }
    absl::Status ReplaceRelease(const v1::Release& release) override { return batch_->ReplaceRelease(release); }
    absl::Status PutLegalHold(const v1::LegalHold& hold) override { return batch_->PutLegalHold(hold); }
    absl::Status RemoveLegalHold(int64_t id) override { return batch_->RemoveLegalHold(id); }
    absl::Status PutResult(const v1::Result& result) override { return batch_->PutResult(result); }
    absl::Status PutKey(const store::Key& key, int64_t id) override { return batch_->PutKey(key, id); }
    absl::Status PutPack(const std::string& digest, const v1::PackFiles& files) override {
      return batch_->PutPack(digest, files);
    }
    absl::Status AppendEntry(const v1::Entry& entry) override { return batch_->AppendEntry(entry); }
    absl::Status AppendRelease(const v1::Release& release) override { return batch_->AppendRelease(release); }
    absl::Status AcknowledgeRelease(int64_t sequence) override { return batch_->AcknowledgeRelease(sequence); }
    absl::Status PutTurnarounds(absl::Span<const v1::Turnaround> turnarounds, int64_t reach) override {
      return batch_->PutTurnarounds(turnarounds, reach);
    }
    absl::Status PutBlock(int64_t block, absl::Span<const store::TermEntries> terms) override {
      return batch_->PutBlock(block, terms);
    }
    absl::Status Commit() override {
      if (store_->commits_left == 0) return absl::UnavailableError("the disk is full");
      if (store_->commits_left > 0) --store_->commits_left;
      return batch_->Commit();
    }

   private:
    FailingStore* const store_;
    std::unique_ptr<store::Batch> batch_;
  };
};

class ActivationTest : public ::testing::Test {
 protected:
  void Open(const v1::PackFiles& folder, bool development = false) {
    gate_.reset();
    store_.reset();
    sqlite_.reset();
    auto store = store::OpenSqlite(folder_.path() + "/gate.db");
    ASSERT_TRUE(store.ok()) << store.status();
    sqlite_ = *std::move(store);
    store_ = std::make_unique<FailingStore>(sqlite_.get());
    Options options;
    options.development = development;
    auto gate = Gate::Start(store_.get(), &clock_, Load(folder), words_, options);
    ASSERT_TRUE(gate.ok()) << gate.status();
    gate_ = *std::move(gate);
  }

  v1::SubmitResultResponse Submit(const v1::DiagnosticReport& report) {
    v1::SubmitResultRequest request;
    *request.mutable_report() = report;
    std::promise<absl::StatusOr<v1::SubmitResultResponse>> promise;
    gate_->Submit(std::move(request), [&promise](auto response) { promise.set_value(std::move(response)); });
    const auto response = promise.get_future().get();
    EXPECT_TRUE(response.ok()) << response.status();
    return response.ok() ? *response : v1::SubmitResultResponse();
  }

  absl::StatusOr<v1::ActivatePackResponse> Activate(const v1::PackFiles& files, bool validate_only = false,
                                                    const std::string& approver = "approver-1") {
    v1::ActivatePackRequest request;
    *request.mutable_files() = files;
    request.set_approver(approver);
    request.set_validate_only(validate_only);
    return gate_->ActivatePack(request);
  }

  void MustActivate(const v1::PackFiles& files) {
    const auto activated = Activate(files);
    ASSERT_TRUE(activated.ok()) << activated.status();
  }

  absl::StatusOr<v1::RedecideHeldResponse> Redecide(std::optional<int64_t> release_held, bool tighten = false,
                                                    bool validate_only = false) {
    v1::RedecideHeldRequest request;
    request.set_actor("approver-1");
    if (release_held) request.set_release_held(*release_held);
    request.set_tighten(tighten);
    request.set_validate_only(validate_only);
    return gate_->RedecideHeld(request);
  }

  std::string Active() const { return gate_->ActivePack().digest(); }

  v1::Result Get(int64_t id) {
    v1::GetResultRequest request;
    request.set_result_id(id);
    return gate_->GetResult(request)->result();
  }

  std::vector<v1::Entry> Entries() { return *sqlite_->ListEntries(0, 0, 10'000); }

  size_t Releases() {
    int64_t scanned = 0;
    return gate_->ReadReleases(0, false, 10'000, &scanned)->size();
  }

  void AdvanceTo(const std::string& rfc3339) {
    clock_.Set(At(rfc3339));
    for (;;) {
      const auto due = sqlite_->EarliestDue();
      ASSERT_TRUE(due.ok());
      if (*due > clock_.Now()) return;
      std::promise<void> promise;
      gate_->Acknowledge({}, [&promise](const auto&) { promise.set_value(); });
      promise.get_future().get();
    }
  }

  resultgate::testing::TempFolder folder_;
  resultgate::testing::SimulatedClock clock_{At(kFriday)};
  CommentLoader words_ = [](const valueset::Registry&, base::FileIssues*) { return ShippedWords(); };
  std::unique_ptr<store::Store> sqlite_;
  std::unique_ptr<FailingStore> store_;
  std::unique_ptr<Gate> gate_;
};

const v1::PackFiles& First() {
  static const auto* pack = new v1::PackFiles(MakePack(kRoutine + TissueReview("3 business days") + ImagingDelay("3 days")));
  return *pack;
}

const v1::PackFiles& Shorter() {
  static const auto* pack = new v1::PackFiles(MakePack(kRoutine + TissueReview("1 business day") + ImagingDelay("2 days")));
  return *pack;
}

// No tissue waits any more; imaging is reviewed.
const v1::PackFiles& Freer() {
  static const auto* pack = new v1::PackFiles(
      MakePack(std::string(kRoutine) + "  - {id: tissue-release, title: t, match: {codes: [tissue]}, then: {release: now}}\n" +
               ImagingReview()));
  return *pack;
}

// Whoever can write to the database makes no rules by that.
TEST_F(ActivationTest, APackThatWasChangedInTheDatabaseDoesNotDecide) {
  const v1::PackFiles active = MakePack(kRoutine);
  const v1::PackFiles other = MakePack(absl::StrCat(kRoutine, TissueReview("2 business days")));
  const v1::PackFiles elsewhere = MakePack(absl::StrCat(kRoutine, ImagingReview()));
  Open(active);
  gate_.reset();
  {
    const auto batch = *sqlite_->Begin();
    ASSERT_EQ(batch->PutPack(DigestOf(active), other), absl::OkStatus());
    ASSERT_EQ(batch->Commit(), absl::OkStatus());
  }
  const size_t entries = Entries().size();
  const absl::Status refused = Gate::Start(store_.get(), &clock_, Load(elsewhere), words_, Options()).status();
  EXPECT_TRUE(absl::IsDataLoss(refused)) << refused;
  EXPECT_THAT(std::string(refused.message()), AllOf(HasSubstr(DigestOf(active)), HasSubstr(DigestOf(other))));
  EXPECT_EQ(Entries().size(), entries) << "it has not become active";
  EXPECT_TRUE(Gate::Start(store_.get(), &clock_, Load(active), words_, Options()).ok()) << "the folder has what was activated";
}

// Nor does one that decided before: what is held by it goes on by the hours of the one that decides now.
TEST_F(ActivationTest, APackThatDecidedBeforeAndWasChangedSaysNoHours) {
  const auto with_hours = [](const std::string& hours) {
    v1::PackFiles files = First();
    for (v1::PackFiles::File& file : *files.mutable_files()) {
      *file.mutable_content() = absl::StrReplaceAll(file.content(), {{"08:00-17:00", hours}});
    }
    return files;
  };
  std::vector<std::string> due;
  for (const char* const hours : {"11:00-12:00", "13:00-14:00"}) {
    resultgate::testing::TempFolder folder;
    clock_.Set(At(kFriday));
    auto store = store::OpenSqlite(folder.path() + "/gate.db");
    ASSERT_TRUE(store.ok());
    std::swap(sqlite_, *store);
    auto gate = Gate::Start(sqlite_.get(), &clock_, Load(First()), words_, Options());
    ASSERT_TRUE(gate.ok());
    std::swap(gate_, *gate);
    const int64_t id = Submit(resultgate::testing::Report("F1", "9999-9")).result_id();
    MustActivate(with_hours("11:00-12:00"));
    gate_.reset();
    {
      const auto batch = *sqlite_->Begin();
      ASSERT_EQ(batch->PutPack(DigestOf(First()), with_hours(hours)), absl::OkStatus());
      ASSERT_EQ(batch->Commit(), absl::OkStatus());
    }
    auto again = Gate::Start(sqlite_.get(), &clock_, Load(First()), words_, Options());
    ASSERT_TRUE(again.ok()) << again.status();
    std::swap(gate_, *again);
    AdvanceTo("2026-03-10T18:30:00-04:00");
    due.push_back(base::FormatUtc(base::FromProto(Get(id).due_at())));
    gate_.reset();
    sqlite_.reset();
  }
  EXPECT_EQ(due[0], due[1]);
}

TEST_F(ActivationTest, TheFolderIsActivatedOnceAndThenTheDatabaseKeepsThePack) {
  Open(First());
  EXPECT_EQ(Active(), DigestOf(First()));
  ASSERT_TRUE(Entries()[0].has_activated());
  EXPECT_EQ(Entries()[0].activated().cause(), v1::ACTIVATION_CAUSE_FIRST_START);
  EXPECT_EQ(Entries()[1].started().pack_digest(), DigestOf(First()));
  Open(Shorter());
  EXPECT_EQ(Active(), DigestOf(First())) << "another folder is not another decision";
  EXPECT_EQ(Submit(Biopsy("F1")).decision().pack_digest(), DigestOf(First()));
  Open(Shorter(), /*development=*/true);
  EXPECT_EQ(Active(), DigestOf(Shorter())) << "but in development mode it is";
  // It was activated, the gate started, and was set up otherwise than before.
  EXPECT_EQ(Entries()[Entries().size() - 3].activated().cause(), v1::ACTIVATION_CAUSE_DEVELOPMENT);
  Open(First());
  EXPECT_EQ(Active(), DigestOf(Shorter()));
}

TEST_F(ActivationTest, DecidesWhatComesInFromNowOnAndLeavesWhatIsHeld) {
  Open(First());
  const int64_t held = Submit(Biopsy("F1")).result_id();
  const std::string before = Get(held).SerializeAsString();
  const size_t entries = Entries().size();

  const auto previewed = Activate(Shorter(), /*validate_only=*/true);
  ASSERT_TRUE(previewed.ok()) << previewed.status();
  EXPECT_EQ(previewed->activation().pack_digest(), DigestOf(Shorter()));
  EXPECT_FALSE(previewed->activation().has_time());
  EXPECT_EQ(previewed->held().earlier(), 1);
  EXPECT_EQ(Active(), DigestOf(First()));
  EXPECT_EQ(Entries().size(), entries) << "only asked";

  const auto activated = Activate(Shorter());
  ASSERT_TRUE(activated.ok()) << activated.status();
  EXPECT_EQ(base::FromProto(activated->activation().time()), clock_.Now());
  EXPECT_EQ(Active(), DigestOf(Shorter()));
  EXPECT_EQ(Get(held).SerializeAsString(), before);
  const v1::Entry entry = Entries().back();
  EXPECT_EQ(entry.actor(), "approver-1");
  EXPECT_EQ(entry.activated().author(), "author-1");
  EXPECT_EQ(entry.activated().previous_digest(), DigestOf(First()));
  EXPECT_EQ(entry.activated().held().earlier(), 1);
  EXPECT_EQ(entry.activated().tests(), 1);
  EXPECT_EQ(Submit(Biopsy("F2")).decision().pack_digest(), DigestOf(Shorter()));

  Open(First());
  EXPECT_EQ(Active(), DigestOf(Shorter())) << "also after a restart";
  const auto history = gate_->ListActivations({});
  ASSERT_TRUE(history.ok());
  ASSERT_EQ(history->activations_size(), 2);
  EXPECT_EQ(history->activations(0).approver(), "approver-1");
  EXPECT_EQ(Activate(Shorter()).status().code(), absl::StatusCode::kAlreadyExists);
}

TEST_F(ActivationTest, RefusesWithEverythingThatIsWrongAndTheActivePackStays) {
  struct Case {
    const char* name;
    v1::PackFiles files;
    const char* approver;
    absl::StatusCode code;
    const char* place;
    const char* message;
  };
  const std::string rules = std::string(kRoutine) + TissueReview("2 business days");
  v1::PackFiles out = MakePack(rules);
  AddFile("small/../etc/passwd", "x", &out);
  v1::PackFiles twice = MakePack(rules);
  AddFile("small/pack.yaml", "x", &twice);
  const auto invalid = absl::StatusCode::kInvalidArgument;
  const auto people = absl::StatusCode::kFailedPrecondition;
  const std::vector<Case> cases = {
      {"the author approves", MakePack(rules), "author-1", people, "approver", "a second person must"},
      {"in other letters", MakePack(rules), " AUTHOR-1 ", people, "approver", "a second person must"},
      {"nobody knows the author", MakePack(rules, ""), "approver-1", people, "approver", "nobody knows who wrote"},
      {"pack.yaml approves itself", MakePack(rules, "author: author-1\napproved_by: Author-1\napproved_on: 2026-03-01\n"),
       "approver-1", people, "approver", "its author approved it"},
      {"a test fails",
       MakePack(rules, "author: a\n", absl::StrReplaceAll(kGreenTest, {{"decision: release", "decision: delay"}})), "approver-1",
       invalid, "small/tests/tests.yaml:2:5", "decision: expected delay, got release"},
      {"no tests", MakePack(rules, "author: a\n", ""), "approver-1", invalid, "tests", "without tests"},
      {"a rule is wrong", MakePack(absl::StrReplaceAll(rules, {{"[tissue]", "[tisue]"}})), "approver-1", invalid,
       "small/rules.yaml:5:20", "did you mean `tissue`?"},
      {"a path leads out", out, "approver-1", invalid, "files", "must be relative"},
      {"a path twice", twice, "approver-1", invalid, "files", "stands twice"},
      {"nothing", {}, "approver-1", invalid, "files", "there are no files"},
  };
  Open(First());
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    const size_t before = Entries().size();
    EXPECT_EQ(Activate(c.files, /*validate_only=*/true, c.approver).status().code(), c.code);
    EXPECT_EQ(Entries().size(), before) << "only asked";
    const absl::Status status = Activate(c.files, /*validate_only=*/false, c.approver).status();
    EXPECT_EQ(status.code(), c.code) << status;
    v1::Entry::ActivationRefused refused;
    ASSERT_TRUE(refused.ParseFromString(std::string(*status.GetPayload(kRefusedPayload))));
    ASSERT_GE(refused.issues_size(), 1);
    bool found = false;
    for (const v1::Issue& issue : refused.issues()) {
      found = found || (issue.place() == c.place && absl::StrContains(issue.message(), c.message));
    }
    EXPECT_TRUE(found) << refused.DebugString();
    ASSERT_EQ(Entries().size(), before + 1);
    EXPECT_EQ(Entries().back().activation_refused().SerializeAsString(), refused.SerializeAsString()) << "the log has it all";
    EXPECT_EQ(Active(), DigestOf(First()));
  }
}

TEST_F(ActivationTest, TheCommentsAreCompiledAgainstTheValueSetsOfThePackOrItIsRefused) {
  std::vector<std::string> compiled;
  words_ = [&compiled](const valueset::Registry& value_sets,
                       base::FileIssues* issues) -> std::shared_ptr<const comment::Library> {
    compiled.push_back(value_sets.digest());
    if (value_sets.Find("imaging") != nullptr) return ShippedWords();
    issues->push_back({base::FileIssue::Severity::kError, {"templates/x/template.yaml", 3, 9}, "no value set `imaging`", "", ""});
    return nullptr;
  };
  Open(First());
  v1::PackFiles without = MakePack(std::string(kRoutine) + TissueReview("2 business days"));
  without.mutable_files()->erase(std::remove_if(without.mutable_files()->begin(), without.mutable_files()->end(),
                                                [](const auto& file) { return file.path() == "valuesets/imaging.yaml"; }),
                                 without.mutable_files()->end());
  const absl::Status status = Activate(without).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("templates"));
  EXPECT_EQ(Entries().back().activation_refused().issues(0).place(), "templates/x/template.yaml:3:9");
  EXPECT_EQ(Active(), DigestOf(First()));
  v1::PackFiles with = MakePack(kRoutine);
  AddSet("more", "2345-7", &with);
  MustActivate(with);
  EXPECT_EQ(compiled.back(), Load(with).value_sets->digest());
}

TEST_F(ActivationTest, ChangedTemplatesAreAChangedConfiguration) {
  const auto changes = [this] {
    std::string text;
    for (const v1::Entry& entry : Entries()) {
      for (const auto& change : entry.configuration_changed().changes()) absl::StrAppend(&text, change.name(), " ");
    }
    return text;
  };
  Open(First());
  Open(First());
  EXPECT_EQ(changes(), "");
  const std::string folder = folder_.path() + "/templates";
  std::filesystem::copy("templates", folder, std::filesystem::copy_options::recursive);
  std::ofstream(folder + "/a1c/template.yaml", std::ios::app) << "# a word more\n";
  words_ = [&folder](const valueset::Registry&, base::FileIssues* issues) -> std::shared_ptr<const comment::Library> {
    comment::Library::Options options;
    options.development = true;
    return comment::Library::Load(folder, *resultgate::testing::ShippedValueSets(), options, issues);
  };
  Open(First());
  EXPECT_EQ(changes(), "templates-digest ");
}

TEST_F(ActivationTest, ADeliveryThatCannotBeLoggedIsLoggedLater) {
  Open(First());
  store_->commits_left = 0;
  v1::Entry entry;
  entry.set_actor("portal");
  entry.set_peer("ipv4:10.1.2.3");
  entry.mutable_delivered()->add_release_sequences(7);
  gate_->LogDelivery(entry);
  EXPECT_EQ(Activate(Shorter()).status().code(), absl::StatusCode::kUnavailable) << "behind it: the disk was full for both";
  store_->commits_left = -1;
  Submit(Biopsy("F1"));  // after whose commit it is tried again
  Submit(Biopsy("F2"));  // behind it
  std::vector<v1::Entry> delivered;
  for (const v1::Entry& each : Entries()) {
    if (each.has_delivered()) delivered.push_back(each);
  }
  ASSERT_EQ(delivered.size(), 1u);
  EXPECT_EQ(delivered[0].actor(), "portal");
  EXPECT_EQ(delivered[0].peer(), "ipv4:10.1.2.3");
  EXPECT_EQ(delivered[0].delivered().release_sequences(0), 7);
}

TEST_F(ActivationTest, WhoChangesPacksIsLoggedWithFromWhere) {
  Open(First());
  v1::ActivatePackRequest request;
  *request.mutable_files() = Shorter();
  request.set_approver("approver-1");
  ASSERT_TRUE(gate_->ActivatePack(request, {"ipv4:10.1.2.3"}).ok());
  EXPECT_EQ(Entries().back().peer(), "ipv4:10.1.2.3");
  MustActivate(First());
  EXPECT_EQ(Entries().back().peer(), "") << "not over the network";
}

TEST_F(ActivationTest, AnActivationThatIsNotDurableDidNotHappen) {
  Open(First());
  store_->commits_left = 0;
  EXPECT_EQ(Activate(Shorter()).status().code(), absl::StatusCode::kUnavailable);
  store_->commits_left = -1;
  EXPECT_EQ(Active(), DigestOf(First()));
  EXPECT_EQ(Submit(Biopsy("F1")).decision().pack_digest(), DigestOf(First())) << "nor does the writer decide by it";
  EXPECT_EQ(*sqlite_->FindPack(DigestOf(Shorter())), std::nullopt);
  MustActivate(Shorter());
  EXPECT_EQ(Active(), DigestOf(Shorter()));
}

TEST_F(ActivationTest, RollbackGoesBackToThePackBeforeAndTwiceLeadsBack) {
  Open(First());
  v1::RollbackPackRequest request;
  request.set_approver("approver-1");
  EXPECT_EQ(gate_->RollbackPack(request).status().code(), absl::StatusCode::kNotFound);
  MustActivate(Shorter());
  MustActivate(Freer());
  request.set_validate_only(true);
  EXPECT_EQ(gate_->RollbackPack(request)->activation().pack_digest(), DigestOf(Shorter()));
  EXPECT_EQ(Active(), DigestOf(Freer()));
  request.set_validate_only(false);
  request.set_approver("author-1");
  EXPECT_EQ(gate_->RollbackPack(request).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Entries().back().activation_refused().cause(), v1::ACTIVATION_CAUSE_ROLLBACK);
  request.set_approver("approver-2");
  ASSERT_TRUE(gate_->RollbackPack(request).ok());
  EXPECT_EQ(Active(), DigestOf(Shorter()));
  EXPECT_EQ(Entries().back().activated().cause(), v1::ACTIVATION_CAUSE_ROLLBACK);
  EXPECT_EQ(Entries().back().actor(), "approver-2");
  ASSERT_TRUE(gate_->RollbackPack(request).ok());
  EXPECT_EQ(Active(), DigestOf(Freer()));
  request.set_pack_digest(DigestOf(First()));
  ASSERT_TRUE(gate_->RollbackPack(request).ok());
  EXPECT_EQ(Active(), DigestOf(First()));
  request.set_pack_digest("sha256:" + std::string(64, '0'));
  EXPECT_EQ(gate_->RollbackPack(request).status().code(), absl::StatusCode::kNotFound);
  Open(Shorter());
  EXPECT_EQ(Active(), DigestOf(First()));
}

TEST_F(ActivationTest, AReviewIsExplainedByThePackThatDecidedIt) {
  Open(First());
  v1::GetReviewRequest request;
  request.set_result_id(Submit(Biopsy("F1")).result_id());
  const auto before = gate_->GetReview(request);
  ASSERT_TRUE(before.ok()) << before.status();
  ASSERT_EQ(before->reasons_size(), 1);
  v1::PackFiles renamed = Shorter();
  for (v1::PackFiles::File& file : *renamed.mutable_files()) {
    *file.mutable_content() = absl::StrReplaceAll(file.content(), {{"title: t\n", "title: Renamed\n"}});
  }
  MustActivate(renamed);
  const auto after = gate_->GetReview(request);
  ASSERT_TRUE(after.ok()) << after.status();
  EXPECT_EQ(after->reasons(0).SerializeAsString(), before->reasons(0).SerializeAsString());
  request.set_result_id(Submit(Biopsy("F2")).result_id());
  EXPECT_EQ(gate_->GetReview(request)->reasons(0).title(), "Renamed");
}

TEST_F(ActivationTest, HeldUnitsAreAdvancedByTheCalendarOfTheirOwnPack) {
  // The same result with the same clock, once with and once without a change of hours in between.
  std::vector<std::string> due;
  for (const bool change : {false, true}) {
    resultgate::testing::TempFolder folder;
    clock_.Set(At(kFriday));
    auto store = store::OpenSqlite(folder.path() + "/gate.db");
    ASSERT_TRUE(store.ok());
    auto gate = Gate::Start(store->get(), &clock_, Load(First()), words_, Options());
    ASSERT_TRUE(gate.ok());
    std::swap(gate_, *gate);
    std::swap(sqlite_, *store);
    const int64_t id = Submit(resultgate::testing::Report("F1", "9999-9")).result_id();
    v1::PackFiles other_hours = First();
    for (v1::PackFiles::File& file : *other_hours.mutable_files()) {
      *file.mutable_content() = absl::StrReplaceAll(file.content(), {{"08:00-17:00", "11:00-12:00"}});
    }
    if (change) MustActivate(other_hours);
    AdvanceTo("2026-03-10T18:30:00-04:00");
    ASSERT_TRUE(Get(id).decision().outcomes(0).review().escalated()) << Get(id).DebugString();
    due.push_back(base::FormatUtc(base::FromProto(Get(id).due_at())));
    gate_.reset();
    sqlite_.reset();
  }
  EXPECT_EQ(due[0], due[1]);
}

TEST_F(ActivationTest, HeldUnitsAreAdvancedByTheCalendarOfTheirFacility) {
  Open(MakePack(kRoutine,
                "author: author-1\n"
                "facilities: [{names: [WEEKEND], staffed_hours: {saturday: 10:00-12:00, sunday: 10:00-12:00}}]\n"));
  v1::DiagnosticReport report = resultgate::testing::Report("F1", "9999-9");
  const int64_t elsewhere = Submit(report).result_id();
  report = resultgate::testing::Report("F2", "9999-9");
  report.mutable_order()->set_facility("Weekend");
  const int64_t weekend = Submit(report).result_id();
  AdvanceTo("2026-03-16T18:30:00-04:00");
  // Both were escalated late, and are over when somebody is there next.
  EXPECT_EQ(base::FormatUtc(base::FromProto(Get(elsewhere).due_at())), "2026-03-18T12:00:00Z") << Get(elsewhere).DebugString();
  EXPECT_EQ(base::FormatUtc(base::FromProto(Get(weekend).due_at())), "2026-03-21T14:00:00Z") << Get(weekend).DebugString();
}

TEST_F(ActivationTest, PreviewsByClass) {
  Open(First());
  for (int i = 0; i < 7; ++i) Submit(Biopsy(absl::StrCat("B", i)));
  for (int i = 0; i < 3; ++i) Submit(ChestXRay(absl::StrCat("X", i)));
  Submit(Cbc("C"));
  v1::DiagnosticReport panel = Cbc("M");
  resultgate::testing::AddObservation(&panel, "1234-5", "1");
  Submit(panel);
  const auto shorter = Activate(Shorter(), true);
  ASSERT_TRUE(shorter.ok()) << shorter.status();
  EXPECT_EQ(shorter->held().results(), 11) << "the blood count is out";
  EXPECT_EQ(shorter->held().earlier(), 10);
  EXPECT_EQ(shorter->held().same(), 1) << "an observation that no rule knows, and not its neighbour, which is out";
  EXPECT_EQ(shorter->held().released_now(), 0);
  ASSERT_EQ(shorter->held().groups_size(), 3);
  const v1::HeldGroup& tissue = shorter->held().groups(0);
  EXPECT_EQ(tissue.change(), v1::HELD_CHANGE_EARLIER);
  EXPECT_EQ(tissue.section(), v1::SECTION_PATHOLOGY);
  EXPECT_THAT(tissue.rules_before(), ElementsAre("tissue-review"));
  EXPECT_THAT(tissue.rules_after(), ElementsAre("tissue-review"));
  EXPECT_EQ(tissue.units(), 7);
  EXPECT_THAT(tissue.example_result_ids(), ElementsAre(1, 2, 3, 4, 5));

  const auto freer = Activate(Freer(), true);
  ASSERT_TRUE(freer.ok());
  EXPECT_EQ(freer->held().earlier(), 7);
  EXPECT_EQ(freer->held().new_hold(), 3);
  EXPECT_EQ(freer->held().released_now(), 7);
  EXPECT_EQ(freer->held().groups(0).released_now(), 7);
  EXPECT_TRUE(freer->held().groups(0).rules_after().empty());

  const auto longer = Activate(MakePack(kRoutine + TissueReview("5 business days") + ImagingDelay("3 days")), true);
  EXPECT_EQ(longer->held().later(), 7);
  EXPECT_EQ(longer->held().same(), 4);
}

TEST_F(ActivationTest, RedecidingReleasesExactlyWhatWasConfirmed) {
  Open(First());
  const int64_t first = Submit(Biopsy("B1")).result_id();
  Submit(Biopsy("B2"));
  const int64_t imaging = Submit(ChestXRay("X1")).result_id();
  MustActivate(Freer());
  const std::string imaging_before = Get(imaging).SerializeAsString();
  const size_t entries = Entries().size();
  EXPECT_EQ(Releases(), 0u) << "an activation releases nothing";

  const auto preview = Redecide(0, false, /*validate_only=*/true);
  ASSERT_TRUE(preview.ok()) << preview.status();
  EXPECT_EQ(preview->released(), 2);
  EXPECT_EQ(preview->held().released_now(), 2);
  for (const int64_t wrong : {0, 1, 3, 100}) {
    const absl::Status status = Redecide(wrong).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(std::string(status.message()), HasSubstr("would release 2 units now"));
  }
  EXPECT_EQ(Entries().size(), entries);
  EXPECT_EQ(Releases(), 0u);

  const auto done = Redecide(2);
  ASSERT_TRUE(done.ok()) << done.status();
  EXPECT_EQ(done->results(), 2);
  EXPECT_EQ(done->released(), 2);
  EXPECT_EQ(done->left(), 0);
  EXPECT_EQ(Releases(), 2u);
  EXPECT_EQ(Get(first).decision().pack_digest(), DigestOf(Freer())) << "nothing of it is left to the old pack";
  EXPECT_EQ(Get(first).decision().outcomes(0).state(), v1::OUTCOME_STATE_RELEASED);
  EXPECT_FALSE(Get(first).decision().outcomes(0).released_unreviewed()) << "its pack asks for no review";
  EXPECT_EQ(Get(imaging).SerializeAsString(), imaging_before) << "nothing is added";
  const std::vector<v1::Entry> log = Entries();
  ASSERT_EQ(log.size(), entries + 4);
  const v1::Entry& begun = log[entries];
  EXPECT_EQ(begun.actor(), "approver-1");
  EXPECT_EQ(begun.redecision().release_held(), 2);
  EXPECT_FALSE(begun.redecision().completed());
  EXPECT_EQ(log[entries + 1].redecided().redecision_sequence(), begun.sequence());
  EXPECT_EQ(log[entries + 1].result_id(), first);
  EXPECT_EQ(log[entries + 1].redecided().releases_size(), 1);
  EXPECT_EQ(log[entries + 1].actor(), "approver-1");
  EXPECT_TRUE(log.back().redecision().completed());
  EXPECT_EQ(log.back().redecision().released(), 2);

  EXPECT_EQ(Redecide(2).status().code(), absl::StatusCode::kFailedPrecondition) << "they are gone";
  EXPECT_EQ(Redecide(0)->results(), 0) << "again changes nothing";
}

TEST_F(ActivationTest, RedecidingMovesFloorsAndReviewsForward) {
  Open(First());
  const int64_t tissue = Submit(Biopsy("B1")).result_id();
  const int64_t imaging = Submit(ChestXRay("X1")).result_id();
  MustActivate(Shorter());
  const auto done = Redecide(0);
  ASSERT_TRUE(done.ok()) << done.status();
  EXPECT_EQ(done->results(), 2);
  EXPECT_EQ(base::FormatUtc(base::FromProto(Get(imaging).decision().outcomes(0).not_before())), "2026-03-08T05:00:00Z");
  EXPECT_EQ(base::FormatUtc(base::FromProto(Get(tissue).decision().outcomes(0).review().expires_at())), "2026-03-09T19:00:00Z");
  AdvanceTo("2026-03-08T05:00:00Z");
  EXPECT_EQ(Releases(), 1u) << "the timer runs by the new floor";
}

TEST_F(ActivationTest, TighteningAddsToWhatIsHeldAndNeverUnpublishes) {
  Open(First());
  const int64_t imaging = Submit(ChestXRay("X1")).result_id();
  const int64_t out = Submit(Cbc("C1")).result_id();
  // Holds imaging and blood counts for review.
  MustActivate(
      MakePack(std::string(kRoutine) + ImagingReview() + TissueReview("1 business day") +
                   "  - id: routine-review\n    title: t\n    match: {codes: [routine]}\n    then:\n"
                   "      review: {owners: [results-pool], each: 1 business day, expires: 2 business days, on_expiry: release}\n"
                   "    basis: {type: organization-policy, citation: c}\n",
               "author: author-1\n",
               absl::StrReplaceAll(
                   kGreenTest, {{"decision: release, rules: [routine]", "decision: review, rules: [routine, routine-review]"}})));
  const std::string out_before = Get(out).SerializeAsString();
  clock_.Advance(absl::Hours(1));
  const auto done = Redecide(std::nullopt, /*tighten=*/true);
  ASSERT_TRUE(done.ok()) << done.status();
  EXPECT_EQ(done->results(), 1);
  EXPECT_EQ(done->released(), 0);
  const v1::Outcome held = Get(imaging).decision().outcomes(0);
  EXPECT_EQ(held.disposition(), v1::DISPOSITION_REVIEW);
  EXPECT_TRUE(held.has_not_before()) << "the delay stays too";
  EXPECT_EQ(base::FromProto(held.review().started_at()), clock_.Now()) << "its owner first sees it now";
  EXPECT_EQ(Get(out).SerializeAsString(), out_before);
  EXPECT_EQ(Releases(), 1u);
  EXPECT_EQ(Redecide(std::nullopt, true)->results(), 0);
}

TEST_F(ActivationTest, AStopInTheMiddleIsFinishedByAskingAgain) {
  Open(First());
  constexpr int kResults = 100;
  for (int i = 0; i < kResults; ++i) Submit(Biopsy(absl::StrCat("B", i)));
  MustActivate(Freer());
  store_->commits_left = 2;  // the entry that begins it, and one piece
  const absl::Status stopped = Redecide(kResults).status();
  EXPECT_EQ(stopped.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(stopped.message()), HasSubstr("ask again for the rest"));
  Open(First());  // as after a crash
  const auto released = static_cast<int64_t>(Releases());
  EXPECT_EQ(released, 32);
  EXPECT_EQ(Redecide(kResults).status().code(), absl::StatusCode::kFailedPrecondition) << "the rest is counted anew";
  ASSERT_TRUE(Redecide(kResults - released).ok());
  EXPECT_EQ(Releases(), static_cast<size_t>(kResults));
  int entries = 0;
  for (const v1::Entry& entry : Entries()) entries += entry.has_redecided();
  EXPECT_EQ(entries, kResults) << "each once";
}

TEST_F(ActivationTest, WhatACorrectionBroughtKeepsItsClock) {
  // The first version waits as imaging; its correction, two days later, brings the code that makes it tissue.
  Open(First());
  v1::DiagnosticReport report = ChestXRay("X1");
  Submit(report);
  clock_.Set(At("2026-03-09T10:00:00-04:00"));
  report.set_status(v1::RESULT_STATUS_CORRECTED);
  *report.mutable_issued() = base::ToProto(clock_.Now());
  resultgate::testing::SetLoinc(report.mutable_code(), "60567-5");
  const int64_t id = Submit(report).result_id();
  const v1::Result before = Get(id);
  ASSERT_EQ(before.version(), 2);
  // The same rules under another name of the pack.
  v1::PackFiles renamed = First();
  for (v1::PackFiles::File& file : *renamed.mutable_files()) {
    *file.mutable_content() = absl::StrReplaceAll(file.content(), {{"name: small", "name: renamed"}});
  }
  MustActivate(renamed);
  const auto preview = Redecide(0, false, true);
  ASSERT_TRUE(preview.ok());
  EXPECT_EQ(preview->held().same(), 1) << preview->DebugString() << before.DebugString();
  EXPECT_EQ(preview->results(), 0);
}

TEST(TwoPeopleTest, AnAuthorIsWhoeverIsNamedOne) {
  struct Case {
    const char* pack_author;
    const char* asked_author;
    const char* approved_by;
    const char* approver;
    size_t against;
  };
  for (const Case& c : std::vector<Case>{{"a", "", "", "b", 0},
                                         {"", "a", "", "b", 0},
                                         {"a", "c", "", "b", 0},
                                         {"a", "", "b", "b", 0},
                                         {"a", "", "", "a", 1},
                                         {"a", "", "", "A ", 1},
                                         {"a", "b", "", "b", 1},
                                         {"", "", "", "b", 1},
                                         {"a", "", "a", "b", 1},
                                         {"a", "b", "b", "c", 1},
                                         {"a", "", "", "", 1},
                                         {"", "", "", " ", 2},
                                         {"a", "", "a", "a", 2}}) {
    std::string more;
    if (*c.pack_author != '\0') absl::StrAppend(&more, "author: ", c.pack_author, "\n");
    if (*c.approved_by != '\0') absl::StrAppend(&more, "approved_by: ", c.approved_by, "\napproved_on: 2026-03-01\n");
    const policy::LoadedPack loaded = Load(MakePack(kRoutine, more));
    ASSERT_NE(loaded.pack, nullptr);
    EXPECT_EQ(TwoPeople(*loaded.pack, {v1::ACTIVATION_CAUSE_REQUEST, c.approver, c.asked_author}).size(), c.against)
        << more << c.asked_author << "/" << c.approver;
  }
}

}  // namespace
}  // namespace resultgate::gate

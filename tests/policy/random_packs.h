// Random packs, reports and contexts, of everything that rules can say and senders can leave out: for tests of what must hold
// whatever a pack says, and of two engines that must agree.
//
// The same seed gives the same world again. Print it with SCOPED_TRACE. One world serves one thread.
#ifndef RESULTGATE_TESTS_POLICY_RANDOM_PACKS_H_
#define RESULTGATE_TESTS_POLICY_RANDOM_PACKS_H_

#include <initializer_list>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "resultgate/v1/decision.pb.h"
#include "resultgate/v1/model.pb.h"
#include "server/policy/decide.h"
#include "server/policy/pack.h"
#include "server/valueset/valueset.h"
#include "tests/testing/temp_folder.h"

namespace resultgate::policy {

// An entry of the list under `rules:`.
struct RandomRule {
  std::string id;
  std::string yaml;
};

// What the rules of a property may not do.
struct RuleOptions {
  bool asks_has = true;  // conditions may ask has() of a fact
  bool dates = true;     // `effective` and `expires`
  // Delays and deadlines in business days. They keep the time of day, so one that starts later, on a closed day, may end earlier.
  bool business_days = true;
  bool permits = true;  // `release`
  bool restricts = true;
  bool limits = true;  // `deadline`
  bool next_steps = true;
};

// When a report is decided, and what is known of it.
struct Situation {
  Context context;
  absl::Time now;
  std::shared_ptr<const v1::Decision> previous;          // what `context.previous` points to; may be null
  std::shared_ptr<const Determinations> determinations;  // what `context.determinations` points to; may be null
};

class RandomWorld {
 public:
  explicit RandomWorld(unsigned seed);

  // A number below `end`.
  size_t Below(size_t end) { return random_() % end; }
  bool OneIn(size_t chances) { return Below(chances) == 0; }
  template <typename T>
  T Pick(std::initializer_list<T> from) {
    return *(from.begin() + Below(from.size()));
  }
  std::mt19937& random() { return random_; }

  // The content of a pack.yaml: zones, hours, precedence, reviews. `facts`: it may say what absence means.
  std::string PackFile(bool facts = true);
  // Ids are unique in this world, and their order is not that in which they are made.
  RandomRule Rule(const RuleOptions& options = {});
  std::vector<RandomRule> Rules(size_t count, const RuleOptions& options = {});
  // An expression of type bool, made of up to 2^`depth` conditions.
  std::string Condition(int depth, bool asks_has);
  // Fails the test, and gives null, where the pack does not load. Each list of rules is a file.
  std::shared_ptr<const Pack> Load(const std::string& pack_file, const std::vector<std::vector<RandomRule>>& files);

  // Every fact may be absent.
  v1::DiagnosticReport Report();
  // `previous` is what the pack decided on an earlier version. One in fifteen is quarantined.
  Situation MakeSituation(const Pack& pack, const v1::DiagnosticReport& report);

 private:
  void WriteValueSets();
  void FillConcept(v1::CodeableConcept* code);
  void FillDiagnosis(v1::CodeableConcept* code);
  void AddObservation(v1::DiagnosticReport* report);
  void FillDetermination(const v1::DiagnosticReport& report, absl::Time now, int id, v1::Determination* determination);
  std::string Atom(bool asks_has);
  std::string Match();
  std::string Then(const RuleOptions& options, bool* restricts, bool* needs_basis);
  std::string ReviewOf(bool asks_has);
  std::string ProtocolOf(bool asks_has);
  std::string Sets();
  std::string Some(std::initializer_list<const char*> from, size_t most);

  std::mt19937 random_;
  testing::TempFolder folder_;
  std::shared_ptr<const valueset::Registry> value_sets_;
  std::set<std::string> ids_;
  int packs_ = 0;
};

// When the unit goes without anybody's action, at the earliest; never for what only a person ends.
absl::Time EarliestByItself(const v1::Outcome& outcome);

}  // namespace resultgate::policy

#endif  // RESULTGATE_TESTS_POLICY_RANDOM_PACKS_H_

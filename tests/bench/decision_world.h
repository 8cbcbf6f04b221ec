// Packs of any size and varied reports, for measuring decisions: the same ones for the engine and for the plain loop.
//
// Every rule has two to four conditions: lists of enumeration values, beginnings of texts, ranges of numbers, ages, value sets of
// 50 to 2,000 codes, any of a list. The same seed gives the same world.
#ifndef RESULTGATE_TESTS_BENCH_DECISION_WORLD_H_
#define RESULTGATE_TESTS_BENCH_DECISION_WORLD_H_

#include <cstddef>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "resultgate/v1/model.pb.h"
#include "server/policy/decide.h"
#include "server/policy/pack.h"
#include "tests/bench/plain_engine.h"
#include "tests/testing/temp_folder.h"

namespace resultgate::bench {

class DecisionWorld {
 public:
  // Ends the process with a message where the pack does not load.
  DecisionWorld(size_t rules, size_t reports);

  const policy::Pack& pack() const { return *pack_; }
  const std::vector<v1::DiagnosticReport>& reports() const { return reports_; }
  const PlainPack& plain_pack() const { return plain_pack_; }
  const std::vector<PlainReport>& plain_reports() const { return plain_reports_; }
  absl::Time now() const { return now_; }
  policy::Context context() const;

  // Decides every report both ways. Empty if the answers are the same, else the first difference.
  std::string Difference() const;

 private:
  struct Written {
    std::string match;  // entries of `match`
    std::string when;   // parts of `when`
  };

  size_t Below(size_t end) { return random_() % end; }
  bool OneIn(size_t chances) { return Below(chances) == 0; }
  std::shared_ptr<const policy::Pack> LoadPack() const;
  void MakeValueSets(size_t rules);
  void MakeRule(size_t number, std::string* yaml);
  void AddCondition(PlainCondition::Kind kind, PlainRule* rule, Written* written);
  void AddSet(const std::string& before, const std::string& after, PlainCondition* condition, Written* written);
  void MakeReport();
  PlainCode RandomCode(v1::CodeableConcept* code);

  std::mt19937 random_{20261126};
  testing::TempFolder folder_;
  std::shared_ptr<const valueset::Registry> value_sets_;
  std::shared_ptr<const policy::Pack> pack_;
  std::vector<v1::DiagnosticReport> reports_;
  std::vector<PlainSet> plain_sets_;
  PlainPack plain_pack_;
  std::vector<PlainReport> plain_reports_;
  absl::Time now_;
};

}  // namespace resultgate::bench

#endif  // RESULTGATE_TESTS_BENCH_DECISION_WORLD_H_

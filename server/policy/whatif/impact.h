// What a change of pack does to reports that come in: the same reports under two packs.
#ifndef RESULTGATE_POLICY_WHATIF_IMPACT_H_
#define RESULTGATE_POLICY_WHATIF_IMPACT_H_

#include <array>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "resultgate/v1/model.pb.h"
#include "resultgate/v1/what_if.pb.h"
#include "server/policy/pack.h"
#include "server/policy/whatif/arrival.h"
#include "server/policy/whatif/review_load.h"

namespace resultgate::policy {

// How a unit moves for one audience.
enum class Move { kNone, kSameTime, kEarlierIfReviewed, kEarlier, kLater };

// Add reports one after the other, then take the summary. Keeps counts and examples, no reports. Not thread-safe. The same
// reports in the same order give the same bytes. The packs must outlive it.
class ImpactCounter {
 public:
  // `examples`: at most so many of each kind of move. `expected`: rules whose moves are meant.
  ImpactCounter(const Pack& before, const Pack& after, size_t examples, std::vector<std::string> expected = {});
  ~ImpactCounter();

  void Add(const Arrival& arrival, const v1::DiagnosticReport& report);
  v1::Impact Summary() const;

  // Units that go earlier by themselves or if their reviewer is quick, and units that go later, for anybody: those left out that
  // expected rules alone account for.
  int unexpected_earlier() const { return unexpected_earlier_; }
  int unexpected_later() const { return unexpected_later_; }

 private:
  // Section, value set, language, audience; unspecified or empty for all.
  using Group = std::tuple<v1::Section, std::string, std::string, v1::Audience>;
  using Groups = std::map<Group, v1::Moves>;
  struct Shift;  // of a unit for one audience
  struct Unit;   // for all of them

  Shift Compare(const v1::Outcome& before, const v1::Outcome& after, const std::string& assumed, const v1::ServiceRequest& order,
                absl::Time now) const;
  void CountUnit(const Unit& unit, const UnitClass& unit_class, const std::string& language);
  void CountRules(const Unit& unit);
  void KeepExamples(const Arrival& arrival, const std::string& unit_id, const Unit& unit);
  static void CountMoves(const std::set<Move>& moves, bool added, bool removed, v1::Moves* row);
  static void Write(const Groups& groups, google::protobuf::RepeatedPtrField<v1::Moves>* rows);

  const Pack& before_;
  const Pack& after_;
  const size_t most_examples_;
  const std::set<std::string> expected_;
  const std::map<std::string, v1::RuleImpact::Change> changes_;
  int reports_ = 0;
  int unexpected_earlier_ = 0;
  int unexpected_later_ = 0;
  v1::Moves total_;
  Groups by_audience_, by_class_, by_language_;
  std::vector<v1::MoveSize> sizes_;
  std::map<std::string, v1::RuleImpact> rules_;
  ReviewLoads loads_before_, loads_after_;
  std::map<Move, std::vector<v1::UnitExample>> examples_;
  std::map<std::pair<Move, std::string>, int> seen_;  // examples taken, by what causes them
};

}  // namespace resultgate::policy

#endif  // RESULTGATE_POLICY_WHATIF_IMPACT_H_

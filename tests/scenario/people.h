// What was told of patients, as a plain reference that knows nothing of the gate: wishes, deaths, merges, by time.
#ifndef RESULTGATE_TESTS_SCENARIO_PEOPLE_H_
#define RESULTGATE_TESTS_SCENARIO_PEOPLE_H_

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "resultgate/v1/model.pb.h"

namespace resultgate::scenario {

// No two things are told at one time.
class People {
 public:
  void Wishes(const std::string& mrn, const v1::ReleasePreference& wish, absl::Time at) { wishes_.push_back({mrn, wish, at}); }
  void Dies(const std::string& mrn, bool deceased, absl::Time at) { deaths_.push_back({mrn, deceased, at}); }
  void Merge(const std::string& survivor, const std::string& merged, absl::Time at) { merges_.push_back({survivor, merged, at}); }
  void Unmerge(const std::string& survivor, const std::string& merged, absl::Time at);

  // Those who are one patient with this one.
  std::set<std::string> FamilyAt(const std::string& mrn, absl::Time at) const;
  // When the two, who are one at `from`, are first two again; InfiniteFuture() where they still are one.
  absl::Time AreTwoAfter(const std::string& a, const std::string& b, absl::Time from) const;
  // What the patient waits for: the wish told last if it was told after the last merge, else every wish of all of them.
  std::vector<v1::ReleasePreference> WaitsAt(const std::string& mrn, absl::Time at) const;
  // True if all of them want everything at once, or the wish told last after the last merge does.
  bool WantsAllAt(const std::string& mrn, absl::Time at) const;
  // Told so, of one of them, and not taken back after the last merge.
  bool IsDeadAt(const std::string& mrn, absl::Time at) const;
  // True if anything at all was ever told.
  bool IsKnown(const std::string& mrn) const;

 private:
  struct Wish {
    std::string mrn;
    v1::ReleasePreference wish;
    absl::Time at;
  };
  struct Death {
    std::string mrn;
    bool deceased = false;
    absl::Time at;
  };
  struct OneOf {
    std::string survivor, merged;
    absl::Time from;
    absl::Time until = absl::InfiniteFuture();
  };

  bool Stands(const OneOf& merge, absl::Time at) const { return merge.from <= at && at < merge.until; }
  absl::Time LastMerge(const std::set<std::string>& family, absl::Time at) const;

  std::vector<Wish> wishes_;
  std::vector<Death> deaths_;
  std::vector<OneOf> merges_;
};

}  // namespace resultgate::scenario

#endif  // RESULTGATE_TESTS_SCENARIO_PEOPLE_H_

// A small world for tests of decisions: four value sets, and packs made of the rules that a test writes.
#ifndef RESULTGATE_TESTS_POLICY_SMALL_PACK_H_
#define RESULTGATE_TESTS_POLICY_SMALL_PACK_H_

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "server/base/file_issue.h"
#include "server/policy/pack.h"
#include "server/valueset/valueset.h"
#include "tests/testing/temp_folder.h"

namespace resultgate::policy {

inline constexpr char kPackFile[] = R"(name: small
language_version: 1
jurisdiction: none
time_zone: America/New_York
calendar: weekdays
language: en
staffed_hours: {monday: 08:00-17:00, tuesday: 08:00-17:00, wednesday: 08:00-17:00, thursday: 08:00-17:00, friday: 08:00-17:00}
pools: [results-pool, pathology-pool, records, director]
default:
  owners: [ordering-provider, results-pool]
  each: 1 business day
  expires: 2 business days
  on_expiry: {escalate: {to: director, for: 1 business day, then: release_with_outreach}}
quarantine:
  owners: [records]
  each: 1 business day
  expires: 1 business day
  on_expiry: {escalate: {to: director, for: 1 business day, then: release}}
)";

class SmallWorld {
 public:
  SmallWorld() {
    WriteSet("routine", "718-7", "{display: d, system: loinc, code: 58410-2}");
    WriteSet("sensitive", "56888-1", "");
    WriteSet("tissue", "22637-3", "{display: d, system: loinc, code: 60567-5}");
    folder_.Write("valuesets/malignant.yaml",
                  "name: malignant\ntitle: t\nsource: s\nversion: \"1\"\nlicense: l\ncodes:\n"
                  "  - {system: icd10cm, code: C50, descendants: true, display: breast}\n");
    folder_.Write("calendars/weekdays.yaml", "name: weekdays\nholidays:\n  - {name: a holiday, date: 12-25}\n");
  }

  void Write(const std::string& path, const std::string& content) { folder_.Write(path, content); }

  // A pack with these rules (the list under `rules:`); null if it does not load, with the reasons in `issues`.
  std::shared_ptr<const Pack> Load(const std::string& rules, base::FileIssues* issues, const std::string& pack_file = kPackFile,
                                   const LoadOptions& options = {/*allow_unverified=*/true}) {
    const std::string name = absl::StrCat("pack", ++packs_);
    folder_.Write(absl::StrCat(name, "/pack.yaml"), pack_file);
    folder_.Write(absl::StrCat(name, "/rules.yaml"), absl::StrCat("rules:\n", rules));
    std::shared_ptr<const valueset::Registry> sets = valueset::Registry::Load(absl::StrCat(folder_.path(), "/valuesets"), issues);
    if (sets == nullptr) return nullptr;
    return Pack::Load(absl::StrCat(folder_.path(), "/", name), absl::StrCat(folder_.path(), "/calendars"), sets, issues, options);
  }

 private:
  void WriteSet(const std::string& name, const std::string& code, const std::string& more) {
    folder_.Write(
        absl::StrCat("valuesets/", name, ".yaml"),
        absl::StrCat("name: ", name,
                     "\ntitle: t\nsource: s\nversion: \"1\"\nlicense: l\ncodes:\n  - {display: d, system: loinc, code: ", code,
                     "}\n", more.empty() ? "" : absl::StrCat("  - ", more, "\n")));
  }

  testing::TempFolder folder_;
  int packs_ = 0;
};

}  // namespace resultgate::policy

#endif  // RESULTGATE_TESTS_POLICY_SMALL_PACK_H_

// Packs made of the rules that a test writes, as the files in which they come to a gate.
#ifndef RESULTGATE_TESTS_GATE_SMALL_PACKS_H_
#define RESULTGATE_TESTS_GATE_SMALL_PACKS_H_

#include <string>

#include "absl/strings/str_cat.h"
#include "resultgate/v1/activation.pb.h"
#include "tests/policy/small_pack.h"

namespace resultgate::gate {

inline constexpr char kRoutine[] = "  - {id: routine, title: t, match: {codes: [routine]}, then: {release: now}}\n";

inline std::string TissueReview(const std::string& expires) {
  return absl::StrCat(
      "  - id: tissue-review\n    title: t\n    match: {codes: [tissue]}\n    then:\n"
      "      review: {owners: [pathology-pool], each: 1 business day, expires: ",
      expires,
      ", on_expiry: release}\n"
      "    lifted_by: [provider]\n    basis: {type: organization-policy, citation: c}\n");
}

inline std::string ImagingDelay(const std::string& delay) {
  return absl::StrCat("  - id: imaging-delay\n    title: t\n    match: {codes: [imaging]}\n    then: {release: now, delay: ",
                      delay, "}\n    lifted_by: [patient]\n    basis: {type: organization-policy, citation: c}\n");
}

inline std::string ImagingReview() {
  return "  - id: imaging-review\n    title: t\n    match: {codes: [imaging]}\n    then:\n"
         "      review: {owners: [results-pool], each: 1 business day, expires: 2 business days, on_expiry: release}\n"
         "    lifted_by: [provider]\n    basis: {type: organization-policy, citation: c}\n";
}

// A blood count goes, by the rule `routine`.
inline constexpr char kGreenTest[] = R"(tests:
  - name: a blood count goes
    now: 2026-03-06T15:00:00-05:00
    report:
      sender: LAB
      status: final
      section: laboratory
      code: loinc|58410-2
      issued: 2026-03-06T14:30:00-05:00
      patient: {identifiers: [{system: MRN, value: P1}], birth_date: 1970-05-04}
      observations:
        - {id: 718-7, code: loinc|718-7, status: final, quantity: {value: "13.9", unit: g/dL}, interpretation: normal}
    expect:
      - {units: [718-7], decision: release, rules: [routine]}
)";

inline void AddFile(const std::string& path, const std::string& content, v1::PackFiles* files) {
  v1::PackFiles::File* file = files->add_files();
  file->set_path(path);
  file->set_content(content);
}

inline void AddSet(const std::string& name, const std::string& code, v1::PackFiles* files) {
  AddFile(absl::StrCat("valuesets/", name, ".yaml"),
          absl::StrCat("name: ", name,
                       "\ntitle: t\nsource: s\nversion: \"1\"\nlicense: l\ncodes:\n  - {display: d, system: loinc, code: ", code,
                       "}\n"),
          files);
}

// `more` stands in pack.yaml: who wrote it, if nothing else.
inline v1::PackFiles MakePack(const std::string& rules, const std::string& more = "author: author-1\n",
                              const std::string& tests = kGreenTest) {
  v1::PackFiles files;
  files.set_folder("small");
  AddFile("small/pack.yaml", absl::StrCat(policy::kPackFile, more), &files);
  AddFile("small/rules.yaml", absl::StrCat("rules:\n", rules), &files);
  if (!tests.empty()) AddFile("small/tests/tests.yaml", tests, &files);
  AddSet("routine", "718-7", &files);
  AddSet("tissue", "60567-5", &files);
  AddSet("imaging", "36643-5", &files);
  AddFile("calendars/weekdays.yaml", "name: weekdays\nholidays: []\n", &files);
  return files;
}

}  // namespace resultgate::gate

#endif  // RESULTGATE_TESTS_GATE_SMALL_PACKS_H_

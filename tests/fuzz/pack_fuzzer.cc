// Packs: a text is the rules of a pack, or pack.yaml and rules with a line `%%` between them. What loads must decide.
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "server/policy/decide.h"
#include "server/policy/sentence.h"
#include "tests/policy/small_pack.h"

namespace resultgate {
namespace {

// One pack, written anew for each input, beside shared calendars and value sets.
class World {
 public:
  World() {
    folder_.Write("calendars/weekdays.yaml", "name: weekdays\nholidays:\n  - {name: a, date: 12-25}\n");
    const auto write = [this](const char* name, const char* code) {
      folder_.Write(absl::StrCat("valuesets/", name, ".yaml"),
                    absl::StrCat("name: ", name, "\ntitle: t\nsource: s\nversion: \"1\"\nlicense: l\ncodes:\n  - {", code,
                                 ", display: d}\n"));
    };
    write("routine", "system: loinc, code: 718-7");
    write("sensitive", "system: loinc, code: 56888-1");
    write("tissue", "system: loinc, code: 22637-3");
    write("malignant", "system: icd10cm, code: C50, descendants: true");
    base::FileIssues issues;
    value_sets_ = valueset::Registry::Load(absl::StrCat(folder_.path(), "/valuesets"), &issues);
    if (value_sets_ == nullptr) abort();
  }

  std::shared_ptr<const policy::Pack> Load(const std::string& pack_file, const std::string& rules, base::FileIssues* issues) {
    folder_.Write("pack/pack.yaml", pack_file);
    folder_.Write("pack/rules.yaml", rules);
    policy::LoadOptions options;
    options.allow_unverified = true;
    return policy::Pack::Load(absl::StrCat(folder_.path(), "/pack"), absl::StrCat(folder_.path(), "/calendars"), value_sets_,
                              issues, options);
  }

 private:
  testing::TempFolder folder_;
  std::shared_ptr<const valueset::Registry> value_sets_;
};

v1::DiagnosticReport Report() {
  v1::DiagnosticReport report;
  report.set_sender("LAB|NORTH");
  report.set_status(v1::RESULT_STATUS_FINAL);
  report.set_section(v1::SECTION_LABORATORY);
  report.set_narrative("words");
  report.mutable_patient()->add_identifiers()->set_value("p1");
  for (const char* code : {"718-7", "56888-1", "22637-3", "99999-9"}) {
    v1::Observation* observation = report.add_observations();
    observation->set_id(code);
    observation->set_status(v1::RESULT_STATUS_FINAL);
    v1::Coding* coding = observation->mutable_code()->add_codings();
    coding->set_system("http://loinc.org");
    coding->set_code(code);
    observation->mutable_quantity()->set_value("7.10");
  }
  return report;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static auto* const world = new World;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const size_t cut = text.find("\n%%\n");
  base::FileIssues issues;
  const auto pack = cut == std::string::npos ? world->Load(policy::kPackFile, text, &issues)
                                             : world->Load(text.substr(0, cut + 1), text.substr(cut + 4), &issues);
  if ((pack == nullptr) != base::HasErrors(issues)) abort();
  if (pack == nullptr) return 0;
  for (const policy::Rule& rule : pack->rules()) {
    if (policy::Sentence(rule).empty()) abort();
  }
  const absl::Time now = absl::FromUnixSeconds(1772827200);
  policy::Context context;
  context.received_at = now;
  const v1::Decision decision = policy::Decide(*pack, Report(), context, now);
  if (decision.outcomes().empty()) abort();
  for (const v1::Outcome& outcome : decision.outcomes()) {
    if (outcome.disposition() == v1::DISPOSITION_UNSPECIFIED || outcome.unit_ids().empty()) abort();
  }
  return 0;
}

}  // namespace resultgate

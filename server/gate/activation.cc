#include "server/gate/activation.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/cord.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/policy/pack_test_runner.h"

namespace resultgate::gate {
namespace {

// A log entry is read by a person.
constexpr int kMostIssues = 100;

v1::Issue Error(const std::string& place, const std::string& message) {
  v1::Issue issue;
  issue.set_severity(v1::Issue::SEVERITY_ERROR);
  issue.set_place(place);
  issue.set_message(message);
  return issue;
}

std::string PlaceText(const base::Place& place) {
  if (place.line == 0) return place.file;
  return place.column == 0 ? absl::StrCat(place.file, ":", place.line)
                           : absl::StrCat(place.file, ":", place.line, ":", place.column);
}

// The tests that fail, or that there are none.
void AddTests(const policy::PackTestReport& report, std::vector<v1::Issue>* wrong) {
  if (report.tests.empty())
    wrong->push_back(Error("tests", "a pack without tests is not activated; write some beside its rules"));
  for (const policy::TestOutcome& test : report.tests) {
    for (const std::string& difference : test.differences) {
      wrong->push_back(Error(PlaceText(test.place), absl::StrCat("test `", test.name, "` fails: ", difference)));
    }
  }
}

absl::Status Refuse(absl::Status status, const std::vector<v1::Issue>& issues, v1::Entry::ActivationRefused* refused) {
  refused->set_reason(std::string(status.message()));
  for (size_t i = 0; i < issues.size(); ++i) {
    if (i == kMostIssues) {
      *refused->add_issues() = Error("", absl::StrCat(issues.size() - i, " more, left out here"));
      break;
    }
    *refused->add_issues() = issues[i];
  }
  status.SetPayload(kRefusedPayload, absl::Cord(refused->SerializeAsString()));
  return status;
}

}  // namespace

bool SamePerson(const std::string& a, const std::string& b) {
  return !absl::StripAsciiWhitespace(a).empty() &&
         absl::EqualsIgnoreCase(absl::StripAsciiWhitespace(a), absl::StripAsciiWhitespace(b));
}

v1::Issue ToIssue(const base::FileIssue& issue) {
  v1::Issue told;
  told.set_severity(issue.severity == base::FileIssue::Severity::kError ? v1::Issue::SEVERITY_ERROR
                                                                        : v1::Issue::SEVERITY_WARNING);
  told.set_place(PlaceText(issue.place));
  told.set_message(issue.suggestion.empty() ? issue.message : absl::StrCat(issue.message, "; ", issue.suggestion));
  return told;
}

std::vector<std::string> TwoPeople(const policy::Pack& pack, const ActivationAsk& ask) {
  std::vector<std::string> against;
  const bool known = !absl::StripAsciiWhitespace(pack.author()).empty() || !absl::StripAsciiWhitespace(ask.author).empty();
  if (absl::StripAsciiWhitespace(ask.approver).empty()) against.push_back("nobody approves");
  if (!known) against.push_back("nobody knows who wrote the pack: pack.yaml names no `author`, and the request none either");
  if (SamePerson(ask.approver, pack.author()) || SamePerson(ask.approver, ask.author)) {
    against.push_back("who wrote the pack cannot approve it; a second person must");
  }
  if (SamePerson(pack.approved_by(), pack.author()) || SamePerson(pack.approved_by(), ask.author)) {
    against.push_back("pack.yaml says that its author approved it; a second person must");
  }
  return against;
}

absl::Status CheckCandidate(const v1::PackFiles& files, const ActivationAsk& ask, const CommentLoader& load_comments,
                            Candidate* candidate, v1::Activation* activation, v1::Entry::ActivationRefused* refused) {
  refused->set_cause(ask.cause);
  refused->set_approver(ask.approver);
  refused->set_author(ask.author);
  std::vector<v1::Issue> wrong;
  for (const std::string& mistake : policy::MistakesOf(files)) wrong.push_back(Error("files", mistake));
  if (!wrong.empty()) return Refuse(absl::InvalidArgumentError("the files are no pack"), wrong, refused);

  base::FileIssues issues;
  const policy::LoadedPack loaded = policy::LoadPackFiles(files, &issues);
  candidate->files = loaded.files;
  candidate->rulebook.pack = loaded.pack;
  if (loaded.pack != nullptr) {
    refused->set_pack(loaded.pack->name());
    refused->set_pack_digest(loaded.pack->digest());
    candidate->rulebook.comments = load_comments(*loaded.value_sets, &issues);
  }
  policy::PackTestReport tests;
  if (loaded.pack != nullptr) tests = policy::RunPackTests(loaded, &issues);
  for (const base::FileIssue& issue : issues) {
    if (issue.severity == base::FileIssue::Severity::kError) wrong.push_back(ToIssue(issue));
  }
  if (loaded.pack == nullptr) return Refuse(absl::InvalidArgumentError("the pack cannot be used"), wrong, refused);
  if (candidate->rulebook.comments == nullptr) {
    return Refuse(absl::InvalidArgumentError("the gate's templates do not fit the pack's value sets"), wrong, refused);
  }
  AddTests(tests, &wrong);
  const std::vector<std::string> people = TwoPeople(*loaded.pack, ask);
  const bool files_wrong = !wrong.empty();
  for (const std::string& against : people) wrong.push_back(Error("approver", against));
  if (files_wrong) return Refuse(absl::InvalidArgumentError("the pack's own tests do not pass"), wrong, refused);
  if (!people.empty()) return Refuse(absl::FailedPreconditionError(people.front()), wrong, refused);

  candidate->untested_rules = tests.untested_rules;
  activation->set_pack(loaded.pack->name());
  activation->set_pack_digest(loaded.pack->digest());
  activation->set_cause(ask.cause);
  activation->set_author(ask.author.empty() ? loaded.pack->author() : ask.author);
  activation->set_approver(ask.approver);
  activation->set_templates_digest(candidate->rulebook.comments->digest());
  activation->set_tests(static_cast<int>(tests.tests.size()));
  return absl::OkStatus();
}

}  // namespace resultgate::gate

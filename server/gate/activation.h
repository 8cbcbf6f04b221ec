// What a pack must be to become active. Nothing here keeps state; thread-safe.
#ifndef RESULTGATE_GATE_ACTIVATION_H_
#define RESULTGATE_GATE_ACTIVATION_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "resultgate/v1/activation.pb.h"
#include "resultgate/v1/audit_service.pb.h"
#include "server/base/file_issue.h"
#include "server/gate/rulebook.h"
#include "server/policy/pack_files.h"

namespace resultgate::gate {

// Who asks for an activation, and how. Identifiers as the organisation writes them; nobody checks yet that they are who they say.
struct ActivationAsk {
  v1::ActivationCause cause = v1::ACTIVATION_CAUSE_REQUEST;
  std::string approver;
  std::string author;  // besides the one that pack.yaml names; may be empty
};

// A pack that may become active.
struct Candidate {
  Rulebook rulebook;
  std::shared_ptr<const v1::PackFiles> files;
  std::vector<std::string> untested_rules;
};

// What stands against the two people that an activation needs: who approves must not be an author, in whatever case and with
// whatever blanks it is written, nor may the pack say that its author approved it. A sentence each; empty if all is well.
std::vector<std::string> TwoPeople(const policy::Pack& pack, const ActivationAsk& ask);

// Loads, checks and tests the pack from its bytes, compiles the comments against its value sets, and asks for two people. On
// success fills `candidate` and all of `activation` but its time and what it means for what is held. Otherwise says everything
// that is wrong in `refused`, and why in the status: InvalidArgument for what is wrong with the files, FailedPrecondition where
// only the people are.
absl::Status CheckCandidate(const v1::PackFiles& files, const ActivationAsk& ask, const CommentLoader& load_comments,
                            Candidate* candidate, v1::Activation* activation, v1::Entry::ActivationRefused* refused);

// Under this type a refusal carries its v1::Entry::ActivationRefused as a payload.
inline constexpr char kRefusedPayload[] = "type.googleapis.com/resultgate.v1.Entry.ActivationRefused";

// True if both are named, and it is one person.
bool SamePerson(const std::string& a, const std::string& b);

// An author's mistake as the API tells it.
v1::Issue ToIssue(const base::FileIssue& issue);

}  // namespace resultgate::gate

#endif  // RESULTGATE_GATE_ACTIVATION_H_

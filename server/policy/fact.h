// A fact of the model, as `order.encounter_class`: where it stands and how it is read, worked out once.
#ifndef RESULTGATE_POLICY_FACT_H_
#define RESULTGATE_POLICY_FACT_H_

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/strings/string_view.h"
#include "resultgate/v1/model.pb.h"
#include "server/policy/model_environment.h"
#include "server/valueset/valueset.h"

namespace resultgate::policy {

// Immutable, thread-safe.
class Fact {
 public:
  enum class Kind {
    kNumber,    // an enumeration, a bool or a whole number
    kText,      // a text
    kTexts,     // a list of texts
    kConcepts,  // a CodeableConcept, or a list of them
  };

  // The fact that `fields` lead to from a variable of the model's environment, by its position there. nullopt where they do not
  // lead to one fact of these kinds.
  static std::optional<Fact> At(size_t variable, std::vector<const google::protobuf::FieldDescriptor*> fields);

  Kind kind() const { return kind_; }
  // True if each unit has its own.
  bool of_observation() const { return variable_ == ModelEnvironment::kObservation; }
  // True for numbers that are an enumeration's or a bool's.
  bool is_enumeration() const {
    return type_ == google::protobuf::FieldDescriptor::CPPTYPE_ENUM || type_ == google::protobuf::FieldDescriptor::CPPTYPE_BOOL;
  }

  // The message that holds it; nullptr where the fact is absent, which a rule sees as unknown. `observation`: nullptr for a
  // document.
  const google::protobuf::Message* Find(const v1::DiagnosticReport& report, const v1::Observation* observation) const;

  // The rest takes what Find gave.
  int64_t Number(const google::protobuf::Message& holder) const;
  absl::string_view Text(const google::protobuf::Message& holder) const;
  int TextCount(const google::protobuf::Message& holder) const;
  absl::string_view Text(const google::protobuf::Message& holder, int i) const;
  // Adds the sets of `value_sets` that hold one of the concepts' codings.
  void AddSets(const google::protobuf::Message& holder, const valueset::Registry& value_sets, valueset::Membership* sets) const;

 private:
  Fact() = default;

  // A field and the reflection of its message, looked up once.
  struct Step {
    const google::protobuf::FieldDescriptor* field = nullptr;
    const google::protobuf::Reflection* reflection = nullptr;
    bool has_presence = false;
  };
  static Step StepTo(const google::protobuf::FieldDescriptor* field);

  size_t variable_ = 0;
  Kind kind_ = Kind::kNumber;
  std::vector<Step> way_;  // to the message that holds the field
  Step last_;
  google::protobuf::FieldDescriptor::CppType type_ = google::protobuf::FieldDescriptor::CPPTYPE_INT32;  // of last_
};

}  // namespace resultgate::policy

#endif  // RESULTGATE_POLICY_FACT_H_

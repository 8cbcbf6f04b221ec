// The compiled program against the reference, on random conditions and values: truth, missing facts in their order, error and
// place, step limit; and the parts of a condition against the whole. The seed is printed; RESULTGATE_SEED sets another.
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/duration.pb.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/timestamp.pb.h>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <memory>

#include "server/expr/fact_test.h"
#include "tests/expr/fixture.h"
#include "tests/expr/generator.h"
#include "tests/expr/reference.h"

namespace resultgate::expr {
namespace {

uint64_t Seed() {
  const char* const given = std::getenv("RESULTGATE_SEED");
  return given == nullptr ? 20'260'306 : std::strtoull(given, nullptr, 10);
}

absl::TimeZone RandomZone(Random* random) {
  static const std::vector<absl::TimeZone>* const kZones = [] {
    auto* zones = new std::vector<absl::TimeZone>{absl::UTCTimeZone()};
    for (const char* name : {"America/New_York", "Asia/Kathmandu"}) {
      zones->emplace_back();
      EXPECT_TRUE(absl::LoadTimeZone(name, &zones->back()));
    }
    return zones;
  }();
  return (*kZones)[Below(kZones->size(), random)];
}

absl::Time RandomNow(Random* random) {
  if (Below(20, random) == 0) return absl::InfiniteFuture();
  return absl::FromUnixSeconds(1'772'831'100 + static_cast<int64_t>(Below(100'000'000, random)));
}

// Values for one environment, and messages that they are bound to.
class Values {
 public:
  virtual ~Values() = default;
  virtual Activation Next(Random* random) = 0;
};

class ModelValues : public Values {
 public:
  Activation Next(Random* random) override {
    report_.Clear();
    if (Below(10, random) != 0) FillAtRandom(&report_, random);
    Activation activation;
    const bool document = report_.observations_size() == 0 || Below(5, random) == 0;
    activation.now = RandomNow(random);
    activation.zone = RandomZone(random);
    activation.bindings = {&report_,         document ? nullptr : &report_.observations(0), &report_.patient(),
                           &report_.order(), static_cast<int>(1 + Below(3, random)),        activation.now};
    return activation;
  }

 private:
  v1::DiagnosticReport report_;
};

// Every kind of field that protobuf has, in messages without generated code.
constexpr char kEverything[] = R"pb(
  name: "everything.proto"
  package: "everything"
  syntax: "proto3"
  dependency: "google/protobuf/timestamp.proto"
  dependency: "google/protobuf/duration.proto"
  enum_type {
    name: "Color"
    value { name: "COLOR_NONE" number: 0 }
    value { name: "COLOR_RED" number: 1 }
    value { name: "COLOR_BLUE" number: -5 }
  }
  message_type {
    name: "Coding"
    field { name: "system" number: 1 type: TYPE_STRING label: LABEL_OPTIONAL }
    field { name: "code" number: 2 type: TYPE_STRING label: LABEL_OPTIONAL }
  }
  message_type {
    name: "Words"
    field { name: "values" number: 1 type: TYPE_STRING label: LABEL_REPEATED }
  }
  message_type {
    name: "Thing"
    field { name: "truth" number: 1 type: TYPE_BOOL label: LABEL_OPTIONAL }
    field { name: "small" number: 2 type: TYPE_SINT32 label: LABEL_OPTIONAL }
    field { name: "large" number: 3 type: TYPE_SFIXED64 label: LABEL_OPTIONAL proto3_optional: true oneof_index: 1 }
    field { name: "count" number: 4 type: TYPE_UINT32 label: LABEL_OPTIONAL }
    field { name: "big_count" number: 5 type: TYPE_FIXED64 label: LABEL_OPTIONAL }
    field { name: "rough" number: 6 type: TYPE_FLOAT label: LABEL_OPTIONAL }
    field { name: "exact" number: 7 type: TYPE_DOUBLE label: LABEL_OPTIONAL proto3_optional: true oneof_index: 2 }
    field { name: "text" number: 8 type: TYPE_STRING label: LABEL_OPTIONAL }
    field { name: "birth_date" number: 9 type: TYPE_STRING label: LABEL_OPTIONAL proto3_optional: true oneof_index: 3 }
    field { name: "color" number: 10 type: TYPE_ENUM type_name: ".everything.Color" label: LABEL_OPTIONAL }
    field { name: "time" number: 11 type: TYPE_MESSAGE type_name: ".google.protobuf.Timestamp" label: LABEL_OPTIONAL }
    field { name: "span" number: 12 type: TYPE_MESSAGE type_name: ".google.protobuf.Duration" label: LABEL_OPTIONAL }
    field { name: "words" number: 13 type: TYPE_MESSAGE type_name: ".everything.Words" label: LABEL_OPTIONAL }
    field { name: "coding" number: 14 type: TYPE_MESSAGE type_name: ".everything.Coding" label: LABEL_OPTIONAL }
    field { name: "inner" number: 15 type: TYPE_MESSAGE type_name: ".everything.Thing" label: LABEL_OPTIONAL }
    field { name: "this" number: 16 type: TYPE_STRING label: LABEL_OPTIONAL oneof_index: 0 }
    field { name: "that" number: 17 type: TYPE_INT64 label: LABEL_OPTIONAL oneof_index: 0 }
    field { name: "other" number: 18 type: TYPE_ENUM type_name: ".everything.Color" label: LABEL_OPTIONAL oneof_index: 0 }
    field { name: "raw" number: 19 type: TYPE_BYTES label: LABEL_OPTIONAL }
    field { name: "truths" number: 21 type: TYPE_BOOL label: LABEL_REPEATED }
    field { name: "smalls" number: 22 type: TYPE_INT32 label: LABEL_REPEATED }
    field { name: "larges" number: 23 type: TYPE_INT64 label: LABEL_REPEATED }
    field { name: "counts" number: 24 type: TYPE_UINT32 label: LABEL_REPEATED }
    field { name: "big_counts" number: 25 type: TYPE_UINT64 label: LABEL_REPEATED }
    field { name: "roughs" number: 26 type: TYPE_FLOAT label: LABEL_REPEATED }
    field { name: "exacts" number: 27 type: TYPE_DOUBLE label: LABEL_REPEATED }
    field { name: "texts" number: 28 type: TYPE_STRING label: LABEL_REPEATED }
    field { name: "colors" number: 30 type: TYPE_ENUM type_name: ".everything.Color" label: LABEL_REPEATED }
    field { name: "times" number: 31 type: TYPE_MESSAGE type_name: ".google.protobuf.Timestamp" label: LABEL_REPEATED }
    field { name: "spans" number: 32 type: TYPE_MESSAGE type_name: ".google.protobuf.Duration" label: LABEL_REPEATED }
    field { name: "word_lists" number: 33 type: TYPE_MESSAGE type_name: ".everything.Words" label: LABEL_REPEATED }
    field { name: "codings" number: 34 type: TYPE_MESSAGE type_name: ".everything.Coding" label: LABEL_REPEATED }
    field { name: "inners" number: 35 type: TYPE_MESSAGE type_name: ".everything.Thing" label: LABEL_REPEATED }
    oneof_decl { name: "choice" }
    oneof_decl { name: "_large" }
    oneof_decl { name: "_exact" }
    oneof_decl { name: "_birth_date" }
  }
)pb";

class EverythingValues : public Values {
 public:
  EverythingValues() {
    google::protobuf::FileDescriptorProto file;
    if (!google::protobuf::TextFormat::ParseFromString(kEverything, &file)) std::abort();
    // So that the files it depends on are in the generated pool.
    google::protobuf::Timestamp::descriptor();
    google::protobuf::Duration::descriptor();
    thing_ = pool_.BuildFile(file)->FindMessageTypeByName("Thing");
  }

  Environment environment() const {
    Environment environment = TestEnvironment();
    using Variable = Environment::Variable;
    environment.variables = {
        {"thing", Variable::Kind::kMessage, thing_, nullptr},
        {"another", Variable::Kind::kMessage, thing_, nullptr},
        {"moment", Variable::Kind::kMessage, google::protobuf::Timestamp::descriptor(), nullptr},
        {"words", Variable::Kind::kMessage, thing_->FindFieldByName("words")->message_type(), nullptr},
        {"color", Variable::Kind::kEnum, nullptr, thing_->FindFieldByName("color")->enum_type()},
        {"now", Variable::Kind::kTimestamp, nullptr, nullptr},
    };
    return environment;
  }

  Activation Next(Random* random) override {
    const auto message = [&](const google::protobuf::Descriptor* type) {
      std::unique_ptr<google::protobuf::Message> made(factory_.GetPrototype(type)->New());
      FillAtRandom(made.get(), random);
      return made;
    };
    messages_.clear();
    for (int i = 0; i < 2; ++i) messages_.push_back(message(thing_));
    messages_.push_back(std::make_unique<google::protobuf::Timestamp>());
    FillAtRandom(messages_.back().get(), random);
    messages_.push_back(message(thing_->FindFieldByName("words")->message_type()));
    Activation activation;
    activation.now = RandomNow(random);
    activation.zone = RandomZone(random);
    for (const auto& made : messages_) {
      activation.bindings.push_back(Below(6, random) == 0 ? Binding() : Binding(made.get()));
    }
    activation.bindings.push_back(static_cast<int>(Below(3, random)));
    activation.bindings.push_back(activation.now);
    return activation;
  }

 private:
  google::protobuf::DescriptorPool pool_{google::protobuf::DescriptorPool::generated_pool()};
  google::protobuf::DynamicMessageFactory factory_{&pool_};
  const google::protobuf::Descriptor* thing_ = nullptr;
  std::vector<std::unique_ptr<google::protobuf::Message>> messages_;
};

reference::Outcome OutcomeOf(Truth truth, const Scratch& scratch) {
  reference::Outcome outcome;
  outcome.truth = truth;
  for (const std::string* fact : scratch.unknown_facts()) outcome.unknown_facts.push_back(*fact);
  outcome.error = scratch.error();
  outcome.offset = scratch.error_offset();
  return outcome;
}

// `&&` of the parts, as policy joins them: missing facts in order, before the first error.
reference::Outcome JoinConjuncts(const Program& program, const Activation& activation, Scratch* scratch) {
  reference::Outcome joined;
  joined.truth = Truth::kTrue;
  for (size_t i = 0; i < program.conjuncts().size(); ++i) {
    const reference::Outcome part = OutcomeOf(program.EvaluateConjunct(i, activation, scratch), *scratch);
    joined.truth = Conjunction(joined.truth, part.truth);
    for (const std::string& fact : part.unknown_facts) {
      const auto found = std::find(joined.unknown_facts.begin(), joined.unknown_facts.end(), fact);
      if (found == joined.unknown_facts.end()) joined.unknown_facts.push_back(fact);
    }
    if (joined.error == nullptr && part.error != nullptr) {
      joined.error = part.error;
      joined.offset = part.offset;
    }
  }
  if (!joined.unknown_facts.empty()) joined.error = nullptr;
  return joined;
}

// What has been seen, so that the test does not pass on conditions that are all `true`.
struct Seen {
  int compiled = 0, refused = 0, cases = 0, truths[3] = {}, errors = 0, limits = 0, conjuncts = 0, fact_tests = 0;
  std::map<std::string, int> words;

  void Note(const reference::Outcome& outcome) {
    ++cases;
    ++truths[static_cast<size_t>(outcome.truth)];
    if (outcome.error == nullptr) return;
    ++errors;
    ++words[outcome.error];
  }
};

// An index would have dropped the conjunct only where it is false: a test of one fact is the same test, said otherwise.
void CheckFactTests(const Program& program, Seen* seen) {
  for (size_t i = 0; i < program.conjuncts().size(); ++i) {
    const auto test = FactTestOf(program, i);
    if (!test) continue;
    ++seen->fact_tests;
    EXPECT_FALSE(test->name.empty()) << program.text();
    EXPECT_TRUE(program.conjuncts()[i].Reads(test->variable)) << program.text();
  }
}

void Compare(const Environment& base, Values* values, int expressions, Seen* seen) {
  Random random(Seed());
  Environment environment = base;
  Generator generator(base, &random);
  Scratch scratch;
  for (int i = 0; i < expressions && !testing::Test::HasFailure(); ++i) {
    const int depth = 1 + static_cast<int>(Below(4, &random));
    std::string text = generator.Condition(depth);
    // Rules are conjunctions, most often.
    if (i % 2 == 0) absl::StrAppend(&text, " && ", generator.Condition(depth - 1), " && ", generator.Condition(depth - 1));
    // Some run into the limit, at every step.
    environment.limits.steps = Below(4, &random) == 0 ? static_cast<long>(Below(60, &random)) : Limits().steps;
    base::FileIssues issues;
    const auto program = Program::Compile(environment, {text, "f"}, &issues);
    if (program == nullptr) {
      ++seen->refused;
      continue;
    }
    ++seen->compiled;
    CheckFactTests(*program, seen);
    for (int n = 0; n < 4; ++n) {
      const Activation activation = values->Next(&random);
      const reference::Outcome expected = reference::Evaluate(program->root(), activation, environment.limits.steps);
      const reference::Outcome outcome = OutcomeOf(program->Evaluate(activation, &scratch), scratch);
      ASSERT_EQ(outcome.ToString(), expected.ToString()) << text << "\nsteps " << environment.limits.steps;
      seen->Note(expected);
      if (environment.limits.steps == Limits().steps) {
        ASSERT_EQ(JoinConjuncts(*program, activation, &scratch).ToString(), expected.ToString()) << text;
        seen->conjuncts += program->conjuncts().size() > 1 ? 1 : 0;
      } else if (expected.error != nullptr && expected.error == std::string("step limit reached")) {
        ++seen->limits;
      }
    }
  }
}

void Report(const char* what, const Seen& seen, std::chrono::steady_clock::time_point start) {
  const auto spent = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);
  std::cout << what << ", seed " << Seed() << ": " << seen.cases << " cases of " << seen.compiled << " conditions ("
            << seen.refused << " did not compile) in " << spent.count() << " ms: " << seen.truths[0] << " false, "
            << seen.truths[1] << " true, " << seen.truths[2] << " unknown, " << seen.errors << " of them by errors of "
            << seen.words.size() << " kinds and " << seen.limits << " by a low step limit; " << seen.conjuncts
            << " of several parts, " << seen.fact_tests << " tests of one fact\n";
}

TEST(Differential, OverTheModel) {
  const auto start = std::chrono::steady_clock::now();
  ModelValues values;
  Seen seen;
  Compare(TestEnvironment(), &values, 18'000, &seen);
  Report("model", seen, start);
  EXPECT_GT(seen.cases, 55'000);
  EXPECT_LT(seen.refused, seen.compiled);
  for (const int count : seen.truths) EXPECT_GT(count, seen.cases / 10);
  EXPECT_GT(seen.errors, 1'000);
  EXPECT_GT(seen.limits, 500);
  EXPECT_GT(seen.conjuncts, 1'000);
}

TEST(Differential, OverEveryKindOfField) {
  const auto start = std::chrono::steady_clock::now();
  EverythingValues values;
  Seen seen;
  Compare(values.environment(), &values, 12'000, &seen);
  Report("every kind of field", seen, start);
  EXPECT_GT(seen.cases, 40'000);
  EXPECT_GT(seen.words.size(), 8u);
}

}  // namespace
}  // namespace resultgate::expr

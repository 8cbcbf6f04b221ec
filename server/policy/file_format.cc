#include "server/policy/file_format.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "resultgate/v1/decision.pb.h"
#include "resultgate/v1/model.pb.h"
#include "server/policy/assumed_facts.h"
#include "server/policy/model_comments.h"
#include "server/policy/names.h"
#include "server/policy/pack_checks.h"
#include "server/policy/review_loader.h"

namespace resultgate::policy {
namespace {

using Kind = Shape::Kind;

ShapePtr Make(Shape shape) {
  return std::make_shared<const Shape>(std::move(shape));
}

ShapePtr Of(Kind kind) {
  Shape shape;
  shape.kind = kind;
  return Make(std::move(shape));
}

ShapePtr Text() {
  return Of(Kind::kText);
}

ShapePtr Pattern(std::string pattern) {
  Shape shape;
  shape.kind = Kind::kPattern;
  shape.pattern = std::move(pattern);
  return Make(std::move(shape));
}

ShapePtr Words(std::vector<Word> words, bool open = false) {
  Shape shape;
  shape.kind = Kind::kWords;
  shape.words = std::move(words);
  shape.open = open;
  return Make(std::move(shape));
}

ShapePtr Names(const std::vector<std::string>& names, bool open = false) {
  if (names.empty()) return Text();
  std::vector<Word> words;
  for (const std::string& name : names) words.push_back({name, ""});
  return Words(std::move(words), open);
}

}  // namespace

ShapePtr EnumWordsOf(const google::protobuf::EnumDescriptor* type) {
  std::vector<Word> words;
  for (int i = 0; i < type->value_count(); ++i) {
    const auto* value = type->value(i);
    if (value->number() != 0) words.push_back({EnumWord(type, value->number()), CommentOf(*value)});
  }
  Shape shape;
  shape.kind = Kind::kWords;
  shape.words = std::move(words);
  shape.any_case = true;
  return Make(std::move(shape));
}

namespace {

ShapePtr List(ShapePtr item, bool or_single = false) {
  Shape shape;
  shape.kind = Kind::kList;
  shape.item = std::move(item);
  shape.or_single = or_single;
  return Make(std::move(shape));
}

ShapePtr Table(ShapePtr row) {
  Shape shape;
  shape.kind = Kind::kList;
  shape.item = std::move(row);
  shape.table = true;
  return Make(std::move(shape));
}

ShapePtr Spaced(ShapePtr item) {
  Shape shape;
  shape.kind = Kind::kList;
  shape.item = std::move(item);
  shape.spaced = true;
  return Make(std::move(shape));
}

ShapePtr Map(std::vector<Key> keys) {
  Shape shape;
  shape.kind = Kind::kMap;
  shape.keys = std::move(keys);
  return Make(std::move(shape));
}

// A map in which at least one key must be there.
ShapePtr NotEmpty(std::vector<Key> keys) {
  Shape shape;
  shape.kind = Kind::kMap;
  for (const Key& key : keys) shape.one_of.push_back(key.name);
  shape.keys = std::move(keys);
  return Make(std::move(shape));
}

ShapePtr Either(std::vector<ShapePtr> alternatives) {
  Shape shape;
  shape.kind = Kind::kEither;
  shape.alternatives = std::move(alternatives);
  return Make(std::move(shape));
}

ShapePtr Message(const google::protobuf::Descriptor* message) {
  Shape shape;
  shape.kind = Kind::kMessage;
  shape.message = message;
  return Make(std::move(shape));
}

constexpr bool kRequired = true;

ShapePtr Date() {
  return Pattern("^\\d{4}-\\d{2}-\\d{2}$");
}

ShapePtr Time() {
  return Pattern("^\\d{4}-\\d{2}-\\d{2}[Tt]\\d{2}:\\d{2}:\\d{2}(\\.\\d+)?([Zz]|[+-]\\d{2}:\\d{2})$");
}

// ParseHours.
ShapePtr HoursOfDay() {
  return Pattern("^\\d{2}:\\d{2}-\\d{2}:\\d{2}$");
}

// calendar::ParseSpan.
ShapePtr Span() {
  return Pattern("^(\\d+ (h|min|days?|business days?)|next business morning)$");
}

ShapePtr Release() {
  return Words({{"now", "As soon as it is final."}, {"preliminary", "Before it is final, too."}});
}

std::vector<Word> Endings() {
  return {{"release", "It goes, with the words that nobody has looked at it yet."},
          {"release_with_outreach", "It goes, and the owner is asked to reach the patient."}};
}

ShapePtr Protocol(const Vocabulary& vocabulary) {
  std::vector<std::string> pools = vocabulary.owners;
  pools.erase(std::remove_if(pools.begin(), pools.end(), IsRole), pools.end());
  return Map({
      {"pool", "Who has the first turn: one of the pack's pools.", Names(pools), kRequired},
      {"covers", "What the protocol covers, as a condition. What it does not certainly cover goes to the owners at once.",
       Of(Kind::kCondition), kRequired},
      {"each", "How long the pool has before it is the owners' turn.", Span(), kRequired},
  });
}

// `of_rule`: a rule asks for it, so that it can have a protocol.
ShapePtr Review(const Vocabulary& vocabulary, bool of_rule) {
  const ShapePtr escalate = Map({
      {"to", "The role or pool that it goes to.", Names(vocabulary.owners), kRequired},
      {"for", "How long they have.", Span(), kRequired},
      {"then", "What happens when that time is over.", Words(Endings()), kRequired},
  });
  std::vector<Key> keys = {
      {"owners", "Who looks, one after the other: `ordering-provider`, `covering-provider`, or one of the pack's pools.",
       List(Names(vocabulary.owners), true), kRequired},
      {"each", "How long one owner has before it is the next one's turn.", Span(), kRequired},
      {"expires", "When the whole review ends, whoever has looked.", Span(), kRequired},
      {"on_expiry", "What happens at the end: `release`, `release_with_outreach` or `{escalate: {to: …, for: …, then: …}}`.",
       Either({Words(Endings()), Map({{"escalate", "Somebody else has to look.", escalate, kRequired}})}), kRequired},
  };
  if (of_rule) keys.push_back({"protocol", "What a pool may decide before the owners are asked.", Protocol(vocabulary)});
  return Map(std::move(keys));
}

ShapePtr Ignores() {
  return List(Map({
      {"check", "The name of the check, as printed behind its finding.", Names(CheckNames()), kRequired},
      {"reason", "Why the finding does no harm here.", Text(), kRequired},
      {"of", "The rule or value set that it is about; all where it is left out.", Text()},
  }));
}

ShapePtr Rule(const Vocabulary& vocabulary) {
  const ShapePtr match = NotEmpty({
      {"jurisdiction", "Places of the order, ISO 3166-2, as `US-KY`.", List(Pattern("^[A-Z]{2}(-[A-Z0-9]{1,3})?$"), true)},
      {"codes",
       "Names of value sets. A rule that holds back looks at any code of the unit, its report and its order; a permit, a "
       "deadline and a next step at the unit's own code alone.",
       List(Names(vocabulary.value_sets), true)},
      {"section", "Which part of the service made the report.", List(EnumWordsOf(v1::Section_descriptor()), true)},
      {"status", "How far the result has come.", List(EnumWordsOf(v1::ResultStatus_descriptor()), true)},
      {"interpretation", "The laboratory's flag. A hold by a flag tells the outcome, so it needs `outcome_dependent`.",
       List(EnumWordsOf(v1::Interpretation_descriptor()), true)},
      {"encounter_class", "Where the patient was cared for.", List(EnumWordsOf(v1::EncounterClass_descriptor()), true)},
      {"unit", "Only observations, or only the document.",
       Words({{"observation", "One measured or observed thing."},
              {"document", "Narrative, conclusion, notes and attached files."}})},
  });
  const ShapePtr then = NotEmpty({
      {"release", "A permit: this kind of unit may go. Every unit needs one.", Release()},
      {"delay", "Not before this time after it was first final: `72 h`, `3 days`, `3 business days`, `next business morning`.",
       Span()},
      {"review", "Somebody looks first, one owner at a time, and it ends.", Review(vocabulary, /*of_rule=*/true)},
      {"withhold", "Nothing to this audience; at its end a person decides.", Map({{"until", "How long.", Span(), kRequired}})},
      {"deadline", "Not after this time.",
       Map({{"within", "The time, from when it was first final.", Span(), kRequired},
            {"duty", "What must have happened by then.",
             Words(
                 {{"release", "The result is there to read."}, {"notice", "The patient has been told, by letter or otherwise."}}),
             kRequired}})},
      {"next_step", "What the comment tells its reader to do, in place of its template's step; of several the most urgent.",
       Either({Words({{"none", "Nothing, where nothing stands out."},
                      {"message", "Send the clinic a message."},
                      {"call today", "Call the clinic today."},
                      {"emergency", "Go to the emergency department."}}),
               Pattern("^call within [1-9][0-9]? days?$")})},
  });
  Shape rule;
  rule.kind = Kind::kMap;
  rule.one_of = {"match", "when"};
  rule.holds_need_basis = true;
  rule.keys = {
      {"id", "Small letters, digits and hyphens; unique in the pack. Decisions and the log name the rule by it.",
       Pattern("^[a-z0-9-]+$"), kRequired},
      {"title", "What the rule does, in a sentence that a patient's advocate would understand.", Text(), kRequired},
      {"policy_owner", "Who answers for the rule.", Text()},
      {"effective", "The first day on which it speaks, for what becomes final then.", Date()},
      {"expires", "The first day on which it no longer speaks.", Date()},
      {"audiences", "Whom it is about; all three where it is left out.", List(EnumWordsOf(v1::Audience_descriptor()), true)},
      {"together", "What it holds back, it holds back for every unit of the report, or for every report of the order.",
       Words({{"report", "All units of the report wait."}, {"order", "All reports of the order wait."}})},
      {"match", "What it is about: every key must hold, any entry of a key suffices.", match},
      {"when", "What `match` cannot say, as a condition over the facts of policies/README.md.", Of(Kind::kCondition)},
      {"then", "What it asks for.", then, kRequired},
      {"lifted_by", "Who may end the wait early, by asking for this result.", List(EnumWordsOf(v1::Lifter_descriptor()), true)},
      {"basis", "Why the wait is allowed. Required on everything that holds back, and on every deadline.",
       Map({{"type", "What kind of reason it is.", EnumWordsOf(v1::BasisType_descriptor()), kRequired},
            {"citation", "Where it is written: a statute, or a page of your policy.", Text(), kRequired}})},
      {"verified", "Who has compared a statute's rule with the law's own text.",
       Map({{"by", "Who.", Text(), kRequired},
            {"on", "When, as `2026-05-02`.", Date(), kRequired},
            {"text_digest", "`sha256:` and what `sha256sum` prints for the text.", Pattern("^sha256:[0-9a-f]{64}$"),
             kRequired}})},
      {"outcome_dependent", "Why the wait may depend on a value or a flag, although it tells the outcome.", Text()},
      {"ignore", "Checks to silence for this rule, each with a reason.", Ignores()},
  };
  return Make(std::move(rule));
}

ShapePtr RuleFile(const Vocabulary& vocabulary) {
  return Map(
      {{"rules", "Rules have no order: every one is asked for every unit and audience.", Spaced(Rule(vocabulary)), kRequired}});
}

ShapePtr Week(const char* doc) {
  std::vector<Key> days;
  for (const char* day : {"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}) {
    days.push_back({day, doc, HoursOfDay()});
  }
  return Map(std::move(days));
}

ShapePtr PackFile(const Vocabulary& vocabulary) {
  const ShapePtr staffed_hours = Week("From when to when somebody is there, as `08:00-17:00`.");
  const ShapePtr facility = Map({
      {"names", "How messages name it in `order.facility`: one name, or several. Capitals and blanks do not matter.",
       List(Text(), true), kRequired},
      {"time_zone", "Its zone, where it is not the pack's.", Text()},
      {"calendar", "Its calendar, where it is not the pack's.", Text()},
      {"staffed_hours", "When somebody is there, where it is not as in the pack.", staffed_hours},
  });
  return Map({
      {"name", "The pack's name.", Text(), kRequired},
      {"language_version", "The version of the rule language: 1.", Of(Kind::kInt), kRequired},
      {"author", "Who wrote the pack.", Text()},
      {"approved_by", "Who approved it: somebody else than its author.", Text()},
      {"approved_on", "When.", Date()},
      {"jurisdiction", "The place whose law the pack is written for, ISO 3166-2, as `US` or `US-OH`, or `none`.", Text(),
       kRequired},
      {"requires", "Packs beside this one whose rules count as its own.", List(Text(), true)},
      {"time_zone", "The zone of its clock, as `America/New_York`.", Text(), kRequired},
      {"calendar", "The calendar with its public holidays: a file's name without `.yaml`.", Text(), kRequired},
      {"staffed_hours", "When somebody is there. A day that is not named is closed.", staffed_hours, kRequired},
      {"facilities", "Sites with another zone, other holidays or other hours than the pack's.", List(facility)},
      {"language", "The language of a patient who has not said which, as `en`.", Text(), kRequired},
      {"we_answer_within", "How soon the clinic answers a patient's message, as comments promise it: `2 business days`.",
       Pattern("^[1-9][0-9]? business days?$")},
      {"notifications", "When the portal tells people that something new is there. It holds nothing back.",
       Map({
           {"hours", "Within which hours. A day that is not named, and a holiday, is quiet.",
            Week("From when to when people are told, as `08:00-20:00`.")},
           {"together", "How long what comes of one visit waits for more, to be told at once: `60 min`.",
            Pattern("^[1-9][0-9]* (min|h)$")},
       })},
      {"in_process", "Classes of tests of which a patient reads \"in process, expected by\" while a result waits.",
       List(Map({
           {"codes", "Value sets with a code of the report or its order; any of them.", List(Names(vocabulary.value_sets), true)},
           {"section", "Which part of the service made the report.", List(EnumWordsOf(v1::Section_descriptor()), true)},
       }))},
      {"pools", "Groups of people that reviews may wait for.", List(Text(), true)},
      {"facts", "What this site's feeds never send, and what its absence then means.",
       List(Map({
           {"fact", "The fact.", Names(OptionalFacts()), kRequired},
           {"absent_means", "The value that counts where it was not sent.", Of(Kind::kAnything), kRequired},
           {"reason", "Why that is so.", Text(), kRequired},
           {"approved_by", "Who says so.", Text(), kRequired},
       }))},
      {"precedence", "Another order of the kinds of basis, the one that binds most first; all seven are named.",
       List(EnumWordsOf(v1::BasisType_descriptor()), true)},
      {"precedence_reason", "Why the order is another one.", Text()},
      {"default", "The review of what no rule speaks for: unknown codes wait here.", Review(vocabulary, /*of_rule=*/false),
       kRequired},
      {"quarantine", "The review of what cannot be told apart from another result. No timer releases it.",
       Review(vocabulary, /*of_rule=*/false), kRequired},
      {"ignore", "Checks to silence for the whole pack, each with a reason.", Ignores()},
  });
}

ShapePtr ValueSetFile(const Vocabulary& vocabulary) {
  return Map({
      {"name", "The name that rules use: small letters, digits, hyphens.", Pattern("^[a-z0-9][a-z0-9-]*$"), kRequired},
      {"title", "What is in it.", Text(), kRequired},
      {"source", "Where the list comes from.", Text(), kRequired},
      {"version", "Which edition, as `\"2026-03\"`.", Text(), kRequired},
      {"license", "Under which terms it may be used.", Text(), kRequired},
      {"includes", "Other value sets whose codes are all in this one too.", List(Names(vocabulary.value_sets, true))},
      {"codes", "The codes, one a line.",
       Table(Map({
           {"system", "The code system: a short name, or a full URI.",
            Words({{"loinc", "Tests, panels and studies."},
                   {"snomed", "SNOMED CT."},
                   {"icd10cm", "Diagnoses, United States."},
                   {"icd10", "Diagnoses, WHO."},
                   {"icdo3", "Morphology of tumours."},
                   {"radlex", "Radiology."},
                   {"cpt", "Procedures, United States."},
                   {"rxnorm", "Medicines."}},
                  /*open=*/true),
            kRequired},
           {"code", "The code, exactly as it is sent.", Text(), kRequired},
           {"descendants", "True: all codes that begin with this one are in it too.", Of(Kind::kBool)},
           {"display", "What it is called. For readers; never used to decide.", Text(), kRequired},
       }))},
  });
}

ShapePtr CalendarFile() {
  return Map({
      {"name", "The name that pack.yaml uses.", Text(), kRequired},
      {"title", "Whose holidays they are.", Text()},
      {"source", "Where they are written.", Text()},
      {"holidays", "The days on which nobody is there.",
       Table(Map({
           {"name", "What the day is called.", Text(), kRequired},
           {"date",
            "`12-25` for every year, `third Monday of January`, `last Monday of May`, `2 days before Easter`, `2026-11-26` for "
            "one day.",
            Pattern("^((\\d{4}-)?\\d{2}-\\d{2}|.*(Easter|of [A-Z][a-z]+|(before|after) .*))$"), kRequired},
           {"observed", "When it is kept if it falls on a weekend.",
            Words({{"nearest-weekday", "Friday for a Saturday, Monday for a Sunday."},
                   {"monday-after-sunday", "Monday for a Sunday."},
                   {"monday-after-weekend", "Monday for both."}})},
           {"from", "The first year.", Of(Kind::kInt)},
           {"until", "The last year.", Of(Kind::kInt)},
           {"hours", "The hours at which somebody is there all the same, as `08:00-12:00`.", HoursOfDay()},
       }))},
  });
}

ShapePtr TestFile() {
  const ShapePtr reason = Map({
      {"rule", "The rule's id.", Text(), kRequired},
      {"effect", "What it did.", EnumWordsOf(v1::RuleEffect_descriptor())},
      {"unknown_facts", "The facts that it missed, exactly.", List(Text(), true)},
      {"basis", "The kind of its basis.", EnumWordsOf(v1::BasisType_descriptor())},
      {"lifted", "Whether somebody has ended it.", Of(Kind::kBool)},
  });
  const ShapePtr earlier = Map({
      {"now", "When it was decided.", Time(), kRequired},
      {"received", "When it came in; `now` where it is left out.", Time()},
      {"report", "The earlier version.", Message(v1::DiagnosticReport::descriptor()), kRequired},
  });
  const ShapePtr order_report = Map({
      {"received", "When it came in; as the test's own where it is left out.", Time()},
      {"report", "The report.", Message(v1::DiagnosticReport::descriptor()), kRequired},
  });
  const ShapePtr expectation = Map({
      {"units", "The units that it is about: ids of observations, or `document`.", List(Text(), true), kRequired},
      {"audiences", "For whom; all three where it is left out.", List(EnumWordsOf(v1::Audience_descriptor()), true)},
      {"decision", "What must be decided.", EnumWordsOf(v1::Disposition_descriptor()), kRequired},
      {"owner", "Whose turn the review is.", Text()},
      {"not_before", "When it goes.", Time()},
      {"not_after", "When it must have gone.", Time()},
      {"expires", "When the review ends.", Time()},
      {"on_expiry", "What happens then.", EnumWordsOf(v1::OnExpiry_descriptor())},
      {"next_step", "What rules tell the reader to do; `template` where the template says it.", Text()},
      {"withheld_until", "Until when nothing is shown.", Time()},
      {"unknown_facts", "The facts that were missing, exactly.", List(Text(), true)},
      {"reasons", "Why rules had their part.", List(reason)},
      {"rules", "The rules that decided, exactly; `default`, `not-final` and `quarantine` are the pack's own.",
       List(Text(), true), kRequired},
  });
  return Map({{"tests", "Each a report, a time, and what must be decided.",
               Spaced(Map({
                   {"name", "What is shown.", Text(), kRequired},
                   {"now", "When it is decided, as `2026-03-06T15:00:00-05:00`.", Time(), kRequired},
                   {"received", "When the report came in; `now` where it is left out.", Time()},
                   {"acted", "Who has asked for its release.", List(EnumWordsOf(v1::Lifter_descriptor()), true)},
                   {"quarantine", "Why it cannot be told apart from another result.", Text()},
                   {"earlier_version", "What was decided before.", earlier},
                   {"same_order", "Other reports of the same order, which still wait: `together: order` looks at them.",
                    List(order_report)},
                   {"report", "The report, by the names of the facts.", Message(v1::DiagnosticReport::descriptor()), kRequired},
                   {"expect", "What must be decided, for each unit.", List(expectation), kRequired},
               })),
               kRequired}});
}

}  // namespace

Vocabulary VocabularyOf(const yaml::Node& pack_file, std::vector<std::string> value_sets) {
  Vocabulary vocabulary;
  vocabulary.value_sets = std::move(value_sets);
  for (const absl::string_view role : kRoles) vocabulary.owners.emplace_back(role);
  if (const yaml::Node* pools = pack_file.Find("pools"); pools != nullptr) {
    for (const yaml::Node& pool : pools->items) vocabulary.owners.push_back(pool.text);
  }
  return vocabulary;
}

absl::string_view NameOf(FileKind kind) {
  switch (kind) {
    case FileKind::kRules:
      return "rules";
    case FileKind::kPack:
      return "pack";
    case FileKind::kValueSet:
      return "value-set";
    case FileKind::kCalendar:
      return "calendar";
    case FileKind::kTests:
      return "tests";
  }
  return "";
}

absl::string_view DocumentationOf(FileKind kind) {
  switch (kind) {
    case FileKind::kRules:
      return "Rules: what may be read when, and by whom.";
    case FileKind::kPack:
      return "pack.yaml: the pack's name, zone, hours, people, and the reviews of what no rule speaks for.";
    case FileKind::kValueSet:
      return "A value set: a named list of codes.";
    case FileKind::kCalendar:
      return "A calendar: public holidays.";
    case FileKind::kTests:
      return "Tests: what must be decided about a report, by which rules.";
  }
  return "";
}

FileKind KindOf(const yaml::Node& root) {
  const auto has = [&root](const char* key) { return root.Find(key) != nullptr; };
  if (has("rules")) return FileKind::kRules;
  if (has("tests")) return FileKind::kTests;
  if (has("holidays")) return FileKind::kCalendar;
  if (has("language_version") || has("time_zone") || has("staffed_hours") || has("quarantine")) return FileKind::kPack;
  return FileKind::kValueSet;
}

ShapePtr ShapeOf(FileKind kind, const Vocabulary& vocabulary) {
  switch (kind) {
    case FileKind::kRules:
      return RuleFile(vocabulary);
    case FileKind::kPack:
      return PackFile(vocabulary);
    case FileKind::kValueSet:
      return ValueSetFile(vocabulary);
    case FileKind::kCalendar:
      return CalendarFile();
    case FileKind::kTests:
      return TestFile();
  }
  return nullptr;
}

}  // namespace resultgate::policy

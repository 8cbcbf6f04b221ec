// Text to a Filter: a lexer that knows where it is, a descent with one level for AND, OR and NOT, and each restriction checked by
// its field. Goes on after a restriction that is wrong, so that all mistakes are told at once.
#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/time/time.h"
#include "resultgate/v1/decision.pb.h"
#include "server/audit/entry_facts.h"
#include "server/audit/filter.h"
#include "server/audit/filter_node.h"
#include "server/base/proto_time.h"

namespace resultgate::audit {
namespace {

constexpr size_t kLongestFilter = 4096;
constexpr int kDeepest = 32;

struct Field {
  const char* name;
  FilterField field;
  bool of_entries;
  bool of_turnarounds;

  bool IsOf(Filter::Of of) const { return of == Filter::Of::kEntries ? of_entries : of_turnarounds; }
};
constexpr Field kFields[] = {
    {"sequence", FilterField::kSequence, true, false},
    {"result", FilterField::kResult, true, true},
    {"version", FilterField::kVersion, true, false},
    {"time", FilterField::kTime, true, true},
    {"kind", FilterField::kKind, true, false},
    {"actor", FilterField::kActor, true, false},
    {"rule", FilterField::kRule, true, true},
    {"basis", FilterField::kBasis, true, true},
    {"audience", FilterField::kAudience, true, false},
    {"state", FilterField::kState, true, true},
    {"disposition", FilterField::kDisposition, true, false},
    {"patient", FilterField::kPatient, true, false},
    {"category", FilterField::kCategory, false, true},
    {"language", FilterField::kLanguage, false, true},
    {"facility", FilterField::kFacility, false, true},
    {"account", FilterField::kAccount, false, true},
    {"abnormal", FilterField::kAbnormal, false, true},
};

struct Token {
  enum class Type { kEnd, kOpen, kClose, kMinus, kOperator, kWord, kString };
  Type type = Type::kEnd;
  std::string text;
  size_t at = 0;  // from 0
};

bool IsOperatorLetter(char c) {
  return c == '=' || c == '!' || c == '<' || c == '>' || c == ':';
}

bool IsBlank(char c) {
  return absl::ascii_isspace(static_cast<unsigned char>(c));
}

}  // namespace

class FilterParser {
 public:
  FilterParser(absl::string_view text, base::FileIssues* issues, Filter::Of of) : text_(text), issues_(issues), of_(of) {}

  std::optional<Filter> Parse() {
    const size_t before = issues_->size();
    if (text_.size() > kLongestFilter) {
      Say(0, absl::StrCat("a filter has at most ", kLongestFilter, " bytes"), "");
      return std::nullopt;
    }
    Next();
    if (token_.type == Token::Type::kEnd && issues_->size() == before) return Filter();
    std::shared_ptr<const Filter::Node> root = Expression(0);
    if (!stopped_ && token_.type != Token::Type::kEnd) {
      Stop(token_.type == Token::Type::kClose ? "there is no `(` for this `)`" : "`AND` or `OR` is missing here");
    }
    if (issues_->size() != before || root == nullptr) return std::nullopt;
    return Filter(std::move(root), TextForLog());
  }

 private:
  using NodePtr = std::shared_ptr<const Filter::Node>;
  using Type = Filter::Node::Type;

  std::string TextForLog() const {
    std::string text;
    size_t at = 0;
    for (const auto& [begin, end] : patients_) {
      absl::StrAppend(&text, text_.substr(at, begin - at), "***");
      at = end;
    }
    return absl::StrCat(text, text_.substr(at));
  }

  void Say(size_t at, std::string message, std::string suggestion) {
    base::FileIssue issue;
    issue.place = {"filter", 1, static_cast<int>(at) + 1};
    issue.message = std::move(message);
    issue.suggestion = std::move(suggestion);
    issue.source_line = std::string(text_);
    issues_->push_back(std::move(issue));
  }

  // What follows cannot be told apart any more.
  void Stop(std::string message, std::string suggestion = "") {
    if (!stopped_) Say(token_.at, std::move(message), std::move(suggestion));
    stopped_ = true;
    token_.type = Token::Type::kEnd;
  }

  void SkipBlanks() {
    while (at_ < text_.size() && IsBlank(text_[at_])) ++at_;
  }

  void ReadString() {
    token_.type = Token::Type::kString;
    const size_t quote = at_++;
    while (at_ < text_.size() && text_[at_] != '"') {
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
      token_.text.push_back(text_[at_++]);
    }
    if (at_ == text_.size()) {
      token_.at = quote;
      return Stop("the quote is not closed", "write `\"` at its end");
    }
    ++at_;
  }

  // A value may hold letters that are operators elsewhere: `time >= 2026-03-06T21:05:00Z`.
  void Next(bool value = false) {
    if (stopped_) return;
    SkipBlanks();
    token_ = Token();
    token_.at = at_;
    if (at_ == text_.size()) return;
    const char c = text_[at_];
    if (c == '"') return ReadString();
    if (c == '(' || c == ')') {
      token_.type = c == '(' ? Token::Type::kOpen : Token::Type::kClose;
      ++at_;
      return;
    }
    if (!value && c == '-') {
      token_.type = Token::Type::kMinus;
      ++at_;
      return;
    }
    if (!value && IsOperatorLetter(c)) {
      token_.type = Token::Type::kOperator;
      while (at_ < text_.size() && IsOperatorLetter(text_[at_])) token_.text.push_back(text_[at_++]);
      return;
    }
    token_.type = Token::Type::kWord;
    while (at_ < text_.size() && !IsBlank(text_[at_]) && text_[at_] != '(' && text_[at_] != ')' && text_[at_] != '"' &&
           (value || !IsOperatorLetter(text_[at_]))) {
      token_.text.push_back(text_[at_++]);
    }
  }

  bool IsWord(absl::string_view word) const { return token_.type == Token::Type::kWord && token_.text == word; }

  NodePtr Expression(int depth) {
    if (depth > kDeepest) {
      Stop(absl::StrCat("parentheses stand in each other more than ", kDeepest, " deep"));
      return nullptr;
    }
    std::vector<NodePtr> parts = {Term(depth)};
    std::string joined_by;
    while (!stopped_ && (IsWord("AND") || IsWord("OR"))) {
      if (joined_by.empty()) joined_by = token_.text;
      if (joined_by != token_.text) {
        Stop("AND and OR stand side by side, and it is not clear which counts first",
             "put one of them in parentheses, as `a = 1 AND (b = 2 OR b = 3)`");
        return nullptr;
      }
      Next();
      parts.push_back(Term(depth));
    }
    if (!stopped_ && (IsWord("and") || IsWord("or"))) Stop("`and` and `or` are written in capitals", "write `AND` or `OR`");
    if (parts.size() == 1) return parts[0];
    auto node = std::make_shared<Filter::Node>();
    node->type = joined_by == "AND" ? Type::kAnd : Type::kOr;
    node->children = std::move(parts);
    return node;
  }

  NodePtr Term(int depth) {
    if (IsWord("NOT") || token_.type == Token::Type::kMinus) {
      Next();
      auto node = std::make_shared<Filter::Node>();
      node->type = Type::kNot;
      node->children = {depth > kDeepest ? nullptr : Term(depth + 1)};
      return node;
    }
    if (token_.type == Token::Type::kOpen) {
      Next();
      NodePtr node = Expression(depth + 1);
      if (token_.type != Token::Type::kClose) {
        Stop("a `)` is missing");
        return nullptr;
      }
      Next();
      return node;
    }
    return Restriction();
  }

  NodePtr Restriction() {
    if (token_.type != Token::Type::kWord) {
      Stop("a restriction belongs here", "write FIELD = VALUE, as `kind = decided`");
      return nullptr;
    }
    const Token name = token_;
    const auto* field = std::find_if(std::begin(kFields), std::end(kFields),
                                     [&](const Field& known) { return known.IsOf(of_) && name.text == known.name; });
    Next();
    if (token_.type != Token::Type::kOperator) {
      // A value alone may mean anything; what field?
      Stop(absl::StrCat("an operator is missing after `", name.text, "`"), "write FIELD = VALUE, as `kind = decided`");
      return nullptr;
    }
    const Token op = token_;
    Next(/*value=*/true);
    const Token value = token_;
    const size_t value_end = at_;
    if (value.type != Token::Type::kWord && value.type != Token::Type::kString) {
      Stop(absl::StrCat("a value is missing after `", op.text, "`"));
      return nullptr;
    }
    Next();
    if (field == std::end(kFields)) {
      std::vector<std::string> names;
      for (const Field& known : kFields) {
        if (known.IsOf(of_)) names.emplace_back(known.name);
      }
      std::string suggestion = base::Suggest(name.text, names);
      Say(name.at, absl::StrCat("there is no field `", name.text, "`"),
          suggestion.empty() ? absl::StrCat("one of ", absl::StrJoin(names, ", ")) : suggestion);
      return nullptr;
    }
    auto node = std::make_shared<Filter::Node>();
    node->field = field->field;
    if (node->field == FilterField::kPatient) patients_.emplace_back(value.at, value_end);
    ReadOperator(op, field->name, node.get());
    ReadValue(value, node.get());
    return node;
  }

  void ReadOperator(const Token& op, absl::string_view name, Filter::Node* node) {
    static constexpr std::pair<absl::string_view, FilterOperator> kOperators[] = {
        {"=", FilterOperator::kEqual},           {":", FilterOperator::kEqual},
        {"!=", FilterOperator::kNotEqual},       {"<", FilterOperator::kLess},
        {"<=", FilterOperator::kLessOrEqual},    {">", FilterOperator::kGreater},
        {">=", FilterOperator::kGreaterOrEqual},
    };
    for (const auto& [text, known] : kOperators) {
      if (op.text != text) continue;
      node->op = known;
      const bool ordered = node->field == FilterField::kSequence || node->field == FilterField::kResult ||
                           node->field == FilterField::kVersion || node->field == FilterField::kTime;
      if (!ordered && known != FilterOperator::kEqual && known != FilterOperator::kNotEqual) {
        Say(op.at, absl::StrCat("`", name, "` has no order"), "use `=` or `!=`");
      }
      return;
    }
    Say(op.at, absl::StrCat("there is no operator `", op.text, "`"), "one of `=`, `!=`, `<`, `<=`, `>`, `>=`, `:`");
  }

  // The number of one of these words.
  void ReadOneOf(const Token& value, const std::vector<std::pair<std::string, int>>& words, Filter::Node* node) {
    std::vector<std::string> known;
    const std::string asked = absl::StrReplaceAll(absl::AsciiStrToLower(value.text), {{"_", "-"}});
    for (const auto& [word, number] : words) {
      known.push_back(word);
      if (word != asked) continue;
      node->number = number;
      return;
    }
    const std::string nearest = base::Nearest(asked, known);
    Say(value.at, absl::StrCat("`", value.text, "` is none that is known"),
        nearest.empty() ? absl::StrCat("one of ", absl::StrJoin(known, ", ")) : absl::StrCat("did you mean `", nearest, "`?"));
  }

  // The value of an enumeration's word.
  void ReadWord(const Token& value, const google::protobuf::EnumDescriptor* values, absl::string_view prefix,
                Filter::Node* node) {
    std::vector<std::pair<std::string, int>> words;
    for (int i = 0; i < values->value_count(); ++i) {
      if (values->value(i)->number() == 0) continue;
      words.emplace_back(EnumWord(values->value(i)->name(), prefix), values->value(i)->number());
    }
    ReadOneOf(value, words, node);
  }

  void ReadText(const Token& value, Filter::Node* node) {
    node->text = value.text;
    if (value.type == Token::Type::kString) return;  // a `*` in quotes is a star
    if (!node->text.empty() && node->text.front() == '*') {
      node->any_before = true;
      node->text.erase(0, 1);
    }
    if (!node->text.empty() && node->text.back() == '*') {
      node->any_after = true;
      node->text.pop_back();
    }
    if (node->any_before && node->text.empty()) node->any_after = true;
    if (absl::StrContains(node->text, '*'))
      Say(value.at, "a `*` stands at the ends of a value only", "quote the value if it is meant");
  }

  void ReadTime(const Token& value, Filter::Node* node) {
    if (base::ParseRfc3339(value.text, &node->time)) return;
    absl::CivilDay day;
    if (absl::ParseCivilTime(value.text, &day)) {
      node->time = absl::FromCivil(day, absl::UTCTimeZone());
      node->day_ends = absl::FromCivil(day + 1, absl::UTCTimeZone());
      return;
    }
    Say(value.at, absl::StrCat("`", value.text, "` is no time"),
        "write it as 2026-03-06T21:05:00-05:00, or a date as 2026-03-06");
  }

  void ReadValue(const Token& value, Filter::Node* node) {
    switch (node->field) {
      case FilterField::kSequence:
      case FilterField::kResult:
      case FilterField::kVersion:
        if (!absl::SimpleAtoi(value.text, &node->number)) Say(value.at, absl::StrCat("`", value.text, "` is no number"), "");
        return;
      case FilterField::kTime:
        return ReadTime(value, node);
      case FilterField::kKind:
        return ReadWord(value, v1::EntryKind_descriptor(), "ENTRY_KIND_", node);
      case FilterField::kBasis:
        return ReadWord(value, v1::BasisType_descriptor(), "BASIS_TYPE_", node);
      case FilterField::kAudience:
        return ReadWord(value, v1::Audience_descriptor(), "AUDIENCE_", node);
      case FilterField::kState:
        return ReadWord(value, v1::OutcomeState_descriptor(), "OUTCOME_STATE_", node);
      case FilterField::kDisposition:
        return ReadWord(value, v1::Disposition_descriptor(), "DISPOSITION_", node);
      case FilterField::kCategory:
        return ReadWord(value, v1::Section_descriptor(), "SECTION_", node);
      case FilterField::kAccount:
        return ReadOneOf(value, {{"active", 1}, {"none", 0}}, node);
      case FilterField::kAbnormal:
        return ReadOneOf(value, {{"yes", 1}, {"no", 0}}, node);
      case FilterField::kActor:
      case FilterField::kRule:
      case FilterField::kPatient:
      case FilterField::kLanguage:
      case FilterField::kFacility:
        return ReadText(value, node);
    }
  }

  const absl::string_view text_;
  base::FileIssues* const issues_;
  const Filter::Of of_;
  std::vector<std::pair<size_t, size_t>> patients_;  // where their identifiers stand
  size_t at_ = 0;
  Token token_;
  bool stopped_ = false;
};

std::optional<Filter> Filter::Parse(absl::string_view text, base::FileIssues* issues, Of of) {
  return FilterParser(text, issues, of).Parse();
}

}  // namespace resultgate::audit

#include "server/expr/parser.h"

#include <algorithm>
#include <initializer_list>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"

namespace resultgate::expr {
namespace {

constexpr uint64_t kInt64Limit = uint64_t{1} << 63;

// CEL keeps these words for the languages that it is put into.
constexpr absl::string_view kReserved[] = {"as",  "break", "const",     "continue", "else",   "for", "function", "if",   "import",
                                           "let", "loop",  "namespace", "package",  "return", "var", "void",     "while"};

class Parser {
 public:
  Parser(const std::vector<Token>& tokens, int depth, Diagnostics* diagnostics)
      : tokens_(tokens), limit_(depth), diagnostics_(diagnostics) {}

  NodePtr Run() {
    NodePtr root = Conditional();
    if (!IsEnd()) Unexpected("an operator or the end");
    return too_deep_ ? nullptr : std::move(root);
  }

 private:
  const Token& Now() const { return tokens_[at_]; }
  const Token& Ahead() const { return tokens_[std::min(at_ + 1, tokens_.size() - 1)]; }
  bool IsEnd() const { return Now().kind == Token::Kind::kEnd; }
  bool Is(absl::string_view symbol) const { return Now().kind == Token::Kind::kSymbol && Now().text == symbol; }
  bool IsWord(absl::string_view word) const { return Now().kind == Token::Kind::kIdentifier && Now().text == word; }
  void Advance() {
    if (!IsEnd()) ++at_;
  }
  bool Take(absl::string_view symbol) {
    if (!Is(symbol)) return false;
    Advance();
    return true;
  }
  size_t LastEnd() const { return at_ == 0 ? 0 : tokens_[at_ - 1].end; }

  void Unexpected(absl::string_view wanted) {
    if (Now().kind == Token::Kind::kError) return;
    diagnostics_->Add(Now().begin, IsEnd() ? absl::StrCat("the expression ends where ", wanted, " was expected")
                                           : absl::StrCat("`", diagnostics_->Quote(Now().begin, Now().end), "` stands where ",
                                                          wanted, " was expected"));
  }

  // Past the next `close` that belongs to the bracket we are in.
  void SkipPast(absl::string_view close) {
    int open = 0;
    for (; !IsEnd(); Advance()) {
      if (Is("(") || Is("[") || Is("{")) ++open;
      if (Is(")") || Is("]") || Is("}")) {
        if (open == 0) {
          Take(close);
          return;
        }
        --open;
      }
    }
  }

  void Close(absl::string_view symbol) {
    if (Take(symbol)) return;
    Unexpected(absl::StrCat("`", symbol, "`"));
    SkipPast(symbol);
  }

  void TooDeep(size_t offset) {
    if (!too_deep_) {
      diagnostics_->Add(offset, absl::StrCat("this is nested more than ", limit_, " levels deep"), "split the rule in two");
    }
    too_deep_ = true;
    at_ = tokens_.size() - 1;
  }

  NodePtr Make(Node::Kind kind, size_t begin, size_t anchor, std::vector<NodePtr> children = {}) {
    auto node = std::make_unique<Node>();
    node->kind = kind;
    node->begin = begin;
    node->end = LastEnd();
    node->anchor = anchor;
    for (const NodePtr& child : children) node->depth = std::max(node->depth, child->depth + 1);
    node->children = std::move(children);
    if (node->depth > limit_) {
      TooDeep(anchor);
      // What is too deep is dropped, so that no tree is ever deeper than the limit.
      node->children.clear();
      node->depth = 1;
      node->kind = Node::Kind::kError;
    }
    return node;
  }

  template <typename... Children>
  static std::vector<NodePtr> Nodes(Children... children) {
    std::vector<NodePtr> nodes;
    (nodes.push_back(std::move(children)), ...);
    return nodes;
  }

  NodePtr Error() { return Make(Node::Kind::kError, Now().begin, Now().begin); }

  // Expr = Or ["?" Or ":" Expr]
  NodePtr Conditional() {
    if (++nesting_ > limit_) {
      TooDeep(Now().begin);
      --nesting_;
      return Error();
    }
    NodePtr node = Or();
    if (Is("?")) {
      const size_t anchor = Now().begin;
      Advance();
      NodePtr yes = Or();
      if (!Take(":")) Unexpected("`:`");
      NodePtr no = Conditional();
      const size_t begin = node->begin;
      node = Make(Node::Kind::kConditional, begin, anchor, Nodes(std::move(node), std::move(yes), std::move(no)));
    }
    --nesting_;
    return node;
  }

  // The operator, or the word that other languages have for it.
  bool TakeLogic(absl::string_view symbol, absl::string_view word) {
    if (IsWord(word)) {
      diagnostics_->Add(Now().begin, absl::StrCat("there is no operator `", word, "`"), absl::StrCat("write `", symbol, "`"));
      Advance();
      return true;
    }
    return Take(symbol);
  }

  NodePtr Logic(Node::Kind kind, absl::string_view symbol, absl::string_view word, NodePtr (Parser::*operand)()) {
    NodePtr first = (this->*operand)();
    const size_t begin = first->begin;
    const size_t anchor = Now().begin;
    std::vector<NodePtr> operands = Nodes(std::move(first));
    while (TakeLogic(symbol, word)) operands.push_back((this->*operand)());
    if (operands.size() == 1) return std::move(operands[0]);
    return Make(kind, begin, anchor, std::move(operands));
  }

  NodePtr Or() { return Logic(Node::Kind::kOr, "||", "or", &Parser::And); }
  NodePtr And() { return Logic(Node::Kind::kAnd, "&&", "and", &Parser::Relation); }

  NodePtr Binary(std::initializer_list<absl::string_view> operators, NodePtr (Parser::*operand)()) {
    NodePtr left = (this->*operand)();
    while (!too_deep_) {
      const bool found = std::any_of(operators.begin(), operators.end(),
                                     [&](absl::string_view symbol) { return symbol == "in" ? IsWord(symbol) : Is(symbol); });
      if (!found) return left;
      const Token& symbol = Now();
      Advance();
      NodePtr right = (this->*operand)();
      const size_t begin = left->begin;
      left = Make(Node::Kind::kBinary, begin, symbol.begin, Nodes(std::move(left), std::move(right)));
      left->text = symbol.text;
    }
    return left;
  }

  NodePtr Relation() { return Binary({"==", "!=", "<", "<=", ">", ">=", "in"}, &Parser::Sum); }
  NodePtr Sum() { return Binary({"+", "-"}, &Parser::Product); }
  NodePtr Product() { return Binary({"*", "/", "%"}, &Parser::Unary); }

  bool TakeNot() {
    const Token& next = Ahead();
    if (!IsWord("not") ||
        !(next.kind == Token::Kind::kIdentifier && next.text != "in" && next.text != "and" && next.text != "or")) {
      return false;
    }
    diagnostics_->Add(Now().begin, "there is no operator `not`", "write `!`");
    Advance();
    return true;
  }

  NodePtr Unary() {
    std::vector<std::pair<std::string, size_t>> signs;
    for (;;) {
      const size_t begin = Now().begin;
      if (Is("!") || Is("-")) {
        signs.emplace_back(Now().text, begin);
        Advance();
      } else if (TakeNot()) {
        signs.emplace_back("!", begin);
      } else {
        break;
      }
    }
    // A sign before a number belongs to it: the smallest int has no positive.
    const bool number = Now().kind == Token::Kind::kInt || Now().kind == Token::Kind::kDouble;
    const bool negative = number && !signs.empty() && signs.back().first == "-";
    NodePtr node = Member(negative);
    if (negative) {
      // The sign is the literal's own, so it is taken into its place.
      signs.pop_back();
    }
    for (auto sign = signs.rbegin(); sign != signs.rend() && !too_deep_; ++sign) {
      node = Make(Node::Kind::kUnary, sign->second, sign->second, Nodes(std::move(node)));
      node->text = sign->first;
    }
    return node;
  }

  NodePtr Member(bool negative) {
    NodePtr node = Primary(negative);
    while (!too_deep_) {
      const size_t begin = node->begin;
      if (Is(".")) {
        Advance();
        if (Is("?")) {
          OptionalSyntax();
          Advance();
        }
        const Token& name = Now();
        if (name.kind != Token::Kind::kIdentifier) {
          Unexpected("a field's name");
          if (name.kind == Token::Kind::kError) Advance();
          return Make(Node::Kind::kError, begin, begin, Nodes(std::move(node)));
        }
        Advance();
        if (Take("(")) {
          std::vector<NodePtr> children = Nodes(std::move(node));
          List(")", &children);
          node = Make(Node::Kind::kCall, begin, name.begin, std::move(children));
          node->has_receiver = true;
        } else {
          node = Make(Node::Kind::kSelect, begin, name.begin, Nodes(std::move(node)));
        }
        node->text = name.text;
      } else if (Is("[")) {
        const size_t anchor = Now().begin;
        Advance();
        if (Is("?")) {
          OptionalSyntax();
          Advance();
        }
        NodePtr index = Conditional();
        Close("]");
        node = Make(Node::Kind::kIndex, begin, anchor, Nodes(std::move(node), std::move(index)));
      } else if (Is("{") && (node->kind == Node::Kind::kIdentifier || node->kind == Node::Kind::kSelect)) {
        diagnostics_->Add(begin, "building a message is not in this subset of CEL", "compare its fields one by one with `==`");
        Advance();
        SkipPast("}");
        // Its name is no variable, so it is not looked at again.
        node = Make(Node::Kind::kError, begin, begin);
      } else {
        return node;
      }
    }
    return node;
  }

  void OptionalSyntax() {
    diagnostics_->Add(Now().begin, "optional selection is not in this subset of CEL",
                      "an absent field is unknown by itself; ask with `has(a.b)`");
  }

  // After an opening bracket: expressions up to and with `close`; a comma may stand before it.
  void List(absl::string_view close, std::vector<NodePtr>* children) {
    while (!Is(close) && !IsEnd()) {
      if (Is("?")) {
        OptionalSyntax();
        Advance();
      }
      children->push_back(Conditional());
      if (!Take(",")) break;
    }
    Close(close);
  }

  NodePtr Primary(bool negative) {
    const Token& token = Now();
    switch (token.kind) {
      case Token::Kind::kInt:
      case Token::Kind::kUint:
      case Token::Kind::kDouble:
      case Token::Kind::kString:
        return Literal(negative);
      case Token::Kind::kIdentifier:
        return Name();
      case Token::Kind::kError:
        Advance();
        return Make(Node::Kind::kError, token.begin, token.begin);
      case Token::Kind::kEnd:
        break;
      case Token::Kind::kSymbol:
        if (Take("(")) {
          NodePtr node = Conditional();
          Close(")");
          node->begin = token.begin;
          node->end = LastEnd();
          return node;
        }
        if (Take("[")) {
          std::vector<NodePtr> elements;
          List("]", &elements);
          return Make(Node::Kind::kList, token.begin, token.begin, std::move(elements));
        }
        if (Take("{")) {
          diagnostics_->Add(token.begin, "maps are not in this subset of CEL",
                            "write a list, or a condition for each key joined with `||`");
          SkipPast("}");
          return Make(Node::Kind::kError, token.begin, token.begin);
        }
        if (Is(".") && Ahead().kind == Token::Kind::kIdentifier) {
          diagnostics_->Add(token.begin, "a leading `.` is not in this subset of CEL", "write the name without it");
          Advance();
          return Name();
        }
        break;
    }
    Unexpected("a value");
    return Error();
  }

  NodePtr Literal(bool negative) {
    const Token& token = Now();
    Advance();
    const size_t begin = negative && at_ >= 2 ? tokens_[at_ - 2].begin : token.begin;
    NodePtr node = Make(Node::Kind::kString, begin, begin);
    if (token.kind == Token::Kind::kString) {
      node->text = token.text;
    } else if (token.kind == Token::Kind::kDouble) {
      node->kind = Node::Kind::kDouble;
      node->number = negative ? -token.number : token.number;
    } else if (token.kind == Token::Kind::kUint) {
      node->kind = Node::Kind::kUint;
      node->unsigned_integer = token.integer;
    } else if (token.integer > kInt64Limit || (token.integer == kInt64Limit && !negative)) {
      node->kind = Node::Kind::kError;
      diagnostics_->Add(begin, absl::StrCat("the number `", diagnostics_->Quote(begin, token.end), "` is out of range"),
                        "an int lies between -9223372036854775808 and 9223372036854775807");
    } else {
      node->kind = Node::Kind::kInt;
      // Through the unsigned type, so that the smallest int does not overflow.
      node->integer = static_cast<int64_t>(negative ? uint64_t{0} - token.integer : token.integer);
    }
    return node;
  }

  NodePtr Name() {
    const Token& token = Now();
    Advance();
    if (token.text == "true" || token.text == "false") {
      NodePtr node = Make(Node::Kind::kBool, token.begin, token.begin);
      node->boolean = token.text == "true";
      return node;
    }
    if (token.text == "null") return Make(Node::Kind::kNull, token.begin, token.begin);
    if (token.text == "in") {
      --at_;
      Unexpected("a value");
      return Error();
    }
    if (Take("(")) {
      std::vector<NodePtr> arguments;
      List(")", &arguments);
      NodePtr node = Make(Node::Kind::kCall, token.begin, token.begin, std::move(arguments));
      node->text = token.text;
      return node;
    }
    if (std::find(std::begin(kReserved), std::end(kReserved), token.text) != std::end(kReserved)) {
      diagnostics_->Add(token.begin, absl::StrCat("`", token.text, "` is a reserved word of CEL"));
      return Make(Node::Kind::kError, token.begin, token.begin);
    }
    NodePtr node = Make(Node::Kind::kIdentifier, token.begin, token.begin);
    node->text = token.text;
    return node;
  }

  const std::vector<Token>& tokens_;
  const int limit_;
  Diagnostics* diagnostics_;
  size_t at_ = 0;
  int nesting_ = 0;
  bool too_deep_ = false;
};

}  // namespace

NodePtr Parse(const std::vector<Token>& tokens, int depth, Diagnostics* diagnostics) {
  return Parser(tokens, depth, diagnostics).Run();
}

}  // namespace resultgate::expr

// Text to tree: a hand-written lexer and a Pratt parser, with the types that are known without a scope.
#include <re2/re2.h>

#include <algorithm>
#include <cctype>
#include <utility>

#include "base/text.h"
#include "expr/functions.h"
#include "expr/node.h"

namespace slipway::expr {
namespace {

using Op = Node::Op;

enum class Token { kEnd, kName, kInteger, kText, kOperator };

bool IsNameStart(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsNameChar(char c) { return IsNameStart(c) || IsDigit(c) || c == '-'; }

// How tightly an operator binds; 0 = not a binary operator.
struct Binary {
  std::string_view sign;
  int power;
  Op op;
};
constexpr Binary kBinary[] = {
    {"||", 1, Op::kOr},        {"&&", 2, Op::kAnd},          {"==", 3, Op::kEqual}, {"!=", 3, Op::kNotEqual},
    {"<=", 3, Op::kLessEqual}, {">=", 3, Op::kGreaterEqual}, {"<", 3, Op::kLess},   {">", 3, Op::kGreater},
};
constexpr int kComparePower = 3;

bool Orders(Op op) {
  return op == Op::kLess || op == Op::kLessEqual || op == Op::kGreater || op == Op::kGreaterEqual;
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  std::expected<Tree, SyntaxError> Run() {
    Node root;
    if (!(Next() && Binaries(0, root))) return std::unexpected(std::move(error_));
    if (token_ != Token::kEnd) {
      Unexpected();
      return std::unexpected(std::move(error_));
    }
    return Tree{std::move(root), std::move(references_), pattern_size_};
  }

 private:
  bool Fail(std::size_t offset, std::string what, std::string hint = "") {
    error_ = {std::move(what), std::move(hint), static_cast<int>(offset), pattern_size_};
    return false;
  }

  bool Unexpected() {
    if (token_ == Token::kEnd) return Fail(start_, "the expression ends too early");
    std::string hint;
    if (value_ == "=") hint = "write `==` to compare";
    if (value_ == "&") hint = "write `&&`";
    if (value_ == "|") hint = "write `||`";
    if (value_ == "+" || value_ == "-" || value_ == "*" || value_ == "/") hint = "there is no arithmetic";
    return Fail(start_, "unexpected `" + base::Printable(value_) + "`", hint);
  }

  // ---- lexer

  bool Next() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r'))
      ++at_;
    start_ = at_;
    value_.clear();
    if (at_ == text_.size()) {
      token_ = Token::kEnd;
      return true;
    }
    const char c = text_[at_];
    if (c == '\'' || c == '"') return LexText(c);
    if (IsDigit(c) || (c == '-' && at_ + 1 < text_.size() && IsDigit(text_[at_ + 1]))) return LexInteger();
    if (IsNameStart(c)) {
      token_ = Token::kName;
      while (at_ < text_.size() && IsNameChar(text_[at_])) value_ += text_[at_++];
      return true;
    }
    token_ = Token::kOperator;
    for (std::string_view two : {"||", "&&", "==", "!=", "<=", ">="}) {
      if (text_.substr(at_, 2) == two) {
        value_ = two;
        at_ += 2;
        return true;
      }
    }
    // A whole character, so that a message never holds half of one.
    do value_ += text_[at_++];
    while (at_ < text_.size() && (static_cast<unsigned char>(text_[at_]) & 0xC0) == 0x80);
    return true;
  }

  bool LexText(char quote) {
    token_ = Token::kText;
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == quote) {
        if (at_ + 1 == text_.size() || text_[at_ + 1] != quote) {
          ++at_;
          return true;
        }
        ++at_;
      }
      value_ += text_[at_];
    }
    return Fail(start_, "the text is not closed", std::string("add the missing ") + quote);
  }

  bool LexInteger() {
    token_ = Token::kInteger;
    value_ += text_[at_++];
    while (at_ < text_.size() && (IsNameChar(text_[at_]))) value_ += text_[at_++];
    if (at_ + 1 < text_.size() && text_[at_] == '.' && IsDigit(text_[at_ + 1]))
      return Fail(start_, "numbers are integers", "compare texts, or use a smaller unit");
    auto number = base::ParseInteger(value_);
    if (!number) return Fail(start_, "`" + value_ + "` is not an integer", "a text stands in quotes");
    integer_ = *number;
    return true;
  }

  // `.name` after a path: may start with a digit.
  bool LexMember(std::string& out) {
    const std::size_t from = at_;
    while (at_ < text_.size() && IsNameChar(text_[at_])) out += text_[at_++];
    if (out.empty()) return Fail(from, "a name must follow `.`", "other names are written ['…']");
    return true;
  }

  bool Is(std::string_view sign) const { return token_ == Token::kOperator && value_ == sign; }

  bool Expect(std::string_view sign) {
    if (Is(sign)) return Next();
    return Fail(start_,
                "expected `" + std::string(sign) + "`" +
                    (token_ == Token::kEnd ? " before the end" : ", not `" + base::Printable(value_) + "`"));
  }

  // ---- grammar

  struct Deeper {
    explicit Deeper(int& d) : depth(d) { ++depth; }
    ~Deeper() { --depth; }
    int& depth;
  };

  const Binary* BinaryHere() const {
    if (token_ != Token::kOperator) return nullptr;
    const auto* found = std::ranges::find(kBinary, value_, &Binary::sign);
    return found == std::end(kBinary) ? nullptr : found;
  }

  bool Binaries(int above, Node& left) {
    Deeper deeper(depth_);
    if (depth_ > kMaxDepth) return Fail(start_, "the expression is nested more than 32 levels deep");
    if (!Unary(left)) return false;
    bool compared = false;
    while (const Binary* binary = BinaryHere()) {
      if (binary->power <= above) return true;
      const std::size_t at = start_;
      if (binary->power == kComparePower && std::exchange(compared, true))
        return Fail(at, "comparisons cannot be chained", "join them with `&&`");
      if (binary->power < kComparePower) compared = false;
      if (!Next()) return false;
      Node right;
      if (!Binaries(binary->power, right)) return false;
      if (!Combine(*binary, at, left, std::move(right))) return false;
    }
    return true;
  }

  bool Combine(const Binary& binary, std::size_t at, Node& left, Node right) {
    const bool logical = binary.power < kComparePower;
    if (logical) {
      if (!Boolean(left, binary.sign) || !Boolean(right, binary.sign)) return false;
      if (left.op == binary.op) {  // one node for a whole chain keeps the tree shallow
        left.children.push_back(std::move(right));
        return true;
      }
    } else if (!Comparable(binary, at, left, right)) {
      return false;
    }
    Node node{.op = binary.op, .type = Type::kBoolean, .offset = static_cast<int>(at)};
    node.children.push_back(std::move(left));
    node.children.push_back(std::move(right));
    left = std::move(node);
    return true;
  }

  bool Boolean(const Node& node, std::string_view sign) {
    if (node.type == Type::kAny || node.type == Type::kBoolean) return true;
    return Fail(static_cast<std::size_t>(node.offset),
                "`" + std::string(sign) + "` takes true or false, not " + std::string(ToString(node.type)));
  }

  bool Comparable(const Binary& binary, std::size_t at, const Node& left, const Node& right) {
    const Type l = left.type, r = right.type;
    if (Orders(binary.op)) {
      for (Type t : {l, r})
        if (t != Type::kAny && t != Type::kInteger && t != Type::kText)
          return Fail(at, "`" + std::string(binary.sign) + "` compares two integers or two texts, not " +
                              std::string(ToString(t)));
    }
    if (l == Type::kAny || r == Type::kAny || l == r) return true;
    if (!Orders(binary.op) && (l == Type::kNull || r == Type::kNull)) return true;
    return Fail(at, "`" + std::string(binary.sign) + "` compares two values of one type, not " +
                        std::string(ToString(l)) + " with " + std::string(ToString(r)));
  }

  bool Unary(Node& node) {
    if (!Is("!")) return Primary(node);
    Deeper deeper(depth_);
    if (depth_ > kMaxDepth) return Fail(start_, "the expression is nested more than 32 levels deep");
    const std::size_t at = start_;
    Node child;
    if (!Next() || !Unary(child) || !Boolean(child, "!")) return false;
    node = Node{.op = Op::kNot, .type = Type::kBoolean, .offset = static_cast<int>(at)};
    node.children.push_back(std::move(child));
    return true;
  }

  bool Primary(Node& node) {
    node.offset = static_cast<int>(start_);
    switch (token_) {
      case Token::kEnd:
        return Unexpected();
      case Token::kInteger:
        return Literal(node, Type::kInteger, base::Json(integer_));
      case Token::kText:
        return Literal(node, Type::kText, base::Json(value_));
      case Token::kName:
        return Name(node);
      case Token::kOperator:
        break;
    }
    if (!Is("(")) return Unexpected();
    return Next() && Binaries(0, node) && Expect(")");
  }

  bool Literal(Node& node, Type type, base::Json value) {
    node.type = type;
    node.literal = std::move(value);
    return Next();
  }

  bool Name(Node& node) {
    if (value_ == "true" || value_ == "false")
      return Literal(node, Type::kBoolean, base::Json(value_ == "true"));
    if (value_ == "null") return Literal(node, Type::kNull, nullptr);
    std::string name = std::move(value_);
    const std::size_t after = at_;
    if (!Next()) return false;
    if (Is("(")) return CallOf(node, name);
    at_ = after;
    return Path(node, std::move(name));
  }

  bool Path(Node& node, std::string first) {
    node.op = Op::kPath;
    node.path.push_back(std::move(first));
    while (at_ < text_.size() && (text_[at_] == '.' || text_[at_] == '[')) {
      std::string part;
      if (text_[at_++] == '.') {
        if (!LexMember(part)) return false;
      } else {
        if (!Next()) return false;
        if (token_ != Token::kText && (token_ != Token::kInteger || integer_ < 0))
          return Fail(start_, "a quoted name or a number must stand in `[ ]`");
        part = token_ == Token::kText ? value_ : std::to_string(integer_);
        if (!Next()) return false;
        if (!Is("]")) return Expect("]");
      }
      node.path.push_back(std::move(part));
    }
    references_.push_back({node.path, optional_ > 0, node.offset});
    return Next();
  }

  bool CallOf(Node& node, const std::string& name) {
    const FunctionSheet* sheet = FindFunction(name);
    if (sheet == nullptr) {
      std::vector<std::string> names;
      for (const FunctionSheet& f : Functions()) names.emplace_back(f.name);
      const auto near = base::DidYouMean(name, names);
      return Fail(static_cast<std::size_t>(node.offset), "unknown function `" + name + "`",
                  near ? "did you mean `" + *near + "`?" : "the functions are " + base::Join(names, ", "));
    }
    node.op = Op::kCall;
    node.function = sheet->function;
    node.type = sheet->answer;
    if (!Next() || !Arguments(node, *sheet)) return false;
    const auto given = static_cast<int>(node.children.size());
    if (given != sheet->arity)
      return Fail(static_cast<std::size_t>(node.offset),
                  name + "() takes " + std::to_string(sheet->arity) +
                      (sheet->arity == 1 ? " argument" : " arguments") + ", not " + std::to_string(given));
    return Typed(node, *sheet) && Next();
  }

  // Up to the closing parenthesis, which stays the current token.
  bool Arguments(Node& node, const FunctionSheet& sheet) {
    while (!Is(")")) {
      if (!node.children.empty() && !Expect(",")) return false;
      const bool forgiven = sheet.function == Function::kDefault && node.children.empty();
      Node child;
      optional_ += forgiven ? 1 : 0;
      const bool ok = Binaries(0, child);
      optional_ -= forgiven ? 1 : 0;
      if (!ok) return false;
      node.children.push_back(std::move(child));
      if (!Is(",") && !Is(")")) return Expect(")");
    }
    return true;
  }

  bool Typed(Node& node, const FunctionSheet& sheet) {
    for (std::size_t i = 0; i < node.children.size(); ++i) {
      const Type wanted = sheet.parameters[i], got = node.children[i].type;
      if (wanted != Type::kAny && got != Type::kAny && got != wanted)
        return Fail(static_cast<std::size_t>(node.children[i].offset),
                    std::string(sheet.name) + "() takes " + std::string(ToString(wanted)) + " here, not " +
                        std::string(ToString(got)));
    }
    if (sheet.function == Function::kDefault && node.children[0].type == node.children[1].type)
      node.type = node.children[0].type;
    if (sheet.function == Function::kMatches && node.children[1].op == Op::kLiteral) {
      auto pattern = CompilePattern(base::View(node.children[1].literal.get_string()));
      if (!pattern) return Fail(static_cast<std::size_t>(node.children[1].offset), pattern.error());
      pattern_size_ += (*pattern)->ProgramSize();
      if (pattern_size_ > kMaxPatternSize)
        return Fail(static_cast<std::size_t>(node.children[1].offset), std::string(kPatternsTooLarge),
                    std::string(kShorterPatterns));
      node.pattern = std::move(*pattern);
    }
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0, start_ = 0;
  Token token_ = Token::kEnd;
  std::string value_;
  std::int64_t integer_ = 0;
  int depth_ = 0, optional_ = 0, pattern_size_ = 0;
  std::vector<Reference> references_;
  SyntaxError error_;
};

}  // namespace

std::expected<Tree, SyntaxError> ParseTree(std::string_view text) {
  if (text.size() > kMaxText)
    return std::unexpected(SyntaxError{"the expression is longer than 4 KiB", "", 0});
  if (!base::IsUtf8(text)) return std::unexpected(SyntaxError{"the expression is not UTF-8", "", 0});
  return Parser(text).Run();
}

}  // namespace slipway::expr

// `${{ … }}` inside text, and inside whole JSON values.
#include <algorithm>
#include <utility>

#include "expr/expr.h"
#include "expr/node.h"

namespace slipway::expr {
namespace {

constexpr std::size_t kMaxExpressions = 1000;  // in one text
constexpr std::string_view kOpen = "${{", kEscaped = "$${{", kClose = "}}";
constexpr std::string_view kDollar = "${{ '$' }}";  // a `$` just before an expression

// Where the `}}` of an expression that starts at `from` stands; quotes hide it.
std::size_t FindClose(std::string_view text, std::size_t from) {
  char quote = 0;
  for (std::size_t i = from; i < text.size(); ++i) {
    if (quote != 0) {
      if (text[i] == quote) quote = 0;
    } else if (text[i] == '\'' || text[i] == '"') {
      quote = text[i];
    } else if (text.substr(i, 2) == kClose) {
      return i;
    } else if (i - from > kMaxText) {
      break;
    }
  }
  return std::string_view::npos;
}

// Makes text into a template that evaluates to that very text.
std::string Escape(std::string_view text) {
  std::string out;
  for (std::size_t at = 0;;) {
    const std::size_t open = text.find(kOpen, at);
    out += text.substr(at, open - at);
    if (open == std::string_view::npos) return out;
    out += kEscaped;
    at = open + kOpen.size();
  }
}

base::Json EscapeAll(base::Json value) {
  if (value.is_string()) {
    const std::string_view text = base::View(value.get_string());
    if (text.find(kOpen) != std::string_view::npos) value = Escape(text);
  } else if (value.is_array()) {
    for (base::Json& item : value.get_array()) item = EscapeAll(std::move(item));
  } else if (value.is_object()) {
    for (auto& member : value.get_object()) member.value() = EscapeAll(std::move(member.value()));
  }
  return value;
}

}  // namespace

struct Template::Parsed {
  struct Part {
    std::string literal;  // before the expression
    Expression expression;
    int offset = 0;  // of the expression's text
  };
  std::string text;
  std::vector<Part> parts;
  std::string tail;  // after the last expression
  std::vector<Reference> references;
  int pattern_size = 0;
};

std::expected<Template, SyntaxError> Template::ParsePlaced(std::string_view text) {
  auto parsed = std::make_shared<Parsed>();
  parsed->text = text;
  std::string literal;
  for (std::size_t at = 0;;) {
    const std::size_t open = text.find(kOpen, at);
    literal += text.substr(at, open - at);
    if (open == std::string_view::npos) break;
    at = open + kOpen.size();
    if (open > 0 &&
        text[open - 1] == '$') {  // `$${{`: the second dollar opens, the first has just been copied
      literal.pop_back();
      literal += kOpen;
      continue;
    }
    if (parsed->parts.size() == kMaxExpressions)
      return std::unexpected(
          SyntaxError{"more than 1000 expressions in one text", "", static_cast<int>(open)});
    const std::size_t close = FindClose(text, at);
    if (close == std::string_view::npos)
      return std::unexpected(SyntaxError{
          "`${{` is not closed", "add `}}`, or write `$${{` for the text itself", static_cast<int>(open)});
    auto expression = Expression::ParsePlaced(text.substr(at, close - at));
    if (!expression) {
      expression.error().offset += static_cast<int>(at);
      expression.error().pattern_size += parsed->pattern_size;
      return std::unexpected(std::move(expression.error()));
    }
    parsed->pattern_size += expression->PatternSize();
    if (parsed->pattern_size > kMaxPatternSize)
      return std::unexpected(SyntaxError{std::string(kPatternsTooLarge), std::string(kShorterPatterns),
                                         static_cast<int>(open), parsed->pattern_size});
    for (Reference reference : expression->References()) {
      reference.offset += static_cast<int>(at);
      parsed->references.push_back(std::move(reference));
    }
    parsed->parts.push_back({std::exchange(literal, {}), std::move(*expression), static_cast<int>(at)});
    at = close + kClose.size();
  }
  parsed->tail = std::move(literal);
  Template result;
  result.parsed_ = std::move(parsed);
  return result;
}

base::Result<Template> Template::Parse(std::string_view text) {
  auto parsed = ParsePlaced(text);
  if (!parsed)
    return base::Invalid(parsed.error().what, Column(text, parsed.error().offset), parsed.error().hint);
  return std::move(*parsed);
}

bool Template::IsLiteral() const { return parsed_->parts.empty(); }
const std::vector<Reference>& Template::References() const { return parsed_->references; }
int Template::PatternSize() const { return parsed_->pattern_size; }

base::Result<base::Json> Template::Evaluate(const base::JsonObject& scope) const {
  return Evaluate(scope, {});
}

base::Result<base::Json> Template::Evaluate(const base::JsonObject& scope,
                                            const std::vector<std::string>& keep) const {
  const auto& parts = parsed_->parts;
  const bool alone = parts.size() == 1 && parts[0].literal.empty() && parsed_->tail.empty();
  const auto kept = [&](const Reference& r) {
    return std::ranges::find(keep, r.path.front()) != keep.end() ||
           std::ranges::find(keep, ToString(r)) != keep.end();
  };
  // What values and the text between them make together is escaped as one: a `$` and a `{{` from two of them
  // are no expression.
  std::string out, plain;
  const auto put = [&](bool before_expression) {
    std::size_t dollars = 0;  // just before an expression they would escape it
    for (; before_expression && !keep.empty() && plain.ends_with('$'); ++dollars) plain.pop_back();
    out += keep.empty() ? plain : Escape(plain);
    for (; dollars > 0; --dollars) out += kDollar;
    plain.clear();
  };
  for (const Parsed::Part& part : parts) {
    plain += part.literal;
    if (std::ranges::any_of(part.expression.References(), kept)) {
      put(true);
      out.append(kOpen).append(part.expression.Text()).append(kClose);
      continue;
    }
    auto value = part.expression.Evaluate(scope);
    const auto where = [&] { return Column(parsed_->text, part.offset); };
    if (!value) return base::Invalid(value.error().what, where(), value.error().next);
    if (alone) return keep.empty() ? std::move(*value) : EscapeAll(std::move(*value));
    std::string scalar;
    if (!AppendScalar(*value, scalar))
      return base::Invalid(std::string(ToString(TypeOf(*value))) + " cannot stand within a text", where(),
                           "use join(), or let the expression stand alone");
    plain += scalar;
    if (out.size() + plain.size() > kMaxResult)
      return base::Invalid("the text would be larger than 4 MiB", where());
  }
  plain += parsed_->tail;
  put(false);
  return base::Json(std::move(out));
}

namespace {

base::Status Collect(const base::Json& json, std::vector<Reference>& out) {
  if (json.is_string()) {
    SLIPWAY_TRY(const Template text, Template::Parse(base::View(json.get_string())));
    out.insert(out.end(), text.References().begin(), text.References().end());
  } else if (json.is_array()) {
    for (const base::Json& item : json.get_array()) SLIPWAY_CHECK_OK(Collect(item, out));
  } else if (json.is_object()) {
    for (const auto& member : json.get_object()) SLIPWAY_CHECK_OK(Collect(member.value(), out));
  }
  return {};
}

base::Result<base::Json> ResolveText(const base::Json& json, const base::JsonObject& scope,
                                     const std::vector<std::string>& keep) {
  SLIPWAY_TRY(const Template text, Template::Parse(base::View(json.get_string())));
  return text.Evaluate(scope, keep);
}

}  // namespace

base::Result<std::vector<Reference>> ReferencesIn(const base::Json& json) {
  std::vector<Reference> references;
  SLIPWAY_CHECK_OK(Collect(json, references));
  return references;
}

base::Result<base::Json> Resolve(const base::Json& json, const base::JsonObject& scope,
                                 const std::vector<std::string>& keep) {
  if (json.is_string()) return ResolveText(json, scope, keep);
  if (json.is_array()) {
    base::JsonArray out;
    for (const base::Json& item : json.get_array()) {
      SLIPWAY_TRY(base::Json value, Resolve(item, scope, keep));
      out.push_back(std::move(value));
    }
    return base::Json(std::move(out));
  }
  if (json.is_object()) {
    base::JsonObject out;
    for (const auto& member : json.get_object()) {
      SLIPWAY_TRY(base::Json value, Resolve(member.value(), scope, keep));
      out.emplace(member.key(), std::move(value));
    }
    return base::Json(std::move(out));
  }
  return json;
}

}  // namespace slipway::expr

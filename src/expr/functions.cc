#include "expr/functions.h"

#include <re2/re2.h>

#include <algorithm>

#include "base/text.h"

namespace slipway::expr {
namespace {

constexpr FunctionSheet kFunctions[] = {
    {"default", Function::kDefault, 2, {Type::kAny, Type::kAny}, Type::kAny},
    {"contains", Function::kContains, 2, {Type::kAny, Type::kAny}, Type::kBoolean},
    {"starts_with", Function::kStartsWith, 2, {Type::kText, Type::kText}, Type::kBoolean},
    {"ends_with", Function::kEndsWith, 2, {Type::kText, Type::kText}, Type::kBoolean},
    {"matches", Function::kMatches, 2, {Type::kText, Type::kText}, Type::kBoolean},
    {"length", Function::kLength, 1, {Type::kAny, Type::kAny}, Type::kInteger},
    {"lower", Function::kLower, 1, {Type::kText, Type::kAny}, Type::kText},
    {"join", Function::kJoin, 2, {Type::kList, Type::kText}, Type::kText},
};

using Answer = std::expected<base::Json, EvaluationError>;

std::unexpected<EvaluationError> Wrong(const Node& call, std::size_t argument, std::string what) {
  return std::unexpected(EvaluationError{std::string(SheetOf(call.function).name) + "() " + std::move(what),
                                         "", call.children[argument].offset});
}

Answer Contains(const Node& call, const base::Json& in, const base::Json& x) {
  if (in.is_array()) return std::ranges::find(in.get_array(), x) != in.get_array().end();
  if (!x.is_string()) return Wrong(call, 1, "looks for text here, not " + std::string(ToString(TypeOf(x))));
  if (in.is_object()) return in.get_object().contains(x.get_string());
  if (in.is_string())
    return base::View(in.get_string()).find(base::View(x.get_string())) != std::string_view::npos;
  return Wrong(call, 0, "looks into a text, a list or a map, not " + std::string(ToString(TypeOf(in))));
}

Answer Length(const Node& call, const base::Json& x) {
  if (x.is_array()) return static_cast<std::int64_t>(x.get_array().size());
  if (x.is_object()) return static_cast<std::int64_t>(x.get_object().size());
  if (!x.is_string())
    return Wrong(call, 0, "takes a text, a list or a map, not " + std::string(ToString(TypeOf(x))));
  return static_cast<std::int64_t>(std::ranges::count_if(
      x.get_string(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

Answer Lower(const base::Json& x) {
  std::string text(base::View(x.get_string()));
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return base::Json(text);
}

Answer Join(const Node& call, const base::Json& list, const base::Json& separator) {
  std::string text;
  bool first = true;
  for (const base::Json& item : list.get_array()) {
    if (!first) text += base::View(separator.get_string());
    first = false;
    if (!AppendScalar(item, text))
      return Wrong(call, 0, "joins texts, integers and booleans, not " + std::string(ToString(TypeOf(item))));
    if (text.size() > kMaxResult) return Wrong(call, 0, "would make a text of more than 4 MiB");
  }
  return base::Json(text);
}

Answer Matches(const Node& call, const base::Json& text, const base::Json& pattern) {
  std::shared_ptr<const RE2> compiled = call.pattern;
  if (compiled == nullptr) {
    auto made = CompilePattern(base::View(pattern.get_string()));
    if (!made) return std::unexpected(EvaluationError{made.error(), "", call.children[1].offset});
    compiled = std::move(*made);
  }
  const std::string_view whole = base::View(text.get_string());
  return RE2::FullMatch(re2::StringPiece(whole.data(), whole.size()), *compiled);
}

}  // namespace

std::span<const FunctionSheet> Functions() { return kFunctions; }

const FunctionSheet* FindFunction(std::string_view name) {
  const auto* found = std::ranges::find(kFunctions, name, &FunctionSheet::name);
  return found == std::end(kFunctions) ? nullptr : found;
}

const FunctionSheet& SheetOf(Function function) {
  return *std::ranges::find(kFunctions, function, &FunctionSheet::function);
}

std::expected<std::shared_ptr<const RE2>, std::string> CompilePattern(std::string_view pattern) {
  RE2::Options options(RE2::Quiet);
  options.set_max_mem(1 << 18);  // RE2 takes seconds for some programs of a megabyte
  auto compiled = std::make_shared<const RE2>(re2::StringPiece(pattern.data(), pattern.size()), options);
  if (!compiled->ok()) return std::unexpected("not a pattern (RE2): " + base::Printable(compiled->error()));
  return compiled;
}

std::expected<int, std::string> PatternSize(std::string_view pattern) {
  const auto compiled = CompilePattern(pattern);
  if (!compiled) return std::unexpected(compiled.error());
  return (*compiled)->ProgramSize();
}

Answer Call(const Node& node, const base::Json& first, const base::Json* second) {
  const FunctionSheet& sheet = SheetOf(node.function);
  const base::Json* arguments[] = {&first, second};
  for (std::size_t i = 0; i < static_cast<std::size_t>(sheet.arity); ++i) {
    const Type wanted = sheet.parameters[i], got = TypeOf(*arguments[i]);
    if (wanted != Type::kAny && wanted != got)
      return Wrong(node, i,
                   "takes " + std::string(ToString(wanted)) + " here, not " + std::string(ToString(got)));
  }
  switch (node.function) {
    case Function::kDefault:
      return first;
    case Function::kContains:
      return Contains(node, first, *second);
    case Function::kStartsWith:
      return base::View(first.get_string()).starts_with(base::View(second->get_string()));
    case Function::kEndsWith:
      return base::View(first.get_string()).ends_with(base::View(second->get_string()));
    case Function::kMatches:
      return Matches(node, first, *second);
    case Function::kLength:
      return Length(node, first);
    case Function::kLower:
      return Lower(first);
    case Function::kJoin:
      return Join(node, first, *second);
  }
  return first;
}

}  // namespace slipway::expr
